"""Calls that PyTorch takes, and people write: the check of arguments must let them in."""

import numpy as np
import pytest

import lazygrad as lg
import lazygrad.nn.functional as F
from lazygrad import nn
from lazygrad.utils import data

TWO = np.int64(2)
X = np.arange(24.0, dtype=np.float32).reshape(1, 2, 3, 4)


def _clipped():
    parameter = nn.Parameter(lg.ones(3))
    parameter.grad = lg.ones(3)
    return nn.utils.clip_grad_norm_([parameter], 1.0, norm_type="inf").item()


CALLS = {
    "random_split of a range": (
        lambda: [len(p) for p in data.random_split(range(10), [3, 7])], [3, 7]),
    "random_split by an array": (
        lambda: [len(p) for p in data.random_split([1] * 10, np.array([5, 5]))], [5, 5]),
    "Subset of a list": (lambda: list(data.Subset([1, 2, 3], np.array([2, 0]))), [3, 1]),
    "Subset by a tensor": (lambda: len(data.Subset(range(5), lg.randperm(5))), 5),
    "SubsetRandomSampler": (lambda: sorted(data.SubsetRandomSampler(np.array([4, 2]))), [2, 4]),
    "clip_grad_norm_": (_clipped, 1.0),
    "Linear": (lambda: nn.Linear(4, 2, bias=None).bias, None),
    "zero_grad": (lambda: nn.Linear(4, 2).zero_grad(set_to_none=None), None),
    "manual_seed": (lambda: lg.manual_seed(3.0).initial_seed(), 3),
    "nan_to_num": (lambda: lg.tensor([float("nan")]).nan_to_num(nan=None).tolist(), [0.0]),
    "allclose": (lambda: lg.ones(2).allclose(np.ones(2, np.float32)), True),
    "Conv2d": (lambda: nn.Conv2d(2, 4, TWO)(lg.tensor(X)).shape, (1, 4, 2, 3)),
    "avg_pool2d": (lambda: F.avg_pool2d(lg.tensor(X), TWO).shape, (1, 2, 1, 2)),
    "LayerNorm": (lambda: nn.LayerNorm(np.int64(4))(lg.tensor(X)).shape, X.shape),
    "tensordot": (lambda: lg.tensordot(lg.ones(3, 2), lg.ones(2, 5), np.int64(1)).shape, (3, 5)),
    "tensor_split": (lambda: [p.shape[0] for p in lg.tensor_split(lg.ones(5), TWO)], [3, 2]),
    "sum": (lambda: lg.ones(2, 3).sum(dim=lg.tensor(0)).tolist(), [2.0, 2.0, 2.0]),
    "multinomial": (lambda: lg.multinomial(lg.ones(3), np.int64(5), True).shape, (5,)),
    "unsqueeze": (lambda: lg.ones(2).unsqueeze(np.array(0)).shape, (1, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_calls_that_pytorch_takes(name):
    call, expected = CALLS[name]
    assert call() == expected


def test_gradients_at_the_ends_of_domains():
    """Infinite, never NaN, as in PyTorch."""
    for name, end in (("acosh", 1.0), ("sqrt", 0.0), ("asin", 1.0), ("acos", -1.0), ("log", 0.0)):
        x = lg.tensor([end], requires_grad=True)
        getattr(x, name)().sum().backward()
        assert np.isinf(x.grad.numpy()).all(), name
