"""Work-groups for kernels whose items know nothing of each other.

Items are numbered in one dimension, so that consecutive ones touch neighbouring memory and no
grid is too long for a driver; the last work-group is filled up with items that do nothing.
"""

from dataclasses import replace

from . import ops
from .index import Condition, Ix, Var
from .kernel import Define, If, Kernel, Position, Statement, ctype_of
from .limits import Limits

__all__ = ["in_groups"]

_INT = ctype_of(ops.DTYPES["int32"])
_ITEMS = 256  # of a work-group: enough to hide latency, few enough to share registers


def in_groups(kernel: Kernel, limits: Limits, most: int = _ITEMS) -> Kernel:
    """`kernel`, written for groups of one item, with groups of up to `most`."""
    if kernel.arrays or any(n != 1 for n in kernel.local_size):
        return kernel
    count = 1
    for n in kernel.global_size:
        count *= n
    items = min(most, limits.group_items)
    while items > 32 and count <= items // 2:
        items //= 2
    if items == 1 or count == 1:
        return kernel
    padded = -(-count // items) * items
    item = Var("item", 0, padded - 1)
    places: list[Statement] = []
    stride = 1
    for var, n in zip(kernel.item_vars, kernel.global_size, strict=True):
        at = Ix.of(item) // stride
        stride *= n
        if var.hi > var.lo:
            if stride < count:
                at = at % n
            places.append(Define(var.name, _INT, Position(at), var=var))
    body: tuple[Statement, ...] = (*places, *kernel.body)
    if padded > count:
        body = (If((Condition(Ix.of(item), 0, count),), body),)
    return replace(kernel, item_vars=(item,), body=body, global_size=(padded,), local_size=(items,))
