"""x[...] and its relatives against PyTorch: reads, writes, gradients, errors."""

import numpy as np
import pytest

import lazygrad as lg

torch = pytest.importorskip("torch")

DATA = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4)
MASK = DATA % 5 < 2

KEYS = {
    "int": lambda t: 1,
    "ints": lambda t: (1, -1, 2),
    "slice": lambda t: (slice(None), slice(1, None), slice(None, None, 3)),
    "negative_slice": lambda t: (slice(-1, None), slice(None, -1)),
    "empty_slice": lambda t: (slice(None), slice(2, 1)),
    "ellipsis": lambda t: (Ellipsis, 1),
    "none": lambda t: (None, 0, Ellipsis, None),
    "list": lambda t: [1, 0, -1],
    "array": lambda t: np.array([[0, 1], [1, 1]]),
    "tensor": lambda t: (slice(None), t([2, 0, -1, 0])),
    "tensor_last": lambda t: (Ellipsis, t([[3, -4]])),
    "zero_dim_tensor": lambda t: t(1),
    "two_tensors": lambda t: (t([0, 1]), t([[2], [-1]])),
    "two_apart": lambda t: (t([0, 1, 1]), slice(1, 3), t([0, -2, 3])),
    "tensor_and_int": lambda t: (0, slice(None), t([1, 1])),
    "tensor_and_list": lambda t: (slice(None), [0, 2], t([1, 3])),
    "mask": lambda t: t(MASK),
    "mask_rows": lambda t: t(MASK[:, :, 0]),
    "mask_dim": lambda t: (slice(None), t(np.array([True, False, True]))),
    "mask_and_int": lambda t: (1, t(MASK[0])),
    "no_true": lambda t: t(np.zeros((2, 3, 4), bool)),
    "mask_and_tensor": lambda t: (t(np.array([True, True])), t([0, 2])),
    "true": lambda t: True,
    "false": lambda t: False,
    "empty_list": lambda t: [],
    "nothing": lambda t: (),
}


def both(program):
    return program(torch), program(lg)


def same(expected, got):
    assert tuple(got.shape) == tuple(expected.shape)
    assert str(got.dtype) == str(expected.dtype).replace("torch", "lazygrad")
    np.testing.assert_array_equal(got.detach().numpy(), expected.detach().numpy())


@pytest.mark.parametrize("name", KEYS)
def test_read(name):
    same(*both(lambda library: library.tensor(DATA)[KEYS[name](library.tensor)]))


@pytest.mark.parametrize("name", KEYS)
def test_write_of_a_number_and_of_a_tensor(name):
    def program(library):
        x = library.tensor(DATA)
        key = KEYS[name](library.tensor)
        x[key] = 0.5
        count = x[key].numel()
        y = x.clone()
        if name not in ("list", "array", "tensor"):  # repeated places: any value may stay
            y[key] = library.arange(count).float().reshape(x[key].shape) + 100
        return library.cat([x, y])

    same(*both(program))


@pytest.mark.parametrize("name", ["ints", "slice", "tensor_last", "two_apart", "mask", "mask_rows"])
def test_gradient(name):
    def program(library):
        x = library.tensor(DATA, requires_grad=True)
        v = library.tensor(3.0, requires_grad=True)
        key = KEYS[name](library.tensor)
        y = x * 2
        y[key] = y[key].clone() * v + 1
        (y * y).sum().backward()
        return library.cat([x.grad.reshape(-1), v.grad.reshape(1)])

    expected, got = both(program)
    np.testing.assert_allclose(got.numpy(), expected.numpy(), 1e-5)


def test_write_of_a_tensor_to_a_part_shows_in_gradients():
    def program(library):
        v = library.tensor([[1.0, 2.0]], requires_grad=True)
        x = library.zeros(3, 2)
        x[[0, 2]] = v * 3
        x[library.tensor([False, True, False])] = v
        (x * x).sum().backward()
        return library.cat([x.detach(), v.grad])

    same(*both(program))


