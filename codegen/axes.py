"""Chooses the loops of a kernel: splits axes where views cut them, merges them where none does.

A reshape from (2048,) to (64, 32) asks for i // 32 and i % 32. Splitting the loop there turns
both into plain variables. Afterwards neighbours that every access walks as one are one loop.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .index import Condition, Ix, Var

__all__ = ["Axes", "choose_axes", "extent", "places_along", "unrolled_axes"]

_MOST_UNROLLED = 8  # places of one axis


@dataclass(slots=True)
class Axes:
    """`parallel` and `reduced` loop variables, outermost first; `index` of each domain axis."""

    parallel: list[Var]
    reduced: list[Var]
    index: list[Ix]


Accesses = tuple[list[Ix], list[Condition]]


def extent(var: Var) -> int:
    return var.hi + 1


def _initial(shape: Sequence[int], reduced: frozenset[int]) -> Axes:
    axes = Axes([], [], [])
    for d, n in enumerate(shape):
        if n == 1:
            axes.index.append(Ix())
            continue
        kind = "r" if d in reduced else "p"
        var = Var(f"{kind}{d}", 0, n - 1)
        (axes.reduced if d in reduced else axes.parallel).append(var)
        axes.index.append(Ix.of(var))
    return axes


def _cuts(indices: Sequence[Ix], known: set[Var]) -> dict[Var, int]:
    """For variables inside quotients and remainders: the size of the inner part to split off."""
    cuts: dict[Var, int] = {}
    stack = list(indices)
    while stack:
        for atom, _ in stack.pop().terms:
            if isinstance(atom, Var):
                continue
            stack.append(atom.of)
            for inner, c in atom.of.terms:
                if not isinstance(inner, Var) or inner not in known or inner in cuts:
                    continue
                if c > 0 and atom.by % c == 0:
                    q = atom.by // c
                    if 1 < q < extent(inner) and extent(inner) % q == 0:
                        cuts[inner] = q
    return cuts


def _split(axes: Axes, cuts: dict[Var, int]) -> Axes:
    values: dict[Var, Ix] = {}
    lists: list[list[Var]] = []
    for group in (axes.parallel, axes.reduced):
        out: list[Var] = []
        for var in group:
            q = cuts.get(var)
            if q is None:
                out.append(var)
                continue
            outer = Var(var.name + "a", 0, extent(var) // q - 1)
            inner = Var(var.name + "b", 0, q - 1)
            values[var] = Ix.of(outer) * q + Ix.of(inner)
            out += [outer, inner]
        lists.append(out)
    return Axes(lists[0], lists[1], [i.substitute(values) for i in axes.index])


def _walks_as_one(accesses: Accesses, outer: Var, inner: Var) -> bool:
    indices, conditions = accesses
    for index in indices:
        a, b = index.coefficient(outer), index.coefficient(inner)
        if a is None or b is None or a != b * extent(inner):
            return False
    for c in conditions:
        a, b = c.of.coefficient(outer), c.of.coefficient(inner)
        if a is None or b is None or a != b * extent(inner):
            return False
    return True


def _merge(axes: Axes, accesses: Accesses) -> tuple[Axes, dict[Var, Ix]]:
    """Merged loops, and what each old variable is in terms of the new ones."""
    values: dict[Var, Ix] = {}
    lists: list[list[Var]] = []
    for group in (axes.parallel, axes.reduced):
        runs: list[list[Var]] = []
        for var in group:
            if runs and _walks_as_one(accesses, runs[-1][-1], var):
                runs[-1].append(var)
            else:
                runs.append([var])
        out: list[Var] = []
        for run in runs:
            if len(run) == 1:
                out += run
                continue
            total = 1
            for var in run:
                total *= extent(var)
            whole = Var(run[0].name + "m", 0, total - 1)
            out.append(whole)
            rest = total
            for var in run:
                rest //= extent(var)
                values[var] = (
                    (Ix.of(whole) // rest) % extent(var)
                    if var is not run[0]
                    else (Ix.of(whole) // rest)
                )
        lists.append(out)
    return Axes(lists[0], lists[1], axes.index), values


def choose_axes(
    shape: Sequence[int],
    reduced: frozenset[int],
    accesses: Callable[[Axes], Accesses],
) -> tuple[Axes, Axes, dict[Var, Ix]]:
    """The loops for a domain; `accesses` builds all index expressions for a candidate.

    Returns the split axes, which expressions are to be built with, the final axes, and the
    substitution from the variables of the first to those of the second.
    """
    axes = _initial(shape, reduced)
    found = accesses(axes)
    for _ in range(8):
        indices, conditions = found
        known = {*axes.parallel, *axes.reduced}
        cuts = _cuts([*indices, *[c.of for c in conditions]], known)
        if not cuts:
            break
        axes = _split(axes, cuts)
        found = accesses(axes)
    merged, values = _merge(axes, found)
    # short names, outermost first: they are what readers of the kernel see
    names = {v: Var(f"i{k}", 0, v.hi) for k, v in enumerate(merged.parallel)}
    names |= {v: Var(f"r{k}", 0, v.hi) for k, v in enumerate(merged.reduced)}
    renamed = {v: Ix.of(w) for v, w in names.items()}
    final = {v: values.get(v, Ix.of(v)).substitute(renamed)
             for v in (*axes.parallel, *axes.reduced)}  # fmt: skip
    loops = Axes(
        [names[v] for v in merged.parallel],
        [names[v] for v in merged.reduced],
        [i.substitute(final) for i in axes.index],
    )
    return axes, loops, final


def unrolled_axes(picked: Iterable[Ix], parallel: Sequence[Var]) -> list[Var]:
    """The short axes that number the rows of linear maps: each place has other arithmetic."""
    found = {index.terms[0][0] for index in picked if index == Ix.of(index.terms[0][0])}
    return [v for v in parallel if v in found and extent(v) <= _MOST_UNROLLED]


def places_along(axes: Sequence[Var]) -> Iterator[Mapping[Var, Ix]]:
    """Every place along these axes."""
    for place in itertools.product(*[range(extent(v)) for v in axes]):
        yield {v: Ix(k) for v, k in zip(axes, place, strict=True)}
