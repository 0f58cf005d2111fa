"""Reductions and running results on odd shapes, layouts, dtypes and special values, as NumPy's.

test_reduction.py compares more of them with PyTorch, where that is installed.
"""

import math

import numpy as np
import pytest

import lazygrad as lg

RNG = np.random.default_rng(29)
NAN, INF = math.nan, math.inf
F32 = np.float32
X = RNG.normal(size=(5, 7, 3)).astype(F32)
I = RNG.integers(-4, 5, (5, 7, 3)).astype(np.int32)  # noqa: E741
B = RNG.random((5, 7, 3)) < 0.7
WITH_NAN = np.where(RNG.random((5, 7, 3)) < 0.1, F32(NAN), X)


def check(cases, rtol=1e-5, atol=2e-6):
    """Each case is (result, expected array); all are realized together."""
    lg.realize(*[got for got, _ in cases.values()])
    for name, (got, expected) in cases.items():
        expected = np.asarray(expected)
        assert tuple(got.shape) == expected.shape, name
        assert got.numpy().dtype == expected.dtype, name
        np.testing.assert_allclose(got.numpy(), expected, rtol, atol, err_msg=name)


# name: of a tensor, dims and keepdim; the same of an array
REDUCTIONS = {
    "sum": (lambda x, d, k: x.sum(d, k), lambda a, d, k: a.sum(d, keepdims=k)),
    "mean": (lambda x, d, k: x.mean(d, k), lambda a, d, k: a.mean(d, keepdims=k)),
    "prod": (lambda x, d, k: x.prod(d, k), lambda a, d, k: a.prod(d, keepdims=k)),
    "amax": (lambda x, d, k: x.amax(d, k), lambda a, d, k: a.max(d, keepdims=k)),
    "amin": (lambda x, d, k: x.amin(d, k), lambda a, d, k: a.min(d, keepdims=k)),
    "var": (lambda x, d, k: x.var(d, keepdim=k), lambda a, d, k: a.var(d, ddof=1, keepdims=k)),
    "std": (
        lambda x, d, k: x.std(d, correction=0, keepdim=k), lambda a, d, k: a.std(d, keepdims=k)),
    "norm": (
        lambda x, d, k: x.norm(dim=d, keepdim=k),
        lambda a, d, k: np.sqrt((a * a).sum(d, keepdims=k))),
    "logsumexp": (
        lambda x, d, k: x.logsumexp(d, k), lambda a, d, k: np.log(np.exp(a).sum(d, keepdims=k))),
    "any": (lambda x, d, k: (x > 1.5).any(d, k), lambda a, d, k: (a > 1.5).any(d, keepdims=k)),
    "all": (lambda x, d, k: (x > -1.5).all(d, k), lambda a, d, k: (a > -1.5).all(d, keepdims=k)),
}  # fmt: skip
DIMS = [0, 1, -1, (0, 1), (0, 2), (-2, -1), (2, 0, 1), [1], np.int64(0)]


def numpy_dims(dims):
    return tuple(dims) if isinstance(dims, list) else dims


def test_dims_and_keepdim(device):
    """Every reduction with some of the choices, every choice with some of the reductions."""
    x, cases = lg.tensor(X), {}
    for i, (name, (ours, theirs)) in enumerate(REDUCTIONS.items()):
        for j, dims in enumerate(DIMS):
            if (i + j) % 3 == 0:
                keep = bool((i + j) % 2)
                cases[f"{name} {dims}"] = (ours(x, dims, keep), theirs(X, numpy_dims(dims), keep))
    check(cases)


VIEWS = {
    "flipped": (lambda x: x.flip(0, 2), lambda a: a[::-1, :, ::-1]),
    "permuted": (lambda x: x.permute(2, 0, 1), lambda a: a.transpose(2, 0, 1)),
    "in steps": (lambda x: x[::2, 1::3], lambda a: a[::2, 1::3]),
    "expanded": (lambda x: x[:, :1].expand(5, 4, 3), lambda a: np.repeat(a[:, :1], 4, 1)),
    "reshaped": (
        lambda x: x.transpose(0, 1).reshape(7, 15), lambda a: a.swapaxes(0, 1).reshape(7, 15)),
    "computed": (lambda x: x * x - x[:1], lambda a: a * a - a[:1]),
    "one element": (lambda x: x[2:3, 3:4, :1], lambda a: a[2:3, 3:4, :1]),
}  # fmt: skip


