"""Reads and writes at places that a tensor of indices names: gather, scatter and index_*."""

from typing import TYPE_CHECKING, Any, Self

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import bool_, int64, uint8
from lazygrad.codegen.graph import Node, Shape
from lazygrad.codegen.ops import broadcast_shapes

from .errors import ShapeError, wrap_dim
from .handle import TensorBase
from .indexing import placed, value_node
from .pointwise_nodes import add, not_for
from .view_ops import add_at, write_at

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["GatherScatterMethods"]

_REDUCTIONS = {
    "add": "add", "sum": "add", "mean": "add", "amax": "max", "amin": "min",
}  # fmt: skip


class GatherScatterMethods(TensorBase):
    """Gathers and scatters. Index tensors may be of any integer dtype."""

    # -- reads -------------------------------------------------------------------------------

    def gather(self, dim: int, index: "Tensor", *, sparse_grad: bool = False) -> "Tensor":
        """`out[i][j] = self[index[i][j]][j]` for dim 0, and so on; of the shape of `index`.

        Raises RuntimeError: other dimensions of `index` larger than this tensor's, a dtype that
        is no integer.
        """
        node, at, places = self._places("gather", dim, index)
        return self._wrap(ops.gather(_front(node, places.shape, at), places, at))

    def take_along_dim(self, indices: "Tensor", dim: int | None = None) -> "Tensor":
        """As NumPy's take_along_axis: `indices` broadcast against this tensor, but along dim."""
        node, places = self._node, _index_node("take_along_dim", indices, self)
        if dim is None:
            node = ops.reshape(node, (node.size,))
            places, at = ops.reshape(places, (places.size,)), 0
        else:
            at = wrap_dim("take_along_dim", dim, node.ndim)
            if places.ndim != node.ndim:
                raise ShapeError(
                    f"take_along_dim: got indices of shape {list(places.shape)}, expected "
                    f"{node.ndim} dimensions as the input, {list(node.shape)}"
                )
            one = [1 if i == at else n for i, n in enumerate(node.shape)]
            common = broadcast_shapes(
                tuple(one), tuple([1 if i == at else n for i, n in enumerate(places.shape)])
            )
            node = ops.expand(node, _with(common, at, node.shape[at]))
            places = ops.expand(places, _with(common, at, places.shape[at]))
        return self._wrap(ops.gather(node, places, at))

    def index_select(self, dim: int, index: "Tensor") -> "Tensor":
        """The slices along `dim` that a tensor of one dimension names, in its order."""
        node, at, places = self._lined("index_select", dim, index)
        if not node.shape:
            return self._wrap(node)
        return self._wrap(ops.gather(node, places, at))

    def take(self, index: "Tensor") -> "Tensor":
        """Elements by their row-major position, of the shape of `index`."""
        node, places = self._node, _index_node("take", index, self)
        count = ops.const(node.size, int64)
        places = ops.where(ops.lt(places, ops.const(0, int64)), ops.add(places, count), places)
        flat = ops.reshape(places, (places.size,))
        taken = ops.gather(ops.reshape(node, (node.size,)), flat, 0)
        return self._wrap(ops.reshape(taken, places.shape))

    # -- writes ------------------------------------------------------------------------------

    def scatter(
        self, dim: int, index: "Tensor", src: Any, *, reduce: str | None = None
    ) -> "Tensor":
        """A copy with `out[index[i][j]][j] = src[i][j]` for dim 0, and so on.

        Of several values for one place the last one stays. `src`: a tensor at least as large as
        `index`, or a number; `reduce`: "add" adds instead.
        """
        return self._wrap(self._scattered("scatter", dim, index, src, reduce))

    def scatter_(self, dim: int, index: "Tensor", src: Any, *, reduce: str | None = None) -> Self:
        """As `scatter`, in place."""
        self._write(self._scattered("scatter_", dim, index, src, reduce))
        return self

    def scatter_add(self, dim: int, index: "Tensor", src: "Tensor") -> "Tensor":
        """A copy with `out[index[i][j]][j] += src[i][j]` for dim 0, and so on."""
        return self._wrap(self._scattered("scatter_add", dim, index, src, "add"))

    def scatter_add_(self, dim: int, index: "Tensor", src: "Tensor") -> Self:
        """As `scatter_add`, in place."""
        self._write(self._scattered("scatter_add_", dim, index, src, "add"))
        return self

    def scatter_reduce(
        self, dim: int, index: "Tensor", src: "Tensor", reduce: str, *, include_self: bool = True
    ) -> "Tensor":
        """A copy with the values for each place combined by "sum", "mean", "amax" or "amin".

        `include_self`: with what the place held before; places that get nothing keep it anyway.
        """
        name = "scatter_reduce"
        return self._wrap(self._scattered(name, dim, index, src, reduce, include_self))

    def scatter_reduce_(
        self, dim: int, index: "Tensor", src: "Tensor", reduce: str, *, include_self: bool = True
    ) -> Self:
        """As `scatter_reduce`, in place."""
        name = "scatter_reduce_"
        self._write(self._scattered(name, dim, index, src, reduce, include_self))
        return self

    def index_add(
        self, dim: int, index: "Tensor", source: "Tensor", *, alpha: float = 1
    ) -> "Tensor":
        """A copy with `alpha * source` added to the slices along `dim` that `index` names."""
        return self._wrap(self._index_added("index_add", dim, index, source, alpha))

    def index_add_(self, dim: int, index: "Tensor", source: "Tensor", *, alpha: float = 1) -> Self:
        """As `index_add`, in place."""
        self._write(self._index_added("index_add_", dim, index, source, alpha))
        return self

    def index_copy(self, dim: int, index: "Tensor", source: "Tensor") -> "Tensor":
        """A copy with the slices along `dim` that `index` names replaced by those of `source`."""
        return self._wrap(self._index_copied("index_copy", dim, index, source))

    def index_copy_(self, dim: int, index: "Tensor", source: "Tensor") -> Self:
        """As `index_copy`, in place."""
        self._write(self._index_copied("index_copy_", dim, index, source))
        return self

    def index_fill(self, dim: int, index: "Tensor", value: Any) -> "Tensor":
        """A copy with the slices along `dim` that `index` names filled with a number."""
        return self._wrap(self._index_copied("index_fill", dim, index, value, fill=True))

    def index_fill_(self, dim: int, index: "Tensor", value: Any) -> Self:
        """As `index_fill`, in place."""
        self._write(self._index_copied("index_fill_", dim, index, value, fill=True))
        return self

    # -- new values --------------------------------------------------------------------------

    def _places(self, name: str, dim: int, index: "Tensor") -> tuple[Node, int, Node]:
        """This tensor, the dimension and an index of as many dimensions."""
        node, places = self._node, _index_node(name, index, self)
        at = wrap_dim(name, dim, node.ndim)
        if not node.shape and not places.shape:
            node, places = ops.reshape(node, (1,)), ops.reshape(places, (1,))
        if places.ndim != node.ndim or any(
            m > n for i, (m, n) in enumerate(zip(places.shape, node.shape, strict=True)) if i != at
        ):
            raise ShapeError(
                f"{name}: got an index of shape {list(places.shape)} for {list(node.shape)}, "
                f"expected {node.ndim} dimensions, none but dimension {at} larger than the tensor's"
            )
        return node, at, places

    def _lined(self, name: str, dim: int, index: "Tensor") -> tuple[Node, int, Node]:
        """This tensor, the dimension and an index of one dimension, laid along it."""
        node, places = self._node, _index_node(name, index, self)
        at = wrap_dim(name, dim, node.ndim)
        if places.ndim > 1:
            raise IndexError(
                f"{name}(): Index is supposed to be a vector, got shape {list(places.shape)}"
            )
        return node, at, ops.reshape(places, _with((1,) * node.ndim, at, places.size))

    def _scattered(
        self,
        name: str,
        dim: int,
        index: "Tensor",
        src: Any,
        reduce: str | None,
        include_self: bool = True,
    ) -> Node:
        node, at, places = self._places(name, dim, index)
        if isinstance(src, TensorBase) and src.dtype is not node.dtype:
            raise RuntimeError(
                f"{name}(): Expected self.dtype to be equal to src.dtype, got {node.dtype.name} "
                f"and {src.dtype.name}; write src.to(x.dtype)"
            )
        values = value_node(src, node.dtype, self._base.device)
        if isinstance(src, TensorBase) and src._node.shape:
            if any(m > n for m, n in zip(places.shape, values.shape, strict=True)):
                raise ShapeError(
                    f"{name}: got src of shape {list(values.shape)}, expected at least the index's "
                    f"{list(places.shape)} in every dimension"
                )
            values = _front(values, places.shape, None)
        else:
            values = ops.expand(values, places.shape)
        part = _front(node, places.shape, at)
        if reduce is None:
            new = write_at(part, places, values, at)
        elif reduce in _REDUCTIONS:
            new = _reduced(part, places, values, at, reduce, include_self)
        else:
            raise NotImplementedError(
                f"{name}: got reduce={reduce!r}, expected one of {[*_REDUCTIONS]}"
            )
        return ops.reshape(_put_front(node, new), self._node.shape)

    def _index_added(
        self, name: str, dim: int, index: "Tensor", source: "Tensor", alpha: float
    ) -> Node:
        node, at, places = self._lined(name, dim, index)
        values = value_node(source, node.dtype, self._base.device)
        if alpha != 1:
            values = ops.mul(values, value_node(alpha, node.dtype, self._base.device))
        if not node.shape:
            return add(node, ops.reshape(values, ()))
        _check_slices(name, node, places, values, at)
        return add_at(node, places, values, at)

    def _index_copied(
        self, name: str, dim: int, index: "Tensor", source: Any, fill: bool = False
    ) -> Node:
        node, at, places = self._lined(name, dim, index)
        values = value_node(source, node.dtype, self._base.device)
        if fill and values.shape:
            raise RuntimeError(
                f"{name} only supports a 0-dimensional value tensor, but got tensor with "
                f"{values.ndim} dimension(s)."
            )
        if not node.shape:
            return ops.reshape(values, ())
        if fill:
            values = ops.expand(values, _with(node.shape, at, places.size))
        _check_slices(name, node, places, values, at)
        flat = ops.reshape(places, (places.size,))
        if fill:  # a negative index counts from the end here
            size = ops.const(node.shape[at], int64)
            flat = ops.where(ops.lt(flat, ops.const(0, int64)), ops.add(flat, size), flat)
        return write_at(node, flat, values, at)


