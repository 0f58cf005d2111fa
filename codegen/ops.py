"""The op table, whole, and a builder for each row: the only doors through which graphs are made.

`TABLE` maps names to rows. Builders check what no row can (labels, axes of composites) and fill
in what rows want spelled out: broadcast axes, starts, labels.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .dtype import DTYPES as DTYPES
from .dtype import DType, int32, int64
from .elementwise import ELEMENTWISE
from .elementwise_types import broadcast_shapes as broadcast_shapes
from .graph import Node, Op, Shape, forget_source, leaf, node
from .indexing import INDEXING, LEAVES, MARKERS
from .indexing import ScalarArg as ScalarArg
from .reduction import REDUCTIONS
from .views import VIEWS

TABLE: dict[str, Op] = {
    **LEAVES, **ELEMENTWISE, **VIEWS, **REDUCTIONS, **INDEXING, **MARKERS
}  # fmt: skip

_numbers = itertools.count(1)


def fresh_number() -> int:
    """A number that no buffer, scalar or variable of this process bears."""
    return next(_numbers)


# Leaves ---------------------------------------------------------------------------------------

_BUFFER, _SCALAR, _CONST, _IOTA = (LEAVES[k] for k in ("buffer", "scalar", "const", "iota"))


def buffer(dtype: DType, shape: Shape) -> Node:
    """A new leaf for device memory that holds `shape` contiguous elements."""
    return leaf(_BUFFER, (next(_numbers), dtype, shape), dtype, shape)


def forget(n: Node) -> None:
    """Makes a stored node a BUFFER leaf: how it was computed is not needed any more."""
    if n.src:
        forget_source(n, _BUFFER, (next(_numbers), n.dtype, n.shape))


def scalar(value: float | int | bool, dtype: DType) -> Node:
    """A new late-bound scalar: its value is no part of the structure."""
    return leaf(_SCALAR, ScalarArg(value, dtype), dtype, ())


def late(arg: ScalarArg) -> Node:
    """As `scalar`, of a number in a form of its own."""
    return leaf(_SCALAR, arg, arg.dtype, ())


def const(value: float | int | bool, dtype: DType) -> Node:
    """A scalar that is part of the structure, so that it can be folded."""
    key = (dtype, dtype.to_storage(np.asarray(value)).tobytes())
    return node(_CONST, (), key)


def const_value(n: Node) -> Any:
    """The Python value of a CONST node."""
    dtype, bits = n.arg
    return dtype.from_storage(np.frombuffer(bits, dtype.numpy)).item()


def iota(count: int, dtype: DType = int64) -> Node:
    """0, 1, ..., count - 1, computed from the index alone."""
    if count >= MOST:
        raise ValueError(f"got {count} elements, expected fewer than 2**60")
    return node(_IOTA, (), (count, dtype))


MOST = 2**60  # elements of any value: their bytes are counted in 64 bits


# Elementwise ----------------------------------------------------------------------------------


def _unary(name: str) -> Callable[[Node], Node]:
    op = ELEMENTWISE[name]
    return lambda x: node(op, (x,))


def _binary(name: str) -> Callable[[Node, Node], Node]:
    op = ELEMENTWISE[name]
    return lambda a, b: node(op, (a, b))


neg, abs_, sign = _unary("neg"), _unary("abs"), _unary("sign")
exp, log, sin, cos, tan = (_unary(k) for k in ("exp", "log", "sin", "cos", "tan"))
asin, acos, atan = _unary("asin"), _unary("acos"), _unary("atan")
sinh, cosh, tanh, erf, erfc = (_unary(k) for k in ("sinh", "cosh", "tanh", "erf", "erfc"))
sqrt, rsqrt, expm1, log1p = (_unary(k) for k in ("sqrt", "rsqrt", "expm1", "log1p"))
exp2, log2, log10 = _unary("exp2"), _unary("log2"), _unary("log10")
floor, ceil, round_, trunc = (_unary(k) for k in ("floor", "ceil", "round", "trunc"))
isnan, bitwise_not, normal = (_unary(k) for k in ("isnan", "bitwise_not", "normal"))
add, sub, mul, div = (_binary(k) for k in ("add", "sub", "mul", "div"))
pow = _binary("pow")  # the field's name, as in PyTorch
atan2, fmod = _binary("atan2"), _binary("fmod")
floordiv, mod = _binary("floordiv"), _binary("mod")
maximum, minimum = _binary("maximum"), _binary("minimum")
lt, le, eq, ne = (_binary(k) for k in ("lt", "le", "eq", "ne"))
bitwise_and, bitwise_or = _binary("bitwise_and"), _binary("bitwise_or")
bitwise_xor, shl, shr = _binary("bitwise_xor"), _binary("shl"), _binary("shr")

_WHERE, _CAST, _BITCAST = (ELEMENTWISE[k] for k in ("where", "cast", "bitcast"))
_PHILOX = ELEMENTWISE["philox"]


def where(mask: Node, yes: Node, no: Node) -> Node:
    return node(_WHERE, (mask, yes, no))


def philox(first: Node, key: Node, position: Node) -> Node:
    """Random words: number `position` of the stream of `key` that begins with block `first`."""
    return node(_PHILOX, (first, key, position))


def cast(x: Node, dtype: DType) -> Node:
    return x if x.dtype is dtype else node(_CAST, (x,), dtype)


def bitcast(x: Node, dtype: DType) -> Node:
    return x if x.dtype is dtype else node(_BITCAST, (x,), dtype)


# Views ----------------------------------------------------------------------------------------

_RESHAPE, _PERMUTE, _EXPAND, _FLIP = (VIEWS[k] for k in ("reshape", "permute", "expand", "flip"))
_SLICE, _PAD, _WINDOW = (VIEWS[k] for k in ("slice", "pad", "window"))


def reshape(x: Node, shape: Shape) -> Node:
    """One dimension may be -1: it takes what is left."""
    if -1 in shape:
        known = 1
        for n in shape:
            known *= n if n != -1 else 1
        shape = tuple([x.size // known if n == -1 else n for n in shape])
    return x if shape == x.shape else node(_RESHAPE, (x,), shape)


def permute(x: Node, order: tuple[int, ...]) -> Node:
    return x if order == tuple(range(len(order))) else node(_PERMUTE, (x,), order)


def expand(x: Node, shape: Shape) -> Node:
    if shape == x.shape:
        return x
    if math.prod(shape) >= MOST:
        raise ValueError(f"got {list(shape)}, expected fewer than 2**60 elements")
    return node(_EXPAND, (x,), shape)


def flip(x: Node, axes: tuple[int, ...]) -> Node:
    return node(_FLIP, (x,), tuple(sorted(axes))) if axes else x


def slice_(x: Node, axes: tuple[tuple[int, int, int], ...], starts: Sequence[Node]) -> Node:
    """`axes`: (axis, length, step) each; `starts`: one int64 scalar each."""
    return node(_SLICE, (x, *starts), axes) if axes else x


def slice_at(x: Node, axis: int, start: int, length: int, step: int = 1) -> Node:
    """A slice whose start is part of the structure."""
    if start == 0 and step == 1 and length == x.shape[axis]:
        return x
    return slice_(x, ((axis, length, step),), (const(start, int64),))


def pad(x: Node, axes: tuple[tuple[int, int, int], ...], starts: Sequence[Node],
        fill: float | int | bool = 0) -> Node:  # fmt: skip
    """Embeds x: along each (axis, full, step) it begins at `start`; elsewhere stands `fill`."""
    if not axes:
        return x
    if fill == 0 and math.copysign(1.0, fill) < 0:  # parts of nodes are equal as numbers are
        return neg(pad(neg(x), axes, starts, 0.0))
    if max(1, x.size) * math.prod([full for _, full, _ in axes]) >= MOST:
        raise ValueError(f"got sizes {[full for _, full, _ in axes]}, expected fewer elements")
    return node(_PAD, (x, *starts), (axes, fill))


def pad_around(x: Node, widths: Sequence[tuple[int, int]], fill: float | int | bool = 0) -> Node:
    """NumPy's constant padding: (before, after) for each dimension, none negative."""
    axes, starts = [], []
    for axis, (before, after) in enumerate(widths):
        if before or after:
            axes.append((axis, before + x.shape[axis] + after, 1))
            starts.append(const(before, int64))
    return pad(x, tuple(axes), starts, fill)


