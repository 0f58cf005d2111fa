"""Data sets, samplers and the loader."""

import numpy as np
import pytest

import lazygrad as lg
from lazygrad.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    default_collate,
    random_split,
)

X = np.arange(14, dtype=np.float32).reshape(7, 2)
Y = np.arange(7)


def pairs():
    return TensorDataset(lg.tensor(X), lg.tensor(Y))


class Squares(Dataset):
    def __getitem__(self, index):
        return index, float(index**2)

    def __len__(self):
        return 7


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(5))


def test_batches_in_order_are_slices():
    batches = [(x.tolist(), y.tolist()) for x, y in DataLoader(pairs(), batch_size=3)]
    expected = [(X[i : i + 3].tolist(), Y[i : i + 3].tolist()) for i in (0, 3, 6)]
    assert batches == expected
    assert len(DataLoader(pairs(), batch_size=3)) == 3


def test_drop_last():
    loader = DataLoader(pairs(), batch_size=3, drop_last=True)
    assert len(loader) == 2 and [len(y) for _, y in loader] == [3, 3]


def test_shuffled_batches_hold_every_sample_once():
    loader = DataLoader(pairs(), batch_size=3, shuffle=True, generator=seeded(5))
    first = [(x.numpy(), y.numpy()) for x, y in loader]
    order = np.concatenate([y for _, y in first])
    assert sorted(order.tolist()) == Y.tolist()
    np.testing.assert_array_equal(np.concatenate([x for x, _ in first]), X[order])
    second = np.concatenate([y.numpy() for _, y in loader])
    assert second.tolist() != order.tolist()
    again = DataLoader(pairs(), batch_size=3, shuffle=True, generator=seeded(5))
    assert np.concatenate([y.numpy() for _, y in again]).tolist() == order.tolist()


def seeded(seed):
    return lg.Generator().manual_seed(seed)


@pytest.mark.parametrize("shuffle", [False, True])
def test_whole_tensor_batches_equal_collated_samples(shuffle):
    fast = DataLoader(pairs(), batch_size=3, shuffle=shuffle, generator=seeded(2))
    slow = DataLoader(
        pairs(), batch_size=3, shuffle=shuffle, generator=seeded(2),
        collate_fn=lambda samples: default_collate(samples),
    )  # fmt: skip
    for a, b in zip(fast, slow, strict=True):
        assert [t.tolist() for t in a] == [t.tolist() for t in b]


def test_other_datasets_are_collated():
    (numbers, squares), *_ = DataLoader(Squares(), batch_size=4)
    assert numbers.tolist() == [0, 1, 2, 3] and numbers.dtype == lg.int64
    assert squares.tolist() == [0.0, 1.0, 4.0, 9.0] and squares.dtype == lg.float64
    assert next(iter(DataLoader(Squares(), batch_size=None))) == (0, 0.0)
    texts = list(DataLoader(Squares(), batch_size=5, collate_fn=str))
    assert texts[1] == "[(5, 25.0), (6, 36.0)]"


def test_iterable_dataset():
    assert [b.tolist() for b in DataLoader(Stream(), batch_size=2)] == [[0, 1], [2, 3], [4]]
    assert len(list(DataLoader(Stream(), batch_size=2, drop_last=True))) == 2
    with pytest.raises(ValueError):
        DataLoader(Stream(), shuffle=True)


def test_samplers_given_by_the_user():
    loader = DataLoader(pairs(), batch_size=2, sampler=[6, 0, 3])
    assert [y.tolist() for _, y in loader] == [[6, 0], [3]]
    loader = DataLoader(pairs(), batch_sampler=[[1, 2], [-1]])
    assert [y.tolist() for _, y in loader] == [[1, 2], [6]] and len(loader) == 2


def test_samplers():
    data = range(5)
    assert list(SequentialSampler(data)) == list(data)
    assert sorted(RandomSampler(data)) == list(data)
    assert len(list(RandomSampler(data, num_samples=12))) == 12
    drawn = list(RandomSampler(data, replacement=True, num_samples=40))
    assert len(drawn) == 40 and set(drawn) <= set(data)
    assert sorted(SubsetRandomSampler([7, 9, 11])) == [7, 9, 11]
    batches = BatchSampler(data, 2, drop_last=False)
    assert list(batches) == [[0, 1], [2, 3], [4]] and len(batches) == 3
    assert len(BatchSampler(data, 2, drop_last=True)) == 2


def test_subset_and_split():
    part = Subset(Squares(), [4, 2])
    assert len(part) == 2 and part[0] == (4, 16.0)
    a, b = random_split(Squares(), [5, 2], generator=seeded(1))
    assert sorted(a.indices + b.indices) == list(range(7))
    assert [len(p) for p in random_split(Squares(), [0.5, 0.5])] == [4, 3]
    (_, squares), *_ = DataLoader(part, batch_size=2)
    assert squares.tolist() == [16.0, 4.0]


def test_collate_goes_into_structures():
    batch = default_collate([{"a": lg.ones(2), "b": "x"}, {"a": lg.zeros(2), "b": "y"}])
    assert batch["a"].tolist() == [[1.0, 1.0], [0.0, 0.0]] and batch["b"] == ["x", "y"]
    arrays = default_collate([np.ones(2, np.float32), np.zeros(2, np.float32)])
    assert arrays.dtype == lg.float32 and arrays.shape == (2, 2)


@pytest.mark.parametrize(
    ("error", "act"),
    [
        (ValueError, lambda: TensorDataset(lg.ones(2), lg.ones(3))),
        (ValueError, lambda: DataLoader(pairs(), shuffle=True, sampler=[0])),
        (ValueError, lambda: DataLoader(pairs(), batch_sampler=[[0]], batch_size=2)),
        (ValueError, lambda: DataLoader(pairs(), batch_size=0)),
        (ValueError, lambda: DataLoader(pairs(), num_workers=-1)),
        (ValueError, lambda: random_split(Squares(), [1, 2])),
        (ValueError, lambda: RandomSampler([1], num_samples=0)),
        (TypeError, lambda: default_collate([object()])),
        (RuntimeError, lambda: default_collate([[1], [1, 2]])),
    ],
)
def test_bad_use_raises(error, act):
    with pytest.raises(error):
        act()


def test_workers_warn():
    with pytest.warns(UserWarning, match="num_workers=2"):
        loader = DataLoader(pairs(), num_workers=2)
    assert len(list(loader)) == 7
