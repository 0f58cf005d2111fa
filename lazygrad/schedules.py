"""Which schedules plans are made with: those that tuning found, or what is asked for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from lazygrad.codegen.choice import Choices
from lazygrad.codegen.tunable import Tunable
from lazygrad.runtime import Device

from .tuning_database import database_of

__all__ = ["Policy", "choices_for", "always", "using", "version"]


@dataclass(frozen=True)
class Policy:
    """`choose` is asked with the kernels of a new plan; plans of one `version` are the same.

    `runs` tells that it runs kernels to choose, which is not done to look at a plan.
    """

    version: object
    choose: Callable[[Device, Sequence[Tunable]], Choices]
    runs: bool = False


_always: Policy | None = None
_active: ContextVar[Policy | None] = ContextVar("schedules", default=None)


def version(device: Device) -> object:
    """What plans depend on besides their structure: equal values, equal schedules."""
    policy = _active.get() or _always
    return database_of(device).version if policy is None else policy.version


def choices_for(
    device: Device, kernels: Callable[[], Sequence[Tunable]], may_run: bool = True
) -> Choices:
    """The schedules for a new plan, whose kernels `kernels` lists where they are needed."""
    policy = _active.get() or _always
    if policy is None or (policy.runs and not may_run):
        return database_of(device).choices
    return policy.choose(device, kernels())


def always(policy: Policy | None) -> None:
    """Sets the policy of all threads, where no other one is in use."""
    global _always
    _always = policy


@contextmanager
def using(policy: Policy) -> Iterator[None]:
    """Plans made inside get their schedules from `policy`."""
    token = _active.set(policy)
    try:
        yield
    finally:
        _active.reset(token)
