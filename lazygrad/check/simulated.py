"""`python -m lazygrad.check.simulated`: every form of kernel on Oclgrind, in a process of its own.

`clean.py` starts it with the checker's settings and the limits of a device family in the
environment. It prints a line for each wrong value, and how many programs it ran.
"""

import sys

import lazygrad as lg
from lazygrad import runtime
from lazygrad.fuzz.generate import draw
from lazygrad.fuzz.run import run
from lazygrad.runtime import pool

from .forms import forms

DEVICE = "oclgrind"


def main() -> int:
    """Runs all forms, or the random programs of the seeds given; 1 where a value was wrong."""
    device = runtime.find_device(DEVICE)
    # memory that was used before would count as written, and given back to Oclgrind and taken anew
    # as never written: each buffer is a new one
    kept: list[object] = []
    device.pool.give = kept.append  # type: ignore[assignment]
    # nothing past an array's end is of the same block
    pool.size_class = lambda nbytes: nbytes  # type: ignore[assignment]
    wrong, ran = _random(device, *map(int, sys.argv[1:])) if sys.argv[1:] else _forms(device)
    print("\n".join([*wrong, str(ran)]))
    return int(bool(wrong))


def _forms(device: runtime.Device) -> tuple[list[str], int]:
    ran, wrong = 0, []
    for form in forms():
        if not device.facts.has_fp64 and any(a.dtype == "float64" for a in form.arrays):
            continue
        results = form.run(DEVICE)
        lg.realize(*results)
        wrong.append(form.wrong([x.numpy() for x in results]))
        ran += 1
    return [*filter(None, wrong)], ran


def _random(device: runtime.Device, first: int, last: int) -> tuple[list[str], int]:
    tally = run([draw(seed) for seed in range(first, last)], device)
    told = [f"seed {f.program.seed}: {f.what}" for f in tally.failures]
    return [" ".join(line.split()) for line in told], tally.programs


if __name__ == "__main__":
    sys.exit(main())
