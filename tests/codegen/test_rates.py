"""What the cost model makes of a device's figures. No device."""

from dataclasses import replace

import pytest

from lazygrad.codegen import ops
from lazygrad.codegen.compile import Plan, compile_graph
from lazygrad.codegen.contraction_cost import cost
from lazygrad.codegen.contraction_form import Form
from lazygrad.codegen.contraction_schedule import plan_form
from lazygrad.codegen.dtype import float32, int8
from lazygrad.codegen.graph import Node
from lazygrad.codegen.limits import Limits, Rates
from lazygrad.codegen.structure import structure

AVX2 = Limits(local_bytes=262144, register_bytes=32, registers=16)
NEON = Limits(
    local_bytes=262144, register_bytes=16, vector_bytes=16,
    rates=Rates(65536, 524288, 4194304, 64, 32, 16, 20, 20, 8000),
)  # fmt: skip
SERVER = Limits(
    local_bytes=1 << 20, rates=Rates(49152, 2 << 20, 32 << 20, 300, 120, 25, 40, 80, 4000)
)


def f32(*shape: int) -> Node:
    return ops.buffer(float32, shape)


def plan(*outputs: Node, limits: Limits = AVX2) -> Plan:
    _key, late, _order = structure(outputs, lambda n: n.op.name == "buffer")
    return compile_graph(outputs, late, limits, check=True)


def with_rates(limits: Limits, **changes: int) -> Limits:
    return replace(limits, rates=replace(limits.rates, **changes))


def form_of(n: Node, limits: Limits) -> Form:
    return plan_form(n, dict.fromkeys(n.src, "x"), limits)


@pytest.mark.parametrize("limits", [AVX2, NEON, SERVER])
def test_blocks_fit_the_caches(limits):
    for shape in ((1024, 2048, 1024), (64, 4096, 4096), (300, 5000, 70)):
        m, k, n = shape
        form = form_of(ops.matmul(f32(m, k), f32(k, n)), limits)
        assert form.block * form.tile * 4 <= limits.rates.l1_bytes
        assert form.block * form.panel * 4 <= limits.rates.l2_bytes / 2
        assert form.tile * form.vectors < limits.registers


def test_larger_caches_hold_deeper_blocks():
    product = ops.matmul(f32(1024, 2048), f32(2048, 1024))
    small, large = (form_of(product, with_rates(AVX2, l1_bytes=n)) for n in (16384, 65536))
    assert small.block < form_of(product, AVX2).block <= large.block
    turned = ops.contract(f32(2048, 1024), f32(2048, 1024), (0, 1), (0, 2), (1, 2))
    assert form_of(turned, AVX2).block < form_of(turned, with_rates(AVX2, l1_bytes=65536)).block


def test_traffic_counts_where_rows_are_read_anew():
    """By each panel: from a slow memory wider panels are worth more."""
    product = ops.matmul(f32(4096, 4096), f32(4096, 4096))
    form = form_of(product, AVX2)
    slow = with_rates(AVX2, memory_rate=2, l3_rate=2, l3_bytes=1 << 20)
    assert cost(form, slow) > 2 * cost(form, AVX2)
    assert form_of(product, slow).panel >= form.panel


def grain(limits: Limits) -> int:
    """Elements of a work-item of a map over many."""
    (step,) = plan(ops.neg(f32(1 << 24)), limits=limits).steps
    items = 1
    for n in step.kernel.global_size:
        items *= n
    return (1 << 24) // items


def test_dear_launches_make_long_work_items():
    assert grain(with_rates(AVX2, launch_ns=1000)) < grain(AVX2)
    assert grain(AVX2) < grain(with_rates(AVX2, launch_ns=40000))
    assert grain(with_rates(AVX2, memory_rate=8)) < grain(AVX2)


def test_a_second_stage_must_be_worth_its_launch():
    total = ops.sum_(f32(100000), (0,))
    assert len(plan(total).steps) == 2
    assert len(plan(total, limits=with_rates(AVX2, launch_ns=100000)).steps) == 1
    row = ops.matmul(f32(8, 4096), f32(4096, 16))
    assert len(plan(row).steps) == 2
    assert len(plan(row, limits=with_rates(AVX2, launch_ns=100000)).steps) == 1


def test_dear_launches_favour_prologues():
    """Of a weight that many work-items would compute anew."""
    scaled = ops.sqrt(ops.exp(f32(256, 48)))
    product = ops.matmul(f32(100000, 256), scaled)
    counts = [
        len(plan(product, limits=with_rates(AVX2, launch_ns=ns)).steps) for ns in (100, 1000000)
    ]
    assert counts == [2, 1]
    cast = ops.matmul(f32(64, 256), ops.cast(ops.buffer(int8, (256, 512)), float32))
    assert len(plan(cast, limits=NEON).steps) == len(plan(cast, limits=SERVER).steps) == 1
