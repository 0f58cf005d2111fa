"""Rows that rearrange elements without computing: views cost no copy, only index arithmetic."""

from typing import Any

import numpy as np

from .dtype import DType, int64
from .graph import Node, Op, Shape

__all__ = ["VIEWS"]


def _reshape(src: tuple[Node, ...], arg: Shape) -> tuple[DType, Shape]:
    x = src[0]
    size = 1
    for n in arg:
        size *= n
    if size != x.size:
        raise ValueError(f"reshape: {list(x.shape)} has {x.size} elements, {list(arg)} {size}")
    return x.dtype, arg


def _permute(src: tuple[Node, ...], arg: tuple[int, ...]) -> tuple[DType, Shape]:
    x = src[0]
    if sorted(arg) != list(range(len(x.shape))):
        raise ValueError(f"permute: {list(arg)} is no order of {len(x.shape)} dimensions")
    return x.dtype, tuple([x.shape[a] for a in arg])


def _expand(src: tuple[Node, ...], arg: Shape) -> tuple[DType, Shape]:
    x = src[0]
    missing = len(arg) - len(x.shape)
    ok = missing >= 0 and all(n in (1, m) for n, m in zip(x.shape, arg[missing:], strict=True))
    if not ok:
        raise ValueError(f"expand: {list(x.shape)} does not broadcast to {list(arg)}")
    return x.dtype, arg


def _flip(src: tuple[Node, ...], arg: tuple[int, ...]) -> tuple[DType, Shape]:
    return src[0].dtype, src[0].shape


def _starts(name: str, src: tuple[Node, ...], arg: Any) -> None:
    if len(src) != 1 + len(arg):
        raise ValueError(f"{name}: {len(arg)} axes need as many starts, got {len(src) - 1}")
    for s in src[1:]:
        if s.dtype is not int64 or s.shape != ():
            raise TypeError(f"{name}: a start is an int64 scalar, got {s!r}")


def _slice(src: tuple[Node, ...], arg: tuple[tuple[int, int, int], ...]) -> tuple[DType, Shape]:
    _starts("slice", src, arg)
    shape = list(src[0].shape)
    for axis, length, step in arg:
        if length < 0 or step < 1 or (length and (length - 1) * step >= shape[axis]):
            raise ValueError(f"slice: {length} steps of {step} leave dimension {shape[axis]}")
        shape[axis] = length
    return src[0].dtype, tuple(shape)


def _pad(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    axes, _fill = arg
    _starts("pad", src, axes)
    shape = list(src[0].shape)
    for axis, full, step in axes:
        if step < 1 or (shape[axis] and (shape[axis] - 1) * step >= full):
            raise ValueError(f"pad: {shape[axis]} steps of {step} do not fit into {full}")
        shape[axis] = full
    return src[0].dtype, tuple(shape)


def _window(src: tuple[Node, ...], arg: tuple[int, int, int, int]) -> tuple[DType, Shape]:
    axis, size, step, dilation = arg
    shape = list(src[0].shape)
    span = (size - 1) * dilation + 1
    if size < 1 or step < 1 or dilation < 1 or span > shape[axis]:
        raise ValueError(
            f"window: size {size} with dilation {dilation} spans {span}, dimension {axis} has "
            f"{shape[axis]}"
        )
    shape[axis] = (shape[axis] - span) // step + 1
    return src[0].dtype, (*shape, size)


def _skew(src: tuple[Node, ...], arg: tuple[int, int, int, int]) -> tuple[DType, Shape]:
    axis, full, step, dilation = arg
    shape = list(src[0].shape)
    if (shape[axis] - 1) * step + (shape[-1] - 1) * dilation >= full:
        raise ValueError(f"skew: {src[0]!r} does not fit into {full}")
    shape[axis] = full
    return src[0].dtype, tuple(shape)


def _unskew(src: tuple[Node, ...], arg: tuple[int, int, int, int]) -> tuple[DType, Shape]:
    axis, count, step, dilation = arg
    shape = list(src[0].shape)
    if (count - 1) * step + (shape[-1] - 1) * dilation >= shape[axis]:
        raise ValueError(f"unskew: {count} windows do not fit into {src[0]!r}")
    shape[axis] = count
    return src[0].dtype, tuple(shape)


def _np_slice(n: Node, x: Any, *starts: Any) -> Any:
    index = [slice(None)] * x.ndim
    for (axis, length, step), start in zip(n.arg, starts, strict=True):
        first = int(start)
        index[axis] = slice(first, first + (length - 1) * step + 1 if length else first, step)
    return x[tuple(index)]


def _np_pad(n: Node, x: Any, *starts: Any) -> Any:
    axes, fill = n.arg
    out = np.full(n.shape, fill, x.dtype)
    index = [slice(None)] * x.ndim
    for (axis, _full, step), start in zip(axes, starts, strict=True):
        first, count = int(start), x.shape[axis]
        index[axis] = slice(first, first + (count - 1) * step + 1 if count else first, step)
    out[tuple(index)] = x
    return out


def _np_window(n: Node, x: Any) -> Any:
    axis, size, step, dilation = n.arg
    count = n.shape[axis]
    index = np.arange(count)[:, None] * step + np.arange(size)[None, :] * dilation
    return np.moveaxis(np.take(x, index, axis), axis + 1, -1)


def _np_skew(n: Node, x: Any) -> Any:
    axis, _full, step, dilation = n.arg
    out = np.zeros(n.shape, x.dtype)
    target, values = np.moveaxis(out, axis, 0), np.moveaxis(x, axis, 0)
    for k in range(x.shape[-1]):
        places = np.arange(x.shape[axis]) * step + k * dilation
        target[places, ..., k] = values[..., k]
    return out


def _np_unskew(n: Node, x: Any) -> Any:
    axis, count, step, dilation = n.arg
    values = np.moveaxis(x, axis, 0)
    parts = [values[np.arange(count) * step + k * dilation, ..., k] for k in range(x.shape[-1])]
    return np.moveaxis(np.stack(parts, -1), 0, axis)


def _inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(order)), key=order.__getitem__))


