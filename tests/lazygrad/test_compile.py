"""Compiled functions do what the functions do, also where captures elsewhere go wrong silently."""

import copy
import functools
import gc
import itertools
import pickle
import threading
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import nn, optim, storage

CALLS = 7


@pytest.fixture(autouse=True)
def no_warnings():
    """A fall back is told by a warning: tests that expect none get none. Tensors that earlier tests
    left to the collector would show memory of these, and cost a recording more."""
    gc.collect()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def same_as_plain(function, *arguments, calls=CALLS):
    """Calls it compiled and as it is, in turn, on new arguments; how often it was replayed."""
    compiled = lg.compile(function)
    for number in range(calls):
        given = [a(number) if callable(a) else a for a in arguments]
        wanted = function(*given)
        np.testing.assert_array_equal(compiled(*given).numpy(), wanted.numpy())
    return compiled.replays


def vector(number):
    return lg.arange(6.0) + number


OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, 0.1, momentum=0.9, weight_decay=0.01),
    "SGD of rate 1": lambda p: optim.SGD(p, 1.0),
    "Adam": lambda p: optim.Adam(p, 1e-2),
    "AMSGrad": lambda p: optim.Adam(p, 1e-2, amsgrad=True),
    "AdamW": lambda p: optim.AdamW(p, 1e-2),
}


def trained(name, compiled, steps=9):
    """Losses, parameters, gradients and statistics after some steps with a schedule."""
    lg.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Dropout(0.5), nn.Linear(16, 4)
    )
    optimizer = OPTIMIZERS[name](model.parameters())
    schedule = optim.lr_scheduler.StepLR(optimizer, 2, 0.5)

    def step(x, y):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    run = lg.compile(step) if compiled else step
    draw = np.random.default_rng(0)
    losses = []
    for _ in range(steps):
        x, y = draw.normal(size=(32, 8)), draw.normal(size=(32, 4))
        losses.append(run(lg.tensor(x, dtype=lg.float32), lg.tensor(y, dtype=lg.float32)))
        schedule.step()
    if compiled:
        assert run.replays >= steps - 4
    state = [v.tolist() for v in model.state_dict().values()]
    counts = optimizer.state_dict()["state"]
    counts = [s["step"] for s in counts.values() if "step" in s]
    return [x.item() for x in losses], state, [p.grad.tolist() for p in model.parameters()], counts


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_training_step(device, name):
    for compiled, plain in zip(trained(name, True), trained(name, False), strict=True):
        assert compiled == plain


def test_results_stay_as_they_are(device):
    double = lg.compile(lambda x: {"twice": x * 2, "both": [x + 1, 3]})
    found = [double(vector(n)) for n in range(CALLS)]
    assert double.replays == CALLS - 3
    for n, result in enumerate(found):
        assert result["twice"].tolist() == [2.0 * (k + n) for k in range(6)]
        assert result["both"][0].tolist() == [k + n + 1.0 for k in range(6)]
        assert result["both"][1] == 3


def test_other_shapes_and_numbers_are_recorded_for_themselves(device):
    power = lg.compile(lambda x, n: (x**n).sum())
    for size in (3, 5, 3, 5, 3, 5, 3, 5, 3, 5):
        for n in (2, 3):
            x = lg.arange(float(size))
            assert power(x, n).item() == sum(k**n for k in range(size))
    assert power.replays == 8


def test_too_many_numbers_are_told(device):
    scaled = lg.compile(lambda x, n: x * n)
    with pytest.warns(UserWarning, match="passed as a tensor"):
        for n in range(12):
            assert scaled(lg.ones(2), n).tolist() == [n, n]


def test_random_numbers_go_on(device):
    def noisy(x):
        return x + lg.rand(6) + lg.randn(6)

    compiled = lg.compile(noisy)
    for run in (noisy, compiled):
        lg.manual_seed(3)
        values = [run(vector(0)).tolist() for _ in range(CALLS)]
        if run is noisy:
            wanted = values
    assert values == wanted
    lg.manual_seed(3)
    assert compiled(vector(0)).tolist() == wanted[0]
    assert compiled.replays == CALLS - 2


