"""The facade: outputs and limits in, a plan out. A plan is data; it runs without its graph."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from . import ops
from .apart import apart
from .attention import Chain, find_chains
from .attention_form import plan_form
from .attention_lowering import lower_attention
from .attention_rewrite import with_row_products
from .choice import Choice, ChoiceError, Choices, kernel_key, likeness
from .contraction import lower_contraction
from .contraction_form import is_direct
from .dtype import DType
from .gpu_contraction import lower_gpu_contraction
from .gpu_groups import in_groups
from .gpu_mma import lower_gpu_mma
from .gpu_rows import lower_gpu_loops
from .graph import Node, node, toposort, verify
from .group import Group
from .irregular import lower_irregular
from .kernel import Kernel
from .kernel_check import index_dtype, verify_kernel
from .limits import Limits
from .loop_group import LoopGroup
from .lower import lower_loops
from .naming import kernel_name
from .narrow import narrow_contractions
from .opencl import kernel_text
from .panels import with_panels
from .prologue import Prologues
from .schedule import schedule
from .simplify import simplify
from .split import split_reductions
from .winograd import tiled_convolutions

__all__ = [
    "Argument", "Check", "Plan", "Step", "compile_graph", "grouped", "has_choice", "loop_group",
    "lower_group",
    "without_bodies",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Argument:
    """`kind`: late (memory or scalar, by number), slot, output, index (a late integer), error (the
    word for bad indices), code (this number), run (the number of the run)."""

    kind: str
    number: int
    dtype: DType


@dataclass(frozen=True, slots=True)
class Check:
    """An index that a kernel holds against a dimension; `origin` as the node bore it."""

    op: str
    size: int
    origin: Any


@dataclass(frozen=True, slots=True)
class Step:
    """One launch. `text` is the kernel; a bad index of `checks[k]` leaves `code + k` in the error
    word. `origins` are the user's lines that its ops came from, as the nodes bore them."""

    kernel: Kernel
    text: str
    arguments: tuple[Argument, ...]
    code: int
    checks: tuple[Check, ...]
    reason: str
    origins: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to launch, in order.

    `slots` are the bytes of intermediate buffers, shared over time; `outputs` tells for each
    asked node where its value is: ("output", k) or ("late", k).
    """

    steps: tuple[Step, ...]
    slots: tuple[int, ...]
    output_bytes: tuple[int, ...]
    outputs: tuple[tuple[str, int], ...]


def compile_graph(
    outputs: Sequence[Node], late: Sequence[Node], limits: Limits, check: bool = False,
    choices: Choices = MappingProxyType({}),
) -> Plan:  # fmt: skip
    """Plans the computation of `outputs` from the `late` nodes (stored values and scalars).

    `late` come in the order that `structure` gives them. `check` runs the verifiers between
    passes. `choices` are schedules by the keys of kernels; others get the cost model's. Raises
    TypeError where the device lacks float64 and the graph needs it, ChoiceError for a choice
    that its kernel does not allow.
    """
    leaves, simple, wanted, groups = grouped(outputs, late, limits, check)
    number = {leaf: k for k, leaf in enumerate(leaves) if leaf.op.name == "buffer"}
    lowered = _kernels(groups, limits, check, choices)
    places, slots = _places(groups, wanted)
    late_number = {leaf: k for k, leaf in enumerate(leaves)}
    steps: list[Step] = []
    code = 1
    for (group, names), (kernel, text, checked) in zip(
        groups_with_names(groups), lowered, strict=True
    ):
        arguments = _arguments(kernel, group, names, places, late_number, code)
        inside = [n for n in toposort(group.outputs, group.reads.__contains__) if n in group.ops]
        origins = tuple(dict.fromkeys(n.origin for n in inside if n.origin is not None))
        checks = tuple(_check(n) for n in checked)
        steps.append(Step(kernel, text, arguments, code, checks, group.reason, origins))
        code += len(checks)
    return Plan(
        tuple(steps), tuple(slots),
        tuple(n.size * n.dtype.itemsize for n in wanted),
        tuple(("late", number[n]) if n in number else ("output", wanted.index(n)) for n in simple),
    )  # fmt: skip


def grouped(
    outputs: Sequence[Node], late: Sequence[Node], limits: Limits, check: bool
) -> tuple[list[Node], list[Node], list[Node], list[Group]]:
    """The leaves, the outputs as they are computed, those of them to compute, the kernels to be."""
    leaves, asked = _cut(outputs, late)
    on_cpu = limits.kind != "gpu"
    summed = with_row_products(simplify(asked), walks=on_cpu)
    narrow = simplify(narrow_contractions(summed))
    if on_cpu:
        narrow = tiled_convolutions(narrow, limits)
    simple = _below_reshapes(simplify(split_reductions(narrow, limits)))
    if check:
        verify(simple)
    _check_types(simple, limits)
    stored = {leaf for leaf in leaves if leaf.op.name == "buffer"}
    chains = _chains(simple, stored, limits) if on_cpu else []
    copies: set[Node] = set()
    if on_cpu and not limits.plain:
        simple, copies = with_panels(
            simple, limits, {n for c in chains for n in (*c.tile, *c.results)}
        )
        if copies:
            chains = _chains(simple, stored, limits)
    wanted = list(dict.fromkeys(n for n in simple if n not in stored))
    made = [n for n in wanted if n.size]
    alone = apart(made) if on_cpu else set()
    prologue = Prologues(made, limits).operand
    groups = schedule(made, is_direct, prologue, limits.max_arguments, chains, alone, copies)
    return leaves, simple, wanted, groups


def _chains(outputs: Sequence[Node], stored: Set[Node], limits: Limits) -> list[Chain]:
    made = [n for n in dict.fromkeys(outputs) if n not in stored and n.size]
    return find_chains(made, lambda c: plan_form(c, limits) is not None)


def _below_reshapes(outputs: Sequence[Node]) -> list[Node]:
    """The outputs without the reshapes above what kernels store, whose memory serves for them;
    each has memory of its own."""
    found: list[Node] = []
    taken = set(outputs)
    for n in outputs:
        base = n
        while base.op.name == "reshape":
            base = base.src[0]
        if base is not n and (base in taken or base.op.kind in ("leaf", "view", "marker")):
            base = n
        taken.add(base)
        found.append(base)
    return found


def without_bodies(plan: Plan) -> Plan:
    """What running it and telling of it need: plans are many, and their kernels' IR is large."""
    steps = [
        replace(s, kernel=replace(s.kernel, body=(), arrays=(), item_vars=(), scalars=()))
        for s in plan.steps
    ]
    return replace(plan, steps=tuple(steps))


