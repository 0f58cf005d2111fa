"""The array graph: immutable interned nodes over the op table.

    node  = (op, src: node*, arg)              identity is structure: equal parts, same object
    op    = leaf | elementwise | view | reduce | contract | linear | index | scan | sort | marker
    leaf  = BUFFER(number, dtype, shape)       device memory behind an opaque number
          | SCALAR(value, dtype)               bound late; every one is its own node
          | CONST(dtype, bits)                 part of the structure
          | IOTA(n, dtype)                     0, 1, ... n-1
    elementwise(src broadcast together)        ADD MUL EXP WHERE CAST ...
    view  = RESHAPE PERMUTE EXPAND FLIP SLICE PAD WINDOW SKEW UNSKEW
    reduce = SUM PROD MAX MIN                  arg: axes; they stay as size 1
    contract = CONTRACT(a, b)                  arg: labels of a, of b, of the result
    linear = LINEAR                            arg: axis, rows of constants; a small matrix
    index = GATHER SCATTER      scan = SCAN      sort = ARGSORT TOPK
    marker = VARIABLE DETACH ASSIGN TRANSFER ON RECOMPUTED
                                               mean their last operand; say something about it

Nothing here recurses over depth: chains of 100,000 nodes build, print, verify and free.
"""

import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .dtype import DType

__all__ = [
    "Node", "Op", "Shape", "forget_source", "format_graph", "leaf", "node", "rewrite", "toposort",
    "verify",
]  # fmt: skip

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Op:
    """A row of the op table: all that is known of one op.

    `infer(src, arg)` checks the operands and gives (dtype, shape). `numpy(node, *arrays)` is the
    meaning. `opencl(args, result, operand)` (elementwise rows only) is the OpenCL text of one
    application; a string is a format of the operands. `grad(o, g, n)` gives the gradients of
    the operands from the gradient `g` of node `n`, written with the builders `o`; None marks an
    op that is not differentiable. `ulp` is the error allowed in float32; in float64 it is 4 for
    rows above 0.5, and halves round float32's value once. `cost` is the price of one element,
    with an addition as 1. `placed` marks values that are on some device by themselves.
    """

    name: str
    kind: str
    infer: Callable[[tuple["Node", ...], Any], tuple[DType, Shape]]
    numpy: Callable[..., Any]
    grad: Callable[..., Sequence["Node | None"]] | None = None
    opencl: Any = None
    ulp: float = 0.5
    cost: int = 1
    starts_tracking: bool = False
    placed: bool = False

    def __repr__(self) -> str:
        return self.name.upper()


class Node:
    """One array of the graph. Make nodes with `node()` or the builders of `ops`, never directly.

    `tracked` tells that a VARIABLE lies below and gradients flow here, `placed` that stored
    values lie below: without any, the same node serves every device. Three slots are kept by
    the layer above and mean nothing here: `holders` counts the live tensors whose value this is,
    `memory` is what stands behind a stored value, `origin` the user's line that made the node.
    """

    __slots__ = (
        "__weakref__",
        "arg",
        "dtype",
        "holders",
        "memory",
        "op",
        "origin",
        "placed",
        "shape",
        "src",
        "tracked",
    )  # fmt: skip

    op: Final[Op]  # type: ignore[misc]  # set once, in node()
    src: Final[tuple["Node", ...]]  # type: ignore[misc]
    arg: Final[Any]  # type: ignore[misc]
    dtype: Final[DType]  # type: ignore[misc]
    shape: Final[Shape]  # type: ignore[misc]
    tracked: bool
    placed: bool
    holders: int
    memory: Any
    origin: Any

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        total = 1
        for n in self.shape:
            total *= n
        return total

    def __repr__(self) -> str:
        sources = ", ".join(s.op.name for s in self.src)
        return f"<{self.op.name}({sources}) {self.dtype.name}{list(self.shape)}>"


class _Ref(weakref.ref[Node]):
    """A weak reference that remembers its key, so that its end can leave the table."""

    __slots__ = ("key",)
    key: tuple[Any, ...]


_interned: dict[tuple[Any, ...], _Ref] = {}


def _forget(ref: weakref.ref[Node], table: dict[tuple[Any, ...], _Ref] = _interned) -> None:
    key = ref.key  # type: ignore[attr-defined]
    if table.get(key) is ref:
        del table[key]


