"""Staging: a block of the panel of B comes into local memory, columns side by side.

Whatever order B lies in, the inner loop then reads vectors. Lanes past the last column are 0.
"""

from .contraction_form import staging
from .contraction_operands import Operands, offset_dtype, split_place
from .dtype import int32
from .index import Ix, Var
from .kernel import Array, Define, Literal, Load, Position, Store, ctype_of

__all__ = ["pack_rows", "stage", "stage_columns", "staging_arrays"]


def staging_arrays(c: Operands) -> list[Array]:
    """Local memory: the panel, and tables of places."""
    arrays = []
    if c.in_place:
        if c.down_table:
            arrays.append(Array("down", offset_dtype(c.down_part), c.form.block))
    else:
        rows = c.form.block // c.form.taps.count
        arrays.append(Array("panel", c.compute_dtype, rows * c.form.staged_width))
        if c.form.taps.count > 1:
            arrays.append(Array("taps", int32, c.form.taps.count))
    if c.table:
        arrays.append(Array("offsets", offset_dtype(c.depth_part), c.form.block))
    if c.form.packed:
        arrays.append(Array("packed", c.compute_dtype, c.form.block * c.form.strip))
    if _kind(c) == "table":
        arrays.append(Array("columns", offset_dtype(split_place(c.b, c.k)[0]), _count(c)))
    return arrays


def _kind(c: Operands) -> str:
    if c.in_place or c.form.staged == "lines":
        return c.form.staged
    kind = staging(c.b, c.expressions, c.j, c.k)
    return "elements" if kind in ("copy", "computed") and c.columns < c.form.panel else kind


def _count(c: Operands) -> int:
    return min(c.columns, c.form.panel)


def stage_columns(c: Operands) -> None:
    """What the columns of the panel add to their places, once for all blocks; with lines, where
    the vectors of each slot begin."""
    if c.form.taps.count > 1:
        ctype = ctype_of(int32)
        for k, shift in enumerate(c.form.taps.shifts(c.form.lanes)):
            name = c.emitter.fresh("o")
            c.emitter.append(Define(name, ctype, Position(Ix(shift))))
            c.emitter.append(Store("taps", Ix(k), name, ctype))
    if _kind(c) != "table":
        return
    part = split_place(c.b, c.k)[0]
    column, moved = Var("q", 0, _count(c) - 1), Var("jq", 0, c.columns - 1)
    ctype = ctype_of(offset_dtype(part))
    with c.emitter.loop(column, Ix(), Ix(_count(c))):
        c.emitter.define_var(moved, Ix.of(c.j) + Ix.of(column))
        name = c.emitter.fresh("o")
        place = split_place(c.b_at(moved), c.k)[0]
        c.emitter.append(Define(name, ctype, Position(place)))
        c.emitter.append(Store("columns", Ix.of(column), name, ctype))


def stage(c: Operands, k0: Ix, count: int) -> None:
    """`count` contracted positions from k0 on, and where A has them."""
    kind = _kind(c)
    if kind == "transpose":
        _transpose(c, k0, count)
    if kind == "lines":
        _lines(c, k0, count)
    if kind in ("transpose", "in place", "lines") and not (c.table or c.down_table):
        return
    local = Var("s", 0, count - 1)
    with c.emitter.loop(local, Ix(), Ix(count)), c.emitter.block(c.k):
        c.emitter.define_var(c.k, k0 + Ix.of(local))
        if c.table:
            _offset(c, local, "offsets", c.depth_part)
        if c.down_table:
            _offset(c, local, "down", c.down_part)
        if kind in ("copy", "computed"):
            _copy(c, local)
        elif kind == "table":
            _gather(c, local)
        elif kind == "elements":
            _elements(c, local)


def pack_rows(c: Operands, k0: Ix, count: int, start: Var) -> None:
    """A strip of rows of A from `start` on: those of one contracted position side by side."""
    e, form = c.emitter, c.form
    local = Var("s", 0, count - 1)
    with e.loop(local, Ix(), Ix(count)):
        offset = c.moved("offset", "offsets", c.depth_part, c.table, k0, Ix.of(local))
        for row in range(0, form.strip, form.lanes):
            place = c.row_part.substitute({c.i: Ix.of(start) + row})
            name = e.fresh("x")
            e.append(Define(name, c.wide, Load(c.a.payload[0], place + offset)))
            e.append(Store("packed", Ix.of(local) * form.strip + row, name, c.wide))


def _offset(c: Operands, local: Var, table: str, part: Ix) -> None:
    ctype = ctype_of(offset_dtype(part))
    name = c.emitter.fresh("o")
    c.emitter.append(Define(name, ctype, Position(part)))
    c.emitter.append(Store(table, Ix.of(local), name, ctype))


