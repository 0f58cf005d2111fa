"""PyTorch's `autograd`: gradients of tensors, by the graph-to-graph walk of `codegen.gradient`."""

import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from lazygrad.codegen import ops
from lazygrad.codegen.gradient import gradient
from lazygrad.codegen.graph import Node, toposort

from . import pending
from .errors import ShapeError, shown
from .grad_mode import enable_grad as enable_grad
from .grad_mode import grad_enabled
from .grad_mode import inference_mode as inference_mode
from .grad_mode import no_grad as no_grad
from .grad_mode import set_grad_enabled as set_grad_enabled
from .grad_saves import check_not_overwritten, reads_forward_values
from .handle import TensorBase, wrap
from .realize import register_written
from .storage import bridges, cut, spent
from .view_ops import Mark

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["Variable", "backward", "grad"]

Hooks = dict[Node, Callable[[Node], Node]]

# leaves by the number in their VARIABLE nodes
leaves: "weakref.WeakValueDictionary[int, TensorBase]" = weakref.WeakValueDictionary()

# what to do with the gradient of a node that is no leaf, see `register_hook` and `retain_grad`
hooked: "weakref.WeakKeyDictionary[Node, dict[int, Callable[[Tensor], Any]]]" = (
    weakref.WeakKeyDictionary()
)


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Adds the gradients of the sum of `tensors` to `.grad` of the leaves below them.

    Args:
        tensors: what is differentiated, a tensor or several.
        grad_tensors: what each one's gradient begins with, of its shape; None: ones, for tensors
            of one element.
        retain_graph: allow another backward through the same graph; default `create_graph`.
        create_graph: give the gradients a gradient history of their own.
        inputs: the only tensors that shall get gradients; default all leaves.

    Raises RuntimeError: a tensor without history, a second time without `retain_graph`, a value
        overwritten that is needed, or no `grad_tensors` for a tensor of several elements.
    """
    outputs = _listed("backward", tensors)
    seeds = _seeds("backward", outputs, grad_tensors)
    walk = _Walk(outputs, retain_graph, create_graph)
    if inputs is None:
        collected = walk.run(seeds, walk.all_leaves(), walk.hooked())
    else:
        wanted = _listed("backward", inputs)
        if not wanted:
            raise RuntimeError("`inputs` argument to `backward` cannot be empty.")
        for tensor in wanted:
            if not tensor.requires_grad:
                raise RuntimeError(
                    f"backward: got {shown(tensor)} in inputs, expected tensors that require grad"
                )
        collected = walk.run(seeds, wanted)
    for tensor, g in collected:
        if g is not None:
            _accumulate(tensor, g, create_graph)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> "tuple[Tensor, ...]":
    """The gradients of the sum of `outputs` with respect to each of `inputs`, as a tuple.

    Arguments as for `backward`. `allow_unused`: give None for an input that the outputs do not
    depend on, instead of an error; `materialize_grads`: give zeros for it. `only_inputs` is kept
    for old programs, which may write it: no other tensor gets a gradient here.

    Raises NotImplementedError for `only_inputs=False` and for `is_grads_batched`;
        RuntimeError: as `backward`, for inputs that need no gradient, and for unused ones.
    """
    if not only_inputs:
        raise NotImplementedError(
            "grad: got only_inputs=False, expected True; call backward() to fill .grad of others"
        )
    if is_grads_batched:
        raise NotImplementedError(
            "grad: got is_grads_batched=True, expected one set of grad_outputs; "
            "call grad once for each"
        )
    sources, wanted = _listed("grad", outputs), _listed("grad", inputs)
    if not wanted:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty: expected a tensor")
    if materialize_grads and allow_unused is False:
        raise ValueError("Expected allow_unused to be True or not passed when materialize_grads")
    for tensor in wanted:
        if not tensor.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    seeds = _seeds("grad", sources, grad_outputs)
    walk = _Walk(sources, retain_graph, create_graph)
    results: list[Any] = []
    for tensor, g in walk.run(seeds, wanted):
        if g is not None:
            results.append(_kept(tensor, g, create_graph))
        elif materialize_grads:
            zero = ops.expand(ops.const(0, tensor.dtype), tuple(tensor.shape))
            results.append(tensor._wrap(zero))
        elif allow_unused:
            results.append(None)
        else:
            raise RuntimeError(
                "One of the differentiated Tensors appears to not have been used in the graph. "
                "Set allow_unused=True if this is the desired behavior."
            )
    return tuple(results)


def Variable(data: Any, requires_grad: bool = False) -> "Tensor":
    """The tensor's values as a leaf; what programs wrote before tensors had gradients themselves.

    Raises TypeError for what is no tensor.
    """
    if not isinstance(data, TensorBase):
        raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
    leaf: Tensor = data.detach()  # type: ignore[attr-defined]
    return leaf.requires_grad_(requires_grad)


class _Walk:
    """One differentiation: the tracked graph below the outputs, and who gets what of it."""

    def __init__(
        self, outputs: "list[Tensor]", retain_graph: bool | None, create_graph: bool
    ) -> None:
        self.outputs = outputs
        self.nodes = [t._node for t in outputs]
        self.create_graph = create_graph
        retain = create_graph if retain_graph is None else retain_graph
        self.order = toposort(self.nodes, stop=_untracked)
        if any(n.op.starts_tracking and n in bridges for n in self.order):
            self.order = _with_bridged(self.nodes)
        self.variables: dict[int, list[Node]] = {}
        for n in self.order:
            if n.op.starts_tracking:
                self.variables.setdefault(n.arg, []).append(n)
        self._check_first_time(retain)
        check_not_overwritten(self.order)

    def _check_first_time(self, retain: bool) -> None:
        again = any(
            tensor._spent is not None and tensor._spent() is node
            for tensor, node in zip(self.outputs, self.nodes, strict=True)
        )
        if again or (spent and any(n in spent for ns in self.variables.values() for n in ns)):
            raise RuntimeError(
                "Trying to backward through the graph a second time (or directly access saved "
                "tensors after they have already been freed). Saved intermediate values of "
                "the graph are freed when you call .backward() or autograd.grad(). Specify "
                "retain_graph=True if you need to backward through the graph a second time, or "
                "detach() what comes from an earlier step."
            )
        pending.losses.update(self.nodes)
        if retain:
            return
        pending.differentiated.update(self.nodes)
        reading = _reading(self.order)
        for tensor, node in zip(self.outputs, self.nodes, strict=True):
            if node in reading:
                tensor._spent = weakref.ref(node)
        # another tensor may have come to the same node by a graph of its own: that one is not used
        pending.use_up(s for s in pending.alive() if s.node in reading and s.node.holders == 1)

    def all_leaves(self) -> "list[Any]":
        found = [leaves.get(number) for number in self.variables]
        return [leaf for leaf in found if leaf is not None]

    def hooked(self) -> list[Node]:
        """The nodes that a hook waits at, whether or not a live leaf lies below."""
        return [n for n in self.order if n in hooked]

    def run(
        self, seeds: Sequence[Node], wanted: "Sequence[Any]", passed: Sequence[Node] = ()
    ) -> "list[tuple[Any, Node | None]]":
        """The gradient of each wanted tensor, hooks of leaves applied; goes by `passed` too."""
        targets: list[list[Node]] = []
        for tensor in wanted:
            number = leaf_number(tensor)
            targets.append([tensor._node] if number is None else self.variables.get(number, []))
        flat = [n for nodes in targets for n in nodes]
        device = self.outputs[0]._base.device
        hooks = {n: _node_hook(n, device, self.create_graph) for n in self.order if n in hooked}
        found = _gradients(self.nodes, list(seeds), [*flat, *passed], self.order, hooks)
        # a gradient that is zero throughout, as that of floor, is one all the same
        missing = set(flat).difference(found)
        reached = missing.intersection(self.order) if missing else missing
        results: list[tuple[Any, Node | None]] = []
        for tensor, nodes in zip(wanted, targets, strict=True):
            total: Node | None = None
            for n in nodes:
                part = found.get(n)
                if part is not None:
                    total = part if total is None else ops.add(total, part)
            if total is None and not reached.isdisjoint(nodes):
                total = ops.expand(ops.const(0, nodes[0].dtype), nodes[0].shape)
            if total is not None and tensor._hooks and leaf_number(tensor) is not None:
                for hook in list(tensor._hooks.values()):
                    total = _hooked_value(hook, tensor._base.device, total, self.create_graph)
            results.append((tensor, total))
        return results


def _reading(order: Sequence[Node]) -> set[Node]:
    """The nodes whose gradient, or that of what they were made from, reads forward values."""
    found: set[Node] = set()
    for n in order:
        if n.tracked and (not found.isdisjoint(n.src) or reads_forward_values(n)):
            found.add(n)
    return found


def _untracked(n: Node) -> bool:
    return not n.tracked


def _with_bridged(nodes: list[Node]) -> list[Node]:
    """The tracked graph with what lies behind bridges, operands before users."""
    roots = list(nodes)
    while True:
        order = toposort([*reversed(roots)], stop=_untracked)
        more = [
            bridges[n]
            for n in order
            if n.op.starts_tracking and n in bridges and bridges[n] not in roots
        ]
        if not more:
            return order
        roots.extend(dict.fromkeys(more))


def _gradients(
    outputs: list[Node], seeds: list[Node], wrt: list[Node], order: list[Node], hooks: Hooks
) -> dict[Node, Node]:
    """Gradients of the nodes of `wrt`; what arrives at a bridge goes on behind it."""
    crossings = [n for n in order if n.op.starts_tracking and n in bridges]
    total: dict[Node, Node] = {}
    targets = list(dict.fromkeys([*wrt, *crossings]))
    while outputs:
        parts = gradient(outputs, seeds, targets, hooks)
        outputs, seeds = [], []
        for n, part in zip(targets, parts, strict=True):
            if part is None:
                continue
            total[n] = part if n not in total else ops.add(total[n], part)
            if n in bridges and n not in cut:
                outputs.append(bridges[n])
                seeds.append(part)
    return total


def _listed(name: str, tensors: Any, optional: bool = False) -> "list[Tensor]":
    """One tensor or several as a list; TypeError for anything else."""
    if isinstance(tensors, TensorBase):
        return [tensors]  # type: ignore[list-item]
    found: list[Any] = list(tensors) if isinstance(tensors, Iterable) else [tensors]
    for part in found:
        if not isinstance(part, TensorBase) and not (optional and part is None):
            raise TypeError(f"{name}: got {shown(part)}, expected a Tensor or several of them")
    return found


def _seeds(name: str, outputs: "Sequence[Tensor]", given: Any) -> list[Node]:
    """What the gradient of each output begins with."""
    if not outputs:
        raise RuntimeError(f"{name}: got no tensor, expected at least one to differentiate")
    seeds = [None] * len(outputs) if given is None else _listed(name, given, True)
    if len(seeds) != len(outputs):
        raise RuntimeError(
            f"{name}: got {len(outputs)} tensors and {len(seeds)} gradients, expected as many"
        )
    return [_seed(y, g) for y, g in zip(outputs, seeds, strict=True)]


def _seed(y: "Tensor", g: "Tensor | None") -> Node:
    node = y._node
    if not (node.tracked and node.dtype.kind == "f"):
        raise RuntimeError(
            "element 0 of tensors does not require grad and does not have a grad_fn.\n"
            "Make a leaf with requires_grad=True, and compute outside `no_grad`."
        )
    if g is None:
        if node.size != 1:
            raise RuntimeError(
                "grad can be implicitly created only for scalar outputs, but got shape "
                f"{list(node.shape)}.\nGive gradient=..., or reduce first: y.sum().backward()."
            )
        return ops.expand(ops.const(1, node.dtype), node.shape)
    if g._node.shape != node.shape:
        raise ShapeError(
            f"Mismatch in shape: grad_output[0] has a shape of {list(g.shape)} and output[0] has "
            f"a shape of {list(node.shape)}."
        )
    return ops.cast(g._node, node.dtype)


def leaf_number(tensor: TensorBase) -> int | None:
    """The number of a leaf that requires gradients; None for all other tensors."""
    chain = tensor._chain
    if chain and isinstance(last := chain[-1], Mark):
        return last.number
    return None


def _kept(tensor: TensorBase, g: Node, create_graph: bool) -> "Tensor":
    return wrap(g if create_graph else ops.detach(g), tensor._base.device)


def _hooked_value(
    hook: "Callable[[Tensor], Any]", device: Any, g: Node, create_graph: bool
) -> Node:
    token = grad_enabled.set(create_graph)
    try:
        given = wrap(g if create_graph else ops.detach(g), device)
        result = hook(given)
    finally:
        grad_enabled.reset(token)
    if result is None:
        return g
    if result.shape != given.shape or result.dtype is not given.dtype:
        raise RuntimeError(
            f"register_hook: the hook gave {result.dtype.name} {list(result.shape)}, expected a "
            f"gradient like the one it got, {given.dtype.name} {list(given.shape)}"
        )
    node: Node = result._node
    return node


def _node_hook(n: Node, device: Any, create_graph: bool) -> Callable[[Node], Node]:
    calls = hooked[n]

    def run(g: Node) -> Node:
        for key in sorted(calls):  # retained gradients have the highest keys
            g = _hooked_value(calls[key], device, g, create_graph)
        return g

    return run


def _accumulate(tensor: Any, g: Node, create_graph: bool) -> None:
    known = tensor.grad
    if known is None:
        tensor.grad = kept = _kept(tensor, g, create_graph)
        # gradients that share a graph are computed together, as pending writes are
        register_written(kept._base.storage, kept._node)
    elif create_graph:
        tensor.grad = wrap(ops.add(known._node, g), tensor._base.device)
    else:
        token = grad_enabled.set(False)
        try:
            known._write(ops.add(known._node, ops.detach(g)))
        finally:
            grad_enabled.reset(token)
    for call in list(tensor._after_accumulate.values()):
        call(tensor)


def accumulate_hook(tensor: TensorBase) -> "Callable[[Tensor], None]":
    """What `retain_grad` does with the gradient of a tensor that is no leaf."""
    reference: Any = weakref.ref(tensor)

    def keep(g: "Tensor") -> None:
        found = reference()
        if found is not None:
            known = found._grad
            found._grad = (
                g if known is None else wrap(ops.add(known._node, g._node), g._base.device)
            )

    return keep
