"""Starts kernels, counts them, and times them on request."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyopencl as cl

from .buffer import Buffer
from .device import Device
from .discovery import devices
from .errors import LaunchError, OutOfMemoryError
from .forks import lock
from .pool import NO_MEMORY
from .program import Kernel

Argument = Buffer | np.generic
# a kernel, its global and its local size
Launch = tuple[Kernel, tuple[int, ...], tuple[int, ...] | None]

# running kernels' (kernel, global size, event), for every `profile` that is open
_recorders: list[list[tuple[Kernel, tuple[int, ...], cl.Event]]] = []
_recorders_lock = lock()


def launch(
    kernel: Kernel,
    global_size: tuple[int, ...],
    local_size: tuple[int, ...] | None,
    args: Sequence[Argument],
) -> None:
    """Submit a kernel and return at once; submitted work runs in order.

    Args:
        kernel: from `Program.kernel`.
        global_size: work-items per dimension; nothing is launched where one is 0.
        local_size: work-group; None lets the driver choose.
        args: a Buffer for a pointer, a NumPy scalar of the argument's type for a value.

    Raises:
        ValueError: the number of arguments is wrong, or a buffer was released.
        LaunchError: the driver refused; nothing was started.
    """
    if 0 in global_size:
        return
    with kernel.device.lock:
        try:
            _set_arguments(kernel, args)
            submit(kernel.device, kernel, global_size, local_size)
        except cl.Error as error:
            raise refused((kernel, global_size, local_size), args, error) from error


def submit(
    device: Device, kernel: Kernel, global_size: tuple[int, ...],
    local_size: tuple[int, ...] | None, callers: cl.CommandQueue | None = None,
) -> None:  # fmt: skip
    """Enqueue a kernel whose arguments are set, or run it in `callers`, the caller's queue.

    Raises what the driver raises.
    """
    queue = callers or device.queue
    try:
        event = cl.enqueue_nd_range_kernel(queue, kernel.cl_kernel, global_size, local_size)
    except (cl.Error, MemoryError) as error:
        device.make_room(error)  # some drivers find out only now that a buffer has no place
        event = cl.enqueue_nd_range_kernel(queue, kernel.cl_kernel, global_size, local_size)
    if callers is not None:
        device.counters.kernels_launched += 1
        return
    device.note_launch(event)
    for recorder in _recorders:
        recorder.append((kernel, global_size, event))


def _set_arguments(kernel: Kernel, args: Sequence[Argument]) -> None:
    """Set the arguments that differ from the last launch's.

    The setters that PyOpenCL's own invokers use take 0.1 µs for a scalar, `Kernel.set_arg` takes 5.
    """
    last = kernel.last
    cl_kernel: Any = kernel.cl_kernel
    if len(args) != len(last):
        raise ValueError(f"launch: {kernel.name} got {len(args)} arguments, expected {len(last)}")
    buffers: list[object] = []
    scalars: list[object] = []
    try:
        for index, arg in enumerate(args):
            if isinstance(arg, Buffer):
                # a key stands for the memory without keeping it: an address may come back
                if arg.key is last[index] and arg.key is not None:
                    continue
                check_device(kernel, index, arg)
                buffers += (index, arg.memory if arg.nbytes else None)
                last[index] = arg.key
            elif arg is not last[index]:
                scalars += (index, arg)
                last[index] = arg
        if buffers:
            cl_kernel._set_arg_multi(tuple(buffers))
        if scalars:
            cl_kernel._set_arg_buf_multi(tuple(scalars))
    except BaseException:
        # the driver may hold some of the new arguments and not others
        last[:] = [None] * len(last)
        raise


def check_device(kernel: Kernel, index: int, buffer: Buffer) -> None:
    """Raises ValueError where a kernel is given memory of another device."""
    if buffer.device is not kernel.device:
        raise ValueError(
            f"launch: argument {index} of {kernel.name} is on {buffer.device}, expected "
            f"{kernel.device}"
        )


def refused(launch: Launch, args: Sequence[Argument], error: cl.Error) -> RuntimeError:
    """What to raise where the driver refused a launch."""
    kernel, global_size, local_size = launch
    no_memory = error.code in NO_MEMORY
    kind = OutOfMemoryError if no_memory else LaunchError
    described = ", ".join(
        repr(arg) if isinstance(arg, Buffer) else f"{arg.dtype} {arg}" for arg in args
    )
    return kind(
        f"launch: {kernel.device} refused {kernel.name} with global size {global_size}, local size "
        f"{local_size}: {error}\nArguments: {described}\n"
        f"The device's limits: work-group {kernel.device.facts.max_work_group}, for this kernel "
        f"{kernel.max_work_group}; local memory {kernel.device.facts.local_mem_bytes} bytes."
        + (f"\n{kernel.device.pool.holders()}" if no_memory else "")
    )


@dataclass(frozen=True)
class Stats:
    """Counts of all devices together; sizes in bytes."""

    programs_built: int = 0
    programs_from_disk: int = 0
    kernels_launched: int = 0
    bytes_allocated: int = 0  # asked of the drivers
    bytes_in_use: int = 0
    peak_bytes_in_use: int = 0
    bytes_held: int = 0
    bytes_waiting: int = 0
    buffers_alive: int = 0


def stats() -> Stats:
    """What was built, launched and allocated since the start, or since `reset_stats()`."""
    totals: dict[str, int] = {}
    for device in devices():
        for counts in (vars(device.counters), device.memory_stats()):
            for name, count in counts.items():
                totals[name] = totals.get(name, 0) + count
    return Stats(**totals)


def reset_stats() -> None:
    """Set the counters to zero, and peaks to what is in use now."""
    for device in devices():
        with device.lock:
            for name in vars(device.counters):
                setattr(device.counters, name, 0)
        device.pool.reset_peak()


@contextmanager
def profile() -> Iterator[list[tuple[str, float, tuple[int, ...]]]]:
    """Times every kernel launched inside: (name, seconds on the device, global size).

    The list is filled at the end. Covers all threads and devices. Launches cost about a microsecond
    more inside.
    """
    records: list[tuple[str, float, tuple[int, ...]]] = []
    running: list[tuple[Kernel, tuple[int, ...], cl.Event]] = []
    with _recorders_lock:
        for device in devices():
            device.set_profiling(True)
        _recorders.append(running)
    try:
        yield records
    finally:
        with _recorders_lock:
            _recorders[:] = [recorder for recorder in _recorders if recorder is not running]
            for device in devices():
                device.synchronize()
                device.set_profiling(bool(_recorders))
        for kernel, global_size, event in running:
            seconds = (event.profile.end - event.profile.start) * 1e-9
            records.append((kernel.name, seconds, global_size))
