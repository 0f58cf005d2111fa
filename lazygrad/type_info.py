"""Limits of element types: `finfo` and `iinfo`."""

import numpy as np

from lazygrad.codegen.dtype import DType, bfloat16

from .default_dtype import get_default_dtype

__all__ = ["finfo", "iinfo"]


class finfo:  # PyTorch's and NumPy's name
    """Limits of a floating dtype, the default one where none is given.

    Attributes:
        bits: of an element.
        eps: from 1.0 to the next number.
        max, min: the largest finite number and its negative.
        tiny, smallest_normal: the smallest positive normal number.
        resolution: what decimal digits resolve.
        dtype: the name of the dtype.

    Raises TypeError for a dtype that is not floating.
    """

    def __init__(self, type: DType | None = None) -> None:
        dtype = get_default_dtype() if type is None else type
        if not isinstance(dtype, DType) or dtype.kind != "f":
            raise TypeError(f"finfo: got {dtype!r}, expected a floating dtype; iinfo has integers")
        self.dtype = dtype.name
        self.bits = 8 * dtype.itemsize
        if dtype is bfloat16:
            self.eps, self.max, self.tiny = 2.0**-7, (2 - 2.0**-7) * 2.0**127, 2.0**-126
            self.resolution = 0.01
        else:
            info = np.finfo(dtype.numpy)
            self.eps, self.max = float(info.eps), float(info.max)
            self.tiny, self.resolution = float(info.tiny), float(info.resolution)
        self.min = -self.max
        self.smallest_normal = self.tiny

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:  # PyTorch's and NumPy's name
    """Limits of an integer dtype: `bits`, `min`, `max`; TypeError for others."""

    def __init__(self, type: DType) -> None:
        if not isinstance(type, DType) or not type.is_integer:
            raise TypeError(f"iinfo: got {type!r}, expected an integer dtype; finfo has floats")
        info = np.iinfo(type.numpy)
        self.dtype = type.name
        self.bits, self.min, self.max = int(info.bits), int(info.min), int(info.max)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
