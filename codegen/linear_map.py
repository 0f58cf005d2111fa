"""Products of a small matrix of constants and a vector, in few operations.

What is 0 is left out, what is 1 not multiplied. Two columns that differ in signs alone are read
as a sum and a difference, two rows that do are written as a sum and a difference of two parts.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from . import ops
from .graph import Node, toposort

__all__ = ["products", "stored_maps"]

T = TypeVar("T")
Row = tuple[float, ...]
Make = Callable[..., T]  # of an op and its operands

_ADD, _SUB, _MUL, _NEG = (ops.TABLE[k] for k in ("add", "sub", "mul", "neg"))


def products(
    matrix: Sequence[Row], x: Sequence[T], make: Make[T], literal: Callable[[float], T]
) -> list[T]:
    """matrix @ x, of whatever `make` and `literal` make."""
    columns, x = _paired_columns(matrix, x, make)
    rows = list(zip(*columns, strict=True))
    done: dict[int, T] = {}
    for r, s in itertools.combinations(range(len(rows)), 2):
        if r in done or s in done or not _alike(rows[r], rows[s]):
            continue
        same = _sum([a if a == b else 0.0 for a, b in zip(rows[r], rows[s], strict=True)], x,
                    make, literal)  # fmt: skip
        other = _sum([a if a != b else 0.0 for a, b in zip(rows[r], rows[s], strict=True)], x,
                     make, literal)  # fmt: skip
        done[r], done[s] = make(_ADD, same, other), make(_SUB, same, other)
    return [done[r] if r in done else _sum(row, x, make, literal) for r, row in enumerate(rows)]


def _alike(a: Row, b: Row) -> bool:
    """Whether they differ in signs alone, and not in all or none."""
    signs = {p == q for p, q in zip(a, b, strict=True) if p or q}
    return len(signs) == 2 and all(abs(p) == abs(q) for p, q in zip(a, b, strict=True))


def _paired_columns(
    matrix: Sequence[Row], x: Sequence[T], make: Make[T]
) -> tuple[list[Row], list[T]]:
    columns = list(zip(*matrix, strict=True))
    found: list[tuple[Row, T]] = []
    taken: set[int] = set()
    for i, j in itertools.combinations(range(len(columns)), 2):
        a, b = columns[i], columns[j]
        if i in taken or j in taken or not _alike(a, b):
            continue
        taken |= {i, j}
        same = tuple([p if p == q else 0.0 for p, q in zip(a, b, strict=True)])
        other = tuple([p if p != q else 0.0 for p, q in zip(a, b, strict=True)])
        found += [(same, make(_ADD, x[i], x[j])), (other, make(_SUB, x[i], x[j]))]
    found += [(columns[i], x[i]) for i in range(len(columns)) if i not in taken]
    return [column for column, _ in found], [value for _, value in found]


def _sum(row: Sequence[float], x: Sequence[T], make: Make[T], literal: Callable[[float], T]) -> T:
    """The sum of what a row weighs; a factor that all share is multiplied once."""
    terms = sorted([(c, v) for c, v in zip(row, x, strict=True) if c], key=lambda t: -t[0])
    if not terms:
        return literal(0.0)
    sizes = {abs(c) for c, _ in terms}
    shared = sizes.pop() if len(sizes) == 1 else 1.0
    if terms[0][0] < 0:  # and so are all: the largest comes first
        shared = -shared
    total: T | None = None
    for c, v in terms:
        weight = c / shared
        part = v if abs(weight) == 1 else make(_MUL, v, literal(abs(weight)))
        total = part if total is None else make(_ADD if weight > 0 else _SUB, total, part)
    assert total is not None
    if shared == -1:
        return make(_NEG, total)
    return total if shared == 1 else make(_MUL, total, literal(shared))


def stored_maps(outputs: Sequence[Node]) -> set[Node]:
    """What is made of linear maps and has to be stored: a kernel that reads it may unroll the maps'
    axes, which elementwise ops and reshapes leave as they are."""
    found: set[Node] = set()
    inside: set[Node] = set()
    order = toposort(outputs)
    users = Counter(s for n in order for s in n.src)
    for n in order:
        maps = [s for s in n.src if s in inside]
        passes = n.op.kind in ("elementwise", "linear") or n.op.name in ("permute", "reshape")
        whole = n.op.kind != "elementwise" or all(s.shape == n.shape for s in maps)
        if n.op.name != "contract" and not (passes and whole):
            found.update(maps)
        if n.op.kind == "linear" or (maps and passes and whole):
            inside.add(n)
            if users[n] > 1:
                found.add(n)
                inside.discard(n)
    return found
