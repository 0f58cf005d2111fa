"""Initialisers: fill a tensor in place, outside any gradient, and give it back."""

import math

from lazygrad.functions import where
from lazygrad.grad_mode import no_grad
from lazygrad.origin import warn
from lazygrad.random import Generator
from lazygrad.ranges import eye
from lazygrad.tensor import Tensor

_GAINS = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5.0 / 3.0,
    "relu": math.sqrt(2.0),
    "selu": 0.75,
}

_NEAR_ONE = 1.0 - 2.0**-23
_CENTRAL = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
    -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
)  # fmt: skip
_TAIL = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
    -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
)  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the variance of a signal through an activation.

    Args:
        nonlinearity: name of a function of `nn.functional`.
        param: the negative slope of 'leaky_relu', 0.01 by default.

    Raises:
        ValueError: an unknown name.
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(
            f"Unsupported nonlinearity {nonlinearity}; expected one of "
            f"{', '.join([*_GAINS, 'leaky_relu'])}"
        )
    return _GAINS[nonlinearity]


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Uniform on [a, b)."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Normal with the given mean and standard deviation."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Normal, cut off outside [a, b]: the inverse distribution function of a uniform sample."""
    if not (a <= b and std > 0 and math.isfinite(mean)):
        raise RuntimeError(
            f"trunc_normal_: got mean={mean}, std={std}, a={a}, b={b}, expected a finite mean, a "
            "positive std and a <= b"
        )
    if mean < a - 2 * std or mean > b + 2 * std:
        warn(
            "trunc_normal_: mean is more than 2 std from [a, b]; the values may be distributed "
            "incorrectly"
        )
    low, high = (math.erf((edge - mean) / std / math.sqrt(2.0)) for edge in (a, b))
    with no_grad():
        tensor.uniform_(low, high, generator=generator)
        scaled = _erfinv(tensor) * (std * math.sqrt(2.0)) + mean
        return tensor.copy_(scaled.clamp(min=a, max=b))


def _erfinv(x: Tensor) -> Tensor:
    """Inverse error function to float32 accuracy (Giles 2010, 'Approximating the erfinv function').

    Good enough for drawing numbers; the argument is kept off -1 and 1, where it is infinite.
    """
    x = x.clamp(min=-_NEAR_ONE, max=_NEAR_ONE)
    w = -((1.0 - x) * (1.0 + x)).log()
    is_central = w < 5.0
    central, tail = w - 2.5, where(is_central, 5.0, w).sqrt() - 3.0
    return x * where(is_central, _horner(central, _CENTRAL), _horner(tail, _TAIL))


def _horner(x: Tensor, coefficients: tuple[float, ...]) -> Tensor:
    """The polynomial with these coefficients, highest power first."""
    value = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        value = value * x + coefficient
    return value


def constant_(tensor: Tensor, val: float) -> Tensor:
    """The same value everywhere."""
    with no_grad():
        return tensor.fill_(val)


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Ones."""
    return constant_(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix.

    Raises:
        ValueError: not a matrix.
    """
    if tensor.dim() != 2:
        raise ValueError(f"eye_: got shape {tuple(tensor.shape)}, expected a matrix")
    with no_grad():
        return tensor.copy_(eye(*tensor.shape, dtype=tensor.dtype, device=tensor.device))


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Uniform with variance `2 gain^2 / (fan_in + fan_out)` (Glorot and Bengio 2010)."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    bound = gain * math.sqrt(6.0 / (fan_in + fan_out))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Normal with variance `2 gain^2 / (fan_in + fan_out)` (Glorot and Bengio 2010)."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / (fan_in + fan_out)), generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Uniform with variance `gain^2 / fan` (He et al. 2015, arXiv:1502.01852).

    Args:
        a: negative slope of the activation 'leaky_relu'.
        mode: 'fan_in' keeps the variance of the forward pass, 'fan_out' that of the gradients.
    """
    if 0 in tensor.shape:
        return tensor
    bound = math.sqrt(3.0) * calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Normal with variance `gain^2 / fan`; arguments as `kaiming_uniform_`."""
    if 0 in tensor.shape:
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_fan(tensor, mode))
    return normal_(tensor, 0.0, std, generator)


def _fan(tensor: Tensor, mode: str) -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """Inputs that one output sums, and outputs that one input reaches."""
    if tensor.dim() < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, "
            f"got shape {tuple(tensor.shape)}"
        )
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window
