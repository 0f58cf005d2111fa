"""Training programs drawn at random, on PyTorch and here: what they keep, and when they ask."""

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
