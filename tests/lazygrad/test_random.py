"""Random tensors: what a seed fixes, ranges and moments, states of generators, wrong calls.

Bounds on moments are five standard errors of the sample's size; seeds are fixed.
"""

import math

import numpy as np
import pytest

import lazygrad as lg
from lazygrad.codegen import ops
from lazygrad.codegen.dtype import uint32
from lazygrad.realize import from_host, to_host

N = 10007  # one shape for all large samples, so that they share kernels; no multiple of a vector


def sample(seed, *draws):
    """The draws of a seed (None: the next ones), realized together, as arrays."""
    if seed is not None:
        lg.manual_seed(seed)
    drawn = [draw() for draw in draws]
    lg.realize(*drawn)
    return [d.numpy() for d in drawn]


def within(values, mean, std):
    """Whether mean and standard deviation of a sample lie where those of its distribution do."""
    values = values.astype(np.float64)
    error = std / math.sqrt(values.size)
    assert abs(values.mean() - mean) < 5 * error, (values.mean(), mean)
    assert abs(values.std() - std) < 5 * error, (values.std(), std)


# What a seed fixes ----------------------------------------------------------------------------

DRAWS = {
    "rand": lambda **k: lg.rand(3, 5, **k),
    "randn": lambda **k: lg.randn(3, 5, **k),
    "randint": lambda **k: lg.randint(-9, 10, (3, 5), **k),
    "randperm": lambda **k: lg.randperm(15, **k),
    "normal": lambda **k: lg.normal(2.0, 3.0, (3, 5), **k),
    "bernoulli": lambda **k: lg.bernoulli(lg.full((3, 5), 0.5), **k),
    "multinomial": lambda **k: lg.multinomial(lg.ones(3, 5), 4, **k),
    "multinomial again": lambda **k: lg.multinomial(lg.ones(3, 5), 4, True, **k),
    "uniform_": lambda **k: lg.empty(3, 5).uniform_(-1, 4, **k),
    "normal_": lambda **k: lg.empty(3, 5).normal_(1, 2, **k),
    "exponential_": lambda **k: lg.empty(3, 5).exponential_(2.0, **k),
    "bernoulli_": lambda **k: lg.empty(3, 5).bernoulli_(0.5, **k),
    "random_": lambda **k: lg.empty(3, 5).random_(100, **k),
}


def test_a_seed_repeats_and_calls_move_on(device):
    first, second, again, other = (sample(seed, *DRAWS.values()) for seed in (3, None, 3, 4))
    for k, name in enumerate(DRAWS):
        np.testing.assert_array_equal(first[k], again[k], err_msg=name)
        assert (first[k] != second[k]).any(), name
        assert (first[k] != other[k]).any(), name


def test_a_generator_is_a_stream_of_its_own(device):
    expected = sample(8, *DRAWS.values())
    lg.manual_seed(1)
    before = lg.get_rng_state().tolist()
    source = lg.Generator().manual_seed(8)
    drawn = [draw(generator=source) for draw in DRAWS.values()]
    lg.realize(*drawn)
    for name, wanted, got in zip(DRAWS, expected, drawn, strict=True):
        np.testing.assert_array_equal(got.numpy(), wanted, err_msg=name)
    assert lg.get_rng_state().tolist() == before


def test_values_that_every_device_gives(device):
    """Written down once: a change of these numbers changes every seeded program."""
    u, n, i, p = sample(
        0, lambda: lg.rand(4), lambda: lg.randn(4), lambda: lg.randint(100, (6,)),
        lambda: lg.randperm(7),
    )  # fmt: skip
    assert (u * 2**24).tolist() == [6694888, 14772677, 12343212, 10158299]
    expected = [-0.06963722, 1.0897624, -0.86350137, 0.09311545]
    np.testing.assert_allclose(n, expected, rtol=5e-7)
    assert i.tolist() == [1, 31, 14, 27, 78, 41] and p.tolist() == [5, 4, 6, 1, 3, 0, 2]


