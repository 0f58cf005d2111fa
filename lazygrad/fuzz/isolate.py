"""Runs programs in child processes, so that a driver's crash is one more failure."""

import pickle
from typing import Any

from lazygrad import placement
from lazygrad.check.child import Outcome, run_child
from lazygrad.runtime import Device

from .generate import draw
from .program import Program, joined
from .run import Tally, Wrong, failure_of, run
from .shrink import shrink

__all__ = ["isolated_failure", "isolated_shrink", "run_isolated"]

_SECONDS = 1800.0
_DEATH = "raised nothing, the process ended"


def run_isolated(first: int, last: int, batch: int, device: Device) -> Tally:
    """The programs of the seeds from `first` to before `last`, run by a child.

    Of those that kill it, or hang, each half is run by a child of its own, down to one program, or
    to the fewest that do it together.
    """
    outcome = run_child(device, _run_seeds, first, last, batch, seconds=_SECONDS)
    if outcome.status == 0:
        found: Tally = _unpacked(outcome.answer)
        return found
    if last - first == 1:
        return Tally(programs=1, failures=[_died(draw(first), outcome)])
    middle, tally = (first + last) // 2, Tally()
    for half in ((first, middle), (middle, last)):
        tally.add(run_isolated(*half, batch, device))
    if not any(f.what.startswith(_DEATH) for f in tally.failures):
        tally.failures.append(_died(joined([draw(s) for s in range(first, last)]), outcome))
    return tally


def isolated_failure(program: Program, device: Device) -> Wrong | None:
    """As `failure_of`, of a program that may kill its process."""
    outcome = run_child(device, _run_one, _packed(program), seconds=_SECONDS)
    if outcome.status != 0:
        return _died(program, outcome)
    found: Wrong | None = _unpacked(outcome.answer)
    return found


def isolated_shrink(failure: Wrong, device: Device) -> Program:
    """`shrink` in a child, or with one for each try where the failure is a child's death."""
    if not failure.what.startswith(_DEATH):
        outcome = run_child(device, _shrink, _packed(failure), seconds=_SECONDS)
        if outcome.status == 0:
            found: Program = _unpacked(outcome.answer)
            return found
    return shrink(failure, lambda p: isolated_failure(p, device), tries=60)


def _died(program: Program, outcome: Outcome) -> Wrong:
    how = "hung" if outcome.status is None else f"exit status {outcome.status}"
    return Wrong(program, f"{_DEATH} with {how}: {outcome.said[-1000:]}")


def _packed(value: object) -> str:
    return pickle.dumps(value).hex()


def _unpacked(text: str) -> Any:
    return pickle.loads(bytes.fromhex(text))


def _run_seeds(first: int, last: int, batch: int) -> str:
    """The child's side."""
    device, tally = placement.find(None), Tally()
    for start in range(first, last, batch):
        tally.add(run([draw(s) for s in range(start, min(start + batch, last))], device))
    return _packed(tally)


def _run_one(packed: str) -> str:
    return _packed(failure_of(_unpacked(packed), placement.find(None)))


def _shrink(packed: str) -> str:
    device = placement.find(None)
    return _packed(shrink(_unpacked(packed), lambda p: failure_of(p, device)))
