"""Places that a mask hides, such as those above the diagonal of causal attention.

Where a mask compares places (a row's with a column's), a place of what is masked is hidden if a sum
of them is at least 0. As such a sum is linear, one corner of some rows and columns tells whether
all of them are hidden, and for some rows which columns can be seen. What a softmax's weights and
their gradients have there is 0: attention passes over such blocks (`attention_mask`), products
over such positions (`contraction_seen`).
"""

import math
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

from . import ops
from .emit import topological
from .expression import Value
from .graph import Node, toposort
from .index import Condition, Ix, Var

__all__ = ["Hidden", "Nothing", "hidden_places"]


@dataclass(frozen=True, slots=True)
class Hidden:
    """Row i and column j are hidden where `row` * i + `column` * j + `more` is at least 0."""

    row: int
    column: int
    more: int

    def lowest(self, i: Ix, rows: int, j: Ix, columns: int) -> Ix:
        """The sum in that corner of a block where it is lowest."""
        i = i + (rows - 1) if self.row < 0 else i
        j = j + (columns - 1) if self.column < 0 else j
        return i * self.row + j * self.column + self.more

    def leaves_some(self, i: Ix, rows: int, j: Ix, columns: int) -> Condition:
        """That something of a block can be seen."""
        lowest = self.lowest(i, rows, j, columns)
        return Condition(lowest, lowest.lo, 0)

    def spares_every_row(self, rows: int, columns: int) -> bool:
        last = Ix(rows - 1)
        ends = [self.lowest(i, 1, Ix(), columns) for i in (Ix(), last)]
        return all(x.hi < 0 for x in ends)

    @property
    def turned(self) -> "Hidden":
        """With rows as columns."""
        return Hidden(self.column, self.row, self.more)


@dataclass(frozen=True, slots=True)
class Nothing:
    """The nodes that are 0, and those that are -inf, where a mask hides."""

    zero: set[Node]
    lowest: set[Node]


def hidden_places(
    tops: Sequence[Node], inside: Container[Node], at: Callable[[Node], Value], i: Var, j: Var
) -> Iterator[tuple[Hidden, Nothing]]:
    """What masks that give -inf to some places hide of the nodes `inside`, which are below `tops`.

    `at` gives the value of a mask at row i and column j.
    """
    order = [n for n in toposort(tops, stop=lambda n: n not in inside) if n in inside]
    for mask, hides in _masks(order):
        if _compares_places(mask):
            found = _linear(at(mask), hides, i, j)
            if found is not None:
                yield found, _nothing(order, inside, mask, hides)


def _masks(order: Sequence[Node]) -> Iterator[tuple[Node, bool]]:
    """Conditions that give -inf to some places, and what they are there."""
    for n in order:
        if n.op.name == "where":
            for place, hides in ((1, True), (2, False)):
                if _is_constant(n.src[place], -math.inf):
                    yield n.src[0], hides


def _is_constant(n: Node, value: float) -> bool:
    while n.op.kind == "view" and n.op.name not in ("pad", "skew"):
        n = n.src[0]
    return n.op.name == "const" and bool(ops.const_value(n) == value)


def _compares_places(mask: Node) -> bool:
    """Whether a mask is made of positions alone."""
    return all(
        n.op.kind in ("view", "elementwise") or n.op.name in ("iota", "const")
        for n in toposort([mask])
    )


def _linear(mask: Value, hides: bool, i: Var, j: Var) -> Hidden | None:
    """A comparison of places as a sum that is at least 0 where it hides."""
    while mask.op is not None and mask.op.name == "bitwise_not":
        mask, hides = mask.args[0], not hides
    if mask.op is None or mask.op.name not in ("le", "lt"):
        return None
    a, b = map(_place, mask.args)
    if a is None or b is None:
        return None
    strict = mask.op.name == "lt"  # a <= b: b - a >= 0, and where that does not hold a - b - 1 >= 0
    total = b - a - strict if hides else a - b - (not strict)
    row, column = total.coefficient(i), total.coefficient(j)
    rest = total.substitute({i: Ix(), j: Ix()})
    if row is None or column is None or rest.terms:
        return None
    return Hidden(row, column, rest.const)


def _place(v: Value) -> Ix | None:
    """A place as a sum: a position, or positions and numbers added up."""
    known: dict[Value, Ix | None] = {}
    for x in topological([v]):
        known[x] = _sum(x, [known[a] for a in x.args])
    return known[v]


def _sum(v: Value, args: Sequence[Ix | None]) -> Ix | None:
    if v.kind == "position":
        return v.index
    if v.dtype.kind not in "iu":
        return None
    if v.kind == "literal":
        return Ix(int(v.payload))
    match v.op.name if v.op is not None else "", args:
        case "cast", [Ix() as x]:
            return x
        case "add", [Ix() as x, Ix() as y]:
            return x + y
        case "sub", [Ix() as x, Ix() as y]:
            return x - y
    return None


def _nothing(order: Sequence[Node], inside: Container[Node], mask: Node, hides: bool) -> Nothing:
    zero: set[Node] = set()
    lowest: set[Node] = set()

    def is_zero(n: Node) -> bool:
        return n in zero or _is_constant(n, 0.0)

    def is_lowest(n: Node) -> bool:
        return n in lowest or _is_constant(n, -math.inf)

    for n in order:
        src = n.src
        match n.op.name:
            case "where":
                taken = (src[1 if hides else 2],) if src[0] is mask else src[1:]
                if all(map(is_zero, taken)):
                    zero.add(n)
                if all(map(is_lowest, taken)):
                    lowest.add(n)
            case "exp" if src[0] in lowest:
                zero.add(n)
            case "sub" if src[0] in lowest and src[1] not in inside:
                lowest.add(n)
            case "mul" if not zero.isdisjoint(src):
                zero.add(n)
            case "div" | "neg" | "cast" if src[0] in zero:
                zero.add(n)
            case "cast" if src[0] in lowest:
                lowest.add(n)
    return Nothing(zero, lowest)
