"""Stochastic gradient descent."""

from typing import Any

from lazygrad.creation import zeros_like
from lazygrad.recording import follow
from lazygrad.tensor import Tensor

from .optimizer import Optimizer, Parameters, check_undifferentiated


class SGD(Optimizer):
    """Gradient descent, with momentum if wished (Sutskever et al. 2013).

    `b = momentum * b + (1 - dampening) * g` (the first step takes `b = g`), then
    `p = p - lr * b`; with `nesterov`, `p = p - lr * (g + momentum * b)`.

    Args:
        weight_decay: `weight_decay * p` is added to the gradient.
        maximize: ascends.
        foreach, fused: taken without effect, as every step is fused.

    Raises:
        NotImplementedError: `differentiable=True`.
        ValueError: negative settings, or nesterov without momentum or with dampening.
    """

    _follows = frozenset({"lr", "momentum"})

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_undifferentiated("SGD", differentiable)
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def _first_state(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"momentum_buffer": zeros_like(parameter)} if group["momentum"] else {}

    def _update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        state: dict[str, Any],
        group: dict[str, Any],
        first: bool,
    ) -> None:
        if group["maximize"]:
            gradient = -gradient
        if group["weight_decay"]:
            gradient = gradient + parameter * group["weight_decay"]
        if group["momentum"]:
            buffer = state["momentum_buffer"]
            share = 1.0 if first else 1.0 - group["dampening"]
            buffer.mul_(follow(lambda: group["momentum"])).add_(gradient, alpha=share)
            if group["nesterov"]:
                gradient = gradient + buffer * follow(lambda: group["momentum"])
            else:
                gradient = buffer
        parameter.add_(gradient, alpha=follow(lambda: -group["lr"]))
