import gc
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from lazygrad import runtime

SOURCE = """
__kernel void axpy(__global float* y, __global const float* x, const float a) {
    y[get_global_id(0)] += a * x[get_global_id(0)];
}
__kernel void fill(__global int* y, const int value) {
    y[get_global_id(0)] = value;
}
__kernel void bits(__global uint* y, const float value) {
    y[0] = as_uint(value);
}
__kernel void grid(__global int* y) {
    y[get_global_id(0) + get_global_size(0) * get_global_id(1)] =
        (int)(get_local_size(0) * 100 + get_local_size(1));
}
__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void busy(__global float* y) {
    float v = y[get_global_id(0)];
    for (int i = 0; i < 20000; i++) v = v * 0.999f + 1.0f;
    y[get_global_id(0)] = v;
}
"""


@pytest.fixture
def program(device: runtime.Device) -> runtime.Program:
    return runtime.build(device, SOURCE)


def memory_of(device: runtime.Device, array: np.ndarray) -> runtime.Buffer:
    memory = runtime.allocate(device, array.nbytes)
    runtime.write(memory, array)
    return memory


def values(memory: runtime.Buffer, dtype: type) -> np.ndarray:
    out = np.empty(memory.nbytes // np.dtype(dtype).itemsize, dtype)
    runtime.read(memory, out)
    return out


def test_launches_run_in_order_with_their_own_arguments(program: runtime.Program) -> None:
    device = program.device
    x = np.arange(8, dtype=np.float32)
    first, second = memory_of(device, x), memory_of(device, np.zeros(8, np.float32))
    kernel = program.kernel("axpy")
    runtime.launch(kernel, (8,), None, [second, first, np.float32(2)])
    runtime.launch(kernel, (8,), None, [second, first, np.float32(3)])
    runtime.launch(kernel, (8,), None, [first, second, np.float32(1)])
    runtime.launch(kernel, (4,), None, [first, second, np.float32(1)])
    assert np.array_equal(values(second, np.float32), 5 * x)
    assert np.array_equal(values(first, np.float32), np.where(x < 4, 11 * x, 6 * x))


def test_work_groups_have_the_size_asked_for(program: runtime.Program) -> None:
    memory = runtime.allocate(program.device, 4 * 24)
    runtime.launch(program.kernel("grid"), (6, 4), (3, 2), [memory])
    assert (values(memory, np.int32) == 302).all()


def test_scalars_differ_by_bits_not_by_value(program: runtime.Program) -> None:
    memory = runtime.allocate(program.device, 4)
    kernel = program.kernel("bits")
    for value in (0.0, -0.0, 0.0, np.nan, 1.0, np.inf):
        scalar = np.float32(value)
        runtime.launch(kernel, (1,), None, [memory, scalar])
        assert values(memory, np.uint32)[0] == scalar.view(np.uint32)


def test_a_new_buffer_at_an_old_address_is_set_again(program: runtime.Program) -> None:
    device = program.device
    kernel = program.kernel("fill")
    for value in range(20):
        memory = runtime.allocate(device, 4096)
        runtime.launch(kernel, (1024,), None, [memory, np.int32(value)])
        assert (values(memory, np.int32) == value).all()
        memory.release()
        device.empty_cache()


def test_thousands_of_launches_without_a_wait(program: runtime.Program) -> None:
    memory = memory_of(program.device, np.zeros(2, np.float32))
    one = memory_of(program.device, np.ones(2, np.float32))
    kernel = program.kernel("axpy")
    scalar = np.float32(1)
    runtime.reset_stats()
    for _ in range(6000):
        runtime.launch(kernel, (2,), (1,), [memory, one, scalar])
    assert values(memory, np.float32).tolist() == [6000, 6000]
    assert runtime.stats().kernels_launched == 6000


def test_nothing_is_launched_over_nothing(program: runtime.Program) -> None:
    runtime.reset_stats()
    memory = memory_of(program.device, np.array([5], np.int32))
    kernel = program.kernel("fill")
    runtime.launch(kernel, (0,), None, [memory, np.int32(1)])
    runtime.launch(kernel, (4, 0), (2, 1), [memory, np.int32(1)])
    assert values(memory, np.int32)[0] == 5
    assert runtime.stats().kernels_launched == 0


def test_an_empty_buffer_is_a_null_pointer(program: runtime.Program) -> None:
    device = program.device
    source = "__kernel void test(__global int* y, __global int* z) { y[0] = z == 0 ? 7 : 8; }"
    kernel = runtime.build(device, source).kernel("test")
    y, one = runtime.allocate(device, 4), runtime.allocate(device, 4)
    for other, expected in (
        (runtime.allocate(device, 0), 7),
        (one, 8),
        (runtime.allocate(device, 0), 7),
    ):
        runtime.launch(kernel, (1,), (1,), [y, other])
        assert values(y, np.int32)[0] == expected


def test_wrong_arguments_are_refused_and_change_nothing(program: runtime.Program) -> None:
    device = program.device
    memory = memory_of(device, np.zeros(4, np.int32))
    kernel = program.kernel("fill")
    good = [memory, np.int32(1)]
    runtime.launch(kernel, (4,), None, good)
    with pytest.raises(ValueError, match="launch: fill got 1 arguments, expected 2"):
        runtime.launch(kernel, (4,), None, [memory])
    released = runtime.allocate(device, 16)
    released.release()
    with pytest.raises(ValueError, match="expected one that was not released"):
        runtime.launch(kernel, (4,), None, [released, np.int32(2)])
    for other in runtime.devices():
        if other is not device:
            with pytest.raises(ValueError, match=f"argument 0 of fill is on {other}"):
                runtime.launch(kernel, (4,), None, [runtime.allocate(other, 16), np.int32(3)])
    with pytest.raises(runtime.LaunchError, match="refused fill"):
        runtime.launch(kernel, (4,), None, [memory, np.int64(4)])
    assert (values(memory, np.int32) == 1).all()
    runtime.write(memory, np.zeros(4, np.int32))
    runtime.launch(kernel, (4,), None, good)
    assert (values(memory, np.int32) == 1).all()


def test_a_refused_launch_tells_sizes_and_limits(program: runtime.Program) -> None:
    memory = memory_of(program.device, np.zeros(5, np.int32))
    kernel = program.kernel("fill")
    too_large = program.device.facts.max_work_group * 2
    with pytest.raises(runtime.LaunchError) as caught:
        runtime.launch(kernel, (too_large,), (too_large,), [memory, np.int32(1)])
    message = str(caught.value)
    assert message.startswith(f"launch: {program.device} refused fill with global size")
    assert str(too_large) in message
    assert "work-group" in message
    runtime.launch(kernel, (5,), (1,), [memory, np.int32(2)])
    assert (values(memory, np.int32) == 2).all()


def test_threads_launch_with_kernels_of_their_own_and_shared(program: runtime.Program) -> None:
    device = program.device
    shared = program.kernel("fill")
    wrong: list[int] = []

    def work(value: int) -> None:
        own = program.kernel("fill")
        for kernel in (own, shared) * 30:
            memory = runtime.allocate(device, 1024)
            runtime.launch(kernel, (256,), None, [memory, np.int32(value)])
            if not (values(memory, np.int32) == value).all():
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(value,)) for value in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_profile_lists_names_times_and_sizes(program: runtime.Program) -> None:
    device = program.device
    memory = memory_of(device, np.zeros(64, np.float32))
    busy, fill = program.kernel("busy"), program.kernel("fill")
    with runtime.profile() as outer:
        runtime.launch(busy, (64,), (1,), [memory])
        with runtime.profile() as inner:
            runtime.launch(fill, (16,), None, [memory, np.int32(0)])
        runtime.launch(fill, (8,), None, [memory, np.int32(0)])
        assert outer == []
    runtime.launch(fill, (4,), None, [memory, np.int32(0)])
    assert [(name, size) for name, _, size in inner] == [("fill", (16,))]
    expected = [("busy", (64,)), ("fill", (16,)), ("fill", (8,))]
    assert [(name, size) for name, _, size in outer] == expected
    assert all(0 <= seconds < 60 for _, seconds, _ in outer)
    assert outer[0][1] > 0
    assert values(memory, np.int32)[:16].tolist() == [0] * 16


