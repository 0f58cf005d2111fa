import gc
import threading
from collections.abc import Iterator

import numpy as np
import pyopencl as cl
import pytest

from lazygrad import runtime
from lazygrad.runtime import buffer as buffer_module
from lazygrad.runtime.pool import SMALLEST, Pool, size_class


@pytest.fixture(autouse=True)
def clean_pool() -> Iterator[None]:
    gc.collect()  # what the last test's frames held
    yield
    for device in runtime.devices():
        device.empty_cache()


@pytest.mark.parametrize("count", [1, 7, 1000, 2_000_003])
def test_what_is_written_is_read(device: runtime.Device, count: int) -> None:
    data = np.random.default_rng(count).standard_normal(count).astype(np.float32)
    memory = runtime.allocate(device, data.nbytes)
    runtime.write(memory, data)
    out = np.empty_like(data)
    runtime.read(memory, out)
    assert np.array_equal(out, data)


def test_offsets_count_in_bytes(device: runtime.Device) -> None:
    memory = runtime.allocate(device, 40)
    runtime.write(memory, np.arange(10, dtype=np.int32))
    runtime.write(memory, np.array([70, 80], np.int32), offset_bytes=28)
    out = np.empty(4, np.int32)
    runtime.read(memory, out, offset_bytes=24)
    assert out.tolist() == [6, 70, 80, 9]


@pytest.mark.parametrize("offset", [-4, 36, 41])
def test_ranges_outside_are_refused(device: runtime.Device, offset: int) -> None:
    memory = runtime.allocate(device, 40)
    two = np.zeros(2, np.int32)
    with pytest.raises(ValueError, match=f"write: got 8 bytes at offset {offset}"):
        runtime.write(memory, two, offset_bytes=offset)
    with pytest.raises(ValueError, match=f"read: got 8 bytes at offset {offset}"):
        runtime.read(memory, two, offset_bytes=offset)


def test_strided_arrays_are_written_and_filled(device: runtime.Device) -> None:
    data = np.arange(24, dtype=np.float64).reshape(4, 6)
    memory = runtime.allocate(device, 96)
    runtime.write(memory, data[::2, ::-1])
    out = np.zeros((6, 2))
    runtime.read(memory, out.T)
    assert np.array_equal(out.T, data[::2, ::-1])


def test_the_array_may_change_after_write(device: runtime.Device) -> None:
    for count in (10, 3 << 20):  # below and above the size that is copied aside
        data = np.ones(count, np.float32)
        memory = runtime.allocate(device, data.nbytes)
        runtime.write(memory, data)
        data[:] = 2
        out = np.empty_like(data)
        runtime.read(memory, out)
        assert (out == 1).all()


def test_many_small_writes_keep_their_order(
    device: runtime.Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buffer_module, "STAGED_LIMIT", 1024)
    memory = runtime.allocate(device, 400)
    for value in range(300):
        runtime.write(memory, np.full(100, value, np.int32))
    out = np.empty(100, np.int32)
    runtime.read(memory, out)
    assert (out == 299).all()


def test_zero_bytes_never_reach_the_device(device: runtime.Device) -> None:
    before = device.memory_stats()
    memory = runtime.allocate(device, 0)
    empty = np.empty((0, 3), np.float32)
    runtime.write(memory, empty)
    runtime.read(memory, empty)
    runtime.copy(memory, memory)
    view = runtime.host_view(memory)
    assert view is None or view.size == 0
    memory.release()
    assert device.memory_stats() == before


def test_negative_sizes_are_refused(device: runtime.Device) -> None:
    with pytest.raises(ValueError, match="allocate: got -1 bytes"):
        runtime.allocate(device, -1)


