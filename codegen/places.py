"""Values that a kernel would compute at many places of the same shape: storing them is cheaper.

Free values are computed again wherever they are used. A chain of steps that each read the one
before at several places, `u = (u[1:] + u[:-1]) / 2`, would so double with every step.
"""

from collections.abc import Sequence

from .graph import Node, toposort

__all__ = ["crowded"]

_MOST_PLACES = 8


def crowded(outputs: Sequence[Node]) -> set[Node]:
    """The elementwise and gathered values that are read at more places than pays.

    A place is the way from a value up to where its kernel begins, as far as views turn indices on
    it; ways that meet again at one index are taken for two.
    """
    numbers: dict[tuple[int, Node], int] = {}
    places: dict[Node, set[int]] = {}
    found: set[Node] = set()
    for n in reversed(toposort(outputs)):
        mine = places.pop(n, None) or {0}
        kind, gathers = n.op.kind, n.op.name == "gather"
        if (kind == "elementwise" or gathers) and len(mine) > _MOST_PLACES:
            found.add(n)
            mine = {0}
        if kind not in ("elementwise", "view") and not gathers:
            mine = {0}
        turned = mine
        if kind == "view" or gathers:
            turned = {numbers.setdefault((p, n), len(numbers) + 1) for p in mine}
        for k, s in enumerate(n.src):
            places.setdefault(s, set()).update(turned if kind == "view" or k == 0 else mine)
    return found
