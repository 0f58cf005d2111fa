"""Gradient clipping, and parameters as one vector (the module path is PyTorch's)."""

import math
from collections.abc import Iterable

from lazygrad.creation import tensor
from lazygrad.grad_mode import no_grad
from lazygrad.handle import check_tensor
from lazygrad.joining import cat, stack
from lazygrad.tensor import Tensor


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float | str = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scales all gradients so that the norm of them together is at most `max_norm`.

    `foreach` is taken without effect, here and in `clip_grad_value_`.

    Returns:
        The norm before scaling, 0-dimensional.

    Raises:
        RuntimeError: the norm is not finite and `error_if_nonfinite` is set (reads the norm back).
    """
    gradients = _gradients(parameters)
    with no_grad():
        total = _total_norm(gradients, float(norm_type))
        if error_if_nonfinite and not math.isfinite(float(total.item())):
            raise RuntimeError(
                f"The total norm of order {norm_type} for gradients from `parameters` is "
                "non-finite, so it cannot be clipped; to clip anyway set error_if_nonfinite=False"
            )
        factor = (max_norm / (total + 1e-6)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(factor.to(device=gradient.device, dtype=gradient.dtype))
    return total


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Holds every element of every gradient between `-clip_value` and `clip_value`."""
    with no_grad():
        for gradient in _gradients(parameters):
            gradient.clamp_(min=-float(clip_value), max=float(clip_value))


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters one after another in one dimension."""
    listed = list(parameters)
    for parameter in listed:
        check_tensor("parameters_to_vector", parameter, "parameters")
    return cat([parameter.reshape(-1) for parameter in listed])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Writes consecutive pieces of `vec` into the parameters.

    Raises:
        TypeError: what is not a Tensor.
    """
    listed = list(parameters)
    for given in (vec, *listed):
        check_tensor("vector_to_parameters", given, "vec and parameters")
    start = 0
    for parameter in listed:
        end = start + parameter.numel()
        parameter.data = vec[start:end].reshape(parameter.shape).detach()
        start = end


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    given = [parameters] if isinstance(parameters, Tensor) else parameters
    listed = list(given)
    for parameter in listed:
        check_tensor("clip_grad", parameter, "parameters")
    return [parameter.grad for parameter in listed if parameter.grad is not None]


def _total_norm(gradients: list[Tensor], order: float) -> Tensor:
    """The norm of all elements together."""
    if not gradients:
        return tensor(0.0)
    device = gradients[0].device
    if order == 2.0:
        # One sum of squares each: a norm of norms would take a root in between for nothing.
        squares = [(gradient * gradient).sum().to(device) for gradient in gradients]
        return _sum(squares).sqrt()
    norms: Tensor = stack([gradient.norm(order).to(device) for gradient in gradients])
    return norms.norm(order)


def _sum(terms: list[Tensor]) -> Tensor:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
