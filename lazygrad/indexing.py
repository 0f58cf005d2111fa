"""`x[...]` and `x[...] = v`: slices are views, lookups by tensors are gathers."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, bool_, int64
from lazygrad.codegen.graph import Node, Shape
from lazygrad.codegen.ops import broadcast_shapes

from . import placement
from .errors import ShapeError, shown
from .handle import TensorBase
from .index_key import Key, Lookup, parse_key
from .promotion import operand_node, scalar_operand
from .realize import from_host, host_view
from .view_ops import Reshape, Slice, add_at, write_at

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["IndexingMethods", "host_nonzero", "placed", "value_node"]


def value_node(value: Any, dtype: DType, device: placement.Device) -> Node:
    """What is written, in the dtype and on the device of where it goes."""
    if isinstance(value, TensorBase):
        node = value._node
        if value._base.device is not device:
            node = ops.transfer(node, value._base.device, device)
        if dtype.kind != "f":
            node = ops.detach(node)
        return ops.cast(node, dtype)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (bool, int, float)):
        return scalar_operand(value, dtype)
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"got {shown(value)} as a value, expected a number, an array or a tensor")
    return from_host(dtype.to_storage(array), dtype, device)


def host_nonzero(mask: Any) -> tuple[np.ndarray[Any, Any], ...]:
    """Where a mask is true, an index array a dimension; realizes a tensor."""
    bits = host_view(mask._node, mask._base.device) if isinstance(mask, TensorBase) else mask
    return np.nonzero(bits)


@dataclass(slots=True)
class _Merged:
    """Lookups brought together: one flat index over the looked-up dimensions, made one axis."""

    order: tuple[int, ...]  # puts the looked-up dimensions side by side
    shape: Shape  # then with them as one axis
    axis: int
    index: Node  # int64, one dimension
    result: Shape  # the shape of what is read or written

    def read(self, node: Node) -> Node:
        merged = ops.reshape(ops.permute(node, self.order), self.shape)
        lined = tuple([self.index.size if i == self.axis else 1 for i in range(merged.ndim)])
        taken = ops.gather(merged, ops.reshape(self.index, lined), self.axis)
        return ops.reshape(taken, self.result)

    def write(self, node: Node, value: Node, accumulate: bool) -> Node:
        permuted = ops.permute(node, self.order)
        merged = ops.reshape(permuted, self.shape)
        count = self.index.size
        rows = (*self.shape[: self.axis], count, *self.shape[self.axis + 1 :])
        values = ops.reshape(ops.expand(value, self.result), rows)
        if accumulate:
            lined = tuple([count if i == self.axis else 1 for i in range(len(rows))])
            index = ops.reshape(self.index, lined)
            merged = add_at(merged, index, values, self.axis)
        else:
            merged = write_at(merged, self.index, values, self.axis)
        inverse = tuple(sorted(range(len(self.order)), key=self.order.__getitem__))
        return ops.permute(ops.reshape(merged, permuted.shape), inverse)


def _merge(lookups: list[Lookup], shape: Shape, device: placement.Device) -> _Merged:
    """One flat index for all lookups into an array of this shape."""
    dims: list[int] = []
    indices: list[Any] = []
    for lookup in lookups:
        dims += range(lookup.dim, lookup.dim + lookup.count)
        indices += host_nonzero(lookup.index) if lookup.is_mask else [lookup.index]
    adjacent = dims == list(range(dims[0], dims[0] + len(dims)))
    before = list(range(dims[0])) if adjacent else []
    after = [d for d in range(len(shape)) if d not in dims and d not in before]
    try:
        common = broadcast_shapes(*[tuple(index.shape) for index in indices])
    except ValueError:
        raise IndexError(
            "shape mismatch: indexing tensors could not be broadcast together with shapes "
            + ", ".join(str(list(index.shape)) for index in indices)
        ) from None
    sizes = [shape[d] for d in dims]
    if any(isinstance(index, TensorBase) for index in indices):
        flat = _flat_index(indices, sizes, device)
    else:
        flat = _flat_host_index(indices, sizes, device)
    count = 1
    for n in common:
        count *= n
    lead, rest = [shape[d] for d in before], [shape[d] for d in after]
    return _Merged(
        order=(*before, *dims, *after),
        shape=(*lead, math.prod(sizes), *rest),
        axis=len(before),
        index=ops.reshape(ops.expand(flat, common), (count,)),
        result=(*lead, *common, *rest),
    )


def _flat_host_index(indices: list[Any], sizes: list[int], device: placement.Device) -> Node:
    flat: Any = np.zeros((), np.int64)
    for index, n in zip(indices, sizes, strict=True):
        index = index.astype(np.int64)
        flat = flat * n + np.where(index < 0, index + n, index)
    return from_host(np.asarray(flat, np.int64), int64, device)


def _flat_index(indices: list[Any], sizes: list[int], device: placement.Device) -> Node:
    """Negative indices count from the end; -1 where one is out of range, which gather reports."""
    zero = ops.const(0, int64)
    flat: Node | None = None
    bad: Node | None = None
    for index, n in zip(indices, sizes, strict=True):
        if isinstance(index, np.ndarray):
            wrapped = _flat_host_index([index], [n], device)
        else:
            node = value_node(index, int64, device)
            size = ops.const(n, int64)
            wrapped = ops.where(ops.lt(node, zero), ops.add(node, size), node)
            if len(indices) > 1:
                outside = ops.bitwise_or(ops.lt(wrapped, zero), ops.le(size, wrapped))
                bad = outside if bad is None else ops.bitwise_or(bad, outside)
        flat = wrapped if flat is None else ops.add(ops.mul(flat, ops.const(n, int64)), wrapped)
    assert flat is not None
    return flat if bad is None else ops.where(bad, ops.const(-1, int64), flat)


class IndexingMethods(TensorBase):
    """Reading and writing parts of a tensor."""

    def __getitem__(self, key: Any) -> "Tensor":
        if type(key) is int:
            return self._selected(key)
        parsed = parse_key(key, self._node.shape)
        view = self._cut(parsed)
        if not parsed.lookups:
            return view
        node = view._node
        merged = _merge(parsed.lookups, node.shape, self._base.device)
        return self._wrap(merged.read(node))

    def _selected(self, index: int) -> "Tensor":
        shape = self._node.shape
        if not shape:
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` to convert a 0-dim tensor "
                "to a number"
            )
        n = shape[0]
        if not -n <= index < n:
            raise IndexError(f"index {index} is out of bounds for dimension 0 with size {n}")
        if n == 1:
            return self._view(Reshape(shape[1:]))
        return self._view(Slice.of(((0, index % n, 1, 1),)), Reshape(shape[1:]))

    def _cut(self, key: Key) -> "Tensor":
        shape = Reshape(tuple(key.shape))
        if not key.slices:
            return self._view(shape)
        if key.reshaped:
            return self._view(Slice.of(key.slices), shape)
        return self._view(Slice.of(key.slices))

    def __setitem__(self, key: Any, value: Any) -> None:
        parsed = parse_key(key, self._node.shape)
        view = self._cut(parsed)
        node = view._node
        written = value_node(value, node.dtype, self._base.device)
        if not parsed.lookups:
            view._write(_fitted(written, node.shape), (written,))
            return
        lookups = parsed.lookups
        if len(lookups) == 1 and lookups[0].is_mask:
            chosen = _masked(lookups[0], node, written, self._base.device)
            if chosen is not None:
                view._write(chosen, (written,))
                return
        merged = _merge(lookups, node.shape, self._base.device)
        fitted = _fitted(written, merged.result)
        view._write(merged.write(node, fitted, accumulate=False), (written,))

    def index_put_(self, indices: Any, values: Any, accumulate: bool = False) -> "Tensor":
        """`x[indices] = values` in place; with `accumulate` values are added, repeated ones too."""
        parsed = parse_key(tuple(indices), self._node.shape)
        node = self._node
        written = value_node(values, node.dtype, self._base.device)
        merged = _merge(parsed.lookups, node.shape, self._base.device)
        fitted = _fitted(written, merged.result)
        self._write(merged.write(node, fitted, accumulate), (written,))
        return self  # type: ignore[return-value]

    def index_put(self, indices: Any, values: Any, accumulate: bool = False) -> "Tensor":
        """As `index_put_`, on a copy."""
        return IndexingMethods.index_put_(self._wrap(self._node), indices, values, accumulate)


def _fitted(value: Node, shape: Shape) -> Node:
    """A value broadcast to where it goes; leading dimensions of size 1 may be too many."""
    while len(value.shape) > len(shape) and value.shape[0] == 1:
        value = ops.reshape(value, value.shape[1:])
    try:
        return ops.expand(value, shape)
    except ValueError:
        raise ShapeError(
            f"shape mismatch: value tensor of shape {list(value.shape)} cannot be broadcast to "
            f"indexing result of shape {list(shape)}"
        ) from None


def _masked(lookup: Lookup, node: Node, value: Node, device: placement.Device) -> Node | None:
    """x[mask] = v without looking the mask's places up: where v is the same for all of them."""
    after = node.shape[lookup.dim + lookup.count :]
    while value.ndim > len(after) and value.shape[0] == 1:
        value = ops.reshape(value, value.shape[1:])
    if value.ndim > len(after):
        return None
    mask = value_node(lookup.index, bool_, device)
    lined = (*mask.shape, *[1] * len(after))
    _fitted(value, after)
    return ops.where(ops.reshape(mask, lined), value, node)


def placed(name: str, given: TensorBase, of: TensorBase) -> Node:
    """The node of an index or mask on the device of what it is for; RuntimeError elsewhere."""
    node = operand_node(name, given, of._base.device)
    assert isinstance(node, Node)
    return node