def _philox(block, key):
    """The words of a block, in Python's integers."""
    low = 2**32 - 1
    c0, c1, c2, c3 = block & low, block >> 32, 0, 0
    k0, k1 = key & low, key >> 32
    for _ in range(10):
        even, odd = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (odd >> 32) ^ c1 ^ k0, odd & low, (even >> 32) ^ c3 ^ k1, even & low
        k0, k1 = (k0 + 0x9E3779B9) & low, (k1 + 0xBB67AE85) & low
    return [c0, c1, c2, c3]


def test_bits_are_philox_with_ten_rounds(device):
    """Salmon et al., SC 2011; their known answer; numbers of blocks over 32 bits."""
    assert _philox(0, 0) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    source, drawn = lg.Generator(), []
    states = [(2024, 0), (2**64 - 5, 2**32 - 3), (3, 2**64 - 2)]
    for seed, offset in states:
        state = np.array([seed, offset], np.uint64).view(np.uint8)
        drawn.append(lg.rand(22, generator=source.set_state(lg.tensor(state))))
    lg.realize(*drawn)
    for (seed, offset), got in zip(states, drawn, strict=True):
        words = [w for k in range(6) for w in _philox((offset + k) % 2**64, seed)][:22]
        assert (got.numpy() * 2**24).tolist() == [word >> 8 for word in words], (seed, offset)


def test_order_of_calls_and_not_of_reading_decides(device):
    lg.manual_seed(5)
    a, b = lg.rand(3, 5), lg.rand(3, 5)
    late = b.tolist(), a.tolist()
    lg.manual_seed(5)
    early = lg.rand(3, 5).tolist(), lg.rand(3, 5).tolist()
    assert late == early[::-1]


def test_shapes_of_one_size_draw_the_same_numbers(device):
    a, b, c = (sample(6, lambda s=s: lg.rand(*s))[0] for s in ((15,), (3, 5), (5, 3, 1)))
    assert a.tolist() == b.reshape(-1).tolist() == c.reshape(-1).tolist()


def test_a_drawn_tensor_keeps_its_values(device):
    """A lazy draw is one value, however often it is used."""
    x = lg.rand(3, 5)
    doubled, flipped = x + x, x.flip(0)
    np.testing.assert_array_equal(doubled.numpy(), 2 * x.numpy())
    np.testing.assert_array_equal(flipped.numpy(), x.numpy()[::-1])


# Ranges and moments ---------------------------------------------------------------------------


def test_uniform(device):
    u, wide, twice = sample(
        11, lambda: lg.rand(N), lambda: lg.empty(N).uniform_(-3, 5),
        lambda: lg.empty(N).uniform_(-3, 5),
    )  # fmt: skip
    assert u.min() >= 0 and u.max() < 1 and len(np.unique(u)) > N - 20
    within(u, 0.5, 12**-0.5)
    assert wide.min() >= -3 and wide.max() < 5
    within(wide, 1, 8 * 12**-0.5)
    counts = np.histogram(u, 16, (0, 1))[0]
    assert ((counts - N / 16) ** 2 / (N / 16)).sum() < 45  # chi square, 15 degrees of freedom
    assert abs(np.corrcoef(wide, twice)[0, 1]) < 5 / math.sqrt(N)
    assert abs(np.corrcoef(u[1:], u[:-1])[0, 1]) < 5 / math.sqrt(N)


def test_normal(device):
    n, given, tensors, written = sample(
        12, lambda: lg.randn(N), lambda: lg.normal(2.0, 0.5, (N,)),
        lambda: lg.normal(lg.full((N,), -1.0), lg.full((N,), 3.0)),
        lambda: lg.empty(N).normal_(10, 2),
    )  # fmt: skip
    for values, mean, std in ((n, 0, 1), (given, 2, 0.5), (tensors, -1, 3), (written, 10, 2)):
        assert np.isfinite(values).all()
        within(values, mean, std)
    assert abs((n**3).mean()) < 5 * math.sqrt(15 / N)
    assert abs((n**4).mean() - 3) < 5 * math.sqrt(96 / N)


