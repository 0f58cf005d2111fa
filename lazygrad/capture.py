"""A call that was recorded, as runs of plans: what each reads, what becomes of what it computes.

Memory that a run was given is an argument's, a gradient's, that of a storage from before the call
(a parameter, a moving average), or what an earlier run computed; anything else stays as it was.
A replay looks these up anew, so that parameters may be loaded or averaged between two calls.
"""

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lazygrad import runtime
from lazygrad.codegen import ops
from lazygrad.codegen.graph import Node

from . import bad_indices, pending
from .handle import TensorBase, wrap
from .origin import user_line
from .placement import Device
from .realize import planning_lock, realize_nodes, run_plan
from .recording import FollowedArg, Recorder, Run, late
from .storage import Storage, note_overwritten, spent, with_history_of
from .tensor import Tensor

__all__ = ["Before", "Capture", "Source", "StaleError", "capture_of", "is_same"]


class StaleError(Exception):
    """Something that a capture rests on is not as it was: the call is to be recorded anew."""


class Before:
    """What there is before a recorded call: arguments, storages with their values, gradients.

    Args:
        apart: storages that are given memory of their own first, as arguments are.
    """

    def __init__(self, arguments: Sequence[TensorBase], apart: Iterable[Storage] = ()) -> None:
        self.arguments = list(arguments)
        # asked once for each recording: noting every storage when it is made would cost every op
        found = gc.get_objects()  # of any library: only their types may be looked at
        storages = [s for s in found if type(s) is Storage]
        _part(storages, dict.fromkeys([*apart, *[a._base.storage for a in arguments]]))
        self.storages = {s: s.node for s in storages}
        self.memories = {s: pending.alias_source(n).memory for s, n in self.storages.items()}
        self.leaves = [t for t in found if issubclass(type(t), Tensor) and t.is_leaf]
        self.gradients = {id(t): t.grad for t in self.leaves}


def _part(storages: Iterable[Storage], mine: Iterable[Storage]) -> None:
    """Copies each of `mine` whose memory another storage has, too."""
    owners = Counter(id(pending.alias_source(s.node).memory) for s in storages)
    for storage in mine:
        old = pending.alias_source(storage.node).memory
        if old is None or owners[id(old)] == 1:
            continue
        bad_indices.look(storage.device)
        memory = runtime.allocate(storage.device, old.nbytes, "a copy for a compiled call")
        if old.nbytes:
            runtime.copy(old, memory)
        new = with_history_of(storage.node, _leaf(storage.node, memory))
        new.memory = memory
        storage.rebase(new)
        owners[id(old)] -= 1


@dataclass(frozen=True)
class Source:
    """Where memory, or a number, comes from: a kind, and what tells which.

    argument: its place; handle: the same, but the tensor itself; gradient: its leaf (of a result:
    the gradient itself); storage;
    made: the numbers of a run and of its output; number and constant: the node; still: a node whose
    memory stays as it was.
    """

    kind: str
    key: Any
    like: Any = None  # a node of the shape that the value has in the end

    def is_same(self, other: "Source") -> bool:
        """Whether the same call, recorded again, would read the same."""
        if self.kind != other.kind:
            return False
        if self.kind == "number":
            a, b = self.key.arg, other.key.arg
            if isinstance(a, FollowedArg) or isinstance(b, FollowedArg):
                return type(a) is type(b)
            return bool(a.value == b.value or (a.value != a.value and b.value != b.value))
        if self.kind == "still":
            return True  # what was copied from the host is compared by its bytes
        return bool(self.key == other.key if self.kind in ("argument", "handle", "made")
                    else self.key is other.key)  # fmt: skip


