"""The softmax of a chain: its part of each row of a tile, and of each row at the end."""

import math
from collections.abc import Callable, Mapping, Sequence

from . import ops
from .attention_staging import fill_zero
from .attention_values import Values, wide_dtype
from .attention_walk import Accumulator, Walk
from .dtype import DType, bool_
from .expression import Value
from .graph import Node
from .index import Ix, Var
from .kernel import Apply, Array, Define, Horizontal, Literal, Load, Splat, Store, ctype_of

__all__ = ["Softmax"]

PutTops = Callable[[Walk, Sequence[Value], Ix, Mapping[Node, Accumulator]], None]


class Softmax:
    """Keeps for each row the peak so far, the shift of the exponents, and the total in lanes that
    are added up at the end.

    `scale` names what the sums of the rows of a tile are to be scaled with.
    """

    def __init__(self, values: Values, tops: Sequence[Node]) -> None:
        online = values.chain.online
        assert online is not None
        self.values, self.online, self.e = values, online, values.emitter
        self.dtype = online.powers.dtype
        self.scale = "scale" if online.peak is not None else None
        v = values
        for s in v.scores:
            v.give(s.node, v.seen)
        if online.peak is None:
            for s in v.scores:
                v.give(s.node, v.j)
            self.first = v.tile_value(online.powers, v.j)
        else:
            v.give(online.peak)
            v.give(online.powers, v.j)
            self.first = v.tile_value(online.scores, v.seen)
        v.give(online.total)
        self.power = self.first if online.peak is None else v.give(online.powers, v.j)
        self.shift = v.row_value(online.shift) if online.shift is not None else None
        self.norm = v.row_value(online.norm) if online.norm is not None else None
        if online.scaled is not None:
            v.give(online.scaled, v.j)
        self.tops = [v.tile_value(n, v.j) for n in tops]

        form, dtype = v.form, wide_dtype(self.dtype)
        self.totals = Array("totals", dtype, form.rows * form.wide)

    def arrays(self) -> list[Array]:
        rows, dtype = self.values.form.rows, self.totals.dtype
        if self.scale is None:
            return [self.totals]
        return [*(Array(n, dtype, rows) for n in ("peaks", "shifts")), self.totals,
                Array(self.scale, dtype, self.values.form.tile)]  # fmt: skip

    def start(self) -> None:
        e, form = self.e, self.values.form
        fill_zero(e, self.totals, form.wide)
        if self.scale is None:
            return
        row = Var("p", 0, form.rows - 1)
        with e.loop(row, Ix(), Ix(form.rows)):
            self._store("peaks", Ix.of(row), self._literal(-math.inf))
            self._store("shifts", Ix.of(row), self._literal(0.0))

    # small text

    def _literal(self, value: float) -> str:
        name = self.e.fresh("c")
        self.e.append(Define(name, ctype_of(self.dtype), Literal(value)))
        return name

    def _load(self, array: str, at: Ix) -> str:
        name = self.e.fresh("x")
        self.e.append(Define(name, ctype_of(self.dtype), Load(array, at, 0)))
        return name

    def _store(self, array: str, at: Ix, name: str) -> None:
        self.e.append(Store(array, at, name, ctype_of(self.dtype)))

    def _apply(self, op: str, *args: str, width: int = 1) -> str:
        name = self.e.fresh(op + "_")
        ctype = ctype_of(self.dtype, width)
        result = ctype_of(bool_, width) if op == "eq" else ctype
        self.e.append(Define(name, result, Apply(ops.TABLE[op], args, ctype)))
        return name

    # a row of a tile

    def row(self, local: Ix, row: Ix, r: Ix, j0: Ix, count: int, put: PutTops) -> None:
        """Powers of the scores, for their total and for the tile."""
        v, e = self.values, self.e
        shift = factor = None
        if self.scale is not None:
            shift, factor = self._rise(local, row, r, j0, count)
        values = self.tops if self.scale is not None else [self.first, *self.tops]
        walk = Walk(e, v.j, j0, count, v.widths(values, v.j))
        total = Accumulator(walk, ops.TABLE["add"], self.dtype, 0.0)

        def body(at: Ix) -> None:
            if shift is None:
                for k, s in enumerate(v.scores):
                    walk.load(v.give(s.node, v.j), f"tile{k}", row + at)
                power = e.vector(self.power, walk.width)
            else:
                power = self._power(walk, row + at, shift)
                e.bind(self.power, power)
            if self.online.scaled is not None:
                e.bind(v.give(self.online.scaled, v.j), power)
            total.add(power)
            put(walk, self.tops, row + at, {})

        walk.run(body)
        self._add_to_totals(local * v.form.wide, total.names, factor)

    def _add_to_totals(self, at: Ix, sums: Mapping[int, str], factor: str | None) -> None:
        """Each lane shrinks by the factor, and takes what a walk has for it."""
        wide = self.values.form.wide
        widths = {wide, *sums} if factor is not None else {*sums}
        for width in sorted(widths, reverse=True):
            ctype, lanes = ctype_of(self.dtype, width), self.e.fresh("x")
            self.e.append(Define(lanes, ctype, Load("totals", at)))
            if factor is not None and width == wide:
                lanes = self._apply("mul", lanes, self._spread(factor, width), width=width)
            if width in sums:
                lanes = self._apply("add", lanes, sums[width], width=width)
            self.e.append(Store("totals", at, lanes, ctype))

    def _power(self, walk: Walk, at: Ix, shift: str) -> str:
        width = walk.width
        score = self.e.fresh("x")
        ctype = ctype_of(self.dtype, width)
        self.e.append(Define(score, ctype, Load("tile0", at)))
        shift = self._spread(shift, width)
        return self._apply("exp", self._apply("sub", score, shift, width=width), width=width)

    def _spread(self, name: str, width: int) -> str:
        """A number in all lanes of a vector."""
        if width == 1:
            return name
        wide = self.e.fresh("v")
        self.e.append(Define(wide, ctype_of(self.dtype, width), Splat(name)))
        return wide

    def _rise(self, local: Ix, row: Ix, r: Ix, j0: Ix, count: int) -> tuple[str, str]:
        """The new peak of a row; the shift that it gives, and by what earlier sums shrink."""
        v, e = self.values, self.e
        walk = Walk(e, v.seen, j0, count, v.widths([self.first], v.seen))
        peak = Accumulator(walk, ops.TABLE["maximum"], self.dtype, -math.inf)

        def body(at: Ix) -> None:
            for k, s in enumerate(v.scores):
                walk.load(v.give(s.node, v.seen), f"tile{k}", row + at)
            name = e.vector(self.first, walk.width)
            peak.add(name)
            walk.store("tile0", row + at, name, self.dtype)

        walk.run(body)
        old, before = self._load("peaks", local), self._load("shifts", local)
        new = self._apply("maximum", old, peak.total())
        lowest, zero = self._literal(-math.inf), self._literal(0.0)
        assert self.online.peak is not None and self.shift is not None
        e.bind(v.give(self.online.peak), new)
        wanted = e.emit(self.shift)
        # no score but -inf so far: they weigh nothing unless the row stays so
        shift = self._apply("where", self._apply("eq", new, lowest), zero, wanted)
        shrunk = self._apply("exp", self._apply("sub", before, shift))
        factor = self._apply("where", self._apply("eq", old, lowest), zero, shrunk)
        self._store("peaks", local, new)
        self._store("shifts", local, shift)
        self._store("scale", r, factor)
        return shift, factor

    # a row at the end

    def finish(self, local: Ix) -> str | None:
        """Stores the statistics that are wanted; the norm of the row."""
        v, e, online = self.values, self.e, self.online
        total = self._total(local)
        if online.peak is not None:
            peak = self._load("peaks", local)
            e.bind(v.give(online.peak), peak)
            assert self.shift is not None
            zero, lowest = self._literal(0.0), self._literal(-math.inf)
            # a row of nothing but -inf: its powers are 0 or NaN, as the shift has it
            power = self._apply("exp", self._apply("sub", peak, e.emit(self.shift)))
            masked = self._apply("eq", peak, lowest)
            total = self._apply("add", total, self._apply("where", masked, power, zero))
            self._deliver(online.peak, peak)
        e.bind(v.give(online.total), total)
        self._deliver(online.total, total)
        return e.emit(self.norm) if self.norm is not None and online.products else None

    def _total(self, local: Ix) -> str:
        wide = self.values.form.wide
        lanes, total = self.e.fresh("x"), self.e.fresh("h")
        ctype = ctype_of(self.dtype, wide)
        self.e.append(Define(lanes, ctype, Load("totals", local * wide)))
        if wide == 1:
            return lanes
        add = ops.TABLE["add"]
        self.e.append(Define(total, ctype_of(self.dtype), Horizontal(add, lanes, wide)))
        return total

    def _deliver(self, n: Node, name: str) -> None:
        array = self.values.outputs.get(n)
        if array is not None:
            place = self.values.output_at(n)
            self.e.append(Store(array, place, name, ctype_of(n.dtype)))

    def normed(self, name: str, norm: str, dtype: DType, width: int) -> str:
        """A sum of powers as one of weights."""
        online = self.online
        assert online.scaled is not None
        ctype = ctype_of(dtype, width)
        norm = self._spread(norm, width)
        made = self.e.fresh("x")
        self.e.append(Define(made, ctype, Apply(online.scaled.op, (name, norm), ctype)))
        return made
