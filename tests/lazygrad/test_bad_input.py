"""Wrong calls: PyTorch's exception class, a first line that says what was given, nothing lost."""

import numpy as np
import pytest

import lazygrad as lg
import lazygrad.nn.functional as F
from lazygrad import nn, runtime

A = np.arange(6, dtype=np.float32).reshape(2, 3)


def leaf():
    return lg.ones(2, requires_grad=True)


# name: a call with a (2, 3), b (4, 5), i (0, 1); PyTorch's class; parts of the first line
SHAPES = {
    "add": (lambda a, b, i: a + b, RuntimeError, ["add", "[2, 3]", "[4, 5]"]),
    "add_": (lambda a, b, i: a.add_(b), RuntimeError, ["add", "[2, 3]", "[4, 5]"]),
    "add_ grows": (lambda a, b, i: lg.ones(3).add_(a), RuntimeError, ["add_", "[3]", "[2, 3]"]),
    "matmul": (lambda a, b, i: a @ b, RuntimeError, ["matmul", "[2, 3]", "[4, 5]"]),
    "matmul scalar": (lambda a, b, i: a @ lg.tensor(1.0), RuntimeError, ["matmul", "[]"]),
    "bmm": (lambda a, b, i: lg.bmm(a, a), RuntimeError, ["bmm", "[2, 3]"]),
    "dot": (lambda a, b, i: lg.dot(a[0], b[0]), RuntimeError, ["dot", "[3]", "[5]"]),
    "mv": (lambda a, b, i: lg.mv(a, b[0]), RuntimeError, ["mv", "[2, 3]", "[5]"]),
    "einsum": (lambda a, b, i: lg.einsum("ij,jk", a, b), RuntimeError, ["einsum", "'j'"]),
    "tensordot": (lambda a, b, i: lg.tensordot(a, b, 1), RuntimeError, ["tensordot", "[4, 5]"]),
    "addmm": (lambda a, b, i: lg.addmm(b, a, a.T), RuntimeError, ["addmm", "[4, 5]", "[2, 2]"]),
    "where": (lambda a, b, i: lg.where(a > 0, a, b), RuntimeError, ["where", "[4, 5]"]),
    "reshape": (lambda a, b, i: a.reshape(4, 2), RuntimeError, ["reshape", "[4, 2]", "6"]),
    "reshape -1": (lambda a, b, i: a.reshape(-1, -1), RuntimeError, ["reshape", "[-1, -1]"]),
    "view": (lambda a, b, i: a.T.view(6), RuntimeError, ["view", "[6]", "[3, 2]"]),
    "expand": (lambda a, b, i: a.expand(2, 4), RuntimeError, ["expand", "[2, 4]", "[2, 3]"]),
    "permute": (lambda a, b, i: a.permute(0), RuntimeError, ["permute", "[0]", "[2, 3]"]),
    "permute twice": (lambda a, b, i: a.permute(0, 0), RuntimeError, ["permute", "[0, 0]"]),
    "repeat": (lambda a, b, i: a.repeat(2), RuntimeError, ["repeat", "[2]", "[2, 3]"]),
    "split": (lambda a, b, i: a.split([1, 1], 1), RuntimeError, ["split", "3", "[1, 1]"]),
    "chunk": (lambda a, b, i: a.chunk(0), RuntimeError, ["chunk", "0"]),
    "narrow": (lambda a, b, i: a.narrow(0, 1, 2), RuntimeError, ["narrow", "2"]),
    "unflatten": (lambda a, b, i: a.unflatten(1, (2, 2)), RuntimeError, ["unflatten", "3"]),
    "cat": (lambda a, b, i: lg.cat([a, b]), RuntimeError, ["cat", "[2, 3]", "[4, 5]"]),
    "cat nothing": (lambda a, b, i: lg.cat([]), ValueError, ["cat", "empty"]),
    "stack": (lambda a, b, i: lg.stack([a, b]), RuntimeError, ["stack", "[2, 3]", "[4, 5]"]),
    "stack nothing": (lambda a, b, i: lg.stack([]), RuntimeError, ["stack", "empty"]),
    "copy_": (lambda a, b, i: a.copy_(b), RuntimeError, ["copy_", "[4, 5]", "[2, 3]"]),
    "x[0] = v": (lambda a, b, i: a.__setitem__(0, b[0]), RuntimeError, ["[5]", "[3]"]),
    "gather": (lambda a, b, i: a.gather(0, i), RuntimeError, ["gather", "[2]", "[2, 3]"]),
    "masked_select": (
        lambda a, b, i: a.masked_select(b > 0), RuntimeError, ["masked_select", "[4, 5]"]
    ),
    "max of nothing": (lambda a, b, i: a[:0].max(), RuntimeError, ["max", "[0, 3]"]),
    "zeros": (lambda a, b, i: lg.zeros(2, -1), RuntimeError, ["zeros", "-1"]),
    "item": (lambda a, b, i: a.item(), RuntimeError, ["6 elements", "item", "[2, 3]"]),
    "float": (lambda a, b, i: float(a), ValueError, ["6 elements", "float", "[2, 3]"]),
    "bool": (lambda a, b, i: bool(a), RuntimeError, ["Boolean", "[2, 3]"]),
    "len": (lambda a, b, i: len(a.sum()), TypeError, ["len()", "0-d"]),
    "linear": (lambda a, b, i: F.linear(a, b), RuntimeError, ["linear", "(2, 3)", "(4, 5)"]),
    "conv2d": (
        lambda a, b, i: F.conv2d(lg.ones(1, 3, 5, 5), lg.ones(2, 4, 3, 3)), RuntimeError,
        ["conv2d", "(1, 3, 5, 5)", "(2, 4, 3, 3)"],
    ),
    "conv2d window": (
        lambda a, b, i: F.conv2d(lg.ones(1, 3, 2, 2), lg.ones(2, 3, 3, 3)), RuntimeError,
        ["conv2d", "(3, 3)", "(2, 2)"],
    ),
    "conv2d groups": (lambda a, b, i: nn.Conv2d(3, 4, 3, groups=2), ValueError, ["in_channels"]),
    "max_pool2d": (
        lambda a, b, i: F.max_pool2d(lg.ones(1, 1, 2, 2), 3), RuntimeError, ["max_pool2d"]
    ),
    "layer_norm": (lambda a, b, i: F.layer_norm(a, (4,)), RuntimeError, ["layer_norm", "(4,)"]),
    "BatchNorm2d": (
        lambda a, b, i: nn.BatchNorm2d(3)(lg.ones(2, 4, 5, 5)), RuntimeError,
        ["BatchNorm2d", "(2, 4, 5, 5)"],
    ),
    "BatchNorm2d dim": (lambda a, b, i: nn.BatchNorm2d(3)(a), ValueError, ["BatchNorm2d"]),
    "cross_entropy": (
        lambda a, b, i: F.cross_entropy(a, lg.tensor([0, 1, 2])), ValueError, ["cross_entropy"]
    ),
    "mse_loss": (
        lambda a, b, i: F.mse_loss(a, b), RuntimeError, ["mse_loss", "(2, 3)", "(4, 5)"]
    ),
    "binary_cross_entropy": (
        lambda a, b, i: F.binary_cross_entropy(a, b), ValueError, ["binary_cross_entropy"]
    ),
    "attention": (
        lambda a, b, i: F.scaled_dot_product_attention(a[None], b[None], b[None]), RuntimeError,
        ["scaled_dot_product_attention", "(1, 2, 3)", "(1, 4, 5)"],
    ),
    "pad": (lambda a, b, i: F.pad(a, (1,)), RuntimeError, ["pad", "1"]),
    "state_dict": (
        lambda a, b, i: nn.Linear(2, 3).load_state_dict({"weight": a}), RuntimeError, ["Linear"]
    ),
}  # fmt: skip