def _with(shape: Shape, axis: int, count: int) -> Shape:
    return tuple([count if i == axis else n for i, n in enumerate(shape)])


def _index_node(name: str, index: Any, of: TensorBase) -> Node:
    if not isinstance(index, TensorBase):
        raise TypeError(f"{name}(): got index of type {type(index).__name__}, expected a Tensor")
    if index.dtype.kind not in "ui":
        raise RuntimeError(
            f"{name}(): Expected dtype int64 for index, got {index.dtype.name}; write index.long()"
        )
    return ops.cast(ops.detach(placed(name, index, of)), int64)


def _front(node: Node, shape: Shape, but: int | None) -> Node:
    """The first elements of every axis, as many as `shape` has; all along the axis `but`."""
    for axis, n in enumerate(shape):
        if axis != but and n != node.shape[axis]:
            node = ops.slice_at(node, axis, 0, n)
    return node


def _put_front(old: Node, new: Node) -> Node:
    """`old` with its first elements replaced by `new`."""
    if old.shape == new.shape:
        return new
    inside = ops.expand(ops.const(True, bool_), new.shape)
    widths = [(0, n - m) for n, m in zip(old.shape, new.shape, strict=True)]
    return ops.where(ops.pad_around(inside, widths, False), ops.pad_around(new, widths), old)


