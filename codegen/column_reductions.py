"""Reductions across the lanes: each column has an accumulator of its own.

Few columns keep theirs in registers while all rows pass. A long run of columns keeps them in local
memory instead and takes several rows in each step: every row is then read in one run, which
memory's prefetchers follow, where narrow strips of many rows meet a new page with each row.
"""

from collections.abc import Callable, Sequence
from functools import partial

from .accumulators import accumulate, accumulator, resting
from .axes import Axes, extent
from .emit import Emitter, LoopNest
from .expression import Value
from .index import Ix, Var
from .kernel import Array, Define, Load, Store, ctype_of
from .lanes import Lanes, Section

__all__ = ["RestingSums", "reduce_columns"]

Columns = Callable[[Callable[[Section], None]], None]  # walks columns, section by section


def reduce_columns(
    emitter: Emitter, lanes: Lanes, axes: Axes, level: Sequence[Value], width: int, unroll: int
) -> None:
    """One pass with an accumulator in registers for each vector of columns."""
    names: dict[tuple[Value, int], str] = {}
    for u in range(unroll):
        with emitter.lanes(lanes.vec, width, u * width):
            for r in level:
                names[r, u] = accumulator(emitter, r, emitter.width_of(r))
    with LoopNest(emitter, axes.reduced):
        for u in range(unroll):
            with emitter.lanes(lanes.vec, width, u * width):
                for r in level:
                    accumulate(emitter, r, names[r, u], emitter.width_of(r))
    for u in range(unroll):
        with emitter.lanes(lanes.vec, width, u * width):
            for r in level:
                emitter.bind_value(r, names[r, u])


class RestingSums:
    """Accumulators in local memory for the `columns` of an item; `rows` are taken in a step."""

    def __init__(self, lanes: Lanes, axes: Axes, rows: int, columns: int) -> None:
        self._lanes, self._axes, self._rows = lanes, axes, rows
        self._names = {r: f"sums{k}" for k, r in enumerate(lanes.reduces)}
        self.arrays = [Array(name, resting(r.dtype), columns) for r, name in self._names.items()]

    def lower(self, emitter: Emitter, first: Ix, over: Columns, store: Callable[[], None]) -> None:
        """All rows for the columns that `over` walks; `store` writes what follows from the sums."""
        *outer, last = self._axes.reduced
        whole = extent(last) // self._rows * self._rows
        over(lambda s: self._each(emitter, s, lambda: self._begin(emitter, first)))
        with LoopNest(emitter, outer):
            for begin, end, rows in ((0, whole, self._rows), (whole, extent(last), 1)):
                if begin < end:
                    take = partial(self._take, emitter, first, last, rows)
                    with emitter.loop(last, Ix(begin), Ix(end), rows):
                        over(lambda s, take=take: self._each(emitter, s, take))  # type: ignore[misc]

        def end_columns() -> None:
            for r in self._names:
                emitter.bind_value(r, self._load(emitter, r, first))
            store()

        over(lambda s: self._each(emitter, s, end_columns))

    def _each(self, emitter: Emitter, s: Section, body: Callable[[], None]) -> None:
        """Each vector of a turn."""
        for u in range(s.step // s.lanes):
            with emitter.lanes(self._lanes.vec, s.lanes, u * s.lanes):
                body()

    def _place(self, emitter: Emitter, first: Ix) -> Ix:
        assert self._lanes.vec is not None
        return emitter.shifted(Ix.of(self._lanes.vec) - first)

    def _begin(self, emitter: Emitter, first: Ix) -> None:
        for r in self._names:
            self._store(emitter, r, first, accumulator(emitter, r, emitter.width))

    def _load(self, emitter: Emitter, r: Value, first: Ix) -> str:
        name = emitter.fresh("acc")
        load = Load(self._names[r], self._place(emitter, first))
        emitter.append(Define(name, ctype_of(r.dtype, emitter.width), load, mutable=True))
        return name

    def _store(self, emitter: Emitter, r: Value, first: Ix, name: str) -> None:
        ctype = ctype_of(r.dtype, emitter.width)
        emitter.append(Store(self._names[r], self._place(emitter, first), name, ctype))

    def _take(self, emitter: Emitter, first: Ix, last: Var, rows: int) -> None:
        """The elements of so many rows."""
        for r in self._names:
            name = self._load(emitter, r, first)
            for row in range(rows):
                with emitter.moved(last, row):
                    accumulate(emitter, r, name, emitter.width)
            self._store(emitter, r, first, name)
