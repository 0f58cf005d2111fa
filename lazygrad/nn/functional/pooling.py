"""Pooling: a reduction over sliding windows."""

import math
from collections.abc import Sequence

from lazygrad.creation import sizes
from lazygrad.ranges import arange
from lazygrad.tensor import Tensor
from lazygrad.type_info import iinfo
from lazygrad.windows import max_first, pad_constant, sliding_window

from .convolution import per_axis


def max_pool1d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Largest value of each window of `(N, C, L)` or `(C, L)`; see `max_pool2d`."""
    return _max_pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Largest value of each window of `(N, C, H, W)` or `(C, H, W)`.

    The gradient goes to the first of equal values.

    Args:
        stride: defaults to `kernel_size`.
        padding: at most half of `kernel_size`; padded places never win.
        ceil_mode: lets a last window hang over the end, as long as it starts inside.

    Raises:
        RuntimeError: shapes, padding or a window that do not fit the input.
    """
    return _max_pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode)


def avg_pool1d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Mean of each window of `(N, C, L)` or `(C, L)`; see `avg_pool2d`."""
    return _avg_pool(
        "avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None
    )


def avg_pool2d(
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Mean of each window of `(N, C, H, W)` or `(C, H, W)`.

    Args:
        stride: defaults to `kernel_size`.
        count_include_pad: whether padded zeros count in the divisor.
        divisor_override: divide by this instead of the number of elements.

    Raises:
        RuntimeError: shapes, padding or a window that do not fit the input.
    """
    if divisor_override == 0:
        raise RuntimeError("avg_pool2d: divisor_override must not be zero")
    return _avg_pool(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad,
        divisor_override,
    )  # fmt: skip


