"""Normalisation layers."""

from collections.abc import Sequence
from typing import Any

from lazygrad import recording
from lazygrad.codegen.dtype import DType, int64
from lazygrad.creation import ones, zeros
from lazygrad.errors import ShapeError
from lazygrad.tensor import Tensor

from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter

# a count of batches that nobody knows: whose, of which version, how many
_UNKNOWN: tuple[Tensor | None, int, int] = (None, 0, 0)


class LayerNorm(Module):
    """Normalises over the last axes, then scales and shifts; weight 1 and bias 0 at the start.

    Args:
        normalized_shape: sizes of the axes to normalise over.
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool | None = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        shape = self.normalized_shape
        _affine(self, shape, elementwise_affine, elementwise_affine and bias, device, dtype)

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        _reset_affine(self)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class RMSNorm(Module):
    """Divides by the root of the mean square over the last axes, then scales.

    Args:
        eps: added under the root; by default the dtype's distance from 1 to the next number.
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        weight = None
        if elementwise_affine:
            weight = Parameter(ones(*self.normalized_shape, device=device, dtype=dtype))
        self.register_parameter("weight", weight)

    def reset_parameters(self) -> None:
        """Weight 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Tensor) -> Tensor:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(Module):
    """Normalises `(N, C, *)` over groups of channels, then scales and shifts each channel.

    Raises:
        ValueError: channels that do not divide into the groups.
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(
                f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        _affine(self, (num_channels,), affine, affine, device, dtype)

    def reset_parameters(self) -> None:
        """Weight 1, bias 0."""
        _reset_affine(self)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class _BatchNorm(Module):
    """Per-channel normalisation with running statistics (buffers) for evaluation."""

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    dims: tuple[int, ...]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        _affine(self, (num_features,), affine, affine, device, dtype)
        mean = variance = count = None
        if track_running_stats:
            mean = zeros(num_features, device=device, dtype=dtype)
            variance = ones(num_features, device=device, dtype=dtype)
            count = zeros((), device=device, dtype=int64)
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", variance)
        self.register_buffer("num_batches_tracked", count)
        self._counted = _UNKNOWN

    def _count_batch(self, tracked: Tensor) -> int:
        """One more batch; the count after it.

        The host keeps the count and writes it as a number: adding on the device would grow a
        chain of additions that no value of the step asks for. The tensor is read again only when
        someone else has put or written another one. A step that is recorded adds on the device:
        it is done again without Python, and leaves nothing pending.
        """
        if recording.active() is not None and self.momentum is not None:
            tracked.add_(1)
            self._counted = _UNKNOWN
            return 0
        buffer, version, count = self._counted
        if buffer is not tracked or version != tracked._version:
            count = int(tracked.item())
        count += 1
        tracked.fill_(count)
        self._counted = (tracked, tracked._version, count)
        return count

    def reset_running_stats(self) -> None:
        """Running mean 0, variance 1, no batches seen."""
        if self.running_mean is not None and self.running_var is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Weight 1, bias 0, running statistics as at the start."""
        self.reset_running_stats()
        _reset_affine(self)

    def forward(self, input: Tensor) -> Tensor:
        if input.dim() not in self.dims or input.shape[1] != self.num_features:
            raise ShapeError(
                f"{type(self).__name__}: got input {tuple(input.shape)}, expected "
                f"{' or '.join(f'{d}D' for d in self.dims)} input with {self.num_features} channels"
            )
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None:
            count = self._count_batch(self.num_batches_tracked)
            if self.momentum is None:
                momentum = 1.0 / count  # a plain average over all batches
        moves = self.training and self.track_running_stats
        uses = moves or not self.training
        return F.batch_norm(
            input,
            self.running_mean if uses else None,
            self.running_var if uses else None,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            momentum,
            self.eps,
        )

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of `(N, C)` or `(N, C, L)`; see `functional.batch_norm`.

    Args:
        momentum: weight of a new batch in the running statistics; None averages all batches.
        track_running_stats: without them evaluation uses the batch's own statistics.
    """

    dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of `(N, C, H, W)`; see `functional.batch_norm`.

    Args:
        momentum: weight of a new batch in the running statistics; None averages all batches.
        track_running_stats: without them evaluation uses the batch's own statistics.
    """

    dims = (4,)


def _shape(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


def _affine(
    module: Module,
    shape: tuple[int, ...],
    weight: bool,
    bias: bool | None,
    device: Any,
    dtype: DType | None,
) -> None:
    """Registers weight 1 and bias 0, or empty places for them."""
    scale = Parameter(ones(*shape, device=device, dtype=dtype)) if weight else None
    shift = Parameter(zeros(*shape, device=device, dtype=dtype)) if bias else None
    module.register_parameter("weight", scale)
    module.register_parameter("bias", shift)


def _reset_affine(module: Module) -> None:
    if module.weight is not None:
        init.ones_(module.weight)
    if module.bias is not None:
        init.zeros_(module.bias)
