"""What stands between the brackets of `x[...]`: checked, and sorted into views and lookups."""

import operator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lazygrad.codegen.dtype import bool_, uint8

from .handle import TensorBase

__all__ = ["Key", "Lookup", "parse_key"]


@dataclass(slots=True)
class Lookup:
    """An index by values: at dimension `dim` of the view, over `count` dimensions for a mask."""

    dim: int
    index: Any  # an int64 or bool array on the host, or a tensor
    is_mask: bool
    count: int


@dataclass(slots=True)
class Key:
    """The parts of an index.

    `slices`: (axis, start, length, step) of what is cut, in axes of the indexed tensor; then the
    result is reshaped to `shape`, and then looked up by `lookups`, in dimensions of that shape.
    """

    slices: list[tuple[int, int, int, int]] = field(default_factory=list)
    shape: list[int] = field(default_factory=list)
    reshaped: bool = False
    lookups: list[Lookup] = field(default_factory=list)


def parse_key(key: Any, shape: tuple[int, ...]) -> Key:
    """Sorts an index of a tensor of this shape.

    Raises IndexError: too many parts, out of range, a part of no known kind; ValueError: a
    step below 1.
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    parts = [_host_array(p) if isinstance(p, (list, tuple, range)) else p for p in parts]
    scalar_tensors = [i for i, p in enumerate(parts) if _is_scalar_index(p)]
    by_values = sum(_looks_up(p) for p in parts)
    if by_values > 1:  # beside other lookups a lone number only selects
        for i in scalar_tensors:
            parts[i] = int(parts[i])
    parts = _without_ellipsis(parts, shape)
    result = Key()
    axis = 0
    for part in parts:
        axis += _take(part, axis, shape, result)
    result.shape.extend(shape[axis:])
    return result


def _host_array(part: Any) -> Any:
    array = np.asarray(part)
    if array.size == 0 and array.dtype.kind == "f":
        array = array.astype(np.int64)
    return array


def _is_scalar_index(part: Any) -> bool:
    if isinstance(part, (TensorBase, np.ndarray)) and part.ndim == 0:
        return not _is_mask(part)
    return False


def _is_mask(part: Any) -> bool:
    if isinstance(part, TensorBase):
        return part.dtype in (bool_, uint8)
    return bool(part.dtype.kind == "b")


def _looks_up(part: Any) -> bool:
    return isinstance(part, (TensorBase, np.ndarray))


def _consumes(part: Any) -> int:
    """How many dimensions a part uses up."""
    if part is None or isinstance(part, (bool, np.bool_)):
        return 0
    if _looks_up(part) and _is_mask(part):
        return int(part.ndim)
    return 1


def _without_ellipsis(parts: list[Any], shape: tuple[int, ...]) -> list[Any]:
    dots = [i for i, p in enumerate(parts) if p is Ellipsis]
    used = sum(_consumes(p) for p in parts) - len(dots)
    if used > len(shape):
        if not shape and not any(_looks_up(p) for p in parts):
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` to convert a 0-dim tensor "
                "to a number"
            )
        raise IndexError(
            f"too many indices for tensor of dimension {len(shape)}: got {used} for shape "
            f"{list(shape)}"
        )
    if len(dots) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    if dots:
        at = dots[0]
        parts[at : at + 1] = [slice(None)] * (len(shape) - used)
    return parts


def _take(part: Any, axis: int, shape: tuple[int, ...], result: Key) -> int:
    """Adds one part to the result; gives the number of axes that it uses."""
    if part is None:
        result.shape.append(1)
        result.reshaped = True
        return 0
    if isinstance(part, (bool, np.bool_)):
        result.lookups.append(Lookup(len(result.shape), np.asarray([bool(part)]), True, 1))
        result.shape.append(1)
        result.reshaped = True
        return 0
    if isinstance(part, slice):
        _take_slice(part, axis, shape[axis], result)
        return 1
    if _looks_up(part):
        count = _consumes(part)
        _check_lookup(part, axis, shape)
        if count == 0:  # a mask without dimensions: of one new dimension
            result.lookups.append(Lookup(len(result.shape), part.reshape(1), True, 1))
            result.shape.append(1)
            result.reshaped = True
            return 0
        result.lookups.append(Lookup(len(result.shape), part, _is_mask(part), count))
        result.shape.extend(shape[axis : axis + count])
        return count
    try:
        number = operator.index(part)
    except TypeError:
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are "
            f"valid indices (got {type(part).__name__})"
        ) from None
    n = shape[axis]
    if not -n <= number < n:
        raise IndexError(f"index {number} is out of bounds for dimension {axis} with size {n}")
    result.slices.append((axis, number % n, 1, 1))
    result.reshaped = True
    return 1


def _take_slice(part: slice, axis: int, n: int, result: Key) -> None:
    if part.step is not None and operator.index(part.step) <= 0:
        raise ValueError(
            f"step must be greater than zero, got {part.step}; use x.flip(dim) to go backwards"
        )
    start, stop, step = part.indices(n)
    length = max(0, (stop - start + step - 1) // step)
    if length != n:
        result.slices.append((axis, start, length, step))
    result.shape.append(length)


def _check_lookup(part: Any, axis: int, shape: tuple[int, ...]) -> None:
    if _is_mask(part):
        for i, n in enumerate(part.shape):
            if n != shape[axis + i]:
                raise IndexError(
                    f"The shape of the mask {list(part.shape)} at index {i} does not match the "
                    f"shape of the indexed tensor {list(shape)} at index {axis + i}"
                )
        return
    kind = part.dtype.kind
    if kind not in "ui":
        raise IndexError(
            f"tensors used as indices must be long, int, byte or bool tensors (got {part.dtype})"
        )
    if isinstance(part, np.ndarray) and part.size:
        n = shape[axis]
        low, high = int(part.min()), int(part.max())
        if low < -n or high >= n:
            wrong = low if low < -n else high
            raise IndexError(f"index {wrong} is out of bounds for dimension {axis} with size {n}")
