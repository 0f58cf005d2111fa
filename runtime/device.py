"""A device: what it is, its context, its in-order queue, and waiting for it."""

import gc
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import pyopencl as cl

from . import huge_pages
from .errors import LaunchError, format_bytes
from .facts import implementation_of, query_facts
from .pool import NO_MEMORY, Pool

# launches between two events that a wait stops at, and so many of them pending at most
CHECKPOINT_LAUNCHES = 64
PENDING_CHECKPOINTS = 64
# Intel's: a queue whose commands run in the thread that submits them, see `callers_queue`
EXEC_BY_LOCAL_THREAD = "cl_intel_exec_by_local_thread"
THREAD_LOCAL_EXEC_ENABLE = 1 << 31

Result = TypeVar("Result")
# for threads to come back from a driver when the interpreter ends
SECONDS_AT_THE_END = 20.0


@dataclass
class Counters:
    """Counts since the start, or since `reset_stats()`."""

    programs_built: int = 0
    programs_from_disk: int = 0
    kernels_launched: int = 0


class ForkedLock:
    """Stands where the lock was: the driver's threads do not live on in a forked child."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> NoReturn:
        raise RuntimeError(
            f"Device: {self._name} was found before this process was forked, expected a process "
            "that found its devices itself: OpenCL does not survive a fork.\n"
            'Start workers with multiprocessing.get_context("spawn"), or keep them to NumPy.'
        )

    def __exit__(self, *exc: object) -> None:
        pass

    def acquire(self, blocking: bool = True) -> bool:
        """Never: finalizers, which ask without waiting, leave things as they are."""
        return False


class DriverCalls:
    """Entered around calls that may last, of drivers that take calls of several threads at once.

    At the interpreter's end no other thread may be inside: Python ends a daemon thread that comes
    back, and C++ ends the process when that passes through it.
    """

    def __init__(self) -> None:
        # by thread: what a Ctrl-C leaves here is the main thread's, which nobody waits for
        self._inside: dict[int, None] = {}
        self._closed = False

    def __enter__(self) -> None:
        if self._closed:
            pause_daemon()
        self._inside[threading.get_ident()] = None

    def __exit__(self, *exc: object) -> None:
        self._inside.pop(threading.get_ident(), None)

    def close(self, seconds: float) -> None:
        """Lets no thread but this one in any more; waits for those inside."""
        self._closed = True
        deadline = time.monotonic() + seconds
        while set(self._inside) - {threading.get_ident()} and time.monotonic() < deadline:
            time.sleep(0.001)


class ClosedLock:
    """Stands where the lock was when the interpreter ends: only the main thread goes on."""

    def __enter__(self) -> None:
        pause_daemon()

    def __exit__(self, *exc: object) -> None:
        pass

    def acquire(self, blocking: bool = True) -> bool:
        """Never: finalizers, which ask without waiting, find modules without their contents."""
        return False


def pause_daemon() -> None:
    """Keeps a thread other than the main one here until the interpreter has ended."""
    if threading.current_thread() is not threading.main_thread():
        time.sleep(10)
        raise RuntimeError("Device: the interpreter ends, expected no computation in a thread")


class Device:
    """An OpenCL device. `str(device)` (such as "pocl:0") finds it again; compared by identity.

    Attributes:
        name: the device's own name.
        platform: the name of the platform that offers it.
        implementation: short name of the driver: "pocl", "intel", "nvidia", ...
        kind: "cpu", "gpu" or "accelerator".
        index: position in `devices()`.
        driver_version: as the driver tells it.
        facts: limits and oddities.
    """

    def __init__(self, cl_device: cl.Device) -> None:
        platform = cl_device.platform
        self.cl_device = cl_device
        self.name: str = cl_device.name.strip()
        self.platform: str = platform.name.strip()
        self.platform_version: str = platform.version.strip()
        self.driver_version: str = cl_device.driver_version.strip()
        self.implementation = implementation_of(self.platform, platform.vendor, self.name)
        self.facts = query_facts(cl_device, self.implementation)
        self.kind = self.facts.kind
        self.index = 0
        self.ordinal = 0  # among the devices of the implementation
        self.counters = Counters()
        # one lock for arguments and launches: an in-order queue takes one at a time anyway
        self.lock: Any = threading.RLock()
        # held while waiting, where the driver cannot take a call from another thread meanwhile
        self.waiting: Any = DriverCalls() if self.facts.thread_safe else self.lock
        self.pool = Pool(self.implementation, self.facts, self._create_buffer)
        self._context: cl.Context | None = None
        self._queue: cl.CommandQueue | None = None
        self._profiling = False
        self._queues: dict[bool, cl.CommandQueue] = {}
        self._checkpoints: deque[cl.Event] = deque()
        self._callers_queue: cl.CommandQueue | None = None
        self._last: cl.Event | None = None  # of what was submitted
        self._submitted = self._finished = 0  # commands so far, and how many have surely run
        self._staged: deque[tuple[cl.Event, int]] = deque()
        self._staged_bytes = 0

    def __str__(self) -> str:
        return f"{self.implementation}:{self.ordinal}"

    def __repr__(self) -> str:
        units = self.facts.compute_units
        return (
            f"<Device {self}: {self.name}, {self.kind}, {units} compute unit{'s' * (units != 1)}, "
            f"{format_bytes(self.facts.global_mem_bytes)}, driver {self.driver_version}>"
        )

    def __copy__(self) -> "Device":
        return self

    def __deepcopy__(self, memo: object) -> "Device":
        return self

    @property
    def context(self) -> cl.Context:
        """The OpenCL context, made on first use."""
        if self._context is None:
            self._open()
        assert self._context is not None
        return self._context

    @property
    def queue(self) -> cl.CommandQueue:
        """The in-order queue that everything on this device goes through."""
        if self._queue is None:
            self._open()
        assert self._queue is not None
        return self._queue

    def _open(self) -> None:
        with self.lock:
            if self._context is not None:
                return
            try:
                context = cl.Context([self.cl_device])
                self._queue = self._queue_for(context)
            except cl.Error as error:
                raise LaunchError(f"Device: {self} refused a context: {error}") from error
            self._context = context

    def _create_buffer(self, nbytes: int) -> cl.Buffer:
        flags: Any = cl.mem_flags.READ_WRITE
        if self.facts.memory_comes_late:
            flags |= cl.mem_flags.ALLOC_HOST_PTR
        memory = cl.Buffer(self.context, flags, nbytes)
        if self.kind == "cpu" and self.facts.thread_safe:
            huge_pages.advise(self.queue, memory, nbytes)
        return memory

    def set_profiling(self, enabled: bool) -> None:
        """Send what follows through a queue that takes times, or through the plain one."""
        with self.lock:
            if self._profiling != enabled:
                self.synchronize()
                self._profiling = enabled
                if self._context is not None:
                    self._queue = self._queue_for(self._context)

    def _queue_for(self, context: cl.Context) -> cl.CommandQueue:
        if self._profiling not in self._queues:
            if self._profiling:
                times = cl.command_queue_properties.PROFILING_ENABLE
                queue = cl.CommandQueue(context, self.cl_device, times)
            else:
                queue = cl.CommandQueue(context, self.cl_device)
            self._queues[self._profiling] = queue
        return self._queues[self._profiling]

    def callers_queue(self) -> cl.CommandQueue | None:
        """A queue whose kernels have run, in this thread, when their submission returns.

        For kernels that take less than waking the device's threads. None where the driver has no
        such queue, or where the device has not come to rest: its queues know no common order.
        """
        if self._profiling or EXEC_BY_LOCAL_THREAD not in self.facts.extensions:
            return None
        if self._callers_queue is None:
            flags: Any = THREAD_LOCAL_EXEC_ENABLE
            self._callers_queue = cl.CommandQueue(self.context, self.cl_device, flags)
        return self._callers_queue if self.is_idle() else None

    def note_launch(self, event: cl.Event) -> None:
        """Count a launch; bounds how far the queue may run behind the host."""
        counters = self.counters
        counters.kernels_launched += 1
        self.note_command(event)
        if counters.kernels_launched % CHECKPOINT_LAUNCHES == 0:
            self._checkpoints.append(event)
            self.queue.flush()
            if len(self._checkpoints) > PENDING_CHECKPOINTS:
                self._checkpoints.popleft().wait()

    def note_command(self, event: cl.Event) -> None:
        """Remember that something was submitted."""
        self._last = event
        self._submitted += 1

    def is_idle(self) -> bool:
        """Whether all that was submitted has run, so that waiting for it takes no time."""
        submitted, last = self._submitted, self._last
        if self._finished == submitted or last is None:
            return True
        if last.command_execution_status != cl.command_execution_status.COMPLETE:
            return False
        self._finished = submitted
        return True

    def hold_staged(self, event: cl.Event, nbytes: int, limit: int) -> None:
        """Keep `event`, which holds host memory that the device still reads, until it is done."""
        self._staged.append((event, nbytes))
        self._staged_bytes += nbytes
        done = cl.command_execution_status.COMPLETE
        while self._staged:
            event, nbytes = self._staged[0]
            if self._staged_bytes > limit:
                event.wait()
            elif event.command_execution_status != done:
                return
            self._staged.popleft()
            self._staged_bytes -= nbytes

    def flush(self) -> None:
        """Let the device start on what was submitted; returns at once."""
        if self._queue is not None:
            with self.lock:
                self._queue.flush()

    def wait_checkpoints(self) -> None:
        """Wait in short pieces, so that Ctrl-C is heard between them."""
        while self._checkpoints:
            try:
                event = self._checkpoints.popleft()
            except IndexError:  # another thread waits as well
                return
            with self.waiting:
                event.wait()

    def synchronize(self) -> None:
        """Wait until all that was submitted has run. Raises LaunchError if something failed."""
        submitted = self._submitted
        if self._queue is not None and self._finished != submitted:
            try:
                if self._checkpoints:
                    self.flush()
                    self.wait_checkpoints()
                with self.waiting:
                    self._queue.finish()
            except cl.Error as error:
                raise LaunchError(
                    f"synchronize: a kernel or copy failed on {self}: {error}"
                ) from error
            self._finished = submitted
        if self._staged:
            with self.lock:
                self._staged.clear()
                self._staged_bytes = 0

    def close(self) -> None:
        """At the interpreter's end: waits for what runs, and for the threads that wait for it."""
        try:
            self.synchronize()
        finally:
            if isinstance(self.waiting, DriverCalls):
                self.waiting.close(SECONDS_AT_THE_END)
            if self.lock.acquire(timeout=SECONDS_AT_THE_END):  # and keeps it
                if self.waiting is self.lock:
                    self.waiting = ClosedLock()
                self.lock = ClosedLock()
            self.pool.close(ClosedLock())

    def close_in_child(self) -> None:
        """In a forked child: every call raises, also one that would find nothing to wait for."""
        self.lock = self.waiting = ForkedLock(str(self))
        self._finished = -1
        self.pool.close(self.lock)

    def memory_stats(self) -> dict[str, int]:
        """Bytes in use, at the peak, held from the driver, waiting for reuse; and buffers alive."""
        return self.pool.stats()

    def with_memory(self, call: Callable[[], Result]) -> Result:
        """`call()`; where memory is refused, once more when all is freed that nobody needs."""
        try:
            return call()
        except (cl.Error, MemoryError) as error:
            self.make_room(error)
        return call()

    def make_room(self, error: cl.Error | MemoryError) -> None:
        """Frees all that nobody needs, for another try; raises what is no want of memory."""
        if isinstance(error, cl.Error) and error.code not in NO_MEMORY:
            raise error
        gc.collect()  # cycles may hold tensors
        self.synchronize()  # the driver keeps what kernels still use
        self.empty_cache()

    def empty_cache(self) -> None:
        """Give memory that waits for reuse back to the driver."""
        self.pool.empty()
