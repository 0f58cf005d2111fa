"""`compile`: a function whose calls are recorded, and then done again without Python's part.

The first call runs as ever. The next ones are recorded; when two in a row did the same, later calls
are replayed: kernels alone, with new arguments. What cannot be replayed runs as ever, and a warning
says why.
"""

import functools
import sys
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import MethodType
from typing import Any

from . import config, pending, placement, recording, schedules
from .backends import convolution
from .capture import Capture, Source, StaleError
from .capturing import Before, capture_of, is_same
from .default_dtype import get_default_dtype
from .flat import Flat, rebuilder, rebuilt
from .functions import clone
from .grad_mode import grad_enabled, no_grad
from .guards import Guards
from .handle import TensorBase
from .origin import warn
from .realize import realize, realize_nodes
from .replay import Replay
from .residence import store, store_apart
from .storage import Storage

__all__ = ["Compiled", "compile"]

_MOST_FORMS = 8
_MOST_READY = 3  # recordings of a form: with gradients and without, say
_MOST_TRIES = 4
_MOST_DEBT = 8.0  # recordings that no replays have paid for
_PAID = 0.25  # of a recording, which costs as much as some plain calls, by a replay
_ONE_HOLDER = 2  # a handle or its alias, and getrefcount's own


@dataclass
class _Recorded:
    capture: Capture
    shape: Any  # what was returned, with a number for each tensor
    from_host: list[bytes]
    objects: list[Any]  # that were returned and cannot be made again


@dataclass(frozen=True)
class _Ready:
    """A recording that may be replayed while its guards hold, and while no argument is `state`:
    a storage from outside that the call writes to, or any where it writes to arguments.

    `gives_back` tells that some results are arguments, `rebuild` makes of results what is returned.
    """

    recorded: _Recorded
    replay: Replay
    guards: Guards
    state: frozenset[Storage]
    gives_back: bool
    rebuild: Callable[[list[Any]], Any]


@dataclass
class _Form:
    """The calls with arguments of one kind."""

    kept: Any  # objects whose ids are in the key
    begun: bool = False
    writes: bool = False  # to arguments, as the first call shows
    written: frozenset[Storage] = frozenset()  # what else that call wrote to
    last: _Recorded | None = None
    ready: list[_Ready] = field(default_factory=list)  # the last one first
    tries: int = 0
    debt: float = 0.0  # recordings, less what replays have paid for
    apart: dict[Any, None] = field(default_factory=dict)  # storages to be recorded apart
    stale: str = ""
    refused: str = ""


