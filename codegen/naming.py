"""Kernel names that tell what a kernel does: its main ops, its domain, its type."""

from collections.abc import Iterable

from .dtype import DType
from .graph import Node, Shape, toposort

__all__ = ["kernel_name"]

_SHORT = {
    "float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16", "bool": "b8",
    "int64": "i64", "int32": "i32", "int16": "i16", "int8": "i8", "uint64": "u64",
    "uint32": "u32", "uint16": "u16", "uint8": "u8",
}  # fmt: skip
_DULL = {
    "add", "sub", "mul", "div", "neg", "where", "cast", "lt", "le", "eq", "ne", "const",
    "scalar", "iota", "buffer", "isnan", "bitwise_and", "bitwise_or",
}  # fmt: skip
_MOST = 4


def _main_ops(outputs: Iterable[Node], reads: set[Node]) -> list[str]:
    names: list[str] = []
    dull: list[str] = []
    for n in toposort(outputs, stop=lambda n: n in reads):
        if n in reads or n.op.kind in ("view", "leaf"):
            continue
        bucket = dull if n.op.name in _DULL else names
        if n.op.name not in bucket:
            bucket.append(n.op.name)
    chosen = names[:_MOST]
    return chosen + dull[: _MOST - len(chosen)] if len(chosen) < 2 else chosen


def _sizes(shape: Shape) -> str:
    return "x".join(map(str, [n for n in shape if n != 1])) or "1"


def kernel_name(
    outputs: list[Node], reads: set[Node], shape: Shape, dtype: DType, taken: set[str]
) -> str:
    """A new name such as `max_exp_sum_div_4096x4096_f32`; a number tells equal ones apart."""
    words = [w.replace("bitwise_", "") for w in _main_ops(outputs, reads)] or ["copy"]
    stem = f"{'_'.join(words)}_{_sizes(shape)}_{_SHORT[dtype.name]}"
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    taken.add(name)
    return name
