"""What is taken for attention, and what comes of it: no device, plans only."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from lazygrad.codegen import attention, ops
from lazygrad.codegen.compile import Plan, compile_graph
from lazygrad.codegen.dtype import bool_, float32
from lazygrad.codegen.gradient import gradient
from lazygrad.codegen.graph import Node
from lazygrad.codegen.limits import Limits
from lazygrad.codegen.opencl import kernel_text
from lazygrad.codegen.structure import structure

CPU = Limits(local_bytes=262144)
ROWS, COLUMNS, DEPTH = 600, 700, 32


def _operands(
    rows: int = ROWS, columns: int = COLUMNS, depth: int = DEPTH, heads: int = 2
) -> list[Node]:
    shapes = ((heads, rows, depth), (heads, columns, depth), (heads, columns, depth))
    return [ops.variable(ops.buffer(float32, s), ops.fresh_number()) for s in shapes]


def _weights(q: Node, k: Node) -> Node:
    scores = ops.matmul(q, ops.permute(k, (0, 2, 1)))
    exps = ops.exp(ops.sub(scores, ops.max_(ops.detach(scores), (2,))))
    return ops.div(exps, ops.sum_(exps, (2,)))


def _plan(outputs: list[Node], limits: Limits = CPU) -> Plan:
    _key, late, _order = structure(outputs, lambda n: n.op.name == "buffer")
    return compile_graph(outputs, late, limits, check=True)


def _with_gradients(q: Node, k: Node, v: Node) -> list[Node]:
    out = ops.matmul(_weights(q, k), v)
    found = gradient([out], [ops.buffer(float32, out.shape)], [q, k, v])
    return [out, *[g for g in found if g is not None]]


def _memory(plan: Plan) -> int:
    """Bytes of the largest value that a plan stores."""
    return max(*plan.slots, *plan.output_bytes, 0)


def test_forward_is_one_kernel() -> None:
    q, k, v = _operands()
    plan = _plan([ops.matmul(_weights(q, k), v)])
    assert len(plan.steps) == 1 and not plan.slots


def test_memory_of_both_directions_is_linear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "_KEPT", 0)
    plan = _plan(_with_gradients(*_operands()))
    assert len(plan.steps) == 4
    assert _memory(plan) <= 2 * COLUMNS * DEPTH * 4


def test_many_heads_have_all_gradients_from_one_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "_KEPT", 0)
    heads = 2 * CPU.compute_units
    outputs = _with_gradients(*_operands(heads=heads))
    plan = _plan(outputs)
    assert len(plan.steps) == 3
    assert len(plan.steps[-1].kernel.item_vars) == 1  # a work-item owns a head
    assert _memory(plan) <= heads * COLUMNS * DEPTH * 4
    assert len(_plan(outputs, replace(CPU, compute_units=CPU.compute_units + 1)).steps) == 4


def test_gradients_alone_take_row_sums_from_a_result_that_nobody_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attention, "_KEPT", 0)
    outputs = _with_gradients(*_operands(heads=2 * CPU.compute_units))
    alone, both = (_plan(x) for x in (outputs[1:], outputs))
    flops = [[step.kernel.flops for step in plan.steps] for plan in (alone, both)]
    assert flops[0] == flops[1]  # two products, sums of rows, five products


def test_text_of_all_gradients(
    golden: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "_KEPT", 0)
    plan = _plan(_with_gradients(*_operands(100, 70, 12, heads=4)))
    golden(kernel_text(plan.steps[-1].kernel) + "\n")


def _masked(q: Node, k: Node, v: Node, mask: Node, fill: float = -math.inf) -> list[Node]:
    scores = ops.where(mask, ops.matmul(q, ops.permute(k, (0, 2, 1))), ops.const(fill, float32))
    exps = ops.exp(ops.sub(scores, ops.max_(ops.detach(scores), (2,))))
    out = ops.matmul(ops.div(exps, ops.sum_(exps, (2,))), v)
    found = gradient([out], [ops.buffer(float32, out.shape)], [q, k, v])
    return [out, *[g for g in found if g is not None]]


def _branches(plan: Plan) -> list[int]:
    return [kernel_text(step.kernel).count("if (") for step in plan.steps]


@pytest.mark.parametrize("heads", [2, 4])
def test_blocks_that_a_mask_of_places_hides_are_passed_over(
    heads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "_KEPT", 0)
    q, k, v = _operands(rows=700, heads=heads)
    rows, columns = ops.reshape(ops.iota(700), (700, 1)), ops.iota(700)
    for mask in (ops.le(columns, rows), ops.bitwise_not(ops.lt(rows, columns))):
        found = _branches(_plan(_masked(q, k, v, mask)))
        forward, row_sums, *backward = found
        assert forward and not row_sums and all(backward)
    for mask, fill in (
        (ops.le(columns, rows), -1e9),  # weighs next to nothing, but something
        (ops.lt(columns, rows), -math.inf),  # the first row sees nothing: NaN everywhere
        (ops.buffer(bool_, (700, 700)), -math.inf),
    ):
        assert not any(_branches(_plan(_masked(q, k, v, mask, fill))))


def test_small_weights_wait_for_backward() -> None:
    assert 2 * ROWS * COLUMNS * 4 < attention._KEPT
    plan = _plan(_with_gradients(*_operands()))
    assert _memory(plan) == 2 * ROWS * COLUMNS * 4


def test_weights_that_are_asked_for_are_there() -> None:
    q, k, v = _operands()
    weights = _weights(q, k)
    plan = _plan([weights, ops.matmul(weights, v)])
    assert _memory(plan) == 2 * ROWS * COLUMNS * 4


def test_what_local_memory_cannot_hold_is_done_in_parts() -> None:
    q, k, v = _operands(depth=200)
    plan = _plan([ops.matmul(_weights(q, k), v)], Limits(local_bytes=2048))
    assert len(plan.steps) > 1


def test_an_activation_between_products_is_no_attention() -> None:
    x, up, down = f32(600, 64), f32(64, 256), f32(256, 64)
    hidden = ops.matmul(x, up)
    silu = ops.div(hidden, ops.add(ops.const(1.0, float32), ops.exp(ops.neg(hidden))))
    assert len(_plan([ops.matmul(silu, down)]).steps) == 2


def f32(*shape: int) -> Node:
    return ops.buffer(float32, shape)
