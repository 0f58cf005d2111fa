"""How to cut a contraction: which operand gives rows, the register tile, the blocks.

A contraction by labels is a batch of products of rows x columns. Both operands may play either
part, and tiles may have many sizes: `candidates` lists the forms, `cost` says what each takes,
in slots of the unit that multiplies and adds, and `plan_form` takes the cheapest.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from .choice import Choice, chosen
from .expression import Expressions, Value
from .graph import Node
from .index import Ix, Remainder, Var, flat_index, variables
from .limits import Limits
from .reduction import contract_shape

__all__ = ["Form", "Labels", "candidates", "cost", "decompose", "is_direct", "plan_form", "staging"]

Labels = tuple[int, ...]

_MOST_LANES = 16
_MOST_ROWS = 14  # of a tile: each has an address of its own
_PANEL_BYTES = 131072  # of the staged panel, which stays in the second cache
_SCRATCH_BYTES = 98304  # of tiles that rest between blocks
# contracted positions of a block: every block waits for the first elements of its rows anew; those
# that stand in a table or lie in a cache line of their own, often one set's, fill the first cache
_DEEPEST = 1024
_DEEP_TABLE = 512
_DEEP_APART = 128
_PACKED_BYTES = 8192  # of rows packed together, which share the first cache with a panel
_LINE_BYTES = 64
# slots per element that is staged, stored apart from its neighbour, or moved as part of a vector
_STAGED = {"copy": 0.0, "transpose": 2.0, "table": 3.0, "elements": 12.0}
_MOVED = 2.0
_APART = 0.3  # slots per element of a row that lies in a line of its own
_STORED = {"side by side": 0.0, "apart": 3.0, "anywhere": 12.0}
_LAST = 0.1  # of an item that one core still works on when the others have ended
_LOADED = 0.6  # slots per vector or scalar that the inner loop loads


def _parts(whole: int, part: int) -> int:
    return -(-whole // part)


class _Names(dict[Node, str]):
    """All of memory under one name; enough to ask what is a load."""

    def __init__(self, memory: set[Node]) -> None:
        super().__init__()
        self.memory = memory

    def get(self, key: Node, default: object = None) -> str | None:  # type: ignore[override]
        return "x" if key in self.memory else None


def _is_separable(v: Value) -> bool:
    """One load, no edges, of which each variable adds its own part to the place."""
    if v.kind != "load" or v.conditions or v.index is None:
        return False
    return all(len(variables(Ix(0, ((atom, 1),)))) <= 1 for atom, _ in v.index.terms)


def is_direct(n: Node, memory: set[Node]) -> bool:
    """Whether elements can be read in place: one load, no edges, each axis adding its own part."""
    index = tuple(
        [Ix.of(Var(f"x{d}", 0, m - 1)) if m != 1 else Ix() for d, m in enumerate(n.shape)]
    )
    return _is_separable(Expressions(_Names(memory)).value(n, index))


def staging(b: Value, j: Var, k: Var) -> str:
    """How a panel of `b`, over columns j and contracted positions k, comes into local memory."""
    if b.kind != "load" or b.conditions or b.index is None:
        return "elements"
    along_j, along_k = b.index.coefficient(j), b.index.coefficient(k)
    if along_j is not None and (along_j == 1 or along_k not in (1, None)):
        return "copy"
    if (along_k == 1 and along_j is not None) or _run(b.index, k) % _MOST_LANES == 0:
        return "transpose"
    return "table" if _is_separable(b) else "elements"


def _run(index: Ix, k: Var) -> int:
    """From each multiple of how many positions along k on as many lie side by side."""
    run = single = 0
    for atom, factor in index.terms:
        if k not in variables(Ix(0, ((atom, 1),))):
            continue
        if isinstance(atom, Remainder) and atom.of != Ix.of(k):  # as (k / 28) % 28
            inner = atom.of.terms[0][0]
            if atom.of != Ix.of(inner):
                return 1
            atom = inner
        elif isinstance(atom, Remainder):
            single += factor
        if isinstance(atom, Var) or atom.of != Ix.of(k):
            return 1
        run = math.gcd(run, atom.by)
    return run if single == 1 else 1


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
    lanes: int = 1
    vectors: int = 1
    tile: int = 1
    tiles_per_item: int = 1
    block: int = 1
    staged: str = "copy"  # how, as `staging` says, or "in place": vectors of B come from memory
    stored: str = "side by side"  # how neighbouring columns of the result lie
    deepest: int = _DEEPEST  # contracted positions of a block, at most
    scattered: bool = False  # elements of a row of A do not follow one another
    beside: bool = False  # rows of A lie side by side: A is transposed
    packed: int = 0  # tiles whose rows of A come into local memory together; 0: from their places
    swapped: bool = False  # the second operand gives the rows

    def size(self, labels: Labels) -> int:
        total = 1
        for label in labels:
            total *= self.sizes[label]
        return total

    @property
    def panel(self) -> int:
        return self.lanes * self.vectors

    @property
    def together(self) -> int:
        """Tiles that one turn of the loop over rows works on."""
        return max(1, self.packed)

    @property
    def strip(self) -> int:
        """Rows that one turn works on."""
        return self.tile * self.together

    @property
    def strips(self) -> int:
        return _parts(self.size(self.m), self.strip)

    @property
    def tiles(self) -> int:
        return self.strips * self.together

    @property
    def panels(self) -> int:
        return _parts(self.size(self.n), self.panel)


def _orientations(n: Node, memory: Mapping[Node, str]) -> Iterator[Form]:
    a, b = n.src
    lhs, rhs, out = n.arg
    sizes = contract_shape(a, b, n.arg)
    for rows, columns, mine, other in ((a, b, lhs, rhs), (b, a, rhs, lhs)):
        batch = tuple(x for x in out if x in mine and x in other)
        m = tuple(x for x in out if x in mine and x not in other)
        nn = tuple(x for x in out if x in other and x not in mine)
        k = tuple(x for x in mine if x not in out) or tuple(x for x in other if x not in out)
        form = Form(rows, columns, mine, other, sizes, batch, m, nn, k, swapped=mine is not lhs)
        yield _read(form, memory, out)
        beside = _beside(form, memory, out)
        if beside is not None:
            yield beside


def _read(form: Form, memory: Mapping[Node, str], out: Labels) -> Form:
    """With how B is staged and the result stored, as a form without tiles tells."""
    z, i, j, k = (
        Var(name, 0, max(0, form.size(labels) - 1))
        for name, labels in (("z", form.batch), ("i", form.m), ("j", form.n), ("k", form.k))
    )
    at: dict[int, Ix] = {}
    for var, labels in ((z, form.batch), (i, form.m), (j, form.n), (k, form.k)):
        at |= decompose(Ix.of(var), labels, form.sizes)
    at = {x: place if form.sizes[x] != 1 else Ix() for x, place in at.items()}

    def value(n: Node, labels: Labels) -> Value:
        index = tuple(at[x] if m != 1 else Ix() for x, m in zip(labels, n.shape, strict=True))
        return Expressions(memory).value(n, index)

    b = value(form.columns, form.column_labels)
    place = flat_index([at[x] for x in out], [form.sizes[x] for x in out])
    apart = place.coefficient(j)
    stored = "anywhere" if apart is None else "side by side" if apart == 1 else "apart"
    along = value(form.rows, form.row_labels).index
    step = None if along is None else along.coefficient(k)
    together = step in (1, None)
    beside = not together and along is not None and along.coefficient(i) == 1
    deepest = {1: _DEEPEST, None: _DEEP_TABLE}.get(step, _DEEP_APART)
    return replace(
        form, staged=staging(b, j, k), stored=stored, deepest=deepest, scattered=not together,
        beside=beside,
    )  # fmt: skip


def _beside(form: Form, memory: Mapping[Node, str], out: Labels) -> Form | None:
    """With B read in place: its columns are those labels whose elements lie side by side, in B and
    in the result, and each place of the other labels is a product of its own."""
    for cut in range(len(form.n)):
        moved = replace(form, batch=(*form.n[:cut], *form.batch), n=form.n[cut:])
        read = _read(moved, memory, out)
        if (
            read.staged == "copy"
            and read.stored == "side by side"
            and is_direct(form.columns, set(memory))
        ):
            return replace(read, staged="in place")
    return None


def candidates(n: Node, memory: Mapping[Node, str], limits: Limits) -> Iterator[Form]:
    """The forms that the device's registers and local memory allow, at most 50 or so."""
    size = max(4, n.dtype.compute_size)
    width = min(limits.vector_bytes, limits.register_bytes)
    lanes = 1 if limits.plain else max(1, min(_MOST_LANES, width // size))
    for form in _orientations(n, memory):
        for vectors in (1,) if limits.plain else (1, 2, 3, 4):
            spare = limits.registers - 1 - vectors
            most = max(1, min(_MOST_ROWS, min(spare, limits.registers * 3 // 4) // vectors))
            for tile in (1,) if limits.plain else range(max(1, most * 3 // 4), most + 1):
                rows = min(tile, max(1, form.size(form.m)))
                shaped = replace(form, lanes=lanes, vectors=vectors, tile=rows)
                if form.staged == "in place" and form.size(form.n) < shaped.panel:
                    continue
                yield _blocked(shaped, size, limits)
                packed = _packed(shaped, size) if tile == most else None
                if packed is not None:
                    yield _blocked(packed, size, limits)


def _packed(form: Form, size: int) -> Form | None:
    """With rows of A packed, as many as fill vectors and cache lines."""
    together = form.lanes // math.gcd(form.tile, form.lanes)
    together *= _parts(_LINE_BYTES, form.tile * together * size)
    rows = form.tile * together
    if not form.beside or form.lanes == 1 or rows > form.size(form.m):
        return None
    deepest = min(_DEEPEST, max(_DEEP_APART // 2, _PACKED_BYTES // (rows * size)))
    return replace(form, packed=together, deepest=deepest)


def _blocked(form: Form, size: int, limits: Limits) -> Form:
    """With blocks that local memory holds, and work for every core."""
    depth = form.size(form.k)
    room = min(_PANEL_BYTES, limits.local_bytes * 6 // 10) // (form.panel * size)
    blocks = max(1, _parts(depth, max(16, min(form.deepest, room))))
    block = max(1, min(depth, _parts(_parts(depth, blocks), 16) * 16))
    most = form.tiles
    if _parts(depth, block) > 1:
        across = form.strip if form.packed else 0
        across += 0 if form.staged == "in place" else form.panel
        scratch = min(_SCRATCH_BYTES, limits.local_bytes * 9 // 10 - across * block * size)
        strips = scratch // (form.strip * form.panel * size)
        most = max(1, strips) * form.together
    found = []
    for share in (1, 2, 4):  # items for each core: few of them stage less, many end together
        items = max(1, _parts(share * limits.compute_units, form.panels * form.size(form.batch)))
        per_item = min(most, max(1, _parts(form.tiles, items)))
        per_item = _parts(form.tiles, _parts(form.tiles, per_item))  # as many for each item
        per_item = _parts(per_item, form.together) * form.together
        found.append(replace(form, block=block, tiles_per_item=per_item))
    return min(reversed(found), key=lambda one: cost(one, limits))


def cost(form: Form, limits: Limits) -> float:
    """Slots of the multiply-add unit that a form takes, on all cores together."""
    t, v = form.tile, form.vectors
    depth, batches = form.size(form.k), form.size(form.batch)
    row_count, columns = form.size(form.m), form.panels * form.panel
    items = _parts(form.tiles, form.tiles_per_item)
    # rows of B that lie far apart come from farther away when they are read again
    again = 2 if form.staged == "in place" and form.tiles_per_item > 1 else 1
    work = form.tiles * t * form.panels * v * depth * (1 + _LOADED * (v * again + t) / (v * t))
    each = (_APART if form.scattered else 0.0) + (_MOVED / form.lanes if form.packed else 0.0)
    stage = form.tiles * t * form.panels * depth * each
    if form.staged != "in place":
        stage += items * depth * columns * (_STAGED[form.staged] + _MOVED / form.lanes)
    store = row_count * columns * (_STORED[form.stored] + _MOVED / form.lanes)
    most = items * form.panels * batches
    units = limits.compute_units
    # cores wait for the one with the most items, and for a part of the last one
    idle = (_parts(most, units) + _LAST) * units / most
    return (work + stage + store) * batches * idle


def plan_form(
    n: Node, memory: Mapping[Node, str], limits: Limits, choice: Choice | None = None
) -> Form:
    return chosen(candidates(n, memory, limits), lambda form: cost(form, limits), choice)


def decompose(flat: Ix, labels: Labels, sizes: Mapping[int, int]) -> dict[int, Ix]:
    """A flat position as one position for each label."""
    found: dict[int, Ix] = {}
    stride = 1
    for label in reversed(labels):
        part = flat // stride
        stride *= sizes[label]
        found[label] = part if label == labels[0] else part % sizes[label]
    return found
