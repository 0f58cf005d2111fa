"""Which forms a contraction may take on a device, and which one it takes."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

from .choice import Choice, chosen
from .contraction_cost import cost
from .contraction_form import LINE_BYTES, Form, parts, readings, with_taps
from .graph import Node
from .kernel import MOST_LANES
from .limits import Limits

__all__ = ["candidates", "plan_form"]

_MOST_ROWS = 14  # of a tile: each has an address of its own
# rows that are packed together are such a part of a core's first cache, a panel of the second one,
# tiles that rest between blocks so many sixteenths of it
_PACKED_OF_L1, _PANEL_OF_L2, _SCRATCH_OF_L2 = 4, 4, 3


def candidates(n: Node, memory: Mapping[Node, str], limits: Limits) -> Iterator[Form]:
    """The forms that the device's registers and local memory allow, at most 50 or so."""
    size = max(4, n.dtype.compute_size)
    width = min(limits.vector_bytes, limits.register_bytes)
    lanes = 1 if limits.plain else max(1, min(MOST_LANES, width // size))
    for form in readings(n, memory, limits):
        for vectors in (1,) if limits.plain else (1, 2, 3, 4):
            spare = limits.registers - 1 - vectors
            most = max(1, min(_MOST_ROWS, min(spare, limits.registers * 3 // 4) // vectors))
            fewest = most - 1 if form.lined else most * 3 // 4
            for tile in (1,) if limits.plain else range(max(1, fewest), most + 1):
                rows = min(tile, max(1, form.size(form.m)))
                shaped = replace(form, lanes=lanes, vectors=vectors, tile=rows)
                if not _fills(shaped):
                    continue
                shaped = with_taps(shaped, memory)
                yield _blocked(shaped, size, limits)
                packed = _packed(shaped, size, limits) if tile == most else None
                if packed is not None:
                    yield _blocked(packed, size, limits)


def _fills(form: Form) -> bool:
    """Whether there are columns for whole vectors, where these come from lines or from memory."""
    if form.lined:
        return form.size(form.n) >= form.lanes and form.all_vectors >= form.vectors
    return form.staged != "in place" or form.size(form.n) >= form.panel


def _packed(form: Form, size: int, limits: Limits) -> Form | None:
    """With rows of A packed, as many as fill vectors and cache lines."""
    together = form.lanes // math.gcd(form.tile, form.lanes)
    together *= parts(LINE_BYTES, form.tile * together * size)
    rows = form.tile * together
    if not form.beside or form.lanes == 1 or rows > form.size(form.m):
        return None
    fits = limits.rates.l1_bytes // _PACKED_OF_L1 // (rows * size)
    return replace(form, packed=together, deepest=max(form.deepest // 2, fits))


def _blocked(form: Form, size: int, limits: Limits) -> Form:
    """With blocks that local memory holds, and work for every core."""
    depth = form.size(form.k)
    taps = form.taps.count
    held = form.staged_width * size
    room = min(limits.rates.l2_bytes // _PANEL_OF_L2, limits.local_bytes * 6 // 10) // held * taps
    blocks = max(1, parts(depth, max(16, min(form.deepest, room))))
    unit = 16 if taps == 1 else taps
    block = max(1, min(depth, parts(parts(depth, blocks), unit) * unit))
    most = form.tiles
    if parts(depth, block) > 1:
        across = form.strip if form.packed else 0
        across += 0 if form.staged == "in place" else form.staged_width // taps
        left = limits.local_bytes * 9 // 10 - across * block * size
        scratch = min(limits.rates.l2_bytes * _SCRATCH_OF_L2 // 16, left)
        strips = scratch // (form.strip * form.panel * size)
        most = max(1, strips) * form.together
    found: dict[int, Form] = {}
    for share in (1, 2, 4):  # items for each core: few of them stage less, many end together
        items = max(1, parts(share * limits.compute_units, form.panels * form.size(form.batch)))
        per_item = min(most, max(1, parts(form.tiles, items)))
        per_item = parts(form.tiles, parts(form.tiles, per_item))  # as many for each item
        per_item = parts(per_item, form.together) * form.together
        found[per_item] = replace(form, block=block, tiles_per_item=per_item)
    return min(reversed(found.values()), key=lambda one: cost(one, limits))


def plan_form(
    n: Node, memory: Mapping[Node, str], limits: Limits, choice: Choice | None = None
) -> Form:
    return chosen(candidates(n, memory, limits), lambda form: cost(form, limits), choice)
