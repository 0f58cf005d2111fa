"""Order along a dimension, and what is read off it; sets of values."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, float64, int64
from lazygrad.codegen.graph import Node

from .errors import wrap_dim
from .extremes import ValuesIndices
from .handle import TensorBase, wrap
from .pointwise_nodes import lerp
from .promotion import scalar_operand
from .realize import from_host, host_view
from .reduction import squeezed

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["SortingMethods"]


_ROUNDINGS = {"lower": ops.floor, "higher": ops.ceil, "nearest": ops.round_}


def _lined(node: Node) -> Node:
    """A tensor without dimensions as one of one element, which can be sorted."""
    return node if node.shape else ops.reshape(node, (1,))


class SortingMethods(TensorBase):
    """Sorts are stable; NaN counts as largest. Gradients go to the elements that were picked."""

    def sort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> ValuesIndices:
        """(values, indices) in order along `dim`."""
        node = self._node
        values, order, _ = self._ordered("sort", dim, descending)
        return ValuesIndices(
            self._wrap(ops.reshape(values, node.shape)), self._wrap(ops.reshape(order, node.shape))
        )

    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> "Tensor":
        """The indices that sort along `dim`, int64."""
        order = self._ordered("argsort", dim, descending)[1]
        return self._wrap(ops.reshape(order, self._node.shape))

    def msort(self) -> "Tensor":
        """The values sorted along the first dimension."""
        return self.sort(0).values

    def _ordered(self, name: str, dim: int, descending: bool) -> tuple[Node, Node, int]:
        node = _lined(self._node)
        axis = wrap_dim(name, dim, node.ndim)
        order = ops.argsort(ops.detach(node), axis, descending)
        return ops.gather(node, order, axis), order, axis

    def topk(
        self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
    ) -> ValuesIndices:
        """(values, indices) of the k largest (or smallest) along `dim`, the best first.

        Raises RuntimeError for a k that is larger than the dimension.
        """
        node = _lined(self._node)
        axis = wrap_dim("topk", dim, node.ndim)
        if not 0 <= k <= node.shape[axis]:
            raise RuntimeError(
                f"topk: selected index k out of range: got k={k}, expected 0 to "
                f"{node.shape[axis]}, the size of dimension {dim}"
            )
        order = ops.topk(ops.detach(node), axis, k, largest)
        values = ops.gather(node, order, axis)
        if not self._node.shape:
            if k == 1:
                values, order = ops.reshape(values, ()), ops.reshape(order, ())
        return ValuesIndices(self._wrap(values), self._wrap(order))

    def kthvalue(self, k: int, dim: int = -1, keepdim: bool = False) -> ValuesIndices:
        """(values, indices) of the k-th smallest along `dim`, counted from 1.

        Raises RuntimeError for a k that is not in the dimension.
        """
        node = _lined(self._node)
        axis = wrap_dim("kthvalue", dim, node.ndim)
        if not 1 <= k <= node.shape[axis]:
            raise RuntimeError(
                f"kthvalue(): selected number k out of range for dimension {dim}: got k={k}, "
                f"expected 1 to {node.shape[axis]}"
            )
        order = ops.slice_at(ops.topk(ops.detach(node), axis, k, False), axis, k - 1, 1)
        return self._picked(ops.gather(node, order, axis), order, axis, keepdim)

    def _picked(self, values: Node, places: Node, axis: int, keepdim: bool) -> ValuesIndices:
        axes = (axis,)
        if not self._node.shape:
            keepdim = False
        return ValuesIndices(
            self._wrap(squeezed(values, axes, keepdim)), self._wrap(squeezed(places, axes, keepdim))
        )

    def median(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """The lower median of all; along a dimension (values, indices). NaN where one is NaN."""
        return self._middle("median", dim, keepdim, False)

    def nanmedian(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """As `median`, of what is not NaN."""
        return self._middle("nanmedian", dim, keepdim, True)

    def _middle(self, name: str, dim: int | None, keepdim: bool, skip: bool) -> Any:
        if dim is None:
            flat: Any = self._wrap(ops.reshape(self._node, (self._node.size,)))
            if not flat._node.size:
                return self._wrap(ops.const(float("nan"), self._node.dtype))
            return flat._middle(name, 0, False, skip).values
        values, order, axis = self._ordered(name, dim, False)
        count = values.shape[axis]
        if not count:
            raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")
        place = ops.reshape(ops.const((count - 1) // 2, int64), (1,) * values.ndim)
        if values.dtype.kind == "f":  # NaN stands behind all numbers
            present = ops.cast(ops.bitwise_not(ops.isnan(values)), int64)
            numbers = ops.sum_(ops.detach(present), (axis,))
            full = ops.const(count, int64)
            if skip:
                half = ops.shr(ops.sub(numbers, ops.const(1, int64)), ops.const(1, int64))
                place = ops.maximum(half, ops.const(0, int64))
            else:
                place = ops.where(ops.lt(numbers, full), numbers, place)
        shape = tuple([1 if i == axis else n for i, n in enumerate(values.shape)])
        place = ops.expand(place, shape)
        return self._picked(
            ops.gather(values, place, axis), ops.gather(order, place, axis), axis, keepdim
        )

    def quantile(
        self,
        q: "float | TensorBase",
        dim: int | None = None,
        keepdim: bool = False,
        *,
        interpolation: str = "linear",
    ) -> "Tensor":
        """The value below which the part `q` (0 to 1) of the elements lies, NaN where one is NaN.

        `q` may be a tensor of one dimension, which then comes first in the result.
        `interpolation`: "linear", "lower", "higher", "nearest" or "midpoint" between two elements.
        Raises RuntimeError for integers, ValueError for another word or q.
        """
        node = self._node
        if node.dtype.kind != "f":
            raise RuntimeError(
                f"quantile() input tensor must be either float or double dtype, got "
                f"{node.dtype.name}"
            )
        if interpolation not in ("linear", "lower", "higher", "nearest", "midpoint"):
            raise ValueError(
                f"quantile: got interpolation={interpolation!r}, expected 'linear', 'lower', "
                "'higher', 'nearest' or 'midpoint'"
            )
        if dim is None:
            x, axis = ops.reshape(node, (node.size,)), 0
        else:
            x = _lined(node)
            axis = wrap_dim("quantile", dim, x.ndim)
        parts = self._quantile_part(q, node.dtype)
        last = tuple([i for i in range(x.ndim) if i != axis]) + (axis,)
        values = self._quantiles(ops.permute(x, last), parts, interpolation)
        # (..., q) -> (q, ...), and the axis again where it is kept
        count, lead = values.shape[-1], values.shape[:-1]
        values = ops.permute(values, (len(lead), *range(len(lead))))
        if keepdim:
            full = [1] * node.ndim if dim is None else [
                1 if i == axis else n for i, n in enumerate(node.shape)
            ]  # fmt: skip
            lead = tuple(full)
        return self._wrap(ops.reshape(values, (count, *lead) if parts.shape else lead))

    def _quantile_part(self, q: "float | TensorBase", dtype: DType) -> Node:
        if isinstance(q, TensorBase):
            if q._node.ndim > 1 or q._node.dtype is not dtype:
                raise ValueError(
                    f"quantile: got q of {q._node.dtype.name}{list(q._node.shape)}, expected at "
                    f"most one dimension and the dtype of the input, {dtype.name}"
                )
            return q._node
        if not 0 <= q <= 1:
            raise ValueError(f"quantile: got q={q}, expected a number from 0 to 1")
        return scalar_operand(float(q), dtype)

    def _quantiles(self, x: Node, parts: Node, interpolation: str) -> Node:
        """Along the last axis of x; the parts become it."""
        last, count = x.ndim - 1, x.shape[-1]
        if not count:
            raise RuntimeError("quantile() input tensor must be non-empty")
        ordered = ops.gather(x, ops.argsort(ops.detach(x), last), last)
        rank = ops.mul(ops.reshape(parts, (parts.size,)), ops.const(count - 1, x.dtype))
        if interpolation in _ROUNDINGS:
            rank = _ROUNDINGS[interpolation](rank)
        rank = ops.reshape(rank, (1,) * last + rank.shape)
        missing = ops.max_(ops.isnan(x), (last,))
        below = ops.floor(rank)
        weight = ops.sub(rank, below)
        if interpolation == "midpoint":
            half, zero = ops.const(0.5, x.dtype), ops.const(0, x.dtype)
            weight = ops.where(ops.eq(weight, zero), zero, half)
        low = ops.gather(ordered, ops.cast(below, int64), last)
        high = ops.gather(ordered, ops.cast(ops.ceil(rank), int64), last)
        value = low if interpolation in _ROUNDINGS else lerp(low, high, weight)
        return ops.where(missing, ops.const(math.nan, x.dtype), value)

    # -- sets of values, which the host finds ------------------------------------------------

    def unique(
        self,
        sorted: bool = True,
        return_inverse: bool = False,
        return_counts: bool = False,
        dim: int | None = None,
    ) -> Any:
        """The different values in order (of slices along `dim`); realizes.

        `return_inverse`, `return_counts`: then a tuple, with where each element went and how often
        each value was there, int64.
        """
        array, dtype = self._host()
        axis = None if dim is None else wrap_dim("unique", dim, self._node.ndim)
        values, inverse, counts = np.unique(
            array, return_inverse=True, return_counts=True, axis=axis, equal_nan=False
        )
        inverse = inverse.reshape(self._node.shape if axis is None else (-1,))
        result = [self._given(values, dtype)]
        if return_inverse:
            result.append(self._given(inverse, int64))
        if return_counts:
            result.append(self._given(counts, int64))
        return result[0] if len(result) == 1 else tuple(result)

    def bincount(self, weights: "TensorBase | None" = None, minlength: int = 0) -> "Tensor":
        """How often each integer from 0 occurs, or the sum of its weights; realizes.

        Raises RuntimeError for what is no row of integers that are not negative.
        """
        array, _ = self._host()
        if array.ndim != 1 or array.dtype.kind not in "ui" or (array.size and array.min() < 0):
            raise RuntimeError(
                "bincount only supports 1-d non-negative integral inputs: got "
                f"{self._node.dtype.name} {list(self._node.shape)}"
            )
        if not 0 <= minlength <= self._base.device.facts.max_alloc_bytes // 8:
            raise RuntimeError(f"bincount: got minlength={minlength}, expected a size that fits")
        if weights is None:
            return self._given(np.bincount(array, minlength=minlength), int64)
        count = max(minlength, int(array.max(initial=-1)) + 1)
        places = ops.cast(self._node, int64)
        node = weights._node
        if node.dtype.kind != "f":
            node = ops.cast(node, float64)  # as in PyTorch
        if node.shape != places.shape:
            raise RuntimeError(
                f"bincount: got weights of shape {list(node.shape)}, expected that of the input, "
                f"{list(places.shape)}"
            )
        return self._wrap(ops.scatter(places, node, 0, count))

    def _host(self) -> tuple[Any, DType]:
        """The values as NumPy has them, and the dtype that NumPy has for them."""
        dtype = self._node.dtype
        array = dtype.from_storage(host_view(self._node, self._base.device))
        return array, dtype

    def _given(self, array: Any, dtype: DType) -> "Tensor":
        device = self._base.device
        return wrap(from_host(dtype.to_storage(array), dtype, device), device)
