"""`DataLoader`: goes over a data set in batches."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from lazygrad.creation import tensor
from lazygrad.origin import warn
from lazygrad.random import Generator
from lazygrad.realize import realize
from lazygrad.tensor import Tensor

from .collate import default_collate
from .dataset import IterableDataset, TensorDataset
from .sampler import BatchSampler, RandomSampler, SequentialSampler

Collate = Callable[[Any], Any]


class DataLoader:
    """Batches of a data set; each `iter` is one pass.

    Batches of a `TensorDataset` are cut out of its tensors as a whole: slices in order, one
    gather where shuffled. All else goes sample by sample through `collate_fn`.

    Args:
        batch_size: None gives samples one by one, not collated into batches.
        shuffle: a new random order for each pass.
        sampler: indices to visit, instead of `shuffle`.
        batch_sampler: lists of indices, instead of the four arguments around it.
        num_workers: only 0 does anything; a larger number warns and loads in this process.
        collate_fn: makes a batch from a list of samples.
        drop_last: leaves out a last batch that is shorter.
        generator: draws the orders.
        pin_memory and what concerns workers: taken without effect.

    Raises:
        ValueError: arguments that exclude each other, or a negative number of workers.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Collate | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(num_workers)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, "
                    "and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually "
                "exclusive with drop_last"
            )
        self.iterates = isinstance(dataset, IterableDataset)
        if self.iterates and (shuffle or sampler is not None or batch_sampler is not None):
            raise ValueError(
                "DataLoader with IterableDataset: expected no shuffle, sampler or batch_sampler"
            )
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.num_workers = num_workers
        self.pin_memory = pin_memory
        self.generator = generator
        if sampler is None and not self.iterates:
            if shuffle:
                sampler = RandomSampler(dataset, generator=generator)
            else:
                sampler = SequentialSampler(dataset)
        self.sampler = sampler
        if batch_sampler is None and batch_size is not None and sampler is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_sampler = batch_sampler
        batches = batch_sampler is not None or batch_size is not None
        self.collate_fn: Collate = collate_fn or (default_collate if batches else _as_is)

    def __iter__(self) -> Iterator[Any]:
        if self.iterates:
            return self._iterated()
        if self.batch_sampler is None:
            return (self.collate_fn(self.dataset[index]) for index in self.sampler or ())
        if type(self.dataset) is TensorDataset and self.collate_fn is default_collate:
            return self._cut(self.dataset.tensors)
        return (
            self.collate_fn([self.dataset[index] for index in batch])
            for batch in self.batch_sampler
        )

    def __len__(self) -> int:
        """Number of batches (of samples, without batches)."""
        if self.iterates:
            size = len(self.dataset)
            if self.batch_size is None:
                return size
            return size // self.batch_size if self.drop_last else -(-size // self.batch_size)
        indices: Any = self.sampler if self.batch_sampler is None else self.batch_sampler
        return len(indices)

    def _iterated(self) -> Iterator[Any]:
        samples = iter(self.dataset)
        if self.batch_size is None:
            for sample in samples:
                yield self.collate_fn(sample)
            return
        while batch := list(islice(samples, self.batch_size)):
            if len(batch) < self.batch_size and self.drop_last:
                return
            yield self.collate_fn(batch)

    def _cut(self, tensors: tuple[Tensor, ...]) -> Iterator[list[Tensor]]:
        """Batches cut out of whole tensors: what collating their samples would give."""
        batches = self.batch_sampler
        if type(batches) is not BatchSampler:
            for batch in batches or ():
                places = tensor(list(batch))
                yield [values[places.to(values.device)] for values in tensors]
            return
        sampler, size = batches.sampler, batches.batch_size
        order: Tensor | None = None
        if type(sampler) is RandomSampler:
            order = sampler.order()
        elif type(sampler) is not SequentialSampler:
            order = tensor(list(sampler))
        total = len(tensors[0]) if order is None else len(order)
        stop = total - total % size if batches.drop_last else total
        if order is not None:
            # Realized once, so that each batch only reads its slice of it.
            realize(order)
        for start in range(0, stop, size):
            end = min(start + size, stop)
            if order is None:
                yield [values[start:end] for values in tensors]
            else:
                places = order[start:end]
                yield [values.index_select(0, places.to(values.device)) for values in tensors]


def _as_is(sample: Any) -> Any:
    return sample


def _check_workers(num_workers: int) -> None:
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative")
    if num_workers > 0:
        warn(
            f"DataLoader: got num_workers={num_workers}, but batches are made in this process; "
            "write num_workers=0"
        )
