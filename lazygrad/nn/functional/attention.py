"""Attention by scaled dot products."""

import math

from lazygrad.codegen.dtype import bool_
from lazygrad.errors import ShapeError
from lazygrad.functions import where
from lazygrad.ranges import arange
from lazygrad.tensor import Tensor

from .dropout import dropout


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """`softmax(query @ key.T * scale + mask) @ value` (Vaswani et al. 2017, arXiv:1706.03762).

    Args:
        query: `(*, L, E)`; key `(*, S, E)`; value `(*, S, V)`; the result is `(*, L, V)`.
        attn_mask: broadcasts to `(*, L, S)`: bool (True takes part) or numbers to add.
            A row that is masked throughout gives zeros.
        dropout_p: always applied, so give 0.0 in evaluation.
        is_causal: place `i` of `L` sees the places up to `i` of `S`; excludes `attn_mask`.
        scale: defaults to `1 / sqrt(E)`.
        enable_gqa: each key and value head serves several query heads (third axis from the end).

    Raises:
        RuntimeError: `attn_mask` together with `is_causal`, heads that do not divide, or shapes
            that do not fit each other.
    """
    if is_causal and attn_mask is not None:
        raise RuntimeError(
            "scaled_dot_product_attention: explicit attn_mask should not be set when is_causal=True"
        )
    if min(query.dim(), key.dim(), value.dim()) < 2 or (
        query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]
    ):
        raise ShapeError(
            f"scaled_dot_product_attention: got query {tuple(query.shape)}, key "
            f"{tuple(key.shape)}, value {tuple(value.shape)}, expected (*, L, E), (*, S, E) and "
            "(*, S, V)"
        )
    if enable_gqa:
        key, value = _repeat_heads(query, key), _repeat_heads(query, value)
    factor = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = (query @ key.transpose(-2, -1)) * factor
    if is_causal:
        attn_mask = causal_mask(query.shape[-2], key.shape[-2], query)
    if attn_mask is None:
        weights = scores.softmax(-1)
    else:
        weights = _masked_softmax(_mask(scores, attn_mask))
    return dropout(weights, dropout_p) @ value


def causal_mask(length: int, source: int, like: Tensor) -> Tensor:
    """Bool `(length, source)` on the device of `like`: True on and below the diagonal."""
    rows = arange(length, device=like.device).reshape(-1, 1)
    return rows >= arange(source, device=like.device)


def _mask(scores: Tensor, mask: Tensor) -> Tensor:
    """A False of a bool mask takes a place out; numbers are added."""
    if mask.dtype == bool_:
        return where(mask, scores, -math.inf)
    return scores + mask


def _masked_softmax(scores: Tensor) -> Tensor:
    """Softmax over the last axis that gives zeros, not NaN, where all scores are -inf."""
    peak = scores.detach().amax(-1, keepdim=True)
    shifted = (scores - where(peak == -math.inf, 0.0, peak)).exp()
    total = shifted.sum(-1, keepdim=True)
    return shifted / where(total == 0, 1.0, total)


def _repeat_heads(query: Tensor, heads: Tensor) -> Tensor:
    wanted, given = query.shape[-3], heads.shape[-3]
    if given == 0 or wanted % given:
        raise RuntimeError(
            f"scaled_dot_product_attention: got {wanted} query heads and {given} key or value "
            "heads, expected a multiple"
        )
    # Repeated as a view, each head next to its copies.
    *batch, _, length, features = heads.shape
    repeated = heads.unsqueeze(-3).expand(*batch, given, wanted // given, length, features)
    return repeated.reshape(*batch, wanted, length, features)
