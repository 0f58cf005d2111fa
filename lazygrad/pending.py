"""What is realized together: a value, the writes that share its graph, what others still need.

Asking for one value plans with it
- every pending in-place write of a live storage that shares work with it;
- where there are such writes: every pending value that a live tensor holds and that shares work
  with it too, or reads what no live tensor holds any more (it would keep that alive for as long
  as nobody asks for it, step after step);
- what a live tensor holds and was differentiated in that graph (a loss, with the step it drives);
- every value on the way that a live tensor holds;
- where gradients may still be taken of it: what they will read, so that no forward pass runs
  twice.
"""

import threading
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from lazygrad.codegen import ops
from lazygrad.codegen.attention import made_again
from lazygrad.codegen.gradient import gradient
from lazygrad.codegen.graph import Node, toposort
from lazygrad.runtime import Device
from lazygrad.runtime.forks import rlock

__all__ = [
    "StorageLike", "alias_source", "alive", "differentiated", "is_foreseeing", "note_made",
    "register", "retire", "together", "use_up", "writes",
]  # fmt: skip

_ALIASES = ("variable", "detach", "assign", "on", "recomputed", "reshape")
_WORK = ("elementwise", "reduce", "contract", "index", "scan", "sort")


class _Foresight(threading.local):
    on = False


_foresight = _Foresight()


def is_foreseeing() -> bool:
    """Whether this thread builds gradients only to see what they will read."""
    return _foresight.on


class StorageLike(Protocol):
    """What this module knows of a storage."""

    node: Node
    device: Device

    def rebase(self, node: Node) -> None: ...

    def retire(self) -> None: ...


# storages with pending writes, and the stored value that each had before the first of them
_writes: dict[int, tuple["weakref.ref[Any]", Node]] = {}
_lock = rlock()

# outputs whose gradients were taken
losses: "weakref.WeakSet[Node]" = weakref.WeakSet()

# those that were so for the last time: nothing needs to be kept for it any more
differentiated: "weakref.WeakSet[Node]" = weakref.WeakSet()


# storages whose gradient graph a backward has used up
_used_up: "weakref.WeakSet[Any]" = weakref.WeakSet()

# storages with a pending value or a gradient history; the others leave now and then
_made: "deque[weakref.ref[Any]]" = deque()
_most_made = 4096


def note_made(storage: StorageLike) -> None:
    """Notes a storage that is given a value."""
    global _most_made
    _made.append(weakref.ref(storage))
    if len(_made) > _most_made:
        _most_made = max(4096, 2 * len(alive()))


def alive() -> list[Any]:
    """The live storages with a pending value or a gradient history, in the order of making."""
    found = {}
    for _ in range(len(_made)):  # popped and appended one by one: other threads append meanwhile
        try:
            ref = _made.popleft()
        except IndexError:
            break
        storage = ref()
        if storage is not None and (storage.node.memory is None or storage.node.tracked):
            if id(storage) not in found:
                _made.append(ref)
            found[id(storage)] = storage
    return list(found.values())


def use_up(storages: "Iterable[Any]") -> None:
    """Notes that a backward, the last one, went through the graphs of these storages' values."""
    with _lock:
        _used_up.update(storages)


def retire() -> None:
    """Lets stored values go from graphs that are used up, and so these from memory."""
    if not _used_up.data:  # type: ignore[attr-defined]  # `len` is a call into Python
        return
    with _lock:
        for storage in list(_used_up):
            if storage.node.memory is not None:
                _used_up.discard(storage)
                storage.retire()


def register(storage: StorageLike, old: Node) -> None:
    """Notes that `storage` was written to (or, for a gradient, made) and is pending."""
    key = id(storage)
    with _lock:
        known = _writes.get(key)
        if known is not None and known[0]() is storage:
            return
        _writes[key] = weakref.ref(storage, lambda _ref: _writes.pop(key, None)), old


def writes() -> list[tuple[Any, Node]]:
    """The live storages with pending writes, with their values before."""
    with _lock:
        found = [(ref(), old) for ref, old in _writes.values()]
    return [(s, old) for s, old in found if s is not None]


def settled(storage: StorageLike) -> None:
    """The storage's value is stored: it is pending no more."""
    with _lock:
        _writes.pop(id(storage), None)


def stored(n: Node) -> bool:
    """Whether the value is in memory."""
    return n.memory is not None


def ready(n: Node) -> bool:
    """Whether a plan takes the value as given: it is stored, or comes from another device."""
    return n.memory is not None or n.op.name == "transfer"


def alias_source(n: Node) -> Node:
    """The node whose memory serves n too: below marks and reshapes, never a shared constant."""
    while n.memory is None and n.op.name in _ALIASES:
        below = n.src[0] if n.op.name == "reshape" else n.src[-1]
        if is_constant(below):
            return n
        n = below
    return n


def is_constant(n: Node) -> bool:
    """A leaf that is a value by itself: it is never given memory, since all devices share it."""
    return n.memory is None and n.op.kind == "leaf"


class Together(NamedTuple):
    """All nodes to realize, the (storage, old value) of writes among them, and what goes before.

    `crossing` are nodes among them that rest on another device's values, to be copied before.
    `first` are values made of nothing stored: numbers drawn once, say. They have a plan of their
    own, or the first step of a loop would have work in its plan that no later step has.
    """

    nodes: list[Node]
    written: list[tuple[Any, Node]]
    crossing: list[Node]
    first: list[Node]


