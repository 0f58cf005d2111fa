"""Data sets: something indexed, something iterated, tensors side by side, or parts of another."""

import math
import numbers
from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Generic, TypeVar

from lazygrad.random import Generator, randperm
from lazygrad.tensor import Tensor

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """Samples by index: subclasses define `__getitem__` and, for most uses, `__len__`."""

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")


class IterableDataset(Dataset[T_co]):
    """Samples one after another: subclasses define `__iter__`."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError("Subclasses of IterableDataset should implement __iter__.")


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors of the same first axis; a sample is the tuple of their entries at one place.

    Raises:
        ValueError: first axes that differ.
    """

    def __init__(self, *tensors: Tensor) -> None:
        sizes = [tensor.shape[0] for tensor in tensors]
        if len(set(sizes)) != 1:
            raise ValueError(
                f"TensorDataset: got first axes of size {sizes}, expected the same for all tensors"
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])


class Subset(Dataset[T_co]):
    """The samples of another data set, or of a sequence, at the given indices."""

    def __init__(self, dataset: Any, indices: Any) -> None:
        self.dataset: Any = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> T_co:
        if isinstance(index, list):
            found: T_co = self.dataset[[self.indices[i] for i in index]]
        else:
            found = self.dataset[self.indices[index]]
        return found

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any, lengths: Any, generator: Generator | None = None
) -> list[Subset[Any]]:
    """Splits a data set at random into parts that do not overlap.

    Args:
        lengths: sizes of the parts, or fractions that add up to 1 (the remainder is dealt out
            one by one from the first part on).

    Raises:
        ValueError: lengths that do not add up to the data set's, or a fraction outside [0, 1].
    """
    total = len(dataset)
    if not all(isinstance(length, numbers.Real) for length in lengths):
        raise TypeError(f"random_split: got lengths {lengths}, expected sizes or fractions")
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        for place, fraction in enumerate(lengths):
            if not 0 <= fraction <= 1:
                raise ValueError(f"Fraction at index {place} is not between 0 and 1")
        sizes = [math.floor(total * fraction) for fraction in lengths]
        for place in range(total - sum(sizes)):
            sizes[place % len(sizes)] += 1
    else:
        sizes = [int(length) for length in lengths]
    if sum(sizes) != total:
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    order: list[int] = randperm(total, generator=generator).tolist()
    ends = accumulate(sizes)
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends, strict=True)]
