"""A call that was recorded, as runs of plans: what each reads, what becomes of what it computes.

Memory that a run was given is an argument's, a gradient's, that of a storage from before the call
(a parameter, a moving average), or what an earlier run computed; anything else stays as it was.
A replay looks these up anew, so that parameters may be loaded or averaged between two calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lazygrad.codegen import ops
from lazygrad.codegen.graph import Node

from . import bad_indices, pending
from .handle import TensorBase, wrap
from .origin import user_line
from .placement import Device
from .realize import planning_lock, realize_nodes, run_plan
from .recording import FollowedArg, late
from .storage import Storage, note_overwritten, with_history_of

__all__ = ["Capture", "CapturedRun", "Source", "StaleError", "leaf_of"]


class StaleError(Exception):
    """Something that a capture rests on is not as it was: the call is to be recorded anew."""


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
            return repr(a.value) == repr(b.value)  # 0.0 is not -0.0, and NaN is NaN
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
        read = [s for e in self.events if isinstance(e, CapturedRun) for s in e.sources]
        # a copy of what there was before the call is not what there is after it
        read += [s for _, s in (*self.values, *self.gradients) if s is not None]
        read += [r for r in self.results if isinstance(r, Source) and r.like is not None]
        self.outside = [s for s in read if s.kind in ("argument", "gradient", "storage")]

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
            if not isinstance(event, CapturedRun):
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
        if source.kind == "gradient" and source.like is None:
            return source.key.grad  # type: ignore[no-any-return]
        return wrap(lookup.end(source), self.device)


@dataclass(frozen=True)
class CapturedRun:
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
            node = leaf_of(source.like, node.memory)
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


def leaf_of(node: Node, memory: Any) -> Node:
    """The stored value without how it was computed."""
    leaf = ops.buffer(node.dtype, node.shape)
    leaf.memory = memory
    return leaf
