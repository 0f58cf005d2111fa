"""What a captured call rests on in Python, beside its arguments: asked before each replay.

Found from the function: its closure, defaults, the globals that it and what it calls name, and
what these hold. Modules count with all their attributes, parameters, buffers and hooks, containers
with what they hold, arrays with their bytes, optimizers with their settings but learning rates.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from .handle import TensorBase
from .identities import Identities
from .nn.module import Module
from .optim.optimizer import Optimizer

__all__ = ["Guards"]

_PLAIN = (bool, int, float, str, bytes, type(None))
_CONTAINERS = (list, tuple, set, dict)
_FOLLOWED = {"lr"}  # settings that updates ask for anew, see `recording.follow`
_DEEP = 4
_LIBRARIES = {"lazygrad", "numpy", "builtins", "collections", "functools", "typing", "torch"}


class Guards:
    """The state now, to be compared with that of later calls."""

    def __init__(self, function: Callable[..., Any], arguments: Iterable[Any]) -> None:
        self._held: list[tuple[dict[str, Any], str, Any]] = []
        self._modules: list[tuple[dict[str, Any], set[str]]] = []
        self._bases: list[tuple[Any, Any, bool]] = []
        self._contents: list[tuple[Any, list[Any]]] = []
        self._arrays: list[tuple[np.ndarray[Any, Any], bytes]] = []
        self._cells: list[tuple[Any, Any]] = []
        self._identities = Identities()  # of all of these but arrays
        self._seen: dict[int, Any] = {}  # what an id is a key for must not go
        for item in (function, *arguments):
            self._walk(item, 0)

    def changed(self) -> str:
        """What is not as it was; nothing where all is."""
        found = "" if self._identities.are_same() else self._difference()
        if found:
            return found
        for array, data in self._arrays:
            if array.tobytes() != data:
                return f"an array of shape {array.shape} holds other numbers"
        return ""

    def _difference(self) -> str:
        """As `changed`, one by one: another object may be an equal number."""
        for fields, name, value in self._held:
            now = fields.get(name)
            if now is not value and not _is_same(now, value):
                return f"{name!r} is another"
        for fields, names in self._modules:
            if fields.keys() != names:  # the table of hooks comes with the first one
                return f"a module has, or had, {sorted(fields.keys() ^ names)[0]!r}"
        for tensor, base, trained in self._bases:
            if tensor._base is not base:
                return f"a tensor of shape {list(tensor._node.shape)} has other memory"
            if tensor.requires_grad is not trained:
                return f"requires_grad of a tensor of shape {list(tensor._node.shape)} is another"
        for container, items in self._contents:
            if len(container) != len(items) or not _holds(container, items):
                return f"a {type(container).__name__} holds something else"
        for cell, value in self._cells:
            now = cell.cell_contents
            if now is not value and not _is_same(now, value):
                return f"a variable that was {value!r:.40} is {cell.cell_contents!r:.40}"
        return ""

    def _walk(self, item: Any, depth: int) -> None:
        ignored = isinstance(item, (*_PLAIN, ModuleType, type))
        if depth > _DEEP or ignored or id(item) in self._seen:
            return
        self._seen[id(item)] = item
        if isinstance(item, TensorBase):
            self._bases.append((item, item._base, item.requires_grad))
            self._identities.add_tensor(item)
        elif isinstance(item, np.ndarray):
            self._arrays.append((item, item.tobytes()))
        elif "__wrapped__" in getattr(item, "__dict__", ()):  # a wrapper's own state is its own
            self._walk(item.__wrapped__, depth)
        elif isinstance(item, functools.partial):
            for part in (item.func, *item.args, *item.keywords.values()):
                self._walk(part, depth)
        elif isinstance(item, MethodType):
            self._walk(item.__self__, depth)
            self._walk(item.__func__, depth)
        elif isinstance(item, FunctionType):
            self._function(item, depth)
        elif isinstance(item, Module):
            for module in item.modules():
                self._module(module)
        elif isinstance(item, Optimizer):
            self._optimizer(item)
        elif isinstance(item, _CONTAINERS):
            self._contain(item, depth)
        elif hasattr(item, "__dict__") and not _of_library(type(item).__module__):
            self._fields(vars(item), depth)
            self._methods(type(item), depth)

    def _contain(self, container: Any, depth: int) -> None:
        self._hold_items(container)
        for part in container.values() if isinstance(container, dict) else container:
            self._walk(part, depth + 1)

    def _function(self, function: FunctionType, depth: int) -> None:
        if _of_library(function.__module__):
            return
        for cell in function.__closure__ or ():
            try:
                value = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
            self._cells.append((cell, value))
            self._identities.add_cell(cell, value)
            self._walk(value, depth + 1)
        for name in _names(function.__code__):
            if name in function.__globals__:
                value = function.__globals__[name]
                if not isinstance(value, ModuleType):
                    self._hold(function.__globals__, name, value)
                    self._walk(value, depth + 1)
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self._walk(value, depth + 1)

    def _methods(self, kind: type, depth: int) -> None:
        """The globals that the methods of a class name."""
        for base in kind.__mro__:
            if not _of_library(base.__module__):
                for value in vars(base).values():
                    if isinstance(value, FunctionType):
                        self._walk(value, depth)

    def _module(self, module: Module) -> None:
        self._seen[id(module)] = module
        self._modules.append((vars(module), set(vars(module))))
        self._fields(vars(module), 1)
        self._methods(type(module), 1)

    def _optimizer(self, optimizer: Optimizer) -> None:
        for name in ("param_groups", "state"):
            self._hold(vars(optimizer), name, vars(optimizer)[name])
            self._hold_items(vars(optimizer)[name])
        for group in optimizer.param_groups:
            for name, value in group.items():
                if isinstance(value, (*_PLAIN, tuple)) and name not in _FOLLOWED:
                    self._hold(group, name, value)
            self._contain(group["params"], 0)
        for state in optimizer.state.values():
            for name, value in state.items():  # counts go on in replays, too
                if isinstance(value, TensorBase):
                    self._hold(state, name, value)
                    self._walk(value, _DEEP)

    def _fields(self, fields: dict[str, Any], depth: int) -> None:
        self._identities.add_attributes(fields)
        for name, value in list(fields.items()):
            self._held.append((fields, name, value))
            self._walk(value, depth + 1)

    def _hold(self, fields: dict[str, Any], name: str, value: Any) -> None:
        self._held.append((fields, name, value))
        self._identities.add_field(fields, name, value)

    def _hold_items(self, container: Any) -> None:
        self._contents.append((container, _items(container)))
        self._identities.add_container(container)


def _of_library(module: str | None) -> bool:
    return (module or "").partition(".")[0] in _LIBRARIES


def _items(container: Any) -> list[Any]:
    """What a container holds, in order; pairs of a dict."""
    return list(container.items() if isinstance(container, dict) else container)


def _holds(container: Any, items: list[Any]) -> bool:
    """Whether a container of as many items holds these."""
    if isinstance(container, dict):
        for (key, now), (name, then) in zip(container.items(), items, strict=True):
            if now is not then and not _is_same(now, then):
                return False
            if key is not name and not _is_same(key, name):  # tensors are keys, too
                return False
        return True
    for now, then in zip(container, items, strict=True):
        if now is not then and not _is_same(now, then):
            return False
    return True


def _is_same(now: Any, then: Any) -> bool:
    """Equal numbers and texts; 0.0 is not -0.0, and NaN is NaN."""
    if not isinstance(then, _PLAIN) or type(now) is not type(then):
        return False
    same = repr(now) == repr(then) if isinstance(then, float) else now == then
    return bool(same)


def _names(code: CodeType) -> Iterator[str]:
    """The global names that code and what is defined in it mention."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