@dataclass
class Capture:
    """A call to be done again.

    Attributes:
        events: runs with their sources, and actions.
        values: for each written storage or argument, where its new value comes from.
        gradients: leaves, and where their gradients come from; None: they have none.
        results: where the tensors that are returned come from, or the tensors themselves.
    """

    device: Device
    events: list[Any]
    values: list[tuple[Source, Source]]
    gradients: list[tuple[Any, Source | None]]
    results: list[Any]

    def __post_init__(self) -> None:
        runs = [event for event in self.events if isinstance(event, _Run)]
        self.outside = [
            s for run in runs for s in run.sources if s.kind in ("argument", "gradient", "storage")
        ]

    def replay(self, arguments: Sequence[TensorBase]) -> "list[TensorBase | Source]":
        """Does the call again; the tensors that it returns, or which arguments.

        Raises StaleError, before anything was done, where a recording has to be made anew.
        """
        with planning_lock:
            return self._replay(arguments)

    def _replay(self, arguments: Sequence[TensorBase]) -> "list[TensorBase | Source]":
        if bad_indices.is_due(self.device):
            bad_indices.look(self.device)
        made: dict[tuple[int, int], Node] = {}
        lookup = _Lookup(self, arguments, made)
        targets = [(lookup.storage(where), source) for where, source in self.values]
        for number, event in enumerate(self.events):
            if not isinstance(event, _Run):
                event()
                continue
            given = [lookup.node(source) for source in event.sources]
            wanted = [ops.buffer(n.dtype, n.shape) for n in event.wanted]
            written = [
                (s, s.node) for s, source in targets
                if source.kind == "made" and source.key[0] == number
            ]  # fmt: skip
            run_plan(event.executable, given, wanted, event.origins, written)
            made.update({(number, k): n for k, n in enumerate(wanted)})
            for key in event.last_reads:
                made.pop(key, None)
        line = user_line() if targets else ""
        for storage, source in targets:
            _put(storage, lookup.end(source), line)
        for leaf, end in self.gradients:
            leaf._grad = None if end is None else wrap(lookup.end(end), self.device)
        return [self._result(r, lookup) if isinstance(r, Source) else r for r in self.results]

    def _result(self, source: Source, lookup: "_Lookup") -> "TensorBase | Source":
        if source.kind == "handle":
            return source
        if source.kind == "gradient":
            return source.key.grad  # type: ignore[no-any-return]
        return wrap(lookup.end(source), self.device)


@dataclass(frozen=True)
class _Run:
    executable: Any
    sources: list[Source]
    wanted: Sequence[Node]
    origins: Sequence[Any]
    # what earlier runs made and nobody needs after this one
    last_reads: list[tuple[int, int]] = field(default_factory=list)


class _Lookup:
    """The sources of one replay; what lies outside is asked for, and checked, at its beginning."""

    def __init__(
        self, capture: Capture, arguments: Sequence[TensorBase], made: dict[tuple[int, int], Node]
    ) -> None:
        self.arguments, self.made = arguments, made
        self.outside = {id(source): self._stored(source) for source in capture.outside}

    def storage(self, source: Source) -> Storage:
        if source.kind == "argument":
            mine: Storage = self.arguments[source.key]._base.storage
            return mine
        if source.kind == "gradient":
            if source.key.grad is None:
                raise StaleError("a gradient that it reads is None")
            source = Source("storage", source.key.grad._base.storage)
        storage: Storage = source.key
        return storage

    def _stored(self, source: Source) -> Node:
        storage = self.storage(source)
        node = storage.node
        if node.memory is None:
            node = pending.alias_source(node)
        if node.memory is None:
            realize_nodes([node], storage.device)
            node = pending.alias_source(storage.node)
            if node.memory is None:
                raise StaleError("a tensor that it reads is a constant by now")
        return node

    def node(self, source: Source) -> Node:
        found = self.outside.get(id(source))
        if found is not None:
            return found
        if source.kind == "made":
            return self.made[source.key]
        if source.kind == "number":
            arg = source.key.arg
            if not isinstance(arg, FollowedArg):
                return source.key  # type: ignore[no-any-return]
            return late(arg.recipe(), arg.recipe, arg.dtype)
        if source.kind in ("still", "constant"):
            return source.key  # type: ignore[no-any-return]
        return self._stored(source)

    def end(self, source: Source) -> Node:
        """A leaf with what becomes of a storage, a gradient or a result."""
        node = self.node(source)
        if source.kind == "constant":
            return node
        if source.kind != "made" or node.shape != source.like.shape:
            node = _leaf(source.like, node.memory)
        node.origin = source.like.origin
        return node


