"""The kernel of a crossed chain: results that sum over rows and such that sum over columns.

A work-item owns a batch. For each block of columns it walks over all rows, some at a time, for
which it makes a tile. The sums over rows belong to the block and wait in local memory; those over
columns are added to the result's rows in memory, block by block in their order.
"""

from . import ops
from .attention_kernel import ChainKernel
from .attention_staging import Along, fill_zero, stage
from .attention_values import Product
from .attention_walk import Walk
from .index import Ix, Var
from .kernel import Apply, Assign, Define, Fma, Kernel, Literal, Load, Pointer, Store, ctype_of
from .opencl_text import CType

__all__ = ["CrossedKernel"]


class CrossedKernel(ChainKernel):
    def lower(self) -> Kernel:
        v, e, form = self.values, self.emitter, self.form
        self.clear_panels()
        for p in v.products:
            if not p.crossed:
                self._clear(p)
        whole = v.columns // form.block * form.block
        first = Var("j0", 0, max(0, whole - form.block))
        if whole:
            with e.loop(first, Ix(), Ix(whole), form.block):
                self._columns(Ix.of(first), form.block)
        if whole < v.columns:
            with e.block():
                self._columns(Ix(whole), v.columns - whole)
        return self.kernel()

    def _columns(self, j0: Ix, count: int) -> None:
        """A block of columns meets all rows."""
        v, e, form = self.values, self.emitter, self.form
        crossed = [p for p in v.products if p.crossed]
        self.stage_columns(j0, count)
        for p in crossed:
            fill_zero(e, p.sums, form.lanes)
        start = Ix.of(v.item) * form.rows
        with (
            e.loop(v.item, Ix(), Ix(v.item.hi + 1)),
            self.where_seen(start, form.rows, j0, count),
        ):
            self.stage_rows(start)
            for p in crossed:
                rows = Along(v.i, start, form.rows, form.padded(p.width), v.rows - 1)
                stage(e, p.value, p.panel.name, rows, Along(p.e, Ix(), p.width, 1), form.lanes)
            self.tiles(start, j0, count)
            for p in crossed:
                self._cross(p, start, count)
        for p in crossed:
            self._leave(p, j0, count)

    # sums over columns

    def _row_of(self, p: Product) -> tuple[Walk, Ix, int]:
        """A walk along a row of the result, where it lies in memory, and how far apart."""
        at = self.values.output_at(p.node, p.e)
        stride = at.coefficient(p.e)
        widths = self.form.widths if stride is not None else (1,)
        return Walk(self.emitter, p.e, Ix(), p.width, widths), at, stride or 1

    def _clear(self, p: Product) -> None:
        v, e = self.values, self.emitter
        with e.loop(v.i, Ix(), Ix(v.rows)):
            walk, at, apart = self._row_of(p)

            def body(_place: Ix) -> None:
                name, ctype = e.fresh("zero"), ctype_of(p.dtype, walk.width)
                e.append(Define(name, ctype, Literal(0)))
                e.append(Store(v.outputs[p.node], at, name, ctype, apart))

            walk.run(body)

    def multiply(self, p: Product, start: Ix, first: Ix, count: int) -> None:
        e, form, wide = self.emitter, self.form, ctype_of(p.dtype, self.form.lanes)
        padded, tile = form.padded(p.width), f"tile{self.tops.index(p.weights)}"
        for begin, vectors, times in self.runs(p.width):
            column = Var("c", 0, padded - 1)
            step = vectors * form.lanes
            with e.loop(column, Ix(begin), Ix(begin + step * times), step):
                for r in range(form.tile):
                    for x in range(vectors):
                        e.append(Define(f"c{r}_{x}", wide, Literal(0), mutable=True))
                row = self.tile_at(first)
                lefts = [(tile, row + r * form.block) for r in range(form.tile)]
                right = p.panel.name, padded, Ix.of(column)
                self.inner(lefts, right, vectors, count, wide)
                self.put(p.sums.name, Ix.of(column), padded, vectors, wide)
        self._add(p, start + first)

    def _add(self, p: Product, row: Ix) -> None:
        """The sums of some rows are added to what the result has of them."""
        v, e, form = self.values, self.emitter, self.form
        out = v.outputs[p.node]
        with e.loop(v.i, row, row + form.tile, 1, v.rows):
            walk, at, apart = self._row_of(p)

            def body(place: Ix) -> None:
                ctype = ctype_of(p.dtype, walk.width)
                old, more, new = e.fresh("old"), e.fresh("more"), e.fresh("new")
                e.append(Define(old, ctype, Load(out, at, apart)))
                source = (Ix.of(v.i) - row) * form.padded(p.width) + place
                e.append(Define(more, ctype, Load(p.sums.name, source)))
                e.append(Define(new, ctype, Apply(ops.TABLE["add"], (old, more), ctype)))
                e.append(Store(out, at, new, ctype, apart))

            walk.run(body)

    # sums over rows

    def _cross(self, p: Product, start: Ix, count: int) -> None:
        """Adds the tile's columns times the operand's rows to the sums of these columns."""
        e, form, wide = self.emitter, self.form, ctype_of(p.dtype, self.form.lanes)
        padded, height = form.padded(p.width), form.height
        for begin, vectors, times in self.runs(p.width):
            column, top = Var("c", 0, padded - 1), Var("r", 0, form.block - height)
            step = vectors * form.lanes
            with (
                e.loop(column, Ix(begin), Ix(begin + step * times), step),
                e.loop(top, Ix(), Ix(-(-count // height) * height), height),
            ):
                at = Ix.of(top) * padded + Ix.of(column)
                for r in range(height):
                    for x in range(vectors):
                        load = Load(p.sums.name, at + (r * padded + x * form.lanes))
                        e.append(Define(f"c{r}_{x}", wide, load, mutable=True))
                self._outer(p, start, top, column, vectors, wide)
                self.put(p.sums.name, at, padded, vectors, wide, height)

    def _outer(
        self, p: Product, start: Ix, top: Var, column: Var, vectors: int, wide: CType
    ) -> None:
        """Adds products to registers: neighbours in a row of the tile times vectors."""
        e, v, form = self.emitter, self.values, self.form
        e.append(Pointer("lefts", f"tile{self.tops.index(p.weights)}", Ix.of(top)))
        e.append(Pointer("from", p.panel.name, Ix.of(column)))
        k = Var("k", 0, v.rows - 1)
        with e.loop(k, start, start + form.rows, 1, v.rows):
            row = Ix.of(k) - start
            for x in range(vectors):
                at = row * form.padded(p.width) + x * form.lanes
                e.append(Define(f"b_{x}", wide, Load("from", at)))
            for r in range(form.height):
                e.append(Define(f"a_{r}", wide, Load("lefts", row * form.block + r, 0)))
                for x in range(vectors):
                    c = f"c{r}_{x}"
                    e.append(Assign(c, wide, Fma(f"a_{r}", f"b_{x}", c)))

    def _leave(self, p: Product, j0: Ix, count: int) -> None:
        """The sums of a block of columns are whole."""
        v, e, form = self.values, self.emitter, self.form
        with e.loop(v.j, j0, j0 + count):
            walk, at, apart = self._row_of(p)

            def body(place: Ix) -> None:
                name, ctype = e.fresh("x"), ctype_of(p.dtype, walk.width)
                source = (Ix.of(v.j) - j0) * form.padded(p.width) + place
                e.append(Define(name, ctype, Load(p.sums.name, source)))
                e.append(Store(v.outputs[p.node], at, name, ctype, apart))

            walk.run(body)
