"""What a parameter's annotation lets in: the contract that calls are held to."""

import inspect
import numbers
import operator
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import CO_VARARGS, CO_VARKEYWORDS
from inspect import Parameter as Kind
from types import CodeType, FunctionType, NoneType, UnionType
from typing import IO, Any, NamedTuple, TypeVar, Union, get_args, get_origin

import numpy as np

from lazygrad.codegen.dtype import DType

from .handle import TensorBase

__all__ = [
    "ANYTHING", "OPERAND", "Contract", "contract", "contracts_of", "is_whole", "parameters_of",
]  # fmt: skip


@dataclass(frozen=True)
class Contract:
    """What one parameter takes.

    Attributes:
        types: classes whose every instance is right: the short way.
        allows: decides on what is of no such class.
        text: the expectation in words.
    """

    types: frozenset[type]
    allows: Callable[[Any], bool]
    text: str


def _none(value: Any) -> bool:
    return value is None


def _flag(value: Any) -> bool:
    return isinstance(value, (np.bool_, int, np.integer)) and value in (0, 1)


def is_whole(value: Any) -> bool:
    """What counts and places may be: whatever Python takes as an index, but no bool."""
    if isinstance(value, (bool, np.bool_)):
        return False
    if isinstance(value, (TensorBase, np.ndarray)) and (value.ndim or _kind(value) not in "iu"):
        return False
    try:
        operator.index(value)
    except (TypeError, ValueError):
        return False
    return True


def _real(value: Any) -> bool:
    if isinstance(value, (TensorBase, np.ndarray)):
        return value.ndim == 0 and _kind(value) in "biuf"
    return isinstance(value, (numbers.Real, np.bool_))


def _kind(value: Any) -> str:
    return str(value.dtype.kind)


def _tensor(value: Any) -> bool:
    return isinstance(value, TensorBase)


def _anything(value: Any) -> bool:
    return True


ANYTHING = Contract(frozenset(), _anything, "anything")
OPERAND = Contract(frozenset(), _anything, "a tensor or a number")

_PLAIN: dict[Any, Contract] = {
    None: Contract(frozenset({NoneType}), _none, "None"),
    NoneType: Contract(frozenset({NoneType}), _none, "None"),
    bool: Contract(frozenset({bool}), _flag, "bool"),
    int: Contract(frozenset({int}), is_whole, "int"),
    float: Contract(frozenset({float, int}), _real, "float"),
    DType: ANYTHING,  # `as_dtype` knows more
    np.generic: OPERAND,  # `operand_node` knows more, and speaks
    Any: ANYTHING,
    object: ANYTHING,
}


def _subclasses(cls: type) -> list[type]:
    found = [cls]
    for known in found:  # grows meanwhile
        found.extend(known.__subclasses__())
    return found


def _of_class(cls: type) -> Contract:
    if issubclass(cls, TensorBase) and cls.__name__ in ("TensorBase", "Tensor"):
        return Contract(frozenset(_subclasses(TensorBase)), _tensor, "Tensor")
    if getattr(cls, "_is_protocol", False):  # a tensor, said where the class is not known yet
        return Contract(frozenset(), _tensor, "Tensor")
    return Contract(frozenset({cls}), lambda value: isinstance(value, cls), cls.__name__)


def _of_items(origin: type, item: Contract, length: int | None = None) -> Contract:
    kinds: Any = (tuple, list, range) if origin in (tuple, Sequence) else origin

    def allows(value: Any) -> bool:
        if isinstance(value, (str, bytes)):
            return False
        if origin is Sequence and isinstance(value, Sequence):
            pass
        elif not isinstance(value, kinds):
            return False
        if length is not None and len(value) != length:
            return False
        if item.types.issuperset(map(type, value)):  # the short way
            return True
        return all(type(part) in item.types or item.allows(part) for part in value)

    words = {"int": "ints", "float": "numbers", "Tensor": "Tensors", "str": "words"}
    inside = words.get(item.text)
    kind = {"Sequence": "tuple"}.get(origin.__name__, origin.__name__)
    count = "" if length is None else f"{length} "
    return Contract(frozenset(), allows, f"{kind} of {count}{inside}" if inside else kind)


