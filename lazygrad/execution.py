"""Plans on devices: compiled once for each structure, then launched with new arguments."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lazygrad import runtime
from lazygrad.codegen.compile import Argument, Plan, compile_graph
from lazygrad.codegen.graph import Node
from lazygrad.codegen.limits import Limits
from lazygrad.codegen.structure import structure
from lazygrad.runtime import Buffer, Device

from . import config, inspection

__all__ = ["Executable", "Stats", "executable_for", "reset_stats", "stats"]

_MOST_PLANS = 4096


@dataclass
class Stats:
    """Counts since the process began, or since `reset_stats`.

    Attributes:
        realizations: how often something pending was run.
        plans_compiled, plans_found: plans made, and found again by their structure.
        kernels_launched: kernels submitted to devices.
        programs_built, programs_from_disk: programs compiled, and loaded from the cache.
    """

    realizations: int = 0
    plans_compiled: int = 0
    plans_found: int = 0
    kernels_launched: int = 0
    programs_built: int = 0
    programs_from_disk: int = 0


_counts = Stats()


def stats() -> Stats:
    """A copy of the counters as they are now."""
    built = runtime.stats()
    return replace(
        _counts,
        programs_built=built.programs_built,
        programs_from_disk=built.programs_from_disk,
    )


def reset_stats() -> None:
    """Sets every counter to 0."""
    vars(_counts).update(vars(Stats()))
    runtime.reset_stats()


def count_realization() -> None:
    _counts.realizations += 1


_plans: "OrderedDict[tuple[Any, ...], Executable]" = OrderedDict()
_lock = threading.RLock()


def limits_of(device: Device) -> Limits:
    """The compiler's view of a device."""
    facts = device.facts
    return Limits(
        kind="cpu" if facts.kind == "cpu" else "gpu",
        compute_units=facts.compute_units,
        vector_bytes=64 if facts.kind == "cpu" else 16,
        local_bytes=facts.local_mem_bytes,
        max_work_group=facts.max_work_group,
        max_arguments=facts.max_argument_bytes // 8,
        has_fp64=facts.has_fp64,
        one_program=facts.one_program_per_plan,
    )


class Executable:
    """A plan built for a device. `errors` holds one word that its kernels set on a bad index."""

    def __init__(self, device: Device, plan: Plan, graph: str) -> None:
        self.device = device
        self.plan = plan
        self.graph = graph
        programs = [runtime.build(device, source) for source in plan.sources]
        self.kernels = [
            programs[of].kernel(step.kernel.name)
            for step, of in zip(plan.steps, plan.program_of, strict=True)
        ]
        self.errors: Buffer | None = None
        if any(step.checks for step in plan.steps):
            self.errors = runtime.allocate(device, 4)
            self.clear_error()
        self._readers = [[_reader(a) for a in step.arguments] for step in plan.steps]

    def clear_error(self) -> None:
        assert self.errors is not None
        runtime.write(self.errors, np.zeros(1, np.int32))

    def error(self) -> str | None:
        """What went wrong in a launch since the last look, read from the device; None: nothing."""
        assert self.errors is not None
        code = np.zeros(1, np.int32)
        runtime.read(self.errors, code)
        if not code[0]:
            return None
        self.clear_error()
        for step in self.plan.steps:
            for number, told in step.checks:
                if number == code[0]:
                    where = inspection.lines_of(step)
                    at = f"\nIt was computed at {', '.join(where)}." if where else ""
                    return f"{told} (kernel {step.kernel.name}){at}"
        return f"an index is out of range (code {code[0]})"

    def run(self, late: Sequence[Node]) -> list[Buffer]:
        """Launches every step without waiting; the buffers of the asked outputs, in order."""
        plan, device = self.plan, self.device
        outputs = [runtime.allocate(device, n) for n in plan.output_bytes]
        slots = [runtime.allocate(device, n) for n in plan.slots]
        places = _Places(late, outputs, slots, self.errors)
        for step, kernel, readers in zip(plan.steps, self.kernels, self._readers, strict=True):
            arguments = [read(places) for read in readers]
            k = step.kernel
            runtime.launch(kernel, k.global_size, k.local_size, arguments)
        _counts.kernels_launched += len(plan.steps)
        inspection.launched(self)
        for slot in slots:
            slot.release()
        return [outputs[k] if kind == "output" else late[k].memory for kind, k in plan.outputs]


class _Places:
    """Where the arguments of one run are."""

    __slots__ = ("errors", "late", "outputs", "slots")

    def __init__(
        self, late: Sequence[Node], outputs: list[Buffer], slots: list[Buffer],
        errors: Buffer | None,
    ) -> None:  # fmt: skip
        self.late, self.outputs, self.slots, self.errors = late, outputs, slots, errors


def _reader(argument: Argument) -> Callable[[_Places], Any]:
    """How to get one argument for a launch."""
    k = argument.number
    if argument.kind == "slot":
        return lambda p: p.slots[k]
    if argument.kind == "output":
        return lambda p: p.outputs[k]
    if argument.kind == "error":
        return lambda p: p.errors
    if argument.kind == "index":
        return lambda p: np.int32(p.late[k].arg.value)
    dtype = argument.dtype
    to_scalar: Any = {"float": np.float32, "int": np.int32}.get(dtype.compute, dtype.numpy.type)

    def late(p: _Places) -> Any:
        n = p.late[k]
        if n.memory is not None:
            return n.memory
        with np.errstate(all="ignore"):
            return to_scalar(n.arg.value)

    return late


def _stored(n: Node) -> bool:
    return n.memory is not None


def executable_for(outputs: Sequence[Node], device: Device) -> tuple[Executable, list[Node]]:
    """The executable for the structure of these outputs, and the late-bound nodes to run it with.

    Compiles at most once for each structure and device; raises what compiling raises (TypeError
    for float64 on a device without it, BuildError).
    """
    key, late = structure(outputs, _stored)
    full_key = (device, key)
    with _lock:
        found = _plans.get(full_key)
        if found is not None:
            _plans.move_to_end(full_key)
            _counts.plans_found += 1
            return found, late
        plan = compile_graph(outputs, late, limits_of(device), config.CHECK)
        graph = inspection.describe(outputs) if config.DEBUG >= 5 else ""
        made = Executable(device, plan, graph)
        inspection.planned(made)
        _counts.plans_compiled += 1
        _plans[full_key] = made
        while len(_plans) > _MOST_PLANS:
            _plans.popitem(last=False)
        return made, late


def plan_for(outputs: Sequence[Node], device: Device) -> Plan:
    """The plan for these outputs, neither built nor run nor kept."""
    _key, late = structure(outputs, _stored)
    return compile_graph(outputs, late, limits_of(device), config.CHECK)
