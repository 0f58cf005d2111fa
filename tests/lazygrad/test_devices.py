"""Naming devices, and tensors on several of them."""

import copy
import pickle

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import runtime

A = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture
def other(device):
    """A device beside the default one; the test is skipped where there is none."""
    found = [d for d in lg.devices() if d != lg.device(device)]
    if not found:
        pytest.skip("only one OpenCL device here")
    return found[0]


def test_list(device):
    found = lg.devices()
    assert lg.device(device) in found
    assert [d.index for d in found] == list(range(len(found)))
    assert len(set(found)) == len(found)
    for number, one in enumerate(found):
        assert lg.device(number) is one
        assert lg.device(str(one)) is one
        assert one.type in ("cpu", "gpu", "accelerator") and one.name


def test_names(device):
    here = lg.device(device)
    implementation = str(here).split(":")[0]
    assert lg.device(implementation).type in ("cpu", "gpu", "accelerator")
    assert lg.device(here) is here
    assert lg.device("cpu") is here or here.type != "cpu"
    assert lg.device(here) == device and hash(lg.device(str(here))) == hash(here)
    assert str(here) in repr(here)
    assert pickle.loads(pickle.dumps(here)) is here and copy.deepcopy(here) is here


def test_pocl():
    if not any(str(d).startswith("pocl") for d in lg.devices()):
        pytest.skip("PoCL is not installed")
    found = lg.device("pocl")
    assert str(found).startswith("pocl") and lg.device("pocl", 0) is found
    t = lg.tensor(A, device="pocl")
    assert t.device is found
    np.testing.assert_array_equal((t + 1).numpy(), A + 1)


@pytest.mark.parametrize("name", ["abacus", "pocl:77", "no such device"])
def test_unknown(device, name):
    for ask in (lg.device, lambda n: lg.zeros(2, device=n), lg.zeros(2).to):
        with pytest.raises(runtime.DeviceNotFoundError) as caught:
            ask(name)
        text = str(caught.value)
        assert name in text.splitlines()[0]
        assert str(lg.devices()[0]) in text  # what there is instead


def test_unknown_number(device):
    with pytest.raises(runtime.DeviceNotFoundError, match="77"):
        lg.device(77)
    with pytest.raises(TypeError, match="device"):
        lg.device(1.5)
    with pytest.raises(TypeError, match="device"):
        lg.zeros(2, device=[0])


def test_default(device):
    here = lg.device(device)
    made = [
        lg.zeros(2), lg.ones(2), lg.arange(3), lg.rand(2), lg.tensor(A), lg.eye(2),
        lg.full((2,), 3.5), lg.empty(2), lg.linspace(0, 1, 3),
    ]  # fmt: skip
    assert {t.device for t in made} == {here}
    assert {(t * 2).device for t in made} == {here}


def test_set_default(device, other):
    lg.set_default_device(other)
    t = lg.arange(4)
    assert t.device is other
    lg.set_default_device(device)
    assert lg.arange(4).device == device
    np.testing.assert_array_equal((t + 1).numpy(), [1, 2, 3, 4])


CREATED = {
    "zeros": (lambda d: lg.zeros(2, 3, device=d), np.zeros((2, 3))),
    "ones": (lambda d: lg.ones(2, 3, device=d), np.ones((2, 3))),
    "full": (lambda d: lg.full((2,), 3.5, device=d), np.full(2, 3.5)),
    "arange": (lambda d: lg.arange(5, device=d), np.arange(5)),
    "linspace": (lambda d: lg.linspace(0, 1, 5, device=d), np.linspace(0, 1, 5)),
    "eye": (lambda d: lg.eye(3, device=d), np.eye(3)),
    "tensor": (lambda d: lg.tensor(A, device=d), A),
    "zeros_like": (lambda d: lg.zeros_like(lg.tensor(A, device=d)), np.zeros((2, 3))),
    "new_ones": (lambda d: lg.tensor(A, device=d).new_ones(2), np.ones(2)),
}


def test_creation_elsewhere(device, other):
    made = {name: create(other) for name, (create, _) in CREATED.items()}
    results = {name: t * 2 + 1 for name, t in made.items()}
    lg.realize(*results.values())
    for name, (_, expected) in CREATED.items():
        assert made[name].device is other and results[name].device is other, name
        np.testing.assert_allclose(made[name].numpy(), expected, rtol=1e-6, err_msg=name)
        np.testing.assert_allclose(results[name].numpy(), expected * 2 + 1, 1e-6, err_msg=name)


def test_random_numbers_are_the_same_everywhere(device, other):
    drawn = []
    for place in (lg.device(device), other):
        lg.manual_seed(11)
        drawn.append(
            [lg.rand(9, device=place), lg.randn(9, device=place),
             lg.randint(0, 99, (9,), device=place), lg.randperm(9, device=place)]
        )  # fmt: skip
    for here, there in zip(*drawn, strict=True):
        assert there.device is other
        np.testing.assert_allclose(here.numpy(), there.numpy(), rtol=1e-6, atol=1e-6)


def test_writes_elsewhere(device, other):
    """In-place writes to what needs no memory at first."""
    t = lg.zeros(2, 3, device=other)
    t[0] = 1.5
    t.add_(lg.ones(3, device=other))
    here = lg.zeros(2, 3)
    here[1] = 7
    np.testing.assert_array_equal(t.numpy(), [[2.5] * 3, [1.0] * 3])
    np.testing.assert_array_equal(here.numpy(), [[0.0] * 3, [7.0] * 3])


