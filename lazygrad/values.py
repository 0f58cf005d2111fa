"""What a program writes as values (numbers, nested sequences, arrays, tensors) as leaves."""

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, bool_, int64
from lazygrad.codegen.dtype import from_numpy as dtype_of
from lazygrad.codegen.graph import Node

from .default_dtype import as_dtype, get_default_dtype
from .handle import TensorBase
from .placement import Device
from .realize import from_host, host_view

__all__ = ["values_node"]


def _ragged(name: str, data: Any) -> NoReturn:
    """Raises the ValueError for nested sequences of unequal lengths, in PyTorch's words."""
    level, depth = [data], 0
    while level and all(isinstance(part, (list, tuple)) for part in level):
        lengths = [len(part) for part in level]
        for n in lengths:
            if n != lengths[0]:
                raise ValueError(
                    f"{name}: expected sequence of length {lengths[0]} at dim {depth} (got {n})\n"
                    "Rows of a tensor have one length: fill short ones up, or keep a list of "
                    "tensors."
                )
        level, depth = [item for part in level for item in part], depth + 1
    raise ValueError(
        f"{name}: got numbers beside sequences at dim {depth}, expected one or the other\n"
        "Rows of a tensor have one length: fill short ones up, or keep a list of tensors."
    )


def _not_numbers(name: str, array: NDArray[Any]) -> NoReturn:
    """Raises for an array of objects: RuntimeError or, for too large integers, ValueError."""
    for value in array.flat:
        if not isinstance(value, (bool, int, float, np.generic)):
            raise RuntimeError(
                f"{name}: Could not infer dtype of {type(value).__name__}: got {value!r}, expected "
                "numbers, sequences of them, arrays or tensors"
            )
    raise ValueError(f"{name}: got an integer that no dtype holds, expected at most 64 bits")


def _first_leaf(data: Any) -> Any:
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return data


def _without_tensors(data: Any) -> Any:
    """Nested sequences with arrays in place of tensors."""
    if isinstance(data, TensorBase):
        return host_view(data._node, data._base.device)
    if isinstance(data, (list, tuple)):
        return [_without_tensors(item) for item in data]
    return data


def _array(name: str, data: Any) -> tuple[NDArray[Any], DType]:
    """The values as an array (stored bits for tensors), and the dtype that they suggest."""
    leaf = _first_leaf(data)
    if isinstance(leaf, TensorBase):
        data = _without_tensors(data)
    try:
        array = np.asarray(data)
    except ValueError:
        _ragged(name, data)
    if array.dtype == object:
        if isinstance(leaf, np.ndarray):
            raise TypeError(
                f"{name}: can't convert np.ndarray of type numpy.object_: expected an array of "
                "numbers; write array.astype(np.float32) for example"
            )
        _not_numbers(name, array)
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{name}: got {leaf!r} of type {type(leaf).__name__}, expected numbers, sequences of "
            "them, arrays or tensors"
        )
    if isinstance(leaf, TensorBase):
        dtype: DType = leaf._node.dtype
    elif isinstance(leaf, (np.ndarray, np.generic)):
        dtype = dtype_of(array.dtype)
    elif array.dtype.kind == "f":
        dtype = get_default_dtype()
    else:
        dtype = bool_ if array.dtype.kind == "b" else int64
    return array, dtype


def _check_range(name: str, array: NDArray[Any], dtype: DType) -> None:
    """Python numbers must fit an integer dtype, as in PyTorch; arrays may wrap around."""
    if not dtype.is_integer or not array.size or array.dtype.kind == "b":
        return
    info = np.iinfo(dtype.numpy)
    low, high = array.min(), array.max()
    if not (low >= info.min and high <= info.max):
        raise RuntimeError(
            f"{name}: value cannot be converted to type {dtype.name} without overflow: got values "
            f"from {low} to {high}, expected {info.min} to {info.max}"
        )


def values_node(name: str, data: Any, dtype: DType | None, device: Device) -> Node:
    """A leaf with the values, in their own dtype or the one wanted; errors as of `tensor`."""
    dtype = as_dtype(name, dtype)
    if isinstance(data, TensorBase):
        node = ops.detach(data._node)
        if data._base.device is not device:
            node = ops.transfer(node, data._base.device, device)
        return node if dtype is None else ops.cast(node, dtype)
    array, suggested = _array(name, data)
    wanted = suggested if dtype is None else dtype
    leaf = _first_leaf(data)
    if isinstance(leaf, TensorBase) and suggested.name == "bfloat16":
        array = suggested.from_storage(array)
    elif not isinstance(leaf, (np.ndarray, np.generic, TensorBase)):
        _check_range(name, array, wanted)
    return from_host(wanted.to_storage(array), wanted, device)
