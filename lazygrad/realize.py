"""The one seam: nodes become memory. Finds what to compute together, runs it, reads it back."""

import weakref
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from lazygrad import runtime
from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType
from lazygrad.codegen.graph import Node, toposort
from lazygrad.codegen.reference import evaluate
from lazygrad.runtime import Buffer, Device

from . import config, inspection, pending
from .execution import Executable, count_realization, executable_for, plan_for

__all__ = [
    "from_host", "is_realized", "kernels_of", "note_pending", "read", "realize",
    "realize_nodes",
    "register_written", "view",
]  # fmt: skip

# executables whose error word was not looked at since they ran, with the writes to take back
_unchecked: dict[Device, list[tuple[Executable, list[tuple["weakref.ref[Any]", Node]]]]] = {}

_MOST_PENDING_NODES = 50_000
_MOST_PENDING_BYTES = 1 << 30
_pending_nodes = 0
_pending_bytes = 0


def from_host(array: np.ndarray[Any, Any], dtype: DType, device: Device) -> Node:
    """A stored leaf with a copy of `array`, whose elements are of the dtype's storage type.

    Raises OutOfMemoryError where the device has no room.
    """
    global _pending_bytes
    values = np.ascontiguousarray(array, dtype.numpy)
    memory = runtime.allocate(device, values.nbytes)
    if values.nbytes:
        runtime.write(memory, values)
    n = ops.buffer(dtype, array.shape)
    n.memory = memory
    _pending_bytes += values.nbytes
    return n


def is_realized(node: Node) -> bool:
    """Whether the value is in memory."""
    return pending.alias_source(node).memory is not None


def register_written(storage: pending.StorageLike, old: Node) -> None:
    """Notes a pending write: `storage` had the value `old` before."""
    pending.register(storage, old)


def note_pending(device: Device, node: Node) -> None:
    """Called now and then with a new node: bounds what may be pending, in nodes and bytes."""
    global _pending_nodes
    _pending_nodes += 1
    if _pending_nodes > _MOST_PENDING_NODES or _pending_bytes > _MOST_PENDING_BYTES:
        realize_nodes([node], device)


def realize_nodes(nodes: Sequence[Node], device: Device) -> None:
    """Computes the nodes and what belongs with them; returns when all is submitted.

    Raises what planning raises, before anything runs: TypeError for a type the device lacks,
    BuildError, OutOfMemoryError.
    """
    global _pending_nodes, _pending_bytes
    targets = [
        n for n in nodes
        if n.memory is None and not pending.is_constant(n) and not _share_memory(n)
    ]  # fmt: skip
    if not targets:
        return
    _pending_nodes = _pending_bytes = 0
    _transfer_first(targets)
    outputs, written = pending.together(targets)
    bases = [pending.alias_source(n) for n in outputs]
    wanted = list(dict.fromkeys(b for b in bases if b.memory is None))
    if wanted:
        _run(wanted, device, written)
    for n, base in zip(outputs, bases, strict=True):
        n.memory = base.memory
    for storage, _old in written:
        pending.settled(storage)
    for n in {*outputs, *bases}:
        if not n.tracked:
            ops.forget(n)


def _share_memory(n: Node) -> bool:
    """Gives a node the memory of the stored value that it is a reshape of."""
    base = pending.alias_source(n)
    if base.memory is None:
        return False
    n.memory = base.memory
    return True


def _run(wanted: list[Node], device: Device, written: list[tuple[Any, Node]]) -> None:
    executable, late = executable_for(wanted, device)
    count_realization()
    if config.DEBUG >= 2:
        with inspection.profiling() as records:
            buffers = executable.run(late)
        inspection.timed(executable, records)
    else:
        buffers = executable.run(late)
    for n, memory in zip(wanted, buffers, strict=True):
        n.memory = memory
    waiting = _unchecked.setdefault(device, [])
    if executable.errors is not None or waiting:
        taken_back = [(weakref.ref(s), old) for s, old in written if old.memory is not None]
        waiting.append((executable, taken_back))


def _transfer_first(targets: Sequence[Node]) -> None:
    """Copies what comes from other devices before anything that needs it is planned."""
    for n in toposort(targets, pending.stored):
        if n.op.name != "transfer" or n.memory is not None:
            continue
        source, target = n.arg
        host = read(n.src[0], source)
        memory = runtime.allocate(target, host.nbytes)
        if host.nbytes:
            runtime.write(memory, host)
        n.memory = memory


def check_errors(device: Device) -> None:
    """Raises IndexError where a kernel met a bad index since the last look.

    Storages that were written in or after that plan get their values of before back.
    """
    waiting = _unchecked.pop(device, [])
    failed: str | None = None
    for executable, taken_back in waiting:
        if failed is None and executable.errors is not None:
            failed = executable.error()
        elif executable.errors is not None:
            executable.clear_error()
        if failed is not None:
            _take_back(taken_back)
    if failed is not None:
        raise IndexError(failed)


def _take_back(written: list[tuple["weakref.ref[Any]", Node]]) -> None:
    for ref, old in reversed(written):
        storage = ref()
        if storage is not None:
            storage.rebase(old)


def read(node: Node, device: Device) -> np.ndarray[Any, Any]:
    """The value as a fresh array of the dtype's storage type; waits for it.

    Raises IndexError where a kernel on the way met an index out of range.
    """
    if pending.is_constant(node):
        return np.array(node.dtype.to_storage(evaluate([node])[0])).reshape(node.shape)
    realize_nodes([node], device)
    out = np.empty(node.shape, node.dtype.numpy)
    if out.nbytes:
        runtime.read(_memory(node), out.reshape(-1))
    check_errors(device)
    return out


def view(node: Node, device: Device) -> np.ndarray[Any, Any]:
    """The value as a read-only array, without a copy on CPU devices; it keeps the memory alive."""
    realize_nodes([node], device)
    memory = None if pending.is_constant(node) else _memory(node)
    mapped = runtime.host_view(memory) if memory is not None and memory.nbytes else None
    if mapped is None:
        array = read(node, device)
        array.flags.writeable = False
        return array
    check_errors(device)
    count = node.size * node.dtype.itemsize
    return mapped[:count].view(node.dtype.numpy).reshape(node.shape)


def _memory(node: Node) -> Buffer:
    memory = node.memory
    assert isinstance(memory, Buffer)
    return memory


def kernels_of(nodes: Sequence[Node], device: Device) -> list[inspection.KernelInfo]:
    """The kernels that realizing these nodes would launch; nothing is run."""
    targets = [
        n for n in nodes
        if not pending.is_constant(n) and pending.alias_source(n).memory is None
    ]  # fmt: skip
    if not targets:
        return []
    outputs, _ = pending.together(targets)
    bases = dict.fromkeys(pending.alias_source(n) for n in outputs)
    return inspection.infos(plan_for([b for b in bases if b.memory is None], device))


class _Handle(Protocol):
    """What `realize` knows of a tensor."""

    @property
    def _node(self) -> Node: ...

    _base: Any


def realize(*tensors: _Handle) -> None:
    """Computes tensors, planned together for each device, and returns when all is submitted.

    Raises what planning raises, before anything runs (TypeError, BuildError, OutOfMemoryError).
    """
    by_device: dict[Device, list[Node]] = {}
    for t in tensors:
        by_device.setdefault(t._base.device, []).append(t._node)
    for device, nodes in by_device.items():
        realize_nodes(nodes, device)
