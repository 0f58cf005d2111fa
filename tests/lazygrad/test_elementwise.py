"""Elementwise methods on odd shapes, layouts, dtypes and special values, against NumPy.

test_pointwise.py compares more of them with PyTorch, where that is installed.
"""

import math

import numpy as np
import pytest

import lazygrad as lg

RNG = np.random.default_rng(23)
NAN, INF = math.nan, math.inf
F32 = np.float32
X = (RNG.normal(size=(5, 7)) * 2).astype(F32)
Y = (RNG.normal(size=(5, 7)) * 2).astype(F32)
SPECIAL = np.array([NAN, INF, -INF, 0.0, -0.0, 1.5, -2.5, 0.5, 3.5, -0.5, 1e-40, 3e38, -1.0], F32)
OTHER = np.array([1.0, 2.0, NAN, -0.0, 3.0, INF, -INF, 0.5, -2.0, 7.0, 1.0, 3e38, NAN], F32)

erf = np.vectorize(math.erf, otypes=[float])


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


# name: (of a tensor, of an array, from where to where it is smooth)
FUNCTIONS = {
    "exp": (lambda x: x.exp(), np.exp, -3, 3), "log": (lambda x: x.log(), np.log, 0.1, 4),
    "sin": (lambda x: x.sin(), np.sin, -9, 9), "tanh": (lambda x: x.tanh(), np.tanh, -3, 3),
    "rsqrt": (lambda x: x.rsqrt(), lambda a: a**-0.5, 0.1, 4),
    "reciprocal": (lambda x: x.reciprocal(), lambda a: 1 / a, 0.1, 4),
    "square": (lambda x: x.square(), np.square, -3, 3),
    "asinh": (lambda x: x.asinh(), np.arcsinh, -3, 3),
    "acosh": (lambda x: x.acosh(), np.arccosh, 1.1, 4),
    "atanh": (lambda x: x.atanh(), np.arctanh, -0.9, 0.9),
    "erfc": (lambda x: x.erfc(), np.vectorize(math.erfc, otypes=[float]), -3, 9),
    "sigmoid": (lambda x: x.sigmoid(), sigmoid, -5, 5),
    "logit": (lambda x: x.logit(), lambda a: np.log(a / (1 - a)), 0.1, 0.9),
    "relu": (lambda x: x.relu(), lambda a: np.maximum(a, 0), 0.1, 3),
    "abs": (lambda x: x.abs(), np.abs, -3, -0.1), "sinc": (lambda x: x.sinc(), np.sinc, 0.2, 3),
    "pow": (lambda x: x**1.7, lambda a: a**1.7, 0.1, 4),
    "cube": (lambda x: x**3, lambda a: a**3, -3, 3),
    "exponent": (lambda x: 2.5**x, lambda a: 2.5**a, -3, 3),
    "scalars": (lambda x: (1 - 2 * x) / 4 + x / 3, lambda a: (1 - 2 * a) / 4 + a / 3, -3, 3),
    "clamp": (lambda x: x.clamp(-1, 2), lambda a: np.clip(a, -1, 2), -0.9, 1.9),
    "lerp": (lambda x: x.lerp(x * x, 0.3), lambda a: a + 0.3 * (a * a - a), -3, 3),
    "hypot": (lambda x: x.hypot(x + 1), lambda a: np.hypot(a, a + 1), -3, 3),
    "atan2": (lambda x: x.atan2(x * x), lambda a: np.arctan2(a, a * a), 0.1, 3),
    "logaddexp": (lambda x: x.logaddexp(-x), lambda a: np.logaddexp(a, -a), -3, 3),
    "xlogy": (lambda x: x.xlogy(x + 1), lambda a: a * np.log(a + 1), 0.1, 3),
    "maximum": (lambda x: x.maximum(-x), lambda a: np.maximum(a, -a), 0.1, 3),
    "remainder": (lambda x: x % 7, lambda a: np.mod(a, 7), 0.1, 6),
}  # fmt: skip


COMPOSED = {
    "reciprocal", "sigmoid", "logit", "relu", "sinc", "cube", "scalars", "clamp", "lerp", "hypot",
    "xlogy",
}  # fmt: skip


# methods that are one row of the op table, whose values test_op_table.py has
ROWS = (
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "rsqrt", "sin", "cos", "tan",
    "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "floor", "ceil", "trunc", "round", "abs",
    "isnan",
)  # fmt: skip


