"""The functions that `accuracy` measures: exact values, operands where errors hide, bounds."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lazygrad import functions
from lazygrad.codegen import ops
from lazygrad.nn import functional
from lazygrad.tensor import Tensor

__all__ = ["BINARY", "UNARY", "Function", "pairs", "values"]

Array = np.ndarray[Any, Any]

_erf_of, _erfc_of = (np.frompyfunc(f, 1, 1) for f in (math.erf, math.erfc))


@dataclass(frozen=True)
class Function:
    """One function, and what is promised of it.

    Attributes:
        name: also PyTorch's.
        apply: the library's function.
        exact: the value for operands in a wider type.
        bound: of the error in float32, in ulp.
        scale: a size at which an ulp is taken where the value itself is smaller: that of the
            operands or terms where these nearly cancel, or of the smallest normal intermediate.
        wider: whether `exact` is exact enough to judge float64.
    """

    name: str
    apply: Callable[..., Tensor]
    exact: Callable[..., Array]
    bound: float
    scale: Callable[..., Any] | None = None
    wider: bool = True


def erf(x: Array) -> Array:
    """erf in the type of x; beyond float64 by the series whose terms are all positive.

    erf(x) = 2 / sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (1 3 5 ... (2n+1)): DLMF 7.6.2.
    """
    if x.dtype == np.float64:
        return np.asarray(_erf_of(x)).astype(np.float64)
    inside = np.clip(x, -7, 7)
    term = total = inside
    for n in range(1, 200):
        term = term * (2 * inside * inside / (2 * n + 1))
        total = total + term
    root = np.sqrt(np.arctan(x.dtype.type(1)))  # of pi / 4
    return np.asarray(total * np.exp(-inside * inside) / root)


def _erfc(x: Array) -> Array:
    return np.asarray(_erfc_of(x)).astype(np.float64)


def _erfinv(y: Array) -> Array:
    """Newton's steps on erfc of the size, whose distance from 1 is exact, from Winitzki's start."""
    size = np.abs(y)
    inside = np.where(size < 1, size, 0)
    log = np.log1p(-inside * inside)
    part = 2 / (math.pi * 0.147) + log / 2
    x = np.sqrt(np.sqrt(part * part - log / 0.147) - part)
    for _ in range(4):
        step = np.where(inside < 0.5, erf(x) - inside, (1 - inside) - _erfc(x))
        x = x - step * (math.sqrt(math.pi) / 2) * np.exp(x * x)
    x = np.where(size == 1, np.inf, np.where(size < 1, x, np.nan))
    return np.copysign(x, y)


def _sigmoid(x: Array) -> Array:
    t = np.exp(-np.abs(x))
    return np.where(x < 0, t / (1 + t), 1 / (1 + t))


def _gelu(x: Array) -> Array:
    return np.where(x == -np.inf, np.nan, 0.5 * x * _erfc(-x / math.sqrt(2)))


def _gelu_tanh(x: Array) -> Array:
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
    return x * _sigmoid(2 * inner)


def _elu(x: Array) -> Array:
    return np.where(x > 0, x, np.expm1(x))


def _softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _sinc(x: Array) -> Array:
    whole = np.rint(x)
    sign = np.where(whole / 2 == np.floor(whole / 2), 1, -1)
    pi = 4 * np.arctan(x.dtype.type(1))
    value: Array = sign * np.sin(pi * (x - whole)) / (pi * np.where(x == 0, 1, x))
    return np.where(x == 0, 1, value)


def _logit(x: Array) -> Array:
    tail, middle = np.log(x) - np.log1p(-x), np.log1p((2 * x - 1) / (1 - x))
    return np.where(x < 0.25, tail, middle)


def _xlogy(a: Array, b: Array) -> Array:
    return np.where((a == 0) & ~np.isnan(b), 0, a * np.log(b))


def _logaddexp(a: Array, b: Array) -> Array:
    apart = np.where(a == b, 0, -np.abs(a - b))
    return np.maximum(a, b) + np.log1p(np.exp(apart))


def _larger(a: Array, b: Array) -> Array:
    return np.maximum(np.abs(a), np.abs(b))


def _tiny(x: Array) -> Array:
    return np.abs(x) * 2.0**-126  # as large as x times an intermediate that is denormal


def _row(name: str, exact: Callable[..., Array], wider: bool = True) -> Function:
    """A row of the op table, which states its bound."""
    return Function(name, getattr(functions, name), exact, ops.TABLE[name].ulp, None, wider)


UNARY = (
    *[
        _row(name, getattr(np, numpy))
        for name, numpy in [
            ("exp", "exp"), ("exp2", "exp2"), ("expm1", "expm1"), ("log", "log"),
            ("log2", "log2"), ("log10", "log10"), ("log1p", "log1p"), ("sqrt", "sqrt"),
            ("sin", "sin"), ("cos", "cos"), ("tan", "tan"), ("asin", "arcsin"),
            ("acos", "arccos"), ("atan", "arctan"), ("sinh", "sinh"), ("cosh", "cosh"),
            ("tanh", "tanh"), ("floor", "floor"), ("ceil", "ceil"), ("trunc", "trunc"),
            ("round", "rint"),
        ]
    ],
    _row("rsqrt", lambda x: 1 / np.sqrt(x)),
    _row("erf", erf),
    _row("erfc", _erfc, wider=False),
    Function("reciprocal", functions.reciprocal, lambda x: 1 / x, 0.5),
    Function("asinh", functions.asinh, np.arcsinh, 2.5),
    Function("acosh", functions.acosh, np.arccosh, 2.5),
    Function("atanh", functions.atanh, np.arctanh, 2.5),
    Function("erfinv", functions.erfinv, _erfinv, 4, None, False),
    Function("sigmoid", functions.sigmoid, _sigmoid, 2.5),
    Function("logit", functions.logit, _logit, 2.5, np.ones_like),
    Function("sinc", functions.sinc, _sinc, 5),
    Function("gelu", functional.gelu, _gelu, 2.5, np.abs, False),
    Function("gelu (tanh)", lambda x: functional.gelu(x, "tanh"), _gelu_tanh, 4, np.abs, False),
    Function("silu", functional.silu, lambda x: x * _sigmoid(x), 4, _tiny),
    Function("softplus", functional.softplus, _softplus, 2.5, None, False),
    Function("logsigmoid", functional.logsigmoid, lambda x: -_softplus(-x), 2.5),
    Function("elu", functional.elu, _elu, 2.5),
)  # fmt: skip

BINARY = (
    Function("div", functions.div, np.divide, ops.TABLE["div"].ulp),
    _row("pow", np.power),
    _row("atan2", np.arctan2),
    _row("fmod", np.fmod),
    Function("remainder", functions.remainder, np.remainder, ops.TABLE["mod"].ulp),
    Function("floor_divide", functions.floor_divide, np.floor_divide, ops.TABLE["floordiv"].ulp),
    Function("hypot", functions.hypot, np.hypot, 2.5),
    Function("logaddexp", functions.logaddexp, _logaddexp, 2.5, _larger),
    Function("logaddexp2", functions.logaddexp2, np.logaddexp2, 4, _larger),
    Function("xlogy", functions.xlogy, _xlogy, 2.5),
)


# Operands -------------------------------------------------------------------------------------


def _bits(count: int, dtype: Any) -> Array:
    """Numbers of all exponents and signs: bit patterns in steps of the golden ratio."""
    unsigned = np.dtype(f"u{np.dtype(dtype).itemsize}")
    ratio = 0x9E3779B9 if unsigned.itemsize == 4 else 0x9E3779B97F4A7C15
    return np.asarray((np.arange(count).astype(unsigned) * unsigned.type(ratio)).view(dtype))


_SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 5e-324, 2.0**-126, 2.0**-1022,
            3.4028235e38, -3.4028235e38, 1.7976931348623157e308)  # fmt: skip


def _critical(dtype: Any) -> Array:
    """Zeros, poles, limits of overflow, multiples of pi / 2 up to 1e30, and their neighbours."""
    points = [
        *[k * s for k in range(41) for s in (math.pi / 2, 1.0, math.log(2), 0.125)],
        *[round(10.0**e * 2 / math.pi) * (math.pi / 2) for e in range(31)],
        *[10.0**e for e in range(-45, 39)],
        88.72283, 88.72284, 87.33654, 103.27893, 103.97208, 709.782712893384, 745.1332191019411,
        708.3964185322641, 9.01, 9.02, 19.06,
    ]  # fmt: skip
    near = np.array(points, dtype)
    near = np.concatenate([near, -near])
    for _ in range(2):
        up, down = (np.nextafter(near, dtype(s * math.inf)) for s in (1, -1))
        near = np.unique(np.concatenate([near, up, down]))
    with np.errstate(over="ignore"):
        return np.concatenate([np.array(_SPECIAL).astype(dtype), near])


def values(count: int, dtype: Any) -> Array:
    """About `count` operands: bit patterns, evenly from -4 to 4 and from -110 to 110, critical."""
    even = np.modf(np.arange(count // 4) * ((math.sqrt(5) - 1) / 2))[0] * 2 - 1
    mixed = [_bits(count // 2, dtype), (even * 4).astype(dtype), (even * 110).astype(dtype)]
    return np.concatenate([*mixed, _critical(dtype)])


def pairs(count: int, dtype: Any) -> tuple[Array, Array]:
    """Special by special operands, then bit patterns, and sizes whose powers are finite."""
    more = (1, -1, 2, -2, 0.5, -0.5, 3, -3, 1e10, -1e10, 1.5, -0.75, 1e-20, 127, 128, -149, 1e38,
            16777215, -16777217)  # fmt: skip
    with np.errstate(over="ignore"):
        grid = np.array([*_SPECIAL, *more]).astype(dtype)
    a, b = (axis.ravel() for axis in np.meshgrid(grid, grid))
    rng = np.random.default_rng(0)
    each = count // 3
    bits = _bits(each, dtype), rng.permutation(_bits(each, dtype))
    sizes = np.exp(rng.normal(size=each) * 3), rng.normal(size=each) * 20
    small = rng.normal(size=each) * 3, rng.normal(size=each) * 3
    parts = zip((a, b), bits, sizes, small, strict=True)
    first, second = (np.concatenate([p.astype(dtype) for p in part]) for part in parts)
    return first, second
