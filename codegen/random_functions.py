"""Random numbers in kernels: Philox 4x32-10 (Salmon et al., SC 2011) and normal deviates.

A block of Philox has four words, and a stream is the words of blocks in a row. Lanes that hold
neighbouring places of the stream, the usual case, share their blocks (`philox_run`).
"""

from .float_functions import INLINE, horner

__all__ = ["CENTER", "LAST_CENTRAL", "TAIL", "normal", "philox", "philox_run"]

_ROUNDS = """\
  #pragma unroll
  for (int round = 0; round < 10; round++) {
    const {l} p0 = (c0 & 0xffffffffUL) * 0xD2511F53UL, p1 = (c2 & 0xffffffffUL) * 0xCD9E8D57UL;
    c0 = (p1 >> 32) ^ c1 ^ k0; c1 = p1;
    c2 = (p0 >> 32) ^ c3 ^ k1; c3 = p0;
    k0 = (k0 + 0x9E3779B9UL) & 0xffffffffUL; k1 = (k1 + 0xBB67AE85UL) & 0xffffffffUL;
  }"""

_ONE_BY_ONE = """\
inline {u} lg_philox_{t}({l} first, {l} key, {t} position) {
  const {l} place = {place}, block = first + (place >> 2), word = place & 3;
  {l} c0 = block & 0xffffffffUL, c1 = block >> 32, c2 = 0, c3 = 0;
  {l} k0 = key & 0xffffffffUL, k1 = key >> 32;
{rounds}
  return convert_{u}(word < 2 ? (word == 0 ? c0 : c1) & 0xffffffffUL
                              : (word == 2 ? c2 : c3) & 0xffffffffUL);
}"""

# c0 alone needs a mask at the end: products and shifts by 32 drop what the others have above
_RUN = """\
{inline} {u} lg_philox_run_{t}({ls} first, {ls} key, {t} position) {
  const ulong start = first{s0} + (position{s0} >> 2);
  const {l} block = start + {numbers};
  {l} c0 = block, c1 = block >> 32, c2 = 0, c3 = 0;
  ulong k0 = key{s0} & 0xffffffffUL, k1 = key{s0} >> 32;
{rounds}
  const {l} low = (c0 & 0xffffffffUL) | (c1 << 32), high = (c2 & 0xffffffffUL) | (c3 << 32);
  return as_{u}(({pairs})({words}));
}"""


def _lanes(base: str, width: int) -> str:
    return base if width == 1 else f"{base}{width}"


def _width(t: str) -> int:
    return int(t.lstrip("abcdefghijklmnopqrstuvwxyz") or 1)


def philox(t: str) -> str:
    """Word `position % 4` of block `first + position / 4` under `key`; t: type of positions."""
    width = _width(t)
    lanes = _lanes("ulong", width)
    place = "position" if t == lanes else f"convert_{lanes}(position)"
    types = {"{l}": lanes, "{u}": _lanes("uint", width), "{t}": t, "{place}": place}
    text = _ONE_BY_ONE.replace("{rounds}", _ROUNDS)
    for key, name in types.items():
        text = text.replace(key, name)
    return text


def philox_run(t: str) -> str:
    """As `philox`, of lanes with neighbouring positions, of which the first is a multiple of 4."""
    width = _width(t)
    blocks = width // 4
    numbers = ", ".join(map(str, range(blocks)))
    of_lane = [""] if blocks == 1 else [f".s{k}" for k in range(blocks)]
    types = {
        "{l}": _lanes("ulong", blocks), "{ls}": _lanes("ulong", width), "{s0}": ".s0",
        "{u}": _lanes("uint", width), "{t}": t, "{inline}": INLINE,
        "{numbers}": f"({_lanes('ulong', blocks)})({numbers})",
        "{pairs}": _lanes("ulong", 2 * blocks),
        "{words}": ", ".join(f"low{k}, high{k}" for k in of_lane),
    }  # fmt: skip
    text = _RUN.replace("{rounds}", _ROUNDS)
    for key, name in types.items():
        text = text.replace(key, name)
    return text


# x = 2 p - 1 in (-1, 1) from the bits as a signed number; z = -log2(1 - x^2). Phi^-1(p) / x is a
# polynomial in z up to 9, in sqrt(z) - 4 beyond, which one value in 1000 needs (the way of Giles,
# "Approximating the erfinv function", 2010). The distance of x to -1 or 1, which the bits have
# exactly, gives 1 - x^2. Minimax fits, coefficients rounded from the lowest one on.
LAST_CENTRAL = 9.0
CENTER = (
    "-0x1.17b8d0p-32", "0x1.4bf966p-27", "-0x1.efc4aep-24", "-0x1.24dd54p-23", "0x1.c3fd9cp-17",
    "-0x1.a70e9ap-15", "-0x1.1cd58ep-10", "0x1.00d2b6p-7", "0x1.d1c9f4p-3", "0x1.40d930p0",
)  # fmt: skip
TAIL = (
    "0x1.7f867cp-17", "-0x1.9e3936p-14", "0x1.700a0ap-12", "-0x1.87ce54p-11", "0x1.55269ap-10",
    "-0x1.4543fcp-9", "0x1.248678p-8", "0x1.2f3dc2p0", "0x1.1e6c54p2",
)  # fmt: skip
_LOG2 = (
    "0x1.073a70p-2", "-0x1.231300p-2", "0x1.227796p-2", "-0x1.6e506ep-2", "0x1.ec9cacp-2",
    "-0x1.715bb2p-1", "0x1.71545ep0",
)  # fmt: skip

_NORMAL = """\
{inline} {f} lg_normal_{width}({u} bits) {
  const {i} s = as_{i}(bits), away = (s ^ (s >> 31)) ^ 0x7fffffff;
  const {f} x = (convert_{f}(s) + 0.5f) * 0x1p-31f;
  const {f} near_one = (convert_{f}(away) + 0.5f) * 0x1p-31f, v = near_one * (2.0f - near_one);
  const {i} u = as_{i}(v), e = (u - 0x3f2aaaab) >> 23;
  const {f} m = as_{f}(u - (e << 23)) - 1.0f;
{log}
  const {f} z = -lg_fma(log, m, as_{f}(e + 0x4b400000) - 0x1.8p23f);
{center}
  const {i} far = z > {last}f;
{any}
  if ({some}) {
    const {f} root = sqrt(z) - 4.0f;
{tail}
    center = far ? tail : center;
  }
  return center * x;
}"""


def normal(width: int) -> str:
    """The standard normal deviate whose distribution function is the bits' part of 2^32."""
    some, halves = "far", []
    for half in (8, 4, 2):
        if half < width:
            halves.append(f"  const int{half} some{half} = {some}.lo | {some}.hi;")
            some = f"some{half}"
    types = {
        "{log}": horner("log", "m", _LOG2), "{center}": horner("center", "z", CENTER),
        "{tail}": horner("tail", "root", TAIL).replace("  ", "    "),
        "{any}": "\n".join(halves),
        "{some}": some if width == 1 else f"({some}.s0 | {some}.s1) != 0",
        "{last}": str(LAST_CENTRAL), "{inline}": INLINE, "{width}": str(width),
        "{f}": _lanes("float", width), "{i}": _lanes("int", width), "{u}": _lanes("uint", width),
    }  # fmt: skip
    text = _NORMAL if halves else _NORMAL.replace("{any}\n", "")
    for key, name in types.items():
        text = text.replace(key, name)
    return text
