"""Generated texts, kept: a change of a kernel is seen and meant. Update with --update-golden."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from lazygrad.codegen import ops
from lazygrad.codegen.compile import compile_graph
from lazygrad.codegen.dtype import bool_, float16, float32, int32, int64, uint32, uint64
from lazygrad.codegen.graph import Node
from lazygrad.codegen.kernel_check import format_kernel
from lazygrad.codegen.limits import Limits
from lazygrad.codegen.opencl import kernel_text
from lazygrad.codegen.structure import structure
from lazygrad.codegen.winograd import MAPS

CPU = Limits(local_bytes=262144)
GPU = Limits(kind="gpu", compute_units=40, vector_bytes=16, local_bytes=49152)


def f32(*shape: int) -> Node:
    return ops.buffer(float32, shape)


def softmax() -> Node:
    x = f32(64, 100)
    exps = ops.exp(ops.sub(x, ops.max_(x, (1,))))
    return ops.div(exps, ops.sum_(exps, (1,)))


def linear_relu() -> Node:
    y = ops.add(ops.matmul(f32(64, 784), f32(784, 512)), f32(512))
    return ops.where(ops.lt(y, ops.const(0.0, float32)), ops.const(0.0, float32), y)


def convolution() -> Node:
    windows = ops.window(ops.window(f32(2, 3, 9, 9), 2, 3), 3, 3)
    return ops.contract(windows, f32(16, 3, 3, 3), (0, 1, 2, 3, 4, 5), (6, 1, 4, 5), (0, 6, 2, 3))


def attention() -> Node:
    """Written out, with a late-bound scale and a mask that adds."""
    q, k, v = f32(2, 100, 16), f32(2, 70, 16), f32(2, 70, 24)
    scores = ops.mul(ops.matmul(q, ops.permute(k, (0, 2, 1))), ops.scalar(0.25, float32))
    scores = ops.add(scores, f32(100, 70))
    exps = ops.exp(ops.sub(scores, ops.max_(scores, (2,))))
    return ops.matmul(ops.div(exps, ops.sum_(exps, (2,))), v)


def causal_product() -> Node:
    """Weights that a mask made 0 above the diagonal, as rows of a product."""
    mask = ops.le(ops.iota(40), ops.reshape(ops.iota(40), (40, 1)))
    scores = ops.where(mask, f32(2, 40, 40), ops.const(float("-inf"), float32))
    exps = ops.exp(ops.sub(scores, ops.max_(scores, (2,))))
    return ops.matmul(ops.div(exps, ops.sum_(exps, (2,))), f32(2, 40, 64))


def normalised_columns() -> Node:
    """Several blocks of contracted positions, of columns that are computed while staged."""
    unit = ops.mul(ops.sub(f32(600, 64), f32(600, 1)), f32(64))
    return ops.matmul(f32(40, 600), unit)


def looked_up_rows() -> Node:
    rows = ops.gather(f32(300, 96), ops.buffer(int64, (40, 1)), 0)
    return ops.matmul(rows, f32(96, 64))


def few_taps() -> Node:
    windows = ops.window(ops.window(f32(2, 1, 9, 22), 2, 3), 3, 3)
    return ops.contract(windows, f32(16, 1, 3, 3), (0, 1, 2, 3, 4, 5), (6, 1, 4, 5), (0, 6, 2, 3))


def strided() -> Node:
    padded = ops.pad_around(f32(2, 1, 5, 37), [(0, 0), (0, 0), (1, 1), (1, 1)])
    windows = ops.window(ops.window(padded, 2, 3, 2), 3, 3, 2)
    return ops.contract(windows, f32(2, 1, 3, 3), (0, 1, 2, 3, 4, 5), (6, 1, 4, 5), (0, 6, 2, 3))


def tiles() -> Node:
    """Results of Winograd's tiles side by side, with what follows; a row of 11 of them."""
    parts = ops.linear(ops.linear(f32(4, 4, 3, 5, 11), 1, MAPS[2].result), 0, MAPS[2].result)
    return ops.exp(ops.reshape(ops.permute(parts, (2, 3, 0, 4, 1)), (3, 10, 22)))


