"""The view operation behind `Tensor.diagonal`."""

from dataclasses import dataclass

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import bool_, int64
from lazygrad.codegen.graph import Node, Shape

from .view_ops import Layout, ViewOp, contiguous_stride

__all__ = ["Diagonal"]


@dataclass(frozen=True, slots=True)
class Diagonal(ViewOp):
    """The elements [.., i + rows, .., i + columns, ..] of two axes, as a new last axis of `count`.

    A square of n rows, read row by row, has its diagonal every n + 1 elements; `rows` and
    `columns` (one of them 0) tell where in the operand that square begins.
    """

    first: int
    second: int
    rows: int
    columns: int
    count: int

    def _rest(self, ndim: int) -> tuple[int, ...]:
        return tuple([i for i in range(ndim) if i not in (self.first, self.second)])

    def apply(self, node: Node) -> Node:
        rest, n = self._rest(node.ndim), self.count
        moved = ops.permute(node, (*rest, self.first, self.second))
        lead = moved.shape[:-2]
        if n == 0:
            return ops.reshape(ops.slice_at(moved, len(lead), 0, 0), (*lead, 0))
        square = ops.slice_at(moved, len(lead), self.rows, n)
        square = ops.slice_at(square, len(lead) + 1, self.columns, n)
        flat = ops.reshape(square, (*lead, n * n))
        return ops.slice_at(flat, len(lead), 0, n, n + 1)

    def write(self, old: Node, new: Node) -> Node:
        if self.count == 0:
            return old
        inside = ops.expand(ops.const(True, bool_), (self.count,))
        mask = self._embedded(old, ops.reshape(inside, (1,) * (old.ndim - 2) + (self.count,)))
        return ops.where(mask, self._embedded(old, new), old)

    def _embedded(self, old: Node, part: Node) -> Node:
        """A diagonal in zeros; axes of size 1 before it stay so."""
        n, lead = self.count, part.shape[:-1]
        at = len(lead)
        flat = part
        if n > 1:
            flat = ops.pad(part, ((at, n * n, n + 1),), (ops.const(0, int64),))
        square = ops.reshape(flat, (*lead, n, n))
        height, width = old.shape[self.first], old.shape[self.second]
        around = [(0, 0)] * at
        around += [(self.rows, height - n - self.rows), (self.columns, width - n - self.columns)]
        order = (*self._rest(old.ndim), self.first, self.second)
        back = tuple(sorted(range(old.ndim), key=order.__getitem__))
        return ops.permute(ops.pad_around(square, around), back)

    def layout(self, shape: Shape, layout: Layout | None) -> Layout | None:
        stride, offset = layout or (contiguous_stride(shape), 0)
        if self.count:
            offset += self.rows * stride[self.first] + self.columns * stride[self.second]
        rest = [stride[i] for i in self._rest(len(shape))]
        return Layout((*rest, stride[self.first] + stride[self.second]), offset)
