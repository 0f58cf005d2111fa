"""Convolution layers."""

import math
from collections.abc import Sequence
from typing import Any

from lazygrad.codegen.dtype import DType
from lazygrad.creation import empty
from lazygrad.tensor import Tensor

from . import functional as F
from . import init
from .functional.convolution import per_axis
from .module import Module
from .parameter import Parameter

_MODES = ("zeros", "reflect", "replicate", "circular")


class _Conv(Module):
    """Settings and weights of a convolution over `spatial` axes."""

    weight: Parameter
    bias: Parameter | None
    spatial: int

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: str | int | Sequence[int] = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool | None = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        self._check(in_channels, out_channels, stride, padding, groups, padding_mode)
        name, spatial = type(self).__name__, self.spatial
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = per_axis(name, "kernel_size", kernel_size, spatial)
        self.stride = per_axis(name, "stride", stride, spatial)
        self.padding = (
            padding if isinstance(padding, str) else per_axis(name, "padding", padding, spatial, 0)
        )
        self.dilation = per_axis(name, "dilation", dilation, spatial)
        self.groups = groups
        self.padding_mode = padding_mode
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight = Parameter(empty(*shape, device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def _check(
        self,
        in_channels: int,
        out_channels: int,
        stride: int | Sequence[int],
        padding: str | int | Sequence[int],
        groups: int,
        padding_mode: str,
    ) -> None:
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(
                f"Invalid padding string {padding!r}, should be one of 'same', 'valid'"
            )
        strides = (stride,) if isinstance(stride, int) else stride
        if padding == "same" and any(step != 1 for step in strides):
            raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in _MODES:
            raise ValueError(f"padding_mode must be one of {_MODES}, but got {padding_mode!r}")

    def reset_parameters(self) -> None:
        """Draws new weights: uniform within `1 / sqrt(in_channels / groups * window)`."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5.0))
        if self.bias is not None:
            fan_in = math.prod(self.weight.shape[1:])
            bound = 1.0 / math.sqrt(fan_in) if fan_in else 0.0
            init.uniform_(self.bias, -bound, bound)

    def _padded(self, input: Tensor) -> tuple[Tensor, str | tuple[int, ...]]:
        """Input and the zeros still to add: the other padding modes are done here."""
        if self.padding_mode == "zeros" or self.padding == "valid":
            return input, self.padding
        if self.padding == "same":
            spans = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            pairs = [(span // 2, span - span // 2) for span in spans]
        else:
            pairs = [(int(amount), int(amount)) for amount in self.padding]
        amounts = [amount for pair in reversed(pairs) for amount in pair]
        return F.pad(input, amounts, mode=self.padding_mode), (0,) * self.spatial

    def extra_repr(self) -> str:
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        if self.padding != (0,) * self.spatial:
            shown = f"{self.padding!r}" if isinstance(self.padding, str) else self.padding
            text += f", padding={shown}"
        if self.dilation != (1,) * self.spatial:
            text += f", dilation={self.dilation}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class Conv1d(_Conv):
    """Cross-correlation `(N, C, L)` -> `(N, O, L')`; arguments as `functional.conv1d`.

    Raises:
        ValueError: channels that do not divide into the groups, unknown padding.
    """

    spatial = 1

    def forward(self, input: Tensor) -> Tensor:
        input, padding = self._padded(input)
        return F.conv1d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv2d(_Conv):
    """Cross-correlation `(N, C, H, W)` -> `(N, O, H', W')`; arguments as `functional.conv2d`.

    Raises:
        ValueError: channels that do not divide into the groups, unknown padding.
    """

    spatial = 2

    def forward(self, input: Tensor) -> Tensor:
        input, padding = self._padded(input)
        return F.conv2d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )
