"""The same program gives the same bits and the same kernels: twice, elsewhere, from any cache."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import lazygrad as lg
from lazygrad import nn, runtime
from lazygrad.placement import set_default_device
from lazygrad.tensor import Tensor

from .finding import Finding

__all__ = ["PROGRAMS", "run"]

Digests = dict[str, tuple[str, str]]  # program -> of its values, of its kernels


# What is run ----------------------------------------------------------------------------------


def _train(model: nn.Module, inputs: Tensor, classes: Tensor, steps: int) -> list[Tensor]:
    optimizer = lg.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(steps):
        loss = nn.functional.cross_entropy(model(inputs), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return [*losses, *[p.detach() for p in model.parameters()]]


def _mlp() -> list[Tensor]:
    """Steps of Adam with dropout."""
    layers = nn.Linear(37, 64), nn.GELU(), nn.Dropout(0.3), nn.Linear(64, 5)
    return _train(nn.Sequential(*layers), lg.randn(50, 37), lg.randint(0, 5, (50,)), 3)


def _cnn() -> list[Tensor]:
    layers = nn.Conv2d(2, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(216, 4)
    return _train(nn.Sequential(*layers), lg.randn(5, 2, 8, 8), lg.randint(0, 4, (5,)), 2)


def _attention() -> list[Tensor]:
    q, k, v = (lg.randn(2, 3, 17, 8, requires_grad=True) for _ in range(3))
    out = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    out.square().sum().backward()
    return [out.detach(), *[x.grad for x in (q, k, v) if x.grad is not None]]


def _reductions() -> list[Tensor]:
    """Sums that are split in stages, statistics of rows and columns."""
    x = lg.randn(300_007)
    rows = x[:300_000].reshape(300, 1000)
    return [x.sum(), x.mean(), x.var(), rows.sum(0), rows.softmax(1), rows.logsumexp(0)]


def _moves() -> list[Tensor]:
    """Scatter-add with many hits at one place, sort, cumulative sums, gather."""
    x, places = lg.randn(4000), lg.randint(0, 50, (4000,))
    order, positions = x[:1500].sort()
    return [lg.zeros(50).scatter_add(0, places, x), order, positions, x.cumsum(0), x[places]]


def _random() -> list[Tensor]:
    return [lg.rand(1000), lg.randn(1000), lg.randint(0, 9, (1000,)), lg.randperm(200),
            lg.bernoulli(lg.full((1000,), 0.3))]  # fmt: skip


PROGRAMS: dict[str, Callable[[], list[Tensor]]] = {
    "mlp": _mlp, "reductions": _reductions, "cnn": _cnn, "attention": _attention,
    "moves": _moves, "random": _random,
}  # fmt: skip
_SHORT = ("mlp",)  # each costs a cold build


def _digests(name: str) -> tuple[str, str]:
    """Of the values that a program gives, and of the kernels that it launches, in order."""
    lg.manual_seed(5)
    with lg.capture_kernels() as kernels:
        results = PROGRAMS[name]()
        bits = [x.numpy().tobytes() for x in results]
    texts = [f"{k.name} {k.global_size} {k.local_size}\n{k.source}" for k in kernels]
    values = hashlib.sha256(b"".join(bits)).hexdigest()
    return values, hashlib.sha256("\n".join(texts).encode()).hexdigest()


# Where it is run ------------------------------------------------------------------------------


def _child(device: runtime.Device, names: Sequence[str], seed: int, folder: Path) -> list[Digests]:
    """All programs twice in a new process, whose sets have the order of another hash seed."""
    environment = {
        **os.environ, "PYTHONHASHSEED": str(seed), "LAZYGRAD_CACHE": str(folder / "lazygrad"),
        "POCL_CACHE_DIR": str(folder / "pocl"),
    }  # fmt: skip
    (folder / "pocl").mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "lazygrad.check.repeatable", str(device), *names]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"repeatable: a child ended with {done.returncode}\n{done.stderr}")
    found: list[Digests] = json.loads(done.stdout.splitlines()[-1])
    return found


def _differences(one: Digests, other: Digests) -> list[str]:
    kinds = ("values", "kernels")
    return [
        f"{name}: other {kind}"
        for name in one
        for kind, a, b in zip(kinds, one[name], other[name], strict=True)
        if a != b
    ]


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """Programs twice in a process, in more processes, with cold, warm and separate caches."""
    names = tuple(PROGRAMS) if full else _SHORT
    with tempfile.TemporaryDirectory() as temporary:
        first, second = Path(temporary, "first"), Path(temporary, "second")
        cold = _child(device, names, 1, first)
        others = {
            "twice in a process": cold[1],
            "in another process, with a warm cache": _child(device, names, 2, first)[0],
        }
        if full:
            others["in a third process, with a cold cache"] = _child(device, names, 3, second)[0]
    for where, found in others.items():
        wrong = _differences(cold[0], found)
        figure = f"{len(names)} programs, {len(wrong)} differences"
        yield Finding(f"the same bits and kernels {where}", figure, not wrong, "\n".join(wrong))


if __name__ == "__main__":
    set_default_device(sys.argv[1])
    print(json.dumps([{name: _digests(name) for name in sys.argv[2:]} for _ in range(2)]))
