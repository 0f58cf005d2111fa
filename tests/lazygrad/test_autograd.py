"""Gradients of and through tensors, as in PyTorch."""

import threading

import numpy as np
import pytest

import lazygrad as lg

torch = pytest.importorskip("torch")

A = np.array([0.5, -1.0, 2.0], np.float32)


def check(program, rtol=1e-5):
    """The program gives the same arrays (or None) in both libraries."""
    for expected, got in zip(program(torch), program(lg), strict=True):
        if expected is None:
            assert got is None
        else:
            np.testing.assert_allclose(got.detach().numpy(), expected.detach().numpy(), rtol, 1e-6)


def test_gradients_accumulate():
    def program(library):
        x = library.tensor(A, requires_grad=True)
        (x * x).sum().backward()
        first = x.grad
        (x * 3).sum().backward()  # written into the same tensor
        assert x.grad is first
        return [x.grad]

    check(program)


def test_backward_with_gradient_and_inputs():
    def program(library):
        x = library.tensor(A, requires_grad=True)
        y = library.tensor(A + 1, requires_grad=True)
        (x * y).backward(gradient=library.tensor([1.0, 2.0, 3.0]), inputs=[x])
        return [x.grad, y.grad]

    check(program)


def test_grad_of_grad_of_grad():
    def program(library):
        x = library.tensor(A, requires_grad=True)
        y = (x**3 * x.exp()).sum()
        (first,) = library.autograd.grad(y, x, create_graph=True)
        (second,) = library.autograd.grad(first.sum(), x, create_graph=True)
        (third,) = library.autograd.grad(second.sum(), x)
        assert not third.requires_grad and second.requires_grad
        return [first, second, third]

    check(program, 1e-4)


def test_gradient_penalty():
    def program(library):
        x = library.tensor(A, requires_grad=True)
        w = library.tensor(A * 2, requires_grad=True)
        out = (x * w).tanh().sum()
        (g,) = library.autograd.grad(out, x, create_graph=True)
        (out + (g * g).sum()).backward()
        return [x.grad, w.grad]

    check(program, 1e-4)


def test_grad_of_unused_and_inner_inputs():
    def program(library):
        x = library.tensor(A, requires_grad=True)
        unused = library.tensor(A, requires_grad=True)
        inner = x * 2
        y = (inner * inner).sum()
        with pytest.raises(RuntimeError, match="not have been used in the graph"):
            library.autograd.grad(y, [x, unused], retain_graph=True)
        g, none = library.autograd.grad(y, [inner, unused], allow_unused=True)
        return [g, none]

    check(program)


def test_gradient_that_is_zero_throughout():
    def program(library):
        x = library.tensor(A, requires_grad=True)
        inner = x * 2
        y = inner.floor() + inner.sign() + inner.detach()
        g = library.autograd.grad(y.sum(), [x, inner], retain_graph=True)
        y.sum().backward()
        return [*g, x.grad]

    check(program)


def test_views_of_leaves_as_inputs():
    def program(library):
        x = library.tensor(A, requires_grad=True)
        head = x[:2]
        y = (head * head).sum()
        return library.autograd.grad(y, [head, x])

    check(program)


def test_backward_twice():
    x = lg.tensor(A, requires_grad=True)
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), 4 * A)
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()
    plain = x.sum()  # nothing was saved: as often as wished
    plain.backward()
    plain.backward()


def test_backward_through_what_an_earlier_one_used_up():
    cell = lg.nn.Linear(2, 2)
    optimizer = lg.optim.SGD(cell.parameters(), lr=0.1)

    def step(state):
        state = (cell(state) + 1).tanh()
        optimizer.zero_grad()
        state.sum().backward()
        optimizer.step()
        return state

    state = step(lg.zeros(1, 2))
    assert state.requires_grad and not state.is_leaf and state.grad_fn.name() == "TanhBackward0"
    with pytest.raises(
        RuntimeError, match=r"backward through the graph a second time(.|\n)*detach"
    ):
        step(state)
    step(state.detach())
    x = lg.tensor(A, requires_grad=True)
    one, other = x.exp(), x.exp()  # one value, two graphs
    one.sum().backward()
    one.realize()
    other.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp(A), 1e-6)
    shifted = x + 1  # a gradient that reads no value is never used up
    shifted.sum().backward()
    shifted.realize()
    (shifted * 2).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp(A) + 3, 1e-6)


