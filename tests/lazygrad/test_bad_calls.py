"""The walk of bad calls: that it goes everywhere, and that odd but right arguments work."""

import functools

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import nn
from lazygrad.check import bad_input
from lazygrad.check.good_calls import excluded, good_calls, public
from lazygrad.check.verdicts import fault_of


def test_every_public_function_is_walked():
    walked = {good.head for good in good_calls()}
    left = {path for path, member in public() if not excluded(path, member)} - walked
    assert not left
    assert len(walked) > 600


def test_the_good_calls_are_good(device):
    for good in good_calls():
        function, placed, named = good.prepared(lg)
        function(*placed, **named)


def test_bad_calls(device):
    findings = list(bad_input.run(device, full=False))
    assert len(findings) > 8
    for finding in findings:
        assert finding.held, str(finding)


def test_a_bad_error_is_seen():
    good = next(good for good in good_calls() if good.head == "lg.sum")
    assert fault_of(TypeError("sum: got 'a', expected int"), good) is None
    for error in (
        KeyError("sum: got 'a', expected int"), AttributeError("no _node"),
        TypeError("mean: got 'a', expected int"), TypeError("sum: wrong"),
        AssertionError("sum: got 'a', expected int"), ZeroDivisionError("sum: got 0, expected 1"),
    ):  # fmt: skip
        assert fault_of(error, good) is not None


class _ForeignTensor:
    """An array of another library, whose class is called as ours; its operators do not know us."""

    __module__, shape, dtype = "torch", (2,), "torch.float32"


_ForeignTensor.__name__ = "Tensor"
FOREIGN = {
    "left": lambda x, y: x + y, "right": lambda x, y: y * x, "method": lambda x, y: x.mul(y),
    "input": lambda x, y: lg.relu(y), "matmul": lambda x, y: lg.matmul(x, y),
    "at": lambda x, y: x @ y,
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_tensors_of_other_libraries_are_named(name):
    with pytest.raises(TypeError, match=r"torch\.Tensor.*lg\.tensor\(value\)"):
        FOREIGN[name](lg.ones(2), _ForeignTensor())


@pytest.mark.parametrize("value", [np.float32, np.ndarray, lg.Tensor])
def test_classes_are_no_operands(value):
    x = lg.ones(2)
    assert (x == value) is False
    with pytest.raises(TypeError, match="expected a tensor, a number"):
        x.mul(value)


A = np.arange(12, dtype=np.float32).reshape(3, 4)
FROZEN = A.copy()
FROZEN.flags.writeable = False
ARRAYS = {
    "transposed": A.T, "every other": A[:, ::2], "backwards": A[::-1, ::-1], "read-only": FROZEN,
    "Fortran": np.asfortranarray(A), "other byte order": A.astype(">f4"),
    "broadcast": np.broadcast_to(A[:1], (3, 4)), "no elements": A[:0], "no dimensions": A[1, 2],
    "unaligned": np.frombuffer(b"x" + A.tobytes(), np.float32, offset=1),
    "field": np.zeros(3, [("a", "i1"), ("b", "f4")])["b"],
}  # fmt: skip


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_however_they_lie(device, name):
    array = ARRAYS[name]
    for make in (
        lg.tensor,
        lg.as_tensor,
        lg.asarray,
        lambda a: lg.zeros(a.shape).copy_(lg.tensor(a)),
    ):
        np.testing.assert_array_equal(make(array).numpy(), array)
    if isinstance(array, np.ndarray):
        np.testing.assert_array_equal(lg.from_numpy(array).numpy(), array)


def test_errors_keep_what_the_user_raised():
    class Layer(lg.nn.Module):
        def forward(self, x):
            raise ValueError("mine")

    with pytest.raises(ValueError) as caught:
        lg.nn.Sequential(Layer())(lg.ones(2))
    assert str(caught.value) == "mine"


WRONG = {
    "size with a tensor": lambda: lg.normal(lg.ones(2), 1.0, (2, 3)),
    "device of a generator": lambda: lg.Generator(device="nonsense"),
    "few to scatter": lambda: lg.zeros(3).masked_scatter(lg.ones(3) > 0, lg.ones(2)),
    "dates": lambda: lg.FloatTensor(np.array(["2020-01-01"], "datetime64[D]")),
    "complex value": lambda: lg.zeros(3).index_fill(0, lg.tensor([0]), 1j),
    "more dimensions": lambda: lg.addbmm(lg.ones(1, 1, 2, 2), lg.ones(3, 2, 2), lg.ones(3, 2, 2)),
    "order": lambda: lg.diff(lg.ones(3), n=-1),
    "too many elements": lambda: lg.ones(1).expand(2**40, 2**30),
    "2**40 numbers": lambda: lg.linspace(0, 1, 2**40),
    "tolerance": lambda: lg.isclose(lg.ones(2), lg.ones(2), rtol=-1.0),
    "output_size": lambda: lg.repeat_interleave(lg.ones(2), 2, output_size=3),
    "bool as a dim": lambda: lg.ones(2, 2).sum(True),
    "bool as a size": lambda: lg.zeros(True),
    "flag": lambda: lg.ones(2, 2).sum(0, keepdim="no"),
    "dtype that is nothing": lambda: lg.zeros_like(lg.ones(2), dtype=()),
    "dtype that is 0": lambda: lg.rand_like(lg.ones(2), dtype=0),
    "numbers beyond an old constructor": lambda: lg.IntTensor([2**33]),
    "nan in an old constructor": lambda: lg.LongTensor([float("nan")]),
    "parts in a word": lambda: lg.tensor_split(lg.ones(2), ""),
    "end of integers": lambda: lg.randint(0, 1.5, (2,)),
    "seed of a generator": lambda: lg.Generator().manual_seed(1.5),
    "flag of a type": lambda: lg.ones(2).type(lg.int32, non_blocking="no"),
    "inputs without gradient": lambda: lg.ones(1, requires_grad=True).backward(inputs=lg.ones(1)),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_once_silent(device, name):
    with pytest.raises((TypeError, ValueError, RuntimeError)):
        WRONG[name]()


def test_of_no_dimension():
    assert lg.tensor([0.0, 2.0]).any(()).tolist() == [False, True]
    assert lg.tensor([0, 1]).bincount(lg.tensor([2, 3])).dtype is lg.float64


def test_errors_of_the_users_own_are_left_alone():
    """Also of callables without a frame, and of modules that are named like Python's."""
    parameter = nn.Parameter(lg.ones(1))
    with pytest.raises(ZeroDivisionError):
        lg.optim.SGD([parameter], lr=0.1).step(functools.partial(divmod, 1, 0))
    source = "def forward(self, x): raise ValueError('mine')"
    space = {"__name__": "queue"}
    exec(compile(source, "users/queue.py", "exec"), space)
    layer = type("Layer", (nn.Module,), {"forward": space["forward"]})()
    with pytest.raises(ValueError, match=r"^mine$"):
        nn.Sequential(layer)(lg.ones(2))
