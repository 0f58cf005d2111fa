"""Interleaved timing: every contender in turn, round after round, medians and ratios."""

import statistics
import time
from collections.abc import Callable, Mapping

__all__ = ["interleave"]

Call = Callable[[], object]
_WARM = 4  # calls before any is timed: compilers compile, recorders record


def _once(call: Call, repeat: int) -> float:
    begin = time.perf_counter()
    for _ in range(repeat):
        call()
    return (time.perf_counter() - begin) / repeat


def interleave(
    calls: Mapping[str, Call], rounds: int = 7, seconds: float = 0.15
) -> dict[str, float]:
    """The median time of each call in seconds; a round runs each for about `seconds`."""
    repeat: dict[str, int] = {}
    for name, call in calls.items():
        for _ in range(_WARM):
            call()
        once = _once(call, 1)
        repeat[name] = max(1, min(1000, int(seconds / max(once, 1e-7))))
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(_once(call, repeat[name]))
    return {name: statistics.median(values) for name, values in times.items()}
