"""Elementwise methods and operators against PyTorch: values, dtypes, gradients, errors."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

import lazygrad as lg

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(7)
NAN, INF = math.nan, math.inf
SPECIAL = np.array([NAN, INF, -INF, 0.0, -0.0, 1.5, -2.5, 0.5, 3.5, -0.5], np.float32)
DATA = {
    "x": RNG.normal(size=(3, 4)).astype(np.float32) * 2,
    "y": RNG.normal(size=(3, 4)).astype(np.float32) * 2,
    "row": RNG.normal(size=4).astype(np.float32),
    "u": RNG.uniform(0.05, 0.95, (3, 4)).astype(np.float32),
    "p": RNG.uniform(1.05, 4, (3, 4)).astype(np.float32),
    "special": SPECIAL,
    "backwards": SPECIAL[::-1].copy(),
    "i": RNG.integers(-9, 10, (3, 4)),
    "j": RNG.integers(1, 5, (3, 4)) * RNG.choice([-1, 1], (3, 4)),
    "n": RNG.integers(0, 5, (3, 4)).astype(np.int32),
    "k": RNG.integers(1, 200, (3, 4)).astype(np.uint8),
    "b": RNG.random((3, 4)) < 0.5,
    "c": RNG.random((3, 4)) < 0.5,
    "h": RNG.normal(size=(3, 4)).astype(np.float16),
    "zero_dim": np.array(2.5, np.float32),
    "int_zero_dim": np.array(3, np.int64),
}


def operands(library, names=DATA, requires_grad=()):
    tensors = {name: library.tensor(DATA[name]) for name in names}
    for name in requires_grad:
        tensors[name].requires_grad_()
    return SimpleNamespace(**tensors, library=library)


def check(cases, rtol=2e-6, atol=2e-6):
    """Every case on both libraries; one realize for all."""
    t, mine = operands(torch), operands(lg)
    wanted = {name: case(t) for name, case in cases.items()}
    got = {name: case(mine) for name, case in cases.items()}
    lg.realize(*got.values())
    for name, expected in wanted.items():
        result = got[name]
        assert str(result.dtype).split(".")[1] == str(expected.dtype).split(".")[1], name
        assert tuple(result.shape) == tuple(expected.shape), name
        half = expected.dtype == torch.float16
        np.testing.assert_allclose(
            result.numpy(), expected.numpy(), 2e-3 if half else rtol, atol, err_msg=name
        )


OPERATORS = {
    "add": lambda t: t.x + t.y, "add row": lambda t: t.x + t.row, "sub": lambda t: t.x - t.row,
    "mul": lambda t: t.x * t.y, "div": lambda t: t.x / t.y, "neg": lambda t: -t.x,
    "floor_divide": lambda t: t.x // t.y, "remainder": lambda t: t.x % t.y,
    "pow": lambda t: t.p ** t.x, "abs": lambda t: abs(t.x), "pos": lambda t: +t.x,
    "scalars": lambda t: (2.5 * t.x + 1 - 0.25) / 4, "reflected": lambda t: 1 - 2 / t.p,
    "rpow": lambda t: 2 ** t.x, "rpow int": lambda t: 2 ** t.n, "rmod": lambda t: 7 % t.j,
    "rfloordiv": lambda t: 7 // t.p, "numpy scalar": lambda t: np.float64(1.5) * t.x,
    "numpy scalar behind": lambda t: t.x + np.float32(1.5), "negative zero": lambda t: t.x * -0.0,
    "lt": lambda t: t.x < t.y, "le": lambda t: t.x <= 0.5, "gt": lambda t: t.x < 1,
    "ge": lambda t: t.i >= t.j, "eq": lambda t: t.i == 3, "ne": lambda t: t.i != t.j,
    "bool lt": lambda t: t.b < t.c, "bool ge": lambda t: t.b >= t.c,
    "bool eq": lambda t: t.b == t.c,
    "and": lambda t: t.i & t.j, "or": lambda t: t.i | 5, "xor": lambda t: t.b ^ t.c,
    "rand": lambda t: 6 & t.i, "not": lambda t: ~t.i, "not bool": lambda t: ~t.b,
    "shl": lambda t: t.i << t.n, "shr": lambda t: t.i >> 1, "rshl": lambda t: 1 << t.n,
    "bool maximum": lambda t: t.library.maximum(t.b, t.c),
    "bool minimum": lambda t: t.library.minimum(t.b, t.c),
    "bool at least": lambda t: t.b.clamp(min=t.c), "bool at most": lambda t: t.b.clamp(max=t.c),
    "bool add": lambda t: t.b + t.c, "bool mul": lambda t: t.b * t.c,
    "bool and int": lambda t: t.b + t.n, "bool and scalar": lambda t: t.b * 3,
    "bool and float": lambda t: t.b * 1.5, "int and float scalar": lambda t: t.n + 0.5,
    "int and float": lambda t: t.i * t.x, "int division": lambda t: t.i / t.j,
    "int floor division": lambda t: t.i // t.j, "int remainder": lambda t: t.i % t.j,
    "int32 and int64": lambda t: t.n + t.i, "uint8 and int32": lambda t: t.k + t.n,
    "uint8 wraps": lambda t: t.k + 200, "uint8 minus": lambda t: t.k + -1,
    "half and float": lambda t: t.h + t.x, "half and scalar": lambda t: t.h * 1.5 + 1,
    "half and 0-dim": lambda t: t.h * t.zero_dim, "int and 0-dim": lambda t: t.n + t.zero_dim,
    "int32 and int64 0-dim": lambda t: t.n + t.int_zero_dim,
    "two 0-dim": lambda t: t.zero_dim * t.int_zero_dim,
    "squares": lambda t: t.x ** 2 + t.x ** 3 + t.x ** 1, "int square": lambda t: t.i ** 2,
    "roots": lambda t: t.p ** 0.5 + t.p ** -0.5, "inverse": lambda t: t.x ** -1 + t.x ** -2,
    "zeroth": lambda t: t.x ** 0, "other power": lambda t: t.p ** 1.7,
    "int power": lambda t: t.i ** 3, "int power of many": lambda t: t.i ** t.n,
    "int float power": lambda t: t.n ** 0.5,
}  # fmt: skip

METHODS = {
    "add alpha": lambda t: t.x.add(t.y, alpha=2.5), "sub alpha": lambda t: t.i.sub(t.j, alpha=3),
    "rsub": lambda t: t.x.rsub(1.5) if t.library is lg else torch.rsub(t.x, 1.5),
    "div floor": lambda t: t.x.div(t.y, rounding_mode="floor"),
    "div trunc": lambda t: t.x.div(t.y, rounding_mode="trunc"),
    "int div trunc": lambda t: t.i.div(t.j, rounding_mode="trunc"),
    "int div floor": lambda t: t.i.div(t.j, rounding_mode="floor"),
    "fmod": lambda t: t.x.fmod(t.y), "int fmod": lambda t: t.i.fmod(t.j),
    "maximum": lambda t: t.x.maximum(t.row), "minimum": lambda t: t.b.minimum(t.c),
    "fmax": lambda t: t.special.fmax(t.backwards),
    "nan maximum": lambda t: t.special.maximum(t.zero_dim),
    "logical_and": lambda t: t.x.logical_and(t.b), "logical_or": lambda t: t.i.logical_or(t.b),
    "logical_xor": lambda t: t.special.logical_xor(t.zero_dim),
    "logical_not": lambda t: t.special.logical_not(),
    "isnan": lambda t: t.special.isnan(), "isinf": lambda t: t.special.isinf(),
    "isfinite": lambda t: t.special.isfinite(), "int isfinite": lambda t: t.i.isfinite(),
    "signbit": lambda t: t.special.signbit(), "sign": lambda t: t.special.sign(),
    "copysign": lambda t: t.special.copysign(t.backwards),
    "hypot of special": lambda t: t.special.hypot(t.backwards),
    "nan_to_num": lambda t: t.special.nan_to_num(),
    "nan_to_num given": lambda t: t.special.nan_to_num(1.0, 2.0, -3.0),
    "round": lambda t: t.special.round(), "round decimals": lambda t: t.x.round(decimals=1),
    "floor": lambda t: t.x.floor(), "ceil": lambda t: t.x.ceil(), "trunc": lambda t: t.x.trunc(),
    "frac": lambda t: t.x.frac(), "int floor": lambda t: t.i.floor(),
    "clamp by NaN": lambda t: t.x.clamp(float("nan"), 2.0),
    "clamp": lambda t: t.special.clamp(-1, 1), "clamp below": lambda t: t.x.clamp(min=0.5),
    "clamp tensors": lambda t: t.x.clamp(t.row - 1, t.row), "clip": lambda t: t.i.clip(-2, 3),
    "clamp promotes": lambda t: t.i.clamp(-1.5, 2.5), "clamp_max": lambda t: t.x.clamp_max(0.0),
    "where": lambda t: t.x.where(t.b, t.y), "where scalar": lambda t: t.x.where(t.b, 0.5),
    "lerp to the end": lambda t: t.x.lerp(t.y, 1.0), "lerp far": lambda t: t.x.lerp(t.y, 0.8),
    "lerp": lambda t: t.x.lerp(t.y, 0.3), "lerp tensor": lambda t: t.x.lerp(t.y, t.u),
    "addcmul": lambda t: t.x.addcmul(t.y, t.u, value=0.5),
    "addcdiv": lambda t: t.x.addcdiv(t.y, t.p, value=-2.0),
    "heaviside": lambda t: t.special.heaviside(t.zero_dim),
    "isclose": lambda t: t.special.isclose(t.special),
    "isclose tolerance": lambda t: t.x.isclose(t.x + 0.01, atol=0.02),
    "relu": lambda t: t.special.relu(), "sigmoid far out": lambda t: (t.x * 60).sigmoid(),
    "logaddexp of infinities": lambda t: t.special.logaddexp(t.special),
}  # fmt: skip

FUNCTIONS = {
    name: lambda t, name=name: getattr(t.x, name)()
    for name in (
        "exp", "exp2", "expm1", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "asinh", "erf",
        "sigmoid", "relu", "square", "reciprocal", "abs", "sinc", "deg2rad", "rad2deg",
    )
} | {
    name: lambda t, name=name: getattr(t.u, name)()
    for name in ("log", "log2", "log10", "log1p", "sqrt", "rsqrt", "asin", "acos", "atanh",
                 "erfinv", "logit", "erfc")
} | {
    "acosh": lambda t: t.p.acosh(),
    "atan2": lambda t: t.x.atan2(t.y), "hypot": lambda t: t.x.hypot(t.y),
    "hypot of large": lambda t: (t.x * 1e25).hypot(t.y * 1e25),
    "logaddexp": lambda t: t.x.logaddexp(t.y), "logaddexp2": lambda t: t.x.logaddexp2(t.y),
    "xlogy": lambda t: t.x.xlogy(t.p), "softmax": lambda t: t.x.softmax(1),
    "softmax of columns": lambda t: t.x.softmax(0),
    "log_softmax": lambda t: t.x.log_softmax(-1), "logit eps": lambda t: t.u.logit(0.2),
}  # fmt: skip

ON_INTEGERS = {
    name: lambda t, name=name: getattr(t.n, name)() for name in ("exp", "sqrt", "sigmoid", "atan")
} | {
    "atan2": lambda t: t.n.atan2(t.j), "int relu": lambda t: t.i.relu(),
    "softmax in float": lambda t: t.i.softmax(1, dtype=t.library.float32),
    "half softmax": lambda t: t.h.softmax(1), "half exp": lambda t: t.h.exp(),
}  # fmt: skip


def test_operators():
    check(OPERATORS)


def test_methods():
    check(METHODS)


def test_functions():
    check(FUNCTIONS, rtol=2e-5, atol=3e-6)


def test_functions_of_integers_and_half():
    check(ON_INTEGERS)


GRADIENTS = {
    name: case
    for name, case in (OPERATORS | METHODS | FUNCTIONS).items()
    if name
    in {
        "add row", "sub", "mul", "div", "remainder", "pow", "scalars", "reflected", "rpow",
        "squares", "roots", "inverse", "zeroth", "other power", "add alpha", "fmod", "maximum",
        "clamp below", "clamp tensors", "where", "where scalar", "lerp", "lerp tensor", "addcmul",
        "addcdiv", "sigmoid far out", "frac",
    }
    or name in FUNCTIONS
}  # fmt: skip


def test_gradients():
    names, leaves = ("x", "y", "row", "u", "p", "b"), ("x", "y", "row", "u", "p")
    found = []
    for library in (torch, lg):
        t = operands(library, names, leaves)
        sources = [getattr(t, name) for name in leaves]
        grads = {}
        for name, case in GRADIENTS.items():
            result = case(t)
            weighted = (result * library.tensor(DATA["y"])).sum()
            grads[name] = library.autograd.grad(weighted, sources, allow_unused=True)
        found.append(grads)
    lg.realize(*[g for row in found[1].values() for g in row if g is not None])
    for name, row in found[0].items():
        for leaf, expected, got in zip(leaves, row, found[1][name], strict=True):
            assert (got is None) == (expected is None), f"{name} of {leaf}"
            if expected is not None:
                np.testing.assert_allclose(
                    got.numpy(), expected.numpy(), 1e-4, 3e-5, err_msg=f"{name} of {leaf}"
                )


def test_gradients_where_functions_have_corners():
    """relu, abs, clamp, maximum and sigmoid at 0, at ties and far out."""
    cases = {
        "relu": lambda x: x.relu(), "abs": lambda x: x.abs(), "sigmoid": lambda x: x.sigmoid(),
        "clamp": lambda x: x.clamp(0, 1), "maximum": lambda x: x.maximum(x * 0),
        "pow": lambda x: x ** 4, "log_softmax": lambda x: x.log_softmax(0)[0],
    }  # fmt: skip
    values = np.array([0.0, 1.0, -1.0, 200.0, -200.0, 0.5], np.float32)
    found = []
    for library in (torch, lg):
        x = library.tensor(values, requires_grad=True)
        found.append([library.autograd.grad(case(x).sum(), x)[0] for case in cases.values()])
    lg.realize(*found[1])
    for name, expected, got in zip(cases, *found, strict=True):
        np.testing.assert_allclose(got.numpy(), expected.numpy(), 1e-5, 1e-7, err_msg=name)


def test_second_gradient_of_erfinv():
    x = lg.tensor([-0.9, -0.2, 0.0, 0.5], requires_grad=True)
    (first,) = lg.autograd.grad(x.erfinv().sum(), x, create_graph=True)
    (second,) = lg.autograd.grad(first.sum(), x)
    value = torch.tensor([-0.9, -0.2, 0.0, 0.5]).double().erfinv()
    slope = math.sqrt(math.pi) / 2 * (value * value).exp()
    np.testing.assert_allclose(first.detach().numpy(), slope.numpy(), 1e-4)
    np.testing.assert_allclose(second.numpy(), (2 * value * slope**2).numpy(), 1e-3, 1e-5)


ERRORS = {
    "shapes": (lambda t: t.x + t.special, RuntimeError, "must match the size of tensor b"),
    "bool minus": (lambda t: t.b - t.c, RuntimeError, "two bool tensors is not supported"),
    "bool negative": (lambda t: -t.b, RuntimeError, "bool tensor is not supported"),
    "float and": (lambda t: t.x & t.y, RuntimeError, "bitwise_and"),
    "bool shift": (lambda t: t.b << t.c, NotImplementedError, "bitwise_left_shift"),
    "bool relu": (lambda t: t.b.relu(), RuntimeError, "got bools"),
    "float not": (lambda t: ~t.x, TypeError, "only implemented on integer and Boolean"),
    "negative power": (lambda t: t.i**-1, RuntimeError, "negative integer powers are not allowed"),
    "list": (lambda t: t.x + [1, 2, 3, 4], TypeError, "list"),
    "text": (lambda t: t.x < "a", TypeError, "str"),
    "axis": (lambda t: t.x.softmax(2), IndexError, "Dimension out of range"),
    "overflow": (lambda t: t.n + 2**40, RuntimeError, "without overflow"),
    "no bound": (lambda t: t.x.clamp(), RuntimeError, "At least one of 'min' or 'max'"),
    "rounding": (lambda t: t.x.div(2, rounding_mode="up"), RuntimeError, "rounding_mode"),
    "condition": (lambda t: t.x.where(t.y, t.x), RuntimeError, "condition to be a boolean tensor"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    case, error, words = ERRORS[name]
    with pytest.raises(error, match=words):
        case(operands(lg))


def test_equality_with_what_is_no_operand():
    x = lg.tensor([1.0])
    assert (x == None) is False and (x != "a") is True  # noqa: E711


def test_scalars_share_their_kernel_and_structure_does_not():
    """2.5 and 3.5 are one structure, 2 is a constant of its own."""
    x = lg.tensor([1.0, 2.0])
    late, fixed = (x * 2.5)._node.src[1], (x * 2)._node.src[1]
    assert late.op.name == "scalar" and fixed.op.name == "const"


ENDS = {
    "acosh": [1.0], "acos": [-1.0, 1.0], "asin": [-1.0, 1.0], "atanh": [-1.0, 1.0],
    "erfinv": [-1.0, 1.0], "log": [0.0], "log1p": [-1.0], "log2": [0.0], "log10": [0.0],
    "logit": [0.0, 1.0], "reciprocal": [0.0], "rsqrt": [0.0], "sqrt": [0.0],
}  # fmt: skip


def test_slopes_at_the_ends_of_domains_are_infinite(device):
    for name, ends in ENDS.items():
        x = lg.tensor(ends, requires_grad=True)
        getattr(lg, name)(x).sum().backward()
        assert np.isinf(x.grad.numpy()).all(), (name, x.grad)
