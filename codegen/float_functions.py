"""Functions of float32 of our own: where a driver's builtin is wrong, off by more than 2.5 ulp, or
slow in vectors.

They need no float64 and give the same value in every lane, whatever lies in the lanes beside it;
those without builtins inside also on every device that has `fma`. On CPUs the builtins of many
drivers are calls, some for each lane: rounding is done by adding 1.5 * 2^23, sizes and signs by
bits, choices by `a < b ? a : b`. PoCL's compiler must be told to inline: calls double the time.
"""

from collections.abc import Sequence

from .circular_functions import ANGLE_FAR, ATAN2, CIRCULAR, angle

__all__ = ["INLINE", "float_function", "horner", "needed"]

INLINE = "inline __attribute__((always_inline))"


def horner(result: str, x: str, coefficients: Sequence[str]) -> str:
    """Statements for a polynomial in x, the coefficient of the highest power first."""
    first, second, *rest = coefficients
    lines = [f"  {{f}} {result} = lg_fma(({{f}})({first}f), {x}, ({{f}})({second}f));"]
    lines += [f"  {result} = lg_fma({result}, {x}, ({{f}})({c}f));" for c in rest]
    return "\n".join(lines)


_EXP_SERIES = horner("p", "r", (
    "0x1.6a4d5ap-10", "0x1.12398ep-7", "0x1.5558bp-5", "0x1.555492p-3", "0x1.fffffcp-2", "1.0",
    "1.0",
))  # fmt: skip

# x = k ln 2 + r, |r| <= ln(2) / 2. The sum with 1.5 * 2^23 + 254 ends in the bits of k + 254, whose
# halves are the exponents of two factors: only the last product overflows or becomes denormal.
_EXP = """\
{inline} {f} lg_exp_{width}({f} x) {
  x = x < -104.0f ? ({f})(-104.0f) : x;
  x = x > 89.0f ? ({f})(89.0f) : x;
  const {f} t = lg_fma(x, ({f})(0x1.715476p0f), ({f})(0x1.8001fcp23f));
  const {f} k = t - 0x1.8001fcp23f;
  const {f} r = lg_fma(k, ({f})(0x1.bd0106p-13f), lg_fma(k, ({f})(-0x1.63p-1f), x));
{p}
  const {i} n = as_{i}(t), half_n = n >> 1;
  return p * as_{f}(half_n << 23) * as_{f}((n - half_n) << 23);
}""".replace("{p}", _EXP_SERIES)

# As exp, for -87 <= x <= 88, where 2^k is one factor: the bits of k + 127.
_SHORT_EXP = """\
{inline} {f} lg_shortexp_{width}({f} x) {
  const {f} t = lg_fma(x, ({f})(0x1.715476p0f), ({f})(0x1.8000fep23f));
  const {f} k = t - 0x1.8000fep23f;
  const {f} r = lg_fma(k, ({f})(0x1.bd0106p-13f), lg_fma(k, ({f})(-0x1.63p-1f), x));
{p}
  return p * as_{f}(as_{i}(t) << 23);
}""".replace("{p}", _EXP_SERIES)

# x = 2^k (1 + m), 2/3 <= 1 + m < 4/3; odd and even powers of m apart, so that they wait less.
_LOG = """\
{inline} {f} lg_log_{width}({f} x) {
  const {i} tiny = x < 0x1p-126f;
  const {i} u = as_{i}(tiny ? x * 0x1p23f : x), e = (u - 0x3f2aaaab) >> 23;
  const {f} k = as_{f}(e + (tiny ? ({i})(0x4b3fffe9) : ({i})(0x4b400000))) - 0x1.8p23f;
  const {f} m = as_{f}(u - (e << 23)) - 1.0f, s = m * m;
{even}
{odd}
  {f} p = lg_fma(odd, m, even);
  p = lg_fma(p, m, ({f})(0x1.5554fap-2f));
  p = lg_fma(lg_fma(p, m, ({f})(-0.5f)), s, m);
  p = lg_fma(k, ({f})(0x1.62e43p-1f), p);
  p = x < INFINITY ? p : x;
  return x > 0.0f ? p : (x == 0.0f ? ({f})(-INFINITY) : ({f})(NAN));
}""".replace("{even}", horner("even", "s", (
    "-0x1.0aep-3", "-0x1.f19968p-4", "-0x1.55b362p-3", "-0x1.fffe02p-3",
))).replace("{odd}", horner("odd", "s", (
    "0x1.208p-3", "0x1.1e574p-3", "0x1.99d8b2p-3",
)))  # fmt: skip

