"""Contractions: register tiles of rows x columns over blocks of the contracted axes.

One work-item owns a panel of NR columns (vector lanes run along them) and a run of tiles of MR
rows. For each block of KC contracted positions it stages its panel of B into local memory, then
for each tile walks the block: NR / lanes vectors of B, one broadcast element of A for each row,
MR x NR / lanes fused multiply-adds into registers. Between blocks the tile rests in a local
scratch. What follows the contraction in its group (bias, activation) happens before the store.

The last panel and the last tile overlap the ones before instead of having an edge of their own.
"""

from collections.abc import Callable, Mapping, Sequence

from .contraction_form import Labels, decompose, plan_form
from .dtype import DType, float32, int32, int64
from .emit import Emitter, topological
from .expression import Expressions, Index, Value
from .graph import Node
from .index import Ix, Var, flat_index, variables
from .kernel import (
    Array,
    Assign,
    Define,
    Fma,
    Kernel,
    Literal,
    Load,
    Position,
    Statement,
    Store,
    ctype_of,
)  # fmt: skip
from .limits import Limits
from .loop_group import LoopGroup, kernel_params
from .opencl_text import CType

__all__ = ["lower_contraction"]


class _Contraction:
    def __init__(self, group: LoopGroup, anchor: Node, limits: Limits) -> None:
        self.group, self.anchor, self.limits = group, anchor, limits
        form = self.form = plan_form(anchor, limits)
        self.dtype: DType = anchor.dtype
        self.depth, self.rows = form.size(form.k), form.size(form.m)
        self.columns = form.size(form.n)
        self.panels = -(-self.columns // form.panel)
        self.tiles = -(-self.rows // form.tile)
        self.blocks = -(-self.depth // form.block)
        self.z = Var("z", 0, form.size(form.batch) - 1)
        self.i = Var("i", 0, self.rows - 1)
        self.j = Var("j", 0, max(self.columns, form.panel) - 1)
        self.k = Var("k", 0, self.depth - 1)
        self.panel_var = Var("g0", 0, self.panels - 1)
        self.item_var = Var("g1", 0, -(-self.tiles // form.tiles_per_item) - 1)
        at = {
            **decompose(Ix.of(self.z), form.batch, form.sizes),
            **decompose(Ix.of(self.i), form.m, form.sizes),
            **decompose(Ix.of(self.j), form.n, form.sizes),
            **decompose(Ix.of(self.k), form.k, form.sizes),
        }
        self.out_index: Index = tuple(at[x] if form.sizes[x] != 1 else Ix() for x in anchor.arg[2])
        accs: list[Value] = []
        out_index = self.out_index

        def result(n: Node, index: Index) -> Value | None:  # no method: that would be a cycle
            if n is not anchor:
                return None
            assert index == out_index, "a contraction's result is read at another place"
            return accs[0]

        self.expressions = Expressions(group.memory, None, result)
        self.acc = self.expressions.result(
            self.dtype, "acc", frozenset(v for v in (self.z, self.i, self.j) if v.hi)
        )
        accs.append(self.acc)
        self.a = self._operand(form.rows, form.row_labels, at)
        self.b = self._operand(form.columns, form.column_labels, at)
        self.stores = [self._store(*output) for output in group.outputs]
        self.emitter = Emitter(self.expressions, [self.panel_var, self.item_var, self.z])

    def _operand(self, n: Node, labels: Labels, at: Mapping[int, Ix]) -> Value:
        index = tuple(at[x] if m != 1 else Ix() for x, m in zip(labels, n.shape, strict=True))
        return self.expressions.value(n, index)

    def _store(self, n: Node, array: str, mapping: tuple[int, ...]) -> tuple[Value, str, Ix]:
        index = tuple(self.out_index[axis] if axis >= 0 else Ix() for axis in mapping)
        return self.expressions.stored(n, index), array, flat_index(index, n.shape)

    # pieces of the kernel

    def lower(self) -> Kernel:
        form, e = self.form, self.emitter
        arrays = [Array("panel", self._compute_dtype(), form.block * form.panel)]
        tile_size = form.tile * form.panel
        self.lanes_ok = self.columns >= form.panel and self._vector_epilogue()
        # a plain store per register, or a loop over rows so that longer text stands there once
        self.plain = self.lanes_ok and all(
            value is self.acc and at.coefficient(self.j) == 1 for value, _, at in self.stores
        )
        if self.blocks > 1 or not self.plain:
            tiles = form.tiles_per_item if self.blocks > 1 else 1
            arrays.append(Array("scratch", self._compute_dtype(), tiles * tile_size))
        row_part, depth_part = self._split_address()
        self.table = depth_part.coefficient(self.k) is None
        if self.table:
            arrays.append(Array("offsets", self._offset_dtype(depth_part), form.block))
        start = Ix.of(self.panel_var) * form.panel
        e.define_var(self.j, start)
        if self.columns > form.panel and self.columns % form.panel:
            self._clip(self.j, start, self.columns - form.panel)
        first = Var("k0", 0, max(0, (self.blocks - 1) * form.block))
        if self.blocks == 1:
            self._block(Ix(), self.depth, row_part, depth_part, True, True)
        else:
            whole = self.depth // form.block
            rest = self.depth - whole * form.block
            # the first block starts from zero, the last one stores: they are told apart by text
            last_start = (self.blocks - 1) * form.block
            self._block(Ix(), form.block, row_part, depth_part, True, False)
            if self.blocks > 2:
                with e.loop(first, Ix(form.block), Ix(last_start), form.block):
                    self._block(Ix.of(first), form.block, row_part, depth_part, False, False)
            self._block(Ix(last_start), rest or form.block, row_part, depth_part, False, True)
        params = kernel_params(self.group.outputs, self.group.memory, self.expressions)
        sizes = (self.panels, self.item_var.hi + 1, self.z.hi + 1)
        flops = 2 * self.rows * self.columns * self.depth * sizes[2]
        moved = sum(p.size * p.dtype.itemsize for p in params if p.kind in ("in", "out"))
        return Kernel(
            self.group.name, params, tuple(arrays), (self.panel_var, self.item_var, self.z),
            tuple(e.scopes[0].body), sizes, (1, 1, 1), flops, moved, self.expressions.scalars(),
        )  # fmt: skip

    def _compute_dtype(self) -> DType:
        half = self.dtype.compute != self.dtype.storage
        return float32 if half else self.dtype

    def _clip(self, var: Var, start: Ix, highest: int) -> None:
        """Redefines the statement just made so that the variable is at most `highest`."""
        body = self.emitter.scopes[-1].body
        made = body.pop()
        assert isinstance(made, Define)
        body.append(Define(made.name, made.type, Position(start, 0, highest), var=var))

    def _split_address(self) -> tuple[Ix, Ix]:
        """The address in A as what rows (and batch) add and what contracted positions add."""
        assert self.a.kind == "load" and self.a.index is not None
        rows, depth = Ix(self.a.index.const), Ix()
        for atom, c in self.a.index.terms:
            part = Ix(0, ((atom, c),))
            if self.k in variables(part):
                depth = depth + part
            else:
                rows = rows + part
        return rows, depth

    def _block(
        self, k0: Ix, count: int, row_part: Ix, depth_part: Ix, first: bool, last: bool
    ) -> None:
        e, form = self.emitter, self.form
        self._stage(k0, count, depth_part)
        t = Var("t", 0, self.tiles - 1)
        begin = Ix.of(self.item_var) * form.tiles_per_item
        with e.loop(t, begin, begin + form.tiles_per_item, 1, self.tiles):
            tile_start = Var("i0", 0, max(0, self.rows - form.tile))
            e.define_var(tile_start, Ix.of(t) * form.tile)
            if self.rows % form.tile:
                self._clip(tile_start, Ix.of(t) * form.tile, self.rows - form.tile)
            scratch = Ix()
            if self.blocks > 1:
                scratch = (Ix.of(t) - begin) * (form.tile * form.panel)
            self._load_tile(scratch, first)
            self._multiply(k0, count, row_part, depth_part, tile_start)
            if not last or not self.plain:
                self._each_tile_vector(
                    lambda r, v, name: Store(
                        "scratch", scratch + (r * form.panel + v * form.lanes), name, self._wide()
                    )
                )
            if last and self.plain:
                self._store_registers(tile_start)
            elif last:
                self._store_rows(tile_start, scratch)

    def _wide(self) -> CType:
        return ctype_of(self.dtype, self.form.lanes)

    def _name(self, r: int, v: int) -> str:
        return f"c{r}_{v}"

    def _each_tile_vector(self, make: Callable[[int, int, str], Statement]) -> None:
        for r in range(self.form.tile):
            for v in range(self.form.vectors):
                self.emitter.append(make(r, v, self._name(r, v)))

    def _load_tile(self, scratch: Ix, first: bool) -> None:
        form = self.form

        def start(r: int, v: int, name: str) -> Statement:
            at = scratch + (r * form.panel + v * form.lanes)
            rhs = Literal(0) if first else Load("scratch", at)
            return Define(name, self._wide(), rhs, mutable=True)

        self._each_tile_vector(start)

    def _multiply(self, k0: Ix, count: int, row_part: Ix, depth_part: Ix, tile_start: Var) -> None:
        """The inner loop."""
        e, form = self.emitter, self.form
        wide = self._wide()
        bases = []
        for r in range(form.tile):
            base = Var(f"row_{r}", row_part.lo, max(row_part.hi, row_part.lo))
            e.define_var(base, row_part.substitute({self.i: Ix.of(tile_start) + r}))
            bases.append(base)
        kk = Var("kk", 0, count - 1)
        array = self.a.payload[0]
        with e.loop(kk, Ix(), Ix(count)):
            if self.table:
                offset = Var("offset", depth_part.lo, depth_part.hi)
                e.append(
                    Define("offset", ctype_of(self._offset_dtype(depth_part)),
                           Load("offsets", Ix.of(kk), 0), var=offset)
                )  # fmt: skip
                moved = Ix.of(offset)
            else:
                moved = depth_part.substitute({self.k: k0 + Ix.of(kk)})
            for v in range(form.vectors):
                at = Ix.of(kk) * form.panel + v * form.lanes
                e.append(Define(f"b_{v}", wide, Load("panel", at)))
            for r, base in enumerate(bases):
                e.append(Define(f"a_{r}", wide, Load(array, Ix.of(base) + moved, 0)))
                for v in range(form.vectors):
                    c = self._name(r, v)
                    e.append(Assign(c, wide, Fma(f"a_{r}", f"b_{v}", c)))

    # staging the panel of B

    def _stage(self, k0: Ix, count: int, depth_part: Ix) -> None:
        e, form = self.emitter, self.form
        local = Var("s", 0, count - 1)
        b_index = self.b.index if self.b.index is not None else Ix()
        along_j, along_k = b_index.coefficient(self.j), b_index.coefficient(self.k)
        plain = self.b.kind == "load" and not self.b.conditions
        inside = self.columns >= form.panel
        if plain and inside and along_j is not None and (along_j == 1 or along_k != 1):
            with e.loop(local, Ix(), Ix(count)), e.block(self.k):
                e.define_var(self.k, k0 + Ix.of(local))
                if self.table:
                    self._offset(local, depth_part)
                for v in range(form.vectors):
                    with e.lanes(self.j, form.lanes, v * form.lanes):
                        name = e.vector(self.b, form.lanes)
                    at = Ix.of(local) * form.panel + v * form.lanes
                    e.append(Store("panel", at, name, self._wide()))
            return
        if plain and along_k == 1 and along_j is not None:
            self._stage_transposed(k0, count, inside)
            if self.table:
                with e.loop(local, Ix(), Ix(count)), e.block(self.k):
                    e.define_var(self.k, k0 + Ix.of(local))
                    self._offset(local, depth_part)
            return
        with e.loop(local, Ix(), Ix(count)), e.block(self.k):
            e.define_var(self.k, k0 + Ix.of(local))
            if self.table:
                self._offset(local, depth_part)
            self._stage_elements(local, inside)

    def _offset_dtype(self, depth_part: Ix) -> DType:
        return int32 if depth_part.hi < 2**31 else int64

    def _offset(self, local: Var, depth_part: Ix) -> None:
        ctype = ctype_of(self._offset_dtype(depth_part))
        name = self.emitter.fresh("o")
        self.emitter.append(Define(name, ctype, Position(depth_part)))
        self.emitter.append(Store("offsets", Ix.of(local), name, ctype))

    def _stage_elements(self, local: Var, inside: bool) -> None:
        """Element by element; lanes past the last column are 0."""
        e, form = self.emitter, self.form
        count = min(self.columns, form.panel)
        column = Var("q", 0, count - 1)
        moved = Var("jq", 0, self.columns - 1)
        single = ctype_of(self.dtype)
        with e.loop(column, Ix(), Ix(count)):
            e.define_var(moved, Ix.of(self.j) + Ix.of(column))
            value = self._b_at(moved)
            name = e.emit(value)
            e.append(Store("panel", Ix.of(local) * form.panel + Ix.of(column), name, single))
        if not inside:
            self._zero_edge(local, count)

    def _b_at(self, moved: Var) -> Value:
        """B's element in another column variable."""
        form = self.form
        at = {
            **decompose(Ix.of(self.z), form.batch, form.sizes),
            **decompose(Ix.of(moved), form.n, form.sizes),
            **decompose(Ix.of(self.k), form.k, form.sizes),
        }
        return self._operand(form.columns, form.column_labels, at)

    def _zero_edge(self, local: Var, count: int) -> None:
        e, form = self.emitter, self.form
        edge = Var("q", count, form.panel - 1)
        single = ctype_of(self.dtype)
        with e.loop(edge, Ix(count), Ix(form.panel)):
            zero = e.fresh("zero")
            e.append(Define(zero, single, Literal(0)))
            e.append(Store("panel", Ix.of(local) * form.panel + Ix.of(edge), zero, single))

    def _stage_transposed(self, k0: Ix, count: int, inside: bool) -> None:
        """B runs along the contracted axis: read vectors of it, write them down a column."""
        e, form = self.emitter, self.form
        columns = min(self.columns, form.panel)
        column = Var("q", 0, columns - 1)
        array, index = self.b.payload[0], self.b.index
        assert index is not None
        with e.loop(column, Ix(), Ix(columns)):
            whole = count // form.lanes * form.lanes
            for begin, end, lanes in ((0, whole, form.lanes), (whole, count, 1)):
                if begin == end:
                    continue
                local = Var("s", 0, count - 1)
                at = index.substitute(
                    {self.j: Ix.of(self.j) + Ix.of(column), self.k: k0 + Ix.of(local)}
                )
                ctype = ctype_of(self.dtype, lanes)
                with e.loop(local, Ix(begin), Ix(end), lanes):
                    name = e.fresh("x")
                    e.append(Define(name, ctype, Load(array, at)))
                    place = Ix.of(local) * form.panel + Ix.of(column)
                    e.append(Store("panel", place, name, ctype, form.panel))
        if not inside:
            local = Var("s", 0, count - 1)
            with e.loop(local, Ix(), Ix(count)):
                self._zero_edge(local, columns)

    # after the last block

    def _store_registers(self, tile_start: Var) -> None:
        e, form = self.emitter, self.form
        for r in range(form.tile):
            with e.block():
                e.define_var(self.i, Ix.of(tile_start) + r)
                for v in range(form.vectors):
                    with e.lanes(self.j, form.lanes, v * form.lanes):
                        e.bind(e._key(self.acc), self._name(r, v))
                        self._store_outputs()

    def _store_rows(self, tile_start: Var, scratch: Ix) -> None:
        """From the scratch tile, row by row; lane by lane where columns do not fill the panel."""
        e, form = self.emitter, self.form
        row = Var("r", 0, form.tile - 1)
        width = form.lanes if self.lanes_ok else 1
        count = form.panel if self.lanes_ok else min(form.panel, self.columns)
        with e.loop(row, Ix(), Ix(form.tile)):
            e.define_var(self.i, Ix.of(tile_start) + Ix.of(row))
            for column in range(0, count, width):
                at = scratch + Ix.of(row) * form.panel + column
                with e.block(), e.lanes(self.j, width, column):
                    name = e.fresh("c")
                    e.append(Define(name, ctype_of(self.dtype, width), Load("scratch", at)))
                    e.bind(e._key(self.acc), name)
                    self._store_outputs()

    def _vector_epilogue(self) -> bool:
        for v in topological([v for v, *_ in self.stores]):
            if any(self.j in self.expressions.loop_vars(c.of) for c in v.conditions):
                return False
            if v.kind == "datum" and self.j in v.deps:
                return False
            if v.index is not None and v.index.coefficient(self.j) is None:
                return False
            if v.index is not None and any(
                x.kind == "datum" and self.j in self.expressions.datum_deps[x]
                for x in variables(v.index)
            ):
                return False
        return all(at.coefficient(self.j) is not None for _, _, at in self.stores)

    def _store_outputs(self) -> None:
        for value, array, at in self.stores:
            in_lanes = self.emitter.vec is not None and bool(at.coefficient(self.j))
            self.emitter.store(array, at, value, in_lanes)


def lower_contraction(
    group: LoopGroup, anchor: Node, limits: Limits
) -> tuple[Kernel, Sequence[Node]]:
    """The kernel of a contraction group, and the nodes whose indices it checks."""
    lowering = _Contraction(group, anchor, limits)
    kernel = lowering.lower()
    return kernel, lowering.expressions.checks