def test_exponential(device):
    (e,) = sample(13, lambda: lg.empty(N).exponential_(4.0))
    assert e.min() >= 0 and np.isfinite(e).all()
    assert abs(e.mean() - 0.25) < 5 * 0.25 / math.sqrt(N)
    assert abs((e > math.log(2) / 4).mean() - 0.5) < 2.5 / math.sqrt(N)


def test_integers(device):
    few, signed, far, written, lone = sample(
        14, lambda: lg.randint(7, (N,)), lambda: lg.randint(-5, 6, (N,), dtype=lg.int8),
        lambda: lg.randint(-(2**40), 2**40, (N,)),
        lambda: lg.empty(N, dtype=lg.int32).random_(2, 5), lambda: lg.randint(3, 4, (N,)),
    )  # fmt: skip
    assert set(few) == set(range(7)) and few.dtype == np.int64
    assert set(signed) == set(range(-5, 6)) and signed.dtype == np.int8
    assert set(written) == {2, 3, 4} and set(lone) == {3}
    assert far.min() >= -(2**40) and far.max() < 2**40 and abs(far).max() > 2**39
    within(few, 3, 2)
    within(far, 0, 2**41 / math.sqrt(12))
    counts = np.bincount(few)
    assert ((counts - N / 7) ** 2 / (N / 7)).sum() < 30  # chi square, 6 degrees of freedom


def test_integers_without_bounds(device):
    made = [lg.empty(99, dtype=t).random_() for t in (lg.float32, lg.uint8, lg.bool, lg.int64)]
    lg.realize(*made)
    whole, byte, bit, long = (m.numpy() for m in made)
    assert (whole == np.round(whole)).all() and whole.min() >= 0 and 2**20 < whole.max() <= 2**24
    assert byte.max() > 200 and set(bit) == {False, True}
    assert long.min() >= 0 and long.max() > 2**60


def test_bernoulli(device):
    p = np.linspace(0, 1, 5, dtype=np.float32).repeat(N // 5 + 1)[:N]
    of_tensor, of_number, written, of_ints = sample(
        15, lambda: lg.bernoulli(lg.tensor(p)), lambda: lg.bernoulli(lg.zeros(N), 0.3),
        lambda: lg.zeros(N, dtype=lg.bool).bernoulli_(lg.tensor(p)),
        lambda: lg.zeros(N, dtype=lg.int64).bernoulli(0.3),
    )  # fmt: skip
    assert of_tensor.dtype == np.float32 and of_ints.dtype == np.int64
    for drawn in (of_tensor, written):
        for chance in (0.25, 0.5, 0.75):
            part = drawn[p == chance]
            assert abs(part.mean() - chance) < 5 * math.sqrt(0.25 / part.size)
        assert (drawn[p == 0] == 0).all() and (drawn[p == 1] == 1).all()
    within(of_number, 0.3, math.sqrt(0.21))
    within(of_ints, 0.3, math.sqrt(0.21))


def test_permutations(device):
    drawn = sample(16, lambda: lg.randperm(101), *[lambda: lg.randperm(4)] * 60)
    assert sorted(drawn[0]) == list(range(101)) and drawn[0].dtype == np.int64
    orders = {tuple(d) for d in drawn[1:]}
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders) and len(orders) > 15
    assert {order[0] for order in orders} == {0, 1, 2, 3}


