"""How many kernels a graph becomes, and what they share. No device."""

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from lazygrad.codegen import compile as compiling
from lazygrad.codegen import ops
from lazygrad.codegen.compile import Plan, Step, compile_graph
from lazygrad.codegen.dtype import float16, float32, float64, int64
from lazygrad.codegen.gradient import gradient
from lazygrad.codegen.graph import Node
from lazygrad.codegen.limits import Limits
from lazygrad.codegen.structure import structure

LIMITS = Limits(local_bytes=262144)


def plan(*outputs: Node, limits: Limits = LIMITS) -> Plan:
    _key, late, _order = structure(outputs, lambda n: n.op.name == "buffer")
    return compile_graph(outputs, late, limits, check=True)


def kernels(*outputs: Node) -> list[str]:
    return [step.kernel.name for step in plan(*outputs).steps]


def f32(*shape: int) -> Node:
    return ops.buffer(float32, shape)


def const(value: float) -> Node:
    return ops.const(value, float32)


def mean(x: Node, axes: tuple[int, ...]) -> Node:
    total = ops.sum_(x, axes)
    return ops.mul(total, const(total.size / x.size))


def sigmoid(x: Node) -> Node:
    return ops.div(const(1.0), ops.add(const(1.0), ops.exp(ops.neg(x))))


def gelu(x: Node) -> Node:
    inner = ops.add(const(1.0), ops.erf(ops.mul(x, const(0.7071067811865476))))
    return ops.mul(ops.mul(x, const(0.5)), inner)


def log_softmax(x: Node) -> Node:
    shifted = ops.sub(x, ops.max_(x, (x.ndim - 1,)))
    return ops.sub(shifted, ops.log(ops.sum_(ops.exp(shifted), (x.ndim - 1,))))


def cross_entropy(logits: Node, target: Node) -> Node:
    return mean(ops.neg(ops.gather(log_softmax(logits), target, 1)), (0, 1))


def test_elementwise_chain_is_one_kernel() -> None:
    x, w, b = f32(64, 100), f32(100), f32(100)
    assert len(kernels(ops.mul(gelu(ops.add(ops.mul(x, w), b)), sigmoid(x)))) == 1


def test_rows_are_one_kernel_each() -> None:
    x, w, b = f32(64, 100), f32(100), f32(100)
    exps = ops.exp(ops.sub(x, ops.max_(x, (1,))))
    assert len(kernels(ops.div(exps, ops.sum_(exps, (1,))))) == 1
    assert len(kernels(log_softmax(x))) == 1
    centred = ops.sub(x, mean(x, (1,)))
    normed = ops.mul(
        centred, ops.rsqrt(ops.add(mean(ops.mul(centred, centred), (1,)), const(1e-5)))
    )
    assert len(kernels(ops.add(ops.mul(normed, w), b))) == 1


def test_mean_and_variance_share_a_kernel() -> None:
    x = f32(64, 100)
    m = mean(x, (1,))
    centred = ops.sub(x, m)
    assert len(kernels(m, mean(ops.mul(centred, centred), (1,)))) == 1


def test_cross_entropy_is_at_most_two_kernels() -> None:
    assert len(kernels(cross_entropy(f32(64, 10), ops.buffer(int64, (64, 1))))) <= 2


def test_contraction_takes_bias_and_activation() -> None:
    a, b, bias = f32(64, 100), f32(100, 50), f32(50)
    y = ops.add(ops.matmul(a, b), bias)
    assert len(kernels(ops.where(ops.lt(y, const(0.0)), const(0.0), y))) == 1


def adam(p: Node, g: Node, m: Node, v: Node) -> tuple[Node, Node, Node]:
    m = ops.add(ops.mul(m, ops.scalar(0.9, float32)), ops.mul(g, ops.scalar(0.1, float32)))
    v = ops.add(
        ops.mul(v, ops.scalar(0.99, float32)), ops.mul(ops.mul(g, g), ops.scalar(0.01, float32))
    )
    root = ops.add(ops.sqrt(ops.div(v, ops.scalar(0.3, float32))), ops.scalar(1e-8, float32))
    return ops.sub(p, ops.mul(ops.scalar(1e-3, float32), ops.div(m, root))), m, v


def test_adam_step_is_a_kernel_for_each_parameter() -> None:
    outputs: list[Node] = []
    for shape in ((784, 512), (512,), (512, 10), (10,)):
        outputs += adam(*(f32(*shape) for _ in range(4)))
    assert len(kernels(*outputs)) == 4


def norm_gradients() -> tuple[Node, Node]:
    """What the scale and the shift of a norm get of the gradient that a product is."""
    g, normed = ops.matmul(f32(64, 96), f32(96, 128)), f32(64, 128)
    return ops.sum_(ops.mul(g, normed), (0,)), ops.sum_(g, (0,))


def test_gradients_of_a_norm_are_summed_together() -> None:
    scale, shift = norm_gradients()
    assert [len(step.kernel.params) for step in plan(scale, shift).steps] == [3, 4]


