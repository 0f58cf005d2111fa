"""Optimizers and schedules against PyTorch, and their errors and state."""

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import nn, optim
from lazygrad.optim import lr_scheduler

RNG = np.random.default_rng(1)
START = [RNG.standard_normal(shape).astype(np.float32) for shape in ((3, 2), (3,))]
TARGET = [RNG.standard_normal(shape).astype(np.float32) for shape in ((3, 2), (3,))]
CASES = {
    "sgd": ("SGD", {"lr": 0.1}),
    "momentum": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    "nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True}),
    "adam": ("Adam", {"lr": 0.1}),
    "amsgrad": ("Adam", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1, "betas": (0.5, 0.9)}),
    "adamw": ("AdamW", {"lr": 0.1, "eps": 1e-3, "maximize": True}),
}


def parameters(library):
    return [library.nn.Parameter(library.tensor(a)) for a in START]


def step(library, params, optimizer):
    """One step on the fourth power of the distance to a fixed target."""
    optimizer.zero_grad()
    loss = sum(((p - library.tensor(t)) ** 4).sum() for p, t in zip(params, TARGET, strict=True))
    loss.backward()
    optimizer.step()
    return loss


def values(params):
    return [p.detach().numpy().copy() for p in params]


@pytest.mark.parametrize("case", CASES)
def test_three_steps_agree_with_torch(case):
    torch = pytest.importorskip("torch")
    name, settings = CASES[case]
    results, states = [], []
    for library, module in ((lg, optim), (torch, torch.optim)):
        params = parameters(library)
        optimizer = getattr(module, name)(params, **settings)
        for _ in range(3):
            step(library, params, optimizer)
        results.append(values(params))
        states.append(optimizer.state_dict())
    for got, expected in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, 2e-5, 1e-6)
    ours, theirs = states
    assert ours["param_groups"][0]["params"] == theirs["param_groups"][0]["params"]
    for number, state in ours["state"].items():
        assert list(state) == list(theirs["state"][number])
        for key, value in state.items():
            expected = theirs["state"][number][key]
            if key == "step":
                assert value == float(expected)
            else:
                np.testing.assert_allclose(value.numpy(), expected.numpy(), 2e-5, 1e-6)


def test_sgd_first_step_by_hand():
    p = nn.Parameter(lg.tensor([1.0, -2.0]))
    optimizer = optim.SGD([p], lr=0.5)
    (p * p).sum().backward()
    optimizer.step()
    assert p.tolist() == [0.0, 0.0]


def test_adamw_by_hand():
    p = nn.Parameter(lg.tensor([1.0, -2.0]))
    optimizer = optim.AdamW([p], lr=0.1, weight_decay=0.5)
    value, m, v = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    for t in (1, 2, 3):
        optimizer.zero_grad()
        (p * p).sum().backward()
        optimizer.step()
        g = 2 * value
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        value = value * (1 - 0.1 * 0.5)
        value -= 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    np.testing.assert_allclose(p.detach().numpy(), value, 1e-5)
    assert optimizer.state[p]["step"] == 3


def test_momentum_by_hand():
    p = nn.Parameter(lg.tensor([1.0]))
    optimizer = optim.SGD([p], lr=0.1, momentum=0.5, dampening=0.25)
    value, buffer = 1.0, None
    for _ in range(3):
        optimizer.zero_grad()
        (p * p).sum().backward()
        optimizer.step()
        g = 2 * value
        buffer = g if buffer is None else 0.5 * buffer + 0.75 * g
        value -= 0.1 * buffer
    assert p.item() == pytest.approx(value, rel=1e-6)


def test_state_dict_resumes_where_it_was():
    params, copies = parameters(lg), parameters(lg)
    first = optim.Adam(params, lr=0.1)
    step(lg, params, first)
    saved = first.state_dict()
    for p, q in zip(params, copies, strict=True):
        q.data = p.detach().clone()
    second = optim.Adam(copies, lr=0.5)
    second.load_state_dict(saved)
    assert second.param_groups[0]["lr"] == 0.1
    step(lg, params, first)
    step(lg, copies, second)
    for got, expected in zip(values(copies), values(params), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_groups_have_their_own_settings():
    a, b = parameters(lg)
    optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 0.0}], lr=0.1)
    before = values([a, b])
    step(lg, [a, b], optimizer)
    after = values([a, b])
    assert (before[0] != after[0]).any() and (before[1] == after[1]).all()
    assert [g["lr"] for g in optimizer.param_groups] == [0.1, 0.0]


