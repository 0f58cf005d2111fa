"""Formulas of one operand, of several nodes each, written so that no step loses what counts."""

import math

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, float32
from lazygrad.codegen.graph import Node

from .promotion import float_node

__all__ = ["acosh", "asinh", "atanh", "constant", "erfinv", "logit", "sigmoid", "sinc", "wide_node"]


def wide_node(node: Node, dtype: DType | None = None) -> Node:
    """The value for a formula of several steps: half precision in float32, to round once."""
    node = float_node(node) if dtype is None else ops.cast(node, dtype)
    return ops.cast(node, float32) if node.dtype.itemsize == 2 else node


def constant(value: float, x: Node) -> Node:
    """A constant of the library in the dtype of x."""
    return ops.const(value, x.dtype)


def sigmoid(x: Node) -> Node:
    """t / (1 + t) or 1 / (1 + t) with t = exp(-|x|): nothing overflows, in the gradient neither."""
    below = ops.lt(x, constant(0, x))
    t = ops.exp(ops.where(below, x, ops.neg(x)))
    one = constant(1, x)
    return ops.div(ops.where(below, t, one), ops.add(one, t))


_FAR = 1e9  # above it 1 + x^2 is x^2 to any precision, and far below the largest square


def asinh(x: Node) -> Node:
    """sign(x) log1p(|x| + x^2 / (1 + sqrt(x^2 + 1))); log(2|x|) where the square may overflow."""
    one, below = constant(1, x), ops.lt(x, constant(0, x))
    size = ops.where(below, ops.neg(x), x)
    far = ops.lt(constant(_FAR, x), size)
    near = ops.where(far, one, size)
    square = ops.mul(near, near)
    root = ops.sqrt(ops.add(square, one))
    value = ops.log1p(ops.add(near, ops.div(square, ops.add(one, root))))
    value = ops.where(far, _log_of_double(ops.where(far, size, one)), value)
    return ops.where(below, ops.neg(value), value)


def _log_of_double(x: Node) -> Node:
    return ops.add(ops.log(x), constant(math.log(2), x))


def acosh(x: Node) -> Node:
    """log1p(x - 1 + sqrt(x - 1) sqrt(x + 1)); log(2x) where the product may overflow."""
    one = constant(1, x)
    far = ops.lt(constant(_FAR, x), x)
    near = ops.where(far, one, x)
    above = ops.sub(near, one)
    # one root of the product would have the slope inf * 0 at 1
    root = ops.mul(ops.sqrt(above), ops.sqrt(ops.add(near, one)))
    value = ops.log1p(ops.add(above, root))
    return ops.where(far, _log_of_double(ops.where(far, x, one)), value)


def atanh(x: Node) -> Node:
    """(log1p(x) - log1p(-x)) / 2: a sum of equal signs, and the slope is infinite at -1 and 1."""
    return ops.mul(constant(0.5, x), ops.sub(ops.log1p(x), ops.log1p(ops.neg(x))))


def _infinite(x: Node) -> Node:
    """Infinity with the sign of x, and an infinite slope."""
    return ops.mul(x, constant(math.inf, x))


def logit(x: Node) -> Node:
    """log(x / (1 - x)); its value and its slope are infinite at 0 and 1."""
    one, half = constant(1, x), constant(0.5, x)
    end = ops.bitwise_or(ops.eq(x, constant(0, x)), ops.eq(x, one))
    inner = ops.where(end, half, x)
    limit = _infinite(ops.sub(ops.where(end, x, one), half))
    return ops.where(end, limit, ops.log(ops.div(inner, ops.sub(one, inner))))


def sinc(x: Node) -> Node:
    """sin(pi x) / (pi x) with sin(pi x) = (-1)^k sin(pi (x - k)), so that its zeros are exact."""
    zero = ops.eq(x, constant(0, x))
    x = ops.where(zero, constant(1, x), x)
    whole = ops.round_(x)
    half = ops.mul(whole, constant(0.5, x))
    sine = ops.sin(ops.mul(ops.sub(x, whole), constant(math.pi, x)))
    sine = ops.where(ops.eq(half, ops.floor(half)), sine, ops.neg(sine))
    value = ops.div(ops.div(sine, constant(math.pi, x)), x)
    return ops.where(zero, constant(1, x), value)


_CENTRE = ((-0.140543331, 0.914624893, -1.645349621, 0.886226899),
           (0.012229801, -0.329097515, 1.442710462, -2.118377725, 1.0))  # fmt: skip
# Giles 2011, "Approximating the erfinv function", single precision: of w = -log(1 - y^2) about
# 2.5 below 5, and of its root about 3 above
_BELOW_5 = (2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
            -0.00125372503, -0.00417768164, 0.246640727, 1.50140941)  # fmt: skip
_ABOVE_5 = (-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
            -0.0076224613, 0.00943887047, 1.00167406, 2.83297682)  # fmt: skip


def _polynomial(z: Node, coefficients: tuple[float, ...]) -> Node:
    value = constant(coefficients[0], z)
    for c in coefficients[1:]:
        value = ops.add(ops.mul(value, z), constant(c, z))
    return value


def erfinv(y: Node) -> Node:
    """Approximations, then Newton steps where erf is not flat; infinite at -1 and 1.

    float32 keeps the approximation beyond 0.7, where what erf rounds away would be amplified.
    """
    one, end = constant(1, y), ops.eq(ops.abs_(y), constant(1, y))
    limit = _infinite(ops.where(end, y, one))
    y = ops.where(end, constant(0, y), y)
    size = ops.abs_(y)
    square = ops.mul(y, y)
    middle = ops.le(size, constant(0.7, y))
    centre = ops.mul(y, ops.div(*(_polynomial(square, row) for row in _CENTRE)))
    w = ops.neg(ops.log(ops.mul(ops.sub(one, size), ops.add(one, size))))
    five = constant(5, y)
    near = ops.lt(w, five)
    low = _polynomial(ops.sub(w, constant(2.5, y)), _BELOW_5)
    root = ops.sqrt(ops.where(near, five, w))  # the root of 0 has no slope
    high = _polynomial(ops.sub(root, constant(3, y)), _ABOVE_5)
    tail = ops.mul(y, ops.where(near, low, high))
    x = ops.where(middle, centre, tail)
    better = x
    for _ in range(2):
        slope = ops.exp(ops.neg(ops.mul(better, better)))
        slope = ops.mul(constant(2 / math.sqrt(math.pi), y), slope)
        better = ops.sub(better, ops.div(ops.sub(ops.erf(better), y), slope))
    x = better if y.dtype.itemsize == 8 else ops.where(middle, better, x)
    return ops.where(end, limit, x)
