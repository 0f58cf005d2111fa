"""Storage, and the handle on it that all of Tensor stands on.

    handle  = base, chain of view operations, logical stride and offset
    base    = Storage                          the value of a whole array: one node
            | Alias(Storage)                   the same value with a gradient history of its own
    chain   = (ViewOp*)                        replayed on the base's node; Mark makes a leaf

Nothing is mutated but these. Writing through a handle writes the new value back through its chain
into a new base node; every other handle sees it when it next asks for its node.
"""

import contextlib
from typing import TYPE_CHECKING, Any, Self

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType
from lazygrad.codegen.graph import Node, Shape

from . import placement
from .errors import ShapeError, type_name
from .grad_mode import grad_enabled
from .origin import caller
from .placement import Device
from .realize import note_pending
from .storage import Alias as Alias
from .storage import Storage as Storage
from .storage import cut, note_overwritten, own_reads, with_history_of
from .view_ops import (
    Layout,
    Mark,
    Permute,
    Reshape,
    ViewOp,
    contiguous_stride,
    dense_layout,
    overlaps,
    reshape_stride,
    strided_write,
)

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = [
    "Alias",
    "Size",
    "Storage",
    "TensorBase",
    "check_tensor",
    "del_cache",
    "keep_order",
    "wrap",
]

tensor_class: "type[Any]" = object  # Tensor, set by tensor.py


