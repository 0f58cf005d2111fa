"""In-place operations: values, gradients and errors as in PyTorch."""

import numpy as np
import pytest

import lazygrad as lg

torch = pytest.importorskip("torch")

A = np.array([[0.5, -1.0, 2.0], [3.0, 0.25, -0.5]], np.float32)
B = np.array([[1.5, 2.0, -1.0], [0.5, 1.0, 2.0]], np.float32)


def both(program):
    """The program's arrays, from PyTorch and from lazygrad."""
    results = []
    for library in (torch, lg):
        found = program(library)
        results.append([t.detach().numpy() for t in found])
    return results


def check(program, rtol=1e-6):
    for expected, got in zip(*both(program), strict=True):
        assert got.dtype == expected.dtype and got.shape == expected.shape
        np.testing.assert_allclose(got, expected, rtol, 1e-6)


WRITES = {
    "arithmetic": lambda x, y: x.add_(y).mul_(2).sub_(y, alpha=0.5).div_(4),
    "operators": lambda x, y: operators(x, y),
    "unary": lambda x, y: x.abs_().sqrt_().neg_().exp_(),
    "clamp": lambda x, y: x.clamp_(-0.5, 1.5),
    "addcmul": lambda x, y: x.addcmul_(y, y, value=0.1).addcdiv_(y, y + 4, value=3.0),
    "lerp": lambda x, y: x.lerp_(y, 0.3),
    "copy": lambda x, y: x.copy_(y[0]),
    "fill": lambda x, y: x.fill_(3.5),
    "zero": lambda x, y: x.zero_(),
    "masked_fill": lambda x, y: x.masked_fill_(y > 1, -7.0),
    "relu": lambda x, y: x.relu_(),
    "pow": lambda x, y: x.pow_(2),
    "fill_diagonal": lambda x, y: x.fill_diagonal_(9.0),
}


def operators(x, y):
    x += y
    x -= 1
    x *= 3
    x /= y
    return x


@pytest.mark.parametrize("name", WRITES)
def test_value(name):
    def program(library):
        x, y = library.tensor(A), library.tensor(B)
        assert WRITES[name](x, y) is x
        return [x]

    check(program)


@pytest.mark.parametrize("name", ["arithmetic", "operators", "clamp", "addcmul", "lerp", "relu"])
def test_gradient(name):
    def program(library):
        leaf = library.tensor(A, requires_grad=True)
        other = library.tensor(B, requires_grad=True)
        x = leaf * 2
        WRITES[name](x, other)
        (x * x * other).sum().backward()
        return [x, leaf.grad, other.grad]

    check(program, 1e-5)


def test_gradient_through_written_views():
    def program(library):
        w = library.tensor(A, requires_grad=True)
        x = library.zeros(3, 3)
        x[1:] = w * 3  # a tensor without history gets one
        x[0].copy_(w[0]).mul_(5)
        x[:, 0] *= 2
        (x * x).sum().backward()
        return [x, w.grad]

    check(program, 1e-5)


def test_dtype_and_shape_stay():
    x = lg.tensor([1, 2, 3])
    with pytest.raises(RuntimeError, match="can't be cast to the desired output type"):
        x.add_(0.5)
    assert x.add_(2).dtype == lg.int64
    y = lg.tensor([1.0, 2.0])
    with pytest.raises(RuntimeError, match=r"add_.*doesn't match the broadcast shape"):
        y.add_(lg.ones(3, 2))
    with pytest.raises(RuntimeError, match="broadcasts to"):
        y.copy_(lg.ones(3))
    y += lg.tensor([1, 1])
    assert y.dtype == lg.float32 and y.tolist() == [2.0, 3.0]


def test_a_leaf_that_requires_grad_is_written_under_no_grad_only():
    w = lg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        w.add_(1)
    with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
        w[0] = 1
    with lg.no_grad():
        w.add_(1)
        w[0] = 7
    assert w.requires_grad and w.is_leaf and w.tolist() == [7.0, 3.0]


def test_overwritten_value_that_backward_needs():
    w = lg.tensor([1.0, 2.0], requires_grad=True)
    y = w.exp()
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation") as caught:
        y.sum().backward()
    assert "test_inplace.py" in str(caught.value)  # where it was overwritten

    x = lg.tensor([3.0, 4.0])
    z = (w * x.view(2, 1)).sum()
    x[0] = 0  # another view of the same storage
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()

    z = (w * w).sum()
    with lg.no_grad():
        w.sub_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()


def test_overwritten_value_that_backward_does_not_need():
    def program(library):
        w = library.tensor(A, requires_grad=True)
        x = w * 2
        y = x + 1
        x.mul_(3)  # addition reads no operand; the write may read what it replaced
        x.relu_()
        copied = w.clone()
        copied.add_(1)  # a copy: the leaf stands
        (y * x + copied * w).sum().backward()
        return [w.grad]

    check(program)


def test_value_that_was_written_back_stands():
    def program(library):
        w = library.tensor(A, requires_grad=True)
        x = w.clone()
        x[0] *= 2
        x[0:] += 1  # writes the whole value, and then once more what it wrote
        y = (x * x.flip(0)).sum()
        del x
        y.backward()
        return [w.grad]

    check(program)


def test_value_replaced_by_a_constant_still_requires_grad():
    def program(library):
        w = library.tensor(A, requires_grad=True)
        x = w * 2
        x.fill_(4)
        assert x.requires_grad
        x += w
        (x * x).sum().backward()
        v = library.tensor(A, requires_grad=True)
        y = v * 2
        y.copy_(library.tensor(B))
        (y * 3).sum().backward()
        return [w.grad, v.grad]

    check(program)


def test_write_outside_the_history_keeps_the_gradient():
    def program(library):
        w = library.tensor(A, requires_grad=True)
        x = w * 2
        x.detach().clamp_(min=0)
        with library.no_grad():
            x.add_(1)
        (x + 0).sum().backward()
        return [x, w.grad]

    check(program)


def test_write_through_data_is_not_checked():
    w = lg.tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    w.data.mul_(10)
    loss.backward()
    assert w.tolist() == [10.0, 20.0]


def test_version_counts_writes():
    x = lg.zeros(2)
    before = x._version
    x.add_(1)
    x[0] = 3
    assert x._version == before + 2


def test_many_writes_stay_cheap_to_read():
    x = lg.zeros(4)
    for _ in range(2000):
        x.add_(1)
    assert x.tolist() == [2000.0] * 4
