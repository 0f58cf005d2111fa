"""Which axis of a loop kernel lies in vector lanes, how wide, and over which sections.

A section is a run of the axis that one loop covers. Besides whole vectors and the rest there is
a cut wherever a condition on the axis begins or ceases to hold (the edges of padding): inside a
section it is known, so that padded arrays are copied in whole vectors too.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from .axes import Axes, extent
from .emit import topological
from .expression import Expressions, Value
from .index import Condition, Ix, Var, variables
from .limits import Limits

__all__ = ["Lanes", "Section", "in_turn"]

_MUCH_LESS = 0.9  # of the turns of a loop
_READ = {
    0: 0.2,
    1: 1.0,
    2: 0.3,
}  # what a load by its stride is worth: of 2, it is two and a shuffle


@dataclass(frozen=True, slots=True)
class Section:
    """[start, stop) in steps of `step`, `lanes` at a time; part of the segment [low, high)."""

    start: int
    stop: int
    step: int
    lanes: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class _Edges:
    """Where along an axis a condition can hold, and where it does whatever other axes say."""

    outer: tuple[int, int]
    inner: tuple[int, int]

    def opens(self, low: int, high: int) -> bool:
        """Whether other axes decide in [low, high), which no edge cuts."""
        possible = self.outer[0] <= low and high <= self.outer[1]
        return possible and not (self.inner[0] <= low and high <= self.inner[1])


def _edges(c: Condition, var: Var) -> _Edges | None:
    """The edges of a condition along `var`; None where they may lie far from each other."""
    factor = c.of.coefficient(var)
    if c.step != 1 or not factor or factor < 0:
        return None
    low, high = c.of.lo - factor * var.lo, c.of.hi - factor * var.hi  # all but var's part
    if high - low >= factor:
        return None
    outer = -((high - c.lo) // factor), (c.hi - 1 - low) // factor + 1
    inner = -((low - c.lo) // factor), (c.hi - 1 - high) // factor + 1
    return _Edges(outer, inner)


class Lanes:
    """The choice for one kernel. `vec` may be None: nothing walks in steps that lanes like."""

    def __init__(
        self,
        expressions: Expressions,
        stores: Sequence[tuple[Value, str, Ix]],
        axes: Axes,
        limits: Limits,
        places: int = 1,
    ) -> None:
        self.places = places  # of the domain that each turn of the loops computes
        self.expressions, self.stores, self.axes = expressions, stores, axes
        self.values = topological([v for v, *_ in stores])
        self.reduces = [v for v in self.values if v.kind == "reduce"]
        self.axes_in_order = [*axes.parallel, *axes.reduced]
        self.vec = self._choose()
        self.width = 1 if self.vec is None else self.widest(self.vec, limits)
        self.cuts = self._cuts()
        if self.vec is not None:
            self.width = self._width(self.vec, limits)
            self.cuts = self._cuts()
        self.unroll = self._unroll(limits)

    def take(self, axis: int, width: int, unroll: int) -> None:
        """Another choice than the preferred one."""
        self.vec = None if axis < 0 else self.axes_in_order[axis]
        self.width, self.unroll = width, unroll
        self.cuts = self._cuts()

    def _possible(self, var: Var) -> bool:
        """Whether every access strides along `var` and every condition on it is an edge."""
        for v in self.expressions.all_values():
            for c in v.conditions:
                on_it = var in self.expressions.loop_vars(c.of)
                if on_it and _edges(c, var) is None:
                    return False
            if v.kind == "datum" and var in v.deps:
                return False
            if v.index is None:
                continue
            if v.index.coefficient(var) is None:
                return False
            data = self.expressions.datum_deps.items()
            if any(var in deps and v.index.coefficient(x) != 0 for x, deps in data):
                return False
        return all(at.coefficient(var) is not None for _, _, at in self.stores)

    def _choose(self) -> Var | None:
        """The axis that most accesses walk in steps of one element; stores count double, and what
        is read or written once for many turns of an inner loop counts less."""
        best, best_score = None, 0.0
        for position, var in enumerate(self.axes_in_order):
            if extent(var) < 4 or not self._possible(var):
                continue
            score = position * 0.01 + min(extent(var), 64) * 0.001
            for v in self.expressions.all_values():
                if v.kind == "load" and v.index is not None:
                    stride = v.index.coefficient(var)
                    score += _READ.get(stride or 0, -1.0) * self.share(v.index)
            for _, _, at in self.stores:
                stride = at.coefficient(var)
                score += {0: 0.0, 1: 2.0}.get(stride or 0, -1.0) * self.share(at)
            if score > best_score:
                best, best_score = var, score
        if best is None and self.axes.parallel and not self.axes.reduced:
            return self.axes.parallel[-1]  # a scalar loop along the last axis
        return best

    def share(self, at: Ix) -> float:
        """How many places an access goes to, as a part of the domain."""
        walked = variables(at)
        return 1.0 / math.prod(extent(v) for v in self.axes_in_order if v not in walked)

    def _largest(self, var: Var) -> int:
        """Bytes of the largest elements along an axis."""
        there = [v for v in self.values if var in v.deps or var in v.over]
        there += [v for v, _, at in self.stores if at.coefficient(var) != 0]
        return max([4, *(v.dtype.compute_size for v in there)])

    def _width(self, var: Var, limits: Limits) -> int:
        """The widest vectors, or narrower ones that leave much less to be done one by one."""

        ends = [0, *self.cuts, extent(var)]
        lengths = [high - low for low, high in itertools.pairwise(ends)]

        def turns(width: int) -> float:
            registers = max(1.0, width * self._largest(var) / limits.register_bytes)
            rest: list[float] = [n % width for n in lengths]
            if self.places > 1:
                rest = [registers * (n > 0) for n in rest]
            elif self.cuts and width > 4:  # what is left of a segment goes by fours, see `sections`
                rest = [n // 4 + n % 4 for n in rest]
            return sum(n // width for n in lengths) * registers + sum(rest)

        width = self.widest(var, limits)
        while width > 4 and turns(width // 2) < _MUCH_LESS * turns(width):
            width //= 2
        return width

    def widest(self, var: Var, limits: Limits) -> int:
        """The lanes that suit an axis; 1 where it cannot lie in lanes."""
        if limits.plain or not self._possible(var):
            return 1
        most = min(limits.vector_bytes // self._largest(var), 16, extent(var))
        width = 1
        while width * 2 <= most:
            width *= 2
        return width

    def beside(self, var: Var) -> Var | None:
        """With `var` in lanes: the axis along which several rows can be walked side by side, which
        are results of their own, or whose columns are summed. None where they are not walked once,
        or differ in more than their place."""
        reduced = set(self.axes.reduced)
        axes = self.axes.parallel if var in reduced else self.axes.reduced
        if not self.reduces or not axes:
            return None
        along = axes[-1]
        for v in self.values:
            if v.conditions or (v.kind == "datum" and along in v.deps):
                return None
            if v.kind == "reduce" and any(x.kind == "reduce" for x in topological(v.args)):
                return None
            if v.kind == "reduce" and var not in (reduced | v.deps):
                return None
        if any((v.deps | variables(at)) & reduced for v, _, at in self.stores):
            return None
        return along

    def _unroll(self, limits: Limits) -> int:
        """Copies of the body side by side, so that accumulators need not wait for themselves, and
        rows whose columns are summed are read in long runs."""
        if self.vec is None or self.width < 4 or not self.reduces:
            return 1
        room = extent(self.vec) // self.width
        wanted = 4 if len(self.values) <= 10 else 2 if len(self.values) <= 24 else 1
        if self.parallel and len(self.values) <= 2 and limits.kind == "cpu":
            vector = self.width * max(v.dtype.compute_size for v in self.reduces)
            fits = limits.registers * limits.register_bytes >= 8 * vector
            wanted = 8 if fits and (room % 8 == 0 or room >= 64) else 4
        while wanted > 1 and room < wanted:
            wanted //= 2
        return wanted

    def _cuts(self) -> list[int]:
        """Inner places along the axis where a condition changes."""
        if self.vec is None or self.width == 1:
            return []
        found: set[int] = set()
        for edges in self._all_edges():
            found.update((*edges.outer, *edges.inner))
        return sorted(x for x in found if 0 < x < extent(self.vec))

    def _all_edges(self) -> list[_Edges]:
        assert self.vec is not None
        found = [_edges(c, self.vec) for v in self.values for c in v.conditions]
        return [edges for edges in found if edges is not None]

    @property
    def overlapping(self) -> bool:
        """Whether the last vector overlaps the one before: for long texts, to stand there once."""
        plain = self.width > 1 and not self.cuts and not self.reduces
        return self.places > 1 and plain and self.parallel

    @property
    def parallel(self) -> bool:
        return self.vec is not None and self.vec in self.axes.parallel

    @property
    def reduced(self) -> bool:
        return self.vec is not None and self.vec in self.axes.reduced

    def sections(self, unroll: int) -> list[Section]:
        """The loops that cover the axis: unrolled vectors, vectors, the rest; by segment."""
        assert self.vec is not None
        result: list[Section] = []
        ends = [*self.cuts, extent(self.vec)]
        steps = [(self.width * unroll, self.width), (self.width, self.width), (1, 1)]
        if self.cuts and self.width > 4:  # segments between edges are short: narrow vectors too
            steps[2:2] = [(4, 4)]
        low, edges = 0, self._all_edges()
        for high in ends:
            at = low
            opened = self.width > 1 and any(e.opens(low, high) for e in edges)
            for step, lanes in steps[-1:] if opened else steps:
                whole = (high - at) // step * step
                if whole:
                    result.append(Section(at, at + whole, step, lanes, low, high))
                    at += whole
            low = high
        return result


def in_turn(
    stores: Sequence[tuple[Value, str, Ix]], vec: Var | None
) -> list[list[tuple[Value, str, Ix]]]:
    """The stores, those together whose lanes along `vec` lie in turn: 2, 4 or 8 of them."""
    found: list[list[tuple[Value, str, Ix]]] = []
    at = 0
    while at < len(stores):
        v, array, first = stores[at]
        stride = 0 if vec is None else first.coefficient(vec)
        run = stores[at : at + stride] if stride in (2, 4, 8) else []
        plain = v.dtype.kind == "f" and not v.dtype.is_narrow
        places = [(name, index) for _, name, index in run]
        if len(run) < 2 or not plain or places != [(array, first + k) for k in range(len(run))]:
            run = stores[at : at + 1]
        found.append(list(run))
        at += len(run)
    return found
