"""Computations that end half-way: Ctrl-C at any moment, and exceptions in the user's own hooks."""

import os
import random
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from types import FrameType
from typing import Any

import numpy as np

import lazygrad as lg
from lazygrad import nn, optim, runtime

from .child import run_child
from .finding import Finding

SECONDS_TO_ANSWER = 60


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """Interrupts at seeded moments; hooks that raise."""
    if hasattr(os, "fork"):  # elsewhere a process cannot send itself Ctrl-C alone
        yield _interrupts(device, 200 if full else 20)
    yield _hooks(device)


def _interrupts(device: runtime.Device, count: int) -> Finding:
    with tempfile.TemporaryDirectory() as folder:  # an empty cache: something to build and store
        outcome = run_child(
            device, interrupt_often, count, environment={"LAZYGRAD_CACHE": folder},
            seconds=20 * count,
        )  # fmt: skip
    places, wrong = outcome.answer or ({}, ["no answer"])
    told = ", ".join(f"{name} {n}" for name, n in sorted(places.items(), key=lambda row: -row[1]))
    return Finding(
        "after Ctrl-C values are right, a new computation works and nothing is locked",
        f"{sum(places.values())} interrupts ({told}), {len(wrong)} with harm",
        not wrong and sum(places.values()) == count and outcome.status == 0,
        "\n".join([*wrong, str(outcome)]),
    )


def interrupt_often(count: int) -> tuple[dict[str, int], list[str]]:
    """Sends SIGINT at seeded moments; the kinds of work it met, and what was wrong after it."""
    draw = random.Random(count)
    work = _Work(draw)
    places: Counter[str] = Counter()
    wrong, unraisable = [], [0]

    def told(what: Any) -> None:  # Python can raise nothing out of a finalizer
        unraisable[0] += issubclass(what.exc_type, KeyboardInterrupt)

    sys.unraisablehook = told
    for number in range(count):
        before = unraisable[0]
        try:
            _interrupted(work, draw.random() ** 2 * draw.choice([0.003, 0.03, 0.3]))
            if unraisable[0] > before:
                places["a finalizer"] += 1
            else:
                wrong.append(f"interrupt {number} was lost")
        except KeyboardInterrupt as caught:
            frames = [f.name for f in traceback.extract_tb(caught.__traceback__)]
            places[_kind(frames)] += 1
        problem = _asked_in_a_thread(work)
        if problem:
            wrong.append(f"interrupt {number}: {problem}")
            if "hangs" in problem:
                break
    return dict(places), wrong


def _kind(frames: list[str]) -> str:
    """What a stack was doing."""
    kinds = {
        "store": {"store"},
        "build": {"compile_source", "binary_of", "_load", "cl_kernel"},
        "wait": {"wait_checkpoints", "read", "host_view", "synchronize"},
        "launch": {"launch", "run"},
    }
    for kind, names in kinds.items():
        if not names.isdisjoint(frames):
            return kind
    return "Python"


def _interrupted(work: "_Work", delay: float) -> None:
    """Works until one SIGINT was heard. Returns where it ended nothing, as in a finalizer."""
    armed = [True]

    def hear(number: int, frame: FrameType | None) -> None:
        if armed[0]:
            armed[0] = False
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, hear)

    def send() -> None:
        time.sleep(delay)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=send).start()
    while armed[0]:
        work.something()


def _asked_in_a_thread(work: "_Work") -> str:
    """What is wrong; another thread asks, which a lock left behind would hold up."""
    answers = []

    def ask() -> None:
        try:
            answers.append(work.problem())
        except Exception:
            answers.append(traceback.format_exc()[-1500:])

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(SECONDS_TO_ANSWER)
    return answers[0] if answers else "another thread hangs"


