"""The training steps as JAX programs: parameters in dictionaries, losses as functions of them."""

import importlib
from collections.abc import Callable
from typing import Any

from .steps import DATA
from .workloads import array

__all__ = ["jax_step"]

Call = Callable[[], object]
Parameters = dict[str, Any]


def _parameters(shapes: dict[str, tuple[int, ...]]) -> Parameters:
    jnp = importlib.import_module("jax.numpy")
    return {name: jnp.asarray(0.05 * array(*shape)) for name, shape in shapes.items()}


def _cross_entropy(scores: Any, targets: Any) -> Any:
    jax = importlib.import_module("jax")
    rows = jax.nn.log_softmax(scores.reshape(-1, scores.shape[-1]))
    return -jax.numpy.take_along_axis(rows, targets.reshape(-1, 1), 1).mean()


def _sgd(jax: Any, parameters: Parameters) -> tuple[Any, Callable[..., Any]]:
    def update(state: Any, values: Any, slopes: Any) -> Any:
        state = jax.tree.map(lambda m, g: 0.9 * m + g, state, slopes)
        return state, jax.tree.map(lambda p, m: p - 1e-2 * m, values, state)

    return jax.tree.map(jax.numpy.zeros_like, parameters), update


def _adam(jax: Any, parameters: Parameters, decay: float = 0.0) -> tuple[Any, Callable[..., Any]]:
    """Adam; with `decay` AdamW."""

    def update(state: Any, values: Any, slopes: Any) -> Any:
        count, first, second = state
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slopes)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, slopes)

        def moved(p: Any, m: Any, v: Any) -> Any:
            step = m / (1 - 0.9**count) / (jax.numpy.sqrt(v / (1 - 0.999**count)) + 1e-8)
            return p - 1e-3 * (step + decay * p)

        return (count, first, second), jax.tree.map(moved, values, first, second)

    first, second = [jax.tree.map(jax.numpy.zeros_like, parameters) for _ in range(2)]
    return (jax.numpy.zeros(()), first, second), update


def _mlp(jax: Any) -> tuple[Parameters, Callable[..., Any]]:
    sizes = (784, 512, 512, 10)
    shapes: dict[str, tuple[int, ...]] = {}
    for k in range(3):
        shapes |= {f"w{k}": (sizes[k], sizes[k + 1]), f"b{k}": (sizes[k + 1],)}

    def forward(p: Parameters, x: Any) -> Any:
        for k in range(3):
            x = x @ p[f"w{k}"] + p[f"b{k}"]
            x = jax.nn.relu(x) if k < 2 else x
        return x

    return _parameters(shapes), forward


def _conv(jax: Any, x: Any, w: Any, stride: int = 1, padding: int = 0) -> Any:
    return jax.lax.conv_general_dilated(x, w, (stride, stride), [(padding, padding)] * 2)


def _max_pool(jax: Any, x: Any, size: int, stride: int, padding: int = 0) -> Any:
    edges = ((0, 0), (0, 0), (padding, padding), (padding, padding))
    window, steps = (1, 1, size, size), (1, 1, stride, stride)
    return jax.lax.reduce_window(x, -jax.numpy.inf, jax.lax.max, window, steps, edges)


def _cnn(jax: Any) -> tuple[Parameters, Callable[..., Any]]:
    shapes = {
        "w0": (32, 1, 3, 3), "b0": (32, 1, 1), "w1": (64, 32, 3, 3), "b1": (64, 1, 1),
        "w2": (1600, 10), "b2": (10,),
    }  # fmt: skip

    def forward(p: Parameters, x: Any) -> Any:
        for k in range(2):
            x = jax.nn.relu(_conv(jax, x, p[f"w{k}"]) + p[f"b{k}"])
            x = _max_pool(jax, x, 2, 2)
        return x.reshape(x.shape[0], -1) @ p["w2"] + p["b2"]

    return _parameters(shapes), forward


def _layer_norm(jax: Any, x: Any, w: Any, b: Any) -> Any:
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * w + b


