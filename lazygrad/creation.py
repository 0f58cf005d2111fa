"""Tensors from values, and tensors of given sizes: `tensor`, `zeros`, `full`, ..."""

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, bool_, int64
from lazygrad.codegen.dtype import from_numpy as dtype_of
from lazygrad.codegen.graph import Node, Shape

from . import placement
from .default_dtype import as_dtype, dtype_or, get_default_dtype
from .errors import ShapeError, shown
from .handle import TensorBase, check_tensor, wrap
from .promotion import scalar_operand
from .realize import from_host
from .values import values_node

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = [
    "CreationMethods", "as_tensor", "asarray", "empty", "empty_like", "from_numpy", "full",
    "full_like", "made", "one_size", "ones", "ones_like", "sizes", "tensor", "zeros", "zeros_like",
]  # fmt: skip

Place = "str | int | placement.Device | placement.device | None"


def sizes(name: str, given: Sequence[Any]) -> Shape:
    """The shape written as `f(2, 3)` or `f((2, 3))`; TypeError, RuntimeError for what is none."""
    parts: Any = given[0] if len(given) == 1 and isinstance(given[0], (tuple, list)) else given
    try:
        shape = tuple([operator.index(n) for n in parts])
        if any(isinstance(n, bool) for n in parts):
            raise TypeError
    except TypeError:
        raise TypeError(
            f"{name}: got sizes {shown(tuple(given))}, expected integers or one tuple of them"
        ) from None
    count = 1
    for n in shape:
        if n < 0:
            raise ShapeError(
                f"{name}: Trying to create tensor with negative dimension {n}: got {list(shape)}, "
                "expected sizes of 0 and more"
            )
        count *= n
    if count >= ops.MOST or max(shape, default=0) >= ops.MOST:
        raise ShapeError(
            f"{name}: Storage size calculation overflowed: got {shown(list(shape))}, expected "
            "fewer than 2**60 elements"
        )
    return shape


def one_size(name: str, shape: tuple[Any, ...], size: Any) -> tuple[Any, ...]:
    """The sizes, written as `f(2, 3)` or as `f(size=(2, 3))`; TypeError for both."""
    if size is None:
        return shape
    if shape:
        raise TypeError(f"{name}: got sizes {shown(shape)} and size={shown(size)}, expected one")
    return (size,)


def made(node: Node, device: placement.Device, requires_grad: bool) -> "Tensor":
    made = wrap(node, device)
    if requires_grad:
        made.requires_grad_()
    return made


# From values ----------------------------------------------------------------------------------


