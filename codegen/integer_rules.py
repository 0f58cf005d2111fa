"""Rules of `simplify` for sums of integers, which wrap and so may be merged."""

import numpy as np

from . import ops
from .graph import Node

__all__ = ["inverted", "merged_offsets"]


def merged_offsets(n: Node) -> Node | None:
    """x + a + b is x + (a + b), and -1 - x is ~x, which needs a text of its own."""
    outer = _affine(n)
    if outer is None or outer[1].shape != n.shape:
        return None
    sign, x, offset = outer
    inner = _affine(x)
    if inner is not None and inner[1].shape == n.shape:
        sign, x, offset = sign * inner[0], inner[1], offset + sign * inner[2]
    elif sign == 1 or not _is_minus_one(offset, n):
        return None
    if sign == -1 and _is_minus_one(offset, n):
        return ops.bitwise_not(x)
    bits = offset % (1 << 8 * n.dtype.itemsize)
    constant = ops.const(np.uint64(bits).astype(n.dtype.numpy), n.dtype)
    if sign == -1:
        return ops.sub(constant, x) if bits else ops.neg(x)
    return ops.add(x, constant) if bits else x


def inverted(n: Node) -> Node | None:
    """x ^ -1 is ~x."""
    a, b = n.src
    for x, mask in ((a, b), (b, a)):
        constant = _constant(mask)
        if constant is not None and x.shape == n.shape and _is_minus_one(constant, n):
            return ops.bitwise_not(x)
    return None


def _affine(n: Node) -> tuple[int, Node, int] | None:
    """(sign, x, offset) where n is sign * x + offset, for what its op alone tells."""
    name = n.op.name
    if n.dtype.kind not in "ui" or name not in ("add", "sub", "neg"):
        return None
    if name == "neg":
        return -1, n.src[0], 0
    a, b = n.src
    left, right = _constant(a), _constant(b)
    if right is not None:
        return 1, a, right if name == "add" else -right
    if left is not None:
        return (1 if name == "add" else -1), b, left
    return None


def _constant(n: Node) -> int | None:
    return ops.const_value(n) if n.op.name == "const" and n.dtype.kind in "ui" else None


def _is_minus_one(value: int, n: Node) -> bool:
    bits = 8 * n.dtype.itemsize
    return (value + 1) % (1 << bits) == 0
