"""What kernels leave for later ones: of all cuts through what they compute, the cheapest.

Backward reads several values of one forward kernel that rest on one another: the steps of an
activation, a normalized row beside its statistics. A later kernel may make some of them again from
others. What is stored is a minimum cut of the graph between what cannot be made again
(contractions, reductions, memory) and what later kernels read: a stored value costs its bytes,
written and read, one that is made again the costs of its op.
"""

from collections.abc import Callable, Container, Sequence, Set
from dataclasses import dataclass, field

from .flow import Network
from .graph import Node, toposort
from .group import Group

__all__ = ["narrow_cuts"]

# of the op table's costs, for each element: arithmetic of a core hides behind its memory so far
_WRITE, _READ = 2, 1
_LENGTHY = 32  # beside a contraction, whose text repeats it

Fits = Callable[[Set[Node], Set[Node]], bool]


@dataclass(slots=True)
class _Reader:
    """A group that reads a value, `plainly` where it might compute it element by element."""

    group: Group
    plainly: bool


def narrow_cuts(groups: Sequence[Group], asked: Container[Node], fits: Fits) -> None:
    """Lets groups make again what is cheaper than storing it."""
    readers: dict[Node, list[_Reader]] = {}
    for g in groups:
        for n, plainly in _reads_of(g).items():
            readers.setdefault(n, []).append(_Reader(g, plainly))
    for g in sorted(groups, key=lambda g: (g.level, g.number)):
        if g.kind in ("contract", "reduce"):
            optional = [n for n in g.outputs if n not in asked and _is_optional(n, readers)]
            if optional:
                _narrow(g, optional, readers, fits)


def _reads_of(group: Group) -> dict[Node, bool]:
    """What the group reads, and whether only elementwise and as often as it has elements."""
    found: dict[Node, bool] = {}
    operands = group.anchor.src if group.kind == "contract" and group.anchor is not None else ()
    prologue = set(toposort(operands, group.reads.__contains__))
    for n in toposort(group.outputs, group.reads.__contains__):
        if n in group.reads:
            found.setdefault(n, group.kind in ("map", "reduce", "contract"))
            continue
        plain = n.op.kind in ("reduce", "elementwise") and n not in prologue
        for s in n.src:
            if s in group.reads:
                found[s] = found.get(s, True) and plain and n.size <= s.size
    return found


def _is_optional(n: Node, readers: dict[Node, list[_Reader]]) -> bool:
    known = readers.get(n, [])
    return bool(known) and all(r.plainly for r in known)


def _narrow(
    g: Group, optional: Sequence[Node], readers: dict[Node, list[_Reader]], fits: Fits
) -> None:  # fmt: skip
    later = list({id(r.group): r.group for n in optional for r in readers[n]}.values())
    cut = _Cut(g, optional, {n: [r.group for r in readers[n]] for n in optional})
    if not cut.again:
        return
    changes = []
    for h in later:
        mine = [n for n in optional if n in h.reads and n in cut.again]
        below = toposort(mine, cut.stored.__contains__)
        again = {n for n in below if n not in cut.stored}
        reads = (h.reads - set(mine)) | {n for n in below if n in cut.stored}
        if h.kind == "contract" and sum(n.op.cost for n in again) >= _LENGTHY:
            return
        if not fits(h.ops | again, reads):
            return
        changes.append((h, again, reads))
    for h, again, reads in changes:
        h.ops |= again
        h.reads = reads
    kept = [n for n in g.outputs if n not in optional or n not in cut.again]
    g.outputs = kept + [n for n in cut.added if n not in kept]


@dataclass
class _Cut:
    """The cheapest cut below `optional`: `stored` are values in memory, of which `added` are new;
    `again` is made again."""

    group: Group
    optional: Sequence[Node]
    readers: dict[Node, list[Group]]
    stored: set[Node] = field(default_factory=set)
    added: list[Node] = field(default_factory=list)
    again: set[Node] = field(default_factory=set)

    def __post_init__(self) -> None:
        g = self.group
        order = toposort(self.optional, g.reads.__contains__)
        later = self._groups_above(order)
        network = Network()
        for n in order:
            if n.src or n in g.reads:
                network.edge("source", (n, "in"), self._cost_of_making(n, later[n]))
                network.edge((n, "in"), (n, "out"), self._cost_of_memory(n, later[n]))
                for s in n.src if n not in g.reads else ():
                    network.edge((s, "out"), (n, "in"), float("inf"))
        for n in self.optional:
            network.edge((n, "out"), "sink", float("inf"))
        near = network.near_side("source", "sink")
        if near is None:
            return
        for n in order:
            if (n, "in") in near and (n, "out") not in near:
                self.stored.add(n)
                if n not in g.reads and n not in g.outputs:
                    self.added.append(n)
            elif n.src and (n, "in") not in near:
                self.again.add(n)

    def _groups_above(self, order: Sequence[Node]) -> dict[Node, list[Group]]:
        """The groups that read each node, or what is made of it."""
        found: dict[Node, dict[int, Group]] = {n: {} for n in order}
        for n in reversed(order):
            found[n].update((g.number, g) for g in self.readers.get(n, ()))
            for s in n.src if n not in self.group.reads else ():
                found[s].update(found[n])
        return {n: list(groups.values()) for n, groups in found.items()}

    def _cost_of_making(self, n: Node, later: Sequence[Group]) -> float:
        kind = n.op.kind
        if n in self.group.reads or kind not in ("elementwise", "view"):
            return float("inf")
        return n.op.cost * n.size * len(later) + 2 if kind == "elementwise" else 0

    def _cost_of_memory(self, n: Node, later: Sequence[Group]) -> float:
        g = self.group
        size = n.size * n.dtype.itemsize
        if n in g.reads or (n in g.outputs and n not in self.optional):
            return _READ * size * sum(n not in h.reads for h in later) + 1
        if n not in g.mapping:
            return float("inf")
        return (_WRITE + _READ * len(self.readers.get(n, (n,)))) * size
