"""Rows of the op table that work element by element; their operands broadcast together.

Texts see typed temporaries only, so a text never needs parentheses around an operand. A bool is
an int mask inside kernels, 0 or -1, for scalars as for vectors.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .dtype import DType, bool_, uint32, uint64
from .graph import Node, Op, Shape
from .special import erf, to_integer

__all__ = ["ELEMENTWISE", "CType", "broadcast_shapes"]


class CType(NamedTuple):
    """An OpenCL type as texts need it: base name, lanes, bytes a lane, kind of dtype."""

    base: str
    width: int
    size: int
    kind: str

    @property
    def name(self) -> str:
        return self.base if self.width == 1 else f"{self.base}{self.width}"

    def sized(self, base: str) -> str:
        return base if self.width == 1 else f"{base}{self.width}"


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
    dtype = src[0].dtype
    for s in src:
        if s.dtype is not dtype:
            raise TypeError(f"operands of one op need one dtype, got {[s.dtype for s in src]}")
    return dtype, broadcast_shapes(*[s.shape for s in src])


def _float(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    dtype, shape = _same(src, arg)
    if dtype.kind != "f":
        raise TypeError(f"expected a floating dtype, got {dtype.name}")
    return dtype, shape


def _predicate(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    return bool_, _same(src, arg)[1]


def _integral(src: tuple[Node, ...], arg: Any) -> tuple[DType, Shape]:
    dtype, shape = _same(src, arg)
    if dtype.kind == "f":
        raise TypeError(f"expected an integer or bool dtype, got {dtype.name}")
    return dtype, shape


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
    if any(s.dtype is not uint64 for s in src):
        raise TypeError(f"philox: counter and key need uint64, got {[s.dtype for s in src]}")
    return uint32, broadcast_shapes(*[s.shape for s in src])


# OpenCL texts -------------------------------------------------------------------------------


def _mask(condition: str, result: CType, operand: CType) -> str:
    if operand.width == 1:
        return f"-({condition})"
    return condition if operand.size == 4 else f"convert_int{operand.width}({condition})"


def _comparison(symbol: str) -> Any:
    def text(args: Sequence[str], result: CType, operand: CType) -> str:
        return _mask(f"{args[0]} {symbol} {args[1]}", result, operand)

    return text


def select(mask: str, yes: str, no: str, result: CType) -> str:
    """`mask ? yes : no` with the int mask widened or narrowed to the lanes of the branches."""
    if result.width > 1 and result.size != 4:
        name = {8: "long", 2: "short", 1: "char"}[result.size]
        mask = f"convert_{name}{result.width}({mask})"
    return f"({mask} ? {yes} : {no})"


def _isnan(args: Sequence[str], result: CType, operand: CType) -> str:
    if operand.kind != "f":
        return "0" if operand.width == 1 else f"(int{operand.width})(0)"
    return _mask(f"isnan({args[0]})", result, operand)


def _extreme(symbol: str) -> Any:
    """max or min that hands NaN on, as NumPy and PyTorch do (fmax and fmin drop it)."""

    def text(args: Sequence[str], result: CType, operand: CType) -> str:
        a, b = args
        if result.kind != "f":
            return select(_mask(f"{a} {symbol} {b}", result, operand), a, b, result)
        first = (
            f"({a} {symbol} {b}) || isnan({a})"
            if result.width == 1
            else (f"({a} {symbol} {b}) | isnan({a})")
        )
        # a where a wins or is NaN; b otherwise, which is NaN where b is
        return f"(({first}) ? {a} : {b})"

    return text


def _floor_div(args: Sequence[str], result: CType, operand: CType) -> str:
    a, b = args
    if result.kind == "f":
        return f"floor({a} / {b})"
    return f"lg_floordiv_{result.name}({a}, {b})"


def _floor_mod(args: Sequence[str], result: CType, operand: CType) -> str:
    return f"lg_mod_{result.name}({args[0]}, {args[1]})"


def _int_or(float_text: str, int_text: str) -> Any:
    def text(args: Sequence[str], result: CType, operand: CType) -> str:
        chosen = float_text if result.kind == "f" else int_text
        return chosen.format(*args, T=result.name, I=result.sized("int"))

    return text


def _sign(args: Sequence[str], result: CType, operand: CType) -> str:
    x = args[0]
    if result.kind == "f":
        return f"(isnan({x}) ? {x} : sign({x}))"
    above = _mask(f"{x} > ({result.name})(0)", result, operand)
    below = _mask(f"{x} < ({result.name})(0)", result, operand)
    one, zero, minus = (f"({result.name})({v})" for v in (1, 0, -1))
    return select(above, one, select(below, minus, zero, result), result)


def call_safely(function: str, args: Sequence[str], base: str, width: int) -> str:
    """A call of a builtin whose vector form some driver gets wrong, lane by lane where it does.

    PoCL 3.1's vector pow and fmod of doubles are wrong in lanes beside a zero, infinity or NaN.
    """
    if base != "double" or width == 1:
        return f"{function}({', '.join(args)})"
    lanes = [f"{function}({', '.join(f'{a}.s{k:x}' for a in args)})" for k in range(width)]
    return f"({base}{width})({', '.join(lanes)})"


def _pow(args: Sequence[str], result: CType, operand: CType) -> str:
    if result.kind == "f":
        return call_safely("pow", args, result.base, result.width)
    return f"lg_ipow_{result.name}({args[0]}, {args[1]})"


def _fmod(args: Sequence[str], result: CType, operand: CType) -> str:
    return call_safely("fmod", args, result.base, result.width)


def _shift(symbol: str) -> Any:
    def text(args: Sequence[str], result: CType, operand: CType) -> str:
        a, b = args
        bits = f"({result.name})({8 * result.size - 1})"
        if symbol == ">>" and result.kind == "i":  # past the width: the sign fills
            inside = _mask(f"({b} >= ({result.name})(0)) & ({b} < {bits})", result, operand)
            return f"({a} >> {select(inside, b, bits, result)})"
        inside = _mask(f"({b} >= ({result.name})(0)) & ({b} <= {bits})", result, operand)
        return select(inside, f"({result.name})({a} {symbol} {b})", f"({result.name})(0)", result)

    return text


def _cast_text(args: Sequence[str], result: CType, operand: CType) -> str:
    x = args[0]
    if operand.kind == "b":
        if result.kind == "b":
            return x
        return f"convert_{result.name}(-{x})"  # -1 is true
    if result.kind == "b":
        zero = f"({operand.name})(0)"
        return _mask(f"{x} != {zero}", result, operand)
    if operand.kind == "f" and result.kind in "ui":
        return f"lg_cast_{result.name}_{operand.name}({x})"
    return x if operand.name == result.name else f"convert_{result.name}({x})"


def _bitcast_text(args: Sequence[str], result: CType, operand: CType) -> str:
    return f"as_{result.name}({args[0]})"


# NumPy meanings -----------------------------------------------------------------------------


def _compute(f: Any) -> Any:
    """float16 computes in float32, as kernels do; the caller rounds what it stores."""

    def meaning(n: Node, *arrays: Any) -> Any:
        with np.errstate(all="ignore"):
            wide = [a.astype(np.float32) if a.dtype == np.float16 else a for a in arrays]
            return f(*wide)

    return meaning


def _np_floor_div(a: Any, b: Any) -> Any:
    if a.dtype.kind == "f":
        return np.floor(a / b)
    return np.floor_divide(a, b)


def _np_mod(a: Any, b: Any) -> Any:
    return np.remainder(a, b)


def _np_shift(f: Any, left: bool) -> Any:
    def shift(a: Any, b: Any) -> Any:
        bits = 8 * a.dtype.itemsize
        outside = (b < 0) | (b >= bits)
        fill = np.zeros_like(a) if left or a.dtype.kind == "u" else a >> a.dtype.type(bits - 1)
        return np.where(outside, fill, f(a, np.where(outside, 0, b).astype(a.dtype)))

    return shift


def _np_ipow(a: Any, b: Any) -> Any:
    if a.dtype.kind == "f":
        return np.power(a, b)
    a, b = np.broadcast_arrays(a, b)
    result = np.power(a, np.where(b < 0, 0, b).astype(a.dtype))
    negative = np.where(a == 1, 1, np.where(a.astype(np.int64) == -1, 1 - 2 * (b & 1), 0))
    return np.where(b < 0, negative.astype(a.dtype), result)


def _np_cast(n: Node, x: Any) -> Any:
    return (
        to_integer(x, n.dtype.numpy)
        if n.dtype.is_integer
        else n.dtype.from_storage(n.dtype.to_storage(x))
    )


def _np_bitcast(n: Node, x: Any) -> Any:
    return n.dtype.from_storage(n.src[0].dtype.to_storage(x).view(n.dtype.numpy))


def philox(counter: Any, key: Any) -> Any:
    """First word of Philox 4x32-10 (Salmon et al., SC 2011) for 64-bit counters and keys."""
    mask = np.uint64(0xFFFFFFFF)
    counter, key = np.broadcast_arrays(counter, key)
    c0, c1 = counter & mask, counter >> np.uint64(32)
    c2, c3 = np.zeros_like(c0), np.zeros_like(c0)
    k0, k1 = key & mask, key >> np.uint64(32)
    with np.errstate(over="ignore"):
        for _ in range(10):
            p0, p1 = c0 * np.uint64(0xD2511F53), c2 * np.uint64(0xCD9E8D57)
            c0, c1, c2, c3 = (
                (p1 >> np.uint64(32)) ^ c1 ^ k0, p1 & mask, (p0 >> np.uint64(32)) ^ c3 ^ k1,
                p0 & mask,
            )  # fmt: skip
            k0, k1 = (k0 + np.uint64(0x9E3779B9)) & mask, (k1 + np.uint64(0xBB67AE85)) & mask
    return c0.astype(np.uint32)


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
    meaning = numpy if wants_node else _compute(numpy)
    op = Op(name, "elementwise", infer, meaning, grad, opencl, ulp, cost)
    ELEMENTWISE[name] = op
    return op


ADD = _row("add", _same, np.add, "{0} + {1}", lambda o, g, n: (g, g))
SUB = _row("sub", _same, np.subtract, "{0} - {1}", lambda o, g, n: (g, o.neg(g)))
MUL = _row(
    "mul", _same, np.multiply, "{0} * {1}", lambda o, g, n: (o.mul(g, n.src[1]), o.mul(g, n.src[0]))
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
NEG = _row("neg", _same, np.negative, "-{0}", lambda o, g, n: (o.neg(g),))
ABS = _row(
    "abs",
    _same,
    np.abs,
    _int_or("fabs({0})", "({0} < ({T})(0) ? ({T})(-{0}) : {0})"),
    lambda o, g, n: (o.mul(g, o.sign(n.src[0])),),
)
SIGN = _row("sign", _same, np.sign, _sign, _zero_grad)
EXP = _row("exp", _float, np.exp, "exp({0})", lambda o, g, n: (o.mul(g, n),), 3, 12)
LOG = _row("log", _float, np.log, "log({0})", lambda o, g, n: (o.div(g, n.src[0]),), 3, 12)
SIN = _row("sin", _float, np.sin, "sin({0})", lambda o, g, n: (o.mul(g, o.cos(n.src[0])),), 4, 16)
COS = _row(
    "cos", _float, np.cos, "cos({0})", lambda o, g, n: (o.neg(o.mul(g, o.sin(n.src[0]))),), 4, 16
)
TAN = _row(
    "tan",
    _float,
    np.tan,
    "tan({0})",
    lambda o, g, n: (o.mul(g, o.add(_f(o, n, 1.0), o.mul(n, n))),),
    5,
    24,
)
ASIN = _row(
    "asin",
    _float,
    np.arcsin,
    "asin({0})",
    lambda o, g, n: (o.mul(g, o.rsqrt(o.sub(_f(o, n, 1.0), o.mul(n.src[0], n.src[0])))),),
    4,
    16,
)
ACOS = _row(
    "acos",
    _float,
    np.arccos,
    "acos({0})",
    lambda o, g, n: (o.neg(o.mul(g, o.rsqrt(o.sub(_f(o, n, 1.0), o.mul(n.src[0], n.src[0]))))),),
    4,
    16,
)
ATAN = _row(
    "atan",
    _float,
    np.arctan,
    "atan({0})",
    lambda o, g, n: (o.div(g, o.add(_f(o, n, 1.0), o.mul(n.src[0], n.src[0]))),),
    5,
    16,
)
SINH = _row(
    "sinh", _float, np.sinh, "sinh({0})", lambda o, g, n: (o.mul(g, o.cosh(n.src[0])),), 4, 16
)
COSH = _row(
    "cosh", _float, np.cosh, "cosh({0})", lambda o, g, n: (o.mul(g, o.sinh(n.src[0])),), 4, 16
)
TANH = _row(
    "tanh",
    _float,
    np.tanh,
    "tanh({0})",
    lambda o, g, n: (o.mul(g, o.sub(_f(o, n, 1.0), o.mul(n, n))),),
    5,
    16,
)
ERF = _row(
    "erf",
    _float,
    erf,
    "erf({0})",
    lambda o, g, n: (
        o.mul(g, o.mul(_f(o, n, _TWO_BY_ROOT_PI), o.exp(o.neg(o.mul(n.src[0], n.src[0]))))),
    ),
    16,
    16,
)
SQRT = _row(
    "sqrt", _float, np.sqrt, "sqrt({0})", lambda o, g, n: (o.div(g, o.mul(_f(o, n, 2.0), n)),), 3, 6
)
RSQRT = _row(
    "rsqrt",
    _float,
    lambda x: 1 / np.sqrt(x),
    "(1 / sqrt({0}))",
    lambda o, g, n: (o.mul(g, o.mul(_f(o, n, -0.5), o.mul(n, o.mul(n, n)))),),
    4,
    8,
)
EXPM1 = _row(
    "expm1",
    _float,
    np.expm1,
    "expm1({0})",
    lambda o, g, n: (o.mul(g, o.add(n, _f(o, n, 1.0))),),
    3,
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
    3,
    12,
)
LOG2 = _row(
    "log2",
    _float,
    np.log2,
    "log2({0})",
    lambda o, g, n: (o.div(g, o.mul(n.src[0], _f(o, n, _LN2))),),
    3,
    12,
)
LOG10 = _row(
    "log10",
    _float,
    np.log10,
    "log10({0})",
    lambda o, g, n: (o.div(g, o.mul(n.src[0], _f(o, n, _LN10))),),
    3,
    12,
)
FLOOR = _row("floor", _float, np.floor, "floor({0})", _zero_grad)
CEIL = _row("ceil", _float, np.ceil, "ceil({0})", _zero_grad)
ROUND = _row("round", _float, np.rint, "rint({0})", _zero_grad)
TRUNC = _row("trunc", _float, np.trunc, "trunc({0})", _zero_grad)
POW = _row("pow", _same, _np_ipow, _pow, _pow_grad, 16, 32)
ATAN2 = _row(
    "atan2",
    _float,
    np.arctan2,
    "atan2({0}, {1})",
    lambda o, g, n: (
        o.div(o.mul(g, n.src[1]), o.add(o.mul(n.src[0], n.src[0]), o.mul(n.src[1], n.src[1]))),
        o.neg(
            o.div(o.mul(g, n.src[0]), o.add(o.mul(n.src[0], n.src[0]), o.mul(n.src[1], n.src[1])))
        ),
    ),
    6,
    24,
)
FLOORDIV = _row("floordiv", _same, _np_floor_div, _floor_div, _zero_grad, 2.5, 6)
MOD = _row(
    "mod",
    _same,
    _np_mod,
    _floor_mod,
    lambda o, g, n: (g, o.neg(o.mul(g, o.floor(o.div(n.src[0], n.src[1]))))),
    0.5,
    8,
)
FMOD = _row(
    "fmod",
    _float,
    np.fmod,
    _fmod,
    lambda o, g, n: (g, o.neg(o.mul(g, o.trunc(o.div(n.src[0], n.src[1]))))),
    0.5,
    16,
)
MAXIMUM = _row("maximum", _same, np.maximum, _extreme(">"), _pick_grad)
MINIMUM = _row("minimum", _same, np.minimum, _extreme("<"), _pick_grad)
LT = _row("lt", _predicate, np.less, _comparison("<"))
LE = _row("le", _predicate, np.less_equal, _comparison("<="))
EQ = _row("eq", _predicate, np.equal, _comparison("=="))
NE = _row("ne", _predicate, np.not_equal, _comparison("!="))
ISNAN = _row("isnan", _predicate, np.isnan, _isnan)
AND = _row("bitwise_and", _integral, np.bitwise_and, "{0} & {1}")
OR = _row("bitwise_or", _integral, np.bitwise_or, "{0} | {1}")
XOR = _row("bitwise_xor", _integral, np.bitwise_xor, "{0} ^ {1}")
NOT = _row("bitwise_not", _integral, np.invert, "~{0}")
SHL = _row("shl", _integral, _np_shift(np.left_shift, True), _shift("<<"))
SHR = _row("shr", _integral, _np_shift(np.right_shift, False), _shift(">>"))
WHERE = _row(
    "where",
    _where,
    np.where,
    lambda args, result, operand: select(args[0], args[1], args[2], result),
    lambda o, g, n: (
        None,
        o.where(n.src[0], g, o.const(0.0, g.dtype)),
        o.where(n.src[0], o.const(0.0, g.dtype), g),
    ),
)
CAST = _row(
    "cast",
    _cast_infer,
    _np_cast,
    _cast_text,
    lambda o, g, n: (o.cast(g, n.src[0].dtype) if n.src[0].dtype.kind == "f" else None,),
    wants_node=True,
)
BITCAST = _row("bitcast", _bitcast_infer, _np_bitcast, _bitcast_text, wants_node=True)
PHILOX = _row("philox", _philox_infer, philox, "lg_philox_{W}({0}, {1})", cost=40)
