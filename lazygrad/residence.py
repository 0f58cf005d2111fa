"""Memory from birth: what is written step after step is stored, and stored apart, before the first.

Interned nodes make two `zeros(n)` one value, and a pending initial value is work that only the
first step would do: with either, the first step's graph is not the second one's.
"""

from collections.abc import Iterable

import numpy as np

from lazygrad.codegen import ops
from lazygrad.codegen.graph import Node

from .handle import TensorBase
from .pending import alias_source
from .placement import Device
from .realize import from_host, realize, realize_nodes, to_host
from .storage import Storage

__all__ = ["store", "store_apart"]


def store_apart(*tensors: TensorBase) -> None:
    """Computes tensors, each into memory that no other tensor has.

    Raises what `realize` raises.
    """
    pending = [t for t in tensors if not _fill(t._base.storage)]
    realize(*pending)
    for t in pending:
        storage = t._base.storage
        if alias_source(storage.node).holders > 1:
            bits = to_host(storage.node, storage.device)
            storage.rebase(from_host(bits, storage.node.dtype, storage.device))


def store(storages: Iterable[Storage]) -> None:
    """Computes those that have no memory yet. Raises what `realize` raises."""
    pending: dict[Device, list[Node]] = {}
    for storage in storages:
        if alias_source(storage.node).memory is None and not _fill(storage):
            pending.setdefault(storage.device, []).append(storage.node)
    for device, nodes in pending.items():
        realize_nodes(nodes, device)


def _fill(storage: Storage) -> bool:
    """Gives a storage its memory where all that it holds is one constant."""
    dtype = storage.node.dtype
    if storage.node.size * dtype.itemsize > storage.device.facts.max_alloc_bytes:
        return False
    filled = _filled(storage.node)
    if filled is None:
        return False
    storage.rebase(from_host(filled, dtype, storage.device))
    return True


def _filled(n: Node) -> "np.ndarray[tuple[int, ...], np.dtype[np.generic]] | None":
    """The elements of a pending array of one constant, in their storage type."""
    below = n
    while below.memory is None and below.op.name in ("expand", "reshape", "on", "transfer"):
        below = below.src[0]
    if below.op.name != "const":
        return None
    return np.full(n.shape, n.dtype.to_storage(ops.const_value(below)))
