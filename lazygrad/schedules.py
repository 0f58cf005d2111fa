"""Which schedules plans are made with: those that tuning found, or what a check asks for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from lazygrad.codegen.choice import Choices
from lazygrad.codegen.tunable import Tunable
from lazygrad.runtime import Device

__all__ = ["Policy", "choices_for", "using", "version"]


@dataclass(frozen=True)
class Policy:
    """`choose` is asked with the kernels of a new plan; plans of one `version` are the same."""

    version: object
    choose: Callable[[Device, Sequence[Tunable]], Choices]


_active: ContextVar[Policy | None] = ContextVar("schedules", default=None)


def version(device: Device) -> object:
    """What plans depend on besides their structure: equal values, equal schedules."""
    policy = _active.get()
    return None if policy is None else policy.version


def choices_for(device: Device, kernels: Callable[[], Sequence[Tunable]]) -> Choices:
    """The schedules for a new plan, whose kernels `kernels` lists where they are needed."""
    policy = _active.get()
    return {} if policy is None else policy.choose(device, kernels())


@contextmanager
def using(policy: Policy) -> Iterator[None]:
    """Plans made inside get their schedules from `policy`."""
    token = _active.set(policy)
    try:
        yield
    finally:
        _active.reset(token)
