"""Convolutions by tiles: where they pay, and that the graph means the same; no device."""

import numpy as np
import pytest

from lazygrad.codegen import ops, winograd
from lazygrad.codegen.compile import compile_graph
from lazygrad.codegen.dtype import float32, float64
from lazygrad.codegen.gradient import gradient
from lazygrad.codegen.graph import Node, toposort
from lazygrad.codegen.limits import Limits
from lazygrad.codegen.linear_map import products, stored_maps
from lazygrad.codegen.narrow import narrow_contractions
from lazygrad.codegen.reference import evaluate
from lazygrad.codegen.simplify import simplify
from lazygrad.codegen.winograd import MAPS, tiled_convolutions
from lazygrad.codegen.winograd_cost import Planes, tile_of

RNG = np.random.default_rng(47)
ALLOWED = Limits(winograd=True, local_bytes=262144)


def leaf(values: dict[Node, np.ndarray], *shape: int, dtype=float32) -> Node:
    made = ops.buffer(dtype, shape)
    values[made] = RNG.normal(size=shape).astype(dtype.numpy)
    return made


def convolution(x: Node, w: Node, edge: int = 1) -> Node:
    padded = ops.pad_around(x, [(0, 0), (0, 0), (edge, edge), (edge, edge)])
    windows = ops.window(ops.window(padded, 2, w.shape[2]), 3, w.shape[3])
    return ops.contract(windows, w, (0, 1, 2, 3, 4, 5), (6, 1, 4, 5), (0, 6, 2, 3))


def tiled(outputs: list[Node], limits: Limits = ALLOWED) -> list[Node]:
    simple = simplify(narrow_contractions(simplify(simplify(outputs))))
    return simplify(tiled_convolutions(simple, limits))


def maps_in(outputs: list[Node]) -> list[Node]:
    return [n for n in toposort(outputs) if n.op.name == "linear"]


@pytest.fixture(params=[2, 4])
def forced(request, monkeypatch) -> int:
    monkeypatch.setattr(winograd, "tile_of", lambda planes, limits: request.param)
    return request.param


@pytest.mark.parametrize("m", [2, 4])
def test_products_of_small_matrices_take_few_operations(m: int) -> None:
    maps = MAPS[m]
    most = {2: (4, 7, 5), 4: (19, 12, 14)}[m]
    for matrix, at_most in zip((maps.data, maps.filter, maps.result), most, strict=True):
        for one in (matrix, tuple(zip(*matrix, strict=True))):
            x = RNG.normal(size=len(one[0]))
            made: dict[tuple, float] = {}

            def apply(op, *args, made=made):
                return made.setdefault((op, args), float(op.numpy(None, *map(np.float64, args))))

            got = products(one, list(x), apply, float)
            np.testing.assert_allclose(got, np.array(one) @ x, atol=1e-12)
            if one is matrix:
                assert len(made) <= at_most


@pytest.mark.parametrize("shape", [(2, 5, 7, 9), (1, 3, 8, 8), (3, 1, 4, 6)])
@pytest.mark.parametrize("edge", [0, 1, 2])
def test_a_convolution_and_its_gradients_mean_the_same(forced: int, shape, edge: int) -> None:
    values: dict[Node, np.ndarray] = {}
    x, w = ops.variable(leaf(values, *shape), 1), ops.variable(leaf(values, 4, shape[1], 3, 3), 2)
    y = convolution(x, w, edge)
    outputs = [y, *gradient([y], [leaf(values, *y.shape)], [x, w])]
    better = tiled(outputs)
    assert maps_in(better)
    for got, wanted in zip(evaluate(better, values), evaluate(outputs, values), strict=True):
        assert got.shape == wanted.shape
        np.testing.assert_allclose(got, wanted, rtol=2e-4, atol=2e-4)


def test_groups_and_turned_windows(forced: int) -> None:
    values: dict[Node, np.ndarray] = {}
    x, w = leaf(values, 2, 2, 3, 8, 6), leaf(values, 2, 4, 3, 3, 3)
    windows = ops.flip(ops.window(ops.window(x, 3, 3), 4, 3), (5,))
    y = ops.contract(windows, w, (0, 1, 2, 3, 4, 5, 6), (1, 7, 2, 5, 6), (0, 1, 7, 3, 4))
    (better,) = tiled([y])
    assert len(maps_in([better])) == 6
    got, wanted = evaluate([better, y], values)
    np.testing.assert_allclose(got, wanted, rtol=2e-4, atol=2e-4)


def test_other_convolutions_stay(forced: int) -> None:
    values: dict[Node, np.ndarray] = {}
    x, w = leaf(values, 2, 8, 12, 12), leaf(values, 8, 8, 3, 3)
    strided = ops.window(ops.window(x, 2, 3, 2), 3, 3, 2)
    dilated = ops.window(ops.window(x, 2, 3, 1, 2), 3, 3, 1, 2)
    labels = ((0, 1, 2, 3, 4, 5), (6, 1, 4, 5), (0, 6, 2, 3))
    outputs = [ops.contract(windows, w, *labels) for windows in (strided, dilated)]
    outputs.append(convolution(x, leaf(values, 8, 8, 5, 5)))
    wide = [leaf(values, *s, dtype=float64) for s in ((2, 8, 12, 12), (8, 8, 3, 3))]
    outputs.append(convolution(*wide))
    outputs.append(ops.contract(x, leaf(values, 8, 8), (0, 1, 2, 3), (1, 4), (0, 4, 2, 3)))
    assert not maps_in(tiled(outputs))


def test_where_it_pays() -> None:
    def planes(n: int, c: int, size: int, o: int) -> Planes:
        return Planes(n * c, c * o, n * o, n * c * o, (size, size))

    large, small = planes(8, 128, 56, 128), planes(2, 8, 12, 16)
    assert tile_of(large, ALLOWED) == 4
    assert tile_of(small, ALLOWED) == 0
    assert tile_of(planes(1, 3, 224, 64), ALLOWED) == 0  # maps cost more than they spare
    assert tile_of(planes(4, 512, 2, 512), ALLOWED) == 0  # filters do
    assert tile_of(large, Limits(local_bytes=262144)) == 0
    assert tile_of(large, Limits(kind="gpu", winograd=True)) == 0


def test_maps_are_stored_where_others_read_them_elsewhere() -> None:
    x = ops.linear(ops.buffer(float32, (8, 6)), 1, MAPS[4].result)
    added = ops.add(x, ops.buffer(float32, (8, 4)))
    assert stored_maps([added]) == set()
    assert stored_maps([ops.pad_around(added, [(1, 1), (0, 0)])]) == {added}
    assert stored_maps([ops.sum_(added, (0,))]) == {added}
    assert stored_maps([ops.exp(added), ops.neg(added)]) == {added}


def test_a_large_one_is_four_kernels_and_a_padded_copy() -> None:
    values: dict[Node, np.ndarray] = {}
    x, w, bias = (leaf(values, *s) for s in ((8, 128, 56, 56), (128, 128, 3, 3), (128, 1, 1)))
    y = ops.maximum(ops.add(convolution(x, w), bias), ops.const(0.0, float32))
    plan = compile_graph([y], [x, w, bias], ALLOWED, check=True)
    names = [step.kernel.name.split("_")[0] for step in plan.steps]
    assert sorted(names) == ["contract", "copy", "linear", "linear", "linear"]
    assert plan.steps[-1].reason == "asked for"  # with bias and maximum
    assert len(compile_graph([y], [x, w, bias], Limits(local_bytes=262144)).steps) == 2
