"""The schedules of a loop kernel: which axis lies in lanes, how wide, unrolled how often, how
much of the domain a work-item owns. `Lanes` knows the one that rules of thumb prefer."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from .axes import Axes, extent
from .lanes import Lanes
from .limits import Limits

__all__ = ["LoopSchedule", "cost", "preferred", "schedules"]

_CUT_GRAIN = 8192  # where edges lie anywhere along the axis that lies in lanes
_LEAST = 2048  # elements that are worth starting a work-item for
_MOST_WORK = 4  # launches' cost: what leaves ends short enough for all cores to share


@dataclass(frozen=True, slots=True)
class LoopSchedule:
    """`axis` counts the parallel axes, then the reduced ones; -1: none is in lanes.

    `grain` is how many elements of the domain a work-item owns, about.
    """

    axis: int
    lanes: int
    unroll: int
    grain: int


def _axes(axes: Axes) -> list[int]:
    return [extent(v) for v in (*axes.parallel, *axes.reduced)]


def _element_ns(lanes: Lanes, limits: Limits) -> float:
    """What a core takes for an element of the domain: for its memory, or for its arithmetic."""
    rates = limits.rates
    moved = sum(
        v.dtype.itemsize * lanes.share(v.index)
        for v in lanes.values
        if v.kind == "load" and v.index is not None
    )
    moved += sum(v.dtype.itemsize * lanes.share(at) for v, _, at in lanes.stores)
    ops = sum(v.op.cost for v in lanes.values if v.kind in ("apply", "reduce") and v.op is not None)
    return max(moved * limits.compute_units / rates.memory_rate, ops / rates.fma_rate)


def _grain(lanes: Lanes, limits: Limits) -> int:
    """Elements of a work-item: few enough for all cores to end together, as many as are worth
    starting one for."""
    total, least = math.prod(_axes(lanes.axes)), max(1, _LEAST // lanes.places)
    most = _MOST_WORK * limits.rates.launch_ns / _element_ns(lanes, limits)
    most = 1 << round(math.log2(max(least, most)))  # what is a little cheaper gets the same
    return max(least, min(most, total // (4 * limits.compute_units)))


def preferred(lanes: Lanes, limits: Limits) -> LoopSchedule:
    """The default: thousands of elements for each work-item, vectors along the axis that most
    accesses walk in steps of one."""
    axis = -1 if lanes.vec is None else lanes.axes_in_order.index(lanes.vec)
    grain = _CUT_GRAIN if lanes.cuts else _grain(lanes, limits)
    return LoopSchedule(axis, lanes.width, lanes.unroll, grain)


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
    return apart + 3.0 * (schedule.axis != first.axis)
