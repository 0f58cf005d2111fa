"""`python -m lazygrad.check.simulated`: every form of kernel on Oclgrind, in a process of its own.

`clean.py` starts it with the checker's settings and the limits of a device family in the
environment. It prints a line for each wrong value, and how many programs it ran.
"""

import sys

import lazygrad as lg
from lazygrad import runtime
from lazygrad.runtime import pool

from .forms import forms

DEVICE = "oclgrind"


def main() -> int:
    """Runs all forms; 1 where a value was wrong."""
    device = runtime.find_device(DEVICE)
    # memory that was used before would count as written, and given back to Oclgrind and taken anew
    # as never written: each buffer is a new one
    kept: list[object] = []
    device.pool.give = kept.append  # type: ignore[assignment]
    # nothing past an array's end is of the same block
    pool.size_class = lambda nbytes: nbytes
    ran, wrong = 0, []
    for form in forms():
        if not device.facts.has_fp64 and any(a.dtype == "float64" for a in form.arrays):
            continue
        results = form.run(DEVICE)
        lg.realize(*results)
        wrong.append(form.wrong([x.numpy() for x in results]))
        ran += 1
    print("\n".join([*filter(None, wrong), str(ran)]))
    return int(any(wrong))


if __name__ == "__main__":
    sys.exit(main())
