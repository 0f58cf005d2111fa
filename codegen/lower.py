"""Loop kernels: elementwise maps and reductions over rows or columns.

A work-item owns a block of the parallel axes. Reductions that need one another's results run as
passes over the reduced axes; a last pass stores what varies along them. One axis lies in vector
lanes: a parallel one (maps, column reductions) or a reduced one (row reductions, with several
accumulators and one horizontal step at the end).
"""

import math
from collections.abc import Callable, Sequence

from . import ops
from .axes import Axes, choose_axes, extent, places_along, unrolled_axes
from .choice import Choice, cheapest_first, chosen
from .dtype import bool_
from .elementwise import LARGER, SMALLER
from .emit import Emitter, LoopNest, topological
from .expression import Expressions, Value
from .graph import Node, Op
from .index import Condition, Ix, Var, flat_index, variables
from .kept import Kept
from .kernel import (
    Alias,
    Apply,
    Assign,
    Define,
    Horizontal,
    Kernel,
    Literal,
    ctype_of,
)  # fmt: skip
from .lanes import Lanes, in_turn
from .limits import Limits
from .loop_group import LoopGroup, bytes_moved, combiner, identity, kernel_params, operations
from .loop_schedule import cost, preferred, schedules
from .opencl_text import CType

__all__ = ["LoopLowering", "loop_choices", "lower_loops"]


