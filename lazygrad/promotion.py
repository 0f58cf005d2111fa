"""PyTorch's promotion: which dtype two operands meet in, and the nodes that bring them there.

category   bool < integer < floating
tensors with dimensions                    meet by `promote_types`
a tensor without dimensions                counts only where its category is higher
a Python or NumPy number                   the same, as bool, int64 or the default dtype
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, bool_, from_numpy, int64, promote
from lazygrad.codegen.graph import Node

from . import placement
from .default_dtype import get_default_dtype
from .errors import ShapeError, is_foreign, shown, type_name
from .handle import TensorBase, keep_order, wrap
from .realize import from_host
from .recording import Followed, late

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = [
    "NotAnOperand", "Number", "Operand", "apply_binary", "binary_operands", "broadcast_error",
    "float_node", "operand_node", "operate", "result_type", "scalar_operand",
]  # fmt: skip

Number: TypeAlias = bool | int | float
Operand: TypeAlias = TensorBase | bool | int | float | np.generic | NDArray[Any]

_Binary: TypeAlias = Callable[[Node, Node], Node]

_consts: dict[tuple[DType, float], Node] = {}  # the numbers below, of every dtype in use
_STRUCTURE = (0, 1, -1, 2)
_INFINITE = (math.inf, -math.inf)  # what masks are made with
_NO_OPERANDS = (list, tuple, str, dict)


class NotAnOperand(TypeError):
    """A value that takes no part in arithmetic with tensors."""


def scalar_operand(value: Number, dtype: DType) -> Node:
    """A Python number in `dtype`: 0, 1, -1, 2 and infinities are structure, others bound late.

    Raises RuntimeError for an integer that `dtype` cannot hold.
    """
    if isinstance(value, Followed) and dtype.kind == "f":
        return late(float(value), value.recipe, dtype)
    structure = value in _STRUCTURE or (dtype.kind == "f" and value in _INFINITE)
    if structure and (value != 0 or math.copysign(1, value) > 0):
        key = (dtype, value)
        found = _consts.get(key)
        if found is None:
            found = _consts[key] = ops.const(value, dtype)
        return found
    if dtype.kind == "f":
        return ops.scalar(float(value), dtype)
    return _integer_operand(value, dtype)


def _integer_operand(value: Number, dtype: DType) -> Node:
    if isinstance(value, float) and not math.isfinite(value):
        raise RuntimeError(
            f"value cannot be converted to type {dtype.name}: got {value}, expected a finite number"
        )
    if dtype is bool_:
        return ops.const(bool(value), bool_)
    value = int(value)
    info = np.iinfo(dtype.numpy)
    low, high = int(info.min), int(info.max)
    if not low <= value <= high:
        if dtype.kind == "i" or not -high <= value <= high:
            raise RuntimeError(
                f"value cannot be converted to type {dtype.name} without overflow: got {value}, "
                f"expected {low} to {high}"
            )
        value %= high + 1  # as in C, and PyTorch
    return ops.scalar(value, dtype)


def _scalar_dtype(value: Number) -> DType:
    if isinstance(value, float):
        return get_default_dtype()
    return bool_ if isinstance(value, bool) else int64


def _weak(strong: DType, weak: DType) -> DType:
    """The dtype where `weak`, of a number or no dimensions, counts by its category alone."""
    if strong.kind == "f":
        return strong
    if strong.kind == "b" or weak.kind == "f":
        return promote(strong, weak)
    return strong


def _met(a: Node, b: Node) -> DType:
    """The dtype in which two tensors meet."""
    if a.dtype is b.dtype:
        return a.dtype
    if bool(a.shape) == bool(b.shape):
        return promote(a.dtype, b.dtype)
    return _weak(a.dtype, b.dtype) if a.shape else _weak(b.dtype, a.dtype)


def result_type(*values: "Operand | DType") -> DType:
    """The dtype of arithmetic among tensors and numbers; a dtype stands for a tensor of it.

    Raises TypeError for uint64 with a signed integer.
    """
    levels: list[DType | None] = [None, None, None]  # dimensions, none, numbers
    for value in values:
        if isinstance(value, DType):
            level, dtype = 0, value
        elif isinstance(value, TensorBase):
            level, dtype = int(not value._node.shape), value._node.dtype
        elif isinstance(value, np.ndarray):
            level, dtype = int(not value.shape), from_numpy(value.dtype)
        else:
            level, dtype = 2, _scalar_dtype(_number("result_type", value))
        held = levels[level]
        levels[level] = dtype if held is None else promote(held, dtype)
    found: DType | None = None
    for stronger in reversed(levels):
        if stronger is not None:
            found = stronger if found is None else _weak(stronger, found)
    if found is None:
        raise TypeError("result_type: got nothing, expected tensors or numbers")
    return found


def _number(name: str, value: Any) -> Number:
    """A Python or NumPy number as a Python number."""
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, (bool, int, float)):
        raise NotAnOperand(
            f"{name}: got {shown(value)} of type {type_name(value)}, expected a tensor, a number "
            "or a NumPy array; write lg.tensor(value) for a list or another library's array"
        )
    return value


def _named_scalar(name: str, value: Number, dtype: DType) -> Node:
    try:
        return scalar_operand(value, dtype)
    except RuntimeError as error:
        raise RuntimeError(f"{name}: {error}") from None


def operand_node(name: str, value: Any, device: placement.Device) -> Node | Number:
    """A tensor's node, brought to `device` where it has no dimensions; numbers as they are.

    Raises RuntimeError for a tensor on another device, NotAnOperand (a TypeError) for the rest.
    """
    if isinstance(value, TensorBase):
        node = value._node
        if value._base.device is not device:
            if node.shape:
                raise RuntimeError(
                    f"{name}: Expected all tensors to be on the same device, but found at least "
                    f"two devices, {placement.device(device)} and {value.device}!\n"
                    f"Write other.to({str(placement.device(device))!r})."
                )
            node = ops.transfer(node, value._base.device, device)
        return node
    if isinstance(value, np.ndarray):
        try:
            dtype = from_numpy(value.dtype)
        except TypeError as error:
            raise TypeError(f"{name}: got {shown(value)}: {error}") from None
        return from_host(dtype.to_storage(value), dtype, device)
    return _number(name, value)


def binary_operands(a: TensorBase, b: Any, name: str = "operator") -> tuple[Node, Node, DType]:
    """The nodes of a tensor and another operand in the dtype in which they meet, and it.

    Raises as `operand_node` does.
    """
    x = a._node
    dtype = x.dtype
    if isinstance(b, TensorBase):
        y = b._node
        if y.dtype is dtype and a._base.device is b._base.device:
            return x, y, dtype
    elif (type(b) is float and dtype.kind == "f") or (type(b) is int and dtype.kind != "b"):
        return x, _named_scalar(name, b, dtype), dtype
    other = operand_node(name, b, a._base.device)
    if isinstance(other, Node):
        dtype = _met(x, other)
        return ops.cast(x, dtype), ops.cast(other, dtype), dtype
    dtype = _weak(dtype, _scalar_dtype(other))
    return ops.cast(x, dtype), _named_scalar(name, other, dtype), dtype


def float_node(node: Node) -> Node:
    """An integer or bool value in the default dtype, a floating one as it is."""
    return node if node.dtype.kind == "f" else ops.cast(node, get_default_dtype())


def broadcast_error(name: str, *nodes: Node) -> ShapeError:
    """The error for shapes that do not broadcast, in PyTorch's words where they are two."""
    shapes = " and ".join([str(list(n.shape)) for n in nodes])
    text = f"{name}: got shapes {shapes}, expected shapes that broadcast"
    if len(nodes) == 2:
        a, b = nodes[0].shape, nodes[1].shape
        ndim = max(len(a), len(b))
        for back in range(1, min(len(a), len(b)) + 1):
            if a[-back] != b[-back] and 1 not in (a[-back], b[-back]):
                text += (
                    f". The size of tensor a ({a[-back]}) must match the size of tensor b "
                    f"({b[-back]}) at non-singleton dimension {ndim - back}"
                )
                break
    return ShapeError(f"{text}\nDimensions of size 1 stretch: x.unsqueeze(dim) makes one.")


def apply_binary(x: TensorBase, other: Any, op: _Binary, name: str) -> "Tensor":
    """`op` on the nodes of a tensor and an operand, promoted; errors name the method `name`."""
    a, b, _ = binary_operands(x, other, name)
    try:
        node = op(a, b)
    except ValueError:
        raise broadcast_error(name, a, b) from None
    result = wrap(node, x._base.device)
    if x._layout is not None or getattr(other, "_layout", None) is not None:
        keep_order(result, x, other)
    return result


def operate(x: TensorBase, other: Any, op: _Binary, name: str) -> Any:
    """As `apply_binary`, but leaves objects that it does not know to their own operators."""
    try:
        a, b, _ = binary_operands(x, other, name)
        node = op(a, b)
    except NotAnOperand:
        if other is None or isinstance(other, _NO_OPERANDS) or is_foreign(other):
            raise  # the message says what to write instead
        return NotImplemented
    except ValueError:
        raise broadcast_error(name, a, b) from None
    result = wrap(node, x._base.device)
    if x._layout is not None or getattr(other, "_layout", None) is not None:
        keep_order(result, x, other)
    return result
