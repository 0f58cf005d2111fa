"""Memory from birth: what is written step after step is stored, and stored apart, before the first.

Interned nodes make two `zeros(n)` one value, and a pending initial value is work that only the
first step would do: with either, the first step's graph is not the second one's.
"""

import numpy as np

from lazygrad.codegen import ops
from lazygrad.codegen.graph import Node

from .handle import TensorBase
from .pending import alias_source
from .realize import from_host, realize, to_host

__all__ = ["store_apart"]


def store_apart(*tensors: TensorBase) -> None:
    """Computes tensors, each into memory that no other tensor has.

    Raises what `realize` raises.
    """
    pending = []
    for t in tensors:
        storage = t._base.storage
        fits = (
            storage.node.size * storage.node.dtype.itemsize <= storage.device.facts.max_alloc_bytes
        )
        filled = _filled(storage.node) if fits else None
        if filled is None:
            pending.append(t)
        else:
            storage.rebase(from_host(filled, storage.node.dtype, storage.device))
    realize(*pending)
    for t in pending:
        storage = t._base.storage
        if alias_source(storage.node).holders > 1:
            bits = to_host(storage.node, storage.device)
            storage.rebase(from_host(bits, storage.node.dtype, storage.device))


def _filled(n: Node) -> "np.ndarray[tuple[int, ...], np.dtype[np.generic]] | None":
    """The elements of a pending array of one constant, in their storage type."""
    below = n
    while below.memory is None and below.op.name in ("expand", "reshape", "on", "transfer"):
        below = below.src[0]
    if below.op.name != "const":
        return None
    return np.full(n.shape, n.dtype.to_storage(ops.const_value(below)))