def test_views(device):
    x, cases = lg.tensor(X), {}
    for name, (ours, theirs) in VIEWS.items():
        view, array = ours(x), theirs(X)
        cases[f"{name}, rows"] = (view.sum(-1), array.sum(-1))
        cases[f"{name}, columns"] = (view.amax(0, True), array.max(0, keepdims=True))
        cases[f"{name}, all"] = (view.mean(), array.mean())
        cases[f"{name}, place"] = (view.argmax(), array.argmax())
    check(cases)


def test_dtypes(device):
    """Integers and bools add up in int64 and keep their extremes; a dtype is taken first."""
    i, b, k = lg.tensor(I), lg.tensor(B), np.array([200, 100, 7], np.uint8)
    large, u = np.array([2**53 + 1, 2**62, -3]), lg.tensor(k)
    check({
        "sum": (i.sum(1), I.sum(1, dtype=np.int64)), "bool sum": (b.sum((0, 2)), B.sum((0, 2))),
        "prod": (i[:, :3].prod(1), I[:, :3].prod(1, dtype=np.int64)),
        "bool prod": (b.prod(0), B.prod(0, dtype=np.int64)), "uint8": (u.sum(), np.int64(307)),
        "uint8 wraps": (u.sum(dtype=lg.uint8), np.uint8(51)),
        "in float": (i.sum(0, dtype=lg.float32), I.sum(0).astype(F32)),
        "in bool": (i.sum(1, dtype=lg.bool), I.any(1)), "mean": (i.mean(2, dtype=lg.float32),
        I.mean(2, dtype=F32)), "amax": (i.amax(0), I.max(0)), "amin": (u.amin(), k.min()),
        "bool max": (b.amax(1), B.max(1)), "bool min": (b.amin(1), B.min(1)),
        "max of large": (lg.tensor(large).max(), large.max()),
        "sum of large": (lg.tensor(large).sum(), large.sum()),
        "count": (i.count_nonzero(1), np.count_nonzero(I, 1)), "any": (i.any(1), I.any(1)),
        "cumsum": (i.cumsum(1), I.cumsum(1, dtype=np.int64)),
        "bool cumsum": (b.cumsum(0), B.cumsum(0)), "uint8 cumsum": (u.cumsum(0), k.cumsum(
        dtype=np.int64)), "nansum": (i.nansum(0), I.sum(0, dtype=np.int64)),
        "argmax": (i.argmax(1), I.argmax(1)), "argmin": (i.argmin(0), I.argmin(0)),
    })  # fmt: skip


def test_half_and_bfloat16_add_up_in_float(device):
    """3000 ones are 3000, though bfloat16 has 8 bits; what leaves float16 is infinite."""
    made = {
        "ones": (lg.ones(3000, dtype=lg.bfloat16).sum(), 3008.0),
        "half ones": (lg.ones(3000, dtype=lg.float16).sum(), 3000.0),
        "half mean": (lg.full((300,), 60000.0, dtype=lg.float16).mean(), 60000.0),
        "half sum": (lg.full((2,), 60000.0, dtype=lg.float16).sum(), INF),
        "half norm": (lg.full((4,), 300.0, dtype=lg.float16).norm(), 600.0),
    }
    lg.realize(*[got for got, _ in made.values()])
    assert {name: got.item() for name, (got, _) in made.items()} == {
        name: wanted for name, (_, wanted) in made.items()
    }


