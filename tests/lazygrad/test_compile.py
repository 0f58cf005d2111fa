"""Compiled functions do what the functions do, also where captures elsewhere go wrong silently."""

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import nn, optim, storage

pytestmark = pytest.mark.usefixtures("no_warnings")

CALLS = 7


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


def test_switched_off(device):
    def f(x):
        return x

    assert lg.compile(f, disable=True) is f
    assert lg.compile(disable=True)(f) is f
    with pytest.raises(TypeError, match="must be a function"):
        lg.compile(3)


def test_values_that_are_made_inside_on_another_device_than_the_first(device, monkeypatch):
    monkeypatch.setattr(storage, "_home", object())

    def f(x):
        return x + lg.arange(6) + lg.zeros(6) + lg.rand(6) * 0

    assert same_as_plain(f, vector) >= CALLS - 4
