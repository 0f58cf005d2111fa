"""How to cut a contraction: which operand gives rows, the register tile, the blocks.

A contraction by labels is a batch of products of rows x columns. Both operands may play either
part, and tiles may have many sizes: `candidates` lists the forms, `cost` says what each takes,
in slots of the unit that multiplies and adds, and `plan_form` takes the cheapest.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from .choice import Choice, chosen
from .contraction_lines import NO_TAPS, Taps, taps_along
from .emit import topological
from .expression import Expressions, Value
from .graph import Node
from .index import Ix, Remainder, Var, decompose, flat_index, variables
from .limits import Limits
from .reduction import contract_shape

__all__ = [
    "Form", "Labels", "Names", "candidates", "cost", "data_in", "is_direct",
    "plan_form", "staging",
]  # fmt: skip

Labels = tuple[int, ...]

_MOST_LANES = 16
_MOST_ROWS = 14  # of a tile: each has an address of its own
_LINE_BYTES = 64
# what may stay in a core's caches, as parts of them: rows of a block in the first one, or where
# positions of a row, or of a column in place, lie in lines of their own, those lines; rows that
# are packed together; in the second one a panel, and tiles that rest between blocks
_ROWS_OF_L1, _LINES_OF_L1, _PACKED_OF_L1 = 16, 4, 4
_PANEL_OF_L2, _SCRATCH_OF_L2 = 4, 8
# slots per element that is staged, stored apart from its neighbour, or moved as part of a vector
_STAGED = {"copy": 0.0, "computed": 0.0, "transpose": 2.0, "table": 3.0, "elements": 12.0}
_MOVED = 2.0
_STORED = {"side by side": 0.0, "apart": 3.0, "anywhere": 12.0}
_LAST = 0.1  # of an item that one core still works on when the others have ended
_LOADED = 0.6  # slots per vector or scalar that the inner loop loads
_POINTERS = 6  # rows' addresses that registers hold beside a table
_SPILLED = 2.0  # slots for what they do not hold
_IN_FLIGHT = 10  # sums side by side that hide one another's latency
_WAIT = 0.5  # slots for each of them that is not there
_TILE_BEGUN = 30.0  # slots until the loop over a block runs
_LOOKED_UP = 150.0  # slots until a row comes that begins anywhere: nothing foresees it
_OVERLAP = 0.5  # of memory's time that is not hidden behind arithmetic
_ITEM = 0.02  # of a launch, to begin a work-item


def _parts(whole: int, part: int) -> int:
    return -(-whole // part)


class Names(dict[Node, str]):
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
    return _in_place(n, Names(memory))


def _in_place(n: Node, memory: Mapping[Node, str]) -> bool:
    index = tuple(
        [Ix.of(Var(f"x{d}", 0, m - 1)) if m != 1 else Ix() for d, m in enumerate(n.shape)]
    )
    return _is_separable(Expressions(memory).value(n, index))


def data_in(v: Value) -> list[Var]:
    """What a load's place takes from memory."""
    return [x for x in variables(v.index or Ix()) if x.kind == "datum"]


def _looked_up(v: Value, expressions: Expressions, along: Var) -> bool:
    """Whether a load's place changes along a variable by what is read from memory."""
    return any(along in expressions.datum_deps[x] for x in data_in(v))


def staging(b: Value, expressions: Expressions, j: Var, k: Var) -> str:
    """How a panel of `b`, over columns j and contracted positions k, comes into local memory."""
    if b.kind != "load":
        return "computed" if _in_vectors(b, expressions, j) else "elements"
    if b.conditions or b.index is None or _looked_up(b, expressions, j):
        return "elements"
    along_j, along_k = b.index.coefficient(j), b.index.coefficient(k)
    if along_j is not None and (along_j == 1 or along_k not in (1, None)):
        return "computed" if data_in(b) else "copy"
    if data_in(b):
        return "elements"
    if (along_k == 1 and along_j is not None) or _run(b.index, k) % _MOST_LANES == 0:
        return "transpose"
    return "table" if _is_separable(b) else "elements"