def test_modes_and_attributes_of_modules(device):
    model = nn.Sequential(nn.Linear(6, 4), nn.Dropout(0.9))
    model.scale = 1.0
    with lg.no_grad():
        run = lg.compile(lambda x: model(x) * model.scale)
        for training in (False, True, False):
            model.train(training)
            zeros = [(run(vector(1)) == 0).sum().item() for _ in range(CALLS)]
            assert any(zeros) == training
        model.scale = 0.0
        assert run(vector(1)).tolist() == [0.0] * 4


FACTOR = 2.0


def test_closures_and_globals(device, monkeypatch):
    offset = 1.0

    def f(x):
        return x * FACTOR + offset

    run = lg.compile(f)
    for _ in range(5):
        assert run(vector(0)).tolist() == f(vector(0)).tolist()
    offset = 5.0
    assert run(vector(0)).tolist() == [2.0 * k + 5 for k in range(6)]
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    assert run(vector(0)).tolist() == [3.0 * k + 5 for k in range(6)]


def test_parameters_may_be_exchanged(device):
    model = nn.Linear(6, 2)
    with lg.no_grad():
        run = lg.compile(model)
        for change in (
            lambda: None,
            lambda: model.load_state_dict({"weight": lg.ones(2, 6), "bias": lg.zeros(2)}),
            lambda: model.weight.mul_(3),
            lambda: setattr(model, "bias", nn.Parameter(lg.full((2,), 7.0))),
            lambda: setattr(model.weight, "data", lg.full((2, 6), 2.0)),
        ):
            change()
            for _ in range(5):
                assert run(vector(1)).tolist() == model(vector(1)).tolist()
        assert run.replays > 10
        assert run.weight is model.weight


def test_instances_do_not_share(device):
    class Scaled:
        def __init__(self, by):
            self.by = lg.tensor(by)

        @lg.compile
        def __call__(self, x):
            return x * self.by

    two, three = Scaled(2.0), Scaled(3.0)
    for _ in range(5):
        assert two(vector(1)).tolist() == [2.0 * k + 2 for k in range(6)]
        assert three(vector(1)).tolist() == [3.0 * k + 3 for k in range(6)]
    assert Scaled.__call__.replays == 4


def test_within_another(device):
    inner = lg.compile(lambda x: x.exp())
    assert same_as_plain(lambda x: inner(x) + inner(x * 2), vector) == CALLS - 3


def test_views_with_any_offset(device):
    data = lg.arange(100.0).realize()
    assert same_as_plain(lambda x: x * 2, lambda n: data[n : n + 6]) == CALLS - 3
    assert same_as_plain(lambda x: x * 2, lambda n: data[n]) == CALLS - 3
    assert same_as_plain(lambda x: x @ x.T, lambda n: data.view(10, 10)[:, n : n + 3]) > 0


def test_writes_to_arguments(device):
    def increase(x):
        x.add_(1)
        return x

    run = lg.compile(increase)
    for n in range(CALLS):
        x = vector(n)
        assert run(x) is not None
        assert x.tolist() == [k + n + 1.0 for k in range(6)]
    assert run.replays == CALLS - 3


def test_writes_to_views(device):
    run = lg.compile(lambda x: x.mul_(2))
    data = lg.ones(8, 2)
    with pytest.warns(RuntimeWarning, match="an argument that is a view"):
        for n in range(8):
            run(data[n])
    assert data.tolist() == [[2.0, 2.0]] * 8


def test_one_tensor_for_two_arguments(device):
    run = lg.compile(lambda x, y: x.add_(1) + y)
    for _ in range(5):
        x = vector(0)
        assert run(x, x).tolist() == [2.0 * k + 2 for k in range(6)]
        assert run(vector(0), vector(1)).tolist() == [2.0 * k + 2 for k in range(6)]


def test_an_argument_that_is_also_state(device):
    model = nn.Linear(6, 6, bias=False)
    with lg.no_grad():
        run = lg.compile(lambda x: model(x))
        for n in range(5):
            given = model.weight.detach()
            assert run(given).tolist() == model(given).tolist()
            other = given + n
            assert run(other).tolist() == model(other).tolist()


