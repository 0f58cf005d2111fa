"""What a run of a plan gives to its kernels: each distinct argument once, what is fixed kept."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lazygrad.codegen.compile import Argument, Plan
from lazygrad.codegen.dtype import DType, float32
from lazygrad.runtime import Buffer

__all__ = ["Arguments"]


_POINTERS = ("in", "out", "scratch")


class Arguments:
    """The distinct arguments of a plan's kernels, and their values in one run after another.

    Outputs come first, then the slots between kernels, numbers, and what a run is given.

    Attributes:
        count: how many there are.
        places: for each step, which of them its kernel takes.
    """

    def __init__(self, plan: Plan) -> None:
        first_slot = len(plan.output_bytes)
        first_number = first_slot + len(plan.slots)
        numbers: dict[Argument, int] = {}
        told = [
            (a, p.kind in _POINTERS)
            for step in plan.steps
            for p, a in zip(step.kernel.params, step.arguments, strict=True)
        ]
        for a, is_pointer in told:
            if not is_pointer:
                numbers.setdefault(a, first_number + len(numbers))
        first_given = first_number + len(numbers)
        first = {"output": 0, "slot": first_slot, "late": first_given}
        places = iter([first[a.kind] + a.number if is_pointer else numbers[a]
                       for a, is_pointer in told])  # fmt: skip
        self.places = [[next(places) for _ in step.arguments] for step in plan.steps]
        self.count = 1 + max([first_given, *[place for row in self.places for place in row]])
        self._fixed = [np.int32(a.number) if a.kind == "code" else None for a in numbers]
        self._late = [
            (place, a.number, _converter(a))
            for a, place in numbers.items() if a.kind in ("late", "index")
        ]  # fmt: skip
        self._words, self._runs = (
            [place for a, place in numbers.items() if a.kind == kind] for kind in ("error", "run")
        )
        self._numbers: list[tuple[Any, Any]] = [(None, None)] * self.count

    def values(
        self, memory: list[Buffer], given: Sequence[Any], word: Buffer | None, number: int
    ) -> list[Any]:
        """In the order of places. What is as it was in the run before is the same object.

        Args:
            memory: outputs and slots.
            given: the memory or number of each late-bound leaf.
            word, number: of the run, for bad indices.
        """
        found: list[Any] = [*memory, *self._fixed, *given]
        for place, k, convert in self._late:
            found[place] = self._number(place, given[k], convert)
        for place in self._words:
            found[place] = word
        for place in self._runs:
            found[place] = self._number(place, number, np.int32)
        return found

    def _number(self, place: int, value: Any, convert: Callable[[Any], Any]) -> Any:
        """A number as kernels take it."""
        known, converted = self._numbers[place]
        if known is None or value != known or not value:  # NaN, and which of two zeros
            converted = convert(value)
            self._numbers[place] = value, converted
        return converted


def _converter(argument: Argument) -> Callable[[Any], Any]:
    dtype = argument.dtype
    if argument.kind == "index":
        to_index: Callable[[Any], Any] = dtype.numpy.type
        return to_index
    return lambda value: _converted(value, dtype)


_LARGE = float(np.finfo(np.float32).max)


def _converted(value: Any, dtype: DType) -> Any:
    if dtype is float32 and -_LARGE < value < _LARGE:  # the usual case, a tenth of the time
        return np.float32(value)
    to_scalar: Any = {"float": np.float32, "int": np.int32}.get(dtype.compute, dtype.numpy.type)
    with np.errstate(all="ignore"):
        if dtype.is_narrow:
            value = dtype.from_storage(dtype.to_storage(value))
        return to_scalar(value)
