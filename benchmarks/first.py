"""python -m benchmarks.first MODEL: seconds until the first and the second result in this process.

`print_first_results` runs it with empty and with filled caches.
"""

import os
import subprocess
import sys
import tempfile
import time

__all__ = ["print_first_results"]

# seconds allowed with empty and with filled caches
TARGETS = {"mlp step": (5.0, 1.5), "resnet18 forward": (10.0, 2.5), "gpt step": (30.0, 2.0)}


def print_first_results(devices: list[str]) -> None:
    """Seconds until first and second results in fresh processes, beside the targets."""
    for name, targets in TARGETS.items():
        for device in devices:
            with tempfile.TemporaryDirectory() as folder:
                caches = {"LAZYGRAD_CACHE": folder, "POCL_CACHE_DIR": folder}
                env = os.environ | caches | {"LAZYGRAD_DEVICE": device}
                env.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
                subprocess.run([sys.executable, "-c", "import lazygrad"], env=env, check=True)
                for state, target in zip(("cold", "filled"), targets, strict=True):
                    done = subprocess.run(
                        [sys.executable, "-m", "benchmarks.first", name],
                        env=env, capture_output=True, text=True, check=True,
                    )  # fmt: skip
                    print(f"first result, {name}, {device}, caches {state}: "
                          f"{done.stdout.strip()} (target {target} s)", flush=True)  # fmt: skip


def _run(name: str) -> None:
    begin = time.perf_counter()
    import lazygrad as lg  # importing is part of what is measured

    imported = time.perf_counter() - begin
    from .steps import STEPS, array, resnet18

    if name == "resnet18 forward":
        model, x = resnet18(lg).eval(), lg.tensor(array(1, 3, 224, 224))

        def call() -> object:
            with lg.no_grad():
                return [model(x)]
    else:
        call = next(step for row, step in STEPS.items() if row.startswith(_ROWS[name])).make(lg)
    times = []
    for _ in range(2):
        call()[0].sum().item()
        times.append(f"{time.perf_counter() - begin:.2f}")
    print(f"{times[0]} s, the second by {times[1]} s, import {imported:.2f} s")


_ROWS = {"mlp step": "step: MLP", "gpt step": "step: GPT"}

if __name__ == "__main__":
    _run(sys.argv[1])
