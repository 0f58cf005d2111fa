"""Other shapes of the same elements: views, which share storage with their tensor."""

import itertools
import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lazygrad.codegen.dtype import DType, int64

from .contract import is_whole
from .diagonal import Diagonal
from .errors import ShapeError, shown, wrap_dim
from .handle import TensorBase
from .shape_arguments import one_tuple, resolved_shape, whole_number, wrap_dims
from .view_ops import Bitcast, Expand, Reshape, Slice, Window

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["MovementMethods"]

_MOST_PARTS = 1 << 16  # each is a tensor, also those without elements


class MovementMethods(TensorBase):
    """Views. What is written to one is seen through the other, as in PyTorch."""

    # -- shape -------------------------------------------------------------------------------

    def view(self, *shape: Any) -> "Tensor":
        """The same elements in another shape; one size may be -1. With a dtype: the same bits.

        Raises ShapeError (a RuntimeError) where strides do not allow a view: use `reshape`.
        """
        if len(shape) == 1 and isinstance(shape[0], DType):
            return self._bits_as(shape[0])
        node = self._node
        return self._view(Reshape(resolved_shape("view", shape, node.size)))

    def _bits_as(self, dtype: DType) -> "Tensor":
        own = self._node.dtype
        if dtype.itemsize != own.itemsize or "b" in (dtype.kind, own.kind):
            raise RuntimeError(
                f"view: got {dtype.name} for a {own.name} tensor, expected a dtype of the same "
                f"size, {own.itemsize} bytes, and no bool; x.to(dtype) converts values"
            )
        return self._view(Bitcast(dtype))

    def view_as(self, other: TensorBase) -> "Tensor":
        """`view` in the shape of another tensor."""
        return self.view(*other._node.shape)

    def reshape(self, *shape: Any) -> "Tensor":
        """The same elements in another shape: a view where strides allow one, else a copy."""
        return self._reshaped(resolved_shape("reshape", shape, self._node.size))

    def reshape_as(self, other: TensorBase) -> "Tensor":
        """`reshape` to the shape of another tensor."""
        return self.reshape(*other._node.shape)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> "Tensor":
        """The dimensions from `start_dim` to `end_dim` as one."""
        shape = self._node.shape
        first = wrap_dim("flatten", start_dim, len(shape))
        last = wrap_dim("flatten", end_dim, len(shape))
        if first > last:
            raise RuntimeError(
                "flatten() has invalid args: start_dim cannot come after end_dim: got "
                f"{start_dim} and {end_dim}"
            )
        if first == last and shape:
            return self  # type: ignore[return-value]
        merged = math.prod(shape[first : last + 1])
        return self._reshaped((*shape[:first], merged, *shape[last + 1 :]))

    def ravel(self) -> "Tensor":
        """All elements in one dimension."""
        return self._reshaped((self._node.size,))

    def unflatten(self, dim: int, sizes: Sequence[int]) -> "Tensor":
        """One dimension as several, of which one may be -1."""
        shape = self._node.shape
        at = wrap_dim("unflatten", dim, len(shape))
        parts = resolved_shape("unflatten", tuple(sizes), shape[at])
        return self._view(Reshape((*shape[:at], *parts, *shape[at + 1 :])))

    def squeeze(self, dim: Any = None) -> "Tensor":
        """Without the dimensions of size 1, or without those of them that `dim` names."""
        shape = self._node.shape
        if dim is None:
            kept = tuple([n for n in shape if n != 1])
        else:
            dims = dim if isinstance(dim, (tuple, list)) else (dim,)
            gone = wrap_dims("squeeze", dims, len(shape))
            kept = tuple([n for i, n in enumerate(shape) if n != 1 or i not in gone])
        return self._view(Reshape(kept))

    def unsqueeze(self, dim: int) -> "Tensor":
        """With a new dimension of size 1 at `dim`."""
        shape = self._node.shape
        at = wrap_dim("unsqueeze", dim, len(shape) + 1)
        return self._view(Reshape((*shape[:at], 1, *shape[at:])))

    # -- order -------------------------------------------------------------------------------

    def permute(self, *dims: Any) -> "Tensor":
        """Dimension i of the result is dimension `dims[i]`."""
        node = self._node
        given = one_tuple(dims)
        if len(given) != node.ndim:
            raise ShapeError(
                "permute: number of dimensions in the tensor input does not match the "
                f"length of the desired ordering of dimensions: got {list(given)} for shape "
                f"{list(node.shape)}, expected {node.ndim} dimensions"
            )
        return self._permuted(tuple(wrap_dims("permute", given, node.ndim)))

    def transpose(self, dim0: int, dim1: int) -> "Tensor":
        """With two dimensions exchanged."""
        ndim = self._node.ndim
        a, b = wrap_dim("transpose", dim0, ndim), wrap_dim("transpose", dim1, ndim)
        order = list(range(ndim))
        if ndim:
            order[a], order[b] = b, a
        return self._permuted(tuple(order))

    swapaxes = swapdims = transpose

    def t(self) -> "Tensor":
        """A matrix with its dimensions exchanged; fewer dimensions as they are."""
        ndim = self._node.ndim
        if ndim > 2:
            raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but got one of {ndim}")
        return self._permuted(tuple(reversed(range(ndim))))

    @property
    def T(self) -> "Tensor":
        """All dimensions in reverse order."""
        return self._permuted(tuple(reversed(range(self._node.ndim))))

    @property
    def mT(self) -> "Tensor":
        """The last two dimensions exchanged."""
        if self._node.ndim < 2:
            raise RuntimeError(
                f"mT: tensor.mT is only supported on matrices or batches of matrices, got "
                f"{self._node.ndim} dimensions"
            )
        return self.transpose(-2, -1)

    @property
    def H(self) -> "Tensor":
        """A matrix transposed (there are no complex dtypes)."""
        if self._node.ndim not in (0, 2):
            raise RuntimeError(
                f"H: tensor.H is only supported on matrices, got {self._node.ndim} dimensions"
            )
        return self.T

    @property
    def mH(self) -> "Tensor":
        """As `mT` (there are no complex dtypes)."""
        return self.mT

    def adjoint(self) -> "Tensor":
        """As `mT` (there are no complex dtypes)."""
        return self.mT

    def movedim(self, source: Any, destination: Any) -> "Tensor":
        """With the dimensions `source` at the places `destination`."""
        ndim = self._node.ndim
        sources = source if isinstance(source, (tuple, list)) else (source,)
        targets = destination if isinstance(destination, (tuple, list)) else (destination,)
        if len(sources) != len(targets):
            raise RuntimeError(
                "movedim: Invalid source or destination dims: got "
                f"{list(sources)} and {list(targets)}, expected as many of both"
            )
        moved, places = wrap_dims("movedim", sources, ndim), wrap_dims("movedim", targets, ndim)
        rest = iter([d for d in range(ndim) if d not in moved])
        at = dict(zip(places, moved, strict=True))
        return self._permuted(tuple([at[i] if i in at else next(rest) for i in range(ndim)]))

    moveaxis = movedim

    # -- repeated ----------------------------------------------------------------------------

    def expand(self, *sizes: Any) -> "Tensor":
        """Dimensions of size 1 repeated without a copy; -1 keeps a size; new ones come first.

        Raises ShapeError (a RuntimeError) for sizes that do not fit.
        """
        shape = self._node.shape
        given = tuple([whole_number("expand", n) for n in one_tuple(sizes)])
        missing = len(given) - len(shape)
        wanted = tuple(
            [shape[i - missing] if n == -1 and i >= missing else n for i, n in enumerate(given)]
        )
        if missing < 0 or any(
            n < 0 or (i >= missing and shape[i - missing] not in (1, n))
            for i, n in enumerate(wanted)
        ):
            raise ShapeError(
                f"expand: got sizes {list(given)} for shape {list(shape)}, expected -1 or the "
                "existing size for every dimension that is not 1: the expanded size of the tensor "
                "must match the existing size at non-singleton dimensions"
            )
        return self._view(Expand(wanted))

    def expand_as(self, other: TensorBase) -> "Tensor":
        """`expand` to the shape of another tensor."""
        return self.expand(*other._node.shape)

    def broadcast_to(self, size: Sequence[int]) -> "Tensor":
        """`expand` to a shape."""
        return self.expand(*size)

    # -- parts -------------------------------------------------------------------------------

    def _sliced(self, axis: int, start: int, length: int, step: int = 1) -> "Tensor":
        """A part of one dimension, known to be inside; the whole of it is a view too."""
        shape = self._node.shape
        if length == shape[axis]:
            return self._view(Reshape(shape))
        return self._view(Slice.of([(axis, start, length, step)]))

    def _part(self, axis: int, start: int, length: int) -> "Tensor":
        """As `_sliced`, one of several parts. Those of a value within a model are all there in each
        step: where they begin is structure. Those of data come one by one and share it."""
        if length == self._node.shape[axis] or not self._node.tracked:
            return self._sliced(axis, start, length)
        return self._view(Slice.of([(axis, start, length, 1)], fixed=True))

    def narrow(self, dim: int, start: Any, length: int) -> "Tensor":
        """`length` elements of a dimension, from `start` on."""
        shape = self._node.shape
        if not shape:
            raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
        at, first = wrap_dim("narrow", dim, len(shape)), operator.index(start)
        n = shape[at]
        if not -n <= first <= n:
            raise IndexError(
                f"narrow: start out of range (expected to be in range of [{-n}, {n}], but got "
                f"{first})"
            )
        first += n if first < 0 else 0
        if length < 0 or first + length > n:
            raise ShapeError(
                f"narrow: start ({first}) + length ({length}) exceeds dimension size ({n})"
            )
        return self._sliced(at, first, length)

    def select(self, dim: int, index: Any) -> "Tensor":
        """The slice at one index of a dimension, without that dimension."""
        shape = self._node.shape
        if not shape:
            raise IndexError("select() cannot be applied to a 0-dim tensor.")
        at, i = wrap_dim("select", dim, len(shape)), operator.index(index)
        n = shape[at]
        if not -n <= i < n:
            raise IndexError(
                f"select(): index {i} out of range for tensor of size {list(shape)} at dimension "
                f"{at}"
            )
        part = self._view(Slice.of([(at, i % n, 1, 1)])) if n > 1 else self
        return part._view(Reshape(shape[:at] + shape[at + 1 :]))

    def unbind(self, dim: int = 0) -> "tuple[Tensor, ...]":
        """The slices along a dimension, one after another."""
        shape = self._node.shape
        if not shape:
            raise RuntimeError("unbind: Dimension specified as 0 but tensor has no dimensions")
        at = wrap_dim("unbind", dim, len(shape))
        return tuple([self.select(at, i) for i in range(shape[at])])

    def split(self, split_size: Any, dim: int = 0) -> "tuple[Tensor, ...]":
        """Parts of `split_size` along a dimension (the last may be smaller), or of listed sizes."""
        shape = self._node.shape
        if not shape:
            raise RuntimeError("split expects at least a 1-dimensional tensor")
        at = wrap_dim("split", dim, len(shape))
        if isinstance(split_size, (tuple, list)):
            return self.split_with_sizes(split_size, dim)
        size, n = operator.index(split_size), shape[at]
        if size < 0 or (size == 0 and n):
            raise RuntimeError(
                f"split expects split_size be non-negative, and 0 only for an empty dimension; got "
                f"split_size={size}, dimension size {n}"
            )
        starts = range(0, n, size) if n else (0,)
        return tuple([self._part(at, i, min(size, n - i)) for i in starts])

    def split_with_sizes(self, split_sizes: Sequence[int], dim: int = 0) -> "tuple[Tensor, ...]":
        """Parts of the listed sizes, which sum to that of the dimension."""
        shape = self._node.shape
        at = wrap_dim("split_with_sizes", dim, len(shape))
        if sum(split_sizes) != shape[at] or any(n < 0 for n in split_sizes):
            raise ShapeError(
                f"split_with_sizes expects split_sizes to sum exactly to {shape[at]} (input "
                f"tensor's size at dimension {at}), but got split_sizes={list(split_sizes)}"
            )
        parts, start = [], 0
        for n in split_sizes:
            parts.append(self._part(at, start, n))
            start += n
        return tuple(parts)

    def chunk(self, chunks: int, dim: int = 0) -> "tuple[Tensor, ...]":
        """At most `chunks` parts of equal size (the last may be smaller)."""
        shape = self._node.shape
        if not shape:
            raise RuntimeError("chunk expects at least a 1-dimensional tensor")
        if chunks <= 0:
            raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
        n = shape[wrap_dim("chunk", dim, len(shape))]
        if n == 0:
            return self.split_with_sizes([0] * chunks, dim)
        return self.split(-(-n // chunks), dim)

    def tensor_split(self, indices_or_sections: Any, dim: int = 0) -> "tuple[Tensor, ...]":
        """As many parts as told, sizes differing by at most 1, or cut at the listed indices."""
        shape = self._node.shape
        n = shape[wrap_dim("tensor_split", dim, len(shape))]
        if is_whole(indices_or_sections):
            count = operator.index(indices_or_sections)
            if not 0 < count <= max(n, _MOST_PARTS):
                raise RuntimeError(
                    f"tensor_split: number of sections must be larger than 0, got {count}, "
                    f"expected at most {max(n, _MOST_PARTS)}"
                )
            cuts = [i * (n // count) + min(i, n % count) for i in range(count + 1)]
        else:
            if not isinstance(indices_or_sections, (tuple, list, range, TensorBase, np.ndarray)):
                raise TypeError(
                    f"tensor_split: got {shown(indices_or_sections)}, expected a number of "
                    "sections, or indices in a tuple, a list or a tensor"
                )
            dtype = getattr(indices_or_sections, "dtype", int64)
            if dtype.kind not in "ui":
                raise RuntimeError(f"tensor_split: got indices of {dtype}, expected int64")
            given = [whole_number("tensor_split", i) for i in indices_or_sections]  # type: ignore[union-attr]
            cuts = [0, *[min(max(i + n if i < 0 else i, 0), n) for i in given], n]
        at = wrap_dim("tensor_split", dim, len(shape))
        return tuple(
            [self._part(at, min(a, b), max(b - a, 0)) for a, b in itertools.pairwise(cuts)]
        )

    def unfold(self, dimension: int, size: int, step: int) -> "Tensor":
        """Windows of `size` elements, one every `step`; their slots are a new last dimension."""
        shape = self._node.shape
        at = wrap_dim("unfold", dimension, len(shape))
        most = shape[at] if shape else 1
        if not 0 < size <= most or step <= 0:
            raise ShapeError(
                f"unfold: got size {size} and step {step}, expected a positive step and at most "
                f"{most}: maximum size for tensor at dimension {at} is {most} but size is {size}"
            )
        return self._view(Window(at, size, step))

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> "Tensor":
        """The diagonal of two dimensions, as a new last one; `offset` > 0 is above it."""
        shape = self._node.shape
        first = wrap_dim("diagonal", dim1, len(shape))
        second = wrap_dim("diagonal", dim2, len(shape))
        if first == second:
            raise RuntimeError(
                f"diagonal dimensions cannot be identical {dim1}, {dim2}: got shape {list(shape)}"
            )
        rows, columns = max(-offset, 0), max(offset, 0)
        count = max(0, min(shape[first] - rows, shape[second] - columns))
        return self._view(Diagonal(first, second, rows, columns, count))
