"""Nodes of two operands of one dtype, with PyTorch's meaning for bools and integers."""

from collections.abc import Callable
from typing import TypeAlias

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import bool_, uint8
from lazygrad.codegen.graph import Node

from .promotion import float_node

__all__ = [
    "Binary", "add", "and_", "div", "floor_divide", "fmax", "fmin", "fmod", "from_end",
    "from_start", "ge", "gt", "le", "lerp", "lt", "maximum", "minimum", "mul", "not_for", "or_",
    "rdiv", "remainder", "rfloor_divide", "rremainder", "rshl", "rshr", "rsub", "shl", "shr", "sub",
    "swapped", "trunc_divide", "xor",
]  # fmt: skip

Binary: TypeAlias = Callable[[Node, Node], Node]


def not_for(name: str, node: Node, instead: str) -> RuntimeError:
    return NotImplementedError(
        f'"{name}" not implemented for {node.dtype.name!r}: got a {node.dtype.name} tensor, '
        f"expected another dtype\n{instead}"
    )


def add(a: Node, b: Node) -> Node:
    return ops.bitwise_or(a, b) if a.dtype is bool_ else ops.add(a, b)


def mul(a: Node, b: Node) -> Node:
    return ops.bitwise_and(a, b) if a.dtype is bool_ else ops.mul(a, b)


def sub(a: Node, b: Node) -> Node:
    if a.dtype is bool_:
        raise RuntimeError(
            "sub: Subtraction, the `-` operator, with two bool tensors is not supported.\n"
            "Use the `^` or `logical_xor()` operator instead."
        )
    return ops.sub(a, b)


def div(a: Node, b: Node) -> Node:
    return ops.div(a, b) if a.dtype.kind == "f" else ops.div(float_node(a), float_node(b))


def rsub(a: Node, b: Node) -> Node:
    return sub(b, a)


def rdiv(a: Node, b: Node) -> Node:
    return div(b, a)


def floor_divide(a: Node, b: Node) -> Node:
    if a.dtype is bool_:
        raise not_for("floor_divide", a, "Convert it first: x.to(lg.int64).")
    return ops.floordiv(a, b)


def remainder(a: Node, b: Node) -> Node:
    if a.dtype is bool_:
        raise not_for("remainder", a, "Convert it first: x.to(lg.int64).")
    return ops.mod(a, b)


def _signs_differ(a: Node, b: Node) -> Node:
    zero = ops.const(0, a.dtype)
    return ops.ne(ops.lt(a, zero), ops.lt(b, zero))


def _uneven(a: Node, b: Node) -> Node:
    """Where flooring and truncating a quotient of integers differ."""
    rest = ops.ne(ops.mod(a, b), ops.const(0, a.dtype))
    return ops.bitwise_and(rest, _signs_differ(a, b))


def fmod(a: Node, b: Node) -> Node:
    if a.dtype.kind == "f":
        return ops.fmod(a, b)
    rest = remainder(a, b)
    return rest if a.dtype.kind == "u" else ops.where(_uneven(a, b), ops.sub(rest, b), rest)


def trunc_divide(a: Node, b: Node) -> Node:
    if a.dtype.kind == "f":
        return ops.trunc(ops.div(a, b))
    quotient = floor_divide(a, b)
    if a.dtype.kind == "u":
        return quotient
    return ops.where(_uneven(a, b), ops.add(quotient, ops.const(1, a.dtype)), quotient)


def maximum(a: Node, b: Node) -> Node:
    return ops.bitwise_or(a, b) if a.dtype is bool_ else ops.maximum(a, b)


def minimum(a: Node, b: Node) -> Node:
    return ops.bitwise_and(a, b) if a.dtype is bool_ else ops.minimum(a, b)


def fmax(a: Node, b: Node) -> Node:
    return ops.where(ops.isnan(a), b, ops.where(ops.isnan(b), a, maximum(a, b)))


def fmin(a: Node, b: Node) -> Node:
    return ops.where(ops.isnan(a), b, ops.where(ops.isnan(b), a, minimum(a, b)))


def lt(a: Node, b: Node) -> Node:
    if a.dtype is bool_:  # masks in kernels are 0 and -1
        a, b = ops.cast(a, uint8), ops.cast(b, uint8)
    return ops.lt(a, b)


def le(a: Node, b: Node) -> Node:
    if a.dtype is bool_:
        a, b = ops.cast(a, uint8), ops.cast(b, uint8)
    return ops.le(a, b)


def gt(a: Node, b: Node) -> Node:
    return lt(b, a)


def ge(a: Node, b: Node) -> Node:
    return le(b, a)


def _bits(name: str, op: Binary) -> Binary:
    def build(a: Node, b: Node) -> Node:
        if a.dtype.kind == "f":
            raise not_for(name, a, "Bits are of integers and bools: compare first, or cast.")
        if a.dtype is bool_ and "shift" in name:
            raise not_for(name, a, "Convert it first: x.to(lg.uint8).")
        return op(a, b)

    return build


and_, or_ = _bits("bitwise_and", ops.bitwise_and), _bits("bitwise_or", ops.bitwise_or)
xor = _bits("bitwise_xor", ops.bitwise_xor)
shl, shr = _bits("bitwise_left_shift", ops.shl), _bits("bitwise_right_shift", ops.shr)


def swapped(op: Binary) -> Binary:
    return lambda a, b: op(b, a)


rfloor_divide, rremainder = swapped(floor_divide), swapped(remainder)
rshl, rshr = swapped(shl), swapped(shr)


def from_start(start: Node, end: Node, weight: Node) -> Node:
    return ops.add(start, ops.mul(weight, ops.sub(end, start)))


def from_end(start: Node, end: Node, weight: Node) -> Node:
    rest = ops.sub(ops.const(1, weight.dtype), weight)
    return ops.sub(end, ops.mul(rest, ops.sub(end, start)))


def lerp(start: Node, end: Node, weight: Node) -> Node:
    """From the nearer end, as in PyTorch: weights 0 and 1 then give just the ends."""
    near = ops.lt(weight, ops.const(0.5, weight.dtype))
    return ops.where(near, from_start(start, end, weight), from_end(start, end, weight))
