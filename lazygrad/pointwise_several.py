"""Functions of two and more operands that are formulas: clamp, where, lerp, atan2 and the like."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import bool_, float32, int32, int64
from lazygrad.codegen.graph import Node

from .handle import TensorBase
from .pointwise_nodes import from_end, from_start, le, lerp
from .promotion import (
    Number,
    Operand,
    apply_binary,
    broadcast_error,
    float_node,
    operand_node,
    result_type,
    scalar_operand,
)

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["FormulaMethods"]


def _several(name: str, build: Callable[..., Node], first: TensorBase, *others: Any) -> "Tensor":
    """`build` on the nodes of all operands in the dtype in which they meet."""
    device = first._base.device
    operands = [operand_node(name, other, device) for other in others]
    dtype = result_type(first, *others)
    nodes = [ops.cast(first._node, dtype)]
    for given in operands:
        nodes.append(
            ops.cast(given, dtype) if isinstance(given, Node) else scalar_operand(given, dtype)
        )
    try:
        return first._wrap(build(*nodes))
    except ValueError:
        raise broadcast_error(name, *nodes) from None


def _floating(op: Callable[[Node, Node], Node]) -> Callable[[Node, Node], Node]:
    return lambda a, b: op(float_node(a), float_node(b))


def _at_least(x: Node, low: Node) -> Node:
    return _kept(x, le(low, x), low)


def _at_most(x: Node, high: Node) -> Node:
    return _kept(x, le(x, high), high)


def _kept(x: Node, inside: Node, bound: Node) -> Node:
    """x inside and on the bound, whose gradient a tie has; NaN, of x or of the bound, stays."""
    if x.dtype.kind == "f":
        inside = ops.bitwise_or(inside, ops.isnan(x))
    return ops.where(inside, x, bound)


def _clamp(x: Node, low: Node, high: Node) -> Node:
    return _at_most(_at_least(x, low), high)


def _hypot(a: Node, b: Node) -> Node:
    """In units of the larger one, whose square may overflow; infinite beside NaN too."""
    infinity, one = ops.const(math.inf, a.dtype), ops.const(1, a.dtype)
    infinite = ops.bitwise_or(ops.eq(ops.abs_(a), infinity), ops.eq(ops.abs_(b), infinity))
    unit = ops.detach(ops.maximum(ops.abs_(a), ops.abs_(b)))  # its choice has no gradient
    plain = ops.bitwise_or(ops.eq(unit, ops.const(0, a.dtype)), infinite)
    unit = ops.where(plain, one, unit)
    a, b = ops.div(a, unit), ops.div(b, unit)
    size = ops.mul(unit, ops.sqrt(ops.add(ops.mul(a, a), ops.mul(b, b))))
    return ops.where(infinite, infinity, size)


def _logaddexp(a: Node, b: Node) -> Node:
    zero = ops.const(0, a.dtype)  # also for two equal infinities
    apart = ops.where(ops.eq(a, b), zero, ops.neg(ops.abs_(ops.sub(a, b))))
    return ops.add(ops.maximum(a, b), ops.log1p(ops.exp(apart)))


def _logaddexp2(a: Node, b: Node) -> Node:
    ln2 = ops.const(math.log(2), a.dtype)
    return ops.div(_logaddexp(ops.mul(a, ln2), ops.mul(b, ln2)), ln2)


def _xlogy(a: Node, b: Node) -> Node:
    zero = ops.const(0, a.dtype)
    nothing = ops.bitwise_and(ops.eq(a, zero), ops.bitwise_not(ops.isnan(b)))
    safe = ops.where(nothing, ops.const(1, a.dtype), b)
    return ops.where(nothing, zero, ops.mul(a, ops.log(safe)))


def _signbit(x: Node) -> Node:
    kind = x.dtype.kind
    if kind == "f":
        if x.dtype.itemsize == 2:  # kernels have no 16 bits of it to look at
            x = ops.cast(x, float32)
        x = ops.bitcast(x, {4: int32, 8: int64}[x.dtype.itemsize])
    elif kind != "i":
        return ops.expand(ops.const(False, bool_), x.shape)
    return ops.lt(x, ops.const(0, x.dtype))


def _copysign(a: Node, b: Node) -> Node:
    size = ops.abs_(a)
    return ops.where(_signbit(b), ops.neg(size), size)


def _heaviside(x: Node, values: Node) -> Node:
    zero, one = ops.const(0, x.dtype), ops.const(1, x.dtype)
    return ops.where(ops.eq(x, zero), values, ops.where(ops.lt(zero, x), one, zero))


class FormulaMethods(TensorBase):
    """Operands broadcast and meet in one dtype; errors are those of `PointwiseMethods`."""

    # -- choices -----------------------------------------------------------------------------

    def where(self, condition: "TensorBase", other: Operand) -> "Tensor":
        """This tensor where `condition` (bool) is true, `other` elsewhere.

        Raises RuntimeError for a condition of another dtype than bool or uint8.
        """
        mask = operand_node("where", condition, self._base.device)
        if not isinstance(mask, Node) or mask.dtype.name not in ("bool", "uint8"):
            got = mask.dtype.name if isinstance(mask, Node) else repr(mask)
            raise RuntimeError(
                "where expected condition to be a boolean tensor, but got a tensor with dtype "
                f"{got}; write condition != 0"
            )
        chosen = ops.cast(mask, bool_)
        return _several("where", lambda a, b: ops.where(chosen, a, b), self, other)

    def clamp(self, min: Operand | None = None, max: Operand | None = None) -> "Tensor":
        """Values below `min` become it, then those above `max`; numbers or tensors.

        Raises RuntimeError where both are None.
        """
        if min is None:
            if max is None:
                raise RuntimeError("clamp: At least one of 'min' or 'max' must not be None")
            return self.clamp_max(max)
        if max is None:
            return self.clamp_min(min)
        return _several("clamp", _clamp, self, min, max)

    clip = clamp

    def clamp_min(self, min: Operand) -> "Tensor":
        """Values below `min` become it."""
        return _several("clamp_min", _at_least, self, min)

    def clamp_max(self, max: Operand) -> "Tensor":
        """Values above `max` become it."""
        return _several("clamp_max", _at_most, self, max)

    # -- formulas ----------------------------------------------------------------------------

    def lerp(self, end: "TensorBase", weight: Operand) -> "Tensor":
        """`self + weight * (end - self)`."""
        build = lerp
        if isinstance(weight, (int, float)):
            build = from_start if weight < 0.5 else from_end
        return _several("lerp", build, self, end, weight)

    def addcmul(
        self, tensor1: "TensorBase", tensor2: "TensorBase", *, value: Number = 1
    ) -> "Tensor":
        """`self + value * tensor1 * tensor2`."""

        def build(x: Node, a: Node, b: Node) -> Node:
            product = ops.mul(a, b)
            if value != 1:
                product = ops.mul(scalar_operand(value, x.dtype), product)
            return ops.add(x, product)

        return _several("addcmul", build, self, tensor1, tensor2)

    def addcdiv(
        self, tensor1: "TensorBase", tensor2: "TensorBase", *, value: Number = 1
    ) -> "Tensor":
        """`self + value * tensor1 / tensor2`, of floating dtypes; RuntimeError for integers."""
        if result_type(self, tensor1, tensor2).kind != "f":
            raise RuntimeError(
                "addcdiv: Integer division with addcdiv is no longer supported, got integer "
                "tensors; write self + value * (tensor1 / tensor2)"
            )

        def build(x: Node, a: Node, b: Node) -> Node:
            if value != 1:
                a = ops.mul(scalar_operand(value, x.dtype), a)
            return ops.add(x, ops.div(a, b))

        return _several("addcdiv", build, self, tensor1, tensor2)

    def atan2(self, other: Operand) -> "Tensor":
        """The angle of the point (other, self), in radians from -pi to pi."""
        return apply_binary(self, other, _floating(ops.atan2), "atan2")

    arctan2 = atan2

    def hypot(self, other: Operand) -> "Tensor":
        """`sqrt(self**2 + other**2)`."""
        return apply_binary(self, other, _floating(_hypot), "hypot")

    def logaddexp(self, other: Operand) -> "Tensor":
        """`log(exp(self) + exp(other))` without overflow."""
        return apply_binary(self, other, _floating(_logaddexp), "logaddexp")

    def logaddexp2(self, other: Operand) -> "Tensor":
        """`log2(2**self + 2**other)` without overflow."""
        return apply_binary(self, other, _floating(_logaddexp2), "logaddexp2")

    def xlogy(self, other: Operand) -> "Tensor":
        """`self * log(other)`, and 0 where this tensor is 0."""
        return apply_binary(self, other, _floating(_xlogy), "xlogy")

    def copysign(self, other: Operand) -> "Tensor":
        """The size of this tensor with the sign of `other`, also that of -0.0."""
        return apply_binary(self, other, _floating(_copysign), "copysign")

    def signbit(self) -> "Tensor":
        """Where the sign is negative, also that of -0.0."""
        return self._wrap(_signbit(self._node))

    def heaviside(self, values: Operand) -> "Tensor":
        """0 below 0 and for NaN, 1 above, `values` at 0."""
        return apply_binary(self, values, _heaviside, "heaviside")
