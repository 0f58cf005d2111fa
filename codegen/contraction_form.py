"""How a contraction may be read: which operand gives rows, how each comes from memory.

A contraction by labels is a batch of products of rows x columns, and both operands may play either
part. `contraction_schedule` gives these readings tiles and blocks and takes the cheapest form.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from .choice import FACT
from .contraction_lines import NO_TAPS, Taps, taps_along
from .emit import topological
from .expression import Expressions, Value
from .graph import Node
from .index import Ix, Remainder, Var, decompose, flat_index, variables
from .kernel import MOST_LANES
from .limits import Limits
from .reduction import contract_shape

__all__ = [
    "LINE_BYTES", "PAGE_BYTES", "Form", "Labels", "Names", "data_in", "is_direct",
    "parts", "readings", "staging", "with_taps",
]  # fmt: skip

Labels = tuple[int, ...]

LINE_BYTES = 64
PAGE_BYTES = 4096  # lines that far apart share one set of a first cache
# parts of a core's first cache: for rows of a block, for rows whose positions stand in a table, and
# for lines, where positions of a row, or of a column in place, lie in lines of their own
_ROWS_OF_L1, _PLACES_OF_L1, _LINES_OF_L1 = 8, 16, 4


def parts(whole: int, part: int) -> int:
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
    if (along_k == 1 and along_j is not None) or _run(b.index, k) % MOST_LANES == 0:
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
    stored: str = "side by side"  # or apart, or anywhere: neighbouring columns of the result
    pitch: int = field(default=0, metadata=FACT)  # bytes between these, where they lie apart
    deepest: int = 512  # contracted positions of a block, at most
    table: bool = False  # positions of A's rows stand in a table
    scattered: bool = False  # each lies in a cache line of its own, often one set's
    # rows of A lie whole pages apart, in the same sets of a first cache
    colliding: bool = field(default=False, metadata=FACT)
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
        return parts(self.size(self.m), self.strip)

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
        return parts(self.size(self.n), self.lanes)

    @property
    def all_vectors(self) -> int:
        """Vectors of columns, over all lines."""
        return self.size(self.lines) * self.per_line

    @property
    def panels(self) -> int:
        return parts(self.all_vectors, self.vectors)

    @property
    def staged_width(self) -> int:
        """Elements of the staged panel for a contracted position, or for all of its `taps`."""
        return self.vectors * self.taps.width(self.lanes) if self.staged == "lines" else self.panel


def readings(n: Node, memory: Mapping[Node, str], limits: Limits) -> Iterator[Form]:
    """The ways to read both operands, as forms without tiles."""
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
            lined = with_taps(replace(beside, staged="lines", lanes=MOST_LANES), memory)
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
    near = along is not None and abs(along) * size <= LINE_BYTES  # as in `panels`
    apart_rows = rows.index.coefficient(i) if rows.index is not None and along == 1 else None
    held = _PLACES_OF_L1 * size if along is None else _ROWS_OF_L1 * size if near else None
    return replace(
        form, staged=staging(b, expressions, j, k), stored=stored,
        pitch=abs(apart or 0) * size, beside=beside,
        deepest=limits.rates.l1_bytes // (held or _LINES_OF_L1 * LINE_BYTES),
        table=along is None, scattered=held is None,
        colliding=bool(apart_rows) and (apart_rows or 0) * size % PAGE_BYTES == 0,
        looked_up=bool(data_in(rows)),
        made=float(sum(op.cost for op in ops)),
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
            lines = limits.rates.l1_bytes // (_LINES_OF_L1 * LINE_BYTES)
            return replace(read, staged="in place", deepest=min(read.deepest, lines))
    return None


def with_taps(form: Form, memory: Mapping[Node, str]) -> Form:
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
