"""OpenCL functions that generated kernels call where the language leaves a meaning open."""

import re

from .dtype import DTYPES
from .float_functions import float_function, needed
from .opencl_text import call_safely
from .random_functions import normal, philox, philox_run
from .sort_functions import sort_function

__all__ = ["functions_for"]

_VECTOR = re.compile(r"^([a-z]+)(\d*)$")
_CALL = re.compile(r"\blg_[a-z0-9_]+")
_PARAMETERS = ("lg_code", "lg_error", "lg_run")

_CHECK = """\
inline long lg_check(long i, long count, int code, __global volatile int* error) {
  if (i >= 0 && i < count) return i;
  if (atomic_cmpxchg(error, 0, code) == 0) {
    error[1] = (int)(i >> 32);
    error[2] = (int)i;
  }
  return i < 0 ? 0 : count - 1;
}"""

_TO_BFLOAT = """\
inline ushort{w} lg_to_bfloat{w}(float{w} x) {{
  const uint{w} bits = as_uint{w}(x);
  const uint{w} rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const uint{w} nan = (bits >> 16) | 0x40u;
  return convert_ushort{w}((bits & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
}}"""

_ROUND_BFLOAT16 = """\
inline float{w} lg_round_bfloat16_{width}(float{w} x) {{
  const uint{w} bits = as_uint{w}(x);
  const uint{w} rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
  return as_float{w}((bits & 0x7fffffffu) > 0x7f800000u ? bits : rounded);
}}"""

# Below 2^-14 float16 has steps of 2^-24, as float32 has from 0.5 to 1; from 65520 on it has none.
_ROUND_FLOAT16 = """\
inline float{w} lg_round_float16_{width}(float{w} x) {{
  const uint{w} bits = as_uint{w}(x), size = bits & 0x7fffffffu;
  const uint{w} plain = (size + 0xfffu + ((size >> 13) & 1u)) & 0xffffe000u;
  const uint{w} tiny = as_uint{w}(as_float{w}(size) + 0.5f - 0.5f);
  const uint{w} finite = size < 0x38800000u ? tiny : plain;
  const uint{w} big = size > 0x7f800000u ? size : (uint{w})(0x7f800000u);
  return as_float{w}((size < 0x477ff000u ? finite : big) | (bits & 0x80000000u));
}}"""

# The bits of a value that float16 or bfloat16 holds, and the value of bits.
_NARROW = {
    ("bits", "bfloat16"): """\
inline ushort{w} lg_bits_bfloat16_{width}(float{w} x) {{
  return convert_ushort{w}(as_uint{w}(x) >> 16);
}}""",
    ("value", "bfloat16"): """\
inline float{w} lg_value_bfloat16_{width}(ushort{w} x) {{
  return as_float{w}(convert_uint{w}(x) << 16);
}}""",
    ("bits", "float16"): """\
inline ushort{w} lg_bits_float16_{width}(float{w} x) {{
  const uint{w} bits = as_uint{w}(x), size = bits & 0x7fffffffu;
  const uint{w} tiny = convert_uint{w}(as_float{w}(size) * 0x1p24f);
  const uint{w} finite = size < 0x38800000u ? tiny : (size - 0x38000000u) >> 13;
  const uint{w} nan = 0x7e00u | ((size >> 13) & 0x3ffu);
  const uint{w} big = size > 0x7f800000u ? nan : (uint{w})(0x7c00u);
  return convert_ushort{w}((size < 0x7f800000u ? finite : big) | ((bits >> 16) & 0x8000u));
}}""",
    ("value", "float16"): """\
inline float{w} lg_value_float16_{width}(ushort{w} x) {{
  const uint{w} bits = convert_uint{w}(x), size = bits & 0x7fffu;
  const uint{w} tiny = as_uint{w}(convert_float{w}(size) * 0x1p-24f);
  const uint{w} bias = size < 0x7c00u ? (uint{w})(0x38000000u) : (uint{w})(0x70000000u);
  const uint{w} plain = (size << 13) + bias;
  return as_float{w}((size < 0x400u ? tiny : plain) | ((bits & 0x8000u) << 16));
}}""",
    ("round", "bfloat16"): _ROUND_BFLOAT16,
    ("round", "float16"): _ROUND_FLOAT16,
    # PoCL 3.1 takes it that vectors of half lie at multiples of their size, and crashes elsewhere
    ("load", "float16"): """\
inline float{w} lg_load_float16_{width}(__global const half* at) {{
  const ushort{w} bits = vload{w}(0, (__global const ushort*)at);
  return vload_half{w}(0, (const half*)&bits);
}}""",
    ("store", "float16"): """\
inline void lg_store_float16_{width}(float{w} x, __global half* at) {{
  ushort{w} bits;
  vstore_half{w}_rte(x, 0, (half*)&bits);
  vstore{w}(bits, 0, (__global ushort*)at);
}}""",
    # at multiples of the vector's size: one access
    ("loadaligned", "float16"): """\
inline float{w} lg_loadaligned_float16_{width}(__global const half* at) {{
  const ushort{w} bits = *(__global const ushort{w}*)at;
  return vload_half{w}(0, (const half*)&bits);
}}""",
    ("storealigned", "float16"): """\
inline void lg_storealigned_float16_{width}(float{w} x, __global half* at) {{
  ushort{w} bits;
  vstore_half{w}_rte(x, 0, (half*)&bits);
  *(__global ushort{w}*)at = bits;
}}""",
}

