"""Learning rate schedules: each call of `step` writes new rates into the optimizer's groups."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lazygrad.errors import BadNameError
from lazygrad.origin import warn

from .optimizer import Optimizer


class LRScheduler:
    """Base of all schedules; a subclass writes `get_lr`.

    Args:
        last_epoch: number of the last finished epoch; -1 starts afresh and notes the current
            rates as 'initial_lr' of the groups.

    Raises:
        TypeError: not an Optimizer.
        KeyError: `last_epoch` is not -1 and a group has no 'initial_lr'.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        for place, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise BadNameError(
                    f"{type(self).__name__}: got last_epoch={last_epoch}, expected -1: param "
                    f"'initial_lr' is not specified in param_groups[{place}] when resuming an "
                    "optimizer"
                )
        self.base_lrs: list[float] = [g["initial_lr"] for g in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self._last_lr: list[float] = []
        self.step()

    def get_lr(self) -> list[float]:
        """The rate of each group for `last_epoch`."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr")

    def get_last_lr(self) -> list[float]:
        """The rates written last."""
        return self._last_lr

    def step(self) -> None:
        """Goes to the next epoch and writes its rates; call it after `optimizer.step()`."""
        self._step_count += 1
        if self._step_count == 2 and self.optimizer.steps_taken == 0:
            warn(
                "lr_scheduler.step() was called before optimizer.step(), so the first rate of the "
                "schedule is skipped; call optimizer.step() first"
            )
        self.last_epoch += 1
        rates = self.get_lr()
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = list(rates)

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer."""
        return {name: value for name, value in self.__dict__.items() if name != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes over what `state_dict` gave."""
        self.__dict__.update(state_dict)

    def _rates(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]


class LambdaLR(LRScheduler):
    """The initial rate times a function of the epoch.

    Args:
        lr_lambda: one function for all groups or one for each.

    Raises:
        ValueError: another number of functions than groups.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ) -> None:
        count = len(optimizer.param_groups)
        self.lr_lambdas = [lr_lambda] * count if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != count:
            raise ValueError(f"Expected {count} lr_lambdas, but got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [
            base * factor(self.last_epoch)
            for base, factor in zip(self.base_lrs, self.lr_lambdas, strict=True)
        ]

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer and the functions."""
        return {name: v for name, v in super().state_dict().items() if name != "lr_lambdas"}


class StepLR(LRScheduler):
    """Multiplies the rate by `gamma` every `step_size` epochs."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0 or self.last_epoch % self.step_size:
            return self._rates()
        return [rate * self.gamma for rate in self._rates()]


class CosineAnnealingLR(LRScheduler):
    """Half a cosine wave from the initial rate to `eta_min` in `T_max` epochs (arXiv:1608.03983).

    Written, as in PyTorch, as a recursion on the current rate, so that other schedules can act
    on the same optimizer.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return self._rates()
        if self._step_count == 1:
            share = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
            return [self.eta_min + (base - self.eta_min) * share for base in self.base_lrs]
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [
                rate + (base - self.eta_min) * rise
                for base, rate in zip(self.base_lrs, self._rates(), strict=True)
            ]
        now = 1 + math.cos(math.pi * self.last_epoch / self.T_max)
        before = 1 + math.cos(math.pi * (self.last_epoch - 1) / self.T_max)
        return [now / before * (rate - self.eta_min) + self.eta_min for rate in self._rates()]


class OneCycleLR(LRScheduler):
    """Rises to `max_lr`, then falls far below the start (Smith and Topin 2017, arXiv:1708.07120).

    The momentum (or the first of Adam's betas) falls while the rate rises, and the other way.

    Args:
        total_steps: length of the cycle in calls of `step`; or `epochs * steps_per_epoch`.
        pct_start: share of the cycle that rises.
        anneal_strategy: 'cos' or 'linear'.
        cycle_momentum: False leaves the momentum as it is.
        base_momentum, max_momentum: the momentum where the rate is highest, and at both ends.
        div_factor: the start is `max_lr / div_factor`.
        final_div_factor: the end is the start divided by this.
        three_phase: falls to the start as it rose, then to the end; else in one go.

    Raises:
        ValueError: no length given, settings out of range, or an optimizer without momentum;
            stepping beyond the cycle.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError(
                    "You must define either total_steps OR (epochs AND steps_per_epoch)"
                )
            total_steps = epochs * steps_per_epoch
        if total_steps <= 0:
            raise ValueError(f"Expected positive integer total_steps, but got {total_steps}")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        if cycle_momentum and not {"momentum", "betas"} & optimizer.defaults.keys():
            raise ValueError(
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled"
            )
        self.total_steps = total_steps
        self.anneal_strategy = anneal_strategy
        self.cycle_momentum = cycle_momentum
        rise, end = pct_start * total_steps - 1, float(total_steps - 1)
        # until which step, from and to which rate, from and to which momentum
        self.phases = [
            (rise, "initial_lr", "max_lr", "max_momentum", "base_momentum"),
            (end, "max_lr", "min_lr", "base_momentum", "max_momentum"),
        ]
        if three_phase:
            self.phases[1:] = [
                (2 * rise, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
                (end, "initial_lr", "min_lr", "max_momentum", "max_momentum"),
            ]
        if last_epoch == -1:
            groups = optimizer.param_groups
            for group, peak, low, high in zip(
                groups, *(_each(v, groups) for v in (max_lr, base_momentum, max_momentum)),
                strict=True,
            ):  # fmt: skip
                group["initial_lr"] = peak / div_factor
                group["max_lr"] = peak
                group["min_lr"] = group["initial_lr"] / final_div_factor
                if cycle_momentum:
                    group["base_momentum"], group["max_momentum"] = low, high
                    _set_momentum(group, high)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"Tried to step {self.last_epoch} times. The specified number of total steps is "
                f"{self.total_steps}"
            )
        ends = [phase[0] for phase in self.phases]
        number = next((k for k, end in enumerate(ends) if self.last_epoch <= end), len(ends) - 1)
        start = ends[number - 1] if number else 0.0
        end, low, high, first, last = self.phases[number]
        share = (self.last_epoch - start) / (end - start)
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                _set_momentum(group, self._between(first, last, group, share))
        return [self._between(low, high, group, share) for group in groups]

    def _between(self, start: str, end: str, group: dict[str, Any], share: float) -> float:
        """The value at `share` of the way from one setting to another."""
        first, last = float(group[start]), float(group[end])
        if self.anneal_strategy == "linear":
            return first + (last - first) * share
        return last + (first - last) / 2.0 * (1.0 + math.cos(math.pi * share))


def _each(value: float | Sequence[float], groups: Sequence[Any]) -> list[float]:
    """One value for each parameter group."""
    return [value] * len(groups) if isinstance(value, (int, float)) else list(value)


def _set_momentum(group: dict[str, Any], value: float) -> None:
    if "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group["momentum"] = value
