"""Every creation function against what NumPy makes of the same call: values, dtypes, copies."""

import math

import numpy as np
import pytest

import lazygrad as lg
import lazygrad.nn.functional as F

NAN, INF = math.nan, math.inf
B, U8, I8, I16, I32, I64 = np.bool_, np.uint8, np.int8, np.int16, np.int32, np.int64
F16, F32, F64 = np.float16, np.float32, np.float64


def check(cases):
    """Each case is (made, expected array); all are realized together."""
    made = {name: case() for name, (case, _) in cases.items()}
    lg.realize(*made.values())
    for name, (_, expected) in cases.items():
        got = made[name].numpy()
        assert tuple(made[name].shape) == got.shape == expected.shape, name
        assert got.dtype == expected.dtype, name
        rtol = 1e-6 if expected.dtype.kind == "f" else 0
        np.testing.assert_allclose(got, expected, rtol, rtol, err_msg=name)


A = np.arange(12, dtype=F32).reshape(3, 4)

FROM_VALUES = {
    "int": (lambda: lg.tensor(3), np.array(3, I64)),
    "float": (lambda: lg.tensor(2.5), np.array(2.5, F32)),
    "bool": (lambda: lg.tensor(True), np.array(True)),
    "nothing": (lambda: lg.tensor([]), np.zeros(0, F32)),
    "rows of nothing": (lambda: lg.tensor([[], []]), np.zeros((2, 0), F32)),
    "ints and floats": (lambda: lg.tensor([1, 2.5]), np.array([1, 2.5], F32)),
    "bools and ints": (lambda: lg.tensor([True, 2]), np.array([1, 2], I64)),
    "tuples and lists": (lambda: lg.tensor([(1, 2), [3, 4]]), np.array([[1, 2], [3, 4]], I64)),
    "three levels": (lambda: lg.tensor([[[1.0]], [[2.0]]]), np.array([[[1]], [[2]]], F32)),
    "a range": (lambda: lg.tensor(range(4)), np.arange(4)),
    "special": (lambda: lg.tensor([NAN, INF, -INF]), np.array([NAN, INF, -INF], F32)),
    "the widest": (lambda: lg.tensor([-(2**63), 2**63 - 1]), np.array([-(2**63), 2**63 - 1])),
    "the widest unsigned": (
        lambda: lg.tensor(2**64 - 1, dtype=lg.uint64), np.array(2**64 - 1, np.uint64)),
    "truncated": (lambda: lg.tensor([1.7, -1.7], dtype=lg.int64), np.array([1, -1])),
    "not zero": (lambda: lg.tensor([1, 0, 3], dtype=lg.bool), np.array([True, False, True])),
    "half": (lambda: lg.tensor([1, 0.1], dtype=lg.float16), np.array([1, 0.1], F16)),
    "beyond half": (lambda: lg.tensor([1e10], dtype=lg.float16), np.array([INF], F16)),
    "Python's type": (lambda: lg.tensor([1, 2], dtype=float), np.array([1, 2], F64)),
    "a NumPy number": (lambda: lg.tensor(F64(2.5)), np.array(2.5)),
    "NumPy numbers": (lambda: lg.tensor([I16(2), I16(3)]), np.array([2, 3], I16)),
    "int16": (lambda: lg.tensor(np.array([1, -2], I16)), np.array([1, -2], I16)),
    "flipped": (lambda: lg.tensor(A[::-1, ::-2]), A[::-1, ::-2]),
    "transposed": (lambda: lg.tensor(A.T), A.T),
    "broadcast": (lambda: lg.tensor(np.broadcast_to(A[0], (2, 4))), np.stack([A[0], A[0]])),
    "big-endian": (lambda: lg.tensor(A.astype(">f4")), A),
    "list of arrays": (lambda: lg.tensor([A[0], A[1]]), A[:2]),
    "list of tensors": (
        lambda: lg.tensor([lg.tensor(1.5), lg.tensor(2.0)]), np.array([1.5, 2], F32)),
    "a tensor": (lambda: lg.tensor(lg.tensor(A)), A),
    "a tensor in another dtype": (lambda: lg.tensor(lg.tensor(A), dtype=lg.int32), A.astype(I32)),
    "as_tensor": (lambda: lg.as_tensor([1, 2]), np.array([1, 2])),
    "as_tensor in half": (lambda: lg.as_tensor(3, dtype=lg.float16), np.array(3, F16)),
    "asarray": (lambda: lg.asarray(A, copy=True), A),
    "from_numpy": (lambda: lg.from_numpy(A[:, ::-1]), A[:, ::-1]),
    "from_numpy of no elements": (
        lambda: lg.from_numpy(np.zeros((0, 3), U8)), np.zeros((0, 3), U8)),
    "from_numpy of a number": (lambda: lg.from_numpy(np.array(2.5)), np.array(2.5)),
    "new_tensor": (lambda: lg.tensor([1.5]).new_tensor([1, 2]), np.array([1, 2], F32)),
    "new": (lambda: lg.tensor([1]).new([5, 6]), np.array([5, 6])),
    "FloatTensor": (lambda: lg.FloatTensor([1, 2]), np.array([1, 2], F32)),
    "LongTensor": (lambda: lg.LongTensor([1, 2]), np.array([1, 2])),
    "BoolTensor": (lambda: lg.BoolTensor([0, 2]), np.array([False, True])),
    "Tensor of sizes": (lambda: lg.Tensor(2, 0), np.zeros((2, 0), F32)),
}  # fmt: skip


