"""Training steps: nothing compiled twice, no forward pass run twice, few kernels."""

import contextlib
import gc
import math
import weakref

import numpy as np
import pytest

import lazygrad as lg
import lazygrad.nn.functional as F
from lazygrad import nn, pending
from lazygrad.realize import realize_nodes

pytestmark = pytest.mark.large
ROWS = 64
RNG = np.random.default_rng(7)
IMAGES = RNG.standard_normal((6 * ROWS, 784)).astype(np.float32)
LABELS = RNG.integers(0, 10, 6 * ROWS)


@pytest.fixture(autouse=True)
def no_leftovers():
    """Nodes are shared: what earlier tests left to the collector would count as needed here, and
    what they left pending would be computed with the first step, whose plan no later one has."""
    gc.collect()
    for storage in pending.alive():
        with contextlib.suppress(Exception):  # what cannot be computed was so before
            realize_nodes([storage.node], storage.device)


class Training:
    """The 784-512-10 network with Adam, on slices of data that is on the device."""

    def __init__(self):
        lg.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))
        self.optimizer = lg.optim.Adam(self.model.parameters(), lr=1e-3)
        self.images, self.labels = lg.tensor(IMAGES), lg.tensor(LABELS)

    def step(self, number, item="after"):
        """One step; `item`: when the loss is asked for. Returns it."""
        rows = slice(number * ROWS, (number + 1) * ROWS)
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(self.images[rows]), self.labels[rows])
        value = loss.item() if item == "before" else None
        loss.backward()
        if item == "between":
            value = loss.item()
        self.optimizer.step()
        return loss.item() if value is None else value


def compiled():
    now = lg.stats()
    return now.plans_compiled, now.programs_built + now.programs_from_disk


def packing(kernel):
    return "packed" in kernel.reason


def numpy_losses(count):
    """The losses of the first steps, in float64."""
    training = Training()
    w1, b1, w2, b2 = (p.detach().numpy().astype(np.float64) for p in training.model.parameters())
    state = [[np.zeros_like(p), np.zeros_like(p)] for p in (w1, b1, w2, b2)]
    losses = []
    for number in range(count):
        rows = slice(number * ROWS, (number + 1) * ROWS)
        x, y = IMAGES[rows].astype(np.float64), LABELS[rows]
        hidden = np.maximum(x @ w1.T + b1, 0)
        logits = hidden @ w2.T + b2
        logits -= logits.max(1, keepdims=True)
        p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        losses.append(-np.log(p[np.arange(ROWS), y]).mean())
        p[np.arange(ROWS), y] -= 1
        p /= ROWS
        inner = (p @ w2) * (hidden > 0)
        gradients = inner.T @ x, inner.sum(0), p.T @ hidden, p.sum(0)
        for value, gradient, moments in zip((w1, b1, w2, b2), gradients, state, strict=True):
            moments[0] = 0.9 * moments[0] + 0.1 * gradient
            moments[1] = 0.999 * moments[1] + 0.001 * gradient**2
            mean = moments[0] / (1 - 0.9 ** (number + 1))
            square = moments[1] / (1 - 0.999 ** (number + 1))
            value -= 1e-3 * mean / (np.sqrt(square) + 1e-8)
    return losses


def test_later_steps_compile_nothing(device):
    training = Training()
    losses = [training.step(0)]
    after_first = compiled()
    with lg.capture_kernels() as found:
        losses += [training.step(number) for number in (1, 2, 3)]
    assert compiled() == after_first, [k.name for k in found]
    np.testing.assert_allclose(losses, numpy_losses(4), rtol=2e-4)


def test_learning_rate_and_slices_are_bound_late(device):
    training = Training()
    training.step(0)
    training.step(1)
    before = compiled()
    for number, rate in ((5, 0.5), (0, 1.0), (2, 1e-4), (3, 2.0)):
        training.optimizer.param_groups[0]["lr"] = rate
        training.step(number)
    assert compiled() == before


def test_scheduler_compiles_nothing(device):
    training = Training()
    scheduler = lg.optim.lr_scheduler.StepLR(training.optimizer, step_size=1, gamma=0.5)
    training.step(0)
    scheduler.step()
    training.step(1)
    before = compiled()
    for number in (2, 3):
        scheduler.step()
        training.step(number)
    assert compiled() == before


@pytest.mark.parametrize("item", ["before", "between", "after"])
def test_kernels_of_a_step(device, item):
    training = Training()
    training.step(0, item)
    training.step(1, item)
    with lg.capture_kernels() as found:
        training.step(2, item)
    counted = [k.name for k in found if not packing(k)]
    assert len(counted) <= 16, counted


