"""Every function's largest error in ulp, over dense and special operands, beside its bound.

Float32 is judged by float64; float64 by NumPy's long double where that has 80 bits (x86 but for
Windows), else not at all; halves by float32 and one rounding. An ulp is the distance of two
neighbours at the exact value; what overflows counts as the power of 2 beyond the largest number.
"""

import importlib
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lazygrad import creation, runtime
from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DTYPES, DType
from lazygrad.codegen.graph import Node
from lazygrad.codegen.reference import evaluate
from lazygrad.placement import device as public_device
from lazygrad.realize import from_host, realize, realize_nodes, to_host
from lazygrad.tensor import Tensor

from .finding import Finding
from .functions import BINARY, UNARY, Array, Function, pairs, values

__all__ = ["Error", "errors_in_ulp", "measure", "page", "run"]

_CHUNK = 1 << 20  # operands at a time, so that the reference stays small


@dataclass(frozen=True)
class Error:
    """The largest error of a function in a dtype, where it occurs, and PyTorch's on the same."""

    function: Function
    dtype: str
    ulp: float
    at: str
    torch: float | None

    @property
    def bound(self) -> float:
        """Halves compute in float32 and round once; in float64 most functions are the driver's."""
        if self.dtype == "float64" and self.function.bound > 0.5:
            return max(self.function.bound, 4.0)
        half = self.dtype in ("float16", "bfloat16")
        return 0.5 + self.function.bound * 2.0**-12 if half else self.function.bound


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError:
        return None


def _ulp(size: Array, dtype: DType) -> Array:
    """The distance between neighbours of a dtype at a size."""
    digits, lowest, highest = {
        "float16": (10, -14, 15), "bfloat16": (7, -126, 127), "float32": (23, -126, 127),
        "float64": (52, -1022, 1023),
    }[dtype.name]  # fmt: skip
    exponent = np.frexp(size)[1] - 1
    one = size.dtype.type(1)
    return np.asarray(np.ldexp(one, np.clip(exponent, lowest, highest) - digits))


def errors_in_ulp(function: Function, got: Array, operands: Sequence[Array], dtype: DType) -> Array:
    """Errors in ulp; infinite where just one of value and exact value is NaN."""
    wide = np.longdouble if dtype.name == "float64" else np.float64
    with np.errstate(all="ignore"):
        given = [x.astype(wide) for x in operands]
        exact = np.asarray(function.exact(*given))
        beyond = np.ldexp(wide(1), {"float16": 16, "float64": 1024}.get(dtype.name, 128))
        value, wanted = (np.clip(x.astype(wide), -beyond, beyond) for x in (got, exact))
        size = np.abs(wanted)
        if function.scale is not None:
            size = np.fmax(size, np.minimum(function.scale(*given), beyond))
        error = np.abs(value - wanted) / _ulp(size, dtype)
    undefined = np.isnan(value), np.isnan(wanted)
    error = np.where(undefined[0] & undefined[1], 0, error)
    return np.where(undefined[0] != undefined[1], np.inf, error)


def _by_torch(torch: Any, function: Function, operands: Sequence[Array]) -> Array | None:
    places = (torch, torch.nn.functional, torch.special)
    found = [getattr(p, function.name) for p in places if hasattr(p, function.name)]
    if not found:
        return None
    return np.asarray(found[0](*[torch.from_numpy(x) for x in operands]).numpy())


def _worst(errors: Array, operands: Sequence[Array]) -> tuple[float, str]:
    place = int(np.argmax(errors))
    return float(errors[place]), ", ".join(f"{float(x[place]):.9g}" for x in operands)


def _measure(functions: Sequence[Function], operands: Sequence[Array], dtype: DType,
             device: runtime.Device) -> list[Error]:  # fmt: skip
    """All functions on the same operands in one program."""
    where, torch = public_device(device), _torch()
    best = dict.fromkeys(functions, (-1.0, "", 0.0))
    for start in range(0, operands[0].size, _CHUNK):
        part = [x[start : start + _CHUNK] for x in operands]
        given = [creation.tensor(x, device=where).to(dtype) for x in part]
        results: list[Tensor] = [f.apply(*given) for f in functions]
        realize(*results)
        for f, result in zip(functions, results, strict=True):
            ulp, at = _worst(errors_in_ulp(f, result.numpy(force=True), part, dtype), part)
            theirs = None
            if torch is not None and dtype.name in ("float32", "float64"):
                theirs = _by_torch(torch, f, part)
            other = (
                0.0 if theirs is None else _worst(errors_in_ulp(f, theirs, part, dtype), part)[0]
            )
            before = best[f]
            ulp, at = (ulp, at) if ulp > before[0] else before[:2]
            best[f] = (ulp, at, math.nan if theirs is None else max(other, before[2]))
    return [
        Error(f, dtype.name, ulp, at, None if math.isnan(other) else other)
        for f, (ulp, at, other) in best.items()
    ]