def window(x: Node, axis: int, size: int, step: int = 1, dilation: int = 1) -> Node:
    """Sliding windows along an axis; their slots become a new last axis."""
    step = min(step, max(1, x.shape[axis]))  # one beyond the axis leaves one window all the same
    return node(_WINDOW, (x,), (axis, size, step, dilation))


def skew(x: Node, axis: int, full: int, step: int, dilation: int) -> Node:
    """Moves each slot k of the last axis to the places that its windows read."""
    return node(VIEWS["skew"], (x,), (axis, full, step, dilation))


def unskew(x: Node, axis: int, count: int, step: int, dilation: int) -> Node:
    """The adjoint of `skew`: [.., o, .., k] reads [.., o*step + k*dilation, .., k]."""
    return node(VIEWS["unskew"], (x,), (axis, count, step, dilation))


def fold(x: Node, axis: int, full: int, step: int = 1, dilation: int = 1) -> Node:
    """The adjoint of `window`: overlapping slots (the last axis) add up."""
    last = len(x.shape) - 1
    size = x.shape[last]
    if (step == size and dilation == 1) or size == 1:
        return _tiled(x, axis, full, step)
    return reshape(
        sum_(skew(x, axis, full, step, dilation), (last,)),
        tuple([full if i == axis else n for i, n in enumerate(x.shape[:-1])]),
    )