def test_item_runs_no_forward_again(device):
    training = Training()
    counts = {}
    for item in ("before", "between", "after"):
        training.step(0, item)
        training.step(1, item)
        with lg.capture_kernels() as found:
            training.step(2, item)
        counts[item] = len(found)
        # two layers forward, two weight gradients, one gradient of the hidden layer
        products = [k.name for k in found if "contract" in k.name]
        assert len(products) == 5, products
    # asked for between backward and step, the gradients are stored before Adam reads them
    assert counts["before"] == counts["after"] <= counts["between"] <= counts["after"] + 4, counts


def test_second_item_launches_nothing(device):
    training = Training()
    training.optimizer.zero_grad()
    loss = F.cross_entropy(training.model(training.images[:ROWS]), training.labels[:ROWS])
    loss.backward()
    training.optimizer.step()
    first = loss.item()
    with lg.capture_kernels() as found:
        assert loss.item() == first
        lg.realize(*training.model.parameters(), *(p.grad for p in training.model.parameters()))
    assert found == []


def test_step_alone_is_submitted(device):
    """Steps that ask for no loss still run, and pending graphs do not grow from step to step."""
    training = Training()

    def step():
        training.optimizer.zero_grad()
        F.cross_entropy(training.model(training.images[:ROWS]), training.labels[:ROWS]).backward()
        with lg.capture_kernels() as found:
            training.optimizer.step()
        return len(found)

    step()
    step()
    assert step() == step() > 0
    node = training.model[0].weight._node
    assert len(lg.graph(training.model[0].weight)) <= 2, node


def test_adam_of_four_parameters(device):
    lg.manual_seed(1)
    shapes = [(32, 16), (32,), (10, 32), (10,)]
    start = [RNG.standard_normal(s).astype(np.float32) for s in shapes]
    slopes = [RNG.standard_normal(s).astype(np.float32) for s in shapes]
    parameters = [nn.Parameter(lg.tensor(v)) for v in start]
    optimizer = lg.optim.Adam(parameters, lr=0.01)
    for parameter, slope in zip(parameters, slopes, strict=True):
        parameter.grad = lg.tensor(slope)
    for _ in range(2):
        with lg.capture_kernels() as found:
            optimizer.step()
            lg.realize(*parameters)
        assert 1 <= len(found) <= 4, [k.name for k in found]
    # both gradients are equal, so both steps go by the learning rate, against the gradient
    for parameter, value, slope in zip(parameters, start, slopes, strict=True):
        expected = value - 0.02 * np.sign(slope)
        np.testing.assert_allclose(parameter.detach().numpy(), expected, atol=2e-5)


def launches(tensor):
    """The kernels launched to compute one tensor."""
    with lg.capture_kernels() as found:
        tensor.realize()
    return [k.name for k in found]


X = RNG.standard_normal((33, 70)).astype(np.float32)
W = RNG.standard_normal(70).astype(np.float32)
MATRIX = RNG.standard_normal((70, 24)).astype(np.float32)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def layer_norm(x):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)


def gelu_gated(x):
    inner = x * W + np.float32(0.25)
    erf = np.vectorize(math.erf)(inner * 0.5**0.5)
    return inner * 0.5 * (1 + erf) / (1 + np.exp(-x))


FUSED = {
    "softmax": (1, lambda x: F.softmax(x, -1), softmax),
    "log_softmax": (1, lambda x: F.log_softmax(x, -1), lambda x: np.log(softmax(x))),
    "layer_norm": (1, lambda x: F.layer_norm(x, (70,)), layer_norm),
    "gelu": (1, lambda x: F.gelu(x * lg.tensor(W) + 0.25) * lg.sigmoid(x), gelu_gated),
    "linear": (
        1,
        lambda x: (x @ lg.tensor(MATRIX) + lg.tensor(MATRIX[0])).relu(),
        lambda x: np.maximum(x @ MATRIX + MATRIX[0], 0),
    ),
    "std": (1, lambda x: x.mean(-1) + x.var(-1), lambda x: x.mean(-1) + x.var(-1, ddof=1)),
    "cross_entropy": (
        2,
        lambda x: F.cross_entropy(x, lg.tensor(LABELS[:33])),
        lambda x: -np.log(softmax(x)[np.arange(33), LABELS[:33]]).mean(),
    ),
}


