"""Interning, depth, printing, verification and freeing of the array graph."""

import gc

import pytest

from lazygrad.codegen import graph, ops
from lazygrad.codegen.dtype import bool_, float32, float64, int64
from lazygrad.codegen.gradient import gradient
from lazygrad.codegen.simplify import simplify
from lazygrad.codegen.structure import structure

DEPTH = 100_000


def test_equal_parts_are_one_node() -> None:
    x = ops.buffer(float32, (3,))
    assert ops.exp(x) is ops.exp(x)
    assert ops.scalar(0.3, float32) is not ops.scalar(0.3, float32)
    assert ops.const(1.0, float32) is not ops.const(1.0, float64)
    assert ops.const(0.0, float32) is not ops.const(-0.0, float32)
    assert ops.const(1, int64) is not ops.const(True, bool_)


def test_deep_chains_build_print_differentiate_and_free() -> None:
    gc.collect()
    before = len(graph._interned)
    x = ops.variable(ops.buffer(float32, (2,)), ops.fresh_number())
    n = x
    for _ in range(DEPTH // 2):
        n = ops.tanh(ops.sin(n))
    graph.verify([n])
    assert graph.format_graph([n]).count("\n") > DEPTH
    seed = ops.expand(ops.const(1.0, float32), n.shape)
    (g,) = gradient([n], [seed], [x])
    assert g is not None and len(graph.toposort([g])) > 3 * DEPTH
    assert len(graph.toposort(simplify([n]))) == DEPTH + 1
    key, late, _order = structure([n], lambda m: m.op.name == "buffer")
    assert len(key) == DEPTH + 2 and len(late) == 1
    del x, n, seed, g, key, late, _order
    gc.collect()
    assert len(graph._interned) <= before + 8


def test_rows_refuse_operands_that_do_not_fit() -> None:
    x, y = ops.buffer(float32, (3, 4)), ops.buffer(float32, (4, 3))
    with pytest.raises(ValueError, match="do not broadcast"):
        ops.add(x, y)
    with pytest.raises(TypeError, match="one dtype"):
        ops.add(x, ops.buffer(float64, (3, 4)))
    with pytest.raises(ValueError, match="reshape"):
        ops.reshape(x, (5,))
    with pytest.raises(ValueError, match="slice"):
        ops.slice_at(x, 0, 0, 4)
    with pytest.raises(ValueError, match="spans"):
        ops.window(x, 0, 4)
    with pytest.raises(TypeError, match="int64"):
        ops.gather(x, y, 0)


def test_forgetting_a_source_keeps_the_node_and_frees_what_is_below() -> None:
    x = ops.buffer(float32, (3,))
    n = ops.exp(ops.sin(x))
    user = ops.neg(n)
    ops.forget(n)
    assert n.op.name == "buffer" and not n.src and user.src[0] is n
    assert ops.exp(ops.sin(x)) is not n


def test_structure_does_not_see_late_values() -> None:
    def loss(rate: float, start: int) -> object:
        x = ops.buffer(float32, (100,))
        part = ops.slice_(x, ((0, 10, 1),), (ops.scalar(start, int64),))
        total = ops.sum_(ops.mul(part, ops.scalar(rate, float32)), (0,))
        return structure([total], lambda n: n.op.name == "buffer")[0]

    assert loss(0.1, 0) == loss(0.7, 30)