def test_writes_to_arguments_that_share_memory(device):
    data = lg.ones(3, 2)
    run = lg.compile(lambda x, y: x.add_(y) * y)
    with pytest.warns(RuntimeWarning, match="arguments that share memory"):
        for n in range(CALLS):
            assert run(data[0], data[0]).tolist() == [4.0**n * 4] * 2


def test_writes_to_state_that_is_an_argument_at_times(device):
    state = lg.ones(2)

    def to_state(x):
        state.add_(1.0)
        return state * x

    def to_argument(x):
        return x.add_(1.0) * state

    for step in (to_state, to_argument):
        run = lg.compile(step)
        for n in range(12):
            x = state if n in (1, 2, 5, 9) else lg.full((2,), float(n))
            before = state.tolist()
            found = run(x)
            assert found.tolist() == (state * x).tolist()
            state.copy_(lg.tensor(before))
        assert run.replays


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
    with pytest.warns(RuntimeWarning, match=r"reads a value on the host at .*test_compile\.py:"):
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


def test_values_that_are_made_inside_on_another_device_than_the_first(device, monkeypatch):
    monkeypatch.setattr(storage, "_home", object())

    def f(x):
        return x + lg.arange(6) + lg.zeros(6) + lg.rand(6) * 0

    assert same_as_plain(f, vector) >= CALLS - 4


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


def test_switched_off(device):
    def f(x):
        return x

    assert lg.compile(f, disable=True) is f
    assert lg.compile(disable=True)(f) is f
    with pytest.raises(TypeError, match="must be a function"):
        lg.compile(3)


def test_what_a_call_rests_on_is_compared(device):
    """A frozen parameter, contents of containers, hooks: a change is recorded anew."""
    lin = lg.nn.Linear(3, 2)
    optimizer = lg.optim.SGD(lin.parameters(), 0.1, momentum=0.9)
    x = lg.ones(4, 3)

    @lg.compile
    def step():
        optimizer.zero_grad()
        lin(x).sum().backward()
        optimizer.step()

    for _ in range(5):
        step()
    lin.weight.requires_grad_(False)
    kept = lin.weight.tolist()
    step()
    assert lin.weight.grad is None and lin.weight.tolist() == kept

    settings, factors = {"scale": 1.0}, [1.0]
    scaled = lg.compile(lambda t: t * settings["scale"] * factors[0])
    for _ in range(5):
        assert scaled(x)[0, 0].item() == 1
    settings["scale"] = 3.0
    assert scaled(x)[0, 0].item() == 3
    factors.append(0.0)
    factors[0] = 2.0
    assert scaled(x)[0, 0].item() == 6

    run = lg.compile(lin)
    with lg.no_grad():
        for _ in range(5):
            before = run(x)
        lin.register_forward_hook(lambda module, given, result: result * 2)
        assert run(x).tolist() == (before * 2).tolist()


def test_arguments_are_told_apart_by_where_they_stand(device):
    one, two = lg.ones(2), lg.full((2,), 5.0)
    difference = lg.compile(lambda p, q: sum(p) - sum(q))
    inverse = lg.compile(lambda a, b: a / b if isinstance(a, lg.Tensor) else b / a)
    reciprocal = lg.compile(lambda t, s: 1 / (t * s))
    for _ in range(5):
        assert difference([one, two], [two]).tolist() == [1, 1]
        assert difference([one], [two, two]).tolist() == [-9, -9]
        assert inverse(two, 2.0).tolist() == [2.5, 2.5] == inverse(2.0, two).tolist()
        assert reciprocal(one, 0.0).tolist() == [np.inf, np.inf]
        assert reciprocal(one, -0.0).tolist() == [-np.inf, -np.inf]


def test_returned_tensors_that_share_memory_still_do(device):
    @lg.compile
    def both(x):
        y = x * 2
        return y, y[0]

    with pytest.warns(RuntimeWarning, match="share memory"):
        for _ in range(6):
            whole, part = both(lg.ones(2, 2))
            whole.add_(1)
            assert part.tolist() == [3, 3]


