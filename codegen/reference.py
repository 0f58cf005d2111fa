"""The meaning of a graph in NumPy, by the table: the oracle of all tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .graph import Node, toposort

__all__ = ["evaluate"]


def evaluate(
    outputs: Sequence[Node], data: Mapping[Node, np.ndarray[Any, Any]] | None = None
) -> list[np.ndarray[Any, Any]]:
    """The values of `outputs`, with `data` standing in for nodes (BUFFER leaves at least).

    Every node is rounded to its dtype; bfloat16 values travel as float32 that hold them.
    """
    given = data or {}
    values: dict[Node, np.ndarray[Any, Any]] = {}
    for n in toposort(outputs, stop=lambda n: n in given):
        if n in given:
            values[n] = given[n]
            continue
        result = np.asarray(n.op.numpy(n, *[values[s] for s in n.src]))
        values[n] = n.dtype.from_storage(n.dtype.to_storage(result))
    return [values[n] for n in outputs]