def spread(low, high):
    """7 numbers of a range, in no order; few, so that kernels need no vectors and build fast."""
    return RNG.permutation(np.linspace(low, high, 7)).astype(F32)


POINTS = {name: spread(low, high) for name, (_, _, low, high) in FUNCTIONS.items()}


def test_functions_and_gradients(device):
    """Gradients, of what is no single node, against central differences of NumPy's function.

    tests/codegen/test_gradient.py covers those of the nodes.
    """
    values, grads = {}, {}
    for name, (ours, _, _, _) in FUNCTIONS.items():
        leaf = lg.tensor(POINTS[name], requires_grad=True)
        values[name] = ours(leaf)
        if name in COMPOSED:
            (grads[name],) = lg.autograd.grad(values[name].sum(), leaf)
    lg.realize(*values.values(), *grads.values())
    for name, (_, theirs, _, _) in FUNCTIONS.items():
        at, h = POINTS[name].astype(np.float64), 1e-5
        got = values[name].detach().numpy()
        np.testing.assert_allclose(got, theirs(at), 1e-5, 2e-6, err_msg=name)
        if name in grads:
            slope = (theirs(at + h) - theirs(at - h)) / (2 * h)
            np.testing.assert_allclose(grads[name].numpy(), slope, 3e-5, 3e-6, err_msg=name)


def test_methods_and_functions_are_rows_of_the_op_table():
    x = lg.ones(3)
    for name in ROWS:
        assert getattr(x, name)()._node.op.name == name
        assert getattr(lg, name)(x)._node.op.name == name


TWO = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b, "mod": lambda a, b: a % b, "lt": lambda a, b: a < b,
    "ge": lambda a, b: a >= b, "eq": lambda a, b: a == b, "ne": lambda a, b: a != b,
}  # fmt: skip

# views of two (5, 7) operands, written the same way for both libraries
LAYOUTS = {
    "as they are": lambda a, b: (a, b),
    "transposed": lambda a, b: (a.T, b.T),
    "one transposed": lambda a, b: (a[:, :5], b[:, 2:].T),
    "steps": lambda a, b: (a[::2, 1::3], b[1:4, ::3][:, :2]),
    "a row": lambda a, b: (a, b[3]),
    "a column": lambda a, b: (a[:, 2:3], b),
    "outer": lambda a, b: (a[:, None, 0], b[None, 1]),
    "one more dimension": lambda a, b: (a[None], b[:, None]),
    "a number": lambda a, b: (a[1, 1], b),
    "two numbers": lambda a, b: (a[2, 2], b[4, 6]),
    "one element": lambda a, b: (a[:1, :1], b),
    "no rows": lambda a, b: (a[5:], b[0]),
    "no columns": lambda a, b: (a[:, :0], b[:, :1]),
}


def test_layouts(device):
    """Every layout with some of the operations, each operation with several layouts."""
    x, y, cases = lg.tensor(X), lg.tensor(Y), {}
    names = list(TWO)
    for k, (layout, views) in enumerate(LAYOUTS.items()):
        ours, theirs = views(x, y), views(X, Y)
        for name in (names[k % 9], names[(k + 4) % 9]):
            cases[f"{name}, {layout}"] = (TWO[name](*ours), TWO[name](*theirs))
    flipped = x.flip(0, 1) * y.flip(1) - x.T.flip(0).T
    cases["flipped"] = (flipped, X[::-1, ::-1] * Y[:, ::-1] - X[:, ::-1])
    cases["expanded"] = (x[:1].expand(5, 7) + y, X[:1] + Y)
    lg.realize(*[got for got, _ in cases.values()])
    for name, (got, expected) in cases.items():
        assert tuple(got.shape) == np.shape(expected), name
        np.testing.assert_allclose(got.numpy(), expected, 1e-5, 1e-6, err_msg=name)
        assert got.numpy().dtype == expected.dtype, name


@pytest.mark.parametrize("count", [1, 2, 31, 1009])
def test_lengths(device, count):
    """One fused expression over lengths beside those of vectors, and over two dimensions."""
    a, b = RNG.normal(size=(2, count)).astype(F32)
    got = (lg.tensor(a) * 2 - lg.tensor(b)).abs().sqrt() + lg.tensor(a)[:1]
    expected = np.sqrt(np.abs(a * 2 - b)) + a[:1]
    np.testing.assert_allclose(got.numpy(), expected, 1e-5, 1e-6)


