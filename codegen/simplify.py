"""Graph to graph: markers off, constants folded, identities and views merged.

Each rule gets a node whose operands are simple already and returns a better node, or None for
"unchanged". Rules are keyed by the op they start from. No rule may change a value: x + 0 stays
where x may be -0.0, x * 0 always stays.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from . import ops
from .dtype import int64
from .graph import Node, Shape, node, rewrite
from .indexing import scatter_identity
from .integer_rules import inverted, merged_offsets
from .reduction import contract_shape
from .reference import evaluate
from .window_rules import (
    fold_by_phases,
    fold_of_contraction,
    pads_first,
    phases_of_padded_lines,
    slice_of_skew,
    window_of_slots,
)

__all__ = ["simplify"]

Rule = Callable[[Node], Node | None]
_RULES: dict[str, list[Rule]] = {}


def _rule(*names: str) -> Callable[[Rule], Rule]:
    def register(rule: Rule) -> Rule:
        for name in names:
            _RULES.setdefault(name, []).append(rule)
        return rule

    return register


def simplify(outputs: Sequence[Node], stop: Callable[[Node], bool] | None = None) -> list[Node]:
    """The outputs over a simpler graph with the same values; not below nodes that `stop`."""
    return rewrite(outputs, _improve, stop)[0]


def _improve(n: Node) -> Node | None:
    if n.src and n.size and any(s.size == 0 for s in n.src):
        return _of_nothing(n)
    for rule in _RULES.get(n.op.name, ()):
        better = rule(n)
        if better is not None and better is not n:
            return better
    if n.op.kind == "elementwise":
        return _fold_constants(n) or _drop_expands(n)
    return None


def _of_nothing(n: Node) -> Node | None:
    """What is left where operands have no elements: an identity, or the fill of a pad."""
    name = n.op.name
    if name == "pad":
        value: Any = n.arg[1]
    elif name in ("sum", "contract"):
        value = 0
    elif name == "prod":
        value = 1
    elif name == "scatter":
        value = scatter_identity(n.arg[2], n.dtype)
    else:
        return None
    return ops.expand(ops.const(value, n.dtype), n.shape)


def _is_const(n: Node, value: float | int | None = None) -> bool:
    if n.op.name != "const":
        return False
    return value is None or ops.const_value(n) == value


# markers ----------------------------------------------------------------------------------


@_rule("variable", "detach", "on")
def _strip_marker(n: Node) -> Node | None:
    return n.src[0]


@_rule("assign", "recomputed")
def _strip_assign(n: Node) -> Node | None:
    return n.src[-1]


# elementwise ------------------------------------------------------------------------------


def _fold_constants(n: Node) -> Node | None:
    if not n.src or any(s.op.name != "const" for s in n.src):
        return None
    bits = n.dtype.to_storage(evaluate([n])[0])
    return node(ops.TABLE["const"], (), (n.dtype, bits.tobytes()))


def _drop_expands(n: Node) -> Node | None:
    """Operands broadcast by themselves: an expand is needed once, outside."""
    if not any(s.op.name == "expand" for s in n.src):
        return None
    src = tuple([s.src[0] if s.op.name == "expand" else s for s in n.src])
    return ops.expand(node(n.op, src, n.arg), n.shape)


@_rule("add")
def _add(n: Node) -> Node | None:
    a, b = n.src
    if n.dtype.kind != "f":
        for x, y in ((a, b), (b, a)):
            if _is_const(y, 0) and x.shape == n.shape:
                return x
    if b.op.name == "neg" and n.dtype.kind == "f":
        return ops.sub(a, b.src[0])
    return None


@_rule("sub")
def _sub(n: Node) -> Node | None:
    a, b = n.src
    is_zero = _is_const(b, 0) and not (n.dtype.kind == "f" and _negative_zero(b))
    return a if is_zero and a.shape == n.shape else None


def _negative_zero(n: Node) -> bool:
    return bool(np.signbit(ops.const_value(n)))


@_rule("mul")
def _mul(n: Node) -> Node | None:
    a, b = n.src
    for x, y in ((a, b), (b, a)):
        if _is_const(y, 1) and x.shape == n.shape:
            return x
        if _is_const(y, -1) and x.shape == n.shape:
            return ops.neg(x)
    return None


@_rule("div")
def _div(n: Node) -> Node | None:
    a, b = n.src
    return a if _is_const(b, 1) and a.shape == n.shape else None


@_rule("neg")
def _neg(n: Node) -> Node | None:
    return n.src[0].src[0] if n.src[0].op.name == "neg" else None


_rule("add", "sub", "neg")(merged_offsets)
_rule("bitwise_xor")(inverted)


@_rule("bitwise_and", "bitwise_or")
def _same_bits(n: Node) -> Node | None:
    return n.src[0] if n.src[0] is n.src[1] else None


@_rule("cast")
def _cast(n: Node) -> Node | None:
    x = n.src[0]
    return x if x.dtype is n.dtype else None


@_rule("bitcast")
def _bitcast(n: Node) -> Node | None:
    x = n.src[0]
    if x.op.name == "bitcast":
        return ops.bitcast(x.src[0], n.dtype)
    return x if x.dtype is n.dtype else None


@_rule("where")
def _where(n: Node) -> Node | None:
    mask, yes, no = n.src
    if _is_const(mask):
        return ops.expand(yes if ops.const_value(mask) else no, n.shape)
    return yes if yes is no and yes.shape == n.shape else None


# views ------------------------------------------------------------------------------------


@_rule("reshape")
def _reshape(n: Node) -> Node | None:
    x = n.src[0]
    if x.shape == n.shape:
        return x
    if x.op.name == "reshape":
        return ops.reshape(x.src[0], n.shape)
    if x.op.name == "expand" and x.src[0].size == 1:
        return ops.expand(ops.reshape(x.src[0], (1,) * len(n.shape)), n.shape)
    return None


@_rule("permute")
def _permute(n: Node) -> Node | None:
    x = n.src[0]
    if n.arg == tuple(range(len(n.arg))):
        return x
    if x.op.name == "permute":
        return ops.permute(x.src[0], tuple(x.arg[a] for a in n.arg))
    if x.op.name == "contract":
        lhs, rhs, out = x.arg
        return ops.contract(x.src[0], x.src[1], lhs, rhs, tuple(out[a] for a in n.arg))
    if [x.shape[a] for a in n.arg if x.shape[a] != 1] == [m for m in x.shape if m != 1] and [
        a for a in n.arg if x.shape[a] != 1
    ] == sorted(a for a in n.arg if x.shape[a] != 1):
        return ops.reshape(x, n.shape)  # only axes of size 1 move
    return None


@_rule("expand")
def _expand(n: Node) -> Node | None:
    x = n.src[0]
    if x.shape == n.shape:
        return x
    if x.op.name == "expand":
        return ops.expand(x.src[0], n.shape)
    return None


@_rule("flip")
def _flip(n: Node) -> Node | None:
    x = n.src[0]
    axes = tuple(a for a in n.arg if x.shape[a] != 1)
    if axes != n.arg:
        return ops.flip(x, axes)
    if x.op.name == "flip":
        return ops.flip(x.src[0], tuple(sorted(set(axes) ^ set(x.arg))))
    return None


@_rule("slice")
def _slice(n: Node) -> Node | None:
    """Drops axes that are taken whole; merges constant slices of one axis."""
    x = n.src[0]
    kept = [
        (a, s) for a, s in zip(n.arg, n.src[1:], strict=True)
        if not (_is_const(s, 0) and a[2] == 1 and a[1] == x.shape[a[0]])
    ]  # fmt: skip
    if len(kept) != len(n.arg):
        return ops.slice_(x, tuple(a for a, _ in kept), [s for _, s in kept])
    if x.op.name == "slice" and len(n.arg) == len(x.arg) == 1 and n.arg[0][0] == x.arg[0][0]:
        (axis, length, step), (_, _, inner) = n.arg[0], x.arg[0]
        if _is_const(n.src[1]) and _is_const(x.src[1]):
            start = ops.const_value(x.src[1]) + ops.const_value(n.src[1]) * inner
            return ops.slice_(x.src[0], ((axis, length, step * inner),), (ops.const(start, int64),))
    return None


_rule("slice")(slice_of_skew)
_rule("pad")(pads_first)
_rule("unskew")(window_of_slots)


# reductions -------------------------------------------------------------------------------


@_rule("sum", "prod", "max", "min")
def _reduce_of_one(n: Node) -> Node | None:
    """Axes of size 1 need no reduction."""
    x = n.src[0]
    nested = isinstance(n.arg[0], tuple)
    axes = n.arg[0] if nested else n.arg
    kept = tuple(a for a in axes if x.shape[a] != 1)
    if len(kept) == len(axes):
        return None
    return node(n.op, (x,), (kept, n.arg[1]) if nested else kept) if kept else x


@_rule("scatter")
def _scatter_of_one(n: Node) -> Node | None:
    """One source along the axis: a comparison with the place, which fuses."""
    index, values = n.src
    axis, count, mode = n.arg
    if values.shape[axis] != 1 or mode != "add":
        return None
    place = ops.flat_iota(n.shape, (axis,))
    zero = ops.const(0, n.dtype)
    # a gather from the places themselves gives the index back, checked
    places = ops.expand(place, (*index.shape[:axis], count, *index.shape[axis + 1 :]))
    checked = ops.gather(places, index, axis)
    checked.origin = checked.origin or n.origin
    return ops.expand(ops.where(ops.eq(place, checked), values, zero), n.shape)


@_rule("contract")
def _contract(n: Node) -> Node | None:
    """Transposes and broadcasts of operands are a matter of labels."""
    a, b = n.src
    lhs, rhs, _out = n.arg
    for left, x, labels, other in ((True, a, lhs, rhs), (False, b, rhs, lhs)):
        if x.op.name == "permute":
            inverse = [0] * len(labels)
            for position, axis in enumerate(x.arg):
                inverse[axis] = labels[position]
            return _contract_with(n, left, x.src[0], tuple(inverse))
        if x.op.name == "expand" and len(x.src[0].shape) == len(x.shape):
            gone = [
                i for i, (m, k) in enumerate(zip(x.src[0].shape, x.shape, strict=True))
                if m != k and labels[i] in other
            ]  # fmt: skip
            if gone:
                shape: Shape = tuple(m for i, m in enumerate(x.src[0].shape) if i not in gone)
                sizes = tuple(m for i, m in enumerate(x.shape) if i not in gone)
                smaller = ops.expand(ops.reshape(x.src[0], shape), sizes)
                kept = tuple(k for i, k in enumerate(labels) if i not in gone)
                return _contract_with(n, left, smaller, kept)
    return None


def _contract_with(n: Node, left: bool, x: Node, labels: tuple[int, ...]) -> Node:
    a, b = n.src
    lhs, rhs, out = n.arg
    if left:
        return ops.contract(x, b, labels, rhs, out)
    return ops.contract(a, x, lhs, labels, out)


@_rule("contract")
def _contract_of_line(n: Node) -> Node | None:
    """One row, one column or nothing contracted: no product of matrices, a sum or none at all."""
    a, b = n.src
    lhs, rhs, out = n.arg
    sizes = contract_shape(a, b, n.arg)

    def count(labels: Iterable[int]) -> int:
        total = 1
        for label in labels:
            total *= sizes[label]
        return total

    contracted = tuple(x for x in lhs if x not in out)
    rows = count(x for x in lhs if x in out and x not in rhs)
    columns = count(x for x in rhs if x in out and x not in lhs)
    if min(rows, columns) != 1 and count(contracted) != 1:
        return None
    large = lhs if a.size > b.size else rhs
    down = bool(contracted) and large[-1] not in contracted  # along what lies apart in memory
    whole = (*contracted, *out) if down else (*out, *contracted)

    def spread(x: Node, labels: tuple[int, ...]) -> Node:
        order = tuple(sorted(range(len(labels)), key=lambda i: whole.index(labels[i])))
        present = [labels[i] for i in order]
        shape = tuple(sizes[k] if k in present else 1 for k in whole)
        return ops.reshape(ops.permute(x, order), shape)

    axes = tuple(whole.index(x) for x in contracted)
    product = ops.mul(spread(a, lhs), spread(b, rhs))
    return ops.reshape(ops.expand(ops.sum_(product, axes), tuple(
        sizes[k] if k in out else 1 for k in whole)), n.shape)  # fmt: skip


_rule("contract", "linear")(phases_of_padded_lines)
_rule("sum")(fold_of_contraction)
_rule("sum")(fold_by_phases)
