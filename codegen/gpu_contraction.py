"""Contractions on GPUs: a work-group owns a tile of results, an item a part of it in registers.

For each block of contracted positions the items bring their shares of A and B from memory into
registers, multiply the block before, and put the new one into the other half of local memory: one
barrier for each block. In local memory both operands lie with contracted positions outermost,
in whatever order they come, so that the inner loop reads vectors of rows and of columns.

Rows and columns past the last read the last one's elements and are not stored; contracted
positions past the last are zeros.
"""

from collections.abc import Sequence

from .contraction_operands import Operands, split_place
from .dtype import DType, int32
from .emit import Emitter
from .expression import Value
from .gpu_tiles import Tile, plan_tile
from .graph import Node
from .index import Condition, Ix, Var
from .kernel import (
    Array,
    Assign,
    Barrier,
    Define,
    Fma,
    Guarded,
    Kernel,
    Lane,
    Literal,
    Load,
    Position,
    Store,
    ctype_of,
)  # fmt: skip
from .limits import Limits
from .loop_group import LoopGroup, kernel_params

__all__ = ["GpuContraction", "Side", "lower_gpu_contraction"]


class Side:
    """One operand: which of its elements an item brings, and where they lie in local memory."""

    def __init__(
        self, c: Operands, tile: Tile, item: Ix, value: Value, own: Var, word: DType
    ) -> None:
        self.c, self.value, self.own, self.word = c, value, own, word
        self.rows = own is c.i
        self.name = "a" if self.rows else "b"
        self.count = c.rows if self.rows else c.columns
        self.tile = tile.rows if self.rows else tile.columns
        self.block, self.items, self.item = tile.block, tile.items, item
        self.own_part, self.depth_part = split_place(value, c.k)
        self.mode, self.width = self._mode(tile.lanes)
        self.pitch, self.size = self._layout(tile.lanes)
        self.parts = max(1, self.tile * self.block // (self.items * self.width))
        self.places: list[tuple[Ix, Ix, Ix]] = []

    def _mode(self, lanes: int) -> tuple[str, int]:
        """Vectors along its own axis ("wide") or the contracted one ("deep"), or elements."""
        shares = self.tile * self.block % (self.items * lanes) == 0
        along_own = self.own_part.coefficient(self.own)
        deep = self.depth_part.coefficient(self.c.k) == 1
        if shares and along_own == 1 and self.count % lanes == 0:
            return "wide", lanes
        if shares and deep and self.c.depth % lanes == 0:
            return "deep", lanes
        return ("deep" if deep and along_own != 1 else "wide"), 1

    def _layout(self, lanes: int) -> tuple[int, int]:
        """From one contracted position to the next in local memory, and the size of a block."""
        pitch = self.tile + (lanes if self.mode == "deep" else 0)
        return pitch, self.block * pitch

    def locate(self, start: Ix) -> None:
        """Where the item's shares lie, once for all blocks."""
        e = self.c.emitter
        for u in range(self.parts):
            q = self.item + u * self.items
            if self.mode == "wide":
                across = self.tile // self.width
                place, deep = q % across * self.width, q // across
            else:
                across = self.block // self.width
                place, deep = q // across, q % across * self.width
            at = Var(f"{self.name}_at{u}", 0, self.count - 1)
            last = self.count - (self.width if self.mode == "wide" else 1)
            position = Position(start + place, 0, last)
            e.append(Define(at.name, ctype_of(int32), position, var=at))
            part = self.own_part.substitute({self.own: Ix.of(at)})
            base = Var(f"{self.name}_from{u}", part.lo, part.hi)
            e.scopes[-1].vars |= {at}
            e.define_var(base, part)
            self.places.append((place, deep, Ix.of(base)))

    def fetch(self, k0: Ix) -> list[str]:
        """Loads the item's shares of a block into registers."""
        names = []
        ctype = ctype_of(self.word, self.width)
        for _place, deep, base in self.places:
            k = k0 + deep
            index = base + self.depth_part.substitute({self.c.k: k})
            load = Load(self.value.payload[0], index)
            inside = Condition(k, 0, self.c.depth)
            names.append(self.c.emitter.fresh(self.name))
            rhs = load if inside.certain else Guarded((inside,), load, 0)
            self.c.emitter.append(Define(names[-1], ctype, rhs))
        return names

    def put(self, half: Ix, names: Sequence[str]) -> None:
        """Stores them into a half of local memory."""
        ctype = ctype_of(self.word, self.width)
        for name, (place, deep, _base) in zip(names, self.places, strict=True):
            at = half * self.size + deep * self.pitch + place
            apart = self.pitch if self.mode == "deep" else 1
            self.c.emitter.append(Store(f"{self.name}_tile", at, name, ctype, apart))


class GpuContraction:
    """A kernel; `_place_item`, `_clear`, `_multiply` and `_store` know who holds which results."""

    side = Side

    def __init__(self, operands: Operands, tile: Tile, word: DType) -> None:
        self.c, self.tile = operands, tile
        c = operands
        across, down = -(-c.columns // tile.columns), -(-c.rows // tile.rows)
        self.groups = across * down * (c.z.hi + 1)
        self.group = Var("group", 0, self.groups - 1)
        self.item = Var("item", 0, tile.items - 1)
        c.emitter = self.e = Emitter(c.expressions, [self.group, self.item])
        group, item = Ix.of(self.group), Ix.of(self.item)
        self.e.define_var(c.z, group // (across * down))
        self._place_item(item)
        first_row = Var("row0", 0, (down - 1) * tile.rows)
        first_column = Var("column0", 0, (across - 1) * tile.columns)
        self.e.define_var(first_row, group // across % down * tile.rows)
        self.e.define_var(first_column, group % across * tile.columns)
        self.row0, self.column0 = Ix.of(first_row), Ix.of(first_column)
        self.a = self.side(c, tile, item, c.a, c.i, word)
        self.b = self.side(c, tile, item, c.b, c.j, word)
        self.blocks = -(-c.depth // tile.block)

    def _place_item(self, item: Ix) -> None:
        wide = self.tile.columns // self.tile.item_columns  # items along a row of the tile
        x, y = Var("x", 0, wide - 1), Var("y", 0, self.tile.items // wide - 1)
        self.e.define_var(x, item % wide)
        self.e.define_var(y, item // wide)
        self.x, self.y = Ix.of(x) * self.tile.lanes, Ix.of(y) * self.tile.lanes
        self.wide = ctype_of(self.c.dtype, self.tile.lanes)

    def lower(self) -> Kernel:
        c, e, tile = self.c, self.e, self.tile
        halves = 2 if self.blocks > 1 else 1
        arrays = [Array(f"{side.name}_tile", side.word, halves * side.size)
                  for side in (self.a, self.b)]  # fmt: skip
        self.a.locate(self.row0)
        self.b.locate(self.column0)
        self._clear()
        self._put(Ix(), self._fetch(Ix()))
        e.append(Barrier())
        if self.blocks > 1:
            k0, half = Var("k0", 0, (self.blocks - 1) * tile.block), Var("turn", 0, 1)
            with e.loop(k0, Ix(tile.block), Ix(self.blocks * tile.block), tile.block):
                e.define_var(half, (Ix.of(k0) // tile.block + 1) % 2)
                names = self._fetch(Ix.of(k0))
                self._multiply(Ix.of(half))
                self._put(Ix(1) - Ix.of(half), names)
                e.append(Barrier())
        self._multiply(Ix((self.blocks - 1) % 2))
        arrays += self._store()
        params = kernel_params(c.group.outputs, c.group.memory, c.expressions)
        flops = 2 * c.rows * c.columns * c.depth * (c.z.hi + 1)
        moved = sum(p.size * p.dtype.itemsize for p in params if p.kind in ("in", "out"))
        return Kernel(
            c.group.name, params, tuple(arrays), (), tuple(e.scopes[0].body),
            (self.groups * tile.items,), (tile.items,), flops, moved, c.expressions.scalars(),
            group_var=self.group, local_var=self.item,
        )  # fmt: skip

    def _fetch(self, k0: Ix) -> tuple[list[str], list[str]]:
        return self.a.fetch(k0), self.b.fetch(k0)

    def _put(self, half: Ix, names: tuple[list[str], list[str]]) -> None:
        self.a.put(half, names[0])
        self.b.put(half, names[1])

    def _name(self, r: int, v: int) -> str:
        return f"c{r}_{v}"

    def _registers(self) -> list[str]:
        vectors = self.tile.item_columns // self.tile.lanes
        return [self._name(r, v) for r in range(self.tile.item_rows) for v in range(vectors)]

    def _clear(self) -> None:
        for name in self._registers():
            self.e.append(Define(name, self.wide, Literal(0), mutable=True))

    def _multiply(self, half: Ix) -> None:
        """The inner loop: rows and columns of an item lie in runs of a vector's length."""
        e, tile, lanes = self.e, self.tile, self.tile.lanes
        kk = Var("kk", 0, tile.block - 1)
        with e.loop(kk, Ix(), Ix(tile.block), unroll=True):
            for v in range(tile.item_columns // lanes):
                at = half * self.b.size + Ix.of(kk) * self.b.pitch + self.x + v * tile.run_columns
                e.append(Define(f"b_{v}", self.wide, Load("b_tile", at)))
            for h in range(tile.item_rows // lanes):
                at = half * self.a.size + Ix.of(kk) * self.a.pitch + self.y + h * tile.run_rows
                e.append(Define(f"a_{h}", self.wide, Load("a_tile", at)))
            for r in range(tile.item_rows):
                h, lane = divmod(r, lanes)
                e.append(Define(f"row_{r}", self.wide, Lane(f"a_{h}", lane)))
                for v in range(tile.item_columns // lanes):
                    acc = self._name(r, v)
                    e.append(Assign(acc, self.wide, Fma(f"row_{r}", f"b_{v}", acc)))

    # results

    def _store(self) -> list[Array]:
        """Straight from the registers, or from a copy where more than the sum is to be written,
        in loops, so that it stands in the text once."""
        c, e, tile, lanes = self.c, self.e, self.tile, self.tile.lanes
        vectors = tile.item_columns // lanes
        whole = c.columns % lanes == 0 and c.stores_stride()
        if whole and all(v is c.acc and at.coefficient(c.j) == 1 for v, _, at in c.stores):
            for y in range(tile.item_rows):
                for x in range(vectors):
                    row, column = self._row(Ix(y)), self._column(Ix(x))
                    with e.when(self._inside(row, column)):
                        self._outputs(row, column, lanes, self._name(y, x))
            return []
        return [self._store_from_copy(whole)]

    def _store_from_copy(self, whole: bool) -> Array:
        c, e, tile, lanes = self.c, self.e, self.tile, self.tile.lanes
        vectors = tile.item_columns // lanes
        for k, name in enumerate(self._registers()):
            e.append(Store("results", Ix(k * lanes), name, self.wide))
        r, v = Var("r", 0, tile.item_rows - 1), Var("v", 0, vectors - 1)
        q = Var("q", 0, lanes - 1 if not whole else 0)
        with (
            e.loop(r, Ix(), Ix(tile.item_rows), unroll=True),
            e.loop(v, Ix(), Ix(vectors), unroll=True),
            e.loop(q, Ix(), Ix(q.hi + 1), unroll=True),
        ):
            row, column = self._row(Ix.of(r)), self._column(Ix.of(v)) + Ix.of(q)
            with e.when(self._inside(row, column)):
                at = (Ix.of(r) * vectors + Ix.of(v)) * lanes + Ix.of(q)
                width = lanes if whole else 1
                name = e.fresh("c")
                e.append(Define(name, ctype_of(c.dtype, width), Load("results", at)))
                self._outputs(row, column, width, name)
        return Array("results", c.compute_dtype, len(self._registers()) * lanes, "private")

    def _row(self, r: Ix) -> Ix:
        lanes = self.tile.lanes
        return self.row0 + self.y + r // lanes * self.tile.run_rows + r % lanes

    def _column(self, v: Ix) -> Ix:
        return self.column0 + self.x + v * self.tile.run_columns

    def _inside(self, row: Ix, column: Ix) -> tuple[Condition, ...]:
        both = (Condition(row, 0, self.c.rows), Condition(column, 0, self.c.columns))
        return tuple(x for x in both if not x.certain)

    def _outputs(self, row: Ix, column: Ix, width: int, name: str) -> None:
        c, e = self.c, self.e
        e.define_var(c.i, row)
        e.define_var(c.j, column)
        with e.lanes(c.j, width):
            e.bind_value(c.acc, name)
            for value, array, at in c.stores:
                e.store(array, at, value, e.vec is not None and bool(at.coefficient(c.j)))


def lower_gpu_contraction(
    group: LoopGroup, anchor: Node, limits: Limits
) -> tuple[Kernel, Sequence[Node]] | None:
    """The kernel of a contraction group and the nodes whose indices it checks; None where
    work-groups are too small to share tiles."""
    planned = plan_tile(anchor, group.memory, limits)
    if planned is None:
        return None
    form, tile = planned
    operands = Operands(group, anchor, form)
    kernel = GpuContraction(operands, tile, operands.compute_dtype).lower()
    return kernel, operands.expressions.checks
