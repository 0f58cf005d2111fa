"""Faults of processes: forks, spawned workers, threads, and the interpreter's end in any order."""

import multiprocessing
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

import lazygrad as lg
from lazygrad import runtime

from .child import run_child
from .finding import Finding

SECONDS = 120


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """Forks, spawned processes, threads and ends of the interpreter."""
    if hasattr(os, "fork"):
        yield from _forks(device, 20 if full else 1)
    yield _spawned(device)
    yield _threads(device, 1000 if full else 32)
    yield _orders_of_deleting(device, 200 if full else 12)
    yield _ends(device, list(ENDS) if full else SHORT)


def _unless(problem: str, promise: str, figure: str) -> Finding:
    return Finding(promise, figure, not problem, problem)


# forks


def _forks(device: runtime.Device, count: int) -> Iterator[Finding]:
    outcome = run_child(device, fork_after_use, count, seconds=SECONDS + 15 * count)
    answers = outcome.answer or {}
    wrong = {k: v for k, v in answers.items() if v not in ("told", "right")}
    yield Finding(
        "a child forked after use is told so or works, and does not hang",
        f"{len(answers)} forked children: "
        + ", ".join(f"{list(answers.values()).count(kind)} {kind}" for kind in ("told", "right")),
        outcome.answer is not None and outcome.status == 0 and not wrong,
        f"{wrong}\n{outcome}",
    )