def _slice_grad(o: Any, g: Node, n: Node) -> tuple[Node | None, ...]:
    axes = tuple((axis, n.src[0].shape[axis], step) for axis, _length, step in n.arg)
    return (o.pad(g, axes, n.src[1:]), *(None,) * len(n.arg))


def _pad_grad(o: Any, g: Node, n: Node) -> tuple[Node | None, ...]:
    axes = tuple((axis, n.src[0].shape[axis], step) for axis, _full, step in n.arg[0])
    return (o.slice_(g, axes, n.src[1:]), *(None,) * len(axes))


def _window_grad(o: Any, g: Node, n: Node) -> tuple[Node]:
    axis, _size, step, dilation = n.arg
    return (o.fold(g, axis, n.src[0].shape[axis], step, dilation),)


def _skew_grad(o: Any, g: Node, n: Node) -> tuple[Node]:
    axis, _full, step, dilation = n.arg
    return (o.unskew(g, axis, n.src[0].shape[axis], step, dilation),)


def _unskew_grad(o: Any, g: Node, n: Node) -> tuple[Node]:
    axis, _count, step, dilation = n.arg
    return (o.skew(g, axis, n.src[0].shape[axis], step, dilation),)


def _row(name: str, infer: Any, numpy: Any, grad: Any) -> Op:
    return Op(name, "view", infer, numpy, grad, cost=0)


RESHAPE = _row(
    "reshape",
    _reshape,
    lambda n, x: x.reshape(n.shape),
    lambda o, g, n: (o.reshape(g, n.src[0].shape),),
)
PERMUTE = _row(
    "permute",
    _permute,
    lambda n, x: x.transpose(n.arg),
    lambda o, g, n: (o.permute(g, _inverse(n.arg)),),
)
EXPAND = _row(
    "expand",
    _expand,
    lambda n, x: np.broadcast_to(x, n.shape),
    lambda o, g, n: (o.unbroadcast(g, n.src[0].shape),),
)
FLIP = _row("flip", _flip, lambda n, x: np.flip(x, n.arg), lambda o, g, n: (o.flip(g, n.arg),))
SLICE = _row("slice", _slice, _np_slice, _slice_grad)
PAD = _row("pad", _pad, _np_pad, _pad_grad)
WINDOW = _row("window", _window, _np_window, _window_grad)
# skew: [.., i, .., k] reads [.., (i - k*dilation) / step, .., k], 0 where that is no place;
# summed over k it is the adjoint of window
SKEW = _row("skew", _skew, _np_skew, _skew_grad)
UNSKEW = _row("unskew", _unskew, _np_unskew, _unskew_grad)

VIEWS: dict[str, Op] = {
    op.name: op for op in (RESHAPE, PERMUTE, EXPAND, FLIP, SLICE, PAD, WINDOW, SKEW, UNSKEW)
}
