"""Reductions cut to lengths that suit: long ones in stages, so that every core has work, those
over windows of a few elements in single terms, so that vectors run along the results.

Narrow floats add up wide.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from functools import reduce

from . import ops
from .dtype import float32, int64
from .graph import Node, Shape, node, rewrite
from .limits import Limits
from .reduction import contract_shape
from .split_lines import split_line, split_scan

__all__ = ["split_reductions", "unit_reshape"]

_DEEP = 2048  # positions a contraction sums, from which parts side by side may pay
_TILE = 384  # results that keep one work-item busy
_LAUNCHES = 2  # whose cost a core must take for what a second stage spares it
_LONG_ROW, _LONG_COLUMN = 16384, 256  # the same where items and work-groups share the work
_ROWS, _LONG_PART = 256, 16384  # parts of one sum on a CPU, where each is so long
_PART = 256  # positions that a part of a GPU's contraction sums at least
_PIECE = 4096  # results that a work-group should have at least one of
_SHORT = 32  # elements of a window that stand as terms of one expression
_TALL = 256  # rows that one work-item adds up: pages of more than that leave its address cache


def _long(limits: Limits) -> int:
    """Elements that a core alone reads within the cost of a second stage, as a power of 2."""
    rates = limits.rates
    alone = min(rates.l3_rate, rates.memory_rate) / 2
    return 1 << round(math.log2(_LAUNCHES * rates.launch_ns * alone / float32.itemsize))


def unit_reshape(mapping: tuple[int, ...], old: Shape, new: Shape) -> tuple[int, ...] | None:
    """`mapping` of the dimensions of `old` carried to `new`, where only ones come and go."""
    kept = [m for m, n in zip(mapping, old, strict=True) if n != 1]
    if [n for n in old if n != 1] != [n for n in new if n != 1]:
        return None
    left = iter(kept)
    return tuple([next(left) if n != 1 else -1 for n in new])


def _parts(count: int, wanted: int = 64) -> int:
    """How many parts to split `count` into: the divisor nearest to what is wanted, from an eighth
    of that to four times as much, or 1."""
    found = [d for d in range(max(2, wanted // 8), 4 * wanted + 1) if count % d == 0 and count > d]
    return min(found, key=lambda d: (abs(d - wanted), d)) if found else 1


def _pairwise(n: Node) -> Callable[[Node, Node], Node]:
    """The operation on two elements that a reduction repeats."""
    names = {"sum": ops.add, "prod": ops.mul, "max": ops.maximum, "min": ops.minimum}
    if n.dtype.kind == "b":
        names |= {"max": ops.bitwise_or, "min": ops.bitwise_and}
    return names[n.op.name]


def _of_windows(x: Node) -> list[Node] | None:
    """The few operations, sources first, that make `x` of windows; None if it is made otherwise."""
    order: list[Node] = []
    stack, seen, windows = [(x, False)], {x}, False
    while stack and len(seen) <= _SHORT:
        n, done = stack.pop()
        if done:
            order.append(n)
        elif n.op.kind == "elementwise":
            stack.append((n, True))
            stack += [(s, False) for s in n.src if s not in seen]
            seen.update(n.src)
        else:
            while n.op.kind == "view" and n.op.name not in ("window", "skew"):
                n = n.src[0]
            windows = windows or n.op.name in ("window", "skew")
    return order if windows and not stack else None


def _unroll(n: Node) -> Node | None:
    """A reduction over small windows, term by term: edges then depend on the result's place."""
    x = n.src[0]
    axes: tuple[int, ...] = n.arg[0] if isinstance(n.arg[0], tuple) else n.arg
    if not 1 < math.prod(x.shape[axis] for axis in axes) <= _SHORT:
        return None
    x = ops.cast(x, float32 if n.dtype.is_narrow else n.dtype)
    order = _of_windows(x)
    if order is None:
        return None
    terms: list[Node] = []
    for places in itertools.product(*(range(x.shape[axis]) for axis in axes)):
        made: dict[Node, Node] = {}
        for y in order:
            cut = [made[s] if s in made else _cut_at(s, axes, places, x) for s in y.src]
            made[y] = node(y.op, tuple(cut), y.arg)
        terms.append(made[x] if order else _cut_at(x, axes, places, x))
    return ops.cast(ops.reshape(reduce(_pairwise(n), terms), n.shape), n.dtype)


