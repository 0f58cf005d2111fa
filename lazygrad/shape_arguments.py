"""Shapes and dimensions as people give them: several numbers or one tuple, -1, from the end."""

import math
import operator
from collections.abc import Sequence
from typing import Any

from lazygrad.codegen.graph import Shape

from .errors import ShapeError, shown, wrap_dim

__all__ = ["one_tuple", "resolved_shape", "whole_number", "wrap_dims"]


def one_tuple(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """What was written as `f(1, 2)` or as `f((1, 2))`."""
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        return tuple(given[0])
    return given


def resolved_shape(name: str, shape: tuple[Any, ...], size: int) -> Shape:
    """A shape for `size` elements; one dimension may be -1 and takes what is left.

    Raises ShapeError (a RuntimeError) for a shape of another size, TypeError for what is no size.
    """
    try:
        sizes = [operator.index(n) for n in one_tuple(shape)]
        if any(isinstance(n, bool) for n in one_tuple(shape)):
            raise TypeError
    except TypeError:
        raise TypeError(f"{name}: got sizes {shown(shape)}, expected integers") from None
    total, free = 1, -1
    for i, n in enumerate(sizes):
        if n >= 0:
            total *= n
        elif n == -1 and free < 0:
            free = i
        else:
            raise ShapeError(
                f"{name}: only one dimension can be inferred, and sizes are not negative: got "
                f"{sizes}"
            )
    if free >= 0 and total and size % total == 0:
        sizes[free] = size // total
        total = size
    elif free >= 0 and not total:
        raise ShapeError(
            f"{name}: cannot reshape tensor of {size} elements into shape {sizes} because the "
            "unspecified dimension size -1 can be any value and is ambiguous"
        )
    if total != size or (free >= 0 and sizes[free] < 0):
        raise ShapeError(
            f"{name}: shape '{sizes}' is invalid for input of size {size}: got {size} elements, "
            f"expected {abs(math.prod(sizes))}"
        )
    return tuple(sizes)


def whole_number(name: str, dim: Any) -> int:
    """A dimension or a size; TypeError for what is no integer, and for bools."""
    if not isinstance(dim, bool):
        try:
            return operator.index(dim)
        except TypeError:
            pass
    raise TypeError(f"{name}: got {shown(dim)} of type {type(dim).__name__}, expected an int")


def wrap_dims(name: str, dims: Sequence[Any], ndim: int) -> list[int]:
    """Dimensions counted from the front, each once.

    Raises IndexError for one that is not there, RuntimeError for one given twice.
    """
    found = [wrap_dim(name, whole_number(name, d), ndim) for d in dims]
    if len(set(found)) != len(found):
        raise RuntimeError(f"{name}: got dims {list(dims)}, expected each dim only once")
    return found
