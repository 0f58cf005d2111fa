"""How a kernel's schedule is chosen: the cheapest by a model, or one that was found before.

A lowering lists the schedules that are legal on a device as small dataclasses. A `Choice` is
what one of them is called outside: its named parameters. What was chosen for which kernel comes
as a mapping from the kernel's key, plain data; a choice that is none of the legal schedules is
refused, so that whatever such a mapping holds, no kernel is ever wrong.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from .dtype import DType
from .graph import Node, Op
from .group import Group
from .structure import structure

__all__ = [
    "FACT",
    "Choice",
    "ChoiceError",
    "Choices",
    "choice_of",
    "cheapest_first",
    "chosen",
    "kernel_key",
    "likeness",
]

Parameter = int | str
Schedule = TypeVar("Schedule")
MOST_CANDIDATES = 50
FACT = {"fact": True}  # marks the fields of a schedule that tell of the graph


class ChoiceError(ValueError):
    """A choice that is no legal schedule of its kernel; `key` is the kernel's."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True, slots=True)
class Choice:
    """The parameters of a schedule, in the order of their names."""

    parameters: tuple[tuple[str, Parameter], ...] = ()

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Choice":
        """Raises ValueError for names or values that are no parameters."""
        for name, value in parameters.items():
            if not isinstance(name, str) or not isinstance(value, (int, str)):
                raise ValueError(
                    f"Choice: got {name!r}: {value!r}, expected names with integers or texts"
                )
        return cls(tuple(sorted(parameters.items())))

    def as_dict(self) -> dict[str, Parameter]:
        """As JSON can hold it."""
        return dict(self.parameters)

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.parameters)


Choices = Mapping[str, Choice]


def choice_of(schedule: Any) -> Choice:
    """A schedule's numbers and texts; what it holds of the graph besides, or in fields of `FACT`,
    is no choice."""
    free = [f.name for f in fields(schedule) if not f.metadata.keys() & FACT.keys()]
    named = {name: getattr(schedule, name) for name in free}
    plain = {k: int(v) if isinstance(v, bool) else v for k, v in named.items()}
    return Choice.of({k: v for k, v in plain.items() if isinstance(v, (int, str))})


def chosen(
    legal: Iterable[Schedule], cost: Callable[[Schedule], float], choice: Choice | None
) -> Schedule:
    """The schedule that `choice` names, or the cheapest one where there is none.

    Raises ChoiceError where no legal schedule is called so.
    """
    if choice is None:
        return min(legal, key=cost)
    for schedule in legal:
        if choice_of(schedule) == choice:
            return schedule
    raise ChoiceError(f"got a schedule with {choice}, expected one that is legal for the kernel")


def cheapest_first(
    legal: Iterable[Schedule], cost: Callable[[Schedule], float]
) -> tuple[Choice, ...]:
    """What legal schedules are called, each once, the model's choice first."""
    ordered = dict.fromkeys(choice_of(schedule) for schedule in sorted(legal, key=cost))
    return tuple(ordered)[:MOST_CANDIDATES]


def likeness(group: Group) -> tuple[tuple[Any, ...], list[Node]]:
    """What a kernel to be computes, whatever its operands are, and its nodes in order."""
    number: dict[Any, int] = {}
    stored = group.reads.__contains__
    key, _late, order = structure(group.outputs, stored)
    for n in order:
        number[n] = len(number)
    mapping = [group.mapping.get(n) for n in group.outputs]
    anchor = number.get(group.anchor, -1)  # of a reduction in parts it may be another part's
    reduced = tuple(sorted(group.reduced))
    return (group.kind, group.shape, reduced, tuple(mapping), anchor, key), order


def kernel_key(group: Group) -> str:
    """Names a kernel to be by what it computes: the same on every device, in every process."""
    told, _order = likeness(group)
    return hashlib.sha256(_text(told).encode()).hexdigest()[:32]


def _text(value: Any) -> str:
    if isinstance(value, (Op, DType)):
        return value.name
    if isinstance(value, (tuple, list)):
        return f"({' '.join(map(_text, value))})"
    return repr(value)
