"""What a call does, noted while it runs, so that `compile` can do it again without Python.

A call builds graphs; these become runs of plans. A run that is noted knows what it read and what
it computed. Beside the runs a call changes numbers on the host (an optimizer's count of steps, the
place in a random stream): those who change them note how to do that again, as *actions*, and
numbers that depend on them, or on settings such as a learning rate, are made by `follow`.
"""

import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType
from lazygrad.codegen.graph import Node

__all__ = [
    "Action",
    "Followed",
    "Recorder",
    "Run",
    "active",
    "begin",
    "end",
    "follow",
    "late",
    "note_run",
]

Recipe = Callable[[], "int | float"]
Action = Callable[[], None]
_Living = weakref.WeakValueDictionary[int, Any]  # by id, in the order of first writes


@dataclass(frozen=True)
class Run:
    """One run of a plan: what it was given, in its order, and the memory that it computed."""

    executable: Any
    late: Sequence[Node]
    given: Sequence[Any]  # the memory of each of them then; None for a number
    wanted: Sequence[Node]
    origins: Sequence[Any]
    made: Sequence[Any]


@dataclass(eq=False)
class Recorder:
    """What one thread does between `begin` and `end`.

    Attributes:
        events: runs and actions, in order.
        refusals: why the call cannot be done again.
        followed: recipes that numbers were made by; all must be met in a run.
        from_host: the bytes that were copied to the device.
        sharing: storages that were read and whose memory others have, too.
        written, graded: the living storages and tensors that got another value, or another
            gradient; other threads write to theirs meanwhile.
        foreign: memory that other threads computed meanwhile.
    """

    events: list[Run | Action] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    followed: list[Recipe] = field(default_factory=list)
    from_host: list[bytes] = field(default_factory=list)
    sharing: dict[Any, None] = field(default_factory=dict)
    written: "_Living" = field(default_factory=weakref.WeakValueDictionary)
    graded: "_Living" = field(default_factory=weakref.WeakValueDictionary)
    foreign: list[Any] = field(default_factory=list)

    def refuse(self, reason: str) -> None:
        """Notes that, and why, this call cannot be done again without Python."""
        if reason not in self.refusals:
            self.refusals.append(reason)


class _OfThread(threading.local):
    recorder: Recorder | None = None


_here = _OfThread()
_recorders: list[Recorder] = []  # of all threads


def active() -> Recorder | None:
    """The recorder of this thread; None as a rule."""
    return _here.recorder


def begin() -> Recorder:
    """Starts to note what this thread does."""
    recorder = _here.recorder = Recorder()
    _recorders.append(recorder)
    return recorder


def end() -> None:
    """Notes nothing any more."""
    _recorders.remove(_here.recorder)  # type: ignore[arg-type]
    _here.recorder = None


def note_run(
    executable: Any,
    late: Sequence[Node],
    wanted: Sequence[Node],
    origins: Sequence[Any],
    made: Sequence[Any],
) -> None:
    """Notes a run of this thread: it is an event of its own recording, and none of another one's,
    whose pending values it may have computed on its way."""
    if not _recorders:
        return
    mine = _here.recorder
    if mine is not None:
        given = [n.memory for n in late]
        mine.events.append(Run(executable, late, given, wanted, origins, made))
    for recorder in list(_recorders):
        if recorder is not mine:
            recorder.foreign += made


class Followed(float):
    """A number that is computed anew whenever a recorded call is done again.

    It equals no other: what is left out for a 1 would be missing when it is another.
    """

    recipe: Recipe
    __hash__ = float.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other


def follow(recipe: Recipe) -> float:
    """The value of `recipe()`; a recorded call asks for it again, after the actions before it."""
    value = Followed(recipe())
    value.recipe = recipe
    recorder = active()
    if recorder is not None:
        recorder.followed.append(recipe)
    return value


@dataclass(eq=False, slots=True)
class FollowedArg(ops.ScalarArg):
    """The late-bound value of a number that is followed."""

    recipe: Recipe


def late(value: float, recipe: Recipe, dtype: DType) -> Node:
    """A late-bound leaf for a number that is followed."""
    return ops.late(FollowedArg(value, dtype, recipe))
