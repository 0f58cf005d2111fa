"""Loop kernels on GPUs.

Maps and column reductions are those of CPUs with one vector for each item. A row that is reduced
belongs to a work-group, or to a part of one where rows are short: items stride over it in whole
vectors, each into accumulators of its own, which are combined in local memory in a fixed order.
A row that the items hold in a few vectors each is read once for all passes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from .accumulators import (
    accumulate,
    accumulator,
    across_lanes,
    combine,
    combining,
    finish,
    resting,
)  # fmt: skip
from .axes import extent
from .dtype import int32
from .emit import Emitter, LoopNest
from .expression import Value
from .gpu_groups import in_groups
from .graph import Node
from .index import Condition, Ix, Var
from .kernel import (
    Apply,
    Array,
    Assign,
    Barrier,
    Define,
    Kernel,
    Load,
    Position,
    Store,
    ctype_of,
)  # fmt: skip
from .limits import Limits
from .loop_group import LoopGroup, bytes_moved, kernel_params, operations
from .lower import LoopLowering

__all__ = ["lower_gpu_loops"]

_ITEMS = 256  # that share rows, at most
_HELD = 4  # vectors of a row that an item keeps in registers between passes


@dataclass(frozen=True, slots=True)
class _Strip:
    """Part of a row: `copies` vectors of `lanes` in each turn of an item's loop."""

    start: int
    stop: int
    lanes: int
    copies: int


