"""A chain's operands, tiles and results as values over the variables of its loops.

z walks the batch, i rows, j columns (`seen` those of the walk for a softmax's peak), d what a
score sums over, e the columns of a product.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .attention import Chain, sizes_of, top
from .attention_form import Form, depth_of, width_of
from .attention_staging import in_lanes
from .dtype import DType, float32
from .emit import Emitter
from .expression import Expressions, Index, Value
from .graph import Node
from .index import Ix, Var, decompose, flat_index, unflatten, variables
from .kernel import Array
from .loop_group import LoopGroup

__all__ = ["Product", "Score", "Values", "wide_dtype"]


def wide_dtype(dtype: DType) -> DType:
    """What a dtype is in local memory: narrow floats are as in registers."""
    return float32 if dtype.is_narrow else dtype


@dataclass(frozen=True, slots=True)
class Score:
    """A contraction of rows x columns: both operands over i or j and d, and where they lie."""

    node: Node
    dtype: DType
    depth: int
    d: Var
    row: Value
    column: Value
    rows: Array
    panel: Array


@dataclass(frozen=True, slots=True)
class Product:
    """A contraction of the tile `weights` with an operand over j and e; its sums so far."""

    node: Node
    dtype: DType
    weights: Node
    width: int
    e: Var
    value: Value
    panel: Array
    sums: Array
    crossed: bool  # sums over rows


class Values:
    """The variables, the operands and the local memory of one kernel."""

    def __init__(self, group: LoopGroup, chain: Chain, form: Form) -> None:
        self.group, self.chain, self.form = group, chain, form
        self.rows, self.columns = chain.shape[chain.row], chain.shape[chain.column]
        kept = [a for a in range(len(chain.shape)) if a not in (chain.row, chain.column)]
        sizes = [chain.shape[a] for a in kept]
        count = 1
        for m in sizes:
            count *= m
        self.z = Var("z", 0, count - 1)
        self.i, self.j = Var("i", 0, self.rows - 1), Var("j", 0, self.columns - 1)
        self.seen = Var("seen", 0, self.columns - 1)
        self.item = Var("g0", 0, -(-form.tiles // form.tiles_per_item) - 1)
        self.batch = dict(zip(kept, unflatten(Ix.of(self.z), sizes), strict=True))
        self.expressions = Expressions(group.memory, None, self._given)
        self.items = [self.z] if form.crossed else [self.item, self.z]
        self.emitter = Emitter(self.expressions, self.items)
        self._results: dict[tuple[Node, Var | None], Value] = {}
        self.outputs = {n: array for n, array, _ in group.outputs}
        self.scores = [self._score(k, n) for k, n in enumerate(chain.scores)]
        made = [n for n in chain.results if n.op.name == "contract" and n in self.outputs]
        self.products = [self._product(k, n) for k, n in enumerate(made)]

    # places

    def tile_index(self, column: Var | None) -> Index:
        """The place in the tile; of a row, where no column is given."""
        at = dict(self.batch)
        at[self.chain.row] = Ix.of(self.i)
        at[self.chain.column] = Ix.of(column) if column is not None else Ix()
        return tuple(at[a] for a in range(len(self.chain.shape)))

    def _operand(self, n: Node, labels: tuple[int, ...], at: Mapping[int, Ix]) -> Value:
        index = tuple(at[x] if m != 1 else Ix() for x, m in zip(labels, n.shape, strict=True))
        return self.expressions.value(n, index)

    def _score(self, number: int, n: Node) -> Score:
        lhs, rhs, out = n.arg
        form, depth, sizes = self.form, depth_of(n), sizes_of(n)
        d = Var(f"d{number}", 0, depth - 1)
        at = dict(zip(out, self.tile_index(self.j), strict=True))
        at |= decompose(Ix.of(d), tuple(x for x in lhs if x not in out), sizes)
        operands = [self._operand(s, p, at) for s, p in zip(n.src, (lhs, rhs), strict=True)]
        if out[self.chain.row] not in lhs:
            operands.reverse()
        dtype = wide_dtype(n.dtype)
        return Score(
            n, n.dtype, depth, d, operands[0], operands[1],
            Array(f"rows{number}", dtype, form.rows * depth),
            Array(f"columns{number}", dtype, depth * form.block),
        )  # fmt: skip

    def _product(self, number: int, n: Node) -> Product:
        form, width, sizes = self.form, width_of(n, self.chain), sizes_of(n)
        e = Var(f"e{number}", 0, width - 1)
        place, other, at = self._places(n, e, sizes)
        value = self._operand(n.src[1 - place], other, at)
        dtype, padded = wide_dtype(n.dtype), form.padded(width)
        crossed = n in self.chain.crossed
        summed, kept = form.block, form.tile if form.crossed else form.rows
        if crossed:
            summed, kept = form.rows, form.block
        return Product(
            n, n.dtype, top(n, self.chain.tile), width, e, value,
            Array(f"panel{number}", dtype, summed * padded),
            Array(f"sums{number}", dtype, kept * padded), crossed,
        )  # fmt: skip

    def _places(
        self, n: Node, e: Var, sizes: Mapping[int, int]
    ) -> tuple[int, tuple[int, ...], dict[int, Ix]]:
        place = n.src.index(top(n, self.chain.tile))
        mine, other = n.arg[place], n.arg[1 - place]
        at = dict(zip(mine, self.tile_index(self.j), strict=True))
        at |= decompose(Ix.of(e), tuple(x for x in other if x not in mine), sizes)
        return place, other, at

    def output_at(self, n: Node, e: Var | None = None) -> Ix:
        """Where a result goes."""
        if e is None:
            return flat_index(self.tile_index(None), n.shape)
        at = self._places(n, e, sizes_of(n))[2]
        return flat_index(tuple(at[x] for x in n.arg[2]), n.shape)

    # what the kernel computes otherwise

    def give(self, n: Node, column: Var | None = None) -> Value:
        """The value that stands for n, which the kernel binds to a name."""
        key = n, column
        if key not in self._results:
            made = self.expressions.result(
                n.dtype, f"{n.op.name}{len(self._results)}",
                frozenset(v for v in (self.z, self.i, column) if v is not None and v.hi),
            )  # fmt: skip
            self._results[key] = made
        return self._results[key]

    def _given(self, n: Node, index: Index) -> Value | None:
        if len(index) != len(self.chain.shape):
            return None
        found = self._results.get((n, None))
        if found is not None:
            return found
        walked = variables(index[self.chain.column])
        column = self.j if self.j in walked else self.seen if self.seen in walked else None
        return self._results.get((n, column))

    def tile_value(self, n: Node, column: Var) -> Value:
        return self.expressions.value(n, self.tile_index(column))

    def row_value(self, n: Node) -> Value:
        """The value of something that has one element for each row."""
        index = tuple(
            x if m != 1 else Ix() for x, m in zip(self.tile_index(None), n.shape, strict=True)
        )
        return self.expressions.value(n, index)

    def widths(self, values: Sequence[Value], column: Var) -> tuple[int, ...]:
        """How many columns at a time these values can be computed for."""
        every = all(in_lanes(self.expressions, x, column) for x in values)
        return self.form.widths if every else (1,)
