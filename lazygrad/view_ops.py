"""The operations whose results share storage with their operand.

Each says what it does to a node (`apply`), how a value written to its result changes the operand
(`write`), and what becomes of PyTorch's strides and offset (`layout`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, bool_, int64, uint8
from lazygrad.codegen.graph import Node, Shape

from .errors import ShapeError

__all__ = [
    "Bitcast",
    "Expand",
    "Layout",
    "Mark",
    "Permute",
    "Reshape",
    "Slice",
    "ViewOp",
    "Window",
    "contiguous_stride",
    "dense_layout",
    "is_contiguous",
    "overlaps",
    "reshape_stride",
    "strided_write",
]


class Layout(NamedTuple):
    """PyTorch's logical stride and offset, in elements. Where None stands: contiguous, from 0."""

    stride: tuple[int, ...]
    offset: int


class ViewOp:
    """One link of the chain from a storage's value to a view."""

    __slots__ = ()

    # whether `write` can tell from its result alone what was written where
    exact: ClassVar[bool] = True

    def apply(self, node: Node) -> Node:
        """The view of `node`."""
        raise NotImplementedError

    def write(self, old: Node, new: Node) -> Node:
        """`old` (what `apply` read) after its view became `new`."""
        raise NotImplementedError

    def layout(self, shape: Shape, layout: Layout | None) -> Layout | None:
        """The layout of the view of an operand with `shape` and `layout`."""
        return layout


@dataclass(frozen=True, slots=True)
class Reshape(ViewOp):
    """The same elements in the same order; `layout` raises ShapeError if that needs a copy."""

    shape: Shape

    def apply(self, node: Node) -> Node:
        return ops.reshape(node, self.shape)

    def write(self, old: Node, new: Node) -> Node:
        return ops.reshape(new, old.shape)

    def layout(self, shape: Shape, layout: Layout | None) -> Layout | None:
        if layout is None:
            return None
        stride = reshape_stride(shape, layout.stride, self.shape)
        if stride is None:
            raise ShapeError(
                f"view: size {list(self.shape)} is not compatible with input tensor's size "
                f"{list(shape)} and stride {list(layout.stride)} (at least one dimension spans "
                "across two contiguous subspaces). Use .reshape(...) instead."
            )
        return Layout(stride, layout.offset)


@dataclass(frozen=True, slots=True)
class Permute(ViewOp):
    """Dimension i of the view is dimension `order[i]` of the operand."""

    order: tuple[int, ...]

    def apply(self, node: Node) -> Node:
        return ops.permute(node, self.order)

    def write(self, old: Node, new: Node) -> Node:
        order = self.order
        return ops.permute(new, tuple(sorted(range(len(order)), key=order.__getitem__)))

    def layout(self, shape: Shape, layout: Layout | None) -> Layout | None:
        stride, offset = layout or (contiguous_stride(shape), 0)
        return Layout(tuple([stride[i] for i in self.order]), offset)


@dataclass(frozen=True, slots=True)
class Slice(ViewOp):
    """Parts of some axes: `axes` holds (axis, length, step), `begins` where each begins.

    Make it with `Slice.of`, which makes the `starts`: the beginnings, as a rule late-bound scalars,
    so that slices of one length have one structure wherever they begin.
    """

    axes: tuple[tuple[int, int, int], ...]
    begins: tuple[int, ...]
    starts: tuple[Node, ...]

    @classmethod
    def of(cls, parts: Sequence[tuple[int, int, int, int]], fixed: bool = False) -> "Slice":
        """From (axis, start, length, step) for each cut axis; `fixed` starts are structure."""
        start_node = ops.const if fixed else ops.scalar
        return cls(
            tuple([(axis, length, step) for axis, _, length, step in parts]),
            tuple([start for _, start, _, _ in parts]),
            tuple([start_node(start, int64) for _, start, _, _ in parts]),
        )

    def apply(self, node: Node) -> Node:
        return ops.slice_(node, self.axes, self.starts)

    def write(self, old: Node, new: Node) -> Node:
        shape = old.shape
        axes = tuple([(axis, shape[axis], step) for axis, _, step in self.axes])
        region = [1] * len(shape)
        for axis, length, _ in self.axes:
            region[axis] = length
        inside = ops.expand(ops.const(True, bool_), tuple(region))
        mask = ops.pad(inside, axes, self.starts, False)
        return ops.where(mask, ops.pad(new, axes, self.starts), old)

    def layout(self, shape: Shape, layout: Layout | None) -> Layout | None:
        before, offset = layout or (contiguous_stride(shape), 0)
        stride = list(before)
        for (axis, _, step), start in zip(self.axes, self.begins, strict=True):
            offset += start * before[axis]
            stride[axis] = before[axis] * step
        return Layout(tuple(stride), offset)


