"""Products with what a mask has made 0: the positions of a row that need not be multiplied.

The weights of causal attention, and their gradients, are 0 on one side of the diagonal. A tile of
their rows walks the contracted positions that one of its rows can see.
"""

from collections.abc import Callable
from dataclasses import dataclass

from .dtype import int32
from .emit import Emitter
from .expression import Value
from .graph import Node
from .hidden import Hidden, hidden_places
from .index import Ix, Var
from .kernel import Define, Position, ctype_of

__all__ = ["Seen", "find_seen"]

_MOST_STEPS = 64  # of what an operand is made of that are looked at


@dataclass(frozen=True, slots=True)
class Seen:
    """Which contracted positions rows can see: all from one on, or all up to one."""

    hidden: Hidden

    def span(self, e: Emitter, row: Ix, rows: int, k0: Ix, count: int) -> tuple[Ix, Ix]:
        """The positions from k0 on, of `count`, that one of some rows sees: the first one, and
        what they end before, if not before `count`."""
        lowest = self.hidden.lowest(row, rows, Ix(), 1)
        if self.hidden.column > 0:
            return Ix(), Ix() - lowest - k0
        first = lowest + 1 - k0
        if first.lo < 0:
            before = Var("before", -max(0, first.hi), 0)
            rhs = Position(Ix() - first, highest=0)
            e.append(Define(before.name, ctype_of(int32), rhs, var=before))
            first = Ix() - Ix.of(before)
        return first, Ix(count)


def find_seen(a: Node, at: Callable[[Node], Value], i: Var, k: Var) -> Seen | None:
    """What rows i of an operand see of the contracted positions k, if a mask hides some."""
    if a.op.kind != "elementwise":
        return None
    rows, depth = i.hi + 1, k.hi + 1
    for hidden, nothing in hidden_places([a], _made_of(a), at, i, k):
        spared = hidden.spares_every_row(rows, depth)
        spared = spared and hidden.turned.spares_every_row(depth, rows)
        if spared and a in nothing.zero and abs(hidden.column) == 1:
            return Seen(hidden)
    return None


def _made_of(a: Node) -> set[Node]:
    """The operand and elementwise nodes below it that are as large."""
    found, waiting = {a}, [a]
    while waiting and len(found) < _MOST_STEPS:
        for s in waiting.pop().src:
            if s not in found and s.op.kind == "elementwise" and s.shape == a.shape:
                found.add(s)
                waiting.append(s)
    return found
