"""Search for the fastest schedules: `lg.tune(fn, *args)`, or LAZYGRAD_TUNE=1 for every plan.

Only this measures. What is found stays in a file for each device and driver, which plans are
made with from then on: same file, same kernels, same bits.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lazygrad.codegen.choice import Choices
from lazygrad.codegen.tunable import Tunable
from lazygrad.runtime import Device
from lazygrad.runtime.folders import replace_file

from . import config, schedules, tuning_search
from .handle import TensorBase
from .placement import find
from .realize import realize
from .tuning_database import Entry, database_of, parsed, written

__all__ = ["Tuned", "clear", "export", "load", "tune", "tuned"]

_GAIN = 0.97  # of the model's time: what is not faster than noise changes nothing


@dataclass(frozen=True)
class Tuned:
    """A kernel that was tuned.

    Attributes:
        kernel: its name.
        schedule: parameters of the fastest schedule.
        seconds, model_seconds: of a launch with it, and with the cost model's.
    """

    kernel: str
    schedule: dict[str, int | str]
    seconds: float
    model_seconds: float

    def __str__(self) -> str:
        told = " ".join(f"{name}={value}" for name, value in self.schedule.items())
        gain = self.model_seconds / self.seconds
        return f"{self.kernel}: {self.seconds * 1e3:.3f} ms, {gain:.2f} x the model's ({told})"


def tune(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> list[Tuned]:
    """Calls `fn` once and finds, for each kernel of what it computes, the fastest schedule.

    The legal schedules of every kernel that is not known yet are built and timed on the device, by
    a process of its own; that takes seconds for each kernel. `fn` runs as ever meanwhile: a step
    of training is a step. From then on, in later processes too, plans have the schedules that
    were found; a compiled function is recorded anew.

    Returns: the kernels, in the order in which they were found.
    """
    if not callable(fn):
        raise TypeError(f"tune: got {type(fn).__name__}, expected a function")
    found: list[Tuned] = []
    with schedules.using(_searching(object(), found)):
        realize(*_tensors(fn(*args, **kwargs)))
    return found


def tuned(device: str | None = None) -> list[Tuned]:
    """What is known of a device's kernels."""
    return [_told(entry) for entry in database_of(find(device)).entries.values()]


def export(path: str | Path, device: str | None = None) -> int:
    """Writes what is known of a device to a file; gives the number of kernels."""
    database = database_of(find(device))
    replace_file(Path(path), written(database.device, database.entries))
    return len(database.entries)


def load(path: str | Path, device: str | None = None) -> int:
    """Adds what `export` wrote on a device of the same name and driver; gives the number.

    Raises ValueError for a file that is damaged, or another device's; OSError.
    """
    database = database_of(find(device))
    try:
        entries = parsed(Path(path).read_bytes(), database.device)
    except ValueError as error:
        raise ValueError(f"tuning.load: {path} {error}") from None
    database.add(entries)
    return len(entries)


def clear(device: str | None = None) -> None:
    """Forgets what is known of a device, on disk too: kernels get the cost model's schedules."""
    database_of(find(device)).clear()


def _told(entry: Entry) -> Tuned:
    return Tuned(entry.kernel, entry.schedule.as_dict(), entry.seconds, entry.model_seconds)


def _searching(version: object, found: list[Tuned]) -> schedules.Policy:
    def choose(device: Device, kernels: Sequence[Tunable]) -> Choices:
        database = database_of(device)
        new = [k for k in kernels if k.key not in database.entries]
        for kernel in _progress(new):
            entry = _search(kernel, device)
            if entry is not None:
                database.add({kernel.key: entry})  # at once: a Ctrl-C loses nothing
                found.append(_told(entry))
        return database.choices

    return schedules.Policy(version, choose, runs=True)


def _search(kernel: Tunable, device: Device) -> Entry | None:
    """None where not even the cost model's schedule runs."""
    choices = tuning_search.some(kernel.choices, tuning_search.MOST_TIMED)
    times = tuning_search.timed(kernel, choices, device)
    model, best = times[0], min(times, key=lambda t: t.seconds)
    if best.seconds == float("inf"):
        return None
    if best.seconds > _GAIN * model.seconds:
        best = model
    seconds = min(model.seconds, 1e6)  # where the model's own schedule does not run
    return Entry(kernel.name, best.choice, best.seconds, seconds)


def _progress(kernels: Sequence[Tunable]) -> Iterator[Tunable]:
    if importlib.util.find_spec("tqdm") is not None:
        bar = importlib.import_module("tqdm").tqdm
        yield from bar(kernels, desc="tune", unit="kernel", disable=not kernels)
        return
    for k, kernel in enumerate(kernels):
        print(f"tune {k + 1}/{len(kernels)}: {kernel.name}, {len(kernel.choices)} schedules",
              file=sys.stderr, flush=True)  # fmt: skip
        yield kernel


def _tensors(value: Any) -> Iterator[TensorBase]:
    """Those in nested containers."""
    stack = [value]
    while stack:
        x = stack.pop()
        if isinstance(x, TensorBase):
            yield x
        elif isinstance(x, (tuple, list)):
            stack.extend(x)
        elif isinstance(x, dict):
            stack.extend(x.values())


if config.TUNE:
    schedules.always(_searching("tuning", []))
