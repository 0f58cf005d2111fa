"""Random programs as plain data, replayed on lazygrad with or without fusion."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import lazygrad as lg
from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DTYPES
from lazygrad.codegen.gradient import gradient
from lazygrad.codegen.graph import Node, node
from lazygrad.codegen.indexing import ScalarArg
from lazygrad.handle import wrap
from lazygrad.realize import from_host
from lazygrad.runtime import Device

__all__ = ["Leaf", "Program", "Replay", "Step", "joined", "replay", "replay_unfused"]

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Leaf:
    """Memory that a program begins with: stored bits (bfloat16 as uint16) of a dtype."""

    dtype: str
    bits: Array


@dataclass(frozen=True)
class Step:
    """One instruction. `operands` number the values before it, leaves first.

    `op` is a row of the op table, or "view" (`x[arg]`), "write" (`x[arg] = y`, whose value is x)
    or "gradient" (of the sum of the first operand, for the second).
    """

    op: str
    operands: tuple[int, ...]
    arg: Any = None


@dataclass(frozen=True)
class Program:
    """Leaves and steps; every value that no later step reads is an output. `seed` drew them."""

    leaves: tuple[Leaf, ...]
    steps: tuple[Step, ...]
    seed: int | None = None

    def outputs(self) -> list[int]:
        used = {i for s in self.steps if s.op != "write" for i in s.operands}
        first, last = len(self.leaves), len(self.leaves) + len(self.steps)
        return [i for i in range(first, last) if i not in used]


def joined(programs: Sequence[Program]) -> Program:
    """All programs as one, which has the first one's seed."""
    leaves = [leaf for p in programs for leaf in p.leaves]
    steps: list[Step] = []
    read = 0
    for p in programs:
        first, done = len(p.leaves), len(leaves) + len(steps)
        place = [*range(read, read + first), *range(done, done + len(p.steps))]
        steps += [replace(s, operands=tuple(place[i] for i in s.operands)) for s in p.steps]
        read += first
    return Program(tuple(leaves), tuple(steps), programs[0].seed)


class Replay:
    """A program as far as it was replayed.

    `tensors` are its values; `nodes` those that each step made (None for "view" and "write");
    `gradients` each gradient's node with what it is of and for, as they were before later writes.
    """

    def __init__(self, program: Program, device: Device) -> None:
        self.program = program
        self.device = device
        self.nodes: list[Node | None] = [
            from_host(leaf.bits, DTYPES[leaf.dtype], device) for leaf in program.leaves
        ]
        self.tensors: list[Any] = [wrap(n, device) for n in self.nodes if n is not None]
        self.gradients: dict[int, tuple[Node, Node, Node]] = {}

    def step(self) -> Any:
        """The tensor of the next step; None where there is none left."""
        number = len(self.tensors) - len(self.program.leaves)
        if number == len(self.program.steps):
            return None
        step = self.program.steps[number]
        args = [self.tensors[i] for i in step.operands]
        made = None
        if step.op == "view":
            tensor = args[0][step.arg]
        elif step.op == "write":
            args[0][step.arg] = args[1]
            tensor = args[0]
        else:
            src = [t._node for t in args]
            made = _made(step, src)
            if step.op == "gradient":
                self.gradients[len(self.nodes)] = (made, src[0], src[1])
            tensor = wrap(made, self.device)
        self.tensors.append(tensor)
        self.nodes.append(made)
        return tensor


def replay(program: Program, device: Device) -> Replay:
    """The whole program as a graph, of which nothing is computed yet."""
    replayed = Replay(program, device)
    while replayed.step() is not None:
        pass
    return replayed


def replay_unfused(programs: Sequence[Program], device: Device) -> list[Replay]:
    """The programs with every step computed from stored values: the first step of each, then the
    second. A plan for each such round costs far less than one for each step."""
    replays = [Replay(p, device) for p in programs]
    while made := [t for r in replays if (t := r.step()) is not None]:
        lg.realize(*made)
    return replays


def _made(step: Step, src: list[Node]) -> Node:
    if step.op == "gradient":
        y, x = src
        seed = ops.expand(ops.const(1, y.dtype), y.shape)
        found = gradient([y], [seed], [x])[0]
        return ops.expand(ops.const(0, x.dtype), x.shape) if found is None else found
    if step.op == "variable":
        return ops.variable(src[0], ops.fresh_number())
    if step.op == "const":
        return ops.const(step.arg[0], step.arg[1])
    arg = ScalarArg(*step.arg) if step.op == "scalar" else step.arg
    return node(ops.TABLE[step.op], tuple(src), arg)
