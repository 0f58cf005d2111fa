"""Reductions, running results and sorting against PyTorch: values, dtypes, gradients, errors."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

import lazygrad as lg

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(11)
_X = RNG.normal(size=(3, 4, 5)).astype(np.float32)
DATA = {
    "x": _X,
    "ties": RNG.integers(0, 3, (4, 6)).astype(np.float32),
    "nan": np.where(RNG.random((4, 6)) < 0.2, np.nan, RNG.normal(size=(4, 6))).astype(np.float32),
    "i": RNG.integers(-4, 5, (4, 6)).astype(np.int32),
    "b": RNG.random((4, 6)) < 0.6,
    "h": RNG.normal(size=(4, 300)).astype(np.float16) + 2,
    "same": np.ones((3, 4), np.float32),
    "zero": np.zeros((3, 4), np.float32),
    "none": np.zeros((0, 3), np.float32),
    "number": np.array(2.5, np.float32),
    "far": (RNG.normal(size=(3, 4)) * 200).astype(np.float32),
}


def operands(library, requires_grad=()):
    tensors = {name: library.tensor(value) for name, value in DATA.items()}
    for name in requires_grad:
        tensors[name].requires_grad_()
    return SimpleNamespace(**tensors, library=library)


def flat(result):
    return list(result) if isinstance(result, tuple) else [result]


def check(cases, rtol=1e-5, atol=1e-6):
    """Every case on both libraries; one realize for all. Tuples are compared part by part."""
    t, mine = operands(torch), operands(lg)
    wanted = {name: flat(case(t)) for name, case in cases.items()}
    got = {name: flat(case(mine)) for name, case in cases.items()}
    lg.realize(*[r for row in got.values() for r in row])
    for name, row in wanted.items():
        for expected, result in zip(row, got[name], strict=True):
            assert str(result.dtype).split(".")[1] == str(expected.dtype).split(".")[1], name
            assert tuple(result.shape) == tuple(expected.shape), name
            half = expected.dtype == torch.float16
            np.testing.assert_allclose(
                result.numpy(), expected.numpy(), 2e-3 if half else rtol, atol, err_msg=name
            )


REDUCTIONS = {
    "sum": lambda t: t.x.sum(), "sum of rows": lambda t: t.x.sum(-1),
    "sum of two": lambda t: t.x.sum((0, 2), keepdim=True), "int sum": lambda t: t.i.sum(0),
    "bool sum": lambda t: t.b.sum(), "sum in dtype": lambda t: t.i.sum(dtype=t.library.float32),
    "sum of a number": lambda t: t.number.sum(0), "sum of none": lambda t: t.none.sum(0),
    "half sum": lambda t: t.h.sum(1), "nansum": lambda t: t.nan.nansum(1),
    "mean": lambda t: t.x.mean(1, keepdim=True), "half mean": lambda t: t.h.mean(),
    "int mean": lambda t: t.i.mean(dtype=t.library.float32), "nanmean": lambda t: t.nan.nanmean(0),
    "mean of none": lambda t: t.none.mean(), "prod": lambda t: t.x.prod(1),
    "int prod": lambda t: t.i.prod(1), "prod of none": lambda t: t.none.prod(0),
    "var": lambda t: t.x.var(), "var of rows": lambda t: t.x.var(-1, keepdim=True),
    "var of two": lambda t: t.x.var((0, 1), correction=0),
    "biased": lambda t: t.x.var(1, unbiased=False), "std": lambda t: t.x.std(dim=2),
    "std of one": lambda t: t.number.std(), "var_mean": lambda t: t.library.var_mean(t.x, 1)
    if t.library is torch else t.x.var_mean(1),
    "norm": lambda t: t.x.norm(), "norm 1": lambda t: t.x.norm(1, dim=1),
    "norm inf": lambda t: t.x.norm(math.inf, dim=(0, 1)), "norm 3": lambda t: t.x.norm(3, dim=0),
    "norm -inf": lambda t: t.x.norm(-math.inf), "norm 0": lambda t: t.ties.norm(0, dim=1),
    "logsumexp": lambda t: t.far.logsumexp(1), "logsumexp of two": lambda t: t.x.logsumexp((0, 1)),
    "any": lambda t: t.b.any(), "any of columns": lambda t: t.i.any(0), "all": lambda t: t.b.all(1),
    "all of none": lambda t: t.none.all(), "any of none": lambda t: t.none.any(0),
    "count_nonzero": lambda t: t.ties.count_nonzero(1),
}  # fmt: skip

EXTREMES = {
    "max": lambda t: t.x.max(), "min": lambda t: t.i.min(), "max of nan": lambda t: t.nan.max(),
    "max of rows": lambda t: t.ties.max(1), "min of rows": lambda t: t.ties.min(0, keepdim=True),
    "max of nan rows": lambda t: t.nan.max(1), "int max": lambda t: t.i.max(-1),
    "max of two": lambda t: t.x.max(-t.x), "max of a number": lambda t: t.number.max(0),
    "amax": lambda t: t.x.amax((0, 2)), "amin": lambda t: t.x.amin(1, keepdim=True),
    "aminmax": lambda t: t.x.aminmax(), "aminmax of rows": lambda t: t.x.aminmax(dim=1),
    "argmax": lambda t: t.x.argmax(), "argmax of rows": lambda t: t.ties.argmax(1),
    "argmin": lambda t: t.nan.argmin(0, keepdim=True), "argmin of all": lambda t: t.ties.argmin(),
    "bool max": lambda t: t.b.max(), "amax of no rows": lambda t: t.none.amax(1),
    "cumsum": lambda t: t.x.cumsum(1), "int cumsum": lambda t: t.i.cumsum(0),
    "bool cumsum": lambda t: t.b.cumsum(1), "cumprod": lambda t: t.x.cumprod(2),
    "cummax": lambda t: t.ties.cummax(1), "cummin": lambda t: t.nan.cummin(0),
    "cumsum of a number": lambda t: t.number.cumsum(0),
}  # fmt: skip

SORTS = {
    "sort": lambda t: t.x.sort(), "sort down": lambda t: t.x.sort(0, descending=True),
    "stable": lambda t: t.ties.sort(dim=1, stable=True), "int sort": lambda t: t.i.sort(0)[0],
    "sort nan": lambda t: t.nan.sort(1)[0], "sort a number": lambda t: t.number.sort(),
    "bool sort": lambda t: t.b.sort(1)[0], "argsort": lambda t: t.x.argsort(1),
    "topk": lambda t: t.x.topk(2), "smallest": lambda t: t.x.topk(3, 1, largest=False),
    "kthvalue": lambda t: t.x.kthvalue(2, 1), "median": lambda t: t.x.median(),
    "median of rows": lambda t: t.x.median(1, keepdim=True), "int median": lambda t: t.i.median(),
    "median of nan": lambda t: t.nan.median(1)[0], "nanmedian": lambda t: t.nan.nanmedian(1)[0],
    "nanmedian of all": lambda t: t.nan.nanmedian(), "msort": lambda t: t.x.msort(),
    "quantile": lambda t: t.x.quantile(0.3), "quantile of rows": lambda t: t.x.quantile(0.75, 1),
    "quantiles": lambda t: t.x.quantile(t.library.tensor([0.0, 0.4, 1.0]), 2, keepdim=True),
    "nearest": lambda t: t.x.quantile(0.3, 0, interpolation="nearest"),
    "midpoint": lambda t: t.x.quantile(0.3, 1, interpolation="midpoint"),
    "quantile of nan": lambda t: t.nan.quantile(0.5, 1),
    "quantiles beside infinities": lambda t: t.library.tensor(
        [-math.inf, 2.0, 3.0, math.inf]
    ).quantile(t.library.tensor([0.0, 0.25, 0.5, 0.9, 1.0])),
    "lower ones": lambda t: t.library.tensor([-math.inf, 2.0, 3.0, math.inf]).quantile(
        t.library.tensor([0.0, 0.1, 0.5, 0.9, 1.0]), interpolation="lower"
    ),
}  # fmt: skip

SETS = {
    "unique": lambda t: t.i.unique(), "unique with all": lambda t: t.i.unique(
        return_inverse=True, return_counts=True),
    "unique rows": lambda t: t.ties.unique(dim=0),
    "bincount": lambda t: t.ties.long()[0].bincount(),
    "bincount weights": lambda t: t.ties.long()[0].bincount(t.ties[1], 5),
}  # fmt: skip


def test_reductions():
    check(REDUCTIONS)


def test_extremes():
    check(EXTREMES)


def test_sorts():
    check(SORTS)


def test_sets():
    check(SETS)


GRADIENTS = {
    "sum": lambda t: t.x.sum((0, 2)), "mean": lambda t: t.x.mean(1), "prod": lambda t: t.x.prod(2),
    "prod with zeros": lambda t: t.ties.prod(0), "var": lambda t: t.x.var(1),
    "std": lambda t: t.x.std(), "std of equals": lambda t: t.same.std(1),
    "norm": lambda t: t.x.norm(), "norm of zeros": lambda t: t.zero.norm(dim=1),
    "norm 1": lambda t: t.x.norm(1, dim=1), "norm 3": lambda t: t.x.norm(3, dim=0),
    "norm inf": lambda t: t.x.norm(math.inf), "logsumexp": lambda t: t.far.logsumexp(1),
    "amax": lambda t: t.ties.amax(1), "max": lambda t: t.ties.max(),
    "max of rows": lambda t: t.ties.max(1)[0], "min of rows": lambda t: t.ties.min(0)[0],
    "cumsum": lambda t: t.x.cumsum(1), "cumprod": lambda t: t.x.cumprod(1),
    "cummax": lambda t: t.ties.cummax(1)[0], "sort": lambda t: t.x.sort(1)[0],
    "topk": lambda t: t.x.topk(2)[0], "median": lambda t: t.x.median(1)[0],
    "quantile": lambda t: t.x.quantile(0.3, 1), "nansum": lambda t: t.x.nansum(1),
    "softmax": lambda t: t.far.softmax(0),
}  # fmt: skip


def test_nans_share_the_gradient_of_an_extreme():
    values = np.array([[1, np.nan, 3], [np.nan, 5, np.nan]], np.float32)
    for reduce in ("max", "min"):
        found = []
        for library in (torch, lg):
            x = library.tensor(values, requires_grad=True)
            (2 * getattr(x, reduce)()).backward()
            found.append(x.grad.numpy())
        np.testing.assert_allclose(found[1], found[0], rtol=1e-6)
    rows = lg.tensor(values, requires_grad=True)
    rows.amax(1).sum().backward()
    np.testing.assert_array_equal(rows.grad.numpy(), [[0, 1, 0], [0.5, 0, 0.5]])


def test_gradients():
    leaves = ("x", "ties", "same", "zero", "far")
    found = []
    for library in (torch, lg):
        t = operands(library, leaves)
        sources = [getattr(t, name) for name in leaves]
        rows = {}
        for name, case in GRADIENTS.items():
            result = case(t)
            weights = np.arange(1, result.numel() + 1, dtype=np.float32) / result.numel()
            weighted = result * library.tensor(weights.reshape(tuple(result.shape)))
            rows[name] = library.autograd.grad(weighted.sum(), sources, allow_unused=True)
        found.append(rows)
    lg.realize(*[g for row in found[1].values() for g in row if g is not None])
    for name, row in found[0].items():
        for leaf, expected, got in zip(leaves, row, found[1][name], strict=True):
            assert (got is None) == (expected is None), f"{name} of {leaf}"
            if expected is not None:
                np.testing.assert_allclose(
                    got.numpy(), expected.numpy(), 1e-4, 1e-5, err_msg=f"{name} of {leaf}"
                )


ERRORS = {
    "axis": (lambda t: t.x.sum(3), IndexError, "Dimension out of range"),
    "axis of a number": (lambda t: t.number.sum(1), IndexError, "Dimension out of range"),
    "twice": (lambda t: t.x.sum((0, -3)), RuntimeError, "appears multiple times"),
    "int mean": (lambda t: t.i.mean(), RuntimeError, "could not infer output dtype"),
    "int var": (lambda t: t.i.var(), RuntimeError, "floating point"),
    "max of none": (lambda t: t.none.max(), RuntimeError, "Expected reduction dim"),
    "max of no rows": (lambda t: t.none.max(0), IndexError, "non-zero size"),
    "argmax of none": (lambda t: t.none.argmax(), IndexError, "Expected reduction dim"),
    "topk": (lambda t: t.x.topk(6), RuntimeError, "out of range"),
    "kthvalue": (lambda t: t.x.kthvalue(0), RuntimeError, "out of range"),
    "norm": (lambda t: t.x.norm("other"), RuntimeError, "norm"),
    "bincount": (lambda t: t.i[0].bincount(), RuntimeError, "non-negative"),
    "quantile": (lambda t: t.x.quantile(1.5), ValueError, "from 0 to 1"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    case, error, words = ERRORS[name]
    with pytest.raises(error, match=words):
        case(operands(lg))


def test_comparisons_of_whole_tensors():
    x = lg.tensor([1.0, 2.0])
    assert x.equal(lg.tensor([1.0, 2.0])) and not x.equal(lg.tensor([1.0]))
    assert x.allclose(x + 1e-7) and not x.allclose(x + 0.1)


def test_names_of_parts():
    found = lg.tensor([3.0, 1.0]).sort()
    assert found.values.tolist() == [1.0, 3.0] and found.indices.tolist() == [1, 0]