class _GpuLowering(LoopLowering):
    def __init__(self, group: LoopGroup, limits: Limits) -> None:
        super().__init__(group, limits)
        if self.lanes.cuts:  # an edge may lie inside any vector: elements one by one
            self.width = self.lanes.width = 1
            self.lanes.cuts = []
        if not self.lanes.reduced:  # a vector for each item, next to its neighbour's
            self.unroll = self.lanes.unroll = 1

    def lower(self) -> Kernel:
        if self.vec is None or not self.lanes.reduced:
            return in_groups(super().lower(), self.limits)
        rows_vars, rows = self.axes.parallel, 1
        for v in rows_vars:
            rows *= extent(v)
        self.share = self._share(rows)  # items of a row
        at_once = max(1, min(self._items() // self.share, rows))
        at_once = 1 << (at_once.bit_length() - 1)  # rows of a work-group
        groups = -(-rows // at_once)
        group = Var("group", 0, groups - 1)
        self.item = Var("item", 0, at_once * self.share - 1)
        emitter = Emitter(self.expressions, [group, self.item])
        self.lane = self._part(emitter, "lane", Ix.of(self.item) % self.share)
        line = Ix.of(group) * at_once + Ix.of(self.item) // self.share
        row = Var("row", 0, rows - 1)
        self.inside: tuple[Condition, ...] = ()
        if line.hi >= rows:  # rows past the last one compute it again, and store nothing
            self.inside = (Condition(line, 0, rows),)
            place = Position(line, 0, rows - 1)
            emitter.append(Define(row.name, ctype_of(int32), place, var=row))
            emitter.scopes[-1].vars |= {row}
        else:
            emitter.define_var(row, line)
        self._define_axes(emitter, row, rows_vars)
        self.held = self._hold(emitter)
        self._passes(emitter, self.width, self.unroll)
        params = kernel_params(self.group.outputs, self.group.memory, self.expressions)
        return Kernel(
            self.group.name, params, tuple(self.arrays), (), tuple(emitter.scopes[0].body),
            (groups * at_once * self.share,), (at_once * self.share,),
            operations(self.stores, self.group.shape), bytes_moved(params, self.group.shape),
            self.expressions.scalars(),
            group_var=group, local_var=self.item,
        )  # fmt: skip

    def _items(self) -> int:
        """Items of a work-group, whose partial results local memory must hold."""
        items = min(_ITEMS, self.limits.group_items)
        while items > 1 and 16 * items * max(1, len(self.reduces)) > self.limits.local_bytes:
            items //= 2
        return items

    def _share(self, rows: int) -> int:
        assert self.vec is not None
        vectors = -(-extent(self.vec) // self.width)
        return min(self._items(), 1 << (vectors - 1).bit_length())

    def _part(self, emitter: Emitter, name: str, place: Ix) -> Ix:
        """A place under a name of its own."""
        if len(place.terms) == 1 and place.terms[0] == (self.item, 1):
            return place
        var = Var(name, place.lo, place.hi)
        emitter.define_var(var, place)
        return Ix.of(var)

    def _define_axes(self, emitter: Emitter, row: Var, rows_vars: Sequence[Var]) -> None:
        stride = 1
        for v in reversed(rows_vars):
            at = Ix.of(row) // stride
            stride *= extent(v)
            emitter.define_var(v, at if v is rows_vars[0] else at % extent(v))

    def _hold(self, emitter: Emitter) -> int:
        """The vectors that each item holds of a whole row; 0 where that is not so."""
        assert self.vec is not None
        vectors, rest = divmod(extent(self.vec), self.width * self.share)
        if rest or vectors > _HELD or len(self.axes.reduced) > 1:
            return 0
        emitter.define_var(self.vec, self.lane * self.width)
        return vectors

    # a row

    def _strips(self, copies: int) -> list[_Strip]:
        assert self.vec is not None
        n, at = extent(self.vec), 0
        strips = []
        for lanes, count in ((self.width, copies), (self.width, 1), (1, 1)):
            # whole turns of all items first; what is left of whole vectors, then of elements
            step = lanes * (self.share if count > 1 else 1) * count
            stop = at + (n - at) // step * step
            if stop > at:
                strips.append(_Strip(at, stop, lanes, count))
                at = stop
        return strips

    def _over_row(self, emitter: Emitter, copies: int, body: Callable[[int], None]) -> None:
        """`body` for each vector of the row that belongs to the item."""
        assert self.vec is not None
        if self.held:
            for u in range(self.held):
                with emitter.lanes(self.vec, self.width, u * self.share * self.width):
                    body(u % copies)
            return
        outer = [v for v in self.axes.reduced if v is not self.vec]
        with LoopNest(emitter, outer):
            for s in self._strips(copies):
                step = s.lanes * self.share * s.copies
                start = self.lane * s.lanes + s.start
                with emitter.loop(self.vec, start, Ix(s.stop), step):
                    for u in range(s.copies):
                        with emitter.lanes(self.vec, s.lanes, u * self.share * s.lanes):
                            body(u)

    def _passes(self, emitter: Emitter, width: int, unroll: int) -> None:
        if not self.lanes.reduced:
            super()._passes(emitter, width, unroll)
            return
        for level in self.levels:
            self._row_reductions(emitter, level, width, unroll)
        inner = [s for s in self.stores if self._along(s)]
        outer = [s for s in self.stores if not self._along(s)]
        if inner:
            with _under(emitter, self.inside):
                self._over_row(emitter, 1, lambda u: self._store(emitter, inner))
        if outer:
            first = (Condition(self.lane, 0, 1),) if self.share > 1 else ()
            with _under(emitter, (*self.inside, *first)):
                self._store(emitter, outer)

    def _row_reductions(
        self, emitter: Emitter, level: Sequence[Value], width: int, unroll: int
    ) -> None:
        copies = min(unroll, self.held) if self.held else unroll
        if not self.held and all(s.copies == 1 for s in self._strips(copies)):
            copies = 1
        wide = {(r, u): accumulator(emitter, r, width)
                for r in level for u in range(copies)}  # fmt: skip
        tail = not self.held and width > 1 and any(s.lanes == 1 for s in self._strips(copies))
        single = {r: accumulator(emitter, r, 1) for r in level if tail}

        def body(u: int) -> None:
            for r in level:
                target = wide[r, u] if emitter.width == width else single[r]
                accumulate(emitter, r, target, emitter.width)

        self._over_row(emitter, copies, body)
        partial: dict[Value, str] = {}
        for r in level:
            total = wide[r, 0]
            for u in range(1, copies):
                total = combine(emitter, r, total, wide[r, u], width)
            total = across_lanes(emitter, r, total, width)
            partial[r] = combine(emitter, r, total, single[r], 1) if tail else total
        for r, total in self._across(emitter, partial).items():
            emitter.bind(r, finish(emitter, r, total))

    def _across(self, emitter: Emitter, partial: dict[Value, str]) -> dict[Value, str]:
        """Combined over the items of a row, in two steps of about equally many terms."""
        parts = self.share if self.share <= 8 else 1 << (self.share.bit_length() // 2)
        if parts < self.share:
            apart = self._gathered(emitter, partial, self.share, self.share // parts, parts)
            return self._gathered(emitter, apart, parts, parts, 1)
        return self._gathered(emitter, partial, parts, parts, 1) if parts > 1 else partial

    def _gathered(
        self, emitter: Emitter, partial: dict[Value, str], there: int, terms: int, apart: int
    ) -> dict[Value, str]:
        """Of `there` partial results of each row every item combines `terms`, `apart` places
        from one another, from its own on where that is more than one."""
        rows = (self.item.hi + 1) // self.share
        base = Ix.of(self.item) // self.share * there
        mine = self.lane % there
        names = {}
        for r in partial:
            names[r] = f"part{len(self.arrays)}"
            self.arrays.append(Array(names[r], resting(r.dtype), rows * there))
        with _under(emitter, (Condition(self.lane, 0, there),) if there < self.share else ()):
            for r, name in partial.items():
                emitter.append(Store(names[r], base + mine, name, ctype_of(r.dtype)))
        emitter.append(Barrier())
        totals = {r: accumulator(emitter, r, 1) for r in partial}
        term = Var(emitter.fresh("t"), 0, terms - 1)
        with emitter.loop(term, Ix(), Ix(terms)):
            for r, total in totals.items():
                ctype, element = ctype_of(r.dtype), emitter.fresh("x")
                at = base + self.lane % apart + Ix.of(term) * apart
                emitter.append(Define(element, ctype, Load(names[r], at)))
                both = Apply(combining(r), (total, element), ctype)
                emitter.append(Assign(total, ctype, both))
        return totals


@contextmanager
def _under(emitter: Emitter, conditions: tuple[Condition, ...]) -> Iterator[None]:
    """Statements that only some items run."""
    if conditions:
        with emitter.when(conditions):
            yield
    else:
        yield


def lower_gpu_loops(group: LoopGroup, limits: Limits) -> tuple[Kernel, Sequence[Node]]:
    """As `lower_loops`, for devices whose work-items run side by side."""
    lowering = _GpuLowering(group, limits)
    kernel = lowering.lower()
    return kernel, lowering.expressions.checks
