"""Arithmetic, comparisons and logic of two operands, as methods and as operators.

Operands broadcast and meet in a dtype by `promotion`'s rules. Arithmetic on bool is logic, as in
PyTorch: + is or, * is and.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import bool_, float64, uint8
from lazygrad.codegen.graph import Node

from .handle import TensorBase, wrap
from .promotion import (
    NotAnOperand,
    Number,
    Operand,
    binary_operands,
    broadcast_error,
    float_node,
    scalar_operand,
)

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["ComparisonMethods", "PointwiseMethods", "apply_binary"]

_Binary = Callable[[Node, Node], Node]


def apply_binary(x: TensorBase, other: Any, op: _Binary, name: str) -> "Tensor":
    """`op` on the nodes of a tensor and an operand, promoted; errors name the method `name`."""
    a, b, _ = binary_operands(x, other, name)
    try:
        node = op(a, b)
    except ValueError:
        raise broadcast_error(name, a, b) from None
    return wrap(node, x._base.device)


def _operate(x: TensorBase, other: Any, op: _Binary, name: str) -> Any:
    """As `apply_binary`, but leaves objects that it does not know to their own operators."""
    try:
        a, b, _ = binary_operands(x, other, name)
        node = op(a, b)
    except NotAnOperand:
        if other is None or isinstance(other, (list, tuple, str, dict)):
            raise  # the message says what to write instead
        return NotImplemented
    except ValueError:
        raise broadcast_error(name, a, b) from None
    return wrap(node, x._base.device)


def _compare(x: TensorBase, other: Any, op: _Binary, name: str) -> Any:
    """As `_operate`, but nothing is an error: None and lists equal no tensor."""
    try:
        return apply_binary(x, other, op, name)
    except NotAnOperand:
        return NotImplemented


# Nodes of two operands of one dtype -------------------------------------------------------------


def _not_for(name: str, node: Node, instead: str) -> RuntimeError:
    return NotImplementedError(
        f'"{name}" not implemented for {node.dtype.name!r}: got a {node.dtype.name} tensor\n'
        f"{instead}"
    )


def _add(a: Node, b: Node) -> Node:
    return ops.bitwise_or(a, b) if a.dtype is bool_ else ops.add(a, b)


def _mul(a: Node, b: Node) -> Node:
    return ops.bitwise_and(a, b) if a.dtype is bool_ else ops.mul(a, b)


def _sub(a: Node, b: Node) -> Node:
    if a.dtype is bool_:
        raise RuntimeError(
            "sub: Subtraction, the `-` operator, with two bool tensors is not supported.\n"
            "Use the `^` or `logical_xor()` operator instead."
        )
    return ops.sub(a, b)


def _div(a: Node, b: Node) -> Node:
    return ops.div(a, b) if a.dtype.kind == "f" else ops.div(float_node(a), float_node(b))


def _rsub(a: Node, b: Node) -> Node:
    return _sub(b, a)


def _rdiv(a: Node, b: Node) -> Node:
    return _div(b, a)


def _floor_divide(a: Node, b: Node) -> Node:
    if a.dtype is bool_:
        raise _not_for("floor_divide", a, "Convert it first: x.to(lg.int64).")
    return ops.floordiv(a, b)


def _remainder(a: Node, b: Node) -> Node:
    if a.dtype is bool_:
        raise _not_for("remainder", a, "Convert it first: x.to(lg.int64).")
    return ops.mod(a, b)


def _signs_differ(a: Node, b: Node) -> Node:
    zero = ops.const(0, a.dtype)
    return ops.ne(ops.lt(a, zero), ops.lt(b, zero))


def _uneven(a: Node, b: Node) -> Node:
    """Where flooring and truncating a quotient of integers differ."""
    rest = ops.ne(ops.mod(a, b), ops.const(0, a.dtype))
    return ops.bitwise_and(rest, _signs_differ(a, b))


def _fmod(a: Node, b: Node) -> Node:
    if a.dtype.kind == "f":
        return ops.fmod(a, b)
    rest = _remainder(a, b)
    return rest if a.dtype.kind == "u" else ops.where(_uneven(a, b), ops.sub(rest, b), rest)


def _trunc_divide(a: Node, b: Node) -> Node:
    if a.dtype.kind == "f":
        return ops.trunc(ops.div(a, b))
    quotient = _floor_divide(a, b)
    if a.dtype.kind == "u":
        return quotient
    return ops.where(_uneven(a, b), ops.add(quotient, ops.const(1, a.dtype)), quotient)


def _maximum(a: Node, b: Node) -> Node:
    return ops.bitwise_or(a, b) if a.dtype is bool_ else ops.maximum(a, b)


def _minimum(a: Node, b: Node) -> Node:
    return ops.bitwise_and(a, b) if a.dtype is bool_ else ops.minimum(a, b)


def _fmax(a: Node, b: Node) -> Node:
    return ops.where(ops.isnan(a), b, ops.where(ops.isnan(b), a, _maximum(a, b)))


def _fmin(a: Node, b: Node) -> Node:
    return ops.where(ops.isnan(a), b, ops.where(ops.isnan(b), a, _minimum(a, b)))


def _lt(a: Node, b: Node) -> Node:
    if a.dtype is bool_:  # masks in kernels are 0 and -1
        a, b = ops.cast(a, uint8), ops.cast(b, uint8)
    return ops.lt(a, b)


def _le(a: Node, b: Node) -> Node:
    if a.dtype is bool_:
        a, b = ops.cast(a, uint8), ops.cast(b, uint8)
    return ops.le(a, b)


def _gt(a: Node, b: Node) -> Node:
    return _lt(b, a)


def _ge(a: Node, b: Node) -> Node:
    return _le(b, a)


def _bits(name: str, op: _Binary) -> _Binary:
    def build(a: Node, b: Node) -> Node:
        if a.dtype.kind == "f":
            raise _not_for(name, a, "Bits are of integers and bools: compare first, or cast.")
        return op(a, b)

    return build


_and, _or = _bits("bitwise_and", ops.bitwise_and), _bits("bitwise_or", ops.bitwise_or)
_xor = _bits("bitwise_xor", ops.bitwise_xor)
_shl, _shr = _bits("bitwise_left_shift", ops.shl), _bits("bitwise_right_shift", ops.shr)


def _swapped(op: _Binary) -> _Binary:
    return lambda a, b: op(b, a)


_rfloor_divide, _rremainder = _swapped(_floor_divide), _swapped(_remainder)
_rshl, _rshr = _swapped(_shl), _swapped(_shr)


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
        raise _not_for("pow", a, "Convert it first: x.to(lg.int64).")
    return ops.pow(a, b)


_rpower = _swapped(_power)


def _pow(x: TensorBase, exponent: Any) -> "Tensor":
    if isinstance(exponent, np.generic):
        exponent = exponent.item()
    if not isinstance(exponent, (int, float)):
        return apply_binary(x, exponent, _power, "pow")
    a, b, dtype = binary_operands(x, exponent, "pow")
    if dtype.kind != "f" and exponent < 0:
        raise RuntimeError(
            f"pow: Integers to negative integer powers are not allowed: got {dtype.name} to the "
            f"power {exponent}\nWrite x.float() ** {exponent}."
        )
    special = _POWERS.get(exponent)
    if special is not None and dtype is not bool_:
        return x._wrap(special(a))
    if exponent == 0 and not a.tracked and dtype is not bool_:
        return x._wrap(ops.expand(ops.const(1, dtype), a.shape))
    return x._wrap(_power(a, b))


# Methods ----------------------------------------------------------------------------------------


class PointwiseMethods(TensorBase):
    """Arithmetic and bits. Operands: tensors, Python and NumPy numbers, NumPy arrays.

    All raise ShapeError (a RuntimeError) for shapes that do not broadcast, RuntimeError for
    tensors on two devices, TypeError for what is no operand.
    """

    # -- arithmetic --------------------------------------------------------------------------

    def __add__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _add, "add")  # type: ignore[no-any-return]

    __radd__ = __add__

    def __sub__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _sub, "sub")  # type: ignore[no-any-return]

    def __rsub__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _rsub, "sub")  # type: ignore[no-any-return]

    def __mul__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _mul, "mul")  # type: ignore[no-any-return]

    __rmul__ = __mul__

    def __truediv__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _div, "div")  # type: ignore[no-any-return]

    def __rtruediv__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _rdiv, "div")  # type: ignore[no-any-return]

    def __floordiv__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _floor_divide, "floor_divide")  # type: ignore[no-any-return]

    def __rfloordiv__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _rfloor_divide, "floor_divide")  # type: ignore[no-any-return]

    def __mod__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _remainder, "remainder")  # type: ignore[no-any-return]

    def __rmod__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _rremainder, "remainder")  # type: ignore[no-any-return]

    def __pow__(self, exponent: Operand) -> "Tensor":
        return _pow(self, exponent)

    def __rpow__(self, base: Operand) -> "Tensor":
        return _operate(self, base, _rpower, "pow")  # type: ignore[no-any-return]

    def add(self, other: Operand, *, alpha: Number = 1) -> "Tensor":
        """`self + alpha * other`."""
        return apply_binary(self, _times(self, other, alpha, "add"), _add, "add")

    def sub(self, other: Operand, *, alpha: Number = 1) -> "Tensor":
        """`self - alpha * other`; RuntimeError for two bool tensors."""
        return apply_binary(self, _times(self, other, alpha, "sub"), _sub, "sub")

    def rsub(self, other: Operand, *, alpha: Number = 1) -> "Tensor":
        """`other - alpha * self`."""
        scaled = self if alpha == 1 else self.mul(alpha)
        return apply_binary(scaled, other, _rsub, "rsub")

    def mul(self, other: Operand) -> "Tensor":
        """`self * other`."""
        return apply_binary(self, other, _mul, "mul")

    def div(self, other: Operand, *, rounding_mode: str | None = None) -> "Tensor":
        """`self / other`; integers give the default floating dtype.

        `rounding_mode`: None, "trunc" (towards 0) or "floor"; with one, integers stay integers.
        Raises RuntimeError for another.
        """
        if rounding_mode is None:
            return apply_binary(self, other, _div, "div")
        if rounding_mode == "floor":
            return apply_binary(self, other, _floor_divide, "div")
        if rounding_mode == "trunc":
            return apply_binary(self, other, _trunc_divide, "div")
        raise RuntimeError(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
            f"{rounding_mode!r}"
        )

    subtract, multiply, divide = sub, mul, div

    def true_divide(self, other: Operand) -> "Tensor":
        """`self / other`."""
        return apply_binary(self, other, _div, "true_divide")

    def floor_divide(self, other: Operand) -> "Tensor":
        """`self // other`, rounded down."""
        return apply_binary(self, other, _floor_divide, "floor_divide")

    def remainder(self, other: Operand) -> "Tensor":
        """`self % other`, with the sign of `other`."""
        return apply_binary(self, other, _remainder, "remainder")

    def fmod(self, other: Operand) -> "Tensor":
        """What is left of a division rounded towards 0, with the sign of this tensor."""
        return apply_binary(self, other, _fmod, "fmod")

    def pow(self, exponent: Operand) -> "Tensor":
        """`self ** exponent`; RuntimeError for integers to a negative number."""
        return _pow(self, exponent)

    def float_power(self, exponent: Operand) -> "Tensor":
        """`self ** exponent` in float64."""
        return _pow(self._wrap(ops.cast(self._node, float64)), exponent)

    def maximum(self, other: Operand) -> "Tensor":
        """The larger of each pair; NaN where one is NaN. Equal ones share the gradient."""
        return apply_binary(self, other, _maximum, "maximum")

    def minimum(self, other: Operand) -> "Tensor":
        """The smaller of each pair; NaN where one is NaN. Equal ones share the gradient."""
        return apply_binary(self, other, _minimum, "minimum")

    def fmax(self, other: Operand) -> "Tensor":
        """The larger of each pair; NaN only where both are NaN."""
        return apply_binary(self, other, _fmax, "fmax")

    def fmin(self, other: Operand) -> "Tensor":
        """The smaller of each pair; NaN only where both are NaN."""
        return apply_binary(self, other, _fmin, "fmin")

    # -- bits --------------------------------------------------------------------------------

    def __and__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _and, "bitwise_and")  # type: ignore[no-any-return]

    def __or__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _or, "bitwise_or")  # type: ignore[no-any-return]

    def __xor__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _xor, "bitwise_xor")  # type: ignore[no-any-return]

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __lshift__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _shl, "bitwise_left_shift")  # type: ignore[no-any-return]

    def __rshift__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _shr, "bitwise_right_shift")  # type: ignore[no-any-return]

    def __rlshift__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _rshl, "bitwise_left_shift")  # type: ignore[no-any-return]

    def __rrshift__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _rshr, "bitwise_right_shift")  # type: ignore[no-any-return]

    def bitwise_and(self, other: Operand) -> "Tensor":
        """`self & other`, of integers and bools."""
        return apply_binary(self, other, _and, "bitwise_and")

    def bitwise_or(self, other: Operand) -> "Tensor":
        """`self | other`, of integers and bools."""
        return apply_binary(self, other, _or, "bitwise_or")

    def bitwise_xor(self, other: Operand) -> "Tensor":
        """`self ^ other`, of integers and bools."""
        return apply_binary(self, other, _xor, "bitwise_xor")

    def bitwise_left_shift(self, other: Operand) -> "Tensor":
        """`self << other`, of integers."""
        return apply_binary(self, other, _shl, "bitwise_left_shift")

    def bitwise_right_shift(self, other: Operand) -> "Tensor":
        """`self >> other`, of integers; signed ones keep their sign."""
        return apply_binary(self, other, _shr, "bitwise_right_shift")


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
    return x._wrap(_mul(b, scalar_operand(alpha, dtype)))


class ComparisonMethods(TensorBase):
    """Comparisons and logic; results are bool, no gradient goes through them."""

    def __eq__(self, other: object) -> "Tensor":  # type: ignore[override]
        return _compare(self, other, ops.eq, "eq")  # type: ignore[no-any-return]

    def __ne__(self, other: object) -> "Tensor":  # type: ignore[override]
        return _compare(self, other, ops.ne, "ne")  # type: ignore[no-any-return]

    def __lt__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _lt, "lt")  # type: ignore[no-any-return]

    def __le__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _le, "le")  # type: ignore[no-any-return]

    def __gt__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _gt, "gt")  # type: ignore[no-any-return]

    def __ge__(self, other: Operand) -> "Tensor":
        return _operate(self, other, _ge, "ge")  # type: ignore[no-any-return]

    def __hash__(self) -> int:
        return id(self)

    def eq(self, other: Operand) -> "Tensor":
        """`self == other`."""
        return apply_binary(self, other, ops.eq, "eq")

    def ne(self, other: Operand) -> "Tensor":
        """`self != other`."""
        return apply_binary(self, other, ops.ne, "ne")

    def lt(self, other: Operand) -> "Tensor":
        """`self < other`."""
        return apply_binary(self, other, _lt, "lt")

    def le(self, other: Operand) -> "Tensor":
        """`self <= other`."""
        return apply_binary(self, other, _le, "le")

    def gt(self, other: Operand) -> "Tensor":
        """`self > other`."""
        return apply_binary(self, other, _gt, "gt")

    def ge(self, other: Operand) -> "Tensor":
        """`self >= other`."""
        return apply_binary(self, other, _ge, "ge")

    not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge

    def logical_not(self) -> "Tensor":
        """Where this tensor is 0."""
        return self._wrap(ops.bitwise_not(ops.cast(self._node, bool_)))

    def logical_and(self, other: Operand) -> "Tensor":
        """Where both are not 0."""
        return apply_binary(self, other, _logic(ops.bitwise_and), "logical_and")

    def logical_or(self, other: Operand) -> "Tensor":
        """Where at least one is not 0."""
        return apply_binary(self, other, _logic(ops.bitwise_or), "logical_or")

    def logical_xor(self, other: Operand) -> "Tensor":
        """Where exactly one is not 0."""
        return apply_binary(self, other, _logic(ops.bitwise_xor), "logical_xor")

    def isclose(
        self, other: Operand, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
    ) -> "Tensor":
        """Where `|self - other| <= atol + rtol * |other|`, and where both are equal."""

        def build(a: Node, b: Node) -> Node:
            near = ops.eq(a, b)
            if equal_nan:
                near = ops.bitwise_or(near, ops.bitwise_and(ops.isnan(a), ops.isnan(b)))
            x, y = float_node(a), float_node(b)
            slack = ops.mul(scalar_operand(rtol, x.dtype), ops.abs_(y))
            bound = ops.add(scalar_operand(atol, x.dtype), slack)
            inside = ops.le(ops.abs_(ops.sub(x, y)), bound)
            finite = ops.lt(ops.abs_(y), ops.const(float("inf"), y.dtype))
            return ops.bitwise_or(near, ops.bitwise_and(inside, finite))

        return apply_binary(self, other, build, "isclose")


def _logic(op: _Binary) -> _Binary:
    return lambda a, b: op(ops.cast(a, bool_), ops.cast(b, bool_))
