"""Rows of the op table that work element by element; their operands broadcast together."""

from dataclasses import replace
from typing import Any

import numpy as np

from . import numpy_meaning as meaning
from . import opencl_text as text
from .dtype import DType, bool_, float32, uint32, uint64
from .graph import Node, Op, Shape
from .special import erf, erfc

__all__ = ["ELEMENTWISE", "LARGER", "PHILOX", "PHILOX_RUN", "SMALLER", "broadcast_shapes"]


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape that all broadcast to (NumPy's rule); ValueError where they do not."""
    first = shapes[0]
    for s in shapes:
        if s != first:
            break
    else:
        return first
    ndim = max(len(s) for s in shapes)
    result = [1] * ndim
    for s in shapes:
        for i, n in enumerate(s, ndim - len(s)):
            if n != 1:
                if result[i] not in (1, n):
                    raise ValueError(
                        f"shapes {', '.join(str(list(s)) for s in shapes)} do not broadcast: "
                        f"dimension {i - ndim} is {result[i]} and {n}"
                    )
                result[i] = n
    return tuple(result)


def _same(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    dtype, shape = src[0].dtype, src[0].shape
    for s in src:
        if s.dtype is not dtype:
            raise TypeError(f"operands of one op need one dtype, got {[s.dtype for s in src]}")
        if s.shape != shape and s.shape:  # scalars broadcast to anything
            shape = broadcast_shapes(shape, s.shape) if shape else s.shape
    return dtype, shape


def _number(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    dtype, shape = _same(src, arg)
    if dtype is bool_:  # in kernels a mask, whose true is below its false
        raise TypeError("expected numbers, got bools: cast them, or use logical functions")
    return dtype, shape


def _float(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    dtype, shape = _same(src, arg)
    if dtype.kind != "f":
        raise TypeError(f"expected a floating dtype, got {dtype.name}")
    return dtype, shape


def _predicate(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    return bool_, _same(src, arg)[1]


def _ordered(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    return bool_, _number(src, arg)[1]


def _integral(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    dtype, shape = _same(src, arg)
    if dtype.kind == "f":
        raise TypeError(f"expected an integer or bool dtype, got {dtype.name}")
    return dtype, shape


def _shift(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    _integral(src, arg)
    return _number(src, arg)


def _where(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    if src[0].dtype is not bool_:
        raise TypeError(f"where: condition needs dtype bool, got {src[0].dtype.name}")
    if src[1].dtype is not src[2].dtype:
        raise TypeError(f"where: branches are {src[1].dtype.name} and {src[2].dtype.name}")
    return src[1].dtype, broadcast_shapes(*[s.shape for s in src])


def _cast_infer(src: tuple[Node, ...], arg: DType) -> tuple[DType, Shape]:
    return arg, src[0].shape


def _bitcast_infer(src: tuple[Node, ...], arg: DType) -> tuple[DType, Shape]:
    if arg.itemsize != src[0].dtype.itemsize or "b" in (arg.kind, src[0].dtype.kind):
        raise TypeError(f"bitcast: {src[0].dtype.name} and {arg.name} differ in size")
    return arg, src[0].shape


def _philox_infer(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    first, key, position = src
    wide = first.dtype is uint64 and key.dtype is uint64
    if not wide or position.dtype not in (uint32, uint64):
        raise TypeError(
            f"philox: block and key need uint64, the position uint32 or uint64, got "
            f"{[s.dtype.name for s in src]}"
        )
    return uint32, broadcast_shapes(*[s.shape for s in src])


def _normal_infer(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    if src[0].dtype is not uint32:
        raise TypeError(f"normal: expected bits of dtype uint32, got {src[0].dtype.name}")
    return float32, src[0].shape


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


ADD = _row("add", _number, np.add, "{0} + {1}", lambda o, g, n: (g, g))
SUB = _row("sub", _number, np.subtract, "{0} - {1}", lambda o, g, n: (g, o.neg(g)))
MUL = _row(
    "mul",
    _number,
    np.multiply,
    "{0} * {1}",
    lambda o, g, n: (o.mul(g, n.src[1]), o.mul(g, n.src[0])),
)
DIV = _row(
    "div",
    _float,
    np.divide,
    "{0} / {1}",
    lambda o, g, n: (o.div(g, n.src[1]), o.neg(o.mul(g, o.div(n, n.src[1])))),
    2.5,
    4,
)
NEG = _row("neg", _number, np.negative, "-{0}", lambda o, g, n: (o.neg(g),))
ABS = _row(
    "abs",
    _number,
    np.abs,
    text.int_or("fabs({0})", "({0} < ({T})(0) ? ({T})(-{0}) : {0})"),
    lambda o, g, n: (o.mul(g, o.sign(n.src[0])),),
)
SIGN = _row("sign", _number, np.sign, text.sign, _zero_grad)
EXP = _row("exp", _float, np.exp, text.exp, lambda o, g, n: (o.mul(g, n),), 2.5, 12)
LOG = _row(
    "log",
    _float,
    np.log,
    text.ours_for_float("log"),
    lambda o, g, n: (o.div(g, n.src[0]),),
    2.5,
    12,
)
SIN = _row(
    "sin",
    _float,
    np.sin,
    text.ours_for_float("sin"),
    lambda o, g, n: (o.mul(g, o.cos(n.src[0])),),
    2.5,
    16,
)
COS = _row(
    "cos",
    _float,
    np.cos,
    text.cos,
    lambda o, g, n: (o.neg(o.mul(g, o.sin(n.src[0]))),),
    2.5,
    16,
)
TAN = _row(
    "tan",
    _float,
    np.tan,
    text.ours_for_float("tan"),
    lambda o, g, n: (o.mul(g, o.add(_f(o, n, 1.0), o.mul(n, n))),),
    2.5,
    24,
)
ASIN = _row(
    "asin",
    _float,
    np.arcsin,
    "asin({0})",
    lambda o, g, n: (o.mul(g, o.rsqrt(o.sub(_f(o, n, 1.0), o.mul(n.src[0], n.src[0])))),),
    2.5,
    16,
)
ACOS = _row(
    "acos",
    _float,
    np.arccos,
    "acos({0})",
    lambda o, g, n: (o.neg(o.mul(g, o.rsqrt(o.sub(_f(o, n, 1.0), o.mul(n.src[0], n.src[0]))))),),
    2.5,
    16,
)
ATAN = _row(
    "atan",
    _float,
    np.arctan,
    "atan({0})",
    lambda o, g, n: (o.div(g, o.add(_f(o, n, 1.0), o.mul(n.src[0], n.src[0]))),),
    2.5,
    16,
)
SINH = _row(
    "sinh", _float, np.sinh, "sinh({0})", lambda o, g, n: (o.mul(g, o.cosh(n.src[0])),), 2.5, 16
)
COSH = _row(
    "cosh", _float, np.cosh, "cosh({0})", lambda o, g, n: (o.mul(g, o.sinh(n.src[0])),), 2.5, 16
)
TANH = _row(
    "tanh",
    _float,
    np.tanh,
    text.tanh,
    lambda o, g, n: (o.mul(g, o.sub(_f(o, n, 1.0), o.mul(n, n))),),
    2.5,
    16,
)
ERF = _row(
    "erf",
    _float,
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
    _float,
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
    _float,
    np.sqrt,
    "sqrt({0})",
    lambda o, g, n: (o.div(g, o.mul(_f(o, n, 2.0), n)),),
    2.5,
    6,
)
RSQRT = _row(
    "rsqrt",
    _float,
    lambda x: 1 / np.sqrt(x),
    "(1 / sqrt({0}))",
    lambda o, g, n: (o.mul(g, o.mul(_f(o, n, -0.5), o.mul(n, o.mul(n, n)))),),
    2.5,
    8,
)
EXPM1 = _row(
    "expm1",
    _float,
    np.expm1,
    "expm1({0})",
    lambda o, g, n: (o.mul(g, o.add(n, _f(o, n, 1.0))),),
    2.5,
    14,
)
LOG1P = _row(
    "log1p",
    _float,
    np.log1p,
    "log1p({0})",
    lambda o, g, n: (o.div(g, o.add(n.src[0], _f(o, n, 1.0))),),
    2,
    14,
)
EXP2 = _row(
    "exp2",
    _float,
    np.exp2,
    "exp2({0})",
    lambda o, g, n: (o.mul(g, o.mul(n, _f(o, n, _LN2))),),
    2.5,
    12,
)
LOG2 = _row(
    "log2",
    _float,
    np.log2,
    "log2({0})",
    lambda o, g, n: (o.div(g, o.mul(n.src[0], _f(o, n, _LN2))),),
    2.5,
    12,
)
LOG10 = _row(
    "log10",
    _float,
    np.log10,
    "log10({0})",
    lambda o, g, n: (o.div(g, o.mul(n.src[0], _f(o, n, _LN10))),),
    2.5,
    12,
)
FLOOR = _row("floor", _float, np.floor, "floor({0})", _zero_grad)
CEIL = _row("ceil", _float, np.ceil, "ceil({0})", _zero_grad)
ROUND = _row("round", _float, np.rint, "rint({0})", _zero_grad)
TRUNC = _row("trunc", _float, np.trunc, "trunc({0})", _zero_grad)
POW = _row("pow", _number, meaning.power, text.pow, _pow_grad, 2.5, 32)
ATAN2 = _row(
    "atan2",
    _float,
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
FLOORDIV = _row("floordiv", _number, meaning.floor_div, text.floor_div, _zero_grad, 2.5, 6)
MOD = _row(
    "mod",
    _number,
    meaning.mod,
    text.floor_mod,
    lambda o, g, n: (g, o.neg(o.mul(g, o.floor(o.div(n.src[0], n.src[1]))))),
    0.5,
    8,
)
FMOD = _row(
    "fmod",
    _float,
    np.fmod,
    text.fmod,
    lambda o, g, n: (g, o.neg(o.mul(g, o.trunc(o.div(n.src[0], n.src[1]))))),
    0.5,
    16,
)
MAXIMUM = _row("maximum", _number, np.maximum, text.extreme(">"), _pick_grad)
MINIMUM = _row("minimum", _number, np.minimum, text.extreme("<"), _pick_grad)
# without regard to NaN: one instruction on most devices
LARGER = replace(MAXIMUM, opencl="({0} > {1} ? {0} : {1})")
SMALLER = replace(MINIMUM, opencl="({0} < {1} ? {0} : {1})")
LT = _row("lt", _ordered, np.less, text.comparison("<"))
LE = _row("le", _ordered, np.less_equal, text.comparison("<="))
EQ = _row("eq", _predicate, np.equal, text.comparison("=="))
NE = _row("ne", _predicate, np.not_equal, text.comparison("!="))
ISNAN = _row("isnan", _predicate, np.isnan, text.isnan)
AND = _row("bitwise_and", _integral, np.bitwise_and, "{0} & {1}")
OR = _row("bitwise_or", _integral, np.bitwise_or, "{0} | {1}")
XOR = _row("bitwise_xor", _integral, np.bitwise_xor, "{0} ^ {1}")
NOT = _row("bitwise_not", _integral, np.invert, text.invert)
SHL = _row("shl", _shift, meaning.shift(np.left_shift, True), text.shift("<<"))
SHR = _row("shr", _shift, meaning.shift(np.right_shift, False), text.shift(">>"))
WHERE = _row(
    "where",
    _where,
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
    _cast_infer,
    meaning.cast,
    text.cast_text,
    lambda o, g, n: (o.cast(g, n.src[0].dtype) if n.src[0].dtype.kind == "f" else None,),
    wants_node=True,
)
BITCAST = _row("bitcast", _bitcast_infer, meaning.bitcast, text.bitcast_text, wants_node=True)
PHILOX = _row("philox", _philox_infer, meaning.philox, text.philox, cost=40)
# of lanes at neighbouring positions, which share their blocks; emit.py knows where they are
PHILOX_RUN = replace(PHILOX, opencl=text.philox_run)
NORMAL = _row("normal", _normal_infer, meaning.normal, "lg_normal_{W}({0})", None, 4, 24)