def _gpt(jax: Any) -> tuple[Parameters, Callable[..., Any]]:
    layers, width, heads, words = 4, 128, 4, 65
    shapes: dict[str, tuple[int, ...]] = {"words": (words, width), "places": (1024, width)}
    for k in range(layers):
        for name, (before, after) in {
            "mixed": (1, 3), "out": (1, 1), "wide": (1, 4), "narrow": (4, 1)
        }.items():  # fmt: skip
            sizes = (before * width, after * width)
            shapes |= {f"{name}{k}": sizes, f"{name}{k}_b": sizes[1:]}
        shapes |= {f"{name}{k}": (width,) for name in ("n1w", "n1b", "n2w", "n2b")}
    shapes |= {"nw": (width,), "nb": (width,), "head": (width, words), "head_b": (words,)}

    def forward(p: Parameters, tokens: Any) -> Any:
        jnp = jax.numpy
        batch, length = tokens.shape
        x = p["words"][tokens] + p["places"][jnp.arange(length)]
        seen = jnp.tril(jnp.ones((length, length), bool))
        for k in range(layers):
            y = _layer_norm(jax, x, p[f"n1w{k}"], p[f"n1b{k}"]) @ p[f"mixed{k}"] + p[f"mixed{k}_b"]
            q, key, v = [
                part.reshape(batch, length, heads, -1).transpose(0, 2, 1, 3)
                for part in jnp.split(y, 3, -1)
            ]
            scores = q @ key.transpose(0, 1, 3, 2) / (width // heads) ** 0.5
            y = jax.nn.softmax(jnp.where(seen, scores, -jnp.inf), -1) @ v
            y = y.transpose(0, 2, 1, 3).reshape(batch, length, width)
            x = x + y @ p[f"out{k}"] + p[f"out{k}_b"]
            y = _layer_norm(jax, x, p[f"n2w{k}"], p[f"n2b{k}"]) @ p[f"wide{k}"] + p[f"wide{k}_b"]
            x = x + jax.nn.gelu(y, approximate=False) @ p[f"narrow{k}"] + p[f"narrow{k}_b"]
        return _layer_norm(jax, x, p["nw"], p["nb"]) @ p["head"] + p["head_b"]

    return _parameters(shapes), forward


def _resnet18(jax: Any) -> tuple[Parameters, Callable[..., Any]]:
    shapes: dict[str, tuple[int, ...]] = {"stem": (64, 3, 7, 7), "head": (512, 1000), "b": (1000,)}
    blocks: list[tuple[str, int]] = []
    before = 64
    for width, first in ((64, 1), (128, 2), (256, 2), (512, 2)):
        for stride in (first, 1):
            name = f"{width}_{stride}_{len(blocks)}"
            shapes |= {f"{name}a": (width, before, 3, 3), f"{name}b": (width, width, 3, 3)}
            if stride != 1 or before != width:
                shapes[f"{name}s"] = (width, before, 1, 1)
            blocks.append((name, stride))
            before = width
    for name, shape in list(shapes.items()):
        if len(shape) == 4:
            shapes |= {f"{name}w": (shape[0], 1, 1), f"{name}o": (shape[0], 1, 1)}

    def normed(p: Parameters, name: str, x: Any, stride: int, padding: int) -> Any:
        y = _conv(jax, x, p[name], stride, padding)
        mean, variance = y.mean((0, 2, 3), keepdims=True), y.var((0, 2, 3), keepdims=True)
        return (y - mean) * jax.lax.rsqrt(variance + 1e-5) * p[f"{name}w"] + p[f"{name}o"]

    def forward(p: Parameters, x: Any) -> Any:
        x = _max_pool(jax, jax.nn.relu(normed(p, "stem", x, 2, 3)), 3, 2, 1)
        for name, stride in blocks:
            y = jax.nn.relu(normed(p, f"{name}a", x, stride, 1))
            short = normed(p, f"{name}s", x, stride, 0) if f"{name}s" in p else x
            x = jax.nn.relu(normed(p, f"{name}b", y, 1, 1) + short)
        return x.mean((2, 3)) @ p["head"] + p["b"]

    return _parameters(shapes), forward


_STEPS: dict[str, tuple[Any, Any]] = {
    "step: MLP": (_mlp, _adam),
    "step: CNN": (_cnn, _sgd),
    "step: GPT": (_gpt, lambda jax, p: _adam(jax, p, 1e-2)),
    "forward and backward: ResNet": (_resnet18, None),
}


def jax_step(name: str) -> Call | None:
    """What runs the step that `name` begins with once, compiled by `jax.jit`; None for others."""
    start = next((start for start in _STEPS if name.startswith(start)), None)
    if start is None:
        return None
    jax: Any = importlib.import_module("jax")
    make, optimizer = _STEPS[start]
    parameters, forward = make(jax)
    x, y = [jax.numpy.asarray(a) for a in DATA[start]()]

    def loss_of(p: Parameters) -> Any:
        return _cross_entropy(forward(p, x), y)

    slopes_of = jax.value_and_grad(loss_of)
    if optimizer is None:
        compiled = jax.jit(slopes_of)
        return lambda: jax.block_until_ready(compiled(parameters))
    state, update = optimizer(jax, parameters)

    def step(state: Any, values: Any) -> Any:
        loss, slopes = slopes_of(values)
        return loss, *update(state, values, slopes)

    compiled = jax.jit(step, donate_argnums=(0, 1))
    now = [state, parameters]

    def call() -> None:
        loss, now[0], now[1] = compiled(*now)
        jax.block_until_ready(loss)

    return call
