"""sin, cos, tan and atan2 of float32, for arguments of any size: texts for `float_functions`."""

__all__ = ["ANGLE_FAR", "ATAN2", "CIRCULAR", "angle"]

# x reduced by quarters of a turn: x = quarter * pi / 2 + result + low. Up to 1e4 the quarters,
# below 2^13, times the first three parts of pi / 2 (8 and 11 bits) are exact.
_ANGLE = """\
{inline} {f} lg_angle_{width}({f} x, {f}* low, {i}* quarter) {
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
}"""

_FAR_VECTOR = """\
  if (any(fabs(x) > ({f})(1e4f))) {
    float angles[{width}], xs[{width}], lows[{width}];
    int quarters[{width}];
    vstore{width}(near, 0, angles); vstore{width}(x, 0, xs);
    vstore{width}(*low, 0, lows); vstore{width}(*quarter, 0, quarters);
    for (int k = 0; k < {width}; k++)
      if (fabs(xs[k]) > 1e4f) angles[k] = lg_angle(xs[k], &lows[k], &quarters[k]);
    *low = vload{width}(0, lows); *quarter = vload{width}(0, quarters);
    return vload{width}(0, angles);
  }
  return near;"""
_FAR_SCALAR = "  return fabs(x) > 1e4f ? lg_angle(x, low, quarter) : near;"


def angle(width: int) -> str:
    """The reduction by quarters of a turn."""
    return _ANGLE.replace("{far}", _FAR_SCALAR if width == 1 else _FAR_VECTOR)


# Beyond 1e4: the bits of 2 / pi that make whole turns are left out, the next 96 are multiplied
# (Payne and Hanek 1983, "Radian reduction for trigonometric functions").
ANGLE_FAR = """\
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
{inline} {f} lg_{name}_{width}({f} x) {
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
}"""

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

CIRCULAR = {
    name: _CIRCULAR.replace("{name}", name).replace("{result}", result)
    for name, result in _RESULTS.items()
}

# atan on [0, 1], again Cephes; beyond tan(pi / 8) about pi / 4.
ATAN2 = """\
{inline} {f} lg_atan2_{width}({f} y, {f} x) {
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
}"""