def measure(device: runtime.Device, full: bool) -> Iterator[Error]:
    """Every function in every floating dtype that the device and this machine can judge."""
    names = ["float32", "float16", "bfloat16"]
    if device.facts.has_fp64 and np.finfo(np.longdouble).nmant >= 63:
        names.append("float64")
    for name in names:
        dtype = DTYPES[name]
        if dtype.itemsize == 2:  # every number there is
            numbers = dtype.from_storage(np.arange(1 << 16).astype(np.uint16).view(dtype.numpy))
            some = UNARY if full else UNARY[::4]  # each is float32's, rounded
            yield from _measure(some, [numbers.astype(np.float32)], dtype, device)
            continue
        count = {"float32": 1 << 24, "float64": 1 << 20}[name] if full else 1 << 13
        kind: Any = dtype.numpy.type
        judged = [f for f in UNARY if f.wider or name == "float32"]
        yield from _measure(judged, [values(count, kind)], dtype, device)
        yield from _measure(BINARY, pairs(count >> 2 if full else count, kind), dtype, device)


def _table(errors: Sequence[Error]) -> str:
    """One line for each function and dtype, in Markdown."""
    lines = ["| function | dtype | largest error, ulp | bound | at | PyTorch, ulp |",
             "| --- | --- | ---: | ---: | --- | ---: |"]  # fmt: skip
    for e in errors:
        theirs = "" if e.torch is None else f"{e.torch:.3g}"
        cells = (e.function.name, e.dtype, f"{e.ulp:.3f}", f"{e.bound:.4g}", e.at, theirs)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _integers(device: runtime.Device) -> tuple[int, list[str]]:
    """Arithmetic of integers and casts at and around all limits: how many values, which wrong."""
    outputs: list[Node] = []
    data: dict[Node, Array] = {}

    def leaf(values: Array, dtype: DType) -> Node:
        stored = dtype.to_storage(values)
        made = from_host(stored, dtype, device)
        data[made] = dtype.from_storage(stored)
        return made

    limits = np.array([0, -0.0, 1.7, -1.7, 200, -200, 3e9, -3e9, 1e19, np.inf, -np.inf, np.nan])
    usable = [d for d in DTYPES.values() if d.name != "float64" or device.facts.has_fp64]
    for dtype in usable:
        if dtype.is_integer:
            info = np.iinfo(dtype.numpy)
            few = [info.min, info.max, info.min + 1, info.max - 1, 0, 1, 2, 3, 7, 63, 64, 127]
            few += [] if dtype.kind == "u" else [-1, -2, -3, -7]
            axis = np.array([int(v) for v in few], dtype.numpy)
            a, b = (leaf(v.ravel(), dtype) for v in np.meshgrid(axis, axis))
            rows = (ops.add, ops.mul, ops.floordiv, ops.mod, ops.shl, ops.shr, ops.pow)
            outputs += [row(a, b) for row in rows]
            source = a
        else:
            with np.errstate(all="ignore"):
                source = leaf(limits, dtype)
        outputs += [ops.cast(source, target) for target in usable if target is not dtype]
    wanted = evaluate(outputs, data)
    realize_nodes(outputs, device)
    wrong, count = [], 0
    for n, expected in zip(outputs, wanted, strict=True):
        got = n.dtype.from_storage(to_host(n, device))
        count += got.size
        same = (got == expected) | ((got != got) & (expected != expected))
        if not same.all():
            k = int(np.argmin(same))
            given = ", ".join(str(data[s].ravel()[k]) for s in n.src)
            wrong.append(f"{n.op.name} of {n.src[0].dtype.name} to {n.dtype.name}: {given} gave "
                         f"{got[k]}, expected {expected[k]}")  # fmt: skip
    return count, wrong


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """A finding for each function and dtype, and one for the exactness of integers."""
    for e in measure(device, full):
        figure = f"largest {e.ulp:.3g} ulp" + (f" at {e.at}" if e.ulp else "")
        if e.torch is not None:
            figure += f"; PyTorch {e.torch:.3g}"
        promise = f"{e.function.name} of {e.dtype} within {e.bound:.4g} ulp"
        yield Finding(promise, figure, e.ulp <= e.bound)
    count, wrong = _integers(device)
    yield Finding("integers and casts are exact, at all their limits",
                  f"{count} values, {len(wrong)} functions wrong", not wrong,
                  "\n".join(wrong))  # fmt: skip


def page(device: runtime.Device, full: bool) -> str:
    """The table of one device in Markdown, under a heading that names device and driver."""
    found = device.cl_device
    head = f"## {found.platform.name.strip()}, driver {device.driver_version}\n\n{found.name}"
    return f"{head}\n\n{_table(list(measure(device, full)))}\n"


if __name__ == "__main__":
    print(page(runtime.find_device(), "--full" in sys.argv))
