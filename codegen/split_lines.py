"""Sorts, selections and scans in forms that suit their sizes: lines side by side in memory, long
lines in parts, so that every core has work."""

from . import ops
from .dtype import DType, float32, int64
from .graph import Node
from .indexing import scatter_identity
from .irregular import scan_dtype, topk_room
from .limits import Limits
from .sort_functions import takes_topk

__all__ = ["split_line", "split_scan"]

_FEW = 8  # an order is found by selection where it wants less than this part of a line
_LONG = 32768  # elements of a line that is cut where there are few lines
_SCANNED = 32768, 128  # elements of a part of a scan at least, on a CPU and on a GPU
_SCANS = 4, 256  # parts of scans for each core of a CPU, and of a GPU
_TOTALS = {"add": ops.sum_, "mul": ops.prod, "max": ops.max_, "min": ops.min_}
_PAIRS = {"add": ops.add, "mul": ops.mul, "max": ops.maximum, "min": ops.minimum}


def _is_last(shape: tuple[int, ...], axis: int) -> bool:
    return all(m == 1 for m in shape[axis + 1 :])


def _ordered(n: Node, x: Node, axis: int) -> Node:
    if n.op.name == "argsort":
        return ops.argsort(x, axis, n.arg[1])
    return ops.topk(x, axis, n.arg[2], n.arg[1])


def _along_last(n: Node, limits: Limits) -> Node:
    """A sort along another axis than the last: of the transposed operand, which is stored."""
    axis, last = n.arg[0], n.ndim - 1
    swapped = list(range(n.ndim))
    swapped[axis], swapped[last] = last, axis
    along = _ordered(n, ops.permute(n.src[0], tuple(swapped)), last)
    return ops.permute(split_line(along, limits) or along, tuple(swapped))


def _lowest(dtype: DType, descending: bool) -> float | int | bool:
    """A value that no other of the dtype comes behind."""
    if dtype.kind == "b":
        return not descending
    if dtype.kind == "f":
        return float("-inf") if descending else float("nan")
    bits, signed = 8 * dtype.itemsize, dtype.kind == "i"
    if descending:
        return -(1 << (bits - 1)) if signed else 0
    return (1 << (bits - signed)) - 1


def _topk(n: Node, limits: Limits) -> Node | None:
    x = n.src[0]
    axis, descending, count = n.arg
    length = x.shape[axis]
    fits = 8 * (topk_room(count) + 1) <= limits.local_bytes // 2
    if not takes_topk(x.dtype) or _FEW * count > length or not fits or length >= 1 << 31:
        return ops.slice_at(ops.argsort(x, axis, descending), axis, 0, count)
    lines = n.size // count
    parts = min(4 * limits.compute_units // lines, length // max(_LONG // 4, _FEW * count))
    return _topk_of_parts(n, parts) if parts > 1 and length >= _LONG else None


def _topk_of_parts(n: Node, parts: int) -> Node:
    """The first of each part, then the first among these, in whose order ties are as before."""
    x = n.src[0]
    axis, descending, count = n.arg
    size = -(-x.shape[axis] // parts)
    widths = [(0, parts * size - m if d == axis else 0) for d, m in enumerate(x.shape)]
    padded = ops.pad_around(x, widths, _lowest(x.dtype, descending)) if sum(widths[axis]) else x
    lead, rest = x.shape[:axis], x.shape[axis + 1 :]
    cut = ops.reshape(padded, (*lead, parts, size, *rest))
    best = ops.topk(cut, axis + 1, count, descending)
    starts = ops.reshape(
        ops.mul(ops.iota(parts), ops.const(size, int64)),
        (*(1,) * len(lead), parts, *(1,) * (1 + len(rest))),
    )
    flat = (*lead, parts * count, *rest)
    values = ops.reshape(ops.gather(cut, best, axis + 1), flat)
    places = ops.reshape(ops.add(best, starts), flat)
    return ops.gather(places, ops.topk(values, axis, count, descending), axis)


def split_line(n: Node, limits: Limits) -> Node | None:
    """A better form of an argsort or a topk; None where it has the best one."""
    if not n.size:
        return None
    if not _is_last(n.src[0].shape, n.arg[0]):
        return _along_last(n, limits)
    return _topk(n, limits) if n.op.name == "topk" else None


def split_scan(n: Node, limits: Limits) -> Node | None:
    """Few long lines in parts side by side, each of which goes on from the total of those before
    it; None where there are lines for every core, or short ones."""
    if n.dtype.is_narrow:  # totals of parts would round
        whole = split_scan(ops.scan(ops.cast(n.src[0], float32), *n.arg), limits)
        return None if whole is None else ops.cast(whole, n.dtype)
    axis, mode = n.arg
    x, length = n.src[0], n.shape[axis]
    parts = _scan_parts(n.size // max(1, length), length, limits)
    if parts < 2:
        return None
    size = -(-length // parts)
    identity = 1 if mode == "mul" else scatter_identity(mode, n.dtype)
    widths = [(0, parts * size - m if d == axis else 0) for d, m in enumerate(x.shape)]
    padded = ops.pad_around(x, widths, identity) if parts * size > length else x
    lead, rest = x.shape[:axis], x.shape[axis + 1 :]
    cut = ops.reshape(padded, (*lead, parts, size, *rest))
    wide = scan_dtype(n.dtype, mode, limits)
    totals = ops.scan(_TOTALS[mode](ops.cast(cut, wide), (axis + 1,)), axis, mode)
    before = ops.cast(ops.shift_in(totals, axis, ops.const(identity, wide)), n.dtype)
    first = ops.eq(ops.flat_iota(cut.shape, (axis + 1,)), ops.const(0, int64))
    begun = ops.where(first, _PAIRS[mode](before, cut), cut)
    flat = ops.reshape(ops.scan(begun, axis + 1, mode), (*lead, parts * size, *rest))
    return ops.slice_at(flat, axis, 0, length)


def _scan_parts(lines: int, length: int, limits: Limits) -> int:
    """How many parts each line of a scan is cut into."""
    gpu = limits.kind == "gpu"
    if not lines or (not gpu and lines >= limits.compute_units):
        return 1
    most = min(limits.compute_units * _SCANS[gpu] // lines, length // _SCANNED[gpu])
    if gpu:
        return most
    # another copy, of a padded line, would cost as much as cores gain
    return max((d for d in range(1, most + 1) if length % d == 0), default=1)
