"""What kernels leave for others, and the sums of products that gradients are."""

import functools
from collections.abc import Callable

import numpy as np
import pytest

from lazygrad.codegen import ops
from lazygrad.codegen.compile import Plan, compile_graph
from lazygrad.codegen.dtype import float16, float32
from lazygrad.codegen.factoring import sum_of
from lazygrad.codegen.flow import Network
from lazygrad.codegen.gradient import gradient
from lazygrad.codegen.graph import Node, toposort
from lazygrad.codegen.limits import Limits
from lazygrad.codegen.reference import evaluate
from lazygrad.codegen.structure import structure

LIMITS = Limits(local_bytes=262144)
ROWS, WIDTH = 64, 96
RNG = np.random.default_rng(0)


def plan(*outputs: Node) -> Plan:
    _key, late, _order = structure(outputs, lambda n: n.op.name == "buffer")
    return compile_graph(outputs, late, LIMITS, check=True)


def f32(*shape: int) -> Node:
    return ops.buffer(float32, shape)


def const(value: float) -> Node:
    return ops.const(value, float32)


def product(a: Node, b: Node) -> Node:
    return ops.contract(a, b, (0, 1), (1, 2), (0, 2))


def erf_gelu(x: Node) -> Node:
    inner = ops.add(const(1.0), ops.erf(ops.mul(x, const(0.7))))
    return ops.mul(ops.mul(x, const(0.5)), inner)


def tanh_gelu(x: Node) -> Node:
    cube = ops.mul(ops.mul(ops.mul(x, const(0.04)), x), x)
    inner = ops.add(const(1.0), ops.tanh(ops.mul(ops.add(x, cube), const(0.8))))
    return ops.mul(ops.mul(x, const(0.5)), inner)


def normalized(x: Node) -> Node:
    def mean(y: Node) -> Node:
        return ops.mul(ops.sum_(y, (1,)), const(1 / WIDTH))

    centred = ops.sub(x, mean(x))
    scale = ops.rsqrt(ops.add(mean(ops.mul(centred, centred)), const(1e-5)))
    return ops.mul(centred, scale)


def sigmoid_gate(x: Node) -> Node:
    return ops.div(x, ops.add(const(1.0), ops.exp(ops.neg(x))))


def stored_bytes(function: Callable[[Node], Node]) -> float:
    """Bytes for each element that a kernel before the second layer leaves for later ones."""
    first, second = [ops.variable(f32(WIDTH, WIDTH), k) for k in (1, 2)]
    active = function(product(f32(ROWS, WIDTH), first))
    loss = ops.sum_(ops.mul(seed := f32(ROWS, WIDTH), product(active, second)), (0, 1))
    found = gradient([loss], [const(1.0)], [first, second])
    assert seed in toposort([n for n in found if n is not None])
    written = [
        p.size * p.dtype.itemsize
        for step in plan(*[n for n in found if n is not None]).steps
        for p in step.kernel.params
        if p.kind == "out" and p.size == ROWS * WIDTH
    ]
    return (sum(written) - 4 * ROWS * WIDTH) / (ROWS * WIDTH)  # one is the hidden gradient


@pytest.mark.parametrize(
    ("function", "most"),
    [(erf_gelu, 8), (tanh_gelu, 12), (sigmoid_gate, 12), (normalized, 12)],
)
def test_little_is_kept_for_backward(function: Callable[[Node], Node], most: int) -> None:
    assert stored_bytes(function) <= most


def test_a_dear_value_is_kept_rather_than_made_again() -> None:
    # the derivative of erf_gelu: nothing beside it and the result, no second erf
    first, second = [ops.variable(f32(WIDTH, WIDTH), k) for k in (1, 2)]
    result = product(erf_gelu(product(f32(ROWS, WIDTH), first)), second)
    loss = ops.sum_(ops.mul(f32(ROWS, WIDTH), result), (0, 1))
    found = gradient([loss], [const(1.0)], [first, second])
    steps = plan(*[n for n in found if n is not None]).steps
    assert sum("lg_erf" in s.text for s in steps) == 1


