"""Random programs three ways: fused, unfused, and NumPy's meaning with bounds."""

import time
from collections.abc import Iterator

from lazygrad.fuzz.generate import draw
from lazygrad.fuzz.run import Tally
from lazygrad.fuzz.run import run as run_programs
from lazygrad.runtime import Device

from .finding import Finding

_SHORT, _FULL, _BATCH = 20, 20_000, 20


def run(device: Device, full: bool) -> Iterator[Finding]:
    """Yields what 20 random programs found, or 20,000."""
    tally, began = Tally(), time.monotonic()
    count = _FULL if full else _SHORT
    for first in range(0, count, _BATCH):
        tally.add(run_programs([draw(seed) for seed in range(first, first + _BATCH)], device))
    minutes = (time.monotonic() - began) / 60
    yield Finding(
        "random programs mean, fused and unfused, what NumPy means",
        f"{tally}, {tally.programs / minutes:.0f} graphs per minute",
        not tally.failures,
        "\n".join(f"seed {f.program.seed}: {f.what}" for f in tally.failures),
    )