DTYPES = {
    "matmul": (lambda a, b, i: a @ a.T.half(), RuntimeError, ["matmul", "float16", "float32"]),
    "mean": (lambda a, b, i: i.mean(), RuntimeError, ["mean", "int64"]),
    "var": (lambda a, b, i: i.var(), RuntimeError, ["var", "int64"]),
    "softmax": (lambda a, b, i: i.softmax(0), NotImplementedError, ["softmax", "int64"]),
    "add_": (lambda a, b, i: i.add_(1.5), RuntimeError, ["add_", "float32", "int64"]),
    "div_": (lambda a, b, i: i.div_(2), RuntimeError, ["div_", "float32", "int64"]),
    "and": (lambda a, b, i: a & a, NotImplementedError, ["bitwise_and", "float32"]),
    "shift": (lambda a, b, i: a << 1, NotImplementedError, ["bitwise_left_shift", "float32"]),
    "-bool": (lambda a, b, i: -(a > 0), RuntimeError, ["neg", "bool"]),
    "bool - bool": (lambda a, b, i: (a > 0) - (a > 0), RuntimeError, ["sub", "bool"]),
    "int ** -1": (lambda a, b, i: i**-1, RuntimeError, ["pow", "int64", "-1"]),
    "gather": (lambda a, b, i: a.gather(0, a), RuntimeError, ["gather", "float32"]),
    "scatter": (
        lambda a, b, i: a.scatter(0, i[None], i[None]), RuntimeError,
        ["scatter", "float32", "int64"],
    ),
    "take": (lambda a, b, i: a.take(a), RuntimeError, ["take", "float32"]),
    "x[float]": (lambda a, b, i: a[a], IndexError, ["indices", "float32"]),
    "masked_fill": (lambda a, b, i: a.masked_fill(a, 0), RuntimeError, ["masked_fill", "float32"]),
    "where": (lambda a, b, i: lg.where(a, a, a), RuntimeError, ["where", "float32"]),
    "embedding": (lambda a, b, i: F.embedding(a, b), RuntimeError, ["embedding", "float32"]),
    "nll_loss": (lambda a, b, i: F.nll_loss(a, a), RuntimeError, ["nll_loss", "float32"]),
    "one_hot": (lambda a, b, i: F.one_hot(a), RuntimeError, ["one_hot", "float32"]),
    "requires_grad": (
        lambda a, b, i: lg.tensor([1], requires_grad=True), RuntimeError, ["int64"]
    ),
    "uint8": (
        lambda a, b, i: lg.tensor(300, dtype=lg.uint8), RuntimeError, ["tensor", "uint8", "300"]
    ),
    "too large": (lambda a, b, i: lg.tensor([2**70]), ValueError, ["tensor", "64"]),
}  # fmt: skip

