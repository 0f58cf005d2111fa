"""Sums of products that share a factor: `g * a + g * b` is `g * (a + b)`.

What an elementwise function passes back is such a sum, with the gradient that comes in as the
factor. Put outside, one multiplication is left for the backward pass, and what it multiplies with
rests on forward values alone: one array to keep where there were as many as terms. Not in float16,
whose sums overflow where products with a small gradient do not.
"""

from . import ops
from .dtype import float16
from .graph import Node

__all__ = ["sum_of"]

_MOST_FACTORS = 32


def sum_of(a: Node, b: Node) -> Node:
    """a + b, with the largest factor of both, as large as the sum, outside."""
    factors = [] if a.dtype is float16 else _factors(a)
    shared = next((f for f in _factors(b) if f in factors), None)
    if shared is None or shared is a or shared is b or shared.shape != a.shape:
        return ops.add(a, b)
    return ops.mul(shared, ops.add(_without(a, shared), _without(b, shared)))


def _factors(n: Node) -> list[Node]:
    """What a product was begun with, and what it was after each factor, the whole one first."""
    found = [n]
    while n.op.name in ("mul", "neg") and len(found) < _MOST_FACTORS:
        n = n.src[0]
        found.append(n)
    return found


def _without(n: Node, factor: Node) -> Node:
    """The product with a factor left out."""
    left = []
    while n is not factor:
        left.append(n)
        n = n.src[0]
    rest: Node | None = None
    sign = False
    for step in reversed(left):
        if step.op.name == "neg":
            sign = not sign
        else:
            rest = step.src[1] if rest is None else ops.mul(rest, step.src[1])
    if rest is None:
        rest = ops.const(1, n.dtype)
    return ops.neg(rest) if sign else rest
