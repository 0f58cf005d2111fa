"""Indices that only the device knows to be wrong: who is told, where, and what stays as it was."""

import inspect

import numpy as np
import pytest

import lazygrad as lg
import lazygrad.nn.functional as F
from lazygrad import nn

A = np.arange(6, dtype=np.float32).reshape(2, 3)


def line():
    """The line of the caller, as an error tells it."""
    frame = inspect.currentframe().f_back
    return f"{__file__}:{frame.f_lineno}"


def lookups():
    """Reads with an index out of range: the result, and the line it came from."""
    x = lg.tensor(A)
    bad = lg.tensor([0, 7])
    yield "gather", x.gather(0, bad[None]), line()
    yield "x[idx]", x[bad], line()
    yield "x[:, idx]", x[:, -bad], line()
    yield "x[i, j]", x[bad % 2, bad], line()
    yield "index_select", x.index_select(1, bad), line()
    yield "take", x.take(bad), line()
    yield "embedding", F.embedding(bad, x), line()
    yield "one_hot", F.one_hot(bad, 3), line()
    yield "scatter", x.scatter(0, bad[None], x[:1, :2]), line()
    yield "index_add", x.index_add(0, bad, x), line()
    yield "cross_entropy", F.cross_entropy(x, lg.tensor([0, 3])), line()
    yield "nll_loss", F.nll_loss(x, lg.tensor([-1, 0])), line()
    # where one element is enough to know, or the index decides nothing, it is checked all the same
    one, table = bad[1:], lg.ones(3, 2)
    yield "one of constants", table[one], line()
    yield "some of constants", table[bad], line()
    yield "of one row", x[:1][one], line()
    yield "one scatter_add", table.scatter_add(0, one[None], x[:1, :1]), line()
    yield "one index_add", table.index_add(0, one, x[:1, :2]), line()
    yield "cross_entropy of constants", F.cross_entropy(table, lg.tensor([0, 1, 2])), line()
    w = lg.ones(3, requires_grad=True)
    yield "gradient", lg.autograd.grad(w[one].sum(), w)[0], line()
    y = x.clone()
    y[one], where = 1.0, line()
    yield "in place", y, where


def test_lookups_out_of_range(device):
    count = 0
    for name, result, where in lookups():
        count += 1
        with pytest.raises(IndexError) as caught:
            result.numpy()
        assert where in str(caught.value), f"{name}: {caught.value}"
        # the error was told; the process goes on, with the same plans
        np.testing.assert_array_equal(lg.tensor(A)[lg.tensor([1, 0])].numpy(), A[[1, 0]])
    assert count == 20


def test_right_indices_after_wrong_ones(device):
    x = lg.tensor(A)
    for index, expected in (([9], None), ([1], A[[1]]), ([-3], None), ([-2], A[[0]])):
        result = x[lg.tensor(index)]
        if expected is None:
            with pytest.raises(IndexError):
                result.numpy()
        else:
            np.testing.assert_array_equal(result.numpy(), expected)


def test_written_by_index(device):
    """A write at a place that is not there leaves what was there before."""
    x = lg.tensor(A)
    x[lg.tensor([0, 5])] = 9.0
    with pytest.raises(IndexError):
        x.numpy()
    np.testing.assert_array_equal(x.numpy(), A)
    x[lg.tensor([1])] = 9.0
    np.testing.assert_array_equal(x.numpy(), [A[0], [9, 9, 9]])


class Words:
    """A small network over word numbers, with Adam."""

    def __init__(self):
        lg.manual_seed(0)
        self.model = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 3))
        self.optimizer = lg.optim.Adam(self.model.parameters(), lr=0.1)

    def step(self, words, targets):
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(lg.tensor(words)), lg.tensor(targets))
        loss.backward()
        self.optimizer.step()
        return loss

    def values(self):
        return [p.detach().numpy() for p in self.model.parameters()]