AXES = {
    "sum": (lambda a, b, i: a.sum(2), IndexError, ["sum", "[-2, 1]", "2"]),
    "sum twice": (lambda a, b, i: a.sum((0, 0)), RuntimeError, ["sum", "0"]),
    "max": (lambda a, b, i: a.max(-3), IndexError, ["max", "-3"]),
    "argmax": (lambda a, b, i: a.argmax(3), IndexError, ["argmax", "3"]),
    "argmax of nothing": (lambda a, b, i: a[:0].argmax(), IndexError, ["argmax", "[0, 3]"]),
    "softmax": (lambda a, b, i: a.softmax(5), IndexError, ["softmax", "5"]),
    "cumsum": (lambda a, b, i: a.cumsum(2), IndexError, ["cumsum", "2"]),
    "sort": (lambda a, b, i: a.sort(4), IndexError, ["sort", "4"]),
    "topk": (lambda a, b, i: a.topk(1, 5), IndexError, ["topk", "5"]),
    "topk of too many": (lambda a, b, i: a.topk(9), RuntimeError, ["topk", "k=9", "3"]),
    "transpose": (lambda a, b, i: a.transpose(0, 2), IndexError, ["transpose", "2"]),
    "squeeze": (lambda a, b, i: a.squeeze(4), IndexError, ["squeeze", "4"]),
    "unsqueeze": (lambda a, b, i: a.unsqueeze(4), IndexError, ["unsqueeze", "[-3, 2]", "4"]),
    "flatten": (lambda a, b, i: a.flatten(2, 0), IndexError, ["flatten", "2"]),
    "flip": (lambda a, b, i: a.flip(2), IndexError, ["flip", "2"]),
    "roll": (lambda a, b, i: a.roll(1, 3), IndexError, ["roll", "3"]),
    "cat": (lambda a, b, i: lg.cat([a, a], 2), IndexError, ["cat", "2"]),
    "gather": (lambda a, b, i: a.gather(2, i[None]), IndexError, ["gather", "2"]),
    "size": (lambda a, b, i: a.size(2), IndexError, ["size", "2"]),
}

