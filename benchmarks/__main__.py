"""python -m benchmarks [--device pocl --device intel] [--peer torch] [--only TEXT] [--rounds N]

Times lazygrad on each device beside PyTorch, JAX and tinygrad where they are installed,
interleaved; then what an op costs in Python, what compiling costs, first results in fresh
processes, with cold and with filled caches, and the memory that steps take.
"""

import argparse
import gc
import os
import platform
import time
from pathlib import Path
from typing import Any

import lazygrad as lg
from lazygrad import runtime

from .first import print_first_results
from .limits import launch_alone
from .memory import print_peaks
from .steps import STEPS
from .table import print_table
from .timing import interleave


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), "?")


def run_overheads(devices: list[str]) -> None:
    """What there is beside arithmetic: launches, building ops, finding plans, compiling."""
    for device in devices:
        call = interleave({device: launch_alone(runtime.find_device(device))}, 5)
        print(f"one launch and finish, {device}: {call[device] * 1e6:.1f} us")
    gc.freeze()  # looking through all that the other libraries made is no cost of an op
    lg.set_default_device(devices[0])
    x, y = lg.randn(64, 64), lg.randn(64, 64)
    lg.realize(x, y)

    def build() -> list[Any]:
        return [(x * 2.5 + y).sin() for _ in range(100)]

    print(f"building an op: {interleave({'': build}, 9)[''] / 300 * 1e6:.1f} us")
    for size in (100, 1000):
        begin = time.perf_counter()
        z = x
        for k in range(size):
            z = (z @ y).tanh() if k % 10 == 9 else z * 0.5 + y
        made = time.perf_counter()
        kernels = lg.kernels(z)
        planned = time.perf_counter()
        print(
            f"a chain of {size} steps: {(made - begin) * 1e3:.1f} ms to build, "
            f"{(planned - made) * 1e3:.1f} ms from graph to the source of {len(kernels)} kernels"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--device", action="append", help="a device; default: every one found")
    parser.add_argument("--peer", action="append",
                        help="torch.compile, jax, tinygrad; default: all of them")  # fmt: skip
    parser.add_argument("--only", default="", help="workloads whose name holds this text")
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    devices = given.device or [str(d) for d in runtime.devices()]
    print(f"{processor()}, {os.cpu_count()} cores; Python {platform.python_version()}\n")
    peers = ["torch.compile", "jax", "tinygrad"] if given.peer is None else given.peer
    print_table(devices, given.only, given.rounds, peers)
    if not given.only:
        print()
        run_overheads(devices)
        print()
        print_first_results(devices)
        print_peaks(devices, [row for row in STEPS if not row.startswith("latency")])


if __name__ == "__main__":
    main()
