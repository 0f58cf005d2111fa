"""Rules of `simplify` for windows: gradients of convolutions and poolings.

The adjoint of a window is a fold: slots move to the places that their windows read (`skew`) and
add up. Terms are added in another order where a fold of a contraction becomes one contraction.
"""

from . import ops
from .dtype import int64
from .graph import Node, node

__all__ = [
    "fold_by_phases",
    "fold_of_contraction",
    "only_ones_change",
    "pads_first",
    "phases_of_padded_lines",
    "slice_of_skew",
    "window_of_slots",
]


def _folded(n: Node) -> Node | None:
    """The skew that a sum over its slots folds."""
    skewed = n.src[0]
    return skewed if skewed.op.name == "skew" and n.arg == (len(skewed.shape) - 1,) else None


def fold_of_contraction(n: Node) -> Node | None:
    """fold(contract(g, w)) is contract(windows of g, w): a convolution's input gradient."""
    skewed = _folded(n)
    if skewed is None:
        return None
    axis, *rest = skewed.arg
    product = skewed.src[0]
    if only_ones_change(product) and product.src[0].shape[-1:] == product.shape[-1:]:
        if product.shape[axis] != 1:
            there = [d for d, m in enumerate(product.src[0].shape) if m != 1]
            axis = there[sum(m != 1 for m in product.shape[:axis])]
            product = product.src[0]
    found = _fold_of_product if product.op.name == "contract" else _fold_below_phases
    folded = found(product, (axis, *rest))
    return None if folded is None else ops.reshape(folded, n.shape)


def only_ones_change(n: Node) -> bool:
    """Whether a reshape only adds or drops dimensions of 1."""
    if n.op.name != "reshape":
        return False
    own, below = ([m for m in x.shape if m != 1] for x in (n, n.src[0]))
    return own == below