def test_sums_that_are_waited_for_or_read_other_arrays_stay_apart() -> None:
    scale, shift = norm_gradients()
    a, b = ops.matmul(f32(64, 96), f32(96, 128)), ops.matmul(f32(64, 96), f32(96, 128))
    assert len(kernels(ops.sum_(a, (0,)), ops.sum_(b, (0,)))) == 4
    later = ops.sum_(ops.mul(ops.matmul(f32(64, 1), scale), f32(64, 128)), (0,))
    assert len(kernels(later, shift)) == len(kernels(later)) + 1


def mlp_step() -> Sequence[Node]:
    shapes = ((784, 512), (512,), (512, 10), (10,))
    leaves = [f32(*s) for s in shapes]
    w1, b1, w2, b2 = ps = [ops.variable(n, ops.fresh_number()) for n in leaves]
    data, targets = f32(6400, 784), ops.buffer(int64, (6400, 1))
    start = ops.scalar(64, int64)
    x = ops.slice_(data, ((0, 64, 1),), (start,))
    y = ops.slice_(targets, ((0, 64, 1),), (start,))
    h = ops.add(ops.matmul(x, w1), b1)
    h = ops.where(ops.lt(h, const(0.0)), const(0.0), h)
    loss = cross_entropy(ops.add(ops.matmul(h, w2), b2), y)
    seed = ops.expand(const(1.0), loss.shape)
    outputs: list[Node] = [loss]
    for p, g in zip(leaves, gradient([loss], [seed], ps), strict=True):
        assert g is not None
        outputs += adam(p, g, f32(*p.shape), f32(*p.shape))
    return outputs


def test_mlp_training_step_is_at_most_sixteen_kernels() -> None:
    names = [n for n in kernels(*mlp_step()) if not n.startswith("copy")]
    assert len(names) <= 16, names


def test_steps_only_read_what_is_there() -> None:
    made = plan(*mlp_step())
    written: set[tuple[str, int]] = set()
    for step in made.steps:
        for param, argument in zip(step.kernel.params, step.arguments, strict=True):
            place = (argument.kind, argument.number)
            if param.kind == "in" and argument.kind in ("slot", "output"):
                assert place in written
        for param, argument in zip(step.kernel.params, step.arguments, strict=True):
            if param.kind == "out":
                written.add((argument.kind, argument.number))


def test_slots_are_shared_over_time() -> None:
    x = f32(64, 64)
    for _ in range(6):
        x = ops.matmul(x, f32(64, 64))
    assert len(plan(x).slots) == 2


def test_same_graph_gives_the_same_text() -> None:
    def sources() -> tuple[str, ...]:
        return tuple(step.text for step in plan(*mlp_step()).steps)

    assert sources() == sources()


def test_layers_that_are_alike_are_lowered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def layer(x: Node, w: Node) -> Node:
        rows = ops.gather(x, ops.buffer(int64, (32, 64)), 0)
        return ops.mul(ops.contract(rows, w, (0, 1), (1, 2), (0, 2)), ops.scalar(2.5, float32))

    def all_layers() -> Node:
        x = f32(32, 64)
        for _ in range(4):
            x = layer(x, f32(64, 64))
        return x

    calls: list[object] = []
    lower = compiling.lower_group
    monkeypatch.setattr(compiling, "lower_group", lambda *a: (calls.append(a), lower(*a))[1])

    def told(steps: Sequence[Step]) -> list[object]:
        return [(s.text, s.arguments, s.checks, s.code, s.kernel.scalars) for s in steps]

    graph = all_layers()
    steps = plan(graph).steps
    assert len(calls) < len(steps)
    monkeypatch.setattr(compiling, "likeness", lambda group: (object(), []))
    assert told(plan(graph).steps) == told(steps)  # each has its operands, scalars and checks


def test_equal_kernels_are_written_once() -> None:
    x = f32(64, 64)
    w = f32(64, 64)
    for _ in range(4):
        x = ops.matmul(x, w)
    made = plan(x)
    assert len(made.steps) == 4 and len({step.text for step in made.steps}) == 1


@pytest.mark.parametrize("count", [1 << 20, 999_983])
def test_long_reductions_go_in_stages(count: int) -> None:
    names = kernels(ops.sum_(f32(count), (0,)))
    assert 2 <= len(names) <= 4


def test_a_device_without_float64_says_so() -> None:
    with pytest.raises(TypeError, match="float64"):
        plan(ops.exp(ops.buffer(float64, (3,))), limits=Limits(has_fp64=False))


def test_convolution_and_both_gradients_stay_contractions() -> None:
    x, w = (ops.variable(f32(*s), ops.fresh_number()) for s in ((2, 3, 8, 8), (4, 3, 3, 3)))
    windows = ops.window(ops.window(x, 2, 3), 3, 3)
    y = ops.contract(windows, w, (0, 1, 2, 3, 4, 5), (6, 1, 4, 5), (0, 6, 2, 3))
    found = gradient([y], [f32(*y.shape)], [x, w])
    names = kernels(y, *[g for g in found if g is not None])
    assert sum(n.startswith("contract") for n in names) == 3 and len(names) <= 4, names


