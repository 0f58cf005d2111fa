"""Compiled calls and what changes between them: pending values, gradients, threads, errors."""

import copy
import itertools
import pickle
import threading
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import nn, optim

pytestmark = pytest.mark.usefixtures("no_warnings")

CALLS = 7


def vector(number):
    return lg.arange(6.0) + number


def shifted(state, n):
    state.add_(1.0)


def replaced(state, n):
    state.copy_(vector(n) * 2)


def filled_at_last(state, n):
    if n >= 5:
        state.fill_(float(n))


def zeroed_at_first(state, n):
    state.zero_() if n < 5 else state.add_(1.0)


@pytest.mark.parametrize("write", [shifted, replaced, filled_at_last, zeroed_at_first])
def test_what_is_pending_or_constant_before_a_call(device, write):
    """A recording reads the state's memory, and does not do again what was written to it."""
    state, wanted = lg.ones(6), lg.ones(6)
    run = lg.compile(lambda x: x * state)
    for n in range(9):
        write(state, n)
        write(wanted, n)
        assert run(vector(n)).tolist() == (vector(n) * wanted).tolist()
    assert run.replays


def reset(w, n):
    w.grad = None


def zeroed(w, n):
    if w.grad is not None:
        w.grad.zero_()


def made_anew(w, n):
    w.grad = lg.zeros(6) if n < 2 or n % 4 == 3 else w.grad


def scaled(w, n):
    if w.grad is not None:
        w.grad.mul_(0.5)


@pytest.mark.parametrize("first", [reset, zeroed, made_anew, scaled])
def test_gradients_that_change_between_calls(device, first):
    w, wanted = lg.ones(6, requires_grad=True), lg.ones(6, requires_grad=True)
    run = lg.compile(lambda x: (w * x).sum().backward())
    for n in range(11):
        if n not in (5, 6, 10):
            first(w, n)
            first(wanted, n)
        run(vector(n))
        (wanted * vector(n)).sum().backward()
        assert w.grad.tolist() == wanted.grad.tolist()
    assert run.replays


def test_gradients_that_add_up_over_several_calls(device):
    """With gradients and without, each has a recording of its own."""

    def trained(compiled):
        lg.manual_seed(0)
        model = nn.Linear(6, 3)
        optimizer = optim.SGD(model.parameters(), 0.1)

        def add(x):
            loss = model(x).square().mean() / 3
            loss.backward()
            return loss.detach()

        run = lg.compile(add) if compiled else add
        losses = []
        for n in range(30):
            losses.append(run(vector(n % 5)).item())
            if n % 3 == 2:
                optimizer.step()
                optimizer.zero_grad()
        if compiled:
            assert run.replays >= 22
        return losses

    assert trained(True) == trained(False)


def test_an_optimizer_alone(device):
    """What backward left pending is no part of the step."""

    def trained(compiled):
        w = lg.ones(6, requires_grad=True)
        optimizer = optim.SGD([w], 0.1, momentum=0.9)
        step = lg.compile(optimizer.step) if compiled else optimizer.step
        for n in range(9):
            if n % 4 < 3:
                optimizer.zero_grad()
            (w * vector(n)).sin().sum().backward()
            step()
        return w.tolist()

    assert trained(True) == trained(False)


def test_a_value_that_is_read(device):
    def clipped(x):
        return x * 2 if x.sum().item() > 20 else x

    run = lg.compile(clipped)
    told = r"reads a value on the host at .*test_compile_changes\.py:"
    with pytest.warns(RuntimeWarning, match=told):
        for n in range(CALLS):
            assert run(vector(n)).tolist() == clipped(vector(n)).tolist()
    with pytest.raises(RuntimeError, match="fullgraph=True"):
        strict = lg.compile(clipped, fullgraph=True)
        for n in range(CALLS):
            strict(vector(n))


@pytest.mark.parametrize("name", ["number", "branch", "host data", "hidden state"])
def test_state_of_python_that_changes(device, name):
    """What two recordings show to change is never frozen."""

    def make():
        state = SimpleNamespace(count=[0], hidden=lg.zeros(6))

        def f(x):
            state.count[0] += 1
            if name == "number":
                return x * (state.count[0] + 0.5)
            if name == "branch":
                return x.exp() if state.count[0] % 2 else x
            if name == "host data":
                return x + lg.tensor(np.full(6, state.count[0], np.float32))
            state.hidden = state.hidden + x
            return state.hidden

        return f

    plain, run = make(), lg.compile(make())
    with pytest.warns(RuntimeWarning, match="cannot be replayed"):
        for n in range(10):
            assert run(vector(n)).tolist() == plain(vector(n)).tolist()


def test_the_check_finds_what_changes_later(device, monkeypatch):
    calls = itertools.count()

    def f(x):
        return x * (2.0 if next(calls) < 6 else 3.0)

    monkeypatch.setattr(lg.config, "CHECK", True)
    run = lg.compile(f)
    with pytest.raises(RuntimeError, match="did something else"):
        for n in range(CALLS):
            run(vector(n))


def test_results_that_need_gradients(device):
    model = nn.Linear(6, 2)
    run = lg.compile(model)
    with pytest.warns(RuntimeWarning, match="requires grad"):
        for _ in range(CALLS):
            model.zero_grad()
            run(vector(1)).sum().backward()
            assert model.bias.grad.tolist() == [1.0, 1.0]