def test_special_values(device):
    n, x = lg.tensor(WITH_NAN), lg.tensor(np.array([[INF, 1, -INF], [-INF] * 3, [INF, 2, 3]], F32))
    a = x.numpy()
    lone = lg.tensor([NAN, NAN])
    found, wanted = n.max(1), WITH_NAN.max(1)
    with np.errstate(all="ignore"):
        check({
            "sum": (n.sum(0), WITH_NAN.sum(0)), "amax": (n.amax(0), WITH_NAN.max(0)),
            "amin": (n.amin((0, 2)), WITH_NAN.min((0, 2))), "argmin": (n.argmin(2),
            WITH_NAN.argmin(2)), "max": (found[0], wanted), "place of max": (found[1],
            WITH_NAN.argmax(1)), "nansum": (n.nansum(1), np.nansum(WITH_NAN, 1)),
            "nanmean": (n.nanmean(1), np.nanmean(WITH_NAN, 1)), "nanmean of NaN": (lone.nanmean(),
            F32(NAN)), "nansum of NaN": (lone.nansum(), F32(0)), "any": (lone.any(), np.True_),
            "all": (lone.all(), np.True_), "count": (lone.count_nonzero(), np.int64(2)),
            "infinities": (x.sum(1), a.sum(1)), "mean": (x.mean(0), a.mean(0)),
            "prod": (x.prod(1), a.prod(1)), "var": (x.var(1), np.full(3, NAN, F32)),
            "logsumexp": (x.logsumexp(1), np.array([INF, -INF, INF], F32)),
            "norm inf": (n.norm(INF, dim=0), np.abs(WITH_NAN).max(0)),
            "cumsum": (x.cumsum(1), a.cumsum(1)), "far": (lg.tensor([1e4, -1e4, 1e4]).logsumexp(0),
            F32(1e4 + math.log(2))), "norm": (lg.tensor([3e18, 4e18]).norm(), F32(5e18)),
            "softmax": (lg.tensor([[-INF, 1.0, 1.0], [1e4, 0.0, 1e4]]).softmax(1),
            np.array([[0, 0.5, 0.5], [0.5, 0, 0.5]], F32)),
        })  # fmt: skip


def test_nothing_to_reduce(device):
    """Reductions of no elements are identities; those without one refuse (test_bad_input.py)."""
    x, a = lg.zeros(0, 3), np.zeros((0, 3), F32)
    check({
        "sum": (x.sum(), F32(0)), "rows": (x.sum(1), a.sum(1)), "columns": (x.sum(0), a.sum(0)),
        "kept": (x.sum(0, True), np.zeros((1, 3), F32)), "prod": (x.prod(0), np.ones(3, F32)),
        "mean": (x.mean(0), np.full(3, NAN, F32)), "var": (x.var(0), np.full(3, NAN, F32)),
        "std": (x.std(), F32(NAN)), "any": (x.any(), np.False_),
        "all": (x.all(0), np.ones(3, bool)),
        "norm": (x.norm(), F32(0)), "logsumexp": (x.logsumexp(0), np.full(3, -INF, F32)),
        "count": (x.count_nonzero(0), np.zeros(3, np.int64)), "amax": (x.amax(1), a.max(1)),
        "argmax": (x.argmax(1), a.argmax(1)), "cumsum": (x.cumsum(0), a),
        "cumprod": (x.cumprod(1), a),
        "values": (x.max(1)[0], a.max(1)), "running": (x.cummax(0)[1], np.zeros((0, 3), np.int64)),
        "int sum": (x.int().sum(), np.int64(0)), "sorted": (x.sort(0)[0], a),
    })  # fmt: skip
    with pytest.raises(RuntimeError, match=r"norm: .* of no elements"):
        x.norm(INF)


def test_numbers_without_dimensions(device):
    """Dimensions 0 and -1 are taken for a tensor that has none."""
    x, five = lg.tensor(5.0), F32(5)
    check({
        "sum": (x.sum(0), five), "kept": (x.sum(-1, True), five), "list": (x.sum((0,)), five),
        "mean": (x.mean(), five), "prod": (x.prod(0), five), "amax": (x.amax((-1,)), five),
        "max": (x.max(0)[0], five), "place": (x.max(0)[1], np.int64(0)), "var": (x.var(),
        F32(NAN)), "argmax": (x.argmax(0, True), np.int64(0)), "norm": (x.norm(dim=0), five),
        "cumsum": (x.cumsum(0), five), "cummax": (x.cummax(-1)[1], np.int64(0)),
        "logsumexp": (x.logsumexp(0), five), "any": (x.any(0), np.True_),
    })  # fmt: skip


