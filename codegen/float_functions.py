"""Functions of float32 of our own, where a driver's builtin is wrong, or off by more than 2.5 ulp.

They need no float64 and give the same value in every lane, whatever lies in the lanes beside it.
"""

__all__ = ["float_function", "needed"]

# x reduced by quarters of a turn: x = quarter * pi / 2 + result + low. Up to 1e4 the quarters,
# below 2^13, times the first three parts of pi / 2 (8 and 11 bits) are exact.
_ANGLE = """\
inline {f} lg_angle_{width}({f} x, {f}* low, {i}* quarter) {{
  const {f} k = rint(x * 0x1.45f306p-1f);
  const {f} a = x - k * 0x1.92p0f, b = k * 0x1.fb4p-12f, c = k * 0x1.444p-24f;
  const {f} ab = a - b, ab_part = ab - a, ab_rest = (a - (ab - ab_part)) - (b + ab_part);
  const {f} abc = ab - c, abc_part = abc - ab;
  const {f} abc_rest = (ab - (abc - abc_part)) - (c + abc_part);
  const {f} rest = ab_rest + abc_rest - k * 0x1.68c234p-39f;
  const {f} near = abc + rest;
  *low = (abc - near) + rest;
  *quarter = convert_{i}(k);
{far}
}}"""

_FAR_VECTOR = """\
  if (any(fabs(x) > ({f})(1e4f))) {{
    float angles[{width}], xs[{width}], lows[{width}];
    int quarters[{width}];
    vstore{width}(near, 0, angles); vstore{width}(x, 0, xs);
    vstore{width}(*low, 0, lows); vstore{width}(*quarter, 0, quarters);
    for (int k = 0; k < {width}; k++)
      if (fabs(xs[k]) > 1e4f) angles[k] = lg_angle(xs[k], &lows[k], &quarters[k]);
    *low = vload{width}(0, lows); *quarter = vload{width}(0, quarters);
    return vload{width}(0, angles);
  }}
  return near;"""
_FAR_SCALAR = "  return fabs(x) > 1e4f ? lg_angle(x, low, quarter) : near;"

# Beyond 1e4: the bits of 2 / pi that make whole turns are left out, the next 96 are multiplied
# (Payne and Hanek 1983, "Radian reduction for trigonometric functions").
_ANGLE_FAR = """\
inline float lg_angle(float x, float* low, int* quarter) {
  const uint words[8] = {0x00000000u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u,
                         0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu};
  const uint bits = as_uint(x) & 0x7fffffffu;
  const int start = (int)(bits >> 23) - 120, word = start >> 5, shift = start & 31;
  const ulong m = (bits & 0x7fffffu) | 0x800000u;
  const ulong a = ((((ulong)words[word] << 32) | words[word + 1]) << shift) >> 32;
  const ulong b = ((((ulong)words[word + 1] << 32) | words[word + 2]) << shift) >> 32;
  const ulong c = ((((ulong)words[word + 2] << 32) | words[word + 3]) << shift) >> 32;
  const ulong turn = ((m * a) << 32) + m * b + ((m * c) >> 32);
  const long part = (long)(turn << 2) >> 1;
  const float high = convert_float(part), rest = convert_float(part - convert_long(high));
  const float p = high * 0x1p-63f, angle = p * 0x1.921fb6p0f;
  const float more = fma(p, 0x1.921fb6p0f, -angle)
                   + (p * -0x1.777a5cp-25f + rest * 0x1p-63f * 0x1.921fb6p0f);
  const int quarters = (int)((turn >> 62) + ((turn >> 61) & 1));
  *low = x < 0 ? -more : more;
  *quarter = x < 0 ? -quarters : quarters;
  return isinf(x) ? x - x : (x < 0 ? -angle : angle);
}"""

# Polynomials on [-pi/4, pi/4]: Moshier, Cephes (1989).
_CIRCULAR = """\
inline {f} lg_{name}_{width}({f} x) {{
  {f} low;
  {i} quarter;
  const {f} r = lg_angle_{width}(x, &low, &quarter), z = r * r;
  const {f} s3 = (-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f;
  const {f} c4 = (2.443315711809948e-5f * z - 1.388731625493765e-3f) * z
               + 4.166664568298827e-2f;
  const {f} half_z = 0.5f * z, most = 1.0f - half_z;
  const {f} s = r + (s3 * z * r + low * most);
  const {f} c = most + (((1.0f - most) - half_z) + (z * z * c4 - r * low));
  const {i} odd = (quarter & 1) != 0;
{result}
}}"""

_RESULTS = {
    "sin": """\
  const {f} size = odd ? c : s;
  return x == 0.0f ? x : (((quarter & 2) != 0) ? -size : size);""",
    "cos": """\
  const {f} size = odd ? s : c;
  return (((quarter + 1) & 2) != 0) ? -size : size;""",
    "tan": """\
  const {f} up = odd ? -c : s, down = odd ? s : c;
  return x == 0.0f ? x : up / down;""",
}

