"""Arithmetic and bits of two operands, as methods and as operators."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import bool_, float64
from lazygrad.codegen.graph import Node

from . import pointwise_nodes as nodes
from .handle import TensorBase
from .promotion import Number, Operand, apply_binary, binary_operands, operate, scalar_operand

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["PointwiseMethods"]


def _square(x: Node) -> Node:
    return ops.mul(x, x)


_POWERS: dict[Number, Callable[[Node], Node]] = {
    1: lambda x: x,
    2: _square,
    3: lambda x: ops.mul(ops.mul(x, x), x),
    0.5: ops.sqrt,
    -0.5: ops.rsqrt,
    -1: lambda x: ops.div(ops.const(1, x.dtype), x),
    -2: lambda x: ops.div(ops.const(1, x.dtype), ops.mul(x, x)),
}


def _power(a: Node, b: Node) -> Node:
    if a.dtype is bool_:
        raise nodes.not_for("pow", a, "Convert it first: x.to(lg.int64).")
    return ops.pow(a, b)


_rpower = nodes.swapped(_power)


def _pow(x: TensorBase, exponent: Any, name: str = "pow") -> "Tensor":
    if isinstance(exponent, np.generic):
        exponent = exponent.item()
    if not isinstance(exponent, (int, float)):
        return apply_binary(x, exponent, _power, name)
    a, b, dtype = binary_operands(x, exponent, name)
    if dtype.kind != "f" and exponent < 0:
        raise RuntimeError(
            f"{name}: Integers to negative integer powers are not allowed: got {dtype.name} to the "
            f"power {exponent}\nWrite x.float() ** {exponent}."
        )
    special = _POWERS.get(exponent)
    if special is not None and dtype is not bool_:
        return x._wrap_like(special(a))
    if exponent == 0 and not a.tracked and dtype is not bool_:
        return x._wrap_like(ops.expand(ops.const(1, dtype), a.shape))
    return x._wrap_like(_power(a, b))


class PointwiseMethods(TensorBase):
    """Arithmetic and bits. Operands: tensors, Python and NumPy numbers, NumPy arrays.

    All raise ShapeError (a RuntimeError) for shapes that do not broadcast, RuntimeError for
    tensors on two devices, TypeError for what is no operand.
    """

    # -- arithmetic --------------------------------------------------------------------------

    def __add__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.add, "add")  # type: ignore[no-any-return]

    __radd__ = __add__

    def __sub__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.sub, "sub")  # type: ignore[no-any-return]

    def __rsub__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.rsub, "sub")  # type: ignore[no-any-return]

    def __mul__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.mul, "mul")  # type: ignore[no-any-return]

    __rmul__ = __mul__

    def __truediv__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.div, "div")  # type: ignore[no-any-return]

    def __rtruediv__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.rdiv, "div")  # type: ignore[no-any-return]

    def __floordiv__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.floor_divide, "floor_divide")  # type: ignore[no-any-return]

    def __rfloordiv__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.rfloor_divide, "floor_divide")  # type: ignore[no-any-return]

    def __mod__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.remainder, "remainder")  # type: ignore[no-any-return]

    def __rmod__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.rremainder, "remainder")  # type: ignore[no-any-return]

    def __pow__(self, exponent: Operand) -> "Tensor":
        return _pow(self, exponent)

    def __rpow__(self, base: Operand) -> "Tensor":
        return operate(self, base, _rpower, "pow")  # type: ignore[no-any-return]

    def add(self, other: Operand, *, alpha: Number = 1) -> "Tensor":
        """`self + alpha * other`."""
        return apply_binary(self, _times(self, other, alpha, "add"), nodes.add, "add")

    def sub(self, other: Operand, *, alpha: Number = 1) -> "Tensor":
        """`self - alpha * other`; RuntimeError for two bool tensors."""
        return apply_binary(self, _times(self, other, alpha, "sub"), nodes.sub, "sub")

    def rsub(self, other: Operand, *, alpha: Number = 1) -> "Tensor":
        """`other - alpha * self`."""
        scaled = self if alpha == 1 else self.mul(alpha)
        return apply_binary(scaled, other, nodes.rsub, "rsub")

    def mul(self, other: Operand) -> "Tensor":
        """`self * other`."""
        return apply_binary(self, other, nodes.mul, "mul")

    def div(self, other: Operand, *, rounding_mode: str | None = None) -> "Tensor":
        """`self / other`; integers give the default floating dtype.

        `rounding_mode`: None, "trunc" (towards 0) or "floor"; with one, integers stay integers.
        Raises RuntimeError for another.
        """
        if rounding_mode is None:
            return apply_binary(self, other, nodes.div, "div")
        if rounding_mode == "floor":
            return apply_binary(self, other, nodes.floor_divide, "div")
        if rounding_mode == "trunc":
            return apply_binary(self, other, nodes.trunc_divide, "div")
        raise RuntimeError(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
            f"{rounding_mode!r}"
        )

    subtract, multiply, divide = sub, mul, div

    def true_divide(self, other: Operand) -> "Tensor":
        """`self / other`."""
        return apply_binary(self, other, nodes.div, "true_divide")

    def floor_divide(self, other: Operand) -> "Tensor":
        """`self // other`, rounded down."""
        return apply_binary(self, other, nodes.floor_divide, "floor_divide")

    def remainder(self, other: Operand) -> "Tensor":
        """`self % other`, with the sign of `other`."""
        return apply_binary(self, other, nodes.remainder, "remainder")

    def fmod(self, other: Operand) -> "Tensor":
        """What is left of a division rounded towards 0, with the sign of this tensor."""
        return apply_binary(self, other, nodes.fmod, "fmod")

    def pow(self, exponent: Operand) -> "Tensor":
        """`self ** exponent`; RuntimeError for integers to a negative number."""
        return _pow(self, exponent)

    def float_power(self, exponent: Operand) -> "Tensor":
        """`self ** exponent` in float64."""
        base = self._wrap(ops.cast(self._node, float64))
        if isinstance(exponent, TensorBase):
            exponent = exponent._wrap(ops.cast(exponent._node, float64))
        return _pow(base, exponent, "float_power")

    def maximum(self, other: Operand) -> "Tensor":
        """The larger of each pair; NaN where one is NaN. Equal ones share the gradient."""
        return apply_binary(self, other, nodes.maximum, "maximum")

    def minimum(self, other: Operand) -> "Tensor":
        """The smaller of each pair; NaN where one is NaN. Equal ones share the gradient."""
        return apply_binary(self, other, nodes.minimum, "minimum")

    def fmax(self, other: Operand) -> "Tensor":
        """The larger of each pair; NaN only where both are NaN."""
        return apply_binary(self, other, nodes.fmax, "fmax")

    def fmin(self, other: Operand) -> "Tensor":
        """The smaller of each pair; NaN only where both are NaN."""
        return apply_binary(self, other, nodes.fmin, "fmin")

    # -- bits --------------------------------------------------------------------------------

    def __and__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.and_, "bitwise_and")  # type: ignore[no-any-return]

    def __or__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.or_, "bitwise_or")  # type: ignore[no-any-return]

    def __xor__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.xor, "bitwise_xor")  # type: ignore[no-any-return]

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __lshift__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.shl, "bitwise_left_shift")  # type: ignore[no-any-return]

    def __rshift__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.shr, "bitwise_right_shift")  # type: ignore[no-any-return]

    def __rlshift__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.rshl, "bitwise_left_shift")  # type: ignore[no-any-return]

    def __rrshift__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.rshr, "bitwise_right_shift")  # type: ignore[no-any-return]

    def bitwise_and(self, other: Operand) -> "Tensor":
        """`self & other`, of integers and bools."""
        return apply_binary(self, other, nodes.and_, "bitwise_and")

    def bitwise_or(self, other: Operand) -> "Tensor":
        """`self | other`, of integers and bools."""
        return apply_binary(self, other, nodes.or_, "bitwise_or")

    def bitwise_xor(self, other: Operand) -> "Tensor":
        """`self ^ other`, of integers and bools."""
        return apply_binary(self, other, nodes.xor, "bitwise_xor")

    def bitwise_left_shift(self, other: Operand) -> "Tensor":
        """`self << other`, of integers."""
        return apply_binary(self, other, nodes.shl, "bitwise_left_shift")

    def bitwise_right_shift(self, other: Operand) -> "Tensor":
        """`self >> other`, of integers; signed ones keep their sign."""
        return apply_binary(self, other, nodes.shr, "bitwise_right_shift")


def _times(x: TensorBase, other: Any, alpha: Number, name: str) -> Any:
    """`alpha * other` where alpha is not 1, in the dtype in which x and other meet."""
    if alpha == 1:
        return other
    _, b, dtype = binary_operands(x, other, name)
    if isinstance(alpha, float) and dtype.kind != "f":
        raise RuntimeError(
            f"{name}: got alpha={alpha} with {dtype.name} operands; For integral input tensors, "
            "argument alpha must not be a floating point number."
        )
    return x._wrap_like(nodes.mul(b, scalar_operand(alpha, dtype)))