class Compiled:
    """A function, or a module, that is replayed; anything else is asked of what it wraps.

    Attributes:
        replays, recordings: how many calls were replayed and recorded.
    """

    def __init__(self, function: Callable[..., Any], fullgraph: bool) -> None:
        self._function, self._fullgraph = function, fullgraph
        self._forms: OrderedDict[Any, _Form] = OrderedDict()
        self.replays = self.recordings = 0
        functools.update_wrapper(self, function, updated=())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_function"], name)

    def __reduce__(self) -> Any:
        """A copy knows no recordings: they are of the original's state."""
        return Compiled, (self._function, self._fullgraph)

    def __get__(self, owner: Any, kind: Any = None) -> Any:
        return self if owner is None else MethodType(self, owner)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if recording.active() is not None:  # within another compiled function
            return self._function(*args, **kwargs)
        flat = Flat()
        shape = flat.shape_of_call(args, kwargs)
        device = placement.default_device()
        key = (
            flat.key(), grad_enabled.get(), get_default_dtype(), device, schedules.version(device),
            convolution.allow_winograd,
        )  # fmt: skip
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = _Form(flat.objects)
            self._forget()
        self._forms.move_to_end(key)
        given = flat.tensors
        if form.refused or (given and any(t._node.tracked for t in given)):
            return self._function(*args, **kwargs)
        tensors: list[TensorBase] | None = None
        for ready in list(form.ready):  # other threads may put another one there
            if ready.state and any(t._base.storage in ready.state for t in given):
                return self._function(*args, **kwargs)
            try:
                tensors = tensors or [_own(t) for t in given]
                return self._replayed(form, ready, tensors, shape, flat)
            except StaleError as stale:
                form.stale = str(stale)
        if form.ready and form.debt >= _MOST_DEBT:
            self._give_up(form, f"what it rests on changes too often ({form.stale})")
            return self._function(*args, **kwargs)
        if not form.begun:  # makes states that later calls find
            form.begun = True
            return self._begin(form, flat, args, kwargs)
        return self._record(form, flat, shape, args, kwargs)

    def _begin(self, form: _Form, flat: Flat, args: Any, kwargs: Any) -> Any:
        given = [t._base.storage for t in flat.tensors]
        state = list(Guards(self._function, flat.objects).storages().difference(given))
        versions = [s.version for s in (*given, *state)]
        result = self._function(*args, **kwargs)
        form.writes = [s.version for s in given] != versions[: len(given)]
        now = zip(state, versions[len(given) :], strict=True)
        form.written = frozenset([s for s, version in now if s.version != version])
        if form.writes and len(set(given)) < len({id(t) for t in flat.tensors}):
            self._give_up(form, "it writes to arguments that share memory")
        return result

    def _forget(self) -> None:
        if len(self._forms) > _MOST_FORMS:
            self._forms.popitem(last=False)
            warn(
                f"compile: more than {_MOST_FORMS} kinds of arguments; a number that changes from "
                "call to call is better passed as a tensor, as lg.tensor(x)"
            )

    def _replayed(
        self, form: _Form, ready: _Ready, tensors: list[TensorBase], shape: Any, flat: Flat
    ) -> Any:
        changed = ready.guards.changed()
        if changed:
            raise StaleError(changed)
        if config.CHECK:
            return self._checked(form, ready.recorded, flat, shape, tensors)
        results = ready.replay(tensors)
        self.replays += 1
        form.debt = max(0.0, form.debt - _PAID)
        if ready.gives_back:
            given = flat.tensors
            results = [given[r.key] if type(r) is Source else r for r in results]
        return ready.rebuild(results)

    def _checked(
        self, form: _Form, known: _Recorded, flat: Flat, shape: Any, tensors: list[TensorBase]
    ) -> Any:  # fmt: skip
        """Records once more instead of replaying: RuntimeError where the two differ."""
        result, now = self._recorded(flat, shape, tensors, form)
        if isinstance(now, str) or not _same(known, now):
            raise RuntimeError(
                f"compile: a call of {_name_of(self._function)} did something else than the one "
                "that was captured: got another graph or other numbers, expected the same; it "
                "reads Python's state that changes and is no argument"
            )
        return result

    def _record(self, form: _Form, flat: Flat, shape: Any, args: Any, kwargs: Any) -> Any:
        guards = Guards(self._function, flat.objects)
        state = guards.storages()
        written = state if form.writes else form.written
        if any(t._base.storage in written for t in flat.tensors):  # copies would not show it
            return self._function(*args, **kwargs)
        tensors = [_own(t, t._base.storage in state) for t in flat.tensors]
        # a recording must read memory, and not do again what made it
        store(s for s, _ in pending.writes())
        store(state | guards.gradients())
        known = len(form.apart)
        result, now = self._recorded(flat, shape, tensors, form)
        self.recordings += 1
        form.debt += 1
        if len(form.apart) > known:  # the next recording will tell them from one another
            return result
        if not isinstance(now, str) and form.last is not None and _same(form.last, now):
            form.last, form.tries, form.stale = now, 0, ""
            written = now.capture.written_storages(state)
            results = [r for r in now.capture.results if isinstance(r, Source)]
            gives_back = any(r.kind == "handle" for r in results)
            replay, rebuild = Replay(now.capture), rebuilder(now.shape[0])
            ready = _Ready(now, replay, guards, written, gives_back, rebuild)
            form.ready = [ready, *form.ready][:_MOST_READY]
            return result
        form.tries += 1
        if isinstance(now, str):
            form.last, form.stale = None, now
        else:
            if form.last is not None:
                form.stale = form.stale or _difference(form.last, now)
            form.last = now
        if form.tries >= _MOST_TRIES:
            self._give_up(form, form.stale)
        return result

    def _give_up(self, form: _Form, reason: str) -> None:
        form.refused, form.last, form.ready = reason, None, []
        text = (
            f"compile: {_name_of(self._function)} cannot be replayed: {reason}. It runs as without "
            "compile"
        )
        if self._fullgraph:
            raise RuntimeError(f"{text}; got fullgraph=True, expected a call that can be captured")
        warn(text, RuntimeWarning)

    def _recorded(
        self, given: Flat, shape: Any, tensors: list[TensorBase], form: _Form
    ) -> "tuple[Any, _Recorded | str]":
        """Calls the function; what it returned, and what it did, or why that cannot be replayed."""
        args, kwargs = rebuilt(shape, tensors)
        before = Before(tensors, form.apart)
        recorder = recording.begin()
        try:
            result = self._function(*args, **kwargs)
            _copy_back(given.tensors, tensors, before, recorder)
            flat = Flat()
            template = flat.shape_of(result)
            device = _finish(flat.tensors, before, recorder)
        finally:
            recording.end()
        capture = capture_of(recorder, before, flat.tensors, device)
        form.apart.update(recorder.sharing)
        if recorder.refusals:
            return result, recorder.refusals[0]
        shown = (template, flat.key())
        return result, _Recorded(capture, shown, recorder.from_host, flat.objects)


