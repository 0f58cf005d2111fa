"""The kernels of a graph that have a choice of schedules: what tuning and random checks go over."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .choice import Choice, kernel_key
from .compile import grouped, groups_with_names, has_choice, loop_group, lower_group
from .contraction import contraction_choices
from .graph import Node
from .group import Group
from .kernel import Kernel
from .limits import Limits
from .loop_group import LoopGroup
from .lower import loop_choices
from .naming import kernel_name
from .opencl import kernel_text

__all__ = ["Tunable", "tunables"]


@dataclass(frozen=True)
class Tunable:
    """A kernel to be: its key, its legal schedules, the model's choice first."""

    key: str
    choices: tuple[Choice, ...]
    group: Group
    loops: LoopGroup
    limits: Limits

    @property
    def name(self) -> str:
        return self.loops.name

    def kernel(self, choice: Choice, name: str) -> tuple[Kernel, str]:
        """The kernel in one of the schedules, called `name`, and its text."""
        made, _ = lower_group(self.group, self.loops, self.limits, choice)
        made = replace(made, name=name)
        return made, kernel_text(made, self.limits.has_fma)


def tunables(outputs: Sequence[Node], late: Sequence[Node], limits: Limits) -> list[Tunable]:
    """The kernels of a graph that have more than one legal schedule, equal ones once.

    The graph is given as `compile_graph` takes it.
    """
    *_, groups = grouped(outputs, late, limits, False)
    found: dict[str, Tunable] = {}
    for g, names in groups_with_names(groups):
        key = kernel_key(g)
        if key not in found:
            name = kernel_name(g.outputs, g.reads, g.shape, g.outputs[0].dtype, set())
            loops = loop_group(g, name, names)
            legal = _legal(g, loops, limits)
            if len(legal) > 1:
                found[key] = Tunable(key, legal, g, loops, limits)
    return list(found.values())


def _legal(group: Group, loops: LoopGroup, limits: Limits) -> tuple[Choice, ...]:
    if not has_choice(group, limits):
        return ()
    if group.kind in ("map", "reduce"):
        return loop_choices(loops, limits)
    assert group.anchor is not None
    return contraction_choices(loops, group.anchor, limits)
