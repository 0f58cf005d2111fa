"""`python -m lazygrad.fuzz`: see the options with --help."""

import argparse
import sys
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from lazygrad import placement
from lazygrad.schedules import using

from .forced import random_schedules
from .generate import draw
from .isolate import isolated_shrink, run_isolated
from .run import Tally, failure_of, rows_missed, run
from .shrink import script, shrink

_CHILD = 10  # batches that one child runs


def main() -> int:
    """Runs the programs of the options; 1 where one of them was wrong."""
    parser = argparse.ArgumentParser(prog="python -m lazygrad.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="programs to try")
    parser.add_argument("--seed", type=int, default=0, help="of the first program; the rest follow")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--batch", type=int, default=20, help="programs that share one plan")
    parser.add_argument("--isolate", action="store_true",
                        help="in child processes: a driver's crash is a failure too")  # fmt: skip
    parser.add_argument("--schedules", action="store_true",
                        help="schedules drawn at random among the legal ones")  # fmt: skip
    parser.add_argument("--save", type=Path, help="folder for the scripts of failures")
    options = parser.parse_args()
    if options.schedules and options.isolate:
        parser.error("--schedules: not together with --isolate")
    with using(random_schedules(options.seed)) if options.schedules else nullcontext():
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    device, tally, began = placement.find(None), Tally(), time.monotonic()
    end, size = options.seed + options.count, options.batch * (_CHILD if options.isolate else 1)
    for first in range(options.seed, end, size):
        last = min(first + size, end)
        if options.isolate:
            found = run_isolated(first, last, options.batch, device)
        else:
            found = run([draw(seed) for seed in range(first, last)], device)
        for failure in found.failures:
            if options.isolate:
                small = isolated_shrink(failure, device)
            else:
                small = shrink(failure, partial(failure_of, device=device))
            text = script(small, failure)
            print(text, flush=True)
            if options.save:
                options.save.mkdir(parents=True, exist_ok=True)
                name = f"seed-{failure.program.seed}.py"
                (options.save / name).write_text(text, encoding="utf-8")
        tally.add(found)
        if time.monotonic() - began > 60 * options.minutes:
            break
    minutes = (time.monotonic() - began) / 60
    print(f"{tally}, seeds from {options.seed} to {options.seed + tally.programs - 1}, "
          f"{tally.programs / minutes:.0f} graphs per minute")  # fmt: skip
    if missed := rows_missed(tally):
        print(f"rows of the op table that none of them used: {', '.join(missed)}")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