def test_release_is_idempotent_and_ends_use(device: runtime.Device) -> None:
    memory = runtime.allocate(device, 100)
    alive = device.memory_stats()["buffers_alive"]
    memory.release()
    memory.release()
    assert device.memory_stats()["buffers_alive"] == alive - 1
    with pytest.raises(ValueError, match="expected one that was not released"):
        runtime.write(memory, np.zeros(25, np.float32))


def test_freed_memory_is_used_again(device: runtime.Device) -> None:
    first = runtime.allocate(device, 1000)
    held = device.memory_stats()["bytes_held"]
    opencl_memory = first.memory
    del first
    gc.collect()
    again = runtime.allocate(device, 990)  # the same size class
    assert again.memory is opencl_memory
    assert device.memory_stats()["bytes_held"] == held


def test_the_pool_is_bounded(device: runtime.Device, monkeypatch: pytest.MonkeyPatch) -> None:
    device.empty_cache()
    monkeypatch.setattr(device.pool, "limit", 1 << 20)
    held = device.memory_stats()["bytes_held"]
    buffers = [runtime.allocate(device, 1 << 18) for _ in range(10)]
    last = buffers[-1].memory
    assert device.memory_stats()["bytes_held"] == held + 10 * (1 << 18)
    for memory in buffers:
        memory.release()
    after = device.memory_stats()
    assert after["bytes_waiting"] == 1 << 20
    assert after["bytes_held"] == held + (1 << 20)
    assert runtime.allocate(device, 1 << 18).memory is last  # the ones that waited longest went
    device.empty_cache()
    assert device.memory_stats()["bytes_waiting"] == 0


def test_size_classes_waste_little() -> None:
    for nbytes in [*range(1, 5000), (1 << 30) - 1, 1 << 30, (1 << 30) + 1]:
        size = size_class(nbytes)
        assert size >= nbytes
        assert size_class(size) == size
        assert size <= max(SMALLEST, nbytes * 9 / 8)


def test_too_much_is_explained(device: runtime.Device) -> None:
    held = runtime.allocate(device, 12345, label="weights of layer 3")
    with pytest.raises(runtime.OutOfMemoryError) as caught:
        runtime.allocate(device, device.facts.max_alloc_bytes + 1)
    message = str(caught.value)
    assert message.startswith(f"allocate: asked {device} for ")
    assert "weights of layer 3" in message
    assert isinstance(caught.value, RuntimeError)
    assert isinstance(caught.value, MemoryError)
    runtime.write(held, np.zeros(12345, np.uint8))  # nothing is lost


def out_of_memory() -> cl.MemoryError:
    code = int(cl.status_code.MEM_OBJECT_ALLOCATION_FAILURE)
    return cl.MemoryError(cl._cl._ErrorRecord(msg="planted", code=code, routine="test"))


def test_a_refusal_empties_the_pool_and_tries_again(device: runtime.Device) -> None:
    refusals: list[int] = []

    def create(nbytes: int) -> cl.Buffer:
        if nbytes > 1024 and pool.bytes_held:
            refusals.append(nbytes)
            raise out_of_memory()
        return cl.Buffer(device.context, cl.mem_flags.READ_WRITE, nbytes)

    pool = Pool("planted", device.facts, create)
    pool.give(pool.take(1000, ""))
    kept = pool.take(4096, "")  # succeeds once what waited is gone
    assert refusals == [4096]
    with pytest.raises(runtime.OutOfMemoryError, match=r"refused \(.*planted"):
        pool.take(8192, "")
    assert pool.stats()["buffers_alive"] == 1
    pool.give(kept)
    assert pool.stats()["bytes_in_use"] == 0


