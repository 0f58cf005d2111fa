"""`Module`: a tree of layers with its walks, its state and its modes, as in PyTorch."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from lazygrad.codegen.dtype import DType, bfloat16, float16, float32, float64
from lazygrad.grad_mode import no_grad
from lazygrad.realize import realize
from lazygrad.tensor import Tensor

from .parameter import Parameter
from .state_dict import IncompatibleKeys, key_errors, load, save
from .tables import ModuleTables


class Module(ModuleTables):
    """Base of all layers and networks; subclasses define `__init__` and `forward`.

    Parameters, buffers and modules assigned to attributes are found by name:
    `state_dict`, `parameters`, `to`, `train` and the like walk the tree in order of assignment.
    """

    # -- walks -------------------------------------------------------------------------------

    def named_modules(
        self, memo: "set[Module] | None" = None, prefix: str = "", remove_duplicate: bool = True
    ) -> "Iterator[tuple[str, Module]]":
        """This module and all below it with their dotted names, parents first."""
        seen = set() if memo is None else memo
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            name, module = stack.pop()
            if remove_duplicate and module in seen:
                continue
            seen.add(module)
            yield name, module
            below = [
                (f"{name}.{key}" if name else key, child)
                for key, child in module._modules.items()
                if child is not None
            ]
            stack.extend(reversed(below))

    def modules(self) -> "Iterator[Module]":
        """This module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> "Iterator[tuple[str, Module]]":
        """The modules right below, each once."""
        seen: set[Module] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> "Iterator[Module]":
        """The modules right below, each once."""
        return (module for _, module in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Parameters with their dotted names; one used twice is listed once."""
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Parameters, each once: what an optimizer takes."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Buffers with their dotted names; one used twice is listed once."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named_members(
        self, table: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        modules = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for path, module in modules:
            for name, member in module.__dict__[table].items():
                if member is None or (remove_duplicate and id(member) in seen):
                    continue
                seen.add(id(member))
                yield (f"{path}.{name}" if path else name), member

    def get_submodule(self, target: str) -> "Module":
        """The module of a dotted name; AttributeError if there is none."""
        module: Any = self
        for name in target.split(".") if target else []:
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module  # type: ignore[no-any-return]

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name; AttributeError if there is none."""
        path, _, name = target.rpartition(".")
        found = self.get_submodule(path)._parameters.get(name)
        if found is None:
            raise AttributeError(f"`{target}` is not an nn.Parameter")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of a dotted name; AttributeError if there is none."""
        path, _, name = target.rpartition(".")
        found = self.get_submodule(path)._buffers.get(name)
        if found is None:
            raise AttributeError(f"`{target}` is not a buffer")
        return found

    # -- state -------------------------------------------------------------------------------

    def get_extra_state(self) -> Any:
        """State beyond tensors for `state_dict`; override it together with `set_extra_state`."""
        raise NotImplementedError(f"{type(self).__name__}.get_extra_state is not defined")

    def set_extra_state(self, state: Any) -> None:
        """Takes back what `get_extra_state` gave."""
        raise NotImplementedError(f"{type(self).__name__}.set_extra_state is not defined")

    def _has_extra_state(self) -> bool:
        return type(self).get_extra_state is not Module.get_extra_state

    def _own_tensors(self) -> dict[str, Tensor]:
        """What is saved of this module alone: parameters, then persistent buffers."""
        own: dict[str, Tensor | None] = {**self._parameters, **self._buffers}
        left_out = self._non_persistent_buffers_set
        return {name: t for name, t in own.items() if t is not None and name not in left_out}

    def state_dict(
        self,
        *,
        destination: dict[str, Any] | None = None,
        prefix: str = "",
        keep_vars: bool = False,
    ) -> dict[str, Any]:
        """Parameters and persistent buffers by dotted name, sharing memory with the module.

        Args:
            destination: a mapping to add to; a new OrderedDict by default.
            keep_vars: keep the tensors themselves, with their gradient history.
        """
        result = OrderedDict() if destination is None else destination
        save(
            self.named_modules(prefix=prefix.rstrip("."), remove_duplicate=False), result, keep_vars
        )
        return result

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copies tensors of `state_dict` into those of the same dotted name.

        Args:
            strict: every name must be on both sides.
            assign: put the given tensors in place of the module's instead of copying.

        Returns:
            The missing and the unexpected names.

        Raises:
            RuntimeError: names that do not match (if strict), or sizes that do not.
            TypeError: not a mapping.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        keys, errors, written = load(self.named_modules(remove_duplicate=False), state_dict, assign)
        if strict:
            errors = key_errors(keys) + errors
        if errors:
            lines = "\n\t".join(errors)
            raise RuntimeError(
                f"Error(s) in loading state_dict for {type(self).__name__}: "
                f"what was given differs from what is expected:\n\t{lines}"
            )
        realize(*written)
        return keys

    # -- conversions -------------------------------------------------------------------------

    def _apply(self, convert: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replaces the values of every parameter, gradient and buffer by `convert` of them."""
        for module in self.modules() if recurse else [self]:
            for parameter in module._parameters.values():
                if parameter is None:
                    continue
                with no_grad():
                    gradient = parameter.grad
                    converted = None if gradient is None else convert(gradient.detach())
                    # The old gradient goes first: it may not differ in dtype from its parameter.
                    parameter.grad = None
                    parameter.data = convert(parameter.detach())
                    parameter.grad = converted
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    module._buffers[name] = convert(buffer)
        return self

    def apply(self, fn: "Callable[[Module], object]") -> Self:
        """Calls `fn` on every module below, children first, then on this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Moves to a device and casts floating point tensors to a dtype, in place.

        Written `to(device)`, `to(dtype)`, `to(device, dtype)` or `to(tensor)`.

        Raises:
            TypeError: a dtype that is not floating point, or no device and no dtype.
        """
        device, dtype = _destination(args, kwargs)
        if dtype is not None and not dtype.is_floating_point:
            raise TypeError(
                f"nn.Module.to only accepts floating point dtypes, but got desired dtype={dtype}"
            )

        def convert(value: Tensor) -> Tensor:
            if dtype is not None and value.is_floating_point():
                value = value.to(dtype)
            return value if device is None else value.to(device)

        return self._apply(convert)

    def cpu(self) -> Self:
        """Moves everything to the CPU device."""
        return self._apply(lambda value: value.cpu())

    def type(self, dst_type: DType) -> Self:
        """Casts all parameters and buffers, integers too."""
        return self._apply(lambda value: value.to(dst_type))

    def float(self) -> Self:
        """Casts floating point parameters and buffers to float32."""
        return self.to(float32)

    def double(self) -> Self:
        """Casts floating point parameters and buffers to float64."""
        return self.to(float64)

    def half(self) -> Self:
        """Casts floating point parameters and buffers to float16."""
        return self.to(float16)

    def bfloat16(self) -> Self:
        """Casts floating point parameters and buffers to bfloat16."""
        return self.to(bfloat16)

    # -- modes -------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Puts this module and all below it into training (or evaluation) mode."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """Evaluation mode: dropout does nothing, batch normalisation uses running statistics."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Whether the parameters collect gradients."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool | None = True) -> None:
        """Drops the parameters' gradients, or fills them with zeros."""
        for parameter in self.parameters():
            if parameter.grad is None:
                continue
            if set_to_none:
                parameter.grad = None
            else:
                parameter.grad = parameter.grad.detach().zero_()

    # -- printing ----------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the brackets of the printed module; override it."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        below = [
            f"({name}): " + repr(module).replace("\n", "\n  ")
            for name, module in self._modules.items()
        ]
        if len(lines) == 1 and not below:
            return f"{self._get_name()}({lines[0]})"
        if not lines and not below:
            return f"{self._get_name()}()"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + below) + "\n)"


def _destination(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, DType | None]:
    """Device and dtype from the ways to write `to`."""
    device, dtype = kwargs.get("device"), kwargs.get("dtype")
    for value in args:
        if isinstance(value, Tensor):
            device, dtype = value.device, value.dtype
        elif isinstance(value, DType):
            dtype = value
        elif not isinstance(value, bool):  # non_blocking: nothing blocks here
            device = value
    if device is None and dtype is None:
        raise TypeError(f"Module.to: got {args} {kwargs}, expected a device, a dtype or a tensor")
    return device, dtype
