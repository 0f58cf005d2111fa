"""Runs programs three ways and compares: fused, unfused, and what NumPy means by them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from lazygrad.codegen import ops
from lazygrad.realize import realize_nodes, to_host
from lazygrad.runtime import Device

from .meaning import Bounded, meaning, wrong
from .program import Program, Replay, replay, replay_unfused
from .slopes import wrong_slopes

__all__ = ["Tally", "Wrong", "failure_of", "rows_missed", "run"]


@dataclass(frozen=True)
class Wrong:
    """One program that is not computed as it is meant."""

    program: Program
    what: str

    @property
    def kind(self) -> str:
        """What failures have in common that are likely one bug."""
        return self.what.partition(":")[0] if self.what.startswith("raised") else "wrong"


@dataclass
class Tally:
    """What a run saw: programs, values and the checked ones among them, failures, rows met."""

    programs: int = 0
    values: int = 0
    checked: int = 0
    gradients: int = 0
    failures: list[Wrong] = field(default_factory=list)
    rows: set[str] = field(default_factory=set)

    def add(self, other: "Tally") -> None:
        self.programs += other.programs
        self.values += other.values
        self.checked += other.checked
        self.gradients += other.gradients
        self.failures += other.failures
        self.rows |= other.rows

    def __str__(self) -> str:
        share = 100 * self.checked / max(1, self.values)
        return (
            f"{self.programs} graphs with {self.gradients} gradients, "
            f"{len(self.failures)} wrong, {share:.1f} % of values checked"
        )


def run(programs: Sequence[Program], device: Device) -> Tally:
    """What the programs came to; the fused ones share one plan.

    Where planning or building them together raises, each is run by itself.
    """
    tally = Tally()
    try:
        replays = [replay(p, device) for p in programs]
        meanings = [meaning(p, r) for p, r in zip(programs, replays, strict=True)]
        slopes = [wrong_slopes(p, r) for p, r in zip(programs, replays, strict=True)]
        asked = [
            r.tensors[i]._node for p, r in zip(programs, replays, strict=True) for i in p.outputs()
        ]
        realize_nodes(asked, device)
        unfused = replay_unfused(programs, device)
        for p, expected, lines, fused, single in zip(
            programs, meanings, slopes, replays, unfused, strict=True
        ):
            _compare(p, expected, lines, fused, single, device, tally)
    except Exception as error:
        if len(programs) == 1:
            what = f"raised {type(error).__name__}: {error}"
            return Tally(programs=1, failures=[Wrong(programs[0], what)])
        tally = Tally()
        for p in programs:
            tally.add(run([p], device))
    return tally


def _compare(program: Program, expected: list[Bounded], lines: list[str], fused: Replay,
             unfused: Replay, device: Device, tally: Tally) -> None:  # fmt: skip
    for i in program.outputs():
        bounded = expected[i]
        for way, replayed in (("fused", fused), ("unfused", unfused)):
            n = replayed.tensors[i]._node
            got = to_host(n, device)
            places = wrong(got, bounded, n.dtype)
            if places.any() or got.shape != bounded.value.shape:
                at = tuple(int(k) for k in np.argwhere(places)[0])
                lines.append(
                    f"value {i}, {way}, {n.dtype.name} at {list(at)}: "
                    f"got {n.dtype.from_storage(got)[at]!r}, expected {bounded.value[at]!r} "
                    f"within {bounded.error[at]:.3g}"
                )
        tally.values += bounded.error.size
        tally.checked += int(np.isfinite(bounded.error).sum())
    tally.programs += 1
    tally.gradients += len(fused.gradients)
    tally.rows.update(step.op for step in program.steps)
    if lines:
        tally.failures.append(Wrong(program, "\n".join(lines)))


def failure_of(program: Program, device: Device) -> Wrong | None:
    """What is wrong with the program, alone: a value, or that it raises."""
    found = run([program], device).failures
    return found[0] if found else None


def rows_missed(tally: Tally) -> list[str]:
    """Rows of the op table that no program used; leaves and marks are no instructions."""
    marks = {"buffer", "on", "transfer", "assign", "recomputed"}
    return [k for k in ops.TABLE if k not in tally.rows | marks]
