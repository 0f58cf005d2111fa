"""Whether a device has NVIDIA's matrix instructions for 16-bit floats: no driver tells, so they are
tried once in a process, in a context of their own, and the numbers compared."""

import os
from dataclasses import replace

import numpy as np
import pyopencl as cl

# pyopencl's public Program warns users of the compiler's remarks
from pyopencl._cl import _Program

from .device import Device
from .facts import Facts
from .forks import lock
from .program import STANDARD, build_log, cl_kernel

__all__ = ["mma_refusal", "tried_facts"]

_KERNEL = """
__kernel __attribute__((reqd_work_group_size(32, 1, 1)))
void try_%(t)s(__global float *out, __global const ushort *in) {
  __local ushort a[384] __attribute__((aligned(64)));
  __local ushort b[384] __attribute__((aligned(64)));
  const int l = get_local_id(0);
  for (int q = l; q < 256; q += 32) {
    a[q / 16 * 24 + q %% 16] = in[q];
    b[q / 16 * 24 + q %% 16] = in[256 + q];
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  uint a0, a1, a2, a3, b0, b1, b2, b3;
  asm volatile(
    "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%%0, %%1, %%2, %%3}, [%%4];"
    : "=r"(a0), "=r"(a1), "=r"(a2), "=r"(a3)
    : "r"((uint)(size_t)(a + l %% 16 * 24 + l / 16 * 8)));
  asm volatile(
    "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%%0, %%1, %%2, %%3}, [%%4];"
    : "=r"(b0), "=r"(b1), "=r"(b2), "=r"(b3)
    : "r"((uint)(size_t)(b + l %% 16 * 24 + l / 16 * 8)));
  float c0 = 1.0f, c1 = 1.0f, c2 = 1.0f, c3 = 1.0f;
  asm volatile(
    "mma.sync.aligned.m16n8k16.row.col.f32.%(t)s.%(t)s.f32 {%%0, %%1, %%2, %%3}, "
    "{%%4, %%5, %%6, %%7}, {%%8, %%9}, {%%0, %%1, %%2, %%3};"
    : "+f"(c0), "+f"(c1), "+f"(c2), "+f"(c3)
    : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
  const int at = l / 4 * 8 + l %% 4 * 2;
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 64] = c2;
  out[at + 65] = c3;
}
"""

_refusals: dict[Device, str] = {}
_lock = lock()


def mma_refusal(device: Device) -> str:
    """Why `device` has none, such as what the compiler said; empty where it has."""
    with _lock:
        if device not in _refusals:
            asked = device.implementation == "nvidia" and device.kind == "gpu"
            _refusals[device] = _try(device) if asked else "only NVIDIA's GPUs are asked"
        return _refusals[device]


def tried_facts(device: Device) -> Facts:
    """The device's facts, with what only a trial tells; `$LAZYGRAD_LIMITS` has the last word."""
    facts = device.facts
    if "has_mma" in os.environ.get("LAZYGRAD_LIMITS", "") or mma_refusal(device):
        return facts
    return replace(facts, has_mma=True)


def _try(device: Device) -> str:
    a, b = np.random.default_rng(0).integers(-4, 5, (2, 16, 16)).astype(np.float32)
    narrow = {"f16": np.stack([a, b]).astype(np.float16).view(np.uint16),
              "bf16": (np.stack([a, b]).view(np.uint32) >> 16).astype(np.uint16)}  # fmt: skip
    try:
        context = cl.Context([device.cl_device])
        queue = cl.CommandQueue(context)
        program = _Program(context, "".join(_KERNEL % {"t": t} for t in narrow))
        try:
            program._build(STANDARD.encode(), [device.cl_device])
        except cl.Error as error:
            return build_log(device, program) or str(error)
        for name, bits in narrow.items():
            flags = cl.mem_flags.READ_ONLY | cl.mem_flags.COPY_HOST_PTR
            given = cl.Buffer(context, flags, hostbuf=bits)
            made = cl.Buffer(context, cl.mem_flags.WRITE_ONLY, 512)
            kernel = cl_kernel(program, f"try_{name}")
            kernel.set_arg(0, made)
            kernel.set_arg(1, given)
            cl.enqueue_nd_range_kernel(queue, kernel, (32,), (32,))
            found = np.zeros((16, 8), np.float32)
            cl.enqueue_copy(queue, found, made)
            if not np.array_equal(found, a @ b[:, :8] + 1):
                return f"wrong products of {name}"
    except (cl.Error, ValueError, RuntimeError) as error:
        return str(error) or type(error).__name__
    return ""