INDICES = {
    "x[2]": (lambda a, b, i: a[2], IndexError, ["index 2", "dimension 0", "size 2"]),
    "x[-3]": (lambda a, b, i: a[-3], IndexError, ["index -3", "size 2"]),
    "x[0, 3]": (lambda a, b, i: a[0, 3], IndexError, ["index 3", "dimension 1", "size 3"]),
    "x[0, 0, 0]": (lambda a, b, i: a[0, 0, 0], IndexError, ["too many indices", "3", "[2, 3]"]),
    "x[1.0]": (lambda a, b, i: a[1.0], IndexError, ["only integers", "float"]),
    "x[[0, 2]]": (lambda a, b, i: a[[0, 2]], IndexError, ["index 2", "size 2"]),
    "x[array]": (lambda a, b, i: a[np.array([5])], IndexError, ["index 5", "size 2"]),
    "x[mask]": (
        lambda a, b, i: a[lg.tensor([True, False, True])],
        IndexError,
        ["mask", "[3]", "[2, 3]"],
    ),
    "x[::-1]": (lambda a, b, i: a[::-1], ValueError, ["step", "-1"]),
    "0-d": (lambda a, b, i: a.sum()[0], IndexError, ["0-dim"]),
    "x[i, j]": (lambda a, b, i: a[i, lg.arange(3)], IndexError, ["broadcast", "[2]", "[3]"]),
    "select": (lambda a, b, i: a.select(0, 2), IndexError, ["select", "2", "[2, 3]"]),
    "index_select": (
        lambda a, b, i: a.index_select(0, i[None]),
        IndexError,
        ["index_select", "[1, 2]"],
    ),
    "x[9] = 1": (lambda a, b, i: a.__setitem__(9, 1), IndexError, ["index 9", "size 2"]),
}

VALUES = {
    "ragged": (lambda a, b, i: lg.tensor([[1, 2], [3]]), ValueError, ["tensor", "2", "1"]),
    "ragged depth": (lambda a, b, i: lg.tensor([[1], 2]), (ValueError, TypeError), ["tensor"]),
    "None": (lambda a, b, i: lg.tensor(None), RuntimeError, ["tensor", "NoneType"]),
    "[1, None]": (lambda a, b, i: lg.tensor([1, None]), RuntimeError, ["tensor", "NoneType"]),
    "text": (lambda a, b, i: lg.tensor("abc"), TypeError, ["tensor", "'abc'"]),
    "object": (lambda a, b, i: lg.tensor([{}]), RuntimeError, ["tensor", "dict"]),
    "a * None": (lambda a, b, i: a * None, TypeError, ["mul", "None"]),
    "None + a": (lambda a, b, i: None + a, TypeError, ["add", "None"]),
    "a * text": (lambda a, b, i: a * "x", TypeError, ["mul", "'x'"]),
    "sub list": (lambda a, b, i: lg.sub(a, [1]), TypeError, ["sub", "[1]"]),
    "x[0] = None": (lambda a, b, i: a.__setitem__(0, None), TypeError, ["None"]),
    "gather": (lambda a, b, i: a.gather(0, None), TypeError, ["gather", "NoneType"]),
    "cat": (lambda a, b, i: lg.cat([a, None]), TypeError, ["cat", "NoneType"]),
    "zeros(None)": (lambda a, b, i: lg.zeros(None), TypeError, ["zeros", "None"]),
    "zeros(1.5)": (lambda a, b, i: lg.zeros(1.5), TypeError, ["zeros", "1.5"]),
    "full": (lambda a, b, i: lg.full((2,), None), TypeError, ["full", "None"]),
    "from_numpy": (lambda a, b, i: lg.from_numpy([1]), TypeError, ["from_numpy", "list"]),
    "arange step": (lambda a, b, i: lg.arange(0, 5, 0), RuntimeError, ["arange", "(0, 5, 0)"]),
    "arange down": (lambda a, b, i: lg.arange(5, 0), RuntimeError, ["arange", "(5, 0, 1)"]),
    "linspace": (lambda a, b, i: lg.linspace(0, 1, -1), RuntimeError, ["linspace", "-1"]),
    "randint": (lambda a, b, i: lg.randint(5, 5, (2,)), RuntimeError, ["randint", "5"]),
    "multinomial": (lambda a, b, i: a.multinomial(5), RuntimeError, ["multinomial", "5", "3"]),
    "dropout": (lambda a, b, i: F.dropout(a, 1.5), ValueError, ["dropout", "1.5"]),
    "label_smoothing": (
        lambda a, b, i: F.cross_entropy(a, i, label_smoothing=2), RuntimeError,
        ["cross_entropy", "2"],
    ),
    "reduction": (
        lambda a, b, i: F.mse_loss(a, a, reduction="avg"), ValueError, ["mse_loss", "avg"]
    ),
    "clamp": (lambda a, b, i: a.clamp(), RuntimeError, ["clamp", "None"]),
    "SGD": (lambda a, b, i: lg.optim.SGD([a], lr=-1), ValueError, ["learning rate", "-1"]),
    "Adam": (lambda a, b, i: lg.optim.Adam([]), ValueError, ["optimizer", "empty"]),
}  # fmt: skip

