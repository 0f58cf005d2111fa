"""Cuts a graph into kernels. The rule, in full:

1. A node is *free* while it can be computed from memory inside any loop: views and elementwise
   ops over leaves and stored values. Free nodes are computed again wherever they are used, which
   on every device measured costs less than writing and reading them.
2. Reductions, contractions, scans, sorts and scatters open *groups*: a domain (shape and reduced
   axes) that one kernel walks. An elementwise node over a group's values *joins* the group when
   it lies in its domain; so do reductions of the same domain. This is how a softmax, or a
   contraction with bias and activation, becomes one kernel.
3. A value is *stored* where it leaves its group, where it is asked for, where it feeds something
   that reads it often (a sort, a contraction but for `prologue.py`), or where recomputing would
   multiply work: an expression beyond `_MOST_OPS` ops, one that is read at many places
   (`places.py`) or broadcast over much more work, or a dear one (random numbers) beside a
   contraction, whose unrolled text would repeat it.
4. Stored free nodes of one shape that read the same memory share a kernel.
5. Of what leaves a group and is read element by element, later kernels make some again where less
   is stored then (`cut.py`).

Every group has a level above the levels of all groups it reads from, and joins keep it so:
the result has no cycles by construction.
"""

from collections.abc import Callable, Container, Iterable, Sequence, Set

from .attention import Chain, ordered
from .cut import narrow_cuts
from .graph import Node, Shape
from .group import NOTHING, Free, Group, gathers_in_rows, joined, mapping_in, memory_of, parts
from .linear_map import stored_maps
from .places import crowded
from .prologue import Prologue
from .split import unit_reshape

__all__ = ["schedule"]

_MOST_OPS = 200  # compile time grows worse than linearly with the text of a kernel
_MOST_READS = 24
_OWN_ARGUMENTS = 4  # of a kernel that checks indices or sorts, beside what it reads and writes
_DEAR, _SPREAD = 12, 4  # broadcasting a value this dear this many times: store it first
_CHEAP = 4  # operands of attention, of which each element is made again for many rows
_LENGTHY = 32  # beside a contraction, which repeats the text for every register of its block

# whether a contraction can read an operand in place, given what is memory
DirectTest = Callable[[Node, set[Node]], bool]