def test_to(device, other):
    here = lg.tensor(A)
    there = (here + 1).to(other)
    assert there.device is other and here.to(device) is here
    back = (there * 2).to(device)
    assert back.device == device
    np.testing.assert_array_equal(back.numpy(), (A + 1) * 2)
    moved = here.to(other, lg.float64) if other.runtime_device.facts.has_fp64 else None
    if moved is not None:
        assert moved.dtype == lg.float64 and moved.device is other
        np.testing.assert_array_equal(moved.numpy(), A)
    assert here.to(lg.tensor(0.0, device=other)).device is other
    np.testing.assert_array_equal(there.cpu().numpy(), A + 1)


def test_gradients_across_devices(device, other):
    w = lg.tensor(A, requires_grad=True)
    v = lg.tensor([1.0, 2.0, 3.0], device=other, requires_grad=True)
    y = (w * 2).to(other) * v
    loss = (y.to(device) + w).square().sum()
    loss.backward()
    weights = np.array([1, 2, 3], np.float32)
    total = A * 2 * weights + A
    np.testing.assert_allclose(loss.item(), (total**2).sum(), rtol=1e-6)
    assert w.grad.device == device and v.grad.device is other
    np.testing.assert_allclose(w.grad.numpy(), 2 * total * (2 * weights + 1), rtol=1e-6)
    np.testing.assert_allclose(v.grad.numpy(), (2 * total * 2 * A).sum(0), rtol=1e-6)


def test_a_network_elsewhere(device, other):
    lg.manual_seed(5)
    layer = lg.nn.Linear(3, 2)
    expected = layer(lg.tensor(A)).detach().numpy()
    layer.to(other)
    assert {p.device for p in layer.parameters()} == {other}
    result = layer(lg.tensor(A, device=other))
    np.testing.assert_allclose(result.detach().numpy(), expected, rtol=1e-5, atol=1e-6)
    optimizer = lg.optim.Adam(layer.parameters(), lr=0.5)
    result.sum().backward()
    optimizer.step()
    assert layer.weight.device is other and layer.weight.grad.device is other
    np.testing.assert_allclose(layer.bias.grad.numpy(), [2.0, 2.0])


MIXED = {
    "add": lambda a, b: a + b,
    "matmul": lambda a, b: a @ b.T,
    "cat": lambda a, b: lg.cat([a, b]),
    "where": lambda a, b: lg.where(a > 1, a, b),
    "add_": lambda a, b: a.add_(b),
    "gather": lambda a, b: a.gather(0, b.long() % 2),
    "index_select": lambda a, b: a.index_select(0, b[0].long()),
    "masked_fill": lambda a, b: a.masked_fill(b > 1, 0.0),
    "linear": lambda a, b: lg.nn.functional.linear(a, b),
    "mse_loss": lambda a, b: lg.nn.functional.mse_loss(a, b),
}


@pytest.mark.parametrize("name", MIXED)
def test_two_devices_in_one_operation(device, other, name):
    a, b = lg.tensor(A), lg.tensor(A, device=other)
    with pytest.raises(RuntimeError) as caught:
        MIXED[name](a, b)
    text = str(caught.value)
    assert str(a.device) in text and str(b.device) in text
    np.testing.assert_array_equal(a.numpy(), A)


def test_indices_from_elsewhere(device, other):
    """As PyTorch takes indices from the CPU for a tensor on any device."""
    a, index = lg.tensor(A), lg.tensor([1, 0, -1], device=other)
    np.testing.assert_array_equal(a[index].numpy(), A[[1, 0, -1]])
    a[index[:1]] = lg.tensor([7.0, 8.0, 9.0], device=other)
    np.testing.assert_array_equal(a.numpy(), [A[0], [7, 8, 9]])


def test_scalars_go_with_any_device(device, other):
    """As in PyTorch a tensor without dimensions may come from the CPU."""
    there = lg.tensor(A, device=other)
    np.testing.assert_array_equal((there * 2.5 + np.float32(1)).numpy(), A * 2.5 + 1)
    there[0] = 3
    np.testing.assert_array_equal(there.numpy()[0], [3, 3, 3])


def test_copy_between_devices(device, other):
    here, there = lg.zeros(2, 3), lg.tensor(A, device=other)
    here.copy_(there)
    assert here.device == device
    np.testing.assert_array_equal(here.numpy(), A)


def test_realize_on_both(device, other):
    here, there = lg.tensor(A) + 1, lg.tensor(A, device=other) * 3
    lg.realize(here, there)
    np.testing.assert_array_equal(here.numpy(), A + 1)
    np.testing.assert_array_equal(there.numpy(), A * 3)


def test_cuda_means_the_gpus():
    gpus = [device for device in lg.devices() if device.type == "gpu"]
    assert lg.cuda.is_available() is bool(gpus) and lg.cuda.device_count() == len(gpus)
    x = lg.ones(3, device="cuda" if lg.cuda.is_available() else "cpu").exp().realize()
    lg.cuda.synchronize(x.device)
    lg.cuda.empty_cache()
    assert lg.cuda.get_device_name(x.device) == x.device.name
    lg.cuda.manual_seed_all(5)
    first = lg.rand(3).tolist()
    lg.manual_seed(5)
    assert lg.rand(3).tolist() == first
