"""The structure of a pending graph: what two steps of a loop have in common.

Values that are bound late (device memory, SCALAR leaves) are numbered in the order of first
visit; everything else is spelled out. Equal keys mean: the same plan, with other arguments.
"""

from collections.abc import Callable, Sequence
from typing import Any

from .graph import Node, toposort

__all__ = ["lookups", "structure"]

_SKIPPED = ("variable", "detach", "on")


def structure(
    outputs: Sequence[Node], stored: Callable[[Node], bool]
) -> tuple[tuple[Any, ...], list[Node], list[Node]]:
    """The key of a graph, its late-bound nodes, and all of its nodes, operands before users.

    Nothing below `stored` nodes is looked at.
    """
    number: dict[Node, int] = {}
    key: list[Any] = []
    late: list[Node] = []
    count = 0
    order = toposort(outputs, stored)
    for n in order:
        name = n.op.name
        if name in _SKIPPED and not stored(n):
            number[n] = number[n.src[0]]  # marks on a value are no part of the computation
            continue
        number[n] = count
        count += 1
        if not n.src or stored(n):
            if name == "scalar":
                key.append(n.dtype)
                late.append(n)
            elif name in ("const", "iota"):
                key.append((name, n.arg))
            else:
                key.append((n.dtype, n.shape))
                late.append(n)
        else:
            key.append((n.op, n.arg, *[number[s] for s in n.src]))
    key.append(tuple([number[n] for n in outputs]))
    return tuple(key), late, order


def lookups(order: Sequence[Node]) -> list[Node]:
    """The nodes that check indices; one without an origin gets that of its nearest user."""
    origin: dict[Node, Any] = {}
    found: list[Node] = []
    for n in reversed(order):
        own = n.origin or origin.get(n)
        for s in n.src:
            origin[s] = origin.get(s) or own
        if n.op.name in ("gather", "scatter"):
            n.origin = own
            found.append(n)
    return found