def adaptive_avg_pool1d(input: Tensor, output_size: int | Sequence[int]) -> Tensor:
    """Mean pooling of the last axis to `output_size` places."""
    return _adaptive_avg_pool("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: Tensor, output_size: int | Sequence[int | None] | None) -> Tensor:
    """Mean pooling of the last two axes to `output_size` (None keeps an axis).

    Place `i` of `out` is the mean of `floor(i * in / out)` up to `ceil((i + 1) * in / out)`.
    """
    return _adaptive_avg_pool("adaptive_avg_pool2d", 2, input, output_size)


def _max_pool(
    name: str,
    spatial: int,
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None,
    padding: int | Sequence[int],
    dilation: int | Sequence[int],
    ceil_mode: bool,
) -> Tensor:
    kernel = per_axis(name, "kernel_size", kernel_size, spatial)
    steps = kernel if stride is None else per_axis(name, "stride", stride, spatial)
    pads = per_axis(name, "padding", padding, spatial, 0)
    gaps = per_axis(name, "dilation", dilation, spatial)
    _check(name, spatial, input, kernel, pads)
    lowest = -math.inf if input.is_floating_point() else iinfo(input.dtype).min
    windows = _windows(name, input, kernel, steps, pads, gaps, ceil_mode, lowest)
    return max_first(windows, tuple(range(-spatial, 0)), False)


def _avg_pool(
    name: str,
    spatial: int,
    input: Tensor,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None,
    padding: int | Sequence[int],
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: int | None,
) -> Tensor:
    kernel = per_axis(name, "kernel_size", kernel_size, spatial)
    steps = kernel if stride is None else per_axis(name, "stride", stride, spatial)
    pads = per_axis(name, "padding", padding, spatial, 0)
    _check(name, spatial, input, kernel, pads)
    windows = _windows(name, input, kernel, steps, pads, (1,) * spatial, ceil_mode, 0.0)
    total = windows.sum(tuple(range(-spatial, 0)))
    if divisor is not None:
        return total / divisor
    if not ceil_mode and (count_include_pad or not any(pads)):
        return total / math.prod(kernel)
    for axis in range(spatial):
        edge = pads[axis] if count_include_pad else 0
        first = arange(total.shape[axis - spatial], device=input.device) * steps[axis] - pads[axis]
        last = (first + kernel[axis]).clamp(max=input.shape[axis - spatial] + edge)
        count = (last - first.clamp(min=-edge)).to(input.dtype)
        total = total / count.reshape(-1, *(1,) * (spatial - 1 - axis))
    return total


def _adaptive_avg_pool(
    name: str, spatial: int, input: Tensor, output_size: int | Sequence[int | None] | None
) -> Tensor:
    if input.dim() not in (spatial + 1, spatial + 2):
        raise RuntimeError(
            f"{name}: got input {tuple(input.shape)}, expected {spatial + 1} or {spatial + 2} axes"
        )
    given = output_size if isinstance(output_size, Sequence) else (output_size,) * spatial
    if len(given) != spatial:
        raise RuntimeError(f"{name}: got output_size={output_size}, expected {spatial} sizes")
    sizes(name, [n for n in given if n is not None])
    result = input
    for axis in range(-spatial, 0):
        size = given[axis]
        if size is not None and size != result.shape[axis]:
            result = _mean_to(result, axis, size)
    return result


def _mean_to(input: Tensor, axis: int, size: int) -> Tensor:
    """Mean pooling of one axis to `size` places."""
    length = input.shape[axis]
    moved = input.transpose(axis, -1)
    if size and length % size == 0:
        pooled = moved.reshape(*moved.shape[:-1], size, length // size).mean(-1)
        return pooled.transpose(axis, -1)
    # Uneven windows: a contraction with the matrix of their weights, made of index ranges.
    place = arange(size, device=input.device)
    first = (place * length // max(size, 1)).reshape(1, -1)
    last = (((place + 1) * length + size - 1) // max(size, 1)).reshape(1, -1)
    source = arange(length, device=input.device).reshape(-1, 1)
    inside = ((source >= first) & (source < last)).to(input.dtype)
    mean: Tensor = moved @ (inside / (last - first).to(input.dtype))
    return mean.transpose(axis, -1)


def _windows(
    name: str,
    input: Tensor,
    kernel: Sequence[int],
    steps: Sequence[int],
    pads: Sequence[int],
    gaps: Sequence[int],
    ceil_mode: bool,
    fill: float,
) -> Tensor:
    """The windows of the padded input, the kernel's axes last."""
    spatial = len(kernel)
    pairs: list[tuple[int, int]] = []
    for axis in range(spatial):
        size = input.shape[axis - spatial]
        span = gaps[axis] * (kernel[axis] - 1) + 1
        room = size + 2 * pads[axis] - span
        count = (room + (steps[axis] - 1 if ceil_mode else 0)) // steps[axis] + 1
        # A window that hangs over the end counts only if it starts inside the input.
        if ceil_mode and (count - 1) * steps[axis] >= size + pads[axis]:
            count -= 1
        if count < 1:
            raise RuntimeError(
                f"{name}: got input {tuple(input.shape)} and a window of {span} on an axis of "
                f"{size} with padding {pads[axis]}; the output would be empty"
            )
        overhang = max((count - 1) * steps[axis] + span - size - pads[axis], 0)
        pairs.append((pads[axis], overhang))
    amounts = tuple(amount for pair in reversed(pairs) for amount in pair)
    windows = pad_constant(input, amounts, fill) if any(amounts) else input
    first = input.dim() - spatial
    for axis in range(spatial):
        windows = sliding_window(windows, first + axis, kernel[axis], steps[axis], gaps[axis])
    return windows


def _check(
    name: str, spatial: int, input: Tensor, kernel: Sequence[int], pads: Sequence[int]
) -> None:
    if input.dim() not in (spatial + 1, spatial + 2):
        raise RuntimeError(
            f"{name}: got input {tuple(input.shape)}, expected {spatial + 1} or {spatial + 2} axes"
        )
    if any(2 * amount > size for amount, size in zip(pads, kernel, strict=True)):
        raise RuntimeError(
            f"{name}: got padding {tuple(pads)}, expected at most half of kernel {tuple(kernel)}"
        )
