"""Minimum cuts of small networks."""

from collections import deque
from collections.abc import Hashable
from itertools import pairwise

__all__ = ["Network"]


class Network:
    """Directed edges with capacities."""

    def __init__(self) -> None:
        self._room: dict[Hashable, dict[Hashable, float]] = {}

    def edge(self, a: Hashable, b: Hashable, capacity: float) -> None:
        """Adds an edge from a to b."""
        room = self._room.setdefault(a, {})
        room[b] = room.get(b, 0) + capacity
        self._room.setdefault(b, {}).setdefault(a, 0)

    def near_side(self, source: Hashable, sink: Hashable) -> set[Hashable] | None:
        """What a minimum cut leaves with the source; None where every cut is infinite.

        Shortest paths are filled one after another (Edmonds and Karp 1972).
        """
        while True:
            before = self._reached(source, sink)
            if sink not in before:
                return set(before)
            path = [sink]
            while path[-1] != source:
                path.append(before[path[-1]])
            path.reverse()
            steps = list(pairwise(path))
            least = min(self._room[a][b] for a, b in steps)
            if least == float("inf"):
                return None
            for a, b in steps:
                self._room[a][b] -= least
                self._room[b][a] += least

    def _reached(self, source: Hashable, sink: Hashable) -> dict[Hashable, Hashable]:
        """Where each place was reached from along edges with room left, up to the sink."""
        before: dict[Hashable, Hashable] = {source: source}
        waiting = deque([source])
        while waiting and sink not in before:
            a = waiting.popleft()
            for b, room in self._room.get(a, {}).items():
                if room > 0 and b not in before:
                    before[b] = a
                    waiting.append(b)
        return before
