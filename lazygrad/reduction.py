"""Sums, means, products, extremes and norms along dimensions."""

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, bool_, int64
from lazygrad.codegen.graph import Node

from .default_dtype import as_dtype, get_default_dtype
from .errors import wrap_dim
from .formulas import wide_node
from .handle import TensorBase, wrap
from .promotion import Number, Operand

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = [
    "Dims", "ReductionMethods", "StdMean", "VarMean", "axes_of", "count_along", "squeezed",
]  # fmt: skip

Dims: TypeAlias = int | Sequence[int] | None


class VarMean(NamedTuple):
    """What `var_mean` gives."""

    var: "Tensor"
    mean: "Tensor"


class StdMean(NamedTuple):
    """What `std_mean` gives."""

    std: "Tensor"
    mean: "Tensor"


def axes_of(name: str, node: Node, dim: Dims) -> tuple[int, ...]:
    """The sorted axes that `dim` names; None and () name all.

    Raises IndexError for a dimension that is not there, RuntimeError for one named twice.
    """
    ndim = len(node.shape)
    if dim is None:
        return tuple(range(ndim))
    if isinstance(dim, (int, np.integer)):
        axis = wrap_dim(name, dim, ndim)
        return (axis,) if ndim else ()
    named = sorted([wrap_dim(name, d, ndim) for d in dim])
    for a, b in itertools.pairwise(named):
        if a == b:
            raise RuntimeError(f"{name}: dim {a} appears multiple times in the list of dims")
    if not named:
        return tuple(range(ndim))
    return tuple(named) if ndim else ()


def squeezed(node: Node, axes: tuple[int, ...], keepdim: bool) -> Node:
    """A reduced value (axes of size 1) as keepdim wants it."""
    if keepdim or not axes:
        return node
    return ops.reshape(node, tuple([n for i, n in enumerate(node.shape) if i not in axes]))


def count_along(node: Node, axes: tuple[int, ...]) -> int:
    """How many elements meet in one result."""
    count = 1
    for a in axes:
        count *= node.shape[a]
    return count


def _summable(name: str, node: Node, dtype: DType | None) -> Node:
    if (wanted := as_dtype(name, dtype)) is not None:
        return ops.cast(node, wanted)
    return node if node.dtype.kind == "f" else ops.cast(node, int64)


def _floating(name: str, node: Node, dtype: DType | None = None) -> Node:
    if (wanted := as_dtype(name, dtype)) is not None:
        node = ops.cast(node, wanted)
    if node.dtype.kind != "f":
        raise RuntimeError(
            f"{name}(): could not infer output dtype. Input dtype must be either a floating point "
            f"or complex dtype. Got: {node.dtype.name}\nWrite x.float().{name}(...)."
        )
    return node


def _root(square: Node) -> Node:
    """A square root whose gradient at 0 is 0, as that of PyTorch's norms and std."""
    if not square.tracked:
        return ops.sqrt(square)
    zero = ops.const(0, square.dtype)
    nothing = ops.eq(square, zero)
    safe = ops.where(nothing, ops.const(1, square.dtype), square)
    return ops.where(nothing, zero, ops.sqrt(safe))


def _mean(x: Node, axes: tuple[int, ...]) -> Node:
    count = ops.const(count_along(x, axes), x.dtype)
    return ops.div(ops.sum_(x, axes), count)


def _moments(x: Node, axes: tuple[int, ...], correction: Number) -> tuple[Node, Node]:
    """Variance and mean; NaN where no degree of freedom is left."""
    mean = _mean(x, axes)
    apart = ops.sub(x, mean)
    freedom = max(0, count_along(x, axes) - correction)
    total = ops.sum_(ops.mul(apart, apart), axes)
    return ops.div(total, ops.const(freedom, x.dtype)), mean


def _power_sum(x: Node, p: float, axes: tuple[int, ...]) -> Node:
    """The p-norm along axes, of x >= 0 or p = 2."""
    if p == 2:
        return _root(ops.sum_(ops.mul(x, x), axes))
    if p == 1:
        return ops.sum_(x, axes)
    if p == 0:
        return ops.sum_(ops.cast(ops.ne(x, ops.const(0, x.dtype)), x.dtype), axes)
    if math.isinf(p):
        return ops.max_(x, axes) if p > 0 else ops.min_(x, axes)
    exponent = ops.const(p, x.dtype)
    return ops.pow(ops.sum_(ops.pow(x, exponent), axes), ops.const(1 / p, x.dtype))


