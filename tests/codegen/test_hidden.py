"""What masks hide of products: which contracted positions a tile of rows walks. No device."""

import re

import pytest

from lazygrad.codegen import ops
from lazygrad.codegen.compile import compile_graph
from lazygrad.codegen.dtype import float32, int64
from lazygrad.codegen.graph import Node
from lazygrad.codegen.limits import Limits
from lazygrad.codegen.opencl import kernel_text
from lazygrad.codegen.structure import structure

AVX2 = Limits(local_bytes=262144, register_bytes=32, registers=16)
T, D = 96, 32


def f32(*shape: int) -> Node:
    return ops.buffer(float32, shape)


def places(rows: int, columns: int) -> tuple[Node, Node]:
    return ops.reshape(ops.iota(rows), (rows, 1)), ops.iota(columns)


def weights(mask: Node, hides: bool = False, fill: float = float("-inf")) -> Node:
    """Softmax of scores under a mask, which tells what is seen, or what it hides."""
    low = ops.const(fill, float32)
    scores = f32(*mask.shape)
    masked = ops.where(mask, low, scores) if hides else ops.where(mask, scores, low)
    exps = ops.exp(ops.sub(masked, ops.max_(masked, (1,))))
    return ops.div(exps, ops.sum_(exps, (1,)))


def walks(p: Node, turned: bool = False) -> set[tuple[str, str]]:
    """Where the loop over contracted positions begins and ends in the product's kernel."""
    a = ops.permute(p, (1, 0)) if turned else p
    outputs = [p, ops.matmul(a, f32(a.shape[1], D))]
    _key, late, _order = structure(outputs, lambda n: n.op.name == "buffer")
    texts = [kernel_text(s.kernel) for s in compile_graph(outputs, late, AVX2, check=True).steps]
    return set(re.findall(r"for \(int kk = (.*?); kk < (.*?); kk\+\+\)", "".join(texts)))


def test_rows_of_causal_weights_end_at_the_diagonal() -> None:
    i, j = places(T, T)
    for mask, hides in ((ops.le(j, i), False), (ops.lt(i, j), True)):
        ((first, end),) = walks(weights(mask, hides))
        assert first == "0" and re.fullmatch(r"(min\(\(int\)\()?i0 \+ \d+.*", end), (first, end)


def test_a_band_more_is_seen() -> None:
    i, j = places(T, T)
    three = ops.const(3, int64)
    for mask in (ops.le(j, ops.add(i, three)), ops.le(ops.sub(j, three), i)):
        ((_, end),) = walks(weights(mask))
        assert re.fullmatch(r"min\(\(int\)\(i0 \+ \d+\), .*", end), end


def test_their_columns_begin_there() -> None:
    i, j = places(T, T)
    assert walks(weights(ops.le(j, i)), turned=True) == {("i0", str(T))}


def test_a_mask_the_other_way_round() -> None:
    i, j = places(T, T)
    assert walks(weights(ops.le(i, j))) == {("i0", str(T))}


@pytest.mark.parametrize("shape", [(T, T + 8), (T + 8, T)], ids=str)
def test_all_is_walked_where_a_row_or_a_column_sees_nothing(shape: tuple[int, int]) -> None:
    """What is hidden from all has no weight, which NaN would not be."""
    i, j = places(*shape)
    mask = ops.le(j, i) if shape[0] < shape[1] else ops.le(i, j)
    assert walks(weights(mask)) == {("0", str(shape[1]))}


def test_all_is_walked_where_a_mask_compares_values_or_hides_nothing() -> None:
    i, j = places(T, T)
    assert walks(weights(ops.lt(f32(T, T), f32(T, T)))) == {("0", str(T))}
    assert walks(weights(ops.le(j, i), fill=-1e9)) == {("0", str(T))}
    a = ops.where(ops.le(j, i), f32(T, T), ops.const(0.0, float32))  # as `tril`: NaN times 0 is NaN
    assert walks(a) == {("0", str(T))}