@dataclass(frozen=True, slots=True)
class Expand(ViewOp):
    """Axes of size 1, and new leading ones, repeated without a copy."""

    exact: ClassVar[bool] = False
    shape: Shape

    def apply(self, node: Node) -> Node:
        return ops.expand(node, self.shape)

    def layout(self, shape: Shape, layout: Layout | None) -> Layout | None:
        stride, offset = layout or (contiguous_stride(shape), 0)
        missing = len(self.shape) - len(shape)
        spread = [0] * missing + [
            s if n == m else 0 for s, n, m in zip(stride, shape, self.shape[missing:], strict=True)
        ]
        return Layout(tuple(spread), offset)


@dataclass(frozen=True, slots=True)
class Window(ViewOp):
    """Sliding windows along an axis; their slots become a new last axis."""

    exact: ClassVar[bool] = False
    axis: int
    size: int
    step: int = 1
    dilation: int = 1

    def apply(self, node: Node) -> Node:
        return ops.window(node, self.axis, self.size, self.step, self.dilation)

    def layout(self, shape: Shape, layout: Layout | None) -> Layout | None:
        before, offset = layout or (contiguous_stride(shape), 0)
        stride = list(before)
        stride[self.axis] = before[self.axis] * self.step
        return Layout((*stride, before[self.axis] * self.dilation), offset)


@dataclass(frozen=True, slots=True)
class Bitcast(ViewOp):
    """The same bits read as another dtype of the same size."""

    dtype: DType

    def apply(self, node: Node) -> Node:
        return ops.bitcast(node, self.dtype)

    def write(self, old: Node, new: Node) -> Node:
        return ops.bitcast(new, old.dtype)


@dataclass(frozen=True, slots=True)
class Mark(ViewOp):
    """The value as a leaf that gradients are taken for; `number` finds its tensor again."""

    number: int

    def apply(self, node: Node) -> Node:
        return ops.variable(ops.detach(node), self.number)

    def write(self, old: Node, new: Node) -> Node:
        return new


def contiguous_stride(shape: Shape) -> tuple[int, ...]:
    """Row-major strides, in elements, as PyTorch gives them (size 0 counts as 1)."""
    stride = [1] * len(shape)
    total = 1
    for i in range(len(shape) - 1, -1, -1):
        stride[i] = total
        total *= shape[i] or 1
    return tuple(stride)


def is_contiguous(shape: Shape, layout: Layout | None) -> bool:
    """Whether the elements stand row-major without gaps; size-1 dimensions do not matter."""
    if layout is None or 0 in shape:
        return True
    expected = 1
    for n, s in zip(reversed(shape), reversed(layout.stride), strict=True):
        if n != 1:
            if s != expected:
                return False
            expected *= n
    return True


