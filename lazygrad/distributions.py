"""Random values as nodes: uniform, normal, exponential, integers."""

import math

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import (
    DType,
    bfloat16,
    float16,
    float32,
    float64,
    int32,
    int64,
    uint32,
    uint64,
)  # fmt: skip
from lazygrad.codegen.graph import Node, Shape

from .generator import Generator, default_generator
from .promotion import scalar_operand

__all__ = ["check_floating", "exponential", "integers", "standard_normal", "uniform"]

_BITS = {float16: 11, bfloat16: 8}  # of a uniform number; float32 has 24, float64 53


def check_floating(name: str, dtype: DType) -> None:
    if dtype.kind != "f":
        raise NotImplementedError(
            f"{name}: got dtype {dtype.name}, expected a floating one; cast the result, or use "
            "randint"
        )


def uniform(generator: Generator | None, shape: Shape, dtype: DType) -> Node:
    """Multiples of 2**-bits in [0, 1), each equally likely, exact in `dtype`."""
    source = generator or default_generator
    drawn = source.bits(shape)
    if dtype.itemsize == 8:
        high = ops.shl(ops.cast(drawn, uint64), ops.const(32, uint64))
        both = ops.bitwise_or(high, ops.cast(source.bits(shape), uint64))
        kept = ops.shr(both, ops.const(11, uint64))
        return ops.mul(ops.cast(kept, dtype), ops.const(2.0**-53, dtype))
    count = _BITS.get(dtype, 24)
    kept = ops.bitcast(ops.shr(drawn, ops.const(32 - count, uint32)), int32)  # converts faster
    unit = ops.mul(ops.cast(kept, float32), ops.const(2.0**-count, float32))
    return ops.cast(unit, dtype)


def standard_normal(generator: Generator | None, shape: Shape, dtype: DType) -> Node:
    """By the inverse of the distribution function, of 32 bits; in float64 by Box and Muller (Ann.
    Math. Stat. 29, 1958): sqrt(-2 log u) cos(2 pi v), u in (0, 1]."""
    if dtype is not float64:
        return ops.cast(ops.normal((generator or default_generator).bits(shape)), dtype)
    one, turn = ops.const(1.0, dtype), ops.const(2 * math.pi, dtype)
    u = ops.sub(one, uniform(generator, shape, dtype))
    v = uniform(generator, shape, dtype)
    radius = ops.sqrt(ops.mul(ops.const(-2.0, dtype), ops.log(u)))
    return ops.mul(radius, ops.cos(ops.mul(turn, v)))


def exponential(generator: Generator | None, shape: Shape, dtype: DType) -> Node:
    wide = float32 if dtype.itemsize < 4 else dtype
    u = ops.sub(ops.const(1.0, wide), uniform(generator, shape, wide))
    return ops.neg(ops.log(u))


def integers(name: str, low: int, high: int, shape: Shape, generator: Generator | None) -> Node:
    """int64 in [low, high): the high part of a product of range and random bits."""
    if high <= low:
        raise RuntimeError(
            f"{name}: expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    source, count = generator or default_generator, high - low
    wide = ops.cast(source.bits(shape), uint64)
    if count <= 1 << 32:
        product = ops.mul(wide, ops.scalar(count, uint64))
        picked = ops.shr(product, ops.const(32, uint64))
    else:
        high_part = ops.shl(wide, ops.const(32, uint64))
        picked = ops.bitwise_or(high_part, ops.cast(source.bits(shape), uint64))
        if count <= (1 << 64) - 1:
            picked = ops.mod(picked, ops.scalar(count, uint64))
    drawn = ops.bitcast(picked, int64)
    return drawn if low == 0 else ops.add(drawn, scalar_operand(low, int64))