# matrix instructions of NVIDIA's GPUs, for whole warps; macros, as registers have no addresses
_FRAGMENTS = """\
#define lg_fragments{turned}(r0, r1, r2, r3, at) asm volatile( \\
  "ldmatrix.sync.aligned.m8n8.x4{trans}.shared.b16 {{%0, %1, %2, %3}}, [%4];" \\
  : "=r"(r0), "=r"(r1), "=r"(r2), "=r"(r3) : "r"((uint)(size_t)(at)))"""
_MMA = """\
#define lg_mma_{name}(c0, c1, c2, c3, a0, a1, a2, a3, b0, b1) asm volatile( \\
  "mma.sync.aligned.m16n8k16.row.col.f32.{t}.{t}.f32 {{%0, %1, %2, %3}}, {{%4, %5, %6, %7}}, " \\
  "{{%8, %9}}, {{%0, %1, %2, %3}};" \\
  : "+f"(c0), "+f"(c1), "+f"(c2), "+f"(c3) \\
  : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1))"""

_COSINE = """\
inline double{w} lg_cosine_{width}(double{w} x) {{
  double{w} cosine;
  sincos(x, &cosine);
  return cosine;
}}"""


def _split(name: str) -> tuple[str, int]:
    match = _VECTOR.match(name)
    assert match is not None, name
    return match[1], int(match[2] or 1)


def _bits(base: str) -> int:
    return {"char": 8, "short": 16, "int": 32, "float": 32, "long": 64, "double": 64}[
        base.removeprefix("u")
    ]


def _select(mask: str, yes: str, no: str) -> str:
    return f"(({mask}) ? ({yes}) : ({no}))"


def _moves(zero: str, divisor: str = "d", both: str = "&") -> str:
    """Whether a truncated remainder r by a divisor has the wrong sign."""
    return f"(r != {zero}) {both} ((r < {zero}) != ({divisor} < {zero}))"


