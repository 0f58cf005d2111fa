"""Device memory as plain bytes: allocate, write, read, look at, copy."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyopencl as cl

from .device import Device, ForkedLock
from .errors import LaunchError, OutOfMemoryError, format_bytes
from .forks import never_free, rlock
from .pool import NO_MEMORY, Block

# host data up to this size is copied aside, so that the caller need not wait for the queue
STAGED_BYTES = 4 << 20
# host copies that may wait for the device, all together
STAGED_LIMIT = 64 << 20


class Buffer:
    """`nbytes` bytes of a device's memory. Freed with the object, or by `release()`.

    A buffer of 0 bytes has no memory on the device; reading, writing and launching with it work.
    """

    __slots__ = ("__weakref__", "block", "device", "key", "nbytes")

    def __init__(self, device: Device, nbytes: int, block: Block | None) -> None:
        self.device = device
        self.nbytes = nbytes
        self.block = block
        self.key: object = None if block is None else block.key

    def __repr__(self) -> str:
        return f"<Buffer {format_bytes(self.nbytes)} on {self.device}>"

    @property
    def memory(self) -> cl.Buffer:
        """The OpenCL buffer; it may be larger. Raises ValueError where there is none (any more)."""
        if self.block is None:
            raise ValueError(f"Buffer: {self!r} has no memory, expected one that was not released")
        return self.block.memory

    @property
    def viewed(self) -> bool:
        """Whether an array from `host_view` still looks at this memory, so none may write it."""
        return self.block is not None and len(self.block.holds) > 1

    def release(self) -> None:
        """Give the memory back for reuse; a second call does nothing."""
        block, self.block = self.block, None
        if block is not None:
            self.key = None
            self.device.pool.give(block)

    def __del__(self) -> None:
        # a constructor that failed leaves no block behind
        block = getattr(self, "block", None)
        if block is not None:
            self.device.pool.give(block)


def allocate(device: Device, nbytes: int, label: str = "") -> Buffer:
    """Memory of `nbytes` bytes, not cleared; `label` names its holder in an out-of-memory message.

    Raises:
        OutOfMemoryError: the device cannot give it; tells what is alive.
        ValueError: `nbytes` is negative.
    """
    if nbytes <= 0:
        if nbytes:
            raise ValueError(f"allocate: got {nbytes} bytes, expected a size of 0 or more")
        return Buffer(device, 0, None)
    try:
        return Buffer(device, nbytes, device.pool.take(nbytes, label))
    except (cl.Error, MemoryError) as error:
        if nbytes > device.facts.max_alloc_bytes:  # nothing that is freed would help
            raise
        device.make_room(error)
    return Buffer(device, nbytes, device.pool.take(nbytes, label))


def allocate_all(device: Device, requests: Sequence[tuple[int, str]]) -> list[Buffer]:
    """As `allocate` for each size and label, in one go where all of them wait in the pool."""
    blocks = device.pool.take_waiting(requests)
    if blocks is None:
        return [allocate(device, nbytes, label) for nbytes, label in requests]
    return [Buffer(device, block.asked, block) for block in blocks]


def _check_range(name: str, buffer: Buffer, nbytes: int, offset: int) -> None:
    if offset < 0 or offset + nbytes > buffer.nbytes:
        raise ValueError(
            f"{name}: got {nbytes} bytes at offset {offset}, expected a range inside the buffer's "
            f"{buffer.nbytes} bytes"
        )


def _failed(name: str, buffer: Buffer, error: cl.Error) -> RuntimeError:
    if error.code in NO_MEMORY:
        return OutOfMemoryError(
            f"{name}: got no memory for {buffer!r} when it was first used: {error}\n"
            f"{buffer.device.pool.holders()}"
        )
    return LaunchError(f"{name}: the copy failed for {buffer!r}: {error}")


def write(buffer: Buffer, array: np.ndarray[Any, Any], offset_bytes: int = 0) -> None:
    """Copy host data into the buffer; `array` may be changed as soon as this returns.

    Raises ValueError where the range is not inside the buffer.
    """
    _check_range("write", buffer, array.nbytes, offset_bytes)
    if array.nbytes == 0:
        return
    memory = buffer.memory
    device = buffer.device
    staged = array.nbytes <= STAGED_BYTES
    data = np.array(array, order="C") if staged else np.ascontiguousarray(array)
    with device.lock:
        try:
            event = device.with_memory(
                lambda: cl.enqueue_copy(
                    device.queue, memory, data, dst_offset=offset_bytes, is_blocking=not staged
                )
            )
        except cl.Error as error:
            raise _failed("write", buffer, error) from error
        device.note_command(event)
        if staged:
            device.hold_staged(event, data.nbytes, STAGED_LIMIT)


def read(buffer: Buffer, out: np.ndarray[Any, Any], offset_bytes: int = 0) -> None:
    """Wait for all that was submitted, then fill `out` with the bytes from `offset_bytes` on.

    Raises ValueError where the range is not inside the buffer.
    """
    _check_range("read", buffer, out.nbytes, offset_bytes)
    if out.nbytes == 0:
        return
    memory = buffer.memory
    target = out if out.flags.c_contiguous else np.empty(out.shape, out.dtype)
    _wait("read", buffer)
    with buffer.device.lock:
        queue = buffer.device.queue
    try:
        with buffer.device.waiting:
            cl.enqueue_copy(queue, target, memory, src_offset=offset_bytes, is_blocking=True)
    except cl.Error as error:
        raise _failed("read", buffer, error) from error
    if target is not out:
        out[...] = target


def _wait(name: str, buffer: Buffer) -> None:
    try:
        buffer.device.wait_checkpoints()
    except cl.Error as error:
        raise _failed(name, buffer, error) from error


# PoCL 3.1 frees memory that one thread maps while another one unmaps it. Nothing is asked for in
# here, so that a finalizer may wait for it, whatever it interrupted.
_mapping = rlock()


class _HostView:
    """Owner of a mapping: arrays made from it keep it, and it keeps the block out of the pool."""

    def __init__(self, buffer: Buffer, block: Block, mapped: np.ndarray[Any, Any]) -> None:
        self._device = buffer.device
        self._block = block
        self._mapped: Any = mapped
        block.holds.append(False)
        self.__array_interface__ = {
            "version": 3,
            "shape": mapped.shape,
            "typestr": "|u1",
            "data": (mapped.__array_interface__["data"][0], True),
        }

    def __del__(self) -> None:
        if isinstance(self._device.lock, ForkedLock):
            never_free(self._mapped)
            return
        with _mapping:
            self._mapped = None  # unmaps
        self._device.pool.give(self._block)


def host_view(buffer: Buffer) -> np.ndarray[Any, Any] | None:
    """The buffer's bytes as a read-only uint8 array without a copy, on CPU devices; None elsewhere.

    Waits for all that was submitted. The memory stays out of the pool as long as the array lives,
    even if the buffer is released; `buffer.viewed` tells that it does.
    """
    device = buffer.device
    if device.kind != "cpu":
        return None
    if buffer.nbytes == 0:
        empty = np.empty(0, np.uint8)
        empty.flags.writeable = False
        return empty
    memory, block = buffer.memory, buffer.block
    assert block is not None
    _wait("host_view", buffer)
    with device.lock:
        queue = device.queue
    try:
        with device.waiting, _mapping:
            mapped, _ = cl.enqueue_map_buffer(
                queue, memory, cl.map_flags.READ, 0, (buffer.nbytes,), np.dtype(np.uint8)
            )
    except cl.Error as error:
        raise _failed("host_view", buffer, error) from error
    return np.asarray(_HostView(buffer, block, mapped))


def copy(source: Buffer, destination: Buffer) -> None:
    """Copy all of `source` to the start of `destination`, which may be on another device.

    Raises ValueError where it does not fit.
    """
    _check_range("copy", destination, source.nbytes, 0)
    if source.nbytes == 0:
        return
    if source.device is not destination.device:
        staging = np.empty(source.nbytes, np.uint8)
        read(source, staging)
        write(destination, staging)
        return
    device = source.device
    with device.lock:
        try:
            event = device.with_memory(
                lambda: cl.enqueue_copy(
                    device.queue, destination.memory, source.memory, byte_count=source.nbytes
                )
            )
            device.note_command(event)
        except cl.Error as error:
            raise _failed("copy", destination, error) from error
