"""What a program means: NumPy values in a wider type, each with a bound of its error.

Every row's meaning is NumPy's, computed in float64 (longdouble for float64). A bound says how far
a correct device may be from it: the operands' bounds carried through the row, and the row's own
error in ulp. Where a decision (a comparison, a floor, an order, an index) hangs on rounding, the
value is unchecked: its bound is infinite.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lazygrad.codegen.dtype import DTYPES, DType
from lazygrad.codegen.graph import Node, toposort
from lazygrad.codegen.views import VIEWS

from .program import Array, Leaf, Program, Replay

__all__ = ["Bounded", "apply", "meaning", "wrong"]

# dtype -> (distance from 1 to the next value, largest, least positive)
_FLOATS = {
    "float16": (2.0**-10, 65504.0, 2.0**-24),
    "bfloat16": (2.0**-7, 3.3895313892515355e38, 2.0**-133),
    "float32": (2.0**-23, 3.4028234663852886e38, 2.0**-149),
    "float64": (2.0**-52, 1.7976931348623157e308, 5e-324),
}
_CORRECTLY_ROUNDED = {"add", "sub", "mul"}


@dataclass
class Bounded:
    """`value`, each element within `error` of what a device may hold; `moved`: a leaf's bits."""

    value: Array
    error: Array
    moved: bool = False


Rule = Callable[[Node, Array, Sequence[Bounded]], Any]


def _wide(value: Array, dtype: DType) -> Array:
    if dtype.kind != "f":
        return value
    return value.astype(np.longdouble if dtype.name == "float64" else np.float64)


def of_leaf(leaf: Leaf) -> Bounded:
    dtype = DTYPES[leaf.dtype]
    value = np.array(_wide(dtype.from_storage(leaf.bits), dtype))  # a copy: writes change it
    return Bounded(value, np.zeros(value.shape), True)


def _distance(a: Array, b: Array) -> Array:
    same = (a == b) | ((a != a) & (b != b))
    if a.dtype == np.bool_:
        return np.where(same, 0.0, 1.0)
    return np.where(same, 0.0, np.abs(a - b))


