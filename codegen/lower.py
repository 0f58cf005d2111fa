"""Loop kernels: elementwise maps and reductions over rows or columns.

A work-item owns a block of the parallel axes. Reductions that need one another's results run as
passes over the reduced axes; a last pass stores what varies along them. One axis lies in vector
lanes: a parallel one (maps, column reductions) or a reduced one (row reductions, with several
accumulators and one horizontal step at the end).
"""

import math
from collections.abc import Callable, Sequence
from functools import partial

from .axes import Axes, choose_axes, extent, places_along, unrolled_axes
from .choice import Choice, cheapest_first, chosen
from .column_reductions import RestingSums, reduce_columns
from .emit import Emitter, LoopNest, topological
from .expression import Expressions, Value
from .graph import Node
from .index import Condition, Ix, Var, flat_index, variables
from .kept import Kept
from .kernel import Array, Kernel
from .lanes import Lanes, Section, in_turn
from .limits import Limits
from .loop_group import LoopGroup, bytes_moved, kernel_params, operations
from .loop_schedule import cost, preferred, resting_columns, schedules
from .row_reductions import RowReductions

__all__ = ["LoopLowering", "loop_choices", "lower_loops"]


class LoopLowering:
    def __init__(self, group: LoopGroup, limits: Limits, choice: Choice | None = None) -> None:
        self.group = group
        self.limits = limits
        split, self.axes, final = choose_axes(group.shape, group.reduced, self._accesses)
        self.expressions, stores = self._build(split)
        unrolled = unrolled_axes(self.expressions.picked, split.parallel)
        if unrolled:
            self.expressions, stores = self._build(split, unrolled)
            gone = {w for v in unrolled for w in variables(final[v])}
            self.axes.parallel = [v for v in self.axes.parallel if v not in gone]
        self.expressions.substitute(final)
        self.stores = [(v, array, at.substitute(final)) for v, array, at in stores]
        self.reduces = [v for v in topological([v for v, *_ in self.stores]) if v.kind == "reduce"]
        self.levels = self._levels()
        places = math.prod(extent(v) for v in unrolled)
        self.lanes = Lanes(self.expressions, self.stores, self.axes, limits, places)
        self.schedule = preferred(self.lanes, limits)
        if choice is not None:
            self.schedule = chosen(schedules(self.lanes, limits), lambda _: 0.0, choice)
        self.lanes.take(self.schedule.axis, self.schedule.lanes, self.schedule.unroll)
        self.vec, self.width, self.unroll = self.lanes.vec, self.lanes.width, self.lanes.unroll
        self.rows = self.schedule.rows  # that are walked side by side
        keeps = limits.kind == "cpu" and self.lanes.reduced
        self.kept = Kept(self.reduces if keeps else (), self.stores, self.axes)
        self.row_reductions = RowReductions(self.lanes, self.axes, self.kept, self.rows)
        self.arrays: list[Array] = []

    def _build(
        self, axes: Axes, unrolled: Sequence[Var] = ()
    ) -> tuple[Expressions, list[tuple[Value, str, Ix]]]:
        """All values and what is stored of them, for each place along the `unrolled` axes."""
        reduce_index = {d: axes.index[d] for d in self.group.reduced}
        expressions = Expressions(self.group.memory, reduce_index)
        stores = []
        for n, array, mapping in self.group.outputs:
            for at in places_along(unrolled):
                index = tuple(
                    [axes.index[d].substitute(at) if d >= 0 and m != 1 else Ix()
                     for d, m in zip(mapping, n.shape, strict=True)]
                )  # fmt: skip
                stores.append((expressions.stored(n, index), array, flat_index(index, n.shape)))
        return expressions, stores

    def _accesses(self, axes: Axes) -> tuple[list[Ix], list[Condition]]:
        expressions, stores = self._build(axes)
        indices = [*[at for _, _, at in stores], *expressions.picked]
        conditions: list[Condition] = []
        for v in topological([v for v, *_ in stores]):
            if v.index is not None:
                indices.append(v.index)
            conditions += v.conditions
        for position in expressions.all_values():
            if position.kind == "datum":
                inner = [v for v in topological(position.args) if v.index is not None]
                indices += [v.index for v in inner if v.index is not None]
        return indices, conditions

    def _levels(self) -> list[list[Value]]:
        """Reductions by what they wait for: a pass each."""
        level: dict[Value, int] = {}
        for r in self.reduces:
            below = [level[v] for v in topological(r.args) if v in level]
            level[r] = 1 + max(below, default=-1)
        count = 1 + max(level.values(), default=-1)
        return [[r for r in self.reduces if level[r] == k] for k in range(count)]

    # the kernel

    def lower(self) -> Kernel:
        rows_vars = [v for v in self.axes.parallel if v is not self.vec]
        counts = [extent(v) for v in rows_vars]
        if self.lanes.reduced and self.rows > 1:
            counts[-1] = -(-counts[-1] // self.rows)
        rows = math.prod(counts)
        lanes = extent(self.vec) if self.vec is not None and self.lanes.parallel else 1
        chunk, rows_per_item = self._grain(rows, lanes, self.width * self.unroll)
        block = Var("g0", 0, -(-lanes // chunk) - 1)
        row_block = Var("g1", 0, -(-rows // rows_per_item) - 1)
        emitter = Emitter(self.expressions, [block, row_block])
        row = Var("row", 0, rows - 1)
        start = Ix.of(row_block) * rows_per_item
        if rows_per_item == 1:
            emitter.define_var(row, start)
            self._row(emitter, row, counts, block, chunk)
        else:
            with emitter.loop(row, start, start + rows_per_item, 1, rows):
                self._row(emitter, row, counts, block, chunk)
        params = kernel_params(self.group.outputs, self.group.memory, self.expressions)
        return Kernel(
            self.group.name, params, tuple(self.arrays), (block, row_block),
            tuple(emitter.scopes[0].body),
            (block.hi + 1, row_block.hi + 1), (1, 1),
            operations(self.stores, self.group.shape), bytes_moved(params, self.group.shape),
            self.expressions.scalars(),
        )  # fmt: skip

    def _grain(self, rows: int, lanes: int, step: int) -> tuple[int, int]:
        """(lanes, rows) of a work-item: thousands of elements on a CPU, few on a GPU."""
        inner = 1
        for v in self.axes.reduced:
            inner *= extent(v)
        if self.lanes.reduced:
            inner *= self.rows
        target = self.schedule.grain
        if self.lanes.cuts:  # edges lie anywhere: one item walks the whole axis
            return lanes, max(1, min(rows, target // max(1, lanes * inner)))
        if self.limits.kind == "gpu":
            return (min(step, lanes) if lanes > 1 else 1), 1
        most = -(-lanes // step) * step
        if self.lanes.parallel and self.rows > 1:
            most = min(most, max(1, resting_columns(self.lanes, self.limits) // step) * step)
        if lanes * inner >= target or most < lanes:
            chunk = max(step, -(-target // (inner * step)) * step)
            return min(chunk, most) if lanes > 1 else 1, 1
        return lanes, max(1, min(rows, target // (lanes * inner)))

    def _row(
        self, emitter: Emitter, row: Var, counts: Sequence[int], block: Var, chunk: int
    ) -> None:
        """One row, or several side by side: their parallel variables, then the vector loop or the
        passes."""
        rows_vars = [v for v in self.axes.parallel if v is not self.vec]
        stride = math.prod(counts)
        for v, count in zip(rows_vars, counts, strict=True):
            stride //= count
            at = Ix.of(row) // stride
            at = at if v is rows_vars[0] else at % count
            if count == extent(v):
                emitter.define_var(v, at)
            else:  # the last ones overlap those before
                emitter.define_var(v, at * self.rows, extent(v) - self.rows)
        if self.vec is None or not self.lanes.parallel:
            self._passes(emitter, self.width, self.unroll)
            return
        if self.lanes.overlapping:
            self._overlapping(emitter, Ix.of(block), chunk)
            return
        columns = partial(self._columns, emitter, Ix.of(block) * chunk, chunk)
        if self.rows == 1:
            columns(lambda s: self._passes(emitter, s.lanes, s.step // s.lanes))
            return
        sums = RestingSums(self.lanes, self.axes, self.rows, chunk)
        self.arrays = sums.arrays
        store = partial(self._store, emitter, self.stores)
        sums.lower(emitter, Ix.of(block) * chunk, columns, store)

    def _columns(
        self, emitter: Emitter, first: Ix, chunk: int, body: Callable[[Section], None]
    ) -> None:
        """The loops over an item's columns, which begin at `first`."""
        assert self.vec is not None
        for s in self.lanes.sections(self.unroll):
            # blocks start at multiples of every step: the first section begins with the block,
            # a later one lies in the one block that holds its start and is empty in the others
            begin = first if s.start == 0 else Ix(s.start)
            clipped = chunk < extent(self.vec)
            stop, limit = (first + chunk, s.stop) if clipped else (Ix(s.stop), None)
            with emitter.loop(self.vec, begin, stop, s.step, limit), emitter.within(self.vec, s):
                body(s)

    def _overlapping(self, emitter: Emitter, block: Ix, chunk: int) -> None:
        """Whole vectors, of which the last begins earlier: the text stands there once."""
        assert self.vec is not None
        count, width = extent(self.vec), self.width
        turns, own = -(-count // width), -(-chunk // width)
        turn = Var("turn", 0, turns - 1)
        with emitter.loop(turn, block * own, block * own + own, 1, turns):
            most = None if count % width == 0 else count - width
            emitter.define_var(self.vec, Ix.of(turn) * width, most)
            self._passes(emitter, width, 1)

    # passes over the reduced axes

    def _passes(self, emitter: Emitter, width: int, unroll: int) -> None:
        vec_reduced = self.lanes.reduced
        for level in self.levels:
            if vec_reduced:
                self.row_reductions.reduce(emitter, level, width, unroll)
            else:
                reduce_columns(emitter, self.lanes, self.axes, level, width, unroll)
        inner = [s for s in self.stores if self._along(s)]
        outer = [s for s in self.stores if not self._along(s)]
        if vec_reduced:
            if inner:
                self.row_reductions.over(emitter, 1, lambda u: self._last(emitter, inner))
            self.kept.end_row()
            for r in range(self.rows):
                with self.row_reductions.each(emitter, r):
                    self._store(emitter, outer)
            return
        copies = range(unroll)
        for u in copies:
            with emitter.lanes(self.vec, width, u * width):
                self._store(emitter, outer)
        if inner:
            with LoopNest(emitter, self.axes.reduced):
                for u in copies:
                    with emitter.lanes(self.vec, width, u * width):
                        self._store(emitter, inner)

    def _along(self, store: tuple[Value, str, Ix]) -> bool:
        """Whether it is written all along the reduced axes, be it one value."""
        value, _array, at = store
        return bool((value.deps | variables(at)) & set(self.axes.reduced))

    def _last(self, emitter: Emitter, stores: Sequence[tuple[Value, str, Ix]]) -> None:
        self.kept.recall(emitter, [v for v, *_ in stores])
        self._store(emitter, stores)

    def _store(self, emitter: Emitter, stores: Sequence[tuple[Value, str, Ix]]) -> None:
        wide = emitter.vec is not None
        for run in in_turn(stores, emitter.vec) if wide else [[store] for store in stores]:
            v, array, at = run[0]
            if len(run) > 1:
                emitter.store_in_turn(array, at, [value for value, _, _ in run])
                continue
            in_lanes = self.vec is not None and bool(at.coefficient(self.vec))
            emitter.store(array, at, v, in_lanes)


def lower_loops(
    group: LoopGroup, limits: Limits, choice: Choice | None = None
) -> tuple[Kernel, Sequence[Node]]:
    """The kernel of a map or reduction group, and the nodes whose indices it checks."""
    lowering = LoopLowering(group, limits, choice)
    kernel = lowering.lower()
    return kernel, lowering.expressions.checks


def loop_choices(group: LoopGroup, limits: Limits) -> tuple[Choice, ...]:
    """The legal schedules of a map or reduction group, the default first."""
    lowering = LoopLowering(group, limits)
    first = lowering.schedule
    return cheapest_first(schedules(lowering.lanes, limits), lambda s: cost(s, first))