def _floordiv(t: str) -> str:
    """Division that rounds down; integers by zero give 0, as in NumPy.

    Of floats, the floor of a rounded quotient would be one too many for 1 / 0.1: NumPy and
    PyTorch take the remainder first.
    """
    base, width = _split(t)
    zero, one = f"({t})(0)", f"({t})(1)"
    if base in ("float", "double"):
        moves = _moves(zero, "b", "&&" if width == 1 else "&")
        return "\n".join([
            f"inline {t} lg_floordiv_{t}({t} a, {t} b) {{",
            f"  const {t} r = {call_safely('fmod', ('a', 'b'), base, width)};",
            f"  const {t} whole = rint((a - r) / b - {_select(moves, one, zero)});",
            f"  return {_select(f'b == {zero}', 'a / b', 'whole')};",
            "}",
        ])  # fmt: skip
    if base.startswith("u"):
        safe = _select(f"b == {zero}", one, "b")
        return f"inline {t} lg_floordiv_{t}({t} a, {t} b) {{\n  const {t} d = {safe};\n" \
               f"  return {_select(f'b == {zero}', zero, f'({t})(a / d)')};\n}}"  # fmt: skip
    minus = f"({t})(-1)"
    lines = [
        f"inline {t} lg_floordiv_{t}({t} a, {t} b) {{",
        f"  const {t} d = {_select(f'(b == {zero}) | (b == {minus})', one, 'b')};",
        f"  const {t} q = ({t})(a / d), r = ({t})(a - q * d);",
        f"  const {t} down = {_select(_moves(zero), one, zero)};",
        f"  const {t} whole = ({t})(q - down), flipped = ({t})(-a);",
        f"  return {_select(f'b == {zero}', zero, _select(f'b == {minus}', 'flipped', 'whole'))};",
        "}",
    ]
    return "\n".join(lines)


def _mod(t: str) -> str:
    """Remainder with the sign of the divisor (Python's, NumPy's and PyTorch's)."""
    base, width = _split(t)
    zero = f"({t})(0)"
    if base in ("float", "double"):
        flipped = _moves(zero, "b", "&&" if width == 1 else "&")
        return (
            f"inline {t} lg_mod_{t}({t} a, {t} b) {{\n  const {t} r = "
            f"{call_safely('fmod', ('a', 'b'), base, width)};\n"
            f"  const {t} moved = {_select(flipped, 'r + b', 'r')};\n"
            f"  return {_select(f'moved == {zero}', f'copysign({zero}, b)', 'moved')};\n}}"
        )
    one, minus = f"({t})(1)", f"({t})(-1)"
    if base.startswith("u"):
        safe = _select(f"b == {zero}", one, "b")
        return (
            f"inline {t} lg_mod_{t}({t} a, {t} b) {{\n  const {t} d = {safe};\n"
            f"  return {_select(f'b == {zero}', zero, f'({t})(a % d)')};\n}}"
        )
    return "\n".join([
        f"inline {t} lg_mod_{t}({t} a, {t} b) {{",
        f"  const {t} d = {_select(f'(b == {zero}) | (b == {minus})', one, 'b')};",
        f"  const {t} r = ({t})(a % d);",
        f"  return {_select(_moves(zero), f'({t})(r + d)', 'r')};",
        "}",
    ])  # fmt: skip


def _ipow(t: str) -> str:
    """Integer power by squaring, wrapping; a negative exponent gives 1/x rounded to 0."""
    base, _ = _split(t)
    zero, one = f"({t})(0)", f"({t})(1)"
    bits = _bits(base)
    lines = [f"inline {t} lg_ipow_{t}({t} a, {t} b) {{", f"  {t} r = {one}, x = a, e = b;"]
    lines += [
        f"  for (int i = 0; i < {bits}; i++) {{",
        f"    r = {_select(f'(e & {one}) != {zero}', f'({t})(r * x)', 'r')};",
        f"    x = ({t})(x * x); e = ({t})((e >> {one}) & ({t})({(1 << (bits - 1)) - 1}));",
        "  }",
    ]
    if base.startswith("u"):
        return "\n".join([*lines, "  return r;", "}"])
    minus = f"({t})(-1)"
    odd = _select(f"(b & {one}) != {zero}", minus, one)
    below = _select(f"a == {one}", one, _select(f"a == {minus}", odd, zero))
    return "\n".join([*lines, f"  return {_select(f'b < {zero}', below, 'r')};", "}"])


