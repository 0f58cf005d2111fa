"""Einstein summation: any number of operands, two at a time, as contractions by labels."""

from collections import Counter
from collections.abc import Sequence

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import bool_
from lazygrad.codegen.graph import Node

from .errors import ShapeError

__all__ = ["contract_labels", "einsum_node", "parse_equation"]

Labels = tuple[int, ...]

_ELLIPSIS = 1000  # labels from here on are the dimensions of "...", the last one being 1000


def parse_equation(equation: str, ndims: Sequence[int]) -> tuple[list[Labels], Labels]:
    """The labels of each operand and of the result, as numbers.

    Raises ShapeError (a RuntimeError): another number of operands or dimensions than there are,
    letters in the result that no operand has, characters that are no letters.
    """
    text = equation.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ShapeError(
            f"einsum: got {len(ndims)} operands for {equation!r}, expected {len(terms)}: more "
            "operands were provided than specified in the equation, or fewer"
        )
    widest = 0
    for term, ndim in zip(terms, ndims, strict=True):
        if "..." in term:
            widest = max(widest, ndim - len(term.replace("...", "")))
    labels = [_labels(equation, t, ndim) for t, ndim in zip(terms, ndims, strict=True)]
    if arrow:
        hidden = widest if "..." in right else 0  # else they are summed
        out = _labels(equation, right, len(right.replace("...", "")) + hidden)
        if len(set(out)) != len(out):
            raise ShapeError(f"einsum: {equation!r} has a letter more than once in its result")
    else:
        counts = Counter(label for term in labels for label in term)
        once = sorted(k for k, n in counts.items() if n == 1 and k < _ELLIPSIS - 500)
        out = (*range(_ELLIPSIS - widest + 1, _ELLIPSIS + 1), *once)
    known = {label for term in labels for label in term}
    for label in out:
        if label not in known and label < _ELLIPSIS - 500:
            raise ShapeError(
                f"einsum: {equation!r} has {chr(label)!r} in its result, which is in no operand"
            )
    return labels, tuple([label for label in out if label in known])


def _labels(equation: str, term: str, ndim: int) -> Labels:
    """Letters by their code; the dimensions of an ellipsis counted from the last one."""
    before, dots, after = term.partition("...")
    letters = before + after
    if not all(c.isascii() and c.isalpha() for c in letters):
        raise ShapeError(
            f"einsum: got {equation!r}, expected letters, commas, one '...' an operand and '->'"
        )
    hidden = ndim - len(letters)
    if hidden < 0 or (hidden and not dots):
        raise ShapeError(
            f"einsum: the subscript {term!r} of {equation!r} has {len(letters)} letters, the "
            f"operand {ndim} dimensions; the number of subscripts must match"
        )
    spread = range(_ELLIPSIS - hidden + 1, _ELLIPSIS + 1)
    return (*map(ord, before), *spread, *map(ord, after))


def einsum_node(labels: Sequence[Labels], nodes: Sequence[Node], out: Labels) -> Node:
    """The sum over all labels that `out` has not, operands taken from left to right.

    Raises ShapeError where one label has two sizes (1 stretches), TypeError for bool operands.
    """
    if nodes[0].dtype is bool_:
        raise TypeError("einsum: got bool operands, expected numbers; convert: x.to(lg.int64)")
    sizes = _sizes(labels, nodes)
    terms = [_simple(n, k, sizes) for n, k in zip(nodes, labels, strict=True)]
    while len(terms) > 1:
        (a, lhs), (b, rhs) = terms[0], terms[1]
        needed = set(out).union(*[k for _, k in terms[2:]])
        if len(terms) == 2:
            kept = tuple([k for k in out if k in lhs or k in rhs])
        else:
            kept = tuple([k for k in (*lhs, *[k for k in rhs if k not in lhs]) if k in needed])
        terms[:2] = [(contract_labels(a, b, lhs, rhs, kept), kept)]
    node, have = terms[0]
    gone = tuple([i for i, k in enumerate(have) if k not in out])
    if gone:
        kept = tuple([k for k in have if k in out])
        node = ops.reshape(
            ops.sum_(node, gone), tuple([n for i, n in enumerate(node.shape) if i not in gone])
        )
        have = kept
    node = ops.permute(node, tuple([have.index(k) for k in out if k in have]))
    if len(have) < len(out):  # labels whose every operand had size 1
        node = ops.reshape(node, tuple([sizes[k] for k in out]))
    return node


def _sizes(labels: Sequence[Labels], nodes: Sequence[Node]) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for term, node in zip(labels, nodes, strict=True):
        for label, n in zip(term, node.shape, strict=True):
            held = sizes.setdefault(label, n)
            if held != n and 1 not in (held, n):
                what = f"subscript {chr(label)!r}" if label < 128 else "a dimension of '...'"
                raise ShapeError(
                    f"einsum: {what} has size {n} for an operand, which does not broadcast with "
                    f"previously seen size {held}; got shapes "
                    f"{', '.join(str(list(x.shape)) for x in nodes)}"
                )
            sizes[label] = n if held == 1 else held
    return sizes


def _simple(node: Node, labels: Labels, sizes: dict[int, int]) -> tuple[Node, Labels]:
    """An operand with each label once, and without those that it has only in size 1."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            node, labels = _diagonal(node, labels, first, second)
    thin = [i for i, k in enumerate(labels) if node.shape[i] == 1]
    if thin:
        shape = tuple([n for i, n in enumerate(node.shape) if i not in thin])
        node = ops.reshape(node, shape)
        labels = tuple([k for i, k in enumerate(labels) if i not in thin])
    return node, labels


def _diagonal(node: Node, labels: Labels, first: int, second: int) -> tuple[Node, Labels]:
    """The elements whose two indices are equal; the label moves to the end.

    A square of n rows, read row by row, has its diagonal every n + 1 elements.
    """
    rest = [i for i in range(node.ndim) if i not in (first, second)]
    n, m = node.shape[first], node.shape[second]
    count = max(n, m)
    if n != m:  # one of them is 1
        shape = tuple([count if i in (first, second) else s for i, s in enumerate(node.shape)])
        node = ops.expand(node, shape)
    lead = tuple([node.shape[i] for i in rest])
    flat = ops.reshape(ops.permute(node, (*rest, first, second)), (*lead, count * count))
    node = ops.slice_at(flat, len(lead), 0, count, count + 1)
    return node, (*[labels[i] for i in rest], labels[first])


def contract_labels(a: Node, b: Node, lhs: Labels, rhs: Labels, out: Labels) -> Node:
    """einsum of two operands: a product where no label is summed, else a contraction."""
    if all(k in out for k in (*lhs, *rhs)):
        return ops.mul(_aligned(a, lhs, out), _aligned(b, rhs, out))
    number = {k: i for i, k in enumerate(dict.fromkeys((*lhs, *rhs)))}  # one text for all letters
    return ops.contract(
        a, b, tuple([number[k] for k in lhs]), tuple([number[k] for k in rhs]),
        tuple([number[k] for k in out]),
    )  # fmt: skip


def _aligned(node: Node, labels: Labels, out: Labels) -> Node:
    """With the dimensions of `out`, 1 where the operand has not the label."""
    order = tuple([labels.index(k) for k in out if k in labels])
    node = ops.permute(node, order)
    size = dict(zip([labels[i] for i in order], node.shape, strict=True))
    return ops.reshape(node, tuple([size.get(k, 1) for k in out]))
