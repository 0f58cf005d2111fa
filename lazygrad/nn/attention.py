"""Multi-head attention."""

import math
from typing import Any

from lazygrad.codegen.dtype import DType, bool_
from lazygrad.creation import empty, zeros
from lazygrad.functions import where
from lazygrad.joining import cat
from lazygrad.tensor import Tensor

from . import functional as F
from . import init
from .linear import Linear
from .module import Module
from .parameter import Parameter


class NonDynamicallyQuantizableLinear(Linear):
    """A `Linear` under the name that PyTorch gives the output projection of attention."""


class MultiheadAttention(Module):
    """Attention in several subspaces (Vaswani et al. 2017, arXiv:1706.03762).

    Args:
        embed_dim: size of queries and results; each head gets `embed_dim / num_heads`.
        dropout: probability that an attention weight is dropped in training.
        kdim, vdim: sizes of keys and values, `embed_dim` by default.
        batch_first: tensors are `(batch, length, features)`, not `(length, batch, features)`.

    Raises:
        ValueError: `embed_dim` that does not divide into `num_heads`.
    """

    in_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None
    out_proj: Linear

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise ValueError(
                f"MultiheadAttention: got embed_dim={embed_dim} and num_heads={num_heads}, "
                "expected positive numbers, the first divisible by the second"
            )
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn

        def parameter(*shape: int, wanted: bool = True) -> Parameter | None:
            return Parameter(empty(*shape, device=device, dtype=dtype)) if wanted else None

        same = self.kdim == self.vdim == embed_dim
        for name, size in (("q", embed_dim), ("k", self.kdim), ("v", self.vdim)):
            self.register_parameter(
                f"{name}_proj_weight", parameter(embed_dim, size, wanted=not same)
            )
        self.register_parameter("in_proj_weight", parameter(3 * embed_dim, embed_dim, wanted=same))
        self.register_parameter("in_proj_bias", parameter(3 * embed_dim, wanted=bias))
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, device, dtype)
        self.register_parameter("bias_k", parameter(1, 1, embed_dim, wanted=add_bias_kv))
        self.register_parameter("bias_v", parameter(1, 1, embed_dim, wanted=add_bias_kv))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Xavier-uniform projections, zero biases, Xavier-normal extra key and value."""
        for weight in self._projections():
            init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Result `(*, L, embed_dim)` and weights `(*, L, S)` (of each head if not averaged).

        Args:
            query, key, value: `(batch, length, features)` or unbatched `(length, features)`.
            key_padding_mask: `(batch, S)`: True (or -inf, added) for keys to leave out.
            attn_mask: `(L, S)` or `(batch * heads, L, S)`: True (or -inf, added) to leave out.
            is_causal: a hint that `attn_mask` is causal; it needs that mask, as in PyTorch.

        Raises:
            RuntimeError: wrong numbers of axes, or `is_causal` without a mask.
        """
        if query.dim() not in (2, 3) or not query.dim() == key.dim() == value.dim():
            raise RuntimeError(
                f"MultiheadAttention: got query {tuple(query.shape)}, key {tuple(key.shape)}, "
                f"value {tuple(value.shape)}, expected 3 axes each, or 2 each without a batch"
            )
        if is_causal and attn_mask is None:
            raise RuntimeError("MultiheadAttention: is_causal=True needs attn_mask")
        batched = query.dim() == 3
        q, k, v = self._project(query, key, value)
        q, k, v = (self._batch_first(t, batched) for t in (q, k, v))
        k, v, extra = self._extended(k, v)
        q, k, v = (
            t.unflatten(-1, (self.num_heads, self.head_dim)).transpose(1, 2) for t in (q, k, v)
        )
        mask = self._mask(q, attn_mask, key_padding_mask, extra)
        dropped = self.dropout if self.training else 0.0
        weights = None
        if need_weights:
            scores = (q * (1.0 / math.sqrt(self.head_dim))) @ k.transpose(-2, -1)
            weights = F.dropout((scores if mask is None else scores + mask).softmax(-1), dropped)
            heads = weights @ v
            weights = weights.mean(1) if average_attn_weights else weights
            weights = weights if batched else weights.squeeze(0)
        else:
            heads = F.scaled_dot_product_attention(q, k, v, mask, dropped)
        result = self.out_proj(heads.transpose(1, 2).flatten(2))
        if not batched:
            return result.squeeze(0), weights
        return (result if self.batch_first else result.transpose(0, 1)), weights

    def _projections(self) -> list[Parameter]:
        """The stacked projection, or those of query, key and value."""
        if self.in_proj_weight is not None:
            return [self.in_proj_weight]
        single = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        return [weight for weight in single if weight is not None]

    def _project(self, query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values; one contraction where all three come from one tensor."""
        stacked = self.in_proj_weight
        if stacked is not None and query is key and key is value:
            q, k, v = F.linear(query, stacked, self.in_proj_bias).chunk(3, -1)
            return q, k, v
        weights = self._projections() if stacked is None else stacked.chunk(3)
        bias = self.in_proj_bias
        biases = [None] * 3 if bias is None else bias.chunk(3)
        q, k, v = (
            F.linear(t, w, b) for t, w, b in zip((query, key, value), weights, biases, strict=True)
        )
        return q, k, v

    def _batch_first(self, input: Tensor, batched: bool) -> Tensor:
        if not batched:
            return input.unsqueeze(0)
        return input if self.batch_first else input.transpose(0, 1)

    def _split_heads(self, input: Tensor) -> Tensor:
        """`(batch, length, embed_dim)` -> `(batch, heads, length, head_dim)`."""
        return input.unflatten(-1, (self.num_heads, self.head_dim)).transpose(1, 2)

    def _extended(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, int]:
        """Keys and values with the trained and the zero entry, and how many were added."""
        extra = 0
        shape = (key.shape[0], 1, self.embed_dim)
        if self.bias_k is not None and self.bias_v is not None:
            key = cat([key, self.bias_k.expand(shape)], 1)
            value = cat([value, self.bias_v.expand(shape)], 1)
            extra += 1
        if self.add_zero_attn:
            nothing = zeros(*shape, device=key.device, dtype=key.dtype)
            key, value = cat([key, nothing], 1), cat([value, nothing], 1)
            extra += 1
        return key, value, extra

    def _mask(
        self, query: Tensor, attn_mask: Tensor | None, padding: Tensor | None, extra: int
    ) -> Tensor | None:
        """Both masks as numbers to add to scores `(batch, heads, L, S)`; extra keys stay seen."""
        mask = None
        if attn_mask is not None:
            mask = _additive(attn_mask, query)
            if mask.dim() == 3:
                mask = mask.unflatten(0, (query.shape[0], self.num_heads))
        if padding is not None:
            left_out = _additive(padding, query)
            left_out = left_out if left_out.dim() == 2 else left_out.unsqueeze(0)
            left_out = left_out.reshape(left_out.shape[0], 1, 1, left_out.shape[1])
            mask = left_out if mask is None else mask + left_out
        return mask if mask is None or not extra else F.pad(mask, (0, extra))


def _additive(mask: Tensor, like: Tensor) -> Tensor:
    """True as -inf and False as 0; numbers as they are."""
    if mask.dtype != bool_:
        return mask.to(like.dtype)
    return where(mask, -math.inf, 0.0).to(like.dtype)