def node(op: Op, src: tuple[Node, ...] = (), arg: Any = None) -> Node:
    """The node of these parts: the existing one if there is one, else a new one, checked.

    Raises what `op.infer` raises for operands that do not fit (TypeError, ValueError).
    """
    key = (op, src, arg)
    ref = _interned.get(key)
    if ref is not None:
        found = ref()
        if found is not None:
            return found
    new = Node.__new__(Node)
    new.op = op  # type: ignore[misc]
    new.src = src  # type: ignore[misc]
    new.arg = arg  # type: ignore[misc]
    new.dtype, new.shape = op.infer(src, arg)  # type: ignore[misc]
    tracked, placed = op.starts_tracking, op.placed
    for s in src:
        if s.tracked and op.grad is not None:
            tracked = True
        if s.placed:
            placed = True
    new.tracked, new.placed = tracked, placed
    new.holders = 0
    new.memory = new.origin = None
    ref = _Ref(new, _forget)
    ref.key = key
    _interned[key] = ref
    return new


def leaf(op: Op, arg: Any, dtype: DType, shape: Shape) -> Node:
    """A leaf that is equal to no other: nobody will look for it, so that no table knows it."""
    new = Node.__new__(Node)
    new.op, new.src, new.arg = op, (), arg  # type: ignore[misc]
    new.dtype, new.shape = dtype, shape  # type: ignore[misc]
    new.tracked, new.placed = False, op.placed
    new.holders = 0
    new.memory = new.origin = None
    return new


def forget_source(n: Node, leaf: Op, arg: Any) -> None:
    """Turns a node whose value is stored into a leaf, so that it keeps nothing below it alive.

    The one exception to immutability: it changes what a node says of its past, never its value.
    """
    key = (n.op, n.src, n.arg)
    ref = _interned.get(key)
    if ref is not None and ref() is n:
        del _interned[key]
        ref.key = ()
    n.op, n.src, n.arg = leaf, (), arg  # type: ignore[misc]
    n.placed = leaf.placed


def toposort(outputs: Iterable[Node], stop: Callable[[Node], bool] | None = None) -> list[Node]:
    """Every node below `outputs`, operands before users; not below nodes for which `stop`."""
    order: list[Node] = []
    done: set[Node] = set()
    stack: list[tuple[Node, bool]] = [(n, False) for n in reversed(list(outputs))]
    while stack:
        current, expanded = stack.pop()
        if current in done:
            continue
        if expanded or not current.src or (stop is not None and stop(current)):
            done.add(current)
            order.append(current)
            continue
        stack.append((current, True))
        for s in reversed(current.src):
            if s not in done:
                stack.append((s, False))
    return order


def rewrite(
    outputs: Sequence[Node],
    rule: Callable[[Node], Node | None],
    stop: Callable[[Node], bool] | None = None,
) -> tuple[list[Node], dict[Node, Node]]:
    """Rebuilds the graph bottom-up; `rule` gives a replacement or None for "unchanged".

    A replacement is tried again until the rule has nothing to say. Returns the new outputs and
    the map from old nodes to new ones.
    """
    new: dict[Node, Node] = {}
    for old in toposort(outputs, stop):
        if stop is not None and stop(old):
            new[old] = old
            continue
        src = tuple([new[s] for s in old.src])
        current = old if src == old.src else node(old.op, src, old.arg)
        current.origin = current.origin or old.origin
        while (better := rule(current)) is not None and better is not current:
            current = better
            current.origin = current.origin or old.origin
        new[old] = current
    return [new[n] for n in outputs], new


def format_graph(outputs: Sequence[Node]) -> str:
    """The graph as text, one numbered node a line."""
    order = toposort(outputs)
    number = {n: i for i, n in enumerate(order)}
    lines = []
    for n in order:
        operands = ", ".join(f"%{number[s]}" for s in n.src)
        arg = "" if n.arg is None else f" {n.arg!r}"
        lines.append(f"%{number[n]} = {n.op.name}({operands}){arg} : {n.dtype.name}{list(n.shape)}")
    lines.append("return " + ", ".join(f"%{number[n]}" for n in outputs))
    return "\n".join(lines)


def verify(outputs: Sequence[Node]) -> None:
    """Raises AssertionError where a node's dtype or shape is not what its row infers."""
    for n in toposort(outputs):
        dtype, shape = n.op.infer(n.src, n.arg)
        if dtype is not n.dtype or shape != n.shape:
            raise AssertionError(
                f"verify: {n!r} bears {n.dtype.name}{n.shape}, its row infers {dtype.name}{shape}"
            )
