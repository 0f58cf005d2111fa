"""What the schedule is made of: kernels to be, and what computing a value takes."""

import math
from collections.abc import Callable, Container, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from .attention import Chain
from .graph import Node, Shape

__all__ = [
    "NOTHING", "Free", "Group", "gathers_in_rows", "joined", "mapping_in", "memory_of", "parts",
]  # fmt: skip


@dataclass(eq=False, slots=True)
class Group:
    """One kernel to be. `mapping` gives for each member's dimensions the domain axes."""

    number: int
    kind: str  # map, reduce, attention, or the anchor's: contract, scan, argsort, topk, scatter
    shape: Shape
    reduced: frozenset[int]
    level: int
    anchor: Node | None = None
    outputs: list[Node] = field(default_factory=list)
    mapping: dict[Node, tuple[int, ...]] = field(default_factory=dict)
    reads: set[Node] = field(default_factory=set)
    ops: set[Node] = field(default_factory=set)
    consumed: bool = False
    reason: str = ""
    chain: Chain | None = None
    scratch: int = -1  # the slot of an argsort's second buffer


@dataclass(frozen=True, slots=True)
class Free:
    """What computing a free node takes: the ops, the memory it reads, the cost of an element."""

    ops: frozenset[Node]
    reads: frozenset[Node]
    cost: int


NOTHING = Free(frozenset(), frozenset(), 0)


def mapping_in(n: Node, group: Group, home: Mapping[Node, Group]) -> tuple[int, ...] | None:
    """n's dimensions as axes of the group's domain, or None where it does not lie in it."""
    if group.kind not in ("reduce", "contract"):
        return None
    found: list[int] = [-1] * len(n.shape)
    for s in n.src:
        if home.get(s) is not group:
            continue
        for i, axis in enumerate(group.mapping[s], len(n.shape) - len(s.shape)):
            if axis < 0:
                continue
            if found[i] not in (-1, axis):
                return None
            found[i] = axis
    used = [a for a in found if a >= 0]
    if len(set(used)) != len(used):
        return None
    for axis, size in zip(found, n.shape, strict=True):
        if size != 1 and (axis < 0 or group.shape[axis] != size):
            return None
    if group.kind == "contract" and n.size != math.prod(group.shape):
        return None
    return tuple(found)


def gathers_in_rows(n: Node, group: Group, home: Mapping[Node, Group]) -> bool:
    """Whether a gather takes one element of each row that the group walks."""
    x, index = n.src
    axis = n.arg
    row = group.kind == "reduce" and index.shape[axis] == 1
    if not row or group.reduced != frozenset([group.mapping[x][axis]]):
        return False
    if index in home and home[index] is not group:
        return False
    sizes = zip(index.shape, x.shape, strict=True)
    return all(m == k for d, (m, k) in enumerate(sizes) if d != axis)


def memory_of(n: Node, memory: Container[Node]) -> Node:
    """The node whose memory, in the same order, is that of n: reshapes need none."""
    while n not in memory and n.op.name == "reshape":
        n = n.src[0]
    return n


def joined(
    groups: Sequence[Group], fits: Callable[[Set[Node], Set[Node]], bool]
) -> list[Group]:  # fmt: skip
    """The groups, of which reductions over one domain that read the same arrays are one: those of
    a norm's gradients, say. Nobody reads the results of the earlier one, and it may wait."""
    read = set().union(*[g.reads for g in groups])
    found: list[Group] = []
    waiting: dict[tuple[Shape, frozenset[int]], list[Group]] = {}
    for g in sorted(groups, key=lambda g: (g.level, g.number)):
        found.append(g)
        if g.kind != "reduce" or not g.outputs:
            continue
        same = waiting.setdefault((g.shape, g.reduced), [])
        for other in same[-4:]:
            mine, theirs = _arrays(g), _arrays(other)
            near = theirs <= mine or (mine <= theirs and g.level == other.level)
            if mine and theirs and near and fits(g.ops | other.ops, g.reads | other.reads):
                g.outputs = other.outputs + g.outputs
                g.mapping |= other.mapping
                g.ops |= other.ops
                g.reads |= other.reads
                same.remove(other)
                found.remove(other)
        if read.isdisjoint(g.outputs):
            same.append(g)
    return found


def _arrays(group: Group) -> set[Node]:
    """What a group reads that is as large as its domain."""
    return {n for n in group.reads if n.size >= math.prod(group.shape)}


def parts(group: Group, most_outputs: int) -> list[Group]:
    """The group, or where it has too many outputs several that each compute some of them."""
    outputs = group.outputs
    if len(outputs) <= most_outputs:
        return [group] if outputs else []
    chunks = [outputs[k : k + most_outputs] for k in range(0, len(outputs), most_outputs)]
    return [replace(group, outputs=chunk) for chunk in chunks]
