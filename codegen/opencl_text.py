"""OpenCL texts of the elementwise rows.

Texts see typed temporaries only, so a text never needs parentheses around an operand. A bool is
an int mask inside kernels, 0 or -1, for scalars as for vectors.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["CType", "Text", "call_safely", "literal", "select"]


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


Text = Callable[[Sequence[str], CType, CType], str]


def mask(condition: str, result: CType, operand: CType) -> str:
    if operand.width == 1:
        return f"-({condition})"
    return condition if operand.size == 4 else f"convert_int{operand.width}({condition})"


def comparison(symbol: str) -> Text:
    def text(args: Sequence[str], result: CType, operand: CType) -> str:
        return mask(f"{args[0]} {symbol} {args[1]}", result, operand)

    return text


def select(mask: str, yes: str, no: str, result: CType) -> str:
    """`mask ? yes : no` with the int mask widened or narrowed to the lanes of the branches."""
    if result.width > 1 and result.size != 4:
        name = {8: "long", 2: "short", 1: "char"}[result.size]
        mask = f"convert_{name}{result.width}({mask})"
    return f"({mask} ? {yes} : {no})"


def isnan(args: Sequence[str], result: CType, operand: CType) -> str:
    if operand.kind != "f":
        return "0" if operand.width == 1 else f"(int{operand.width})(0)"
    return mask(f"isnan({args[0]})", result, operand)


def extreme(symbol: str) -> Text:
    """max or min that hands NaN on, as NumPy and PyTorch do (fmax and fmin drop it)."""

    def text(args: Sequence[str], result: CType, operand: CType) -> str:
        a, b = args
        if result.kind != "f":
            return select(mask(f"{a} {symbol} {b}", result, operand), a, b, result)
        first = (
            f"({a} {symbol} {b}) || isnan({a})"
            if result.width == 1
            else (f"({a} {symbol} {b}) | isnan({a})")
        )
        # a where a wins or is NaN; b otherwise, which is NaN where b is
        return f"(({first}) ? {a} : {b})"

    return text


def floor_div(args: Sequence[str], result: CType, operand: CType) -> str:
    return f"lg_floordiv_{result.name}({args[0]}, {args[1]})"


def floor_mod(args: Sequence[str], result: CType, operand: CType) -> str:
    return f"lg_mod_{result.name}({args[0]}, {args[1]})"


def invert(args: Sequence[str], result: CType, operand: CType) -> str:
    """`~x`, hidden from Intel's compiler (2026.2), which takes max(~x, y) of scalars for max(x, y).

    Its optimizer knows every other spelling with a constant, and every spelling of max.
    """
    x = args[0]
    if result.kind == "b" or result.width > 1 or result.size < 4:
        return f"~{x}"
    return f"({x} ^ -({result.name})(get_work_dim() > 0u))"  # there is no launch of 0 dimensions


def int_or(float_text: str, int_text: str) -> Text:
    def text(args: Sequence[str], result: CType, operand: CType) -> str:
        chosen = float_text if result.kind == "f" else int_text
        return chosen.format(*args, T=result.name, I=result.sized("int"))

    return text


def sign(args: Sequence[str], result: CType, operand: CType) -> str:
    x = args[0]
    if result.kind == "f":
        # of -0 it is 0, as in NumPy
        return f"(isnan({x}) ? {x} : sign({x}) + ({result.name})(0))"
    above = mask(f"{x} > ({result.name})(0)", result, operand)
    below = mask(f"{x} < ({result.name})(0)", result, operand)
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


def ours_for_float(function: str) -> Text:
    """A function that for floats is our own, see `float_functions`, and else the builtin."""

    def text(args: Sequence[str], result: CType, operand: CType) -> str:
        name = f"lg_{function}_{result.width}" if result.base == "float" else function
        return f"{name}({', '.join(args)})"

    return text


def cos(args: Sequence[str], result: CType, operand: CType) -> str:
    """Of doubles by sincos: Intel's compiler crashes where sin and cos of x and of sin(x) meet."""
    function = "cosine" if result.base == "double" else "cos"
    return f"lg_{function}_{result.width}({args[0]})"


