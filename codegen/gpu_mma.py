"""Contractions of float16 and bfloat16 by the matrix instructions of NVIDIA's GPUs.

As in `gpu_contraction`, but a warp of 32 items owns a part of the tile, as pieces of 16 x 8 results
that the instruction spreads over its items: item l has columns l % 4 * 2 and the next one, of rows
l / 4 and l / 4 + 8. Operands lie in local memory as they come, 16 bits an element, rows or columns
16 bytes longer than a block so that eight of them start in different banks; loading fragments turns
them where contracted positions lie outermost. Sums are float32.
"""

from collections.abc import Mapping, Sequence

from .contraction_form import Form
from .contraction_operands import Operands
from .contraction_schedule import candidates
from .dtype import float32, uint16
from .gpu_contraction import GpuContraction, Side
from .gpu_tiles import Tile, tile_cost
from .graph import Node
from .index import Ix, Var
from .kernel import (
    Array,
    Define,
    Fragments,
    Kernel,
    Lanes,
    Literal,
    Load,
    Mma,
    Store,
    ctype_of,
)  # fmt: skip
from .limits import Limits
from .loop_group import LoopGroup

__all__ = ["fragment_place", "lower_gpu_mma", "result_place"]

_WARP = 32
_WORDS = 8  # 16-bit elements of the longest access
_FLOAT = ctype_of(float32)
# rows and columns of a group's tile and of a warp's, in elements
_SHAPES = (
    (128, 128, 64, 64), (128, 64, 64, 32), (64, 128, 32, 64), (64, 64, 32, 32), (32, 64, 16, 32),
    (64, 32, 32, 16), (32, 32, 16, 16),
)  # fmt: skip
_BLOCKS = (32, 16)
_EDGE = 64.0  # what a row or column costs beside its results, counted in results


class WarpTile(Tile):
    """`item_rows` and `item_columns` are a warp's."""

    __slots__ = ()

    @property
    def items(self) -> int:
        warps = self.rows // self.item_rows * (self.columns // self.item_columns)
        return _WARP * warps

    def local_bytes(self, size: int) -> int:
        sides = (max(n * (self.block + _WORDS), self.block * (n + _WORDS))
                 for n in (self.rows, self.columns))  # fmt: skip
        return 2 * size * sum(sides)


