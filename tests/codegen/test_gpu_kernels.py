"""What kernels for GPUs must hold, told without a device: who has which element, who waits."""

from dataclasses import replace

import pytest

from lazygrad.codegen import ops
from lazygrad.codegen.compile import compile_graph
from lazygrad.codegen.dtype import bfloat16, float16, float32
from lazygrad.codegen.gpu_mma import fragment_place, result_place
from lazygrad.codegen.graph import Node
from lazygrad.codegen.index import Condition, Ix, Var
from lazygrad.codegen.kernel import (
    Barrier,
    Fragments,
    If,
    Kernel,
    Loop,
    Mma,
    Param,
)
from lazygrad.codegen.kernel_check import format_kernel, verify_kernel
from lazygrad.codegen.limits import Limits
from lazygrad.codegen.structure import structure

GPU = Limits(kind="gpu", compute_units=40, vector_bytes=16, local_bytes=49152)
MATRICES = replace(GPU, has_mma=True)
ITEM, GROUP = Var("item", 0, 31), Var("group", 0, 7)


def _kernels(output: Node, limits: Limits) -> list[Kernel]:
    late = structure([output], lambda n: n.op.name == "buffer")[1]
    return [s.kernel for s in compile_graph([output], late, limits, check=True).steps]


def _held(rows: bool, lane: int, register: int) -> set[tuple[int, int]]:
    """(place along the operand's own axis, contracted place) of both halves of a register, after
    PTX's `ldmatrix`: register r of item l has elements l % 4 * 2 and the next of the row that
    item 8 * r + l / 4 names."""
    own, deep, row = fragment_place(Ix(8 * register + lane // 4), rows)
    return {(own.const + row.const, deep.const + lane % 4 * 2 + half) for half in range(2)}


@pytest.mark.parametrize("lane", range(32))
def test_fragments_are_what_the_instruction_multiplies(lane: int) -> None:
    group, pair = lane // 4, lane % 4 * 2
    for register in range(4):  # PTX ISA, mma.m16n8k16: a0,a1 | a2,a3 | a4,a5 | a6,a7
        first = group + 8 * (register % 2), pair + 8 * (register // 2)
        assert _held(True, lane, register) == {first, (first[0], first[1] + 1)}
    for register in range(4):  # b0,b1 | b2,b3 of eight columns, then of the next eight
        first = group + 8 * (register // 2), pair + 8 * (register % 2)
        assert _held(False, lane, register) == {first, (first[0], first[1] + 1)}


def test_items_hold_every_result_once() -> None:
    places = []
    for lane in range(32):
        row, column = (x.const for x in result_place(Ix(lane)))
        assert (row, column) == (lane // 4, lane % 4 * 2)  # PTX ISA: c0, c1; c2, c3 8 rows on
        places += [(row + 8 * h, column + q) for h in range(2) for q in range(2)]
    assert sorted(places) == [(r, c) for r in range(16) for c in range(8)]


def _multiplies(kernels: list[Kernel]) -> bool:
    return any("mma c0_0_0" in format_kernel(k) for k in kernels)


def test_matrix_instructions_are_for_16_bit_floats_where_the_device_has_them() -> None:
    def product(*dtypes: object) -> Node:
        return ops.matmul(*(ops.buffer(d, (64, 64)) for d in dtypes))  # type: ignore[arg-type]

    assert _multiplies(_kernels(product(float16, float16), MATRICES))
    assert _multiplies(_kernels(product(bfloat16, bfloat16), MATRICES))
    assert not _multiplies(_kernels(product(float32, float32), MATRICES))
    assert not _multiplies(_kernels(product(float16, float16), GPU))
    assert not _multiplies(_kernels(product(float16, float16), replace(MATRICES, plain=True)))


def _with(*body: object) -> Kernel:
    param = Param("out0", float32, "out", 32)
    return Kernel("k", (param,), (), (), body, (256,), (32,), group_var=GROUP, local_var=ITEM)  # type: ignore[arg-type]


def test_barriers_are_reached_by_all_items_or_refused() -> None:
    item, group = Ix.of(ITEM), Ix.of(GROUP)
    verify_kernel(_with(Barrier()))
    verify_kernel(_with(If((Condition(group, 0, 3),), (Barrier(),))))
    for statement in (Barrier(), Fragments(("a", "b", "c", "d"), "out0", Ix(), False)):
        with pytest.raises(AssertionError, match="not all items"):
            verify_kernel(_with(If((Condition(item, 0, 3),), (statement,))))
    with pytest.raises(AssertionError, match="not all items"):
        verify_kernel(_with(Loop(Var("t", 0, 31), Ix(), item, 1, (Barrier(),))))


def test_matrix_instructions_ask_for_their_registers() -> None:
    names = ("a", "b", "c", "d")
    with pytest.raises(AssertionError, match="a is not defined"):
        verify_kernel(_with(Mma(names, names, names[:2], float16)))
    with pytest.raises(AssertionError, match="no array tile"):
        verify_kernel(_with(Fragments(names, "tile", Ix(), True)))


def test_a_row_times_a_matrix_fills_the_device() -> None:
    """However the matrix lies, its columns or rows are summed by more than a few items."""
    row = ops.buffer(float32, (1, 4096))
    for matrix, labels in (((4096, 512), (1, 2)), ((512, 4096), (2, 1))):
        product = ops.contract(row, ops.buffer(float32, matrix), (0, 1), labels, (0, 2))
        assert _kernels(product, GPU)[0].global_size[0] >= 40 * 64


def test_few_tiles_are_summed_in_parts() -> None:
    def steps(n: int) -> int:
        product = ops.matmul(ops.buffer(float32, (n, 1024)), ops.buffer(float32, (1024, n)))
        return len(_kernels(product, GPU))

    assert steps(64) == 2
    assert steps(1024) == 1