def _tiled(x: Node, axis: int, full: int, step: int) -> Node:
    """As `fold` of windows that do not overlap: each slot has a place of its own."""
    last = len(x.shape) - 1
    count, size = x.shape[axis], x.shape[last]
    order = [*range(axis + 1), last, *range(axis + 1, last)]
    shape = [count * size if i == axis else n for i, n in enumerate(x.shape[:-1])]
    side_by_side = reshape(permute(x, tuple(order)), tuple(shape))
    apart = step if size == 1 else 1
    return pad(side_by_side, ((axis, full, apart),), (const(0, int64),), 0)


# Reductions -----------------------------------------------------------------------------------

_SUM, _PROD, _MAX, _MIN = (REDUCTIONS[k] for k in ("sum", "prod", "max", "min"))
_CONTRACT, _SCAN = REDUCTIONS["contract"], REDUCTIONS["scan"]


def sum_(x: Node, axes: tuple[int, ...]) -> Node:
    return node(_SUM, (x,), axes) if axes else x


def prod(x: Node, axes: tuple[int, ...]) -> Node:
    return node(_PROD, (x,), axes) if axes else x


def max_(x: Node, axes: tuple[int, ...], ties: str = "share") -> Node:
    """`ties`: which of several equal maxima gets the gradient, all ("share") or the "first"."""
    return node(_MAX, (x,), (axes, ties)) if axes else x


def min_(x: Node, axes: tuple[int, ...], ties: str = "share") -> Node:
    return node(_MIN, (x,), (axes, ties)) if axes else x


def scan(x: Node, axis: int, mode: str = "add") -> Node:
    """Inclusive cumulative add, mul, max or min."""
    return node(_SCAN, (x,), (axis, mode))


Labels = tuple[int, ...]


def contract(a: Node, b: Node, lhs: Labels, rhs: Labels, out: Labels) -> Node:
    """einsum of two operands by labels; a label in one operand alone is summed before."""
    for_a = tuple([i for i, k in enumerate(lhs) if k not in rhs and k not in out])
    for_b = tuple([i for i, k in enumerate(rhs) if k not in lhs and k not in out])
    if for_a:
        a = reshape(sum_(a, for_a), tuple(n for i, n in enumerate(a.shape) if i not in for_a))
        lhs = tuple(k for i, k in enumerate(lhs) if i not in for_a)
    if for_b:
        b = reshape(sum_(b, for_b), tuple(n for i, n in enumerate(b.shape) if i not in for_b))
        rhs = tuple(k for i, k in enumerate(rhs) if i not in for_b)
    return node(_CONTRACT, (a, b), (lhs, rhs, out))


def matmul(a: Node, b: Node) -> Node:
    """(..., m, k) @ (..., k, n) with equal leading dimensions."""
    lead = tuple(range(len(a.shape) - 2))
    m, k, n = len(lead), len(lead) + 1, len(lead) + 2
    return contract(a, b, (*lead, m, k), (*lead, k, n), (*lead, m, n))