def test_stats_count_memory(device: runtime.Device) -> None:
    gc.collect()  # what the last test's frames held
    device.empty_cache()
    runtime.reset_stats()
    before = runtime.stats()
    memory = runtime.allocate(device, 10_000)
    during = runtime.stats()
    assert during.bytes_in_use == before.bytes_in_use + 10_000
    assert during.buffers_alive == before.buffers_alive + 1
    assert 10_000 <= during.bytes_allocated <= 11_250
    memory.release()
    after = runtime.stats()
    assert after.bytes_in_use == before.bytes_in_use
    assert after.peak_bytes_in_use == during.bytes_in_use
    assert after.bytes_waiting == before.bytes_waiting + during.bytes_allocated


INTERRUPTED = """
import signal, sys, threading
import numpy as np
from lazygrad import runtime
device = runtime.find_device(sys.argv[1])
kernel = runtime.build(device, sys.argv[2]).kernel("busy")
memory = runtime.allocate(device, 4 * 128)
runtime.write(memory, np.zeros(128, np.float32))
for _ in range(640):
    runtime.launch(kernel, (128,), (1,), [memory])
try:
    print("waiting", flush=True)
    device.synchronize()
except KeyboardInterrupt:
    print("interrupted", flush=True)
out = np.empty(128, np.float32)
runtime.read(memory, out)
print("alive" if np.isfinite(out).all() else "wrong")
"""


