"""NumPy's names of keywords, taken beside PyTorch's as PyTorch does: `axis`, `keepdims`."""

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any, ParamSpec, TypeVar

__all__ = ["PYTORCH_NAMES", "numpy_method_names", "numpy_names"]

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)

PYTORCH_NAMES = {"axis": "dim", "keepdims": "keepdim"}


def _takes(function: FunctionType) -> dict[str, str]:
    """NumPy's names for those parameters of a function that have one."""
    code = function.__code__
    own = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return {
        numpy: pytorch
        for numpy, pytorch in PYTORCH_NAMES.items()
        if pytorch in own and numpy not in own
    }


def numpy_names(function: Callable[P, R]) -> Callable[P, R]:
    """The function, `axis` taken for `dim` and `keepdims` for `keepdim`.

    Raises TypeError where a call gives both names of one parameter.
    """
    known = _takes(function)  # type: ignore[arg-type]

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if kwargs and not known.keys().isdisjoint(kwargs):
            given: dict[str, Any] = kwargs
            for numpy in known.keys() & given.keys():
                pytorch = known[numpy]
                if pytorch in given:
                    raise TypeError(
                        f"{function.__name__}: got both '{pytorch}' and '{numpy}', which are one "
                        f"argument; write {pytorch}={given[pytorch]!r}"
                    )
                given[pytorch] = given.pop(numpy)
        return function(*args, **kwargs)

    return call


def numpy_method_names(cls: C) -> C:
    """Class decorator: `numpy_names` for all public methods with such names, inherited ones too."""
    for name in dir(cls):
        method = getattr(cls, name)
        if name[0] != "_" and isinstance(method, FunctionType) and _takes(method):
            setattr(cls, name, numpy_names(method))
    return cls
