"""Elements at other places: copies, unlike the views of `movement`."""

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import bool_, int64
from lazygrad.codegen.graph import Node

from .creation import sizes
from .errors import ShapeError, wrap_dim
from .handle import TensorBase
from .joining import concatenate_nodes
from .realize import from_host, host_view
from .shape_arguments import one_tuple, whole_number, wrap_dims

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["RearrangingMethods"]


def _repeated(node: Node, counts: tuple[int, ...]) -> Node:
    """Each axis `counts[i]` times over; there are as many counts as axes."""
    spread: list[int] = []
    lined: list[int] = []
    for n, count in zip(node.shape, counts, strict=True):
        lined += [1, n]
        spread += [count, n]
    shape = tuple([n * count for n, count in zip(node.shape, counts, strict=True)])
    return ops.reshape(ops.expand(ops.reshape(node, tuple(lined)), tuple(spread)), shape)


def _rolled(node: Node, shift: int, axis: int) -> Node:
    """The last `shift` slices of an axis brought to the front."""
    n = node.shape[axis]
    if n == 0 or shift % n == 0:
        return node
    cut = n - shift % n
    last = ops.slice_at(node, axis, cut, n - cut)
    return concatenate_nodes([last, ops.slice_at(node, axis, 0, cut)], axis)


def _triangle(node: Node, diagonal: int, lower: bool) -> Node:
    """Zeros above (or below) a diagonal of the last two axes."""
    rows, columns = node.shape[-2:]
    row = ops.reshape(ops.iota(rows), (rows, 1))
    column = ops.iota(columns)
    edge = ops.add(row, ops.const(diagonal, int64)) if diagonal else row
    kept = ops.le(column, edge) if lower else ops.le(edge, column)
    return ops.where(kept, node, ops.const(0, node.dtype))


