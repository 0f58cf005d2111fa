"""Which operands of contractions are computed while they are staged. No device."""

import pytest

from lazygrad.codegen import ops
from lazygrad.codegen.compile import Plan, compile_graph
from lazygrad.codegen.dtype import float32, int8, int64
from lazygrad.codegen.graph import Node
from lazygrad.codegen.limits import Limits
from lazygrad.codegen.structure import structure

AVX2 = Limits(local_bytes=262144, register_bytes=32, registers=16)
AVX512 = Limits(local_bytes=262144)
GPU = Limits(kind="gpu", compute_units=40, vector_bytes=16, local_bytes=49152)


def f32(*shape: int) -> Node:
    return ops.buffer(float32, shape)


def plan(*outputs: Node, limits: Limits = AVX2) -> Plan:
    _key, late, _order = structure(outputs, lambda n: n.op.name == "buffer")
    return compile_graph(outputs, late, limits, check=True)


def gathered(rows: int, count: int, width: int) -> Node:
    return ops.gather(f32(count, width), ops.buffer(int64, (rows, 1)), 0)


def normalised(x: Node) -> Node:
    """By statistics of its rows that are in memory."""
    rows, columns = x.shape
    unit = ops.mul(ops.sub(x, f32(rows, 1)), f32(rows, 1))
    return ops.add(ops.mul(unit, f32(columns)), f32(columns))


@pytest.mark.parametrize("limits", [AVX2, AVX512])
@pytest.mark.parametrize(
    "weights",
    [
        lambda: ops.cast(ops.buffer(int8, (256, 512)), float32),
        lambda: normalised(f32(256, 512)),
        lambda: ops.maximum(f32(256, 512), ops.const(0.0, float32)),
        lambda: gathered(256, 1000, 512),
    ],
)
def test_columns_are_computed_while_they_are_staged(weights, limits):
    (step,) = plan(ops.matmul(f32(64, 256), weights()), limits=limits).steps
    assert "panel" in step.text


def test_rows_are_looked_up_in_place():
    (step,) = plan(ops.matmul(gathered(64, 1000, 256), f32(256, 48))).steps
    (form,) = {step.text.count(part) for part in ("lg_check(", "const float* row_", "in0 + d")}
    assert form > 1  # rows of a tile


def test_what_stays_memory():
    x, w, relu = f32(640, 256), f32(256, 512), ops.maximum(f32(256, 512), f32(512))
    # rows are read in place by every panel
    assert len(plan(ops.matmul(normalised(x), w)).steps) == 2
    # each of many panels would look rows up again
    assert len(plan(ops.matmul(gathered(64, 1000, 256), f32(256, 512))).steps) == 2
    # a dear element, made anew for each run of rows
    assert len(plan(ops.matmul(x, ops.tanh(ops.exp(w)))).steps) == 2
    assert len(plan(ops.matmul(x, ops.erfc(ops.exp(w)))).steps) == 2
    # several read it
    assert len(plan(ops.matmul(x, relu), ops.matmul(f32(64, 256), relu)).steps) == 3
    assert len(plan(ops.matmul(x, relu), relu).steps) == 2
    # columns that lie apart are no vectors
    turned = ops.permute(normalised(f32(512, 256)), (1, 0))
    assert len(plan(ops.matmul(x, turned)).steps) == 2
    assert len(plan(ops.matmul(f32(64, 256), relu), limits=GPU).steps) == 2


def test_the_larger_of_two_is_computed():
    small, large = ops.neg(f32(64, 256)), ops.neg(f32(256, 512))
    first, second = plan(ops.matmul(small, large)).steps
    assert first.kernel.name.startswith("neg_64x256")
    assert second.kernel.name.startswith("contract_neg_64x512")
