"""The named tables behind a module's attributes: parameters, buffers and children."""

from typing import Any

from lazygrad.errors import BadNameError, shown
from lazygrad.residence import store_apart
from lazygrad.tensor import Tensor

from .hooks import Hooked
from .parameter import Parameter

_TABLES = ("_parameters", "_buffers", "_modules")
_KINDS = {
    "_parameters": ("parameter", "Parameter"),
    "_buffers": ("buffer", "Tensor"),
    "_modules": ("child module", "Module"),
}


class ModuleTables(Hooked):
    """Sorts what is assigned to attributes into tables, in the order of assignment."""

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _non_persistent_buffers_set: set[str]
    _modules: dict[str, Any]

    def __init__(self) -> None:
        # written past __setattr__, which needs these tables
        state = self.__dict__
        state["training"] = True
        state["_parameters"] = {}
        state["_buffers"] = {}
        state["_non_persistent_buffers_set"] = set()
        state["_modules"] = {}

    # -- attributes --------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        for table in _TABLES:
            found = self.__dict__.get(table)
            if found is not None and name in found:
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._forget(name, "_parameters")
            self.register_parameter(name, value)
            return
        if isinstance(value, ModuleTables):
            self._require_init("module")
            self._forget(name, "_modules")
            self._modules[name] = value
            return
        for table in _TABLES:
            entries = self.__dict__.get(table)
            if entries is not None and name in entries:
                self._replace_entry(table, name, value)
                return
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        for table in _TABLES:
            if name in self.__dict__.get(table, ()):
                del self.__dict__[table][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = {*dir(type(self)), *self.__dict__, *self._parameters, *self._buffers}
        return sorted({*names, *self._modules})

    def _replace_entry(self, table: str, name: str, value: Any) -> None:
        """Puts a plain value where a parameter, buffer or module is registered."""
        if value is not None and not (table == "_buffers" and isinstance(value, Tensor)):
            kind, expected = _KINDS[table]
            raise TypeError(
                f"cannot assign '{type(value).__name__}' as {kind} '{name}' "
                f"({expected} or None expected)"
            )
        self.__dict__[table][name] = value

    def _forget(self, name: str, kept: str) -> None:
        """Forgets what the name stood for in all tables but one, which keeps its place there."""
        self.__dict__.pop(name, None)
        for table in _TABLES:
            if table != kept:
                self.__dict__.get(table, {}).pop(name, None)
        self.__dict__.get("_non_persistent_buffers_set", set()).discard(name)

    def _require_init(self, kind: str) -> None:
        if "_modules" not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")

    def _check_name(self, kind: str, name: str, table: str) -> None:
        self._require_init(kind)
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string, got {type(name).__name__}")
        if "." in name:
            raise BadNameError(f'{kind} name can\'t contain ".": got {name!r}')
        if name == "":
            raise BadNameError(f'{kind} name can\'t be empty string "": got {name!r}')
        if hasattr(self, name) and name not in self.__dict__[table]:
            raise BadNameError(
                f"attribute '{name}' already exists: got {name!r} as the name of a {kind}"
            )

    # -- registration ------------------------------------------------------------------------

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a parameter (or an empty place for one) under `name`.

        Raises:
            KeyError: a bad or taken name.
            TypeError: not a Parameter.
        """
        self._check_name("parameter", name, "_parameters")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type(param).__name__}' object to parameter '{name}' "
                "(Parameter or None required)"
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Adds a tensor that is moved and, if persistent, saved with the module, but not trained.

        Raises:
            KeyError: a bad or taken name.
            TypeError: not a Tensor.
        """
        self._check_name("buffer", name, "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type(tensor).__name__}' object to buffer '{name}' "
                "(Tensor or None required)"
            )
        if tensor is not None:
            store_apart(tensor)  # layers write to their buffers in every step
        self._buffers[name] = tensor
        self._non_persistent_buffers_set.discard(name)
        if not persistent:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Any) -> None:
        """Adds a child module under `name`.

        Raises:
            KeyError: a bad or taken name.
            TypeError: not a Module.
        """
        if module is not None and not isinstance(module, ModuleTables):
            if isinstance(module, type) and issubclass(module, ModuleTables):
                raise TypeError(
                    f"add_module: got the class {module.__name__}, expected a Module; write "
                    f"{module.__name__}()"
                )
            raise TypeError(
                f"{type(module).__name__} is not a Module subclass: got {shown(module)}"
            )
        self._check_name("module", name, "_modules")
        self._modules[name] = module

    register_module = add_module
