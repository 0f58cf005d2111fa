"""The schedules of a loop kernel: which axis lies in lanes, how wide, unrolled how often, how
much of the domain a work-item owns. `Lanes` knows the one that rules of thumb prefer."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from .axes import Axes, extent
from .index import Var
from .lanes import Lanes
from .limits import Limits

__all__ = ["LoopSchedule", "cost", "preferred", "resting_columns", "schedules"]

_CUT_GRAIN = 8192  # where edges lie anywhere along the axis that lies in lanes
_LEAST = 2048  # elements that are worth starting a work-item for
_MOST_WORK = 4  # launches' cost: what leaves ends short enough for all cores to share
_BESIDE = 4  # rows that are walked side by side: memory gives more of several runs
_RUN = 1024  # bytes that are read of each, at least
_SIMPLE = 10  # values up to which their registers suffice


@dataclass(frozen=True, slots=True)
class LoopSchedule:
    """`axis` counts the parallel axes, then the reduced ones; -1: none is in lanes.

    `grain` is how many elements of the domain a work-item owns, about; `rows` how many it walks
    side by side.
    """

    axis: int
    lanes: int
    unroll: int
    grain: int
    rows: int = 1


def _axes(axes: Axes) -> list[int]:
    return [extent(v) for v in (*axes.parallel, *axes.reduced)]


def _memory_ns(lanes: Lanes, limits: Limits) -> float:
    """What a core takes to read and write for an element of the domain."""
    moved = sum(
        v.dtype.itemsize * lanes.share(v.index)
        for v in lanes.values
        if v.kind == "load" and v.index is not None
    )
    moved += sum(v.dtype.itemsize * lanes.share(at) for v, _, at in lanes.stores)
    return moved * limits.compute_units / limits.rates.memory_rate


def _arithmetic_ns(lanes: Lanes, limits: Limits) -> float:
    ops = sum(v.op.cost for v in lanes.values if v.kind in ("apply", "reduce") and v.op is not None)
    return ops / limits.rates.fma_rate


def _grain(lanes: Lanes, limits: Limits) -> int:
    """Elements of a work-item: few enough for all cores to end together, as many as are worth
    starting one for."""
    total, least = math.prod(_axes(lanes.axes)), max(1, _LEAST // lanes.places)
    element_ns = max(_memory_ns(lanes, limits), _arithmetic_ns(lanes, limits))
    most = _MOST_WORK * limits.rates.launch_ns / element_ns
    most = 1 << round(math.log2(max(least, most)))  # what is a little cheaper gets the same
    return max(least, min(most, total // (4 * limits.compute_units)))


def resting_columns(lanes: Lanes, limits: Limits) -> int:
    """Columns whose sums fill half of a core's first cache while they rest between rows."""
    each = sum(max(4, r.dtype.compute_size) for r in lanes.reduces)
    return min(limits.rates.l1_bytes, limits.local_bytes) // 2 // each


def _column_grain(lanes: Lanes, var: Var, limits: Limits) -> int:
    """As many columns as can rest, and work for all cores."""
    columns = min(extent(var), resting_columns(lanes, limits))
    total = math.prod(_axes(lanes.axes))
    grain = columns * math.prod(extent(v) for v in lanes.axes.reduced)
    return max(_LEAST, min(grain, total // (4 * limits.compute_units)))


def preferred(lanes: Lanes, limits: Limits) -> LoopSchedule:
    """The default: thousands of elements for each work-item, vectors along the axis that most
    accesses walk in steps of one, several rows side by side where memory is what takes time."""
    axis = -1 if lanes.vec is None else lanes.axes_in_order.index(lanes.vec)
    if lanes.vec is not None and _pays_beside(lanes, lanes.vec, limits):
        columns = lanes.parallel
        grain = _column_grain(lanes, lanes.vec, limits) if columns else _grain(lanes, limits)
        return LoopSchedule(axis, lanes.width, 1, grain, _BESIDE)
    grain = _CUT_GRAIN if lanes.cuts else _grain(lanes, limits)
    return LoopSchedule(axis, lanes.width, lanes.unroll, grain)


def _can_walk_beside(lanes: Lanes, var: Var, limits: Limits) -> bool:
    along = lanes.beside(var)
    return limits.kind == "cpu" and along is not None and extent(along) >= 2 * _BESIDE


def _pays_beside(lanes: Lanes, var: Var, limits: Limits) -> bool:
    """Whether memory is what takes time, and each row a run of it; with work for all cores."""
    if lanes.width == 1 or len(lanes.values) > _SIMPLE or not _can_walk_beside(lanes, var, limits):
        return False
    items = math.prod(map(extent, lanes.axes.parallel)) // _BESIDE
    few = lanes.reduced and items < 2 * limits.compute_units
    run = extent(var) * max(r.dtype.itemsize for r in lanes.reduces)
    bound = _memory_ns(lanes, limits) > _arithmetic_ns(lanes, limits)
    return bound and run >= _RUN and not few


def schedules(lanes: Lanes, limits: Limits) -> Iterator[LoopSchedule]:
    """The legal ones: the preferred one and those around it."""
    first = preferred(lanes, limits)
    yield first
    if limits.plain or lanes.vec is None:
        return
    factors = (1,) if limits.kind == "gpu" else (1, 4, 16)
    grains = sorted({max(256, first.grain * f // 4) for f in factors} | {first.grain})
    for axis, var in enumerate(lanes.axes_in_order):
        widest = lanes.widest(var, limits)
        if widest < 2:
            continue
        for width in dict.fromkeys((widest, widest // 2)):
            for unroll in (1, 2, 4):
                if width >= 2 and width * unroll <= extent(var):
                    for grain in grains:
                        yield LoopSchedule(axis, width, unroll, grain)
        if _can_walk_beside(lanes, var, limits):
            grain = _grain(lanes, limits)
            yield LoopSchedule(axis, widest, 1, grain, _BESIDE)
            if var in lanes.axes.parallel:
                grain = _column_grain(lanes, var, limits)
                yield LoopSchedule(axis, widest, 1, grain, _BESIDE)


def cost(schedule: LoopSchedule, first: LoopSchedule) -> float:
    """How far a schedule is from the preferred one, in doublings."""
    apart = sum(
        abs(math.log2(mine / its))
        for mine, its in zip(
            (schedule.lanes, schedule.unroll, schedule.grain),
            (first.lanes, first.unroll, first.grain),
            strict=True,
        )
    )
    return apart + 3.0 * (schedule.axis != first.axis) + (schedule.rows != first.rows)
