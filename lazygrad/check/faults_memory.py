"""Refused memory: by the system, by the device's own limits, when a buffer is first used."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import lazygrad as lg
from lazygrad import runtime
from lazygrad.runtime import pool

from .child import run_child
from .finding import Finding

PIECE = 1 << 22  # elements; 16 MiB, so that what a driver needs for itself still fits beside it

cl: Any = vars(pool)["cl"]


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """Memory that the system, the device or a first use refuses."""
    if sys.platform == "linux":
        yield _refused(device, refused_by_the_system, "the system")
    yield _refused(device, refused_by_limits, "the device's limits")
    outcome = run_child(device, refused_at_first_use)
    wrong = outcome.answer if outcome.answer is not None else ["no answer"]
    yield Finding(
        "memory refused when it is first used: all is freed and the call made once more",
        f"{len(CALLS)} calls, {len(wrong)} wrong",
        not wrong and outcome.status == 0, "\n".join([*wrong, str(outcome)]),
    )  # fmt: skip


def _refused(device: runtime.Device, function: Any, by: str) -> Finding:
    outcome = run_child(device, function)
    alive, wrong = outcome.answer or (0, ["no answer"])
    return Finding(
        f"memory refused by {by}: an error with what was asked for, what is alive and who holds "
        "most; tensors stay readable",
        f"{alive} tensors alive, {len(wrong)} wrong",
        alive > 1 and not wrong and outcome.status == 0, "\n".join([*wrong, str(outcome)]),
    )  # fmt: skip


def refused_by_the_system() -> tuple[int, list[str]]:
    """Computes tensors until the process may have no more address space."""
    import resource  # not on Windows

    _filled(0)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = used + (400 << 20)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most, limits[1]))
    held, problems = _until_refused()
    resource.setrlimit(resource.RLIMIT_AS, limits)
    return _afterwards(held, problems)


def refused_by_limits() -> tuple[int, list[str]]:
    """Computes tensors until the device has no more by its own account."""
    device = runtime.find_device()
    device.pool.facts = replace(device.facts, global_mem_bytes=200 << 20)
    return _afterwards(*_until_refused())


def _filled(number: int) -> lg.Tensor:
    return (lg.zeros(PIECE) + float(number)).realize()


def _until_refused() -> tuple[list[lg.Tensor], list[str]]:
    held: list[lg.Tensor] = []
    try:
        while len(held) < 1000:
            held.append(_filled(len(held)))
    except runtime.OutOfMemoryError as error:
        said = str(error)
        wanted = ["asked", "16.0 MiB", "In use", "Largest", f"_{PIECE}_f32"]
        return held, [f"the error lacks {text!r}: {said}" for text in wanted if text not in said]
    return held, ["no error"]


def _afterwards(held: list[lg.Tensor], problems: list[str]) -> tuple[int, list[str]]:
    alive = len(held)
    for number, tensor in enumerate(held):
        values = tensor.numpy()
        if not (values == number).all():
            problems.append(f"tensor {number} holds {values[0]}")
    del held[alive // 2 :]
    if _filled(7).numpy()[5] != 7:
        problems.append("wrong after some were deleted")
    return alive, problems


CALLS = ("launch", "write", "allocate")


def refused_at_first_use() -> list[str]:
    """The driver's calls refuse once, then always; what was not as it should."""
    wrong = []
    x = (lg.arange(100.0) + 1).realize()
    x.numpy()
    tasks: dict[str, tuple[str, Callable[[], Any]]] = {
        "launch": ("enqueue_nd_range_kernel", lambda: (x + 1).numpy().sum()),
        "write": ("enqueue_copy", lambda: lg.tensor(np.arange(2, 102.0)).realize().shape[0] + 5050),
        "allocate": ("Buffer", lambda: (lg.zeros(3333) + 1).realize().shape[0] + 1817),
    }
    for name, (function, task) in tasks.items():
        task()
        runtime.find_device().empty_cache()
        refusals = _Refusals(getattr(cl, function), 1)
        setattr(cl, function, refusals)
        if task() != 5150 or refusals.left != 0:
            wrong.append(f"{name}: not made again after one refusal")
        refusals.left = 1000
        runtime.find_device().empty_cache()
        try:
            task()
            wrong.append(f"{name}: no error")
        except runtime.OutOfMemoryError as error:
            if "In use" not in str(error) or "planted" not in str(error):
                wrong.append(f"{name}: {error}")
        if refusals.left < 990:
            wrong.append(f"{name}: {1000 - refusals.left} calls for one buffer")
        setattr(cl, function, refusals.function)
        if task() != 5150 or x.numpy().sum() != 5050:
            wrong.append(f"{name}: wrong afterwards")
    return wrong


class _Refusals:
    """A function of the driver that refuses memory so many times."""

    def __init__(self, function: Any, left: int) -> None:
        self.function, self.left = function, left

    def __call__(self, *given: Any, **named: Any) -> Any:
        if self.left:
            self.left -= 1
            code = int(cl.status_code.MEM_OBJECT_ALLOCATION_FAILURE)
            record = cl._cl._ErrorRecord(msg="planted", code=code, routine="check")
            raise cl.MemoryError(record)
        return self.function(*given, **named)