class RearrangingMethods(TensorBase):
    """Repeating, turning, cutting to triangles."""

    def repeat(self, *repeats: Any) -> "Tensor":
        """The tensor so many times over along each dimension; new dimensions come first."""
        counts = tuple([whole_number("repeat", n) for n in one_tuple(repeats)])
        node = self._node
        if len(counts) < node.ndim or any(n < 0 for n in counts):
            raise ShapeError(
                f"repeat: got repeats {list(counts)} for shape {list(node.shape)}, expected one "
                "count, not negative, for each dimension: number of dimensions of repeat dims can "
                "not be smaller than number of dimensions of tensor"
            )
        lead = (1,) * (len(counts) - node.ndim)
        return self._wrap(_repeated(ops.reshape(node, lead + node.shape), counts))

    def tile(self, *dims: Any) -> "Tensor":
        """As `repeat`, but missing counts are 1."""
        counts = one_tuple(dims)
        return self.repeat(*(1,) * (self._node.ndim - len(counts)), *counts)

    def repeat_interleave(
        self, repeats: Any, dim: int | None = None, *, output_size: int | None = None
    ) -> "Tensor":
        """Each slice along `dim` (None: each element) repeated in its place.

        `repeats`: a number, or one for each slice (which realizes a tensor).
        Raises RuntimeError for another number of counts, or negative ones.
        """
        node = self._node
        if dim is None:
            node, axis = ops.reshape(node, (node.size,)), 0
        else:
            axis = wrap_dim("repeat_interleave", dim, node.ndim)
            node = node if node.shape else ops.reshape(node, (1,))
        n = node.shape[axis]
        counts: Any = repeats
        if isinstance(repeats, TensorBase):
            counts = host_view(repeats._node, repeats._base.device)
        counts = np.asarray(counts)
        if (
            counts.dtype.kind not in "ui"
            or counts.ndim > 1
            or counts.size not in (1, n)
            or (counts.size and counts.min() < 0)
        ):
            raise RuntimeError(
                f"repeat_interleave: got repeats {counts.tolist()}, expected an integer that is "
                f"not negative, or {n} of them: repeats must have the same size as input along dim"
            )
        total = int(counts.sum()) * (n if counts.size == 1 else 1)
        if output_size is not None and output_size != total:
            raise RuntimeError(
                f"repeat_interleave: Invalid output_size, expected {total} but got {output_size}"
            )
        if counts.size == 1:
            return self._wrap(_interleaved(node, int(counts.reshape(())), axis))
        places = np.repeat(np.arange(n), counts)
        lined = tuple([places.size if i == axis else 1 for i in range(node.ndim)])
        index = from_host(places.reshape(lined), int64, self._base.device)
        return self._wrap(ops.gather(node, index, axis))

    def roll(self, shifts: Any, dims: Any = None) -> "Tensor":
        """Elements moved on along dimensions (None: in row-major order), the last coming first."""
        node = self._node
        moves = shifts if isinstance(shifts, (tuple, list)) else (shifts,)
        if dims is None or dims == ():
            if len(moves) != 1:
                raise RuntimeError(f"roll: got {len(moves)} shifts, expected as many dims")
            flat = _rolled(ops.reshape(node, (node.size,)), operator.index(moves[0]), 0)
            return self._wrap(ops.reshape(flat, node.shape))
        axes = dims if isinstance(dims, (tuple, list)) else (dims,)
        if len(axes) != len(moves):
            raise RuntimeError(
                f"roll: shifts and dimensions must align. shifts: {len(moves)}, dims:{len(axes)}"
            )
        for shift, dim in zip(moves, axes, strict=True):
            node = _rolled(node, operator.index(shift), wrap_dim("roll", dim, node.ndim))
        return self._wrap(node)

    def flip(self, *dims: Any) -> "Tensor":
        """A copy with the order along some dimensions reversed."""
        node = self._node
        axes = wrap_dims("flip", one_tuple(dims), node.ndim)
        return self._wrap(ops.flip(node, tuple(axes)) if node.shape else node)

    def fliplr(self) -> "Tensor":
        """`flip(1)`."""
        if self._node.ndim < 2:
            raise RuntimeError(f"fliplr: Input must be >= 2-d, got {self._node.ndim} dimensions")
        return self.flip(1)

    def flipud(self) -> "Tensor":
        """`flip(0)`."""
        if self._node.ndim < 1:
            raise RuntimeError("flipud: Input must be >= 1-d, got no dimensions")
        return self.flip(0)

    def rot90(self, k: int = 1, dims: Any = (0, 1)) -> "Tensor":
        """Turned k times by 90 degrees, from the first of two dimensions towards the second."""
        node = self._node
        if len(dims) != 2:
            raise RuntimeError(f"rot90: expected total rotation dims == 2, but got {list(dims)}")
        a, b = wrap_dims("rot90", dims, node.ndim)
        order = list(range(node.ndim))
        order[a], order[b] = b, a
        turns = k % 4
        if turns == 2:
            node = ops.flip(node, (a, b))
        elif turns == 1:
            node = ops.permute(ops.flip(node, (b,)), tuple(order))
        elif turns == 3:
            node = ops.flip(ops.permute(node, tuple(order)), (b,))
        return self._wrap(node)

    def tril(self, diagonal: int = 0) -> "Tensor":
        """The last two dimensions on and below a diagonal, zeros above it."""
        self._check_matrix("tril")
        return self._wrap(_triangle(self._node, diagonal, True))

    def triu(self, diagonal: int = 0) -> "Tensor":
        """The last two dimensions on and above a diagonal, zeros below it."""
        self._check_matrix("triu")
        return self._wrap(_triangle(self._node, diagonal, False))

    def _check_matrix(self, name: str) -> None:
        if self._node.ndim < 2:
            raise RuntimeError(
                f"{name}: input tensor must have at least 2 dimensions, got shape "
                f"{list(self._node.shape)}"
            )

    def diag(self, diagonal: int = 0) -> "Tensor":
        """A vector as the diagonal of a square of zeros; of a matrix its diagonal."""
        node = self._node
        if node.ndim == 1:
            return self.diag_embed(diagonal)
        if node.ndim != 2:
            raise RuntimeError(
                f"diag(): Supports 1D or 2D tensors. Got {node.ndim}D: shape {list(node.shape)}"
            )
        view: Any = self
        return view.diagonal(diagonal).clone()  # type: ignore[no-any-return]

    def diag_embed(self, offset: int = 0, dim1: int = -2, dim2: int = -1) -> "Tensor":
        """The last dimension as the diagonal of two new ones, zeros elsewhere."""
        node = self._node
        n = node.shape[-1]
        size = n + abs(offset)
        sizes("diag_embed", (*node.shape[:-1], size, size))
        first, second = wrap_dims("diag_embed", (dim1, dim2), node.ndim + 1)
        if first > second:
            first, second, offset = second, first, -offset
        row = ops.reshape(ops.iota(size), (size, 1))
        column = ops.iota(size)
        rest = ops.add(row, ops.const(offset, int64)) if offset else row
        before = (max(-offset, 0), max(offset, 0))
        widths = [(0, 0)] * (node.ndim - 1)
        # along the column axis the values stand where their own columns are
        line = ops.pad_around(node, [*widths, (before[1], size - n - before[1])])
        spread = ops.reshape(line, (*node.shape[:-1], 1, size))
        square = ops.where(ops.eq(rest, column), spread, ops.const(0, node.dtype))
        lead = list(range(node.ndim - 1))
        order: list[int] = []
        for place in range(node.ndim + 1):
            if place == first:
                order.append(node.ndim - 1)
            elif place == second:
                order.append(node.ndim)
            else:
                order.append(lead.pop(0))
        return self._wrap(ops.permute(square, tuple(order)))

    def diff(
        self,
        n: int = 1,
        dim: int = -1,
        prepend: TensorBase | None = None,
        append: TensorBase | None = None,
    ) -> "Tensor":
        """Each element less the one before it along `dim`, n times over."""
        node = self._node
        axis = wrap_dim("diff", dim, node.ndim)
        if n < 0:
            raise RuntimeError(f"diff: order must be non-negative but got {n}")
        parts = [x._node for x in (prepend, self, append) if x is not None]
        if any(p.ndim != node.ndim for p in parts):
            raise ShapeError(
                f"diff: got shapes {[list(p.shape) for p in parts]}, expected prepend and append "
                "to have as many dimensions as the input"
            )
        if len(parts) > 1:
            node = concatenate_nodes([ops.cast(p, node.dtype) for p in parts], axis)
        for _ in range(n):
            count = node.shape[axis]
            if count == 0:
                break
            later = ops.slice_at(node, axis, 1, count - 1)
            earlier = ops.slice_at(node, axis, 0, count - 1)
            minus = ops.bitwise_xor if node.dtype is bool_ else ops.sub
            node = minus(later, earlier)
        return self._wrap(node)


def _interleaved(node: Node, count: int, axis: int) -> Node:
    shape = node.shape
    lined = (*shape[: axis + 1], 1, *shape[axis + 1 :])
    spread = (*shape[: axis + 1], count, *shape[axis + 1 :])
    merged = (*shape[:axis], shape[axis] * count, *shape[axis + 1 :])
    return ops.reshape(ops.expand(ops.reshape(node, lined), spread), merged)
