"""Accumulators of reductions: how one begins, takes elements, meets others, ends as a value."""

import math

from . import ops
from .dtype import DType, bool_, float32, int32
from .elementwise import LARGER, SMALLER
from .emit import Emitter
from .expression import Value
from .graph import Op
from .kernel import Alias, Apply, Assign, Define, Horizontal, Literal, ctype_of
from .loop_group import combiner, identity
from .opencl_text import CType

__all__ = [
    "across_lanes", "accumulate", "accumulate_beside", "accumulator", "combine", "combining",
    "finish", "mask_of_nans", "resting", "with_nan",
]  # fmt: skip


def _mask(width: int) -> CType:
    return ctype_of(bool_, width)


def combining(r: Value) -> Op:
    """The binary row that a reduction repeats."""
    assert r.op is not None
    return combiner(r.op, r.dtype.kind == "b")


def resting(dtype: DType) -> DType:
    """What a value is in local memory: as it is in registers."""
    if dtype.kind == "b":
        return int32
    return float32 if dtype.compute != dtype.storage else dtype


def accumulator(emitter: Emitter, r: Value, width: int) -> str:
    """A new one."""
    assert r.op is not None
    name = emitter.fresh("acc")
    start = Literal(identity(r.op, r))
    emitter.append(Define(name, ctype_of(r.dtype, width), start, mutable=True))
    return name


def accumulate(emitter: Emitter, r: Value, target: str, width: int) -> None:
    """Takes the element that lies where the emitter stands."""
    element = emitter.vector(r.args[0], width)
    ctype = ctype_of(r.dtype, width)
    emitter.append(Assign(target, ctype, Apply(combining(r), (target, element), ctype)))


def combine(emitter: Emitter, r: Value, a: str, b: str, width: int) -> str:
    """Two of them as a third."""
    name = emitter.fresh("acc")
    ctype = ctype_of(r.dtype, width)
    emitter.append(Define(name, ctype, Apply(combining(r), (a, b), ctype)))
    return name


def across_lanes(emitter: Emitter, r: Value, total: str, width: int) -> str:
    """All lanes as one number."""
    if width == 1:
        return total
    name = emitter.fresh("h")
    emitter.append(Define(name, ctype_of(r.dtype), Horizontal(combining(r), total, width)))
    return name


def finish(emitter: Emitter, r: Value, total: str) -> str:
    """The reduction's value under a name of its own."""
    name = emitter.fresh(f"{r.op.name}_" if r.op is not None else "r")
    emitter.append(Define(name, ctype_of(r.dtype), Alias(total)))
    return name


# extremes of floats: of the numbers alone, and beside it whether NaN was met, which waits less for
# the step before than one test for both


def mask_of_nans(emitter: Emitter, width: int) -> str:
    """Where NaN was met so far."""
    name = emitter.fresh("nan")
    emitter.append(Define(name, _mask(width), Literal(False), mutable=True))
    return name


def accumulate_beside(emitter: Emitter, r: Value, target: str, nans: str, width: int) -> None:
    """As `accumulate`; of NaN it takes note."""
    assert r.op is not None
    element, ctype, mask = emitter.vector(r.args[0], width), ctype_of(r.dtype, width), _mask(width)
    pick = LARGER if r.op.name == "max" else SMALLER
    emitter.append(Assign(target, ctype, Apply(pick, (element, target), ctype)))
    met = emitter.fresh("m")
    emitter.append(Define(met, mask, Apply(ops.TABLE["isnan"], (element,), ctype)))
    emitter.append(Assign(nans, mask, Apply(ops.TABLE["bitwise_or"], (nans, met), mask)))


def with_nan(emitter: Emitter, r: Value, total: str, nans: str, width: int) -> str:
    """The extreme, or NaN where one was met."""
    met, nan, name = (emitter.fresh(stem) for stem in ("h", "c", "acc"))
    ctype, mask = ctype_of(r.dtype), _mask(1)
    fold = Horizontal(ops.TABLE["bitwise_or"], nans, width)
    emitter.append(Define(met, mask, fold))
    emitter.append(Define(nan, ctype, Literal(math.nan)))
    emitter.append(Define(name, ctype, Apply(ops.TABLE["where"], (met, nan, total), ctype)))
    return name