def _in_vectors(b: Value, expressions: Expressions, j: Var) -> bool:
    """Whether `b` can be computed for columns side by side, from loads of whole vectors."""
    for v in topological([b]):
        if any(j in expressions.loop_vars(test.of) for test in v.conditions):
            return False
        if v.kind == "datum" and j in v.deps:
            return False
        if v.index is not None and v.index.coefficient(j) not in (0, 1):
            return False
        if v.index is not None and _looked_up(v, expressions, j):
            return False
    return True


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
    # how B is staged, as `staging` says; "lines": by `contraction_lines`; "in place": not at all
    staged: str = "copy"
    stored: str = "side by side"  # how neighbouring columns of the result lie
    deepest: int = 512  # contracted positions of a block, at most
    table: bool = False  # positions of A's rows stand in a table
    looked_up: bool = False  # where A's rows begin is read from memory
    beside: bool = False  # rows of A lie side by side: A is transposed
    packed: int = 0  # tiles whose rows of A come into local memory together; 0: from their places
    swapped: bool = False  # the second operand gives the rows
    made: float = 0.0  # slots to compute an element of B while it is staged
    lines: Labels = ()  # of columns: each place of theirs is a line with vectors of its own
    taps: Taps = NO_TAPS  # the slots of the last label of k that are staged together

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
    def lined(self) -> bool:
        """Whether each vector of a panel lies in a line of its own."""
        return bool(self.lines) or self.staged == "lines"

    def apart(self) -> "Form":
        """Without a tile, and with each line a product of its own, as tiles of GPUs want it."""
        batch = (*self.lines, *self.batch)
        staged = "in place" if self.staged == "lines" else self.staged
        return replace(
            self, batch=batch, lines=(), taps=NO_TAPS, staged=staged, lanes=1, vectors=1, tile=1,
            tiles_per_item=1, block=1,
        )  # fmt: skip

    @property
    def per_line(self) -> int:
        return _parts(self.size(self.n), self.lanes)

    @property
    def all_vectors(self) -> int:
        """Vectors of columns, over all lines."""
        return self.size(self.lines) * self.per_line

    @property
    def panels(self) -> int:
        return _parts(self.all_vectors, self.vectors)

    @property
    def staged_width(self) -> int:
        """Elements of the staged panel for a contracted position, or for all of its `taps`."""
        return self.vectors * self.taps.width(self.lanes) if self.staged == "lines" else self.panel


def _orientations(n: Node, memory: Mapping[Node, str], limits: Limits) -> Iterator[Form]:
    a, b = n.src
    lhs, rhs, out = n.arg
    sizes = contract_shape(a, b, n.arg)
    for rows, columns, mine, other in ((a, b, lhs, rhs), (b, a, rhs, lhs)):
        batch = tuple(x for x in out if x in mine and x in other)
        m = tuple(x for x in out if x in mine and x not in other)
        nn = tuple(x for x in out if x in other and x not in mine)
        k = tuple(x for x in mine if x not in out) or tuple(x for x in other if x not in out)
        form = Form(rows, columns, mine, other, sizes, batch, m, nn, k, swapped=mine is not lhs)
        read = _read(form, memory, out, limits)
        if read is None:
            continue
        yield read
        beside = _beside(form, memory, out, limits)
        if beside is not None:
            yield beside
            lined = _with_taps(replace(beside, staged="lines", lanes=_MOST_LANES), memory)
            if lined.lines or lined.taps.count > 1:
                yield lined


