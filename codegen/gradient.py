"""Reverse-mode differentiation as graph to graph, so that gradients have gradients."""

from collections.abc import Callable, Mapping, Sequence

from . import ops
from .factoring import sum_of
from .graph import Node, toposort

__all__ = ["gradient"]


def gradient(
    outputs: Sequence[Node],
    seeds: Sequence[Node],
    wrt: Sequence[Node],
    hooks: Mapping[Node, Callable[[Node], Node]] | None = None,
    apart: bool = False,
) -> list[Node | None]:
    """The gradients of sum(outputs * seeds) for each node of `wrt`; None where none flows.

    Walks the tracked part of the graph once, users before operands; each row's `grad` gives the
    gradients of its operands, which are summed over broadcast axes and accumulated. `hooks` change
    the whole gradient of a node before it goes on. Nodes of `wrt` that rest on one another are
    taken as independent if `apart`. Raises NotImplementedError where a row of the way has none for
    its argument.
    """
    targets = set(wrt)
    ends = targets if apart else set()
    order = toposort(outputs, stop=lambda n: n in ends or not (n.tracked or n in targets))
    reaches: set[Node] = set()
    for n in order:
        if n in targets or (n.tracked and any(s in reaches for s in n.src)):
            reaches.add(n)
    grads: dict[Node, Node] = {}
    for y, seed in zip(outputs, seeds, strict=True):
        _accumulate(grads, y, seed)
    for n in reversed(order):
        g = grads.get(n)
        if g is None or n not in reaches:
            continue
        if hooks is not None and n in hooks:
            g = grads[n] = hooks[n](g)
        if n.op.grad is None or n in ends:
            continue
        if not any(s in reaches for s in n.src):
            continue
        for s, part in zip(n.src, n.op.grad(ops, g, n), strict=True):
            if part is not None and s in reaches:
                if part.origin is None:
                    part.origin = n.origin
                _accumulate(grads, s, ops.unbroadcast(part, s.shape))
    return [grads.get(n) for n in wrt]


def _accumulate(grads: dict[Node, Node], n: Node, part: Node) -> None:
    known = grads.get(n)
    grads[n] = part if known is None else sum_of(known, part)