def test_values_of_a_plan_with_narrow_cuts_are_asked_for_still() -> None:
    x = product(f32(ROWS, WIDTH), f32(WIDTH, WIDTH))
    y, z = sigmoid_gate(x), ops.mul(x, const(0.5))
    later = ops.add(ops.sum_(ops.mul(y, z), (1,)), z)
    outputs = plan(y, z, later).outputs
    assert [kind for kind, _ in outputs] == ["output"] * 3


@pytest.mark.parametrize("sign", [1, -1])
def test_a_common_factor_stands_outside(sign: int) -> None:
    g, a, b = f32(8), f32(8), f32(8)
    left = ops.mul(ops.mul(g, a), const(0.5))
    right = ops.mul(g, b) if sign > 0 else ops.neg(ops.mul(g, b))
    found = sum_of(left, right)
    assert found.op.name == "mul" and found.src[0] is g
    data = {n: np.float32(RNG.standard_normal(8)) for n in (g, a, b)}
    expected = data[g] * (data[a] / 2 + sign * data[b])
    np.testing.assert_allclose(evaluate([found], data)[0], expected, rtol=1e-6, atol=1e-6)


def test_sums_without_a_factor_of_their_size_stay() -> None:
    g, a, b, scale = f32(8), f32(8), f32(8), f32(1)
    for x, y in [
        (ops.mul(a, g), ops.mul(b, g)),  # begun with others
        (g, ops.mul(g, a)),  # nothing to gain
        (ops.mul(scale, a), ops.mul(scale, b)),  # the factor is broadcast
    ]:
        assert sum_of(x, y) is ops.add(x, y)
    g, a, b = (ops.buffer(float16, (8,)) for _ in range(3))
    x, y = ops.mul(g, a), ops.mul(g, b)
    assert sum_of(x, y) is ops.add(x, y)  # a + b might be infinite


def test_a_minimum_cut() -> None:
    network = Network()
    for a, b, capacity in [
        ("s", "a", 3), ("s", "b", 2), ("a", "b", 1), ("a", "t", 2), ("b", "t", 9),
    ]:  # fmt: skip
        network.edge(a, b, capacity)
    assert network.near_side("s", "t") == {"s"}
    endless = Network()
    endless.edge("s", "t", float("inf"))
    assert endless.near_side("s", "t") is None


def test_what_others_need_in_memory_stays_there() -> None:
    # weights: an operand of a product, which reads memory, and beside it read element by element
    scores = f32(ROWS, WIDTH)
    powers = ops.exp(ops.sub(scores, ops.max_(scores, (1,))))
    weights = ops.div(powers, ops.sum_(powers, (1,)))
    mixed = product(weights, f32(WIDTH, WIDTH))
    passed = product(f32(ROWS, WIDTH), f32(WIDTH, WIDTH))
    steps = plan(mixed, ops.mul(passed, ops.mul(weights, powers))).steps
    given = {a for s in steps for a, p in zip(s.arguments, s.kernel.params, strict=True)
             if p.kind == "out"}  # fmt: skip
    read = {a for s in steps for a in s.arguments if a.kind == "slot"}
    assert read <= given


def momentum_update(weight: Node, moments: list[Node], gradient: Node) -> list[Node]:
    moved = [ops.add(ops.mul(m, const(0.9)), gradient) for m in moments]
    return [*moved, ops.sub(weight, ops.mul(functools.reduce(ops.mul, moved), const(0.1)))]


@pytest.mark.parametrize(
    ("moments", "side", "kernels"), [(1, 256, 1), (2, 256, 2), (2, 64, 1)]
)  # fmt: skip
def test_an_update_of_many_arrays_has_a_kernel_of_its_own(
    moments: int, side: int, kernels: int
) -> None:
    gradient_of = product(f32(side, 32), f32(32, side))
    weight, *others = [f32(side, side) for _ in range(1 + moments)]
    steps = plan(*momentum_update(weight, others, gradient_of)).steps
    assert len(steps) == kernels
    assert len(steps[-1].kernel.params) >= 2 + 2 * moments