def test_running_results(device):
    flipped, ties = lg.tensor(X).flip(1), np.array([[2, 2, 1, 3, 3, 0], [0, -1, 0, -1, 0, -1]], F32)
    high, low = lg.tensor(ties).cummax(1), lg.tensor(ties).cummin(1)
    check({
        "cumsum": (flipped.cumsum(1), X[:, ::-1].cumsum(1)),
        "last": (lg.tensor(X).cumsum(-1), X.cumsum(-1)),
        "first": (lg.tensor(X).cumsum(0), X.cumsum(0)),
        "cumprod": (flipped.cumprod(0), X[:, ::-1].cumprod(0)),
        "in float": (lg.tensor(I).cumsum(0, dtype=lg.float32), I.cumsum(0).astype(F32)),
        "high": (high[0], np.maximum.accumulate(ties, 1)),
        "low": (low[0], np.minimum.accumulate(ties, 1)),
        "places": (high[1], np.array([[0, 1, 1, 3, 4, 4], [0, 0, 2, 2, 4, 4]])),
        "low places": (low[1], np.array([[0, 1, 2, 2, 2, 5], [0, 1, 1, 3, 3, 5]])),
    })  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 37, 4099])
def test_lengths(device, count):
    """One after the other and side by side; lengths beside those of vectors and stages."""
    a = RNG.normal(size=(3, count)).astype(F32)
    x = lg.tensor(a)
    rows, columns, total = x.sum(1), x.T.amax(0), (x * x).sum()
    lg.realize(rows, columns, total)
    np.testing.assert_allclose(rows.numpy(), a.astype(np.float64).sum(1), 1e-5, 1e-4)
    np.testing.assert_array_equal(columns.numpy(), a.max(1))
    np.testing.assert_allclose(total.item(), (a.astype(np.float64) ** 2).sum(), 1e-5)


def test_spread_and_its_corrections(device):
    """Means far from zero cost no digits of a variance; the corrections of PyTorch."""
    far = RNG.normal(size=(5, 63)).astype(F32) + F32(1000)
    x, wide = lg.tensor(far), far.astype(np.float64)
    both, more = lg.var_mean(x, 1), lg.std_mean(x, 0, correction=2)
    check({
        "var": (both[0], wide.var(1, ddof=1).astype(F32)),
        "mean": (both[1], wide.mean(1).astype(F32)),
        "std": (more[0], wide.std(0, ddof=2).astype(F32)),
        "mean beside": (more[1], wide.mean(0).astype(F32)),
        "half": (x.var(1, correction=0.5), wide.var(1, ddof=0.5).astype(F32)),
        "biased": (x.std(False), F32(wide.std())),
        "none left": (x[:, :1].var(1), np.full(5, NAN, F32)),
    }, rtol=2e-4)  # fmt: skip


GRADIENTS = {
    "sum": (lambda x: x.sum((0, 2)), lambda a: a.sum((0, 2))),
    "mean": (lambda x: x.mean(1, True), lambda a: a.mean(1, keepdims=True)),
    "prod": (lambda x: x[..., :2].prod(2), lambda a: a[..., :2].prod(2)),
    "var": (lambda x: x.var(1), lambda a: a.var(1, ddof=1)),
    "std": (lambda x: x.std((0, 1)), lambda a: a.std((0, 1), ddof=1)),
    "norm": (lambda x: x.norm(dim=2), lambda a: np.sqrt((a * a).sum(2))),
    "norm 3": (lambda x: x.norm(3, dim=0), lambda a: (np.abs(a) ** 3).sum(0) ** (1 / 3)),
    "logsumexp": (lambda x: x.logsumexp(1), lambda a: np.log(np.exp(a).sum(1))),
    "amax": (lambda x: x.amax((0, 2)), lambda a: a.max((0, 2))),
    "max": (lambda x: x.max(1)[0], lambda a: a.max(1)),
    "cumsum": (lambda x: x.cumsum(1), lambda a: a.cumsum(1)),
    "softmax": (
        lambda x: x.softmax(1), lambda a: np.exp(a) / np.exp(a).sum(1, keepdims=True)),
    "sort": (lambda x: x.sort(0)[0], lambda a: np.sort(a, 0)),
}  # fmt: skip


def test_gradients(device):
    """Along one direction, against central differences of NumPy's function in double."""
    x, wide = lg.tensor(X, requires_grad=True), X.astype(np.float64)
    direction, grads, expected = RNG.normal(size=X.shape), {}, {}
    for name, (ours, theirs) in GRADIENTS.items():
        weights, h = RNG.normal(size=theirs(wide).shape), 1e-6
        loss = (ours(x) * lg.tensor(weights.astype(F32))).sum()
        (grads[name],) = lg.autograd.grad(loss, x)
        step = theirs(wide + h * direction) - theirs(wide - h * direction)
        expected[name] = (step * weights).sum() / (2 * h)
    lg.realize(*grads.values())
    for name, grad in grads.items():
        got = (grad.numpy().astype(np.float64) * direction).sum()
        assert got == pytest.approx(expected[name], rel=1e-4, abs=1e-4), name