LAYERS = {
    "list": (lambda a, b, i: nn.Linear(3, 1)([[1, 2, 3]]), TypeError, ["Linear", "list"]),
    "array": (lambda a, b, i: F.relu(A), TypeError, ["relu", "ndarray", "lg.tensor"]),
    "target": (
        lambda a, b, i: F.cross_entropy(a, [0, 1]), TypeError,
        ["cross_entropy", "'target' (position 2)", "list"],
    ),
    "float classes": (
        lambda a, b, i: F.cross_entropy(a, i.float()), RuntimeError, ["float32", "target.long()"]
    ),
    "integer probabilities": (
        lambda a, b, i: F.cross_entropy(a, a.long()), RuntimeError,
        ["int64", "target.float()", "target.argmax(1)"],
    ),
    "bytes": (
        lambda a, b, i: nn.Conv2d(1, 1, 1)(lg.zeros(1, 1, 2, 2, dtype=lg.uint8)), RuntimeError,
        ["conv2d", "uint8", "float32", "input.to(lazygrad.float32)"],
    ),
    "double": (
        lambda a, b, i: nn.Linear(3, 1)(a.double()), RuntimeError, ["linear", "float64", "float32"]
    ),
    "class": (
        lambda a, b, i: nn.Sequential(nn.ReLU), TypeError, ["class ReLU", "write ReLU()"]
    ),
    "graph": (lambda a, b, i: lg.graph(3), TypeError, ["graph", "int"]),
    "kernels": (lambda a, b, i: lg.kernels(a, 3), TypeError, ["kernels", "position 2", "int"]),
    "realize": (lambda a, b, i: lg.realize(3), TypeError, ["realize", "int"]),
}  # fmt: skip

GRADIENTS = {
    "numpy": (lambda a, b, i: leaf().numpy(), RuntimeError, ["numpy()", "requires grad"]),
    "no history": (lambda a, b, i: a.sum().backward(), RuntimeError, ["does not require grad"]),
    "vector": (lambda a, b, i: (leaf() * 1).backward(), RuntimeError, ["scalar", "[2]"]),
    "seed": (lambda a, b, i: (leaf() * 1).backward(a[0]), RuntimeError, ["[3]", "[2]"]),
    "leaf": (lambda a, b, i: leaf().add_(1), RuntimeError, ["leaf Variable", "in-place"]),
    "unused": (
        lambda a, b, i: lg.autograd.grad(leaf().sum(), leaf()),
        RuntimeError,
        ["not have been used"],
    ),
    "grad": (lambda a, b, i: setattr(leaf(), "grad", a), RuntimeError, ["[2, 3]", "[2]"]),
}

TABLES = {"shape": SHAPES, "dtype": DTYPES, "axis": AXES, "index": INDICES, "value": VALUES,
          "layer": LAYERS, "gradient": GRADIENTS}  # fmt: skip
CASES = [(table, name) for table, rows in TABLES.items() for name in rows]


@pytest.mark.parametrize(("table", "name"), CASES, ids=lambda part: part)
@pytest.mark.filterwarnings("ignore:mse_loss")
def test_wrong_call(device, table, name):
    call, expected, parts = TABLES[table][name]
    a, b, i = lg.tensor(A), lg.ones(4, 5), lg.tensor([0, 1])
    before = lg.stats()
    with pytest.raises(expected) as caught:
        call(a, b, i)
    first = str(caught.value).splitlines()[0]
    for part in parts:
        assert part in first, first
    # before anything reached the device; nothing was written
    assert lg.stats().kernels_launched == before.kernels_launched
    np.testing.assert_array_equal(a.numpy(), A)


# -- gradients after writes ------------------------------------------------------------------


def test_backward_after_a_needed_value_was_overwritten(device):
    w = lg.tensor(A, requires_grad=True)
    x = w * 2
    y = (x * x).sum()
    x.add_(1)
    with pytest.raises(RuntimeError) as caught:
        y.backward()
    first = str(caught.value).splitlines()[0]
    assert "modified by an inplace operation" in first and "[2, 3]" in first
    assert __file__ in first
    assert w.grad is None


def test_backward_twice_with_a_write_between(device):
    w = lg.tensor(A, requires_grad=True)
    x = w * 2
    y = (x * x).sum()
    y.backward(retain_graph=True)
    np.testing.assert_array_equal(w.grad.numpy(), 8 * A)
    x.mul_(3)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    np.testing.assert_array_equal(w.grad.numpy(), 8 * A)


