"""What a captured call rests on in Python, beside its arguments: asked before each replay.

Found from the function: its closure, the globals and defaults that it names, and what these hold.
Modules count with their attributes, parameters and buffers, optimizers with their settings.
"""

from collections.abc import Callable, Iterable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from .handle import TensorBase
from .nn.module import Module
from .optim.optimizer import Optimizer

__all__ = ["Guards"]

_PLAIN = (bool, int, float, str, bytes, type(None))
_FOLLOWED = {"lr"}  # settings that updates ask for anew, see `recording.follow`
_DEEP = 4


class Guards:
    """The state now, to be compared with that of later calls."""

    def __init__(self, function: Callable[..., Any], arguments: Iterable[Any]) -> None:
        self._held: list[tuple[dict[str, Any], str, Any]] = []
        self._bases: list[tuple[Any, Any]] = []
        self._cells: list[tuple[Any, Any]] = []
        self._seen: set[int] = set()
        for item in (function, *arguments):
            self._walk(item, 0)

    def changed(self) -> str:
        """What is not as it was; nothing where all is."""
        for fields, name, value in self._held:
            now = fields.get(name)
            if now is not value and not _is_same(now, value):
                return f"{name!r} is another"
        for tensor, base in self._bases:
            if tensor._base is not base:
                return f"a tensor of shape {list(tensor._node.shape)} has other memory"
        for cell, value in self._cells:
            now = cell.cell_contents
            if now is not value and not _is_same(now, value):
                return f"a variable that was {value!r:.40} is {cell.cell_contents!r:.40}"
        return ""

    def _walk(self, item: Any, depth: int) -> None:
        if depth > _DEEP or isinstance(item, (*_PLAIN, ModuleType)) or id(item) in self._seen:
            return
        self._seen.add(id(item))
        if isinstance(item, TensorBase):
            self._bases.append((item, item._base))
        elif "__wrapped__" in getattr(item, "__dict__", ()):  # a wrapper's own state is its own
            self._walk(item.__wrapped__, depth)
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
        elif isinstance(item, (list, tuple, set)):
            for part in item:
                self._walk(part, depth + 1)
        elif isinstance(item, dict):
            for part in item.values():
                self._walk(part, depth + 1)
        elif hasattr(item, "__dict__") and not isinstance(item, type):
            self._fields(vars(item), depth)

    def _function(self, function: FunctionType, depth: int) -> None:
        if (function.__module__ or "").startswith("lazygrad."):
            return
        for cell in function.__closure__ or ():
            try:
                value = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
            self._cells.append((cell, value))
            self._walk(value, depth + 1)
        for name in _names(function.__code__):
            if name in function.__globals__:
                value = function.__globals__[name]
                if isinstance(value, _PLAIN) or _is_ours(value) or isinstance(value, FunctionType):
                    self._held.append((function.__globals__, name, value))
                    self._walk(value, depth + 1)
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self._walk(value, depth + 1)

    def _module(self, module: Module) -> None:
        self._seen.add(id(module))
        self._fields(vars(module), _DEEP)
        for part in (module._parameters, module._buffers, module._modules):
            fields: dict[str, Any] = part
            self._held += [(fields, name, value) for name, value in fields.items()]
            for value in fields.values():
                if isinstance(value, TensorBase):
                    self._walk(value, 0)

    def _optimizer(self, optimizer: Optimizer) -> None:
        for group in optimizer.param_groups:
            for name, value in group.items():
                if isinstance(value, (*_PLAIN, tuple)) and name not in _FOLLOWED:
                    self._held.append((group, name, value))
            for parameter in group["params"]:
                self._walk(parameter, 0)
        for state in optimizer.state.values():
            for value in state.values():
                self._walk(value, _DEEP)

    def _fields(self, fields: dict[str, Any], depth: int) -> None:
        for name, value in fields.items():
            if isinstance(value, _PLAIN) or _is_ours(value):
                self._held.append((fields, name, value))
            self._walk(value, depth + 1)


def _is_ours(value: Any) -> bool:
    return isinstance(value, (TensorBase, Module, Optimizer, list, tuple, dict))


def _is_same(now: Any, then: Any) -> bool:
    return isinstance(then, _PLAIN) and type(now) is type(then) and bool(now == then)


def _names(code: CodeType) -> Iterator[str]:
    """The global names that code and what is defined in it mention."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