def like():
    return lg.tensor([[1, 2, 3]], dtype=lg.int32)


OF_ONE_VALUE = {
    "zeros": (lambda: lg.zeros(2, 3), np.zeros((2, 3), F32)),
    "zeros of a tuple": (lambda: lg.zeros((2, 3), dtype=lg.int8), np.zeros((2, 3), I8)),
    "zeros by keyword": (lambda: lg.zeros(size=(2, 3)), np.zeros((2, 3), F32)),
    "zeros of a Size": (lambda: lg.zeros(lg.ones(2, 1).shape), np.zeros((2, 1), F32)),
    "zeros of a NumPy size": (lambda: lg.zeros(I64(2)), np.zeros(2, F32)),
    "zeros of no dimensions": (lambda: lg.zeros(()), np.zeros((), F32)),
    "zeros of no elements": (lambda: lg.zeros(2, 0, 3), np.zeros((2, 0, 3), F32)),
    "ones": (lambda: lg.ones([7], dtype=lg.bool), np.ones(7, B)),
    "ones by keyword": (lambda: lg.ones(size=[2], dtype=int), np.ones(2, I64)),
    "empty": (lambda: lg.empty(0, 3, dtype=lg.int16), np.zeros((0, 3), I16)),
    "full of an int": (lambda: lg.full((2,), 3), np.full(2, 3)),
    "full of a float": (lambda: lg.full((2, 1), 3.5), np.full((2, 1), 3.5, F32)),
    "full of a bool": (lambda: lg.full((), True), np.array(True)),
    "full of a tensor": (lambda: lg.full((3,), lg.tensor(2.5)), np.full(3, 2.5, F32)),
    "full of a NumPy number": (lambda: lg.full((3,), F32(0.1)), np.full(3, 0.1, F32)),
    "full, truncated": (lambda: lg.full((2,), 3.7, dtype=lg.int32), np.full(2, 3, I32)),
    "full of nothing": (lambda: lg.full((2, 0), 7), np.zeros((2, 0), I64)),
    "full of NaN": (lambda: lg.full((2,), NAN, dtype=lg.float16), np.full(2, NAN, F16)),
    "full of infinity": (lambda: lg.full((2,), -INF), np.full(2, -INF, F32)),
    "zeros_like": (lambda: lg.zeros_like(like()), np.zeros((1, 3), I32)),
    "ones_like": (lambda: lg.ones_like(like(), dtype=lg.float64), np.ones((1, 3), F64)),
    "empty_like": (lambda: lg.empty_like(lg.zeros(0, 2)), np.zeros((0, 2), F32)),
    "full_like": (lambda: lg.full_like(like(), 3.7), np.full((1, 3), 3, I32)),
    "full_like in float": (
        lambda: lg.full_like(like(), 3.7, dtype=lg.float32), np.full((1, 3), 3.7, F32)),
    "full_like of bools": (lambda: lg.full_like(lg.tensor([True]), 3), np.array([True])),
    "ones_like of a transposed one": (lambda: lg.ones_like(lg.tensor(A).T), np.ones((4, 3), F32)),
    "new_zeros": (lambda: like().new_zeros(2, 3), np.zeros((2, 3), I32)),
    "new_ones": (lambda: like().new_ones((0,), dtype=lg.uint8), np.ones(0, U8)),
    "new_full": (lambda: like().new_full((2,), 5), np.full(2, 5, I32)),
    "new_empty": (lambda: like().new_empty(2, 0), np.zeros((2, 0), I32)),
}  # fmt: skip


