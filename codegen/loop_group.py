"""What all lowerings share: a group as the scheduler leaves it, and a kernel's parameters."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from . import ops
from .emit import topological
from .expression import Expressions, Value
from .graph import Node, Op, Shape
from .index import Ix
from .kernel import Param

__all__ = ["LoopGroup", "bytes_moved", "combiner", "identity", "kernel_params", "operations"]


@dataclass(frozen=True, slots=True)
class LoopGroup:
    """A group as the scheduler leaves it.

    `shape` is the domain, `reduced` its reduced axes. `outputs` are the nodes to store, with
    their array names and, for each of their dimensions, the domain axis it runs along (-1: none).
    `memory` names the arrays of all nodes that are read.
    """

    name: str
    shape: Shape
    reduced: frozenset[int]
    outputs: tuple[tuple[Node, str, tuple[int, ...]], ...]
    memory: Mapping[Node, str]


def combiner(op: Op, bool_mask: bool) -> Op:
    """The binary row that a reduction repeats; masks combine by bits."""
    names = {"sum": "add", "prod": "mul", "max": "maximum", "min": "minimum"}
    if bool_mask:
        names |= {"max": "bitwise_or", "min": "bitwise_and"}
    return ops.TABLE[names[op.name]]


def identity(op: Op, v: Value) -> float | int | bool:
    """What a reduction starts from."""
    if op.name in ("sum", "prod"):
        return 0 if op.name == "sum" else 1
    if v.dtype.kind == "b":
        return op.name == "min"
    if v.dtype.kind == "f":
        return float("-inf") if op.name == "max" else float("inf")
    info = np.iinfo(v.dtype.numpy)
    return int(info.min if op.name == "max" else info.max)


def kernel_params(
    outputs: Sequence[tuple[Node, str, tuple[int, ...]]],
    memory: Mapping[Node, str],
    expressions: Expressions,
) -> tuple[Param, ...]:
    """Outputs, the arrays that are read, late-bound scalars, the error word: in this order."""
    read = {v.payload[0] for v in expressions.all_values() if v.kind == "load"}
    params = [Param(array, n.dtype, "out", n.size) for n, array, _ in outputs]
    params += [Param(a, n.dtype, "in", n.size) for n, a in memory.items() if a in read]
    params += [Param(name, n.dtype, "scalar") for name, n in expressions.arguments.items()]
    params += [
        Param(name, n.dtype, "index")
        for name, (n, var) in expressions.index_arguments.items()
        if var.hi and name not in expressions.arguments
    ]
    if expressions.checks:
        int32 = ops.DTYPES["int32"]
        params.append(Param("lg_error", int32, "error", 4))
        params += [Param("lg_code", int32, "code"), Param("lg_run", int32, "run")]
    return tuple(params)


def bytes_moved(params: Sequence[Param], shape: Shape) -> int:
    domain = 1
    for n in shape:
        domain *= n
    return sum(min(p.size, domain) * p.dtype.itemsize for p in params if p.kind in ("in", "out"))


def operations(stores: Sequence[tuple[Value, str, Ix]], shape: Shape) -> int:
    """How many a kernel takes: of each value, once for every place that it varies with."""
    total = 0
    for v in topological([v for v, *_ in stores]):
        if v.kind == "reduce":
            total += math.prod(shape)
        elif v.kind == "apply" and v.op is not None:
            cost = 1 if v.op.name == "cast" else v.op.cost
            total += cost * math.prod(x.hi + 1 for x in v.deps)
    return total