def _finish(
    results: Sequence[TensorBase], before: Before, recorder: recording.Recorder
) -> Any:  # fmt: skip
    """Computes what the call left pending; where it ran."""
    leaves = [t for t in list(recorder.graded.values()) if id(t) in before.gradients]
    changed = [leaf.grad for leaf in leaves if leaf.grad is not None]
    fresh = [g for g in changed if g._base.storage not in before.storages]
    found = [*results, *fresh]
    realize(*found)
    devices = [t._base.device for t in found]
    for storage in [s for s, _ in pending.writes() if id(s) in recorder.written]:
        realize_nodes([storage.node], storage.device)
        devices.append(storage.device)
    return devices[0] if devices else placement.default_device()


def _copy_back(
    given: Sequence[TensorBase], tensors: Sequence[TensorBase], before: Before,
    recorder: recording.Recorder,
) -> None:  # fmt: skip
    """What was written to the copy of a view goes to the view."""
    for view, copied in zip(given, tensors, strict=True):
        storage = copied._base.storage
        if copied is not view and storage.node is not before.storages[storage]:
            recorder.refuse("it writes to an argument that is a view")
            with no_grad():
                view.copy_(copied)  # type: ignore[attr-defined]


def _same(a: _Recorded, b: _Recorded) -> bool:
    return a.shape == b.shape and a.from_host == b.from_host and is_same(a.capture, b.capture)


def _difference(a: _Recorded, b: _Recorded) -> str:
    """Why two recordings are not the same, as far as that can be told."""
    new = [type(y) for x, y in zip(a.objects, b.objects, strict=False) if x is not y]
    if new:
        return (
            f"it returned a new {new[0].__name__} each time, expected tensors, numbers, texts, "
            "and tuples, lists or dicts of them"
        )
    return "no two calls in a row did the same"


def _own(t: TensorBase, is_state: bool = False) -> TensorBase:
    """The argument in memory of its own: a pending value is computed, and what other tensors show,
    too, is copied: which of them a kernel read would be unknown."""
    if is_state or t._chain or sys.getrefcount(t._base.storage) > _ONE_HOLDER:
        t = clone(t)
        store_apart(t)
    elif pending.alias_source(t._node).memory is None:
        store_apart(t)
    return t


def _name_of(function: Any) -> str:
    return getattr(function, "__qualname__", type(function).__name__)


def compile(
    model: Callable[..., Any] | None = None, *, fullgraph: bool = False, dynamic: Any = None,
    backend: Any = None, mode: Any = None, options: Any = None, disable: bool = False,
) -> Any:  # fmt: skip
    """A function or module whose calls are replayed without Python's part, as `torch.compile`'s.

    The first call runs as ever, the next ones are recorded, and from the third or fourth on the
    same kernels are launched again with the new arguments. Calls with other shapes, dtypes or
    plain arguments are recorded for themselves. A step with backward() and an optimizer may be
    compiled as a whole: parameters, gradients, counts of steps and random numbers go on, and
    updates of our optimizers ask for learning rates and momenta anew.

    Other state of Python is that of the recording: what the function prints happens no more. Its
    closure, the globals that it names, attributes of modules and settings of optimizers are
    compared before each replay, and a change is recorded anew. Where something changes in most
    calls (a list that grows, a count) recording costs more than replays save: after some of them
    calls run as without compile, and a warning says what changed. LAZYGRAD_CHECK=1 records every
    call, and raises a RuntimeError where it differs from the captured one.

    Args:
        model: the function or module; without it, a decorator is returned.
        fullgraph: raise a RuntimeError where calls cannot be replayed, instead of a warning.
        dynamic, backend, mode, options: taken without effect.
        disable: give the function back as it is.
    """
    if model is None:
        return lambda function: compile(function, fullgraph=fullgraph, disable=disable)
    if not callable(model):
        raise TypeError(f"compile: got {type(model).__name__}, expected a function or a module")
    return model if disable else Compiled(model, fullgraph)
