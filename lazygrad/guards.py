"""What a captured call rests on in Python, beside its arguments: asked before each replay.

Found from the function: its closure, defaults, the globals that it and what it calls name, and
what these hold. Modules count with all their attributes, parameters, buffers and hooks, classes
with theirs, Python modules with those that are named, containers with what they hold, arrays with
their bytes, optimizers with their settings but those that schedules change.
"""

import dis
import functools
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from .handle import TensorBase
from .identities import Identities
from .nn.module import Module
from .optim.optimizer import Optimizer
from .storage import Storage

__all__ = ["Guards"]

_PLAIN = (bool, int, float, str, bytes, type(None))
_CONTAINERS = (list, tuple, set, frozenset, dict, deque)
_OF_FUNCTION = ("__code__", "__defaults__")
_OF_GLOBALS = {"LOAD_GLOBAL", "LOAD_NAME"}
_DEEP = 4
_LIBRARIES = {"lazygrad", "numpy", "builtins", "collections", "functools", "typing", "torch"}


class Guards:
    """The state now, to be compared with that of later calls."""

    def __init__(self, function: Callable[..., Any], arguments: Iterable[Any]) -> None:
        self._held: list[tuple[Mapping[str, Any], str, Any]] = []
        self._named: list[tuple[Mapping[str, Any], set[str]]] = []  # all that there are
        self._slots: list[tuple[Any, str, Any]] = []
        self._bases: list[tuple[Any, Any, bool]] = []
        self._contents: list[tuple[Any, list[Any]]] = []
        self._arrays: list[tuple[np.ndarray[Any, Any], bytes]] = []
        self._cells: list[tuple[Any, Any]] = []
        self._momenta: list[tuple[Mapping[str, Any], bool]] = []
        self._identities = Identities()  # of all of these but arrays
        self._seen: dict[int, Any] = {}  # what an id is a key for must not go
        # breadth first: what is met on several ways counts by the shortest
        self._waiting: deque[tuple[Any, int]] = deque()
        for item in (function, *arguments):
            self._walk(item, 0)
        while self._waiting:
            self._look_into(*self._waiting.popleft())

    def changed(self) -> str:
        """What is not as it was; nothing where all is."""
        found = "" if self._identities.are_same() else self._difference()
        if found:
            return found
        for group, trained_with in self._momenta:
            if bool(group["momentum"]) is not trained_with:
                return "'momentum' became zero, or was zero"
        for array, data in self._arrays:
            if array.tobytes() != data:
                return f"an array of shape {array.shape} holds other numbers"
        return ""

    def storages(self) -> set[Storage]:
        """Of the tensors that were found."""
        return {base.storage for _, base, _ in self._bases}

    def gradients(self) -> set[Storage]:
        """The storages of their gradients."""
        found = [tensor.grad for tensor, *_ in self._bases if tensor.grad is not None]
        return {gradient._base.storage for gradient in found}

    def _difference(self) -> str:
        """As `changed`, one by one: another object may be an equal number."""
        for fields, name, value in self._held:
            if not _is_same(fields.get(name), value):
                return f"{name!r} is another"
        for fields, names in self._named:
            if fields.keys() != names:
                return f"the attribute {min(fields.keys() ^ names)!r} is new, or gone"
        for owner, name, value in self._slots:
            if not _is_same(getattr(owner, name, None), value):
                return f"{name!r} is another"
        for tensor, base, trained in self._bases:
            shown = f"a tensor of shape {list(tensor._node.shape)}"
            if tensor._base is not base:
                return f"{shown} has other memory"
            if tensor.requires_grad is not trained:
                return f"requires_grad of {shown} is another"
        if not self._identities.has_same_hooks():
            return "a tensor has other hooks"
        if not self._identities.has_gradients():
            return "a tensor has a gradient, or has none any more"
        for container, items in self._contents:
            if len(container) != len(items) or not _holds(container, items):
                return f"a {type(container).__name__} holds something else"
        for cell, value in self._cells:
            if not _is_same(cell.cell_contents, value):
                return f"a variable that was {value!r:.40} is {cell.cell_contents!r:.40}"
        return ""

    def _walk(self, item: Any, depth: int) -> None:
        if depth <= _DEEP and not isinstance(item, (*_PLAIN, ModuleType)):
            if id(item) not in self._seen:
                self._seen[id(item)] = item
                self._waiting.append((item, depth))

    def _look_into(self, item: Any, depth: int) -> None:
        if isinstance(item, TensorBase):
            self._tensor(item)
        elif isinstance(item, np.ndarray):
            self._arrays.append((item, item.tobytes()))
        elif isinstance(item, functools.partial):
            for part in (item.func, *item.args, *item.keywords.values()):
                self._walk(part, depth)
        elif isinstance(item, MethodType):
            self._walk(item.__self__, depth)
            self._walk(item.__func__, depth)
        elif isinstance(item, FunctionType):
            self._function(item, depth)
        elif isinstance(item, type):
            self._class(item, depth)
        elif isinstance(item, Module):
            for module in item.modules():
                self._module(module)
        elif isinstance(item, Optimizer):
            self._optimizer(item)
        elif isinstance(item, _CONTAINERS):
            self._contain(item, depth)
        elif isinstance(item, (staticmethod, classmethod)):
            self._walk(item.__func__, depth)
        elif isinstance(item, property):
            self._walk(item.fget, depth)
        elif _of_library(type(item).__module__):  # a wrapper of ours, whose own state is its own
            self._walk(getattr(item, "__wrapped__", None), depth)
        else:
            self._object(item, depth)

    def _tensor(self, tensor: TensorBase) -> None:
        self._bases.append((tensor, tensor._base, tensor.requires_grad))
        self._identities.add_tensor(tensor)
        for hooks in self._identities.hooks_of(tensor):
            if hooks:
                self._contain(hooks, 0)

    def _object(self, item: Any, depth: int) -> None:
        if hasattr(item, "__dict__"):
            self._fields(vars(item), depth)
        for base in type(item).__mro__:
            if "__slots__" in vars(base) and not _of_library(base.__module__):
                self._hold_slots(item, _slots_of(base), depth)
        self._class(type(item), depth)

    def _contain(self, container: Any, depth: int) -> None:
        self._hold_items(container)
        for part in container.values() if isinstance(container, dict) else container:
            self._walk(part, depth + 1)

    def _function(self, function: FunctionType, depth: int) -> None:
        if _of_library(function.__globals__.get("__name__")):
            self._walk(getattr(function, "__wrapped__", None), depth)
            return
        self._hold_slots(function, _OF_FUNCTION, depth)
        for value in (function.__kwdefaults__ or {}).values():
            self._walk(value, depth + 1)
        if vars(function):
            self._fields(vars(function), depth)
        for cell in function.__closure__ or ():
            try:
                value = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
            self._cells.append((cell, value))
            self._identities.add_cell(cell, value)
            self._walk(value, depth + 1)
        mentioned = _mentioned(function.__code__)
        names = mentioned.names
        for name in mentioned.globals:
            if name in function.__globals__:
                value = function.__globals__[name]
                if isinstance(value, ModuleType):
                    self._python_module(value, names, depth)
                else:
                    self._hold(function.__globals__, name, value)
                    self._walk(value, depth + 1)
        for name in mentioned.imports:
            if name in sys.modules:
                self._python_module(sys.modules[name], names, depth)

    def _python_module(self, module: ModuleType, names: Sequence[str], depth: int) -> None:
        """Those of its attributes that a function names."""
        if depth > _DEEP or _of_library(module.__name__, *sys.stdlib_module_names):
            return
        fields = vars(module)
        for name in names:
            if name in fields:
                if isinstance(fields[name], ModuleType):
                    if fields[name] is not module:
                        self._python_module(fields[name], names, depth + 1)
                else:
                    self._hold(fields, name, fields[name])
                    self._walk(fields[name], depth + 1)

    def _class(self, kind: type, depth: int) -> None:
        """Its attributes, and what its methods rest on."""
        for base in kind.__mro__:
            if not _of_library(base.__module__) and (base is kind or id(base) not in self._seen):
                self._seen[id(base)] = base
                own = vars(base)
                self._hold_fields(own)
                for name, value in own.items():
                    method = isinstance(value, (FunctionType, staticmethod, classmethod, property))
                    if method:
                        self._walk(value, depth)
                    elif not name.startswith("__"):
                        self._walk(value, depth + 1)

    def _module(self, module: Module) -> None:
        self._seen[id(module)] = module
        self._fields(vars(module), 1)
        self._walk(type(module), 1)

    def _optimizer(self, optimizer: Optimizer) -> None:
        self._walk(type(optimizer), 1)
        for name in ("param_groups", "state"):
            self._hold(vars(optimizer), name, vars(optimizer)[name])
            self._hold_items(vars(optimizer)[name])
        followed = optimizer.followed_settings()
        for group in optimizer.param_groups:
            for name, value in group.items():
                if isinstance(value, (*_PLAIN, tuple)) and name not in followed:
                    self._hold(group, name, value)
            if "momentum" in followed:  # without it there is no buffer
                self._momenta.append((group, bool(group["momentum"])))
            self._contain(group["params"], 0)
        for state in optimizer.state.values():
            for name, value in state.items():  # counts go on in replays, too
                if isinstance(value, TensorBase):
                    self._hold(state, name, value)
                    self._walk(value, _DEEP)

    def _fields(self, fields: dict[str, Any], depth: int) -> None:
        self._hold_fields(fields)
        for value in list(fields.values()):
            self._walk(value, depth + 1)

    def _hold_fields(self, fields: Mapping[str, Any]) -> None:
        self._identities.add_attributes(fields)
        self._named.append((fields, set(fields)))
        self._held += [(fields, name, value) for name, value in fields.items()]

    def _hold_slots(self, owner: Any, names: Iterable[str], depth: int) -> None:
        for name in names:
            self._identities.add_slot(owner, name)
            value = getattr(owner, name, None)
            self._slots.append((owner, name, value))
            self._walk(value, depth + 1)

    def _hold(self, fields: dict[str, Any], name: str, value: Any) -> None:
        self._held.append((fields, name, value))
        self._identities.add_field(fields, name, value)

    def _hold_items(self, container: Any) -> None:
        self._contents.append((container, _items(container)))
        self._identities.add_container(container)


