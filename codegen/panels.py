"""Rows of contractions in panels: an operand copied so that a tile's rows lie side by side.

Where a contraction's first operand comes transposed, each position of a row lies in a cache line
of its own; where its rows lie whole pages apart, they share the sets of the first cache. Each
panel of the other operand reads all of them again. A copy in panels of as many rows as a tile has
(rows / T, positions, T) is read from front to back instead. It is a value of its own, made by a
kernel before: views lead from it to the operand that the contraction names.
"""

import math
from collections.abc import Sequence, Set

from . import ops
from .attention import sizes_of
from .contraction_cost import cost
from .contraction_form import Form, Names, is_direct
from .contraction_schedule import candidates
from .graph import Node, node, toposort
from .limits import Limits
from .prologue import storing, views

__all__ = ["with_panels"]

_LAUNCHES = 20  # that take as long as the least product of which a copy is made
_COPIED = 32.0  # multiply-adds in whose time an element is copied, beside its memory


def with_panels(
    outputs: Sequence[Node], limits: Limits, others: Set[Node]
) -> tuple[list[Node], set[Node]]:
    """The outputs with operands in panels where the cost model says that it pays, and the copies;
    `others` are contractions that are computed in other ways."""
    new: dict[Node, Node] = {}
    copies: set[Node] = set()
    for old in toposort(outputs):
        src = tuple([new[s] for s in old.src])
        current = old if src == old.src else node(old.op, src, old.arg)
        current.origin = current.origin or old.origin
        if old.op.name == "contract" and old not in others and _is_large(old, limits):
            found = _cheapest(current, limits)
            if found is not None:
                current, copy = found
                current.origin = current.origin or old.origin
                copies.add(copy)
        new[old] = current
    return [new[n] for n in outputs], copies


def _is_large(n: Node, limits: Limits) -> bool:
    """Whether another launch is little beside the multiply-adds."""
    depth = math.prod(m for x, m in sizes_of(n).items() if x not in n.arg[2])
    launch = limits.rates.launch_ns * limits.compute_units * limits.rates.fma_rate
    return n.size * depth > _LAUNCHES * launch


def _cheapest(n: Node, limits: Limits) -> tuple[Node, Node] | None:
    """The contraction with an operand in panels, and the copy; None where it is as good without."""
    memory = {_memory(s) for s in n.src}
    forms = [(cost(form, limits), form) for form in candidates(n, Names(memory), limits)]
    turned = [
        (c, form) for c, form in forms
        if (form.beside or form.colliding) and not form.looked_up
        and form.sizes[form.m[-1]] % form.tile == 0
    ]  # fmt: skip
    if not turned:
        return None
    _, like = min(turned, key=lambda one: one[0])
    packed, copy = _in_panels(n, like)
    costs = [cost(form, limits) for form in candidates(packed, Names({*memory, copy}), limits)]
    whole = min(costs) + _COPIED / like.lanes * copy.size + storing(copy, limits)
    return (packed, copy) if whole < min(c for c, _ in forms) else None


def _memory(s: Node) -> Node:
    """What of an operand is going to be memory: what it is a view of, or itself."""
    base = views(s)[-1]
    return base if is_direct(s, {base}) else s


def _in_panels(n: Node, form: Form) -> tuple[Node, Node]:
    """The contraction with its rows read from panels of a tile's size, and the copy they are in."""
    a, labels, last = form.rows, form.row_labels, form.m[-1]
    at = labels.index(last)
    cut = (*a.shape[:at], a.shape[at] // form.tile, form.tile, *a.shape[at + 1 :])
    axes = [x for x in (*form.batch, *form.m[:-1], last, *form.k) if x in labels]
    order = tuple([labels.index(x) + (labels.index(x) > at) for x in axes] + [at + 1])
    copy = ops.permute(ops.reshape(a, cut), order)
    back = tuple([order.index(d) for d in range(len(order))])
    read = ops.reshape(ops.permute(copy, back), a.shape)
    src = (n.src[0], read) if form.swapped else (read, n.src[1])
    return node(n.op, src, n.arg), copy
