"""Whether a convolution by tiles pays: the time of its products, its maps and what they move.

Both ways multiply at the same rate, so that the direct one is its multiply-adds. By tiles there
are fewer, but images, filters and results are mapped, and mapped ones go through memory.
"""

import math
from dataclasses import dataclass

from .limits import Limits

__all__ = ["SLOTS", "Planes", "tile_of"]

SLOTS = 3  # of a window's side
_PAYS = 0.8  # of the direct way's time: less than it has to take
_LAUNCHES = 4  # more of them
_BEGUN = 12  # multiply-adds to stage an element of an image, to begin and store one of a result
_SLOW = 2.0  # instructions of long straight texts, which wait for one another and for registers
# additions and multiplications of both maps of a tile: of an image, a filter, a result
_ARITHMETIC = {2: (32, 28, 24), 4: (228, 90, 130)}


@dataclass(frozen=True, slots=True)
class Planes:
    """How many planes of images, filters and results there are, how many triples of them are
    multiplied, and how large a result is."""

    images: int
    filters: int
    results: int
    triples: int
    size: tuple[int, int]


def tile_of(planes: Planes, limits: Limits) -> int:
    """The width of the tiles of results that take the least time; 0 where none pays."""
    if limits.kind != "cpu" or limits.plain or not limits.winograd:
        return 0
    direct = planes.triples * math.prod(planes.size) * SLOTS**2 / _multiplied(limits)
    by_tiles = {m: _time(planes, m, limits) for m in _ARITHMETIC}
    best = min(by_tiles, key=by_tiles.__getitem__)
    return best if by_tiles[best] < _PAYS * direct else 0


def _multiplied(limits: Limits) -> int:
    """Multiply-adds in a nanosecond."""
    return limits.rates.fma_rate * limits.compute_units


def _time(planes: Planes, m: int, limits: Limits) -> float:
    """Nanoseconds by tiles of m x m results."""
    down, across = (-(-n // m) for n in planes.size)
    tiles, parts, whole = down * across, (m + SLOTS - 1) ** 2, math.prod(planes.size)
    lanes = max(1, limits.register_bytes // 4)
    images, filters, results = _ARITHMETIC[m]
    # of a vector: loads, one by one where elements lie apart, stores, after two turns where in turn
    images += 2 * parts
    filters += parts + SLOTS**2 * lanes
    results += parts + 3 * m * m
    wide = -(-across // lanes) * lanes / across  # lanes that a row of tiles fills
    mapped = (planes.images * images + planes.results * results) * tiles * wide
    mapped = _SLOW * (mapped + planes.filters * filters)
    products = tiles * parts * (planes.triples + _BEGUN * (planes.images + planes.results))
    # padded, mapped and read; mapped and read; written, mapped back
    moved = planes.images * (3 * whole + 2 * tiles * parts)
    moved += planes.filters * (SLOTS**2 + 2 * parts)
    moved += planes.results * (2 * tiles * parts + whole)
    held = 4 * tiles * parts * max(planes.images, planes.results)
    rate = limits.rates.read_rate(held, limits.compute_units) * limits.compute_units
    computed = (products + mapped) / _multiplied(limits)
    return computed + 4 * moved / rate + _LAUNCHES * limits.rates.launch_ns