def _read(form: Form, memory: Mapping[Node, str], out: Labels, limits: Limits) -> Form | None:
    """With how B is staged and the result stored, as a form without tiles tells; None where rows
    cannot be read in place."""
    z, i, j, k, line = (
        Var(name, 0, max(0, form.size(labels) - 1))
        for name, labels in (
            ("z", form.batch), ("i", form.m), ("j", form.n), ("k", form.k), ("line", form.lines)
        )
    )  # fmt: skip
    at: dict[int, Ix] = {}
    for var, labels in (
        (z, form.batch), (i, form.m), (j, form.n), (k, form.k), (line, form.lines)
    ):  # fmt: skip
        at |= decompose(Ix.of(var), labels, form.sizes)
    at = {x: place if form.sizes[x] != 1 else Ix() for x, place in at.items()}
    expressions = Expressions(memory)
    size = max(4, form.rows.dtype.compute_size)

    def value(n: Node, labels: Labels) -> Value:
        index = tuple(at[x] if m != 1 else Ix() for x, m in zip(labels, n.shape, strict=True))
        return expressions.value(n, index)

    rows = value(form.rows, form.row_labels)
    if not _is_separable(rows) or _looked_up(rows, expressions, k):
        return None
    b = value(form.columns, form.column_labels)
    ops = [v.op for v in topological([b]) if v.kind == "apply" and v.op is not None]
    place = flat_index([at[x] for x in out], [form.sizes[x] for x in out])
    apart = place.coefficient(j)
    stored = "anywhere" if apart is None else "side by side" if apart == 1 else "apart"
    along = rows.index.coefficient(k) if rows.index is not None else 1
    beside = along not in (1, None) and rows.index is not None and rows.index.coefficient(i) == 1
    held = _ROWS_OF_L1 * size if along in (1, None) else _LINES_OF_L1 * _LINE_BYTES
    return replace(
        form, staged=staging(b, expressions, j, k), stored=stored, beside=beside,
        deepest=limits.rates.l1_bytes // held, table=along is None,
        looked_up=bool(data_in(rows)), made=float(sum(op.cost for op in ops)),
    )  # fmt: skip


def _beside(form: Form, memory: Mapping[Node, str], out: Labels, limits: Limits) -> Form | None:
    """With B read in place: its columns are those labels whose elements lie side by side, in B and
    in the result, and each place of the other labels is a line of its own."""
    for cut in range(len(form.n)):
        moved = replace(form, lines=form.n[:cut], n=form.n[cut:])
        read = _read(moved, memory, out, limits)
        if (
            read is not None
            and read.staged == "copy"
            and read.stored == "side by side"
            and _in_place(form.columns, memory)
        ):
            lines = limits.rates.l1_bytes // (_LINES_OF_L1 * _LINE_BYTES)
            return replace(read, staged="in place", deepest=min(read.deepest, lines))
    return None


def _with_taps(form: Form, memory: Mapping[Node, str]) -> Form:
    """With the slots of windows along a line, if the last contracted label counts such."""
    if form.staged != "lines" or not form.k:
        return form
    tap = Var("tap", 0, form.sizes[form.k[-1]] - 1)
    axes = form.column_labels
    at = {x: Ix.of(tap if x == form.k[-1] else Var(f"x{x}", 0, form.sizes[x] - 1)) for x in axes}
    index = tuple(at[x] if m != 1 else Ix() for x, m in zip(axes, form.columns.shape, strict=True))
    place = Expressions(memory).value(form.columns, index).index
    assert place is not None
    return replace(form, taps=taps_along(place, tap, form.lanes))


