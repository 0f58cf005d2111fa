"""Errors and checks that more than one part of the tensor layer needs."""

__all__ = ["ShapeError", "wrap_dim"]


class ShapeError(RuntimeError, ValueError):
    """Shapes that do not fit; caught by code written for PyTorch and by code for NumPy."""


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
