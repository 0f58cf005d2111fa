"""Containers: modules that hold modules or parameters in order or by name."""

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, overload

from lazygrad.tensor import Tensor

from .module import Module
from .parameter import Parameter


def _place(name: str, index: int, length: int) -> int:
    """A non-negative place from an index that may count from the end."""
    index = operator.index(index)
    if not -length <= index < length:
        raise IndexError(f"{name}: index {index} is out of range for {length} entries")
    return index % length


class _ModuleSequence(Module):
    """What `Sequential` and `ModuleList` share: children named '0', '1', ... ."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __getitem__(self, index: int | slice) -> Module | Self:
        children = list(self._modules.values())
        if isinstance(index, slice):
            part = type(self)()
            part._renumber(children[index])
            return part
        found: Module = children[_place(type(self).__name__, index, len(children))]
        return found

    def __setitem__(self, index: int, module: Module) -> None:
        names = list(self._modules)
        setattr(self, names[_place(type(self).__name__, index, len(names))], module)

    def __delitem__(self, index: int | slice) -> None:
        children = list(self._modules.values())
        if not isinstance(index, slice):
            index = _place(type(self).__name__, index, len(children))
        del children[index]
        self._renumber(children)

    def append(self, module: Module) -> Self:
        """Adds a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Adds modules at the end."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Puts a module before place `index`, as `list.insert`."""
        children = list(self._modules.values())
        children.insert(index, module)
        self._renumber(children)
        return self

    def pop(self, index: int = -1) -> Module:
        """Removes and gives the module at a place."""
        module = self[index]
        del self[index]
        return module

    def _renumber(self, children: Iterable[Module]) -> None:
        self._modules.clear()
        for place, child in enumerate(children):
            self.add_module(str(place), child)


class Sequential(_ModuleSequence):
    """Modules called one after another, from arguments or from one ordered mapping of names."""

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self._renumber(args)

    def forward(self, input: Any) -> Any:
        for module in self:
            input = module(input)
        return input


class ModuleList(_ModuleSequence):
    """A list of modules that the parent module knows of; it has no `forward`."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    def __add__(self, other: Iterable[Module]) -> "ModuleList":
        return ModuleList([*self, *other])

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)


class ModuleDict(Module):
    """A dict of modules that the parent module knows of; it has no `forward`."""

    def __init__(
        self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None
    ) -> None:
        super().__init__()
        self.update(modules or {})

    def __getitem__(self, key: str) -> Module:
        found: Module = self._modules[key]
        return found

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._modules.keys()

    def values(self) -> Iterable[Module]:
        """The modules."""
        return self._modules.values()

    def items(self) -> Iterable[tuple[str, Module]]:
        """Names and modules."""
        return self._modules.items()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Adds or replaces modules by name."""
        for key, module in modules.items() if isinstance(modules, Mapping) else modules:
            self[key] = module

    def pop(self, key: str) -> Module:
        """Removes and gives the module of a name."""
        module = self[key]
        del self[key]
        return module

    def clear(self) -> None:
        """Removes all modules."""
        self._modules.clear()


class ParameterList(Module):
    """A list of parameters that the parent module knows of; tensors become parameters."""

    def __init__(self, values: Iterable[Tensor] | None = None) -> None:
        super().__init__()
        self.extend(values or ())

    def __len__(self) -> int:
        return len(self._parameters)

    def __iter__(self) -> Iterator[Parameter]:
        return (value for value in self._parameters.values() if value is not None)

    @overload
    def __getitem__(self, index: int) -> Parameter: ...
    @overload
    def __getitem__(self, index: slice) -> "ParameterList": ...
    def __getitem__(self, index: int | slice) -> "Parameter | ParameterList":
        values = list(self)
        if isinstance(index, slice):
            return ParameterList(values[index])
        return values[_place("ParameterList", index, len(values))]

    def __setitem__(self, index: int, value: Tensor) -> None:
        place = _place("ParameterList", index, len(self))
        setattr(self, str(place), value if isinstance(value, Parameter) else Parameter(value))

    def append(self, value: Tensor) -> Self:
        """Adds a parameter at the end."""
        parameter = value if isinstance(value, Parameter) else Parameter(value)
        self.register_parameter(str(len(self)), parameter)
        return self

    def extend(self, values: Iterable[Tensor]) -> Self:
        """Adds parameters at the end."""
        for value in list(values):
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Tensor]) -> Self:
        return self.extend(values)

    def extra_repr(self) -> str:
        return "\n".join(
            f"  ({place}): Parameter containing: "
            f"[{value.dtype} of size {'x'.join(map(str, value.shape))}]"
            for place, value in enumerate(self)
        )