def test_repeated_places_keep_the_last_value_or_add():
    x = lg.zeros(3)
    x[[0, 0, 2]] = lg.tensor([1.0, 2.0, 3.0])
    assert x.tolist() == [2.0, 0.0, 3.0]
    x.index_put_((lg.tensor([0, 0, 1]),), lg.tensor([1.0, 1.0, 5.0]), accumulate=True)
    assert x.tolist() == [4.0, 5.0, 3.0]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_narrow_floats_add_up_wide(dtype):
    steps = lg.full((4096,), 0.25, dtype=getattr(lg, dtype))
    total = lg.zeros(2, dtype=steps.dtype).index_add(0, lg.zeros(4096, dtype=lg.int64), steps)
    assert total.tolist() == [1024.0, 0.0]


def test_sums_of_bools_are_whether_any_is_true():
    for library in (torch, lg):
        x, y = library.tensor([False, True, True]), library.tensor([True, True, False, True])
        places, all_true = library.tensor([0, 0, 1, 1]), library.tensor([True] * 4)
        assert x.index_add(0, places, y).tolist() == [True, True, True]
        assert x.scatter_add(0, places, y).tolist() == [True, True, True]
        assert x.index_put((places,), all_true, accumulate=True).tolist() == [True, True, True]
        for include in (True, False):
            lowest = x.scatter_reduce(0, places, y, "amin", include_self=include)
            assert lowest.tolist() == [not include, False, True]


INDEX = np.array([[0, 2, 1, 0], [1, 1, 0, 2]])
ROWS = np.array([2, 0])

