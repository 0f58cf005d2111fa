"""Reductions, contraction, small linear maps, scans: rows that combine elements along axes."""

from typing import Any

import numpy as np

from .dtype import DType, bool_
from .graph import Node, Op, Shape

__all__ = ["REDUCTIONS", "contract_shape"]

Labels = tuple[int, ...]
Matrix = tuple[tuple[float, ...], ...]


def _reduce(src: tuple[Node, ...], arg: tuple[int, ...]) -> tuple[DType, Shape]:
    x = src[0]
    if list(arg) != sorted(set(arg)) or any(not 0 <= a < len(x.shape) for a in arg):
        raise ValueError(f"reduce: axes {arg} are not sorted axes of {list(x.shape)}")
    return x.dtype, tuple([1 if i in arg else n for i, n in enumerate(x.shape)])


def _numeric_reduce(src: tuple[Node, ...], arg: tuple[int, ...]) -> tuple[DType, Shape]:
    if src[0].dtype is bool_:
        raise TypeError("sum and prod of bool need a cast to an integer first")
    return _reduce(src, arg)


def _extreme_infer(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    axes, _ties = arg
    return _reduce(src, axes)


def contract_shape(a: Node, b: Node, arg: tuple[Labels, Labels, Labels]) -> dict[int, int]:
    """The size of each label of a contraction; ValueError where the operands disagree."""
    sizes: dict[int, int] = {}
    for x, labels in ((a, arg[0]), (b, arg[1])):
        if len(labels) != len(x.shape) or len(set(labels)) != len(labels):
            raise ValueError(f"contract: labels {labels} do not fit {list(x.shape)}")
        for label, n in zip(labels, x.shape, strict=True):
            if sizes.setdefault(label, n) != n:
                raise ValueError(f"contract: one label has sizes {sizes[label]} and {n}")
    if not set(arg[2]) <= set(sizes):
        raise ValueError("contract: a label of the result is in no operand")
    return sizes


def _contract(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    a, b = src
    if a.dtype is not b.dtype or a.dtype is bool_:
        raise TypeError(f"contract: operands are {a.dtype.name} and {b.dtype.name}")
    sizes = contract_shape(a, b, arg)
    return a.dtype, tuple([sizes[label] for label in arg[2]])


def _linear(src: tuple[Node, ...], arg: tuple[int, Matrix]) -> tuple[DType, Shape]:
    (x,), (axis, matrix) = src, arg
    if not matrix or not matrix[0] or any(len(row) != x.shape[axis] for row in matrix):
        raise ValueError(f"linear: rows of {matrix} do not fit axis {axis} of {list(x.shape)}")
    if x.dtype.kind != "f":
        raise TypeError(f"linear: an operand of floats, got {x.dtype.name}")
    return x.dtype, (*x.shape[:axis], len(matrix), *x.shape[axis + 1 :])


def _scan(src: tuple[Node, ...], arg: tuple[int, str]) -> tuple[DType, Shape]:
    axis, mode = arg
    if not 0 <= axis < len(src[0].shape) or mode not in _SCANS:
        raise ValueError(f"scan: axis {axis}, mode {mode!r} of {list(src[0].shape)}")
    if src[0].dtype is bool_:
        raise TypeError("scan of bool needs a cast to an integer first")
    return src[0].dtype, src[0].shape


def _wide(x: Any) -> Any:
    """float16 accumulates in float32, as kernels do."""
    return x.astype(np.float32) if x.dtype == np.float16 else x


def _np_reduce(f: Any) -> Any:
    def meaning(n: Node, x: Any) -> Any:
        axes = n.arg[0] if n.arg and isinstance(n.arg[0], tuple) else n.arg
        with np.errstate(all="ignore"):
            return np.asarray(f(_wide(x), axis=tuple(axes), keepdims=True))

    return meaning


def _np_sum(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.sum(x, axis=axis, keepdims=keepdims, dtype=x.dtype)


def _np_prod(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.prod(x, axis=axis, keepdims=keepdims, dtype=x.dtype)


def _np_contract(n: Node, a: Any, b: Any) -> Any:
    lhs, rhs, out = n.arg
    with np.errstate(all="ignore"):
        return np.einsum(_wide(a), list(lhs), _wide(b), list(rhs), list(out), optimize=True)


def _np_linear(n: Node, x: Any) -> Any:
    """What is 0 is left out, also beside an infinity."""
    axis, matrix = n.arg
    parts = np.moveaxis(_wide(x), axis, 0)
    with np.errstate(all="ignore"):
        rows = [
            sum((parts[k] * c for k, c in enumerate(row) if c), start=np.zeros_like(parts[0]))
            for row in matrix
        ]
    return np.stack(rows, axis)


_SCANS = {
    "add": np.add.accumulate, "mul": np.multiply.accumulate,
    "max": np.maximum.accumulate, "min": np.minimum.accumulate,
}  # fmt: skip


def _np_scan(n: Node, x: Any) -> Any:
    axis, mode = n.arg
    with np.errstate(all="ignore"):
        wide = _wide(x)
        return _SCANS[mode](wide, axis=axis, dtype=wide.dtype)


def _sum_grad(o: Any, g: Node, n: Node) -> tuple[Node]:
    return (o.expand(g, n.src[0].shape),)


def _prod_grad(o: Any, g: Node, n: Node) -> tuple[Node]:
    """The product of all others: exclusive scans from both sides, right also where x is 0."""
    x = n.src[0]
    axes = n.arg
    if x.size <= n.size:  # of one factor each, or none at all
        return (o.expand(g, x.shape),)
    kept = tuple(i for i in range(len(x.shape)) if i not in axes)
    flat = o.reshape(o.permute(x, kept + axes), (*[x.shape[i] for i in kept], -1))
    last = len(kept)
    one = o.const(1.0, x.dtype)
    before = o.shift_in(o.scan(flat, last, "mul"), last, one)
    after = o.flip(o.shift_in(o.scan(o.flip(flat, (last,)), last, "mul"), last, one), (last,))
    others = o.reshape(o.mul(before, after), tuple(x.shape[i] for i in kept + axes))
    order = kept + axes
    return (o.mul(g, o.permute(others, tuple(order.index(i) for i in range(len(order))))),)


def _extreme_grad(o: Any, g: Node, n: Node) -> tuple[Node]:
    """Ties share the gradient (amax), or the first one takes it (max along a dimension). A NaN is
    its row's extreme, as in PyTorch's max() of all elements."""
    x = n.src[0]
    axes, ties = n.arg
    zero = o.const(0.0, x.dtype)
    if ties == "first":
        first = o.first_match(x, n, axes)
        return (o.where(o.eq(o.flat_iota(x.shape, axes, first.dtype), first), g, zero),)
    hit = o.bitwise_or(o.eq(x, n), o.isnan(x)) if x.dtype.kind == "f" else o.eq(x, n)
    count = o.sum_(o.cast(hit, x.dtype), axes)
    return (o.where(hit, o.div(g, count), zero),)


def _contract_grad(o: Any, g: Node, n: Node) -> tuple[Node, Node]:
    a, b = n.src
    lhs, rhs, out = n.arg
    return (
        o.contract_to(g, out, b, rhs, lhs, a.shape),
        o.contract_to(g, out, a, lhs, rhs, b.shape),
    )


def _linear_grad(o: Any, g: Node, n: Node) -> tuple[Node]:
    axis, matrix = n.arg
    return (o.linear(g, axis, tuple(zip(*matrix, strict=True))),)


def _scan_grad(o: Any, g: Node, n: Node) -> tuple[Node | None]:
    axis, mode = n.arg
    x = n.src[0]
    if mode == "add":
        return (o.flip(o.scan(o.flip(g, (axis,)), axis, "add"), (axis,)),)
    if mode == "mul":  # d out_j / d x_i = prod of x[:j+1] without x_i, for j >= i
        return (_cumprod_grad(o, g, x, axis),)
    raise NotImplementedError(
        f"cum{mode}: no gradient; write it with gather over the index that cum{mode} picks"
    )


def _cumprod_grad(o: Any, g: Node, x: Node, axis: int) -> Node:
    """Quadratic in the axis, exact where x has zeros: products over a lower triangle."""
    count = x.shape[axis]
    last = len(x.shape) - 1
    order = tuple(i for i in range(len(x.shape)) if i != axis) + (axis,)
    rows, g = o.permute(x, order), o.permute(g, order)
    lead = rows.shape[:-1]
    # m[i, j]: x[j] unless j == i (then 1); its scan over j gives products without x[i]
    i = o.reshape(o.iota(count), (count, 1))
    j = o.reshape(o.iota(count), (1, count))
    one, zero = o.const(1.0, x.dtype), o.const(0.0, x.dtype)
    spread = o.expand(o.reshape(rows, (*lead, 1, count)), (*lead, count, count))
    without = o.scan(o.where(o.eq(i, j), one, spread), last + 1, "mul")
    weighted = o.mul(o.where(o.le(i, j), without, zero), o.reshape(g, (*lead, 1, count)))
    total = o.reshape(o.sum_(weighted, (last + 1,)), (*lead, count))
    inverse = tuple(order.index(k) for k in range(len(order)))
    result: Node = o.permute(total, inverse)
    return result


SUM = Op("sum", "reduce", _numeric_reduce, _np_reduce(_np_sum), _sum_grad)
PROD = Op("prod", "reduce", _numeric_reduce, _np_reduce(_np_prod), _prod_grad)
MAX = Op("max", "reduce", _extreme_infer, _np_reduce(np.max), _extreme_grad)
MIN = Op("min", "reduce", _extreme_infer, _np_reduce(np.min), _extreme_grad)
CONTRACT = Op("contract", "contract", _contract, _np_contract, _contract_grad)
# [.., a, ..] is the sum over i of matrix[a][i] * x[.., i, ..]: small matrices of constants
LINEAR = Op("linear", "linear", _linear, _np_linear, _linear_grad, ulp=8, cost=4)
SCAN = Op("scan", "scan", _scan, _np_scan, _scan_grad)

REDUCTIONS: dict[str, Op] = {op.name: op for op in (SUM, PROD, MAX, MIN, CONTRACT, LINEAR, SCAN)}
