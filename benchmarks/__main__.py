"""python -m benchmarks [--device pocl --device intel] [--peer torch] [--only TEXT] [--rounds N]

Times lazygrad on each device beside PyTorch, JAX and tinygrad where they are installed,
interleaved; then what an op costs in Python, what compiling costs, and a first step in a fresh
process, with cold and with filled caches.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import lazygrad as lg
from lazygrad import runtime

from .table import print_table


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), "?")


def run_overheads(device: str) -> None:
    """Python's share: building ops, finding plans, compiling."""
    lg.set_default_device(device)
    x, y = lg.randn(64, 64), lg.randn(64, 64)
    lg.realize(x, y)
    results: list[Any] = []
    count = 2000
    begin = time.perf_counter()
    for _ in range(count):
        results.append((x * 2.5 + y).sin())
    built = (time.perf_counter() - begin) / (3 * count)
    print(f"building an op: {built * 1e6:.1f} us")
    del results
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


FIRST_STEP = """
import time
begin = time.perf_counter()
import numpy as np
import lazygrad as lg
from lazygrad import nn, optim
imported = time.perf_counter()
model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(),
                      nn.Linear(512, 10))
opt = optim.Adam(model.parameters(), 1e-3)
x = lg.tensor(np.zeros((128, 784), np.float32)); y = lg.tensor(np.zeros(128, np.int64))
for _ in range(2):
    opt.zero_grad(); loss = nn.functional.cross_entropy(model(x), y); loss.backward(); opt.step()
    loss.item()
    print(f"{time.perf_counter() - begin:.2f}", end=" ")
print(f"(import {imported - begin:.2f})")
"""


def run_first_steps(devices: list[str]) -> None:
    """Seconds until the first and the second step of an MLP in a fresh process."""
    for device in devices:
        with tempfile.TemporaryDirectory() as folder:
            env = os.environ | {
                "LAZYGRAD_DEVICE": device,
                "LAZYGRAD_CACHE": folder,
                "POCL_CACHE_DIR": folder,
            }
            for state in ("cold caches", "filled caches"):
                done = subprocess.run(
                    [sys.executable, "-c", FIRST_STEP],
                    env=env, capture_output=True, text=True, check=True,
                )  # fmt: skip
                print(f"first and second step, {device}, {state}: {done.stdout.strip()} s")


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
        run_overheads(devices[0])
        run_first_steps(devices)


if __name__ == "__main__":
    main()
