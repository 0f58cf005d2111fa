"""Reads and writes where a mask is true: masked_*, nonzero."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import bool_, int64
from lazygrad.codegen.graph import Node, Shape
from lazygrad.codegen.ops import broadcast_shapes

from .errors import ShapeError
from .handle import TensorBase, wrap
from .indexing import host_nonzero, placed, value_node
from .realize import from_host, host_view

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["MaskingMethods"]


class MaskingMethods(TensorBase):
    """What a tensor of bools chooses."""

    def masked_select(self, mask: "Tensor") -> "Tensor":
        """The elements where `mask` (broadcast) is true, in one dimension; realizes the mask."""
        node, chosen = self._node, _mask_node("masked_select", mask, self)
        common = _common("masked_select", node.shape, chosen.shape)
        bits = host_view(ops.expand(chosen, common), self._base.device)
        places = from_host(np.flatnonzero(bits), int64, self._base.device)
        flat = ops.reshape(ops.expand(node, common), (bits.size,))
        return self._wrap(ops.gather(flat, places, 0))

    def nonzero(self, *, as_tuple: bool = False) -> Any:
        """The positions of all elements that are not zero, one a row (int64); realizes.

        `as_tuple`: one tensor of one dimension for each dimension instead.
        """
        device = self._base.device
        found = host_nonzero(self._as_mask())
        if as_tuple:
            return tuple([wrap(from_host(i, int64, device), device) for i in found])
        rows = np.stack(found, 1) if self.ndim else np.zeros((len(found[0]), 0), np.int64)
        return wrap(from_host(rows.astype(np.int64), int64, device), device)

    def argwhere(self) -> "Tensor":
        """As `nonzero`."""
        return self.nonzero()  # type: ignore[no-any-return]

    def _as_mask(self) -> "Tensor":
        node = self._node
        if not node.shape:
            node = ops.reshape(node, (1,))
        return self._wrap(ops.cast(ops.detach(node), bool_))

    def masked_fill(self, mask: "Tensor", value: Any) -> "Tensor":
        """A copy with `value`, a number, where `mask` (broadcast) is true."""
        return self._wrap(self._filled("masked_fill", mask, value))

    def masked_fill_(self, mask: "Tensor", value: Any) -> Self:
        """As `masked_fill`, in place."""
        self._write(self._filled("masked_fill_", mask, value))
        return self

    def masked_scatter_(self, mask: "Tensor", source: "Tensor") -> Self:
        """Fills the places where `mask` is true with the first elements of `source`, in order."""
        node = self._node
        chosen = ops.expand(_mask_node("masked_scatter_", mask, self), node.shape)
        flat_mask = ops.reshape(chosen, (node.size,))
        order = ops.sub(ops.scan(ops.cast(flat_mask, int64), 0, "add"), ops.const(1, int64))
        values = value_node(source, node.dtype, self._base.device)
        if values.size < node.size:
            places = int(host_nonzero(self._wrap(chosen))[0].size)
            if values.size < places:
                raise RuntimeError(
                    f"masked_scatter: Number of elements of source < number of ones in mask: got "
                    f"{values.size} for {places}, expected as many or more"
                )
        if not values.size:
            return self
        flat = ops.reshape(values, (values.size,))
        place = ops.maximum(order, ops.const(0, int64))
        last = ops.const(values.size - 1, int64)
        taken = ops.reshape(ops.gather(flat, ops.minimum(place, last), 0), node.shape)
        self._write(ops.where(chosen, taken, node), (values, chosen))
        return self

    def masked_scatter(self, mask: "Tensor", source: "Tensor") -> "Tensor":
        """As `masked_scatter_`, on a copy."""
        copied: Any = self._wrap(self._node)
        return copied.masked_scatter_(mask, source)  # type: ignore[no-any-return]

    def _filled(self, name: str, mask: "Tensor", value: Any) -> Node:
        node, chosen = self._node, _mask_node(name, mask, self)
        filling = value_node(value, node.dtype, self._base.device)
        if filling.shape:
            raise RuntimeError(
                f"{name} only supports a 0-dimensional value tensor, but got tensor with "
                f"{filling.ndim} dimension(s)."
            )
        _common(name, node.shape, chosen.shape)
        return ops.where(chosen, filling, node)


def _common(name: str, a: Shape, b: Shape) -> Shape:
    try:
        return broadcast_shapes(a, b)
    except ValueError as error:
        raise ShapeError(f"{name}: got a mask of shape {list(b)} for {list(a)}; {error}") from None


def _mask_node(name: str, mask: Any, of: TensorBase) -> Node:
    if not isinstance(mask, TensorBase) or mask.dtype is not bool_:
        got = mask.dtype.name if isinstance(mask, TensorBase) else type(mask).__name__
        raise RuntimeError(f"{name} only supports boolean masks, but got {got}; write mask.bool()")
    return ops.detach(placed(name, mask, of))
