"""The one seam: nodes become memory. Finds what to compute together, runs it, reads it back."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from lazygrad import runtime
from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType
from lazygrad.codegen.graph import Node, toposort
from lazygrad.codegen.reference import evaluate
from lazygrad.codegen.structure import lookups
from lazygrad.runtime import Buffer, Device
from lazygrad.runtime.forks import rlock

from . import bad_indices, config, inspection, pending, recording
from .execution import Executable, executable_for, plan_for
from .origin import user_line

__all__ = [
    "copy_of", "from_host", "host_view", "is_realized", "kernels_of", "note_pending",
    "planning_lock", "realize", "realize_nodes", "register_written", "to_host",
]  # fmt: skip

# planning reads and changes nodes that all threads share
planning_lock = rlock()

_MOST_PENDING_NODES = 50_000
_MOST_PENDING_BYTES = 1 << 30
_pending_nodes = 0
_pending_bytes = 0

_PROMISED = object()  # stands for memory while only plans are made


def from_host(array: np.ndarray[Any, Any], dtype: DType, device: Device) -> Node:
    """A stored leaf with a copy of `array`, whose elements are of the dtype's storage type.

    Raises OutOfMemoryError where the device has no room.
    """
    global _pending_bytes
    values = np.ascontiguousarray(array, dtype.numpy)
    label = f"{dtype.name}{list(array.shape)}, copied from the host"
    memory = runtime.allocate(device, values.nbytes, label)
    if values.nbytes:
        runtime.write(memory, values)
    recorder = recording.active()
    if recorder is not None:
        recorder.from_host.append(values.tobytes())
    n = ops.buffer(dtype, array.shape)
    n.memory = memory
    _pending_bytes += values.nbytes
    return n


def copy_of(node: Node, device: Device) -> Node:
    """A leaf with a copy of a stored value.

    Raises OutOfMemoryError, IndexError where the value was spoiled by a bad index.
    """
    bad_indices.look(device)  # the copy is no run of a plan, which would be looked after
    old = _memory(pending.alias_source(node))
    memory = runtime.allocate(device, old.nbytes, "a copy for a compiled call")
    if old.nbytes:
        runtime.copy(old, memory)
    n = ops.buffer(node.dtype, node.shape)
    n.memory = memory
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
    with planning_lock:
        _realize(nodes, device)
        pending.retire()


def _realize(nodes: Sequence[Node], device: Device) -> None:
    global _pending_nodes, _pending_bytes
    targets = [
        n for n in nodes
        if n.memory is None and not pending.is_constant(n) and not _share_memory(n)
    ]  # fmt: skip
    if not targets:
        return
    if bad_indices.is_due(device):
        bad_indices.look(device)
    _pending_nodes = _pending_bytes = 0
    _transfer_first(targets)
    outputs, written, crossing, first = pending.together(targets, device)
    _transfer_first(crossing)
    bases = [pending.alias_source(n) for n in outputs]
    for part in ([pending.alias_source(n) for n in first], bases):
        wanted = list(dict.fromkeys(b for b in part if b.memory is None))
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
    if not n.tracked:
        ops.forget(n)
    return True


def _run(wanted: list[Node], device: Device, written: bad_indices.Written) -> None:
    executable, late, order = executable_for(wanted, device)
    origins = [n.origin for n in lookups(order)] if executable.checks else []
    given = [n.arg.value if n.memory is None else n.memory for n in late]
    made = run_plan(executable, given, origins, written)
    recording.note_run(executable, late, wanted, origins, made)
    for n, memory in zip(wanted, made, strict=True):
        n.memory = memory


def run_plan(
    executable: Executable, given: Sequence[Any], origins: Sequence[Any],
    written: bad_indices.Written,
) -> list[Any]:  # fmt: skip
    """Runs a plan on the memory, or the numbers, of its late-bound leaves; the memory it computed.

    Args:
        origins: the users' lines of its lookups, in order.
        written: storages that get a value of it, with their values before.
    """
    bad_indices.check(given)
    device = executable.device
    word = bad_indices.word(device) if executable.checks else None
    number = bad_indices.number(device)
    if config.DEBUG >= 3:
        with inspection.profiling() as records:
            made = executable.run(given, word, number)
        inspection.timed(executable, records)
    else:
        made = executable.run(given, word, number)
    if bad_indices.watches(executable):
        bad_indices.note(executable, origins, given, made, written)
    return made


def _transfer_first(targets: Sequence[Node]) -> None:
    """Copies what comes from other devices before anything that needs it is planned."""
    for n in toposort(targets, pending.stored):
        if n.op.name != "transfer" or n.memory is not None:
            continue
        source, target = n.arg
        _refuse("it copies between devices")
        host = to_host(n.src[0], source)
        memory = runtime.allocate(target, host.nbytes)
        if host.nbytes:
            runtime.write(memory, host)
        n.memory = memory


def to_host(node: Node, device: Device) -> np.ndarray[Any, Any]:
    """The value as a fresh array of the dtype's storage type; waits for it.

    Raises IndexError where a kernel on the way met an index out of range.
    """
    if pending.is_constant(node):
        return np.array(node.dtype.to_storage(evaluate([node])[0])).reshape(node.shape)
    _refuse("it reads a value on the host")
    realize_nodes([node], device)
    out = np.empty(node.shape, node.dtype.numpy)
    if out.nbytes:
        runtime.read(_memory(node), out.reshape(-1))
    _look(device)
    return out


def _refuse(reason: str) -> None:
    """A call that is recorded cannot be done again without Python."""
    recorder = recording.active()
    if recorder is not None:
        recorder.refuse(f"{reason} at {user_line()}")


def _look(device: Device) -> None:
    with planning_lock:
        bad_indices.look(device)


def host_view(node: Node, device: Device) -> np.ndarray[Any, Any]:
    """The value as a read-only array, without a copy on CPU devices; it keeps the memory alive."""
    _refuse("it reads a value on the host")
    realize_nodes([node], device)
    memory = None if pending.is_constant(node) else _memory(node)
    mapped = runtime.host_view(memory) if memory is not None and memory.nbytes else None
    if mapped is None:
        array = to_host(node, device)
        array.flags.writeable = False
        return array
    _look(device)
    count = node.size * node.dtype.itemsize
    return mapped[:count].view(node.dtype.numpy).reshape(node.shape)


def _memory(node: Node) -> Buffer:
    memory = node.memory
    bad_indices.check([memory])
    assert isinstance(memory, Buffer)
    return memory


def kernels_of(nodes: Sequence[Node], device: Device) -> list[inspection.KernelInfo]:
    """The kernels that realizing these nodes would launch; nothing is run."""
    with planning_lock:
        return _planned(nodes, device)


def _planned(nodes: Sequence[Node], device: Device) -> list[inspection.KernelInfo]:
    parts = [
        (n.arg[0], [n.src[0]])
        for n in toposort(nodes, pending.stored)
        if n.op.name == "transfer" and n.memory is None
    ]
    found: list[inspection.KernelInfo] = []
    for place, asked in (*parts, (device, nodes)):
        targets = [n for n in asked if not pending.ready(pending.alias_source(n))]
        computed = [n for n in targets if not pending.is_constant(n)]
        outputs, _, _, first = pending.together(computed, place)
        planned: list[Node] = []
        try:
            for part in (first, outputs):
                bases = dict.fromkeys(pending.alias_source(n) for n in part)
                wanted = [b for b in bases if not pending.ready(b)]
                if wanted:
                    found += inspection.infos(plan_for(wanted, place.facts, place))
                planned += wanted
                for n in wanted:
                    n.memory = _PROMISED  # the next plan finds it there
        finally:
            for n in planned:
                n.memory = None
    return found


class _Handle(Protocol):
    """What `realize` knows of a tensor."""

    @property
    def _node(self) -> Node: ...

    _base: Any


def realize(*tensors: _Handle) -> None:
    """Computes tensors, planned together for each device, and returns when all is submitted.

    Raises TypeError for what is no tensor, and what planning raises, before anything runs
    (TypeError, BuildError, OutOfMemoryError).
    """
    by_device: dict[Device, list[Node]] = {}
    for t in tensors:
        if not hasattr(t, "_base"):
            raise TypeError(f"realize: got {type(t).__name__}, expected tensors; see lg.tensor")
        node = t._node
        if node.memory is None:
            by_device.setdefault(t._base.device, []).append(node)
    for device, nodes in by_device.items():
        realize_nodes(nodes, device)
    if not by_device:
        pending.retire()
