"""Tensors to and from the host, other dtypes and other devices."""

import builtins
import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from lazygrad.codegen import dtype as dtypes
from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DTYPES, DType

from . import placement
from .autograd_methods import AutogradMethods
from .default_dtype import as_dtype, dtype_or, get_default_dtype
from .errors import ShapeError, shown
from .handle import TensorBase, wrap
from .printing import tensor_repr
from .realize import from_host, host_view, to_host

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["ConversionMethods", "from_array"]

_TYPE_NAMES = {
    "FloatTensor": dtypes.float32, "DoubleTensor": dtypes.float64, "HalfTensor": dtypes.float16,
    "BFloat16Tensor": dtypes.bfloat16, "ByteTensor": dtypes.uint8, "CharTensor": dtypes.int8,
    "ShortTensor": dtypes.int16, "IntTensor": dtypes.int32, "LongTensor": dtypes.int64,
    "BoolTensor": dtypes.bool_, "UInt16Tensor": dtypes.uint16, "UInt32Tensor": dtypes.uint32,
    "UInt64Tensor": dtypes.uint64,
}  # fmt: skip


def from_array(array: Any, dtype: DType, device: placement.Device) -> "Tensor":
    """A tensor with a copy of the values of a NumPy array; TypeError where they are no numbers."""
    if array.dtype.kind not in "biuf":
        raise TypeError(f"got {shown(array)}, expected an array of numbers")
    return wrap(from_host(dtype.to_storage(array), dtype, device), device)


def _rebuild(
    cls: "type[Any]", bits: Any, name: str, requires_grad: bool, gradient: Any
) -> "Tensor":
    """A pickled tensor, on the default device."""
    device = placement.default_device()
    node = from_host(bits, DTYPES[name], device)
    tensor: Tensor = wrap(node, device).as_subclass(cls)
    if requires_grad:
        tensor.requires_grad_()
    tensor.grad = gradient
    return tensor


