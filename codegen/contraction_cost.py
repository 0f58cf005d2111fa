"""What a form of a contraction takes: `cost`, in slots of the unit that multiplies and adds.

`docs/performance.md` tells where each figure comes from.
"""

import math

from .contraction_form import LINE_BYTES, PAGE_BYTES, Form, parts
from .limits import Limits

__all__ = ["cost"]

# slots per element that is staged, stored apart from its neighbour, or moved as part of a vector
_STAGED = {"copy": 0.0, "computed": 0.0, "transpose": 2.0, "table": 3.0, "elements": 12.0}
_MOVED = 2.0
_STORED = {"side by side": 0.0, "apart": 3.0, "anywhere": 12.0}
_EVICTED = 12.0  # apart, in lines that leave the first cache before the next tile writes there
_LAST = 0.1  # of an item that one core still works on when the others have ended
_APART = 0.3  # slots per element of a row that is scattered
_COLLIDING = 0.25  # slots per element of a row, where rows share the sets of the first cache
_LOADED = 0.6  # slots per vector or scalar that the inner loop loads
_POINTERS = 6  # rows' addresses that registers hold beside a table
_SPILLED = 2.0  # slots for what they do not hold
_IN_FLIGHT = 10  # sums side by side that hide one another's latency
_WAIT = 0.5  # slots for each of them that is not there
_TILE_BEGUN = 30.0  # slots until the loop over a block runs
_LOOKED_UP = 150.0  # slots until a row comes that begins anywhere: nothing foresees it
_OVERLAP = 0.5  # of memory's time that is not hidden behind arithmetic
_ITEM = 0.02  # of a launch, to begin a work-item


def cost(form: Form, limits: Limits) -> float:
    """Slots of the multiply-add unit that a form takes, on all cores together."""
    items = parts(form.tiles, form.tiles_per_item)
    batches = form.size(form.batch)
    product = (
        _multiplying(form, limits) + _moving(form, items, limits) + _traffic(form, items, limits)
    )
    most = items * form.panels * batches
    units, rates = limits.compute_units, limits.rates
    # cores wait for the one with the most items, and for a part of the last one
    idle = (parts(most, units) + _LAST) * units / most
    begun = most * _ITEM * rates.launch_ns * rates.fma_rate / form.lanes
    return product * batches * idle + begun


def _multiplying(form: Form, limits: Limits) -> float:
    """The loop over tiles and blocks."""
    t, v, depth = form.tile, form.vectors, form.size(form.k)
    # rows of B that lie far apart come from farther away when they are read again
    again = 2 if form.staged == "in place" and form.tiles_per_item > 1 else 1
    step = v * t + _LOADED * (v * again + t + form.table) + _WAIT * max(0, _IN_FLIGHT - v * t)
    if form.scattered:
        step += _APART * t
    if t > 1:
        step += _COLLIDING * t * form.colliding
    if form.table:
        full = v * t + v + 1 >= limits.registers
        step += _SPILLED * (max(0, t - _POINTERS) + full)
    blocks = parts(depth, form.block)
    rests = 2 * v * t * (blocks - 1)  # of tiles between blocks: loaded and stored
    begun = _TILE_BEGUN + _LOOKED_UP * t * form.looked_up
    each = depth * step + rests + begun * blocks
    return form.tiles * form.panels * each


def _moving(form: Form, items: int, limits: Limits) -> float:
    """Packing rows, staging panels, storing results."""
    depth, columns = form.size(form.k), form.panels * form.panel
    vector = _MOVED / form.lanes
    evicted = form.stored == "apart" and form.panel > _lines_held(form.pitch, limits)
    each = _EVICTED if evicted else _STORED[form.stored]
    total = form.size(form.m) * columns * (each + vector)
    if form.packed:
        total += form.tiles * form.tile * form.panels * depth * vector
    if form.staged == "lines":
        loads = form.panels * form.vectors * form.taps.loads(form.lanes)
        total += items * (depth // form.taps.count) * loads * _MOVED
    elif form.staged != "in place":
        made = form.made if form.staged == "elements" else form.made / form.lanes
        total += items * depth * columns * (_STAGED[form.staged] + made + vector)
    return total


def _lines_held(pitch: int, limits: Limits) -> int:
    """Lines so far apart that a first cache keeps: those whole pages apart share one set."""
    return limits.rates.l1_bytes // max(LINE_BYTES, math.gcd(pitch, PAGE_BYTES))


def _traffic(form: Form, items: int, limits: Limits) -> float:
    """What arithmetic does not hide of reading A for each panel, B for each run of rows, and
    writing the result, each from the cache that holds what lies between two readings."""
    size = max(4, form.rows.dtype.compute_size)
    rates, rows, depth = limits.rates, form.size(form.m), form.size(form.k)
    columns = form.panels * form.panel
    ns = 0.0
    for count, held in (
        (rows * depth * form.panels, form.tiles_per_item * form.tile * depth),
        (columns * depth * items // form.taps.count, columns * depth // form.taps.count),
        (2 * rows * columns, rows * columns * form.size(form.batch)),
    ):
        rate = rates.read_rate(held * size, limits.compute_units)
        ns += count * size / rate
    return _OVERLAP * ns * rates.fma_rate / form.lanes