class _Work:
    """Computations of all kinds over tensors that are checked afterwards."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        lg.manual_seed(0)
        self.data = np.random.default_rng(0).standard_normal((32, 8)).astype(np.float32)
        self.model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 4))
        self.optimizer = optim.Adam(self.model.parameters(), lr=1e-3)
        self.kept = lg.arange(1000.0) * 2 + 1
        self.pending = lg.arange(100.0) * 3
        self.wide = lg.ones(300, 300) / 300
        self.count = lg.zeros(1000)
        self.least = self.most = 0
        self.fresh = 0
        self.step()

    def something(self) -> None:
        """One kind of work."""
        self.draw.choice([self.step, self.build, self.increment, self.wait, self.graph])()

    def step(self) -> None:
        loss = self.model(lg.tensor(self.data)).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def build(self) -> None:
        self.fresh += 1
        x = lg.arange(float(2 + self.fresh))
        (x * x + x).sum().item()

    def increment(self) -> None:
        self.most += 1
        self.count.add_(1)
        if self.draw.random() < 0.5:
            self.count.realize()

    def wait(self) -> None:
        y = self.wide
        for _ in range(6):
            y = y @ self.wide
        y.sum().item()

    def graph(self) -> None:
        x = y = lg.tensor(self.data)
        for _ in range(20):
            y = (y + x) * 0.5
        y.sum().item()

    def problem(self) -> str:
        """What is not as it should be; nothing if all is well."""
        if abs((lg.tensor(self.data) * 2).sum().item() - 2 * float(self.data.sum())) > 1e-3:
            return "a new computation is wrong"
        if self.kept.numpy().tolist() != [2 * k + 1 for k in range(1000)]:
            return "a stored value is wrong"
        if (self.pending + 1).numpy().tolist() != [3 * k + 1 for k in range(100)]:
            return "a pending value is wrong"
        counted = self.count.numpy()
        if not (counted == counted[0]).all() or not self.least <= counted[0] <= self.most:
            return f"counted {counted.min()} to {counted.max()} of {self.least} to {self.most}"
        self.least = int(counted[0])
        states: list[Any] = [v for s in self.optimizer.state.values() for v in s.values()]
        tensors = [t.detach() for t in (*self.model.parameters(), *states) if hasattr(t, "detach")]
        if not all(np.isfinite(t.numpy()).all() for t in tensors):
            return "a parameter or its state is not finite"
        self.step()
        return ""


# hooks


def _hooks(device: runtime.Device) -> Finding:
    outcome = run_child(device, raise_in_hooks)
    wrong = outcome.answer if outcome.answer is not None else ["no answer"]
    return Finding(
        "an exception in a hook, a closure or a forward leaves no half-updated parameter",
        f"{len(PLACES)} places, {len(wrong)} with harm",
        not wrong and outcome.status == 0, "\n".join([*wrong, str(outcome)]),
    )  # fmt: skip


PLACES = (
    "forward pre-hook", "forward hook", "backward pre-hook", "backward hook", "tensor hook",
    "hook of a parameter", "closure", "forward",
)  # fmt: skip


class _Planned(Exception):
    pass


def _raise(*given: Any) -> None:
    raise _Planned


def raise_in_hooks() -> list[str]:
    """Trains with one step that raises somewhere; it must end as without that step."""
    return [place for place in PLACES if _trained(place) != _trained("")]


def _trained(place: str) -> list[list[float]]:
    """Parameters after three good steps, with one in `place` that raises after the second."""
    lg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    x = lg.linspace(-1, 1, 24).view(8, 3)

    def step(where: str = "") -> None:
        optimizer.zero_grad()
        out = model(x)
        if where == "tensor hook":
            out.register_hook(_raise)
        loss = out.square().mean()
        loss.backward()
        optimizer.step(_raise if where == "closure" else None)

    step()
    step()
    if place:
        before = [p.detach().clone().realize() for p in model.parameters()]
        averages = {k: v.clone().realize() for k, v in model.named_buffers()}
        last = model[3]
        hooks = {
            "forward pre-hook": last.register_forward_pre_hook,
            "forward hook": last.register_forward_hook,
            "backward pre-hook": last.register_full_backward_pre_hook,
            "backward hook": last.register_full_backward_hook,
            "hook of a parameter": model[0].weight.register_hook,
        }
        handles = [hooks[place](_raise)] if place in hooks else []
        if place == "forward":
            last.forward = _raise
        try:
            step(place)
            return [["did not raise"]]  # type: ignore[list-item]
        except _Planned:
            pass
        for handle in handles:
            handle.remove()
        if place == "forward":
            del last.forward
        changed = [
            k for k, p in enumerate(model.parameters())
            if p.detach().tolist() != before[k].tolist()
        ]  # fmt: skip
        if changed:
            return [[float(k) for k in changed]]
        with lg.no_grad():  # what a forward that was done has written stays, as in PyTorch
            for name, b in model.named_buffers():
                b.copy_(averages[name])
    step()
    return [p.detach().flatten().tolist() for p in model.parameters()]