class ConversionMethods(AutogradMethods):
    """Values on the host, casts, copies, moves between devices."""

    __array_priority__ = 1000  # NumPy's operators leave the work to Tensor's

    # -- to the host -------------------------------------------------------------------------

    def _bits(self) -> Any:
        """The stored bits, read-only, without a copy where that is possible."""
        return host_view(self._node, self._base.device)

    def _check_exportable(self, name: str) -> None:
        if self.requires_grad:
            raise RuntimeError(
                f"Can't call {name}() on Tensor that requires grad. "
                "Use tensor.detach().numpy() instead."
            )
        if self.dtype is dtypes.bfloat16:
            raise TypeError(
                f"{name}: got a bfloat16 tensor, expected a dtype that NumPy has; "
                "write x.float().numpy()"
            )

    def numpy(self, *, force: builtins.bool = False) -> Any:
        """The values as a fresh, writable NumPy array (PyTorch would share memory).

        `force`: also from a tensor that requires gradients, and bfloat16 (as float32).
        Raises RuntimeError, TypeError for these without `force`.
        """
        if force:
            dtype = self.dtype
            return dtype.from_storage(to_host(self._node, self._base.device))
        self._check_exportable("numpy")
        return to_host(self._node, self._base.device)

    def __array__(self, dtype: Any = None, copy: builtins.bool | None = None) -> Any:
        """For `np.asarray`: a read-only array, on CPU devices without a copy."""
        self._check_exportable("numpy")
        if copy:
            return np.array(self._bits(), dtype)
        array = self._bits()
        if dtype is None or np.dtype(dtype) == array.dtype:
            return array
        if copy is False:
            raise ValueError(f"__array__: {array.dtype} to {dtype} needs a copy, got copy=False")
        return array.astype(dtype)

    def tolist(self) -> Any:
        """Nested lists of Python numbers; for a tensor without dimensions its number."""
        return self.dtype.from_storage(self._bits()).tolist()

    def item(self) -> Any:
        """The only element as a Python number; RuntimeError where there is not exactly one."""
        node = self._node
        if node.size != 1:
            raise RuntimeError(
                f"a Tensor with {node.size} elements cannot be converted to Scalar: item got "
                f"shape {list(node.shape)}, expected one element; use tolist() for several"
            )
        bits = host_view(node, self._base.device)
        return node.dtype.from_storage(bits).reshape(()).item()

    def __float__(self) -> builtins.float:
        return float(self._only("float"))

    def __int__(self) -> builtins.int:
        return int(self._only("int"))

    def __complex__(self) -> builtins.complex:
        return complex(self._only("complex"))

    def _only(self, name: str) -> Any:
        if self._node.size != 1:
            raise ShapeError(
                f"a Tensor with {self._node.size} elements cannot be converted to Scalar: "
                f"{name}() got shape {list(self.shape)}, expected one element"
            )
        return self.item()

    def __bool__(self) -> builtins.bool:
        count = self._node.size
        if count != 1:
            what = "more than one value" if count else "no values"
            raise RuntimeError(
                f"Boolean value of Tensor with {what} is ambiguous: got shape "
                f"{list(self.shape)}; write x.any() or x.all()"
            )
        return bool(self.item())

    def __index__(self) -> builtins.int:
        if self._node.size != 1 or self._node.dtype.kind == "f":
            raise TypeError(
                "only integer tensors of a single element can be converted to an index, got "
                f"{self.dtype.name} {list(self.shape)}"
            )
        return int(self.item())

    def __len__(self) -> builtins.int:
        shape = self._node.shape
        if not shape:
            raise TypeError("len() of a 0-d tensor")
        return shape[0]

    def __iter__(self) -> "Iterator[Tensor]":
        if not self._node.shape:
            raise TypeError("iteration over a 0-d tensor")
        return iter([self[i] for i in range(self._node.shape[0])])  # type: ignore[index]

    def __contains__(self, element: Any) -> builtins.bool:
        if isinstance(element, (TensorBase, int, float, bool, np.number, np.bool_)):
            hits: Any = self == element
            return bool(hits.any().item())
        raise RuntimeError(
            f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
            f"{type(element)}."
        )

    # -- as text -----------------------------------------------------------------------------

    def __repr__(self) -> str:
        dtype, suffixes = self.dtype, []
        if self._base.device is not placement.default_device():
            suffixes.append(f"device='{self.device}'")
        trailing = []
        if (made_by := self.grad_fn) is not None:
            trailing.append(f"grad_fn=<{made_by.name()}>")
        elif self.requires_grad:
            trailing.append("requires_grad=True")
        plain = dtype is get_default_dtype()
        usual = plain or dtype in (dtypes.int64, dtypes.bool_)
        return tensor_repr(self._bits(), dtype, (plain, usual), suffixes, trailing)

    def __format__(self, spec: str) -> str:
        if not self._node.shape and spec:
            return format(self.item(), spec)
        if not self._node.shape:
            return str(self.item())
        if spec:
            raise TypeError(
                f"Tensor.__format__: got {spec!r} for shape {list(self.shape)}, expected a format "
                "for a tensor of one element; use x.item()"
            )
        return repr(self)

    # -- copies ------------------------------------------------------------------------------

    def clone(self, *, memory_format: Any = None) -> "Tensor":
        """The same values in a storage of their own, with gradient."""
        return self._wrap_like(self._node)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        if id(self) in memo:
            return memo[id(self)]  # type: ignore[no-any-return]
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol at the moment. Write x.detach().clone() for a copy of the values."
            )
        copied: Any = self.detach().clone().as_subclass(type(self))
        if self.requires_grad:
            copied.requires_grad_()
        memo[id(self)] = copied
        copied.grad = copy.deepcopy(self.grad, memo)
        return copied  # type: ignore[no-any-return]

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        if not self.is_leaf:
            raise RuntimeError(
                "pickle: got a tensor with gradient history, expected a leaf; write x.detach()"
            )
        bits = to_host(self._node, self._base.device)
        return _rebuild, (type(self), bits, self.dtype.name, self.requires_grad, self.grad)

    # -- other dtypes ------------------------------------------------------------------------

    def _cast(self, dtype: DType) -> "Tensor":
        """In another dtype; this tensor itself where it has it already."""
        node = self._node
        if node.dtype is dtype:
            return self  # type: ignore[return-value]
        if dtype.kind != "f":
            node = ops.detach(node)
        return self._wrap_like(ops.cast(node, dtype))

    def float(self) -> "Tensor":
        """As float32."""
        return self._cast(dtypes.float32)

    def double(self) -> "Tensor":
        """As float64."""
        return self._cast(dtypes.float64)

    def half(self) -> "Tensor":
        """As float16."""
        return self._cast(dtypes.float16)

    def bfloat16(self) -> "Tensor":
        """As bfloat16."""
        return self._cast(dtypes.bfloat16)

    def long(self) -> "Tensor":
        """As int64."""
        return self._cast(dtypes.int64)

    def int(self) -> "Tensor":
        """As int32."""
        return self._cast(dtypes.int32)

    def short(self) -> "Tensor":
        """As int16."""
        return self._cast(dtypes.int16)

    def char(self) -> "Tensor":
        """As int8."""
        return self._cast(dtypes.int8)

    def byte(self) -> "Tensor":
        """As uint8."""
        return self._cast(dtypes.uint8)

    def bool(self) -> "Tensor":
        """As bool."""
        return self._cast(dtypes.bool_)

    def type(self, dtype: Any = None, non_blocking: builtins.bool = False) -> Any:
        """In another dtype, also by a name such as "torch.FloatTensor"; without: that name."""
        if dtype is None:
            name = next(name for name, d in _TYPE_NAMES.items() if d is self.dtype)
            return f"lazygrad.{name}"
        if isinstance(dtype, str):
            found = _TYPE_NAMES.get(dtype.rpartition(".")[2])
            if found is None:
                raise ValueError(f"type: got {dtype!r}, expected one of {[*_TYPE_NAMES]}")
            dtype = found
        return self._cast(dtype_or("type", dtype))

    def type_as(self, other: "Tensor") -> "Tensor":
        """In the dtype, and on the device, of `other`."""
        return self.to(other)

    # -- other devices -----------------------------------------------------------------------

    def to(self, *args: Any, **kwargs: Any) -> "Tensor":
        """In another dtype or on another device; this tensor itself where nothing changes.

        Written `to(dtype)`, `to(device)`, `to(device, dtype)` or `to(tensor)`; `copy=True`: in any
        case a new tensor. `non_blocking` and `memory_format` mean nothing here.
        """
        target, dtype, copied = _destination(args, kwargs)
        result = self if dtype is None else self._cast(dtype)
        if target is not None:
            result = result._moved(target)
        if copied and result is self:
            return self.clone()
        return result  # type: ignore[return-value]

    def _moved(self, target: placement.Device) -> "Tensor":
        source = self._base.device
        if source is target:
            return self  # type: ignore[return-value]
        return wrap(ops.transfer(self._node, source, target), target)

    def cpu(self, memory_format: Any = None) -> "Tensor":
        """On a CPU device; this tensor itself where it is on one."""
        if self._base.device.kind == "cpu":
            return self  # type: ignore[return-value]
        return self._moved(placement.find("cpu"))

    def cuda(self, device: Any = None, non_blocking: builtins.bool = False) -> "Tensor":
        """On a GPU; raises DeviceNotFoundError where there is none."""
        return self._moved(placement.find("gpu" if device is None else device))

    @property
    def is_cuda(self) -> Any:
        """Whether the tensor is on a GPU."""
        return self._base.device.kind == "gpu"

    @property
    def is_cpu(self) -> Any:
        """Whether the tensor is on a CPU device."""
        return self._base.device.kind == "cpu"

    def pin_memory(self, device: Any = None) -> Self:
        """This tensor: transfers need no page-locked memory here."""
        return self


