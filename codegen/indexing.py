"""Rows for leaves, data-dependent reads and writes, sorting, and marks on a value."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .dtype import DType, bool_, int64
from .graph import Node, Op, Shape

__all__ = ["INDEXING", "LEAVES", "MARKERS", "ScalarArg"]


@dataclass(eq=False, slots=True)  # frozen it would take three times as long to make
class ScalarArg:
    """The late-bound value of one SCALAR leaf; equal to nothing but itself, and never changed."""

    value: float | int | bool
    dtype: DType


def _buffer(src: tuple[Node, ...], arg: tuple[int, DType, Shape]) -> tuple[DType, Shape]:
    return arg[1], arg[2]


def _scalar(src: tuple[Node, ...], arg: ScalarArg) -> tuple[DType, Shape]:
    return arg.dtype, ()


def _const(src: tuple[Node, ...], arg: tuple[DType, bytes]) -> tuple[DType, Shape]:
    return arg[0], ()


def _iota(src: tuple[Node, ...], arg: tuple[int, DType]) -> tuple[DType, Shape]:
    return arg[1], (arg[0],)


def _no_data(n: Node) -> Any:
    raise KeyError(f"the value of {n!r} is device memory; give it to evaluate()")


def _np_const(n: Node) -> Any:
    dtype, bits = n.arg
    return dtype.from_storage(np.frombuffer(bits, dtype.numpy).reshape(()))


def _np_scalar(n: Node) -> Any:
    dtype = n.arg.dtype
    return dtype.from_storage(dtype.to_storage(np.asarray(n.arg.value)))


def _check_index(name: str, index: Node) -> None:
    if index.dtype is not int64:
        raise TypeError(f"{name}: the index needs dtype int64, got {index.dtype.name}")


def _gather(src: tuple[Node, ...], axis: int) -> tuple[DType, Shape]:
    x, index = src
    _check_index("gather", index)
    if len(x.shape) != len(index.shape):
        raise ValueError(f"gather: {list(x.shape)} and index {list(index.shape)} differ in ndim")
    for d, (n, m) in enumerate(zip(x.shape, index.shape, strict=True)):
        if d != axis and m not in (1, n):
            raise ValueError(f"gather: index {list(index.shape)} does not fit {list(x.shape)}")
    shape = list(x.shape)
    shape[axis] = index.shape[axis]
    return x.dtype, tuple(shape)


def _scatter(src: tuple[Node, ...], arg: tuple[int, int, str]) -> tuple[DType, Shape]:
    index, values = src
    axis, count, mode = arg
    _check_index("scatter", index)
    if values.dtype is bool_:
        raise TypeError("scatter of bool needs a cast to an integer first")
    ok = len(index.shape) == len(values.shape) and all(
        m == n if d == axis else m in (1, n)
        for d, (n, m) in enumerate(zip(values.shape, index.shape, strict=True))
    )
    if not ok or mode not in _MODES:
        raise ValueError(
            f"scatter: index {list(index.shape)} does not fit values {list(values.shape)}"
        )
    shape = list(values.shape)
    shape[axis] = count
    return values.dtype, tuple(shape)


def _argsort(src: tuple[Node, ...], arg: tuple[int, bool]) -> tuple[DType, Shape]:
    if not 0 <= arg[0] < len(src[0].shape):
        raise ValueError(f"argsort: axis {arg[0]} of {list(src[0].shape)}")
    return int64, src[0].shape


def _topk(src: tuple[Node, ...], arg: tuple[int, bool, int]) -> tuple[DType, Shape]:
    axis, _descending, count = arg
    shape = list(src[0].shape)
    if not (0 <= axis < len(shape) and 0 <= count <= shape[axis]):
        raise ValueError(f"topk: {count} along axis {axis} of {shape}")
    shape[axis] = count
    return int64, tuple(shape)


def _np_gather(n: Node, x: Any, index: Any) -> Any:
    shape = list(x.shape)
    shape[n.arg] = index.shape[n.arg]
    if index.size and (index.min() < 0 or index.max() >= x.shape[n.arg]):
        raise IndexError(f"gather: index out of range for dimension of {x.shape[n.arg]}")
    return np.take_along_axis(x, np.broadcast_to(index, shape), n.arg)


_MODES = {"add": np.add, "max": np.maximum, "min": np.minimum}


def scatter_identity(mode: str, dtype: DType) -> float | int:
    """What a place holds that nothing was written to: 0, or the lowest or highest value."""
    if mode == "add":
        return 0
    if dtype.kind == "f":
        return float("-inf") if mode == "max" else float("inf")
    info = np.iinfo(dtype.numpy)
    return int(info.min if mode == "max" else info.max)


def _np_scatter(n: Node, index: Any, values: Any) -> Any:
    axis, count, mode = n.arg
    out = np.full(n.shape, scatter_identity(mode, n.dtype), values.dtype)
    grid = list(np.indices(values.shape, sparse=True))
    grid[axis] = np.broadcast_to(index, values.shape)
    if index.size and (index.min() < 0 or index.max() >= count):
        raise IndexError(f"scatter: index out of range for dimension of {count}")
    _MODES[mode].at(out, tuple(grid), values)
    return out


def _np_argsort(n: Node, x: Any) -> Any:
    axis, descending = n.arg[:2]
    if not descending:
        return np.argsort(x, axis=axis, kind="stable").astype(np.int64)
    order = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - order, axis).astype(np.int64)


def _np_topk(n: Node, x: Any) -> Any:
    axis, _descending, count = n.arg
    return np.take(_np_argsort(n, x), np.arange(count), axis)


def _marker(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    return src[-1].dtype, src[-1].shape


def _assign(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    old, new = src
    if old.dtype is not new.dtype or old.shape != new.shape:
        raise ValueError(f"assign: {new!r} into {old!r}")
    return new.dtype, new.shape


def _gather_grad(o: Any, g: Node, n: Node) -> tuple[Node, None]:
    return o.scatter(n.src[1], g, n.arg, n.src[0].shape[n.arg], "add"), None


def _scatter_grad(o: Any, g: Node, n: Node) -> tuple[None, Node]:
    axis, _count, mode = n.arg
    index, values = n.src
    taken = o.gather(g, index, axis)
    if mode == "add":
        return None, taken
    best = o.gather(n, index, axis)  # ties share, as in amax
    hit = o.eq(values, best)
    counts = o.scatter(index, o.cast(hit, g.dtype), axis, n.arg[1], "add")
    shared = o.div(taken, o.gather(counts, index, axis))
    return None, o.where(hit, shared, o.const(0.0, g.dtype))


BUFFER = Op("buffer", "leaf", _buffer, _no_data, placed=True)
SCALAR = Op("scalar", "leaf", _scalar, _np_scalar)
CONST = Op("const", "leaf", _const, _np_const)
IOTA = Op("iota", "leaf", _iota, lambda n: np.arange(n.arg[0], dtype=n.arg[1].numpy))

GATHER = Op("gather", "index", _gather, _np_gather, _gather_grad, cost=4)
SCATTER = Op("scatter", "index", _scatter, _np_scatter, _scatter_grad)
ARGSORT = Op("argsort", "sort", _argsort, _np_argsort)
TOPK = Op("topk", "sort", _topk, _np_topk)

VARIABLE = Op(
    "variable", "marker", _marker, lambda n, x: x, lambda o, g, n: (g,), starts_tracking=True
)
DETACH = Op("detach", "marker", _marker, lambda n, x: x)
ASSIGN = Op("assign", "marker", _assign, lambda n, old, new: new, lambda o, g, n: (None, g))
ON = Op("on", "marker", _marker, lambda n, x: x, placed=True)
RECOMPUTED = Op(
    "recomputed", "marker", _marker, lambda n, *xs: xs[-1], lambda o, g, n: (*n.arg(g), None)
)
TRANSFER = Op(
    "transfer",
    "marker",
    _marker,
    lambda n, x: x,
    lambda o, g, n: (o.transfer(g, n.arg[1], n.arg[0]),),
    placed=True,
)

LEAVES: dict[str, Op] = {op.name: op for op in (BUFFER, SCALAR, CONST, IOTA)}
INDEXING: dict[str, Op] = {op.name: op for op in (GATHER, SCATTER, ARGSORT, TOPK)}
MARKERS: dict[str, Op] = {op.name: op for op in (
    VARIABLE, DETACH, ASSIGN, ON, TRANSFER, RECOMPUTED,
)}  # fmt: skip
