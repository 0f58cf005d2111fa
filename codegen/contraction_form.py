"""How to cut a contraction: which operand gives rows, the register tile, the blocks.

A contraction by labels is a batch of products of rows x columns. Both operands may play either
part; a small cost rule chooses, then the tile that wastes least near the best known sizes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .expression import Expressions
from .graph import Node
from .index import Ix, Var, variables
from .limits import Limits
from .reduction import contract_shape

__all__ = ["Form", "Labels", "decompose", "is_direct", "plan_form"]

Labels = tuple[int, ...]
_ROWS = {1: 14, 2: 12, 3: 8, 4: 6}  # tile rows for a panel of so many vectors
_WASTE = {1: 0.30, 2: 0.10, 3: 0.02, 4: 0.0}  # how far narrower panels stay behind


def is_direct(n: Node, memory: set[Node]) -> bool:
    """Whether elements can be read in place: one load, no edges, each axis adding its own part."""
    index = tuple(
        [Ix.of(Var(f"x{d}", 0, m - 1)) if m != 1 else Ix() for d, m in enumerate(n.shape)]
    )
    v = Expressions(_Names(memory)).value(n, index)
    if v.kind != "load" or v.conditions or v.index is None:
        return False
    return all(len(variables(Ix(0, ((atom, 1),)))) <= 1 for atom, _ in v.index.terms)


class _Names(dict[Node, str]):
    """All of memory under one name; enough to ask what is a load."""

    def __init__(self, memory: set[Node]) -> None:
        super().__init__()
        self.memory = memory

    def get(self, key: Node, default: object = None) -> str | None:  # type: ignore[override]
        return "x" if key in self.memory else None


@dataclass(frozen=True, slots=True)
class Form:
    """A contraction as a product: which operand gives rows, the labels of each part, the tile."""

    rows: Node
    columns: Node
    row_labels: Labels
    column_labels: Labels
    sizes: Mapping[int, int]
    batch: Labels
    m: Labels
    n: Labels
    k: Labels
    lanes: int
    vectors: int
    tile: int
    tiles_per_item: int
    block: int

    def size(self, labels: Labels) -> int:
        total = 1
        for label in labels:
            total *= self.sizes[label]
        return total

    @property
    def panel(self) -> int:
        return self.lanes * self.vectors


def _orientations(n: Node) -> list[tuple[Node, Node, Labels, Labels]]:
    a, b = n.src
    lhs, rhs, _ = n.arg
    return [(a, b, lhs, rhs), (b, a, rhs, lhs)]


def _vectors(columns: int, lanes: int) -> int:
    return min((4, 3, 2, 1), key=lambda v: -(-columns // (v * lanes)) * v * lanes * (1 + _WASTE[v]))


def _tile(rows: int, vectors: int) -> int:
    """Rows of a tile: the size near the best that leaves the least overlap."""
    best = _ROWS[vectors]
    sizes = range(max(1, best * 2 // 3), best + 1)
    return min(rows, min(sizes, key=lambda t: -(-rows // t) * t * (1 + 0.02 * (best - t))))


def plan_form(n: Node, limits: Limits) -> Form:
    sizes = contract_shape(n.src[0], n.src[1], n.arg)
    out: Labels = n.arg[2]
    compute = n.dtype.compute_size
    lanes = 1 if limits.plain else max(1, min(16, limits.vector_bytes // max(4, compute)))
    best: tuple[float, Form] | None = None
    for rows, columns, row_labels, column_labels in _orientations(n):
        batch = tuple(x for x in out if x in row_labels and x in column_labels)
        m = tuple(x for x in out if x in row_labels and x not in column_labels)
        nn = tuple(x for x in out if x in column_labels and x not in row_labels)
        k = tuple(x for x in column_labels if x not in out)
        k = tuple(x for x in row_labels if x not in out) or k
        form = Form(rows, columns, row_labels, column_labels, sizes, batch, m, nn, k,
                     lanes, 1, 1, 1, 1)  # fmt: skip
        row_count, column_count, depth = form.size(m), form.size(nn), form.size(k)
        vectors = 1 if limits.plain else _vectors(column_count, lanes)
        padded = -(-column_count // (vectors * lanes)) * vectors * lanes
        tile = 1 if limits.plain else _tile(row_count, vectors)
        tiles = -(-row_count // tile)
        panels, batches = padded // (vectors * lanes), form.size(batch)
        items = max(1, 4 * limits.compute_units // (panels * batches))
        per_item = max(1, min(-(-tiles // items), max(1, 128 // tile)))
        budget = min(limits.local_bytes, 262144) * 6 // 10
        block = max(16, min(depth, 512, budget // (vectors * lanes * max(4, compute))))
        work = row_count * padded * depth / lanes
        last = out[-1] if out else -1
        contiguous_store = last in nn
        contiguous_stage = bool(nn) and column_labels[-1] == nn[-1]
        stage = -(-tiles // per_item) * depth * padded * (0.15 if contiguous_stage else 1.0)
        store = row_count * column_count * (1 / lanes if contiguous_store else 1.0)
        cost = work + stage + store
        form = Form(rows, columns, row_labels, column_labels, sizes, batch, m, nn, k,
                     lanes, vectors, tile, per_item, block)  # fmt: skip
        if best is None or cost < best[0]:
            best = cost, form
    assert best is not None
    return best[1]


def decompose(flat: Ix, labels: Labels, sizes: Mapping[int, int]) -> dict[int, Ix]:
    """A flat position as one position for each label."""
    found: dict[int, Ix] = {}
    stride = 1
    for label in reversed(labels):
        part = flat // stride
        stride *= sizes[label]
        found[label] = part if label == labels[0] else part % sizes[label]
    return found
