"""What this process holds, and limits on its time; nothing where the system does not tell."""

import importlib
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["TooSlowError", "peak_bytes", "resident_mib", "time_limits", "within"]


def _resource() -> Any:
    return importlib.import_module("resource") if sys.platform != "win32" else None


def peak_bytes() -> int:
    """The most memory that this process has held; 0 on Windows."""
    resource = _resource()
    if resource is None:
        return 0
    peak: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # bytes there, KiB elsewhere


def resident_mib() -> float | None:
    """The memory that this process holds now; None where there is no /proc."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    size: int = _resource().getpagesize()
    return pages * size / 2**20


class TooSlowError(BaseException):
    """A call that took longer than it may; no `except Exception` on its way holds it."""


@contextmanager
def time_limits() -> Iterator[None]:
    """Within it `within` limits time; on Windows, which has no such timer, it does not."""
    if sys.platform == "win32":
        yield
        return
    old = signal.signal(signal.SIGALRM, _too_slow)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlowError("no answer in time")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises TooSlowError after `seconds`, and again after as many: one may be swallowed."""
    if sys.platform == "win32":
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
