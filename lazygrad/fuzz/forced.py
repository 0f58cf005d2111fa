"""Schedules drawn at random: every legal one must compute what the program means."""

import random
from collections.abc import Sequence

from lazygrad.codegen.choice import Choices
from lazygrad.codegen.tunable import Tunable
from lazygrad.runtime import Device
from lazygrad.schedules import Policy

__all__ = ["random_schedules"]


def random_schedules(seed: int) -> Policy:
    """One of each kernel's legal schedules, the same for a seed whatever else a plan computes."""

    def choose(device: Device, kernels: Sequence[Tunable]) -> Choices:
        return {k.key: random.Random(f"{seed} {k.key}").choice(k.choices) for k in kernels}

    return Policy(("random", seed), choose)
