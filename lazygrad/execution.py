"""Plans on devices: compiled once for each structure, then launched with new arguments."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from weakref import WeakValueDictionary

from lazygrad import runtime
from lazygrad.codegen.choice import ChoiceError
from lazygrad.codegen.compile import Plan, compile_graph, without_bodies
from lazygrad.codegen.declarations import declarations_for
from lazygrad.codegen.graph import Node
from lazygrad.codegen.limits import Limits, Rates
from lazygrad.codegen.opencl import program_text
from lazygrad.codegen.structure import lookups, structure
from lazygrad.codegen.tunable import tunables
from lazygrad.runtime import Buffer, Device, Facts
from lazygrad.runtime.forks import keep_in_child, rlock

from . import backends, config, inspection, schedules
from .arguments import Arguments
from .origin import warn
from .pending import ready

__all__ = ["Executable", "Stats", "executable_for", "reset_stats", "stats"]

# a built plan costs half a megabyte to one of host memory on CPU drivers
_MOST_PLANS = 512


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


_plans: "OrderedDict[tuple[Any, ...], Executable]" = OrderedDict()
_lock = rlock()
keep_in_child(_plans)


# programs by the text of a kernel in them: a new plan builds only the kernels that are new; they
# live as long as a plan that launches them
_programs: "WeakValueDictionary[tuple[Device, str], runtime.Program]" = WeakValueDictionary()


def _programs_for(device: Device, plan: Plan) -> dict[str, runtime.Program]:
    """A program for each kernel text; new kernels are built together where the driver likes it."""
    together = device.facts.one_program_per_plan and not any(s.kernel.plain for s in plan.steps)
    texts = dict.fromkeys(step.text for step in plan.steps)
    known = {text: _programs.get((device, text)) for text in texts}
    found = {text: program for text, program in known.items() if program is not None}
    missing = [text for text in texts if text not in found]
    batches = [missing] if together else [[text] for text in missing]
    for batch in batches:
        if batch:
            program = _built(device, program_text(batch, not device.facts.fma_slow))
            for text in batch:
                found[text] = _programs[device, text] = program
    return found


def _built(device: Device, text: str) -> runtime.Program:
    """The program, without reading the declarations of what it does not call where that is slow."""
    options = device.facts.bare_options
    declarations = declarations_for(text) if options else None
    if declarations is not None:
        try:
            return runtime.build(device, declarations + text, options)
        except runtime.BuildError:  # a version of the driver that needs its own declarations
            pass
    return runtime.build(device, text)


_LOCAL_STEP = 16384


def limits_of(facts: Facts) -> Limits:
    """The compiler's view of a device.

    What drivers tell of cores and caches depends on the processes around, so it is rounded to a
    power of 2: the same device gets the same schedules, hence the same bits, every day.
    """
    local = 1 << max(0, facts.local_mem_bytes.bit_length() - 1)
    if facts.kind != "cpu":  # theirs is what the chip has
        local = max(local, facts.local_mem_bytes // _LOCAL_STEP * _LOCAL_STEP)
    return Limits(
        kind="cpu" if facts.kind == "cpu" else "gpu",
        compute_units=max(2, 1 << (facts.compute_units - 1).bit_length()),
        vector_bytes=facts.vector_bytes,
        register_bytes=facts.register_bytes,
        registers=facts.registers,
        local_bytes=local,
        max_arguments=facts.max_argument_bytes // 8,
        has_fp64=facts.has_fp64,
        has_fma=not facts.fma_slow,
        winograd=backends.convolution.allow_winograd,
        has_mma=facts.has_mma,
        group_items=1 << max(0, facts.max_work_group.bit_length() - 1),
        rates=Rates(**{one.name: max(1, getattr(facts, one.name)) for one in fields(Rates)}),
    )


class Executable:
    """A plan built for a device.

    `checks` tells whether its kernels check indices; `positions` where, in the order of
    `lookups`, the graph that it was made from had what bore an origin.
    """

    def __init__(self, device: Device, plan: Plan, positions: dict[Any, int], graph: str) -> None:
        self.device = device
        self.plan = without_bodies(plan)
        self.graph = graph
        built = _programs_for(device, plan)
        self._infos: list[inspection.KernelInfo] = []
        self.checks = any(step.checks for step in plan.steps)
        self.positions = positions
        self._outputs = len(plan.output_bytes)
        self._memory = list(zip(plan.output_bytes, _labels(plan), strict=True))
        self._memory += [(n, "between two kernels") for n in plan.slots]
        # nothing asked for is something given, and each output is asked for once, in order
        self._is_plain = list(plan.outputs) == [("output", k) for k in range(self._outputs)]
        self._arguments = Arguments(plan)
        launches = [
            (built[s.text].kernel(s.kernel.name), s.kernel.global_size, s.kernel.local_size)
            for s in plan.steps
        ]
        places, count = self._arguments.places, self._arguments.count
        brief = _is_brief(plan, limits_of(device.facts).rates)
        self._prepared = runtime.Prepared(device, launches, places, count, brief)

    def infos(self) -> list[inspection.KernelInfo]:
        """All kernels for people, in the order of their launches."""
        if not self._infos:
            self._infos = inspection.infos(self.plan)
        return self._infos

    def run(self, given: Sequence[Any], word: Buffer | None = None, number: int = 0) -> list[Any]:
        """Launches every step without waiting; the memory of the asked outputs, in order.

        `given` are the memory, or the number, of each late-bound leaf. Kernels that meet a bad
        index leave it, with the `number` of the run, in `word`.
        """
        memory = runtime.allocate_all(self.device, self._memory)
        self._prepared.run(self._arguments.values(memory, given, word, number))
        outputs = memory[: self._outputs]
        for slot in memory[self._outputs :]:
            slot.release()
        _counts.realizations += 1
        _counts.kernels_launched += len(self.plan.steps)
        inspection.launched(self)
        if self._is_plain:
            return outputs
        return [outputs[k] if kind == "output" else given[k] for kind, k in self.plan.outputs]


def _is_brief(plan: Plan, rates: Rates) -> bool:
    """Whether a core is done with the plan in the time of a launch, without its vectors even."""
    flops = sum(step.kernel.flops for step in plan.steps)
    moved = sum(step.kernel.bytes_moved for step in plan.steps)
    return 4 * flops / rates.fma_rate + moved / rates.l3_rate < rates.launch_ns


def _labels(plan: Plan) -> list[str]:
    """For each output, what computes it and for which lines: who holds memory that is short."""
    labels = [""] * len(plan.output_bytes)
    for step in plan.steps:
        lines = inspection.lines_of(step)
        label = f"{step.kernel.name}, from {', '.join(lines[:2])}" if lines else step.kernel.name
        for argument in step.arguments:
            if argument.kind == "output" and not labels[argument.number]:
                labels[argument.number] = label
    return labels


def executable_for(
    outputs: Sequence[Node], device: Device
) -> tuple[Executable, list[Node], list[Node]]:
    """The executable for the structure of these outputs, the late-bound nodes, and all nodes.

    Compiles at most once for each structure and device; raises what compiling raises (TypeError
    for float64 on a device without it, BuildError).
    """
    key, late, order = structure(outputs, ready)
    full_key = (device, schedules.version(device), backends.convolution.allow_winograd, key)
    with _lock:
        found = _plans.get(full_key)
        if found is not None:
            _plans.move_to_end(full_key)
            _counts.plans_found += 1
            return found, late, order
        positions = {n.origin: k for k, n in enumerate(lookups(order))}
        graph = inspection.describe(outputs) if config.DEBUG >= 5 else ""
        limits = limits_of(runtime.tried_facts(device))
        try:
            plan = _compiled(outputs, late, device, limits)
            made = Executable(device, plan, positions, graph)
        except runtime.CompilerCrashError as error:
            _warn_of_crash(error)
            plain = compile_graph(outputs, late, replace(limits, plain=True), config.CHECK)
            made = Executable(device, plain, positions, graph)
        inspection.planned(made)
        _counts.plans_compiled += 1
        _plans[full_key] = made
        while len(_plans) > _MOST_PLANS:
            _plans.popitem(last=False)
        return made, late, order


def _compiled(
    outputs: Sequence[Node], late: Sequence[Node], device: Device, limits: Limits,
    may_run: bool = True,
) -> Plan:  # fmt: skip
    """The plan with the schedules that are asked for; one that is not legal is left out."""
    choices = schedules.choices_for(device, lambda: tunables(outputs, late, limits), may_run)
    while True:
        try:
            return compile_graph(outputs, late, limits, config.CHECK, choices)
        except ChoiceError as error:
            warn(f"{error}; the kernel gets the cost model's schedule", RuntimeWarning)
            choices = {key: choice for key, choice in choices.items() if key != error.key}


def _warn_of_crash(error: runtime.CompilerCrashError) -> None:
    warn(
        f"{error}\nThe computation goes on with a plainer, slower form of its kernels; see "
        "LAZYGRAD_ISOLATE.",
        RuntimeWarning,
    )


def plan_for(outputs: Sequence[Node], facts: Facts, device: Device | None = None) -> Plan:
    """The plan for these outputs on a device with these facts, neither built nor run nor kept.

    With `device`, the schedules that are its own.
    """
    _key, late, _order = structure(outputs, ready)
    if device is None:
        return compile_graph(outputs, late, limits_of(facts), config.CHECK)
    return _compiled(outputs, late, device, limits_of(runtime.tried_facts(device)), may_run=False)
