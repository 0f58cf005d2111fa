"""Normalisations: mean and variance over some axes, then one affine pass.

Each is written over its own axes with the reduced ones kept, so that the two reductions and the
pass over the values become one kernel per row where the axes are the last ones.
"""

from collections.abc import Sequence

from lazygrad.grad_mode import no_grad
from lazygrad.tensor import Tensor
from lazygrad.type_info import finfo


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalises over the last axes (Ba et al. 2016, arXiv:1607.06450).

    Args:
        normalized_shape: sizes of the axes to normalise over; also the shape of weight and bias.

    Raises:
        RuntimeError: the last axes of `input` are not `normalized_shape`.
    """
    axes = _last_axes("layer_norm", input, normalized_shape)
    _check_affine("layer_norm", normalized_shape, weight, bias)
    mean = input.mean(axes, keepdim=True)
    variance = input.var(axes, correction=0, keepdim=True)
    result = (input - mean) * (variance + eps).rsqrt()
    return _affine(result, weight, bias)


def _check_affine(name: str, shape: Sequence[int], *given: Tensor | None) -> None:
    for part in given:
        if part is not None and tuple(part.shape) != tuple(shape):
            raise RuntimeError(
                f"{name}: got weight or bias {tuple(part.shape)}, expected the normalized_shape, "
                f"{tuple(shape)}"
            )


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """`x / sqrt(mean(x * x) + eps)` over the last axes (Zhang and Sennrich 2019, arXiv:1910.07467).

    `eps` defaults to the distance from 1 to the next number of the dtype.
    """
    axes = _last_axes("rms_norm", input, normalized_shape)
    _check_affine("rms_norm", normalized_shape, weight)
    floor = float(finfo(input.dtype).eps) if eps is None else eps
    result = input * ((input * input).mean(axes, keepdim=True) + floor).rsqrt()
    return _affine(result, weight, None)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalises `(N, C, *)` over each of `num_groups` groups of channels (arXiv:1803.08494).

    Raises:
        RuntimeError: fewer than two axes, or channels that do not divide into the groups.
    """
    if input.dim() < 2 or input.shape[1] % num_groups:
        raise RuntimeError(
            f"group_norm: got input {tuple(input.shape)} and num_groups={num_groups}, expected "
            "(N, C, ...) with C divisible by num_groups"
        )
    channels = input.shape[1]
    rows = input.reshape(input.shape[0], num_groups, -1)
    mean = rows.mean(-1, keepdim=True)
    variance = rows.var(-1, correction=0, keepdim=True)
    result = ((rows - mean) * (variance + eps).rsqrt()).reshape(input.shape)
    along_channels = (1, channels, *(1,) * (input.dim() - 2))
    return _affine(
        result,
        None if weight is None else weight.reshape(along_channels),
        None if bias is None else bias.reshape(along_channels),
    )


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalises `(N, C, *)` per channel (Ioffe and Szegedy 2015, arXiv:1502.03167).

    In training the statistics of the batch are used, and the running ones move towards them:
    `running = (1 - momentum) * running + momentum * batch`, the batch's variance unbiased.

    Raises:
        ValueError: training with a single value per channel.
        RuntimeError: fewer than two axes, or no running statistics outside training.
    """
    if not eps >= 0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    if input.dim() < 2:
        raise RuntimeError(f"batch_norm: got input {tuple(input.shape)}, expected (N, C, ...)")
    axes = (0, *range(2, input.dim()))
    along_channels = (1, input.shape[1], *(1,) * (input.dim() - 2))
    if training:
        _check_batch(input)
        mean = input.mean(axes, keepdim=True)
        variance = input.var(axes, correction=0, keepdim=True)
        _move_running(input, running_mean, running_var, mean, variance, momentum)
    else:
        if running_mean is None or running_var is None:
            raise RuntimeError(
                "batch_norm: got no running_mean and running_var, expected both outside training; "
                "write batch_norm(x, None, None, training=True) to use the batch's own statistics"
            )
        mean = running_mean.reshape(along_channels)
        variance = running_var.reshape(along_channels)
    scale = (variance + eps).rsqrt()
    if weight is not None:
        scale = scale * weight.reshape(along_channels)
    result = (input - mean) * scale
    return result if bias is None else result + bias.reshape(along_channels)


def _check_batch(input: Tensor) -> None:
    values = input.numel() // max(input.shape[1], 1)
    if values == 1:
        raise ValueError(
            "batch_norm: expected more than 1 value per channel when training, "
            f"got input {tuple(input.shape)}"
        )


def _move_running(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    mean: Tensor,
    variance: Tensor,
    momentum: float,
) -> None:
    """Moves the running statistics, in place and outside the gradient."""
    count = input.numel() // max(input.shape[1], 1)
    with no_grad():
        if running_mean is not None:
            batch_mean = mean.detach().reshape(running_mean.shape)
            running_mean.copy_((1 - momentum) * running_mean + momentum * batch_mean)
        if running_var is not None:
            unbiased = variance.detach().reshape(running_var.shape) * (count / max(count - 1, 1))
            running_var.copy_((1 - momentum) * running_var + momentum * unbiased)


def _last_axes(name: str, input: Tensor, normalized_shape: Sequence[int]) -> tuple[int, ...]:
    count = len(normalized_shape)
    if count == 0 or tuple(input.shape[-count:]) != tuple(normalized_shape):
        raise RuntimeError(
            f"{name}: got input {tuple(input.shape)}, expected its last axes to be "
            f"normalized_shape {tuple(normalized_shape)}"
        )
    return tuple(range(-count, 0))


def _affine(input: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    if weight is not None:
        input = input * weight
    return input if bias is None else input + bias