class _Scheduler:
    def __init__(self, direct: DirectTest, prologue: Prologue, most_inputs: int) -> None:
        self.most_inputs = most_inputs  # arrays and scalars that a kernel reads
        self.groups: list[Group] = []
        self.memory: set[Node] = set()
        self.producer: dict[Node, Group] = {}
        self.home: dict[Node, Group] = {}
        self.free: dict[Node, Free] = {}
        self.by_domain: dict[tuple[Shape, frozenset[int]], list[Group]] = {}
        self.direct, self.prologue = direct, prologue

    def fits(self, ops: Set[Node], reads: Set[Node]) -> bool:
        """Whether one kernel may compute so much from so many arguments."""
        if len(ops) > _MOST_OPS or len(reads) > min(_MOST_READS, self.most_inputs):
            return False
        if len(ops) + len(reads) <= self.most_inputs:
            return True
        return len(reads) + sum(n.op.name == "scalar" for n in ops) <= self.most_inputs

    def level_of(self, reads: Iterable[Node]) -> int:
        return max((self.producer[r].level for r in reads if r in self.producer), default=-1)

    def _admit(self, group: Group, reads: Iterable[Node]) -> bool:
        """Whether `group` may read these; raises its level where nobody depends on it yet."""
        needed = self.level_of(reads)
        if needed < group.level:
            return True
        if group.consumed or any(self.producer.get(r) is group for r in reads):
            return False
        group.level = needed + 1
        return True

    def _read(self, group: Group, reads: Iterable[Node]) -> None:
        for r in reads:
            group.reads.add(r)
            if r in self.producer:
                self.producer[r].consumed = True

    def _open(self, kind: str, shape: Shape, reduced: frozenset[int], reads: Iterable[Node],
              anchor: Node | None = None) -> Group:  # fmt: skip
        reads = list(reads)
        group = Group(len(self.groups), kind, shape, reduced, self.level_of(reads) + 1, anchor)
        self.groups.append(group)
        self._read(group, reads)
        self.by_domain.setdefault((shape, reduced), []).append(group)
        return group

    def info(self, n: Node) -> Free:
        return Free(frozenset(), frozenset([n]), 0) if n in self.memory else self.free[n]

    def store(self, n: Node, reason: str) -> None:
        """Makes n's value memory, as an output of its group or of a map."""
        if n in self.memory:
            return
        group = self.home.get(n)
        if group is None:
            group = self._map_for(n)
        group.outputs.append(n)
        group.reason = group.reason or reason
        self.memory.add(n)
        self.producer[n] = group

    def _map_for(self, n: Node) -> Group:
        f = self.free[n]
        identity = tuple(range(len(n.shape)))
        candidates = [
            g for key, groups in self.by_domain.items() if key[0] == n.shape for g in groups[-4:]
            if g.kind in ("map", "reduce")
        ] if len(self.by_domain) < 64 else [
            g for g in self.by_domain.get((n.shape, frozenset()), [])[-4:] if g.kind == "map"
        ]  # fmt: skip
        for g in reversed(candidates):
            together = (g.reads & f.reads) or (not g.reads and not f.reads)
            small = self.fits(g.ops | f.ops, g.reads | f.reads)
            if together and small and self.level_of(f.reads) < g.level:
                break
        else:
            g = self._open("map", n.shape, frozenset(), f.reads)
        self._read(g, f.reads)
        g.ops |= f.ops
        g.mapping[n] = identity
        return g

    def visit(self, n: Node) -> None:
        kind = n.op.kind
        if n.op.name == "buffer":
            self.memory.add(n)
        elif n.op.name == "scalar":  # an argument: it counts towards the length of a kernel
            self.free[n] = Free(frozenset([n]), frozenset(), 0)
        elif kind == "leaf":
            self.free[n] = NOTHING
        elif kind == "view":
            self._visit_view(n)
        elif kind == "elementwise":
            self._visit_elementwise(n)
        elif kind == "reduce":
            self._visit_reduce(n)
        elif n.op.name == "gather":
            self._visit_gather(n)
        elif kind == "linear":
            self._visit_linear(n)
        else:
            self._visit_anchor(n)

    def _visit_view(self, n: Node) -> None:
        x = n.src[0]
        group = self.home.get(x)
        if group is not None and n.op.name == "reshape":
            mapping = unit_reshape(group.mapping[x], x.shape, n.shape)
            if mapping is not None and x not in self.memory:
                self.home[n] = group
                group.mapping[n] = mapping
                return
        if group is not None:
            self.store(x, f"its {n.op.name} is read elsewhere")
        f = self.info(x)
        starts = [s for s in n.src[1:] if s.op.name == "scalar"]
        if starts and not self.fits(f.ops.union(starts), f.reads):
            self.store(x, "many numbers are arguments")
            f = self.info(x)
        self.free[n] = Free(f.ops.union(starts), f.reads, f.cost) if starts else f

    def _visit_elementwise(self, n: Node) -> None:
        homes = {self.home[s] for s in n.src if s in self.home}
        if homes:
            group = max(homes, key=lambda g: (g.level, g.number))
            if self._join(n, group):
                return
            for s in n.src:
                if s in self.home:
                    self.store(s, "its user lies in another domain")
        for s in n.src:
            f = self.info(s)
            if f.cost >= _DEAR and n.size >= _SPREAD * s.size:
                self.store(s, "dear, and broadcast")
        self.free[n] = self._combined(n)

    def _combined(self, n: Node) -> Free:
        """The free info of n over its operands, storing operands where it would grow too big."""
        while True:
            infos = [self.info(s) for s in n.src]
            all_ops = frozenset([n]).union(*[f.ops for f in infos])
            reads: frozenset[Node] = frozenset().union(*[f.reads for f in infos])
            if self.fits(all_ops, reads):
                return Free(all_ops, reads, sum(f.cost for f in infos) + n.op.cost)
            largest = max(
                (s for s in n.src if s not in self.memory and self.free[s].ops),
                key=lambda s: (len(self.free[s].ops), len(self.free[s].reads)),
            )
            self.store(largest, "the expression is too long for one kernel")

    def _join(self, n: Node, group: Group) -> bool:
        mapping = mapping_in(n, group, self.home)
        if mapping is None:
            return False
        others = [s for s in n.src if self.home.get(s) is not group]
        reads: set[Node] = set()
        new_ops: set[Node] = {n}
        for s in others:
            if s in self.home:
                producer = self.home[s]
                if producer.level >= group.level and group.consumed:
                    return False
            else:
                if group.kind == "contract" and self.info(s).cost >= _LENGTHY:
                    self.store(s, "dear, beside a contraction")
                f = self.info(s)
                reads |= f.reads
                new_ops |= f.ops
        if not self.fits(group.ops | new_ops, group.reads | reads):
            return False
        if not self._admit(group, reads):
            return False
        for s in others:
            if s in self.home and not self._merged(self.home[s], group):
                self.store(s, "two groups meet")
                if not self._admit(group, [s]):
                    return False
                reads.add(s)
        self._read(group, reads)
        group.ops |= new_ops
        self.home[n] = group
        group.mapping[n] = mapping
        return True

    def _merged(self, other: Group, group: Group) -> bool:
        """Takes a group of the same domain, of which nothing is stored yet, into `group`."""
        if other is group:
            return True
        domain = (group.kind, group.shape, group.reduced)
        if other.outputs or domain != (other.kind, other.shape, other.reduced):
            return False
        if group.kind != "reduce" or not self.fits(
            group.ops | other.ops, group.reads | other.reads
        ):
            return False
        if not self._admit(group, other.reads):
            return False
        for n in other.mapping:
            self.home[n] = group
        group.mapping |= other.mapping
        group.ops |= other.ops
        self._read(group, other.reads)
        self.by_domain[other.shape, other.reduced].remove(other)
        return True

    def _visit_reduce(self, n: Node) -> None:
        x = n.src[0]
        axes = frozenset(n.arg[0] if isinstance(n.arg[0], tuple) else n.arg)
        identity = tuple(range(len(x.shape)))
        group = self.home.get(x)
        if group is not None:
            whole = x.shape == group.shape and group.mapping[x] == identity
            if group.kind == "reduce" and whole and group.reduced == axes:
                self._member(n, group, identity, frozenset([n]))
                return
            self.store(x, "reduced along other axes")
        f = self.info(x)
        for g in reversed(self.by_domain.get((x.shape, axes), [])[-4:]):
            small = self.fits(g.ops | f.ops | {n}, g.reads | f.reads)
            together = g.kind == "reduce" and g.reads & f.reads
            if together and small and self._admit(g, f.reads):
                break
        else:
            g = self._open("reduce", x.shape, axes, f.reads, n)
        self._read(g, f.reads)
        self._member(n, g, identity, f.ops | {n})

    def _member(self, n: Node, group: Group, mapping: tuple[int, ...],
                new_ops: frozenset[Node]) -> None:  # fmt: skip
        self.home[n] = group
        group.mapping[n] = mapping
        group.ops |= new_ops

    def _visit_gather(self, n: Node) -> None:
        x = n.src[0]
        group = self.home.get(x)
        if group is not None and self._gather_in_row(n, group):
            return
        for s in n.src:
            if s in self.home:
                self.store(s, "gathered from")
        f = self.info(x)
        if f.cost and n.size > 2 * x.size:
            self.store(x, "gathered from often")
        self.free[n] = self._combined(n)

    def _gather_in_row(self, n: Node, group: Group) -> bool:
        """One element of each row of a row group: read at a computed place, nothing stored."""
        if not gathers_in_rows(n, group, self.home):
            return False
        f = NOTHING if n.src[1] in self.home else self.info(n.src[1])
        if not self._admit(group, f.reads):
            return False
        self._read(group, f.reads)
        self._member(n, group, group.mapping[n.src[0]], f.ops | {n})
        return True

    def _visit_linear(self, n: Node) -> None:
        """Free above what is read in place: kernels unroll the axis, wherever it lies."""
        if n.src[0].op.kind != "linear":
            self._store_operand(n.src[0])
        self.free[n] = self._combined(n)

    def _visit_anchor(self, n: Node) -> None:
        """Contractions, scans, sorts, scatters: groups of their own."""
        for s in n.src:
            if s in self.home:
                self.store(s, f"operand of {n.op.name}")
        if n.op.name == "contract":
            computed = self.prologue(n, self.memory, self.free)
            for s in (s for s in n.src if s is not computed):
                self._store_operand(s)
        elif n.op.kind == "sort":
            base = memory_of(n.src[0], self.memory)
            self.store(base, f"read often by {n.op.name}")
            self._read_through(n.src[0], base)
        elif n.op.name == "scatter" and self.info(n.src[0]).ops:
            self.store(n.src[0], "read often by scatter")
        reads: set[Node] = set().union(*[self.info(s).reads for s in n.src])
        group = self._open(n.op.name, n.shape, frozenset(), reads, n)
        group.ops = set().union(*[self.info(s).ops for s in n.src]) | {n}
        identity = tuple(range(len(n.shape)))
        self._member(n, group, identity, frozenset([n]))
        if n.op.name != "contract":
            self.store(n, f"result of {n.op.name}")

    def visit_chain(self, chain: Chain, wanted: Sequence[Node]) -> None:
        """A group for those results of a chain that are wanted."""
        for n in chain.leaves:
            if n in self.home:
                self.store(n, "operand of attention")
        operands = {s for n in (*chain.scores, *chain.results) for s in n.src}
        for n in chain.leaves:
            if n in operands and self.info(n).cost > _CHEAP:
                self.store(n, "operand of attention, read often")
        reads: set[Node] = set().union(*[self.info(n).reads for n in chain.leaves])
        group = self._open("attention", chain.shape, frozenset(), reads, wanted[0])
        group.chain = chain
        group.ops = set().union(*[self.info(n).ops for n in chain.leaves])
        group.ops |= {*chain.tile, *chain.results}
        for n in wanted:
            self._member(n, group, tuple(range(len(n.shape))), frozenset([n]))
            self.store(n, "result of attention")

    def _store_operand(self, n: Node) -> None:
        """An operand of a contraction is read often: memory, through views that only stride."""
        base = n
        while base not in self.memory and base.op.kind == "view":
            if base.op.name in ("pad", "skew"):
                break
            base = base.src[0]
        if base not in self.memory and base.op.kind != "leaf":
            self.store(base, "operand of contract")
        if n not in self.memory and not self.direct(n, self.memory):
            self.store(n, "operand of contract, packed")
            return
        self._read_through(n, base)

    def _read_through(self, view: Node, base: Node) -> None:
        """What lies between a view and the stored value below it only strides now."""
        while view not in self.memory:
            self.free[view] = Free(frozenset(), frozenset([base]), 0)
            view = view.src[0]