def _ends(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    """For monotonic rows and those convex: the farther end of the operand's interval."""
    down = n.op.numpy(n, x[0].value - x[0].error)
    up = n.op.numpy(n, x[0].value + x[0].error)
    moved = 1.01 * np.maximum(_distance(down, value), _distance(up, value))
    return np.where(np.isinf(x[0].error), np.inf, moved)  # around NaN there are no ends


def _corners(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    """Rows monotonic in each operand: the farthest corner."""
    a, b = x
    worst: Any = np.zeros(value.shape)
    for i in (-1, 1):
        for j in (-1, 1):
            found = n.op.numpy(n, a.value + i * a.error, b.value + j * b.error)
            worst = np.maximum(worst, 1.01 * _distance(found, value))
    return np.where(np.isinf(a.error + b.error), np.inf, worst)


def _decided(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    """Rows with steps: exact where every corner decides alike, else unchecked."""
    moved = _ends(n, value, x) if len(x) == 1 else _corners(n, value, x)
    return np.where(moved == 0, 0.0, np.inf)


def _equal(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    """Whether two are equal is known where they are exact, and where they lie apart."""
    a, b = x
    together = a.error + b.error
    return np.where((together > 0) & ~(_distance(a.value, b.value) > together), np.inf, 0.0)


def _bits(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    """NaN has many bits; of an integer's bits each counts."""
    unknown = (x[0].error > 0) | np.isnan(x[0].value)
    return np.where(unknown, np.inf, 0.0)


def _unchecked(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    """Nothing is promised of operands that are not exact."""
    total: Any = 0.0
    for o in x:
        total = total + o.error
    return np.where(total == 0, 0.0, np.inf)


def _whole(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    return np.inf if any(np.any(o.error != 0) for o in x) else 0.0


def _product(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    a, b = x
    return np.abs(a.value) * b.error + a.error * np.abs(b.value) + a.error * b.error


def _quotient(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    a, b = x
    left = np.abs(b.value) - b.error
    return np.where(left > 0, (a.error + np.abs(value) * b.error) / left, np.inf)


def _periodic(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    return np.where(np.isinf(x[0].error), np.inf, np.minimum(x[0].error, 2.0))  # inf has no sine


def _tangent(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    slope = 1 + value * value  # at most fourfold within a small part of the way to the pole
    return np.where(x[0].error * (1 + np.abs(value)) < 0.25, 4 * slope * x[0].error, np.inf)


def _remainder(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    a, b = x
    step = np.floor if n.op.name == "mod" else np.trunc
    whole = step(a.value / b.value)
    stable: Any = True
    for i in (-1, 1):
        for j in (-1, 1):
            moved = (a.value + i * a.error) / (b.value + j * b.error)
            stable &= step(moved) == whole
    return np.where(stable, a.error + np.abs(whole) * b.error, np.inf)


def _chosen(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    mask, yes, no = x
    return np.where(mask.error > 0, np.inf, np.where(mask.value, yes.error, no.error))


def _larger(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    return np.maximum(x[0].error, x[1].error)


def _cast(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    if n.dtype.kind == "f":
        return x[0].error + _distance(_wide(value, n.dtype), x[0].value)
    return _decided(n, value, x)


def _view(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    if any(np.any(s.error) for s in x[1:]):
        return np.inf
    starts = [s.value for s in x[1:]]
    inside = np.isnan(n.op.numpy(n, np.full(x[0].value.shape, np.nan), *starts))
    return np.where(inside, n.op.numpy(n, x[0].error, *starts), 0.0)


def _axes(n: Node) -> tuple[int, ...]:
    axes: tuple[int, ...] = n.arg[0] if n.arg and isinstance(n.arg[0], tuple) else n.arg
    return axes


def _unit(n: Node) -> float:
    name = "float32" if n.dtype.is_narrow else n.dtype.name  # narrow types accumulate in float32
    return _FLOATS[name][0]


def _finite_or_zero(x: Array) -> Array:
    return np.where(np.isfinite(x), np.abs(x), 0.0)


def _sum(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    axes, size = _axes(n), x[0].value
    total = np.sum(_finite_or_zero(size), axis=axes, keepdims=True)
    count = max(1, size.size // max(1, value.size))
    carried = np.sum(x[0].error, axis=axes, keepdims=True)
    return carried + _reassociated(n, value, total, count)


def _reassociated(n: Node, value: Array, total: Array, count: int) -> Any:
    """The rounding of a sum of `count` in any order; unchecked where its parts may overflow."""
    if n.dtype.kind != "f":
        return 0.0
    rounding = np.where(np.isfinite(value), count * _unit(n) * total, 0.0)
    return np.where(total > _FLOATS[n.dtype.name][1], np.inf, rounding)


def _prod(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    if n.dtype.kind != "f":
        return _reduced_whole(n, value, x)
    size, axes = np.abs(x[0].value), _axes(n)
    count = max(1, size.size // max(1, value.size))
    spread = np.prod((size + x[0].error) * (1 + _unit(n)), axis=axes, keepdims=True)
    # any order: parts that overflow or underflow on the way are not followed
    most = np.prod(np.maximum(size + x[0].error, 1.0), axis=axes, keepdims=True)
    least = np.prod(np.minimum(np.where(size == 0, 1.0, size), 1.0), axis=axes, keepdims=True)
    fits = (most < _FLOATS[n.dtype.name][1]) & (least > 2.0**-100)
    bound = spread - np.abs(value) + count * _unit(n) * np.abs(value)
    return np.where(fits, bound, np.inf)


def _reduced_whole(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    return np.max(x[0].error, axis=_axes(n), keepdims=True, initial=0.0)


def _contract(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    lhs, rhs, out = n.arg

    def dot(a: Array, b: Array) -> Array:
        return np.asarray(np.einsum(a, list(lhs), b, list(rhs), list(out)))

    a, b = x
    if n.dtype.kind != "f":
        return np.where(dot(a.error != 0, b.error == b.error) | dot(a.error == a.error,
                        b.error != 0), np.inf, 0.0)  # fmt: skip
    left, right = _finite_or_zero(a.value), _finite_or_zero(b.value)
    carried = dot(left, b.error) + dot(a.error, right) + dot(a.error, b.error)
    infinite = not (np.isfinite(a.value).all() and np.isfinite(b.value).all())
    if infinite and (np.any(a.error) or np.any(b.error)):
        return np.inf
    sizes = {**dict(zip(lhs, n.src[0].shape, strict=True)),
             **dict(zip(rhs, n.src[1].shape, strict=True))}  # fmt: skip
    count = int(np.prod([sizes[k] for k in sizes if k not in out], initial=1))
    return carried + _reassociated(n, value, dot(left, right), count + 1)


def _linear(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    axis, matrix = n.arg
    weights = np.abs(np.array(matrix, np.float64))
    # operands may be added before they are multiplied
    pairs = (weights, x[0].error), (np.maximum(weights, weights > 0), _finite_or_zero(x[0].value))
    carried, total = [np.moveaxis(np.tensordot(w, a, (1, axis)), 0, axis) for w, a in pairs]
    return carried + _reassociated(n, value, total, len(matrix[0]) + 2)


def _scan(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    axis, mode = n.arg
    size, error = x[0].value, x[0].error
    if mode in ("max", "min") or n.dtype.kind != "f":
        return np.maximum.accumulate(error, axis=axis)
    if mode == "add":
        total = np.add.accumulate(_finite_or_zero(size), axis=axis)
        return np.add.accumulate(error, axis=axis) + _reassociated(
            n, value, total, size.shape[axis]
        )
    spread = np.multiply.accumulate((np.abs(size) + error) * (1 + _unit(n)), axis=axis)
    most = np.multiply.accumulate(np.maximum(np.abs(size) + error, 1.0), axis=axis)
    least = np.multiply.accumulate(
        np.minimum(np.where(size == 0, 1.0, np.abs(size)), 1.0), axis=axis
    )
    fits = (most < _FLOATS[n.dtype.name][1]) & (least > 2.0**-100)
    return np.where(
        fits, spread - np.abs(value) + size.shape[axis] * _unit(n) * np.abs(value), np.inf
    )


def _gather(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    if np.any(x[1].error):
        return np.inf
    return n.op.numpy(n, x[0].error, x[1].value)


def _scatter(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    index, values = x
    if np.any(index.error):
        return np.inf
    axis, _count, mode = n.arg
    grid: list[Any] = list(np.indices(values.value.shape, sparse=True))
    grid[axis] = np.broadcast_to(index.value, values.value.shape)
    error, total = np.zeros(n.shape), np.zeros(n.shape)
    (np.add if mode == "add" else np.maximum).at(error, tuple(grid), values.error)
    if mode != "add" or n.dtype.kind != "f":
        return error
    np.add.at(total, tuple(grid), _finite_or_zero(values.value).astype(np.float64))
    return error + _reassociated(n, value, total, values.value.shape[axis])


def _last(n: Node, value: Array, x: Sequence[Bounded]) -> Any:
    return x[-1].error


_ENDS = [
    "exp", "log", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "erfc", "sqrt", "rsqrt",
    "expm1", "log1p", "exp2", "log2", "log10",
]  # fmt: skip
_DECIDED = ["lt", "le", "floor", "ceil", "round", "trunc", "floordiv", "isnan", "sign"]
_RULES: dict[str, Rule] = {
    **dict.fromkeys(_ENDS, _ends),
    **dict.fromkeys(_DECIDED, _decided),
    **dict.fromkeys(("eq", "ne"), _equal),
    **dict.fromkeys(("pow", "atan2"), _unchecked),
    **dict.fromkeys(("sin", "cos"), _periodic),
    **dict.fromkeys(("add", "sub"), lambda n, v, x: x[0].error + x[1].error),
    **dict.fromkeys(("neg", "abs"), lambda n, v, x: x[0].error),
    **dict.fromkeys(("maximum", "minimum"), _larger),
    **dict.fromkeys(("max", "min"), _reduced_whole),
    **dict.fromkeys(("mod", "fmod"), _remainder),
    **dict.fromkeys(("variable", "detach", "assign"), _last),
    **dict.fromkeys(VIEWS, _view),
    "mul": _product, "div": _quotient, "tan": _tangent, "where": _chosen, "cast": _cast,
    "bitcast": _bits,
    "sum": _sum, "prod": _prod, "contract": _contract, "linear": _linear, "scan": _scan,
    "gather": _gather, "scatter": _scatter, "argsort": _whole, "topk": _whole,
}  # fmt: skip
_MOVES = {"reshape", "permute", "expand", "flip", "slice", "gather", "window", "variable", "detach"}
_NO_ROUNDING = _MOVES | {
    "neg", "abs", "sign", "where", "maximum", "minimum", "max", "min", "floor", "ceil", "round",
    "trunc", "pad", "skew", "unskew", "cast", "bitcast", "const", "scalar", "iota", "assign",
}  # fmt: skip


def apply(n: Node, operands: Sequence[Bounded]) -> Bounded:
    """The meaning of one node of the op table on operands with bounds."""
    given = [o.value for o in operands]
    with np.errstate(all="ignore"):
        value = np.asarray(n.op.numpy(n, *given))
        exact = all(not np.any(o.error) for o in operands)
        rule = _RULES.get(n.op.name, _unchecked)
        adds = (_sum, _prod, _contract, _linear, _scan, _scatter, _cast, _bits)
        if exact and rule not in adds:
            error = np.zeros(value.shape)
        else:
            found = np.asarray(rule(n, value, operands), np.float64)
            error = np.broadcast_to(np.where(np.isnan(found), np.inf, found), value.shape)
        if n.dtype.kind == "f":
            value = _wide(value, n.dtype)
            error = error + _rounding(n, value, error)
        elif np.any(error):
            error = np.where(error > 0, np.inf, 0.0)
    moved = n.op.name in _MOVES and all(o.moved for o in operands)
    return Bounded(np.asarray(value), np.asarray(error), moved)


def _rounding(n: Node, value: Array, carried: Array) -> Array:
    """The row's own error; unchecked where a finite value may not fit the dtype."""
    unit, largest, least = _FLOATS[n.dtype.name]
    beyond = np.isfinite(value) & (np.abs(value) + carried > largest)
    if n.op.name in _NO_ROUNDING:
        return np.where(beyond, np.inf, 0.0)
    rounding = np.where(np.isfinite(value), (n.op.ulp + 0.5) * (unit * np.abs(value) + least), 0.0)
    if n.op.name in _CORRECTLY_ROUNDED and n.dtype.name != "float64":
        held = n.dtype.from_storage(n.dtype.to_storage(value)).astype(value.dtype)
        rounding = np.where((held == value) & (carried == 0), 0.0, rounding)
    return np.asarray(np.where(beyond, np.inf, rounding), np.float64)


def meaning(program: Program, replay: Replay) -> list[Bounded]:
    """Every value of a program; `replay` is of the same program, nothing of it computed yet."""
    values = [of_leaf(leaf) for leaf in program.leaves]
    # writes change `values`, never what the graph of a gradient began with
    leaves = {replay.nodes[i]: of_leaf(leaf) for i, leaf in enumerate(program.leaves)}
    for number, step in enumerate(program.steps, len(values)):
        args = [values[i] for i in step.operands]
        n = replay.nodes[number]
        if step.op == "view":
            x = args[0]
            values.append(Bounded(x.value[step.arg], x.error[step.arg], x.moved))
        elif step.op == "write":
            x, y = args
            x.value[step.arg], x.error[step.arg] = y.value.copy(), y.error.copy()
            x.moved = False
            values.append(x)
        elif step.op == "gradient":
            assert n is not None
            values.append(_evaluate(n, leaves))
        else:
            assert n is not None
            found = apply(n, args)
            value, error = np.array(found.value), np.array(found.error)
            values.append(Bounded(value, error, found.moved))
    return values


def _evaluate(asked: Node, known: dict[Node | None, Bounded]) -> Bounded:
    values: dict[Node, Bounded] = {}
    for n in toposort([asked], stop=lambda n: n in known):
        values[n] = known[n] if n in known else apply(n, [values[s] for s in n.src])
    return values[asked]


def wrong(got: Array, expected: Bounded, dtype: DType) -> Array:
    """Where stored bits are outside the bound."""
    value = _wide(dtype.from_storage(got), dtype)
    with np.errstate(all="ignore"):
        good = _distance(value, expected.value) <= expected.error if dtype.kind == "f" else (
            (value == expected.value) | (expected.error > 0))  # fmt: skip
    if expected.moved and dtype.kind == "f":
        good &= np.signbit(value) == np.signbit(expected.value)
    return ~(good | np.isinf(expected.error))  # also NaN where nothing is promised
