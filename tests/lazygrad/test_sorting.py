"""Sorts and selections against NumPy: ties, special values, every kind of dtype, long lines."""

import numpy as np
import pytest

import lazygrad as lg

RNG = np.random.default_rng(5)


def special() -> np.ndarray:
    x = RNG.integers(-3, 4, (3, 400)).astype(np.float32)
    x[x == 3] = np.nan
    x[0, ::7], x[1, ::5], x[1, ::9] = -0.0, np.inf, -np.inf
    return x


ARRAYS = {
    "float32": special(),
    "float16": RNG.normal(size=(2, 300)).astype(np.float16),
    "float64": np.concatenate([special()[:2], np.zeros((2, 0), np.float32)], 1).astype(np.float64),
    "int8": RNG.integers(-128, 128, (2, 300)).astype(np.int8),
    "int64": RNG.integers(-5, 1 << 40, (2, 300)) * RNG.integers(-1, 2, (2, 300)),
    "bool": RNG.integers(0, 2, (2, 300)).astype(bool),
}


def order(x: np.ndarray, axis: int, descending: bool) -> np.ndarray:
    """The stable order, NaN as the largest."""
    if not descending:
        return np.argsort(x, axis, kind="stable")
    turned = np.argsort(np.flip(x, axis), axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - turned, axis)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", ARRAYS)
def test_orders_are_stable_and_nan_is_largest(name: str, descending: bool) -> None:
    x = ARRAYS[name]
    expected = order(x, 1, descending)
    values, places = lg.tensor(x).sort(1, descending)
    best, where = lg.tensor(x).topk(20, 1, largest=descending)
    lg.realize(values, places, best, where)
    np.testing.assert_array_equal(places.numpy(), expected)
    np.testing.assert_array_equal(values.numpy(), np.take_along_axis(x, expected, 1))
    np.testing.assert_array_equal(where.numpy(), expected[:, :20])
    np.testing.assert_array_equal(best.numpy(), np.take_along_axis(x, expected[:, :20], 1))


@pytest.mark.parametrize("k", [0, 1, 300])
def test_any_count_along_the_first_axis(k: int) -> None:
    x = RNG.integers(0, 9, (300, 3)).astype(np.float32)
    places = lg.tensor(x).topk(k, 0).indices
    np.testing.assert_array_equal(places.numpy(), order(x, 0, True)[:k])


@pytest.mark.parametrize("largest", [False, True])
def test_a_long_line_is_selected_from_in_parts(largest: bool) -> None:
    x = RNG.integers(-99, 99, 70003).astype(np.float32)
    x[: 40000 if largest else 70000] = -np.inf if largest else np.nan
    places = lg.tensor(x).topk(40, 0, largest=largest).indices
    np.testing.assert_array_equal(places.numpy(), order(x, 0, largest)[:40])


def test_gradients_go_to_what_was_picked() -> None:
    x = lg.tensor([[3.0, 1.0, 3.0, 2.0]], requires_grad=True)
    (x.topk(2, 1).values * lg.tensor([[5.0, 7.0]])).sum().backward()
    assert x.grad is not None and x.grad.tolist() == [[5.0, 0.0, 7.0, 0.0]]


def test_sums_of_rows_are_those_of_their_sources_in_order() -> None:
    ids = RNG.integers(0, 90, 1000)
    rows = RNG.normal(size=(1000, 37)).astype(np.float32)
    expected = np.zeros((100, 37), np.float32)
    np.add.at(expected, ids, rows)
    got = lg.zeros(100, 37).index_add(0, lg.tensor(ids), lg.tensor(rows))
    np.testing.assert_array_equal(got.numpy(), expected)


def test_a_bad_index_of_shared_rows_is_told() -> None:
    ids = RNG.integers(0, 90, 1000)
    ids[777] = 123
    got = lg.zeros(100, 37).index_add(0, lg.tensor(ids), lg.ones(1000, 37))
    with pytest.raises(IndexError, match="123 is out of range"):
        got.numpy()
