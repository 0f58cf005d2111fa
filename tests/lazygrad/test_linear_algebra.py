"""Products of matrices and tensors against NumPy, their gradients against differences."""

import numpy as np
import pytest

import lazygrad as lg

RNG = np.random.default_rng(7)


def array(*shape):
    return RNG.normal(size=shape)


SHAPES = [
    ((5,), (5,)), ((5,), (5, 3)), ((4, 5), (5,)), ((4, 5), (5, 3)), ((1, 1), (1, 1)),
    ((2, 4, 5), (5, 3)), ((4, 5), (2, 5, 3)), ((2, 1, 4, 5), (3, 5, 7)), ((2, 4, 5), (2, 5, 1)),
    ((6, 1, 5), (6, 5, 1)), ((17, 31), (31, 13)), ((0, 5), (5, 3)), ((4, 0), (0, 3)),
    ((2, 3, 4, 5), (5,)), ((5,), (2, 5, 3)), ((33, 65), (65, 129)),
]  # fmt: skip


def test_matmul(device):
    pairs = [(array(*a), array(*b)) for a, b in SHAPES]
    got = [lg.tensor(a) @ lg.tensor(b) for a, b in pairs]
    lg.realize(*got)
    for (a, b), result in zip(pairs, got, strict=True):
        expected = a @ b
        assert tuple(result.shape) == expected.shape
        np.testing.assert_allclose(result.numpy(), expected, 1e-12, 1e-12)


def test_matmul_of_views_and_types(device):
    a, b = array(6, 8).astype(np.float32), array(6, 8).astype(np.float32)
    i = RNG.integers(-5, 5, (4, 6))
    x, y, n = lg.tensor(a), lg.tensor(b), lg.tensor(i)
    cases = [
        (x.T @ y, a.T @ b), (x @ y.T, a @ b.T), (x[::2] @ y.flip(0).T, a[::2] @ b[::-1].T),
        (x[:, 1:5] @ y[:, 3:7].T, a[:, 1:5] @ b[:, 3:7].T), (n @ n.T, i @ i.T),
        (x.expand(3, 6, 8) @ y.T, np.stack([a @ b.T] * 3)),
        ((x + 1) @ (y * 2).T, (a + 1) @ (2 * b.T)),
    ]  # fmt: skip
    halves = [(x.to(d) @ y.T.to(d)) for d in (lg.float16, lg.bfloat16)]
    lg.realize(*[got for got, _ in cases], *halves)
    for got, expected in cases:
        np.testing.assert_allclose(got.numpy(), expected, 1e-4, 1e-4)
    for got, allowed in zip(halves, (0.02, 0.15), strict=True):
        np.testing.assert_allclose(got.float().numpy(), a @ b.T, allowed, allowed)


EQUATIONS = {
    "ij,jk->ik": ((3, 4), (4, 5)), "ij,kj->ki": ((3, 4), (5, 4)),
    "bij,bjk->bik": ((2, 3, 4), (2, 4, 5)),
    "ij,ij->": ((3, 4), (3, 4)), "i,j->ij": ((3,), (4,)), "ij->ji": ((3, 4),), "ii->i": ((4, 4),),
    "ii": ((4, 4),), "ij->": ((3, 4),), "...ij,...jk->...ik": ((2, 3, 4), (4, 5)),
    "bhid,bhjd->bhij": ((2, 3, 4, 5), (2, 3, 6, 5)), "ij,jk,kl->il": ((3, 4), (4, 5), (5, 2)),
    "ij,ik,il->jkl": ((3, 2), (3, 4), (3, 5)),
    "iij,jk->ik": ((3, 3, 4), (4, 5)), "ab,cd->dacb": ((2, 3), (4, 5)), "ji": ((3, 4),),
}  # fmt: skip


def test_einsum(device):
    operands = {e: [array(*s) for s in shapes] for e, shapes in EQUATIONS.items()}
    got = {e: lg.einsum(e, *[lg.tensor(a) for a in given]) for e, given in operands.items()}
    lg.realize(*got.values())
    for equation, given in operands.items():
        expected = np.einsum(equation, *given, optimize=False)
        assert tuple(got[equation].shape) == expected.shape, equation
        np.testing.assert_allclose(got[equation].numpy(), expected, 1e-11, 1e-11, err_msg=equation)


