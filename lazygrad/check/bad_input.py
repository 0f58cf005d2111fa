"""The public functions with bad arguments, one at a time.

Each call either raises an error that names the function, what it got and what it expected, or gives
what PyTorch gives. Where PyTorch is installed every call that lazygrad takes is made there, too.
"""

import importlib
import random
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import lazygrad as lg
from lazygrad import runtime
from lazygrad.placement import set_default_device

from .bad_values import BAD, TENSORS
from .finding import Finding
from .good_calls import Good, good_calls
from .process import TooSlowError, peak_bytes, time_limits, within
from .verdicts import fault_of, judge

__all__ = ["Report", "run", "walk"]

_SECONDS = 10.0  # for one call; all are far below, also on a busy machine
_SHORT = 12_000  # calls in the short form
_GRANTED = ("2147483648",)  # features of a layer, which gets the memory that it asks for
_GROWTH = 512 << 20  # bytes of memory that no bad call may take


@dataclass
class Report:
    """What became of the calls of one group."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def finding(self, group: str) -> Finding:
        """The group's promise and figures."""
        tried = sum(self.counts.values())
        figure = f"{tried:,} calls, " + ", ".join(
            f"{count:,} {what}" for what, count in sorted(self.counts.items())
        )
        return Finding(
            f"bad arguments of {group} are named", figure, not self.faults,
            "\n".join(self.faults[:40]),
        )  # fmt: skip


def _cases(good: Good) -> Iterator[tuple[int | str, str]]:
    """A place or parameter of a call, and the name of the bad value that goes there."""
    slots: list[int | str] = [*range(len(good.placed)), *good.named, *good.left_out]
    for slot in slots:
        bound = slot == 0 and good.head.startswith(("lg.Tensor.", "operator."))
        for bad in TENSORS if bound else BAD:
            if bad not in _GRANTED or good.group != "layers":
                yield slot, bad


def _call(good: Good, slot: int | str, bad: str, lib: Any) -> Any:
    function, placed, named = good.prepared(lib)
    value = BAD[bad](lib)
    if isinstance(slot, int):
        placed[slot] = value
    else:
        named[slot] = value
    return function(*placed, **named)


def _outcome(good: Good, slot: int | str, bad: str, lib: Any) -> tuple[Any, BaseException | None]:
    """What a call gives or raises, in limited time."""
    try:
        with within(_SECONDS):
            try:
                return _call(good, slot, bad, lib), None
            except Exception as error:
                return None, error
    except TooSlowError as error:  # whichever line it came at
        return None, error


def _one(good: Good, slot: int | str, bad: str, torch: Any, report: Report) -> None:
    """Makes one call and writes down what became of it."""
    before = peak_bytes()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        value, error = _outcome(good, slot, bad, lg)
    grown = peak_bytes() - before
    if grown > _GROWTH:
        fault: str | None = f"took {grown >> 20} MiB"
    elif len(warned) > 1:
        fault = f"gave {len(warned)} warnings"
    elif error is not None:
        report.counts["raised"] += 1
        fault = fault_of(error, good)
    elif torch is None:
        report.counts["accepted and not judged"] += 1
        fault = None
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs, refused = _outcome(good, slot, bad, torch)
        what, fault = judge(good.head, slot, bad, value, theirs, refused)
        report.counts[what] += 1
    if fault is not None:
        where = slot if isinstance(slot, str) else f"argument {slot + 1}"
        report.faults.append(f"{good.head}, {where} = {bad}: {fault}")


@contextmanager
def _guarded() -> Iterator[None]:
    """Time is limited, and state that the calls may change is as before afterwards."""
    default, state = lg.get_default_dtype(), lg.get_rng_state()
    try:
        with time_limits():
            yield
    finally:
        lg.set_default_dtype(default)
        lg.set_rng_state(state)


def walk(limit: int | None, torch: Any, seed: int = 0) -> dict[str, Report]:
    """Makes `limit` of the calls (None: all), drawn evenly, and tells of each group."""
    calls = [(good, slot, bad) for good in good_calls() for slot, bad in _cases(good)]
    if limit is not None and limit < len(calls):
        calls = random.Random(seed).sample(calls, limit)
    reports: dict[str, Report] = {}
    with _guarded():
        for good, slot, bad in calls:
            _one(good, slot, bad, torch, reports.setdefault(good.group, Report()))
    return reports


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError:
        return None


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """A finding for each group of functions, and the total."""
    set_default_device(device)
    start = time.perf_counter()
    torch = _torch() if full else None
    reports = walk(None if full else _SHORT, torch)
    total: Counter[str] = Counter()
    for group, report in sorted(reports.items()):
        total.update(report.counts)
        yield report.finding(group)
    faults = sum(len(report.faults) for report in reports.values())
    yield Finding(
        "bad arguments raise named errors"
        + (" or give PyTorch's values" if torch else "; what is accepted, PyTorch would judge"),
        f"{sum(total.values()):,} calls in {time.perf_counter() - start:.0f} s: "
        + ", ".join(f"{count:,} {what}" for what, count in sorted(total.items()))
        + f", {faults} other",
        not faults,
    )