def _put(storage: Storage, node: Node, line: str) -> None:
    """The new value of a storage, as a write in place at the user's line gives it."""
    old = storage.node
    note_overwritten(old, None, line)
    new = with_history_of(old, node)
    new.memory = node.memory
    storage.rebase(new)
    pending.settled(storage)


# recordings


class _Sources:
    """Which memory is whose."""

    def __init__(self, before: Before) -> None:
        self.found: dict[int, Source] = {}
        self.owners: dict[int, list[Storage]] = {}
        self.kept: list[Any] = []  # memory whose id is a key here must not go
        for place, argument in enumerate(before.arguments):
            storage = argument._base.storage
            self._note(before.memories[storage], storage, Source("argument", place))
        for leaf in before.leaves:
            gradient = before.gradients[id(leaf)]
            if gradient is not None:
                storage = gradient._base.storage
                self._note(before.memories[storage], storage, Source("gradient", leaf))
        for storage, memory in before.memories.items():
            self._note(memory, storage, Source("storage", storage))

    def _note(self, memory: Any, storage: Storage, source: Source) -> None:
        if memory is None:
            return
        owners = self.owners.setdefault(id(memory), [])
        if storage not in owners:
            owners.append(storage)
        self.found.setdefault(id(memory), source)
        self.kept.append(memory)

    def made(self, number: int, memories: Sequence[Any]) -> None:
        for place, memory in enumerate(memories):
            self.found.setdefault(id(memory), Source("made", (number, place)))
            self.kept.append(memory)

    def sharing(self, memory: Any) -> list[Storage]:
        """The storages of memory that several have: which of them is read, nobody can tell."""
        owners = self.owners.get(id(memory), ())
        return list(owners) if len(owners) > 1 else []

    def of(self, node: Node, memory: Any) -> Source:
        if memory is None:
            return Source("number", node)
        return self.found.get(id(memory)) or Source("still", _leaf(node, memory))


def _leaf(node: Node, memory: Any) -> Node:
    """The stored value without how it was computed."""
    leaf = ops.buffer(node.dtype, node.shape)
    leaf.memory = memory
    return leaf


def capture_of(
    recorder: Recorder, before: Before, results: Sequence[TensorBase], device: Device
) -> Capture:
    """What a recorded call did, everything that it left pending being computed by now."""
    sources = _Sources(before)
    events: list[Any] = []
    met = set()
    for number, event in enumerate(recorder.events):
        if not isinstance(event, Run):
            events.append(event)
            continue
        read = [sources.of(n, m) for n, m in zip(event.late, event.given, strict=True)]
        for memory in event.given:
            shared = sources.sharing(memory)
            if shared:
                recorder.refuse("tensors that it reads share memory")
                recorder.sharing.update(dict.fromkeys(shared))
        met |= {id(s.key.arg.recipe) for s in read
                if s.kind == "number" and isinstance(s.key.arg, FollowedArg)}  # fmt: skip
        wanted = [_shape_of(n) for n in event.wanted]
        events.append(_Run(event.executable, read, wanted, event.origins))
        sources.made(number, event.made)
        if event.executable.device is not device:
            recorder.refuse("it computes on several devices")
    if any(id(recipe) not in met for recipe in recorder.followed):
        recorder.refuse("a number of an optimizer or a stream is changed before it is used")
    places = {a._base.storage: k for k, a in reversed(list(enumerate(before.arguments)))}
    values = []
    for storage, old in before.storages.items():
        if storage.node is not old and storage.node.memory is not None:
            where = Source("argument", places[storage]) if storage in places else (
                Source("storage", storage))  # fmt: skip
            values.append((where, _source_of(storage.node, sources)))
    captured = Capture(
        device, events, [v for v in values if v[1].kind != v[0].kind or v[1].key != v[0].key],
        list(_gradients(before, sources)), [_result(t, before, sources, recorder) for t in results],
    )  # fmt: skip
    _find_last_reads(captured)
    return captured