def test_optimizers_that_load_a_state_go_on_from_it(device):
    lin = nn.Linear(2, 1)
    optimizer = optim.SGD(lin.parameters(), 0.5, momentum=0.9)
    x = lg.ones(3, 2)

    @lg.compile
    def step():
        optimizer.zero_grad()
        lin(x).sum().backward()
        optimizer.step()

    begun = optimizer.state_dict()
    for _ in range(5):
        step()
    begun["param_groups"][0]["lr"] = 0.25
    optimizer.load_state_dict(begun)
    before = lin.weight.detach().numpy()
    step()
    np.testing.assert_allclose(before - lin.weight.detach().numpy(), 0.25 * 3, rtol=1e-6)
    optimizer.state.clear()
    before = lin.weight.detach().numpy()
    step()
    np.testing.assert_allclose(before - lin.weight.detach().numpy(), 0.25 * 3, rtol=1e-6)


class Trainer:
    """State of a program that is no module."""

    factor = 1.0

    def __init__(self):
        self.scale, self.buffer = 1.0, np.ones(2, np.float32)

    def step(self, x):
        return x * self.scale * FACTORS["one"] + lg.tensor(self.buffer)


FACTORS = {"one": 1.0}
TRAINER = Trainer()


def test_objects_arrays_and_globals_of_methods_are_compared(device, monkeypatch):
    x = lg.ones(2)
    for run in (
        lg.compile(TRAINER.step), lg.compile(functools.partial(TRAINER.step)),
        lg.compile(lambda t: TRAINER.step(t)),
    ):  # fmt: skip
        for _ in range(5):
            assert run(x).tolist() == [2, 2]
        monkeypatch.setattr(TRAINER, "scale", 3.0)
        assert run(x).tolist() == [4, 4]
        monkeypatch.setitem(FACTORS, "one", 2.0)
        assert run(x).tolist() == [7, 7]
        TRAINER.buffer[:] = 5
        assert run(x).tolist() == [11, 11]
        TRAINER.buffer[:] = 1
        monkeypatch.undo()


def test_a_call_that_seeds_is_not_replayed(device):
    @lg.compile
    def draw():
        lg.manual_seed(3)
        return lg.rand(4)

    with pytest.warns(RuntimeWarning, match="generator"):
        numbers = [draw().tolist() for _ in range(6)]
    assert all(n == numbers[0] for n in numbers)


def test_constants_are_returned_and_may_be_written(device):
    run = lg.compile(lambda x: (lg.zeros(2), x + 1, lg.arange(3)))
    for number in range(CALLS):
        zeros, _, places = run(lg.full((2,), float(number)))
        assert zeros.tolist() == [0.0, 0.0] and places.tolist() == [0, 1, 2]
        zeros.add_(1.0)
    assert run.replays


def test_copies_of_what_was_before_stay_what_was_before(device):
    """Snapshots, swaps and shift registers, whose copies share the old memory."""
    state, a, b = lg.zeros(2), lg.full((2,), 1.0), lg.full((2,), 2.0)
    history = [lg.zeros(2) for _ in range(3)]
    weight, best = lg.full((2,), 5.0), lg.zeros(2)

    @lg.compile
    def step(x):
        old = state.clone()
        state.copy_(x)
        swapped = a.clone()
        a.copy_(b)
        b.copy_(swapped)
        history[2].copy_(history[1])
        history[1].copy_(history[0])
        history[0].copy_(x)
        best.copy_(weight)
        weight.mul_(2.0)
        return old, state - old

    for k in range(8):
        old, moved = step(lg.full((2,), float(k)))
        assert old[0].item() == max(k - 1, 0) and moved[0].item() == (1 if k else 0)
        assert (a[0].item(), b[0].item()) == ((2, 1) if k % 2 == 0 else (1, 2))
        assert [h[0].item() for h in history] == [k, max(k - 1, 0), max(k - 2, 0)]
        assert best[0].item() * 2 == weight[0].item() == 5 * 2 ** (k + 1)
    assert step.replays