def schedule(
    outputs: Sequence[Node], direct: DirectTest, prologue: Prologue, max_arguments: int = 64,
    chains: Sequence[Chain] = (), alone: Container[Node] = (), copies: Iterable[Node] = (),
) -> list[Group]:  # fmt: skip
    """The groups that compute `outputs` (none a buffer), in an order that works. No kernel takes
    more than `max_arguments` arguments. `chains` are groups of their own; what is `alone` is stored
    before anything joins it; `copies` are views that are stored."""
    room = max_arguments - _OWN_ARGUMENTS
    most_outputs = max(1, room // 4)
    scheduler = _Scheduler(direct, prologue, room - most_outputs)
    stored = dict.fromkeys(crowded(outputs), "read at many places")
    stored |= dict.fromkeys(stored_maps(outputs), "its linear map is unrolled")
    stored |= dict.fromkeys(copies, "rows of a contraction, in panels")
    order = ordered(outputs, chains)
    for n in order:
        if isinstance(n, Chain):
            scheduler.visit_chain(n, [r for r in n.results if r in order])
            continue
        if n not in scheduler.memory:
            scheduler.visit(n)
        if n in stored:
            scheduler.store(n, stored[n])
        if n in alone:
            scheduler.store(n, "much is read and written beside it")
            del scheduler.home[n]
    for n in outputs:
        scheduler.store(n, "asked for")
    narrow_cuts(scheduler.groups, set(outputs), scheduler.fits)
    made = joined(scheduler.groups, scheduler.fits)
    return [part for g in made for part in parts(g, most_outputs)]