def _cut_at(s: Node, axes: Sequence[int], places: Sequence[int], whole: Node) -> Node:
    """One place along the axes of `whole`, with which `s` is broadcast."""
    for axis, place in zip(axes, places, strict=True):
        own = axis - (len(whole.shape) - len(s.shape))
        if own >= 0 and s.shape[own] != 1:
            s = ops.slice_at(s, own, place, 1)
    return s


def _innermost(x: Node) -> int:
    """The axis of `x` along which its largest operand lies in memory, as far as can be seen."""
    at = tuple(range(len(x.shape)))  # the axis of x for each dimension of the node
    while True:
        if x.op.kind == "elementwise":
            x = max(x.src, key=lambda s: s.size)
            at = at[len(at) - len(x.shape) :]
        elif x.op.name == "permute":
            x, at = x.src[0], tuple(at[x.arg.index(d)] for d in range(len(at)))
        elif x.op.name == "reshape" and unit_reshape(at, x.shape, x.src[0].shape) is not None:
            at = unit_reshape(at, x.shape, x.src[0].shape) or ()
            x = x.src[0]
        else:
            return max((d for d, m in zip(at, x.shape, strict=True) if m != 1), default=-1,
                       key=lambda d: at.index(d))  # fmt: skip


def _split(n: Node, limits: Limits) -> Node | None:
    x = n.src[0]
    nested = isinstance(n.arg[0], tuple)
    axes: tuple[int, ...] = n.arg[0] if nested else n.arg
    kept = n.size
    wide = limits.kind == "gpu"
    last = max((d for d, m in enumerate(x.shape) if m != 1), default=-1)
    columns = (_innermost(x) not in axes) if wide else axes[-1] != last
    least = (_LONG_COLUMN if columns else _LONG_ROW) if wide else _long(limits)
    long = kept and x.size // kept >= least
    few = kept < 8 * limits.compute_units or (columns and kept < 128 * limits.compute_units)
    axis = next(a for a in axes if x.shape[a] == max(x.shape[b] for b in axes))
    tall = columns and limits.kind == "cpu" and x.shape[axis] >= 4 * _TALL and kept >= _TALL
    if not (long and few) and not tall:
        return None

    def again(y: Node, over: tuple[int, ...]) -> Node:
        return node(n.op, (y,), (over, n.arg[1]) if nested else over)

    count = x.shape[axis]
    wanted = count // _TALL if tall else 64
    if not columns and not wide:  # rows are walked several at a time
        wanted = min(_ROWS, max(wanted, x.size // kept // _LONG_PART))
    if wide:  # a work-group for each row, an item for each few columns
        full = limits.compute_units * (2048 if columns else 8)
        wanted = max(2, min(full // kept, x.size // kept // 32))
        if columns:  # both stages walk their column alone: as long as one another
            wanted = min(wanted, max(math.isqrt(count), full // 2 // kept))
    parts = _parts(count, wanted)
    if parts == 1:  # a prime length: the bulk splits, the rest is short
        bulk = count // 64 * 64
        if count == bulk or bulk < 128:
            return None
        main = ops.slice_(x, ((axis, bulk, 1),), (ops.const(0, int64),))
        rest = ops.slice_(x, ((axis, count - bulk, 1),), (ops.const(bulk, int64),))
        bulk_sum = again(main, axes)
        return _pairwise(n)(_split(bulk_sum, limits) or bulk_sum, again(rest, axes))
    shape = (*x.shape[:axis], parts, count // parts, *x.shape[axis + 1 :])
    parted = ops.reshape(x, shape)
    first = tuple(a + (a >= axis) for a in axes)
    if wide and columns:  # results of a part lie side by side, as their operands do
        parted = ops.permute(parted, (axis, *(d for d in range(len(shape)) if d != axis)))
        first, axis = tuple(a + 1 for a in axes), 0
    stage = again(parted, first)
    return ops.reshape(again(stage, (axis,)), n.shape)


def _split_wide(n: Node, limits: Limits) -> Node | None:
    """As `_split`; parts of the sum may lie beyond the dtype of the whole one."""
    whole = _split(node(n.op, (ops.cast(n.src[0], float32),), n.arg), limits)
    return None if whole is None else ops.cast(whole, n.dtype)


def _scatter_wide(n: Node) -> Node | None:
    """Sums at places are kept in memory, where float16 and bfloat16 would round each addition."""
    index, values = n.src
    axis, count, mode = n.arg
    if not n.dtype.is_narrow or mode != "add":
        return None
    summed = ops.scatter(index, ops.cast(values, float32), axis, count, mode)
    summed.origin = summed.origin or n.origin
    return ops.cast(summed, n.dtype)


def _split_contraction(n: Node, limits: Limits) -> Node | None:
    """A contraction with few results and a long sum: parts of the sum side by side."""
    a, b = n.src
    lhs, rhs, out = n.arg
    sizes = contract_shape(a, b, n.arg)
    contracted = [x for x in lhs if x not in out]
    depth = 1
    for x in contracted:
        depth *= sizes[x]
    few = n.size < _TILE * 4 * limits.compute_units
    wanted = min(8 * limits.compute_units, depth // (_DEEP // 4))
    if limits.kind == "gpu":
        few = few or n.size < _PIECE * limits.compute_units
        wanted = min(max(1, 2 * _PIECE * limits.compute_units // max(1, n.size)), depth // _PART)
    least = 2 * _PART if limits.kind == "gpu" else _DEEP
    if limits.has_mma and n.dtype.is_narrow:
        least = 8 * _DEEP  # parts are products of float32, many times slower
    short = limits.kind == "cpu" and a.size + b.size < _long(limits)
    if not contracted or depth < least or not few or short:
        return None
    longest = max(contracted, key=lambda x: sizes[x])
    count = sizes[longest]
    parts = max((d for d in range(1, wanted + 1) if count % d == 0), default=1)
    if parts < 2:
        return None
    part = 1 + max(*lhs, *rhs)

    def cut(x: Node, labels: tuple[int, ...]) -> tuple[Node, tuple[int, ...]]:
        at = labels.index(longest)
        shape = (*x.shape[:at], parts, count // parts, *x.shape[at + 1 :])
        return ops.reshape(x, shape), (*labels[:at], part, *labels[at:])

    (a, lhs), (b, rhs) = cut(a, lhs), cut(b, rhs)
    if n.dtype.is_narrow:  # parts of the sum may lie beyond the dtype of the whole one
        a, b = ops.cast(a, float32), ops.cast(b, float32)
    stage = ops.contract(a, b, lhs, rhs, (part, *out))
    return ops.cast(ops.reshape(ops.sum_(stage, (0,)), n.shape), n.dtype)


def split_reductions(outputs: Sequence[Node], limits: Limits) -> list[Node]:
    """The outputs with reductions of much into little done in two stages."""

    def rule(n: Node) -> Node | None:
        if n.op.name in ("sum", "prod", "max", "min"):
            split = _split_wide if n.dtype.is_narrow else _split
            return split(n, limits) or _unroll(n)
        if n.op.name == "scatter":
            return _scatter_wide(n)
        if n.op.kind == "sort":
            return split_line(n, limits)
        if n.op.kind == "scan":
            return split_scan(n, limits)
        if n.op.name == "contract":
            return _split_contraction(n, limits)
        return None

    return rewrite(outputs, rule)[0]
