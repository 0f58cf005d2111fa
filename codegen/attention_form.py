"""How to cut a chain: rows of a work-item, columns of a block, registers of a tile."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .attention import Chain, sizes_of, top
from .graph import Node
from .limits import Limits

__all__ = ["Form", "depth_of", "plan_form", "width_of"]

_COLUMNS = 128  # of a block: what is done once for each row of it is little beside its columns
_LEAST_COLUMNS = 64  # for which rows are given up where local memory is small
_MASKED_COLUMNS = 48  # where a mask hides blocks: the narrower, the more of them are hidden whole
_ROWS = 256  # of a work-item, for which a block is staged once
_CROSSED = 64  # rows and columns of a crossed chain's tile, of which each needs as many operands


def _parts(whole: int, part: int) -> int:
    return -(-whole // part)


@dataclass(frozen=True, slots=True)
class Form:
    """`tile` rows and `vectors` of `lanes` columns in registers; `block` columns at a time, whose
    elementwise part is written in vectors of `wide`."""

    lanes: int
    wide: int
    vectors: int
    tile: int
    tiles: int
    tiles_per_item: int
    block: int
    crossed: bool = False

    @property
    def rows(self) -> int:
        """Rows of a work-item; of a crossed chain, those that are in local memory at a time."""
        return self.tile * self.tiles_per_item

    @property
    def held(self) -> int:
        """Rows of the tile in local memory."""
        return self.rows if self.crossed else self.tile

    @property
    def height(self) -> int:
        """Columns of the tile that are rows of a result in registers."""
        return max(h for h in range(1, self.tile + 1) if self.block % h == 0)

    @property
    def widths(self) -> tuple[int, ...]:
        """Of vectors, the widest first."""
        return tuple(sorted({self.wide, self.lanes, 1}, reverse=True))

    def of_narrow_blocks(self) -> "Form":
        """The form for a mask that hides blocks."""
        narrow = max(_MASKED_COLUMNS, self.lanes * self.vectors)
        return self if self.crossed else replace(self, block=min(self.block, narrow))

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
    scores = sum(depth_of(n) for n in chain.scores)
    crossed = set(chain.crossed)
    total = max(len(chain.scores), len(chain.tops)) * form.held * form.block
    total += (form.rows + form.block) * scores + form.rows * (len(chain.results) + 1)
    total += form.rows * form.wide if chain.online is not None else 0
    for n in chain.results:
        if n.op.name == "contract":
            straight = form.block + (form.tile if form.crossed else form.rows)
            across = form.rows + form.block
            total += form.padded(width_of(n, chain)) * (across if n in crossed else straight)
    return total


def _batches(chain: Chain) -> int:
    batches = 1
    for axis, m in enumerate(chain.shape):
        batches *= 1 if axis in (chain.row, chain.column) else m
    return batches


def _forms(chain: Chain, size: int, limits: Limits) -> Iterator[Form]:
    """From the most rows and columns down."""
    plain = limits.plain
    wide = 1 if plain else min(16, limits.vector_bytes // size)
    lanes = min(wide, limits.register_bytes // size)
    vectors = 1 if plain else 2 if limits.registers < 32 else 4
    most = 1 if plain else max(1, limits.registers * 3 // 4 // vectors)
    rows, columns = chain.shape[chain.row], chain.shape[chain.column]
    tile = min(most, rows)
    tiles = _parts(rows, tile)
    crossed = bool(chain.crossed)
    if crossed:
        items, wanted = _parts(rows, _CROSSED), max(1, _CROSSED // (lanes * vectors))
        block = wanted * lanes * vectors
    else:
        items = max(_parts(rows, _ROWS), _parts(4 * limits.compute_units, _batches(chain)))
        block = max(_COLUMNS, lanes * vectors)
    per_item = _parts(tiles, min(items, tiles))
    block = min(block, _parts(columns, lanes) * lanes)
    while True:
        yield Form(lanes, wide, vectors, tile, tiles, per_item, block, crossed)
        if block > max(_LEAST_COLUMNS, lanes) and not crossed:
            block = max(_LEAST_COLUMNS, block // 2 // lanes * lanes)
        elif per_item > 4:
            per_item = _parts(per_item, 2)
        elif block > lanes:
            block = max(lanes, block // 2 // lanes * lanes)
        elif per_item > 1:
            per_item = 1
        else:
            return


def _may_cross(chain: Chain, limits: Limits) -> bool:
    """Whether batches keep all cores busy, and results can be added up where they are stored."""
    if any(n.op.name != "contract" or n.dtype.is_narrow for n in chain.results):
        return False
    return _batches(chain) >= 2 * limits.compute_units


def plan_form(chain: Chain, limits: Limits) -> Form | None:
    """The form of a chain; None where local memory has no room for it, or its types differ."""
    held = {n.dtype.compute for n in chain.tile if n.dtype.kind == "f"}
    held |= {n.dtype.compute for n in chain.results}
    if len(held) != 1 or (chain.crossed and not _may_cross(chain, limits)):
        return None
    size = max(n.dtype.compute_size for n in chain.results)
    for form in _forms(chain, size, limits):
        if _elements(form, chain) * size <= limits.local_bytes * 9 // 10:
            return form
    return None
