"""Random graphs: fused, unfused and NumPy agree."""

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import float32, int64
from lazygrad.codegen.graph import Node, toposort
from lazygrad.codegen.reference import evaluate
from lazygrad.realize import from_host, realize_nodes, to_host

UNARY = ("neg", "abs_", "sin", "tanh", "exp_small", "sqrt_abs", "sign", "floor")
BINARY = ("add", "sub", "mul", "maximum", "minimum", "where")
VIEWS = ("permute", "reshape", "flip", "slice", "pad", "expand")
REDUCE = ("sum", "max", "min", "mean")
OTHER = ("matmul", "gather", "scan", "window")
STEP = st.tuples(
    st.sampled_from(UNARY + BINARY + VIEWS + REDUCE + OTHER),
    st.integers(0, 30),
    st.integers(0, 30),
    st.integers(0, 3),
)


def _small(x: Node) -> Node:
    """Keeps values tame, so that rounding cannot grow without bound."""
    return ops.sin(x)


def _apply(kind: str, x: Node, y: Node, k: int) -> Node:
    """One more node; operands are of shape (6, 6)."""
    half = ops.const(0.5, float32)
    if kind == "exp_small":
        return ops.exp(_small(x))
    if kind == "sqrt_abs":
        return ops.sqrt(ops.add(ops.abs_(x), half))
    if kind in UNARY:
        return getattr(ops, kind)(x)  # type: ignore[no-any-return]
    if kind == "where":
        return ops.where(ops.lt(x, y), ops.mul(x, half), y)
    if kind in BINARY:
        return getattr(ops, kind)(x, y)  # type: ignore[no-any-return]
    if kind == "permute":
        return ops.permute(x, (1, 0))
    if kind == "reshape":
        return ops.reshape(ops.permute(ops.reshape(x, (3, 12)), (1, 0)), (6, 6))
    if kind == "flip":
        return ops.flip(x, (k % 2,))
    if kind == "slice":
        part = ops.slice_(x, ((k % 2, 3, 1 + k // 2),), (ops.scalar(k % 2, int64),))
        return ops.pad_around(part, [(2, 1) if d == k % 2 else (0, 0) for d in range(2)], 0.25)
    if kind == "pad":
        wide = ops.pad_around(x, [(1, 0), (0, 2)], 0.5)
        return ops.slice_(wide, ((0, 6, 1), (1, 6, 1)), (ops.const(0, int64), ops.const(1, int64)))
    if kind == "expand":
        return ops.add(ops.expand(ops.slice_at(x, k % 2, 2, 1), (6, 6)), y)
    if kind == "mean":
        return ops.sub(y, ops.mul(ops.sum_(x, (k % 2,)), ops.const(1 / 6, float32)))
    if kind in REDUCE:
        axes = ((0,), (1,), (0, 1), (1,))[k]
        return ops.add(y, _small(getattr(ops, kind + "_")(x, axes)))
    if kind == "matmul":
        return _small(ops.matmul(x, y))
    if kind == "gather":
        index = ops.reshape(ops.iota(6), (6, 1) if k % 2 == 0 else (1, 6))
        turned = ops.mod(ops.add(index, ops.const(k, int64)), ops.const(6, int64))
        return ops.gather(x, turned, k % 2)
    if kind == "scan":
        return _small(ops.scan(x, k % 2, "add" if k < 2 else "max"))
    windows = ops.window(ops.pad_around(x, [(1, 1), (0, 0)]), 0, 3)
    return _small(ops.reshape(ops.sum_(windows, (2,)), (6, 6)))


def _build(steps: list[tuple[str, int, int, int]], leaves: list[Node]) -> list[Node]:
    nodes = list(leaves)
    for kind, i, j, k in steps:
        nodes.append(_apply(kind, nodes[i % len(nodes)], nodes[j % len(nodes)], k))
    return nodes[len(leaves) :]


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEP, min_size=2, max_size=14), seed=st.integers(0, 1000))
def test_fused_equals_numpy(device: Any, steps: list[tuple[str, int, int, int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = [rng.normal(size=(6, 6)).astype(np.float32) for _ in range(2)]
    leaves = [from_host(v, float32, device) for v in values]
    made = _build(steps, leaves)
    asked = [made[-1], made[len(made) // 2]]
    wide = {n: v.astype(np.float64) for n, v in zip(leaves, values, strict=True)}
    wanted = _evaluate_wide(asked, wide)
    realize_nodes(asked, device)
    for n, expected in zip(asked, wanted, strict=True):
        np.testing.assert_allclose(to_host(n, device), expected, rtol=2e-3, atol=2e-3)


def _evaluate_wide(asked: list[Node], data: dict[Node, Any]) -> list[Any]:
    """The meaning without rounding between ops, so that only the device rounds."""
    values: dict[Node, Any] = {}
    for n in toposort(asked, stop=lambda n: n in data):
        values[n] = data[n] if n in data else np.asarray(n.op.numpy(n, *[values[s] for s in n.src]))
    return [values[n] for n in asked]


def test_unfused_equals_fused(device: Any) -> None:
    """Realized node by node, one program gives the values it gives in one plan."""
    rng = np.random.default_rng(3)
    values = [rng.normal(size=(6, 6)).astype(np.float32) for _ in range(2)]
    every = (*UNARY, *BINARY, *VIEWS, *REDUCE, *OTHER)
    steps = [(kind, 2 * i + 1, i, i % 4) for i, kind in enumerate(every)]
    together = _build(steps, [from_host(v, float32, device) for v in values])
    realize_nodes(together[-1:], device)
    leaves = [from_host(v, float32, device) for v in values]
    nodes = list(leaves)
    for kind, i, j, k in steps:
        nodes.append(_apply(kind, nodes[i % len(nodes)], nodes[j % len(nodes)], k))
        realize_nodes(nodes[-1:], device)
    got, expected = to_host(together[-1], device), to_host(nodes[-1], device)
    np.testing.assert_allclose(got, expected, rtol=2e-3, atol=2e-3)
    data = dict(zip(leaves, values, strict=True))
    reference = evaluate(_build(steps, leaves)[-1:], data)[0]
    np.testing.assert_allclose(expected, reference, rtol=2e-3, atol=2e-3)
