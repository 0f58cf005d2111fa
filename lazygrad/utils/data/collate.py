"""From a list of samples to one batch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lazygrad.codegen.dtype import float64
from lazygrad.creation import tensor
from lazygrad.joining import stack
from lazygrad.tensor import Tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """Stacks tensors, arrays and numbers along a new first axis; goes into tuples and mappings.

    Python floats become float64 and integers int64, as in PyTorch; strings stay a list.

    Raises:
        RuntimeError: samples of unequal length.
        TypeError: samples of a type that cannot be stacked.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch))
    if isinstance(first, (np.ndarray, np.generic)) and first.dtype.kind in "biuf":
        return tensor(np.stack([np.asarray(sample) for sample in batch]))
    if isinstance(first, float):
        return tensor(list(batch), dtype=float64)
    if isinstance(first, int):
        return tensor(list(batch))
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [default_collate(column) for column in zip(*batch, strict=True)]
        if isinstance(first, tuple) and hasattr(first, "_fields"):
            return type(first)(*columns)
        return columns
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {type(first).__name__}"
    )