def fragment_place(lane: Ix, rows: bool) -> tuple[Ix, Ix, Ix]:
    """Which of four blocks an item names, along the operand's own axis and the contracted one, and
    which row of that block, for operands of rows and of columns."""
    block, row = lane // 8, lane % 8
    return (block % 2 * 8, block // 2 * 8, row) if rows else (block // 2 * 8, block % 2 * 8, row)


def result_place(lane: Ix) -> tuple[Ix, Ix]:
    """Row and column of an item's first result in a piece; the others are one column, 8 rows on."""
    return lane // 4, lane % 4 * 2


class _HalfSide(Side):
    """ "deep" lies as rows of contracted positions, "wide" the other way."""

    def _mode(self, lanes: int) -> tuple[str, int]:
        for width in (lanes, lanes // 2, lanes // 4):
            mode, found = super()._mode(width)
            if found > 1:
                return mode, found
        return mode, 1

    def _layout(self, lanes: int) -> tuple[int, int]:
        along, rows = (self.block, self.tile) if self.mode == "deep" else (self.tile, self.block)
        return along + _WORDS, rows * (along + _WORDS)

    def _at(self, own: Ix, deep: Ix) -> Ix:
        return own * self.pitch + deep if self.mode == "deep" else deep * self.pitch + own

    def put(self, half: Ix, names: Sequence[str]) -> None:
        ctype = ctype_of(self.word, self.width)
        for name, (own, deep, _base) in zip(names, self.places, strict=True):
            at = half * self.size + self._at(own, deep)
            self.c.emitter.append(Store(f"{self.name}_tile", at, name, ctype))

    def locate_fragments(self, first: Ix, lane: Ix) -> None:
        """The place that the item names, from the warp's `first` row or column on."""
        own, deep, row = fragment_place(lane, self.rows)
        if self.mode == "deep":
            own = own + row
        else:
            deep = deep + row
        at = self._at(first + own, deep)
        var = Var(f"{self.name}_lane", at.lo, at.hi)
        self.c.emitter.define_var(var, at)
        self.lane = Ix.of(var)

    def fragments(self, half: Ix, count: int, kk: Ix) -> list[tuple[str, ...]]:
        """Loads `count` times 16 rows or columns of 16 contracted positions."""
        found = []
        for piece in range(count):
            names = tuple(f"{self.name}{piece}_{r}" for r in range(4))
            at = half * self.size + self.lane + self._at(Ix(piece * 16), kk)
            turned = self.mode != "deep"
            self.c.emitter.append(Fragments(names, f"{self.name}_tile", at, turned))
            found.append(names)
        return found


class _MmaContraction(GpuContraction):
    side = _HalfSide
    a: _HalfSide
    b: _HalfSide

    def _place_item(self, item: Ix) -> None:
        tile, e = self.tile, self.e
        self.down, self.across = tile.item_rows // 16, tile.item_columns // 16
        across = tile.columns // tile.item_columns
        lane, x, y = (Var("lane", 0, _WARP - 1), Var("x", 0, tile.columns - tile.item_columns),
                      Var("y", 0, tile.rows - tile.item_rows))  # fmt: skip
        e.define_var(lane, item % _WARP)
        e.define_var(x, item // _WARP % across * tile.item_columns)
        e.define_var(y, item // _WARP // across * tile.item_rows)
        self.lane, self.x, self.y = Ix.of(lane), Ix.of(x), Ix.of(y)

    def _pieces(self) -> list[tuple[int, int, tuple[str, ...]]]:
        """Each piece's row and column of pieces, and the registers of its results."""
        return [
            (m, n, tuple(f"c{m}_{n}_{q}" for q in range(4)))
            for m in range(self.down)
            for n in range(2 * self.across)
        ]

    def _clear(self) -> None:
        for _m, _n, names in self._pieces():
            for name in names:
                self.e.append(Define(name, _FLOAT, Literal(0), mutable=True))
        self.a.locate_fragments(self.y, self.lane)
        self.b.locate_fragments(self.x, self.lane)

    def _multiply(self, half: Ix) -> None:
        kk = Var("kk", 0, self.tile.block - 1)
        with self.e.loop(kk, Ix(), Ix(self.tile.block), 16, unroll=True):
            a = self.a.fragments(half, self.down, Ix.of(kk))
            b = self.b.fragments(half, self.across, Ix.of(kk))
            for m, n, acc in self._pieces():
                pair = b[n // 2][n % 2 * 2 :][:2]
                self.e.append(Mma(acc, a[m], pair, self.c.dtype))

    def _store(self) -> list[Array]:
        c, e = self.c, self.e
        whole = c.columns % 2 == 0 and c.stores_stride()
        if whole and all(v is c.acc and at.coefficient(c.j) == 1 for v, _, at in c.stores):
            for m, n, names in self._pieces():
                for h in range(2):
                    row, column = self._result(Ix(m), Ix(n), Ix(h))
                    with e.when(self._inside(row, column)):
                        pair = e.fresh("c")
                        e.append(Define(pair, ctype_of(c.dtype, 2), Lanes(names[2 * h :][:2])))
                        self._outputs(row, column, 2, pair)
            return []
        return [self._store_from_copy(whole)]

    def _store_from_copy(self, whole: bool) -> Array:
        """What follows the sum stands in the text once, in loops over a copy of the registers."""
        c, e = self.c, self.e
        pieces = self._pieces()
        for k, (_row, _column, names) in enumerate(pieces):
            for at, name in enumerate(names, 4 * k):
                e.append(Store("results", Ix(at), name, _FLOAT))
        m, n = Var("m", 0, self.down - 1), Var("n", 0, 2 * self.across - 1)
        h, q = Var("h", 0, 1), Var("q", 0, 0 if whole else 1)
        with (
            e.loop(m, Ix(), Ix(self.down), unroll=True),
            e.loop(n, Ix(), Ix(2 * self.across), unroll=True),
            e.loop(h, Ix(), Ix(2), unroll=True),
            e.loop(q, Ix(), Ix(q.hi + 1), unroll=True),
        ):
            row, column = self._result(Ix.of(m), Ix.of(n), Ix.of(h))
            column = column + Ix.of(q)
            with e.when(self._inside(row, column)):
                place = ((Ix.of(m) * (2 * self.across) + Ix.of(n)) * 2 + Ix.of(h)) * 2 + Ix.of(q)
                width, name = 2 if whole else 1, e.fresh("c")
                e.append(Define(name, ctype_of(c.dtype, width), Load("results", place)))
                self._outputs(row, column, width, name)
        return Array("results", float32, 4 * len(pieces), "private")

    def _result(self, m: Ix, n: Ix, h: Ix) -> tuple[Ix, Ix]:
        row, column = result_place(self.lane)
        return (
            self.row0 + self.y + m * 16 + h * 8 + row,
            self.column0 + self.x + n * 8 + column,
        )


def _plan(n: Node, memory: Mapping[Node, str], limits: Limits) -> tuple[Form, WarpTile] | None:
    forms = [form.apart() for form in candidates(n, memory, limits)]
    form = next((form for form in forms if form.stored == "side by side"), forms[0])
    found = []
    for shape in _SHAPES:
        for block in _BLOCKS:
            tile = WarpTile(*shape, _WORDS, block)
            if tile.items <= limits.group_items and tile.local_bytes(2) <= limits.local_bytes:
                found.append(tile)
                break
    if not found:
        return None
    return form, min(found, key=lambda tile: tile_cost(tile, form, limits, _EDGE))


def lower_gpu_mma(
    group: LoopGroup, anchor: Node, limits: Limits
) -> tuple[Kernel, Sequence[Node]] | None:
    """The kernel of a contraction group and the nodes whose indices it checks; None where the
    device has no such instructions for it."""
    narrow = anchor.dtype.is_narrow and all(s.dtype is anchor.dtype for s in anchor.src)
    if not (limits.has_mma and narrow) or limits.plain:
        return None
    planned = _plan(anchor, group.memory, limits)
    if planned is None:
        return None
    form, tile = planned
    operands = Operands(group, anchor, form)
    return _MmaContraction(operands, tile, uint16).lower(), operands.expressions.checks