def _fold_of_product(product: Node, arg: tuple[int, ...]) -> Node | None:
    """The fold of a contraction, in the terms of `skew`.

    With o the folded axis in g alone and k the slots in w alone, the sum over k of
    contract(g, w)[i - k*dilation] reads g at windows that move with i. Windows that began every
    `step` elements: slot k = m*step + r adds to places of phase r alone, which gets a dimension of
    its own, so that no window reads the zeros between the strides.
    """
    axis, full, step, dilation = arg
    lhs, rhs, out = product.arg
    o, k = out[axis], out[-1]
    a, b = product.src
    if o in lhs and o not in rhs and k in rhs and k not in lhs:
        g, g_labels, w, w_labels = a, lhs, b, rhs
    elif o in rhs and o not in lhs and k in lhs and k not in rhs:
        g, g_labels, w, w_labels = b, rhs, a, lhs
    else:
        return None
    slots, where = product.shape[-1], g_labels.index(o)
    if step == 1 or dilation != 1:
        reach = (slots - 1) * dilation
        windows = _turned(g, where, full + reach, step, reach, slots, dilation)
        return ops.contract(windows, w, (*g_labels, k), w_labels, out[:-1])
    turns, phase = -(-slots // step), 1 + max(*lhs, *rhs)
    count = g.shape[where] + turns - 1
    at = w_labels.index(k)
    w = ops.pad(w, ((at, turns * step, 1),), (ops.const(0, int64),))
    w = ops.reshape(w, (*w.shape[:at], turns, step, *w.shape[at + 1 :]))
    windows = _turned(g, where, count + turns - 1, 1, turns - 1, turns, 1)
    labels = (*w_labels[: at + 1], phase, *w_labels[at + 1 :])
    result = (*out[: axis + 1], phase, *out[axis + 1 : -1])
    phases = ops.contract(windows, w, (*g_labels, k), labels, result)
    return _interleaved(phases, axis, full)


def _fold_below_phases(x: Node, arg: tuple[int, ...]) -> Node | None:
    """Where another axis was folded by phases before: these stay apart until this one is, too."""
    axis, full, step, dilation = arg
    found = _phases(x)
    if found is None or found[1] in (axis, len(x.shape) - 1):
        return None
    phases, other = found
    inner = _fold_of_product(phases, (axis + (axis > other), full, step, dilation))
    return None if inner is None else _interleaved(inner, other, x.shape[other])


def _phases(x: Node) -> tuple[Node, int] | None:
    """The contraction of which `x` is `_interleaved`, and along which axis."""
    flat = x
    if x.op.name in ("slice", "pad"):
        axes = x.arg if x.op.name == "slice" else x.arg[0]
        starts = [s.op.name == "const" and ops.const_value(s) == 0 for s in x.src[1:]]
        if len(axes) != 1 or axes[0][2] != 1 or not all(starts):
            return None
        flat = x.src[0]
    if flat.op.name != "reshape" or flat.src[0].op.name != "contract":
        return None
    split = flat.src[0].shape
    for axis in range(len(split) - 1):
        if (*split[:axis], split[axis] * split[axis + 1], *split[axis + 2 :]) == flat.shape:
            return flat.src[0], axis
    return None


def _turned(
    g: Node, axis: int, full: int, step: int, start: int, slots: int, dilation: int
) -> Node:
    """Windows, last slot first, over `g` spread out among zeros."""
    spread = ops.pad(g, ((axis, full, step),), (ops.const(start, int64),))
    windows = ops.window(spread, axis, slots, 1, dilation)
    return ops.flip(windows, (len(windows.shape) - 1,))


def _interleaved(x: Node, axis: int, full: int) -> Node:
    """Dimensions `axis` and the next as one, cut or padded with zeros to `full`."""
    count = x.shape[axis] * x.shape[axis + 1]
    flat = ops.reshape(x, (*x.shape[:axis], count, *x.shape[axis + 2 :]))
    if count >= full:
        return ops.slice_at(flat, axis, 0, full)
    return ops.pad(flat, ((axis, full, 1),), (ops.const(0, int64),))


def fold_by_phases(n: Node) -> Node | None:
    """Of windows that began every `step` elements: each phase of the places gets every step-th
    slot, so that no slot is looked at where it has nothing to give."""
    skewed = _folded(n)
    if skewed is None:
        return None
    axis, full, step, dilation = skewed.arg
    x = skewed.src[0]
    if step == 1 or dilation != 1:
        return None
    last, turns = len(x.shape) - 1, -(-x.shape[-1] // step)
    padded = ops.pad(x, ((last, turns * step, 1),), (ops.const(0, int64),))
    split = ops.reshape(padded, (*x.shape[:-1], turns, step))
    phase_after = (*range(axis + 1), last + 1, *range(axis + 1, last), last)
    count = x.shape[axis] + turns - 1
    folded = ops.fold(ops.permute(split, phase_after), axis, count)
    return ops.reshape(_interleaved(folded, axis, full), n.shape)


def slice_of_skew(n: Node) -> Node | None:
    """One slot of a skew is the values of that slot, a step apart."""
    x = n.src[0]
    last = len(x.shape) - 1
    if x.op.name != "skew" or n.arg != ((last, 1, 1),) or n.src[1].op.name != "const":
        return None
    axis, full, step, dilation = x.arg
    slot = int(ops.const_value(n.src[1]))
    values = ops.slice_at(x.src[0], last, slot, 1)
    return ops.pad(values, ((axis, full, step),), (ops.const(slot * dilation, int64),))


def pads_first(n: Node) -> Node | None:
    """Windows and flips of what is padded along other axes: what lies above a pad only strides."""
    axes, fill = n.arg
    touched = {axis for axis, _, _ in axes}
    above: list[Node] = []
    x = n.src[0]
    while x.op.name in ("window", "flip"):
        own = {x.arg[0], len(x.shape) - 1} if x.op.name == "window" else set(x.arg)
        if touched & own:
            return None
        above.append(x)
        x = x.src[0]
    if x.op.name != "pad" or x.arg[1] != fill or touched & {axis for axis, _, _ in x.arg[0]}:
        return None
    result = node(n.op, (*x.src, *n.src[1:]), ((*x.arg[0], *axes), fill))
    for view in reversed(above):
        result = node(view.op, (result,), view.arg)
    return result


def phases_of_padded_lines(n: Node) -> Node | None:
    """Strided windows along the last axis of what is padded, as an operand of a contraction: the
    padded copy holds each phase of the places side by side, so that windows move by one."""
    for k, operand in enumerate(n.src):
        above: list[Node] = []
        x = operand
        while x.op.name in ("window", "reshape", "permute"):
            if x.op.name == "window" and x.arg[2] > 1:
                found = _window_by_phases(x)
                if found is not None:
                    for view in reversed(above):
                        found = node(view.op, (found,), view.arg)
                    return node(n.op, (*n.src[:k], found, *n.src[k + 1 :]), n.arg)
            above.append(x)
            x = x.src[0]
    return None


def _window_by_phases(n: Node) -> Node | None:
    """The window over a pad whose last axis lies apart by phases: slot k*dilation is slot
    m of phase r, with m*step + r."""
    axis, slots, step, dilation = n.arg
    others: list[Node] = []
    x = n.src[0]
    while x.op.name == "window":
        others.append(x)
        x = x.src[0]
    last = len(x.shape) - 1
    if x.op.name != "pad" or axis != last or any(other.arg[0] == last for other in others):
        return None
    padded = _padded_phases(x, step)
    if padded is None:
        return None
    for other in reversed(others):
        padded = node(other.op, (padded,), other.arg)
    reach = (slots - 1) * dilation
    windows = ops.window(padded, last + 1, reach // step + 1)
    # phases stand before the line: they go beside the slots of its windows
    order = (*range(last), *range(last + 1, len(windows.shape)), last)
    turned = ops.permute(windows, order)
    flat = ops.reshape(turned, (*turned.shape[:-2], -(-(reach + 1) // step) * step))
    picked = ops.slice_at(flat, len(flat.shape) - 1, 0, slots, dilation)
    return ops.slice_at(picked, axis, 0, n.shape[axis])


def _padded_phases(x: Node, step: int) -> Node | None:
    """A pad as one whose last axis, of places m*step + r, is two: r and m."""
    axes, fill = x.arg
    last, inner = len(x.shape) - 1, x.src[0]
    starts = {axis: s for (axis, _, _), s in zip(axes, x.src[1:], strict=True)}
    start = starts.pop(last, None)
    if start is None or start.op.name != "const" or any(gap != 1 for _, _, gap in axes):
        return None
    before = int(ops.const_value(start))
    whole = -(-(before % step + inner.shape[last]) // step)
    zero = ops.const(before % step, int64)
    even = ops.pad(inner, ((last, whole * step, 1),), (zero,), fill)
    split = ops.reshape(even, (*inner.shape[:last], whole, step))
    phases = ops.permute(split, (*range(last), last + 1, last))
    wide = [axis for axis in axes if axis[0] != last]
    line = (last + 1, -(-x.shape[last] // step), 1)
    places = (*starts.values(), ops.const(before // step, int64))
    return ops.pad(phases, (*wide, line), places, fill)


def window_of_slots(n: Node) -> Node | None:
    """`unskew` of something that is the same in every slot: a window."""
    x = n.src[0]
    axis, count, step, dilation = n.arg
    if x.op.name != "expand" or x.src[0].shape[-1:] != (1,) or len(x.src[0].shape) != x.ndim:
        return None
    inner = x.src[0]
    if inner.shape[axis] == 1:
        return None
    base = ops.expand(ops.reshape(inner, inner.shape[:-1]), x.shape[:-1])
    windows = ops.window(base, axis, x.shape[-1], step, dilation)
    return ops.slice_at(windows, axis, 0, count)