@pytest.mark.parametrize(
    ("words", "targets"), [([1, 5, 0], [0, 1, 2]), ([1, 4, 0], [0, 3, 2])], ids=["word", "target"]
)
def test_a_failing_step_changes_nothing(device, words, targets):
    training = Words()
    training.step([1, 2, 3], [0, 1, 2]).item()
    before = training.values()
    moments = [s["exp_avg"].numpy() for s in training.optimizer.state.values()]
    with pytest.raises(IndexError) as caught:
        training.step(words, targets).item()
    assert __file__ in str(caught.value)
    for old, new in zip(before, training.values(), strict=True):
        np.testing.assert_array_equal(new, old)
    for old, state in zip(moments, training.optimizer.state.values(), strict=True):
        np.testing.assert_array_equal(state["exp_avg"].numpy(), old)
    good = training.step([0, 4, 2], [2, 0, 1]).item()
    assert np.isfinite(good)
    assert any((old != new).any() for old, new in zip(before, training.values(), strict=True))


def test_steps_after_a_failing_one_are_taken_back(device):
    """Nobody looked in between: the later step stood on wrong values, so it goes too."""
    training = Words()
    training.step([1, 2, 3], [0, 1, 2]).item()
    before = training.values()
    training.step([1, 2, 9], [0, 1, 2])
    last = training.step([1, 2, 3], [0, 1, 2])
    with pytest.raises(IndexError):
        last.item()
    for old, new in zip(before, training.values(), strict=True):
        np.testing.assert_array_equal(new, old)


def test_steps_before_a_failing_one_stay(device):
    training = Words()
    training.step([1, 2, 3], [0, 1, 2]).item()
    training.step([3, 2, 1], [0, 1, 2])
    with lg.no_grad():
        wanted = [(p * 1).realize() for p in training.model.parameters()]
    training.step([1, 2, 9], [0, 1, 2])
    with pytest.raises(IndexError):
        training.model[0].weight.detach().numpy()
    for kept, parameter in zip(wanted, training.model.parameters(), strict=True):
        np.testing.assert_array_equal(parameter.detach().numpy(), kept.numpy())


@pytest.mark.large
def test_unread_steps_do_not_pile_up(device):
    """A loop that asks for no value keeps no earlier parameters for long."""
    training = Words()
    words, targets = lg.tensor([1, 2, 3]), lg.tensor([0, 1, 2])
    buffers = []
    for number in range(301):
        training.optimizer.zero_grad()
        F.cross_entropy(training.model(words), targets).backward()
        training.optimizer.step()
        if number % 100 == 0:
            buffers.append(device.memory_stats()["buffers_alive"])
    assert max(buffers) < buffers[0] + 1000, buffers  # some dozens of steps of nine each


def test_other_values_survive(device):
    """What was computed beside the failing lookup stays."""
    x = lg.tensor(A)
    other = (x * 3).exp()
    other.realize()
    with pytest.raises(IndexError):
        x[lg.tensor([8])].numpy()
    np.testing.assert_allclose(other.numpy(), np.exp(A * 3), rtol=1e-5)


def test_lookups_beside_padding_have_no_index_there(device):
    table, words = lg.tensor([0.0, 10.0, 20.0]), lg.tensor([10, 11, 12])
    written = lg.zeros(6)
    written[2:5] = table[words - 10]
    assert written.tolist() == [0.0, 0.0, 0.0, 10.0, 20.0, 0.0]
    assert F.pad(table[words - 10], (1, 2)).tolist() == [0.0, 0.0, 10.0, 20.0, 0.0, 0.0]
    assert lg.cat([table[words - 10], table]).tolist() == [0.0, 10.0, 20.0] * 2
    with pytest.raises(IndexError, match="index 3 is out of range for a dimension of size 3"):
        F.pad(table[words - 9], (1, 2)).tolist()


def test_what_shares_nothing_with_a_bad_lookup_stands(device):
    x, bad, good, w = lg.arange(5.0), lg.tensor([9]), lg.tensor([2]), lg.zeros(1)
    lg.realize(x, bad, good, w)
    y = x[bad]
    lg.realize(y)
    w += x[good]
    other, dependent = x[good] * 2, y + 1
    lg.realize(w, other)
    lg.realize(dependent)
    with pytest.raises(IndexError, match="index 9"):
        other.tolist()  # the first look tells of it
    assert w.tolist() == [2.0] and other.tolist() == [4.0]
    for value in (y, dependent):
        with pytest.raises(IndexError, match="index 9"):
            value.tolist()
    big = lg.tensor([2**32 + 1])
    with pytest.raises(IndexError, match="index 4294967297"):
        x[big].tolist()