FUNCTIONS = {
    "gather": lambda x, s, t: x.gather(0, t(INDEX)),
    "gather_narrow": lambda x, s, t: x.gather(1, t(INDEX[:, :2])),
    "take_along_dim": lambda x, s, t: x.take_along_dim(t(INDEX[:1]), 0),
    "index_select": lambda x, s, t: x.index_select(1, t([3, 3, 0])),
    "take": lambda x, s, t: x.take(t([[0, -1], [5, 2]])),
    "scatter": lambda x, s, t: x.scatter(0, t(INDEX[:1]), s),
    "scatter_whole": lambda x, s, t: x.scatter(0, t(np.argsort(DATA[1] % 7, 0)), s),
    "scatter_number": lambda x, s, t: x.scatter(1, t(INDEX[:, :1]), 9.0),
    "scatter_": lambda x, s, t: x.scatter_(1, t(INDEX[:, 2:]), s),
    "scatter_add": lambda x, s, t: x.scatter_add(0, t(INDEX), s),
    "scatter_add_": lambda x, s, t: (x * 1).scatter_add_(1, t(np.argsort(DATA[1] % 7, 1)), s),
    "scatter_reduce_sum": lambda x, s, t: x.scatter_reduce(0, t(INDEX), s, "sum"),
    "scatter_reduce_mean": lambda x, s, t: x.scatter_reduce(0, t(INDEX), s, "mean"),
    "scatter_reduce_amax": lambda x, s, t: x.scatter_reduce(
        0, t(INDEX), s, "amax", include_self=False
    ),
    "index_add": lambda x, s, t: x.index_add(0, t(ROWS), s[:2], alpha=2),
    "index_add_": lambda x, s, t: x.index_add_(1, t([0, 0, 3]), s[:, :3]),
    "index_copy_": lambda x, s, t: (x * 1).index_copy_(1, t([2, 0, 3, 1]), s),
    "index_copy": lambda x, s, t: x.index_copy(0, t(ROWS), s[:2]),
    "index_fill_": lambda x, s, t: x.index_fill_(1, t([1, 2]), -1.0),
    "masked_fill": lambda x, s, t: x.masked_fill(t(MASK[0, :, 1:2]), -1.0),
    "masked_select": lambda x, s, t: x.masked_select(t(MASK[0])),
    "masked_scatter": lambda x, s, t: x.masked_scatter(t(MASK[0]), s),
    "nonzero": lambda x, s, t: (x > 5).nonzero(),
    "nonzero_tuple": lambda x, s, t: (x > 5).nonzero(as_tuple=True)[1],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(name):
    def program(library):
        x, s = library.tensor(DATA[0]), library.tensor(-DATA[1])
        return FUNCTIONS[name](x, s, library.tensor)

    same(*both(program))


@pytest.mark.parametrize("name", ["gather", "scatter_whole", "scatter_add_", "index_copy_"])
def test_gradient_of_function(name):
    def program(library):
        x = library.tensor(DATA[0], requires_grad=True)
        s = library.tensor(-DATA[1], requires_grad=True)
        y = FUNCTIONS[name](x, s, library.tensor)
        (y * y).sum().backward()
        return library.cat([x.grad, x.grad if s.grad is None else s.grad])

    same(*both(program))


@pytest.mark.parametrize(
    ("key", "error", "words"),
    [
        (5, IndexError, "index 5 is out of bounds for dimension 0 with size 2"),
        ((0, -4), IndexError, "index -4 is out of bounds for dimension 1 with size 3"),
        ((0, 0, 0, 0), IndexError, "too many indices for tensor of dimension 3"),
        (slice(None, None, -1), ValueError, "step must be greater than zero"),
        (1.5, IndexError, "only integers, slices"),
        ("a", IndexError, "only integers, slices"),
        ([0, 2], IndexError, "index 2 is out of bounds for dimension 0 with size 2"),
        (np.array([True]), IndexError, r"shape of the mask \[1\] at index 0"),
        ((..., ...), IndexError, "single ellipsis"),
        (([0, 1], [0, 1, 2]), IndexError, "could not be broadcast together"),
        (np.array([0.5]), IndexError, "must be long, int, byte or bool"),
    ],
)
def test_wrong_keys(key, error, words):
    x = lg.tensor(DATA)
    with pytest.raises(error, match=words):
        x[key]
    with pytest.raises(error, match=words):
        x[key] = 0


def test_wrong_values_and_indices():
    x = lg.tensor(DATA[0])
    with pytest.raises(RuntimeError, match="shape mismatch: value tensor"):
        x[0] = lg.ones(3)
    with pytest.raises(RuntimeError, match="gather: got an index of shape"):
        x.gather(0, lg.zeros(2, 9, dtype=lg.int64))
    with pytest.raises(RuntimeError, match="Expected dtype int64 for index"):
        x.gather(0, lg.zeros(2, 2))
    with pytest.raises(RuntimeError, match="boolean masks"):
        x.masked_fill(lg.zeros(3, 4), 1)
    with pytest.raises(IndexError, match="Dimension out of range"):
        x.index_select(2, lg.tensor([0]))
    with pytest.raises(RuntimeError, match="index_add"):
        x.index_add(0, lg.tensor([0]), lg.ones(2, 4))
    with pytest.raises(IndexError, match="0-dim tensor"):
        lg.tensor(1.0)[0]


def test_index_on_the_device_out_of_range():
    x = lg.tensor(DATA[0])
    with pytest.raises(IndexError):
        x[lg.tensor([0, 7])].tolist()
    with pytest.raises(IndexError):
        x[lg.tensor([0]), lg.tensor([-5])].tolist()
    assert x[0, 1].item() == 1.0  # nothing is lost


def test_slices_of_one_length_have_one_structure():
    x = lg.tensor(DATA[0])
    kinds = set()
    for i in range(3):
        node = (x[i : i + 1] * 3)._node
        kinds.add((node.op.name, node.src[0].arg, node.shape))
    assert len(kinds) == 1


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int8", "int64", "bool"])
def test_every_other_element(device, dtype):
    """In vectors, of which the last ends with the array."""
    if dtype == "float64" and not device.facts.has_fp64:
        pytest.skip("no float64")
    x = (np.arange(7 * 39) % 11 - 5).reshape(7, 39).astype(dtype)
    for start in (0, 1):
        got = ~lg.tensor(x)[:, start::2] if dtype == "bool" else -lg.tensor(x)[:, start::2]
        wanted = ~x[:, start::2] if dtype == "bool" else -x[:, start::2]
        np.testing.assert_array_equal(got.numpy(), wanted)
