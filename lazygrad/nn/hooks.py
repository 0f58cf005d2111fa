"""Hooks of a module: handles that remove them, and the taps behind full backward hooks."""

import itertools
import weakref
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import Any

from lazygrad.codegen import ops
from lazygrad.grad_mode import is_grad_enabled
from lazygrad.tensor import Tensor

Hook = Callable[..., Any]


class RemovableHandle:
    """Removes a hook again; also a context manager that removes it at its end."""

    _ids = itertools.count()

    def __init__(self, hooks: "OrderedDict[int, Hook]") -> None:
        self.id = next(RemovableHandle._ids)
        self._hooks = weakref.ref(hooks)

    def remove(self) -> None:
        """Takes the hook out; a second call does nothing."""
        hooks = self._hooks()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self) -> "RemovableHandle":
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


class HookDict(OrderedDict[int, Hook]):
    """Hooks by number, in the order they run; `with_kwargs` names those that take keywords."""

    def __init__(self) -> None:
        super().__init__()
        self.with_kwargs: set[int] = set()

    def add(self, hook: Hook, prepend: bool = False, with_kwargs: bool = False) -> RemovableHandle:
        """Registers a hook at the end, or in front of the others."""
        handle = RemovableHandle(self)
        self[handle.id] = hook
        if prepend:
            self.move_to_end(handle.id, last=False)
        if with_kwargs:
            self.with_kwargs.add(handle.id)
        return handle


class BackwardTap:
    """Collects the gradients at a module's inputs and outputs for its full backward hooks.

    Inputs and outputs are replaced by aliases with tensor hooks. Outputs' gradients are complete
    before any input's, so the module's hooks run when its last input has received a gradient
    (where no input carries gradients: when all outputs have).
    """

    def __init__(self, module: Any, hooks: list[Hook], pre_hooks: list[Hook]) -> None:
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.inputs = _Side()
        self.outputs = _Side()

    def tap_inputs(self, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """Aliases of the positional tensors that carry gradients, hooks attached."""
        return self.inputs.tap(arguments, self._inputs_arrived)

    def tap_outputs(self, result: Any) -> Any:
        """Aliases of the result's tensors that carry gradients, hooks attached."""
        tapped = self.outputs.tap(_as_tuple(result), self._outputs_arrived)
        return tapped if isinstance(result, tuple) else tapped[0]

    def _outputs_arrived(self) -> None:
        for hook in self.pre_hooks:
            self.outputs.replace(hook(self.module, tuple(self.outputs.gradients)))
        if self.inputs.tapped == 0:
            self._inputs_arrived()

    def _inputs_arrived(self) -> None:
        for hook in self.hooks:
            inputs, outputs = tuple(self.inputs.gradients), tuple(self.outputs.gradients)
            self.inputs.replace(hook(self.module, inputs, outputs))


class _Side:
    """The tensors on one side of a module, and the gradients that have arrived at them."""

    def __init__(self) -> None:
        self.gradients: list[Tensor | None] = []
        self.tapped = 0
        self.arrived = 0

    def tap(self, values: tuple[Any, ...], done: Callable[[], None]) -> tuple[Any, ...]:
        """Aliases of the values that carry gradients; `done` is called when all have one."""
        self.gradients = [None] * len(values)
        aliases = list(values)
        for i, value in enumerate(values):
            if isinstance(value, Tensor) and value.requires_grad:
                aliases[i] = _distinct(value)
                aliases[i].register_hook(self._receiver(i, done))
                self.tapped += 1
        return tuple(aliases)

    def replace(self, gradients: Any) -> None:
        """Takes over the gradients that a hook returned, if it returned any."""
        if gradients is None:
            return
        if self.tapped > 1:
            raise RuntimeError(
                "full backward hook: got replacement gradients for a module with "
                f"{self.tapped} tensors on that side, expected None; write tensor.register_hook "
                "on the one tensor whose gradient is to change"
            )
        self.gradients = list(_as_tuple(gradients))

    def _receiver(self, place: int, done: Callable[[], None]) -> Callable[[Tensor], Tensor | None]:
        def receive(gradient: Tensor) -> Tensor | None:
            if self.arrived == 0:
                self.gradients = [None] * len(self.gradients)
            self.gradients[place] = gradient
            self.arrived += 1
            if self.arrived < self.tapped:
                return None
            self.arrived = 0
            done()
            return self.gradients[place]

        return receive


def _distinct(value: Tensor) -> Tensor:
    """The same values on a node of their own: hooks on it see no other user's gradient."""
    # A view would be the very same node; a late-bound factor of 1 is never folded nor shared.
    return value._wrap(ops.mul(value._node, ops.scalar(1.0, value.dtype)))


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _forward_unimplemented(self: Any, *args: Any) -> Any:
    raise NotImplementedError(
        f'Module [{type(self).__name__}] is missing the required "forward" function'
    )


class Hooked:
    """A callable whose `forward` runs between hooks."""

    forward: Callable[..., Any] = _forward_unimplemented

    # made when first asked for: a compiled call compares all that its modules hold

    @cached_property
    def _forward_pre_hooks(self) -> HookDict:
        return HookDict()

    @cached_property
    def _forward_hooks(self) -> HookDict:
        return HookDict()

    @cached_property
    def _backward_pre_hooks(self) -> HookDict:
        return HookDict()

    @cached_property
    def _backward_hooks(self) -> HookDict:
        return HookDict()

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """`hook(module, args)` before each forward; what it returns, if anything, replaces `args`.

        With `with_kwargs` it is `hook(module, args, kwargs)` and returns both.
        """
        return self._forward_pre_hooks.add(hook, prepend, with_kwargs)

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """`hook(module, args, output)` after each forward; a result replaces `output`.

        With `with_kwargs` it is `hook(module, args, kwargs, output)`.
        """
        return self._forward_hooks.add(hook, prepend, with_kwargs)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """`hook(module, grad_output)` when the outputs' gradients are known; may replace them."""
        return self._backward_pre_hooks.add(hook, prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """`hook(module, grad_input, grad_output)` when the inputs' gradients are known."""
        return self._backward_hooks.add(hook, prepend)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        state = self.__dict__
        if (
            "_forward_pre_hooks" in state
            or "_forward_hooks" in state
            or "_backward_hooks" in state
            or "_backward_pre_hooks" in state
        ):
            return self._call_with_hooks(args, kwargs)
        return self.forward(*args, **kwargs)

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for number, hook in list(self._forward_pre_hooks.items()):
            if number in self._forward_pre_hooks.with_kwargs:
                replaced = hook(self, args, kwargs)
                if replaced is not None:
                    args, kwargs = replaced
            else:
                replaced = hook(self, args)
                if replaced is not None:
                    args = replaced if isinstance(replaced, tuple) else (replaced,)
        tap = None
        if is_grad_enabled() and (self._backward_hooks or self._backward_pre_hooks):
            backward, before = self._backward_hooks.values(), self._backward_pre_hooks.values()
            tap = BackwardTap(self, list(backward), list(before))
            args = tap.tap_inputs(args)
        result = self.forward(*args, **kwargs)
        for number, hook in list(self._forward_hooks.items()):
            takes_kwargs = number in self._forward_hooks.with_kwargs
            given = (args, kwargs, result) if takes_kwargs else (args, result)
            replaced = hook(self, *given)
            if replaced is not None:
                result = replaced
        return result if tap is None else tap.tap_outputs(result)
