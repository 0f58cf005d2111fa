"""Largest and smallest elements, their places, and running results along a dimension."""

from typing import TYPE_CHECKING, Any, NamedTuple

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, int64, uint8
from lazygrad.codegen.graph import Node

from .default_dtype import as_dtype
from .errors import wrap_dim
from .handle import TensorBase
from .reduction import Dims, axes_of, count_along, squeezed

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["AMinMax", "ExtremeMethods", "ValuesIndices"]


class ValuesIndices(NamedTuple):
    """What `max(dim)`, `sort`, `topk` and the like give; indices are int64."""

    values: "Tensor"
    indices: "Tensor"


class AMinMax(NamedTuple):
    """What `aminmax` gives."""

    min: "Tensor"
    max: "Tensor"


def _checked_axes(name: str, node: Node, dim: Dims) -> tuple[int, ...]:
    """The axes of a reduction that has no identity; errors as PyTorch's where it is empty."""
    axes = axes_of(name, node, dim)
    if count_along(node, axes):
        return axes
    if dim is None:
        error = IndexError if name in ("argmax", "argmin") else RuntimeError  # PyTorch's choice
        raise error(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify "
            f"the reduction dim with the 'dim' argument: got shape {list(node.shape)}"
        )
    empty = next(a for a in axes if not node.shape[a])
    raise IndexError(
        f"{name}(): Expected reduction dim {empty} to have non-zero size: got shape "
        f"{list(node.shape)}"
    )


def _first(x: Node, value: Node, axes: tuple[int, ...]) -> Node:
    """The first place of `value` along `axes`, in PyTorch's integers."""
    return ops.cast(ops.first_match(x, value, axes), int64)


class ExtremeMethods(TensorBase):
    """NaN counts as the most extreme of all; of equal elements the first is named."""

    def max(
        self, dim: "int | TensorBase | None" = None, keepdim: bool = False,
        other: "TensorBase | None" = None,
    ) -> Any:  # fmt: skip
        """The largest of all; along a dimension (values, indices); with a tensor, `maximum`.

        Equal elements share the gradient of the first form; along a dimension the first takes it.
        Raises RuntimeError or IndexError where there are no elements.
        """
        return self._extreme("max", dim if other is None else other, keepdim)

    def min(
        self, dim: "int | TensorBase | None" = None, keepdim: bool = False,
        other: "TensorBase | None" = None,
    ) -> Any:  # fmt: skip
        """The smallest of all; along a dimension (values, indices); with a tensor, `minimum`."""
        return self._extreme("min", dim if other is None else other, keepdim)

    def _extreme(self, name: str, dim: Any, keepdim: bool) -> Any:
        reduce = ops.max_ if name == "max" else ops.min_
        node = self._node
        if dim is None:
            axes = _checked_axes(name, node, None)
            return self._wrap(squeezed(reduce(node, axes), axes, keepdim))
        if isinstance(dim, TensorBase):
            me: Any = self
            return me.maximum(dim) if name == "max" else me.minimum(dim)
        axes = _checked_axes(name, node, dim)
        best = reduce(node, axes, "first")
        place = _first(ops.detach(node), ops.detach(best), axes)
        return ValuesIndices(
            self._wrap(squeezed(best, axes, keepdim)), self._wrap(squeezed(place, axes, keepdim))
        )

    def amax(self, dim: Dims = None, keepdim: bool = False) -> "Tensor":
        """The largest along one or several dimensions; equal ones share the gradient."""
        node = self._node
        axes = _checked_axes("amax", node, dim)
        return self._wrap(squeezed(ops.max_(node, axes), axes, keepdim))

    def amin(self, dim: Dims = None, keepdim: bool = False) -> "Tensor":
        """The smallest along one or several dimensions; equal ones share the gradient."""
        node = self._node
        axes = _checked_axes("amin", node, dim)
        return self._wrap(squeezed(ops.min_(node, axes), axes, keepdim))

    def aminmax(self, *, dim: int | None = None, keepdim: bool = False) -> AMinMax:
        """`(amin, amax)`."""
        return AMinMax(self.amin(dim, keepdim), self.amax(dim, keepdim))

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> "Tensor":
        """The place of the largest, int64: along `dim`, or row-major among all elements."""
        return self._place("argmax", dim, keepdim)

    def argmin(self, dim: int | None = None, keepdim: bool = False) -> "Tensor":
        """The place of the smallest, int64: along `dim`, or row-major among all elements."""
        return self._place("argmin", dim, keepdim)

    def _place(self, name: str, dim: int | None, keepdim: bool) -> "Tensor":
        node = ops.detach(self._node)
        axes = _checked_axes(name, node, dim)
        best = ops.max_(node, axes) if name == "argmax" else ops.min_(node, axes)
        return self._wrap(squeezed(_first(node, best, axes), axes, keepdim))

    # -- running results ---------------------------------------------------------------------

    def cumsum(self, dim: int, *, dtype: DType | None = None) -> "Tensor":
        """The sums up to each element along `dim`; integers and bools add up in int64."""
        return self._running("cumsum", dim, dtype, "add")

    def cumprod(self, dim: int, *, dtype: DType | None = None) -> "Tensor":
        """The products up to each element along `dim`; integers and bools in int64."""
        return self._running("cumprod", dim, dtype, "mul")

    def _running(self, name: str, dim: int, dtype: DType | None, mode: str) -> "Tensor":
        node = self._node
        axis = wrap_dim(name, dim, node.ndim)
        if (wanted := as_dtype(name, dtype)) is not None:
            node = ops.cast(node, wanted)
        elif node.dtype.kind != "f":
            node = ops.cast(node, int64)
        return self._wrap(ops.scan(node, axis, mode) if node.shape and node.size else node)

    def cummax(self, dim: int) -> ValuesIndices:
        """The largest up to each element along `dim`, and where the latest such one is."""
        return self._record("cummax", dim, "max")

    def cummin(self, dim: int) -> ValuesIndices:
        """The smallest up to each element along `dim`, and where the latest such one is."""
        return self._record("cummin", dim, "min")

    def _record(self, name: str, dim: int, mode: str) -> ValuesIndices:
        node = self._node
        axis = wrap_dim(name, dim, node.ndim)
        if not node.shape or not node.size:
            nowhere = ops.expand(ops.const(0, int64), node.shape)
            return ValuesIndices(self._wrap(node), self._wrap(nowhere))
        plain = ops.detach(node)
        if node.dtype.kind == "b":
            plain = ops.cast(plain, uint8)
        hit = ops.eq(plain, ops.scan(plain, axis, mode))
        if node.dtype.kind == "f":
            hit = ops.bitwise_or(hit, ops.isnan(plain))
        at = ops.where(hit, ops.flat_iota(node.shape, (axis,)), ops.const(0, int64))
        places = ops.scan(at, axis, "max")
        return ValuesIndices(self._wrap(ops.gather(node, places, axis)), self._wrap(places))
