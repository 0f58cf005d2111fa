"""Times the schedules of kernels on a device, in a process that may crash or hang."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lazygrad import runtime
from lazygrad.codegen.choice import Choice
from lazygrad.codegen.dtype import DType
from lazygrad.codegen.kernel import Kernel
from lazygrad.codegen.kernel_check import index_dtype
from lazygrad.codegen.opencl import program_text
from lazygrad.codegen.tunable import Tunable
from lazygrad.runtime import Device

__all__ = ["MOST_TIMED", "SECONDS_FOR_A_CANDIDATE", "Timed", "some", "timed"]

MOST_TIMED = 50
SECONDS_FOR_A_CANDIDATE = 10.0
_TOGETHER = 16  # candidates in one program, whose build has a fixed part


@dataclass(frozen=True)
class Timed:
    """A schedule and the seconds of one launch; infinite where it did not run."""

    choice: Choice
    seconds: float


def some(choices: Sequence[Choice], most: int) -> list[Choice]:
    """The model's choice, which comes first, and others spread evenly over its order."""
    if len(choices) <= most:
        return list(choices)
    return [choices[k * len(choices) // most] for k in range(most)]


def timed(
    kernel: Tunable, choices: Sequence[Choice], device: Device,
    seconds: float = SECONDS_FOR_A_CANDIDATE,
) -> list[Timed]:  # fmt: skip
    """The candidates timed, in their order; equal kernels once."""
    made: dict[str, tuple[Kernel, str]] = {}
    same: list[str] = []
    for choice in choices:
        lowered, text = kernel.kernel(choice, "kernel")
        same.append(text)
        made.setdefault(text, (lowered, f"candidate_{len(made)}"))
    rows = [(k, text, name) for text, (k, name) in made.items()]
    found: dict[str, float] = {}
    for first in range(0, len(rows), _TOGETHER):
        batch = rows[first : first + _TOGETHER]
        times = _measured(batch, device, seconds)
        found |= {text: t for (_, text, _), t in zip(batch, times, strict=True)}
    return [Timed(choice, found[text]) for choice, text in zip(choices, same, strict=True)]


_Row = tuple[Kernel, str, str]


def _measured(rows: Sequence[_Row], device: Device, seconds: float) -> list[float]:
    """Together; where that fails, in halves, down to the one that does not run."""
    texts = [text.replace("void kernel(", f"void {name}(", 1) for _, text, name in rows]
    candidates = [
        runtime.Candidate(name, k.global_size, k.local_size, _arguments(k)) for k, _, name in rows
    ]
    trials = runtime.Trials(
        str(device), program_text(texts, not device.facts.fma_slow), tuple(candidates)
    )
    try:
        times = runtime.measure_isolated(trials, seconds * len(rows))
    except runtime.BuildError:
        times = None
    if times is not None:
        return times
    if len(rows) == 1:
        return [float("inf")]
    middle = len(rows) // 2
    return [t for half in (rows[:middle], rows[middle:]) for t in _measured(half, device, seconds)]


def _arguments(kernel: Kernel) -> tuple[runtime.Memory | np.generic, ...]:
    """Arguments that a kernel can run with: ones and 0.75 in memory, indices 0."""
    made: list[runtime.Memory | np.generic] = []
    for p in kernel.params:
        if p.kind in ("in", "out", "scratch", "error"):
            value = 0.75 if p.dtype.kind == "f" else 0
            made.append(runtime.Memory(p.size, p.dtype.to_storage([value]).tobytes()))
        elif p.kind == "index":
            made.append(_number(index_dtype(kernel), 0))
        else:
            made.append(_number(p.dtype, 1 if p.kind == "scalar" else 0))
    return tuple(made)


def _number(dtype: DType, value: int) -> np.generic:
    computed: Any = {"float": np.float32, "int": np.int32}
    number: np.generic = computed.get(dtype.compute, dtype.numpy.type)(value)
    return number
