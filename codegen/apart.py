"""Contractions that nothing joins, because what follows reads and writes many arrays.

A work-item of a contraction has a panel of columns: of each row it reads and writes pieces of a few
dozen bytes, parts of cache lines that its neighbours need as well. For one array beside the result
that is cheaper than storing the result and reading it again; an optimizer's update, which has its
moments to read and to write too, walks all of them faster in a kernel of its own.
"""

from collections.abc import Iterator, Mapping, Sequence

from .graph import Node, toposort

__all__ = ["apart"]

_LEAST = 32768  # elements of a result that is worth another launch
_MOST_ARRAYS = 4  # that an epilogue reads and writes, all as large as the result
_MOST_STEPS = 64  # of what follows that are looked at


def apart(outputs: Sequence[Node]) -> set[Node]:
    """The contractions whose results are better stored before anything is made of them."""
    order = toposort(outputs)
    users: dict[Node, list[Node]] = {}
    for n in order:
        for s in n.src:
            users.setdefault(s, []).append(n)
    asked = set(outputs)
    found = set()
    for n in order:
        if n.op.name == "contract" and n.size >= _LEAST:
            epilogue = _epilogue(n, users)
            arrays = {s for e in epilogue for s in _read_beside(e, epilogue)}
            if len(arrays) + len(asked & epilogue) > _MOST_ARRAYS:
                found.add(n)
    return found


def _passes(n: Node) -> bool:
    return n.op.kind == "elementwise" or n.op.name == "reshape"


def _epilogue(contraction: Node, users: Mapping[Node, Sequence[Node]]) -> set[Node]:
    """The contraction with what is made of it element by element."""
    found, waiting = {contraction}, [contraction]
    while waiting and len(found) < _MOST_STEPS:
        for n in users.get(waiting.pop(), ()):
            if n not in found and n.size == contraction.size and _passes(n):
                found.add(n)
                waiting.append(n)
    return found


def _read_beside(n: Node, epilogue: set[Node]) -> Iterator[Node]:
    """The stored values, as large as n, that its operands outside the epilogue are made of."""
    waiting = [s for s in n.src if s not in epilogue] if _passes(n) else []
    for _ in range(_MOST_STEPS):
        if not waiting:
            return
        s = waiting.pop()
        if s.op.name == "buffer" and s.size == n.size:
            yield s
        elif s.size == n.size and _passes(s):
            waiting.extend(x for x in s.src if x not in epilogue)
