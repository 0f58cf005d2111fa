"""Loop kernels: elementwise maps and reductions over rows or columns.

A work-item owns a block of the parallel axes. Reductions that need one another's results run as
passes over the reduced axes; a last pass stores what varies along them. One axis lies in vector
lanes: a parallel one (maps, column reductions) or a reduced one (row reductions, with several
accumulators and one horizontal step at the end).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from . import ops
from .axes import Axes, choose_axes, extent
from .emit import Emitter, topological
from .expression import Expressions, Value, flat_index
from .graph import Node, Op, Shape
from .index import Condition, Ix, Var
from .kernel import (
    Alias,
    Apply,
    Assign,
    Define,
    Horizontal,
    Kernel,
    Literal,
    Param,
    Position,
    ctype_of,
)  # fmt: skip
from .limits import Limits

__all__ = ["LoopGroup", "combiner", "identity", "kernel_params", "lower_loops"]


@dataclass(frozen=True, slots=True)
class LoopGroup:
    """A group as the scheduler leaves it.

    `shape` is the domain, `reduced` its reduced axes. `outputs` are the nodes to store, with
    their array names and, for each of their dimensions, the domain axis it runs along (-1: none).
    `memory` names the arrays of all nodes that are read.
    """

    name: str
    shape: Shape
    reduced: frozenset[int]
    outputs: tuple[tuple[Node, str, tuple[int, ...]], ...]
    memory: Mapping[Node, str]
    check_base: int = 0  # error codes of this kernel start above it


Checks = tuple[tuple[int, str], ...]


def combiner(op: Op, bool_mask: bool) -> Op:
    """The binary row that a reduction repeats; masks combine by bits."""
    names = {"sum": "add", "prod": "mul", "max": "maximum", "min": "minimum"}
    if bool_mask:
        names |= {"max": "bitwise_or", "min": "bitwise_and"}
    return ops.TABLE[names[op.name]]


def identity(op: Op, v: Value) -> float | int | bool:
    """What a reduction starts from."""
    if op.name in ("sum", "prod"):
        return 0 if op.name == "sum" else 1
    if v.dtype.kind == "b":
        return op.name == "min"
    if v.dtype.kind == "f":
        return float("-inf") if op.name == "max" else float("inf")
    info = np.iinfo(v.dtype.numpy)
    return int(info.min if op.name == "max" else info.max)


class _Lowering:
    def __init__(self, group: LoopGroup, limits: Limits) -> None:
        self.group = group
        self.limits = limits
        split, self.axes, final = choose_axes(group.shape, group.reduced, self._accesses)
        self.expressions, stores = self._build(split)
        self.expressions.substitute(final)
        self.stores = [(v, array, at.substitute(final)) for v, array, at in stores]
        self.reduces = [v for v in topological([v for v, *_ in self.stores]) if v.kind == "reduce"]
        self.levels = self._levels()
        self.vec = self._choose_vec()

    def _build(self, axes: Axes) -> tuple[Expressions, list[tuple[Value, str, Ix]]]:
        reduce_index = {d: axes.index[d] for d in self.group.reduced}
        expressions = Expressions(self.group.memory, reduce_index, check_base=self.group.check_base)
        stores = []
        for n, array, mapping in self.group.outputs:
            index = tuple(
                [axes.index[d] if d >= 0 and m != 1 else Ix()
                 for d, m in zip(mapping, n.shape, strict=True)]
            )  # fmt: skip
            stores.append((expressions.value(n, index), array, flat_index(index, n.shape)))
        return expressions, stores

    def _accesses(self, axes: Axes) -> tuple[list[Ix], list[Condition]]:
        expressions, stores = self._build(axes)
        indices = [at for _, _, at in stores]
        conditions: list[Condition] = []
        for v in topological([v for v, *_ in stores]):
            if v.index is not None:
                indices.append(v.index)
            conditions += v.conditions
        for position in expressions.all_values():
            if position.kind == "datum":
                inner = [v for v in topological(position.args) if v.index is not None]
                indices += [v.index for v in inner if v.index is not None]
        return indices, conditions

    def _levels(self) -> list[list[Value]]:
        """Reductions by what they wait for: a pass each."""
        level: dict[Value, int] = {}
        for r in self.reduces:
            below = [level[v] for v in topological(r.args) if v in level]
            level[r] = 1 + max(below, default=-1)
        count = 1 + max(level.values(), default=-1)
        return [[r for r in self.reduces if level[r] == k] for k in range(count)]

    # which axis lies in lanes

    def _vectorizable(self, var: Var) -> bool:
        for v in self.expressions.all_values():
            if any(var in self.expressions.loop_vars(c.of) for c in v.conditions):
                return False
            if v.kind == "datum" and var in v.deps:
                return False
            if v.index is not None and v.index.coefficient(var) is None:
                return False
            if v.index is not None and any(
                var in deps for x, deps in self.expressions.datum_deps.items()
                if v.index.coefficient(x) != 0
            ):  # fmt: skip
                return False
        return all(at.coefficient(var) is not None for _, _, at in self.stores)

    def _choose_vec(self) -> Var | None:
        """The axis that most accesses walk in steps of one element; stores count double."""
        best, best_score = None, 0.0
        for position, var in enumerate([*self.axes.parallel, *self.axes.reduced]):
            if extent(var) < 4 or not self._vectorizable(var):
                continue
            score = position * 0.01 + min(extent(var), 64) * 0.001
            for v in self.expressions.all_values():
                if v.kind == "load" and v.index is not None:
                    stride = v.index.coefficient(var)
                    score += {0: 0.2, 1: 1.0}.get(stride or 0, -1.0)
            for _, _, at in self.stores:
                stride = at.coefficient(var)
                score += {0: 0.0, 1: 2.0}.get(stride or 0, -1.0)
            if score > best_score:
                best, best_score = var, score
        if best is None and self.axes.parallel and not self.axes.reduced:
            return self.axes.parallel[-1]  # a scalar loop along the last axis
        return best

    def _width(self) -> int:
        if self.vec is None or not self._vectorizable(self.vec):
            return 1
        in_lanes = [v for v in self.expressions.all_values() if self.vec in v.deps]
        reduced = [v for v in self.reduces if self.vec in v.over]
        largest = max((v.dtype.compute_size for v in (*in_lanes, *reduced)), default=4)
        lanes = self.limits.vector_bytes // max(largest, 4)
        width = 1
        while width * 2 <= min(lanes, 16, extent(self.vec)):
            width *= 2
        return width

    def _unroll(self, width: int) -> int:
        """Copies of the body side by side, so that accumulators need not wait for themselves."""
        if self.vec is None or width < 4 or not self.reduces:
            return 1
        size = len(topological([v for v, *_ in self.stores]))
        room = extent(self.vec) // width
        wanted = 4 if size <= 10 else 2 if size <= 24 else 1
        while wanted > 1 and room < wanted:
            wanted //= 2
        return wanted

    # the kernel

    def lower(self) -> Kernel:
        width = self._width()
        unroll = self._unroll(width)
        vec_parallel = self.vec is not None and self.vec in self.axes.parallel
        rows_vars = [v for v in self.axes.parallel if v is not self.vec]
        rows = 1
        for v in rows_vars:
            rows *= extent(v)
        lanes = extent(self.vec) if vec_parallel and self.vec is not None else 1
        chunk, rows_per_item = self._grain(rows, lanes, width * unroll)
        block, row_block = Var("g0", 0, -(-lanes // chunk) - 1), Var("g1", 0, 0)
        row_block = Var("g1", 0, -(-rows // rows_per_item) - 1)
        emitter = Emitter(self.expressions, [block, row_block])
        row = Var("row", 0, rows - 1)
        if rows_per_item == 1:
            emitter.append(
                Define("row", ctype_of(ops.DTYPES["int32"]), Position(Ix.of(row_block)), var=row)
            )
            emitter.scopes[0].vars |= {row}
            self._row(emitter, row, rows_vars, block, chunk, width, unroll)
        else:
            start = Ix.of(row_block) * rows_per_item
            with emitter.loop(row, start, start + rows_per_item, 1, rows):
                self._row(emitter, row, rows_vars, block, chunk, width, unroll)
        params = kernel_params(self.group.outputs, self.group.memory, self.expressions)
        return Kernel(
            self.group.name, params, (), (block, row_block),
            tuple(emitter.scopes[0].body),
            (block.hi + 1, row_block.hi + 1), (1, 1),
            self._flops(), _bytes_moved(params, self.group.shape), self.expressions.scalars(),
        )  # fmt: skip

    def _grain(self, rows: int, lanes: int, step: int) -> tuple[int, int]:
        """(lanes, rows) of a work-item: thousands of elements on a CPU, few on a GPU."""
        inner = 1
        for v in self.axes.reduced:
            inner *= extent(v)
        total = rows * lanes * inner
        if self.limits.kind == "gpu":
            return (min(step, lanes) if lanes > 1 else 1), 1
        target = max(2048, min(32768, total // (4 * self.limits.compute_units)))
        if lanes * inner >= target:
            chunk = max(step, -(-target // (inner * step)) * step)
            return min(chunk, -(-lanes // step) * step) if lanes > 1 else 1, 1
        return lanes, max(1, min(rows, target // (lanes * inner)))

    def _row(
        self, emitter: Emitter, row: Var, rows_vars: Sequence[Var], block: Var, chunk: int,
        width: int, unroll: int,
    ) -> None:  # fmt: skip
        """One row: its parallel variables, then the vector loop or the passes."""
        stride = 1
        for v in rows_vars:
            stride *= extent(v)
        for v in rows_vars:
            stride //= extent(v)
            at = (
                (Ix.of(row) // stride) % extent(v)
                if v is not rows_vars[0]
                else (Ix.of(row) // stride)
            )
            emitter.append(Define(v.name, ctype_of(ops.DTYPES["int32"]), Position(at), var=v))
            emitter.scopes[-1].vars |= {v}
        if self.vec is None or self.vec not in self.axes.parallel:
            self._passes(emitter, width, unroll)
            return
        count, first = extent(self.vec), Ix.of(block) * chunk
        whole = chunk >= count
        for step, lanes in self._sections(count, width, unroll):
            start, stop = self._section(step, lanes)
            if whole:
                with emitter.loop(self.vec, Ix(start), Ix(stop), step):
                    self._lanes(emitter, step, lanes)
            else:
                # blocks start at multiples of every step, so a section clips them cleanly
                begin = first if start == 0 else None
                with emitter.loop(
                    self.vec,
                    begin if begin is not None else self._late_start(block, chunk, start),
                    first + chunk,
                    step,
                    stop,
                ):
                    self._lanes(emitter, step, lanes)

    def _late_start(self, block: Var, chunk: int, start: int) -> Ix:
        """Where a later section starts: in the one block that holds its beginning."""
        # earlier blocks end before `start`: their loops are empty because start >= their stop
        return Ix(start)

    def _sections(self, count: int, width: int, unroll: int) -> list[tuple[int, int]]:
        """(step, lanes) of the loops that cover `count`: unrolled vectors, vectors, the rest."""
        sections: list[tuple[int, int]] = []
        at = 0
        for step, lanes in ((width * unroll, width), (width, width), (1, 1)):
            whole = (count - at) // step * step
            if whole and (not sections or sections[-1][0] != step):
                sections.append((step, lanes))
                at += whole
        self._bounds = {}
        at = 0
        for step, lanes in sections:
            whole = (count - at) // step * step
            self._bounds[step, lanes] = (at, at + whole)
            at += whole
        return sections

    _bounds: dict[tuple[int, int], tuple[int, int]]

    def _section(self, step: int, lanes: int) -> tuple[int, int]:
        return self._bounds[step, lanes]

    def _lanes(self, emitter: Emitter, step: int, lanes: int) -> None:
        self._passes(emitter, lanes, step // lanes)

    # passes over the reduced axes

    def _passes(self, emitter: Emitter, width: int, unroll: int) -> None:
        vec_reduced = self.vec is not None and self.vec in self.axes.reduced
        for level in self.levels:
            if vec_reduced:
                self._row_reductions(emitter, level, width, unroll)
            else:
                self._column_reductions(emitter, level, width, unroll)
        inner = [s for s in self.stores if s[0].deps & set(self.axes.reduced)]
        outer = [s for s in self.stores if not s[0].deps & set(self.axes.reduced)]
        if vec_reduced:
            if inner:
                self._over_reduced(emitter, width, 1, lambda u: self._store(emitter, inner))
            self._store(emitter, outer)
            return
        copies = range(unroll)
        for u in copies:
            with emitter.lanes(self.vec, width, u * width):
                self._store(emitter, outer)
        if inner:
            with self._nest(emitter, self.axes.reduced):
                for u in copies:
                    with emitter.lanes(self.vec, width, u * width):
                        self._store(emitter, inner)

    def _store(self, emitter: Emitter, stores: Sequence[tuple[Value, str, Ix]]) -> None:
        for v, array, at in stores:
            in_lanes = self.vec is not None and bool(at.coefficient(self.vec))
            emitter.store(array, at, v, in_lanes)

    def _nest(self, emitter: Emitter, loops: Sequence[Var]) -> "_Nest":
        return _Nest(emitter, loops)

    def _over_reduced(self, emitter: Emitter, width: int, unroll: int, body: object) -> None:
        """All reduced loops, the vector one innermost and in sections."""
        assert self.vec is not None and callable(body)
        outer = [v for v in self.axes.reduced if v is not self.vec]
        with self._nest(emitter, outer):
            for step, lanes in self._sections(extent(self.vec), width, unroll):
                start, stop = self._section(step, lanes)
                with emitter.loop(self.vec, Ix(start), Ix(stop), step):
                    for u in range(step // lanes):
                        with emitter.lanes(self.vec, lanes, u * lanes):
                            body(u)

    def _row_reductions(
        self, emitter: Emitter, level: Sequence[Value], width: int, unroll: int
    ) -> None:
        """Several vector accumulators each, folded and summed across lanes at the end."""
        assert self.vec is not None
        tail = extent(self.vec) % width != 0 and width > 1
        copies = unroll if width > 1 else 1
        wide: dict[tuple[Value, int], str] = {}
        single: dict[Value, str] = {}
        for r in level:
            for u in range(copies):
                wide[r, u] = self._accumulator(emitter, r, width)
            if tail:
                single[r] = self._accumulator(emitter, r, 1)

        def body(u: int) -> None:
            for r in level:
                target = wide[r, u] if emitter.width == width else single[r]
                self._accumulate(emitter, r, target, emitter.width)

        self._over_reduced(emitter, width, copies, body)
        for r in level:
            total = wide[r, 0]
            for u in range(1, copies):
                total = self._combine(emitter, r, total, wide[r, u], width)
            if width > 1:
                name = emitter.fresh("h")
                fold = Horizontal(self._combiner(r), total, width)
                emitter.append(Define(name, ctype_of(r.dtype), fold))
                total = name
            if tail:
                total = self._combine(emitter, r, total, single[r], 1)
            emitter.bind(r, self._finish(emitter, r, total))

    def _column_reductions(
        self, emitter: Emitter, level: Sequence[Value], width: int, unroll: int
    ) -> None:
        """One accumulator for each vector of columns."""
        names: dict[tuple[Value, int], str] = {}
        for u in range(unroll):
            with emitter.lanes(self.vec, width, u * width):
                for r in level:
                    names[r, u] = self._accumulator(emitter, r, self._lanes_of(emitter, r))
        with self._nest(emitter, self.axes.reduced):
            for u in range(unroll):
                with emitter.lanes(self.vec, width, u * width):
                    for r in level:
                        lanes = self._lanes_of(emitter, r)
                        self._accumulate(emitter, r, names[r, u], lanes)
        for u in range(unroll):
            with emitter.lanes(self.vec, width, u * width):
                for r in level:
                    emitter.bind(emitter._key(r), names[r, u])

    def _lanes_of(self, emitter: Emitter, r: Value) -> int:
        return emitter.width if self.vec is not None and self.vec in r.deps else 1

    def _combiner(self, r: Value) -> Op:
        assert r.op is not None
        return combiner(r.op, r.dtype.kind == "b")

    def _accumulator(self, emitter: Emitter, r: Value, width: int) -> str:
        assert r.op is not None
        name = emitter.fresh("acc")
        start = Literal(identity(r.op, r))
        emitter.append(Define(name, ctype_of(r.dtype, width), start, mutable=True))
        return name

    def _accumulate(self, emitter: Emitter, r: Value, target: str, width: int) -> None:
        element = emitter.vector(r.args[0], width)
        ctype = ctype_of(r.dtype, width)
        emitter.append(Assign(target, ctype, Apply(self._combiner(r), (target, element), ctype)))

    def _combine(self, emitter: Emitter, r: Value, a: str, b: str, width: int) -> str:
        name = emitter.fresh("acc")
        ctype = ctype_of(r.dtype, width)
        emitter.append(Define(name, ctype, Apply(self._combiner(r), (a, b), ctype)))
        return name

    def _finish(self, emitter: Emitter, r: Value, total: str) -> str:
        name = emitter.fresh(f"{r.op.name}_" if r.op is not None else "r")
        emitter.append(Define(name, ctype_of(r.dtype), Alias(total)))
        return name

    def _flops(self) -> int:
        domain = 1
        for n in self.group.shape:
            domain *= n
        total = 0
        for v in topological([v for v, *_ in self.stores]):
            times = 1
            if v.kind == "reduce":
                times = domain
            elif v.kind == "apply" and v.op is not None:
                for x in v.deps:
                    times *= extent(x)
                times *= 1 if v.op.name == "cast" else v.op.cost
            total += times if v.kind in ("reduce", "apply") else 0
        return total


class _Nest:
    """Several loops as one context."""

    def __init__(self, emitter: Emitter, loops: Sequence[Var]) -> None:
        self.contexts = [emitter.loop(v, Ix(0), Ix(extent(v))) for v in loops]

    def __enter__(self) -> None:
        for c in self.contexts:
            c.__enter__()

    def __exit__(self, *error: object) -> None:
        for c in reversed(self.contexts):
            c.__exit__(None, None, None)


def kernel_params(
    outputs: Sequence[tuple[Node, str, tuple[int, ...]]],
    memory: Mapping[Node, str],
    expressions: Expressions,
) -> tuple[Param, ...]:
    """Outputs, the arrays that are read, late-bound scalars, the error word: in this order."""
    read = {v.payload[0] for v in expressions.all_values() if v.kind == "load"}
    params = [Param(array, n.dtype, "out", n.size) for n, array, _ in outputs]
    params += [Param(a, n.dtype, "in", n.size) for n, a in memory.items() if a in read]
    params += [Param(name, n.dtype, "scalar") for name, n in expressions.arguments.items()]
    params += [
        Param(name, n.dtype, "index")
        for name, (n, var) in expressions.index_arguments.items()
        if var.hi and name not in expressions.arguments
    ]
    if expressions.checks:
        params.append(Param("lg_error", ops.DTYPES["int32"], "error", 1))
    return tuple(params)


def _bytes_moved(params: Sequence[Param], shape: Shape) -> int:
    domain = 1
    for n in shape:
        domain *= n
    return sum(min(p.size, domain) * p.dtype.itemsize for p in params if p.kind in ("in", "out"))


def lower_loops(group: LoopGroup, limits: Limits) -> tuple[Kernel, Checks]:
    """The kernel of a map or reduction group, and what its error codes mean."""
    lowering = _Lowering(group, limits)
    kernel = lowering.lower()
    return kernel, lowering.expressions.told_checks()