RANGES = {
    "arange": (lambda: lg.arange(5), np.arange(5)),
    "from to": (lambda: lg.arange(2, 7), np.arange(2, 7)),
    "by keyword": (lambda: lg.arange(1, end=8, step=3), np.arange(1, 8, 3)),
    "downwards": (lambda: lg.arange(7, 1, -2), np.arange(7, 1, -2)),
    "downwards to below": (lambda: lg.arange(3, -4, -1), np.arange(3, -4, -1)),
    "empty": (lambda: lg.arange(0), np.arange(0)),
    "empty downwards": (lambda: lg.arange(5, 5, -1), np.arange(5, 5, -1)),
    "far out": (lambda: lg.arange(2**40, 2**40 + 3), np.arange(2**40, 2**40 + 3)),
    "float end": (lambda: lg.arange(5.0), np.arange(5, dtype=F32)),
    "float start": (lambda: lg.arange(0.5, 3), np.arange(0.5, 3).astype(F32)),
    "quarters": (lambda: lg.arange(0, 1, 0.25), np.arange(0, 1, 0.25).astype(F32)),
    "quarters down": (lambda: lg.arange(1, 0, -0.25), np.arange(1, 0, -0.25).astype(F32)),
    "not to the end": (lambda: lg.arange(0, 1, 0.3), np.arange(0, 1, 0.3).astype(F32)),
    "in double": (lambda: lg.arange(1, 2.5, 0.1, dtype=lg.float64), np.arange(1, 2.5, 0.1)),
    "ints in float": (lambda: lg.arange(5, dtype=lg.float32), np.arange(5, dtype=F32)),
    "ints in half": (lambda: lg.arange(0, 5, 2, dtype=lg.float16), np.arange(0, 5, 2).astype(F16)),
    "uint8 wraps": (lambda: lg.arange(300, dtype=lg.uint8), np.arange(300).astype(U8)),
    "of a tensor": (lambda: lg.arange(lg.tensor(3)), np.arange(3)),
    "of a NumPy number": (lambda: lg.arange(F32(3)), np.arange(3, dtype=F32)),
    "linspace": (lambda: lg.linspace(0, 1, 7), np.linspace(0, 1, 7, dtype=F32)),
    "linspace down": (lambda: lg.linspace(1, -1, 5), np.linspace(1, -1, 5, dtype=F32)),
    "linspace of one": (lambda: lg.linspace(3, 9, 1), np.array([3], F32)),
    "linspace of none": (lambda: lg.linspace(0, 1, 0), np.zeros(0, F32)),
    "linspace of equals": (lambda: lg.linspace(2, 2, 3), np.full(3, 2, F32)),
    "linspace in int": (
        lambda: lg.linspace(0, 10, 4, dtype=lg.int32), np.array([0, 3, 6, 10], I32)),
    "linspace of tensors": (
        lambda: lg.linspace(lg.tensor(0.0), lg.tensor(1.0), 3), np.array([0, 0.5, 1], F32)),
    "linspace in double": (
        lambda: lg.linspace(0, 1, 11, dtype=lg.float64), np.linspace(0, 1, 11)),
    "logspace": (lambda: lg.logspace(-1, 2, 4), np.logspace(-1, 2, 4).astype(F32)),
    "logspace of base 2": (
        lambda: lg.logspace(0, 3, 4, base=2), np.array([1, 2, 4, 8], F32)),
    "logspace of none": (lambda: lg.logspace(0, 1, 0), np.zeros(0, F32)),
}  # fmt: skip

