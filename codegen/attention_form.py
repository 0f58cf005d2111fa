"""How to cut a chain: rows of a work-item, columns of a block, registers of a tile."""

from collections.abc import Iterator
from dataclasses import dataclass

from .attention import Chain, sizes_of, top
from .graph import Node
from .limits import Limits

__all__ = ["Form", "depth_of", "plan_form", "width_of"]

_COLUMNS = 64  # of a block: its operands stay in the first cache
_ROWS = 96  # of a work-item, for which a block is staged once


def _parts(whole: int, part: int) -> int:
    return -(-whole // part)


@dataclass(frozen=True, slots=True)
class Form:
    """`tile` rows and `vectors` of `lanes` columns in registers; `block` columns at a time."""

    lanes: int
    vectors: int
    tile: int
    tiles: int
    tiles_per_item: int
    block: int

    @property
    def rows(self) -> int:
        """Rows of a work-item."""
        return self.tile * self.tiles_per_item

    def padded(self, count: int) -> int:
        return _parts(count, self.lanes) * self.lanes


def depth_of(score: Node) -> int:
    """The positions that a score sums over."""
    sizes = sizes_of(score)
    total = 1
    for label in {*score.arg[0], *score.arg[1]}.difference(score.arg[2]):
        total *= sizes[label]
    return total


def width_of(product: Node, chain: Chain) -> int:
    """The columns of a contraction's other operand: a row of the result."""
    place = product.src.index(top(product, chain.tile))
    sizes = sizes_of(product)
    total = 1
    for label in product.arg[1 - place]:
        total *= 1 if label in product.arg[place] else sizes[label]
    return total


def _elements(form: Form, chain: Chain) -> int:
    """Elements of local memory."""
    scores = [depth_of(n) for n in chain.scores]
    products = [form.padded(width_of(n, chain)) for n in chain.results if n.op.name == "contract"]
    tiles = max(len(scores), len(chain.tops)) * form.tile * form.block
    rows = form.rows * (sum(scores) + sum(products) + len(chain.results) + 1)
    return rows + form.block * (sum(scores) + sum(products)) + tiles


def _forms(chain: Chain, size: int, limits: Limits) -> Iterator[Form]:
    """From the most rows and columns down."""
    plain = limits.plain
    lanes = 1 if plain else min(16, min(limits.vector_bytes, limits.register_bytes) // size)
    vectors = 1 if plain else 2 if limits.registers < 32 else 4
    most = 1 if plain else max(1, limits.registers * 3 // 4 // vectors)
    rows, columns = chain.shape[chain.row], chain.shape[chain.column]
    batch = 1
    for axis, m in enumerate(chain.shape):
        batch *= 1 if axis in (chain.row, chain.column) else m
    tile = min(most, rows)
    tiles = _parts(rows, tile)
    items = max(_parts(rows, _ROWS), _parts(4 * limits.compute_units, batch))
    per_item = _parts(tiles, min(items, tiles))
    block = min(max(_COLUMNS, lanes * vectors), _parts(columns, lanes) * lanes)
    while True:
        yield Form(lanes, vectors, tile, tiles, per_item, block)
        if per_item > 4:
            per_item = _parts(per_item, 2)
        elif block > lanes:
            block = max(lanes, block // 2 // lanes * lanes)
        elif per_item > 1:
            per_item = 1
        else:
            return


def plan_form(chain: Chain, limits: Limits) -> Form | None:
    """The form of a chain; None where local memory has no room for it, or its types differ."""
    held = {n.dtype.compute for n in chain.tile if n.dtype.kind == "f"}
    held |= {n.dtype.compute for n in chain.results}
    if len(held) != 1:
        return None
    size = max(n.dtype.compute_size for n in chain.results)
    for form in _forms(chain, size, limits):
        if _elements(form, chain) * size <= limits.local_bytes * 9 // 10:
            return form
    return None
