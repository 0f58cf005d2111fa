"""Convolutions by tiles on devices: values, gradients, what spreads, and the setting."""

import numpy as np
import pytest

import lazygrad as lg
from lazygrad.codegen import ops, winograd
from lazygrad.codegen.dtype import float32
from lazygrad.codegen.reference import evaluate
from lazygrad.nn.functional import conv2d
from lazygrad.realize import from_host, realize_nodes, to_host

RNG = np.random.default_rng(5)


@pytest.fixture
def allowed(monkeypatch):
    monkeypatch.setattr(lg.backends.convolution, "allow_winograd", True)


def normal(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def convolved(x, w):
    """In float64, of what is padded by one."""
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3))
    return np.einsum("ncyxij,ocij->noyx", windows, w.astype(np.float64), optimize=True)


def gradients(x, w, g):
    tensors = [lg.tensor(t, requires_grad=True) for t in (x, w)]
    conv2d(*tensors, padding=1).backward(lg.tensor(g))
    return [t.grad.numpy() for t in tensors]


def test_values(device, allowed, monkeypatch):
    """Against float64: within a third of what products of so many terms are allowed."""
    monkeypatch.setattr(winograd, "tile_of", lambda planes, limits: 4)
    x, w, b = normal(2, 24, 14, 22), normal(16, 24, 3, 3), normal(16)
    y = lg.relu(conv2d(*map(lg.tensor, (x, w, b)), padding=1))
    wanted = np.maximum(convolved(x, w) + b.reshape(-1, 1, 1), 0)
    np.testing.assert_allclose(y.numpy(), wanted, atol=3e-5 * 216**0.5)


def test_gradients(device, allowed, monkeypatch):
    monkeypatch.setattr(winograd, "tile_of", lambda planes, limits: 2 * limits.winograd)
    x, w, g = normal(2, 12, 9, 18), normal(8, 12, 3, 3), normal(2, 8, 9, 18)
    got, again = (gradients(x, w, g) for _ in range(2))
    monkeypatch.setattr(lg.backends.convolution, "allow_winograd", False)
    direct = gradients(x, w, g)
    for one, same, other in zip(got, again, direct, strict=True):
        np.testing.assert_array_equal(one, same)
        np.testing.assert_allclose(one, other, atol=2e-6 * np.abs(other).max())
    assert np.abs(got[0] - direct[0]).max() > 0  # another way


def test_what_is_no_number_spreads_over_a_tile(device, allowed, monkeypatch):
    monkeypatch.setattr(winograd, "tile_of", lambda planes, limits: 2)
    x, w = normal(1, 2, 8, 12), normal(3, 2, 3, 3)
    x[0, 0, 5, 6] = np.inf
    got = conv2d(lg.tensor(x), lg.tensor(w), padding=1).numpy()
    near = np.zeros((8, 12), bool)
    near[4:8, 4:8] = True  # of the tiles of 2 x 2 whose windows read it
    assert np.isfinite(got[..., ~near]).all()
    assert not np.isfinite(got[..., 4:7, 5:8]).any()


def test_the_setting(device, allowed, monkeypatch):
    monkeypatch.setattr(winograd, "tile_of", lambda planes, limits: 4 * limits.winograd)
    x, w = lg.tensor(normal(1, 64, 56, 56)), lg.tensor(normal(64, 64, 3, 3))
    assert lg.backends.convolution.allow_winograd is True
    assert any("linear" in name for name in map(str, lg.kernels(conv2d(x, w))))
    lg.backends.convolution.allow_winograd = False
    assert not any("linear" in name for name in map(str, lg.kernels(conv2d(x, w))))
    with pytest.raises(TypeError, match="allow_winograd"):
        lg.backends.convolution.allow_winograd = 1


def test_small_maps_inside_other_kernels(device):
    """Rows of a map whose number varies with a loop, as every op reads them."""
    x = from_host(normal(6, 5, 9), float32, device)
    y = ops.linear(x, 0, ((1, 2, 0, -1, 0.5, 0), (0, 1, 1, 0, 0, -3), (1, 2, 0, 1, -0.5, 0)))
    index = from_host(RNG.integers(0, 3, (7, 1, 1)), ops.DTYPES["int64"], device)
    eight = ops.linear(x, 0, tuple((k, 1, -1, 0, 0, k % 3) for k in range(8)))
    outputs = [
        ops.reshape(ops.permute(eight, (1, 2, 0)), (5, 72)),
        y, ops.sum_(y, (0,)), ops.max_(y, (2,)), ops.flip(y, (0,)), ops.gather(y, index, 0),
        ops.pad_around(y, [(1, 1), (0, 2), (0, 0)]), ops.scan(y, 0),
        ops.reshape(ops.permute(y, (1, 0, 2)), (15, 9)),
        ops.linear(y, 1, ((1,) * 5, (0, 1, 0, 0, 0))),
    ]  # fmt: skip
    data = {n: to_host(n, device) for n in (x, index)}
    wanted = evaluate(outputs, data)
    realize_nodes(outputs, device)
    for n, value in zip(outputs, wanted, strict=True):
        np.testing.assert_allclose(to_host(n, device), value, rtol=1e-5, atol=1e-5)
