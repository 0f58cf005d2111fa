"""Lines: columns of a contraction in vectors each of which lies in a line of its own.

Pixels of a convolution lie side by side along a row of the image, and the row ends soon. So a
panel is made of vectors that begin where a line says; the last vector of a line overlaps the one
before. Windows along a line share elements: a line is staged once for all slots, which then read
vectors that begin a little later.
"""

from dataclasses import dataclass

from .index import Ix, Var, variables

__all__ = ["NO_TAPS", "Segment", "Taps", "taps_along"]

_MOST_TAPS = 64


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of a line: where it begins, from the first slot's place on, and how it is staged."""

    begin: int
    length: int
    at: int  # its place among what is staged for a vector

    def vectors(self, lanes: int) -> list[int]:
        """Where the vectors begin that cover it; the last one overlaps the one before."""
        starts = list(range(0, self.length - lanes + 1, lanes))
        rest = self.length - lanes
        return starts if starts[-1] == rest else [*starts, rest]


@dataclass(frozen=True, slots=True)
class Taps:
    """The slots of windows along a line: how far from the first one each begins."""

    places: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.places)

    def segments(self, lanes: int) -> list[Segment]:
        """What vectors at all slots read; slots more than a vector apart share nothing."""
        found: list[Segment] = []
        ordered = sorted(self.places)
        begin = ordered[0]
        for last, following in zip(ordered, (*ordered[1:], None), strict=True):
            if following is not None and following - last <= lanes:
                continue
            at = found[-1].at + _whole(found[-1].length, lanes) if found else 0
            found.append(Segment(begin, last - begin + lanes, at))
            begin = following or 0
        return found

    def width(self, lanes: int) -> int:
        """Elements that are kept for a vector and all its slots."""
        last = self.segments(lanes)[-1]
        return last.at + _whole(last.length, lanes)

    def loads(self, lanes: int) -> int:
        """Vectors that are staged for a vector and all its slots."""
        return sum(len(segment.vectors(lanes)) for segment in self.segments(lanes))

    def shifts(self, lanes: int) -> list[int]:
        """Of each slot: where its vector begins among what is staged."""
        return [
            next(
                segment.at + place - segment.begin
                for segment in self.segments(lanes)
                if segment.begin <= place <= segment.begin + segment.length - lanes
            )
            for place in self.places
        ]


NO_TAPS = Taps((0,))


def _whole(length: int, lanes: int) -> int:
    return -(-length // lanes) * lanes


def taps_along(place: Ix, tap: Var, lanes: int) -> Taps:
    """The slots that `tap` counts, where staging them together saves something."""
    if not 0 < tap.hi < _MOST_TAPS:
        return NO_TAPS
    moved = [part for part in place.terms if tap in variables(Ix(0, (part,)))]
    along = Ix(0, tuple(moved))
    first = along.substitute({tap: Ix()}).const
    taps = Taps(tuple([along.substitute({tap: Ix(k)}).const - first for k in range(tap.hi + 1)]))
    return taps if taps.width(lanes) < lanes * taps.count else NO_TAPS
