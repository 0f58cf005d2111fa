"""The check that a layer's input and weight go together."""

from .tensor import Tensor

__all__ = ["check_same_dtype"]


def check_same_dtype(name: str, input: Tensor, weight: Tensor) -> None:
    """Raises RuntimeError where a layer's input and weight differ in dtype."""
    if input.dtype is not weight.dtype:
        raise RuntimeError(
            f"{name}: expected input and weight of the same dtype, but got input {input.dtype} and "
            f"weight {weight.dtype}; write input.to({weight.dtype}), or convert the layer: "
            f"layer.to({input.dtype})"
        )
