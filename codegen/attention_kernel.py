"""The kernel of a chain: results of tiles that are made block by block in local memory.

A work-item owns some rows of one batch. For each block of columns it stages the operands over
them, then for each few rows: scores in registers, to a small tile in local memory; the elementwise
part over its vectors, in place; the products of what comes out, added to the sums of the rows.
Results leave when all columns have been seen.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from . import ops
from .attention_mask import find_hidden
from .attention_softmax import Softmax
from .attention_staging import Along, define_var, fill_zero, stage
from .attention_values import Product, Score, Values, wide_dtype
from .attention_walk import Accumulator, Walk
from .dtype import DType
from .expression import Value
from .graph import Node
from .index import Ix, Var
from .kernel import (
    Apply,
    Array,
    Assign,
    Define,
    Fma,
    Kernel,
    Literal,
    Load,
    Pointer,
    Store,
    ctype_of,
)  # fmt: skip
from .loop_group import combiner, kernel_params
from .opencl_text import CType

__all__ = ["ChainKernel"]


class ChainKernel:
    def __init__(self, values: Values) -> None:
        self.values, self.form, self.chain = values, values.form, values.chain
        self.emitter = values.emitter
        made = {p.weights for p in values.products}
        made |= {n.src[0] for n in self.reductions}
        self.tops = [n for n in self.chain.tops if n in made]
        self.softmax = Softmax(values, self.tops) if self.chain.online is not None else None
        self.row_sums = {n: f"row{k}" for k, n in enumerate(self.reductions)}
        self.hidden = find_hidden(values)

    @property
    def reductions(self) -> list[Node]:
        """Sums and maxima along rows, but for a softmax's own."""
        own = self.chain.online.statistics if self.chain.online is not None else ()
        wanted = self.values.outputs
        results = [n for n in self.chain.results if n in wanted]
        return [n for n in results if n.op.name != "contract" and n not in own]

    # the whole

    def lower(self) -> Kernel:
        v, e, form = self.values, self.emitter, self.form
        start = Ix.of(v.item) * form.rows
        self.stage_rows(start)
        self._start()
        whole = v.columns // form.block * form.block
        first = Var("j0", 0, max(0, whole - form.block))
        if whole:
            with e.loop(first, Ix(), Ix(whole), form.block):
                self._block(start, Ix.of(first), form.block)
        if whole < v.columns:
            with e.block():
                self._block(start, Ix(whole), v.columns - whole)
        with e.loop(v.i, start, start + form.rows, 1, v.rows):
            self._finish(Ix.of(v.i) - start)
        return self.kernel()

    def stage_rows(self, start: Ix) -> None:
        """The operands of scores over the rows."""
        v, form = self.values, self.form
        for s in v.scores:
            rows = Along(v.i, start, form.rows, s.depth, v.rows - 1)
            inner = Along(s.d, Ix(), s.depth, 1)
            stage(self.emitter, s.row, s.rows.name, rows, inner, form.lanes)

    def _arrays(self) -> list[Array]:
        v, form = self.values, self.form
        arrays = [a for s in v.scores for a in (s.rows, s.panel)]
        arrays += [a for p in v.products for a in (p.panel, p.sums)]
        for k in range(max(len(v.scores), len(self.tops))):
            arrays.append(Array(f"tile{k}", self._tile_dtype(k), form.held * form.block))
        arrays += [Array(a, wide_dtype(n.dtype), form.rows) for n, a in self.row_sums.items()]
        return [*arrays, *(self.softmax.arrays() if self.softmax else [])]

    def _tile_dtype(self, k: int) -> DType:
        nodes = [x[k] for x in ([s.node for s in self.values.scores], self.tops) if k < len(x)]
        return wide_dtype(max((n.dtype for n in nodes), key=lambda d: d.compute_size))

    def kernel(self) -> Kernel:
        v = self.values
        params = kernel_params(v.group.outputs, v.group.memory, v.expressions)
        depth = sum(s.depth for s in v.scores) + sum(p.width for p in v.products)
        moved = sum(p.size * p.dtype.itemsize for p in params if p.kind in ("in", "out"))
        batches = v.z.hi + 1
        return Kernel(
            v.group.name, params, tuple(self._arrays()), tuple(v.items),
            tuple(self.emitter.scopes[0].body), tuple([x.hi + 1 for x in v.items]),
            tuple([1 for _ in v.items]),
            2 * v.rows * v.columns * depth * batches, moved, v.expressions.scalars(),
        )  # fmt: skip

    def _start(self) -> None:
        """Sums start from zero; so do lanes that no column fills."""
        e, form, v = self.emitter, self.form, self.values
        for p in v.products:
            fill_zero(e, p.sums, form.lanes)
        self.clear_panels()
        if self.softmax is not None:
            self.softmax.start()
        row = Var("p", 0, form.rows - 1)
        if not self.row_sums:
            return
        with e.loop(row, Ix(), Ix(form.rows)):
            for n, array in self.row_sums.items():
                name = e.fresh("c")
                e.append(Define(name, ctype_of(n.dtype), Literal(start_of(n))))
                e.append(Store(array, Ix.of(row), name, ctype_of(n.dtype)))

    def clear_panels(self) -> None:
        """Zeros in the lanes of operands that nothing else is going to fill."""
        e, form, v = self.emitter, self.form, self.values
        for p in v.products:
            if p.width % form.lanes:
                fill_zero(e, p.panel, form.lanes)
        if v.columns < form.block:
            for s in v.scores:
                fill_zero(e, s.panel, form.lanes)

    # a block of columns

    def _block(self, start: Ix, j0: Ix, count: int) -> None:
        with self.where_seen(start, self.form.rows, j0, count):
            self.stage_columns(j0, count)
            self.tiles(start, j0, count)

    @contextmanager
    def where_seen(self, i: Ix, rows: int, j: Ix, columns: int) -> Iterator[None]:
        """Inside, a mask leaves something of a block of the tile."""
        seen = self.hidden.leaves_some(i, rows, j, columns) if self.hidden is not None else None
        if seen is None or seen.certain:
            yield
            return
        with self.emitter.when((seen,)):
            yield

    def stage_columns(self, j0: Ix, count: int) -> None:
        """The operands of scores and products over the columns of a block."""
        v, e, form = self.values, self.emitter, self.form
        columns = Along(v.j, j0, count, 1)
        for s in v.scores:
            depth = Along(s.d, Ix(), s.depth, form.block)
            stage(e, s.column, s.panel.name, depth, columns, form.lanes)
        for p in v.products:
            if not p.crossed:
                rows = Along(v.j, j0, count, form.padded(p.width))
                stage(e, p.value, p.panel.name, rows, Along(p.e, Ix(), p.width, 1), form.lanes)

    def tiles(self, start: Ix, j0: Ix, count: int) -> None:
        """All rows meet the columns of a block, a few rows at a time."""
        v, form = self.values, self.form
        t = Var("t", 0, form.tiles - 1)
        begin = Ix.of(v.item) * form.tiles_per_item
        with self.emitter.loop(t, begin, begin + form.tiles_per_item, 1, form.tiles):
            first = (Ix.of(t) - begin) * form.tile
            if form.crossed:
                self._tile(start, first, j0, count)
                return
            with self.where_seen(start + first, form.tile, j0, count):
                self._tile(start, first, j0, count)

    def _tile(self, start: Ix, first: Ix, j0: Ix, count: int) -> None:
        for k, s in enumerate(self.values.scores):
            self._score(k, s, first, count)
        self._rows(start, first, j0, count)
        for p in self.values.products:
            if not p.crossed:
                self.multiply(p, start, first, count)

    def tile_at(self, first: Ix) -> Ix:
        """Where a row lies in the tile."""
        return first * self.form.block if self.form.crossed else Ix()

    def runs(self, count: int) -> list[tuple[int, int, int]]:
        """(first column, vectors, times) that cover `count` columns."""
        form = self.form
        vectors = -(-count // form.lanes)
        times, rest = divmod(vectors, form.vectors)
        runs = [(0, form.vectors, times)] if times else []
        return [*runs, (times * form.vectors * form.lanes, rest, 1)] if rest else runs

    def _score(self, k: int, s: Score, first: Ix, count: int) -> None:
        form, wide = self.form, ctype_of(s.dtype, self.form.lanes)
        for begin, vectors, times in self.runs(count):
            column = Var("c", 0, form.block - 1)
            step = vectors * form.lanes
            with self.emitter.loop(column, Ix(begin), Ix(begin + step * times), step):
                for r in range(form.tile):
                    for x in range(vectors):
                        self.emitter.append(Define(f"c{r}_{x}", wide, Literal(0), mutable=True))
                lefts = [(s.rows.name, (first + r) * s.depth) for r in range(form.tile)]
                right = s.panel.name, form.block, Ix.of(column)
                self.inner(lefts, right, vectors, s.depth, wide)
                at = self.tile_at(first) + Ix.of(column)
                self.put(f"tile{k}", at, form.block, vectors, wide)

    def multiply(self, p: Product, start: Ix, first: Ix, count: int) -> None:
        """Adds rows of the tile times the operand's block to the sums of these rows."""
        e, form, wide = self.emitter, self.form, ctype_of(p.dtype, self.form.lanes)
        padded, tile = form.padded(p.width), f"tile{self.tops.index(p.weights)}"
        scale = self.softmax.scale if self.softmax is not None else None
        for begin, vectors, times in self.runs(p.width):
            column = Var("c", 0, padded - 1)
            step = vectors * form.lanes
            with e.loop(column, Ix(begin), Ix(begin + step * times), step):
                for r in range(form.tile):
                    place = (first + r) * padded + Ix.of(column)
                    for x in range(vectors):
                        load = Load(p.sums.name, place + x * form.lanes)
                        e.append(Define(f"c{r}_{x}", wide, load, mutable=True))
                    if scale is not None:
                        self._scale(scale, r, vectors, wide)
                lefts = [(tile, Ix(r * form.block)) for r in range(form.tile)]
                right = p.panel.name, padded, Ix.of(column)
                self.inner(lefts, right, vectors, count, wide)
                at = first * padded + Ix.of(column)
                self.put(p.sums.name, at, padded, vectors, wide)

    def _scale(self, scale: str, r: int, vectors: int, wide: CType) -> None:
        """What was summed before shrinks by as much as the shift of the exponents rose."""
        self.emitter.append(Define(f"f_{r}", wide, Load(scale, Ix(r), 0)))
        for x in range(vectors):
            name = f"c{r}_{x}"
            product = Apply(ops.TABLE["mul"], (name, f"f_{r}"), wide)
            self.emitter.append(Assign(name, wide, product))

    def put(self, array: str, at: Ix, stride: int, vectors: int, wide: CType,
            rows: int | None = None) -> None:  # fmt: skip
        """Registers go to their tile."""
        for r in range(self.form.tile if rows is None else rows):
            for x in range(vectors):
                place = at + (r * stride + x * self.form.lanes)
                self.emitter.append(Store(array, place, f"c{r}_{x}", wide))

    def inner(
        self, lefts: Sequence[tuple[str, Ix]], right: tuple[str, int, Ix], vectors: int,
        depth: int, wide: CType,
    ) -> None:  # fmt: skip
        """Adds products to registers: an element of each row times vectors of columns."""
        e, (panel, stride, column) = self.emitter, right
        for r, (array, place) in enumerate(lefts):
            e.append(Pointer(f"row_{r}", array, place))
        e.append(Pointer("from", panel, column))
        k = Var("k", 0, depth - 1)
        with e.loop(k, Ix(), Ix(depth)):
            for x in range(vectors):
                at = Ix.of(k) * stride + x * self.form.lanes
                e.append(Define(f"b_{x}", wide, Load("from", at)))
            for r in range(len(lefts)):
                e.append(Define(f"a_{r}", wide, Load(f"row_{r}", Ix.of(k), 0)))
                for x in range(vectors):
                    c = f"c{r}_{x}"
                    e.append(Assign(c, wide, Fma(f"a_{r}", f"b_{x}", c)))

    # the elementwise part

    def _rows(self, start: Ix, first: Ix, j0: Ix, count: int) -> None:
        v, e = self.values, self.emitter
        r = Var("r", 0, self.form.tile - 1)
        with e.loop(r, Ix(), Ix(self.form.tile)):
            local = first + Ix.of(r)
            define_var(e, v.i, start + local, v.rows - 1)
            row = self.tile_at(first) + Ix.of(r) * self.form.block
            if self.softmax is not None:
                self.softmax.row(local, row, Ix.of(r), j0, count, self._put_tops)
            else:
                self._row(local, row, j0, count)

    def _row(self, local: Ix, row: Ix, j0: Ix, count: int) -> None:
        """One row of the tile: what the results are made of takes the place of the scores."""
        v = self.values
        scores = [v.give(s.node, v.j) for s in v.scores]
        tops = [v.tile_value(n, v.j) for n in self.tops]
        walk = Walk(v.emitter, v.j, j0, count, v.widths(tops, v.j))
        sums = {
            n: Accumulator(walk, combiner(n.op, False), n.dtype, start_of(n)) for n in self.row_sums
        }

        def body(at: Ix) -> None:
            for k, score in enumerate(scores):
                walk.load(score, f"tile{k}", row + at)
            self._put_tops(walk, tops, row + at, sums)

        walk.run(body)
        for n, total in sums.items():
            self._combine(n, self.row_sums[n], local, total.total())

    def _put_tops(
        self, walk: Walk, tops: Sequence[Value], place: Ix, sums: Mapping[Node, Accumulator]
    ) -> None:
        names = [walk.e.vector(x, walk.width) for x in tops]
        for k, (n, name) in enumerate(zip(self.tops, names, strict=True)):
            walk.store(f"tile{k}", place, name, n.dtype)
            for reduction, total in sums.items():
                if reduction.src[0] is n:
                    total.add(name)

    def _combine(self, n: Node, array: str, local: Ix, name: str) -> None:
        e, ctype = self.emitter, ctype_of(n.dtype)
        old, new = e.fresh("old"), e.fresh("new")
        e.append(Define(old, ctype, Load(array, local, 0)))
        e.append(Define(new, ctype, Apply(combiner(n.op, False), (old, name), ctype)))
        e.append(Store(array, local, new, ctype))

    # when all columns have been seen

    def _finish(self, local: Ix) -> None:
        v, e = self.values, self.emitter
        norm = self.softmax.finish(local) if self.softmax is not None else None
        for n, array in self.row_sums.items():
            name = e.fresh("x")
            e.append(Define(name, ctype_of(n.dtype), Load(array, local, 0)))
            e.append(Store(v.outputs[n], v.output_at(n), name, ctype_of(n.dtype)))
        for p in v.products:
            at = v.output_at(p.node, p.e)
            stride = at.coefficient(p.e)
            walk = Walk(e, p.e, Ix(), p.width, self.form.widths if stride is not None else (1,))

            def body(place: Ix, p: Product = p, at: Ix = at, walk: Walk = walk) -> None:
                name, ctype = e.fresh("x"), ctype_of(p.dtype, walk.width)
                source = local * self.form.padded(p.width) + place
                e.append(Define(name, ctype, Load(p.sums.name, source)))
                if norm is not None:
                    assert self.softmax is not None
                    name = self.softmax.normed(name, norm, p.dtype, walk.width)
                apart = at.coefficient(p.e) or 1
                e.append(Store(v.outputs[p.node], at, name, ctype, apart))

            walk.run(body)


def start_of(n: Node) -> float | int | bool:
    """What a reduction starts from."""
    return 0 if n.op.name == "sum" else -math.inf