def test_multinomial(device):
    weights = np.array([[0, 1, 2, 5, 0], [3, 0, 3, 0, 3]], np.float32)
    again, without, vector = sample(
        17, lambda: lg.multinomial(lg.tensor(weights), 4000, True),
        lambda: lg.multinomial(lg.tensor(weights).repeat(200, 1), 3),
        lambda: lg.multinomial(lg.tensor([0.0, 1.0, 0.0]), 5, replacement=True),
    )  # fmt: skip
    assert again.shape == (2, 4000) and again.dtype == np.int64 and vector.tolist() == [1] * 5
    for row, drawn in zip(weights, again, strict=True):
        shares = np.bincount(drawn, minlength=5) / 4000
        np.testing.assert_allclose(shares, row / row.sum(), atol=5 * math.sqrt(0.25 / 4000))
        assert (shares[row == 0] == 0).all()
    assert {tuple(sorted(d)) for d in without[::2]} == {(1, 2, 3)}
    assert {tuple(sorted(d)) for d in without[1::2]} == {(0, 2, 4)}
    assert abs((without[::2, 0] == 3).mean() - 5 / 8) < 5 * math.sqrt(0.25 / 200)


# Dtypes and shapes ----------------------------------------------------------------------------


def test_dtypes(device):
    dtypes = [lg.float16, lg.bfloat16, lg.float32, lg.float64]
    made = [make(300, dtype=dtype) for dtype in dtypes for make in (lg.rand, lg.randn)]
    lg.realize(*made)
    for k, x in enumerate(made):
        assert x.dtype is dtypes[k // 2]
        values = np.array(x.tolist())
        if k % 2 == 0:
            assert values.min() >= 0 and values.max() < 1, x.dtype
        within(values, 0.5 if k % 2 == 0 else 0, 12**-0.5 if k % 2 == 0 else 1)
    fine = made[6].numpy() * 2.0**53
    assert (fine == np.round(fine)).all() and (fine % 2**20 != 0).any()
    assert lg.randint(9, (3,), dtype=lg.float32).dtype is lg.float32
    assert lg.randperm(9, dtype=lg.int32).dtype is lg.int32


def test_shapes_and_nothing_drawn(device):
    x = lg.zeros(2, 0, 3)
    made = {
        (): [lg.rand(()), lg.randn([]), lg.randint(3, ()), lg.empty(()).normal_()],
        (0,): [lg.rand(0), lg.randperm(0), lg.randint(3, (0,)), lg.bernoulli(lg.zeros(0))],
        (2, 0, 3): [lg.randn(2, 0, 3), lg.rand_like(x), lg.randn_like(x), lg.randint_like(x, 3)],
        (1, 1): [lg.rand(size=(1, 1)), lg.randn(size=[1, 1]), lg.randint(high=2, size=(1, 1))],
        (2, 3): [lg.normal(lg.zeros(3), lg.ones(2, 1)), lg.normal(1.0, lg.ones(2, 3))],
        (0, 2): [lg.multinomial(lg.ones(0, 3), 2)],
    }
    for shape, tensors in made.items():
        for k, t in enumerate(tensors):
            assert tuple(t.shape) == t.numpy().shape == shape, (shape, k)


def test_like(device):
    half, whole = lg.zeros(2, 3, dtype=lg.float16), lg.zeros(2, 3, dtype=lg.int32)
    assert lg.rand_like(half).dtype is lg.float16
    assert lg.randn_like(whole, dtype=lg.float32).dtype is lg.float32
    assert lg.randint_like(half, 2, 5).dtype is lg.float16
    assert lg.randint_like(whole, 5).dtype is lg.int32
    assert lg.rand_like(half.float(), requires_grad=True).requires_grad


def test_draws_into_a_view_and_on_a_leaf(device):
    x = lg.zeros(4, 6)
    x[1:3, ::2].uniform_(1, 2)
    values = x.numpy()
    inside = np.zeros((4, 6), bool)
    inside[1:3, ::2] = True
    assert (values[~inside] == 0).all() and (values[inside] >= 1).all()
    with pytest.raises(RuntimeError, match="leaf"):
        lg.zeros(3, requires_grad=True).uniform_()


# States ---------------------------------------------------------------------------------------


def test_state_goes_back(device):
    lg.manual_seed(21)
    lg.rand(3, 5)
    state = lg.get_rng_state()
    first = lg.rand(3, 5).tolist()
    lg.manual_seed(22)
    lg.set_rng_state(state)
    assert lg.rand(3, 5).tolist() == first and lg.initial_seed() == 21


def test_generators(device):
    g = lg.Generator()
    assert g.initial_seed() == lg.Generator(device="cpu").initial_seed()
    assert g.manual_seed(-1) is g and g.initial_seed() == 2**64 - 1
    g.manual_seed(7)
    lg.rand(3, 5, generator=g)
    twin = g.clone_state()
    other = lg.Generator()
    other.set_state(g.get_state())
    drawn = [lg.rand(3, 5, generator=x).tolist() for x in (g, twin, other)]
    assert drawn[0] == drawn[1] == drawn[2]
    assert g.get_state().tolist() == twin.get_state().tolist()
    picked = {g.seed(), g.seed(), lg.seed()}
    assert len(picked) == 3 and lg.initial_seed() in picked
    assert lg.manual_seed(5) is lg.default_generator and lg.initial_seed() == 5


def test_counters_move_by_whole_blocks(device):
    """Two draws of n and m numbers are one of n + m, if n is a multiple of 4."""
    together = sample(31, lambda: lg.rand(12))[0].tolist()
    apart = sample(31, lambda: lg.rand(5), lambda: lg.rand(0), lambda: lg.rand(4))
    assert apart[0].tolist() == together[:5] and apart[2].tolist() == together[8:]


def test_numbers_do_not_depend_on_how_lanes_lie(device):
    """Whole blocks, one by one where a row's length is no multiple of 4, and single numbers."""
    whole = sample(32, lambda: lg.rand(21))[0]
    rows, flipped, first = sample(
        32, lambda: lg.rand(3, 7)[:, 1:6] + 0.0
    ) + sample(32, lambda: lg.rand(21).flip(0)) + sample(32, lambda: lg.rand(1))  # fmt: skip
    assert rows.tolist() == whole.reshape(3, 7)[:, 1:6].tolist()
    assert flipped.tolist() == whole[::-1].tolist() and first.tolist() == whole[:1].tolist()


def test_normal_numbers_invert_the_distribution_function(device):
    """Of every part of the range, both ends and the middle: Phi of the value is the bits' part."""
    ends = [0, 1, 2, 99, 2**15, 2**22, 2**22 + 2**20, 2**23, 2**24, 2**30, 2**31 - 9, 2**31 - 1]
    bits = np.array([*ends, *[2**32 - 1 - b for b in ends], *range(5**13, 2**32, 5**12)], np.uint32)
    found = to_host(ops.normal(from_host(bits, uint32, device)), device)
    part = ((bits.view(np.int32).astype(np.float64) + 0.5) / 2**31).tolist()
    for x, p in zip(found.tolist(), part, strict=True):
        tail = math.erfc(abs(x) / math.sqrt(2))
        density = 2 * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
        assert math.copysign(1, x) == math.copysign(1, p)
        assert abs(tail - (1 - abs(p))) <= density * (abs(x) * 2**-21 + 2**-40), (x, p)


# Wrong calls ----------------------------------------------------------------------------------

ERRORS = {
    "rand of ints": (lambda: lg.rand(2, dtype=lg.int64), NotImplementedError, "rand: got dtype"),
    "randn of ints": (lambda: lg.randn(2, dtype=lg.int8), NotImplementedError, "randn: got dtype"),
    "rand by text": (lambda: lg.rand(2, dtype="float32"), TypeError, "expected lg.float32"),
    "rand of a negative": (lambda: lg.rand(2, -1), RuntimeError, "rand: .* negative dimension -1"),
    "randn of a float": (lambda: lg.randn(2.5), TypeError, "randn: got sizes"),
    "rand_like": (lambda: lg.rand_like(3), TypeError, "rand_like.* must be Tensor, not int"),
    "rand_like ints": (lambda: lg.rand_like(lg.arange(3)), NotImplementedError, "int64"),
    "randint of none": (lambda: lg.randint(5, 5, (2,)), RuntimeError, "from=5 >= to=5"),
    "randint backwards": (lambda: lg.randint(5, 2, (2,)), RuntimeError, "from=5 >= to=2"),
    "randint size": (lambda: lg.randint(0, 3, 5), TypeError, "randint: got size 5"),
    "randint too large": (
        lambda: lg.randint(0, 257, (2,), dtype=lg.uint8), RuntimeError, "out of bounds for uint8"),
    "randint too small": (
        lambda: lg.randint(-129, 0, (2,), dtype=lg.int8), RuntimeError, "from is out of bounds"),
    "random_ too large": (
        lambda: lg.zeros(2, dtype=lg.bool).random_(3), RuntimeError, "out of bounds for bool"),
    "random_ of none": (lambda: lg.zeros(2).random_(0), RuntimeError, "random_: .* to=0"),
    "randint_like": (
        lambda: lg.randint_like(lg.zeros(2), 3, 2), RuntimeError, "randint_like: .* from=3"),
    "randperm": (lambda: lg.randperm(-1), RuntimeError, "negative dimension -1"),
    "normal of no size": (lambda: lg.normal(0.0, 1.0), TypeError, "normal: got numbers"),
    "normal std": (lambda: lg.normal(lg.zeros(2), -1.0), RuntimeError, "std >= 0.0"),
    "normal of ints": (
        lambda: lg.normal(lg.arange(2), 1.0), NotImplementedError, "normal: got dtype int64"),
    "bernoulli of ints": (lambda: lg.bernoulli(lg.arange(2)), NotImplementedError, "bernoulli"),
    "bernoulli p": (lambda: lg.bernoulli(lg.zeros(2), 1.5), RuntimeError, "but got p=1.5"),
    "bernoulli_ p": (lambda: lg.zeros(2).bernoulli_(-0.1), RuntimeError, "but got p=-0.1"),
    "uniform_": (lambda: lg.zeros(2).uniform_(2, 1), RuntimeError, "from=2 > to=1"),
    "uniform_ of ints": (lambda: lg.arange(2).uniform_(), NotImplementedError, "uniform_"),
    "normal_": (lambda: lg.zeros(2).normal_(0, -1), RuntimeError, "std -1"),
    "exponential_": (lambda: lg.zeros(2).exponential_(0), RuntimeError, "lambda=0"),
    "multinomial": (lambda: lg.multinomial(lg.ones(2), 3), RuntimeError, "num_samples=3 of 2"),
    "multinomial of none": (lambda: lg.multinomial(lg.ones(2), 0), RuntimeError, "n_sample <= 0"),
    "multinomial of ints": (lambda: lg.multinomial(lg.arange(2), 1), RuntimeError, "int64"),
    "multinomial of a cube": (
        lambda: lg.multinomial(lg.ones(1, 1, 1), 1), RuntimeError, "1 or 2 dimensions"),
    "seed": (lambda: lg.manual_seed(2**64), RuntimeError, "64 bits"),
    "state": (lambda: lg.Generator().set_state(lg.zeros(3)), RuntimeError, r"expected uint8 \[16"),
    "state of a number": (lambda: lg.set_rng_state(3), TypeError, "must be Tensor, not int"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors(device, name):
    """A wrong call draws nothing."""
    case, error, words = ERRORS[name]
    before = lg.get_rng_state().tolist()
    with pytest.raises(error, match=words):
        case()
    assert lg.get_rng_state().tolist() == before
