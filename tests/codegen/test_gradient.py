"""Every row's gradient against finite differences in float64, to order two; no device."""

from collections.abc import Callable

import numpy as np
import pytest

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import float64, int64
from lazygrad.codegen.gradient import gradient
from lazygrad.codegen.graph import Node, toposort
from lazygrad.codegen.reference import evaluate

Case = tuple[Callable[..., Node], list[np.ndarray]]
RNG = np.random.default_rng(0)


def _away(*shape: int) -> np.ndarray:
    """Values with pairwise distances and away from 0, 1 and integers."""
    values = np.linspace(0.15, 0.85, int(np.prod(shape)) or 1)
    return RNG.permutation(values).reshape(shape)


def _signed(*shape: int) -> np.ndarray:
    return _away(*shape) * np.where(RNG.random(shape) < 0.5, -1.0, 1.0)


def _start(value: int) -> Node:
    return ops.const(value, int64)


INDEX = np.array([[2], [0], [2]])
UNARY = """
    neg abs_ sign exp log sin cos tan asin acos atan sinh cosh tanh erf erfc sqrt rsqrt expm1 log1p
    exp2 log2 log10 floor ceil round_ trunc
""".split()  # noqa: SIM905  # a list of words is read faster than one of strings
BINARY = "add sub mul div pow atan2 fmod mod floordiv maximum minimum".split()  # noqa: SIM905

CASES: dict[str, Case] = {name: (getattr(ops, name), [_away(2, 3)]) for name in UNARY}
CASES |= {name: (getattr(ops, name), [_away(2, 3), _away(1, 3) + 0.0173]) for name in BINARY}
CASES |= {
    "where": (
        lambda x, y: ops.where(ops.lt(x, ops.const(0.5, float64)), ops.mul(x, x), y),
        [_away(2, 3), _away(2, 3)],
    ),
    "cast": (lambda x: ops.cast(x, float64), [_away(2, 2)]),
    "reshape": (lambda x: ops.reshape(ops.mul(x, x), (3, 2)), [_away(2, 3)]),
    "permute": (lambda x: ops.permute(ops.mul(x, x), (2, 0, 1)), [_away(2, 3, 2)]),
    "expand": (lambda x: ops.expand(ops.mul(x, x), (4, 2, 3)), [_away(2, 1)]),
    "flip": (lambda x: ops.flip(ops.mul(x, x), (1,)), [_away(2, 3)]),
    "slice": (
        lambda x: ops.slice_(ops.mul(x, x), ((1, 2, 2),), (_start(1),)),
        [_away(2, 5)],
    ),
    "pad": (
        lambda x: ops.pad(ops.mul(x, x), ((0, 6, 2),), (_start(1),), 1.0),
        [_away(3, 2)],
    ),
    "window": (lambda x: ops.window(ops.mul(x, x), 0, 2, 2, 2), [_away(6, 2)]),
    "skew": (lambda x: ops.skew(ops.mul(x, x), 0, 9, 2, 2), [_away(3, 2, 2)]),
    "unskew": (lambda x: ops.unskew(ops.mul(x, x), 0, 2, 2, 2), [_away(7, 2, 2)]),
    "sum": (lambda x: ops.sum_(ops.mul(x, x), (0, 2)), [_away(2, 3, 2)]),
    "prod": (lambda x: ops.prod(x, (0, 2)), [_signed(2, 2, 2)]),
    "max": (lambda x: ops.max_(ops.mul(x, x), (1,)), [_away(2, 4)]),
    "max first": (lambda x: ops.max_(ops.mul(x, x), (0, 1), "first"), [_away(2, 3)]),
    "min": (lambda x: ops.min_(ops.mul(x, x), (0,)), [_away(3, 2)]),
    "contract": (
        lambda a, b: ops.contract(a, b, (0, 1, 2), (2, 3, 0), (3, 0, 1)),
        [_signed(2, 3, 2), _signed(2, 3, 2)],
    ),
    "linear": (
        lambda x: ops.linear(ops.mul(x, x), 1, ((1, 0, -0.5), (0, 2, 1))),
        [_away(2, 3, 2)],
    ),
    "contract, a label alone": (
        lambda a, b: ops.contract(a, b, (0, 1), (2, 1), (2,)),
        [_signed(2, 3), _signed(2, 3)],
    ),
    "scan add": (lambda x: ops.scan(ops.mul(x, x), 1, "add"), [_away(2, 4)]),
    "scan mul": (lambda x: ops.scan(x, 0, "mul"), [_signed(3, 2)]),
    "gather": (
        lambda x: ops.gather(ops.mul(x, x), _index(), 0),
        [_away(3, 2)],
    ),
    "scatter add": (
        lambda x: ops.scatter(_index(), ops.mul(x, x), 0, 4, "add"),
        [_away(3, 2)],
    ),
    "scatter max": (
        # a place that nothing is written to holds -inf: the floor keeps sums finite
        lambda x: ops.maximum(
            ops.scatter(_index(), ops.mul(x, x), 0, 4, "max"), ops.const(0.0, float64)
        ),
        [_away(3, 2)],
    ),
    "assign": (lambda x, y: ops.assign(x, ops.mul(y, y)), [_away(2), _away(2)]),
}