def _cast(target: str, source: str) -> str:
    """Float to integer with one meaning everywhere: see `special.to_integer`."""
    base, width = _split(target)
    suffix = "" if width == 1 else str(width)
    wide_bits = 64 if _bits(base) == 64 or base == "uint" else 32
    wide = ("long" if wide_bits == 64 else "int") + suffix
    source_base = _split(source)[0]
    one = "" if source_base == "double" else "f"
    low, high = f"({source})(-0x1p{wide_bits - 1}{one})", f"({source})(0x1p{wide_bits - 1}{one})"
    lowest = (
        f"({wide})({'(-9223372036854775807L - 1)' if wide_bits == 64 else '(-2147483647 - 1)'})"
    )
    inside = f"(x >= {low}) & (x < {high})"
    if width > 1:
        inside = f"convert_{wide}({inside})"
    lines = [
        f"inline {target} lg_cast_{target}_{source}({source} x) {{",
        f"  const {wide} w = {_select(inside, f'convert_{wide}_sat(x)', lowest)};",
    ]
    if base == "ulong":
        top = f"(x >= {high}) & (x < ({source})(0x1p64{one}))"
        if width > 1:
            top = f"convert_{wide}({top})"
        lines.append(
            f"  return {_select(top, f'convert_{target}_sat(x)', f'convert_{target}(w)')};"
        )
    else:
        lines.append(f"  return convert_{target}(w);")
    return "\n".join([*lines, "}"])


def _function(name: str) -> str:
    parts = name.removeprefix("lg_").split("_")
    match parts:
        case ["floordiv", t]:
            return _floordiv(t)
        case ["mod", t]:
            return _mod(t)
        case ["ipow", t]:
            return _ipow(t)
        case ["cast", target, source]:
            return _cast(target, source)
        case ["angle"]:
            return float_function("angle", 0)
        case [
            "exp" | "shortexp" | "log" | "tanh" | "erf" | "erfc" | "angle" | "sin" | "cos" | "tan"
            | "atan2" as function,
            width,
        ]:  # fmt: skip
            return float_function(function, int(width))
        case ["cosine", width]:
            return _COSINE.format(w="" if width == "1" else width, width=width)
        case ["philox", "run", positions]:
            return philox_run(positions)
        case ["philox", positions]:
            return philox(positions)
        case ["normal", width]:
            return normal(int(width))
        case ["argsort" | "topk" as kind, order, dtype]:
            return sort_function(kind, order, DTYPES[dtype])
        case ["check"]:
            return _CHECK
        case ["fragments"]:
            return _FRAGMENTS.format(turned="", trans="")
        case ["fragments", "turned"]:
            return _FRAGMENTS.format(turned="_turned", trans=".trans")
        case ["mma", dtype]:
            return _MMA.format(name=dtype, t={"float16": "f16", "bfloat16": "bf16"}[dtype])
        case [
            "round"
            | "bits"
            | "value"
            | "load"
            | "store"
            | "loadaligned"
            | "storealigned" as function,
            dtype,
            width,
        ]:
            text = _NARROW[function, dtype]
            return text.format(w="" if width == "1" else width, width=width)
        case ["to", bfloat]:
            return _TO_BFLOAT.format(w=bfloat.removeprefix("bfloat"))
        case _:
            raise KeyError(f"no function {name}")


def functions_for(text: str) -> str:
    """The definitions of all functions of ours that a text calls, each after those it calls."""
    called = {n for n in _CALL.findall(text) if n not in _PARAMETERS}
    order: dict[str, None] = {}
    stack = sorted(called, reverse=True)
    while stack:
        missing = [n for n in needed(stack[-1]) if n not in order]
        if missing:
            stack += missing
        else:
            order[stack.pop()] = None
    return "\n\n".join(map(_function, order))
