"""From what a call did to a capture: whose memory each run read, and what became of the results.

Memory is told by identity when the call ends; memory that several storages have is nobody's, and
these are recorded apart the next time.
"""

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lazygrad.codegen import ops
from lazygrad.codegen.graph import Node

from . import pending
from .capture import Capture, CapturedRun, Source, leaf_of
from .handle import TensorBase
from .placement import Device
from .realize import copy_of
from .recording import FollowedArg, Recorder, Run
from .storage import Storage, spent, with_history_of
from .tensor import Tensor

__all__ = ["Before", "capture_of", "is_same"]


class Before:
    """What there is before a recorded call: arguments, storages with their values, gradients.

    Args:
        apart: storages that are given memory of their own first, as arguments are.
    """

    def __init__(self, arguments: Sequence[TensorBase], apart: Iterable[Storage] = ()) -> None:
        self.arguments = list(arguments)
        # asked once for each recording: noting every storage when it is made would cost every op
        found = gc.get_objects()  # of any library: only their types may be looked at
        # another thread may be at making one
        storages = [s for s in found if type(s) is Storage and hasattr(s, "version")]
        _part(storages, dict.fromkeys([*apart, *[a._base.storage for a in arguments]]))
        self.storages = {s: s.node for s in storages}
        self.memories = {s: pending.alias_source(n).memory for s, n in self.storages.items()}
        tensors = [t for t in found if issubclass(type(t), Tensor) and hasattr(t, "_layout")]
        self.leaves = [t for t in tensors if t.is_leaf]
        self.gradients = {id(t): t.grad for t in self.leaves}

    def places(self) -> dict[Storage, Source]:
        """The storages that are another one in another call."""
        places = {}
        for leaf in self.leaves:
            gradient = self.gradients[id(leaf)]
            if gradient is not None:
                places[gradient._base.storage] = Source("gradient", leaf)
        for number, argument in reversed(list(enumerate(self.arguments))):
            places[argument._base.storage] = Source("argument", number)
        return places


def _part(storages: Iterable[Storage], mine: Iterable[Storage]) -> None:
    """Copies each of `mine` whose memory another storage has, too."""
    owners = Counter(id(pending.alias_source(s.node).memory) for s in storages)
    for storage in mine:
        old = pending.alias_source(storage.node).memory
        if old is None or owners[id(old)] == 1:
            continue
        leaf = copy_of(storage.node, storage.device)
        new = with_history_of(storage.node, leaf)
        new.memory = leaf.memory
        storage.rebase(new)
        owners[id(old)] -= 1


class _Sources:
    """Which memory is whose."""

    def __init__(self, before: Before, recorder: Recorder) -> None:
        self.recorder = recorder
        self.foreign = {id(memory) for memory in recorder.foreign}
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
                # None of gradients that another thread has made since
                self._note(before.memories.get(storage), storage, Source("gradient", leaf))
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
        found = self.found.get(id(memory))
        if found is None and id(memory) in self.foreign:
            self.recorder.refuse("another thread computed a part of it")
        return found or Source("still", leaf_of(node, memory))


def capture_of(
    recorder: Recorder, before: Before, results: Sequence[TensorBase], device: Device
) -> Capture:
    """What a recorded call did, everything that it left pending being computed by now."""
    sources = _Sources(before, recorder)
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
        events.append(CapturedRun(event.executable, read, wanted, event.origins))
        sources.made(number, event.made)
        if event.executable.device is not device:
            recorder.refuse("it computes on several devices")
    if any(id(recipe) not in met for recipe in recorder.followed):
        recorder.refuse("a number of an optimizer or a stream is changed before it is used")
    returned = Counter(t._base.storage for t in results)
    if any(n > 1 and s not in before.storages for s, n in returned.items()):
        recorder.refuse("tensors that it returns share memory")
    places = before.places()
    values = []
    for storage in list(recorder.written.values()):
        old = before.storages.get(storage)
        if old is not None and storage.node is not old and storage.node.memory is not None:
            where = places.get(storage) or Source("storage", storage)
            values.append((where, _source_of(storage.node, sources)))
    captured = Capture(
        device,
        events,
        [v for v in values if v[1].kind != v[0].kind or v[1].key != v[0].key],
        list(_gradients(before, sources, recorder)),
        [_result(t, before, sources, recorder) for t in results],
    )
    _find_last_reads(captured)
    return captured


def _find_last_reads(capture: Capture) -> None:
    """Tells each run what may go after it, so that memory of one run serves the next."""
    ends = [s for _, s in (*capture.values, *capture.gradients)] + capture.results
    kept = {s.key for s in ends if isinstance(s, Source) and s.kind == "made"}
    last: dict[tuple[int, int], CapturedRun] = {}
    for number, event in enumerate(capture.events):
        if isinstance(event, CapturedRun):
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
        return Source("constant", node, node)
    found = sources.of(node, memory)
    like = _shape_of(node)
    like.origin = node.origin
    return Source(found.kind, found.key, like)


def _gradients(
    before: Before, sources: _Sources, recorder: Recorder
) -> Iterator[tuple[Any, Source | None]]:
    """Leaves whose gradient is another tensor than before the call."""
    for leaf in list(recorder.graded.values()):
        new = leaf.grad
        if id(leaf) not in before.gradients or new is before.gradients[id(leaf)]:
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
        if isinstance(x, CapturedRun) != isinstance(y, CapturedRun):
            return False
        if isinstance(x, CapturedRun) and not (
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