VECTORS = [np.array([1, 2]), np.array([3, 4, 5]), np.array([6, 7, 8, 9])]


def grid(index, count, indexing):
    return (
        lambda: lg.meshgrid(*[lg.tensor(v) for v in VECTORS[:count]], indexing=indexing)[index],
        np.meshgrid(*VECTORS[:count], indexing=indexing)[index],
    )


MATRICES = {
    "eye": (lambda: lg.eye(3), np.eye(3, dtype=F32)),
    "eye, wide": (lambda: lg.eye(2, 5, dtype=lg.int64), np.eye(2, 5, dtype=I64)),
    "eye, high": (lambda: lg.eye(5, 2, dtype=lg.bool), np.eye(5, 2, dtype=B)),
    "eye of none": (lambda: lg.eye(0), np.zeros((0, 0), F32)),
    "eye of no columns": (lambda: lg.eye(3, 0), np.zeros((3, 0), F32)),
    "tril": (lambda: lg.tril(lg.tensor(A)), np.tril(A)),
    "tril above": (lambda: lg.tril(lg.tensor(A), 2), np.tril(A, 2)),
    "tril far above": (lambda: lg.tensor(A).tril(9), A),
    "triu": (lambda: lg.triu(lg.tensor(A + 1), 1), np.triu(A + 1, 1)),
    "triu far above": (lambda: lg.tensor(A).triu(9), np.zeros_like(A)),
    "triu of NaN": (lambda: lg.full((2, 2), NAN).triu(1), np.array([[0, NAN], [0, 0]], F32)),
    "tril of a stack": (
        lambda: lg.ones(2, 3, 3, dtype=lg.int32).tril(-1),
        np.tril(np.ones((2, 3, 3), I32), -1)),
    "tril of no rows": (lambda: lg.ones(0, 4).tril(), np.zeros((0, 4), F32)),
    "tril of bools": (lambda: lg.ones(2, 3, dtype=lg.bool).tril(), np.tril(np.ones((2, 3), B))),
    "tril_indices": (lambda: lg.tril_indices(3, 4, 1), np.stack(np.tril_indices(3, 1, 4))),
    "triu_indices": (
        lambda: lg.triu_indices(4, 3, -2, dtype=lg.int32),
        np.stack(np.triu_indices(4, -2, 3)).astype(I32)),
    "tril_indices of none": (lambda: lg.tril_indices(0, 3), np.zeros((2, 0), I64)),
    "diag": (lambda: lg.diag(lg.tensor([1, 2]), -2), np.diag([1, 2], -2)),
    "diag of a matrix": (lambda: lg.diag(lg.tensor(A), 1), np.diag(A, 1)),
    "diag_embed": (
        lambda: lg.diag_embed(lg.tensor([[1, 2], [3, 4]])),
        np.stack([np.diag([1, 2]), np.diag([3, 4])])),
    "block_diag": (
        lambda: lg.block_diag(lg.ones(2, 1), lg.tensor(3.0), lg.tensor([4.0, 5.0])),
        np.array([[1, 0, 0, 0], [1, 0, 0, 0], [0, 3, 0, 0], [0, 0, 4, 5]], F32)),
    "cartesian_prod": (
        lambda: lg.cartesian_prod(lg.tensor([1, 2]), lg.tensor([3, 4])),
        np.array([[1, 3], [1, 4], [2, 3], [2, 4]])),
    "grid of a number": (
        lambda: lg.meshgrid(lg.tensor([1, 2]), lg.tensor(3))[1], np.array([[3], [3]])),
    "grid of none": (lambda: lg.meshgrid(lg.zeros(0), lg.zeros(2))[1], np.zeros((0, 2), F32)),
    "one_hot": (lambda: F.one_hot(lg.tensor([0, 2, 1])), np.eye(3, dtype=I64)[[0, 2, 1]]),
    "one_hot of rows": (
        lambda: F.one_hot(lg.tensor([[0, 2], [1, 1]]), 4), np.eye(4, dtype=I64)[[[0, 2], [1, 1]]]),
    "one_hot of a number": (lambda: F.one_hot(lg.tensor(2), 4), np.array([0, 0, 1, 0])),
    "one_hot of none": (
        lambda: F.one_hot(lg.zeros(0, dtype=lg.int64), 4), np.zeros((0, 4), I64)),
} | {
    f"grid {index} of {count}, {indexing}": grid(index, count, indexing)
    for indexing in ("ij", "xy") for count in (1, 2, 3) for index in range(count)
}  # fmt: skip


