"""Errors and checks that more than one part of the tensor layer needs."""

from typing import Any

__all__ = ["BadNameError", "ShapeError", "is_foreign", "shown", "type_name", "wrap_dim"]


_ARRAYS = {"cupy", "jax", "jaxlib", "tensorflow", "tinygrad", "torch"}


class ShapeError(RuntimeError, ValueError):
    """Shapes that do not fit; caught by code written for PyTorch and by code for NumPy."""


class BadNameError(ValueError, KeyError):
    """A name that cannot stand, or that nothing has; a KeyError for code written for PyTorch."""

    __str__ = Exception.__str__  # KeyError would quote it


def is_foreign(value: Any) -> bool:
    """Whether a value is an array of a library whose operators know no tensors of ours."""
    return type(value).__module__.partition(".")[0] in _ARRAYS and hasattr(value, "dtype")


def type_name(value: Any) -> str:
    """The name of a value's class; where others have one of that name too, with the library's."""
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    foreign = kind.__name__ == "Tensor" and library != __name__.partition(".")[0]
    return f"{library}.{kind.__name__}" if foreign else kind.__name__


def shown(value: Any) -> str:
    """A value in a few words: tensors and arrays by shape and dtype, the rest cut to a line."""
    try:
        if not isinstance(value, type) and hasattr(value, "shape") and hasattr(value, "dtype"):
            return f"{type_name(value)}{list(value.shape)} {value.dtype}"
        text = repr(value).partition("\n")[0]
    except (TypeError, ValueError, IndexError, AttributeError):  # its class's own affair
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 60 else f"{text[:57]}..."


def wrap_dim(name: str, dim: int, ndim: int) -> int:
    """A dimension counted from the front; a tensor without dimensions takes 0 and -1.

    Raises IndexError, with the function's `name`, for one that is not there.
    """
    count = ndim or 1
    if not -count <= dim < count:
        raise IndexError(
            f"{name}: Dimension out of range (expected to be in range of [{-count}, {count - 1}], "
            f"but got {dim})"
        )
    return dim % count