def _mask(width: int) -> CType:
    return ctype_of(bool_, width)


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
        keeps = limits.kind == "cpu" and self.lanes.reduced
        self.kept = Kept(self.reduces if keeps else (), self.stores, self.axes)

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
        rows = 1
        for v in rows_vars:
            rows *= extent(v)
        lanes = extent(self.vec) if self.vec is not None and self.lanes.parallel else 1
        chunk, rows_per_item = self._grain(rows, lanes, self.width * self.unroll)
        block = Var("g0", 0, -(-lanes // chunk) - 1)
        row_block = Var("g1", 0, -(-rows // rows_per_item) - 1)
        emitter = Emitter(self.expressions, [block, row_block])
        row = Var("row", 0, rows - 1)
        start = Ix.of(row_block) * rows_per_item
        if rows_per_item == 1:
            emitter.define_var(row, start)
            self._row(emitter, row, rows_vars, block, chunk)
        else:
            with emitter.loop(row, start, start + rows_per_item, 1, rows):
                self._row(emitter, row, rows_vars, block, chunk)
        params = kernel_params(self.group.outputs, self.group.memory, self.expressions)
        return Kernel(
            self.group.name, params, (), (block, row_block),
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
        target = self.schedule.grain
        if self.lanes.cuts:  # edges lie anywhere: one item walks the whole axis
            return lanes, max(1, min(rows, target // max(1, lanes * inner)))
        if self.limits.kind == "gpu":
            return (min(step, lanes) if lanes > 1 else 1), 1
        if lanes * inner >= target:
            chunk = max(step, -(-target // (inner * step)) * step)
            return min(chunk, -(-lanes // step) * step) if lanes > 1 else 1, 1
        return lanes, max(1, min(rows, target // (lanes * inner)))

    def _row(
        self, emitter: Emitter, row: Var, rows_vars: Sequence[Var], block: Var, chunk: int
    ) -> None:
        """One row: its parallel variables, then the vector loop or the passes."""
        stride = 1
        for v in rows_vars:
            stride *= extent(v)
        for v in rows_vars:
            stride //= extent(v)
            at = Ix.of(row) // stride
            emitter.define_var(v, at if v is rows_vars[0] else at % extent(v))
        if self.vec is None or not self.lanes.parallel:
            self._passes(emitter, self.width, self.unroll)
            return
        if self.lanes.overlapping:
            self._overlapping(emitter, Ix.of(block), chunk)
            return
        first = Ix.of(block) * chunk
        for s in self.lanes.sections(self.unroll):
            # blocks start at multiples of every step: the first section begins with the block,
            # a later one lies in the one block that holds its start and is empty in the others
            begin = first if s.start == 0 else Ix(s.start)
            clipped = chunk < extent(self.vec)
            stop, limit = (first + chunk, s.stop) if clipped else (Ix(s.stop), None)
            with emitter.loop(self.vec, begin, stop, s.step, limit), emitter.within(self.vec, s):
                self._passes(emitter, s.lanes, s.step // s.lanes)

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
                self._row_reductions(emitter, level, width, unroll)
            else:
                self._column_reductions(emitter, level, width, unroll)
        inner = [s for s in self.stores if self._along(s)]
        outer = [s for s in self.stores if not self._along(s)]
        if vec_reduced:
            if inner:
                self._over_reduced(emitter, 1, lambda u: self._last(emitter, inner))
            self.kept.end_row()
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

    def _over_reduced(self, emitter: Emitter, unroll: int, body: Callable[[int], None]) -> None:
        """All reduced loops, the vector one innermost and in sections."""
        assert self.vec is not None
        outer = [v for v in self.axes.reduced if v is not self.vec]
        with LoopNest(emitter, outer):
            for s in self.lanes.sections(unroll):
                with (
                    emitter.loop(self.vec, Ix(s.start), Ix(s.stop), s.step),
                    emitter.within(self.vec, s),
                ):
                    for u in range(s.step // s.lanes):
                        with emitter.lanes(self.vec, s.lanes, u * s.lanes):
                            body(u)

    def _row_reductions(
        self, emitter: Emitter, level: Sequence[Value], width: int, unroll: int
    ) -> None:
        """Several vector accumulators each, folded and summed across lanes at the end."""
        assert self.vec is not None
        copies = unroll if width > 1 else 1
        widths = sorted({s.lanes for s in self.lanes.sections(copies)} | {width}, reverse=True)
        parts: dict[tuple[Value, int], list[str]] = {}  # accumulators by the lanes they have
        nans: dict[Value, str] = {}
        for r in level:
            if width > 1 and self._is_long_extreme(r):
                nans[r] = emitter.fresh("nan")
                emitter.append(Define(nans[r], _mask(width), Literal(False), mutable=True))
            for lanes in widths:
                count = copies if lanes == width else 1
                parts[r, lanes] = [self._accumulator(emitter, r, lanes) for _ in range(count)]

        elements = [r.args[0] for r in level]

        def body(u: int) -> None:
            self.kept.recall(emitter, elements)
            for r in level:
                target = parts[r, emitter.width][u if emitter.width == width else 0]
                if r in nans and emitter.width == width:
                    self._accumulate_beside(emitter, r, target, nans[r], width)
                else:
                    self._accumulate(emitter, r, target, emitter.width)
            self._store(emitter, self.kept.leave(elements))

        self._over_reduced(emitter, copies, body)
        self.kept.end_pass()
        for r in level:
            totals = [self._across_lanes(emitter, r, parts[r, lanes], lanes) for lanes in widths]
            total = totals[0]
            if r in nans:
                total = self._with_nan(emitter, r, total, nans[r], width)
            for other in totals[1:]:
                total = self._combine(emitter, r, total, other, 1)
            emitter.bind(r, self._finish(emitter, r, total))

    def _across_lanes(self, emitter: Emitter, r: Value, parts: Sequence[str], width: int) -> str:
        """Accumulators of one width as one number."""
        total = parts[0]
        for part in parts[1:]:
            total = self._combine(emitter, r, total, part, width)
        if width == 1:
            return total
        name = emitter.fresh("h")
        fold = Horizontal(self._combiner(r), total, width)
        emitter.append(Define(name, ctype_of(r.dtype), fold))
        return name

    def _column_reductions(
        self, emitter: Emitter, level: Sequence[Value], width: int, unroll: int
    ) -> None:
        """One accumulator for each vector of columns."""
        names: dict[tuple[Value, int], str] = {}
        for u in range(unroll):
            with emitter.lanes(self.vec, width, u * width):
                for r in level:
                    names[r, u] = self._accumulator(emitter, r, self._lanes_of(emitter, r))
        with LoopNest(emitter, self.axes.reduced):
            for u in range(unroll):
                with emitter.lanes(self.vec, width, u * width):
                    for r in level:
                        lanes = self._lanes_of(emitter, r)
                        self._accumulate(emitter, r, names[r, u], lanes)
        for u in range(unroll):
            with emitter.lanes(self.vec, width, u * width):
                for r in level:
                    emitter.bind(emitter._key(r), names[r, u])

    def _lanes_of(self, emitter: Emitter, r: Value) -> int:
        return emitter.width if self.vec is not None and self.vec in r.deps else 1

    def _combiner(self, r: Value) -> Op:
        assert r.op is not None
        return combiner(r.op, r.dtype.kind == "b")

    def _accumulator(self, emitter: Emitter, r: Value, width: int) -> str:
        assert r.op is not None
        name = emitter.fresh("acc")
        start = Literal(identity(r.op, r))
        emitter.append(Define(name, ctype_of(r.dtype, width), start, mutable=True))
        return name

    def _accumulate(self, emitter: Emitter, r: Value, target: str, width: int) -> None:
        element = emitter.vector(r.args[0], width)
        ctype = ctype_of(r.dtype, width)
        emitter.append(Assign(target, ctype, Apply(self._combiner(r), (target, element), ctype)))

    def _is_long_extreme(self, r: Value) -> bool:
        assert r.op is not None and self.vec is not None
        long = extent(self.vec) >= 16 * self.width
        return long and r.op.name in ("max", "min") and r.dtype.kind == "f"

    def _accumulate_beside(
        self, emitter: Emitter, r: Value, target: str, nans: str, width: int
    ) -> None:
        """An extreme of numbers, and beside it where NaN was met: less waits for the step before
        than in one test for both."""
        assert r.op is not None
        element, ctype, mask = (
            emitter.vector(r.args[0], width),
            ctype_of(r.dtype, width),
            _mask(width),
        )
        pick = LARGER if r.op.name == "max" else SMALLER
        emitter.append(Assign(target, ctype, Apply(pick, (element, target), ctype)))
        met = emitter.fresh("m")
        emitter.append(Define(met, mask, Apply(ops.TABLE["isnan"], (element,), ctype)))
        emitter.append(Assign(nans, mask, Apply(ops.TABLE["bitwise_or"], (nans, met), mask)))

    def _with_nan(self, emitter: Emitter, r: Value, total: str, nans: str, width: int) -> str:
        """The extreme, or NaN where one was met."""
        met, nan, name = (emitter.fresh(stem) for stem in ("h", "c", "acc"))
        ctype, mask = ctype_of(r.dtype), _mask(1)
        fold = Horizontal(ops.TABLE["bitwise_or"], nans, width)
        emitter.append(Define(met, mask, fold))
        emitter.append(Define(nan, ctype, Literal(math.nan)))
        emitter.append(Define(name, ctype, Apply(ops.TABLE["where"], (met, nan, total), ctype)))
        return name

    def _combine(self, emitter: Emitter, r: Value, a: str, b: str, width: int) -> str:
        name = emitter.fresh("acc")
        ctype = ctype_of(r.dtype, width)
        emitter.append(Define(name, ctype, Apply(self._combiner(r), (a, b), ctype)))
        return name

    def _finish(self, emitter: Emitter, r: Value, total: str) -> str:
        name = emitter.fresh(f"{r.op.name}_" if r.op is not None else "r")
        emitter.append(Define(name, ctype_of(r.dtype), Alias(total)))
        return name


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
