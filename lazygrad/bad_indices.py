"""Indices that only kernels see: who is told of a bad one, and what is taken back.

A kernel clamps a bad index and leaves code and index in the word of its run, if none is there yet;
a device has words for as many runs as may wait for a look. What a run with a bad index computed,
and what later runs computed from that, no program sees: written storages get their earlier values
back, other values raise the error again when read.
"""

import linecache
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lazygrad import runtime
from lazygrad.codegen.graph import Node
from lazygrad.runtime import Buffer, Device

from .execution import Executable

__all__ = ["Written", "check", "is_due", "look", "note", "number", "watches", "word"]

_MOST_RUNS = 64
_MOST_BYTES = 1 << 26
_FEW_BYTES = 1 << 20  # not worth a look, even where that need not wait
_WORDS = 2 * _MOST_RUNS  # one realization may be several runs

Written = list[tuple[Any, Node]]  # storages with the value that each had before


@dataclass(eq=False)
class _Run:
    """A run that was not looked at: its lookups' lines, what it read, computed and wrote."""

    executable: Executable
    origins: Sequence[Any]
    sources: "set[_Run]"
    outputs: "list[weakref.ref[Buffer]]"
    written: "list[tuple[weakref.ref[Any], Node]]"


class _Watch:
    """The words of one device, and the runs since the last look at them."""

    def __init__(self, device: Device) -> None:
        self.word: Buffer = runtime.allocate(device, 16 * _WORDS)
        self.runs: list[_Run] = []
        self.bytes = 0
        self.clear()

    def clear(self) -> None:
        runtime.write(self.word, np.zeros(4 * _WORDS, np.int32))


_watches: dict[Device, _Watch] = {}
_made_by: "weakref.WeakKeyDictionary[Buffer, _Run]" = weakref.WeakKeyDictionary()

# memory whose value a bad index spoiled, and what to tell who reads it
_lost: "weakref.WeakKeyDictionary[Buffer, str]" = weakref.WeakKeyDictionary()


def check(memories: Sequence[Any]) -> None:
    """Raises IndexError for memory whose value a bad index spoiled."""
    # `data`: asking the dictionary itself is a call into Python
    if not _lost.data:  # type: ignore[attr-defined]
        return
    for memory in memories:
        if memory in _lost:
            raise IndexError(_lost[memory])


def word(device: Device) -> Buffer:
    """The words for the kernels of a device, four integers for each run."""
    watch = _watches.get(device)
    if watch is None:
        watch = _watches[device] = _Watch(device)
    return watch.word


def watches(executable: Executable) -> bool:
    """Whether its next run is to be noted: it checks indices, or may read what such runs gave."""
    watch = _watches.get(executable.device)
    return executable.checks or (watch is not None and bool(watch.runs))


def number(device: Device) -> int:
    """The number of the next run that is noted."""
    watch = _watches.get(device)
    return 0 if watch is None else len(watch.runs)


def note(
    executable: Executable, origins: Sequence[Any], given: Sequence[Any], made: Sequence[Any],
    written: Written,
) -> None:  # fmt: skip
    """Remembers a run, before any later one begins.

    Args:
        executable: what ran.
        origins: where the lookups of the graph that was run came from, see `lookups`.
        given, made: the memory that it read, among numbers, and that it computed.
        written: storages that get a value of it, with the value before.
    """
    watch = _watches[executable.device]
    sources = {_made_by[m] for m in given if m in _made_by}
    back = [(weakref.ref(s), old) for s, old in written if old.memory is not None]
    read = {id(m) for m in given}
    fresh = [m for m in made if id(m) not in read]
    run = _Run(executable, origins, sources, [weakref.ref(memory) for memory in fresh], back)
    for memory in fresh:
        _made_by[memory] = run
    watch.runs.append(run)
    watch.bytes += sum(old.size * old.dtype.itemsize for _, old in back)


def is_due(device: Device) -> bool:
    """Whether so much waits, in runs or in bytes of old values, that it is time for a look.

    Where the device has come to rest a look costs little, and the old values' memory, still in
    cache, serves the next step.
    """
    watch = _watches.get(device)
    if watch is None or not watch.runs:
        return False
    if len(watch.runs) >= _MOST_RUNS or watch.bytes >= _MOST_BYTES:
        return True
    return watch.bytes >= _FEW_BYTES and device.is_idle()


def look(device: Device) -> None:
    """Raises IndexError where a kernel met a bad index since the last look; waits for the device.

    Storages that such a run wrote, or one that read what it computed, get their values of before
    back.
    """
    watch = _watches.get(device)
    if watch is None or not watch.runs:
        return
    runs, watch.runs, watch.bytes = watch.runs, [], 0
    _made_by.clear()
    found = np.zeros(4 * _WORDS, np.int32)
    runtime.read(watch.word, found)
    if not found.any():
        return
    watch.clear()
    spoiled: dict[_Run, str] = {}
    for run, (code, high, low, _) in zip(runs, found.reshape(-1, 4).tolist(), strict=False):
        if code:
            spoiled[run] = _message(run, code, (high << 32) + low % (1 << 32))
            continue
        for source in run.sources:
            if source in spoiled:
                spoiled[run] = spoiled[source]
    for run in reversed(spoiled):
        _take_back(run, spoiled[run])
    raise IndexError(next(iter(spoiled.values())))


def _take_back(run: _Run, message: str) -> None:
    for output in run.outputs:
        memory = output()
        if memory is not None:
            _lost[memory] = message
    for ref, old in run.written:
        storage = ref()
        if storage is not None:
            storage.rebase(old)


def _message(run: _Run, code: int, index: int) -> str:
    steps, positions = run.executable.plan.steps, run.executable.positions
    step = next(s for s in steps if s.code <= code < s.code + len(s.checks))
    check = step.checks[code - step.code]
    # a negative one may count from the end, or stand for several dimensions
    which = f"index {index}" if index >= 0 else "an index"
    text = f"{check.op}: {which} is out of range for a dimension of size {check.size}"
    origin = run.origins[positions[check.origin]] if check.origin in positions else None
    if origin is None:
        return f"{text} (kernel {step.kernel.name})"
    path, line = origin[0].co_filename, origin[1]
    source = linecache.getline(path, line).strip()
    return f"{text}\nIt was looked up at {path}:{line}{source and ': '}{source}"
