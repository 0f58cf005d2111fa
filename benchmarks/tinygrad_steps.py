"""The training steps as tinygrad programs, of its own layers and optimizers, under `TinyJit`."""

import importlib
from collections.abc import Callable
from typing import Any

from .steps import DATA

__all__ = ["tinygrad_step"]

Call = Callable[[], object]
Model = Callable[[Any], Any]


def _mlp(nn: Any) -> tuple[list[Any], Model]:
    layers = [nn.Linear(784, 512), nn.Linear(512, 512), nn.Linear(512, 10)]
    first, second, last = layers
    return layers, lambda x: last(second(first(x).relu()).relu())


def _cnn(nn: Any) -> tuple[list[Any], Model]:
    layers = [nn.Conv2d(1, 32, 3), nn.Conv2d(32, 64, 3), nn.Linear(1600, 10)]
    first, second, last = layers

    def forward(x: Any) -> Any:
        x = first(x).relu().max_pool2d(2)
        return last(second(x).relu().max_pool2d(2).flatten(1))

    return layers, forward


def _gpt(nn: Any) -> tuple[list[Any], Model]:
    layers, width, heads, words = 4, 128, 4, 65
    ends = [nn.Embedding(words, width), nn.Embedding(1024, width), nn.LayerNorm(width),
            nn.Linear(width, words)]  # fmt: skip
    blocks = [
        [nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width),
         nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)]
        for _ in range(layers)
    ]  # fmt: skip

    def forward(tokens: Any) -> Any:
        batch, length = tokens.shape
        x = ends[0](tokens) + ends[1](type(tokens).arange(length))
        for norm, mixed, out, second, wide, narrow in blocks:
            parts = mixed(norm(x)).chunk(3, -1)
            q, k, v = [p.reshape(batch, length, heads, -1).transpose(1, 2) for p in parts]
            y = q.scaled_dot_product_attention(k, v, is_causal=True)
            x = x + out(y.transpose(1, 2).reshape(batch, length, width))
            x = x + narrow(wide(second(x)).gelu())
        return ends[3](ends[2](x))

    return [*ends, *blocks], forward


def _resnet18(nn: Any) -> tuple[list[Any], Model]:
    def normed(before: int, width: int, size: int, stride: int, padding: int) -> list[Any]:
        conv = nn.Conv2d(before, width, size, stride, padding, bias=False)
        return [conv, nn.BatchNorm(width)]

    stem, head = normed(3, 64, 7, 2, 3), nn.Linear(512, 1000)
    blocks, before = [], 64
    for width, first in ((64, 1), (128, 2), (256, 2), (512, 2)):
        for stride in (first, 1):
            same = stride == 1 and before == width
            short = [] if same else normed(before, width, 1, stride, 0)
            ways = normed(before, width, 3, stride, 1), normed(width, width, 3, 1, 1)
            blocks.append((*ways, short))
            before = width

    def forward(x: Any) -> Any:
        x = x.sequential(stem).relu().max_pool2d(3, 2, padding=1)
        for first, second, short in blocks:
            y = x.sequential(first).relu().sequential(second)
            x = (y + x.sequential(short)).relu()
        return head(x.mean((2, 3)))

    return [stem, blocks, head], forward


_STEPS: dict[str, tuple[Any, Any]] = {
    "step: MLP": (_mlp, lambda o, p: o.Adam(p, 1e-3)),
    "step: CNN": (_cnn, lambda o, p: o.SGD(p, 1e-2, momentum=0.9)),
    "step: GPT": (_gpt, lambda o, p: o.AdamW(p, 1e-3)),
    "forward and backward: ResNet": (_resnet18, None),
}


def tinygrad_step(name: str) -> Call | None:
    """What runs the step that `name` begins with once; None for others."""
    start = next((start for start in _STEPS if name.startswith(start)), None)
    if start is None:
        return None
    tinygrad: Any = importlib.import_module("tinygrad")
    make, optimizer = _STEPS[start]
    held, forward = make(tinygrad.nn)
    found = tinygrad.nn.state.get_parameters(held)
    trained, kept = [[p for p in found if p.is_param is yes] for yes in (True, False)]
    x, y = [tinygrad.Tensor(a).realize() for a in DATA[start]()]
    update = None if optimizer is None else optimizer(tinygrad.nn.optim, found)

    def step() -> Any:
        loss = forward(x).sparse_categorical_crossentropy(y)
        if update is None:
            return loss.realize(*loss.gradient(*trained), *kept)
        update.zero_grad()
        loss.backward()
        return loss.realize(*update.schedule_step())

    jitted = tinygrad.TinyJit(step)

    def call() -> None:
        with tinygrad.helpers.Context(TRAINING=1):
            jitted()

    return call
