"""Matrix products as GPUs with matrix instructions compute them, on whatever device is here:
what PTX says of the instructions stands in their place."""

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import execution, runtime
from lazygrad.codegen.limits import Limits
from lazygrad.codegen.opencl import program_text
from lazygrad.nn import functional as F

LIMITS = Limits(kind="gpu", compute_units=2, vector_bytes=16, local_bytes=49152, has_mma=True)
EMULATED = """
#define LG_ITEM ((int)get_local_id(0))
#define LG_WAIT barrier(CLK_LOCAL_MEM_FENCE)
#define lg_gather(r, first, second) r = (uint)(first) | (uint)(second) << 16;
#define lg_rows(r, i) { \\
  __local const ushort* from = lg_places[LG_ITEM / 32 * 32 + 8*i + LG_ITEM % 32 / 4]; \\
  lg_gather(r, from[LG_ITEM % 4 * 2], from[LG_ITEM % 4 * 2 + 1]) }
#define lg_columns(r, i) { const int from = LG_ITEM / 32 * 32 + 8*i + LG_ITEM % 4 * 2; \\
  lg_gather(r, lg_places[from][LG_ITEM % 32 / 4], lg_places[from + 1][LG_ITEM % 32 / 4]) }
#define lg_fragments(r0, r1, r2, r3, at) lg_places[LG_ITEM] = at; LG_WAIT; \\
  lg_rows(r0, 0) lg_rows(r1, 1) lg_rows(r2, 2) lg_rows(r3, 3) LG_WAIT
#define lg_fragments_turned(r0, r1, r2, r3, at) lg_places[LG_ITEM] = at; LG_WAIT; \\
  lg_columns(r0, 0) lg_columns(r1, 1) lg_columns(r2, 2) lg_columns(r3, 3) LG_WAIT
float lg_wide_float16(uint bits) {
  const ushort narrow = (ushort)bits;
  return vload_half(0, (const half*)&narrow);
}
float lg_wide_bfloat16(uint bits) { return as_float(bits << 16); }
#define lg_mma(wide, c0, c1, c2, c3, a0, a1, a2, a3, b0, b1) { const int l = LG_ITEM % 32; \\
  __local uint* to = lg_words + LG_ITEM * 6; \\
  to[0] = a0; to[1] = a1; to[2] = a2; to[3] = a3; to[4] = b0; to[5] = b1; \\
  LG_WAIT; \\
  __local const uint* of = lg_words + LG_ITEM / 32 * 192; \\
  float sums[4] = {c0, c1, c2, c3}; \\
  for (int k = 0; k < 16; k++) for (int q = 0; q < 4; q++) { \\
    const uint x = of[(l / 4 * 4 + k % 8 / 2) * 6 + q / 2 + k / 8 * 2] >> k % 2 * 16; \\
    const uint y = of[((l % 4 * 2 + q % 2) * 4 + k % 8 / 2) * 6 + 4 + k / 8] >> k % 2 * 16; \\
    sums[q] += wide(x & 0xffff) * wide(y & 0xffff); \\
  } \\
  c0 = sums[0]; c1 = sums[1]; c2 = sums[2]; c3 = sums[3]; \\
  LG_WAIT; }
#define lg_mma_float16(...) lg_mma(lg_wide_float16, __VA_ARGS__)
#define lg_mma_bfloat16(...) lg_mma(lg_wide_bfloat16, __VA_ARGS__)
"""
_PLACES = "\n  __local const ushort* __local lg_places[256]; __local uint lg_words[1536];"


def emulated(kernels: Sequence[str], has_fma: bool = True) -> str:
    """The program without macros of instructions that this device lacks."""
    text = program_text(kernels, has_fma)
    if "lg_mma" not in text:
        return text
    text = re.sub(r"#define lg_(?:[^\n]*\\\n)*[^\n]*\n", "", text)
    text = re.sub(r"(__kernel [^{]*\{)", lambda m: m[1] + _PLACES, text)
    return EMULATED + text


@pytest.fixture
def told(device: runtime.Device, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A GPU of 2 compute units; the programs built meanwhile."""
    if device.implementation in ("pocl", "oclgrind"):
        pytest.skip("its compiler takes minutes for the hundreds of barriers of the emulation")
    texts: list[str] = []

    def write(kernels: Sequence[str], has_fma: bool = True) -> str:
        texts.append(emulated(kernels, has_fma))
        return texts[-1]

    monkeypatch.setattr(execution, "limits_of", lambda facts: LIMITS)
    monkeypatch.setattr(execution, "program_text", write)
    yield texts


def _numbers(dtype: lg.dtype, *shape: int) -> lg.Tensor:
    values = np.random.default_rng(sum(shape)).standard_normal(shape, np.float32)
    return lg.tensor(values).to(dtype)


def _wide(x: lg.Tensor) -> np.ndarray:
    return x.float().numpy().astype(np.float64)


CASES: dict[str, tuple[tuple[int, int], tuple[int, int], Callable[..., lg.Tensor]]] = {
    "NN": ((72, 48), (48, 88), lambda a, b: a @ b),
    "TN, odd": ((37, 45), (37, 61), lambda a, b: a.T @ b),
    "NT": ((40, 72), (56, 72), lambda a, b: a @ b.T),
    "TT, relu": ((34, 70), (66, 34), lambda a, b: F.relu(a.T @ b.T)),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", [lg.float16, lg.bfloat16])
def test_products(case: str, dtype: lg.dtype, told: list[str]) -> None:
    first, second, call = CASES[case]
    a, b = _numbers(dtype, *first), _numbers(dtype, *second)
    found = _wide(call(a, b))
    x, y = _wide(a), _wide(b)
    layout = case[:2]
    want = (x.T if layout[0] == "T" else x) @ (y.T if layout[1] == "T" else y)
    want = np.maximum(want, 0) if "relu" in case else want
    step = 2.0**-10 if dtype is lg.float16 else 2.0**-7
    np.testing.assert_allclose(found, want, rtol=step, atol=1e-4)
    assert any("lg_mma_" in text for text in told)
