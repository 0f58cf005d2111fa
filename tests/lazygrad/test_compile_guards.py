"""What a compiled call rests on is compared, and what it returns is made as it was."""

import functools

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import nn, optim

pytestmark = pytest.mark.usefixtures("no_warnings")

CALLS = 7


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


def test_a_global_that_is_called_like_an_attribute_is_no_state(device):
    scope = {"lg": lg}
    exec("def f(x):\n    return x.exp().sum()\n", scope)
    run = lg.compile(scope["f"])
    for n in range(CALLS):
        scope["sum"] = n
        run(lg.ones(3) * n)
    assert run.replays == CALLS - 3


def test_state_that_changes_in_every_call_is_told_and_recorded_no_more(device):
    seen = []

    def f(x):
        seen.append(len(seen))
        return x * 2

    run = lg.compile(f)
    with pytest.warns(RuntimeWarning, match="changes too often .a list holds something else"):
        for _ in range(40):
            assert run(lg.ones(3)).tolist() == [2.0] * 3
    assert run.recordings < 12 and len(seen) == 40
    strict = lg.compile(f, fullgraph=True)
    with pytest.raises(RuntimeError, match="changes too often"):
        for _ in range(40):
            strict(lg.ones(3))


def test_allowing_winograd_is_a_call_of_another_kind(device):
    run = lg.compile(lambda x: x * 2)
    for allowed in (False, True, False):
        lg.backends.convolution.allow_winograd = allowed
        try:
            before = run.replays
            for _ in range(CALLS):
                run(lg.ones(3))
        finally:
            lg.backends.convolution.allow_winograd = False
        assert run.replays - before >= CALLS - 3
    assert run.recordings == 4
    with pytest.raises(AttributeError):
        lg.backends.convolution.allow_wino = True


def step_of(w, optimizer):
    def step(x):
        optimizer.zero_grad()
        (w * x).sin().sum().backward()
        optimizer.step()

    return step


@pytest.mark.parametrize("kind", ["SGD", "AdamW"])
def test_a_schedule_of_rate_and_momentum(device, kind):
    """OneCycleLR changes both with each step; the steps are replayed all the same."""

    def trained(compiled):
        w = lg.ones(6, requires_grad=True)
        settings = {"momentum": 0.9, "nesterov": True} if kind == "SGD" else {}
        optimizer = getattr(optim, kind)([w], 0.1, **settings)
        schedule = optim.lr_scheduler.OneCycleLR(optimizer, 0.3, total_steps=20)

        step = step_of(w, optimizer)
        run = lg.compile(step) if compiled else step
        for n in range(16):
            run(lg.arange(6.0) + n)
            schedule.step()
        if compiled:
            assert run.replays >= 12
        if kind == "SGD":  # without momentum it is another step
            optimizer.param_groups[0].update(momentum=0.0, nesterov=False)
        run(lg.arange(6.0) + 3)
        return w.tolist()

    assert trained(True) == trained(False)


@pytest.mark.parametrize(
    "kind, settings", [("Adam", {"betas": (0.0, 0.0)}), ("SGD", {"momentum": 1.0, "lr": 1.0})]
)
def test_settings_that_are_0_or_1_may_change(device, kind, settings):
    """What is multiplied by 1 is left out of no recording."""

    def trained(compiled):
        w = lg.ones(6, requires_grad=True)
        optimizer = getattr(optim, kind)([w], **settings)

        step = step_of(w, optimizer)
        run = lg.compile(step, fullgraph=True) if compiled else step
        for n in range(7):
            if n == 5:
                changed = {"betas": (0.5, 0.75)} if kind == "Adam" else {"momentum": 0.5}
                optimizer.param_groups[0].update(changed)
            run(lg.arange(6.0) + n)
        return w.tolist()

    assert trained(True) == trained(False)


def test_settings_of_an_optimizer_of_ones_own_are_compared(device):
    class Own(optim.Optimizer):
        def _first_state(self, parameter, group):
            return {"sum": lg.zeros_like(parameter)}

        def _update(self, parameter, gradient, state, group, first):
            state["sum"].mul_(group["momentum"]).add_(gradient)
            parameter.add_(state["sum"], alpha=-group["lr"])

    def trained(compiled):
        w = lg.ones(6, requires_grad=True)
        optimizer = Own([w], {"lr": 0.1, "momentum": 0.9})

        step = step_of(w, optimizer)
        run = lg.compile(step) if compiled else step
        for n in range(16):
            if n == 6:
                optimizer.param_groups[0]["momentum"] = 0.5
            if n == 11:
                optimizer.param_groups[0]["lr"] = 0.05
            run(lg.arange(6.0) + n)
        if compiled:
            assert run.replays >= 6
        return w.tolist()

    assert trained(True) == trained(False)
