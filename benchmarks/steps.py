"""Whole training steps and models, in PyTorch's names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .decode import Decoder
from .workloads import RNG, array

__all__ = ["DATA", "MODELS", "STEPS", "Step"]


@dataclass(frozen=True)
class Step:
    """`make(library)` gives what runs one step; `target` is as of `Workload`."""

    make: Callable[[Any], Callable[[], Any]]
    target: float


def _tokens() -> tuple[Any, Any]:
    tokens = RNG.integers(0, 65, (16, 129))
    return tokens[:, :-1].copy(), tokens[:, 1:].copy()


# inputs and targets, by what a row's name begins with
DATA: dict[str, Callable[[], tuple[Any, Any]]] = {
    "step: MLP": lambda: (array(128, 784), RNG.integers(0, 10, 128)),
    "step: CNN": lambda: (array(64, 1, 28, 28), RNG.integers(0, 10, 64)),
    "step: GPT": _tokens,
    "forward and backward: ResNet": lambda: (array(4, 3, 64, 64), RNG.integers(0, 1000, 4)),
}


def _trained(lib: Any, model: Any, optimizer: Any, x: Any, y: Any) -> Callable[[], Any]:
    inputs, targets = lib.tensor(x), lib.tensor(y)

    def step() -> Any:
        if optimizer is not None:
            optimizer.zero_grad()
        else:
            model.zero_grad()
        scores = model(inputs)
        loss = lib.nn.functional.cross_entropy(scores.flatten(0, -2), targets.flatten())
        loss.backward()
        if optimizer is not None:
            optimizer.step()
        return [loss] if optimizer is not None else [loss, *[p.grad for p in model.parameters()]]

    return step


def mlp(lib: Any) -> Any:
    nn = lib.nn
    return nn.Sequential(
        nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)
    )


def _mlp(lib: Any) -> Callable[[], Any]:
    model = mlp(lib)
    optimizer = lib.optim.Adam(model.parameters(), 1e-3)
    return _trained(lib, model, optimizer, *DATA["step: MLP"]())


def _cnn(lib: Any) -> Callable[[], Any]:
    nn = lib.nn
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1600, 10),
    )  # fmt: skip
    optimizer = lib.optim.SGD(model.parameters(), 1e-2, momentum=0.9)
    return _trained(lib, model, optimizer, *DATA["step: CNN"]())


def gpt(lib: Any, layers: int = 4, width: int = 128, heads: int = 4, words: int = 65) -> Any:
    """A decoder with learned positions, pre-norm blocks and gelu."""
    nn = lib.nn
    functional = nn.functional

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
            self.mixed, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x: Any) -> Any:
            batch, length, _ = x.shape
            parts = self.mixed(self.first(x)).chunk(3, -1)
            q, k, v = [p.view(batch, length, heads, -1).transpose(1, 2) for p in parts]
            y = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(y.transpose(1, 2).reshape(batch, length, width))
            return x + self.narrow(functional.gelu(self.wide(self.second(x))))

    class Gpt(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.words, self.places = nn.Embedding(words, width), nn.Embedding(1024, width)
            self.blocks = nn.Sequential(*[Block() for _ in range(layers)])
            self.last, self.head = nn.LayerNorm(width), nn.Linear(width, words)

        def forward(self, tokens: Any) -> Any:
            places = lib.arange(tokens.shape[1])
            return self.head(self.last(self.blocks(self.words(tokens) + self.places(places))))

    return Gpt()


def _gpt(lib: Any) -> Callable[[], Any]:
    model = gpt(lib)
    optimizer = lib.optim.AdamW(model.parameters(), 1e-3)
    return _trained(lib, model, optimizer, *DATA["step: GPT"]())


def resnet18(lib: Any) -> Any:
    """He et al., CVPR 2016, for images of 3 channels and 1000 classes."""
    nn = lib.nn

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self, before: int, width: int, stride: int) -> None:
            super().__init__()
            self.first = nn.Conv2d(before, width, 3, stride, 1, bias=False)
            self.second = nn.Conv2d(width, width, 3, 1, 1, bias=False)
            self.norms = nn.ModuleList([nn.BatchNorm2d(width), nn.BatchNorm2d(width)])
            self.short = nn.Sequential()
            if stride != 1 or before != width:
                self.short = nn.Sequential(
                    nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width)
                )

        def forward(self, x: Any) -> Any:
            y = self.norms[0](self.first(x)).relu()
            return (self.norms[1](self.second(y)) + self.short(x)).relu()

    blocks, before = [], 64
    for width, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        blocks += [Block(before, width, stride), Block(width, width, 1)]
        before = width
    return nn.Sequential(
        nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
        nn.MaxPool2d(3, 2, 1), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(512, 1000),
    )  # fmt: skip


def _resnet18(lib: Any) -> Callable[[], Any]:
    return _trained(lib, resnet18(lib), None, *DATA["forward and backward: ResNet"]())


def _small(lib: Any) -> Callable[[], Any]:
    """A small model on one row: what a call costs beside its arithmetic."""
    nn = lib.nn
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    x = lib.tensor(array(1, 64))

    def call() -> Any:
        with lib.no_grad():
            return [model(x)]

    return call


def _decode(lib: Any) -> Callable[[], Any]:
    decoder, token = Decoder(lib), lib.tensor([[7]])

    def call() -> Any:
        with lib.no_grad():
            return [decoder(token)]

    return call


MODELS = {"mlp": mlp, "gpt": gpt, "resnet18": resnet18}

STEPS = {
    "step: MLP 784-512-512-10, batch 128, Adam": Step(_mlp, 1.2),
    "step: CNN 28x28, batch 64, SGD": Step(_cnn, 1.2),
    "step: GPT 4 layers, width 128, 16 x 128 tokens, AdamW": Step(_gpt, 1.3),
    "forward and backward: ResNet-18, 4 x 64x64": Step(_resnet18, 1.0),
    "latency: MLP 64-64-10, batch 1": Step(_small, 0.5),
    "latency: GPT, one token with a cache of 128": Step(_decode, 1.0),
}
