"""The check that what a function was given as a tensor is one."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from .handle import check_tensor
from .tensor import Tensor

__all__ = ["check_same_dtype", "takes_tensors"]

P = ParamSpec("P")
R = TypeVar("R")


def check_same_dtype(name: str, input: Tensor, weight: Tensor) -> None:
    """Raises RuntimeError where a layer's input and weight differ in dtype."""
    if input.dtype is not weight.dtype:
        raise RuntimeError(
            f"{name}: expected input and weight of the same dtype, but got input {input.dtype} and "
            f"weight {weight.dtype}; write input.to({weight.dtype}), or convert the layer: "
            f"layer.to({input.dtype})"
        )


def takes_tensors(function: Callable[P, R]) -> Callable[P, R]:
    """The function; TypeError where a leading parameter annotated as Tensor gets something else."""
    leading: list[str] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.annotation is not Tensor:
            break
        leading.append(parameter.name)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        given: dict[str, Any] = kwargs
        for place, name in enumerate(leading):
            if place < len(args):
                check_tensor(function.__name__, args[place], name, place + 1)
            elif name in given:
                check_tensor(function.__name__, given[name], name, place + 1)
        return function(*args, **kwargs)

    return call
