"""What backward needs of the forward pass, and whether it was overwritten since.

Values of the graph never change, so gradients here are right even after a write. PyTorch's error
is raised all the same where PyTorch's own backward would read a value that is no more, so that a
program behaves alike in both.
"""

from collections.abc import Iterable

from lazygrad.codegen.graph import Node

from .storage import copied, overwritten

__all__ = ["check_not_overwritten", "reads_forward_values"]

# ops whose gradient reads the operand; for those of two, where the other one needs a gradient
_READ_OPERANDS = {
    "mul", "div", "pow", "atan2", "contract", "abs", "log", "log2", "log10", "log1p", "sin", "cos",
    "tan", "asin", "acos", "atan", "sinh", "cosh", "erf", "erfc", "gather", "scatter", "where",
    "prod",
}  # fmt: skip
_READ_RESULT = {"exp", "exp2", "expm1", "tanh", "sqrt", "rsqrt"}


def reads_forward_values(n: Node) -> list[Node]:
    """The forward values that PyTorch's gradient of this node would read."""
    if not n.tracked:
        return []
    name = n.op.name
    if name in _READ_RESULT:
        return [n]
    if name not in _READ_OPERANDS:
        return []
    src = n.src
    if name == "where":
        return [src[0]]
    if name == "gather":
        return [src[1]]
    if name == "scatter":
        return [src[0]]
    if len(src) == 1:
        return [src[0]]
    a, b = src
    read = []
    if b.tracked or (name == "pow" and a.tracked):
        read.append(a)
    if a.tracked or name == "div":
        read.append(b)
    return read


def check_not_overwritten(nodes: Iterable[Node]) -> None:
    """Raises RuntimeError where a gradient of `nodes` needs a value that was written over."""
    if not overwritten:
        return
    for n in nodes:
        for read in reads_forward_values(n):
            lost = _lost(read)
            if lost is None:
                continue
            by = overwritten[lost]
            if by.own is not None and n in by.own:
                continue
            raise RuntimeError(
                "one of the variables needed for gradient computation has been modified by an "
                f"inplace operation: {n.op.name} needs a {lost.dtype.name} tensor of shape "
                f"{list(lost.shape)}, which was overwritten at {by.line}.\n"
                "Write to a copy instead, x = x.clone(), or compute a new tensor, x = x + 1."
            )


def _lost(read: Node) -> Node | None:
    """The overwritten value behind an operand, through views and marks; None if it still stands."""
    lost = None
    while True:
        if read.holders or read in copied:
            return None
        if lost is None and read in overwritten:
            lost = read
        kind = read.op.kind
        if kind not in ("view", "marker") or not read.src:
            return lost
        read = read.src[-1] if kind == "marker" else read.src[0]