def _destination(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[placement.Device | None, DType | None, bool]:
    """Device, dtype and copy from the ways to write `to`."""
    unknown = set(kwargs) - {
        "device", "dtype", "non_blocking", "copy", "memory_format", "other"
    }  # fmt: skip
    if unknown:
        raise TypeError(f"to() got an unexpected keyword argument {sorted(unknown)[0]!r}")
    given = [*args]
    if "other" in kwargs:
        given.insert(0, kwargs["other"])
    if given and isinstance(given[0], bool):
        raise TypeError(f"to: got {given[0]}, expected a dtype, a device or a tensor first")
    target, dtype = kwargs.get("device"), kwargs.get("dtype")
    flags = []
    for value in given:
        if isinstance(value, TensorBase):
            target, dtype = value._base.device, value.dtype
        elif isinstance(value, (DType, type)):
            dtype = value
        elif isinstance(value, bool):
            flags.append(value)  # non_blocking, copy
        elif value is not None:
            target = value
    copied = bool(kwargs.get("copy", flags[1] if len(flags) > 1 else False))
    dtype = as_dtype("to", target if _names_dtype(target) else dtype)
    return None if target is None else placement.find(target), dtype, copied


def _names_dtype(target: Any) -> bool:
    return isinstance(target, str) and target.rpartition(".")[2] in dtypes.DTYPES
