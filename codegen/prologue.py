"""Prologues of contractions: an operand that is computed while its panel is staged, or looked up
where its rows are read, instead of being stored before.

It pays where the cost model says that the arithmetic, repeated by each work-item that stages the
panel, takes less than another kernel that writes the operand. Only contractions that are the only
ones to read an operand compute it: what several read is stored once.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set

from .contraction_cost import cost
from .contraction_form import Names, is_direct
from .contraction_schedule import candidates
from .graph import Node, toposort
from .group import Free
from .limits import Limits

__all__ = ["Prologue", "Prologues", "storing", "views"]

# the operand that a contraction computes while it stages it, given what is memory and what is free
Prologue = Callable[[Node, set[Node], Mapping[Node, Free]], Node | None]

_DEAR = 32  # the cost of an element beyond which each is computed once
_MOST_READS = 8  # arrays and scalars, beside what else the kernel takes
_READERS = ("contract", "scan", "sort", "scatter")  # kinds and names of what reads memory often


def views(n: Node) -> list[Node]:
    """A node and what it is a view of, down to what computes."""
    found = [n]
    while found[-1].op.kind == "view":
        found.append(found[-1].src[0])
    return found


class Prologues:
    """What the graph of `outputs` has besides the contraction that asks decides it too."""

    def __init__(self, outputs: Sequence[Node], limits: Limits) -> None:
        self._limits = limits
        self._readers: Counter[Node] = Counter(outputs)
        for n in toposort(outputs):
            if n.op.kind in _READERS or n.op.name in _READERS:
                self._readers.update(x for s in n.src for x in views(s))

    def operand(self, n: Node, memory: set[Node], free: Mapping[Node, Free]) -> Node | None:
        """The operand that the contraction `n` computes; it reads all others from memory."""
        possible = [s for s in n.src if s not in memory and self._possible(s, free)]
        if not possible:
            return None
        operand = max(possible, key=lambda s: s.size)
        there = set(free[operand].reads)
        for s in n.src:
            if s is not operand:
                base = views(s)[-1]
                there.add(base if is_direct(s, there | {base}) else s)
        return operand if self._pays(n, operand, there) else None

    def _possible(self, s: Node, free: Mapping[Node, Free]) -> bool:
        chain, limits = views(s), self._limits
        makes = chain[-1].op.kind == "elementwise" or chain[-1].op.name == "gather"
        alone = all(self._readers[x] <= 1 for x in chain)
        if limits.kind == "gpu" or limits.plain or not (makes and alone):
            return False
        scalars = sum(x.op.name == "scalar" for x in free[s].ops)
        return free[s].cost <= _DEAR and len(free[s].reads) + scalars <= _MOST_READS

    def _pays(self, n: Node, operand: Node, there: Set[Node]) -> bool:
        computed, stored = (
            min((cost(form, self._limits) for form in candidates(n, Names(memory), self._limits)),
                default=math.inf)
            for memory in ({*there}, {*there, operand})
        )  # fmt: skip
        return computed < stored + storing(operand, self._limits)


def storing(operand: Node, limits: Limits) -> float:
    """What a kernel that writes the operand takes, in slots of the multiply-add unit."""
    rates, units = limits.rates, limits.compute_units
    written = operand.size * operand.dtype.itemsize
    ns = rates.launch_ns + 2 * written / units / rates.read_rate(written, units)
    lanes = max(1, limits.register_bytes // max(4, operand.dtype.compute_size))
    return ns * units * rates.fma_rate / lanes
