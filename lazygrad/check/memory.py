"""Long runs keep memory flat: training steps, planned graphs, compiled graphs."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import lazygrad as lg
from lazygrad import execution, nn, optim, runtime

from .child import run_child
from .finding import Finding

# growth of the second half of a run: allocators of drivers and of Python waver by this much
MOST_MIB = 24.0


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """Host and device memory along three long runs, each in a process of its own."""
    if not Path("/proc/self/statm").exists():
        return
    counts = (10_000, 100_000, 2_000) if full else (200, 400, 24)
    for kind, count in zip(KINDS, counts, strict=True):
        outcome = run_child(device, long_run, kind, count, not full, seconds=3600)
        start, middle, end, held = outcome.answer or (0.0, 0.0, 0.0, [0, 0])
        flat = outcome.answer is not None and end - middle < MOST_MIB and held[1] <= held[0]
        yield Finding(
            f"{KINDS[kind]} keep host and device memory flat",
            f"{count:,}: host {start:.0f} MiB at first, {middle:.0f} half-way, {end:.0f} at the "
            f"end; device {held[0] / 2**20:.2f}, then {held[1] / 2**20:.2f} MiB",
            flat,
            "" if flat else str(outcome),
        )


KINDS = {
    "steps": "training steps",
    "plans": "distinct planned graphs",
    "programs": "distinct compiled graphs",
}


def long_run(kind: str, count: int, short: bool) -> tuple[float, float, float, list[int]]:
    """MiB of the process before, half-way and after; bytes of the device half-way and after."""
    work = {"steps": _steps, "plans": _plans, "programs": _programs}[kind]()
    if short and kind == "programs":
        execution._MOST_PLANS = count // 4  # so that a short run fills it, too
    work(0)
    start, middle, held = _resident_mib(), 0.0, 0
    for number in range(1, count + 1):
        work(number)
        if number == count // 2:
            middle, held = _resident_mib(), runtime.stats().bytes_held
    return start, middle, _resident_mib(), [held, runtime.stats().bytes_held]


def _resident_mib() -> float:
    if sys.platform == "win32":
        return 0.0
    import resource  # not on Windows

    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


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
    """A graph of its own for each number: an operation for each octal digit."""
    operations: list[Callable[[lg.Tensor], lg.Tensor]] = [
        lambda y: y.neg(), lambda y: y + x, lambda y: y.relu(), lambda y: y * x,
        lambda y: y.square(), lambda y: y.abs(), lambda y: y - x, lambda y: y.floor(),
    ]  # fmt: skip
    y = x
    for digit in f"{number + 8:o}":
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
