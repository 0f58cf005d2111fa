"""OpenCL functions that order one line: a radix sort of positions, and the first k of that order.

Both work on *items*: a value's key in the high half, its position in the low one. Keys are
unsigned integers in the order of the values, NaN last, -0 as 0. Items are all different, so that
any way of ordering them is stable.
"""

from .dtype import DType, bfloat16, float16

__all__ = ["sort_function", "takes_topk"]

_ARGSORT = """\
{key}

void {name}(__global const {s}* x, __global long* out, __global long* scratch, long base, long n) {{
  __global ulong* from = (__global ulong*)out + base;
  __global ulong* to = (__global ulong*)scratch + base;
  for (long i = 0; i < n; i++) from[i] = {item};
  if (n <= 48) {{
    for (long i = 1; i < n; i++) {{
      const ulong v = from[i];
      long j = i;
      for (; j > 0 && {before}; j--) from[j] = from[j - 1];
      from[j] = v;
    }}
  }} else {{
    const int wide = n < 4096 ? 8 : 11;  // bits that one pass looks at
    uint starts[2048];
    for (int shift = 0; shift < {bits}; shift += wide) {{
      const uint mask = (1u << wide) - 1;
      for (uint d = 0; d <= mask; d++) starts[d] = 0;
      for (long i = 0; i < n; i++) starts[{digit_i}]++;
      if (starts[{digit_0}] == n) continue;  // all have one digit
      uint start = 0;
      for (uint d = 0; d <= mask; d++) {{
        const uint count = starts[d];
        starts[d] = start;
        start += count;
      }}
      for (long i = 0; i < n; i++) {{
        const ulong v = from[i];
        to[starts[{digit_v}]++] = v;
      }}
      __global ulong* t = from; from = to; to = t;
    }}
  }}
  for (long i = 0; i < n; i++) out[base + i] = from[i] & 0xffffffffu;
}}"""

_TOPK = """\
{key}

inline void {name}_divide(__local ulong* kept, int count, int k) {{  // the k smallest to the front
  int low = 0, high = count - 1;
  while (low < high) {{
    const ulong a = kept[low], b = kept[low + (high - low) / 2], c = kept[high];
    const ulong pivot = max(min(a, b), min(max(a, b), c));
    const int from = pivot == a ? low : pivot == c ? high : low + (high - low) / 2;
    kept[from] = c;
    int at = low;
    for (int i = low; i < high; i++) {{
      const ulong v = kept[i];
      kept[i] = kept[at];
      kept[at] = v;
      at += v < pivot;
    }}
    kept[high] = kept[at];
    kept[at] = pivot;
    if (at == k || at == k - 1) break;
    if (at < k) low = at + 1; else high = at - 1;
  }}
}}

void {name}(__global const {s}* x, __global long* out, __local ulong* kept, long base, long to,
            int n, int k, int room) {{
  ulong worst = ~0UL;  // of the k best so far; from then on only what is before it is kept
  int count = 0, i = 0;
  while (i < n) {{
    if (count == room) {{
      {name}_divide(kept, count, k);
      worst = kept[0];
      for (int j = 1; j < k; j++) worst = max(worst, kept[j]);
      count = k;
    }}
{skip}\
    for (const int stop = min(i + 16, n); i < stop && count < room; i++) {{
      const ulong v = {item};
      kept[count] = v;
      count += v < worst;
    }}
  }}
  {name}_divide(kept, count, k);
  __local ulong* from = kept;
  __local ulong* into = kept + k;
  for (int width = 1; width < k; width *= 2) {{
    for (int low = 0; low < k; low += 2 * width) {{
      const int mid = min(low + width, k), high = min(low + 2 * width, k);
      int a = low, b = mid;
      for (int j = low; j < high; j++) {{
        const int left = (b == high) | ((a < mid) & (from[a] < from[b]));
        into[j] = left ? from[a] : from[b];
        a += left;
        b += !left;
      }}
    }}
    __local ulong* t = from; from = into; into = t;
  }}
  for (int j = 0; j < k; j++) out[to + j] = from[j] & 0xffffffffu;
}}"""

# Whole vectors in which nothing is better are passed over; doubts are left to the items.
_SKIP = """\
    if (worst != ~0UL) {{
      const {s} edge = x[base + (uint)worst];
      for (; i + 16 <= n; i += 16) {{
        const {s}16 v = vload16(0, x + base + i);
        const {m}16 m = {better};
        const {m}8 m8 = m.lo | m.hi;
        const {m}4 m4 = m8.lo | m8.hi;
        const {m}2 m2 = m4.lo | m4.hi;
        if (m2.x | m2.y) break;
      }}
    }}
"""