class Size(tuple[int, ...]):
    """A shape: a tuple of ints that knows its number of elements."""

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements."""
        total = 1
        for n in self:
            total *= n
        return total

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return Size(part) if isinstance(index, slice) else part

    def __add__(self, other: Any) -> "Size":
        return Size(tuple(self) + tuple(other))

    def __repr__(self) -> str:
        return f"lazygrad.Size({list(self)})"

    __str__ = __repr__


def wrap(node: Node, device: Device) -> "Tensor":
    """A new tensor that owns a fresh storage with this value; without history under no_grad."""
    if node.tracked and not grad_enabled.get():
        node = ops.detach(node)
    if node.origin is None:
        node.origin = caller()
    note_pending(device, node)
    tensor: Tensor = object.__new__(tensor_class)
    tensor._base = Storage(node, device)
    tensor._chain = ()
    tensor._layout = None
    return tensor


class TensorBase:
    """The part of Tensor that knows storage and views; the mixins add the methods."""

    __slots__ = ("__weakref__", "_base", "_cached", "_chain", "_layout", "_seen")

    _base: Storage | Alias
    _chain: tuple[ViewOp, ...]
    _layout: Layout | None
    _cached: Node
    _seen: Node

    # -- the value ---------------------------------------------------------------------------

    @property
    def _node(self) -> Node:
        """The current value, with gradient markers."""
        base = self._base.node
        chain = self._chain
        if not chain:
            return base
        try:
            if self._seen is base:
                return self._cached
        except AttributeError:  # never replayed
            pass
        return self._replay(base)

    def _replay(self, base: Node) -> Node:
        node = base
        for op in self._chain:
            node = op.apply(node)
        self._seen, self._cached = base, node
        return node

    def _wrap(self, node: Node) -> "Tensor":
        """A new tensor on this one's device, see `wrap`."""
        return wrap(node, self._base.device)

    def _wrap_like(self, node: Node) -> "Tensor":
        """As `_wrap`, for an elementwise result: it keeps this tensor's order of dimensions."""
        tensor = wrap(node, self._base.device)
        layout = self._layout
        if layout is not None and node.shape == self._node.shape:
            tensor._layout = dense_layout(node.shape, layout)
        return tensor

    def _alias(
        self,
        base: Storage | Alias,
        chain: tuple[ViewOp, ...],
        layout: Layout | None,
        cls: "type[Tensor] | None" = None,
    ) -> "Tensor":
        tensor: Tensor = object.__new__(cls or tensor_class)
        tensor._base = base
        tensor._chain = chain
        tensor._layout = layout
        return tensor

    def _view(self, *steps: ViewOp) -> "Tensor":
        """The tensor that shares this one's storage through more view operations.

        Raises ShapeError for a Reshape that PyTorch's strides do not allow, and what building the
        node raises (ValueError) where an operation does not fit the shape.
        """
        node, layout = self._node, self._layout
        tracked = node.tracked
        for op in steps:
            viewed = op.apply(node)
            layout = op.layout(node.shape, layout)
            node = viewed
        if tracked and not grad_enabled.get():
            return self._alias_of_value((*self._value_chain(), *steps), layout)
        tensor: Tensor = object.__new__(tensor_class)
        base = self._base
        tensor._base = base
        tensor._chain = (*self._chain, *steps)
        tensor._layout = layout
        tensor._seen, tensor._cached = base.node, node
        return tensor

    def _reshaped(self, shape: Shape) -> "Tensor":
        """`shape` (all known) as a view where strides allow that, else as a copy."""
        layout = self._layout
        if layout is not None and reshape_stride(self._node.shape, layout.stride, shape) is None:
            return self._wrap(ops.reshape(self._node, shape))
        return self._view(Reshape(shape))

    def _permuted(self, order: tuple[int, ...]) -> "Tensor":
        return self._view(Permute(order))

    def _value_chain(self) -> tuple[ViewOp, ...]:
        """The chain without marks: the value as such."""
        chain = self._chain
        for op in chain:
            if isinstance(op, Mark):
                return tuple([op for op in chain if not isinstance(op, Mark)])
        return chain

    def _alias_of_value(
        self, chain: tuple[ViewOp, ...], layout: Layout | None, checked: bool = True
    ) -> "Tensor":
        """A handle on the storage outside every gradient history."""
        return self._alias(Alias(self._base.storage, checked), chain, layout)

    def _become(self, other: "TensorBase") -> Self:
        """Makes this handle one on what `other` shows, as `unsqueeze_` does with a view."""
        self._base, self._chain, self._layout = other._base, other._chain, other._layout
        del_cache(self)
        return self

    def as_subclass(self, cls: "type[Any]") -> Any:
        """A handle of class `cls` on the same storage and in the same gradient history."""
        return self._alias(self._base, self._chain, self._layout, cls)

    # -- writing -----------------------------------------------------------------------------

    def _write(self, node: Node, operands: tuple[Node, ...] | None = None) -> None:
        """Replaces the value of this handle by `node`, in place, visible through every alias.

        Args:
            node: the new value, of this handle's shape and dtype.
            operands: what `node` was computed from in this very call, beside the old value. Only
                with them the reads between old and new value count as the write's own.

        Raises RuntimeError as PyTorch does: for a leaf that requires gradients, and for views
        with several elements in one place.
        """
        old = self._check_writable(node)
        base, chain = self._base, self._chain
        whole = base.node
        history = grad_enabled.get()
        if node.tracked and not history:
            node = ops.detach(node)
        new = self._written_back(whole, node) if chain else node
        if base.checked:
            own = own_reads(new, (old, whole), operands, node)
            note_overwritten(base.storage.node, own)
        if whole.tracked and not (new.tracked and history):
            new = with_history_of(whole, new)
            if history:
                cut.add(new)  # a constant now, which PyTorch still says requires grad
        base.put(new)
        if chain:
            del_cache(self)

    def _check_writable(self, node: Node) -> Node:
        old = self._node
        if node.shape != old.shape:
            raise ShapeError(
                f"output with shape {list(old.shape)} doesn't match the broadcast shape "
                f"{list(node.shape)}"
            )
        if self._chain and grad_enabled.get():
            for op in self._chain:
                if isinstance(op, Mark):
                    what = "leaf" if op is self._chain[-1] else "view of a leaf"
                    raise RuntimeError(
                        f"a {what} Variable that requires grad is being used in an in-place "
                        "operation.\nChange its value inside `with no_grad():`, or write to a "
                        "copy: x = x.clone()."
                    )
        if overlaps(old.shape, self._layout):
            raise RuntimeError(
                "unsupported operation: more than one element of the written-to tensor refers to "
                "a single memory location. Please clone() the tensor before performing the "
                "operation."
            )
        return old

    def _written_back(self, whole: Node, node: Node) -> Node:
        """The base's value after `node` was written to this view of it."""
        chain = self._chain
        if not all(op.exact for op in chain):
            # strides over the base's elements in row-major order, whatever its own strides say
            layout: Layout | None = Layout(contiguous_stride(whole.shape), 0)
            part = whole
            for op in chain:
                layout, part = op.layout(part.shape, layout), op.apply(part)
            assert layout is not None
            return strided_write(whole, ops.bitcast(node, whole.dtype), layout)
        seen = [whole]
        for op in chain[:-1]:
            seen.append(op.apply(seen[-1]))
        for op, read in zip(reversed(chain), reversed(seen), strict=True):
            node = op.write(read, node)
        return node

    # -- what a handle tells -----------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The size of every dimension."""
        return Size(self._node.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self._node.shape)

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self._node.dtype

    @property
    def device(self) -> "placement.device":
        """Where the elements are."""
        return placement.device(self._base.device)

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow through this tensor."""
        node = self._node
        return node.tracked and node.dtype.kind == "f"

    @property
    def _version(self) -> int:
        """How often the storage was written to."""
        return self._base.storage.version

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension. Raises IndexError for one that is not there."""
        shape = self._node.shape
        if dim is None:
            return Size(shape)
        if not -len(shape) <= dim < len(shape):
            raise IndexError(
                "size: Dimension out of range (expected to be in range of "
                f"[{-len(shape)}, {len(shape) - 1}], but got {dim})"
            )
        return shape[dim]

    def dim(self) -> int:
        """The number of dimensions."""
        return len(self._node.shape)

    def numel(self) -> int:
        """The number of elements."""
        return self._node.size


def check_tensor(name: str, given: Any, argument: str = "input", place: int = 1) -> None:
    """Raises TypeError for what is no tensor."""
    if not isinstance(given, TensorBase):
        raise TypeError(
            f"{name}(): argument '{argument}' (position {place}) must be Tensor, not "
            f"{type_name(given)}; write lg.tensor(value)"
        )


def keep_order(result: "Tensor", *operands: Any) -> None:
    """Gives an elementwise result the order of dimensions of the first operand of its shape."""
    shape = result._node.shape
    for operand in operands:
        if isinstance(operand, TensorBase) and operand._node.shape == shape:
            result._layout = dense_layout(shape, operand._layout)
            return


def del_cache(tensor: TensorBase) -> None:
    """Forgets a replayed node, so that it keeps no old value alive."""
    with contextlib.suppress(AttributeError):
        del tensor._seen, tensor._cached
