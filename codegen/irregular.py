"""Scans, sorts and scatters: each work-item owns whole lines along the axis, in order.

No atomics: a result never depends on which work-item came first.
"""

from collections.abc import Sequence

from . import ops
from .emit import Emitter
from .expression import Expressions
from .graph import Node
from .index import Ix, Var, flat_index
from .indexing import scatter_identity
from .kernel import (
    Apply,
    Assign,
    Call,
    Checked,
    Define,
    Kernel,
    Literal,
    Load,
    Param,
    Statement,
    Store,
    ctype_of,
)  # fmt: skip
from .loop_group import LoopGroup, kernel_params

__all__ = ["lower_irregular"]

_COMBINE = {"add": "add", "mul": "mul", "max": "maximum", "min": "minimum"}
_INT = ctype_of(ops.DTYPES["int32"])


def _lines(shape: tuple[int, ...], axis: int) -> tuple[Var, tuple[Ix, ...], int]:
    """A work-item variable over all lines along `axis`, the index of a line, how many."""
    count = 1
    for d, m in enumerate(shape):
        count *= m if d != axis else 1
    line = Var("g0", 0, count - 1)
    index: list[Ix] = [Ix()] * len(shape)
    stride = 1
    for d in reversed(range(len(shape))):
        if d == axis or shape[d] == 1:
            continue
        index[d] = (Ix.of(line) // stride) % shape[d]
        stride *= shape[d]
    return line, tuple(index), count


def _at(index: tuple[Ix, ...], axis: int, position: Ix) -> tuple[Ix, ...]:
    return tuple(position if d == axis else i for d, i in enumerate(index))


def _kernel(
    group: LoopGroup, line: Var, count: int, body: tuple[Statement, ...],
    expressions: Expressions, params: tuple[Param, ...], work: int,
) -> tuple[Kernel, Sequence[Node]]:  # fmt: skip
    moved = sum(p.size * p.dtype.itemsize for p in params if p.kind in ("in", "out"))
    kernel = Kernel(group.name, params, (), (line,), body, (count,), (1,), work, moved,
                    expressions.scalars())  # fmt: skip
    return kernel, expressions.checks


def _scan(group: LoopGroup, n: Node) -> tuple[Kernel, Sequence[Node]]:
    x = n.src[0]
    axis, mode = n.arg
    line, index, count = _lines(n.shape, axis)
    expressions = Expressions(group.memory)
    step = Var("r0", 0, n.shape[axis] - 1)
    value = expressions.value(x, _at(index, axis, Ix.of(step)))
    out_at = flat_index(_at(index, axis, Ix.of(step)), n.shape)
    e = Emitter(expressions, [line])
    ctype = ctype_of(n.dtype)
    combine = ops.TABLE[_COMBINE[mode]]
    start: float | int = 1 if mode == "mul" else scatter_identity(mode, n.dtype)
    e.append(Define("acc", ctype, Literal(start), mutable=True))
    with e.loop(step, Ix(), Ix(n.shape[axis])):
        name = e.vector(value, 1)
        e.append(Assign("acc", ctype, Apply(combine, ("acc", name), ctype)))
        e.append(Store(group.outputs[0][1], out_at, "acc", ctype))
    params = kernel_params(group.outputs, group.memory, expressions)
    return _kernel(group, line, count, tuple(e.scopes[0].body), expressions, params, n.size)


def _scatter(group: LoopGroup, n: Node) -> tuple[Kernel, Sequence[Node]]:
    """A work-item owns lines of the result: fills them, then walks the sources in order."""
    places, values = n.src
    axis, count_out, mode = n.arg
    line, index, count = _lines(n.shape, axis)
    expressions = Expressions(group.memory)
    step = Var("r0", 0, values.shape[axis] - 1)
    at = _at(index, axis, Ix.of(step))
    place_at = tuple(i if m != 1 else Ix() for i, m in zip(at, places.shape, strict=True))
    position = expressions.value(places, place_at)
    value = expressions.value(values, at)
    out = group.outputs[0][1]
    e = Emitter(expressions, [line])
    ctype = ctype_of(n.dtype)
    fill = Var("q", 0, count_out - 1)
    with e.loop(fill, Ix(), Ix(count_out)):
        e.append(Define("fill", ctype, Literal(scatter_identity(mode, n.dtype))))
        e.append(Store(out, flat_index(_at(index, axis, Ix.of(fill)), n.shape), "fill", ctype))
    target = Var("place", 0, count_out - 1, "datum")
    expressions.checks.append(n)
    with e.loop(step, Ix(), Ix(values.shape[axis])):
        source = e.emit(position)
        e.append(
            Define("place", _INT, Checked(source, count_out, expressions.code_of(n)), var=target)
        )
        e.scopes[-1].vars |= {target}
        name = e.emit(value)
        spot = flat_index(_at(index, axis, Ix.of(target)), n.shape)
        e.append(Define("old", ctype, Load(out, spot, 0)))
        combine = ops.TABLE[_COMBINE[mode]]
        e.append(Define("new", ctype, Apply(combine, ("old", name), ctype)))
        e.append(Store(out, spot, "new", ctype))
    params = kernel_params(group.outputs, group.memory, expressions)
    return _kernel(group, line, count, tuple(e.scopes[0].body), expressions, params, values.size)


def _argsort(group: LoopGroup, n: Node) -> tuple[Kernel, Sequence[Node]]:
    """A stable merge sort of positions for each line; the values stay where they are."""
    x = n.src[0]
    axis, descending = n.arg
    line, index, count = _lines(n.shape, axis)
    stride = 1
    for m in n.shape[axis + 1 :]:
        stride *= m
    expressions = Expressions(group.memory)
    e = Emitter(expressions, [line])
    array = group.memory[x]
    out = group.outputs[0][1]
    base = flat_index(index, n.shape)
    order = "descending" if descending else "ascending"
    name = f"lg_argsort_{order}_{x.dtype.name}"
    e.append(Call(name, (array, out, "scratch", base, Ix(stride), Ix(n.shape[axis]))))
    params = (
        Param(out, n.dtype, "out", n.size),
        Param(array, x.dtype, "in", x.size),
        Param("scratch", n.dtype, "scratch", n.size),
    )
    rounds = max(1, n.shape[axis].bit_length())
    return _kernel(
        group, line, count, tuple(e.scopes[0].body), expressions, params, n.size * rounds
    )


def lower_irregular(group: LoopGroup, anchor: Node) -> tuple[Kernel, Sequence[Node]]:
    """The kernel of a scan, sort or scatter, and the nodes whose indices it checks."""
    lowerings = {"scan": _scan, "scatter": _scatter, "argsort": _argsort}
    return lowerings[anchor.op.name](group, anchor)
