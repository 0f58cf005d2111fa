"""Gradients of windows: what becomes of folds, and that no value changes; no device."""

import math

import numpy as np
import pytest

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import float64
from lazygrad.codegen.gradient import gradient
from lazygrad.codegen.graph import Node, toposort
from lazygrad.codegen.narrow import narrow_contractions
from lazygrad.codegen.reference import evaluate
from lazygrad.codegen.simplify import simplify

RNG = np.random.default_rng(31)


def leaf(values: dict[Node, np.ndarray], *shape: int) -> Node:
    made = ops.buffer(float64, shape)
    values[made] = RNG.normal(size=shape)
    return made


def windows_of(x: Node, size: int, step: int) -> Node:
    return ops.window(ops.window(x, 2, size, step), 3, size, step)


def improved(n: Node) -> Node:
    (n,) = narrow_contractions(simplify(simplify([n])))
    return simplify([n])[0]


def check_same(n: Node, better: Node, values: dict[Node, np.ndarray]) -> None:
    expected, got = evaluate([n], values)[0], evaluate([better], values)[0]
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


def multiplications(n: Node) -> int:
    """Of all contractions below."""
    total = 0
    for c in toposort([n]):
        if c.op.name == "contract":
            sizes = {}
            for x, labels in zip(c.src, c.arg[:2], strict=True):
                sizes |= dict(zip(labels, x.shape, strict=True))
            total += math.prod(sizes.values())
    return total


@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("edge", [0, 1])
def test_input_gradients_of_one_image_are_one_contraction(step: int, edge: int) -> None:
    """Of a single one einsum drops the axis, and gives it back."""
    values: dict[Node, np.ndarray] = {}
    x, w = ops.variable(leaf(values, 1, 3, 9, 8), 1), leaf(values, 4, 3, 3, 3)
    padded = ops.pad_around(x, [(0, 0), (0, 0), (edge, edge), (edge, edge)])
    windows = windows_of(padded, 3, step)
    windows = ops.reshape(windows, windows.shape[1:])
    y = ops.contract(windows, w, (1, 2, 3, 4, 5), (6, 1, 4, 5), (6, 2, 3))
    y = ops.reshape(y, (1, *y.shape))
    (slope,) = gradient([y], [leaf(values, *y.shape)], [x])
    better = improved(slope)
    check_same(slope, better, values)
    if step == 1:
        assert "skew" not in [n.op.name for n in toposort([better])]
        assert multiplications(better) == 3 * 4 * 9 * 8 * 9


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize(("size", "edge"), [(3, 0), (3, 1), (2, 0), (1, 0), (5, 2)])
def test_input_gradients_of_convolutions_are_one_contraction(
    step: int, size: int, edge: int
) -> None:
    values: dict[Node, np.ndarray] = {}
    x, w = ops.variable(leaf(values, 2, 3, 9, 8), 1), leaf(values, 4, 3, size, size)
    padded = ops.pad_around(x, [(0, 0), (0, 0), (edge, edge), (edge, edge)])
    y = ops.contract(
        windows_of(padded, size, step), w, (0, 1, 2, 3, 4, 5), (6, 1, 4, 5), (0, 6, 2, 3)
    )
    seed = leaf(values, *y.shape)
    (slope,) = gradient([y], [seed], [x])
    better = improved(slope)
    check_same(slope, better, values)
    names = [n.op.name for n in toposort([better])]
    assert names.count("contract") == 1 and "skew" not in names
    # as much work as the convolution itself, but for windows that hang over the edges
    turns = -(-size // step)
    places = math.prod(n // step + turns for n in x.shape[2:]) * step * step
    assert multiplications(better) <= 2 * 3 * 4 * places * turns * turns


def test_what_padding_cuts_away_is_not_computed() -> None:
    values: dict[Node, np.ndarray] = {}
    a, b = leaf(values, 6, 5), leaf(values, 5, 7)
    product = ops.contract(a, b, (0, 1), (1, 2), (0, 2))
    part = ops.slice_at(ops.slice_at(product, 0, 2, 3), 1, 1, 4)
    better = improved(part)
    check_same(part, better, values)
    assert multiplications(better) == 3 * 5 * 4
    both = ops.add(part, ops.slice_at(ops.slice_at(product, 0, 0, 3), 1, 0, 4))
    assert multiplications(improved(both)) == 6 * 5 * 7, "one that is read twice stays whole"


@pytest.mark.parametrize(("size", "step"), [(2, 2), (3, 2), (3, 3), (3, 1), (2, 3), (5, 2)])
def test_gradients_of_pooling_look_at_no_slot_in_vain(size: int, step: int) -> None:
    values: dict[Node, np.ndarray] = {}
    x = ops.variable(leaf(values, 2, 2, 9, 10), 1)
    y = ops.max_(windows_of(x, size, step), (4, 5), "first")
    (slope,) = gradient([y], [leaf(values, *y.shape)], [x])
    better = improved(slope)
    check_same(slope, better, values)
    steps = [n.arg[2] for n in toposort([better]) if n.op.name == "skew"]
    assert all(s == 1 for s in steps) or step > size
