"""Rules for contractions over windows: a convolution's input gradient is one, read in place."""

from . import ops
from .dtype import int64
from .graph import Node, node

__all__ = ["fold_of_contraction", "slice_of_windows"]


def fold_of_contraction(n: Node) -> Node | None:
    """fold(contract(g, w)) is contract(windows of g, w): a convolution's input gradient.

    With o the folded axis in g alone and k the slots in w alone, the sum over k of
    contract(g, w)[i - k*dilation] reads g at windows that move with i.
    """
    total = n.src[0]
    if total.op.name != "sum" or total.src[0].op.name != "skew":
        return None
    skewed = total.src[0]
    product = skewed.src[0]
    last = len(skewed.shape) - 1
    if product.op.name != "contract" or total.arg != (last,) or n.shape != total.shape[:-1]:
        return None
    axis, full, step, dilation = skewed.arg
    lhs, rhs, out = product.arg
    o, k = out[axis], out[last]
    a, b = product.src
    if o in lhs and o not in rhs and k in rhs and k not in lhs:
        g, g_labels, w, w_labels = a, lhs, b, rhs
    elif o in rhs and o not in lhs and k in lhs and k not in rhs:
        g, g_labels, w, w_labels = b, rhs, a, lhs
    else:
        return None
    slots = product.shape[last]
    where = g_labels.index(o)
    reach = (slots - 1) * dilation
    spread = _padded(g, where, full + reach, step, reach)
    windows = ops.window(spread, where, slots, 1, dilation)
    turned = ops.flip(windows, (len(windows.shape) - 1,))
    return ops.contract(turned, w, (*g_labels, k), w_labels, tuple(x for x in out if x != k))


def _rebuilt(x: Node, views: list[Node]) -> Node:
    """The same views, innermost last, of another node."""
    for view in reversed(views):
        x = node(view.op, (x, *view.src[1:]), view.arg)
    return x


def _leaves_alone(view: Node, axis: int) -> bool:
    """Whether a flip or a window moves nothing along `axis`, which is an axis of its operand."""
    if view.op.name == "flip":
        return axis not in view.arg
    return view.op.name == "window" and axis not in (view.arg[0], len(view.shape) - 1)


def _padded(x: Node, axis: int, full: int, step: int, start: int) -> Node:
    """`x` padded with zeros along one axis, below windows of others: they stay what strides."""
    views: list[Node] = []
    while _leaves_alone(x, axis):
        views.append(x)
        x = x.src[0]
    return _rebuilt(ops.pad(x, ((axis, full, step),), (ops.const(start, int64),)), views)


def slice_of_windows(n: Node) -> Node | None:
    """Of a contraction over windows of something padded: less padding, nothing computed in vain."""
    product = n.src[0]
    if product.op.name != "contract":
        return None
    lhs, rhs, out = product.arg
    operands = [product.src[0], product.src[1]]
    kept, starts = [], []
    for (axis, length, step), start in zip(n.arg, n.src[1:], strict=True):
        label = out[axis]
        sides = [k for k, labels in enumerate((lhs, rhs)) if label in labels]
        cut = None
        if len(sides) == 1 and step == 1 and start.op.name == "const":
            at = (lhs, rhs)[sides[0]].index(label)
            cut = _cut(operands[sides[0]], at, int(ops.const_value(start)), length)
        if cut is None:
            kept.append((axis, length, step))
            starts.append(start)
        else:
            operands[sides[0]] = cut
    if len(kept) == len(n.arg):
        return None
    return ops.slice_(ops.contract(operands[0], operands[1], lhs, rhs, out), tuple(kept), starts)


def _cut(x: Node, axis: int, start: int, length: int) -> Node | None:
    """A slice of windows along an axis that only leaves out padding; None where it is not that."""
    views: list[Node] = []
    windows = 0
    while True:
        if _leaves_alone(x, axis):
            views.append(x)
        elif x.op.name == "window" and x.arg[0] == axis and x.arg[2] == 1:
            views.append(x)
            length += (x.arg[1] - 1) * x.arg[3]
            windows += 1
        elif x.op.name == "pad" and all(padded != axis for padded, _, _ in x.arg[0]):
            views.append(x)
        else:
            break
        x = x.src[0]
    if not windows or x.op.name != "pad" or any(s.op.name != "const" for s in x.src[1:]):
        return None
    axes, fill = x.arg
    starts = list(x.src[1:])
    for k, (padded, _full, step) in enumerate(axes):
        if padded == axis:
            first = int(ops.const_value(starts[k])) - start
            if first < 0 or first + (x.src[0].shape[axis] - 1) * step >= length:
                return None
            starts[k] = ops.const(first, int64)
            changed = (*axes[:k], (axis, length, step), *axes[k + 1 :])
            return _rebuilt(ops.pad(x.src[0], changed, starts, fill), views)
    return None
