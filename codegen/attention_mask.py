"""Tiles that a mask hides whole, such as those above the diagonal of causal attention.

Where `mask` compares places (a row's with a column's), a place of the tile is hidden if a sum of
them is at least 0. As such a sum is linear, one corner of a block of rows and columns tells whether
all of it is hidden; if what results are made of is 0 there, the block need not be computed.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from . import ops
from .attention import Chain, top
from .attention_values import Values
from .expression import Value
from .graph import Node, toposort
from .index import Condition, Ix

__all__ = ["Hidden", "find_hidden"]


@dataclass(frozen=True, slots=True)
class Hidden:
    """Row i and column j are hidden where `row` * i + `column` * j + `more` is at least 0."""

    row: int
    column: int
    more: int

    def _lowest(self, i: Ix, rows: int, j: Ix, columns: int) -> Ix:
        """The sum in that corner of a block where it is lowest."""
        i = i + (rows - 1) if self.row < 0 else i
        j = j + (columns - 1) if self.column < 0 else j
        return i * self.row + j * self.column + self.more

    def leaves_some(self, i: Ix, rows: int, j: Ix, columns: int) -> Condition:
        """That something of a block can be seen."""
        lowest = self._lowest(i, rows, j, columns)
        return Condition(lowest, lowest.lo, 0)

    def spares_every_row(self, rows: int, columns: int) -> bool:
        last = Ix(rows - 1)
        ends = [self._lowest(i, 1, Ix(), columns) for i in (Ix(), last)]
        return all(x.hi < 0 for x in ends)


def find_hidden(values: Values) -> Hidden | None:
    """What a mask hides of a chain's tile, if results take nothing from there."""
    chain = values.chain
    for mask, hides in _masks(chain):
        found = _linear(_value_of(values, mask), hides, values)
        if found is not None and found.spares_every_row(values.rows, values.columns):
            if _takes_nothing(chain, mask, hides):
                return found
    return None


def _masks(chain: Chain) -> Iterator[tuple[Node, bool]]:
    """Conditions that give -inf to some places, and what they are there."""
    for n in toposort(chain.tops, stop=lambda n: n not in chain.tile):
        if n.op.name == "where" and n in chain.tile:
            for place, hides in ((1, True), (2, False)):
                if _is_constant(n.src[place], -math.inf):
                    yield n.src[0], hides


def _is_constant(n: Node, value: float) -> bool:
    while n.op.kind == "view" and n.op.name not in ("pad", "skew"):
        n = n.src[0]
    return n.op.name == "const" and bool(ops.const_value(n) == value)


def _value_of(values: Values, mask: Node) -> Value:
    index = values.tile_index(values.j)
    index = index[len(index) - len(mask.shape) :]
    at = tuple(x if m != 1 else Ix() for x, m in zip(index, mask.shape, strict=True))
    return values.expressions.value(mask, at)


def _linear(mask: Value, hides: bool, values: Values) -> Hidden | None:
    """A comparison of places as a sum that is at least 0 where it hides."""
    while mask.op is not None and mask.op.name == "bitwise_not":
        mask, hides = mask.args[0], not hides
    if mask.op is None or mask.op.name not in ("le", "lt"):
        return None
    a, b = (x.index if x.kind == "position" else None for x in mask.args)
    if a is None or b is None:
        return None
    strict = mask.op.name == "lt"  # a <= b: b - a >= 0, and where that does not hold a - b - 1 >= 0
    total = b - a - strict if hides else a - b - (not strict)
    row, column = total.coefficient(values.i), total.coefficient(values.j)
    rest = total.substitute({values.i: Ix(), values.j: Ix()})
    if row is None or column is None or rest.terms:
        return None
    return Hidden(row, column, rest.const)


def _takes_nothing(chain: Chain, mask: Node, hides: bool) -> bool:
    """Whether what is summed is 0, and what a maximum is taken of is -inf, where the mask hides."""
    zero: set[Node] = set()
    lowest: set[Node] = set()
    for n in toposort(chain.tops, stop=lambda n: n not in chain.tile):
        src = n.src
        match n.op.name:
            case _ if _is_constant(n, 0.0):
                zero.add(n)
            case _ if _is_constant(n, -math.inf):
                lowest.add(n)
            case "where":
                taken = (src[1 if hides else 2],) if src[0] is mask else src[1:]
                for kind in (zero, lowest):
                    if kind.issuperset(taken):
                        kind.add(n)
            case "exp" if src[0] in lowest:
                zero.add(n)
            case "sub" if src[0] in lowest and src[1] not in chain.tile:
                lowest.add(n)
            case "mul" if not zero.isdisjoint(src):
                zero.add(n)
            case "div" | "neg" | "cast" if src[0] in zero:
                zero.add(n)
            case "cast" if src[0] in lowest:
                lowest.add(n)
    wanted = {n: lowest if n.op.name == "max" else zero for n in chain.results}
    return all(top(n, chain.tile) in kind for n, kind in wanted.items())
