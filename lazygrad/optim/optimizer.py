"""`Optimizer`: groups of parameters with settings, a state for each, and one submission a step."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from functools import partial
from itertools import chain
from typing import Any

from lazygrad import recording
from lazygrad.errors import type_name
from lazygrad.grad_mode import enable_grad, no_grad
from lazygrad.realize import realize
from lazygrad.residence import store_apart
from lazygrad.tensor import Tensor

Closure = Callable[[], Any]
Parameters = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]


class Optimizer:
    """Base of all optimizers; a subclass writes `_first_state` and `_update` for one parameter.

    `_follows`, beside `_update`, names the settings that it reads by `recording.follow` alone.

    Args:
        params: parameters, or dicts of settings with a key 'params' (parameter groups).
        defaults: settings of groups that do not give their own.

    Raises:
        TypeError: something else than tensors, or a single tensor.
        ValueError: no parameters, non-leaf tensors, or a parameter in two groups.
    """

    def __init__(self, params: Parameters, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self.steps_taken = 0
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or "
                f"dicts, but got {type(params).__name__}"
            )
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)
        # or the first step would not have the structure of the second
        store_apart(*chain.from_iterable(group["params"] for group in self.param_groups))

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds parameters with their own settings; what is left out comes from the defaults.

        Raises:
            TypeError: not a dict, or not tensors in it.
            ValueError: non-leaf tensors, or a parameter that a group has already.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        group = dict(param_group)
        if "params" not in group:
            raise ValueError(
                f"add_param_group: got keys {list(group)}, expected the parameters as 'params'"
            )
        given = group["params"]
        if isinstance(given, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, "
                "but the ordering of tensors in sets will change between runs"
            )
        listed = [given] if isinstance(given, Tensor) else list(given)
        if listed and isinstance(listed[0], tuple):
            group["param_names"] = [name for name, _ in listed]
            listed = [parameter for _, parameter in listed]
        for parameter in listed:
            _check_parameter(parameter)
        taken = {id(p) for other in self.param_groups for p in other["params"]}
        if taken & {id(p) for p in listed}:
            raise ValueError("some parameters appear in more than one parameter group")
        if len({id(p) for p in listed}) != len(listed):
            raise ValueError("optimizer contains a parameter group with duplicate parameters")
        group["params"] = listed
        for name, default in self.defaults.items():
            group.setdefault(name, default)
        self.param_groups.append(group)

    def zero_grad(self, set_to_none: bool | None = True) -> None:
        """Drops the gradients of all parameters, or fills them with zeros."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                if set_to_none:
                    parameter.grad = None
                else:
                    parameter.grad = parameter.grad.detach().zero_()

    def step(self, closure: Closure | None = None) -> Any:
        """Updates every parameter that has a gradient; returns what `closure` returns.

        The updates of all parameters are planned together and submitted without waiting.

        Args:
            closure: computes the loss again, with gradients on.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            trained = [
                (parameter, group)
                for group in self.param_groups
                for parameter in group["params"]
                if parameter.grad is not None
            ]
            fresh = self._start_states(trained)
            self._count(trained)
            recorder = recording.active()
            if recorder is not None:
                recorder.events.append(partial(self._count, trained))
            written: list[Tensor] = []
            for parameter, group in trained:
                state = self.state.get(parameter, {})
                self._update(parameter, parameter.grad, state, group, id(parameter) in fresh)
                written.append(parameter)
                written.extend(_tensors(state))
        realize(*written)
        return loss

    def followed_settings(self) -> frozenset[str]:
        """Settings that replays ask for anew: those of `_follows` beside the `_update` in use.

        Of a `step` or an `_update` that a subclass wrote, nobody knows what it reads.
        """
        if type(self).step is not Optimizer.step:
            return frozenset()
        owner = next(c for c in type(self).__mro__ if "_update" in vars(c))
        found: frozenset[str] = vars(owner).get("_follows", frozenset())
        return found

    def _count(self, trained: "list[tuple[Tensor, dict[str, Any]]]") -> None:
        """What a step changes on the host: counts. A compiled step does it anew each time.

        Numbers that depend on it, or on settings, enter updates by `recording.follow`.
        """
        self.steps_taken += 1

    def _start_states(self, trained: list[tuple[Tensor, dict[str, Any]]]) -> set[int]:
        """Gives parameters without a state their first one; tells them by id.

        The states are buffers before the first update reads them, so that all steps have one
        structure.
        """
        fresh: set[int] = set()
        started: list[Tensor] = []
        for parameter, group in trained:
            if parameter in self.state:
                continue
            state = self._first_state(parameter, group)
            if state:
                self.state[parameter] = state
                fresh.add(id(parameter))
                started.extend(_tensors(state))
        store_apart(*started)
        return fresh

    def _first_state(self, parameter: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """What is kept for one parameter before its first update: zeros like it, counts."""
        raise NotImplementedError(f"{type(self).__name__} has no _first_state")

    def _update(
        self,
        parameter: Tensor,
        gradient: Tensor,
        state: dict[str, Any],
        group: dict[str, Any],
        first: bool,
    ) -> None:
        """Writes the new value of one parameter and of its state, in place."""
        raise NotImplementedError(f"{type(self).__name__} has no _update")

    def state_dict(self) -> dict[str, Any]:
        """State by the parameter's number, and the groups with numbers for parameters."""
        numbers: dict[int, int] = {}
        for parameter in chain.from_iterable(group["params"] for group in self.param_groups):
            numbers.setdefault(id(parameter), len(numbers))
        groups = [
            {
                **{name: value for name, value in group.items() if name != "params"},
                "params": [numbers[id(p)] for p in group["params"]],
            }
            for group in self.param_groups
        ]
        state = {numbers[id(p)]: own for p, own in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes over the settings and the state that `state_dict` gave.

        Raises:
            ValueError: other numbers of groups, or of parameters in one.
        """
        for key in ("param_groups", "state"):
            if key not in state_dict:
                raise ValueError(
                    f"load_state_dict: got keys {list(state_dict)}, expected what state_dict() "
                    f"gave, with {key!r}"
                )
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        for mine, theirs in zip(self.param_groups, saved, strict=True):
            if len(mine["params"]) != len(theirs["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of "
                    "optimizer's group"
                )
        by_number: dict[Any, Tensor] = {}
        groups = []
        for mine, theirs in zip(self.param_groups, saved, strict=True):
            by_number.update(zip(theirs["params"], mine["params"], strict=True))
            groups.append({**deepcopy(dict(theirs)), "params": mine["params"]})
        self.param_groups = groups
        self.state.clear()
        for number, own in state_dict["state"].items():
            if number in by_number:
                parameter = by_number[number]
                self.state[parameter] = {
                    name: _taken_over(name, value, parameter) for name, value in own.items()
                }
        store_apart(*chain.from_iterable(_tensors(own) for own in self.state.values()))

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for place, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {place}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def _tensors(state: dict[str, Any]) -> list[Tensor]:
    return [value for value in state.values() if isinstance(value, Tensor)]


def check_undifferentiated(name: str, differentiable: bool) -> None:
    """Raises NotImplementedError where a step is asked to be part of the graph of gradients."""
    if differentiable:
        raise NotImplementedError(
            f"{name}: got differentiable=True, expected False; write the update as plain "
            "operations to differentiate through it"
        )


def _check_parameter(parameter: Any) -> None:
    if not isinstance(parameter, Tensor):
        raise TypeError(
            f"optimizer can only optimize Tensors, but one of the params is {type_name(parameter)}"
        )
    if not (parameter.is_leaf or parameter.requires_grad is False):
        raise ValueError("can't optimize a non-leaf Tensor")


def _taken_over(name: str, value: Any, parameter: Tensor) -> Any:
    """A loaded state entry on the parameter's device and, but for the step count, in its dtype."""
    if not isinstance(value, Tensor):
        return deepcopy(value)
    if name == "step":
        return int(value.item())
    dtype = parameter.dtype if parameter.is_floating_point() else value.dtype
    return value.detach().clone().to(device=parameter.device, dtype=dtype)