@pytest.mark.parametrize("cases", [FROM_VALUES, OF_ONE_VALUE, RANGES, MATRICES],
                         ids=["from values", "of one value", "ranges", "matrices"])  # fmt: skip
def test_values(device, cases):
    check(cases)


def test_arithmetic_on_what_was_made(device):
    """Nothing that a creation function leaves unwritten reaches a kernel."""
    made = [
        (lg.zeros(2, 3) + lg.arange(3), np.zeros((2, 3), F32) + np.arange(3, dtype=F32)),
        (lg.full((3, 1), 2.5) * lg.eye(3, 2), 2.5 * np.eye(3, 2, dtype=F32)),
        (lg.linspace(0, 1, 5)[::2] + lg.ones(3), np.array([1, 1.5, 2], F32)),
        (lg.arange(6, 0, -1).reshape(2, 3).T * 2, 2 * np.arange(6, 0, -1).reshape(2, 3).T),
        (lg.empty(2).fill_(7), np.full(2, 7, F32)),
    ]
    lg.realize(*[got for got, _ in made])
    for got, expected in made:
        np.testing.assert_array_equal(got.numpy(), expected)


def test_bfloat16_is_rounded(device):
    made = lg.tensor([1.0, 1.005, 3.14159], dtype=lg.bfloat16)
    assert made.dtype is lg.bfloat16
    assert made.tolist() == [1.0, 1.0078125, 3.140625]
    assert lg.full((2,), 0.1, dtype=lg.bfloat16).tolist() == [0.10009765625] * 2


def test_numpy_data_is_copied_at_the_call(device):
    data = np.arange(4, dtype=F32)
    made = [
        lg.tensor(data), lg.as_tensor(data), lg.asarray(data), lg.from_numpy(data),
        lg.ones(1).new_tensor(data), lg.tensor(data[::-1]), lg.tensor(data, dtype=lg.int32),
    ]  # fmt: skip
    data[:] = -1
    for k, got in enumerate(made):
        expected = [3, 2, 1, 0] if k == 5 else [0, 1, 2, 3]
        assert got.tolist() == expected, k
    made[3][0] = 9
    assert data[0] == -1


def test_copies_of_tensors(device):
    """as_tensor gives the tensor itself where nothing changes; tensor always a new one."""
    x = lg.ones(3, requires_grad=True)
    assert lg.as_tensor(x) is x and lg.asarray(x) is x
    assert lg.as_tensor(x, dtype=lg.float64).requires_grad
    assert lg.asarray(x, copy=True) is not x
    copied = lg.tensor(x)
    assert copied.is_leaf and not copied.requires_grad
    copied[0] = 5
    assert x.tolist() == [1, 1, 1] and copied.tolist() == [5, 1, 1]
    filled = lg.ones_like(x)
    filled.mul_(3)
    assert x.tolist() == [1, 1, 1]


