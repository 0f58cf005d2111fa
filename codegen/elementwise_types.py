"""What elementwise rows give for operands of which dtypes and shapes; TypeError for others."""

from typing import Any

from .dtype import DType, bool_, float32, uint32, uint64
from .graph import Node, Shape

__all__ = [
    "bitcast",
    "broadcast_shapes",
    "cast",
    "floating",
    "integral",
    "normal",
    "number",
    "ordered",
    "philox",
    "predicate",
    "same",
    "shift",
    "where",
]


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape that all broadcast to (NumPy's rule); ValueError where they do not."""
    first = shapes[0]
    for s in shapes:
        if s != first:
            break
    else:
        return first
    ndim = max(len(s) for s in shapes)
    result = [1] * ndim
    for s in shapes:
        for i, n in enumerate(s, ndim - len(s)):
            if n != 1:
                if result[i] not in (1, n):
                    raise ValueError(
                        f"shapes {', '.join(str(list(s)) for s in shapes)} do not broadcast: "
                        f"dimension {i - ndim} is {result[i]} and {n}"
                    )
                result[i] = n
    return tuple(result)


def same(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    dtype, shape = src[0].dtype, src[0].shape
    for s in src:
        if s.dtype is not dtype:
            raise TypeError(f"operands of one op need one dtype, got {[s.dtype for s in src]}")
        if s.shape != shape and s.shape:  # scalars broadcast to anything
            shape = broadcast_shapes(shape, s.shape) if shape else s.shape
    return dtype, shape


def number(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    dtype, shape = same(src, arg)
    if dtype is bool_:  # in kernels a mask, whose true is below its false
        raise TypeError("expected numbers, got bools: cast them, or use logical functions")
    return dtype, shape


def floating(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    dtype, shape = same(src, arg)
    if dtype.kind != "f":
        raise TypeError(f"expected a floating dtype, got {dtype.name}")
    return dtype, shape


def predicate(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    return bool_, same(src, arg)[1]


def ordered(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    return bool_, number(src, arg)[1]


def integral(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    dtype, shape = same(src, arg)
    if dtype.kind == "f":
        raise TypeError(f"expected an integer or bool dtype, got {dtype.name}")
    return dtype, shape


def shift(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    integral(src, arg)
    return number(src, arg)


def where(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    if src[0].dtype is not bool_:
        raise TypeError(f"where: condition needs dtype bool, got {src[0].dtype.name}")
    if src[1].dtype is not src[2].dtype:
        raise TypeError(f"where: branches are {src[1].dtype.name} and {src[2].dtype.name}")
    return src[1].dtype, broadcast_shapes(*[s.shape for s in src])


def cast(src: tuple[Node, ...], arg: DType) -> tuple[DType, Shape]:
    return arg, src[0].shape


def bitcast(src: tuple[Node, ...], arg: DType) -> tuple[DType, Shape]:
    if arg.itemsize != src[0].dtype.itemsize or "b" in (arg.kind, src[0].dtype.kind):
        raise TypeError(f"bitcast: {src[0].dtype.name} and {arg.name} differ in size")
    return arg, src[0].shape


def philox(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    first, key, position = src
    wide = first.dtype is uint64 and key.dtype is uint64
    if not wide or position.dtype not in (uint32, uint64):
        raise TypeError(
            f"philox: block and key need uint64, the position uint32 or uint64, got "
            f"{[s.dtype.name for s in src]}"
        )
    return uint32, broadcast_shapes(*[s.shape for s in src])


def normal(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    if src[0].dtype is not uint32:
        raise TypeError(f"normal: expected bits of dtype uint32, got {src[0].dtype.name}")
    return float32, src[0].shape