@pytest.mark.large
@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_a_long_wait_hears_ctrl_c(device: runtime.Device) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(device), SOURCE],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert run.stdout is not None
    assert run.stdout.readline() == "waiting\n"
    run.send_signal(signal.SIGINT)
    out, _ = run.communicate(timeout=120)
    assert out.splitlines() == ["interrupted", "alive"]


@pytest.mark.large
def test_a_process_ends_quietly_with_work_and_views_alive(device: runtime.Device) -> None:
    script = """
import sys
import numpy as np
from lazygrad import runtime
device = runtime.find_device(sys.argv[1])
kernel = runtime.build(device, sys.argv[2]).kernel("busy")
memory = runtime.allocate(device, 400)
runtime.write(memory, np.zeros(100, np.float32))
view = runtime.host_view(memory)
other = runtime.allocate(device, 400)
for _ in range(50):
    runtime.launch(kernel, (100,), (1,), [other])
"""
    run = subprocess.run(
        [sys.executable, "-c", script, str(device), SOURCE],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")


def prepared_sums(program: runtime.Program) -> runtime.Prepared:
    """y = x + y, then z = y + z: the places are x, y, z and the factor."""
    launches = [(program.kernel("axpy"), (4,), None) for _ in range(2)]
    return runtime.Prepared(program.device, launches, [[1, 0, 3], [2, 1, 3]], 4)


def test_a_prepared_row_runs_with_what_it_is_given(program: runtime.Program) -> None:
    device = program.device
    row = prepared_sums(program)
    ones = np.ones(4, np.float32)
    x, y, z = (memory_of(device, k * ones) for k in (1, 10, 100))
    factor = np.float32(1)
    row.run([x, y, z, factor])
    assert [values(m, np.float32)[0] for m in (x, y, z)] == [1, 11, 111]
    row.run([x, y, z, factor])
    assert [values(m, np.float32)[0] for m in (x, y, z)] == [1, 12, 123]
    row.run([z, y, x, np.float32(2)])  # x = x + 2 (y + 2 z)
    assert [values(m, np.float32)[0] for m in (x, y, z)] == [517, 258, 123]
    z.release()
    device.empty_cache()
    z = memory_of(device, ones)  # perhaps at the old address
    row.run([z, y, x, factor])
    assert [values(m, np.float32)[0] for m in (x, y, z)] == [776, 259, 1]


def test_a_prepared_row_goes_on_after_wrong_values(program: runtime.Program) -> None:
    device = program.device
    row = prepared_sums(program)
    x, y, z = (memory_of(device, np.ones(4, np.float32)) for _ in range(3))
    released = runtime.allocate(device, 16)
    released.release()
    with pytest.raises(ValueError, match="expected one that was not released"):
        row.run([x, y, released, np.float32(1)])
    with pytest.raises(runtime.LaunchError, match="refused axpy"):
        row.run([y, x, z, np.float64(1)])
    row.run([x, y, z, np.float32(1)])
    assert [values(m, np.float32)[0] for m in (x, y, z)] == [1, 2, 3]


def test_a_brief_row_runs_behind_what_was_submitted(program: runtime.Program) -> None:
    device = program.device
    launches = [(program.kernel("axpy"), (4,), None) for _ in range(2)]
    row = runtime.Prepared(device, launches, [[1, 0, 3], [2, 1, 3]], 4, is_brief=True)
    ones = np.ones(4, np.float32)
    x, y, z = (memory_of(device, k * ones) for k in (1, 10, 100))
    row.run([x, y, z, np.float32(1)])  # the three writes may be on their way
    assert [values(m, np.float32)[0] for m in (x, y, z)] == [1, 11, 111]
    assert device.is_idle()
    runtime.reset_stats()
    row.run([x, y, z, np.float32(1)])  # in this thread, where the driver can
    runtime.launch(program.kernel("axpy"), (4,), None, [x, z, np.float32(1)])
    row.run([x, y, z, np.float32(1)])
    assert [values(m, np.float32)[0] for m in (x, y, z)] == [124, 136, 259]
    assert runtime.stats().kernels_launched == 5


def test_a_prepared_row_leaves_out_what_has_no_items(program: runtime.Program) -> None:
    launches = [(program.kernel("fill"), (0,), None), (program.kernel("fill"), (2,), None)]
    row = runtime.Prepared(program.device, launches, [[0, 1], [0, 2]], 3)
    memory = memory_of(program.device, np.zeros(2, np.int32))
    runtime.reset_stats()
    row.run([memory, np.int32(3), np.int32(4)])
    assert values(memory, np.int32).tolist() == [4, 4]
    assert runtime.stats().kernels_launched == 1