_KEY_OF_FLOAT = """\
inline {u} {name}_key({t} v) {{
  const {u} bits = as_{u}(v), size = bits & {low};
  const {u} ordered = bits == size ? bits | {top} : ~bits;
  const {u} key = size > {infinite} ? {top} | {nan} : size == 0 ? {top} : ordered;
  return {result};
}}"""

_KEY_OF_INTEGER = """\
inline {u} {name}_key({s} v) {{
  const {u} key = ({u})v + {shift};
  return {result};
}}"""


def takes_topk(dtype: DType) -> bool:
    """Whether an item can hold the key and the position: not of eight bytes."""
    return dtype.itemsize < 8


def _key(name: str, dtype: DType, descending: bool) -> tuple[str, int]:
    """The text of the key's function, and how many bits of it vary."""
    wide = dtype.itemsize == 8
    u, end = ("ulong", "UL") if wide else ("uint", "u")
    if dtype.kind == "f":
        low = (1 << (63 if wide else 31)) - 1
        infinite, nan = (0x7FF << 52, 0x7FF8 << 48) if wide else (0x7F8 << 20, 0x7FC << 20)
        text = _KEY_OF_FLOAT.format(
            u=u, name=name, t=dtype.compute, low=f"{low:#x}{end}", top=f"{low + 1:#x}{end}",
            infinite=f"{infinite:#x}{end}", nan=f"{nan:#x}{end}",
            result="~key" if descending else "key",
        )  # fmt: skip
        return text, 64 if wide else 32
    bits = 8 * dtype.itemsize
    shift = 1 << (bits - 1) if dtype.kind == "i" else 0
    most = (1 << bits) - 1
    result = f"{most:#x}{end} - key" if descending else "key"
    text = _KEY_OF_INTEGER.format(
        u=u, name=name, s=dtype.storage, shift=f"{shift:#x}{end}", result=result
    )
    return text, bits


def _load(dtype: DType, at: str) -> str:
    if dtype is float16:
        return f"vload_half({at}, x)"
    return f"as_float((uint)x[{at}] << 16)" if dtype is bfloat16 else f"x[{at}]"


def _argsort(name: str, dtype: DType, descending: bool) -> str:
    """Least digits first. Values of eight bytes are looked up for every digit."""
    key, bits = _key(name, dtype, descending)
    packed = takes_topk(dtype)

    def key_of(item: str) -> str:
        return f"({item} >> 32)" if packed else f"{name}_key({_load(dtype, f'base + {item}')})"

    def digit(item: str) -> str:
        return f"({key_of(item)} >> shift) & mask"

    item = f"(ulong){name}_key({_load(dtype, 'base + i')}) << 32 | i" if packed else "i"
    before = "v < from[j - 1]" if packed else f"{key_of('v')} < {key_of('from[j - 1]')}"
    return _ARGSORT.format(
        key=key, name=name, s=dtype.storage, item=item, before=before, bits=bits,
        digit_i=digit("from[i]"), digit_0=digit("from[0]"), digit_v=digit("v"),
    )  # fmt: skip


def _topk(name: str, dtype: DType, descending: bool) -> str:
    """A buffer of candidates that is cut to the k best whenever it is full."""
    key, _ = _key(name, dtype, descending)
    skip = ""
    if not dtype.is_narrow:
        mask = {1: "char", 2: "short", 4: "int"}[dtype.itemsize]
        vector = f"({dtype.storage}16)(edge)"
        if dtype.kind == "f":  # true also of NaN
            better = f"~(v {'<=' if descending else '>='} {vector})"
        else:
            better = f"v {'>' if descending else '<'} {vector}"
        skip = _SKIP.format(s=dtype.storage, m=mask, better=better)
    item = f"(ulong){name}_key({_load(dtype, 'base + i')}) << 32 | i"
    return _TOPK.format(key=key, name=name, s=dtype.storage, skip=skip, item=item)


def sort_function(kind: str, order: str, dtype: DType) -> str:
    """The definition of lg_argsort_... or lg_topk_..., for "ascending" or "descending" order."""
    make = {"argsort": _argsort, "topk": _topk}[kind]
    return make(f"lg_{kind}_{order}_{dtype.name}", dtype, order == "descending")
