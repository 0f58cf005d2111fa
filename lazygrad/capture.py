"""A call that was recorded, as runs of plans: what each reads, what becomes of what it computes.

Memory that a run was given is an argument's, a gradient's, that of a storage from before the call
(a parameter, a moving average), or what an earlier run computed; anything else stays as it was.
A replay looks these up anew, so that parameters may be loaded or averaged between two calls.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from lazygrad.codegen import ops
from lazygrad.codegen.graph import Node

from .placement import Device
from .recording import FollowedArg
from .storage import Storage

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

    def written_storages(self, read: Set[Storage]) -> frozenset[Storage]:
        """What is written to that may be an argument as well: storages, and where arguments are
        written to also those that are read, here or as `read` tells."""
        written = {where.key for where, _ in self.values if where.kind == "storage"}
        if any(where.kind == "argument" for where, _ in self.values):
            sources = [
                s for run in self.events if isinstance(run, CapturedRun) for s in run.sources
            ]
            written |= {*read, *(s.key for s in sources if s.kind == "storage")}
        return frozenset(written)


@dataclass(frozen=True)
class CapturedRun:
    """A run of a plan; `last_reads` are what runs made and nobody needs after this one."""

    executable: Any
    sources: list[Source]
    wanted: Sequence[Node]
    origins: Sequence[Any]
    last_reads: list[tuple[int, int]] = field(default_factory=list)


def leaf_of(node: Node, memory: Any) -> Node:
    """The stored value without how it was computed."""
    leaf = ops.buffer(node.dtype, node.shape)
    leaf.memory = memory
    return leaf