def candidates(n: Node, memory: Mapping[Node, str], limits: Limits) -> Iterator[Form]:
    """The forms that the device's registers and local memory allow, at most 50 or so."""
    size = max(4, n.dtype.compute_size)
    width = min(limits.vector_bytes, limits.register_bytes)
    lanes = 1 if limits.plain else max(1, min(_MOST_LANES, width // size))
    for form in _orientations(n, memory, limits):
        for vectors in (1,) if limits.plain else (1, 2, 3, 4):
            spare = limits.registers - 1 - vectors
            most = max(1, min(_MOST_ROWS, min(spare, limits.registers * 3 // 4) // vectors))
            fewest = most - 1 if form.lined else most * 3 // 4
            for tile in (1,) if limits.plain else range(max(1, fewest), most + 1):
                rows = min(tile, max(1, form.size(form.m)))
                shaped = replace(form, lanes=lanes, vectors=vectors, tile=rows)
                if not _fills(shaped):
                    continue
                shaped = _with_taps(shaped, memory)
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
    together *= _parts(_LINE_BYTES, form.tile * together * size)
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
    blocks = max(1, _parts(depth, max(16, min(form.deepest, room))))
    unit = 16 if taps == 1 else taps
    block = max(1, min(depth, _parts(_parts(depth, blocks), unit) * unit))
    most = form.tiles
    if _parts(depth, block) > 1:
        scratch = min(limits.rates.l2_bytes // _SCRATCH_OF_L2, limits.local_bytes * 3 // 10)
        strips = scratch // (form.strip * form.panel * size)
        most = max(1, strips) * form.together
    found: dict[int, Form] = {}
    for share in (1, 2, 4):  # items for each core: few of them stage less, many end together
        items = max(1, _parts(share * limits.compute_units, form.panels * form.size(form.batch)))
        per_item = min(most, max(1, _parts(form.tiles, items)))
        per_item = _parts(form.tiles, _parts(form.tiles, per_item))  # as many for each item
        per_item = _parts(per_item, form.together) * form.together
        found[per_item] = replace(form, block=block, tiles_per_item=per_item)
    return min(reversed(found.values()), key=lambda one: cost(one, limits))


def cost(form: Form, limits: Limits) -> float:
    """Slots of the multiply-add unit that a form takes, on all cores together."""
    items = _parts(form.tiles, form.tiles_per_item)
    batches = form.size(form.batch)
    product = _multiplying(form, limits) + _moving(form, items) + _traffic(form, items, limits)
    most = items * form.panels * batches
    units, rates = limits.compute_units, limits.rates
    # cores wait for the one with the most items, and for a part of the last one
    idle = (_parts(most, units) + _LAST) * units / most
    begun = most * _ITEM * rates.launch_ns * rates.fma_rate / form.lanes
    return product * batches * idle + begun


def _multiplying(form: Form, limits: Limits) -> float:
    """The loop over tiles and blocks."""
    t, v, depth = form.tile, form.vectors, form.size(form.k)
    # rows of B that lie far apart come from farther away when they are read again
    again = 2 if form.staged == "in place" and form.tiles_per_item > 1 else 1
    step = v * t + _LOADED * (v * again + t + form.table) + _WAIT * max(0, _IN_FLIGHT - v * t)
    if form.table:
        full = v * t + v + 1 >= limits.registers
        step += _SPILLED * (max(0, t - _POINTERS) + full)
    blocks = _parts(depth, form.block)
    rests = 2 * v * t * (blocks - 1)  # of tiles between blocks: loaded and stored
    begun = _TILE_BEGUN + _LOOKED_UP * t * form.looked_up
    each = depth * step + rests + begun * blocks
    return form.tiles * form.panels * each


def _moving(form: Form, items: int) -> float:
    """Packing rows, staging panels, storing results."""
    depth, columns = form.size(form.k), form.panels * form.panel
    vector = _MOVED / form.lanes
    total = form.size(form.m) * columns * (_STORED[form.stored] + vector)
    if form.packed:
        total += form.tiles * form.tile * form.panels * depth * vector
    if form.staged == "lines":
        loads = form.panels * form.vectors * form.taps.loads(form.lanes)
        total += items * (depth // form.taps.count) * loads * _MOVED
    elif form.staged != "in place":
        made = form.made if form.staged == "elements" else form.made / form.lanes
        total += items * depth * columns * (_STAGED[form.staged] + made + vector)
    return total


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


def plan_form(
    n: Node, memory: Mapping[Node, str], limits: Limits, choice: Choice | None = None
) -> Form:
    return chosen(candidates(n, memory, limits), lambda form: cost(form, limits), choice)
