"""Attention without a value of the size of all scores: values, gradients and plans."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lazygrad as lg
from lazygrad.codegen import attention
from lazygrad.nn import functional as F


@pytest.fixture(autouse=True)
def _no_tile_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backward makes tiles of any size again."""
    monkeypatch.setattr(attention, "_KEPT", 0)


Attention = Callable[[Any, Any, Any], Any]


def _softmax(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    with np.errstate(all="ignore"):
        powers = np.exp(x - x.max(-1, keepdims=True))
        return np.asarray(powers / powers.sum(-1, keepdims=True))


def _arrays(*shapes: tuple[int, ...], seed: int = 0) -> list[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(s).astype(np.float32) for s in shapes]


def _expected(
    q: Any, k: Any, v: Any, g: Any, bias: Any = 0.0, drop: Any = 1.0
) -> tuple[np.ndarray[Any, Any], ...]:
    """The result and the gradients of q, k and v, in float64."""
    q, k, v, g = (x.astype(np.float64) for x in (q, k, v, g))
    scale = 1 / math.sqrt(q.shape[-1])
    p = _softmax(q @ k.swapaxes(-1, -2) * scale + bias)
    dp = g @ v.swapaxes(-1, -2) * drop
    ds = p * (dp - (dp * p).sum(-1, keepdims=True)) * scale
    return (p * drop) @ v, ds @ k, ds.swapaxes(-1, -2) @ q, (p * drop).swapaxes(-1, -2) @ g


def _check(compute: Attention, q: Any, k: Any, v: Any, g: Any, wanted: Any) -> list[str]:
    """Holds values and gradients against float64; gives the names of the kernels."""
    leaves = [lg.tensor(x, requires_grad=True) for x in (q, k, v)]
    seed = lg.tensor(g)
    lg.realize(*leaves, seed)
    with lg.capture_kernels() as kernels:
        out = compute(*leaves)
        (out * seed).sum().backward()
        lg.realize(out, *[x.grad for x in leaves])
    found = [out.detach(), *[x.grad for x in leaves]]
    for x, y in zip(found, wanted, strict=True):
        np.testing.assert_allclose(x.numpy(), y, rtol=2e-4, atol=2e-5)
    most = 8 * max(x.size for x in (q, k, v, g)) * 4
    scores = 4 * q.size // q.shape[-1] * k.shape[-2]
    for kernel in kernels:
        assert kernel.bytes < max(most, scores // 4), kernel.name
    return [kernel.name for kernel in kernels]


LONG = (8, 300, 8)  # scores are far more than operands; enough of them for one kernel backward
FEW = (2, 300, 8)


def _by_hand(q: Any, k: Any, v: Any) -> Any:
    return ((q @ k.transpose(-2, -1)) / math.sqrt(q.shape[-1])).softmax(-1) @ v


def _in_single_ops(q: Any, k: Any, v: Any) -> Any:
    scores = lg.einsum("hid,hjd->hij", q, k) / math.sqrt(q.shape[-1])
    powers = (scores - scores.detach().amax(-1, keepdim=True)).exp()
    return lg.einsum("hij,hjd->hid", powers / powers.sum(-1, keepdim=True), v)


@pytest.mark.large
@pytest.mark.parametrize("compute", [F.scaled_dot_product_attention, _by_hand, _in_single_ops])
def test_no_spelling_stores_scores(compute: Attention) -> None:
    q, k, v, g = _arrays(LONG, LONG, LONG, LONG)
    names = _check(compute, q, k, v, g, _expected(q, k, v, g))
    assert len(names) == 3, names


@pytest.mark.large
def test_few_heads_take_a_kernel_for_each_direction_of_sums() -> None:
    q, k, v, g = _arrays(FEW, FEW, FEW, FEW)
    names = _check(_by_hand, q, k, v, g, _expected(q, k, v, g))
    assert len(names) == 4, names


@pytest.mark.large
@pytest.mark.parametrize("heads", [3, 70])
def test_odd_sizes_of_everything(heads: int) -> None:
    q, k, v, g = _arrays(*[(heads, n, d) for n, d in ((130, 20), (277, 20), (277, 33), (130, 33))])
    _check(F.scaled_dot_product_attention, q, k, v, g, _expected(q, k, v, g))


def test_gradients_of_shared_key_heads_with_fewer_columns_than_a_block() -> None:
    q, k, v, g = _arrays((2, 4, 75, 8), (2, 2, 17, 8), (2, 2, 17, 8), (2, 4, 75, 8))
    leaves = [lg.tensor(x, requires_grad=True) for x in (q, k, v)]
    out = F.scaled_dot_product_attention(*leaves, enable_gqa=True)
    (out * lg.tensor(g)).sum().backward()
    wide = [x.repeat(2, 1) for x in (k, v)]
    _, dq, dk, dv = _expected(q, *wide, g)
    wanted = (dq, *[x.reshape(2, 2, 2, 17, 8).sum(2) for x in (dk, dv)])
    for x, y in zip(leaves, wanted, strict=True):
        assert x.grad is not None
        np.testing.assert_allclose(x.grad.numpy(), y, rtol=2e-4, atol=2e-5)


def _causal(q: Any, k: Any, v: Any) -> Any:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def _causal_by_hand(q: Any, k: Any, v: Any) -> Any:
    rows, columns = lg.arange(q.shape[-2]).unsqueeze(1), lg.arange(k.shape[-2])
    scores = (q @ k.transpose(-2, -1)) / math.sqrt(q.shape[-1])
    return scores.masked_fill(columns > rows, -math.inf).softmax(-1) @ v


@pytest.mark.large
@pytest.mark.parametrize(
    ("compute", "heads", "rows"), [(_causal, 8, 300), (_causal_by_hand, 2, 300), (_causal, 2, 170)]
)
def test_a_causal_mask(compute: Attention, heads: int, rows: int) -> None:
    """Of whole blocks that it hides nothing is computed: values and gradients show none of it."""
    q, k, v, g = _arrays(*[(heads, n, 8) for n in (rows, 300, 300, rows)])
    bias = np.triu(np.full((rows, 300), -np.inf), 1)
    _check(compute, q, k, v, g, _expected(q, k, v, g, bias))


@pytest.mark.large
def test_masks_and_rows_masked_throughout() -> None:
    q, k, v = _arrays((2, 70, 8), (2, 90, 8), (2, 90, 8))
    mask = np.random.default_rng(1).random((2, 70, 90)) < 0.5
    mask[:, 3] = False
    mask[:, 5, :70] = False  # whole blocks without a score
    args = [lg.tensor(x) for x in (q, k, v)]
    ours = F.scaled_dot_product_attention(*args, attn_mask=lg.tensor(mask)).numpy()
    bias = np.where(mask, 0.0, -np.inf)
    expected = _expected(q, k, v, np.zeros_like(q), bias)[0]
    expected[:, 3] = 0.0
    np.testing.assert_allclose(ours, expected, rtol=2e-4, atol=2e-5)
    scores = args[0] @ args[1].transpose(-2, -1) / math.sqrt(8)
    plain = scores.masked_fill(~lg.tensor(mask), -math.inf).softmax(-1) @ args[2]
    expected[:, 3] = math.nan
    np.testing.assert_allclose(plain.numpy(), expected, rtol=2e-4, atol=2e-5)
    weights = scores.masked_fill(~lg.tensor(mask), -math.inf).softmax(-1)
    dropped = weights.masked_fill(~lg.tensor(mask), 0.0) @ args[2]
    expected[:, 3] = 0.0  # what hid the row drops its NaNs
    np.testing.assert_allclose(dropped.numpy(), expected, rtol=2e-4, atol=2e-5)


@pytest.mark.large
def test_scores_that_are_not_finite() -> None:
    q, k, v = _arrays((2, 40, 8), (2, 100, 8), (2, 100, 8))
    bias = np.zeros((2, 40, 100), np.float32)
    bias[0, 1, 7], bias[0, 2, 80], bias[1, 3, 99] = np.inf, np.nan, 1e30
    args = [lg.tensor(x) for x in (q, k, v, bias)]
    ours = F.scaled_dot_product_attention(*args[:3], attn_mask=args[3]).numpy()
    expected = _expected(q, k, v, np.zeros_like(q), bias)[0]
    np.testing.assert_allclose(ours, expected, rtol=2e-4, atol=2e-5)


@pytest.mark.large
def test_dropout_is_the_same_in_both_directions() -> None:
    q, k, v, g = _arrays(LONG, LONG, LONG, LONG)
    lg.manual_seed(3)
    drop = F.dropout(lg.ones(8, 300, 300), 0.25).numpy()
    lg.manual_seed(3)
    dropped = lambda *x: F.scaled_dot_product_attention(*x, dropout_p=0.25)  # noqa: E731
    _check(dropped, q, k, v, g, _expected(q, k, v, g, drop=drop))


@pytest.mark.large
@pytest.mark.parametrize("dtype", [lg.float16, lg.bfloat16])
def test_narrow_floats(dtype: lg.dtype) -> None:
    q, k, v = (lg.tensor(x).to(dtype) for x in _arrays((2, 64, 16), (2, 64, 16), (2, 64, 16)))
    ours = F.scaled_dot_product_attention(q, k, v)
    wide = [x.float().numpy() for x in (q, k, v)]
    expected = _expected(*wide, np.zeros((2, 64, 16)))[0]
    assert ours.dtype == dtype
    error = 0.01 if dtype == lg.bfloat16 else 0.002
    np.testing.assert_allclose(ours.float().numpy(), expected, rtol=error, atol=error)


@pytest.mark.large
def test_shared_key_heads() -> None:
    q, k, v = _arrays((2, 4, 40, 8), (2, 2, 50, 8), (2, 2, 50, 8))
    args = [lg.tensor(x) for x in (q, k, v)]
    ours = F.scaled_dot_product_attention(*args, enable_gqa=True).numpy()
    k, v = (x.repeat(2, 1) for x in (k, v))
    np.testing.assert_allclose(ours, _expected(q, k, v, np.zeros_like(q))[0], rtol=2e-4, atol=2e-5)


@pytest.mark.large
def test_weights_that_are_asked_for_are_stored() -> None:
    q, k, v = _arrays((2, 40, 8), (2, 40, 8), (2, 40, 8))
    args = [lg.tensor(x) for x in (q, k, v)]
    weights = (args[0] @ args[1].transpose(-2, -1) / math.sqrt(8)).softmax(-1)
    out = weights @ args[2]
    lg.realize(out, weights)
    expected = _softmax(q.astype(np.float64) @ k.swapaxes(-1, -2) / math.sqrt(8))
    np.testing.assert_allclose(weights.numpy(), expected, rtol=2e-4, atol=2e-6)
    np.testing.assert_allclose(out.numpy(), expected @ v, rtol=2e-4, atol=2e-5)


@pytest.mark.large
def test_a_backward_in_a_run_of_its_own_stores_no_weights() -> None:
    q, k, v, g = _arrays(LONG, LONG, LONG, LONG)
    leaves = [lg.tensor(x, requires_grad=True) for x in (q, k, v)]
    with lg.capture_kernels() as kernels:
        out = F.scaled_dot_product_attention(*leaves)
        lg.realize(out)
        (out * lg.tensor(g)).sum().backward()
        lg.realize(*[x.grad for x in leaves])
    wanted = _expected(q, k, v, g)[1:]
    for x, y in zip(leaves, wanted, strict=True):
        assert x.grad is not None
        np.testing.assert_allclose(x.grad.numpy(), y, rtol=2e-4, atol=2e-5)
    assert max(k.bytes for k in kernels) < 2 * 300 * 300 * 4


@pytest.mark.large
def test_gradients_of_gradients() -> None:
    arrays = [a.astype(np.float64) for a in _arrays((20, 4), (20, 4), (20, 4))]

    def steepness(*values: Any) -> Any:
        x = [lg.tensor(a, requires_grad=True) for a in values]
        out = (F.scaled_dot_product_attention(*x) ** 2).sum()
        found = lg.autograd.grad(out, x, create_graph=True)
        return x, sum((g**2).sum() for g in found)

    x, total = steepness(*arrays)
    second = lg.autograd.grad(total, x)
    for k, place in ((0, (3, 1)), (1, (7, 2)), (2, (19, 0))):
        step = np.zeros_like(arrays[k])
        step[place] = 1e-5
        up, down = ([*arrays[:k], arrays[k] + s, *arrays[k + 1 :]] for s in (step, -step))
        slope = (steepness(*up)[1].item() - steepness(*down)[1].item()) / 2e-5
        np.testing.assert_allclose(second[k].numpy()[place], slope, rtol=1e-5)