def test_rows_of_one_value_are_written_apart(device):
    """One stored value stands for all elements until one is written."""
    for x in (lg.zeros(2, 3), lg.full((2, 3), 0.0), lg.tensor(np.zeros((2, 3), F32))):
        x[1, 2] = 4
        assert x.tolist() == [[0, 0, 0], [0, 0, 4]]


def test_writes_to_a_number_leave_other_graphs_alone(device):
    """zeros(()) is the node of every 0; a write to one of them spoils no gradient through 0."""
    total, filled = lg.zeros(()), lg.tensor(5.0).fill_(2)
    total += 3
    filled.mul_(4)
    w = lg.ones(2, requires_grad=True)
    ((w * 0) * 2 + (w * 2) ** 2).sum().backward()
    assert w.grad.tolist() == [8, 8] and total.item() == 3 and filled.item() == 8


def test_default_dtype():
    """Floats follow the default dtype, and nothing else does."""
    previous = lg.get_default_dtype()
    assert previous is lg.float32
    lg.set_default_dtype(lg.float16)
    try:
        floats = [
            lg.tensor([1.5]), lg.zeros(2), lg.ones(2), lg.empty(2), lg.full((2,), 1.5),
            lg.arange(0, 1, 0.5), lg.linspace(0, 1, 3), lg.eye(2), lg.logspace(0, 1, 2),
        ]  # fmt: skip
        others = [lg.tensor([1]), lg.arange(3), lg.full((2,), 1), lg.tensor([True])]
        kept = lg.tensor(np.zeros(2, F64))
    finally:
        lg.set_default_dtype(previous)
    assert {x.dtype for x in floats} == {lg.float16}
    assert [x.dtype for x in others] == [lg.int64, lg.int64, lg.int64, lg.bool]
    assert kept.dtype is lg.float64
    with pytest.raises(TypeError, match="set_default_dtype"):
        lg.set_default_dtype(lg.int64)


def test_requires_grad():
    for make in (lg.zeros, lg.ones, lg.empty, lg.eye, lambda n, **k: lg.full((n,), 0.5, **k),
                 lambda n, **k: lg.arange(float(n), **k), lambda n, **k: lg.linspace(0, 1, n, **k),
                 lambda n, **k: lg.tensor([1.0] * n, **k),
                 lambda n, **k: lg.zeros_like(lg.ones(n), **k),
                 lambda n, **k: lg.ones(1).new_zeros(n, **k)):  # fmt: skip
        made = make(2, requires_grad=True)
        assert made.requires_grad and made.is_leaf
        assert not make(2).requires_grad


