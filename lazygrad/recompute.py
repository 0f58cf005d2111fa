"""Values whose gradients compute again what they need of the forward pass.

The graph that made a value is the recipe of doing it again: the value is stored, and a mark on it
keeps the graph aside. When its gradient is asked for, those of the graph's inputs are computed at
once, so that what is computed again for them lives no longer than one run.
"""

from collections.abc import Iterable, Sequence

from lazygrad.codegen import ops
from lazygrad.codegen.gradient import gradient
from lazygrad.codegen.graph import Node, toposort

from . import pending
from .handle import TensorBase, wrap
from .placement import Device
from .realize import realize_nodes

__all__ = ["marked"]


class _Again:
    """Gives the gradients of a graph's inputs from that of its result."""

    __slots__ = ("device", "inputs", "result")

    def __init__(self, result: Node, inputs: Sequence[Node], device: Device) -> None:
        self.result, self.inputs, self.device = result, inputs, device

    def __call__(self, g: Node) -> list[Node | None]:
        if pending.is_foreseeing():  # nothing of the forward pass will be read
            return [ops.expand(ops.const(0, n.dtype), n.shape) for n in self.inputs]
        # the way from one input to another is no part of what is computed again
        found = gradient([self.result], [g], self.inputs, apart=True)
        # as values without history: what gradients of these would read is not kept either
        realize_nodes([ops.detach(part) for part in found if part is not None], self.device)
        return found


def marked(t: TensorBase, given: Iterable[TensorBase]) -> TensorBase:
    """`t`, computed by now, with its way from the tensors `given` and from leaves kept as a recipe.

    Raises what `realize_nodes` raises.
    """
    node, device = t._node, t._base.device
    starts = {x._node for x in given}
    if not node.tracked or node in starts:
        return t
    order = toposort([node], lambda n: n in starts or not n.tracked)
    inputs = [n for n in order if n.tracked and (n in starts or n.op.starts_tracking)]
    realize_nodes([ops.detach(node)], device)
    memory = pending.alias_source(node).memory
    if memory is None:  # a constant
        return t
    value = ops.buffer(node.dtype, node.shape)
    value.memory = memory
    mark = ops.recomputed(inputs, value, _Again(node, inputs, device))
    mark.memory = memory
    return wrap(mark, device)
