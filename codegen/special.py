"""NumPy meanings that NumPy itself lacks or leaves undefined."""

import math
from typing import Any

import numpy as np

__all__ = ["erf", "erfc", "to_integer"]

_erf, _erfc = np.frompyfunc(math.erf, 1, 1), np.frompyfunc(math.erfc, 1, 1)


def erf(x: Any) -> Any:
    """The error function, computed in float64 (`math.erf`) and rounded to the dtype of x."""
    return np.asarray(_erf(x)).astype(x.dtype)


def erfc(x: Any) -> Any:
    """1 - erf(x) without the cancellation, computed in float64 (`math.erfc`)."""
    return np.asarray(_erfc(x)).astype(x.dtype)


def to_integer(x: Any, target: np.dtype[Any]) -> Any:
    """Cast to an integer type, with one meaning for values that do not fit.

    Integers wrap. Floats go through int32 (for 8, 16 and 32 bits signed and 8, 16 unsigned) or
    int64, where NaN and values out of range become the smallest integer, as on x86 under NumPy
    and PyTorch; then they wrap. For uint64 the range up to 2**64 is kept.
    """
    if x.dtype.kind != "f":
        return x.astype(target)
    wide = np.int64 if target.itemsize == 8 or target == np.uint32 else np.int32
    low = float(np.iinfo(wide).min)
    with np.errstate(all="ignore"):
        inside = (x >= low) & (x < -low)
        signed = np.where(inside, np.where(inside, x, 0).astype(wide), np.iinfo(wide).min)
        if target == np.uint64:
            high = (x >= -low) & (x < -2 * low)
            upper = np.where(high, np.where(high, x, 0).astype(np.uint64), 0)
            return np.where(high, upper, signed.astype(np.uint64))
        return signed.astype(target)
