"""A contraction's operands and results as values over the variables of its loops.

z walks the batch, i rows, j columns, k contracted positions.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from .contraction_form import Form, Labels, data_in
from .contraction_seen import find_seen
from .dtype import DType, float32, int32, int64
from .emit import Emitter, topological
from .expression import Expressions, Index, Value
from .graph import Node
from .index import Ix, Var, decompose, flat_index, variables
from .kernel import Define, Load, Position, ctype_of
from .loop_group import LoopGroup
from .opencl_text import CType

__all__ = ["Operands", "offset_dtype"]


class Operands:
    """What staging, multiplying and storing share: the form, its variables, the values, the text.

    `a` is a load whose place is the sum of `row_part` (of i and z) and `depth_part` (of k).
    """

    def __init__(self, group: LoopGroup, anchor: Node, form: Form) -> None:
        self.group, self.anchor, self.form = group, anchor, form
        self.dtype: DType = anchor.dtype
        self.rows, self.columns = form.size(form.m), form.size(form.n)
        self.depth = form.size(form.k)
        self.z = Var("z", 0, form.size(form.batch) - 1)
        self.i = Var("i", 0, self.rows - 1)
        most = self.columns if form.lined else max(self.columns, form.panel)
        self.j = Var("j", 0, most - 1)
        self.line = Var("line", 0, form.size(form.lines) - 1)
        self.starts: list[dict[Var, Ix]] = []  # of the panel's vectors, where these lie in lines
        self.k = Var("k", 0, self.depth - 1)
        self.panel_var = Var("g0", 0, form.panels - 1)
        self.item_var = Var("g1", 0, -(-form.tiles // form.tiles_per_item) - 1)
        at = self._places(self.j)
        out_index: Index = tuple(at[x] if form.sizes[x] != 1 else Ix() for x in anchor.arg[2])
        acc: list[Value] = []
        self.expressions = Expressions(group.memory, None, _result_at(anchor, out_index, acc))
        self.acc = self.expressions.result(
            self.dtype, "acc", frozenset(v for v in (self.z, self.i, self.line, self.j) if v.hi)
        )
        acc.append(self.acc)
        self.a = self._operand(form.rows, form.row_labels, at)
        self.b = self._operand(form.columns, form.column_labels, at)
        self.seen = find_seen(form.rows, lambda n: self._part_of_rows(n, at), self.i, self.k)
        self.row_part, self.depth_part = split_place(self.a, self.k)
        # where contracted positions do not lie at one stride, their places stand in a table
        self.table = self.depth_part.coefficient(self.k) is None
        self.in_place = form.staged == "in place"
        self.column_part = self.down_part = Ix()
        if self.in_place:
            self.column_part, self.down_part = split_place(self.b, self.k)
        self.down_table = self.down_part.coefficient(self.k) is None
        self.stores = []
        for n, array, mapping in group.outputs:
            index = tuple(out_index[axis] if axis >= 0 else Ix() for axis in mapping)
            self.stores.append(
                (self.expressions.stored(n, index), array, flat_index(index, n.shape))
            )
        self.emitter = Emitter(self.expressions, [self.panel_var, self.item_var, self.z])

    def _places(self, j: Var) -> dict[int, Ix]:
        form = self.form
        return {
            **decompose(Ix.of(self.z), form.batch, form.sizes),
            **decompose(Ix.of(self.i), form.m, form.sizes),
            **decompose(Ix.of(self.line), form.lines, form.sizes),
            **decompose(Ix.of(j), form.n, form.sizes),
            **decompose(Ix.of(self.k), form.k, form.sizes),
        }

    def _operand(self, n: Node, labels: Labels, at: Mapping[int, Ix]) -> Value:
        index = tuple(at[x] if m != 1 else Ix() for x, m in zip(labels, n.shape, strict=True))
        return self.expressions.value(n, index)

    def _part_of_rows(self, n: Node, at: Mapping[int, Ix]) -> Value:
        """What is broadcast to the rows' operand, where nothing is in memory yet."""
        labels = self.form.row_labels[len(self.form.row_labels) - len(n.shape) :]
        index = tuple(at[x] if m != 1 else Ix() for x, m in zip(labels, n.shape, strict=True))
        return Expressions({}).value(n, index)

    def b_at(self, j: Var) -> Value:
        """B's element in another column variable."""
        return self._operand(self.form.columns, self.form.column_labels, self._places(j))

    def row_place(self, i: Ix) -> Ix:
        """What a row adds to A's places; what is looked up for it is read here."""
        if not data_in(self.a):
            return self.row_part.substitute({self.i: i})
        at = self._places(self.j) | decompose(i, self.form.m, self.form.sizes)
        row = self._operand(self.form.rows, self.form.row_labels, at)
        for datum in self.expressions.data_of(row):
            self.emitter.emit(datum)
        return split_place(row, self.k)[0]

    @property
    def compute_dtype(self) -> DType:
        half = self.dtype.compute != self.dtype.storage
        return float32 if half else self.dtype

    @property
    def wide(self) -> CType:
        return ctype_of(self.dtype, self.form.lanes)

    def moved(self, name: str, table: str, part: Ix, stands: bool, k0: Ix, kk: Ix) -> Ix:
        """What the contracted position k0 + kk adds to a place; where it `stands` in a table, as a
        variable `name`."""
        if not stands:
            return part.substitute({self.k: k0 + kk})
        var = Var(name, part.lo, part.hi)
        ctype = ctype_of(offset_dtype(part))
        self.emitter.append(Define(name, ctype, Load(table, kk, 0), var=var))
        return Ix.of(var)

    def place_columns(self) -> None:
        """Where the panel begins, or each of its vectors."""
        form, e = self.form, self.emitter
        if not form.lined:
            start = Ix.of(self.panel_var) * form.panel
            e.define_var(self.j, start)
            if self.columns > form.panel and self.columns % form.panel:
                self.clip(self.j, start, self.columns - form.panel)
            return
        last = form.all_vectors - form.vectors
        first, start = Var("v0", 0, last), Ix.of(self.panel_var) * form.vectors
        e.define_var(first, start)
        if form.all_vectors % form.vectors:
            self.clip(first, start, last)
        for v in range(form.vectors):
            number = Ix.of(first) + v
            line = Var(f"line{v}", 0, self.line.hi)
            j = Var(f"j{v}", 0, self.columns - form.lanes)
            e.define_var(line, number // form.per_line)
            e.define_var(j, (number % form.per_line) * form.lanes)
            if self.columns % form.lanes:
                self.clip(j, (number % form.per_line) * form.lanes, j.hi)
            self.starts.append({self.line: Ix.of(line), self.j: Ix.of(j)})

    @contextmanager
    def vector(self, v: int, width: int, column: int = 0) -> Iterator[None]:
        """Values of `width` columns here, from `column` of the panel's vector v on."""
        e = self.emitter
        if not self.form.lined:
            with e.lanes(self.j, width, v * self.form.lanes + column):
                yield
            return
        with e.block(*self.starts[v]):
            for var, start in self.starts[v].items():
                if var.hi:
                    e.define_var(var, start)
            with e.lanes(self.j, width, column):
                yield

    def stores_stride(self) -> bool:
        """Whether what is written can be computed for several columns at a time."""
        for v in topological([v for v, *_ in self.stores]):
            if any(self.j in self.expressions.loop_vars(test.of) for test in v.conditions):
                return False
            if v.kind == "datum" and self.j in v.deps:
                return False
            if v.index is None:
                continue
            if v.index.coefficient(self.j) is None:
                return False
            data = [x for x in variables(v.index) if x.kind == "datum"]
            if any(self.j in self.expressions.datum_deps[x] for x in data):
                return False
        return all(at.coefficient(self.j) is not None for _, _, at in self.stores)

    def clip(self, var: Var, start: Ix, highest: int) -> None:
        """Redefines the statement just made so that the variable is at most `highest`."""
        body = self.emitter.scopes[-1].body
        made = body.pop()
        assert isinstance(made, Define)
        body.append(Define(made.name, made.type, Position(start, 0, highest), var=var))


def _result_at(
    anchor: Node, out_index: Index, acc: list[Value]
) -> Callable[[Node, Index], Value | None]:
    def result(n: Node, index: Index) -> Value | None:
        if n is not anchor:
            return None
        assert index == out_index, "a contraction's result is read at another place"
        return acc[0]

    return result


def split_place(v: Value, k: Var) -> tuple[Ix, Ix]:
    """The place of a separable load as what k adds, last, and all the rest, first."""
    assert v.kind == "load" and v.index is not None
    rest, along = Ix(v.index.const), Ix()
    for atom, c in v.index.terms:
        part = Ix(0, ((atom, c),))
        if k in variables(part):
            along = along + part
        else:
            rest = rest + part
    return rest, along


def offset_dtype(part: Ix) -> DType:
    return int32 if part.hi < 2**31 else int64