def dense_layout(shape: Shape, layout: Layout | None) -> Layout | None:
    """The layout of an elementwise result: the operand's order of dimensions without its gaps.

    PyTorch's rule (`torch.preserve_format`); repeated dimensions make it row-major.
    """
    if layout is None or is_contiguous(shape, layout):
        return None
    before = layout.stride
    if any(n > 1 and s == 0 for n, s in zip(shape, before, strict=True)):
        return None
    order = sorted(range(len(shape)), key=lambda i: (before[i], -i))  # a tie as row-major
    stride, step = [0] * len(shape), 1
    for i in order:
        stride[i] = step
        step *= shape[i] or 1
    return None if is_contiguous(shape, dense := Layout(tuple(stride), 0)) else dense


def overlaps(shape: Shape, layout: Layout | None) -> bool:
    """Whether several elements certainly share one place: a repeated dimension."""
    return layout is not None and any(
        n > 1 and s == 0 for n, s in zip(shape, layout.stride, strict=True)
    )


def reshape_stride(
    shape: Shape, stride: tuple[int, ...], new_shape: Shape
) -> tuple[int, ...] | None:
    """Strides of the same elements in `new_shape`, or None where that needs a copy.

    Runs of dimensions that lie contiguously are cut anew, from the last one on; the rule is that
    of `torch.Tensor.view`.
    """
    if 0 in shape or not shape:
        return contiguous_stride(new_shape)
    result = [0] * len(new_shape)
    at = len(new_shape) - 1
    step, old_count, new_count = stride[-1], 1, 1
    for d in range(len(shape) - 1, -1, -1):
        old_count *= shape[d]
        if d and (shape[d - 1] == 1 or stride[d - 1] == old_count * step):
            continue
        while at >= 0 and (new_count < old_count or new_shape[at] == 1):
            result[at] = new_count * step
            new_count *= new_shape[at]
            at -= 1
        if new_count != old_count:
            return None
        if d:
            step, old_count, new_count = stride[d - 1], 1, 1
    return tuple(result) if at == -1 else None


def strided_write(old: Node, new: Node, layout: Layout) -> Node:
    """`old` (a whole storage) after `new` was written to the places that `layout` names.

    For views that cannot be inverted link by link. Of several values for one place the last one,
    in row-major order, stays.
    """
    place = ops.scalar(layout.offset, int64)
    for i, (n, s) in enumerate(zip(new.shape, layout.stride, strict=True)):
        if n != 1:
            line = ops.reshape(ops.iota(n), tuple([n if j == i else 1 for j in range(new.ndim)]))
            place = ops.add(place, ops.mul(line, ops.const(s, int64)))
    index = ops.reshape(ops.expand(place, new.shape), (new.size,))
    flat = write_at(ops.reshape(old, (old.size,)), index, ops.reshape(new, (new.size,)), 0)
    return ops.reshape(flat, old.shape)


def add_at(old: Node, index: Node, values: Node, axis: int) -> Node:
    """`values` added at the places of an index; of bools: whether any is true, as in PyTorch."""
    count = old.shape[axis]
    if old.dtype is not bool_:
        return ops.add(old, ops.scatter(index, values, axis, count, "add"))
    found = ops.scatter(index, ops.cast(values, uint8), axis, count, "max")
    return ops.bitwise_or(old, ops.cast(found, bool_))


def write_at(old: Node, index: Node, new: Node, axis: int) -> Node:
    """`old` with `new` at `index` along an axis; of several values for one place the last stays.

    `index` is int64: of one dimension, or of the shape of `new`. The other dimensions of `new`
    are those of `old`. The place of the winner is looked up first, so that every value is moved
    once and bit by bit.
    """
    count = old.shape[axis]
    lined = [1] * old.ndim
    lined[axis] = new.shape[axis]
    if index.ndim == 1:
        index = ops.reshape(index, tuple(lined))
    order = ops.expand(ops.reshape(ops.iota(new.shape[axis]), tuple(lined)), index.shape)
    winner = ops.scatter(index, order, axis, count, "max")
    zero = ops.const(0, int64)
    if new.shape[axis] == 0:
        return old
    taken = ops.gather(new, ops.maximum(winner, zero), axis)
    return ops.where(ops.le(zero, winner), taken, old)