def _find_last_reads(capture: Capture) -> None:
    """Tells each run what may go after it, so that memory of one run serves the next."""
    ends = [s for _, s in (*capture.values, *capture.gradients)] + capture.results
    kept = {s.key for s in ends if isinstance(s, Source) and s.kind == "made"}
    last: dict[tuple[int, int], _Run] = {}
    for number, event in enumerate(capture.events):
        if isinstance(event, _Run):
            last.update({(number, k): event for k in range(len(event.wanted))})
            last.update({s.key: event for s in event.sources if s.kind == "made"})
    for key, event in last.items():
        if key not in kept:
            event.last_reads.append(key)


def _shape_of(node: Node) -> Node:
    return ops.buffer(node.dtype, node.shape)


def _source_of(node: Node, sources: _Sources) -> Source:
    memory = pending.alias_source(node).memory
    if memory is None:
        return Source("constant", node)
    found = sources.of(node, memory)
    like = _shape_of(node)
    like.origin = node.origin
    return Source(found.kind, found.key, like)


def _gradients(before: Before, sources: _Sources) -> Iterator[tuple[Any, Source | None]]:
    """Leaves whose gradient is another tensor than before the call."""
    for leaf in before.leaves:
        old, new = before.gradients[id(leaf)], leaf.grad
        if new is old:
            continue
        yield leaf, None if new is None else _source_of(new._node, sources)


def _result(t: TensorBase, before: Before, sources: _Sources, recorder: Recorder) -> Any:
    for place, argument in enumerate(before.arguments):
        if t is argument:
            return Source("handle", place)
    if t._base.storage in before.storages:
        return t
    for leaf in before.leaves:
        if t is leaf.grad:
            return Source("gradient", leaf)
    node = t._node
    if node.tracked and node not in pending.differentiated and t._base.node not in spent:
        recorder.refuse(
            "it returns a tensor that requires grad: capture backward() as well, or call it under "
            "no_grad()"
        )
    return _source_of(node, sources)


def is_same(a: Capture, b: Capture) -> bool:
    """Whether two recordings of a call did the same, so that doing it a third time needs none."""
    if len(a.events) != len(b.events) or len(a.values) != len(b.values):
        return False
    for x, y in zip(a.events, b.events, strict=True):
        if isinstance(x, _Run) != isinstance(y, _Run):
            return False
        if isinstance(x, _Run) and not (
            x.executable is y.executable and _all_same(x.sources, y.sources)
        ):
            return False
    mine = {(w.kind, _name(w)): s for w, s in a.values}
    theirs = {(w.kind, _name(w)): s for w, s in b.values}
    if mine.keys() != theirs.keys() or not all(mine[k].is_same(theirs[k]) for k in mine):
        return False
    return _same_ends(a, b)


def _name(source: Source) -> int:
    return source.key if source.kind == "argument" else id(source.key)


def _all_same(a: Sequence[Source], b: Sequence[Source]) -> bool:
    return len(a) == len(b) and all(x.is_same(y) for x, y in zip(a, b, strict=True))


def _same_ends(a: Capture, b: Capture) -> bool:
    """Whether gradients and results come from the same."""
    mine, theirs = dict_of(a.gradients), dict_of(b.gradients)
    if mine.keys() != theirs.keys() or len(a.results) != len(b.results):
        return False
    pairs = [(mine[k], theirs[k]) for k in mine] + list(zip(a.results, b.results, strict=True))
    for x, y in pairs:
        if isinstance(x, Source) and isinstance(y, Source):
            if not x.is_same(y):
                return False
        elif x is not y:
            return False
    return True


def dict_of(gradients: Sequence[tuple[Any, Source | None]]) -> dict[int, Source | None]:
    return {id(leaf): source for leaf, source in gradients}
