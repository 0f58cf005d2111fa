"""Rows of the op table that work element by element; their operands broadcast together."""

from dataclasses import replace
from typing import Any

import numpy as np

from . import elementwise_types as typed
from . import numpy_meaning as meaning
from . import opencl_text as text
from .graph import Node, Op
from .special import erf, erfc

__all__ = ["ELEMENTWISE", "LARGER", "PHILOX", "PHILOX_RUN", "SMALLER"]


# The rows -----------------------------------------------------------------------------------


def _zero_grad(o: Any, g: Node, n: Node) -> tuple[None, ...]:
    return (None,) * len(n.src)


def _pow_grad(o: Any, g: Node, n: Node) -> tuple[Node, Node | None]:
    x, p = n.src
    if p.tracked:
        zero = o.const(0.0, n.dtype)
        safe_log = o.where(o.eq(x, zero), zero, o.log(x))
        grad_p = o.mul(g, o.mul(n, safe_log))
    else:
        grad_p = None
    one = o.const(1.0, n.dtype)
    slope = o.mul(p, o.pow(x, o.sub(p, one)))
    no_slope = o.eq(p, o.const(0.0, n.dtype))
    return o.mul(g, o.where(no_slope, o.const(0.0, n.dtype), slope)), grad_p


def _pick_grad(o: Any, g: Node, n: Node) -> tuple[Node, Node]:
    a, b = n.src  # ties share the gradient, as in PyTorch
    zero, half = o.const(0.0, n.dtype), o.mul(g, o.const(0.5, n.dtype))
    tie = o.eq(a, b)
    return (
        o.where(tie, half, o.where(o.eq(a, n), g, zero)),
        o.where(tie, half, o.where(o.eq(b, n), g, zero)),
    )


def _float_const(o: Any, n: Node, value: float) -> Node:
    constant: Node = o.const(value, n.dtype)
    return constant


_f = _float_const
_TWO_BY_ROOT_PI = 1.1283791670955126
_LN2, _LN10 = 0.6931471805599453, 2.302585092994046

ELEMENTWISE: dict[str, Op] = {}


def _row(name: str, infer: Any, numpy: Any, opencl: Any, grad: Any = None, ulp: float = 0.5,
         cost: int = 1, wants_node: bool = False) -> Op:  # fmt: skip
    value = numpy if wants_node else meaning.compute(numpy)
    op = Op(name, "elementwise", infer, value, grad, opencl, ulp, cost)
    ELEMENTWISE[name] = op
    return op


ADD = _row("add", typed.number, np.add, "{0} + {1}", lambda o, g, n: (g, g))
SUB = _row("sub", typed.number, np.subtract, "{0} - {1}", lambda o, g, n: (g, o.neg(g)))


def _of_divisor(o: Any, g: Node, n: Node) -> Node | None:
    """The gradient of what n divides by; where that is one number for many it divides their sum."""
    divisor = n.src[1]
    if divisor.op.name in ("const", "scalar"):  # numbers, which nobody asks the gradient of
        return None
    total: Node = o.unbroadcast(o.mul(g, n), divisor.shape)
    quotient: Node = o.neg(o.div(total, divisor))
    return quotient


def _bare(n: Node) -> Node:
    while n.op.kind == "view":
        n = n.src[0]
    return n


def _norm_of(o: Any, divisor: Node) -> Node:
    """The sum that a softmax divides by; a number of 1 or more may stand for that of nothing."""
    n = _bare(divisor)
    if n.op.name == "where":
        for number, total in (n.src[1:], n.src[:0:-1]):
            given = _bare(number)
            if given.op.name == "const" and o.const_value(given) >= 1:
                return _bare(total)
    return n


def _of_power(o: Any, g: Node, n: Node) -> Node:
    """g * n, where n is a power; of a softmax, whose g is x / t + s and t the sum of n, it is
    n / t * (x + s * t): then backward reads the weights n / t, which others need, and the powers
    are not kept. Of another t, n / t might be infinite."""
    result: Node
    terms = g.src if g.op.name == "add" else ()
    for quotient, shift in (terms, terms[::-1]) if terms else ():
        row = shift.src[0] if shift.op.name == "expand" else shift
        if quotient.op.name == "div" and quotient.shape == n.shape:
            x, t = quotient.src
            total = _norm_of(o, t)
            if total.op.name == "sum" and total.src[0] is n and row.size < n.size:
                result = o.mul(o.div(n, t), o.add(x, o.mul(row, t)))
                return result
    result = o.mul(g, n)
    return result


