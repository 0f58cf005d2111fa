"""How to cut a contraction for work-groups: the tile of a group, of an item, the block."""

from collections.abc import Mapping
from dataclasses import dataclass

from .contraction_form import Form
from .contraction_schedule import candidates
from .graph import Node
from .limits import Limits

__all__ = ["Tile", "plan_tile", "tile_cost"]

# rows and columns of a group's tile and of an item's, in elements
_SHAPES = (
    (128, 128, 8, 8), (128, 64, 8, 4), (64, 128, 4, 8), (64, 64, 4, 4), (64, 64, 8, 8),
    (32, 64, 4, 4), (64, 32, 4, 4), (32, 32, 4, 4), (16, 64, 4, 4), (64, 16, 4, 4),
)  # fmt: skip
_BLOCKS = (16, 8)
_EDGE = 24.0  # what a row or column costs beside its results, counted in results


@dataclass(frozen=True, slots=True)
class Tile:
    rows: int
    columns: int
    item_rows: int
    item_columns: int
    lanes: int
    block: int

    @property
    def items(self) -> int:
        return self.rows // self.item_rows * (self.columns // self.item_columns)

    @property
    def run_rows(self) -> int:
        """From one run of an item's rows to the next."""
        return self.rows // (self.item_rows // self.lanes)

    @property
    def run_columns(self) -> int:
        return self.columns // (self.item_columns // self.lanes)

    def local_bytes(self, size: int) -> int:
        return 2 * self.block * (self.rows + self.columns + 2 * self.lanes) * size


def tile_cost(tile: Tile, form: Form, limits: Limits, edge: float = _EDGE) -> float:
    """Results that the busiest compute unit works out, edges and loads counted as such."""
    groups = -(-form.size(form.m) // tile.rows) * -(-form.size(form.n) // tile.columns)
    groups *= form.size(form.batch)
    each = tile.rows * tile.columns * (1 + edge * (1 / tile.rows + 1 / tile.columns))
    return -(-groups // limits.compute_units) * each


def plan_tile(n: Node, memory: Mapping[Node, str], limits: Limits) -> tuple[Form, Tile] | None:
    """Which operand gives rows, and the cheapest tile that the device has room for."""
    size = max(4, n.dtype.compute_size)
    lanes = min(limits.vector_bytes // size, 4)  # an item's rows and columns are whole vectors
    if limits.plain or lanes < 2:
        return None
    whole = [form.apart() for form in candidates(n, memory, limits)]
    form = next((form for form in whole if form.stored == "side by side"), whole[0])
    found = []
    for shape in _SHAPES:
        for block in _BLOCKS:
            tile = Tile(*shape, lanes, block)
            if tile.items <= limits.group_items and tile.local_bytes(size) <= limits.local_bytes:
                found.append(tile)
                break
    if not found:
        return None
    return form, min(found, key=lambda tile: tile_cost(tile, form, limits))
