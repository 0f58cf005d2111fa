"""The softmax of a chain: its part of each row of a tile, and of each row at the end."""

import math
from collections.abc import Callable, Mapping, Sequence

from . import ops
from .attention_values import Values, wide_dtype
from .attention_walk import Accumulator, Walk
from .dtype import DType, bool_
from .expression import Value
from .graph import Node
from .index import Ix
from .kernel import Apply, Array, Define, Literal, Load, Splat, Store, ctype_of

__all__ = ["Softmax"]

PutTops = Callable[[Walk, Sequence[Value], Ix, Mapping[Node, Accumulator]], None]


class Softmax:
    """Keeps for each row the peak so far, the shift of the exponents, and the total.

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

    def arrays(self) -> list[Array]:
        rows, dtype = self.values.form.rows, wide_dtype(self.dtype)
        if self.scale is None:
            return [Array("totals", dtype, rows)]
        names = ["peaks", "shifts", "totals"]
        return [*(Array(n, dtype, rows) for n in names),
                Array(self.scale, dtype, self.values.form.tile)]  # fmt: skip

    def start(self, row: Ix) -> None:
        starts = {"totals": 0.0}
        if self.scale is not None:
            starts |= {"peaks": -math.inf, "shifts": 0.0}
        for array, value in starts.items():
            self._store(array, row, self._literal(value))

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
        walk = Walk(e, v.j, j0, count, v.lanes(values, v.j))
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
        old = self._load("totals", local)
        if factor is not None:
            old = self._apply("mul", old, factor)
        self._store("totals", local, self._apply("add", old, total.total()))

    def _power(self, walk: Walk, at: Ix, shift: str) -> str:
        width = walk.width
        score = self.e.fresh("x")
        ctype = ctype_of(self.dtype, width)
        self.e.append(Define(score, ctype, Load("tile0", at)))
        if width > 1:
            wide = self.e.fresh("v")
            self.e.append(Define(wide, ctype, Splat(shift)))
            shift = wide
        return self._apply("exp", self._apply("sub", score, shift, width=width), width=width)

    def _rise(self, local: Ix, row: Ix, r: Ix, j0: Ix, count: int) -> tuple[str, str]:
        """The new peak of a row; the shift that it gives, and by what earlier sums shrink."""
        v, e = self.values, self.e
        walk = Walk(e, v.seen, j0, count, v.lanes([self.first], v.seen))
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
        total = self._load("totals", local)
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
        if width > 1:
            wide = self.e.fresh("n")
            self.e.append(Define(wide, ctype, Splat(norm)))
            norm = wide
        made = self.e.fresh("x")
        self.e.append(Define(made, ctype, Apply(online.scaled.op, (name, norm), ctype)))
        return made