def _check_slices(name: str, node: Node, places: Node, values: Node, at: int) -> None:
    expected = _with(node.shape, at, places.size)
    if values.shape != expected:
        raise ShapeError(
            f"{name}: got source of shape {list(values.shape)}, expected {list(expected)}: that of "
            f"the tensor with as many slices along dimension {at} as the index has elements"
        )


def _reduced(
    old: Node, places: Node, values: Node, at: int, reduce: str, include_self: bool
) -> Node:
    """`old` with the values for each place combined with what it held, or among themselves."""
    if old.dtype is bool_:  # as 0 and 1, of which sums keep the larger one
        if reduce == "mean":
            raise not_for("mean", old, "Convert it first: x.to(lg.float32).")
        small, more = ops.cast(old, uint8), ops.cast(values, uint8)
        extreme = "amin" if reduce == "amin" else "amax"
        return ops.cast(_reduced(small, places, more, at, extreme, include_self), bool_)
    count, mode = old.shape[at], _REDUCTIONS[reduce]
    found = ops.scatter(places, values, at, count, mode)
    one = ops.const(1, int64)
    hits = ops.scatter(places, ops.expand(one, values.shape), at, count, "add")
    touched = ops.lt(ops.const(0, int64), hits)
    if mode == "add":
        total = ops.add(old, found) if include_self else found
        if reduce == "mean":
            if include_self:
                hits = ops.add(hits, one)
            total = _divided(total, ops.maximum(hits, one))
        if include_self and reduce != "mean":
            return total
    else:
        total = found
        if include_self:
            total = (ops.maximum if mode == "max" else ops.minimum)(old, found)
    return ops.where(touched, total, old)


def _divided(total: Node, hits: Node) -> Node:
    count = ops.cast(hits, total.dtype)
    if total.dtype.kind == "f":
        return ops.div(total, count)
    return ops.floordiv(total, count)