def _index() -> Node:
    rows = [ops.reshape(ops.const(int(i), int64), (1, 1)) for i in INDEX[:, 0]]
    parts = [ops.pad_around(r, [(k, 2 - k), (0, 0)]) for k, r in enumerate(rows)]
    return ops.add(ops.add(parts[0], parts[1]), parts[2])


def _numeric(f: Callable[[list[np.ndarray]], float], at: list[np.ndarray], k: int) -> np.ndarray:
    step = 1e-6
    result = np.zeros_like(at[k])
    for place in np.ndindex(*at[k].shape):
        high, low = [x.copy() for x in at], [x.copy() for x in at]
        high[k][place] += step
        low[k][place] -= step
        result[place] = (f(high) - f(low)) / (2 * step)
    return result


def _check(build: Callable[..., Node], values: list[np.ndarray], order: int) -> None:
    leaves = [ops.buffer(float64, v.shape) for v in values]
    xs = [ops.variable(n, ops.fresh_number()) for n in leaves]
    y = build(*xs)
    weight = 0.5 + np.arange(y.size).reshape(y.shape) / max(y.size, 1)
    seed = ops.buffer(float64, y.shape)

    def run(node: Node, at: list[np.ndarray]) -> np.ndarray:
        return evaluate([node], {**dict(zip(leaves, at, strict=True)), seed: weight})[0]

    def total(node: Node) -> Node:
        return ops.sum_(ops.mul(node, seed) if node is y else node, tuple(range(node.ndim)))

    scalar = total(y)
    one = ops.expand(ops.const(1.0, float64), scalar.shape)
    firsts = gradient([scalar], [one], xs)
    for k, g in enumerate(firsts):
        expected = _numeric(lambda at: float(run(scalar, at).sum()), values, k)
        got = np.zeros_like(values[k]) if g is None else run(g, values)
        np.testing.assert_allclose(got, expected, rtol=2e-6, atol=2e-7)
        if g is None or order < 2 or not g.tracked:
            continue
        squared = total(ops.mul(g, g))
        one_more = ops.expand(ops.const(1.0, float64), squared.shape)
        for j, h in enumerate(gradient([squared], [one_more], xs)):
            expected = _numeric(lambda at, s=squared: float(run(s, at).sum()), values, j)
            got = np.zeros_like(values[j]) if h is None else run(h, values)
            np.testing.assert_allclose(got, expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("name", CASES)
def test_gradient_equals_finite_differences(name: str) -> None:
    build, values = CASES[name]
    _check(build, values, order=2)


def test_every_row_has_a_gradient_case_or_says_that_it_has_none() -> None:
    tested = {name.split(",")[0].split(" ")[0].rstrip("_") for name in CASES}
    marks = {"variable", "transfer", "recomputed"}  # they hand on what others compute
    for name, row in ops.TABLE.items():
        assert (row.grad is None) or name in tested | marks, f"no gradient case for {name}"


def test_third_order() -> None:
    leaf = ops.buffer(float64, ())
    x = ops.variable(leaf, ops.fresh_number())
    y = ops.mul(ops.sin(x), x)
    for _ in range(3):
        (g,) = gradient([y], [ops.const(1.0, float64)], [x])
        assert g is not None
        y = g
    value = np.array(0.7)
    expected = -3 * np.sin(0.7) - 0.7 * np.cos(0.7)
    np.testing.assert_allclose(evaluate([y], {leaf: value})[0], expected, rtol=1e-12)


def test_products_of_nothing_and_of_one_have_gradients() -> None:
    for shape, axes in (((1, 0, 1), (0, 2)), ((2, 0), (1,)), ((0, 1), (0,)), ((1, 3), (0,))):
        x = ops.variable(ops.buffer(float64, shape), ops.fresh_number())
        y = ops.prod(x, axes)
        (g,) = gradient([y], [ops.expand(ops.const(1.0, float64), y.shape)], [x])
        assert evaluate([g])[0].tolist() == np.ones(shape).tolist()


def test_prod_and_cumprod_are_exact_at_zeros() -> None:
    leaf = ops.buffer(float64, (4,))
    x = ops.variable(leaf, ops.fresh_number())
    values = np.array([2.0, 0.0, 3.0, 0.0])
    (g,) = gradient([ops.prod(x, (0,))], [ops.const(1.0, float64)], [x])
    assert g is not None
    np.testing.assert_array_equal(evaluate([g], {leaf: values})[0], [0, 0, 0, 0])
    scan = ops.scan(x, 0, "mul")
    (g,) = gradient([scan], [ops.expand(ops.const(1.0, float64), (4,))], [x])
    assert g is not None
    np.testing.assert_array_equal(evaluate([g], {leaf: values})[0], [1, 2 + 6, 0, 0])


def test_gradient_of_a_value_used_twice_accumulates() -> None:
    leaf = ops.buffer(float64, (3,))
    x = ops.variable(leaf, ops.fresh_number())
    y = ops.add(ops.mul(x, x), ops.mul(x, ops.const(3.0, float64)))
    (g,) = gradient([y], [ops.expand(ops.const(1.0, float64), (3,))], [x])
    assert g is not None
    value = np.array([1.0, 2.0, -1.0])
    np.testing.assert_array_equal(evaluate([g], {leaf: value})[0], 2 * value + 3)


def test_other_quotients_of_powers_are_divided_last():
    """Where the power is large and the divisor small, their quotient would be infinite."""
    x = ops.variable(ops.buffer(float64, (3, 5)), 0)
    t, s = ops.buffer(float64, (3, 1)), ops.buffer(float64, (3, 1))
    seed = ops.add(ops.div(ops.buffer(float64, (3, 5)), t), s)
    (found,) = gradient([ops.exp(x)], [seed], [x])
    assert found is ops.mul(seed, ops.exp(x))


@pytest.mark.parametrize("masked", [False, True])
def test_a_softmax_passes_back_by_its_weights(masked):
    """The powers are read for nothing but the weights, and divisions are of rows."""
    x = ops.variable(ops.buffer(float64, (3, 5)), 0)
    powers = ops.exp(ops.sub(x, ops.max_(x, (1,))))
    total = ops.sum_(powers, (1,))
    if masked:  # a row of nothing is divided by 1
        is_nothing = ops.eq(total, ops.const(0, float64))
        total = ops.where(is_nothing, ops.const(1, float64), total)
    weights = ops.div(powers, total)
    (found,) = gradient([weights], [ops.buffer(float64, (3, 5))], [x])
    assert found is not None
    order = toposort([found])
    assert {n for n in order if powers in n.src and n.op.name != "sum"} == {weights}
    assert {n.shape for n in order if n.op.name == "div" and n is not weights} == {(3, 1)}
