"""python -m benchmarks.memory LIBRARY ROW: the most memory that a step of a model takes.

Ours is what the pool handed out at once; PyTorch's is by how much its process grew.
"""

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["print_peaks"]

_STEPS = 4


def print_peaks(devices: list[str], rows: list[str]) -> None:
    """Peak bytes of steps, ours on each device beside PyTorch's."""
    for row in rows:
        peaks = {name: _peak_of(name, row) for name in ("torch", *devices)}
        told = ", ".join(
            f"{name} {peak / 2**20:.1f} MiB"
            + (f" ({peak / peaks['torch']:.2f})" if name != "torch" else "")
            for name, peak in peaks.items()
        )
        print(f"peak memory, {row}: {told}; target 1.1", flush=True)


def _peak_of(library: str, row: str) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", library, row],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout)


def _grown(row: str) -> int:
    import torch  # each library has a process of its own

    from .steps import STEPS

    torch.set_num_threads(os.cpu_count() or 1)
    (torch.ones(64, 64, requires_grad=True) @ torch.ones(64, 64)).sum().backward()
    before = _status("VmRSS")
    step = STEPS[row].make(torch)
    for _ in range(_STEPS):
        step()
    return _status("VmHWM") - before


def _status(field: str) -> int:
    """A field of this process in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * int(next(x.split()[1] for x in lines if x.startswith(field)))


def _handed_out(device: str, row: str) -> int:
    import lazygrad as lg
    from lazygrad import runtime

    from .steps import STEPS

    lg.set_default_device(device)
    before = runtime.stats().bytes_in_use
    step = lg.compile(STEPS[row].make(lg))
    for _ in range(_STEPS + 1):
        lg.realize(*step())
    runtime.reset_stats()
    for _ in range(_STEPS):
        lg.realize(*step())
    return runtime.stats().peak_bytes_in_use - before


if __name__ == "__main__":
    library, row = sys.argv[1:]
    print(_grown(row) if library == "torch" else _handed_out(library, row))
