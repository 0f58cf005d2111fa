"""What a device is and tells, whether it computes right, and how fast it is."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

import lazygrad as lg
from lazygrad import runtime
from lazygrad.runtime.facts import quirks_of, version_numbers

from .finding import Finding
from .forms import forms

ELEMENTS = 1 << 22
SIZE = 768


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """Every form of kernel against NumPy, and memory written and read back in large pieces."""
    wrong, ran = [], 0
    for form in forms():
        if not device.facts.has_fp64 and any(a.dtype == "float64" for a in form.arrays):
            continue
        results = form.run(str(device))
        lg.realize(*results)
        wrong.append(form.wrong([x.numpy() for x in results]))
        ran += 1
    wrong = [text for text in wrong if text]
    yield Finding(
        "every form of kernel computes what NumPy does",
        f"{ran} programs, {len(wrong)} wrong", not wrong, "\n".join(wrong),
    )  # fmt: skip
    yield _memory(device, 1 << (28 if full else 24))


def _memory(device: runtime.Device, nbytes: int) -> Finding:
    """Patterns through the device's memory and back."""
    nbytes = min(nbytes, device.facts.max_alloc_bytes, device.facts.global_mem_bytes // 8)
    words = np.random.default_rng(0).integers(0, 1 << 32, nbytes // 4, np.uint32)
    source = runtime.allocate(device, words.nbytes, "self-test")
    target = runtime.allocate(device, words.nbytes, "self-test")
    runtime.write(source, words)
    runtime.copy(source, target)
    back = np.empty_like(words)
    runtime.read(target, back)
    lost = int(np.count_nonzero(back != words))
    return Finding(
        "memory keeps what is written", f"{nbytes >> 20} MiB, {lost} wrong words", lost == 0
    )


def describe(device: runtime.Device) -> dict[str, Any]:
    """Names, limits and known oddities of a device, ready for JSON."""
    facts = asdict(device.facts)
    facts["extensions"] = sorted(facts["extensions"])
    version = version_numbers(device.driver_version)
    return {
        "name": str(device),
        "index": device.index,
        "device": device.name,
        "platform": device.platform,
        "version": device.platform_version,
        "driver": device.driver_version,
        "kind": device.kind,
        "limits": facts,
        "quirks": [q.why for q in quirks_of(device.implementation, version, device.kind)],
    }


def _seconds(compute: Callable[[], lg.Tensor], device: runtime.Device) -> float:
    """The least time of a few runs, the first of which compiles."""
    best = float("inf")
    for _ in range(4):
        start = time.perf_counter()
        compute().realize()
        device.synchronize()
        best = min(best, time.perf_counter() - start)
    return best


def speed(device: runtime.Device) -> dict[str, float]:
    """What the device reaches here and now: memory, products, and the cost of a small kernel.

    Nothing for a simulator, whose speed tells nobody anything.
    """
    if device.implementation == "oclgrind":
        return {}
    place = str(device)
    x = lg.rand(ELEMENTS, device=place).realize()
    a, b = (lg.rand(SIZE, SIZE, device=place).realize() for _ in range(2))
    small = lg.rand(16, device=place).realize()
    start = time.perf_counter()
    (small * 3.5 - small.sqrt()).realize()
    device.synchronize()
    first = time.perf_counter() - start
    return {
        "copy_gb_per_s": 2 * x.nbytes / _seconds(lambda: x * 2.5, device) / 1e9,
        "matmul_gflop_per_s": 2 * SIZE**3 / _seconds(lambda: a @ b, device) / 1e9,
        "small_kernel_us": _seconds(lambda: small * 2.5, device) * 1e6,
        "first_kernel_ms": first * 1e3,
    }