def test_index_arithmetic_is_as_wide_as_it_must_be() -> None:
    many = 2**31 + 1000
    start = ops.scalar(many - 10, int64)
    narrow = ops.buffer(int64, (many,))
    wide = [
        ops.neg(narrow),
        ops.neg(ops.slice_(narrow, ((0, 3, 1),), (start,))),
        ops.max_(ops.iota(many), (0,)),
        ops.matmul(f32(2**21 + 3, 1024), f32(1024, 40)),
        ops.gather(narrow, ops.buffer(int64, (5,)), 0),
    ]
    for output in wide:
        texts = [step.text for step in plan(output).steps]
        long = [text for text in texts if re.search(r"const long (g[012]|d0|s0)\b", text)]
        assert long, texts
        assert not re.search(r"\bint (g\d|i\d|r\d|row\w*|s\d)\b|\(int\)", "".join(long))
    thin = plan(ops.neg(f32(2**28))).steps[0].text
    assert "long" not in thin


def many_scalars() -> list[Node]:
    x = f32(7)
    return [ops.mul(x, ops.scalar(k + 0.5, float32)) for k in range(60)]


def many_reads() -> list[Node]:
    total = f32(7)
    for _ in range(60):
        total = ops.add(total, f32(7))
    return [total]


def many_row_values() -> list[Node]:
    x = f32(5, 40)
    shifts = [ops.add(x, ops.scalar(k + 0.5, float32)) for k in range(30)]
    return [y for s in shifts for y in (ops.max_(s, (1,)), ops.div(s, ops.sum_(s, (1,))))]


def many_slices() -> list[Node]:
    x = f32(90, 32)
    parts = [ops.slice_(x, ((0, 9, 1),), (ops.scalar(k, int64),)) for k in range(60)]
    return [ops.exp(functools.reduce(ops.add, parts))]


def slices_of_slices() -> list[Node]:
    x = f32(400)
    for k in range(150):
        x = ops.slice_(x, ((0, x.shape[0] - 2, 1),), (ops.scalar(k % 2, int64),))
    return [ops.exp(x)]


def epilogues() -> list[Node]:
    product = ops.matmul(f32(16, 16), f32(16, 16))
    return [ops.mul(product, ops.scalar(k + 0.5, float32)) for k in range(30)]


@pytest.mark.parametrize("most", [16, 32, 128])
@pytest.mark.parametrize(
    "build", [many_scalars, many_reads, many_row_values, many_slices, slices_of_slices, epilogues]
)
def test_no_kernel_has_more_arguments_than_the_device_takes(
    build: Callable[[], list[Node]], most: int
) -> None:
    made = plan(*build(), limits=replace(LIMITS, max_arguments=most))
    assert max(len(step.kernel.params) for step in made.steps) <= most


def test_a_row_takes_each_exponential_once() -> None:
    """It lies where the result will, unless that is narrow or too long for caches."""

    def softmax(x: Node) -> Node:
        exps = ops.exp(ops.sub(x, ops.max_(x, (1,))))
        return ops.div(exps, ops.sum_(exps, (1,)))

    def passes(x: Node) -> int:
        (step,) = plan(softmax(x)).steps
        return len(re.findall(r"for [^{]*\{(?=[^{}]*lg_exp_)", step.text))

    assert passes(f32(64, 64)) == 1
    assert passes(f32(64, 1 << 16)) == passes(ops.buffer(float16, (64, 64))) == 2


def test_tall_columns_are_summed_in_blocks_of_rows() -> None:
    first, second = plan(ops.sum_(f32(4096, 1024), (0,))).steps
    assert (first.kernel.params[0].size, second.kernel.params[0].size) == (16 * 1024, 1024)
    assert len(plan(ops.sum_(f32(512, 1024), (0,))).steps) == 1


def test_a_long_running_sum_is_cut() -> None:
    assert kernels(ops.scan(f32(5, 65536), 1, "add")) == ["scan_5x65536_f32"]
    names = kernels(ops.scan(f32(1, 65536), 1, "add"))
    assert len(names) == 3 and "65536" not in names[-1], names  # no copy at the end
    gpu = Limits(kind="gpu", compute_units=8, vector_bytes=16)
    assert len(plan(ops.scan(f32(5, 512), 1, "max"), limits=gpu).steps) == 3


def test_a_reshape_of_a_result_is_its_memory() -> None:
    x = f32(64, 100)
    total = ops.sum_(x, (1,))
    assert len(kernels(ops.reshape(total, (8, 8)))) == 1
    both = plan(total, ops.reshape(total, (8, 8)))
    assert len({k for _kind, k in both.outputs}) == 2  # each has memory of its own
