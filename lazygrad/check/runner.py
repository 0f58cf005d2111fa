"""Runs parts of the check, each in a child process: a driver that dies is a finding too."""

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from lazygrad import runtime

from . import ONCE
from .devices import describe, speed
from .finding import Finding

# a part that takes longer hangs
SECONDS = 6 * 3600


def run_part(part: str, device: runtime.Device, full: bool) -> Iterator[Finding]:
    """The findings of a part, in this process."""
    yield from importlib.import_module(f".{part}", __package__).run(device, full)


def serve(part: str, full: bool) -> None:
    """The child's side: prints each row as a line of JSON, then how many these were."""
    device = runtime.find_device()
    rows: Iterable[dict[str, Any]]
    if part == "describe":
        rows = [describe(device)]
    elif part == "speed":
        rows = [speed(device)]
    else:
        rows = map(asdict, run_part(part, device, full))
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007
        print(f"\n{json.dumps(row)}", flush=True)  # drivers may not have ended their line
    print(f"\n{json.dumps(count)}", flush=True)


def ask(part: str, device: str, full: bool = False) -> Iterator[Any]:
    """What a child prints that runs `part` on `device`; a `Finding` in the end where it died."""
    command = [sys.executable, "-m", "lazygrad", "serve", part, *(["--full"] if full else [])]
    environment = os.environ | {"LAZYGRAD_DEVICE": device}
    count, told = 0, None
    with (
        tempfile.TemporaryFile("w+", errors="replace") as said,
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=said, text=True,
            errors="replace",
        ) as child,
    ):  # fmt: skip
        watchdog = threading.Timer(SECONDS, child.kill)
        watchdog.start()
        try:
            assert child.stdout is not None
            for line in child.stdout:
                value = _value(line)
                if isinstance(value, dict):
                    count += 1
                    yield value
                elif isinstance(value, int):
                    told = value
            code = child.wait()
        finally:  # also where nobody asks for the rest
            watchdog.cancel()
            child.kill()
        if code or told != count:
            said.seek(0)
            yield asdict(_died(part, code, said.read().splitlines()))


def _value(line: str) -> Any:
    """What a line of the child says, None where a driver put its own words there."""
    try:
        return json.loads(line)
    except ValueError:
        return None


def _died(part: str, code: int, said: list[str]) -> Finding:
    end = signal.Signals(-code).name if code < 0 else f"exit status {code}"
    return Finding(f"{part} runs to its end", f"the process ended with {end}", False,
                   "\n".join(said[-25:]))  # fmt: skip


def findings(parts: list[str], devices: list[str], full: bool) -> Iterator[tuple[str, Any]]:
    """(device, finding) of every part on every device; parts of `ONCE` once, for any device."""
    for part in parts:
        for device in devices[:1] if part in ONCE else devices:
            for row in ask(part, device, full):
                yield "any" if part in ONCE else device, Finding(**row)