def tensor(
    data: Any,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """A new tensor with a copy of the values: numbers, nested sequences, arrays or a tensor.

    Without `dtype` Python floats give the default dtype, integers int64, bools bool; arrays and
    tensors keep theirs. A new tensor has no gradient history.

    Raises ValueError: rows of unequal length, integers beyond 64 bits; TypeError, RuntimeError:
        values that are no numbers; RuntimeError: Python integers that `dtype` cannot hold.
    """
    if isinstance(data, TensorBase) and device is None:
        place = data._base.device
    else:
        place = placement.find(device)
    return made(values_node("tensor", data, dtype, place), place, requires_grad)


def as_tensor(data: Any, dtype: DType | None = None, device: Any = None) -> "Tensor":
    """A tensor with these values: itself where nothing changes, gradient history and all.

    Arrays are copied (PyTorch would share their memory).
    """
    if isinstance(data, TensorBase):
        given: Any = data
        if device is not None:
            given = given.to(device)
        return given if dtype is None else given.to(dtype)  # type: ignore[no-any-return]
    return tensor(data, dtype=dtype, device=device)


def asarray(
    obj: Any,
    *,
    dtype: DType | None = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> "Tensor":
    """As `as_tensor`; `copy=True`: in any case a new tensor."""
    result: Any = as_tensor(obj, dtype, device)
    if copy and result is obj:
        result = result.clone()
    if requires_grad:
        result.requires_grad_()
    return result  # type: ignore[no-any-return]


def from_numpy(ndarray: NDArray[Any]) -> "Tensor":
    """A tensor with a copy of an array's values, in its dtype (PyTorch would share memory).

    Raises TypeError for what is no array, and for an array of a dtype that is not here.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(
            f"from_numpy: expected np.ndarray (got {type(ndarray).__name__}); write lg.tensor(...)"
        )
    dtype, device = dtype_of(ndarray.dtype), placement.default_device()
    return wrap(from_host(dtype.to_storage(ndarray), dtype, device), device)


# Of one value ---------------------------------------------------------------------------------


def _filled(
    name: str,
    size: Sequence[Any],
    value: bool | int | float,
    dtype: DType | None,
    device: Any,
    requires_grad: bool,
) -> "Tensor":
    node = scalar_operand(value, dtype_or(name, dtype))
    return made(ops.expand(node, sizes(name, size)), placement.find(device), requires_grad)


def zeros(
    *shape: Any,
    size: Any = None,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """Zeros, written `zeros(2, 3)` or `zeros((2, 3))`; default dtype float32."""
    return _filled("zeros", one_size("zeros", shape, size), 0, dtype, device, requires_grad)


def ones(
    *shape: Any,
    size: Any = None,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """Ones, written `ones(2, 3)` or `ones((2, 3))`; default dtype float32."""
    return _filled("ones", one_size("ones", shape, size), 1, dtype, device, requires_grad)


def empty(
    *shape: Any,
    size: Any = None,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """A tensor to be written to; PyTorch leaves its values open, here they are zeros."""
    return _filled("empty", one_size("empty", shape, size), 0, dtype, device, requires_grad)


def _fill_operand(name: str, value: Any, dtype: DType | None, device: placement.Device) -> Node:
    dtype = as_dtype(name, dtype)
    if isinstance(value, TensorBase):
        if value._node.size != 1:
            raise RuntimeError(
                f"{name}: got a fill_value of shape {list(value.shape)}, expected one number"
            )
        node = values_node(name, value, dtype, device)
        return ops.reshape(node, ())
    if isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, (bool, int, float)):
        raise TypeError(
            f"{name}: got fill_value {shown(value)} of type {type(value).__name__}, expected a "
            "number"
        )
    if dtype is None:
        dtype = bool_ if isinstance(value, bool) else int64
        if isinstance(value, float):
            dtype = get_default_dtype()
    return scalar_operand(value, dtype)


def full(
    size: Sequence[int],
    fill_value: Any,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """One number everywhere; without `dtype` in that of the number."""
    place = placement.find(device)
    shape = sizes("full", size if isinstance(size, (tuple, list)) else (size,))
    node = _fill_operand("full", fill_value, dtype, place)
    return made(ops.expand(node, shape), place, requires_grad)


def _like(
    name: str, other: TensorBase, value: Any, dtype: DType | None, device: Any, requires_grad: bool
) -> "Tensor":
    check_tensor(name, other)
    node = other._node
    place = other._base.device if device is None else placement.find(device)
    filling = _fill_operand(name, value, dtype_or(name, dtype, node.dtype), place)
    return made(ops.expand(filling, node.shape), place, requires_grad)


def zeros_like(
    input: TensorBase,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> "Tensor":
    """Zeros of the shape, dtype and device of another tensor."""
    return _like("zeros_like", input, 0, dtype, device, requires_grad)


def ones_like(
    input: TensorBase,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> "Tensor":
    """Ones of the shape, dtype and device of another tensor."""
    return _like("ones_like", input, 1, dtype, device, requires_grad)


def empty_like(
    input: TensorBase,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> "Tensor":
    """As `empty`, of the shape, dtype and device of another tensor."""
    return _like("empty_like", input, 0, dtype, device, requires_grad)


def full_like(
    input: TensorBase,
    fill_value: Any,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> "Tensor":
    """One number, of the shape, dtype and device of another tensor."""
    return _like("full_like", input, fill_value, dtype, device, requires_grad)


class CreationMethods(TensorBase):
    """New tensors in the dtype and on the device of this one."""

    def _new(
        self, name: str, size: Sequence[Any], value: Any, dtype: DType | None, device: Any,
        requires_grad: bool,
    ) -> "Tensor":  # fmt: skip
        place = self._base.device if device is None else placement.find(device)
        node = _fill_operand(name, value, dtype_or(name, dtype, self._node.dtype), place)
        return made(ops.expand(node, sizes(name, size)), place, requires_grad)

    def new_tensor(
        self, data: Any, *, dtype: DType | None = None, device: Any = None,
        requires_grad: bool = False,
    ) -> "Tensor":  # fmt: skip
        """As `tensor`, in this tensor's dtype and on its device."""
        place = self._base.device if device is None else placement.find(device)
        wanted = dtype_or("new_tensor", dtype, self._node.dtype)
        node = values_node("new_tensor", data, wanted, place)
        return made(node, place, requires_grad)

    def new_zeros(
        self, *size: Any, dtype: DType | None = None, device: Any = None,
        requires_grad: bool = False,
    ) -> "Tensor":  # fmt: skip
        """Zeros of the given sizes."""
        return self._new("new_zeros", size, 0, dtype, device, requires_grad)

    def new_ones(
        self, *size: Any, dtype: DType | None = None, device: Any = None,
        requires_grad: bool = False,
    ) -> "Tensor":  # fmt: skip
        """Ones of the given sizes."""
        return self._new("new_ones", size, 1, dtype, device, requires_grad)

    def new_empty(
        self, *size: Any, dtype: DType | None = None, device: Any = None,
        requires_grad: bool = False,
    ) -> "Tensor":  # fmt: skip
        """As `empty`, of the given sizes."""
        return self._new("new_empty", size, 0, dtype, device, requires_grad)

    def new_full(
        self, size: Sequence[int], fill_value: Any, *, dtype: DType | None = None,
        device: Any = None, requires_grad: bool = False,
    ) -> "Tensor":  # fmt: skip
        """One number, of the given sizes."""
        return self._new("new_full", (size,), fill_value, dtype, device, requires_grad)

    def new(self, *data: Any) -> "Tensor":
        """A tensor of sizes `new(2, 3)` (zeros) or of values `new([1, 2])`, like this one."""
        if len(data) == 1 and isinstance(data[0], (list, np.ndarray, TensorBase)):
            return self.new_tensor(data[0])
        return self.new_empty(*(data or (0,)))
