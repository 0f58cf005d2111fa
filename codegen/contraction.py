"""Contractions: register tiles of rows x columns over blocks of the contracted axes.

One work-item owns a panel of NR columns (vector lanes run along them) and a run of tiles of MR
rows. For each block of KC contracted positions it stages its panel of B into local memory, then
for each tile walks the block: NR / lanes vectors of B, one broadcast element of A for each row,
MR x NR / lanes fused multiply-adds into registers. Between blocks the tile rests in a local
scratch. What follows the contraction in its group (bias, activation) happens before the store.

The last panel and the last tile overlap the ones before instead of having an edge of their own.
Where columns lie side by side only for a while, as a convolution's pixels do, a panel is made of
vectors from several such lines (`contraction_lines`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from .choice import Choice, cheapest_first
from .contraction_cost import cost
from .contraction_operands import Operands
from .contraction_schedule import candidates, plan_form
from .contraction_staging import pack_rows, stage, stage_columns, staging_arrays
from .dtype import int32
from .graph import Node
from .index import Ix, Var
from .kernel import (
    Array,
    Assign,
    Define,
    Fma,
    Kernel,
    Literal,
    Load,
    Pointer,
    Statement,
    Store,
    ctype_of,
)  # fmt: skip
from .limits import Limits
from .loop_group import LoopGroup, kernel_params

__all__ = ["contraction_choices", "lower_contraction"]


class _Contraction:
    def __init__(self, operands: Operands) -> None:
        self.operands = c = operands
        self.form, self.emitter = c.form, c.emitter
        self.blocks = -(-c.depth // c.form.block)
        whole = c.form.lined or c.columns >= c.form.panel
        self.lanes_ok = whole and c.stores_stride()
        # a plain store per register, or a loop over rows so that longer text stands there once
        self.plain = self.lanes_ok and all(
            value is c.acc and at.coefficient(c.j) == 1 for value, _, at in c.stores
        )

    def lower(self) -> Kernel:
        form, e, c = self.form, self.emitter, self.operands
        arrays = staging_arrays(c)
        if self.blocks > 1 or not self.plain:
            tiles = form.tiles_per_item if self.blocks > 1 else 1
            arrays.append(Array("scratch", c.compute_dtype, tiles * form.tile * form.panel))
        c.place_columns()
        stage_columns(c)
        first = Var("k0", 0, max(0, (self.blocks - 1) * form.block))
        if self.blocks == 1:
            self._block(Ix(), c.depth, True, True)
        else:
            rest = c.depth % form.block
            # the first block starts from zero, the last one stores: they are told apart by text
            last_start = (self.blocks - 1) * form.block
            self._block(Ix(), form.block, True, False)
            if self.blocks > 2:
                with e.loop(first, Ix(form.block), Ix(last_start), form.block):
                    self._block(Ix.of(first), form.block, False, False)
            self._block(Ix(last_start), rest or form.block, False, True)
        params = kernel_params(c.group.outputs, c.group.memory, c.expressions)
        sizes = (form.panels, c.item_var.hi + 1, c.z.hi + 1)
        lines = form.size(form.lines)
        flops = 2 * c.rows * lines * c.columns * c.depth * sizes[2]
        moved = sum(p.size * p.dtype.itemsize for p in params if p.kind in ("in", "out"))
        return Kernel(
            c.group.name, params, tuple(arrays), (c.panel_var, c.item_var, c.z),
            tuple(e.scopes[0].body), sizes, (1, 1, 1), flops, moved, c.expressions.scalars(),
        )  # fmt: skip

    def _block(self, k0: Ix, count: int, first: bool, last: bool) -> None:
        e, form, c = self.emitter, self.form, self.operands
        stage(c, k0, count)
        t = Var("t", 0, form.strips - 1)
        per_item = form.tiles_per_item // form.together
        begin = Ix.of(c.item_var) * per_item
        with e.loop(t, begin, begin + per_item, 1, form.strips):
            start = Var("i0", 0, max(0, c.rows - form.strip))
            e.define_var(start, Ix.of(t) * form.strip)
            if c.rows % form.strip:
                c.clip(start, Ix.of(t) * form.strip, c.rows - form.strip)
            scratch = Ix()
            if self.blocks > 1:
                scratch = (Ix.of(t) - begin) * (form.strip * form.panel)
            if form.packed:
                self._strip(k0, count, start, scratch, first, last)
            else:
                self._tile(k0, count, start, Ix(), scratch, first, last)

    def _strip(self, k0: Ix, count: int, start: Var, scratch: Ix, first: bool, last: bool) -> None:
        """The tiles whose rows are packed together."""
        e, form, c = self.emitter, self.form, self.operands
        pack_rows(c, k0, count, start)
        part = Var("u", 0, form.packed - 1)
        with e.loop(part, Ix(), Ix(form.packed)):
            moved = Ix.of(part) * form.tile
            tile_start = Var("i1", 0, c.rows - form.tile)
            e.define_var(tile_start, Ix.of(start) + moved)
            if self.blocks > 1:
                scratch = scratch + moved * form.panel
            self._tile(k0, count, tile_start, moved, scratch, first, last)

    def _tile(
        self, k0: Ix, count: int, start: Var, packed: Ix, scratch: Ix, first: bool, last: bool
    ) -> None:
        """One register tile of rows from `start` on; in what is packed, from `packed` on."""
        form, c = self.form, self.operands
        self._load_tile(scratch, first)
        self._multiply(k0, count, start, packed)
        if not last or not self.plain:
            self._each_tile_vector(
                lambda r, v, name: Store(
                    "scratch", scratch + (r * form.panel + v * form.lanes), name, c.wide
                )
            )
        if last and self.plain:
            self._store_registers(start)
        elif last:
            self._store_rows(start, scratch)

    def _name(self, r: int, v: int) -> str:
        return f"c{r}_{v}"

    def _each_tile_vector(self, make: Callable[[int, int, str], Statement]) -> None:
        for r in range(self.form.tile):
            for v in range(self.form.vectors):
                self.emitter.append(make(r, v, self._name(r, v)))

    def _load_tile(self, scratch: Ix, first: bool) -> None:
        form, wide = self.form, self.operands.wide

        def start(r: int, v: int, name: str) -> Statement:
            at = scratch + (r * form.panel + v * form.lanes)
            rhs = Literal(0) if first else Load("scratch", at)
            return Define(name, wide, rhs, mutable=True)

        self._each_tile_vector(start)

    def _multiply(self, k0: Ix, count: int, tile_start: Var, packed: Ix) -> None:
        """The inner loop."""
        e, form, c = self.emitter, self.form, self.operands
        if form.packed:
            e.append(Pointer("rows", "packed", packed))
        else:
            for r in range(form.tile):
                place = c.row_place(Ix.of(tile_start) + r)
                e.append(Pointer(f"row_{r}", c.a.payload[0], place))
        if c.in_place:
            self._point_at_columns()
        with self._positions(k0, count, tile_start) as (kk, local):
            if form.packed:
                a = [Load("rows", kk * form.strip + r, 0) for r in range(form.tile)]
            else:
                moved = c.moved("offset", "offsets", c.depth_part, c.table, k0, kk)
                a = [Load(f"row_{r}", moved, 0) for r in range(form.tile)]
            for v, load in enumerate(self._columns_at(k0, kk, local)):
                e.append(Define(f"b_{v}", c.wide, load))
            for r in range(form.tile):
                e.append(Define(f"a_{r}", c.wide, a[r]))
                for v in range(form.vectors):
                    acc = self._name(r, v)
                    e.append(Assign(acc, c.wide, Fma(f"a_{r}", f"b_{v}", acc)))

    @contextmanager
    def _positions(self, k0: Ix, count: int, tile_start: Var) -> Iterator[tuple[Ix, Ix]]:
        """Loops over a block's contracted positions, as far as rows see them; a position, and where
        its part of the staged panel begins."""
        e, form, seen = self.emitter, self.form, self.operands.seen
        taps = form.taps.count
        if taps == 1:
            kk = Var("kk", 0, count - 1)
            first, end = Ix(), Ix(count)
            if seen is not None:
                first, end = seen.span(e, Ix.of(tile_start), form.tile, k0, count)
            with e.loop(kk, first, end, 1, count):
                yield Ix.of(kk), Ix.of(kk) * form.staged_width
            return
        row, tap = Var("s", 0, count // taps - 1), Var("tap", 0, taps - 1)
        shifts = form.taps.shifts(form.lanes)
        shift = Var("shift", 0, max(shifts))
        with e.loop(row, Ix(), Ix(count // taps)), e.loop(tap, Ix(), Ix(taps)):
            e.append(Define("shift", ctype_of(int32), Load("taps", Ix.of(tap), 0), var=shift))
            position = Ix.of(row) * taps + Ix.of(tap)
            yield position, Ix.of(row) * form.staged_width + Ix.of(shift)

    def _point_at_columns(self) -> None:
        e, form, c = self.emitter, self.form, self.operands
        if not form.lined:
            e.append(Pointer("columns", c.b.payload[0], c.column_part))
        for v, start in enumerate(c.starts):
            place = c.column_part.substitute(start)
            e.append(Pointer(f"columns_{v}", c.b.payload[0], place))

    def _columns_at(self, k0: Ix, kk: Ix, local: Ix) -> list[Load]:
        """B's vectors at a contracted position, of which the staged part begins at `local`."""
        form, c = self.form, self.operands
        apart = form.taps.width(form.lanes) if form.staged == "lines" else form.lanes
        if not c.in_place:
            return [Load("panel", local + v * apart) for v in range(form.vectors)]
        below = c.moved("below", "down", c.down_part, c.down_table, k0, kk)
        if form.lined:
            return [Load(f"columns_{v}", below) for v in range(form.vectors)]
        return [Load("columns", below + v * form.lanes) for v in range(form.vectors)]

    # after the last block

    def _store_registers(self, tile_start: Var) -> None:
        e, form, c = self.emitter, self.form, self.operands
        for r in range(form.tile):
            with e.block():
                e.define_var(c.i, Ix.of(tile_start) + r)
                for v in range(form.vectors):
                    with c.vector(v, form.lanes):
                        e.bind_value(c.acc, self._name(r, v))
                        self._store_outputs()

    def _store_rows(self, tile_start: Var, scratch: Ix) -> None:
        """From the scratch tile, row by row; lane by lane where columns do not fill the panel."""
        e, form, c = self.emitter, self.form, self.operands
        row = Var("r", 0, form.tile - 1)
        width = form.lanes if self.lanes_ok else 1
        whole = self.lanes_ok or form.lined
        count = form.panel if whole else min(form.panel, c.columns)
        with e.loop(row, Ix(), Ix(form.tile)):
            e.define_var(c.i, Ix.of(tile_start) + Ix.of(row))
            for column in range(0, count, width):
                at = scratch + Ix.of(row) * form.panel + column
                with e.block(), c.vector(column // form.lanes, width, column % form.lanes):
                    name = e.fresh("c")
                    e.append(Define(name, ctype_of(c.dtype, width), Load("scratch", at)))
                    e.bind_value(c.acc, name)
                    self._store_outputs()

    def _store_outputs(self) -> None:
        c = self.operands
        for value, array, at in c.stores:
            in_lanes = self.emitter.vec is not None and bool(at.coefficient(c.j))
            self.emitter.store(array, at, value, in_lanes)


def lower_contraction(
    group: LoopGroup, anchor: Node, limits: Limits, choice: Choice | None = None
) -> tuple[Kernel, Sequence[Node]]:
    """The kernel of a contraction group, and the nodes whose indices it checks."""
    operands = Operands(group, anchor, plan_form(anchor, group.memory, limits, choice))
    kernel = _Contraction(operands).lower()
    return kernel, operands.expressions.checks


def contraction_choices(group: LoopGroup, anchor: Node, limits: Limits) -> tuple[Choice, ...]:
    """The legal schedules of a contraction group, the model's first."""
    forms = candidates(anchor, group.memory, limits)
    return cheapest_first(forms, lambda form: cost(form, limits))
