"""Laziness: what is computed when, what is kept, and what is given back."""

import gc
import importlib

import numpy as np
import pytest

import lazygrad as lg

A = np.arange(12, dtype=np.float32).reshape(3, 4)


def launches(action):
    """How many kernels an action launches."""
    before = lg.stats().kernels_launched
    action()
    return lg.stats().kernels_launched - before


# -- when ------------------------------------------------------------------------------------


def test_nothing_runs_before_a_value_is_asked_for(device):
    before = lg.stats()

    def build():
        x = lg.tensor(A, requires_grad=True)
        y = (x * 3 + 1).relu().sum(1)
        y.sum().backward()
        w = lg.zeros(3, 4)
        w[1] += x.detach()[0] * 2
        w.mul_(2.0)
        assert y.shape == (3,) and w.dtype == lg.float32 and not y.is_leaf
        return x, y, w

    x, y, w = build()
    now = lg.stats()
    assert (now.realizations, now.kernels_launched) == (
        before.realizations,
        before.kernels_launched,
    )
    assert launches(lambda: lg.realize(x.grad, y, w)) > 0
    np.testing.assert_array_equal(y.detach().numpy(), (A * 3 + 1).sum(1))
    np.testing.assert_array_equal(x.grad.numpy(), np.full((3, 4), 3.0))
    np.testing.assert_array_equal(w.numpy()[1], A[0] * 4)


def test_realize_gives_the_tensor(device):
    x = lg.tensor(A) * 2
    assert x.realize() is x
    assert launches(lambda: x.realize()) == 0
    assert launches(lambda: lg.realize(x, x.view(12), x[None])) == 0
    np.testing.assert_array_equal(x.numpy(), A * 2)


ASKING = {
    "repr": lambda x: repr(x),
    "str": lambda x: str(x),
    "format": lambda x: f"{x.sum()}",
    "bool": lambda x: bool(x.sum() > 0),
    "item": lambda x: x.sum().item(),
    "float": lambda x: float(x[0, 0]),
    "int": lambda x: int(x[0, 0]),
    "index": lambda x: [1, 2, 3][x[0, 0].long() * 0],
    "tolist": lambda x: x.tolist(),
    "numpy": lambda x: x.numpy(),
    "asarray": lambda x: np.asarray(x),
    "iteration": lambda x: [v.item() for v in x[0]],
    "contains": lambda x: 3.0 in x,
    "equal": lambda x: lg.equal(x, x + 1),
    "nonzero": lambda x: x.nonzero(),
    "mask": lambda x: x[x > 3].shape,
}


@pytest.mark.parametrize("name", ASKING)
def test_asking_realizes(device, name):
    x = lg.tensor(A) * 2
    assert launches(lambda: ASKING[name](x)) > 0


def test_values_held_by_live_tensors_are_computed_once(device):
    a = lg.tensor(A)
    mean = a.mean(1, keepdim=True)
    centred = (a - mean).exp()
    total = (centred * 2).sum()
    with lg.capture_kernels() as found:
        total.item()
    assert found
    assert launches(lambda: (mean.numpy(), centred.numpy(), total.numpy())) == 0
    expected = np.exp(A - A.mean(1, keepdims=True))
    np.testing.assert_allclose(centred.numpy(), expected, rtol=1e-6)


def test_dropped_values_are_not_stored(device):
    x = lg.tensor(A)
    y = ((x + 1) * 2).exp()
    with lg.capture_kernels() as found:
        y.realize()
    assert len(found) == 1 and found[0].bytes == 2 * A.nbytes


def test_several_results_share_their_work(device):
    x = lg.tensor(A)
    e = (x - x.amax(1, keepdim=True)).exp()
    outputs = [e.sum(1), e.sum(0), e * 2]
    lg.realize(*outputs)
    expected = np.exp(A - A.max(1, keepdims=True))
    np.testing.assert_allclose(outputs[0].numpy(), expected.sum(1), rtol=1e-6)
    np.testing.assert_allclose(outputs[1].numpy(), expected.sum(0), rtol=1e-6)
    np.testing.assert_allclose(outputs[2].numpy(), expected * 2, rtol=1e-6)


