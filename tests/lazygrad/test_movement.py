"""Views, joins, triangles, repeats and lookups against NumPy; one realize for all."""

import numpy as np
import pytest

import lazygrad as lg

RNG = np.random.default_rng(5)
X = RNG.normal(size=(3, 4, 5)).astype(np.float32)
Y = RNG.normal(size=(3, 2, 5)).astype(np.float32)
I = RNG.integers(-9, 9, (4, 6)).astype(np.int32)  # noqa: E741
AT = RNG.integers(0, 4, (3, 2, 5))
MASK = RNG.random((4, 6)) < 0.4

# lazygrad's result of (x, y, i, at, mask), and NumPy's
CASES = {
    "view": (lambda t: t.x.view(12, 5), lambda a: a.x.reshape(12, 5)),
    "view with -1": (lambda t: t.x.view(2, -1), lambda a: a.x.reshape(2, -1)),
    "reshape of a transpose": (
        lambda t: t.x.transpose(0, 2).reshape(4, 15), lambda a: a.x.swapaxes(0, 2).reshape(4, 15)),
    "permute": (lambda t: t.x.permute(2, 0, 1), lambda a: a.x.transpose(2, 0, 1)),
    "movedim": (lambda t: t.x.movedim(0, -1), lambda a: np.moveaxis(a.x, 0, -1)),
    "T": (lambda t: t.i.T, lambda a: a.i.T),
    "mT": (lambda t: t.x.mT, lambda a: a.x.swapaxes(1, 2)),
    "unsqueeze": (lambda t: t.i.unsqueeze(1), lambda a: a.i[:, None]),
    "squeeze": (lambda t: t.i[None, :, None].squeeze(), lambda a: a.i),
    "flatten": (lambda t: t.x.flatten(1), lambda a: a.x.reshape(3, 20)),
    "unflatten": (lambda t: t.i.unflatten(1, (2, 3)), lambda a: a.i.reshape(4, 2, 3)),
    "expand": (lambda t: t.i[:, :1].expand(4, 3), lambda a: np.repeat(a.i[:, :1], 3, 1)),
    "flip": (lambda t: t.x.flip(0, 2), lambda a: a.x[::-1, :, ::-1]),
    "roll": (lambda t: t.x.roll(2, 1), lambda a: np.roll(a.x, 2, 1)),
    "roll of all": (lambda t: t.x.roll(-7), lambda a: np.roll(a.x, -7)),
    "rot90": (lambda t: t.i.rot90(), lambda a: np.rot90(a.i)),
    "narrow": (lambda t: t.x.narrow(1, 1, 2), lambda a: a.x[:, 1:3]),
    "select": (lambda t: t.x.select(1, -1), lambda a: a.x[:, -1]),
    "steps": (lambda t: t.x[::2, 1:4:2, ::3], lambda a: a.x[::2, 1:4:2, ::3]),
    "ellipsis": (lambda t: t.x[..., None, 2], lambda a: a.x[..., None, 2]),
    "lists": (lambda t: t.x[[2, 0], [1, 1]], lambda a: a.x[[2, 0], [1, 1]]),
    "list and slice": (lambda t: t.x[:, [3, 0, 3], 1:], lambda a: a.x[:, [3, 0, 3], 1:]),
    "tensor index": (lambda t: t.i[t.at[0, 0]], lambda a: a.i[a.at[0, 0]]),
    "mask": (lambda t: t.i[t.mask], lambda a: a.i[a.mask]),
    "mask of rows": (lambda t: t.i[t.mask[:, 0]], lambda a: a.i[a.mask[:, 0]]),
    "cat": (lambda t: lg.cat([t.x, t.y, t.x], 1), lambda a: np.concatenate([a.x, a.y, a.x], 1)),
    "cat of types": (
        lambda t: lg.cat([t.i, t.i.float()]), lambda a: np.concatenate([a.i, a.i]).astype("f4")),
    "stack": (lambda t: lg.stack([t.i, t.i * 2], 1), lambda a: np.stack([a.i, a.i * 2], 1)),
    "many parts": (
        lambda t: lg.cat([t.i[:, k : k + 1] for k in (3, 1, 0, 5, 2) * 7], 1),
        lambda a: a.i[:, (3, 1, 0, 5, 2) * 7]),
    "hstack": (lambda t: lg.hstack([t.i, t.i]), lambda a: np.hstack([a.i, a.i])),
    "split": (lambda t: t.i.split([1, 3, 2], 1)[1], lambda a: a.i[:, 1:4]),
    "chunk": (lambda t: t.x.chunk(3, 2)[-1], lambda a: a.x[:, :, 4:]),
    "unbind": (lambda t: t.x.unbind(1)[2], lambda a: a.x[:, 2]),
    "tile": (lambda t: t.i.tile((2, 1, 2)), lambda a: np.tile(a.i, (2, 1, 2))),
    "repeat": (lambda t: t.i.repeat(2, 3), lambda a: np.tile(a.i, (2, 3))),
    "repeat_interleave": (
        lambda t: t.i.repeat_interleave(3, 1), lambda a: np.repeat(a.i, 3, 1)),
    "tril": (lambda t: t.x.tril(1), lambda a: np.tril(a.x, 1)),
    "triu": (lambda t: t.i.triu(-1), lambda a: np.triu(a.i, -1)),
    "diag": (lambda t: t.i[0].diag(1), lambda a: np.diag(a.i[0], 1)),
    "diagonal": (lambda t: t.x.diagonal(1, 0, 2), lambda a: np.diagonal(a.x, 1, 0, 2)),
    "unfold": (
        lambda t: t.i.unfold(1, 3, 2),
        lambda a: np.lib.stride_tricks.sliding_window_view(a.i, 3, 1)[:, ::2]),
    "meshgrid": (
        lambda t: lg.meshgrid(t.i[0], t.i[:, 0], indexing="ij")[1],
        lambda a: np.meshgrid(a.i[0], a.i[:, 0], indexing="ij")[1]),
    "gather": (lambda t: t.x.gather(1, t.at), lambda a: np.take_along_axis(a.x, a.at, 1)),
    "index_select": (
        lambda t: t.x.index_select(1, t.at[0, 0]), lambda a: a.x[:, a.at[0, 0]]),
    "take": (lambda t: t.x.take(t.at), lambda a: a.x.reshape(-1)[a.at]),
    "masked_fill": (lambda t: t.i.masked_fill(t.mask, 7), lambda a: np.where(a.mask, 7, a.i)),
    "where": (lambda t: lg.where(t.mask, t.i, 0), lambda a: np.where(a.mask, a.i, 0)),
    "scatter_add": (
        lambda t: lg.zeros(3, 4, 5).scatter_add(1, t.at, t.y), lambda a: _scatter_added(a)),
    "index_put": (lambda t: _written(t.i), lambda a: _written(a.i)),
    "nonzero": (lambda t: t.mask.nonzero(), lambda a: np.argwhere(a.mask)),
    "pad": (
        lambda t: lg.nn.functional.pad(t.i, (1, 2, 0, 3), value=5),
        lambda a: np.pad(a.i, ((0, 3), (1, 2)), constant_values=5)),
    "reflected": (
        lambda t: lg.nn.functional.pad(t.x, (2, 3), "reflect"),
        lambda a: np.pad(a.x, ((0, 0), (0, 0), (2, 3)), "reflect")),
}  # fmt: skip


