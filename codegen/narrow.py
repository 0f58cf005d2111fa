"""What is cut away is not computed: slices of contractions become slices of their operands.

The gradient of padding is such a slice; around small images it cuts away most of the contraction.
"""

from collections import Counter
from collections.abc import Sequence

from . import ops
from .graph import Node, node, toposort
from .window_rules import only_ones_change

__all__ = ["narrow_contractions"]


def narrow_contractions(outputs: Sequence[Node]) -> list[Node]:
    """The outputs over contractions of which nothing is dropped; one with several users stays,
    as each of them may read another part."""
    users = Counter(s for n in toposort(outputs) for s in n.src)
    users.update(outputs)
    new: dict[Node, Node] = {}
    for old in toposort(outputs):
        src = tuple([new[s] for s in old.src])
        current = old if src == old.src else node(old.op, src, old.arg)
        if old.op.name == "slice" and users[old.src[0]] == 1:
            if only_ones_change(old.src[0]) and users[old.src[0].src[0]] == 1:
                current = _below_ones(current)
            else:
                current = _narrowed(current)
        current.origin = current.origin or old.origin
        new[old] = current
    return [new[n] for n in outputs]


def _below_ones(n: Node) -> Node:
    """A slice of a reshape that adds or drops dimensions of 1, as one of its operand."""
    x = n.src[0].src[0]
    there = [d for d, m in enumerate(x.shape) if m != 1]
    own = [d for d, m in enumerate(n.src[0].shape) if m != 1]
    if any(axis not in own for axis, _, _ in n.arg):
        return n
    axes = tuple((there[own.index(axis)], length, step) for axis, length, step in n.arg)
    return ops.reshape(_narrowed(ops.slice_(x, axes, n.src[1:])), n.shape)


def _narrowed(n: Node) -> Node:
    x = n.src[0]
    if x.op.name != "contract":
        return n
    lhs, rhs, out = x.arg
    a, b = x.src
    for (axis, length, step), start in zip(n.arg, n.src[1:], strict=True):
        a = _slice_label(a, lhs, out[axis], length, step, start)
        b = _slice_label(b, rhs, out[axis], length, step, start)
    result = ops.contract(a, b, lhs, rhs, out)
    result.origin = result.origin or x.origin
    return result


def _slice_label(
    x: Node, labels: tuple[int, ...], label: int, length: int, step: int, start: Node
) -> Node:
    if label not in labels:
        return x
    return ops.slice_(x, ((labels.index(label), length, step),), (start,))
