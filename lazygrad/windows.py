"""What layers do with windows over axes: pad around, slide, take the maximum."""

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lazygrad.codegen import ops

from .errors import ShapeError, wrap_dim
from .handle import TensorBase
from .view_ops import Window

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["max_first", "pad_constant", "sliding_window"]


def sliding_window(
    x: TensorBase, dim: int, size: int, step: int = 1, dilation: int = 1
) -> "Tensor":
    """Windows of `size` elements along `dim`, as a view: their slots are a new last dimension.

    Windows begin every `step` elements and read every `dilation`-th one, so that dimension `dim`
    becomes `(n - dilation * (size - 1) - 1) // step + 1` long. Elements in several windows get
    the sum of their gradients.

    Raises IndexError for a dimension that is not there, ShapeError (a RuntimeError) where not one
    window fits.
    """
    shape = x._node.shape
    axis = wrap_dim("sliding_window", dim, len(shape))
    span = (size - 1) * dilation + 1
    if not shape or size < 1 or step < 1 or dilation < 1 or span > shape[axis]:
        raise ShapeError(
            f"sliding_window: got size {size}, step {step}, dilation {dilation} for dimension "
            f"{dim} of shape {list(shape)}, expected positive ones and a span of at most "
            f"{shape[axis] if shape else 0}, not {span}"
        )
    return x._view(Window(axis, size, step, dilation))


def pad_constant(x: TensorBase, amounts: Sequence[int], value: float) -> "Tensor":
    """The last axes grown by `value`: `amounts` are (left, right) of the last axis, and so on.

    Raises TypeError for amounts that are not integers; none may be negative.
    """
    widths = [(0, 0)] * x.dim()
    for i in range(0, len(amounts), 2):
        left, right = operator.index(amounts[i]), operator.index(amounts[i + 1])
        widths[x.dim() - 1 - i // 2] = (left, right)
    return x._wrap(ops.pad_around(x._node, widths, value))


def max_first(x: TensorBase, dims: Sequence[int], keepdim: bool) -> "Tensor":
    """The maximum over `dims`; of equal elements the first one takes the gradient."""
    node = x._node
    axes = tuple(sorted(d % node.ndim for d in dims))
    best = ops.max_(node, axes, "first")
    if not keepdim:
        best = ops.reshape(best, tuple(n for i, n in enumerate(node.shape) if i not in axes))
    return x._wrap(best)
