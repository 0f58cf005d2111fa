"""The dtype that floating point numbers get where a program names none."""

from typing import Any

from lazygrad.codegen.dtype import DTYPES, DType, bool_, float32, float64, int64

__all__ = ["as_dtype", "dtype_or", "get_default_dtype", "set_default_dtype"]

_default = float32


# Python's types mean the widest dtype of their kind, as in PyTorch
_OF_PYTHON: dict[Any, DType] = {bool: bool_, int: int64, float: float64}


def as_dtype(name: str, given: Any) -> DType | None:
    """The dtype that an argument of the function `name` means; None stays None.

    Raises TypeError for what is neither a dtype nor `float`, `int` or `bool`.
    """
    if given is None or isinstance(given, DType):
        return given
    if isinstance(given, type) and given in _OF_PYTHON:
        return _OF_PYTHON[given]
    word = given if isinstance(given, str) else getattr(given, "name", None)
    word = word or getattr(given, "__name__", "")
    named = str(word).rpartition(".")[2]
    raise TypeError(
        f"{name}: argument 'dtype' must be lazygrad.dtype, not {type(given).__name__}: got "
        f"{given!r}, expected lg.{named if named in DTYPES else 'float32'} for example"
    )


def dtype_or(name: str, given: Any, otherwise: DType | None = None) -> DType:
    """As `as_dtype`; None means `otherwise`, or without it the default dtype."""
    return as_dtype(name, given) or otherwise or _default


def get_default_dtype() -> DType:
    """What lists of Python floats, `zeros(...)`, integer division and the like give."""
    return _default


def set_default_dtype(d: DType) -> None:
    """Sets it; TypeError for a dtype that is not floating point."""
    global _default
    if not isinstance(d, DType) or not d.is_floating_point:
        raise TypeError(
            f"set_default_dtype: got {d!r}, expected a floating point dtype, lazygrad.float32"
        )
    _default = d