def test_more_than_the_machine_has_is_refused(
    device: runtime.Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool("planted", device.facts, lambda n: cl.Buffer(device.context, 1, n))
    object.__setattr__(small := type(device.facts)(**vars(device.facts)), "global_mem_bytes", 5000)
    pool.facts = small
    held = pool.take(2048, "")
    pool.give(pool.take(1024, ""))
    second = pool.take(2048, "")  # fits only after the waiting block is gone
    with pytest.raises(runtime.OutOfMemoryError, match="more than is left"):
        pool.take(2048, "")
    pool.give(held)
    pool.give(second)


def test_a_block_comes_back_once_and_with_its_last_hold(device: runtime.Device) -> None:
    pool = Pool("planted", device.facts, lambda n: cl.Buffer(device.context, 1, n))
    block = pool.take(1000, "")
    block.holds.append(False)  # a host view
    pool.give(block)
    assert pool.take(1000, "") is not block
    pool.give(block)
    pool.give(block)  # as of two threads
    again = [pool.take(1000, "") for _ in range(2)]
    assert again[0] is block and again[1] is not block


def test_a_host_view_is_the_memory_itself(device: runtime.Device) -> None:
    data = np.arange(1000, dtype=np.float32)
    memory = runtime.allocate(device, data.nbytes)
    runtime.write(memory, data)
    assert not memory.viewed
    view = runtime.host_view(memory)
    if device.kind != "cpu":
        assert view is None
        return
    assert view is not None
    assert view.dtype == np.uint8
    assert np.array_equal(view.view(np.float32), data)
    assert not view.flags.writeable
    with pytest.raises(ValueError, match="WRITEABLE"):
        view.flags.writeable = True
    assert memory.viewed
    other = runtime.host_view(memory)
    assert other is not None
    assert np.shares_memory(view, other)


def test_a_host_view_keeps_the_memory_out_of_the_pool(device: runtime.Device) -> None:
    memory = runtime.allocate(device, 4000)
    runtime.write(memory, np.full(1000, 3, np.int32))
    view = runtime.host_view(memory)
    if view is None:
        pytest.skip("not a CPU device")
    part = view.view(np.int32)[10:20]
    before = memory.memory
    memory.release()
    del memory, view
    others = [runtime.allocate(device, 4000) for _ in range(5)]
    assert all(other.memory is not before for other in others)
    for other in others:
        runtime.write(other, np.full(1000, 9, np.int32))
    device.synchronize()
    assert part.tolist() == [3] * 10
    del part
    assert runtime.allocate(device, 4000).memory is before


def test_copy_on_a_device_and_between_devices(device: runtime.Device) -> None:
    data = np.arange(1000, dtype=np.float32)
    source = runtime.allocate(device, data.nbytes)
    runtime.write(source, data)
    for other in runtime.devices():
        destination = runtime.allocate(other, data.nbytes + 4)
        runtime.copy(source, destination)
        out = np.empty_like(data)
        runtime.read(destination, out)
        assert np.array_equal(out, data)
    with pytest.raises(ValueError, match="copy: got 4000 bytes"):
        runtime.copy(source, runtime.allocate(device, 3999))


def test_threads_share_the_pool(device: runtime.Device) -> None:
    alive = device.memory_stats()["buffers_alive"]
    wrong: list[int] = []

    def work(value: int) -> None:
        for _ in range(50):
            memory = runtime.allocate(device, 2048)
            runtime.write(memory, np.full(512, value, np.int32))
            out = np.empty(512, np.int32)
            runtime.read(memory, out)
            if not (out == value).all():
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(value,)) for value in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert device.memory_stats()["buffers_alive"] == alive


def test_threads_may_look_at_one_buffer(device: runtime.Device) -> None:
    """PoCL 3.1 frees memory that one thread maps while another one unmaps it."""
    wrong = []

    def look(buffer: runtime.Buffer) -> None:
        for _ in range(50):
            seen = runtime.host_view(buffer)
            if seen is not None and (seen[0], seen[-1]) != (7, 7):
                wrong.append(seen)
            del seen

    for _ in range(10):
        buffer = runtime.allocate(device, 1 << 20)
        runtime.write(buffer, np.full(1 << 20, 7, np.uint8))
        threads = [threading.Thread(target=look, args=(buffer,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
