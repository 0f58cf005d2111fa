"""Kernels timed in another process, which may crash, hang or refuse."""

import numpy as np
import pytest

from lazygrad import runtime

TEXT = """
__kernel void twice(__global float *out, __global const float *in, const int n) {
  for (int i = 0; i < n; i++) out[i] = 2 * in[i];
}
__kernel void endless(__global volatile float *out, __global const float *in, const int n) {
  while (in[0] == 0.75f) out[0] += n;
}
"""


def trials(device: runtime.Device, *names: str, text: str = TEXT) -> runtime.Trials:
    memory = runtime.Memory(100, np.float32(0.75).tobytes())
    arguments = (memory, memory, np.int32(100))
    rows = [runtime.Candidate(name, (1,), (1,), arguments) for name in names]
    return runtime.Trials(str(device), text, tuple(rows))


def test_each_candidate_gets_a_time(device: runtime.Device) -> None:
    for found in (
        runtime.measure(trials(device, "twice", "twice")),
        runtime.measure_isolated(trials(device, "twice", "twice"), 100.0),
    ):
        assert found is not None and len(found) == 2 and all(0 < t < 1 for t in found)


def test_what_does_not_end_is_given_up(device: runtime.Device) -> None:
    assert runtime.measure_isolated(trials(device, "endless"), 3.0) is None
    assert runtime.measure_isolated(trials(device, "twice"), 100.0) is not None


def test_what_is_no_program_is_refused(device: runtime.Device) -> None:
    with pytest.raises(runtime.BuildError, match="refused this program"):
        runtime.measure_isolated(trials(device, "twice", text="__kernel void twice("), 100.0)