def test_parameters_without_gradient_stay():
    a, b = parameters(lg)
    optimizer = optim.Adam([a, b])
    (a * a).sum().backward()
    before = values([b])
    optimizer.step()
    assert (values([b])[0] == before[0]).all() and len(optimizer.state) == 1


def test_closure_runs_with_gradients_on():
    params = parameters(lg)
    optimizer = optim.SGD(params, lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (params[0] ** 2).sum()
        loss.backward()
        return loss

    with lg.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == pytest.approx(float((START[0] ** 2).sum()), rel=1e-5)
    np.testing.assert_allclose(values(params)[0], START[0] * 0.8, 1e-5)


def test_zero_grad_drops_or_fills():
    p = nn.Parameter(lg.ones(2))
    optimizer = optim.SGD([p])
    p.sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0.0, 0.0]
    optimizer.zero_grad()
    assert p.grad is None


@pytest.mark.parametrize(
    ("error", "act"),
    [
        (ValueError, lambda p: optim.SGD([])),
        (TypeError, lambda p: optim.SGD(p)),
        (TypeError, lambda p: optim.SGD([1.0])),
        (ValueError, lambda p: optim.SGD([p * 2])),
        (ValueError, lambda p: optim.SGD([p, p])),
        (ValueError, lambda p: optim.SGD([{"params": [p]}, {"params": [p]}])),
        (ValueError, lambda p: optim.SGD([p], lr=-1.0)),
        (ValueError, lambda p: optim.SGD([p], nesterov=True)),
        (ValueError, lambda p: optim.Adam([p], betas=(1.0, 0.9))),
        (NotImplementedError, lambda p: optim.AdamW([p], differentiable=True)),
        (ValueError, lambda p: optim.SGD([p]).load_state_dict({"param_groups": [], "state": {}})),
        (TypeError, lambda p: lr_scheduler.StepLR(p, 1)),
        (KeyError, lambda p: lr_scheduler.StepLR(optim.SGD([p]), 1, last_epoch=3)),
        (ValueError, lambda p: lr_scheduler.OneCycleLR(optim.SGD([p]), 1.0)),
    ],
)
def test_bad_use_raises(error, act):
    with pytest.raises(error):
        act(nn.Parameter(lg.ones(2)))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("LambdaLR", {"lr_lambda": lambda epoch: 1 / (1 + epoch)}),
        ("StepLR", {"step_size": 3, "gamma": 0.5}),
        ("CosineAnnealingLR", {"T_max": 4, "eta_min": 0.01}),
        ("OneCycleLR", {"max_lr": 0.3, "total_steps": 11}),
        ("OneCycleLR", {"max_lr": 0.3, "epochs": 2, "steps_per_epoch": 5,
                        "anneal_strategy": "linear"}),
        ("OneCycleLR", {"max_lr": 0.3, "total_steps": 10, "three_phase": True,
                        "base_momentum": 0.5, "max_momentum": 0.8}),
        ("OneCycleLR", {"max_lr": 0.3, "total_steps": 10, "cycle_momentum": False}),
    ],
)  # fmt: skip
def test_schedules_agree_with_torch(name, settings):
    torch = pytest.importorskip("torch")
    rates = []
    for library, module in ((lg, lr_scheduler), (torch, torch.optim.lr_scheduler)):
        optimizer = library.optim.SGD([library.nn.Parameter(library.ones(1))], lr=0.2)
        schedule = getattr(module, name)(optimizer, **settings)
        seen = [schedule.get_last_lr()[0]]
        for _ in range(9):
            optimizer.step()
            schedule.step()
            seen += [optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]]
        rates.append(seen)
    assert rates[0] == pytest.approx(rates[1], rel=1e-9)


def test_schedule_warns_and_resumes():
    optimizer = optim.SGD([nn.Parameter(lg.ones(1))], lr=0.2)
    schedule = lr_scheduler.StepLR(optimizer, 2)
    with pytest.warns(UserWarning, match="optimizer.step"):
        schedule.step()
    schedule.step()
    saved = schedule.state_dict()
    other = lr_scheduler.StepLR(optimizer, 7)
    other.load_state_dict(saved)
    assert other.last_epoch == 2 and other.step_size == 2
    assert other.get_last_lr() == pytest.approx([0.02])
