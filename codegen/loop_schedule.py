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


def preferred(lanes: Lanes, limits: Limits) -> LoopSchedule:
    """The default: thousands of elements for each work-item, vectors along the axis that most
    accesses walk in steps of one."""
    total = math.prod(_axes(lanes.axes))
    grain = max(2048, min(32768, total // (4 * limits.compute_units)))
    axis = -1 if lanes.vec is None else lanes.axes_in_order.index(lanes.vec)
    return LoopSchedule(axis, lanes.width, lanes.unroll, _CUT_GRAIN if lanes.cuts else grain)


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
