"""Small attention under masks that compare places: values and gradients, of what is multiplied."""

import math
import re
from typing import Any

import numpy as np
import pytest

import lazygrad as lg

Array = np.ndarray[Any, Any]
HEADS, D = 2, 32


def _expected(q: Array, k: Array, v: Array, g: Array, seen: Array) -> tuple[Array, ...]:
    """The result and the gradients of q, k and v, in float64."""
    q, k, v, g = (x.astype(np.float64) for x in (q, k, v, g))
    scale = 1 / math.sqrt(D)
    scores = np.where(seen, q @ k.swapaxes(-1, -2) * scale, -np.inf)
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    p = powers / powers.sum(-1, keepdims=True)
    dp = g @ v.swapaxes(-1, -2)
    ds = p * (dp - (dp * p).sum(-1, keepdims=True)) * scale
    return p @ v, ds @ k, ds.swapaxes(-1, -2) @ q, p.swapaxes(-1, -2) @ g


@pytest.mark.parametrize(
    ("rows", "columns", "first"),
    [(150, 150, 0), (37, 37, 1), (33, 34, 2), (40, 33, 0)],
    ids=["two blocks", "a band more", "fewer rows", "fewer columns"],
)
@pytest.mark.parametrize("below", [True, False], ids=["below", "above"])
def test_values_and_gradients(
    device: Any, rows: int, columns: int, first: int, below: bool
) -> None:
    """`first`: columns that the first row sees beyond its own, or does not see."""
    if not below:  # later rows would see nothing
        rows = min(rows, columns - first)
    rng = np.random.default_rng(0)
    shapes = ((HEADS, rows, D), (HEADS, columns, D), (HEADS, columns, D), (HEADS, rows, D))
    q, k, v, g = (rng.standard_normal(s).astype(np.float32) for s in shapes)

    def seen(lib: Any) -> Any:
        i, j = lib.arange(rows)[:, None], lib.arange(columns)
        return j <= i + first if below else j >= i + first

    leaves = [lg.tensor(x, requires_grad=True) for x in (q, k, v)]
    scores = (leaves[0] @ leaves[1].transpose(-2, -1)) / math.sqrt(D)
    out = scores.masked_fill(~seen(lg), -math.inf).softmax(-1) @ leaves[2]
    out.backward(lg.tensor(g))
    with lg.capture_kernels() as found:
        lg.realize(out, *[x.grad for x in leaves])
    walks = [loop for k in found for loop in re.findall(r"int kk = .*;", k.source)]
    if below or not first:  # else nobody sees the first columns
        assert any("i0" in loop or "before" in loop for loop in walks), walks
    wanted = _expected(q, k, v, g, seen(np))
    for x, y in zip([out.detach(), *[x.grad for x in leaves]], wanted, strict=True):
        np.testing.assert_allclose(x.numpy(), y, rtol=2e-4, atol=2e-5)
