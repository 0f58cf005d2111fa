"""Row sums of a tile that a contraction's result has in it already.

    sum_y(w * (a @ b)) = sum_c(a * (w @ b'))

The gradient of a softmax asks for the sum of its weights times their gradient, and that gradient
is a product with the values: the rows of the result times the rows of its gradient give it too.
Where nothing asked for the result, the walk for the softmax's statistics makes it on its way, which
costs less than a walk of its own for the sum.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from . import ops
from .attention import attention_tiles, reduced_axis, top
from .attention_online import find_online
from .graph import Node, node, toposort

__all__ = ["with_row_products"]


@dataclass(frozen=True, slots=True)
class _Factors:
    """A product: factors as large as the tile, row factors above and below, the sign."""

    whole: Counter[Node]
    above: Counter[Node]
    below: Counter[Node]
    negative: bool


def _factors(n: Node, axis: int) -> _Factors | None:
    """n as a product, of which factors that are one along `axis` stand apart."""
    whole: Counter[Node] = Counter()
    rows: tuple[Counter[Node], Counter[Node]] = (Counter(), Counter())
    negative = False
    stack = [(n, False)]
    while stack:
        x, divides = stack.pop()
        if len(x.shape) < len(n.shape) or x.shape[axis] == 1:
            rows[divides][x] += 1
        elif x.op.name == "neg":
            negative = not negative
            stack.append((x.src[0], divides))
        elif x.op.name in ("mul", "div"):
            stack += [(x.src[0], divides), (x.src[1], divides != (x.op.name == "div"))]
        elif divides:
            return None
        else:
            whole[x] += 1
    return _Factors(whole, *rows, negative)


def _row_product(total: Node, tile: set[Node], results: Sequence[Node], walks: bool) -> Node | None:
    """What a row sum is, said by another result; in `walks` also by one made for it."""
    axis = reduced_axis(total, tile)
    if axis is None:
        return None
    summed = _factors(total.src[0], axis)
    if summed is None:
        return None
    for score in [n for n in summed.whole if n.op.name == "contract" and n in tile]:
        rest = summed.whole - Counter([score])
        new = _unasked(total, score, rest, axis, tile, results) if walks else []
        for result in (*results, *new):
            if result.op.name != "contract" or reduced_axis(result, tile) != axis:
                continue
            weights = _factors(top(result, tile), axis)
            if weights is None or weights.whole != rest:
                continue
            dots = _dots(score, result, axis, tile)
            if dots is not None and total not in toposort([result]):
                return _scaled(dots, summed, weights)
    return None


def _unasked(
    total: Node, score: Node, rest: Counter[Node], axis: int, tile: set[Node],
    results: Sequence[Node],
) -> list[Node]:  # fmt: skip
    """Products of a softmax's weights with the values, which its own walk can make."""
    online = find_online(tile, results)
    if online is None or reduced_axis(online.total, tile) != axis:
        return []
    out = score.arg[2]
    made: list[Node] = []
    for weights in toposort(total.src, stop=lambda n: n not in tile):
        factors = _factors(weights, axis) if weights in tile else None
        if factors is None or factors.whole != rest:
            continue
        for k in (0, 1):
            values, labels, rows = score.src[k], score.arg[k], score.arg[1 - k]
            if out[axis] in labels:
                left = tuple(x for x in rows if x in out or x in labels)
                made.append(ops.contract(weights, values, out, labels, left))
    found = find_online(tile, [*results, *made])
    return [n for n in made if found is not None and n in found.products]


def _dots(score: Node, result: Node, axis: int, tile: set[Node]) -> Node | None:
    """Rows of the score's operand times rows of the result, where both have the same other one."""
    place = result.src.index(top(result, tile))
    values, labels = result.src[1 - place], result.arg[1 - place]
    mine, out = result.arg[place], score.arg[2]
    for k in (0, 1):
        if score.src[k] is not values or out[axis] not in score.arg[k]:
            continue
        rows, row_labels, value_labels = score.src[1 - k], score.arg[1 - k], score.arg[k]
        # both contractions in the words of the tile's axes and the axes of the values
        meaning = [out.index(x) if x in out else ~value_labels.index(x) for x in row_labels
                   if x in out or x in value_labels]  # fmt: skip
        wanted = [mine.index(x) if x in mine else ~labels.index(x) for x in result.arg[2]]
        alike = all(
            (out.index(x) if x in out else -1) == (mine.index(y) if y in mine else -1)
            for x, y in zip(value_labels, labels, strict=True)
        )
        summed = [x for x in wanted if x < 0]
        whole = sorted(x for x in wanted if x >= 0) == [a for a in range(len(out)) if a != axis]
        if sorted(meaning) != sorted(wanted) or not alike or len(summed) != 1 or not whole:
            continue
        rows = ops.permute(rows, tuple(meaning.index(x) for x in wanted))
        order = tuple(wanted.index(a if a != axis else summed[0]) for a in range(len(out)))
        products = ops.permute(ops.mul(rows, result), order)
        return ops.sum_(products, (axis,))
    return None


def _scaled(dots: Node, summed: _Factors, weights: _Factors) -> Node:
    """By the row factors that the sum has and the weights have not, and the other way round."""
    above = summed.above + weights.below
    below = summed.below + weights.above
    for n in (above - below).elements():
        dots = ops.mul(dots, n)
    for n in (below - above).elements():
        dots = ops.div(dots, n)
    return dots if summed.negative == weights.negative else ops.neg(dots)


def _found(outputs: Sequence[Node], walks: bool) -> Iterator[tuple[Node, Node]]:
    for tile, results in attention_tiles(outputs):
        for n in results:
            if n.op.name == "sum":
                better = _row_product(n, tile, results, walks)
                if better is not None and better.shape == n.shape:
                    yield n, better


def with_row_products(outputs: Sequence[Node], walks: bool) -> list[Node]:
    """The outputs, with row sums of attention taken from its results; where tiles are made in
    `walks` rather than stored, also from results that nothing else asks for."""
    instead = dict(_found(outputs, walks))
    if not instead:
        return list(outputs)
    new: dict[Node, Node] = {}
    stack = [(n, False) for n in outputs]
    while stack:
        n, ready = stack.pop()
        if n in new:
            continue
        below = (instead[n],) if n in instead else n.src
        if not ready:
            stack.append((n, True))
            stack += [(s, False) for s in below if s not in new]
        elif n in instead:
            new[n] = new[instead[n]]
        else:
            src = tuple([new[s] for s in n.src])
            new[n] = n if src == n.src else node(n.op, src, n.arg)
            new[n].origin = new[n].origin or n.origin
    return [new[n] for n in outputs]
