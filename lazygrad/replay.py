"""A captured call, done again: what is always the same is found once, the rest looked up anew.

All memory of a replay lies in one list of *cells*, and the numbers beside it: what never changes is
there from the beginning, what lies outside (arguments, parameters, gradients) is looked up at its
start, and runs read cells and write others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from lazygrad.codegen.graph import Node

from . import bad_indices, pending
from .capture import Capture, CapturedRun, Source, StaleError, leaf_of
from .handle import TensorBase, wrap
from .origin import user_line
from .realize import planning_lock, realize_nodes, run_plan
from .recording import FollowedArg
from .storage import Storage, note_overwritten, with_history_of

__all__ = ["Replay"]

_memory_of = attrgetter("node.memory")


@dataclass(frozen=True)
class _Step:
    """A run with the cells that it reads, in order, and those that it writes, from `first` on.

    `followed` are cells of numbers to be asked for before it, `written` the numbers of the storages
    that get a value of it, `done` the cells that nobody reads after it.
    """

    run: CapturedRun
    operands: list[int]
    first: int
    followed: list[tuple[int, FollowedArg]]
    written: list[int]
    done: list[int]


@dataclass(frozen=True)
class _End:
    """The cell that a storage, a gradient or a result gets its value from."""

    cell: int
    source: Source


class Replay:
    """Does a captured call again, as often as it is called."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._storages = _storages_of(capture)  # outside, and always the same: the first cells
        self._cells: list[Any] = []  # behind those, as a replay begins
        self._cell_of: dict[tuple[str, Any], int] = {
            ("storage", id(storage)): cell for cell, storage in enumerate(self._storages)
        }
        self._outside: list[tuple[int, Source]] = []  # arguments and gradients
        self._steps = [
            self._step(event, number) if isinstance(event, CapturedRun) else event
            for number, event in enumerate(capture.events)
        ]
        self._values = [(where, self._end(source)) for where, source in capture.values]
        self._gradients = [
            (leaf, None if source is None else self._end(source))
            for leaf, source in capture.gradients
        ]
        self._results = [
            self._end(r) if isinstance(r, Source) and r.like is not None else r
            for r in capture.results
        ]

    def _cell(self, source: Source) -> int:
        told = source.kind in ("argument", "made")
        key = source.kind, source.key if told else id(source.key)
        cell = self._cell_of.get(key)
        if cell is None:
            cell = self._cell_of[key] = len(self._storages) + len(self._cells)
            self._cells.append(_beginning(source))
            if source.kind in ("argument", "gradient"):
                self._outside.append((cell, source))
        return cell

    def _end(self, source: Source) -> _End:
        return _End(self._cell(source), source)

    def _step(self, run: CapturedRun, number: int) -> _Step:
        operands = [self._cell(source) for source in run.sources]
        first = len(self._storages) + len(self._cells)
        for k in range(len(run.wanted)):
            self._cell(Source("made", (number, k)))
        followed = {
            cell: source.key.arg
            for cell, source in zip(operands, run.sources, strict=True)
            if source.kind == "number" and isinstance(source.key.arg, FollowedArg)
        }
        values = enumerate(self._capture.values)
        written = [k for k, (_, s) in values if s.kind == "made" and s.key[0] == number]
        done = [self._cell(Source("made", key)) for key in run.last_reads]
        return _Step(run, operands, first, list(followed.items()), written, done)

    def __call__(self, arguments: Sequence[TensorBase]) -> "list[TensorBase | Source]":
        """The tensors that the call returns, or which arguments.

        Raises StaleError, before anything was done, where a recording has to be made anew.
        """
        with planning_lock:
            return self._replay(arguments)

    def _replay(self, arguments: Sequence[TensorBase]) -> "list[TensorBase | Source]":
        device = self._capture.device
        if bad_indices.is_due(device):
            bad_indices.look(device)
        found = list(map(_memory_of, self._storages))
        if None in found:
            found = [_memory(storage) for storage in self._storages]
        cells = found + self._cells
        for cell, source in self._outside:
            cells[cell] = _memory(_storage(source, arguments))
        targets = [_storage(where, arguments) for where, _ in self._values]
        for step in self._steps:
            if isinstance(step, _Step):
                _run(step, cells, targets)
            else:
                step()
        if targets:
            line = user_line()
            for storage, (_, end) in zip(targets, self._values, strict=True):
                _put(storage, _value(end, cells), line)
        for leaf, gradient in self._gradients:
            leaf._grad = None if gradient is None else wrap(_value(gradient, cells), device)
        return [
            wrap(_value(r, cells), device) if type(r) is _End else _result(r) for r in self._results
        ]


def _result(result: Any) -> Any:
    """A tensor that is returned, or which argument, where no run made it."""
    if isinstance(result, Source) and result.kind == "gradient":
        return result.key.grad
    return result


def _storage(source: Source, arguments: Sequence[TensorBase]) -> Storage:
    """The storage that something outside has now."""
    if source.kind == "storage":
        storage: Storage = source.key
    elif source.kind == "argument":
        storage = arguments[source.key]._base.storage
    elif source.key.grad is None:
        raise StaleError("a gradient that it reads is None")
    else:
        storage = source.key.grad._base.storage
    return storage


def _memory(storage: Storage) -> Any:
    """That of its value, which is computed if it was not yet."""
    node = storage.node
    if node.memory is None:
        node = pending.alias_source(node)
    if node.memory is None:
        realize_nodes([node], storage.device)
        node = pending.alias_source(storage.node)
        if node.memory is None:
            raise StaleError("a tensor that it reads is a constant by now")
    return node.memory


def _storages_of(capture: Capture) -> list[Storage]:
    """The storages whose values a capture reads."""
    runs = [event for event in capture.events if isinstance(event, CapturedRun)]
    sources = [source for run in runs for source in run.sources]
    sources += [source for _, source in (*capture.values, *capture.gradients) if source is not None]
    sources += [r for r in capture.results if isinstance(r, Source)]
    return list(dict.fromkeys(s.key for s in sources if s.kind == "storage"))


def _beginning(source: Source) -> Any:
    """What is in the cell of a source when a replay begins."""
    if source.kind == "still":
        return source.key.memory
    return source.key.arg.value if source.kind == "number" else None


def _run(step: _Step, cells: list[Any], targets: list[Storage]) -> None:
    for cell, arg in step.followed:
        cells[cell] = arg.recipe()
    run = step.run
    given = [cells[k] for k in step.operands]
    written = [(targets[k], targets[k].node) for k in step.written]
    made = run_plan(run.executable, given, run.origins, written)
    cells[step.first : step.first + len(made)] = made
    for cell in step.done:
        cells[cell] = None


def _value(end: _End, cells: list[Any]) -> Node:
    """A leaf with what becomes of a storage, a gradient or a result."""
    source = end.source
    if source.kind == "constant":
        constant: Node = source.key
        return constant
    node = leaf_of(source.like, cells[end.cell])
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
