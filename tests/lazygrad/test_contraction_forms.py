"""Contractions in each form, and convolutions' gradients, against NumPy."""

import numpy as np
import pytest

import lazygrad as lg
import lazygrad.nn.functional as F
from lazygrad.codegen import contraction
from lazygrad.codegen.contraction_cost import cost
from lazygrad.codegen.contraction_schedule import candidates

RNG = np.random.default_rng(0)


def array(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def np_convolution(x, w, padding, stride):
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3))
    return np.einsum("nchwij,ocij->nohw", windows[:, :, ::stride, ::stride], w)


@pytest.mark.parametrize(
    ("images", "kind"), list(enumerate(["in place", "table", "transpose", "lines"], 1))
)
def test_convolution_in_each_form(device, images, kind, monkeypatch):
    """With a last panel that overlaps, and a bias and activation that follow the sum.

    As many images as no other form gets, whose plan would be taken.
    """

    def chosen(n, memory, limits, choice):
        found = [f for f in candidates(n, memory, limits) if f.staged == kind]
        return min(found, key=lambda f: cost(f, limits))

    monkeypatch.setattr(contraction, "plan_form", chosen)
    x, w, bias = array(images, 3, 9, 21), array(5, 3, 3, 3), array(5)
    got = F.conv2d(lg.tensor(x), lg.tensor(w), lg.tensor(bias)).relu()
    expected = np.maximum(np_convolution(x, w, 0, 1) + bias[:, None, None], 0)
    np.testing.assert_allclose(got.numpy(), expected, 1e-5, 1e-5)


def lines_if_any(n, memory, limits, choice):
    found = sorted(candidates(n, memory, limits), key=lambda f: cost(f, limits))
    return next((f for f in found if f.staged == "lines"), found[0])


@pytest.mark.parametrize(
    ("shape", "weights", "settings", "seen"),
    [
        ((1, 3, 20, 39), (5, 3, 7, 7), {"stride": 2, "padding": 3}, "float32"),
        ((2, 3, 9, 50), (4, 3, 2, 3), {"stride": 3, "padding": (2, 1)}, "float32"),
        ((2, 4, 7, 23), (6, 2, 3, 3), {"dilation": 2, "padding": 2, "groups": 2}, "float16"),
        ((1, 60, 5, 18), (9, 60, 3, 3), {"padding": 1}, "float32"),
        ((2, 3, 6, 21), (5, 3, 3, 4), {"dilation": (1, 3), "stride": 2, "padding": 4}, "int32"),
    ],
)  # fmt: skip
def test_lines_of_pixels(device, shape, weights, settings, seen, monkeypatch):
    """Strides as phases, slots apart, groups, several blocks, other dtypes."""
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(contraction, "plan_form", lines_if_any)
    x, w = (5 * array(*shape)).astype(seen), (5 * array(*weights)).astype(seen)
    got = F.conv2d(lg.tensor(x), lg.tensor(w), **settings)
    wide = [torch.from_numpy(a.astype("float64")) for a in (x, w)]
    expected = torch.nn.functional.conv2d(*wide, **settings).numpy()
    bound = {"float32": 1e-5, "float16": 2e-3, "int32": 0}[seen]
    np.testing.assert_allclose(got.numpy(), expected, bound, 100 * bound)


def test_lines_stored_element_by_element(device, monkeypatch):
    """What follows the sum is turned around, so that nothing can be computed in vectors."""
    monkeypatch.setattr(contraction, "plan_form", lines_if_any)
    x, w, turn = array(2, 3, 6, 21), array(5, 3, 3, 3), array(21 * 5)
    order = np.arange(19) ** 2 % 19
    got = F.conv2d(lg.tensor(x), lg.tensor(w)) * lg.tensor(turn)[lg.tensor(order)]
    expected = np_convolution(x, w, 0, 1) * turn[order]
    np.testing.assert_allclose(got.numpy(), expected, 1e-5, 1e-4)


@pytest.mark.parametrize(("depth", "seen"), [(300, "float32"), (37, "float16")])
def test_packed_rows(device, depth, seen, monkeypatch):
    """Of a transposed operand: the last strip overlaps, in several blocks and in one."""

    def chosen(n, memory, limits, choice):
        found = [f for f in candidates(n, memory, limits) if f.packed and not f.swapped]
        return min(found, key=lambda f: cost(f, limits))

    monkeypatch.setattr(contraction, "plan_form", chosen)
    a, b = array(depth, 83).astype(seen), array(depth, 71).astype(seen)
    got = (lg.tensor(a).mT @ lg.tensor(b)).relu()
    expected = np.maximum(a.T.astype(np.float32) @ b.astype(np.float32), 0)
    bound = 1e-4 if seen == "float32" else 2e-3
    np.testing.assert_allclose(got.numpy(), expected, bound, 10 * bound)


@pytest.mark.parametrize(
    ("padding", "stride", "size"), [(1, 1, (8, 8)), (2, 1, (10, 11)), (1, 2, (10, 11))]
)
def test_gradients_of_padded_convolutions(device, padding, stride, size):
    x, w = array(2, 3, *size), array(4, 3, 3, 3)
    a, b = lg.tensor(x, requires_grad=True), lg.tensor(w, requires_grad=True)
    y = F.conv2d(a, b, padding=padding, stride=stride)
    g = array(*y.shape)
    (y * lg.tensor(g)).sum().backward()

    def slope(argument, at, other_first):
        moved = argument.copy()
        moved[at] += 1
        pair = (moved, w) if other_first else (x, moved)
        return ((np_convolution(*pair, padding, stride) - y.detach().numpy()) * g).sum()

    for at in ((0, 0, 0, 0), (1, 2, -1, -1), (0, 1, 4, 5), (1, 0, 0, -1), (0, 2, -1, 3)):
        np.testing.assert_allclose(a.grad.numpy()[at], slope(x, at, True), 1e-3, 1e-3)
    for at in ((0, 0, 0, 0), (3, 2, 2, 2), (1, 1, 0, 2)):
        np.testing.assert_allclose(b.grad.numpy()[at], slope(w, at, False), 1e-3, 1e-3)


def test_operands_in_panels(device):
    """Rows of a transposed operand, of one in a batch, of one that is computed first; what follows
    the sum still joins it."""
    lg.set_default_device(device)
    a, b, bias = array(260, 204), array(260, 901), array(901)
    x, y = lg.tensor(a), lg.tensor(b)
    batch, other = array(3, 200, 136), array(3, 200, 910)
    halves = (lg.tensor(a) * 2).tanh()
    made = {
        "product": ((x.T @ y + lg.tensor(bias)).relu(), np.maximum(a.T @ b + bias, 0)),
        "both": (y.T @ lg.tensor(np.ascontiguousarray(a.T)).T, b.T @ a),
        "batch": (lg.tensor(batch).mT @ lg.tensor(other), batch.swapaxes(1, 2) @ other),
        "computed": (halves.T @ y, np.tanh(a * 2).T @ b),
    }
    for name, (got, expected) in made.items():
        np.testing.assert_allclose(got.numpy(), expected, 1e-4, 2e-4, err_msg=name)
