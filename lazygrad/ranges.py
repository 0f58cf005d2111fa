"""Tensors made from positions: `arange`, `linspace`, `eye`, the indices of triangles."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, int64

from . import placement
from .creation import made, sizes
from .default_dtype import as_dtype, dtype_or
from .handle import TensorBase
from .promotion import scalar_operand
from .realize import from_host, host_view

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["arange", "eye", "linspace", "logspace", "tril_indices", "triu_indices"]


def _number(name: str, value: Any) -> int | float:
    if isinstance(value, TensorBase):
        value = host_view(value._node, value._base.device)
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.item()
    if not isinstance(value, (int, float)):
        raise TypeError(f"{name}: got {value!r} of type {type(value).__name__}, expected a number")
    return value


def arange(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """`start, start + step, ...` up to but without `end`; `arange(end)` begins at 0.

    Without `dtype` int64 for integers, else the default dtype.
    Raises RuntimeError for a step of 0, or one that leads away from `end`.
    """
    if end is None:
        start, end = 0, start
    first, last, by = (_number("arange", v) for v in (start, end, step))
    dtype = as_dtype("arange", dtype)
    if by == 0 or not all(map(math.isfinite, (first, last, by))):
        raise RuntimeError(f"arange: got ({first}, {last}, {by}), expected finite, step nonzero")
    if (last - first) * by < 0:
        raise RuntimeError(
            f"arange: upper bound and larger bound inconsistent with step sign: got ({first}, "
            f"{last}, {by}), expected a step towards the end; x.flip(0) turns a range around"
        )
    place = placement.find(device)
    if all(isinstance(v, int) for v in (first, last, by)):
        count = max(0, -((first - last) // by))
        node = ops.iota(int(count))
        if by != 1:
            node = ops.mul(node, scalar_operand(by, int64))
        if first != 0:
            node = ops.add(node, scalar_operand(first, int64))
        return made(ops.cast(node, dtype or int64), place, requires_grad)
    count = math.ceil((last - first) / by)
    _check_count("arange", count, place)
    values = first + np.arange(count, dtype=np.float64) * by
    return _on_host(values, dtype_or("arange", dtype), place, requires_grad)


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """`steps` numbers at equal distances from `start` to `end`, both included."""
    values = _line("linspace", start, end, steps, device)
    return _on_host(values, dtype_or("linspace", dtype), device, requires_grad)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """`base ** linspace(start, end, steps)`."""
    values = base ** _line("logspace", start, end, steps, device)
    return _on_host(values, dtype_or("logspace", dtype), device, requires_grad)


def _check_count(name: str, count: int, device: Any) -> None:
    """Refuses what is computed on the host, in 8 bytes each, where no device's buffer holds it."""
    most = placement.find(device).facts.max_alloc_bytes // 8
    if count > most:
        raise placement.OutOfMemoryError(f"{name}: got {count} elements, expected at most {most}")


def _line(name: str, start: Any, end: Any, steps: int, device: Any) -> NDArray[np.float64]:
    if steps < 0:
        raise RuntimeError(f"{name}: number of steps must be non-negative, got {steps}")
    _check_count(name, steps, device)
    first, last = _number(name, start), _number(name, end)
    with np.errstate(all="ignore"):  # infinities
        return np.linspace(first, last, steps, dtype=np.float64)


def _on_host(values: NDArray[Any], dtype: DType, device: Any, requires_grad: bool) -> "Tensor":
    place = placement.find(device)
    return made(from_host(dtype.to_storage(values), dtype, place), place, requires_grad)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """The identity matrix `(n, m)`; `m` defaults to `n`."""
    rows, columns = sizes("eye", (n, n if m is None else m))
    hit = ops.eq(ops.reshape(ops.iota(rows), (rows, 1)), ops.iota(columns))
    node = ops.cast(hit, dtype_or("eye", dtype))
    return made(node, placement.find(device), requires_grad)


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: DType = int64, device: Any = None
) -> "Tensor":
    """Rows and columns, `(2, count)`, of the elements on and below a diagonal, row by row."""
    _check_count("tril_indices", math.prod(sizes("tril_indices", (row, col))), device)
    found = np.stack(np.tril_indices(row, offset, col))
    return _on_host(found, dtype_or("tril_indices", dtype, int64), device, False)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: DType = int64, device: Any = None
) -> "Tensor":
    """Rows and columns, `(2, count)`, of the elements on and above a diagonal, row by row."""
    _check_count("triu_indices", math.prod(sizes("triu_indices", (row, col))), device)
    found = np.stack(np.triu_indices(row, offset, col))
    return _on_host(found, dtype_or("triu_indices", dtype, int64), device, False)