def _cut(outputs: Sequence[Node], late: Sequence[Node]) -> tuple[list[Node], list[Node]]:
    """Puts fresh buffers in the place of stored nodes, so that nothing below is looked at."""
    stand_in = {n: n if n.op.name == "scalar" else ops.buffer(n.dtype, n.shape) for n in late}
    new: dict[Node, Node] = {}
    for old in toposort(outputs, stop=lambda n: n in stand_in):
        if old in stand_in:
            new[old] = stand_in[old]
            continue
        src = tuple([new[s] for s in old.src])
        new[old] = old if src == old.src else node(old.op, src, old.arg)
        new[old].origin = new[old].origin or old.origin
    return [stand_in[n] for n in late], [new[n] for n in outputs]


def _check_types(outputs: Sequence[Node], limits: Limits) -> None:
    if limits.has_fp64:
        return
    for n in toposort(outputs):
        if n.dtype.name == "float64":
            raise TypeError(
                f"realize: {n.op.name} of shape {list(n.shape)} is float64, which this device "
                "cannot compute; use float32 (x.float()) or a device with fp64 "
                "(lg.devices() tells which have it)"
            )


def groups_with_names(groups: Sequence[Group]) -> list[tuple[Group, dict[Node, str]]]:
    """Each group with the array names of what it reads, in a stable order."""
    result = []
    for g in groups:
        order = [n for n in toposort(g.outputs, stop=g.reads.__contains__) if n in g.reads]
        result.append((g, {n: f"in{k}" for k, n in enumerate(order)}))
    return result


def _check(n: Node) -> Check:
    return Check(n.op.name, n.src[0].shape[n.arg] if n.op.name == "gather" else n.arg[1], n.origin)


def _kernels(
    groups: Sequence[Group], limits: Limits, check: bool, choices: Choices
) -> list[tuple[Kernel, str, Sequence[Node]]]:
    """A kernel for each group, its text and the nodes it checks; equal texts share a kernel."""
    lowered: list[tuple[Kernel, str, Sequence[Node]]] = []
    taken: set[str] = set()
    known: dict[str, str] = {}
    before: dict[Any, tuple[int, dict[Node, int]]] = {}  # by likeness: which one, its nodes' places
    for number, (g, names) in enumerate(groups_with_names(groups)):
        alike, order = likeness(g) if g.chain is None else (number, [])
        place = {n: k for k, n in enumerate(order)}
        first, places = before.setdefault(alike, (number, place))
        if first != number:  # layers are alike: the same kernel of other operands
            kernel, named, checked = lowered[first]
            scalars = tuple([(name, order[places[n]]) for name, n in kernel.scalars])
            kernel = replace(kernel, scalars=scalars)
            lowered.append((kernel, named, [order[places[n]] for n in checked]))
            continue
        name = kernel_name(g.outputs, g.reads, g.shape, g.outputs[0].dtype, taken)
        choice = choices.get(kernel_key(g)) if choices else None
        kernel, checked = lower_group(g, loop_group(g, name, names), limits, choice)
        kernel = replace(kernel, plain=limits.plain, aligned=limits.kind == "gpu")
        text = kernel_text(replace(kernel, name="kernel"), limits.has_fma)
        if text in known:
            taken.discard(name)
            kernel = replace(kernel, name=known[text])
        known.setdefault(text, name)
        if check:
            verify_kernel(kernel)
        named = text.replace("void kernel(", f"void {kernel.name}(", 1)
        lowered.append((kernel, named, checked))
    return lowered


