"""PyTorch's older constructors, one for each dtype: `FloatTensor`, `LongTensor`, ..."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lazygrad.codegen import dtype as dtypes
from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType

from . import placement
from .creation import sizes
from .handle import Size, wrap
from .tensor import Tensor
from .values import values_node

__all__ = [
    "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor",
    "HalfTensor", "IntTensor", "LongTensor", "ShortTensor",
]  # fmt: skip


def _constructor(name: str, dtype: DType) -> Callable[..., Tensor]:
    def construct(*data: Any, device: Any = None) -> Tensor:
        place = placement.find(device)
        if len(data) == 1 and isinstance(data[0], Tensor):
            return data[0].detach().to(place, dtype)
        if len(data) == 1 and isinstance(data[0], Size):
            data = data[0]
        elif len(data) == 1 and isinstance(data[0], (list, tuple, np.ndarray)):
            return wrap(values_node(name, data[0], dtype, place), place)
        return wrap(ops.expand(ops.const(0, dtype), sizes(name, data or (0,))), place)

    construct.__name__ = construct.__qualname__ = name
    construct.__doc__ = (
        f"A {dtype.name} tensor with the values of a list, tuple or array, or zeros of the sizes "
        "given as numbers."
    )
    return construct


BFloat16Tensor = _constructor("BFloat16Tensor", dtypes.bfloat16)
BoolTensor = _constructor("BoolTensor", dtypes.bool_)
ByteTensor = _constructor("ByteTensor", dtypes.uint8)
CharTensor = _constructor("CharTensor", dtypes.int8)
DoubleTensor = _constructor("DoubleTensor", dtypes.float64)
FloatTensor = _constructor("FloatTensor", dtypes.float32)
HalfTensor = _constructor("HalfTensor", dtypes.float16)
IntTensor = _constructor("IntTensor", dtypes.int32)
LongTensor = _constructor("LongTensor", dtypes.int64)
ShortTensor = _constructor("ShortTensor", dtypes.int16)