def test_late_numbers_share_a_plan(device):
    x = lg.tensor(A)
    (x * 3.5 + 0.25).realize()
    before = lg.stats().plans_compiled
    for factor in (0.5, 3.5, -7.25, 1e38, float("nan")):
        y = (x * factor + 0.25).numpy()
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(y, A * np.float32(factor) + np.float32(0.25))
    assert lg.stats().plans_compiled == before


# -- memory ----------------------------------------------------------------------------------


def in_use(device):
    gc.collect()
    return device.memory_stats()["bytes_in_use"]


def test_memory_is_given_back(device):
    before = in_use(device)
    x = lg.ones(1000, 100) * 3.5
    y = x.T @ x
    y.realize()
    assert in_use(device) >= before + y.numel() * 4
    del x, y
    assert in_use(device) == before


def test_memory_of_a_training_step_is_given_back(device):
    before = in_use(device)
    w = lg.nn.Parameter(lg.ones(200, 50) * 0.125)
    optimizer = lg.optim.SGD([w], lr=0.1)
    data = lg.ones(64, 200) * 0.5
    held = []
    for _ in range(4):
        optimizer.zero_grad()
        loss = (data @ w).square().mean()
        loss.backward()
        optimizer.step()
        loss.item()
        held.append(in_use(device))
    assert held[1] == held[2] == held[3]
    del w, optimizer, data, loss
    assert in_use(device) == before


@pytest.mark.large
def test_intermediates_are_freed(device):
    before = in_use(device)
    x = lg.ones(256, 256) * 2
    y = x
    for _ in range(6):
        y = lg.softmax(y @ x, -1) + 1.5
    y.realize()
    del x
    assert in_use(device) == before + 256 * 256 * 4
    del y
    assert in_use(device) == before


# -- long graphs -----------------------------------------------------------------------------


@pytest.fixture
def few_pending(monkeypatch):
    monkeypatch.setattr(importlib.import_module("lazygrad.realize"), "_MOST_PENDING_NODES", 4_000)


@pytest.mark.large
def test_a_pending_loop_is_bounded(device, few_pending):
    """12,000 operations that nobody asks for: the graph stays short, the value is right."""
    x = lg.zeros(4)
    one = lg.tensor([1.0, 2.0, 3.0, 4.0])
    for _ in range(12_000):
        x = x + one
    assert len(lg.graph(x)) <= 9_000
    np.testing.assert_array_equal(x.numpy(), np.array([1, 2, 3, 4], np.float32) * 12_000)


@pytest.mark.large
def test_in_place_loop_is_bounded(device, few_pending):
    x = lg.zeros(3)
    for _ in range(12_000):
        x += 1
    assert len(lg.graph(x)) <= 9_000
    np.testing.assert_array_equal(x.numpy(), np.full(3, 12_000.0))


@pytest.mark.large
def test_a_chain_of_40_000_nodes(device):
    x = lg.tensor([0.5, -2.0])
    y = x
    for _ in range(20_000):
        y = (y + 1) - 1
    np.testing.assert_array_equal(y.numpy(), [0.5, -2.0])
    del y
    gc.collect()


def test_a_pending_chain_is_freed_without_recursion(device):
    x = lg.tensor([0.5, -2.0])
    y = x
    for _ in range(20_000):
        y = -(y + x)
    del y
    gc.collect()
    np.testing.assert_array_equal((x + 1).numpy(), [1.5, -1.0])


