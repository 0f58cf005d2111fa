"""Errors that more than one part of the tensor layer raises."""

__all__ = ["ShapeError"]


class ShapeError(RuntimeError, ValueError):
    """Shapes that do not fit; caught by code written for PyTorch and by code for NumPy."""
