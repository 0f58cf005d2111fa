"""The methods of Tensor that have to do with gradients."""

import itertools
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Self

from lazygrad.codegen import ops
from lazygrad.codegen.graph import Node

from . import autograd, recording
from .handle import TensorBase, del_cache
from .storage import bridges, spent
from .view_ops import Mark

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["AccumulateGrad", "AutogradMethods", "GradFn", "RemovableHandle"]

_hook_keys = itertools.count()
_LAST = 1 << 62  # retained gradients come after all hooks


class RemovableHandle:
    """Takes a hook away again with `remove()`, or at the end of a `with`."""

    def __init__(self, hooks: dict[int, Callable[..., Any]], key: int) -> None:
        self._hooks = hooks
        self._key = key

    def remove(self) -> None:
        """The hook is called no more."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


class GradFn:
    """What made a tensor that has a gradient history: `name()` and `next_functions`."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def name(self) -> str:
        """Such as "MulBackward0"."""
        words = spent.get(self._node, self._node.op.name).split("_")
        return "".join(word.capitalize() for word in words if word) + "Backward0"

    @property
    def next_functions(self) -> tuple[tuple["GradFn | None", int], ...]:
        """Where the gradient goes next, one entry for each operand; none after a backward."""
        if self._node in spent:
            return ()
        return tuple([(_made_by(s) if s.tracked else None, 0) for s in self._node.src])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GradFn) and other._node is self._node

    def __hash__(self) -> int:
        return hash(self._node)

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self._node):#x}>"


class AccumulateGrad(GradFn):
    """Where gradients end: a leaf."""

    def name(self) -> str:
        return "AccumulateGrad"

    @property
    def variable(self) -> "TensorBase | None":
        """The leaf, while it lives."""
        return autograd.leaves.get(self._node.arg)

    @property
    def next_functions(self) -> tuple[tuple[GradFn | None, int], ...]:
        return ()


def _made_by(node: Node) -> GradFn:
    while node in bridges:
        node = bridges[node]
    if node in spent:
        return GradFn(node)
    return AccumulateGrad(node) if node.op.starts_tracking else GradFn(node)