class ReductionMethods(TensorBase):
    """`dim`: one dimension, several, or None for all; `keepdim` leaves them with size 1.

    All raise IndexError for a dimension that is not there.
    """

    # -- sums --------------------------------------------------------------------------------

    def sum(
        self, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None
    ) -> "Tensor":
        """The sum; integers and bools add up in int64. 0 of no elements."""
        node = _summable("sum", self._node, dtype)
        axes = axes_of("sum", node, dim)
        if node.dtype is bool_:
            return wrap(squeezed(ops.max_(node, axes), axes, keepdim), self._base.device)
        return wrap(squeezed(ops.sum_(node, axes), axes, keepdim), self._base.device)

    def nansum(
        self, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None
    ) -> "Tensor":
        """The sum of what is not NaN."""
        node = _summable("nansum", self._node, dtype)
        axes = axes_of("nansum", node, dim)
        present = ops.where(ops.isnan(node), ops.const(0, node.dtype), node)
        return self._wrap(squeezed(ops.sum_(present, axes), axes, keepdim))

    def mean(
        self, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None
    ) -> "Tensor":
        """The mean, of a floating dtype; NaN of no elements.

        Raises RuntimeError for integers and bools.
        """
        node = _floating("mean", self._node, dtype)
        axes = axes_of("mean", node, dim)
        mean = ops.cast(_mean(wide_node(node), axes), node.dtype)
        return wrap(squeezed(mean, axes, keepdim), self._base.device)

    def nanmean(
        self, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None
    ) -> "Tensor":
        """The mean of what is not NaN."""
        node = _floating("nanmean", self._node, dtype)
        axes = axes_of("nanmean", node, dim)
        x = wide_node(node)
        absent = ops.isnan(x)
        total = ops.sum_(ops.where(absent, ops.const(0, x.dtype), x), axes)
        count = ops.sum_(ops.cast(ops.bitwise_not(absent), x.dtype), axes)
        return self._wrap(squeezed(ops.cast(ops.div(total, count), node.dtype), axes, keepdim))

    def prod(
        self, dim: Dims = None, keepdim: bool = False, *, dtype: DType | None = None
    ) -> "Tensor":
        """The product; integers and bools multiply in int64. 1 of no elements."""
        node = _summable("prod", self._node, dtype)
        axes = axes_of("prod", node, dim)
        if not count_along(node, axes):
            shape = tuple([1 if i in axes else n for i, n in enumerate(node.shape)])
            return self._wrap(squeezed(ops.expand(ops.const(1, node.dtype), shape), axes, keepdim))
        return self._wrap(squeezed(ops.prod(node, axes), axes, keepdim))

    def count_nonzero(self, dim: Dims = None) -> "Tensor":
        """How many elements are not 0, int64."""
        node = ops.cast(ops.cast(self._node, bool_), int64)
        axes = axes_of("count_nonzero", node, dim)
        return self._wrap(squeezed(ops.sum_(node, axes), axes, False))

    def any(self, dim: Dims = None, keepdim: bool = False) -> "Tensor":
        """Whether any element is not 0, bool; False of no elements."""
        return self._wrap(self._quantified("any", dim, keepdim, False))

    def all(self, dim: Dims = None, keepdim: bool = False) -> "Tensor":
        """Whether all elements are not 0, bool; True of no elements."""
        return self._wrap(self._quantified("all", dim, keepdim, True))

    def _quantified(self, name: str, dim: Dims, keepdim: bool, empty: bool) -> Node:
        node = ops.cast(self._node, bool_)
        if isinstance(dim, (tuple, list)) and not dim:
            return node  # of no dimension, as in NumPy and PyTorch
        axes = axes_of(name, node, dim)
        if not count_along(node, axes):
            shape = tuple([1 if i in axes else n for i, n in enumerate(node.shape)])
            return squeezed(ops.expand(ops.const(empty, bool_), shape), axes, keepdim)
        reduce = ops.min_ if empty else ops.max_
        return squeezed(reduce(node, axes), axes, keepdim)

    # -- spread ------------------------------------------------------------------------------

    def var(
        self,
        dim: Dims | bool = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: Number | None = None,
    ) -> "Tensor":
        """The variance, over n - `correction` (1 by default; `unbiased` False means 0).

        Raises RuntimeError for integers and bools.
        """
        return self._wrap(self._spread("var", dim, unbiased, keepdim, correction)[0])

    def std(
        self,
        dim: Dims | bool = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: Number | None = None,
    ) -> "Tensor":
        """The square root of `var`; its gradient is 0 where it is 0."""
        return self._wrap(self._spread("std", dim, unbiased, keepdim, correction)[0])

    def var_mean(
        self,
        dim: Dims | bool = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: Number | None = None,
    ) -> VarMean:
        """`(var, mean)`."""
        var, mean = self._spread("var", dim, unbiased, keepdim, correction)
        return VarMean(self._wrap(var), self._wrap(mean))

    def std_mean(
        self,
        dim: Dims | bool = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: Number | None = None,
    ) -> StdMean:
        """`(std, mean)`."""
        std, mean = self._spread("std", dim, unbiased, keepdim, correction)
        return StdMean(self._wrap(std), self._wrap(mean))

    def _spread(
        self,
        name: str,
        dim: Dims | bool,
        unbiased: bool | None,
        keepdim: bool,
        correction: Number | None,
    ) -> tuple[Node, Node]:
        if isinstance(dim, bool):  # PyTorch's older form, var(unbiased)
            dim, unbiased = None, dim
        if correction is None:
            correction = 1 if unbiased is None or unbiased else 0
        node = self._node
        if node.dtype.kind != "f":
            raise RuntimeError(
                f"{name}: {name} only support floating point and complex dtypes, got "
                f"{node.dtype.name}; write x.float().{name}(...)"
            )
        axes = axes_of(name, node, dim)
        value, mean = _moments(wide_node(node), axes, correction)
        if name == "std":
            value = _root(value)
        value, mean = ops.cast(value, node.dtype), ops.cast(mean, node.dtype)
        return squeezed(value, axes, keepdim), squeezed(mean, axes, keepdim)

    # -- norms -------------------------------------------------------------------------------

    def norm(
        self,
        p: float | str | None = "fro",
        dim: Dims = None,
        keepdim: bool = False,
        dtype: DType | None = None,
    ) -> "Tensor":
        """`sum(|x|**p)**(1/p)`; "fro" is p = 2, infinity the largest, 0 the count of nonzeros.

        Raises RuntimeError for integers and for other words.
        """
        node = _floating("norm", self._node, dtype)
        if isinstance(p, str):
            if p != "fro":
                raise RuntimeError(f"norm: got p={p!r}, expected a number or 'fro'")
            p = 2.0
        power = 2.0 if p is None else float(p)
        axes = axes_of("norm", node, dim)
        x = wide_node(node)
        if math.isinf(power) and not count_along(x, axes):
            raise RuntimeError(
                f"norm: cannot compute the {power} norm of no elements: got shape {list(x.shape)}"
            )
        size = x if power == 2 else ops.abs_(x)
        result = ops.cast(_power_sum(size, power, axes), node.dtype)
        return self._wrap(squeezed(result, axes, keepdim))

    def logsumexp(self, dim: Dims, keepdim: bool = False) -> "Tensor":
        """`log(sum(exp(x)))` without overflow; -infinity of no elements."""
        node = self._node
        if node.dtype.kind != "f":
            node = ops.cast(node, get_default_dtype())
        axes = axes_of("logsumexp", node, dim)
        x = wide_node(node)
        if count_along(x, axes):
            peak = ops.max_(ops.detach(x), axes)
            infinite = ops.eq(ops.abs_(peak), ops.const(math.inf, x.dtype))
            peak = ops.where(infinite, ops.const(0, x.dtype), peak)
            total = ops.sum_(ops.exp(ops.sub(x, peak)), axes)
            result = ops.add(ops.log(total), peak)
        else:
            result = ops.log(ops.sum_(x, axes))
        return self._wrap(squeezed(ops.cast(result, node.dtype), axes, keepdim))

    # -- comparisons of whole tensors --------------------------------------------------------

    def equal(self, other: "TensorBase") -> bool:
        """Whether both have one shape and the same values; realizes."""
        if self._node.shape != other._node.shape:
            return False
        me: Any = self
        return bool(me.eq(other).all().item())

    def allclose(
        self,
        other: Operand,
        rtol: float = 1e-5,
        atol: float = 1e-8,
        equal_nan: bool = False,
    ) -> bool:
        """Whether `isclose` holds everywhere; realizes."""
        me: Any = self
        return bool(me.isclose(other, rtol, atol, equal_nan).all().item())
