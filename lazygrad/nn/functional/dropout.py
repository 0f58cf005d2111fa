"""Dropout: a random mask, drawn inside the kernel that uses it."""

from collections.abc import Sequence

from lazygrad.random import rand
from lazygrad.tensor import Tensor

from .inplace import deliver


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zeroes elements with probability `p` and scales the others by `1 / (1 - p)`.

    Raises:
        ValueError: `p` outside [0, 1].
    """
    return _drop("dropout", input, p, training, inplace, tuple(input.shape))


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zeroes whole channels of `(N, C, L)` or `(C, L)` with probability `p`."""
    return _drop("dropout1d", input, p, training, inplace, _channels("dropout1d", input, 1))


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Zeroes whole channels of `(N, C, H, W)` or `(C, H, W)` with probability `p`."""
    return _drop("dropout2d", input, p, training, inplace, _channels("dropout2d", input, 2))


def _channels(name: str, input: Tensor, spatial: int) -> tuple[int, ...]:
    """Shape of one draw per channel: the spatial axes become 1."""
    if input.dim() not in (spatial + 1, spatial + 2):
        raise RuntimeError(
            f"{name}: got input {tuple(input.shape)}, expected {spatial + 1} or {spatial + 2} axes"
        )
    return (*input.shape[: input.dim() - spatial], *(1,) * spatial)


def _drop(
    name: str, input: Tensor, p: float, training: bool, inplace: bool, shape: Sequence[int]
) -> Tensor:
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"{name}: got p={p}, expected a probability between 0 and 1")
    if not training or p == 0.0:
        return input
    if p == 1.0:
        return deliver(input, input * 0.0, inplace)
    kept = (rand(*shape, device=input.device) >= p).to(input.dtype)
    result = input * (kept * (1.0 / (1.0 - p)))
    return deliver(input, result, inplace)
