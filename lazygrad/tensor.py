"""`Tensor`: the handle with all its methods."""

from . import handle
from .autograd_methods import AutogradMethods

__all__ = ["Tensor"]


class Tensor(AutogradMethods):
    """An array on a device; see the mixins for what it can do."""


handle.tensor_class = Tensor
