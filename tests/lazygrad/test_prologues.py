"""Operands that contractions compute while they stage them: the values that NumPy has."""

import random

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import schedules
from lazygrad.codegen.prologue import Prologues
from lazygrad.schedules import Policy


def values(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.fixture(autouse=True)
def always(monkeypatch):
    """Whether it pays depends on the device, and is tested without one."""
    monkeypatch.setattr(Prologues, "_pays", lambda *_: True)


def check(found, wanted, kernels=1):
    assert len(lg.kernels(found)) == kernels
    np.testing.assert_allclose(found.numpy(), wanted, 2e-4, 2e-4)


# more than a block of contracted positions, columns that fill no panel, and a panel with a rest
SIZES = [(33, 600, 50), (40, 70, 9)]


@pytest.mark.parametrize(("m", "k", "n"), SIZES)
def test_casts_of_weights(device, m, k, n):
    x, w = values(m, k), np.random.default_rng(1).integers(-9, 9, (k, n)).astype(np.int8)
    found = lg.tensor(x) @ lg.tensor(w).float()
    check(found, x @ w.astype(np.float32))
    half = values(k, n).astype(np.float16)
    check(lg.tensor(x) @ lg.tensor(half).float(), x @ half.astype(np.float32))


@pytest.mark.parametrize(("m", "k", "n"), SIZES)
def test_normalised_columns(device, m, k, n):
    x, w = values(m, k), values(k, n, seed=1)
    mean, scale = values(k, 1, seed=2), values(k, 1, seed=3)
    gain, shift = values(n, seed=4), values(n, seed=5)
    a, b, c, d, e = map(lg.tensor, (w, mean, scale, gain, shift))
    found = (lg.tensor(x) @ ((a - b) * c * d + e)).relu()
    check(found, np.maximum(x @ ((w - mean) * scale * gain + shift), 0))


def test_what_is_no_number_stays_so(device):
    x, w = np.ones((5, 40), np.float32), np.ones((40, 30), np.float32)
    w[3, 4], w[7, 8], w[9, 10] = np.nan, np.inf, -np.inf
    found = lg.tensor(x) @ lg.tensor(w).relu()
    with np.errstate(invalid="ignore"):
        check(found, x @ np.maximum(w, 0))


def test_batches(device):
    x, w, gain = values(3, 20, 40), values(3, 40, 36, seed=1), values(3, 1, 36, seed=2)
    check(lg.tensor(x) @ (lg.tensor(w) * lg.tensor(gain)), x @ (w * gain))


@pytest.mark.parametrize(("m", "k", "n"), SIZES)
def test_rows_that_are_looked_up(device, m, k, n):
    table, w = values(200, k), values(k, n, seed=1)
    index = np.random.default_rng(2).integers(-200, 200, m)
    check(lg.tensor(table)[lg.tensor(index)] @ lg.tensor(w), table[index] @ w)


def test_columns_that_are_looked_up(device):
    x, table = values(33, 70), values(200, 50, seed=1)
    index = np.random.default_rng(2).integers(0, 200, 70)
    check(lg.tensor(x) @ lg.tensor(table)[lg.tensor(index)], x @ table[index])


def test_batches_that_are_looked_up(device):
    x, table = values(6, 20, 40), values(9, 40, 30, seed=1)
    index = np.random.default_rng(2).integers(0, 9, 6)
    check(lg.tensor(x) @ lg.tensor(table)[lg.tensor(index)], x @ table[index])
    check(lg.tensor(x) @ lg.tensor(table.transpose(0, 2, 1).copy())[lg.tensor(index)].mT,
          x @ table[index])  # fmt: skip


def test_a_bad_index_is_told(device):
    table, w = values(200, 40), values(40, 30)
    index = lg.tensor(np.array([3, 200, 5]))
    with pytest.raises(IndexError, match="200"):
        (lg.tensor(table)[index] @ lg.tensor(w)).numpy()


def test_every_schedule_gives_the_values(device):
    x, w, gain = values(33, 600), values(600, 50, seed=1), values(50, seed=2)
    table, index = values(70, 600, seed=3), np.random.default_rng(2).integers(0, 70, 33)

    def random_choice(seed):
        rng = random.Random(seed)
        return lambda device, kernels: {k.key: rng.choice(k.choices) for k in kernels}

    for seed in range(3):
        with schedules.using(Policy(object(), random_choice(seed))):
            found = lg.tensor(x) @ (lg.tensor(w) * lg.tensor(gain))
            np.testing.assert_allclose(found.numpy(), x @ (w * gain), 2e-4, 2e-3)
            found = lg.tensor(table)[lg.tensor(index)] @ lg.tensor(w)
            np.testing.assert_allclose(found.numpy(), table[index] @ w, 2e-4, 2e-3)