def loop_group(group: Group, name: str, names: Mapping[Node, str]) -> LoopGroup:
    outputs = tuple(
        (n, f"out{k}", group.mapping.get(n, tuple(range(len(n.shape)))))
        for k, n in enumerate(group.outputs)
    )
    return LoopGroup(name, group.shape, group.reduced, outputs, names)


def lower_group(
    group: Group, loops: LoopGroup, limits: Limits, choice: Choice | None
) -> tuple[Kernel, Sequence[Node]]:
    if choice is not None and not has_choice(group, limits):
        raise ChoiceError(f"{loops.name}: got {choice}, expected no choice", kernel_key(group))
    if limits.kind == "gpu":
        return _lower_on_gpu(group, loops, limits)
    try:
        if group.kind in ("map", "reduce"):
            return lower_loops(loops, limits, choice)
        assert group.anchor is not None
        if group.kind == "contract":
            return lower_contraction(loops, group.anchor, limits, choice)
    except ChoiceError as error:
        raise ChoiceError(f"{loops.name}: {error}", kernel_key(group)) from None
    if group.chain is not None:
        form = plan_form(group.chain, limits)
        assert form is not None
        return lower_attention(loops, group.chain, form)
    return lower_irregular(loops, group.anchor, limits)


def has_choice(group: Group, limits: Limits) -> bool:
    """Whether there may be several schedules: GPU forms have one each as yet."""
    return group.kind in ("map", "reduce", "contract") and limits.kind != "gpu"


def _lower_on_gpu(group: Group, loops: LoopGroup, limits: Limits) -> tuple[Kernel, Sequence[Node]]:
    if group.kind in ("map", "reduce"):
        return lower_gpu_loops(loops, limits)
    assert group.anchor is not None
    if group.kind == "contract":
        tiled = lower_gpu_mma(loops, group.anchor, limits)
        tiled = tiled or lower_gpu_contraction(loops, group.anchor, limits)
        return tiled or lower_contraction(loops, group.anchor, limits)
    kernel, checked = lower_irregular(loops, group.anchor, limits)
    return in_groups(kernel, limits, 64), checked


Place = tuple[str, int]


def _places(groups: Sequence[Group], wanted: Sequence[Node]) -> tuple[dict[Node, Place], list[int]]:
    """Where each stored node lives: an output, or a slot that is free again after its last use."""
    places: dict[Node, Place] = {n: ("output", k) for k, n in enumerate(wanted)}
    last_use: dict[Node, int] = {}
    for step, g in enumerate(groups):
        for n in (*g.reads, *g.outputs):
            last_use[n] = step
    sizes: list[int] = []
    free: list[int] = []
    ending: dict[int, list[int]] = {}
    for step, g in enumerate(groups):
        for n in g.outputs:
            if n in places:
                continue
            slot = _take(free, sizes, n.size * n.dtype.itemsize)
            places[n] = ("slot", slot)
            ending.setdefault(last_use[n], []).append(slot)
        if g.kind == "argsort":
            slot = _take(free, sizes, g.outputs[0].size * 8)
            g.scratch = slot
            ending.setdefault(step, []).append(slot)
        free += ending.pop(step, [])
    return places, sizes


def _take(free: list[int], sizes: list[int], need: int) -> int:
    """The smallest free slot that is big enough, the biggest one grown, or a new one."""
    fitting = [s for s in free if sizes[s] >= need]
    if fitting:
        slot = min(fitting, key=lambda s: (sizes[s], s))
        free.remove(slot)
        return slot
    sizes.append(need)
    return len(sizes) - 1


def _arguments(
    kernel: Kernel, group: Group, names: Mapping[Node, str], places: Mapping[Node, Place],
    late: Mapping[Node, int], code: int,
) -> tuple[Argument, ...]:  # fmt: skip
    by_name: dict[str, Argument] = {}
    for k, n in enumerate(group.outputs):
        by_name[f"out{k}"] = Argument(*places[n], n.dtype)
    for n, name in names.items():
        place = places.get(n) or ("late", late[n])
        by_name[name] = Argument(*place, n.dtype)
    for name, n in kernel.scalars:
        by_name[name] = Argument("late", late[n], n.dtype)
    arguments = []
    for p in kernel.params:
        if p.kind == "error":
            arguments.append(Argument("error", 0, p.dtype))
        elif p.kind in ("code", "run"):
            arguments.append(Argument(p.kind, code, p.dtype))
        elif p.kind == "scratch":
            arguments.append(Argument("slot", group.scratch, p.dtype))
        elif p.kind == "index":
            arguments.append(Argument("index", by_name[p.name].number, index_dtype(kernel)))
        else:
            arguments.append(by_name[p.name])
    return tuple(arguments)