ERRORS = {
    "ragged": (lambda: lg.tensor([[1, 2], [3]]), ValueError, "length 2 at dim 1 .got 1"),
    "ragged inside": (lambda: lg.tensor([[[1], [2]], [[3]]]), ValueError, "length 2 at dim 1"),
    "numbers beside rows": (lambda: lg.tensor([[1, 2], 3]), ValueError, "numbers beside sequences"),
    "text": (lambda: lg.tensor("abc"), TypeError, "tensor: got 'abc' of type str"),
    "texts": (lambda: lg.tensor(["a", "b"]), TypeError, "tensor: got 'a' of type str"),
    "None": (lambda: lg.tensor(None), RuntimeError, "Could not infer dtype of NoneType"),
    "dict": (lambda: lg.tensor({1: 2}), RuntimeError, "Could not infer dtype of dict"),
    "complex": (lambda: lg.tensor(1 + 2j), TypeError, "complex"),
    "too large": (lambda: lg.tensor([300], dtype=lg.int8), RuntimeError, "without overflow"),
    "NaN as int": (lambda: lg.tensor([NAN], dtype=lg.int64), RuntimeError, "without overflow"),
    "objects": (lambda: lg.tensor(np.array([1, 2], object)), TypeError, "numpy.object_"),
    "array of texts": (lambda: lg.tensor(np.array(["a"])), TypeError, "tensor: got"),
    "dtype by text": (lambda: lg.tensor([1], dtype="float32"), TypeError, "expected lg.float32"),
    "dtype by NumPy": (lambda: lg.zeros(2, dtype=np.int8), TypeError, "expected lg.int8"),
    "dtype of new": (lambda: lg.ones(2).new_zeros(2, dtype="int32"), TypeError, "new_zeros"),
    "from_numpy of a list": (lambda: lg.from_numpy([1]), TypeError, "must be ndarray, not list"),
    "from_numpy of texts": (lambda: lg.from_numpy(np.array(["a"])), TypeError, "<U1"),
    "negative size": (lambda: lg.zeros(-1), RuntimeError, "negative dimension -1"),
    "negative in a tuple": (lambda: lg.ones((2, -3)), RuntimeError, "negative dimension -3"),
    "negative full": (lambda: lg.full((-2,), 1), RuntimeError, "full: .* negative dimension"),
    "negative new": (lambda: lg.ones(2).new_ones(-1), RuntimeError, "new_ones: .* negative"),
    "float size": (lambda: lg.zeros(2.0), TypeError, "zeros: got sizes"),
    "nested size": (lambda: lg.empty([[2]]), TypeError, "empty: got sizes"),
    "full of text": (lambda: lg.full((2,), "a"), TypeError, "full: got fill_value 'a'"),
    "full of a vector": (
        lambda: lg.full((2,), lg.ones(2)), RuntimeError, r"fill_value of shape \[2\]"),
    "full too large": (lambda: lg.full((2,), 300, dtype=lg.uint8), RuntimeError, "overflow"),
    "full of infinity": (lambda: lg.full((1,), INF, dtype=lg.int32), RuntimeError, "int32"),
    "like a number": (lambda: lg.zeros_like(3), TypeError, "zeros_like.*must be Tensor, not int"),
    "like an array": (lambda: lg.full_like(A, 3), TypeError, "full_like.*must be Tensor"),
    "arange away": (lambda: lg.arange(1, 0), RuntimeError, "inconsistent with step sign"),
    "arange away, down": (lambda: lg.arange(0, 1, -1), RuntimeError, "inconsistent with step"),
    "arange of no step": (lambda: lg.arange(0, 5, 0), RuntimeError, "step nonzero"),
    "arange of NaN": (lambda: lg.arange(NAN), RuntimeError, "expected finite"),
    "arange without end": (lambda: lg.arange(0, INF), RuntimeError, "expected finite"),
    "arange of text": (lambda: lg.arange("a"), TypeError, "arange: got 'a'"),
    "linspace": (lambda: lg.linspace(0, 1, -1), RuntimeError, "must be non-negative, got -1"),
    "logspace": (lambda: lg.logspace(0, 1, -2), RuntimeError, "logspace: .* non-negative"),
    "eye": (lambda: lg.eye(2, -1), RuntimeError, "eye: .* negative dimension"),
    "tril_indices": (lambda: lg.tril_indices(-1, 3), RuntimeError, "tril_indices: .* negative"),
    "triu_indices": (lambda: lg.triu_indices(3, -3), RuntimeError, "triu_indices: .* negative"),
    "tril": (lambda: lg.ones(3).tril(), RuntimeError, "at least 2 dimensions"),
    "meshgrid of a matrix": (lambda: lg.meshgrid(lg.ones(2, 2)), RuntimeError, "0D or 1D"),
    "meshgrid": (lambda: lg.meshgrid(lg.ones(2), indexing="a"), RuntimeError, "one of"),
    "one_hot of none": (
        lambda: F.one_hot(lg.zeros(0, dtype=lg.int64)), RuntimeError, "num_classes"),
    "one_hot of floats": (lambda: F.one_hot(lg.ones(2)), RuntimeError, "one_hot: got dtype"),
    "gradient of ints": (
        lambda: lg.arange(3, requires_grad=True), RuntimeError, "floating point dtype"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    case, error, words = ERRORS[name]
    with pytest.raises(error, match=words):
        case()