@pytest.mark.parametrize("name", FUSED)
def test_fusion(device, name):
    most, compute, expected = FUSED[name]
    x = lg.tensor(X)
    result = compute(x)
    found = launches(result)
    assert 1 <= len(found) <= most, found
    np.testing.assert_allclose(result.numpy(), expected(X), rtol=2e-5, atol=2e-5)


def test_fusion_with_gradient_history(device):
    """What backward will read is kept, in no more kernels than the forward pass has."""
    x = lg.tensor(X, requires_grad=True)
    found = launches(F.softmax(x, -1))
    assert len(found) == 1, found


def test_mean_and_variance_together(device):
    x = lg.tensor(X)
    mean, variance = x.mean(-1), x.var(-1)
    with lg.capture_kernels() as found:
        lg.realize(mean, variance)
    assert len(found) == 1, [k.name for k in found]
    np.testing.assert_allclose(mean.numpy(), X.mean(-1), atol=1e-6)
    np.testing.assert_allclose(variance.numpy(), X.var(-1, ddof=1), rtol=1e-5)


def test_data_made_by_the_program_costs_the_second_step_nothing(device):
    model = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 5))
    optimizer = lg.optim.Adam(model.parameters())
    inputs, targets = lg.randn(16, 20), lg.randint(0, 5, (16,))  # pending in the first step
    counts = []
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
        counts.append(compiled())
    assert counts[0] == counts[1] == counts[2]


def keep_loss(kept, model, average, out, loss):
    kept.append(loss)


def keep_detached_loss(kept, model, average, out, loss):
    kept.append(loss.detach())


def keep_stored_copy(kept, model, average, out, loss):
    kept.append(loss.detach().clone().realize())


def sum_losses(kept, model, average, out, loss):
    kept[:] = [loss.detach() + (kept[0] if kept else 0)]


def count_hits(kept, model, average, out, loss):
    kept[:] = [(out.argmax(1) == 1).sum() + (kept[0] if kept else 0)]


def keep_norm(kept, model, average, out, loss):
    kept.append(nn.utils.clip_grad_norm_(model.parameters(), 1.0))


def move_average(kept, model, average, out, loss):
    with lg.no_grad():
        for mean, p in zip(average.parameters(), model.parameters(), strict=True):
            mean.mul_(0.9).add_(p, alpha=0.1)


@pytest.mark.parametrize("when", ["before the step", "after the step"])
@pytest.mark.parametrize(
    "keep",
    [keep_loss, keep_detached_loss, keep_stored_copy, sum_losses, count_hits, keep_norm,
     move_average],
)  # fmt: skip
def test_what_a_program_keeps_of_a_step_keeps_no_step_alive(device, keep, when):
    model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    average = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer = lg.optim.SGD(model.parameters(), lr=0.1)
    x, y = lg.tensor(IMAGES[:4, :6]), lg.tensor(LABELS[:4] % 3)
    kept, weights, plans = [], [], []
    for _ in range(8):
        optimizer.zero_grad()
        out = model(x)
        loss = F.cross_entropy(out, y)
        loss.backward()
        if when == "before the step":
            keep(kept, model, average, out, loss)
        optimizer.step()
        if when == "after the step":
            keep(kept, model, average, out, loss)
        weights.append(weakref.ref(model[0].weight.detach()._node.memory))
        plans.append(compiled()[0])
    loss.item()  # a look at the indices: until then values of before are kept, to go back to
    gc.collect()
    assert sum(memory() is not None for memory in weights) <= 2
    assert plans[-1] == plans[-4]
    assert all(np.isfinite(value.detach().numpy()).all() for value in kept)


def test_kept_values_are_those_of_their_step(device):
    """What is computed along with a step, or let go after it, is what was asked for."""
    p = nn.Parameter(lg.tensor([1.0, 2.0]))
    mean = lg.zeros(2)
    optimizer = lg.optim.SGD([p], lr=0.5)
    kept, expected, value, average = [], [], np.array([1.0, 2.0]), np.zeros(2)
    for _ in range(5):
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        kept += [loss.detach() * 2, p * 3, p.detach().clone()]
        expected += [2 * (value**2).sum(), value * 3, value]
        optimizer.step()
        value = value - 0.5 * 2 * value
        with lg.no_grad():
            mean.mul_(0.5).add_(p)
        average = average * 0.5 + value
    for got, wanted in zip(kept, expected, strict=True):
        np.testing.assert_allclose(got.detach().numpy(), wanted, 1e-6)
    np.testing.assert_allclose(mean.numpy(), average, 1e-6)