def _either(parts: list[Contract]) -> Contract:
    for open_to_all in (ANYTHING, OPERAND):
        if open_to_all in parts:
            return open_to_all
    types = frozenset().union(*[part.types for part in parts])
    texts = list(dict.fromkeys([part.text for part in parts]))

    def allows(value: Any) -> bool:
        return any(part.allows(value) for part in parts)

    text = texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"
    return Contract(types, allows, text)


def contract(annotation: Any) -> Contract:
    """What `annotation` lets in; what it cannot tell lets in anything."""
    found = _PLAIN.get(annotation) if isinstance(annotation, (type, NoneType)) else None
    if found is not None or annotation is Any:
        return found or ANYTHING
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _either([contract(part) for part in inner])
    if isinstance(annotation, (TypeVar, str)) or annotation is inspect.Parameter.empty:
        return ANYTHING
    if origin is None:
        return _of_class(annotation) if isinstance(annotation, type) else ANYTHING
    if origin in (Sequence, list) or (origin is tuple and inner):
        items = _either([contract(part) for part in inner if part is not Ellipsis])
        fixed = len(inner) if origin is tuple and Ellipsis not in inner else None
        return _of_items(origin, items, fixed)
    if origin is Callable:
        return Contract(frozenset({FunctionType}), callable, "a function")
    if origin is IO:
        return Contract(frozenset(), lambda value: hasattr(value, "read"), "a file")
    if origin is Mapping or origin is dict:
        return Contract(frozenset({dict}), lambda v: isinstance(v, Mapping), "dict")
    if origin is Iterable:
        return _of_iterable(_either([contract(part) for part in inner]))
    if origin is os.PathLike:
        return Contract(frozenset(), lambda value: isinstance(value, os.PathLike), "a path")
    return _of_class(origin) if isinstance(origin, type) else ANYTHING


def _of_iterable(item: Contract) -> Contract:
    def allows(value: Any) -> bool:
        if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
            return False
        if not isinstance(value, (list, tuple)):  # looking would use it up
            return True
        return all(type(part) in item.types or item.allows(part) for part in value)

    return Contract(frozenset(), allows, f"iterable of {item.text}s" if item.text else "iterable")


def _evaluated(annotation: Any, function: FunctionType, names: Mapping[str, Any]) -> Any:
    """An annotation written as a word, looked up as its module would under TYPE_CHECKING."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(_code_of(annotation), function.__globals__, names)
    except (NameError, AttributeError, TypeError):
        return Any


@cache
def _code_of(annotation: str) -> CodeType:
    return compile(annotation, "<annotation>", "eval")


class Parameter(NamedTuple):
    """A parameter as written; `kind` is one of `inspect.Parameter`'s."""

    name: str
    kind: Any
    annotation: Any


def parameters_of(function: Callable[..., Any]) -> list[Parameter]:
    """The parameters in order. `inspect.signature` takes twenty times as long, at every import."""
    inner: Any = inspect.unwrap(function)
    code, notes = inner.__code__, inner.__annotations__
    names, count = code.co_varnames, code.co_argcount
    named = count + code.co_kwonlyargcount
    has_more, has_words = code.co_flags & CO_VARARGS, code.co_flags & CO_VARKEYWORDS
    more = [(names[named], Kind.VAR_POSITIONAL)] if has_more else []
    words = [(names[named + len(more)], Kind.VAR_KEYWORD)] if has_words else []
    only = code.co_posonlyargcount
    listed = [
        *[(name, Kind.POSITIONAL_ONLY) for name in names[:only]],
        *[(name, Kind.POSITIONAL_OR_KEYWORD) for name in names[only:count]],
        *more,
        *[(name, Kind.KEYWORD_ONLY) for name in names[count:named]],
        *words,
    ]
    return [Parameter(name, kind, notes.get(name, Kind.empty)) for name, kind in listed]


def contracts_of(function: FunctionType, names: Mapping[str, Any]) -> dict[str, Contract]:
    """The contracts of a function's parameters, in order; "*" is that of each of `*args`."""
    inner = inspect.unwrap(function)
    found: dict[str, Contract] = {}
    for parameter in parameters_of(inner):
        annotation = Any if parameter.name == "self" else parameter.annotation
        held = contract(_evaluated(annotation, inner, names))
        if parameter.kind is Kind.VAR_POSITIONAL:
            if held.allows is not ANYTHING.allows:
                found["*"] = held
        elif parameter.kind is not Kind.VAR_KEYWORD:
            found[parameter.name] = held
    return found