def test_gradients_that_add_up(device):
    model = nn.Linear(6, 1)

    def step(x):
        loss = model(x).sum()
        loss.backward()
        return loss

    run = lg.compile(step)
    for n in range(CALLS):
        run(vector(0))
        assert model.bias.grad.tolist() == [n + 1.0]
    model.zero_grad()
    for n in range(3):
        run(vector(0))
        assert model.bias.grad.tolist() == [n + 1.0]


def test_an_error_inside_ends_the_recording(device):
    def f(x, fail=[False]):  # noqa: B006
        if fail[0]:
            raise KeyError("mine")
        return x + 1

    run = lg.compile(f)
    run(vector(0))
    f.__defaults__[0][0] = True
    with pytest.raises(KeyError, match="mine"):
        run(vector(0))
    f.__defaults__[0][0] = False
    for n in range(5):
        assert run(vector(n)).tolist() == [k + n + 1.0 for k in range(6)]
    assert run.replays == 3


def test_a_bad_index_in_a_replay(device):
    model = nn.Embedding(4, 2)
    optimizer = optim.SGD(model.parameters(), 0.1)

    @lg.compile
    def step(i):
        optimizer.zero_grad()
        loss = model(i).sum()
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(5):
        step(lg.tensor([0, 1]))
    before = model.weight.tolist()
    with pytest.raises(IndexError, match="index 4"):
        step(lg.tensor([0, 4])).item()
    assert model.weight.tolist() == before
    step(lg.tensor([0, 1])).item()
    assert step.replays == 4


@pytest.mark.large  # Oclgrind's queues are not made for several threads
def test_threads_that_train_beside_one_another(device):
    """What one thread writes is no part of another one's recording; where that cannot be told it
    runs as without."""
    warnings.simplefilter("ignore")
    wrong = []
    start = threading.Barrier(3)

    def losses(number, compiled):
        w = lg.full((6,), float(number), requires_grad=True)
        optimizer = optim.SGD([w], 0.1, momentum=0.9)

        def step(x):
            optimizer.zero_grad()
            loss = (w * x).sin().sum()
            loss.backward()
            optimizer.step()
            return loss

        run = lg.compile(step) if compiled else step
        return [run(vector(n)).item() for n in range(25)]

    def work(number):
        try:
            start.wait()
            if losses(number, True) != losses(number, False):
                wrong.append(number)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_threads(device):
    run = lg.compile(lambda x: (x * 2 + 1).sum())
    wrong = []

    def work(first):
        for n in range(40):
            if run(vector(first + n)).item() != 36 + 12 * (first + n):
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and run.replays > 100


def test_tensors_that_share_memory(device):
    """Equal values have one memory; which of them a kernel reads is found out all the same."""
    online, target = lg.ones(6), lg.zeros(6)
    target.copy_(online)
    counts = [lg.zeros(()), lg.zeros(())]

    def step(x):
        for count in counts:
            count.add_(1)
        online.add_(x)
        return online * 10 + target + counts[0] + counts[1]

    run = lg.compile(step)
    wanted = np.ones(6)
    for n in range(9):
        x = vector(n)
        wanted += x.numpy()
        np.testing.assert_array_equal(run(x).numpy(), wanted * 10 + 1 + 2 * (n + 1))
    assert run.replays > 3
    assert target.tolist() == [1.0] * 6


def test_gradients_that_are_returned(device):
    def make():
        lg.manual_seed(0)
        model = nn.Sequential(
            nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Linear(4, 4), nn.BatchNorm1d(4)
        )

        def step(x):
            model.zero_grad()
            loss = model(x).square().sum()
            loss.backward()
            return [loss, *[p.grad for p in model.parameters()]]

        return model, step

    (model, step), (twin, plain) = make(), make()
    run = lg.compile(step)
    found, wanted = [], []
    for n in range(CALLS):
        x = lg.arange(48.0).view(8, 6).sin() + n
        found.append(run(x))
        wanted.append([t.tolist() for t in plain(x)])
        assert all(g is p.grad for g, p in zip(found[-1][1:], model.parameters(), strict=True))
    assert [[t.tolist() for t in ts] for ts in found] == wanted
    assert run.replays == CALLS - 3
    for a, b in zip(model.buffers(), twin.buffers(), strict=True):
        assert a.tolist() == b.tolist()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_of_a_compiled_module(device, copied):
    with lg.no_grad():
        run = lg.compile(nn.Linear(6, 2))
        for n in range(CALLS):
            run(vector(n))
        other = copied(run)
        wanted = run(vector(0)).tolist()
        run.weight.mul_(2.0)
        for _ in range(CALLS):
            assert other(vector(0)).tolist() == wanted
        assert other.replays


class Pair:
    def __init__(self, *values):
        self.values = values


def test_what_is_returned_and_cannot_be_made_again_is_named(device):
    run = lg.compile(lambda x: Pair(x, x * 2))
    with pytest.warns(RuntimeWarning, match="returned a new Pair each time, expected tensors"):
        for n in range(CALLS):
            assert run(vector(n)).values[1].tolist() == (vector(n) * 2).tolist()