@pytest.mark.large
def test_gradient_of_a_long_chain(device):
    x = lg.tensor([0.5, -2.0, 3.0], requires_grad=True)
    y = x
    for _ in range(3_000):
        y = (y + x) * 0.5
    y.sum().backward()
    # y is x again, so its slope is 1
    np.testing.assert_allclose(x.grad.numpy(), np.ones(3), rtol=1e-5)
    np.testing.assert_allclose(y.detach().numpy(), [0.5, -2.0, 3.0], rtol=1e-5)


# -- values on the host ----------------------------------------------------------------------


def test_numpy_is_fresh_and_writable(device):
    x = lg.tensor(A) * 1
    first = x.numpy()
    first[:] = -1
    second = x.numpy()
    assert second.flags.writeable and not np.shares_memory(first, second)
    np.testing.assert_array_equal(second, A)


def test_numpy_data_is_copied_in(device):
    source = A.copy()
    tensors = [lg.tensor(source), lg.from_numpy(source), lg.as_tensor(source)]
    source[:] = -1
    for t in tensors:
        np.testing.assert_array_equal(t.numpy(), A)


def test_asarray_is_a_read_only_view(device):
    x = lg.tensor(A) + 1
    seen = np.asarray(x)
    assert not seen.flags.writeable
    with pytest.raises(ValueError):
        seen[0, 0] = 5
    if device.kind == "cpu":
        assert np.shares_memory(seen, np.asarray(x))
    np.testing.assert_array_equal(seen, A + 1)


def test_asarray_outlives_the_tensor(device):
    seen = np.asarray(lg.tensor(A) + 1)
    gc.collect()
    others = [lg.full((3, 4), float(k)) * 1.5 for k in range(20)]
    lg.realize(*others)
    np.testing.assert_array_equal(seen, A + 1)


def test_asarray_keeps_its_values_after_a_write(device):
    x = lg.tensor(A) + 1
    seen = np.asarray(x)
    x.add_(100)
    x.realize()
    np.testing.assert_array_equal(x.numpy(), A + 101)
    np.testing.assert_array_equal(seen, A + 1)


def test_array_conversions(device):
    x = lg.tensor(A)
    assert np.asarray(x, np.float64).dtype == np.float64
    copied = np.array(x)
    copied[:] = 0
    np.testing.assert_array_equal(x.numpy(), A)
    np.testing.assert_array_equal(np.add(A, np.asarray(x)), 2 * A)
    assert np.asarray(lg.zeros(0, 3)).shape == (0, 3)
    np.testing.assert_array_equal(np.asarray(x.T), A.T)


CHAINS = {
    "element by element": lambda t, u, i: t.put(u, i % 40, u[i % 40] + 1.5),
    "from the one before": lambda t, u, i: t.put(u, i % 38 + 1, u[i % 38] * 0.5),
    "heat": lambda t, u, i: t.put(
        u, slice(1, -1), u[1:-1] + 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
    ),
    "neighbours": lambda t, u, i: (u[1:] + u[:-1]) * 0.5,
    "roll": lambda t, u, i: (u + t.roll(u, 1)) * 0.5,
    "cat": lambda t, u, i: t.cat([u[1:], u[:1]]) * 0.5,
}  # fmt: skip


class _Numpy:
    roll = staticmethod(np.roll)
    cat = staticmethod(np.concatenate)

    @staticmethod
    def put(u, key, value):
        u = u.copy()
        u[key] = value
        return u


class _Lazygrad:
    roll = staticmethod(lambda u, n: u.roll(n, 0))
    cat = staticmethod(lg.cat)

    @staticmethod
    def put(u, key, value):
        u[key] = value
        return u


@pytest.mark.parametrize("name", CHAINS)
def test_steps_that_read_the_one_before_at_several_places(device, name):
    """Unstored, each step would be computed again at each place: doubling work at every one."""
    start = np.linspace(0, 1, 60)
    u, expected = lg.tensor(start), start
    for i in range(30):
        u, expected = CHAINS[name](_Lazygrad, u, i), CHAINS[name](_Numpy, expected, i)
    np.testing.assert_allclose(u.numpy(), expected, 1e-12)