def _scatter_added(a):
    result = np.zeros((3, 4, 5), np.float32)
    for i, j, k in np.ndindex(a.at.shape):
        result[i, a.at[i, j, k], k] += a.y[i, j, k]
    return result


def _written(x):
    x = x.clone() if isinstance(x, lg.Tensor) else x.copy()
    x[1] = 3
    x[:, 2:4] += 10
    x[[0, 2], [1, 5]] = -1
    x[x > 12] = 0
    return x


class _Operands:
    def __init__(self, make):
        self.x, self.y, self.i = make(X), make(Y), make(I)
        self.at, self.mask = make(AT), make(MASK)


def test_values(device):
    tensors, arrays = _Operands(lg.tensor), _Operands(lambda a: a)
    got = {name: ours(tensors) for name, (ours, _) in CASES.items()}
    lg.realize(*got.values())
    for name, (_, theirs) in CASES.items():
        expected = theirs(arrays)
        assert tuple(got[name].shape) == expected.shape, name
        np.testing.assert_allclose(got[name].numpy(), expected, 1e-6, 1e-6, err_msg=name)
        assert got[name].numpy().dtype == expected.dtype, name


def test_gradients_go_where_the_elements_came_from(device):
    """The gradient of sum(f(x) * w) against differences; f moves elements, so it is exact."""
    moves = [
        lambda x: x.transpose(0, 2).reshape(4, 15),
        lambda x: x.flip(0)[1:, ::2],
        lambda x: lg.cat([x, x[:, :1], x * 2], 1),
        lambda x: x[[0, 2, 0], :, 1:4],
        lambda x: x.unfold(1, 2, 1),
        lambda x: x.roll(1, 2).tril(),
        lambda x: x.repeat(1, 2, 1),
        lambda x: x.gather(1, lg.tensor(AT)),
        lambda x: x.masked_fill(lg.tensor(X > 0), 0.0),
        lambda x: x.expand(2, 3, 4, 5).diagonal(0, 0, 1),
    ]
    x = lg.tensor(X.astype(np.float64), requires_grad=True)
    moved = [f(x) for f in moves]
    weights = [RNG.normal(size=tuple(m.shape)) for m in moved]
    grads = [
        lg.autograd.grad((m * lg.tensor(w)).sum(), x)[0]
        for m, w in zip(moved, weights, strict=True)
    ]
    lg.realize(*moved, *grads)
    base = [float((m.detach().numpy() * w).sum()) for m, w in zip(moved, weights, strict=True)]
    places = [(0, 0, 0), (1, 2, 3), (2, 3, 4)]
    shifted = []
    with lg.no_grad():
        for place in places:
            other = X.astype(np.float64)
            other[place] += 1
            mask_safe = lg.tensor(other)
            shifted.append([f(mask_safe) for f in moves])
        lg.realize(*[m for row in shifted for m in row])
    for place, row in zip(places, shifted, strict=True):
        for k, m in enumerate(row):
            change = float((m.numpy() * weights[k]).sum()) - base[k]
            assert grads[k].numpy()[place] == pytest.approx(change, abs=1e-9), (k, place)