def exp(args: Sequence[str], result: CType, operand: CType) -> str:
    """Of doubles near overflow by e^44 lower: PoCL 3.1 is off by 2,000 ulp there."""
    x = args[0]
    if result.base != "double":
        return f"lg_exp_{result.width}({x})"
    high = mask(f"{x} > ({result.name})(700.0)", result, operand)
    lower = select(high, f"{x} - 44.0", x, result)
    one, more = (f"({result.name})({c})" for c in ("1.0", "0x1.64b41c6d37832p63"))
    return f"(exp({lower}) * {select(high, more, one, result)})"


def philox(args: Sequence[str], result: CType, operand: CType) -> str:
    return f"lg_philox_{operand.name}({', '.join(args)})"


def philox_run(args: Sequence[str], result: CType, operand: CType) -> str:
    return f"lg_philox_run_{operand.name}({', '.join(args)})"


def tanh(args: Sequence[str], result: CType, operand: CType) -> str:
    """Exactly 1 where it rounds to that: PoCL's stays a step below, which 1 - tanh(x)**2 shows."""
    x = args[0]
    if result.base == "float":
        return f"lg_tanh_{result.width}({x})"
    past = mask(f"(fabs({x}) > ({result.name})(19.1))", result, operand)
    return select(past, f"copysign(({result.name})(1), {x})", f"tanh({x})", result)


def pow(args: Sequence[str], result: CType, operand: CType) -> str:
    if result.kind == "f":
        return call_safely("pow", args, result.base, result.width)
    return f"lg_ipow_{result.name}({args[0]}, {args[1]})"


def fmod(args: Sequence[str], result: CType, operand: CType) -> str:
    return call_safely("fmod", args, result.base, result.width)


def shift(symbol: str) -> Text:
    def text(args: Sequence[str], result: CType, operand: CType) -> str:
        a, b = args
        bits = f"({result.name})({8 * result.size - 1})"
        if symbol == ">>" and result.kind == "i":  # past the width: the sign fills
            inside = mask(f"(({b} >= ({result.name})(0)) & ({b} < {bits}))", result, operand)
            return f"({a} >> {select(inside, b, bits, result)})"
        inside = mask(f"(({b} >= ({result.name})(0)) & ({b} <= {bits}))", result, operand)
        return select(inside, f"({result.name})({a} {symbol} {b})", f"({result.name})(0)", result)

    return text


def cast_text(args: Sequence[str], result: CType, operand: CType) -> str:
    x = args[0]
    if operand.kind == "b":
        if result.kind == "b":
            return x
        return f"convert_{result.name}(-{x})"  # -1 is true
    if result.kind == "b":
        zero = f"({operand.name})(0)"
        return mask(f"{x} != {zero}", result, operand)
    if operand.kind == "f" and result.kind in "ui":
        return f"lg_cast_{result.name}_{operand.name}({x})"
    return x if operand.name == result.name else f"convert_{result.name}({x})"


def bitcast_text(args: Sequence[str], result: CType, operand: CType) -> str:
    return f"as_{result.name}({args[0]})"


def literal(value: float | int | bool, ctype: CType) -> str:
    """A typed literal; vectors are spread from one."""
    if ctype.kind == "b":
        text = "-1" if value else "0"
    elif ctype.kind == "f":
        text = _float_literal(float(value), ctype.base)
    else:
        number = int(value)
        low = -(1 << (8 * ctype.size - 1))
        if ctype.size == 8:
            text = f"(-{-(number + 1)}L - 1)" if number == low else f"{number}"
            text += "" if number == low else ("UL" if ctype.kind == "u" else "L")
        elif ctype.base == "int":
            text = "(-2147483647 - 1)" if number == low else f"{number}"
        elif ctype.base == "uint":
            text = f"{number}u"
        else:
            text = f"({ctype.base})({number})"
    return text if ctype.width == 1 else f"({ctype.name})({text})"


def _float_literal(value: float, base: str) -> str:
    if math.isnan(value):
        return "NAN" if base == "float" else "(double)NAN"
    if math.isinf(value):
        text = "INFINITY" if base == "float" else "(double)INFINITY"
        return f"(-{text})" if value < 0 else text
    text = repr(value) if base == "double" else str(np.float32(value))
    if "e" not in text and "." not in text:
        text += ".0"
    if base == "float":
        text += "f"
    return f"({text})" if text.startswith("-") else text
