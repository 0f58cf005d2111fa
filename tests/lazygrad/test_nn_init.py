"""Initialisers by their statistics, gradient clipping by its formula."""

import math

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import nn
from lazygrad.nn import init


@pytest.fixture(autouse=True)
def _seed():
    lg.manual_seed(3)


def values(t):
    return t.detach().numpy()


@pytest.mark.parametrize(
    ("fill", "std", "limit"),
    [
        (lambda t: init.uniform_(t, -2.0, 4.0), 6 / math.sqrt(12), None),
        (lambda t: init.normal_(t, 1.0, 3.0), 3.0, None),
        (lambda t: init.xavier_uniform_(t, gain=2.0), 0.25, 0.25 * math.sqrt(3)),
        (lambda t: init.xavier_normal_(t), math.sqrt(2 / 128), None),
        (lambda t: init.kaiming_uniform_(t, nonlinearity="relu"), math.sqrt(2 / 96), 0.25),
        (lambda t: init.kaiming_normal_(t, a=1.0, mode="fan_out"), math.sqrt(1 / 32), None),
        (lambda t: init.trunc_normal_(t, std=0.5, a=-0.5, b=0.5), 0.5 * 0.53956, 0.5),
    ],
)  # fmt: skip
def test_spread(fill, std, limit):
    t = lg.zeros(32, 96, requires_grad=True)
    assert fill(t) is t and t.is_leaf and t.grad_fn is None
    got = values(t)
    assert got.std() == pytest.approx(std, rel=0.06)
    assert abs(got.mean() - (1.0 if std in (3.0, 6 / math.sqrt(12)) else 0.0)) < 4 * std / 55
    if limit is not None:
        assert np.abs(got).max() <= limit * 1.000001


def test_constants():
    t = lg.empty(2, 3)
    assert values(init.constant_(t, 1.5)).tolist() == [[1.5] * 3] * 2
    assert values(init.ones_(t)).tolist() == [[1.0] * 3] * 2
    assert values(init.zeros_(t)).tolist() == [[0.0] * 3] * 2
    assert values(init.eye_(t)).tolist() == np.eye(2, 3).tolist()


def test_fans_of_a_convolution():
    conv = nn.Conv2d(8, 16, 3)
    bound = 1 / math.sqrt(8 * 9)
    for got in (values(conv.weight), values(conv.bias)):
        assert np.abs(got).max() <= bound
    assert values(conv.weight).std() == pytest.approx(bound / math.sqrt(3), rel=0.1)
    assert values(nn.Embedding(64, 64).weight).std() == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize(
    "act",
    [
        lambda: init.xavier_uniform_(lg.ones(3)),
        lambda: init.kaiming_normal_(lg.ones(3, 3), mode="fan"),
        lambda: init.calculate_gain("wave"),
        lambda: init.eye_(lg.ones(3)),
    ],
)
def test_bad_use_raises(act):
    with pytest.raises(ValueError):
        act()


def parameters_with_gradients():
    a, b, c = (nn.Parameter(lg.ones(2)) for _ in range(3))
    a.grad, b.grad = lg.tensor([3.0, 0.0]), lg.tensor([0.0, -4.0])
    return a, b, c


@pytest.mark.parametrize(("order", "norm"), [(2.0, 5.0), (1.0, 7.0), (math.inf, 4.0)])
def test_clip_grad_norm(order, norm):
    a, b, c = parameters_with_gradients()
    total = nn.utils.clip_grad_norm_([a, b, c], 1.0, norm_type=order)
    assert total.item() == pytest.approx(norm)
    assert a.grad.tolist() == pytest.approx([3 / norm, 0.0], rel=1e-5)
    assert b.grad.tolist() == pytest.approx([0.0, -4 / norm], rel=1e-5)
    assert nn.utils.clip_grad_norm_([a], 10.0).item() == pytest.approx(3 / norm, rel=1e-5)
    assert a.grad.tolist() == pytest.approx([3 / norm, 0.0], rel=1e-5)


def test_clip_grad_norm_refuses_nan_on_request():
    a, _, _ = parameters_with_gradients()
    a.grad = lg.tensor([math.nan, 1.0])
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.clip_grad_norm_([a], 1.0, error_if_nonfinite=True)


def test_clip_grad_value_and_vectors():
    a, b, c = parameters_with_gradients()
    nn.utils.clip_grad_value_([a, b, c], 2.5)
    assert a.grad.tolist() == [2.5, 0.0] and b.grad.tolist() == [0.0, -2.5]
    vector = nn.utils.parameters_to_vector([a, b])
    assert vector.shape == (4,)
    nn.utils.vector_to_parameters(lg.arange(4).float(), [a, b])
    assert values(a).tolist() == [0.0, 1.0] and values(b).tolist() == [2.0, 3.0]