def together(targets: Sequence[Node], device: Device) -> Together:
    """What to realize with `targets`."""
    written: dict[Node, list[tuple[Any, Node]]] = {}
    for s, old in writes():
        written.setdefault(s.node, []).append((s, old))
    held = [n for n in losses if n.holders and n not in written]
    candidates = [n for n in (*written, *held) if n.memory is None and not is_constant(n)]
    found = _Cones([*targets, *candidates])
    mine = {found.part(t) for t in targets}
    joined = [n for n in candidates if found.part(n) in mine and n not in found.crossing]
    wanted = dict.fromkeys([*targets, *joined])
    crossing: list[Node] = []
    if any(old.memory is not None for n in wanted for _, old in written.get(n, ())):
        left, crossing = _left_behind(wanted, device)
        wanted |= dict.fromkeys(left)
    included = [pair for n in wanted for pair in written.get(n, ())]
    order = toposort(list(wanted), ready)
    resting: set[Node] = set()  # on stored values
    for n in order:
        if ready(n) or not resting.isdisjoint(n.src):
            resting.add(n)
        if n.holders and n.memory is None:
            base = alias_source(n)
            if base.memory is None and base.op.kind in _WORK:
                wanted[base] = None
    for n in _kept_for_backward([t for t in targets if t.tracked], order):
        wanted[n] = None
    first = [] if resting.isdisjoint(wanted) else [n for n in wanted if n not in resting]
    return Together(list(wanted), included, crossing, first)


def _left_behind(wanted: "dict[Node, None]", device: Device) -> tuple[list[Node], list[Node]]:
    """Pending values that share work with `wanted`, or read what no live tensor holds any more.

    With them, those of the latter that other devices' values must be copied for.
    """
    values = [s.node for s in alive() if s.device is device and s.node.memory is None]
    others = [n for n in dict.fromkeys(values) if not n.tracked or n in differentiated]
    others = [n for n in others if n not in wanted and not is_constant(n)]
    if not others:
        return [], []
    found = _Cones([*wanted, *others])
    mine = {found.part(n) for n in wanted}
    reading: set[Node] = set()
    for n in toposort(others, ready):
        if not _is_held(n) if n.memory is not None else not reading.isdisjoint(n.src):
            reading.add(n)
    left = [
        n for n in others
        if n in reading or (found.part(n) in mine and n not in found.crossing)
    ]  # fmt: skip
    return left, [n for n in left if n in found.crossing]


def _is_held(n: Node) -> bool:
    """Whether a live tensor has this stored value, or the one that it is a mark or reshape of."""
    while not n.holders and n.op.name in _ALIASES and n.src:
        n = n.src[0] if n.op.name == "reshape" else n.src[-1]
    return n.holders > 0


class _Cones:
    """Pending graphs sorted into parts that share work; leaves and views of them connect nothing.

    `crossing` are the nodes above a transfer that has not happened.
    """

    def __init__(self, roots: Sequence[Node]) -> None:
        self._above: dict[Node, Node] = {}
        self._part: dict[Node, Node | None] = {}
        self.crossing: set[Node] = set()
        for n in toposort(roots, ready):
            part: Node | None = None
            if not ready(n):
                for s in n.src:
                    part = self._joined(part, self._part[s])
                if n.op.kind in _WORK:
                    self._above[n] = n
                    part = self._joined(part, n)
            if n.memory is None and (ready(n) or any(s in self.crossing for s in n.src)):
                self.crossing.add(n)
            self._part[n] = part

    def _joined(self, a: Node | None, b: Node | None) -> Node | None:
        if a is None or b is None:
            return a or b
        a, b = self._find(a), self._find(b)
        self._above[b] = a
        return a

    def _find(self, n: Node) -> Node:
        above = self._above
        while above[n] is not n:
            above[n] = n = above[above[n]]
        return n

    def part(self, n: Node) -> Node:
        """One node for all that are connected; n itself where it stands alone."""
        part = self._part[n]
        return n if part is None else self._find(part)


def _kept_for_backward(targets: Sequence[Node], order: Sequence[Node]) -> Iterator[Node]:
    """Forward values that the gradients of `targets` will read and that are dear to redo."""
    roots = [t for t in targets if t.dtype.kind == "f" and t not in differentiated]
    variables = [n for n in order if n.op.name == "variable"]
    if not roots or not variables:
        return
    seeds = [ops.expand(ops.const(1.0, t.dtype), t.shape) for t in roots]
    _foresight.on = True
    try:
        found = gradient(roots, seeds, variables)
    except NotImplementedError:
        return  # backward will say so
    finally:
        _foresight.on = False
    forward = set(order)
    operands = {
        _below_views(s) for n in order if n.op.kind == "contract" and n.memory is None
        for s in n.src
    }  # fmt: skip
    gradients = toposort(
        [g for g in found if g is not None], lambda n: n in forward or n.memory is not None
    )
    stack = [s for n in gradients if n not in forward for s in n.src if s in forward]
    stack += [n for n in gradients if n in forward]
    again = made_again(order)
    seen: set[Node] = set()
    while stack:
        n = stack.pop()
        if n in seen or n.memory is not None:
            continue
        seen.add(n)
        kind = n.op.kind
        if n in again:
            stack.extend(n.src)
        elif (
            kind in ("reduce", "contract", "scan", "sort")
            or (kind == "index" and n.src)
            or (n in operands and kind == "elementwise")
        ):
            yield n
        else:
            stack.extend(n.src)


def _below_views(n: Node) -> Node:
    while n.op.kind in ("view", "marker") and n.src:
        n = n.src[0]
    return n