# Near 0 as Cephes; beyond by exp, which both errors of the quotient leave below 2 ulp.
_TANH = """\
{inline} {f} lg_tanh_{width}({f} x) {
  const {u} sign = as_{u}(x) & 0x80000000u;
  const {f} t = as_{f}(as_{u}(x) & 0x7fffffffu), s = x * x;
  const {f} power = t + t > 87.0f ? ({f})(87.0f) : t + t;
  const {f} far = 1.0f - 2.0f / (lg_shortexp_{width}(power) + 1.0f);
{near}
  return t > 0.625f ? as_{f}(as_{u}(far) | sign) : lg_fma(near * s, x, x);
}""".replace("{near}", horner("near", "s", (
    "-5.70498872745e-3", "2.06390887954e-2", "-5.37397155531e-2", "1.33314422036e-1",
    "-3.33332819422e-1",
)))  # fmt: skip

# The polynomials of erf and erfc are minimax fits, coefficients rounded from the lowest one on.
# Near 0 erf(x) / x - 1 in x^2, far from it log(erfc(t)) / t in t.
_ERF = """\
{inline} {f} lg_erf_{width}({f} x) {
  const {u} sign = as_{u}(x) & 0x80000000u;
  const {f} t = as_{f}(as_{u}(x) & 0x7fffffffu), s = x * x;
{log}
{near}
  const {f} power = log * t;
  const {f} far = 1.0f - lg_shortexp_{width}(power < -87.0f ? ({f})(-87.0f) : power);
  return t > 0.93f ? as_{f}(as_{u}(far) | sign) : lg_fma(near, x, x);
}""".replace("{log}", horner("log", "t", (
    "-0x1.8ed342p-17", "0x1.59509ap-12", "-0x1.e0dfa4p-9", "0x1.86391ep-6", "-0x1.b36836p-4",
    "-0x1.452d8cp-1", "-0x1.20efb8p0",
))).replace("{near}", horner("near", "s", (
    "-0x1.398912p-11", "0x1.4723dep-8", "-0x1.b689b6p-6", "0x1.ce1a88p-4", "-0x1.8126e8p-2",
    "0x1.06eba6p-3",
)))  # fmt: skip

# Above 0.46875 exp(-x^2) (1 + p) / (1 + 2x), p of (x - 2) / (x + 2). What x^2, the sum 1 + p and
# the quotient lose is kept: s has 12 bits, so s^2 is exact, and exp(s^2 - x^2) is 1 + more.
_ERFC = """\
{inline} {f} lg_erfc_{width}({f} x) {
  const {f} near = 1.0f - lg_erf_{width}(x), t = clamp(x, 0.0f, 11.0f);
  const {f} q = (t - 2.0f) / (t + 2.0f);
{p}
  const {f} up = p + 1.0f, up_rest = p - (up - 1.0f), two = t + t, down = two + 1.0f;
  const {f} down_rest = two < 1.0f ? two - (down - 1.0f) : 1.0f - (down - two);
  const {f} ratio = up / down;
  const {f} ratio_rest = (fma(-ratio, down, up) + (up_rest - ratio * down_rest)) / down;
  const {f} s = as_{f}((as_{u}(t) + 0x800u) & 0xfffff000u), e = lg_exp_{width}(-s * s);
  const {f} z = (s - t) * (s + t);
  const {f} more = z + z * z * (0.5f + z * (0x1.555556p-3f + z * 0x1.555556p-5f));
  const {f} far = fma(e, ratio, e * (ratio * more + (ratio_rest + ratio_rest * more)));
  return x > 0.46875f ? far : near;
}""".replace("{p}", horner("p", "q", (
    "-0x1.534372p-10", "0x1.ece5fep-11", "0x1.1c69aep-7", "-0x1.044c9cp-7", "-0x1.bc22f2p-5",
    "0x1.4ff54ep-3", "-0x1.5407c4p-3", "-0x1.7bf5aep-4", "0x1.1ba038p-2",
)))  # fmt: skip

_TEXTS = {
    "exp": _EXP, "shortexp": _SHORT_EXP, "log": _LOG, "tanh": _TANH, "erf": _ERF,
    "erfc": _ERFC, "atan2": ATAN2,
    **CIRCULAR,
}  # fmt: skip


def needed(name: str) -> list[str]:
    """The functions of ours that one of them calls."""
    function, _, width = name.removeprefix("lg_").partition("_")
    match function:
        case "erfc":
            return [f"lg_erf_{width}", f"lg_exp_{width}"]
        case "erf" | "tanh":
            return [f"lg_shortexp_{width}"]
        case "sin" | "cos" | "tan":
            return [f"lg_angle_{width}"]
        case "angle" if width:
            return ["lg_angle"]
        case _:
            return []


def float_function(function: str, width: int) -> str:
    """The definition of one function for vectors of `width` lanes; 0: of the part for one."""
    if width == 0:
        return ANGLE_FAR
    text = angle(width) if function == "angle" else _TEXTS[function]
    lanes = "" if width == 1 else str(width)
    types = {"{f}": f"float{lanes}", "{i}": f"int{lanes}", "{u}": f"uint{lanes}"}
    for place, name in ({**types, "{width}": str(width), "{inline}": INLINE}).items():
        text = text.replace(place, name)
    return text
