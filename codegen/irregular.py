"""Scans, sorts and scatters: each work-item owns whole lines along the axis, in order.

No atomics: a result never depends on which work-item came first.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from . import ops
from .axes import Axes
from .dtype import DType, float32, float64
from .emit import Emitter
from .expression import Expressions, Value
from .graph import Node
from .group import memory_of
from .index import Condition, Ix, Var, flat_index
from .indexing import scatter_identity
from .kernel import (
    Apply,
    Array,
    Assign,
    Call,
    Checked,
    Define,
    Kernel,
    Literal,
    Load,
    Param,
    Store,
    ctype_of,
)  # fmt: skip
from .lanes import Lanes
from .limits import Limits
from .loop_group import LoopGroup, kernel_params

__all__ = ["lower_irregular", "scan_dtype", "topk_room"]

_COMBINE = {"add": "add", "mul": "mul", "max": "maximum", "min": "minimum"}
_INT = ctype_of(ops.DTYPES["int32"])
_GRAIN = 8192  # elements that keep a work-item of a CPU busy
_CHUNKS = 4  # work-items for each core of a CPU, or
_THREADS = 256  # for each of a GPU


class _Lines:
    """The lines along an axis that work-items own, some each; axes from `inner` on are not among
    the lines' own, but walked inside of each."""

    def __init__(
        self, shape: tuple[int, ...], axis: int, limits: Limits, inner: int | None = None
    ) -> None:
        end = len(shape) if inner is None else inner
        own = [d for d in range(end) if d != axis and shape[d] != 1]
        self.count = 1
        for d in own:
            self.count *= shape[d]
        self.var = Var("line", 0, self.count - 1)
        index: list[Ix] = [Ix()] * len(shape)
        stride = 1
        for d in reversed(own):
            index[d] = (Ix.of(self.var) // stride) % shape[d]
            stride *= shape[d]
        self.index = tuple(index)
        size = 1
        for m in shape:
            size *= m
        self.per_item = _lines_per_item(self.count, size, limits)
        self.item = Var("g0", 0, -(-self.count // self.per_item) - 1)

    @contextmanager
    def each(self, e: Emitter) -> Iterator[None]:
        """The scope in which a work-item goes through its lines."""
        first = Ix.of(self.item) * self.per_item
        if self.per_item == 1:
            e.define_var(self.var, first)
            yield
            return
        with e.loop(self.var, first, first + self.per_item, 1, self.count):
            yield


def _lines_per_item(count: int, size: int, limits: Limits) -> int:
    if limits.kind == "gpu":
        return 1
    most = count // (_CHUNKS * limits.compute_units)
    return max(1, min(most, _GRAIN * count // max(1, size)))


def _at(index: tuple[Ix, ...], axis: int, position: Ix) -> tuple[Ix, ...]:
    return tuple(position if d == axis else i for d, i in enumerate(index))


def _kernel(
    group: LoopGroup, e: Emitter, items: Sequence[Var], params: tuple[Param, ...], work: int,
    arrays: tuple[Array, ...] = (),
) -> tuple[Kernel, Sequence[Node]]:  # fmt: skip
    moved = sum(p.size * p.dtype.itemsize for p in params if p.kind in ("in", "out"))
    kernel = Kernel(
        group.name, params, arrays, tuple(items), tuple(e.scopes[0].body),
        tuple(v.hi + 1 for v in items), (1,) * len(items), work, moved, e.expressions.scalars(),
    )  # fmt: skip
    return kernel, e.expressions.checks


def scan_dtype(dtype: DType, mode: str, limits: Limits) -> DType:
    """What a running sum or product is kept in: float64 for float32 on CPUs, whose additions wait
    for one another in either."""
    wide = limits.kind == "cpu" and limits.has_fp64 and mode in ("add", "mul")
    return float64 if wide and dtype is float32 else dtype


def _scan(group: LoopGroup, n: Node, limits: Limits) -> tuple[Kernel, Sequence[Node]]:
    x = n.src[0]
    axis, mode = n.arg
    lines = _Lines(n.shape, axis, limits)
    expressions = Expressions(group.memory)
    step = Var("r0", 0, n.shape[axis] - 1)
    wide = scan_dtype(n.dtype, mode, limits)
    value = expressions.value(ops.cast(x, wide), _at(lines.index, axis, Ix.of(step)))
    out_at = flat_index(_at(lines.index, axis, Ix.of(step)), n.shape)
    e = Emitter(expressions, [lines.item])
    ctype = ctype_of(wide)
    combine = ops.TABLE[_COMBINE[mode]]
    start: float | int = 1 if mode == "mul" else scatter_identity(mode, n.dtype)
    with lines.each(e):
        e.append(Define("acc", ctype, Literal(start), mutable=True))
        with e.loop(step, Ix(), Ix(n.shape[axis])):
            name = e.vector(value, 1)
            e.append(Assign("acc", ctype, Apply(combine, ("acc", name), ctype)))
            kept = ctype_of(n.dtype)
            if wide is not n.dtype:
                e.append(Define("kept", kept, Apply(ops.TABLE["cast"], ("acc",), ctype)))
            e.append(Store(group.outputs[0][1], out_at, "acc" if kept == ctype else "kept", kept))
    params = kernel_params(group.outputs, group.memory, expressions)
    return _kernel(group, e, [lines.item], params, n.size)


def _shared_axes(places: Node, axis: int, limits: Limits) -> int:
    """From which axis on all elements of a slice go to the same place, and lie side by side."""
    first = len(places.shape)
    while limits.kind == "cpu" and first > axis + 1 and places.shape[first - 1] == 1:
        first -= 1
    return first


def _target_blocks(values: Node, count: int, lines: int, inner: int, limits: Limits) -> int:
    """How many work-items share the places of a line. Each of them looks at all indices, which
    pays where the values behind an index are many, or where cores would have nothing to do."""
    if limits.kind == "gpu":
        wanted = _THREADS * limits.compute_units
    else:
        wanted = limits.compute_units * (_CHUNKS if inner >= 16 else 1)
    if values.size < 2 * _GRAIN or lines >= wanted:
        return 1
    return max(1, min(count, wanted // lines))


def _scatter(group: LoopGroup, n: Node, limits: Limits) -> tuple[Kernel, Sequence[Node]]:
    """A work-item owns places of a line: fills them, then walks all sources in order."""
    places, values = n.src
    axis, count, mode = n.arg
    shared = _shared_axes(places, axis, limits)
    lines = _Lines(n.shape, axis, limits, shared)
    inner = [Var(f"p{d}", 0, n.shape[d] - 1) if d >= shared and n.shape[d] != 1 else None
             for d in range(n.ndim)]  # fmt: skip
    index = tuple([i if v is None else Ix.of(v) for i, v in zip(lines.index, inner, strict=True)])
    size = n.size // max(1, lines.count * count)
    blocks = _target_blocks(values, count, lines.count, size, limits)
    rows = -(-count // blocks)
    block = Var("g1", 0, -(-count // rows) - 1)
    expressions = Expressions(group.memory)
    step = Var("r0", 0, values.shape[axis] - 1)
    at = _at(index, axis, Ix.of(step))
    place_at = tuple([i if m != 1 else Ix() for i, m in zip(at, places.shape, strict=True)])
    position, value = expressions.value(places, place_at), expressions.value(values, at)
    target = Var("place", 0, count - 1, "datum")
    spot = flat_index(_at(index, axis, Ix.of(target)), n.shape)
    out = group.outputs[0][1]
    slices = _Slices([v for v in inner if v is not None], expressions, value, out, spot, limits)
    e = Emitter(expressions, [lines.item, block])
    first = Ix.of(block) * rows
    fill = Var("q", 0, count - 1)
    with lines.each(e):
        filled = flat_index(_at(index, axis, Ix.of(fill)), n.shape)
        with e.loop(fill, first, first + rows, 1, count):
            for width in slices.walk(e):
                slices.fill(e, filled, scatter_identity(mode, n.dtype), width)
        expressions.checks.append(n)
        mine = Condition(Ix.of(target) - first, 0, rows)
        with e.loop(step, Ix(), Ix(values.shape[axis])):
            source = e.emit(position)
            checked = Checked(source, count, expressions.code_of(n))
            e.append(Define("place", _INT, checked, var=target))
            e.scopes[-1].vars |= {target}
            with e.when((mine,) if block.hi else ()):
                for width in slices.walk(e):
                    slices.combine(e, spot, _COMBINE[mode], width)
    params = kernel_params(group.outputs, group.memory, expressions)
    return _kernel(group, e, [lines.item, block], params, values.size)


class _Slices:
    """What lies behind one index of a scatter: read and written in vectors where it can be."""

    def __init__(
        self, axes: Sequence[Var], expressions: Expressions, value: Value, out: str, spot: Ix,
        limits: Limits,
    ) -> None:  # fmt: skip
        self.value, self.out = value, out
        self.lanes = Lanes(expressions, [(value, out, spot)], Axes([*axes], [], []), limits)
        self.vec = self.lanes.vec
        self.loops = [v for v in axes if v is not self.vec]

    def walk(self, e: Emitter) -> Iterator[int]:
        """Opens the loops over the slice; yields the width of each innermost body."""
        with ExitStack() as nest:
            for v in self.loops:
                nest.enter_context(e.loop(v, Ix(), Ix(v.hi + 1)))
            if self.vec is None:
                yield 1
                return
            for s in self.lanes.sections(1):
                loop = e.loop(self.vec, Ix(s.start), Ix(s.stop), s.step)
                with loop, e.within(self.vec, s), e.lanes(self.vec, s.lanes):
                    yield s.lanes

    def _stride(self, e: Emitter, spot: Ix, width: int) -> int:
        return e.stride(spot) if width > 1 else 1

    def fill(self, e: Emitter, spot: Ix, start: float | int, width: int) -> None:
        ctype = ctype_of(self.value.dtype, width)
        name = e.fresh("fill")
        e.append(Define(name, ctype, Literal(start)))
        e.append(Store(self.out, spot, name, ctype, self._stride(e, spot, width)))

    def combine(self, e: Emitter, spot: Ix, op: str, width: int) -> None:
        ctype = ctype_of(self.value.dtype, width)
        name = e.vector(self.value, width)
        old, new, stride = e.fresh("old"), e.fresh("new"), self._stride(e, spot, width)
        e.append(Define(old, ctype, Load(self.out, spot, stride)))
        e.append(Define(new, ctype, Apply(ops.TABLE[op], (old, name), ctype)))
        e.append(Store(self.out, spot, new, ctype, stride))


def _order(n: Node) -> str:
    return "descending" if n.arg[1] else "ascending"


def _argsort(group: LoopGroup, n: Node, limits: Limits) -> tuple[Kernel, Sequence[Node]]:
    """A stable sort of positions for each line; the values stay where they are."""
    x = memory_of(n.src[0], group.memory)
    lines = _Lines(n.shape, n.arg[0], limits)
    assert n.shape[n.arg[0]] < 1 << 32, f"argsort of {n.shape[n.arg[0]]} elements"
    e = Emitter(Expressions(group.memory), [lines.item])
    out, array = group.outputs[0][1], group.memory[x]
    name = f"lg_argsort_{_order(n)}_{x.dtype.name}"
    length = n.shape[n.arg[0]]
    with lines.each(e):
        e.append(Call(name, (array, out, "scratch", Ix.of(lines.var) * length, Ix(length))))
    params = (
        Param(out, n.dtype, "out", n.size),
        Param(array, x.dtype, "in", x.size),
        Param("scratch", n.dtype, "scratch", n.size),
    )
    return _kernel(group, e, [lines.item], params, 4 * n.size)


def topk_room(count: int) -> int:
    """How many candidates a line's first `count` are picked from at a time."""
    return 2 * count + 64


def _topk(group: LoopGroup, n: Node, limits: Limits) -> tuple[Kernel, Sequence[Node]]:
    """The first places of each line: one pass over it that keeps what may be among them."""
    x = memory_of(n.src[0], group.memory)
    axis, _descending, count = n.arg
    length = n.src[0].shape[axis]
    lines = _Lines(n.src[0].shape, axis, limits)
    e = Emitter(Expressions(group.memory), [lines.item])
    out, array = group.outputs[0][1], group.memory[x]
    line, room = Ix.of(lines.var), topk_room(count)
    name = f"lg_topk_{_order(n)}_{x.dtype.name}"
    with lines.each(e):
        e.append(Call(name, (array, out, "kept", line * length, line * count, Ix(length),
                             Ix(count), Ix(room))))  # fmt: skip
    params = (Param(out, n.dtype, "out", n.size), Param(array, x.dtype, "in", x.size))
    kept = Array("kept", ops.DTYPES["uint64"], room + 1)
    return _kernel(group, e, [lines.item], params, n.src[0].size, (kept,))


def lower_irregular(
    group: LoopGroup, anchor: Node, limits: Limits
) -> tuple[Kernel, Sequence[Node]]:
    """The kernel of a scan, sort or scatter, and the nodes whose indices it checks."""
    lowerings = {"scan": _scan, "scatter": _scatter, "argsort": _argsort, "topk": _topk}
    return lowerings[anchor.op.name](group, anchor, limits)