def test_positions_beyond_32_bits(device):
    count = 2**31 + 1000  # never stored: only the elements that are asked for are computed
    x = lg.arange(count, device=device)
    if x._node.op.name == "transfer":
        pytest.skip("what rests on nothing stored is computed on the first device, and copied")
    every, start = 2**20, count - 3
    results = {
        "end": (x[-3:], np.arange(count - 3, count)),
        "late start": (x[start : start + 2] * 2, np.arange(start, start + 2) * 2),
        "flip": (x.flip(0)[:2], np.array([count - 1, count - 2])),
        "steps": (x[::every].sum(), np.arange(0, count, every).sum()),
        "rows": (x.reshape(2, -1)[1, -2:], np.array([count - 2, count - 1])),
        "columns": (x.reshape(-1, 8)[-1, 5:7] % 7, np.arange(count - 3, count - 1) % 7),
        "longest": (x[:: every // 4].max(), np.arange(0, count, every // 4).max()),
    }
    lg.realize(*[found for found, _ in results.values()])
    for name, (found, expected) in results.items():
        np.testing.assert_array_equal(found.numpy(), expected, err_msg=name)


def test_parts_begin_at_known_places_within_a_model_only(device):
    weights = lg.ones(6, requires_grad=True)
    pieces = (weights * 2).chunk(3)
    (pieces[0] * pieces[1] * pieces[2]).sum().backward()
    assert all(" s0" not in k.source for k in lg.kernels(weights.grad))
    np.testing.assert_array_equal(weights.grad.numpy(), np.full(6, 8, np.float32))
    data = lg.tensor(np.arange(6.0, dtype=np.float32))
    data.split(2)[0].exp().realize()
    before = lg.stats().plans_compiled
    data.split(2)[1].exp().realize()
    assert lg.stats().plans_compiled == before