def test_other_products(device):
    a, b, c = array(3, 4), array(4, 5), array(3, 5)
    v, w = array(4), array(4)
    batch_a, batch_b = array(2, 3, 4), array(2, 4, 5)
    x, y, z, p, q, s, t = map(lg.tensor, (a, b, c, v, w, batch_a, batch_b))
    cases = {
        "mm": (x.mm(y), a @ b), "mv": (x.mv(p), a @ v), "dot": (p.dot(q), v @ w),
        "bmm": (s.bmm(t), batch_a @ batch_b), "outer": (p.outer(q), np.outer(v, w)),
        "addmm": (z.addmm(x, y, beta=0.5, alpha=2), 0.5 * c + 2 * (a @ b)),
        "baddbmm": (lg.tensor(array(1)).mul(0).baddbmm(s, t), batch_a @ batch_b),
        "inner": (x.inner(p), np.inner(a, v)), "trace": (x.trace(), np.trace(a)),
        "tensordot": (
            lg.tensordot(s, t, dims=([0, 2], [0, 1])), np.einsum("bij,bjk->ik", batch_a, batch_b)),
        "summed ellipsis": (lg.einsum("b...,b...->b", s, s), (batch_a**2).sum((1, 2))),
        "norm": (x.norm(), np.linalg.norm(a)),
        "row norms": (x.norm(dim=1), np.linalg.norm(a, axis=1)),
        "1-norm": (x.norm(1), np.abs(a).sum()),
    }  # fmt: skip
    lg.realize(*[got for got, _ in cases.values()])
    for name, (got, expected) in cases.items():
        assert tuple(got.shape) == np.shape(expected), name
        np.testing.assert_allclose(got.numpy(), expected, 1e-12, 1e-12, err_msg=name)


@pytest.mark.parametrize("equation", ["ij,jk->ik", "bij,jk->bik", "ij,ij->i", "ij,ik->jk"])
def test_gradients_to_second_order(equation, device):
    """d/dt of f and of its gradient along a direction, by central differences in float64."""
    shapes = {
        "ij,jk->ik": ((3, 4), (4, 2)), "bij,jk->bik": ((2, 3, 4), (4, 2)),
        "ij,ij->i": ((3, 4), (3, 4)), "ij,ik->jk": ((3, 4), (3, 2)),
    }[equation]  # fmt: skip
    a, b, u, v = array(*shapes[0]), array(*shapes[1]), array(*shapes[0]), array(*shapes[1])

    def value(x, y):
        return (lg.einsum(equation, x, y) ** 3).sum()

    def gradients(x, y, create_graph):
        return lg.autograd.grad(value(x, y), (x, y), create_graph=create_graph)

    def at(t):
        return [lg.tensor(p + t * d, requires_grad=True) for p, d in ((a, u), (b, v))]

    h = 1e-5
    x, y = at(0.0)
    gx, gy = gradients(x, y, True)
    slope = (gx * lg.tensor(u)).sum() + (gy * lg.tensor(v)).sum()
    hx, hy = lg.autograd.grad(slope, (x, y))
    up, down = at(h), at(-h)
    ends = [value(*up), value(*down)]
    end_gradients = [gradients(*up, False), gradients(*down, False)]
    lg.realize(slope, hx, hy, *ends, *end_gradients[0], *end_gradients[1])
    difference = (ends[0].item() - ends[1].item()) / (2 * h)
    assert slope.item() == pytest.approx(difference, rel=1e-7)
    for second, first_up, first_down in zip((hx, hy), *end_gradients, strict=True):
        expected = (first_up.numpy() - first_down.numpy()) / (2 * h)
        np.testing.assert_allclose(second.numpy(), expected, 1e-6, 1e-6)


@pytest.mark.parametrize("size", [3, 17, 20, 33])
def test_what_follows_a_product_reads_the_right_values(size, device):
    """Numbers, other arrays and reshapes after a product; columns that do not fill a block."""
    a, b = array(size, size).astype(np.float32), array(size).astype(np.float32)
    x, y = lg.tensor(a), lg.tensor(b)
    got = [(x @ x.T) * 0.3 + 0.7, (x @ x.T + y).tanh() * 2.5 - y, (x @ x.T)[None] * 0.3]
    lg.realize(*got)
    p = a @ a.T
    for result, expected in zip(
        got, (p * 0.3 + 0.7, np.tanh(p + b) * 2.5 - b, p[None] * 0.3), strict=True
    ):
        np.testing.assert_allclose(result.numpy(), expected, 1e-4, 1e-4)


def test_a_value_written_all_along_a_reduced_axis(device):
    """The second gradient of a mean is one number in a whole row."""
    a = array(5, 8)
    for dim in (0, 1):
        x = lg.tensor(a, requires_grad=True)
        y = x - x.mean(dim, keepdim=True)
        y = lg.stack([y, y * 2])
        (first,) = lg.autograd.grad((y * y).sum(), x, create_graph=True)
        (second,) = lg.autograd.grad(first.sum(), x)
        lg.realize(first, second)
        np.testing.assert_allclose(
            first.detach().numpy(), 10 * (a - a.mean(dim, keepdims=True)), 1e-9, 1e-9
        )
        np.testing.assert_allclose(second.numpy(), np.zeros((5, 8)), atol=1e-12)
