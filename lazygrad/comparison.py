"""Comparisons and logic of two operands, as methods and as operators."""

from typing import TYPE_CHECKING, Any

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import bool_
from lazygrad.codegen.graph import Node

from . import pointwise_nodes as nodes
from .handle import TensorBase
from .promotion import (
    NotAnOperand,
    Operand,
    apply_binary,
    float_node,
    operate,
    scalar_operand,
)

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["ComparisonMethods"]


def _compare(x: TensorBase, other: Any, op: nodes.Binary, name: str) -> Any:
    """As `operate`, but nothing is an error: None and lists equal no tensor."""
    try:
        return apply_binary(x, other, op, name)
    except NotAnOperand:
        return NotImplemented


class ComparisonMethods(TensorBase):
    """Comparisons and logic; results are bool, no gradient goes through them."""

    def __eq__(self, other: object) -> "Tensor":  # type: ignore[override]
        return _compare(self, other, ops.eq, "eq")  # type: ignore[no-any-return]

    def __ne__(self, other: object) -> "Tensor":  # type: ignore[override]
        return _compare(self, other, ops.ne, "ne")  # type: ignore[no-any-return]

    def __lt__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.lt, "lt")  # type: ignore[no-any-return]

    def __le__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.le, "le")  # type: ignore[no-any-return]

    def __gt__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.gt, "gt")  # type: ignore[no-any-return]

    def __ge__(self, other: Operand) -> "Tensor":
        return operate(self, other, nodes.ge, "ge")  # type: ignore[no-any-return]

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
        return apply_binary(self, other, nodes.lt, "lt")

    def le(self, other: Operand) -> "Tensor":
        """`self <= other`."""
        return apply_binary(self, other, nodes.le, "le")

    def gt(self, other: Operand) -> "Tensor":
        """`self > other`."""
        return apply_binary(self, other, nodes.gt, "gt")

    def ge(self, other: Operand) -> "Tensor":
        """`self >= other`."""
        return apply_binary(self, other, nodes.ge, "ge")

    not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge

    def logical_not(self) -> "Tensor":
        """Where this tensor is 0."""
        return self._wrap_like(ops.bitwise_not(ops.cast(self._node, bool_)))

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
        if not (rtol >= 0 and atol >= 0):
            raise RuntimeError(
                f"isclose: got rtol={rtol}, atol={atol}, expected numbers of 0 and more"
            )

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


def _logic(op: nodes.Binary) -> nodes.Binary:
    return lambda a, b: op(ops.cast(a, bool_), ops.cast(b, bool_))
