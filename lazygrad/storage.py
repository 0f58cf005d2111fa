"""What handles share: the current value of an array, its gradient histories, its version."""

import weakref
from typing import ClassVar, NamedTuple

from lazygrad.codegen import ops
from lazygrad.codegen.graph import Node, rewrite

from . import recording
from .origin import caller, user_line
from .pending import note_made
from .placement import Device
from .realize import register_written

__all__ = [
    "Alias",
    "Overwrite",
    "Storage",
    "bridges",
    "copied",
    "cut",
    "note_overwritten",
    "overwritten",
    "own_reads",
    "spent",
    "with_history_of",
]


class Overwrite(NamedTuple):
    """Who wrote over a value: the user's line, and the nodes that the write itself made of it."""

    line: str
    own: "weakref.WeakSet[Node] | None"


# values that an in-place write replaced, as long as some graph still holds them
overwritten: "weakref.WeakKeyDictionary[Node, Overwrite]" = weakref.WeakKeyDictionary()

# values that were copied into a storage of their own: reads of the copy survive a write to the
# original, and a node does not tell which of both was read
copied: "weakref.WeakSet[Node]" = weakref.WeakSet()
_OTHERS_VALUE = ("view", "marker")  # kinds of nodes that show what some other storage may hold

# VARIABLE nodes that stand for a value with another value's gradient: who the gradient goes to
bridges: "weakref.WeakKeyDictionary[Node, Node]" = weakref.WeakKeyDictionary()

# bridges that no gradient crosses: the value was replaced as a whole by one without history
cut: "weakref.WeakSet[Node]" = weakref.WeakSet()


# VARIABLE nodes of values whose graph a backward has used up, and what op made them
spent: "weakref.WeakKeyDictionary[Node, str]" = weakref.WeakKeyDictionary()


# the device whose values that rest on nothing stored (zeros, random numbers) bear no mark
_home: Device | None = None


def _placed(node: Node, device: Device) -> Node:
    """A value of another device than the first one: its leaves are marked, since interned nodes
    know no devices and what is computed here must not count as computed there."""
    global _home
    if node.placed:
        return node
    if _home is None:
        _home = device
    if device is _home:
        return node
    return rewrite([node], lambda n: None if n.src else ops.on(n, device), _is_on)[0][0]


def _is_on(n: Node) -> bool:
    return n.op.name == "on"


def _held(node: Node) -> Node:
    """The value of a storage: what was overwritten once stands again, also after that storage."""
    # `data`: asking the dictionary itself is a call into Python for each op
    if overwritten.data:  # type: ignore[attr-defined]
        overwritten.pop(node, None)
    node.holders += 1
    return node


class Storage:
    """What several handles share: the node that is the current value, its device, a version."""

    __slots__ = ("__weakref__", "device", "node", "version")

    checked: ClassVar[bool] = True
    node: Node
    device: Device
    version: int

    def __init__(self, node: Node, device: Device) -> None:
        if device is not _home:
            node = _placed(node, device)
        if node.holders or node.op.kind in _OTHERS_VALUE:
            copied.add(node)
        self.node = _held(node)
        self.device = device
        self.version = 0
        if node.memory is None or node.tracked:
            note_made(self)

    def __del__(self) -> None:
        self.node.holders -= 1

    @property
    def storage(self) -> "Storage":
        return self

    def rebase(self, node: Node) -> None:
        """Puts another value in place, that of before a failed computation for example."""
        if self.device is not _home:
            node = _placed(node, self.device)
        self.node.holders -= 1
        self.node = _held(node)
        self.version += 1
        recorder = recording.active()
        if recorder is not None:
            recorder.written[id(self)] = self
        if node.memory is None or node.tracked:
            note_made(self)

    def retire(self) -> None:
        """Puts the stored value in the place of the graph that made it; no gradient crosses it."""
        old = self.node
        if not old.tracked:
            return
        leaf = ops.buffer(old.dtype, old.shape)
        node = ops.variable(leaf, ops.fresh_number())
        leaf.memory = node.memory = old.memory
        node.origin = old.origin
        spent[node] = old.op.name
        old.holders -= 1
        self.node = _held(node)

    def put(self, node: Node) -> None:
        """A new value with its history."""
        if node.origin is None:
            node.origin = caller()
        old = self.node
        self.rebase(node)
        register_written(self, old)


class Alias:
    """The value of a storage outside the gradient history of its other handles.

    `own` is the history it has got by writes through it, up to `version`; None: none. Writes
    through one that is not `checked` (`Tensor.data`) raise no error in a later backward.
    """

    __slots__ = ("checked", "own", "storage", "version")

    checked: bool

    storage: Storage
    own: Node | None
    version: int

    def __init__(self, storage: Storage, checked: bool = True) -> None:
        self.storage = storage
        self.checked = checked
        self.own = None
        self.version = 0

    @property
    def device(self) -> Device:
        return self.storage.device

    @property
    def node(self) -> Node:
        storage = self.storage
        if self.own is None:
            node = storage.node
            return ops.detach(node) if node.tracked else node
        if self.version != storage.version:
            self.own = with_history_of(self.own, storage.node)
            self.version = storage.version
        return self.own

    def put(self, node: Node) -> None:
        storage = self.storage
        storage.put(with_history_of(storage.node, node))
        self.own = node if node.tracked else None
        self.version = storage.version


def with_history_of(old: Node, new: Node) -> Node:
    """The value of `new` with the gradient history of `old`."""
    new = ops.detach(new)
    if not old.tracked:
        return new
    node = ops.variable(new, ops.fresh_number())
    bridges[node] = old
    return node


def own_reads(
    new: Node, olds: tuple[Node, ...], operands: tuple[Node, ...] | None, top: Node
) -> "weakref.WeakSet[Node] | None":
    """The nodes that a write made of the old value: their gradients may read it."""
    if not new.tracked:
        return None
    own: weakref.WeakSet[Node] = weakref.WeakSet()
    stop = {*olds, *(operands or ())}
    stack = [new]
    while stack:
        node = stack.pop()
        if node in stop or node in own or not node.tracked:
            continue
        own.add(node)
        if operands is not None or node is not top:
            stack.extend(node.src)
    return own


def note_overwritten(
    old: Node, own: "weakref.WeakSet[Node] | None", line: str | None = None
) -> None:
    """Remembers that a write at the user's line, or at `line`, replaced the value `old`."""
    if old.op.name == "const":  # one node for all that compute with that number; none loses it
        return
    known = overwritten.get(old)
    if known is not None and known.own is not None:
        own = known.own if own is None else own | known.own
    overwritten[old] = Overwrite(line or user_line(), own)
