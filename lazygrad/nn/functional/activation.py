"""Activations and the two softmaxes, each written so that it fuses into its neighbours.

Formulas are PyTorch's, kinks included: the gradient of a clipped activation is zero on its corners.
"""

import math

from lazygrad.codegen.dtype import DType
from lazygrad.functions import log1p, where
from lazygrad.origin import warn
from lazygrad.tensor import Tensor

from .inplace import deliver


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """`max(x, 0)`; the gradient at 0 is 0."""
    return deliver(input, input.relu(), inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """`x` where `x > 0`, else `negative_slope * x`."""
    return deliver(input, where(input > 0, input, input * negative_slope), inplace)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """`x` held between `min_val` and `max_val`; the gradient on both bounds is 0.

    Raises:
        ValueError: `min_val` is greater than `max_val`.
    """
    if not min_val <= max_val:
        raise ValueError(
            f"hardtanh: expected min_val <= max_val, got: min_val {min_val} is greater than "
            f"max_val {max_val}"
        )
    # Two selections, not clamp: clamp lets the gradient through on the bound itself.
    bounded = where(input <= min_val, min_val, where(input >= max_val, max_val, input))
    return deliver(input, bounded, inplace)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """`min(max(x, 0), 6)`."""
    return hardtanh(input, 0.0, 6.0, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """`x * relu6(x + 3) / 6` (Howard et al. 2019, arXiv:1905.02244)."""
    return deliver(input, input * relu6(input + 3.0) / 6.0, inplace)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """`x` where `x > 0`, else `alpha * (exp(x) - 1)` (Clevert et al. 2015, arXiv:1511.07289)."""
    # The exponent never exceeds 0: exp(big) = inf would turn the masked gradient into NaN.
    negative = where(input > 0, 0.0, input).expm1() * alpha
    return deliver(input, where(input > 0, input, negative), inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """`x * Phi(x)`, exact or by tanh (Hendrycks and Gimpel 2016, arXiv:1606.08415).

    Raises:
        RuntimeError: `approximate` is neither 'none' nor 'tanh'.
    """
    x = input.float() if input.dtype.itemsize == 2 else input  # constants round to the dtype
    if approximate == "none":
        return (x * 0.5 * (1.0 + (x * math.sqrt(0.5)).erf())).to(input.dtype)
    if approximate == "tanh":
        cubic = x + 0.044715 * x * x * x
        return (x * 0.5 * (1.0 + (cubic * math.sqrt(2.0 / math.pi)).tanh())).to(input.dtype)
    raise RuntimeError(f"gelu: got approximate={approximate!r}, expected 'none' or 'tanh'")


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """`x * sigmoid(x)`."""
    return deliver(input, input * input.sigmoid(), inplace)


def sigmoid(input: Tensor) -> Tensor:
    """`1 / (1 + exp(-x))`."""
    return input.sigmoid()


def tanh(input: Tensor) -> Tensor:
    """Hyperbolic tangent."""
    return input.tanh()


def logsigmoid(input: Tensor) -> Tensor:
    """`log(sigmoid(x))` without overflow: `min(x, 0) - log(1 + exp(-|x|))`."""
    negative = input < 0
    # One condition for both terms, so that their one-sided slopes at 0 add up to 1/2.
    return where(negative, input, 0.0) - log1p(where(negative, input, -input).exp())


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """`log(1 + exp(beta * x)) / beta`; `x` itself where `beta * x > threshold`."""
    scaled = input * beta
    linear = scaled > threshold
    return where(linear, input, log1p(where(linear, 0.0, scaled).exp()) / beta)


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None
) -> Tensor:
    """`exp(x) / sum(exp(x))` along `dim`, shifted by the maximum; computed in `dtype` if given.

    `_stacklevel` is PyTorch's; warnings stand on the user's line without it.
    """
    return input.softmax(_implicit_dim("softmax", input, dim), dtype=dtype)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: DType | None = None
) -> Tensor:
    """`log(softmax(x))` along `dim` without leaving the logarithm; in `dtype` if given."""
    return input.log_softmax(_implicit_dim("log_softmax", input, dim), dtype=dtype)


def _implicit_dim(name: str, input: Tensor, dim: int | None) -> int:
    """PyTorch's old choice of axis where none is given: 1, or 0 for 0, 1 and 3 dimensions."""
    if dim is not None:
        return dim
    warn(f"{name}: no dim given; the implicit choice is deprecated, write {name}(x, dim=...)")
    return 0 if input.dim() in (0, 1, 3) else 1
