"""Reductions along the lanes: of a row, or of several rows side by side.

Each row has a few vectors of accumulators, which become one number at its end. Memory gives more
when several runs of it are read at a time, so rows that are only read are walked together.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from .accumulators import (
    accumulate,
    accumulate_beside,
    accumulator,
    across_lanes,
    combine,
    finish,
    mask_of_nans,
    with_nan,
)
from .axes import Axes, extent
from .emit import Emitter, LoopNest
from .expression import Value
from .index import Ix, Var
from .kept import Kept
from .lanes import Lanes

__all__ = ["RowReductions"]


class RowReductions:
    """Passes over the reduced axes, one of which lies in lanes, for several `rows` at a time."""

    def __init__(self, lanes: Lanes, axes: Axes, kept: Kept, rows: int) -> None:
        self._lanes, self._axes, self._kept = lanes, axes, kept
        self._rows = rows

    @contextmanager
    def each(self, emitter: Emitter, row: int) -> Iterator[None]:
        """Values here are those of a row."""
        with emitter.moved(self._axes.parallel[-1] if row else None, row):
            yield

    def over(self, emitter: Emitter, copies: int, body: Callable[[int], None]) -> None:
        """All reduced loops, the one in lanes innermost and in sections."""
        vec = self._vec
        outer = [v for v in self._axes.reduced if v is not vec]
        with LoopNest(emitter, outer):
            for s in self._lanes.sections(copies):
                with emitter.loop(vec, Ix(s.start), Ix(s.stop), s.step), emitter.within(vec, s):
                    for u in range(s.step // s.lanes):
                        with emitter.lanes(vec, s.lanes, u * s.lanes):
                            body(u)

    def reduce(self, emitter: Emitter, level: Sequence[Value], width: int, unroll: int) -> None:
        """One pass: reductions that do not wait for one another."""
        copies = unroll if width > 1 else 1
        widths = sorted({s.lanes for s in self._lanes.sections(copies)} | {width}, reverse=True)
        sums: list[_RowSums] = []
        for row in range(self._rows):
            sums.append(_RowSums(emitter, level, width))
            for r in level:
                sums[row].begin(r, {n: copies if n == width else 1 for n in widths}, self._long)
        elements = [r.args[0] for r in level]

        def body(u: int) -> None:
            for row in range(self._rows):
                with self.each(emitter, row):
                    self._kept.recall(emitter, elements)
                    sums[row].take(u)
                    for v, array, at in self._kept.leave(elements):
                        emitter.store(array, at, v, bool(at.coefficient(self._vec)))

        self.over(emitter, copies, body)
        self._kept.end_pass()
        for row in range(self._rows):
            with self.each(emitter, row):
                sums[row].end()

    @property
    def _vec(self) -> Var:
        assert self._lanes.vec is not None
        return self._lanes.vec

    @property
    def _long(self) -> bool:
        return extent(self._vec) >= 16 * self._lanes.width


class _RowSums:
    """The accumulators of one row: several of whole vectors, and one of each narrower width."""

    def __init__(self, emitter: Emitter, level: Sequence[Value], width: int) -> None:
        self._emitter, self._level, self._width = emitter, level, width
        self._parts: dict[Value, dict[int, list[str]]] = {}  # by lanes
        self._nans: dict[Value, str] = {}

    def begin(self, r: Value, counts: Mapping[int, int], long: bool) -> None:
        """Accumulators of a reduction, so many of each number of lanes."""
        assert r.op is not None
        extreme = r.op.name in ("max", "min") and r.dtype.kind == "f"
        if extreme and long and self._width > 1:
            self._nans[r] = mask_of_nans(self._emitter, self._width)
        self._parts[r] = {
            lanes: [accumulator(self._emitter, r, lanes) for _ in range(count)]
            for lanes, count in counts.items()
        }

    def take(self, u: int) -> None:
        """The elements where the emitter stands, into the accumulators number `u`."""
        e = self._emitter
        for r in self._level:
            target = self._parts[r][e.width][u if e.width == self._width else 0]
            if r in self._nans and e.width == self._width:
                accumulate_beside(e, r, target, self._nans[r], e.width)
            else:
                accumulate(e, r, target, e.width)

    def end(self) -> None:
        """Each reduction as one number."""
        e = self._emitter
        for r in self._level:
            totals = [self._total(r, lanes) for lanes in self._parts[r]]
            total = totals[0]
            if r in self._nans:
                total = with_nan(e, r, total, self._nans[r], self._width)
            for other in totals[1:]:
                total = combine(e, r, total, other, 1)
            e.bind_value(r, finish(e, r, total))

    def _total(self, r: Value, lanes: int) -> str:
        first, *others = self._parts[r][lanes]
        for other in others:
            first = combine(self._emitter, r, first, other, lanes)
        return across_lanes(self._emitter, r, first, lanes)
