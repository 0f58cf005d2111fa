"""Long runs keep memory flat: training steps, planned graphs, compiled graphs."""

import gc
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

import lazygrad as lg
from lazygrad import execution, nn, optim, runtime

from .child import run_child
from .finding import Finding
from .process import resident_mib

# what the second half of a run may add: allocators keep pages that are not full, and the plans
# that are kept differ in size. Objects show a leak of two for each step, MiB one of the driver's
MOST_MIB = 16.0
MOST_OBJECTS = 0.03

# KiB that a driver itself never gives back of a kernel that has run (PyOpenCL alone shows it too):
# PoCL opens a library for each and closes it when the process ends
KEPT_BY_DRIVER = {"pocl": 56}


class Held(NamedTuple):
    """What a process holds at one moment: MiB of the host, Python's blocks, bytes of the device."""

    mib: float
    objects: int
    device: int


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """Host and device memory along three long runs, each in a process of its own."""
    if resident_mib() is None:
        return
    counts = (10_000, 100_000, 2_000) if full else (200, 400, 24)
    for kind, count in zip(KINDS, counts, strict=True):
        outcome = run_child(device, long_run, kind, count, not full, seconds=3600)
        kept = KEPT_BY_DRIVER.get(str(device).partition(":")[0], 0) if kind == "programs" else 0
        first, middle, last = (Held(*row) for row in outcome.answer or [(0.0, 0, 0)] * 3)
        flat = (
            outcome.answer is not None
            and last.mib - middle.mib < MOST_MIB + kept * count / 2048
            and last.objects - middle.objects < MOST_OBJECTS * middle.objects
            and last.device <= middle.device
        )
        yield Finding(
            f"{KINDS[kind]} keep host and device memory flat",
            f"{count:,}: host {first.mib:.0f} MiB at first, {middle.mib:.0f} half-way, "
            f"{last.mib:.0f} at the end; {middle.objects:,} objects, then {last.objects:,}; "
            f"device {middle.device / 2**20:.2f}, then {last.device / 2**20:.2f} MiB"
            + (f" (the driver itself keeps up to {kept} KiB of each)" if kept else ""),
            flat,
            "" if flat else str(outcome),
        )


KINDS = {
    "steps": "training steps",
    "plans": "distinct planned graphs",
    "programs": "distinct compiled graphs",
}


def long_run(kind: str, count: int, short: bool) -> tuple[Held, Held, Held]:
    """What is held before, half-way and after."""
    work = {"steps": _steps, "plans": _plans, "programs": _programs}[kind]()
    if short and kind == "programs":
        execution._MOST_PLANS = count // 4  # so that a short run fills it, too
    work(0)
    first = middle = _held()
    for number in range(1, count + 1):
        work(number)
        if number == count // 2:
            middle = _held()
    return first, middle, _held()


def _held() -> Held:
    gc.collect()
    blocks = sys.getallocatedblocks()
    return Held(resident_mib() or 0.0, blocks, runtime.stats().bytes_held)


def _steps() -> Callable[[int], None]:
    lg.manual_seed(0)
    data = np.random.default_rng(0).standard_normal((32, 8)).astype(np.float32)
    model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 4))
    optimizer = optim.Adam(model.parameters(), lr=1e-3)

    def step(number: int) -> None:
        loss = model(lg.tensor(data)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if number % 10 == 0:
            loss.item()

    return step


def _digits(x: lg.Tensor, number: int) -> lg.Tensor:
    """A graph of its own for each number below 8**7: an operation for each octal digit.

    The digits are those of a multiple that is odd: whichever numbers, graphs are as large.
    """
    operations: list[Callable[[lg.Tensor], lg.Tensor]] = [
        lambda y: y.neg(), lambda y: y + x, lambda y: y.relu(), lambda y: y * x,
        lambda y: y.square(), lambda y: y.abs(), lambda y: y - x, lambda y: y.floor(),
    ]  # fmt: skip
    y = x
    for digit in f"{number * 0x9E3779B1 % 8**7:07o}":
        y = operations[int(digit)](y)
    return y


def _plans() -> Callable[[int], None]:
    x = lg.linspace(-1, 1, 256).view(32, 8).realize()

    def plan(number: int) -> None:
        _digits(x, number).kernels()

    return plan


def _programs() -> Callable[[int], None]:
    x = lg.linspace(-1, 1, 256).view(32, 8).realize()

    def compute(number: int) -> None:
        _digits(x, number).sum().item()

    return compute
