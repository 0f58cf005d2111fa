"""What a run of a plan gives to its kernels: each distinct argument once, what is fixed kept."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lazygrad.codegen.compile import Argument, Plan
from lazygrad.codegen.dtype import DType, float32
from lazygrad.runtime import Buffer

__all__ = ["Arguments"]


class Arguments:
    """The distinct arguments of a plan's kernels, and their values in one run after another.

    Attributes:
        count: how many there are.
        places: for each step, which of them its kernel takes.
    """

    def __init__(self, plan: Plan) -> None:
        distinct = list(dict.fromkeys(a for step in plan.steps for a in step.arguments))
        place = {argument: k for k, argument in enumerate(distinct)}
        self.count = len(distinct)
        self.places = [[place[a] for a in step.arguments] for step in plan.steps]
        self._fixed = [np.int32(a.number) if a.kind == "code" else None for a in distinct]

        def of_kind(kind: str) -> list[tuple[int, int]]:
            return [(place[a], a.number) for a in distinct if a.kind == kind]

        self._outputs, self._slots = of_kind("output"), of_kind("slot")
        self._words, self._runs = of_kind("error"), of_kind("run")
        self._late = [
            (place[a], a.number, _converter(a)) for a in distinct if a.kind in ("late", "index")
        ]  # fmt: skip
        self._numbers: list[tuple[Any, Any]] = [(None, None)] * self.count

    def values(
        self, given: Sequence[Any], outputs: Sequence[Buffer], slots: Sequence[Buffer],
        word: Buffer | None, number: int,
    ) -> list[Any]:  # fmt: skip
        """In the order of places; `given` are the memory or number of each late-bound leaf.

        What is as it was in the run before is the same object.
        """
        found: list[Any] = self._fixed.copy()
        for place, k in self._outputs:
            found[place] = outputs[k]
        for place, k in self._slots:
            found[place] = slots[k]
        for place, k, convert in self._late:
            value = given[k]
            if type(value) is not Buffer:
                value = self._number(place, value, convert)
            found[place] = value
        for place, _ in self._words:
            found[place] = word
        for place, _ in self._runs:
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