CASES: dict[str, Callable[[], Node]] = {
    "elementwise": lambda: ops.mul(ops.tanh(ops.add(f32(64, 100), f32(100))), f32(64, 1)),
    "half": lambda: ops.exp(ops.buffer(float16, (70,))),
    "mask": lambda: ops.bitwise_and(ops.lt(f32(33), f32(33)), ops.buffer(bool_, (33,))),
    "integer_division": lambda: ops.floordiv(*(ops.buffer(int32, (40,)) for _ in range(2))),
    "softmax": softmax,
    "tiles": tiles,
    "column_sum": lambda: ops.sum_(f32(300, 200), (0,)),
    "tall_column_sum": lambda: ops.sum_(f32(1024, 256), (0,)),
    "several_row_sums": lambda: ops.sum_(f32(30, 300), (1,)),
    "row_max": lambda: ops.max_(f32(8, 1030), (1,)),
    "random": lambda: ops.normal(
        ops.philox(ops.scalar(0, uint64), ops.scalar(1, uint64), ops.iota(1030, uint32))
    ),
    "random_rows": lambda: ops.slice_at(
        ops.reshape(
            ops.philox(ops.scalar(0, uint64), ops.scalar(1, uint64), ops.iota(126, uint32)), (6, 21)
        ), 1, 1, 16,
    ),
    "padded": lambda: ops.pad_around(f32(3, 10, 10), [(0, 0), (1, 1), (1, 1)], 0.5),
    "every_other": lambda: ops.neg(
        ops.slice_(f32(3, 41), ((1, 21, 2),), (ops.const(0, int64),))
    ),
    "windows_of_every_other": lambda: ops.max_(
        ops.window(ops.pad_around(f32(3, 41), [(0, 0), (1, 1)], 0.5), 1, 3, 2), (2,)
    ),
    "two_edges": lambda: ops.mul(
        ops.pad_around(f32(7, 3), [(1, 1), (0, 0)], 0.5),
        ops.pad_around(f32(8, 3), [(1, 0), (0, 0)], 1.0),
    ),
    "gather": lambda: ops.gather(f32(50, 64), ops.buffer(int64, (7, 1)), 0),
    "late_slice": lambda: ops.neg(
        ops.slice_(f32(100, 32), ((0, 10, 1),), (ops.scalar(20, int64),))
    ),
    "linear_relu": linear_relu,
    "convolution": convolution,
    "attention": attention,
    "few_taps": few_taps,
    "causal_product": causal_product,
    "normalised_columns": normalised_columns,
    "looked_up_rows": looked_up_rows,
    "strided": strided,
    "scan": lambda: ops.scan(f32(5, 40), 1, "add"),
    "argsort": lambda: ops.argsort(f32(90, 5), 0),
    "topk": lambda: ops.topk(f32(600, 200), 1, 8),
    "scatter_of_rows": lambda: ops.scatter(
        ops.buffer(int64, (300, 1)), f32(300, 64), 0, 100, "add"
    ),
    "scatter": lambda: ops.scatter(ops.buffer(int64, (30, 1)), f32(30, 64), 0, 10, "add"),
}  # fmt: skip


def _text(limits: Limits, build: Callable[[], Node]) -> str:
    output = build()
    _key, late, _order = structure([output], lambda n: n.op.name == "buffer")
    made = compile_graph([output], late, limits, check=True)
    return "\n\n".join(kernel_text(s.kernel) for s in made.steps) + "\n"


@pytest.mark.parametrize("name", CASES)
def test_on_a_cpu(name: str, golden: Callable[[str], None]) -> None:
    golden(_text(CPU, CASES[name]))


@pytest.mark.parametrize(
    "name", ["elementwise", "softmax", "linear_relu", "topk", "scatter_of_rows"]
)
def test_on_a_gpu(name: str, golden: Callable[[str], None]) -> None:
    golden(_text(GPU, CASES[name]))


def half_linear() -> Node:
    x, w, bias = (ops.buffer(float16, shape) for shape in ((40, 72), (72, 48), (48,)))
    return ops.add(ops.matmul(x, w), bias)


def test_with_matrix_instructions(golden: Callable[[str], None]) -> None:
    golden(_text(replace(GPU, has_mma=True), half_linear))


def test_kernels_print_in_their_own_notation() -> None:
    output = softmax()
    made = compile_graph([output], list(structure([output], lambda n: not n.src)[1]), CPU)
    told = format_kernel(made.steps[0].kernel)
    assert told.startswith("kernel max_exp_sum") and "for r0 in 0:" in told
