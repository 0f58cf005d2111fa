"""Convolution (cross-correlation) as a contraction over sliding windows: nothing is copied."""

from collections.abc import Sequence

from lazygrad.linear_algebra import einsum
from lazygrad.tensor import Tensor
from lazygrad.tensor_arguments import check_same_dtype
from lazygrad.windows import pad_constant, sliding_window


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """`(N, C, L)` or `(C, L)` with weight `(O, C / groups, K)` -> `(N, O, L')` or `(O, L')`.

    `L' = (L + 2 * padding - dilation * (K - 1) - 1) // stride + 1`; see `conv2d`.
    """
    return _convolve("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: str | int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """`(N, C, H, W)` or `(C, H, W)` with weight `(O, C / groups, KH, KW)` -> `(N, O, H', W')`.

    Args:
        padding: zeros on both sides of each spatial axis, 'valid' (none) or 'same' (as many as
            keep the size; stride 1 only; the odd one goes to the end).
        groups: channels are cut into as many groups, each with its own share of the outputs.

    Raises:
        RuntimeError: shapes that do not fit each other, or a window larger than the padded input.
        ValueError: an unknown word for `padding`.
    """
    return _convolve("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def _convolve(
    name: str,
    spatial: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: int | Sequence[int],
    padding: str | int | Sequence[int],
    dilation: int | Sequence[int],
    groups: int,
) -> Tensor:
    steps = per_axis(name, "stride", stride, spatial)
    gaps = per_axis(name, "dilation", dilation, spatial)
    _check(name, spatial, input, weight, bias, groups)
    reach = [gap * (size - 1) + 1 for gap, size in zip(gaps, weight.shape[2:], strict=True)]
    amounts = _padding(name, padding, spatial, reach, steps)

    batched = input if input.dim() == spatial + 2 else input.unsqueeze(0)
    if any(amounts):
        batched = pad_constant(batched, amounts, 0.0)
    _check_reach(name, batched, reach)
    windows = batched
    for axis in range(spatial):
        windows = sliding_window(windows, 2 + axis, weight.shape[2 + axis], steps[axis], gaps[axis])
    result = _contract(windows, weight, groups, spatial)
    if bias is not None:
        result = result + bias.reshape(-1, *(1,) * spatial)
    return result if input.dim() == spatial + 2 else result.squeeze(0)


def _contract(windows: Tensor, weight: Tensor, groups: int, spatial: int) -> Tensor:
    """Sums windows `(N, C, *out, *kernel)` times weight `(O, C / groups, *kernel)`."""
    out, kernel = "yx"[-spatial:], "ij"[-spatial:]
    if groups == 1:
        return einsum(f"nc{out}{kernel},oc{kernel}->no{out}", windows, weight)
    batch, channels, *rest = windows.shape
    outputs = weight.shape[0]
    windows = windows.reshape(batch, groups, channels // groups, *rest)
    weight = weight.reshape(groups, outputs // groups, *weight.shape[1:])
    result = einsum(f"ngc{out}{kernel},goc{kernel}->ngo{out}", windows, weight)
    return result.reshape(batch, outputs, *rest[:spatial])


def _check(
    name: str, spatial: int, input: Tensor, weight: Tensor, bias: Tensor | None, groups: int
) -> None:
    got = f"{name}: got input {tuple(input.shape)}, weight {tuple(weight.shape)}, groups={groups}"
    if weight.dim() != spatial + 2 or input.dim() not in (spatial + 1, spatial + 2):
        raise RuntimeError(
            f"{got}; expected an input of {spatial + 1} or {spatial + 2} axes and a weight of "
            f"{spatial + 2}"
        )
    channels = input.shape[-spatial - 1]
    if groups < 1 or channels != weight.shape[1] * groups:
        raise RuntimeError(
            f"{got}; expected {weight.shape[1] * groups} input channels, got {channels}"
        )
    if weight.shape[0] % groups:
        raise RuntimeError(f"{got}; expected output channels divisible by groups")
    check_same_dtype(name, input, weight)
    if bias is not None and tuple(bias.shape) != (weight.shape[0],):
        raise RuntimeError(f"{got}; expected bias ({weight.shape[0]},), got {tuple(bias.shape)}")


def _check_reach(name: str, padded: Tensor, reach: Sequence[int]) -> None:
    sizes = tuple(padded.shape[2:])
    if any(window > size for window, size in zip(reach, sizes, strict=True)):
        raise RuntimeError(
            f"{name}: the window spans {tuple(reach)} but the padded input is only {sizes}; "
            "kernel size can't be greater than the input"
        )


def _padding(
    name: str,
    padding: str | int | Sequence[int],
    spatial: int,
    reach: Sequence[int],
    steps: Sequence[int],
) -> tuple[int, ...]:
    """`(left, right)` of the last axis, then of the one before it, as `pad` takes them."""
    if padding == "valid":
        return (0, 0) * spatial
    if padding == "same":
        if any(step != 1 for step in steps):
            raise RuntimeError(f"{name}: padding='same' is not supported for strided convolutions")
        pairs = [((window - 1) // 2, window // 2) for window in reach]
    elif isinstance(padding, str):
        raise ValueError(f"{name}: got padding={padding!r}, expected 'same', 'valid' or integers")
    else:
        pairs = [(amount, amount) for amount in per_axis(name, "padding", padding, spatial, 0)]
    return tuple(amount for pair in reversed(pairs) for amount in pair)


def per_axis(
    name: str, argument: str, value: int | Sequence[int], spatial: int, least: int = 1
) -> tuple[int, ...]:
    """One integer for each spatial axis, from one for all or one for each.

    Raises:
        RuntimeError: another number of integers, or one below `least`.
    """
    values = (value,) * spatial if isinstance(value, int) else tuple(value)
    if len(values) == 1:
        values = values * spatial
    if len(values) != spatial or any(v < least for v in values):
        raise RuntimeError(
            f"{name}: got {argument}={value}, expected one integer or {spatial}, each >= {least}"
        )
    return values