MUL = _row(
    "mul",
    typed.number,
    np.multiply,
    "{0} * {1}",
    lambda o, g, n: (o.mul(g, n.src[1]), o.mul(g, n.src[0])),
)
DIV = _row(
    "div",
    typed.floating,
    np.divide,
    "{0} / {1}",
    lambda o, g, n: (o.div(g, n.src[1]), _of_divisor(o, g, n)),
    2.5,
    4,
)
NEG = _row("neg", typed.number, np.negative, "-{0}", lambda o, g, n: (o.neg(g),))
ABS = _row(
    "abs",
    typed.number,
    np.abs,
    text.int_or("fabs({0})", "({0} < ({T})(0) ? ({T})(-{0}) : {0})"),
    lambda o, g, n: (o.mul(g, o.sign(n.src[0])),),
)
SIGN = _row("sign", typed.number, np.sign, text.sign, _zero_grad)
EXP = _row("exp", typed.floating, np.exp, text.exp, lambda o, g, n: (_of_power(o, g, n),), 2.5, 12)
LOG = _row(
    "log",
    typed.floating,
    np.log,
    text.ours_for_float("log"),
    lambda o, g, n: (o.div(g, n.src[0]),),
    2.5,
    12,
)
SIN = _row(
    "sin",
    typed.floating,
    np.sin,
    text.ours_for_float("sin"),
    lambda o, g, n: (o.mul(g, o.cos(n.src[0])),),
    2.5,
    16,
)
COS = _row(
    "cos",
    typed.floating,
    np.cos,
    text.cos,
    lambda o, g, n: (o.neg(o.mul(g, o.sin(n.src[0]))),),
    2.5,
    16,
)
TAN = _row(
    "tan",
    typed.floating,
    np.tan,
    text.ours_for_float("tan"),
    lambda o, g, n: (o.mul(g, o.add(_f(o, n, 1.0), o.mul(n, n))),),
    2.5,
    24,
)
ASIN = _row(
    "asin",
    typed.floating,
    np.arcsin,
    "asin({0})",
    lambda o, g, n: (o.mul(g, o.rsqrt(o.sub(_f(o, n, 1.0), o.mul(n.src[0], n.src[0])))),),
    2.5,
    16,
)
ACOS = _row(
    "acos",
    typed.floating,
    np.arccos,
    "acos({0})",
    lambda o, g, n: (o.neg(o.mul(g, o.rsqrt(o.sub(_f(o, n, 1.0), o.mul(n.src[0], n.src[0]))))),),
    2.5,
    16,
)
ATAN = _row(
    "atan",
    typed.floating,
    np.arctan,
    "atan({0})",
    lambda o, g, n: (o.div(g, o.add(_f(o, n, 1.0), o.mul(n.src[0], n.src[0]))),),
    2.5,
    16,
)
SINH = _row(
    "sinh",
    typed.floating,
    np.sinh,
    "sinh({0})",
    lambda o, g, n: (o.mul(g, o.cosh(n.src[0])),),
    2.5,
    16,
)
COSH = _row(
    "cosh",
    typed.floating,
    np.cosh,
    "cosh({0})",
    lambda o, g, n: (o.mul(g, o.sinh(n.src[0])),),
    2.5,
    16,
)
TANH = _row(
    "tanh",
    typed.floating,
    np.tanh,
    text.tanh,
    lambda o, g, n: (o.mul(g, o.sub(_f(o, n, 1.0), o.mul(n, n))),),
    2.5,
    16,
)
ERF = _row(
    "erf",
    typed.floating,
    erf,
    text.ours_for_float("erf"),
    lambda o, g, n: (
        o.mul(g, o.mul(_f(o, n, _TWO_BY_ROOT_PI), o.exp(o.neg(o.mul(n.src[0], n.src[0]))))),
    ),
    2.5,
    16,
)
ERFC = _row(
    "erfc",
    typed.floating,
    erfc,
    text.ours_for_float("erfc"),
    lambda o, g, n: (
        o.mul(g, o.mul(_f(o, n, -_TWO_BY_ROOT_PI), o.exp(o.neg(o.mul(n.src[0], n.src[0]))))),
    ),
    2.5,
    30,
)
SQRT = _row(
    "sqrt",
    typed.floating,
    np.sqrt,
    "sqrt({0})",
    lambda o, g, n: (o.div(g, o.mul(_f(o, n, 2.0), n)),),
    2.5,
    6,
)
RSQRT = _row(
    "rsqrt",
    typed.floating,
    lambda x: 1 / np.sqrt(x),
    "(1 / sqrt({0}))",
    lambda o, g, n: (o.mul(g, o.mul(_f(o, n, -0.5), o.mul(n, o.mul(n, n)))),),
    2.5,
    8,
)
EXPM1 = _row(
    "expm1",
    typed.floating,
    np.expm1,
    "expm1({0})",
    lambda o, g, n: (o.mul(g, o.add(n, _f(o, n, 1.0))),),
    2.5,
    14,
)
LOG1P = _row(
    "log1p",
    typed.floating,
    np.log1p,
    "log1p({0})",
    lambda o, g, n: (o.div(g, o.add(n.src[0], _f(o, n, 1.0))),),
    2,
    14,
)
EXP2 = _row(
    "exp2",
    typed.floating,
    np.exp2,
    "exp2({0})",
    lambda o, g, n: (o.mul(g, o.mul(n, _f(o, n, _LN2))),),
    2.5,
    12,
)
LOG2 = _row(
    "log2",
    typed.floating,
    np.log2,
    "log2({0})",
    lambda o, g, n: (o.div(g, o.mul(n.src[0], _f(o, n, _LN2))),),
    2.5,
    12,
)
LOG10 = _row(
    "log10",
    typed.floating,
    np.log10,
    "log10({0})",
    lambda o, g, n: (o.div(g, o.mul(n.src[0], _f(o, n, _LN10))),),
    2.5,
    12,
)
FLOOR = _row("floor", typed.floating, np.floor, "floor({0})", _zero_grad)
CEIL = _row("ceil", typed.floating, np.ceil, "ceil({0})", _zero_grad)
ROUND = _row("round", typed.floating, np.rint, "rint({0})", _zero_grad)
TRUNC = _row("trunc", typed.floating, np.trunc, "trunc({0})", _zero_grad)
POW = _row("pow", typed.number, meaning.power, text.pow, _pow_grad, 2.5, 32)
ATAN2 = _row(
    "atan2",
    typed.floating,
    np.arctan2,
    text.ours_for_float("atan2"),
    lambda o, g, n: (
        o.div(o.mul(g, n.src[1]), o.add(o.mul(n.src[0], n.src[0]), o.mul(n.src[1], n.src[1]))),
        o.neg(
            o.div(o.mul(g, n.src[0]), o.add(o.mul(n.src[0], n.src[0]), o.mul(n.src[1], n.src[1])))
        ),
    ),
    2.5,
    24,
)
FLOORDIV = _row("floordiv", typed.number, meaning.floor_div, text.floor_div, _zero_grad, 2.5, 6)
MOD = _row(
    "mod",
    typed.number,
    meaning.mod,
    text.floor_mod,
    lambda o, g, n: (g, o.neg(o.mul(g, o.floor(o.div(n.src[0], n.src[1]))))),
    0.5,
    8,
)
FMOD = _row(
    "fmod",
    typed.floating,
    np.fmod,
    text.fmod,
    lambda o, g, n: (g, o.neg(o.mul(g, o.trunc(o.div(n.src[0], n.src[1]))))),
    0.5,
    16,
)
MAXIMUM = _row("maximum", typed.number, np.maximum, text.extreme(">"), _pick_grad)
MINIMUM = _row("minimum", typed.number, np.minimum, text.extreme("<"), _pick_grad)
# without regard to NaN: one instruction on most devices
LARGER = replace(MAXIMUM, opencl="({0} > {1} ? {0} : {1})")
SMALLER = replace(MINIMUM, opencl="({0} < {1} ? {0} : {1})")
LT = _row("lt", typed.ordered, np.less, text.comparison("<"))
LE = _row("le", typed.ordered, np.less_equal, text.comparison("<="))
EQ = _row("eq", typed.predicate, np.equal, text.comparison("=="))
NE = _row("ne", typed.predicate, np.not_equal, text.comparison("!="))
ISNAN = _row("isnan", typed.predicate, np.isnan, text.isnan)
AND = _row("bitwise_and", typed.integral, np.bitwise_and, "{0} & {1}")
OR = _row("bitwise_or", typed.integral, np.bitwise_or, "{0} | {1}")
XOR = _row("bitwise_xor", typed.integral, np.bitwise_xor, "{0} ^ {1}")
NOT = _row("bitwise_not", typed.integral, np.invert, text.invert)
SHL = _row("shl", typed.shift, meaning.shift(np.left_shift, True), text.shift("<<"))
SHR = _row("shr", typed.shift, meaning.shift(np.right_shift, False), text.shift(">>"))
WHERE = _row(
    "where",
    typed.where,
    np.where,
    lambda args, result, operand: text.select(args[0], args[1], args[2], result),
    lambda o, g, n: (
        None,
        o.where(n.src[0], g, o.const(0.0, g.dtype)),
        o.where(n.src[0], o.const(0.0, g.dtype), g),
    ),
)
CAST = _row(
    "cast",
    typed.cast,
    meaning.cast,
    text.cast_text,
    lambda o, g, n: (o.cast(g, n.src[0].dtype) if n.src[0].dtype.kind == "f" else None,),
    wants_node=True,
)
BITCAST = _row("bitcast", typed.bitcast, meaning.bitcast, text.bitcast_text, wants_node=True)
PHILOX = _row("philox", typed.philox, meaning.philox, text.philox, cost=40)
# of lanes at neighbouring positions, which share their blocks; emit.py knows where they are
PHILOX_RUN = replace(PHILOX, opencl=text.philox_run)
NORMAL = _row("normal", typed.normal, meaning.normal, "lg_normal_{W}({0})", None, 4, 24)
