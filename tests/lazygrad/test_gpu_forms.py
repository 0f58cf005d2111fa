"""Values of the kernels that GPUs get, work-groups and barriers included, on any device."""

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import execution, runtime
from lazygrad.codegen.limits import Limits
from lazygrad.nn import functional as F

GPU = Limits(kind="gpu", compute_units=8, vector_bytes=16, local_bytes=49152)


@pytest.fixture(autouse=True)
def a_gpu(device: runtime.Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes below are asked for by no other test: plans are kept by their structure."""
    monkeypatch.setattr(execution, "limits_of", lambda facts: GPU)


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape, np.float32)


def close(found: lg.Tensor, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found.numpy(), expected, rtol=2e-5, atol=2e-5)


EVEN, ODD = (72, 40, 68), (35, 51, 67)


@pytest.mark.parametrize(
    "layout, sizes", [("NN", EVEN), ("NT", EVEN), ("TN", EVEN), ("TT", EVEN), ("NN", ODD)]
)
def test_products(layout: str, sizes: tuple[int, int, int]) -> None:
    m, k, n = sizes
    x = numbers(m, k) if layout[0] == "N" else numbers(k, m)
    y = numbers(k, n) if layout[1] == "N" else numbers(n, k)
    a, b = lg.tensor(x), lg.tensor(y)
    product = (a if layout[0] == "N" else a.T) @ (b if layout[1] == "N" else b.T)
    wide = (x if layout[0] == "N" else x.T).astype(np.float64) @ (y if layout[1] == "N" else y.T)
    close(F.relu(product + 1), np.maximum(wide + 1, 0))


def test_a_batch_and_a_long_sum() -> None:
    x, y = numbers(3, 19, 37), numbers(3, 37, 21)
    close(lg.tensor(x) @ lg.tensor(y), x.astype(np.float64) @ y)
    x, y = numbers(21, 1032), numbers(1032, 22)
    want = x.astype(np.float64) @ y
    np.testing.assert_allclose((lg.tensor(x) @ lg.tensor(y)).numpy(), want, atol=2e-4)


def test_a_row_times_a_matrix() -> None:
    x, y = numbers(1, 523), numbers(523, 140)
    want = x.astype(np.float64) @ y
    np.testing.assert_allclose((lg.tensor(x) @ lg.tensor(y)).numpy(), want, atol=2e-4)
    x, y = numbers(1, 528), numbers(141, 528)
    want = x.astype(np.float64) @ y.T
    np.testing.assert_allclose((lg.tensor(x) @ lg.tensor(y).T).numpy(), want, atol=2e-4)


def test_convolution() -> None:
    x, w = numbers(2, 5, 11, 13), numbers(7, 5, 3, 3)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))).astype(np.float64)
    want = sum(
        np.einsum("nchw,oc->nohw", padded[:, :, i : i + 11, j : j + 13], w[:, :, i, j])
        for i in range(3)
        for j in range(3)
    )
    close(F.conv2d(lg.tensor(x), lg.tensor(w), padding=1), np.asarray(want))


@pytest.mark.parametrize("shape", [(5, 1031), (43, 11), (3, 260)])
def test_rows(shape: tuple[int, int]) -> None:
    x = numbers(*shape)
    exps = np.exp(x - x.max(1, keepdims=True), dtype=np.float64)
    close(lg.softmax(lg.tensor(x), 1), exps / exps.sum(1, keepdims=True))
    assert (lg.tensor(x).argmax(1).numpy() == x.argmax(1)).all()


@pytest.mark.parametrize("shape, axes", [((611, 13), 0), ((7, 523, 9), 1), ((300, 7, 11), (0, 2))])
def test_columns(shape: tuple[int, ...], axes: int | tuple[int, ...]) -> None:
    x = numbers(*shape)
    want = x.astype(np.float64).sum(axes)
    np.testing.assert_allclose(lg.tensor(x).sum(axes).numpy(), want, atol=2e-4)
    assert (lg.tensor(x).amax(axes).numpy() == x.max(axes)).all()


def test_not_a_number_passes_through() -> None:
    x = numbers(6, 1029)
    x[2, 700] = np.nan
    assert np.isnan(lg.tensor(x).amax(1).numpy()).tolist() == [r == 2 for r in range(6)]
    found = (lg.tensor(x) @ lg.tensor(numbers(1029, 17))).numpy()
    assert np.isnan(found).all(1).tolist() == [r == 2 for r in range(6)]


def test_half_of_every_width_and_place() -> None:
    for n in (64, 67):
        x = numbers(9, n)
        half = x.astype(np.float16)
        found = (lg.tensor(half) * 2 + lg.tensor(half)[:, :1]).numpy()
        want = (half.astype(np.float32) * 2 + half[:, :1].astype(np.float32)).astype(np.float16)
        # torch rounds after each operation, and so do we
        np.testing.assert_allclose(found.astype(np.float32), want.astype(np.float32), rtol=2e-3)


def test_running_sums() -> None:
    for shape, axis in (((3, 1033), 1), ((1290, 2), 0)):
        x = numbers(*shape)
        found = lg.tensor(x).cumsum(axis).numpy()
        np.testing.assert_allclose(found, x.astype(np.float64).cumsum(axis), atol=1e-4)
