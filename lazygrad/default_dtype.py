"""The dtype that floating point numbers get where a program names none."""

from typing import Any

from lazygrad.codegen.dtype import DType, float32

__all__ = ["check_dtype", "get_default_dtype", "set_default_dtype"]

_default = float32


def check_dtype(name: str, given: Any) -> None:
    """TypeError, with the function's `name`, for what is neither a dtype nor None."""
    if given is not None and not isinstance(given, DType):
        raise TypeError(
            f"{name}: argument 'dtype' must be lazygrad.dtype, not {type(given).__name__}: got "
            f"{given!r}, expected lg.float32 for example"
        )


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
