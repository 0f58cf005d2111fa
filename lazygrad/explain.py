"""Wrong calls of public functions become small documents: who speaks, got what, expected what.

Arguments are held to the annotations before the function runs. What it raises itself goes out
under the public name that was called, with what was given where its message does not tell.
"""

import functools
import inspect
import operator
import sys
import sysconfig
from collections.abc import Callable, Mapping
from types import BuiltinFunctionType, FunctionType, TracebackType
from typing import Any, TypeVar

from .contract import ANYTHING, OPERAND, contract, contracts_of, is_whole, parameters_of
from .errors import shown, type_name
from .handle import TensorBase
from .numpy_names import PYTORCH_NAMES
from .placement import DeviceNotFoundError

__all__ = ["explain_methods", "explain_namespace", "explained"]

C = TypeVar("C", bound=type)

_EXPECTS = ("expect", "must ", "should be", "not allowed", "only", "valid", "instead", "; write")
_CALLS = ("lazygrad.explain", "lazygrad.numpy_names")
_EXPLAINED = (TypeError, ValueError, IndexError, RuntimeError, ArithmeticError)
# errors of earlier work that came to light in this call speak of that work
_DEFERRED = ("lazygrad.bad_indices", "lazygrad.runtime", "lazygrad.storage")
_BELOW = ("lazygrad.codegen", "lazygrad.runtime")
# names that a user's code, whose errors are none of ours, does not stand under
_KNOWN = frozenset({"lazygrad", "numpy", "networkx", "safetensors"})
_STANDARD = (*(sysconfig.get_paths()[k] for k in ("stdlib", "platstdlib")), "<frozen ")
# callables without a frame of their own
_FRAMELESS = (functools.partial, BuiltinFunctionType)


