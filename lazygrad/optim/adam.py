"""Adam and AdamW."""

import math
from typing import Any

from lazygrad.creation import zeros_like
from lazygrad.functions import maximum
from lazygrad.recording import follow
from lazygrad.tensor import Tensor

from .optimizer import Optimizer, Parameters, check_undifferentiated


class Adam(Optimizer):
    """Adam (Kingma and Ba 2014, arXiv:1412.6980).

    `m = b1 * m + (1 - b1) * g`, `v = b2 * v + (1 - b2) * g * g`,
    `p = p - lr / (1 - b1^t) * m / (sqrt(v) / sqrt(1 - b2^t) + eps)`.

    Args:
        weight_decay: `weight_decay * p` is added to the gradient.
        amsgrad: uses the largest `v` so far (Reddi et al. 2018).
        maximize: ascends.
        decoupled_weight_decay: shrinks the parameters instead, as `AdamW` does.
        foreach, capturable, fused: taken without effect, as every step is fused.

    Raises:
        NotImplementedError: `differentiable=True`.
        ValueError: negative settings, or betas outside [0, 1).
    """

    _follows = frozenset({"lr", "betas"})

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_undifferentiated(type(self).__name__, differentiable)
        if not lr >= 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for place, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"Invalid beta parameter at index {place}: {beta}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
        )

    def _first_state(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        names = ["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * group["amsgrad"]
        return {"step": 0, **{name: zeros_like(parameter) for name in names}}

    def _count(self, trained: list[tuple[Tensor, dict[str, Any]]]) -> None:
        super()._count(trained)
        for parameter, _ in trained:
            self.state[parameter]["step"] += 1

    def _update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        state: dict[str, Any],
        group: dict[str, Any],
        first: bool,
    ) -> None:
        # The count stays on the host: what depends on it enters the kernel as late-bound numbers.
        weight_decay = group["weight_decay"]
        if group["maximize"]:
            gradient = -gradient
        if weight_decay and group["decoupled_weight_decay"]:
            parameter.mul_(follow(lambda: 1.0 - group["lr"] * weight_decay))
        elif weight_decay:
            gradient = gradient + parameter * weight_decay

        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mean.mul_(follow(lambda: group["betas"][0]))
        mean.add_(gradient, alpha=follow(lambda: 1.0 - group["betas"][0]))
        square.mul_(follow(lambda: group["betas"][1]))
        square.addcmul_(gradient, gradient, value=follow(lambda: 1.0 - group["betas"][1]))
        if group["amsgrad"]:
            largest = state["max_exp_avg_sq"]
            square = largest.copy_(maximum(largest, square))
        root = follow(lambda: math.sqrt(1.0 - group["betas"][1] ** state["step"]))
        scale = square.sqrt() / root + group["eps"]
        rate = follow(lambda: -group["lr"] / (1.0 - group["betas"][0] ** state["step"]))
        parameter.addcdiv_(mean, scale, value=rate)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2017, arXiv:1711.05101).

    As `Adam`, but each step first multiplies the parameters by `1 - lr * weight_decay`.
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            maximize=maximize,
            differentiable=differentiable,
            decoupled_weight_decay=True,
        )