def _lines(c: Operands, k0: Ix, count: int) -> None:
    """Of each vector's line, what all slots read of it."""
    e, form, index = c.emitter, c.form, c.b.index
    assert index is not None
    segments, width = form.taps.segments(form.lanes), form.taps.width(form.lanes)
    local = Var("s", 0, count // form.taps.count - 1)
    with e.loop(local, Ix(), Ix(local.hi + 1)):
        for v, start in enumerate(c.starts):
            first = index.substitute({**start, c.k: k0 + Ix.of(local) * form.taps.count})
            place = Var(f"from{v}", first.lo, first.hi)
            e.append(Define(place.name, ctype_of(offset_dtype(first)), Position(first), var=place))
            for segment in segments:
                for moved in segment.vectors(form.lanes):
                    name = e.fresh("x")
                    source = Ix.of(place) + (segment.begin + moved)
                    e.append(Define(name, c.wide, Load(c.b.payload[0], source)))
                    at = Ix.of(local) * form.staged_width + (v * width + segment.at + moved)
                    e.append(Store("panel", at, name, c.wide))


def _copy(c: Operands, local: Var) -> None:
    e, form = c.emitter, c.form
    for v in range(form.vectors):
        with e.lanes(c.j, form.lanes, v * form.lanes):
            name = e.vector(c.b, form.lanes)
        at = Ix.of(local) * form.panel + v * form.lanes
        e.append(Store("panel", at, name, c.wide))


def _gather(c: Operands, local: Var) -> None:
    """From the sum of two places: what k adds, and what the table has of the column."""
    e, form = c.emitter, c.form
    part, along = split_place(c.b, c.k)
    offset, column = Var("from", along.lo, along.hi), Var("q", 0, _count(c) - 1)
    e.define_var(offset, along)
    single = ctype_of(c.dtype)
    place = Var("place", part.lo, part.hi)
    with e.loop(column, Ix(), Ix(_count(c))):
        ctype = ctype_of(offset_dtype(part))
        e.append(Define("place", ctype, Load("columns", Ix.of(column), 0), var=place))
        name = e.fresh("x")
        e.append(Define(name, single, Load(c.b.payload[0], Ix.of(offset) + Ix.of(place))))
        e.append(Store("panel", Ix.of(local) * form.panel + Ix.of(column), name, single))
    _zero_edge(c, local)


def _elements(c: Operands, local: Var) -> None:
    e, form = c.emitter, c.form
    column, moved = Var("q", 0, _count(c) - 1), Var("jq", 0, c.columns - 1)
    single = ctype_of(c.dtype)
    with e.loop(column, Ix(), Ix(_count(c))):
        e.define_var(moved, Ix.of(c.j) + Ix.of(column))
        name = e.emit(c.b_at(moved))
        e.append(Store("panel", Ix.of(local) * form.panel + Ix.of(column), name, single))
    _zero_edge(c, local)


def _zero_edge(c: Operands, local: Var) -> None:
    e, form = c.emitter, c.form
    if c.columns >= form.panel:
        return
    edge = Var("q", c.columns, form.panel - 1)
    single = ctype_of(c.dtype)
    with e.loop(edge, Ix(c.columns), Ix(form.panel)):
        zero = e.fresh("zero")
        e.append(Define(zero, single, Literal(0)))
        e.append(Store("panel", Ix.of(local) * form.panel + Ix.of(edge), zero, single))


def _transpose(c: Operands, k0: Ix, count: int) -> None:
    """B runs along the contracted axis: read vectors of it, write them down a column."""
    e, form = c.emitter, c.form
    column = Var("q", 0, _count(c) - 1)
    array, index = c.b.payload[0], c.b.index
    assert index is not None
    local = Var("s", 0, count - 1)
    with e.loop(column, Ix(), Ix(_count(c))):
        whole = count // form.lanes * form.lanes
        for begin, end, lanes in ((0, whole, form.lanes), (whole, count, 1)):
            if begin == end:
                continue
            at = index.substitute({c.j: Ix.of(c.j) + Ix.of(column), c.k: k0 + Ix.of(local)})
            ctype = ctype_of(c.dtype, lanes)
            with e.loop(local, Ix(begin), Ix(end), lanes):
                name = e.fresh("x")
                e.append(Define(name, ctype, Load(array, at)))
                place = Ix.of(local) * form.panel + Ix.of(column)
                e.append(Store("panel", place, name, ctype, form.panel))
    if c.columns < form.panel:
        with e.loop(local, Ix(), Ix(count)):
            _zero_edge(c, local)
