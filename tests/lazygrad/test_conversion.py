"""Tensors to and from Python, NumPy, text, other dtypes and devices."""

import copy
import pickle

import numpy as np
import pytest

import lazygrad as lg

torch = pytest.importorskip("torch")

A = np.array([[1.5, -2.0, 0.25], [3.0, 0.0, 7.5]], np.float32)

REPRS = {
    "floats": lambda t, x: t.tensor(x),
    "whole": lambda t, x: t.tensor([1.0, -200.0, 3.0]),
    "spread": lambda t, x: t.tensor([1e-5, 1000.0]),
    "not_finite": lambda t, x: t.tensor([1.5, float("nan"), float("inf"), -float("inf")]),
    "whole_not_finite": lambda t, x: t.tensor([1.0, float("nan"), -float("inf")]),
    "ints": lambda t, x: t.tensor([[1, -22], [333, 4]]),
    "bools": lambda t, x: t.tensor([True, False]),
    "int32": lambda t, x: t.tensor([1, 2], dtype=t.int32),
    "half": lambda t, x: t.tensor([0.1, 2.0], dtype=t.float16),
    "scalar": lambda t, x: t.tensor(3.25),
    "empty": lambda t, x: t.zeros(0),
    "empty_rows": lambda t, x: t.zeros(2, 0, dtype=t.int64),
    "three_dims": lambda t, x: t.tensor(x).reshape(1, 2, 3),
    "large": lambda t, x: t.arange(3000).reshape(3, 1000),
    "long_line": lambda t, x: t.arange(40) * 1000,
    "leaf": lambda t, x: t.tensor(x, requires_grad=True),
    "large_double": lambda t, x: t.zeros(40, 50, dtype=t.float64),
    "zeros": lambda t, x: t.zeros(2, 2),
}


@pytest.mark.parametrize("name", REPRS)
def test_repr(name):
    expected = repr(REPRS[name](torch, A)).replace("torch.", "lazygrad.")
    assert repr(REPRS[name](lg, A)) == expected


def test_repr_of_a_result_names_its_maker():
    x = lg.tensor(A, requires_grad=True)
    assert repr(x * 2).endswith("grad_fn=<MulBackward0>)")


def test_printoptions():
    try:
        lg.set_printoptions(precision=2, sci_mode=False)
        torch.set_printoptions(precision=2, sci_mode=False)
        values = [1e-5, 12345.678]
        assert repr(lg.tensor(values)) == repr(torch.tensor(values))
    finally:
        lg.set_printoptions(profile="default")
        torch.set_printoptions(profile="default")


def test_format():
    assert f"{lg.tensor(3.14159):.2f}" == "3.14"
    assert f"{lg.tensor(7)}" == "7"
    assert f"{lg.tensor([1, 2])}" == "tensor([1, 2])"
    with pytest.raises(TypeError):
        f"{lg.tensor([1, 2]):.2f}"


def test_numbers():
    x = lg.tensor([[2.5]])
    assert x.item() == 2.5 and float(x) == 2.5 and int(x) == 2 and complex(x) == 2.5 + 0j
    assert [10, 20, 30][lg.tensor(1)] == 20 and bool(lg.tensor(0.0)) is False
    assert isinstance(lg.tensor(3).item(), int) and lg.tensor(True).item() is True
    y = lg.tensor(A)
    for wrong in (y.item, lambda: float(y), lambda: bool(y)):
        with pytest.raises(RuntimeError, match=r"shape \[2, 3\]"):
            wrong()
    with pytest.raises(TypeError, match="only integer tensors"):
        [1, 2][lg.tensor(1.0)]
    assert lg.tensor(1.5, requires_grad=True).item() == 1.5


def test_containers():
    x = lg.tensor(A)
    assert x.tolist() == A.tolist() and len(x) == 2
    assert [row.tolist() for row in x] == A.tolist()
    assert 7.5 in x and 8 not in x
    for wrong in (len, iter):
        with pytest.raises(TypeError, match="0-d tensor"):
            wrong(lg.tensor(1.0))
    assert len({x, x, lg.tensor(A)}) == 2  # by identity


