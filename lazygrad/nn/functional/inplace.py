"""The `inplace` argument of activations and dropout."""

from lazygrad.inplace import write_result
from lazygrad.tensor import Tensor


def deliver(input: Tensor, result: Tensor, inplace: bool) -> Tensor:
    """The result, written over the input it was computed from where the caller asked for that.

    What the result's gradient reads of the input counts as the write's own, as in PyTorch, where
    a function with `inplace=True` is one operation.
    """
    if not inplace:
        return result
    write_result("inplace", input, result, ())
    return input