def _of_library(module: str | None, *others: str) -> bool:
    root = (module or "").partition(".")[0]
    return root in _LIBRARIES or root in others


def _slots_of(kind: type) -> list[str]:
    """The names of attributes that objects of a class have outside a dict."""
    return [name for name, x in vars(kind).items() if isinstance(x, MemberDescriptorType)]


def _items(container: Any) -> list[Any]:
    """What a container holds, in order; pairs of a dict."""
    return list(container.items() if isinstance(container, dict) else container)


def _holds(container: Any, items: list[Any]) -> bool:
    """Whether a container of as many items holds these."""
    if isinstance(container, dict):
        for (key, now), (name, then) in zip(container.items(), items, strict=True):
            if not _is_same(now, then) or not _is_same(key, name):  # tensors are keys, too
                return False
        return True
    return all(_is_same(now, then) for now, then in zip(container, items, strict=True))


def _is_same(now: Any, then: Any) -> bool:
    """The very object, or equal numbers and texts; 0.0 is not -0.0, and NaN is NaN."""
    if now is then:
        return True
    if not isinstance(then, _PLAIN) or type(now) is not type(then):
        return False
    same = repr(now) == repr(then) if isinstance(then, float) else now == then
    return bool(same)


class _Mentioned(NamedTuple):
    """What code and what is defined in it mention: globals, what it imports, and all names, of
    attributes, too."""

    globals: tuple[str, ...]
    imports: tuple[str, ...]
    names: tuple[str, ...]


@functools.lru_cache(maxsize=1024)
def _mentioned(code: CodeType) -> _Mentioned:
    found: dict[str, dict[str, None]] = {"globals": {}, "imports": {}, "names": {}}
    waiting = [code]
    while waiting:
        part = waiting.pop()
        found["names"] |= dict.fromkeys(part.co_names)
        for step in dis.get_instructions(part):
            if step.opname in _OF_GLOBALS:
                found["globals"][step.argval] = None
            elif step.opname == "IMPORT_NAME":
                found["imports"][step.argval] = None
        waiting += [c for c in part.co_consts if isinstance(c, CodeType)]
    return _Mentioned(*[tuple(names) for names in found.values()])