class AutogradMethods(TensorBase):
    """Gradients of and through a tensor."""

    # set on an instance only where one has it
    _grad: "Tensor | None" = None
    _spent: "weakref.ref[Node] | None" = None
    _hooks: "dict[int, Callable[[Tensor], Any]]" = {}  # noqa: RUF012  # replaced, never changed
    _after_accumulate: "dict[int, Callable[[Tensor], Any]]" = {}  # noqa: RUF012
    _retains: "weakref.ref[Node] | None" = None

    def backward(
        self,
        gradient: "Tensor | None" = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: "Tensor | Sequence[Tensor] | None" = None,
    ) -> None:
        """Adds the gradient of this tensor to `.grad` of every leaf; see `autograd.backward`."""
        autograd.backward(self, gradient, retain_graph, create_graph, inputs)

    # -- leaves ------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow through this tensor; settable on leaves."""
        node = self._node
        return node.tracked and node.dtype.kind == "f"

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Makes this tensor a leaf that gradients are taken for, or no longer.

        Raises RuntimeError: an integer or bool tensor, or False on a tensor that is no leaf.
        """
        is_leaf = self.is_leaf
        if not requires_grad:
            if not is_leaf:
                raise RuntimeError(
                    "you can only change requires_grad flags of leaf variables. If you want to "
                    "use a computed variable in a subgraph that doesn't require differentiation "
                    "use var_no_grad = var.detach()."
                )
            self._unmark()
        elif not self.requires_grad:
            if self._node.dtype.kind != "f":
                raise RuntimeError(
                    "only Tensors of floating point dtype can require gradients, got "
                    f"{self.dtype.name}"
                )
            self._mark(ops.fresh_number())
        return self

    def _mark(self, number: int) -> None:
        self._chain = (*self._chain, Mark(number))
        del_cache(self)
        autograd.leaves[number] = self

    def _unmark(self) -> None:
        if autograd.leaf_number(self) is not None:
            self._chain = self._chain[:-1]
            del_cache(self)

    @property
    def is_leaf(self) -> bool:
        """Whether no operation that records gradients made this tensor."""
        return not self.requires_grad or autograd.leaf_number(self) is not None

    @property
    def grad_fn(self) -> GradFn | None:
        """What made this tensor; None for a leaf."""
        return None if self.is_leaf else _made_by(self._node)

    @property
    def grad(self) -> "Tensor | None":
        """The gradient that `backward` has accumulated; None before."""
        return self._grad

    @grad.setter
    def grad(self, value: "Tensor | None") -> None:
        if value is not None:
            self._check_grad(value)
        self._grad = value
        recorder = recording.active()
        if recorder is not None:
            recorder.graded[id(self)] = self

    def _check_grad(self, value: "Tensor") -> None:
        if not isinstance(value, TensorBase):
            raise TypeError(
                f"assigned grad expected to be a Tensor or None but got grad of type "
                f"{type(value).__name__}"
            )
        if value is self:
            raise RuntimeError("can't assign Tensor as its own grad")
        mine, given = self._node, value._node
        if given.shape != mine.shape or given.dtype is not mine.dtype:
            raise RuntimeError(
                f"assigned grad has {given.dtype.name} {list(given.shape)}, expected that of the "
                f"tensor, {mine.dtype.name} {list(mine.shape)}"
            )
        if value._base.device is not self._base.device:
            raise RuntimeError(
                f"assigned grad is on {value.device}, expected {self.device} as the tensor"
            )

    # -- the value without its history -------------------------------------------------------

    def detach(self) -> "Tensor":
        """A tensor on the same storage, outside the gradient history."""
        return self._alias_of_value(self._value_chain(), self._layout)

    def detach_(self) -> Self:
        """Leaves the gradient history; on a view an error, as in PyTorch."""
        if self._chain and autograd.leaf_number(self) is None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        return self._become(self.detach())

    @property
    def data(self) -> "Tensor":
        """The value outside the gradient history; settable: this tensor then shows another.

        As in PyTorch, a write through it goes unnoticed by the check of overwritten values.
        """
        return self._alias_of_value(self._value_chain(), self._layout, checked=False)

    @data.setter
    def data(self, value: "Tensor") -> None:
        if not isinstance(value, TensorBase):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        number = autograd.leaf_number(self)
        self._become(value.detach())
        if number is not None:
            self._mark(number)

    # -- hooks -------------------------------------------------------------------------------

    @property
    def retains_grad(self) -> bool:
        """Whether a tensor that is no leaf keeps its gradient."""
        return self._retains is not None and self._retains() is self._node

    def retain_grad(self) -> None:
        """`backward` shall set `.grad` here too, although this is no leaf.

        Raises RuntimeError for a tensor that needs no gradient.
        """
        node = self._node
        if not self.requires_grad:
            raise RuntimeError(
                "retain_grad: got a tensor that has requires_grad=False, expected one that "
                "requires grad: can't retain_grad on it"
            )
        if self.is_leaf or self.retains_grad:
            return
        self._retains = weakref.ref(node)
        calls = autograd.hooked.setdefault(node, {})
        calls[_LAST + next(_hook_keys)] = autograd.accumulate_hook(self)

    def register_hook(self, hook: "Callable[[Tensor], Any]") -> RemovableHandle:
        """Calls `hook` with the gradient of this tensor; what it gives takes its place.

        Equal expressions are one node: a hook sees the sum of the gradients of both.

        Raises RuntimeError for a tensor that needs no gradient.
        """
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if autograd.leaf_number(self) is not None:
            if not self._hooks:
                self._hooks = {}
            hooks = self._hooks
        else:
            hooks = autograd.hooked.setdefault(self._node, {})
        key = next(_hook_keys)
        hooks[key] = hook
        return RemovableHandle(hooks, key)

    def register_post_accumulate_grad_hook(
        self, hook: "Callable[[Tensor], Any]"
    ) -> RemovableHandle:
        """Calls `hook` with this leaf after `backward` has added to its `.grad`."""
        if autograd.leaf_number(self) is None:
            raise RuntimeError(
                "post accumulate grad hooks cannot be registered on non-leaf tensors"
            )
        if not self._after_accumulate:
            self._after_accumulate = {}
        key = next(_hook_keys)
        self._after_accumulate[key] = hook
        return RemovableHandle(self._after_accumulate, key)