def test_ties_share_the_gradient_of_amax(device):
    x = lg.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]], requires_grad=True)
    shared, first = (lg.autograd.grad(y.sum(), x)[0].tolist() for y in (x.amax(1), x.max(1).values))
    assert shared == [[0, 0.5, 0.5], [0.5, 0.5, 0]]
    assert first == [[0, 1, 0], [1, 0, 0]]


def test_rows_with_edges_add_up_in_vectors_of_every_width():
    """Between the edges of padding a row falls into vectors of several widths."""
    pad = lg.nn.functional.pad
    cases = {}
    for length in (9, 13, 15, 29):
        a = RNG.normal(size=(2, length)).astype(F32)
        b = RNG.normal(size=(2, length + 3)).astype(F32)
        rows = np.pad(a, ((0, 0), (1, 2))) - b
        made = pad(lg.tensor(a), (1, 2)) - lg.tensor(b)
        cases[f"sum of {length}"] = ((made * made).sum(1), (rows * rows).sum(1))
        cases[f"max of {length}"] = (made.amax(1), rows.max(1))
    check(cases)


def test_long_running_results():
    """A line is cut into parts; a running sum is as exact as its dtype."""
    wide = RNG.normal(size=65536).astype(F32)
    whole = RNG.integers(-9, 9, (65540, 1)).astype(np.int32)
    holed = np.where(np.arange(65536) == 40_000, F32(NAN), wide)
    near = (1 + wide / 1000).astype(F32)
    x = lg.tensor(wide)
    exact = wide.astype(np.float64)
    np.testing.assert_allclose(x.cumsum(0).numpy(), exact.cumsum(), rtol=1e-6, atol=1e-4)
    check({
        "int": (lg.tensor(whole).cumsum(0), whole.cumsum(0, dtype=np.int64)),
        "max": (lg.tensor(holed).cummax(0)[0], np.maximum.accumulate(holed)),
        "product": (lg.tensor(near).cumprod(0), near.astype(np.float64).cumprod().astype(F32)),
    })  # fmt: skip


def test_rows_side_by_side(device):
    """Rows that are walked several at a time: results that overlap, NaN in one of them, columns
    whose sums rest in memory, rows that are left over."""
    lg.set_default_device(device)
    a = RNG.normal(size=(3, 11, 1031)).astype(F32)
    a[1, 4, 1030] = a[2, 10, 3] = NAN
    columns = RNG.normal(size=(2, 23, 1050)).astype(F32)
    columns[1, 22, 1049] = columns[0, 2, 5] = NAN
    long = RNG.normal(size=1_000_003).astype(F32)
    weights = RNG.normal(size=(1, 30)).astype(F32)
    times = RNG.normal(size=(30, 1500)).astype(F32)
    small = (columns[0] * 4).astype(np.float16)
    x, y, w = lg.tensor(a), lg.tensor(columns), lg.tensor(long)
    counted = np.arange(23 * 1050, dtype=np.int32).reshape(23, 1050)
    check({
        "sums": (x.sum(2), a.sum(2)),
        "maxima": (x.amax(2), a.max(2)),
        "both": ((x.amax(2) - x.sum(2)), a.max(2) - a.sum(2)),
        "of columns": (y.sum(1), columns.sum(1)),
        "least of columns": (y.amin(1), columns.min(1)),
        "whole": (lg.tensor(counted).sum(0), counted.sum(0, dtype=np.int64)),
        "any": ((lg.tensor(counted) > 24000).any(0), (counted > 24000).any(0)),
        "row times matrix": (lg.tensor(weights) @ lg.tensor(times), weights @ times),
    }, 2e-5, 2e-5)  # fmt: skip
    np.testing.assert_allclose(w.sum().item(), long.sum(dtype=np.float64), 1e-4, 1e-2)
    summed = lg.tensor(small).sum(0).numpy()
    np.testing.assert_allclose(summed, small.sum(0, dtype=F32), 2e-3, 2e-2)