def fork_after_use(count: int) -> dict[str, str]:
    """What children see that are forked while other threads plan, build and wait."""
    x = lg.arange(8.0)
    kept = (x * 2).realize()
    pending = kept
    answers = {}
    stop = threading.Event()

    def busy() -> None:
        step = 0
        while not stop.is_set():
            step += 1
            ((x + step).exp2().sum() * 2).item()
            _chain(lg.arange(float(5 + step % 40)), step % 64).numpy()

    threads = [threading.Thread(target=busy, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    tasks = {
        "compute": lambda: (x * 2 + 1).sum().item() == 64,
        "build": lambda: (x.sinh() * 3).numpy().shape == (8,),
        "read": lambda: kept.sum().item() == 56,
        "read what runs": lambda: pending.numpy().shape == (8,),
        "look at it": lambda: np.asarray(pending).shape == (8,),
        "free memory": lambda: list(map(runtime.Device.empty_cache, runtime.devices())) != [],
        "new data": lambda: lg.tensor([1.0, 2.0]).sum().item() == 3,
        "exit": lambda: True,
    }
    for number in range(count):
        for name, task in tasks.items():
            time.sleep(0.003 * number)
            for step in range(100):  # more than the device is asked about one by one
                pending = (kept + step).realize()
            answers[f"{name} {number}"] = _forked(task)
    answers["never used"] = _never_used()
    stop.set()
    for thread in threads:
        thread.join()
    return answers


def _forked(task: Any) -> str:
    """What became of `task` in a forked child, which ends as a program does."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            answer = "right" if task() else "wrong"
        except RuntimeError as error:
            answer = "told" if "fork" in str(error) else repr(error)
        except BaseException as error:
            answer = repr(error)
        os.write(writing, answer.encode()[:4000])
        os.close(writing)
        sys.exit(0)
    os.close(writing)
    deadline = time.monotonic() + 20
    done, status = 0, 0
    while not done and time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.002)
    if not done:
        os.kill(child, 9)
        os.waitpid(child, 0)
    answer = os.read(reading, 4000).decode()
    os.close(reading)
    if not done:
        return f"hung after {answer!r}"
    return answer if status == 0 else f"status {status} after {answer!r}"


def _never_used() -> str:
    """A process that imported the package and found no device forks a child that works."""
    script = (
        "import os, sys, lazygrad as lg\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    assert lg.arange(4.0).sum().item() == 6\n"
        "else:\n"
        "    sys.exit(os.waitpid(child, 0)[1])\n"
    )
    try:
        ended = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
        )
    except subprocess.TimeoutExpired:
        return "hung"
    return "right" if ended.returncode == 0 else ended.stderr[-500:]


# spawned workers


def _spawned(device: runtime.Device) -> Finding:
    outcome = run_child(device, spawn_workers, seconds=SECONDS)
    return Finding(
        "spawned workers compute",
        f"2 workers, sums {outcome.answer}",
        outcome.answer == [28.0, 28.0] and outcome.status == 0,
        str(outcome),
    )


def spawn_workers() -> list[float]:
    """Two workers, started by multiprocessing after the parent has used the device."""
    x = lg.arange(8.0)
    x.sum().item()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        return pool.map(_sum, [x.tolist(), x.tolist()])


def _sum(values: list[float]) -> float:
    return float(lg.tensor(values).sum().item())


# threads


def _threads(device: runtime.Device, count: int) -> Finding:
    outcome = run_child(device, thread_graphs, count, seconds=2 * SECONDS)
    graphs, wrong = outcome.answer or (0, ["no answer"])
    return Finding(
        "8 threads that build and realize graphs get the values of one",
        f"{graphs} graphs, {len(wrong)} different",
        graphs == count and not wrong and outcome.status == 0,
        f"{wrong[:5]}\n{outcome}",
    )


STEPS = 12


def _chain(x: lg.Tensor, number: int) -> lg.Tensor:
    """A small graph whose structure the number's bits decide."""
    y = x
    for bit in range(STEPS // 2):
        y = (y * 0.5 + x) if number >> bit & 1 else (y - x.abs()).clamp(-4, 4)
    return y


def thread_graphs(count: int) -> tuple[int, list[str]]:
    """Graphs of some 30 structures, computed by 8 threads at once and by one."""
    data = np.linspace(-2, 2, 96, dtype=np.float32).reshape(8, 12)
    shared = lg.tensor(data)

    def value(number: int) -> bytes:
        x = shared if number % 3 else lg.tensor(data + number)
        w = lg.tensor(data, requires_grad=True)
        y = _chain(x * (1 + number % 7), number % 8)
        if number % 4 == 0:
            (y * w).sum().backward()
            assert w.grad is not None
            y = w.grad
        return bytes(y.sum(number % 2).numpy().tobytes())

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(value, range(count)))
    wrong = [str(number) for number in range(count) if value(number) != found[number]]
    return len(found), wrong


# ends


def _orders_of_deleting(device: runtime.Device, count: int) -> Finding:
    outcome = run_child(device, delete_in_any_order, count, seconds=SECONDS)
    left = outcome.answer
    return Finding(
        "tensors, views, gradients and models may be deleted in any order",
        f"{count} orders, {left} buffers left",
        left is not None and left <= 1 and outcome.status == 0,  # one holds words for bad indices
        str(outcome),
    )


def delete_in_any_order(count: int) -> int:
    """Deletes what hangs together, pending and stored, in seeded orders; the buffers alive."""
    draw = random.Random(count)
    for _ in range(count):
        base = lg.tensor(np.ones((4, 6), np.float32), requires_grad=True)
        model = lg.nn.Linear(6, 2)
        optimizer = lg.optim.SGD(model.parameters(), lr=0.5, momentum=0.5)
        out = model(base)
        loss = out.square().mean()
        loss.backward()
        optimizer.step()
        held: list[Any] = [
            base, base.detach()[1:], base.T, base.grad, out, out[0], loss, model, optimizer,
            model.weight, model.weight.grad, np.asarray(model.weight.detach()), iter(base),
        ]  # fmt: skip
        del base, model, optimizer, out, loss
        draw.shuffle(held)
        while held:
            held.pop()
            if draw.random() < 0.2:
                lg.arange(3.0).sum().item()
    return runtime.stats().buffers_alive


_PREFIX = """\
import atexit, gc, sys, threading, time, weakref
import lazygrad as lg
x = lg.arange(6.0)
"""
ENDS = {
    "pending work": "ys = [(x + k).exp() for k in range(50)]; lg.realize(*ys)",
    "never computed": "y = (x * 3).exp(); z = y[1:]",
    "computes at exit": "atexit.register(lambda: print((x * 2).sum().item()))",
    "computes at exit, registered first": (
        "import builtins; builtins.kept = x\natexit.register(print, x)"
    ),
    "held by a thread": (
        "threading.Thread(target=lambda y: time.sleep(60), args=((x * 2).realize(),), "
        "daemon=True).start()"
    ),
    "a thread computes": (
        "def work():\n    while True: (x + time.time()).sum().item()\n"
        "threading.Thread(target=work, daemon=True).start(); time.sleep(0.2)"
    ),
    "sys.exit in a thread": (
        "def work():\n    (x + 1).realize(); sys.exit(3)\n"
        "t = threading.Thread(target=work); t.start(); t.join()"
    ),
    "computes in __del__": (
        "class Late:\n    def __del__(self): (x * 2).sum().item()\nlate = Late()"
    ),
    "held by a module": "sys.modules['zzz'] = x; sys.y = x + 1; y = x.realize()",
    "a thread builds": (
        "def work():\n    n = 3\n    while True: n += 1; lg.arange(float(n)).sum().item()\n"
        "threading.Thread(target=work, daemon=True).start(); time.sleep(0.3)"
    ),
    "modules deleted": (
        "y = (x * 2).realize()\n"
        "for name in [n for n in sys.modules if n.startswith(('lazygrad', 'pyopencl'))]:\n"
        "    del sys.modules[name]\ndel lg; gc.collect()"
    ),
    "in a cycle": "cycle = [x + 1, (x * 3).realize()]; cycle.append(cycle); gc.disable()",
    "a view of the memory": "import numpy as np; view = np.asarray((x * 2).realize())",
    "an unhandled error": "y = x * 2; y.realize(); sys.excepthook = lambda *a: None; raise OSError",
    "a finalizer": "weakref.finalize(x, print, 'gone'); y = x * 2",
}  # fmt: skip


SHORT = [
    "pending work", "computes at exit", "a thread computes", "a thread builds",
    "computes in __del__", "modules deleted",
]  # fmt: skip


def _ends(device: runtime.Device, names: list[str]) -> Finding:
    outcome = run_child(device, end_interpreters, names, seconds=2 * SECONDS)
    wrong = outcome.answer if outcome.answer is not None else [str(outcome)]
    return _unless(
        "\n".join(wrong), "the interpreter ends without a crash, whatever is alive then",
        f"{len(names)} ways to end, {len(wrong)} bad ends",
    )  # fmt: skip


def end_interpreters(names: list[str]) -> list[str]:
    """Runs some of ENDS, each in an interpreter of its own; what went wrong."""
    with ThreadPoolExecutor(2) as pool:
        return [text for text in pool.map(_end, names) if text]


def _end(name: str) -> str:
    expected = 1 if name == "an unhandled error" else 0
    try:
        ended = subprocess.run(
            [sys.executable, "-c", _PREFIX + ENDS[name]],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"{name}: hung"
    # a __del__ that runs when modules are gone has Python's own errors
    quiet = not ended.stderr.strip() or name == "computes in __del__"
    if ended.returncode == expected and quiet:
        return ""
    return f"{name}: status {ended.returncode}\n{ended.stderr[-1500:]}"
