"""A softmax in one walk over the columns: its peak and total, and products of its weights.

    peak = max(scores)       powers = exp(scores - shift(peak))       total = sum(powers)
    weights = drop(powers / norm(total))                              result = weights @ values

While columns come, the highest score so far shifts the exponents, and what was added up before is
scaled down whenever it rises. A row is divided by its norm at the end. `shift` and `norm` are any
elementwise functions of the statistics: mostly these themselves, or guards of masked rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from . import ops
from .graph import Node, toposort

__all__ = ["Online", "find_online"]


@dataclass(frozen=True, eq=False, slots=True)
class Online:
    """`products` are contractions of the weights, in which `scaled` is where powers are divided by
    (or multiplied with) `norm`. Without a peak nothing shifts."""

    scores: Node
    peak: Node | None
    shift: Node | None
    powers: Node
    total: Node
    products: tuple[Node, ...] = ()
    scaled: Node | None = None
    norm: Node | None = None

    @property
    def statistics(self) -> tuple[Node, ...]:
        return (self.total,) if self.peak is None else (self.peak, self.total)

    @property
    def derived(self) -> set[Node]:
        """What is made of the statistics: shift and norm, with all between."""
        ends = [n for n in (self.shift, self.norm) if n is not None]
        return set(_above(ends, self.statistics)).difference(self.statistics)


def _above(ends: Sequence[Node], statistics: Sequence[Node]) -> Iterator[Node]:
    found: set[Node] = set()
    for n in toposort(ends, stop=lambda n: n in statistics or n.op.kind not in _ROWWISE):
        if n in statistics or not found.isdisjoint(n.src):
            found.add(n)
            yield n


_ROWWISE = ("elementwise", "view")


def _is_function_of(n: Node, statistic: Node) -> bool:
    return n in set(_above([n], [statistic]))


def find_online(tile: set[Node], results: Sequence[Node]) -> Online | None:
    """The softmax of a tile, if its total is among the results, and the products it serves."""
    for total in results:
        powers = total.src[0]
        if total.op.name == "sum" and powers.op.name == "exp" and powers in tile:
            return _with_products(_shifted(powers, total, results), tile, results)
    return None


def _shifted(powers: Node, total: Node, results: Sequence[Node]) -> Online:
    x = powers.src[0]
    if x.op.name == "sub":
        scores, shift = x.src
        for peak in results:
            alike = peak.op.name == "max" and peak.src[0] is scores and peak.arg[0] == total.arg
            if alike and _is_function_of(shift, peak):
                return Online(scores, peak, shift, powers, total)
    return Online(x, None, None, powers, total)


def _with_products(online: Online, tile: set[Node], results: Sequence[Node]) -> Online:
    """With the contractions of weights that differ from the powers by factors alone."""
    axis = online.total.arg[0]
    products: list[Node] = []
    scaled = norm = None
    for n in results:
        if n.op.name != "contract":
            continue
        place = next(k for k, s in enumerate(n.src) if s in tile)
        found = _scaled_in(n.src[place], online, tile)
        if found is None or scaled not in (None, found[0]) or n.arg[place][axis] in n.arg[2]:
            continue
        scaled, norm = found
        products.append(n)
    return replace(online, products=tuple(products), scaled=scaled, norm=norm)


def _scaled_in(weights: Node, online: Online, tile: set[Node]) -> tuple[Node, Node] | None:
    """Where the powers meet their norm, if what follows multiplies, casts and masks alone."""
    n = weights
    while True:
        within = [s for s in n.src if s in tile]
        if len(within) != 1:
            return None
        inner, others = within[0], [s for s in n.src if s not in tile]
        if n.op.name == "where":
            if n.src[0] is inner or _is_nonzero(others[1]) or not _is_drawn(others[0]):
                return None
        elif n.op.name == "div":
            if n.src[0] is not inner:
                return None
        elif n.op.name not in ("mul", "cast", "neg"):
            return None
        if inner is online.powers:
            if len(others) != 1 or n.op.name not in ("div", "mul"):
                return None
            norm = others[0]
            rowwise = norm.shape == online.total.shape and _is_function_of(norm, online.total)
            return (n, norm) if rowwise else None
        n = inner


def _is_drawn(mask: Node) -> bool:
    """Whether chance alone made a mask. Another one may drop the whole of a row that has no norm,
    being masked before the softmax, too: what is divided by it in the end is NaN, not 0."""
    order = toposort([mask], lambda n: n.op.name == "philox")
    made_of = {n.op.name for n in order if not n.src or n.op.name == "philox"}
    return "philox" in made_of and made_of <= {"philox", "const", "scalar"}


def _is_nonzero(n: Node) -> bool:
    while n.op.kind == "view":
        n = n.src[0]
    return n.op.name != "const" or ops.const_value(n) != 0
