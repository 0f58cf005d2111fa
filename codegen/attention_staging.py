"""Operands of a chain's products come into local memory: rows of a work-item, blocks of columns."""

from dataclasses import dataclass

from .dtype import int32
from .emit import Emitter, topological
from .expression import Expressions, Value
from .index import Ix, Var, variables
from .kernel import Array, Define, Literal, Position, Store, ctype_of

__all__ = ["Along", "define_var", "fill_zero", "in_lanes", "stage"]


@dataclass(frozen=True, slots=True)
class Along:
    """A variable of an operand: `count` places from `base` on, `stride` apart in local memory.

    Places beyond `limit` are read as that one.
    """

    var: Var
    base: Ix
    count: int
    stride: int
    limit: int | None = None


def in_lanes(expressions: Expressions, value: Value, var: Var) -> bool:
    """Whether lanes may run along `var`: every access strides along it, no condition does."""
    for v in topological([value]):
        if any(var in expressions.loop_vars(c.of) for c in v.conditions):
            return False
        if v.kind == "datum" and var in v.deps:
            return False
        if v.index is None:
            continue
        if v.index.coefficient(var) is None:
            return False
        data = [x for x in variables(v.index) if x.kind == "datum"]
        if any(var in expressions.datum_deps[x] for x in data):
            return False
    return True


def _walks(expressions: Expressions, value: Value, var: Var) -> bool:
    """Whether loads along `var` are of neighbours, or of one element."""
    if not in_lanes(expressions, value, var):
        return False
    loads = [v for v in topological([value]) if v.kind == "load"]
    return all(v.index is None or v.index.coefficient(var) in (0, 1) for v in loads)


def stage(e: Emitter, value: Value, array: str, outer: Along, inner: Along, lanes: int) -> None:
    """Stores a value at all places of two variables; lanes run along the one it is stored by."""
    expressions = e.expressions
    if not _walks(expressions, value, inner.var) and _walks(expressions, value, outer.var):
        outer, inner = inner, outer
    if inner.limit is not None or not in_lanes(expressions, value, inner.var):
        lanes = 1
    with _Walk(e, outer) as at_outer:
        whole = inner.count // lanes * lanes
        for begin, end, width in ((0, whole, lanes), (whole, inner.count, 1)):
            if begin == end:
                continue
            local = Var("q", 0, inner.count - 1)
            with e.loop(local, Ix(begin), Ix(end), width):
                _define(e, inner, local)
                with e.lanes(inner.var, width):
                    name = e.vector(value, width)
                at = at_outer + Ix.of(local) * inner.stride
                e.append(Store(array, at, name, ctype_of(value.dtype, width), inner.stride))


class _Walk:
    """A loop over the places of a variable, which it defines."""

    def __init__(self, e: Emitter, along: Along) -> None:
        self.e, self.along = e, along
        self.local = Var("p", 0, along.count - 1)
        self.loop = e.loop(self.local, Ix(), Ix(along.count))

    def __enter__(self) -> Ix:
        self.loop.__enter__()
        _define(self.e, self.along, self.local)
        return Ix.of(self.local) * self.along.stride

    def __exit__(self, *error: object) -> None:
        self.loop.__exit__(None, None, None)


def _define(e: Emitter, along: Along, local: Var) -> None:
    define_var(e, along.var, along.base + Ix.of(local), along.limit)


def define_var(e: Emitter, var: Var, index: Ix, highest: int | None) -> None:
    """A variable that is at most `highest`."""
    if highest is None or index.hi <= highest:
        e.define_var(var, index)
        return
    e.append(Define(var.name, ctype_of(int32), Position(index, 0, highest), var=var))
    e.scopes[-1].vars |= {var}


def fill_zero(e: Emitter, array: Array, lanes: int) -> None:
    """Zeros in all of an array, which has a multiple of `lanes` elements."""
    at = Var("q", 0, array.size - 1)
    with e.loop(at, Ix(), Ix(array.size), lanes):
        zero = e.fresh("zero")
        wide = ctype_of(array.dtype, lanes)
        e.append(Define(zero, wide, Literal(0)))
        e.append(Store(array.name, Ix.of(at), zero, wide))