def contract_to(g: Node, out: Labels, other: Node, other_labels: Labels,
                want: Labels, shape: Shape) -> Node:  # fmt: skip
    """The gradient of a contraction: labels that only the wanted operand had are spread out."""
    present = tuple(k for k in want if k in out or k in other_labels)
    part = contract(g, other, out, other_labels, present)
    if present != want:
        sizes = tuple(n if k in present else 1 for k, n in zip(want, shape, strict=True))
        part = expand(reshape(part, sizes), shape)
    return part


def linear(x: Node, axis: int, matrix: tuple[tuple[float, ...], ...]) -> Node:
    """Along an axis, the product of a small matrix of constants and what lies there."""
    return node(REDUCTIONS["linear"], (x,), (axis, matrix))


# Indexing, sorting, marks ---------------------------------------------------------------------


def gather(x: Node, index: Node, axis: int) -> Node:
    """x at `index` (int64) along an axis; other axes of the index are of x's size, or 1."""
    return node(INDEXING["gather"], (x, index), axis)


def scatter(index: Node, values: Node, axis: int, count: int, mode: str = "add") -> Node:
    """The adjoint of `gather`: an array of `count` along the axis that collects the values."""
    return node(INDEXING["scatter"], (index, values), (axis, count, mode))


def argsort(x: Node, axis: int, descending: bool = False) -> Node:
    """The stable order along an axis, int64; NaN counts as largest."""
    return node(INDEXING["argsort"], (x,), (axis, descending))


def topk(x: Node, axis: int, count: int, descending: bool = True) -> Node:
    """The first `count` places of the stable order along an axis, int64."""
    return node(INDEXING["topk"], (x,), (axis, descending, count))


def variable(x: Node, number: int) -> Node:
    """Marks x as the value of a differentiable leaf."""
    return node(MARKERS["variable"], (x,), number)


def detach(x: Node) -> Node:
    return node(MARKERS["detach"], (x,)) if x.tracked else x


def assign(old: Node, new: Node) -> Node:
    """`new`, to be written over the memory of `old` where nobody needs `old` any more."""
    return node(MARKERS["assign"], (old, new))


def transfer(x: Node, source: Any, target: Any) -> Node:
    """x on another device; the devices are opaque keys."""
    return node(MARKERS["transfer"], (x,), (source, target))


def on(x: Node, device: Any) -> Node:
    """x as a node of one device, an opaque key: the rest of the world has x itself."""
    return node(MARKERS["on"], (x,), device)


def recomputed(inputs: Sequence[Node], x: Node, gradients: Any) -> Node:
    """x, made of `inputs` by another graph: `gradients(g)` gives theirs, None where none flows."""
    return node(MARKERS["recomputed"], (*inputs, x), gradients)


# Composites that gradient rules share ---------------------------------------------------------


def unbroadcast(g: Node, shape: Shape) -> Node:
    """Sums g over the axes along which `shape` was broadcast."""
    if g.shape == shape:
        return g
    extra = len(g.shape) - len(shape)
    axes = tuple(
        [i for i, n in enumerate(g.shape) if i < extra or (shape[i - extra] == 1 and n != 1)]
    )
    return reshape(sum_(g, axes), shape)


def flat_iota(shape: Shape, axes: tuple[int, ...], dtype: DType = int64) -> Node:
    """Row-major position among `axes`, broadcastable to `shape`."""
    count = math.prod(shape[a] for a in axes)
    return reshape(iota(count, dtype), tuple([n if i in axes else 1 for i, n in enumerate(shape)]))


def first_match(x: Node, value: Node, axes: tuple[int, ...]) -> Node:
    """First position along `axes` where x equals `value` (NaN equals NaN), axes kept; int32 where
    that reaches, as twice as many fit into a vector."""
    count = math.prod(x.shape[a] for a in axes)
    dtype = int32 if count < 2**31 else int64
    hit = eq(x, value)
    if x.dtype.kind == "f":
        hit = bitwise_or(hit, bitwise_and(isnan(x), isnan(value)))
    return min_(where(hit, flat_iota(x.shape, axes, dtype), const(count, dtype)), axes)


def shift_in(x: Node, axis: int, value: Node) -> Node:
    """x moved one place along an axis, `value` (a CONST) coming in first, the last one gone."""
    kept = slice_at(x, axis, 0, x.shape[axis] - 1)
    widths = [(1, 0) if i == axis else (0, 0) for i in range(len(x.shape))]
    return pad_around(kept, widths, const_value(value))
