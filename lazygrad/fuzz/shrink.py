"""Makes a failing program small, and prints it as a script that stands alone."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from lazygrad.codegen.dtype import DType

from .program import Array, Leaf, Program, Step
from .run import Wrong

__all__ = ["script", "shrink"]


def shrink(
    failure: Wrong, failure_of: Callable[[Program], Wrong | None], tries: int = 400
) -> Program:
    """The smallest program found that fails alike: fewer steps, then smaller shapes, then simpler
    values. Gives the program itself where it does not fail by itself."""
    program, improved = failure.program, True
    while improved and tries > 0:
        improved = False
        for candidate in _smaller(program):
            tries -= 1
            if tries <= 0:
                break
            found = failure_of(candidate)
            if found is not None and found.kind == failure.kind:
                program, improved = candidate, True
                break
    return program


def _smaller(program: Program) -> Iterator[Program]:
    steps, first = program.steps, len(program.leaves)
    for k in reversed(range(len(steps))):  # without step k and all that rests on it
        gone, kept = {first + k}, []
        for i, step in enumerate(steps, first):
            if i in gone or gone & set(step.operands):
                gone.add(i)
            else:
                kept.append(i)
        if len(kept) < len(steps) and kept:
            yield _with(program, kept)
    yield from _narrower(program)
    for i, leaf in enumerate(program.leaves):
        for value in (0, 1):
            for at in np.ndindex(leaf.bits.shape):
                if _bits(leaf, at) not in (0, _bits_of(leaf, 1)) or value < _plain(leaf, at):
                    bits = leaf.bits.copy()
                    bits[at] = _bits_of(leaf, value)
                    leaves = list(program.leaves)
                    leaves[i] = replace(leaf, bits=bits)
                    yield replace(program, leaves=tuple(leaves))


def _narrower(program: Program) -> Iterator[Program]:
    """With every axis of one size cut to 1, or one axis of one leaf."""
    sizes = sorted({n for leaf in program.leaves for n in leaf.bits.shape if n > 1})
    for size in reversed(sizes):
        for count in (1, size - 1):
            cut = [tuple(slice(count if n == size else n) for n in leaf.bits.shape)
                   for leaf in program.leaves]  # fmt: skip
            yield _cut(program, cut)
    for i, leaf in enumerate(program.leaves):
        for axis, n in enumerate(leaf.bits.shape):
            if n > 1:
                whole: list[tuple[slice, ...]] = [() for _ in program.leaves]
                whole[i] = (*[slice(None)] * axis, slice(1))
                yield _cut(program, whole)


def _cut(program: Program, slices: list[tuple[slice, ...]]) -> Program:
    leaves = [replace(leaf, bits=leaf.bits[key].copy())
              for leaf, key in zip(program.leaves, slices, strict=True)]  # fmt: skip
    return replace(program, leaves=tuple(leaves))


def _bits(leaf: Leaf, at: tuple[int, ...]) -> float:
    return float(leaf.bits[at])


def _plain(leaf: Leaf, at: tuple[int, ...]) -> int:
    return 1 if _bits(leaf, at) else 0


def _bits_of(leaf: Leaf, value: int) -> float:
    return float(0x3F80 * value if leaf.dtype == "bfloat16" else value)


def _with(program: Program, kept: list[int]) -> Program:
    """The program of these steps alone, and of the leaves they read."""
    first = len(program.leaves)
    steps = [program.steps[i - first] for i in kept]
    read = {k for s in steps for k in s.operands}
    leaves = [i for i in range(first) if i in read]
    place = {old: new for new, old in enumerate(leaves + kept)}
    return Program(
        tuple(program.leaves[i] for i in leaves),
        tuple(replace(s, operands=tuple(place[k] for k in s.operands)) for s in steps),
    )


def _literal(bits: Array) -> str:
    # exact, also for NaN and infinities, which repr cannot write
    return f"np.frombuffer(bytes.fromhex({bits.tobytes().hex()!r}), {bits.dtype.name!r})"


def _argument(arg: object) -> str:
    if isinstance(arg, DType):
        return f"DTYPES[{arg.name!r}]"
    if isinstance(arg, tuple):
        return "(" + "".join(_argument(a) + ", " for a in arg) + ")"
    return repr(arg)


def script(program: Program, failure: Wrong) -> str:
    """A Python script that runs the program fused and unfused and prints where it is wrong."""
    lines = [f"# seed {failure.program.seed}", *(f"# {s}" for s in failure.what.splitlines())]
    lines += [
        "import lazygrad as lg, numpy as np",
        "from lazygrad.codegen.dtype import DTYPES",
        "from lazygrad.fuzz.program import Leaf, Program, Step",
        "from lazygrad.fuzz.run import failure_of",
        "from lazygrad.placement import find",
        "",
        "leaves = (",
    ]
    for leaf in program.leaves:
        shape = leaf.bits.shape
        lines.append(f"    Leaf({leaf.dtype!r}, {_literal(leaf.bits)}.reshape({shape})),")
    lines += [")", "steps = ("]
    for i, step in enumerate(program.steps, len(program.leaves)):
        lines.append(f"    {_step(step)},  # value {i}")
    lines += [
        ")",
        "failure = failure_of(Program(leaves, steps), find(None))",
        "print(failure.what if failure else 'as meant')",
    ]
    return "\n".join(lines) + "\n"


def _step(step: Step) -> str:
    return f"Step({step.op!r}, {step.operands!r}, {_argument(step.arg)})"