NAMES = [
    "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
    "float16", "float32", "float64",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_numpy_round_trip(name):
    a = np.array([[0, 1], [2, 100]]).astype(name)
    x = lg.tensor(a)
    assert x.dtype is getattr(lg, name) and x.numpy().dtype == a.dtype
    np.testing.assert_array_equal(x.numpy(), a)
    np.testing.assert_array_equal(np.asarray(x), a)


def test_numpy_views():
    x = lg.tensor(A)
    view = np.asarray(x)
    assert not view.flags.writeable
    assert np.array(x).flags.writeable and x.numpy().flags.writeable
    assert np.asarray(x, np.float64).dtype == np.float64
    x.add_(1)
    np.testing.assert_array_equal(view, A)  # what was read stays as it was
    with pytest.raises(RuntimeError, match=r"detach\(\)\.numpy\(\)"):
        lg.tensor(A, requires_grad=True).numpy()
    with pytest.raises(TypeError, match="bfloat16"):
        lg.tensor(A).bfloat16().numpy()
    assert lg.tensor(A).bfloat16().tolist() == A.tolist()


def test_numpy_operands():
    x = lg.tensor(A)
    for result in (np.float32(2) * x, x * np.float64(2), np.float64(2) * x, np.full(3, 2.0) * x):
        assert isinstance(result, lg.Tensor)
        np.testing.assert_array_equal(result.numpy(), A * 2)
    assert (x * np.float64(2)).dtype is lg.float32
    np.testing.assert_array_equal(np.exp(lg.tensor([0.0])), [1.0])


def test_casts():
    x = torch.tensor([-1.5, 0.0, 2.7])
    y = lg.tensor([-1.5, 0.0, 2.7])
    for name in ("half", "double", "long", "int", "short", "char", "bool", "bfloat16"):
        expected, got = getattr(x, name)(), getattr(y, name)()
        assert str(got.dtype) == str(expected.dtype).replace("torch", "lazygrad")
        assert got.tolist() == expected.tolist()
    assert y.float() is y and y.to(lg.float32) is y and y.to(lg.float32, copy=True) is not y
    assert y.type("torch.LongTensor").dtype is lg.int64 and y.type() == "lazygrad.FloatTensor"
    assert y.type_as(lg.tensor([1])).dtype is lg.int64
    assert y.to(lg.tensor(1.0, dtype=lg.float64)).dtype is lg.float64
    with pytest.raises(TypeError, match="unexpected keyword"):
        y.to(dtyp=lg.float32)


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
def test_a_cast_rounds_inside_a_kernel_too(name):
    rng = np.random.default_rng(5)
    spread = rng.standard_normal(20_000) * 10.0 ** rng.integers(-44, 38, 20_000)
    narrow = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
    narrow = narrow[np.isfinite(narrow)]
    halfway = (narrow[:-1] + narrow[1:]) / 2
    around = [np.nextafter(halfway, np.float32(s)) for s in (-np.inf, np.inf)]
    values = np.concatenate(
        [spread, narrow, halfway, *around, [65520, -65519.996, np.nan, -np.inf]]
    )
    values = values.astype(np.float32)
    x, expected = lg.tensor(values), torch.tensor(values)
    y = x.to(getattr(lg, name)).float()
    assert len(y.kernels()) == 1
    expected = expected.to(getattr(torch, name)).float().numpy()
    got = y.numpy()
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(np.copysign(1, got[:-2]), np.copysign(1, expected[:-2]))
    whole = np.array([2049, -65519, 65520, 257, 3], np.int64)
    expected = torch.tensor(whole).to(getattr(torch, name)).double() + 1
    assert (lg.tensor(whole).to(getattr(lg, name)).double() + 1).tolist() == expected.tolist()


def test_cast_keeps_the_gradient_between_floats_only():
    w = lg.tensor([1.5, 2.5], requires_grad=True)
    (w.double() * 2).sum().backward()
    assert w.grad.dtype is lg.float32 and w.grad.tolist() == [2.0, 2.0]
    assert not w.int().requires_grad


def test_copies():
    w = lg.tensor(A, requires_grad=True)
    (w * 3).sum().backward()
    deep = copy.deepcopy({"a": w, "b": w})
    assert deep["a"] is deep["b"] and deep["a"].requires_grad and deep["a"].is_leaf
    assert deep["a"].grad.tolist() == w.grad.tolist() and deep["a"].grad is not w.grad
    with lg.no_grad():
        w.zero_()
    assert deep["a"].tolist() == A.tolist()
    again = pickle.loads(pickle.dumps(deep["a"]))
    assert again.tolist() == A.tolist() and again.requires_grad
    half = pickle.loads(pickle.dumps(lg.tensor(A).bfloat16()))
    assert half.dtype is lg.bfloat16 and half.tolist() == A.tolist()
    with pytest.raises(RuntimeError, match="graph leaves"):
        copy.deepcopy(w * 2)


def test_class_constructor():
    assert lg.Tensor([1, 2]).dtype is lg.float32
    assert tuple(lg.Tensor(2, 3).shape) == (2, 3) and lg.Tensor().numel() == 0
    base = lg.tensor([1.0])
    lg.Tensor(base).add_(1)
    assert base.tolist() == [2.0]
    with pytest.raises(TypeError, match="expected sizes"):
        lg.Tensor(1.5)
    with pytest.raises(ValueError):
        lg.Tensor([[1.0], [1.0, 2.0]])


def test_devices():
    x = lg.tensor(A)
    assert x.device == lg.device(str(x.device)) and x.device.type in ("cpu", "gpu")
    assert x.to(x.device) is x and x.to(str(x.device)) is x
    assert x.cpu().tolist() == A.tolist()
    with pytest.raises(RuntimeError, match="no-such-device"):
        x.to("no-such-device")
    with pytest.raises(TypeError, match="expected a name"):
        lg.device(1.5)


def test_move_to_every_device_and_back():
    x = lg.tensor(A, requires_grad=True)
    for other in lg.devices():
        x.grad = None
        y = (x * 2).to(lg.device(other))
        assert y.device == lg.device(other)
        (y * y).sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), 8 * A)
        assert x.grad.device == x.device


def test_shape_queries():
    x = lg.tensor(A)
    size = x.shape
    assert size == (2, 3) and size.numel() == 6 and repr(size) == "lazygrad.Size([2, 3])"
    assert isinstance(size[:1], lg.Size) and x.size(-1) == 3 and x.size() == size
    assert x.dim() == x.ndim == 2 and x.numel() == x.nelement() == 6
    assert x.element_size() == x.itemsize == 4 and x.nbytes == 24
    with pytest.raises(IndexError, match="Dimension out of range"):
        x.size(2)
    with pytest.raises(IndexError, match="Dimension out of range"):
        x.stride(-3)
    assert x.is_floating_point() and not x.is_complex() and x.is_signed()
    assert x.data_ptr() == x.view(-1).data_ptr() != x.clone().data_ptr()