# atan on [0, 1], again Cephes; beyond tan(pi / 8) about pi / 4.
_ATAN2 = """\
inline {f} lg_atan2_{width}({f} y, {f} x) {{
  const {f} ax = fabs(x), ay = fabs(y);
  const {f} big = ay > ax ? ay : ax, small = ay > ax ? ax : ay;
  const {f} ratio = small == big ? (big == 0.0f ? big : ({f})(1.0f)) : small / big;
  const {i} upper = ratio > 0.41421356f;
  const {f} t = upper ? (ratio - 1.0f) / (ratio + 1.0f) : ratio, z = t * t;
  const {f} p = ((8.05374449538e-2f * z - 1.38776856032e-1f) * z + 1.99777106478e-1f) * z
              - 3.33329491539e-1f;
  const {f} low = p * z * t;
  const {f} first = upper ? 0x1.921fb6p-1f + (t + (low - 0x1.777a5cp-26f)) : t + low;
  const {f} second = ay > ax ? 0x1.921fb6p0f - (first + 0x1.777a5cp-25f) : first;
  const {i} left = as_{i}(x) < 0;
  const {f} third = left ? 0x1.921fb6p1f - (second + 0x1.777a5cp-24f) : second;
  return (isnan(x) | isnan(y)) ? x + y : copysign(third, y);
}}"""

# Near 0 as Cephes; beyond by exp, which both errors of the quotient leave below 2 ulp.
_TANH = """\
inline {f} lg_tanh_{width}({f} x) {{
  const {f} t = fabs(x), s = x * x;
  const {f} far = copysign(1.0f - 2.0f / (exp(t + t) + 1.0f), x);
  {f} near = (-5.70498872745e-3f * s + 2.06390887954e-2f) * s - 5.37397155531e-2f;
  near = (near * s + 1.33314422036e-1f) * s - 3.33332819422e-1f;
  return t > 0.625f ? far : near * s * x + x;
}}"""

# The polynomials of erf and erfc are minimax fits, coefficients rounded from the lowest one on.
# Near 0 erf(x) / x - 1 in x^2, far from it log(erfc(t)) / t in t.
_ERF = """\
inline {f} lg_erf_{width}({f} x) {{
  const {f} t = fabs(x), s = x * x;
  {f} far = (-0x1.8ed342p-17f * t + 0x1.59509ap-12f) * s + (-0x1.e0dfa4p-9f * t + 0x1.86391ep-6f);
  far = ((far * t - 0x1.b36836p-4f) * t - 0x1.452d8cp-1f) * t - 0x1.20efb8p0f;
  far = copysign(1.0f - exp(far * t), x);
  {f} near = (-0x1.398912p-11f * s + 0x1.4723dep-8f) * s - 0x1.b689b6p-6f;
  near = ((near * s + 0x1.ce1a88p-4f) * s - 0x1.8126e8p-2f) * s + 0x1.06eba6p-3f;
  return t > 0.93f ? far : near * x + x;
}}"""

# Above 0.46875 exp(-x^2) (1 + p) / (1 + 2x), p of (x - 2) / (x + 2). What x^2, the sum 1 + p and
# the quotient lose is kept: s has 12 bits, so s^2 is exact, and exp(s^2 - x^2) is 1 + more.
_ERFC = """\
inline {f} lg_erfc_{width}({f} x) {{
  const {f} near = 1.0f - lg_erf_{width}(x), t = clamp(x, 0.0f, 11.0f);
  const {f} q = (t - 2.0f) / (t + 2.0f);
  {f} p = ((-0x1.534372p-10f * q + 0x1.ece5fep-11f) * q + 0x1.1c69aep-7f) * q - 0x1.044c9cp-7f;
  p = (((p * q - 0x1.bc22f2p-5f) * q + 0x1.4ff54ep-3f) * q - 0x1.5407c4p-3f) * q - 0x1.7bf5aep-4f;
  p = p * q + 0x1.1ba038p-2f;
  const {f} up = p + 1.0f, up_rest = p - (up - 1.0f), two = t + t, down = two + 1.0f;
  const {f} down_rest = two < 1.0f ? two - (down - 1.0f) : 1.0f - (down - two);
  const {f} ratio = up / down;
  const {f} ratio_rest = (fma(-ratio, down, up) + (up_rest - ratio * down_rest)) / down;
  const {f} s = as_{f}((as_{u}(t) + 0x800u) & 0xfffff000u), e = exp(-s * s);
  const {f} z = (s - t) * (s + t);
  const {f} more = z + z * z * (0.5f + z * (0x1.555556p-3f + z * 0x1.555556p-5f));
  const {f} far = fma(e, ratio, e * (ratio * more + (ratio_rest + ratio_rest * more)));
  return x > 0.46875f ? far : near;
}}"""


def needed(name: str) -> list[str]:
    """What a function calls; each sorts before the function itself."""
    function, _, width = name.removeprefix("lg_").partition("_")
    if function == "erfc":
        return [f"lg_erf_{width}"]
    return ["lg_angle", f"lg_angle_{width}"] if function in _RESULTS else []


def float_function(function: str, width: int) -> str:
    """The definition of one function for vectors of `width` lanes; 0: of the part for one."""
    names = {"f": "float", "i": "int", "u": "uint", "width": width, "name": function}
    if width > 1:
        names |= {"f": f"float{width}", "i": f"int{width}", "u": f"uint{width}"}
    match function:
        case "angle" if width == 0:
            return _ANGLE_FAR
        case "angle":
            far = (_FAR_SCALAR if width == 1 else _FAR_VECTOR).format(**names)
            return _ANGLE.format(**names, far=far)
        case "sin" | "cos" | "tan":
            return _CIRCULAR.format(**names, result=_RESULTS[function].format(**names))
        case "atan2":
            return _ATAN2.format(**names)
        case "erf":
            return _ERF.format(**names)
        case "tanh":
            return _TANH.format(**names)
        case _:
            return _ERFC.format(**names)
