"""What the machine can do at best, measured beside everything else: kernels written by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lazygrad import runtime

__all__ = ["launch_alone", "probes"]

_FMA = """
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void probe(__global float *out, const int count) {
  VECTOR a = 1.0f + 1e-7f * get_global_id(0), b = 0.999f;
  VECTOR c[SUMS];
  for (int k = 0; k < SUMS; k++) c[k] = k;
  for (int i = 0; i < count; i++) {
    #pragma unroll
    for (int k = 0; k < SUMS; k++) c[k] = fma(c[k], a, b);
  }
  VECTOR s = 0;
  for (int k = 0; k < SUMS; k++) s += c[k];
  STORE(s, get_global_id(0), out);
}
"""

_READ = """
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void probe(__global float *out, __global const float *x, const int count) {
  const long first = (long)get_global_id(0) * count;
  float16 a = 0, b = 0, c = 0, d = 0;
  for (int i = 0; i < count; i += 4) {
    a += vload16(first + i, x), b += vload16(first + i + 1, x);
    c += vload16(first + i + 2, x), d += vload16(first + i + 3, x);
  }
  vstore16(a + b + c + d, get_global_id(0), out);
}
"""

_COPY = """
__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void probe(__global float *out, __global const float *x, const int count) {
  const long first = (long)get_global_id(0) * count;
  for (int i = 0; i < count; i++) vstore16(vload16(first + i, x), first + i, out);
}
"""

_ITEMS, _TURNS, _NUMBERS = 64, 20_000, 1 << 24


def probes(device: runtime.Device) -> dict[str, tuple[Callable[[], None], float]]:
    """For each kind of limit a call and how much it does: operations, or bytes."""
    per_item = _NUMBERS // 16 // _ITEMS
    # enough sums to hide the latency of two units, few enough for the registers
    lanes, sums = device.facts.register_bytes // 4, device.facts.registers * 3 // 4
    fma = _FMA.replace("VECTOR", f"float{lanes}").replace("STORE", f"vstore{lanes}")
    kernels = {
        "fma": (fma.replace("SUMS", str(sums)), _TURNS, 2.0 * lanes * sums * _TURNS * _ITEMS),
        "read": (_READ, per_item, 4.0 * _NUMBERS),
        "copy": (_COPY, per_item, 8.0 * _NUMBERS),
    }
    return {kind: (_call(device, *row[:2], kind), row[2]) for kind, row in kernels.items()}


def _call(device: runtime.Device, text: str, count: int, kind: str) -> Callable[[], None]:
    kernel = runtime.build(device, text).kernel("probe")
    size = _NUMBERS if kind == "copy" else 16 * _ITEMS
    arguments: list[Any] = [runtime.allocate(device, 4 * size)]
    if kind != "fma":
        numbers = runtime.allocate(device, 4 * _NUMBERS)
        runtime.write(numbers, np.ones(_NUMBERS, np.float32))
        arguments.append(numbers)
    arguments.append(np.int32(count))

    def call() -> None:
        runtime.launch(kernel, (_ITEMS,), (1,), arguments)
        device.synchronize()

    return call


def launch_alone(device: runtime.Device) -> Callable[[], None]:
    """The floor of a call: one kernel that does next to nothing, and waiting for it."""
    kernel = runtime.build(device, _COPY).kernel("probe")
    pair = [runtime.allocate(device, 64) for _ in range(2)]

    def call() -> None:
        runtime.launch(kernel, (1,), (1,), [*pair, np.int32(1)])
        device.synchronize()

    return call
