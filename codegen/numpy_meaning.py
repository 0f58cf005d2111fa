"""NumPy meanings of the elementwise rows, where NumPy alone does not say it."""

from typing import Any

import numpy as np

from .graph import Node
from .random_functions import CENTER, LAST_CENTRAL, TAIL
from .special import to_integer


def compute(f: Any) -> Any:
    """float16 computes in float32, as kernels do; the caller rounds what it stores."""

    def meaning(n: Node, *arrays: Any) -> Any:
        with np.errstate(all="ignore"):
            wide = [a.astype(np.float32) if a.dtype == np.float16 else a for a in arrays]
            return f(*wide)

    return meaning


def floor_div(a: Any, b: Any) -> Any:
    return np.floor_divide(a, b)


def mod(a: Any, b: Any) -> Any:
    return np.remainder(a, b)


def shift(f: Any, left: bool) -> Any:
    def shift(a: Any, b: Any) -> Any:
        bits = 8 * a.dtype.itemsize
        outside = (b < 0) | (b >= bits)
        fill = np.zeros_like(a) if left or a.dtype.kind == "u" else a >> a.dtype.type(bits - 1)
        return np.where(outside, fill, f(a, np.where(outside, 0, b).astype(a.dtype)))

    return shift


def power(a: Any, b: Any) -> Any:
    if a.dtype.kind == "f":
        return np.power(a, b)
    a, b = np.broadcast_arrays(a, b)
    result = np.power(a, np.where(b < 0, 0, b).astype(a.dtype))
    negative = np.where(a == 1, 1, np.where(a.astype(np.int64) == -1, 1 - 2 * (b & 1), 0))
    return np.where(b < 0, negative.astype(a.dtype), result)


def cast(n: Node, x: Any) -> Any:
    return (
        to_integer(x, n.dtype.numpy)
        if n.dtype.is_integer
        else n.dtype.from_storage(n.dtype.to_storage(x))
    )


def bitcast(n: Node, x: Any) -> Any:
    return n.dtype.from_storage(n.src[0].dtype.to_storage(x).view(n.dtype.numpy))


def philox(first: Any, key: Any, position: Any) -> Any:
    """Word `position % 4` of block `first + position / 4`, Philox 4x32-10 (Salmon et al., 2011)."""
    mask = np.uint64(0xFFFFFFFF)
    first, key, position = np.broadcast_arrays(first, key, position.astype(np.uint64))
    with np.errstate(over="ignore"):
        block = first + (position >> np.uint64(2))
        c0, c1 = block & mask, block >> np.uint64(32)
        c2, c3 = np.zeros_like(c0), np.zeros_like(c0)
        k0, k1 = key & mask, key >> np.uint64(32)
        for _ in range(10):
            p0, p1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
            c0, c1, c2, c3 = (
                (p1 >> np.uint64(32)) ^ c1 ^ k0, p1 & mask, (p0 >> np.uint64(32)) ^ c3 ^ k1,
                p0 & mask,
            )  # fmt: skip
            k0, k1 = (k0 + np.uint64(0x9E3779B9)) & mask, (k1 + np.uint64(0xBB67AE85)) & mask
    word = position & np.uint64(3)
    return np.choose(word.astype(np.int64), (c0, c1, c2, c3)).astype(np.uint32)


def normal(bits: Any) -> Any:
    """The normal deviate at (bits as a signed number + 2^31 + 1/2) / 2^32, in float64."""
    x = (bits.view(np.int32).astype(np.float64) + 0.5) * 2.0**-31
    distance = 1 - np.abs(x)
    z = -np.log2(distance * (2 - distance))
    center = np.polyval([float.fromhex(c) for c in CENTER], z)
    tail = np.polyval([float.fromhex(c) for c in TAIL], np.sqrt(z) - 4)
    return (np.where(z > LAST_CENTRAL, tail, center) * x).astype(np.float32)