def test_leaves_and_history():
    x = lg.tensor(A, requires_grad=True)
    y = x * 2
    assert x.is_leaf and x.grad_fn is None and not y.is_leaf
    assert y.grad_fn.name() == "MulBackward0"
    assert y.grad_fn.next_functions[0][0].name() == "AccumulateGrad"
    assert y.grad_fn.next_functions[0][0].variable is x
    assert not y.detach().requires_grad and y.detach().is_leaf
    with pytest.raises(RuntimeError, match="leaf variables"):
        y.requires_grad = False
    with pytest.raises(RuntimeError, match="floating point"):
        lg.tensor([1, 2]).requires_grad_()
    x.requires_grad_(False)
    assert not (x * 2).requires_grad and y.requires_grad
    assert not (y > 0).requires_grad and not y.long().requires_grad


def test_retain_grad_and_hooks():
    def program(library):
        x = library.tensor(A, requires_grad=True)
        y = x * 3
        y.retain_grad()
        y.register_hook(lambda g: g * 10)
        removed = y.register_hook(lambda g: g * 1000)
        removed.remove()
        seen = []
        x.register_hook(lambda g: seen.append(g))
        x.register_hook(lambda g: g + 1)
        (y * y).sum().backward()
        return [x.grad, y.grad, seen[0]]

    check(program)


def test_hooks_are_called_also_where_no_live_leaf_lies_below():
    seen = []
    layer = lg.nn.Linear(3, 2)
    layer.register_full_backward_hook(lambda *given: seen.append(given[2][0].tolist()))
    layer(lg.ones(1, 3, requires_grad=True)).sum().backward()
    y = lg.ones(2, requires_grad=True) * 2
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.retain_grad()
    (y * 3).sum().backward()
    assert seen == [[[1.0, 1.0]], [3.0, 3.0]] and y.grad.tolist() == [3.0, 3.0]


def test_post_accumulate_hook():
    x = lg.tensor(A, requires_grad=True)
    seen = []
    x.register_post_accumulate_grad_hook(lambda leaf: seen.append(leaf.grad.tolist()))
    (x * 2).sum().backward()
    assert seen == [[2.0, 2.0, 2.0]]


def test_wrong_uses():
    x = lg.tensor(A, requires_grad=True)
    with pytest.raises(RuntimeError, match="scalar outputs"):
        (x * 2).backward()
    with pytest.raises(RuntimeError, match="does not require grad"):
        lg.tensor(A).sum().backward()
    with pytest.raises(RuntimeError, match="Mismatch in shape"):
        (x * 2).backward(lg.ones(2))
    with pytest.raises(RuntimeError, match="does not require grad"):
        lg.autograd.grad(x.sum(), lg.tensor(A))
    with pytest.raises(RuntimeError, match="assigned grad has"):
        x.grad = lg.ones(2)
    with pytest.raises(TypeError, match="assigned grad"):
        x.grad = 1.0


def test_grad_modes():
    x = lg.tensor(A, requires_grad=True)
    with lg.no_grad():
        assert not (x * 2).requires_grad and not x[0].requires_grad and not lg.is_grad_enabled()
        with lg.enable_grad():
            assert (x * 2).requires_grad

    @lg.no_grad()
    def decorated():
        return x * 2

    @lg.no_grad()
    def generator():
        for _ in range(2):
            yield (x * 2).requires_grad

    assert not decorated().requires_grad
    for inside in generator():
        assert not inside and lg.is_grad_enabled()
    lg.set_grad_enabled(False)
    assert not lg.is_grad_enabled()
    lg.set_grad_enabled(True)
    with lg.set_grad_enabled(False):
        assert not lg.is_grad_enabled()
    with lg.inference_mode():
        assert not (x * 2).requires_grad
    assert lg.is_grad_enabled()


def test_grad_mode_is_of_one_thread():
    seen = []
    with lg.no_grad():
        thread = threading.Thread(target=lambda: seen.append(lg.is_grad_enabled()))
        thread.start()
        thread.join()
        assert not lg.is_grad_enabled()
    assert seen == [True]


def test_deep_chain():
    x = lg.tensor(A, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y + 1
    (g,) = lg.autograd.grad(y.sum(), x)
    assert g.tolist() == [1.0, 1.0, 1.0]


def test_gradient_of_the_leaf_itself_and_of_its_copies():
    def program(library):
        x = library.tensor(A, requires_grad=True)
        y = x.clone()
        assert not y.is_leaf
        (y.double() * 2).sum().backward()
        return [x.grad, *library.autograd.grad(x.sum() * 2, x)]

    check(program)


def test_set_grad_and_zero():
    x = lg.tensor(A, requires_grad=True)
    x.grad = lg.ones(3)
    (x * 2).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0, 3.0]
    x.grad.zero_()
    assert x.grad.tolist() == [0.0, 0.0, 0.0]
    x.grad = None
    assert x.grad is None