def test_backward_twice(device):
    w = lg.tensor(A, requires_grad=True)
    y = (w * w).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="a second time") as caught:
        y.backward()
    assert "retain_graph=True" in str(caught.value)
    np.testing.assert_array_equal(w.grad.numpy(), 2 * A)


def test_writes_that_no_gradient_needs(device):
    w = lg.tensor(A, requires_grad=True)
    x = w + 2
    y = (x * 3).sum()
    x.add_(1)
    y.backward()
    np.testing.assert_array_equal(w.grad.numpy(), np.full((2, 3), 3.0))


# -- dtypes by a wrong name ------------------------------------------------------------------

WITH_DTYPE = {
    "tensor": lambda d: lg.tensor([1], dtype=d), "zeros": lambda d: lg.zeros(2, dtype=d),
    "ones": lambda d: lg.ones(2, dtype=d), "empty": lambda d: lg.empty(2, dtype=d),
    "full": lambda d: lg.full((2,), 1, dtype=d), "eye": lambda d: lg.eye(2, dtype=d),
    "zeros_like": lambda d: lg.zeros_like(lg.ones(2), dtype=d),
    "new_zeros": lambda d: lg.ones(2).new_zeros(2, dtype=d),
    "arange": lambda d: lg.arange(2, dtype=d), "linspace": lambda d: lg.linspace(0, 1, 2, dtype=d),
    "logspace": lambda d: lg.logspace(0, 1, 2, dtype=d),
    "tril_indices": lambda d: lg.tril_indices(2, 2, dtype=d),
    "triu_indices": lambda d: lg.triu_indices(2, 2, dtype=d),
    "rand": lambda d: lg.rand(2, dtype=d), "randn": lambda d: lg.randn(2, dtype=d),
    "randint": lambda d: lg.randint(3, (2,), dtype=d),
    "randperm": lambda d: lg.randperm(3, dtype=d),
    "randint_like": lambda d: lg.randint_like(lg.ones(2), 3, dtype=d),
    "sum": lambda d: lg.ones(2).sum(dtype=d), "prod": lambda d: lg.ones(2).prod(dtype=d),
    "mean": lambda d: lg.ones(2).mean(dtype=d), "norm": lambda d: lg.ones(2).norm(dtype=d),
    "cumsum": lambda d: lg.ones(2).cumsum(0, dtype=d),
    "softmax": lambda d: lg.ones(2).softmax(0, dtype=d), "to": lambda d: lg.ones(2).to(d),
    "log_softmax": lambda d: F.log_softmax(lg.ones(2), 0, dtype=d),
}  # fmt: skip


@pytest.mark.parametrize("name", WITH_DTYPE)
def test_dtype_by_name(name):
    with pytest.raises(TypeError) as caught:
        WITH_DTYPE[name]("int32")
    message = str(caught.value)
    assert message.startswith(f"{name}: ") and "'int32'" in message and "lg.int32" in message
    assert WITH_DTYPE[name](float).dtype is lg.float64  # Python's own types are dtypes


# -- kernels that do not build ---------------------------------------------------------------


def test_build_error_shows_numbered_source(device):
    source = "__kernel void broken(__global float *x)\n{\n    x[0] = missing_name;\n}\n"
    with pytest.raises(runtime.BuildError) as caught:
        runtime.build(device, source)
    text = str(caught.value)
    assert str(device) in text.splitlines()[0] or device.name in text.splitlines()[0]
    lines = [part for part in text.splitlines() if "x[0] = missing_name;" in part]
    assert any("3" in part.split("x[0]")[0] for part in lines), text
    assert text.count("missing_name") >= 2  # in the source and in the driver's log
    # the device still works
    np.testing.assert_array_equal((lg.tensor(A) + 1).numpy(), A + 1)


def test_float64_where_there_is_none(device):
    if device.facts.has_fp64:
        np.testing.assert_array_equal((lg.tensor(A).double() / 3).numpy(), A.astype("f8") / 3)
        return
    with pytest.raises(TypeError, match="float64"):
        (lg.tensor(A).double() / 3).numpy()


def test_more_memory_than_there_is(device):
    kept = lg.tensor(A) + 1
    with pytest.raises(MemoryError) as caught:
        (lg.ones(1 << 40) * 2.5).realize()
    assert "TiB" in str(caught.value).splitlines()[0]
    np.testing.assert_array_equal(kept.numpy(), A + 1)
