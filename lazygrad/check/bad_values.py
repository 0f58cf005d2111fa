"""Values that have no business where they are put: the bad arguments of `bad_input`."""

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["BAD", "HUGE", "TENSORS"]

HUGE = (2**31, 2**40, 2**62, 2**63, 2**64, 2**100)


def _fields() -> Any:
    return np.zeros(2, dtype=[("a", "f4"), ("b", "i4")])


def _always(value: Any) -> Callable[[Any], Any]:
    return lambda lib: value


# each is made anew, of a library with PyTorch's names: lazygrad, or torch to compare with
BAD: dict[str, Callable[[Any], Any]] = {
    # types
    "None": lambda lib: None, "word": lambda lib: "nonsense", "no word": lambda lib: "",
    "bytes": lambda lib: b"ab", "complex": lambda lib: 1j, "object": lambda lib: object(),
    "function": lambda lib: lambda *args: args[0], "type": lambda lib: int, "dict": lambda lib: {},
    "set": lambda lib: {1, 2}, "Ellipsis": lambda lib: ..., "True": lambda lib: True,
    "list of objects": lambda lib: [object()], "list of words": lambda lib: ["a", "b"],
    "list of None": lambda lib: [None], "module": lambda lib: lib.nn.ReLU(),
    # sequences
    "()": lambda lib: (), "[]": lambda lib: [], "ragged": lambda lib: [[1, 2], [3]],
    "deep ragged": lambda lib: [[[1.0], [2.0, 3.0]], [[1.0]]], "mixed": lambda lib: [1, [2]],
    "(0, 0)": lambda lib: (0, 0), "(0, 9)": lambda lib: (0, 9), "(-7,)": lambda lib: (-7,),
    "(1.5, 2)": lambda lib: (1.5, 2), "seven": lambda lib: (1,) * 7,
    "2**33 twice": lambda lib: (2**33, 2**33), "list of nan": lambda lib: [float("nan")],
    # numbers
    "nan": lambda lib: float("nan"), "inf": lambda lib: float("inf"),
    "-inf": lambda lib: float("-inf"), "1.5": lambda lib: 1.5, "-0.5": lambda lib: -0.5,
    "0": lambda lib: 0, "-1": lambda lib: -1, "-7": lambda lib: -7, "9": lambda lib: 9,
    **{f"{n}": _always(n) for n in HUGE}, "-2**63 - 1": lambda lib: -(2**63) - 1,
    # NumPy
    "objects": lambda lib: np.array([None, "x"], object), "words": lambda lib: np.array(["a", "b"]),
    "complex array": lambda lib: np.array([1j, 2]), "fields": lambda lib: _fields(),
    "dates": lambda lib: np.array(["2020-01-01"], "datetime64[D]"),
    "np.float64": lambda lib: np.float64(0.5), "np.bool": lambda lib: np.bool_(True),
    "float array": lambda lib: np.ones((2, 3), np.float32),
    # tensors
    "empty": lambda lib: lib.tensor([]), "number": lambda lib: lib.tensor(0.5),
    "nan tensor": lambda lib: lib.tensor(float("nan")), "floats": lambda lib: lib.tensor([0.0, 1]),
    "ints": lambda lib: lib.tensor([0, 1]), "bools": lambda lib: lib.tensor([True, False]),
    "(7, 5)": lambda lib: lib.tensor([[1.0] * 5] * 7),
    "(1, 1, 1, 1)": lambda lib: lib.ones(1, 1, 1, 1),
    "half": lambda lib: lib.tensor([[1.0] * 3] * 2, dtype=lib.float16),
    "(2, 3) of ints": lambda lib: lib.tensor([[0, 1, 1], [1, 0, 1]]),
}  # fmt: skip

# what a method may be called on
TENSORS = ("empty", "number", "nan tensor", "floats", "ints", "bools", "(7, 5)", "(1, 1, 1, 1)",
           "half", "(2, 3) of ints")  # fmt: skip