SPECIAL_CASES = {
    "add": (lambda a, b: a + b, np.add), "mul": (lambda a, b: a * b, np.multiply),
    "div": (lambda a, b: a / b, np.divide), "mod": (lambda a, b: a % b, np.mod),
    "fmod": (lambda a, b: a.fmod(b), np.fmod), "atan2": (lambda a, b: a.atan2(b), np.arctan2),
    "floor_divide": (lambda a, b: a // b, np.floor_divide),
    "maximum": (lambda a, b: a.maximum(b), np.maximum),
    "minimum": (lambda a, b: a.minimum(b), np.minimum),
    "fmax": (lambda a, b: a.fmax(b), np.fmax), "fmin": (lambda a, b: a.fmin(b), np.fmin),
    "copysign": (lambda a, b: a.copysign(b), np.copysign),
    "lt": (lambda a, b: a < b, np.less), "eq": (lambda a, b: a == b, np.equal),
    "ne": (lambda a, b: a != b, np.not_equal), "ge": (lambda a, b: a >= b, np.greater_equal),
    "pow": (lambda a, b: a**b, np.power),
    "where": (lambda a, b: lg.where(a > 0, a, b), lambda a, b: np.where(a > 0, a, b)),
    "logical_and": (lambda a, b: a.logical_and(b), np.logical_and),
    "isnan": (lambda a, b: a.isnan(), lambda a, b: np.isnan(a)),
    "isinf": (lambda a, b: a.isinf(), lambda a, b: np.isinf(a)),
    "isfinite": (lambda a, b: a.isfinite(), lambda a, b: np.isfinite(a)),
    "signbit": (lambda a, b: a.signbit(), lambda a, b: np.signbit(a)),
    "nan_to_num": (lambda a, b: a.nan_to_num(), lambda a, b: np.nan_to_num(a)),
    "round": (lambda a, b: a.round(), lambda a, b: np.round(a)),
    "floor": (lambda a, b: a.floor(), lambda a, b: np.floor(a)),
    "ceil": (lambda a, b: a.ceil(), lambda a, b: np.ceil(a)),
    "trunc": (lambda a, b: a.trunc(), lambda a, b: np.trunc(a)),
    "clamp": (lambda a, b: a.clamp(-1, 2), lambda a, b: np.clip(a, -1, 2)),
    "relu": (lambda a, b: a.relu(), lambda a, b: np.maximum(a, 0)),
    "tanh": (lambda a, b: a.tanh(), lambda a, b: np.tanh(a)),
    "sigmoid": (lambda a, b: a.sigmoid(), lambda a, b: sigmoid(a)),
    "exp": (lambda a, b: a.exp(), lambda a, b: np.exp(a)),
    "log": (lambda a, b: a.log(), lambda a, b: np.log(a)),
    "sqrt": (lambda a, b: a.sqrt(), lambda a, b: np.sqrt(a)),
    "sign": (lambda a, b: a.nan_to_num().sign(), lambda a, b: np.sign(np.nan_to_num(a))),
    "bool": (lambda a, b: a.bool(), lambda a, b: a.astype(bool)),
}  # fmt: skip


def test_special_values(device):
    """NaN, infinities, both zeros, the largest; the smallest may count as zero."""
    a, b = np.repeat(SPECIAL, 13).reshape(13, 13), np.tile(OTHER, 13).reshape(13, 13)
    a = np.where(np.abs(a) == F32(1e-40), F32(1e-30), a)
    ours = lg.tensor(a), lg.tensor(b)
    got = {name: case(*ours) for name, (case, _) in SPECIAL_CASES.items()}
    lg.realize(*got.values())
    for name, (_, theirs) in SPECIAL_CASES.items():
        with np.errstate(all="ignore"):
            expected = theirs(a, b)
        np.testing.assert_allclose(got[name].numpy(), expected, 2e-5, err_msg=name)


def test_floor_division_of_tenths(device):
    """The rounded quotient is 10, but 0.1 in float32 is a little more than a tenth."""
    a = np.array([1.0, -1.0, 0.3, 0.7, 6.0], F32)
    got = lg.tensor(a) // 0.1, lg.tensor(a).div(-0.1, rounding_mode="floor")
    lg.realize(*got)
    assert got[0].tolist() == (a // F32(0.1)).tolist() and got[0].tolist()[0] == 9
    assert got[1].tolist() == (a // F32(-0.1)).tolist()


INTS = {
    "int8": np.array([-128, -127, -7, -1, 0, 1, 5, 100, 127, -128, 3], np.int8),
    "int64": np.array([-(2**62), -(2**53) - 1, -7, -1, 0, 1, 2**31, 2**53 + 1, 9, 10, 11]),
}
INTEGER_CASES = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "floor division": lambda a, b: a // b, "remainder": lambda a, b: a % b,
    "and": lambda a, b: a & b, "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b,
    "not": lambda a, b: ~a, "left": lambda a, b: a << (b & 3), "right": lambda a, b: a >> (b & 3),
    "lt": lambda a, b: a < b, "eq": lambda a, b: a == b, "square": lambda a, b: a**2,
    "abs": lambda a, b: abs(a), "add a number": lambda a, b: a + 3,
    "number minus": lambda a, b: 9 - a,
}  # fmt: skip


def test_integers_wrap_and_round_down(device):
    """What leaves the range of a dtype comes in at its other end; no detour through floats."""
    cases = {}
    for dtype, a in INTS.items():
        b = np.where(a[::-1] == 0, 4, a[::-1]).astype(a.dtype)
        for name, case in INTEGER_CASES.items():
            with np.errstate(all="ignore"):
                cases[f"{name} of {dtype}"] = (case(lg.tensor(a), lg.tensor(b)), case(a, b))
    lg.realize(*[got for got, _ in cases.values()])
    for name, (got, expected) in cases.items():
        assert got.numpy().dtype == expected.dtype, name
        np.testing.assert_array_equal(got.numpy(), expected, err_msg=name)


B, U8, I8, I32, I64 = lg.bool, lg.uint8, lg.int8, lg.int32, lg.int64
F16, BF16 = lg.float16, lg.bfloat16
PROMOTIONS = [
    (B, U8, U8), (U8, I8, lg.int16), (I8, I32, I32), (I32, I64, I64), (U8, I64, I64),
    (I64, F16, F16), (I32, BF16, BF16), (F16, BF16, lg.float32), (F16, lg.float32, lg.float32),
    (B, F16, F16), (I64, lg.float32, lg.float32),
]  # fmt: skip


def test_promotion():
    """PyTorch's lattice, in both orders; dimensions outweigh widths, categories outweigh both."""
    for a, b, wanted in PROMOTIONS:
        x, y = lg.ones(3, dtype=a), lg.ones(3, dtype=b)
        assert (x + y).dtype is (y * x).dtype is wanted, (a, b)
        assert (x == y).dtype is lg.bool and lg.promote_types(a, b) is wanted
    whole, half, number = lg.ones(3, dtype=I32), lg.ones(3, dtype=F16), lg.tensor(2.5)
    wanted = {
        "int and float": (whole + 2.5, lg.float32), "int and int": (whole * 2, I32),
        "int and bool": (whole - True, I32), "half and float": (half * 2.5, F16),
        "half and a 0-dim float": (half + number, F16),
        "int and 0-dim float": (whole + number, lg.float32),
        "bool and int": ((whole > 0) + 1, I64), "int over int": (whole / 2, lg.float32),
        "int floor": (whole // 2, I32), "exp of int": (whole.exp(), lg.float32),
        "exp of half": (half.exp(), F16), "bool or bool": ((whole > 0) | (whole < 0), lg.bool),
        "two 0-dim": (number * lg.tensor(3), lg.float32),
    }  # fmt: skip
    for name, (got, dtype) in wanted.items():
        assert got.dtype is dtype, name


def test_half_and_bfloat16_round_once_at_the_end(device):
    """A chain is computed in float32 and rounded to the dtype of each of its values."""
    a = lg.tensor([1.0, 2.0, 3.0], dtype=lg.bfloat16)
    assert (a / 3).tolist() == [0.333984375, 0.66796875, 1.0]
    b = lg.tensor([60000.0, 1.0, -60000.0], dtype=lg.float16)
    assert (b * 2).tolist() == [INF, 2.0, -INF]
    assert (b + 1).tolist() == [60000.0, 2.0, -60000.0]


def test_gradients_of_broadcast_operands(device):
    """What was spread is summed, back to the operand's own shape."""
    leaves = [lg.tensor(v, requires_grad=True) for v in (X, Y[0], Y[:, :1], np.array(2.0, F32))]
    x, row, column, number = leaves
    grads = lg.autograd.grad((x * row + column * x * number).sum(), leaves)
    lg.realize(*grads)
    expected = [
        Y[0] + Y[:, :1] * F32(2) + 0 * X, X.sum(0), 2 * X.sum(1, keepdims=True),
        (Y[:, :1] * X).sum(),
    ]  # fmt: skip
    for got, wanted in zip(grads, expected, strict=True):
        assert tuple(got.shape) == wanted.shape
        np.testing.assert_allclose(got.numpy(), wanted, 1e-5, 1e-5)


def test_half_signs_sums_and_zeros(device):
    for dtype in (lg.float16, lg.bfloat16):
        x = lg.tensor([-0.0, 1.5, -2.0], dtype=dtype)
        assert x.signbit().tolist() == [True, False, True]
        assert lg.tensor([1.0] * 3, dtype=dtype).copysign(x).tolist() == [-1.0, 1.0, -1.0]
        tenth = lg.full((2,), 0.1, dtype=dtype).float()
        assert tenth.tolist() == lg.full((2,), 0.1, dtype=dtype).realize().float().tolist()
    # parts of a long sum lie beyond what float16 holds, the sum does not
    values = lg.tensor(np.repeat([300.0, -300.0], 65536), dtype=lg.float16)
    ones = lg.ones(131072, 2, dtype=lg.float16)
    assert (values @ ones).tolist() == [0.0, 0.0] and values.sum().item() == 0.0
    # 0.0 and -0.0 are equal, and not the same
    mask = lg.tensor([True, False])
    signs = 1 / lg.where(mask, lg.zeros(2), -lg.zeros(2))
    assert signs.tolist() == [np.inf, -np.inf]
    x = lg.tensor([5.0])
    plus = lg.nn.functional.pad(x, (1, 1), value=0.0)
    minus = lg.nn.functional.pad(x, (1, 1), value=-0.0)
    assert plus.signbit().tolist() == [False] * 3
    assert minus.signbit().tolist() == [True, False, True]
    running = lg.tensor([False, True, False]).cummax(0)
    assert running.values.tolist() == [False, True, True] and running.indices.tolist() == [0, 1, 1]


def test_results_of_overlapping_windows_are_row_major(device):
    y = lg.arange(5.0).unfold(0, 3, 1) * 2
    assert y.stride() == (3, 1) and y.view(-1).shape == (9,)
    y.reshape(-1).mul_(0)
    assert y.sum().item() == 0.0


def test_vectors_of_halves_lie_anywhere(device):
    """PoCL 3.1 takes it that they lie at multiples of their size, and crashes elsewhere."""
    x = np.linspace(-2, 2, 12, dtype=np.float16)
    stored = lg.tensor(x).expand(6, 12).expm1()
    expected = np.broadcast_to(np.expm1(x.astype(np.float32)), (6, 12))
    np.testing.assert_allclose(stored.numpy(), expected, 1e-3)
    wide = np.linspace(-2, 2, 6 * 13, dtype=np.float16).reshape(6, 13)
    loaded = lg.tensor(wide)[:, 1:].float().expm1()
    np.testing.assert_allclose(loaded.numpy(), np.expm1(wide[:, 1:].astype(np.float32)), 1e-5, 1e-7)


@pytest.mark.parametrize("count", [1, 40])
def test_sines_of_sines_in_float64(device, count):
    """Intel's compiler crashes where sin and cos of x and of sin(x) meet in a kernel."""
    if not device.facts.has_fp64:
        pytest.skip("the device has no float64")
    at = np.linspace(-2, 2, count)
    x = lg.tensor(at, requires_grad=True)
    y = x.sin().sin()
    (slope,) = lg.autograd.grad(y.sum(), x)
    lg.realize(y, slope)
    np.testing.assert_allclose(y.detach().numpy(), np.sin(np.sin(at)), 1e-14, 1e-15)
    np.testing.assert_allclose(slope.numpy(), np.cos(np.sin(at)) * np.cos(at), 1e-13, 1e-15)


def test_the_sign_of_minus_zero_is_zero(device):
    got = lg.tensor([-0.0, 0.0] * 9).sign().numpy()
    assert not np.signbit(got).any()