def explained(
    function: Callable[..., Any],
    name: str = "",
    names: Mapping[str, Any] | None = None,
    owner: type | None = None,
) -> Any:
    """The function, its arguments checked and its errors under its name.

    Args:
        function: a function, or a method of a class.
        name: who speaks; without it a method speaks as `Class.method` of its object's class.
        names: what annotations written as words may mean beside the module's own names.
        owner: makes a function `f(input, ...)` of a method; `input` must be of this class.
    """
    contracts = contracts_of(function, names or {})  # type: ignore[arg-type]
    bound = next(iter(contracts), "") in ("self", "cls")
    if owner is not None:
        contracts = {"input" if p == "self" else p: held for p, held in contracts.items()}
        contracts["input"], bound = contract(owner), False
    placed = [
        (place, held.types, held.allows)
        for place, held in enumerate(list(contracts.values())[: _places(function)])
        if held.allows is not ANYTHING.allows
    ]
    every = contracts.pop("*", None)  # of `*args`
    if every is not None:
        placed += [(place, every.types, every.allows) for place in range(_places(function), 32)]
    first = placed[0][0] if placed else len(contracts)  # nothing before it needs a check
    by_name = {p: held for p, held in contracts.items() if held.allows is not ANYTHING.allows}
    for numpy, pytorch in PYTORCH_NAMES.items():
        if pytorch in by_name:
            by_name.setdefault(numpy, by_name[pytorch])

    parameters = list(contracts)
    if (
        every is None
        and len(parameters) == len(parameters_of(function))
        and all(held is OPERAND or parameter == "self" for parameter, held in contracts.items())
    ):
        return function  # arithmetic speaks itself, and its time counts

    def explain(error: Exception, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        explanation = _explanation(error, name or _speaker(function, args), function, args, kwargs)
        if explanation is not None:
            raise explanation from None

    def refused(place: int, value: Any) -> _Refused:
        parameter = parameters[place] if place < len(parameters) else "*"
        argument = f"(position {place + 1 - bound})"
        if parameter != "*":
            argument = f"'{parameter}' {argument}"
        return _refused(argument, value, contracts.get(parameter, every))

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if owner is not None and "input" in kwargs and not args:
            args = (kwargs.pop("input"),)
        try:
            count = len(args)
            if count > first:
                for place, types, allows in placed:
                    if place >= count:
                        break
                    value = args[place]
                    if type(value) not in types:
                        if not allows(value):
                            raise refused(place, value)
                        if int in types and is_whole(value):
                            args = (*args[:place], operator.index(value), *args[place + 1 :])
            for parameter in kwargs:
                held = by_name.get(parameter)
                value = kwargs[parameter]
                if held and type(value) not in held.types:
                    if not held.allows(value):
                        raise _refused(f"'{parameter}'", value, held)
                    if int in held.types and is_whole(value):
                        kwargs[parameter] = operator.index(value)
            return function(*args, **kwargs)
        except _EXPLAINED as error:
            explain(error, args, kwargs)
            raise

    @functools.wraps(function)
    def unchecked(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except _EXPLAINED as error:
            explain(error, args, kwargs)
            raise

    chosen: Any = call if placed or by_name else unchecked
    chosen._is_explained = True
    if name.isidentifier():
        chosen.__name__ = name  # an alias goes by its own
    return chosen


def _places(function: Callable[..., Any]) -> int:
    """How many parameters may be given without their names."""
    return sum(
        p.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        for p in parameters_of(function)
    )


class _Refused(TypeError):
    """Raised and caught here: an argument that its annotation does not let in."""


def _refused(argument: str, value: Any, held: Any) -> _Refused:
    advice = "; write lg.tensor(value)" if held.text == "Tensor" else ""
    return _Refused(
        f"argument {argument} must be {held.text}, not {type_name(value)}: got {shown(value)}"
        f"{advice}"
    )


def _speaker(function: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """`Class` for its constructor and `forward`, else `Class.method`."""
    owner = type(args[0]).__name__ if args else function.__qualname__.split(".")[0]
    if function.__name__ in ("__init__", "forward"):
        return owner
    return f"{owner}.{function.__name__}"


def _of_a_subclass(function: Callable[..., Any], given: Any) -> bool:
    """Whether a constructor was called by that of a class of the library."""
    constructor = inspect.getattr_static(type(given), "__init__")
    own = getattr(constructor, "__wrapped__", None)
    return own is not None and own is not function


def _modules(traceback: TracebackType | None) -> list[str]:
    """The modules of the frames from here to the error; "" for one of a user's."""
    found: list[str] = []
    while traceback is not None:
        frame = traceback.tb_frame
        name = str(frame.f_globals.get("__name__", ""))
        package = name.partition(".")[0]
        standard = package in sys.stdlib_module_names
        if standard:  # by name; users may have a module `queue` as well
            standard = frame.f_code.co_filename.startswith(_STANDARD)
        found.append(name if standard or package in _KNOWN else "")
        traceback = traceback.tb_next
    return found


def _explanation(
    error: Exception, name: str, function: Callable[..., Any], args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Exception | None:  # fmt: skip
    """The error to raise in place of `error`; None leaves that, maybe with a better message."""
    if isinstance(error, _Refused):
        return TypeError(f"{name}(): {error}")
    modules = _modules(error.__traceback__)
    deferred = modules[-1].startswith(_DEFERRED) and not isinstance(error, DeviceNotFoundError)
    if deferred or "" in modules or any(isinstance(v, _FRAMELESS) for v in args[1:]):
        return None
    foreign = type(error).__module__.startswith("numpy")
    if type(error).__str__ is not Exception.__str__ and not foreign:
        return None
    if isinstance(error, (RecursionError, OSError)):
        return None
    if function.__name__ == "__init__" and _of_a_subclass(function, args[0]):
        return None  # its own constructor speaks
    text = str(error)
    if isinstance(error, TypeError) and modules[-1] in _CALLS and "() " in text:
        return TypeError(
            f"{name}: got {_given(function, args, kwargs)}, expected {_form(name, function)}: "
            f"{text.partition('() ')[2]}"
        )
    first, _, rest = text.partition("\n")
    if not any(part.lower() in first.lower() for part in name.split(".")):
        first = f"{name}: {first}"
    if first.endswith(":"):  # what it got and expected stands in the lines below
        error.args = (f"{first}\n{rest}", *error.args[1:])
        return None
    if not any(word in first for word in _EXPECTS):
        first = f"{first}; expected {_form(name, function)}"
    if "got" not in first and "given" not in first and "found" not in first:
        first = f"{first}; got {_given(function, args, kwargs)}"
    text = f"{first}\n{rest}" if rest else first
    if isinstance(error, ArithmeticError):  # a number's, from inside
        return ValueError(text)
    if foreign:
        return TypeError(text) if isinstance(error, TypeError) else ValueError(text)
    error.args = (text, *error.args[1:])
    return None


def _form(name: str, function: Callable[..., Any]) -> str:
    """How the function is called: its parameters without their annotations."""
    parameters = [
        p.replace(annotation=p.empty)
        for p in inspect.signature(function).parameters.values()
        if p.name not in ("self", "cls")
    ]
    return f"{name}{inspect.Signature(parameters)}"


def _given(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    own = args[1:] if _is_bound(function) else args
    parts = [shown(value) for value in own]
    parts += [f"{key}={shown(value)}" for key, value in kwargs.items()]
    return f"({', '.join(parts)})"


_INDEXING = {"__getitem__": "x[...]", "__setitem__": "x[...] = value"}


def _is_bound(function: Callable[..., Any]) -> bool:
    return next((p.name for p in parameters_of(function)), "") in ("self", "cls")


def explain_methods(cls: C) -> C:
    """Class decorator for tensors: every public method, inherited ones too, and indexing."""
    for name in dir(cls):
        member = inspect.getattr_static(cls, name)
        if isinstance(member, FunctionType) and (name[0] != "_" or name in _INDEXING):
            speaker = _INDEXING.get(name, name)
            setattr(cls, name, explained(member, speaker, {"Tensor": cls}))
    return cls


def explain_class(cls: type, names: Mapping[str, Any]) -> None:
    """The constructor and the public methods that a class defines are explained."""
    if issubclass(cls, TensorBase):
        new = vars(cls).get("__new__")
        if isinstance(new, staticmethod) and not hasattr(new.__func__, "_is_explained"):
            cls.__new__ = staticmethod(explained(new.__func__, cls.__name__, names))  # type: ignore
        return
    for name, member in list(vars(cls).items()):
        if not isinstance(member, FunctionType) or (name[0] == "_" and name != "__init__"):
            continue
        if not hasattr(member, "_is_explained") and not inspect.isgeneratorfunction(member):
            setattr(cls, name, explained(member, "", names))


def explain_namespace(space: dict[str, Any], names: Mapping[str, Any]) -> None:
    """The public functions and classes in a module's namespace are explained."""
    package = "__path__" in space  # whose names are there to be imported from it
    listed = space.get("__all__", [])
    for name, member in list(space.items()):
        module = str(getattr(member, "__module__", ""))
        own = name in listed if listed else package or module == space["__name__"]
        if not own or name[0] == "_" or not module.startswith("lazygrad"):
            continue
        if module.startswith(_BELOW):
            continue
        if isinstance(member, FunctionType):
            if not hasattr(member, "_is_explained"):
                space[name] = member = explained(member, name, names)
            elif "." not in member.__qualname__:  # made public elsewhere
                continue
            # where pickle finds this very object
            member.__module__, member.__qualname__ = space["__name__"], name
        elif isinstance(member, type) and not issubclass(member, (tuple, BaseException)):
            for cls in member.__mro__:
                if cls.__module__.startswith("lazygrad"):
                    explain_class(cls, names)
