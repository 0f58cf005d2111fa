"""Programs drawn at random, on PyTorch and here: training loops and what they keep, and writes."""

import random

import numpy as np
import pytest

import lazygrad as lg

torch = pytest.importorskip("torch")


class Program:
    """A loop that trains a small network, with habits that the seed decides."""

    def __init__(self, library, seed):
        self.library = library
        self.choices = random.Random(seed)
        self.rng = np.random.default_rng(seed)
        self.kept = []
        self.parameters = [self.draw(*shape).requires_grad_() for shape in ((4, 5), (5,), (5, 3))]
        self.average = [p.detach().clone() for p in self.parameters]
        self.x, self.state = self.draw(6, 4), self.draw(6, 5)
        self.y = library.tensor(self.rng.integers(0, 3, 6))
        name, settings = self.choices.choice(
            [("SGD", {"lr": 0.05}), ("SGD", {"lr": 0.05, "momentum": 0.9}), ("Adam", {"lr": 0.01})]
        )
        self.optimizer = getattr(library.optim, name)(self.parameters, **settings)
        self.habits = {habit for habit in HABITS if self.choices.random() < 0.4}

    def draw(self, *shape):
        return self.library.tensor(self.rng.standard_normal(shape))

    def has(self, habit):
        return habit in self.habits

    def step(self, number):
        weights, bias, head = self.parameters
        hidden = self.x @ weights + bias
        if self.has("recurrent"):
            hidden = hidden + self.state
        hidden = hidden.tanh() if self.has("tanh") else hidden.relu()
        out = hidden @ head
        loss = self.library.nn.functional.cross_entropy(out, self.y)
        if self.has("decay"):
            loss = loss + 0.01 * sum((p * p).sum() for p in self.parameters)
        asked = self.choices.choice(["before", "between", "after", "never"])
        self.ask(asked == "before", loss)
        self.optimizer.zero_grad(set_to_none=self.has("no gradients"))
        loss.backward()
        self.ask(asked == "between", loss)
        self.keep("losses", lambda: loss.detach() * 2)
        self.keep("norms", lambda: self.library.nn.utils.clip_grad_norm_(self.parameters, 0.5))
        self.keep("gradients", lambda: weights.grad)
        self.keep("copies of gradients", lambda: weights.grad.clone())
        self.keep("hits", lambda: (out.argmax(1) == self.y).sum())
        self.keep("parameters", lambda: self.choices.choice(self.parameters).detach().clone())
        tripled = bias.detach() * 3
        self.optimizer.step()
        self.keep("made before the step", lambda: tripled + 1)
        self.ask(asked == "after", loss)
        if self.has("average"):
            with self.library.no_grad():
                for mean, p in zip(self.average, self.parameters, strict=True):
                    mean.mul_(0.9).add_(p, alpha=0.1)
        if self.has("moving data"):
            self.x = self.x * 0.9 + out.detach().mean()
        if self.has("written data"):
            self.x[number % 6] = self.state.detach()[0, :4] + number
        self.state = self.state * 0.5 + hidden.detach()
        self.kept.append(loss if self.choices.random() < 0.3 else out.detach())

    def keep(self, habit, value):
        if self.has(habit):
            self.kept.append(value())

    def ask(self, now, loss):
        if now:
            self.kept.append(self.library.tensor(loss.item()))

    def values(self):
        everything = [*self.kept, *self.parameters, *self.average, self.x, self.state]
        self.choices.shuffle(everything)
        return [value.detach().numpy() for value in everything]


HABITS = (
    "recurrent", "tanh", "decay", "no gradients", "losses", "norms", "gradients",
    "copies of gradients", "hits", "parameters", "made before the step", "average", "moving data",
    "written data",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_random_training_program(seed):
    results = []
    for library in (torch, lg):
        program = Program(library, seed)
        for number in range(program.choices.randint(2, 5)):
            program.step(number)
        results.append(program.values())
    for expected, got in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-9)


def write_at_random(library, seed):
    """Values and gradients of a tensor after random writes to random parts of it."""
    choices = random.Random(seed)
    shape = [choices.choice([1, 2, 3, 4, 5, 7, 12]) for _ in range(choices.randint(1, 4))]

    def part():
        def along(size):
            if choices.random() < 0.25:
                return choices.randrange(-size, size)
            start = choices.randrange(size)
            return slice(start, choices.randint(start + 1, size), choices.choice([1, 1, 2, 3]))

        return tuple(along(size) for size in shape[: choices.randint(1, len(shape))])

    data = np.random.default_rng(seed).standard_normal(shape)
    x = library.tensor(data, requires_grad=True)
    scale = library.tensor(3.0, dtype=library.float64, requires_grad=True)
    y = x * 2 + scale
    for _ in range(choices.randint(1, 3)):
        kind, at = choices.choice(["own", "sum", "half", "flip"]), part()
        if kind == "own":
            y[at] = y[at].clone() * scale + 1
        elif kind == "sum":
            y[at] = y[part()].clone().sum() * scale
        elif kind == "half":
            y[at].mul_(0.5)
        else:
            y = y.flip(choices.randrange(len(shape))) + 0
    (y * y).sum().backward()
    return [t.detach().numpy() for t in (y, x.grad, scale.grad)]


@pytest.mark.parametrize("seed", range(20))
def test_random_writes(seed):
    for expected, got in zip(*(write_at_random(lib, seed) for lib in (torch, lg)), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)
