"""A device's memory, handed out again and again.

A fresh buffer costs three times as much to write as one that was used before (page faults), so a
freed block waits in a list of its size for the next request. The queue is in-order: a block may be
handed out while kernels that used it before are still to run.
"""

import functools
import heapq
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import pyopencl as cl

from .errors import OutOfMemoryError, format_bytes
from .facts import Facts
from .forks import lock

SMALLEST = 256
# refused for want of memory, at once or when the memory is first used
NO_MEMORY = frozenset(
    {
        cl.status_code.MEM_OBJECT_ALLOCATION_FAILURE,
        cl.status_code.OUT_OF_RESOURCES,
        cl.status_code.OUT_OF_HOST_MEMORY,
        cl.status_code.INVALID_BUFFER_SIZE,
    }
)


@functools.lru_cache(4096)
def size_class(nbytes: int) -> int:
    """The size a block gets: `nbytes` rounded up, by 12.5 % at most beyond the smallest size."""
    if nbytes <= SMALLEST:
        return SMALLEST
    step = 1 << max((nbytes - 1).bit_length() - 4, 0)
    return -(-nbytes // step) * step


class Block:
    """A piece of device memory; `key` stands for it where it must not be kept alive."""

    __slots__ = ("age", "asked", "holds", "in_use", "key", "label", "memory", "size")

    def __init__(self, memory: cl.Buffer, size: int) -> None:
        self.memory = memory
        self.size = size
        self.key = object()
        self.asked = 0
        self.label = ""
        self.age = 0
        # one for who asked for it, at the bottom, and one for each host view: threads and
        # finalizers take them off without a lock, and who takes the bottom one gives it back
        self.holds: list[bool] = []
        self.in_use = False  # until the pool has seen that it was given back


class Pool:
    """Blocks in use and blocks waiting. `limit` bounds the bytes that wait."""

    _large = 1 << 20  # here, as finalizers still ask for it when the interpreter has ended

    def __init__(self, name: str, facts: Facts, create: Callable[[int], cl.Buffer]) -> None:
        self.name = name
        self.facts = facts
        self.limit = facts.global_mem_bytes // 4
        self._create = create
        self._lock: Any = lock()
        self._free: dict[int, deque[Block]] = {}
        # finalizers run anywhere, inside this class too: they only append here
        self._returned: deque[Block] = deque()
        self._blocks: set[Block] = set()  # all, in use or waiting
        self._alive = 0
        self._clock = 0
        self.bytes_in_use = 0
        self.peak_bytes_in_use = 0
        self.bytes_held = 0
        self.bytes_waiting = 0
        self.bytes_allocated = 0

    def take(self, nbytes: int, label: str) -> Block:
        """A block of at least `nbytes` bytes. Raises OutOfMemoryError."""
        size, most = size_class(nbytes), self.facts.max_alloc_bytes
        if size > most:
            if nbytes > most:
                raise OutOfMemoryError(self._document(nbytes, "more than it gives in one piece"))
            size = most
        with self._lock:
            if self._returned:
                self._collect()
            waiting = self._free.get(size)
            if waiting:
                block = waiting.pop()
                self.bytes_waiting -= size
            else:
                block = self._new_block(nbytes, size)
            self._hand_out(block, nbytes, label)
        return block

    def take_waiting(self, requests: Sequence[tuple[int, str]]) -> list[Block] | None:
        """A waiting block for each size and label; None, and nothing taken, where one has none."""
        blocks: list[Block] = []
        with self._lock:
            if self._returned:
                self._collect()
            for nbytes, _ in requests:
                waiting = self._free.get(size_class(nbytes)) if nbytes else None
                if not waiting:
                    for block in reversed(blocks):
                        self._free[block.size].append(block)
                    return None
                blocks.append(waiting.pop())
            for block, (nbytes, label) in zip(blocks, requests, strict=True):
                self.bytes_waiting -= block.size
                self._hand_out(block, nbytes, label)
        return blocks

    def _hand_out(self, block: Block, nbytes: int, label: str) -> None:
        block.asked, block.label, block.holds, block.in_use = nbytes, label, [True], True
        self._alive += 1
        self.bytes_in_use += nbytes
        if self.bytes_in_use > self.peak_bytes_in_use:
            self.peak_bytes_in_use = self.bytes_in_use

    def give(self, block: Block) -> None:
        """One hold less, of its owner or of a host view; with the last one the block comes back.

        Safe in a finalizer. A small block is looked at by the next request.
        """
        try:
            if not block.holds.pop():
                return
        except IndexError:  # two threads released one buffer
            return
        self._returned.append(block)
        if block.size >= self._large and self._lock.acquire(blocking=False):
            try:
                self._collect()
            finally:
                self._lock.release()

    def close(self, lock: Any) -> None:
        """From now on `lock` stands where the pool's was, and tells why nothing is to be had."""
        self._lock = lock

    def empty(self) -> None:
        """Give all waiting blocks back to the driver."""
        with self._lock:
            self._collect()
            self._evict(0)

    def stats(self) -> dict[str, int]:
        """Counters in bytes, and the number of buffers alive."""
        with self._lock:
            self._collect()
            return {
                "bytes_in_use": self.bytes_in_use,
                "peak_bytes_in_use": self.peak_bytes_in_use,
                "bytes_held": self.bytes_held,
                "bytes_waiting": self.bytes_waiting,
                "bytes_allocated": self.bytes_allocated,
                "buffers_alive": self._alive,
            }

    def reset_peak(self) -> None:
        """Count the peak from now on, and what is asked of the driver from zero."""
        with self._lock:
            self._collect()
            self.peak_bytes_in_use = self.bytes_in_use
            self.bytes_allocated = 0

    def _new_block(self, nbytes: int, size: int) -> Block:
        if self.bytes_held + size > self.facts.global_mem_bytes:
            self._evict(0)
        if self.bytes_held + size > self.facts.global_mem_bytes:
            raise OutOfMemoryError(self._document(nbytes, "more than is left of it"))
        try:
            memory = self._create(size)
        except (cl.MemoryError, cl.RuntimeError, cl.LogicError) as error:
            if error.code not in NO_MEMORY:
                raise
            self._evict(0)
            memory = self._second_try(nbytes, size)
        self.bytes_held += size
        self.bytes_allocated += size
        block = Block(memory, size)
        self._blocks.add(block)
        return block

    def _second_try(self, nbytes: int, size: int) -> cl.Buffer:
        try:
            return self._create(size)
        except (cl.MemoryError, cl.RuntimeError, cl.LogicError) as error:
            raise OutOfMemoryError(self._document(nbytes, f"refused ({error})")) from error

    def _collect(self) -> None:
        while self._returned:
            block = self._returned.popleft()
            block.in_use = False
            self._alive -= 1
            self._clock += 1
            block.age = self._clock
            self.bytes_in_use -= block.asked
            self.bytes_waiting += block.size
            waiting = self._free.get(block.size)
            if waiting is None:
                waiting = self._free[block.size] = deque()
            waiting.append(block)
        if self.bytes_waiting > self.limit:
            self._evict(self.limit)

    def _evict(self, limit: int) -> None:
        """Release the blocks that waited longest, until no more than `limit` bytes wait."""
        while self.bytes_waiting > limit:
            oldest = min((row for row in self._free.values() if row), key=lambda row: row[0].age)
            block = oldest.popleft()
            self.bytes_waiting -= block.size
            self.bytes_held -= block.size
            self._blocks.discard(block)
            block.memory.release()

    def _document(self, nbytes: int, problem: str) -> str:
        facts = self.facts
        return (
            f"allocate: asked {self.name} for {format_bytes(nbytes)}, {problem}; expected at most "
            f"{format_bytes(facts.max_alloc_bytes)} in one buffer, "
            f"{format_bytes(facts.global_mem_bytes)} in all.\n{self.holders()}"
        )

    def holders(self) -> str:
        """What is alive, and who holds most of it, for the message of an error."""
        lines = [
            f"In use: {format_bytes(self.bytes_in_use)} in {self._alive} buffers; "
            f"waiting for reuse: {format_bytes(self.bytes_waiting)}.",
        ]
        alive = [block for block in list(self._blocks) if block.in_use]
        largest = heapq.nlargest(5, alive, key=lambda block: block.asked)
        if largest:
            lines.append("Largest:")
            lines += [f"  {format_bytes(block.asked)}  {block.label}".rstrip() for block in largest]
        lines.append("Split the data into smaller pieces, or delete what is no longer needed.")
        return "\n".join(lines)
