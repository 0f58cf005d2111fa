"""What is timed. A workload is a function of arrays, or a training step, in PyTorch's names.

lazygrad and PyTorch run the same text, which is the point of both; `peers` lets others run it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["STEPS", "WORKLOADS", "Workload"]

RNG = np.random.default_rng(0)


@dataclass(frozen=True)
class Workload:
    """`compute(library, *tensors)` of random float32 arrays of these shapes."""

    shapes: tuple[tuple[int, ...], ...]
    compute: Callable[..., Any]

    def arrays(self) -> list[np.ndarray]:
        return [array(*shape) for shape in self.shapes]


def array(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def _matmuls() -> dict[str, Workload]:
    sizes = [(n, n, n) for n in (256, 512, 1024, 2048)] + [(1000, 777, 333), (64, 1024, 4096)]
    return {
        f"matmul {m}x{k}x{n}": Workload(((m, k), (k, n)), lambda lib, a, b: a @ b)
        for m, k, n in sizes
    }


def _conv(**more: int) -> Callable[..., Any]:
    return lambda lib, x, w: lib.nn.functional.conv2d(x, w, **more)


_SQUARE, _LONG = (4096, 4096), (1 << 24,)
_HEADS = (4, 8, 512, 64)

WORKLOADS = {
    **_matmuls(),
    "gelu(x*w+b)*sigmoid(x), 16 M": Workload(
        (_SQUARE, (4096,), (4096,)),
        lambda lib, x, w, b: lib.nn.functional.gelu(x * w + b) * lib.sigmoid(x),
    ),
    "a*b+c, 16 M": Workload((_LONG,) * 3, lambda lib, a, b, c: a * b + c),
    "softmax 4096x4096": Workload((_SQUARE,), lambda lib, x: lib.softmax(x, 1)),
    "layer_norm 4096x4096": Workload(
        (_SQUARE,), lambda lib, x: lib.nn.functional.layer_norm(x, (4096,))
    ),
    "sum of all 4096x4096": Workload((_SQUARE,), lambda lib, x: x.sum()),
    "row sums 4096x4096": Workload((_SQUARE,), lambda lib, x: x.sum(1)),
    "column sums 4096x4096": Workload((_SQUARE,), lambda lib, x: x.sum(0)),
    "argmax of rows 4096x4096": Workload((_SQUARE,), lambda lib, x: x.argmax(1)),
    "cumsum of rows 4096x4096": Workload((_SQUARE,), lambda lib, x: x.cumsum(1)),
    "conv 3x3 8x64x56x56 -> 64": Workload(((8, 64, 56, 56), (64, 64, 3, 3)), _conv(padding=1)),
    "conv 3x3 8x256x14x14 -> 256": Workload(((8, 256, 14, 14), (256, 256, 3, 3)), _conv(padding=1)),
    "conv 1x1 8x256x28x28 -> 64": Workload(((8, 256, 28, 28), (64, 256, 1, 1)), _conv()),
    "attention 4x8x512x64": Workload(
        (_HEADS,) * 3,
        lambda lib, q, k, v: lib.nn.functional.scaled_dot_product_attention(q, k, v),
    ),
}


def _step(lib: Any, model: Any, optimizer: Any, x: np.ndarray, y: np.ndarray) -> Callable[[], Any]:
    inputs, targets = lib.tensor(x), lib.tensor(y)

    def step() -> Any:
        optimizer.zero_grad()
        loss = lib.nn.functional.cross_entropy(model(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss

    return step


def _mlp(lib: Any) -> Callable[[], Any]:
    nn = lib.nn
    model = nn.Sequential(
        nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
    )
    optimizer = lib.optim.Adam(model.parameters(), 1e-3)
    return _step(lib, model, optimizer, array(128, 784), RNG.integers(0, 10, 128))


def _cnn(lib: Any) -> Callable[[], Any]:
    nn = lib.nn
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1600, 10),
    )  # fmt: skip
    optimizer = lib.optim.SGD(model.parameters(), 1e-2, momentum=0.9)
    return _step(lib, model, optimizer, array(64, 1, 28, 28), RNG.integers(0, 10, 64))


STEPS: dict[str, Callable[[Any], Callable[[], Any]]] = {
    "training step, MLP 784-512-512-10, batch 128, Adam": _mlp,
    "training step, CNN 28x28, batch 64, SGD": _cnn,
}
