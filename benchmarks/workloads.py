"""What is timed: one row of the table each, in PyTorch's names.

lazygrad and PyTorch run the same text, which is the point of both; `peers` lets others run it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["WORKLOADS", "Limit", "Workload", "array"]

RNG = np.random.default_rng(0)


@dataclass(frozen=True)
class Limit:
    """What the device could do at best: operations or bytes over a measured rate.

    Attributes:
        kind: "fma" (operations), "read" or "copy" (bytes).
        amount: how many of them one call needs.
        share: the part of the rate that the workload should reach; 0: only shown.
    """

    kind: str
    amount: float
    share: float = 0.0


@dataclass(frozen=True)
class Workload:
    """`compute(library, *tensors)` of random float32 arrays of these shapes.

    Attributes:
        arrays: makes the arguments anew.
        compute: of a library in PyTorch's names and the arguments.
        target: how many times as fast as PyTorch's allocating call it should be.
        limit: of the device.
        into: PyTorch's form that writes into memory it is given, where there is one.
        gradients: how many of the first arguments get one; 0: forward only.
        over: how many times as fast as a peer it should be, where not just as fast.
        target_into: how many times as fast as PyTorch's `into` it should be; 0: only shown.
    """

    arrays: Callable[[], list[Any]]
    compute: Callable[..., Any]
    target: float
    limit: Limit | None = None
    into: Callable[..., Any] | None = None
    gradients: int = 0
    over: Mapping[str, float] = field(default_factory=dict)
    target_into: float = 0.0


def array(*shape: int) -> Any:
    return RNG.normal(size=shape).astype(np.float32)


def _arrays(*shapes: Sequence[int]) -> Callable[[], list[Any]]:
    return lambda: [array(*shape) for shape in shapes]


# matrix products


def _matmul(m: int, k: int, n: int, kind: str = "", share: float = 0.0) -> Workload:
    """`kind` holds a t for each operand that is stored transposed, in order: "tn", "nt", "tt"."""
    a, b = (k, m) if kind[:1] == "t" else (m, k), (n, k) if kind[1:] == "t" else (k, n)

    def product(lib: Any, x: Any, y: Any) -> Any:
        return (x.T if kind[:1] == "t" else x) @ (y.T if kind[1:] == "t" else y)

    def into(lib: Any, out: Any, x: Any, y: Any) -> Any:
        return lib.mm(x.T if kind[:1] == "t" else x, y.T if kind[1:] == "t" else y, out=out)

    return Workload(_arrays(a, b), product, 1.0, Limit("fma", 2 * m * k * n, share), into)


_MATMULS = {
    "matmul 256": _matmul(256, 256, 256), "matmul 512": _matmul(512, 512, 512),
    "matmul 1024": _matmul(1024, 1024, 1024, share=0.8),
    "matmul 2048": _matmul(2048, 2048, 2048, share=0.8),
    "matmul 1000x777x333": _matmul(1000, 777, 333),
    "matmul 1024, A transposed": _matmul(1024, 1024, 1024, "tn"),
    "matmul 1024, B transposed": _matmul(1024, 1024, 1024, "nt"),
    "matmul 1024, both transposed": _matmul(1024, 1024, 1024, "tt"),
    "matmul 32 x 128x64x128": Workload(
        _arrays((32, 128, 64), (32, 64, 128)), lambda lib, a, b: a @ b, 1.0,
        Limit("fma", 2 * 32 * 128 * 64 * 128), lambda lib, out, a, b: lib.bmm(a, b, out=out),
    ),
    "matmul 64x1024x4096": _matmul(64, 1024, 4096),
    "matmul 1x4096x4096": Workload(
        _arrays((1, 4096), (4096, 4096)), lambda lib, a, b: a @ b, 1.0,
        Limit("read", 4 * 4096 * 4096, 0.85), lambda lib, out, a, b: lib.mm(a, b, out=out),
    ),
}  # fmt: skip

# elementwise

_SQUARE, _LONG, _ROW = (4096, 4096), (1 << 24,), (4096,)
_MOVED = 4 << 24  # bytes of 16 M numbers


def _gelu(approximate: str) -> Workload:
    def compute(lib: Any, x: Any, w: Any, b: Any) -> Any:
        y = x * w + b
        return lib.nn.functional.gelu(y, approximate=approximate) * lib.sigmoid(x)

    return Workload(
        _arrays(_SQUARE, _ROW, _ROW), compute, 10.0, Limit("copy", 2 * _MOVED),
        over={"torch.compile": 3.0, "jax": 2.0},
    )  # fmt: skip


_ELEMENTWISE = {
    "gelu(x*w+b)*sigmoid(x), erf, 16 M": _gelu("none"),
    "gelu(x*w+b)*sigmoid(x), tanh, 16 M": _gelu("tanh"),
    "a*b+c with broadcast, 16 M": Workload(
        _arrays(_SQUARE, _ROW, (4096, 1)), lambda lib, a, b, c: a * b + c, 3.0,
        Limit("copy", 2 * _MOVED, 0.85), lambda lib, out, a, b, c: lib.addcmul(c, a, b, out=out),
        target_into=0.95,
    ),
    "-x, 16 M": Workload(  # a copy would be one only for PyTorch: equal values share memory here
        _arrays(_LONG), lambda lib, x: -x, 3.0, Limit("copy", 2 * _MOVED, 0.85),
        lambda lib, out, x: lib.neg(x, out=out),
    ),
}  # fmt: skip

# rows, columns, everything


def _reduced(
    compute: Callable[..., Any], target: float, share: float = 0.0, into: Any = None
) -> Workload:
    return Workload(_arrays(_SQUARE), compute, target, Limit("read", _MOVED, share), into)


def _loss(lib: Any, x: Any, y: Any) -> Any:
    return lib.nn.functional.nll_loss(lib.log_softmax(x, 1), y)


def _logits() -> list[Any]:
    return [array(*_SQUARE), RNG.integers(0, 4096, 4096)]


def _layer_norm(lib: Any, x: Any, w: Any, b: Any) -> Any:
    return lib.nn.functional.layer_norm(x, (1024,), w, b)


_NORMED = _arrays((4096, 1024), (1024,), (1024,))

_ROWS = {
    "sum 4096x4096": _reduced(lambda lib, x: x.sum(), 0.9, 0.85),
    "row sums 4096x4096": _reduced(lambda lib, x: x.sum(1), 0.9),
    "column sums 4096x4096": _reduced(lambda lib, x: x.sum(0), 1.5),
    "max 4096x4096": _reduced(lambda lib, x: x.max(), 1.0, 0.85),
    "argmax of rows 4096x4096": _reduced(lambda lib, x: x.argmax(1), 3.0),
    "softmax 4096x4096": Workload(
        _arrays(_SQUARE), lambda lib, x: lib.softmax(x, 1), 3.0, Limit("copy", 2 * _MOVED),
        lambda lib, out, x: lib.softmax(x, 1, out=out), target_into=1.3,
    ),
    "log_softmax + nll 4096x4096": Workload(_logits, _loss, 3.0, Limit("read", _MOVED)),
    "softmax, forward and backward": Workload(
        _arrays(_SQUARE), lambda lib, x: lib.softmax(x, 1), 2.5, gradients=1
    ),
    "log_softmax + nll, forward and backward": Workload(_logits, _loss, 2.5, gradients=1),
    "layer_norm 4096x1024": Workload(_NORMED, _layer_norm, 1.0, Limit("copy", 8 << 22)),
    "layer_norm, forward and backward": Workload(_NORMED, _layer_norm, 1.2, gradients=3),
    "logsumexp 4096x4096": _reduced(lambda lib, x: x.logsumexp(1), 5.0),
}  # fmt: skip

# irregular


def _embedding() -> list[Any]:
    return [array(10000, 256), RNG.integers(0, 10000, 8192)]


_IRREGULAR = {
    "cumsum of rows 4096x4096": Workload(
        _arrays(_SQUARE), lambda lib, x: x.cumsum(1), 3.0, Limit("copy", 2 * _MOVED),
        lambda lib, out, x: lib.cumsum(x, 1, out=out),
    ),
    "sort, 1 M": Workload(_arrays((1 << 20,)), lambda lib, x: x.sort()[0], 0.7),
    "topk 64 of rows 1024x8192": Workload(
        _arrays((1024, 8192)), lambda lib, x: x.topk(64, 1)[0], 1.0
    ),
    "embedding 8192 of 10000x256, forward and backward": Workload(
        _embedding, lambda lib, w, i: lib.nn.functional.embedding(i, w), 1.3, gradients=1,
        over={"jax": 0.0},
    ),
    "16 M uniform random numbers": Workload(
        list, lambda lib: lib.rand(_LONG), 4.0, into=lambda lib, out: out.uniform_()
    ),
    "16 M normal random numbers": Workload(
        list, lambda lib: lib.randn(_LONG), 4.0, into=lambda lib, out: out.normal_()
    ),
}  # fmt: skip

# convolution and attention


def _conv(
    x: tuple[int, int, int, int], out: int, size: int, target: float, gradients: int = 0,
    **more: int,
) -> Workload:  # fmt: skip
    batch, channels, height, width = x
    stride = more.get("stride", 1)
    taps = out * channels // more.get("groups", 1) * size * size
    pixels = batch * (height // stride) * (width // stride)
    weight = (out, channels // more.get("groups", 1), size, size)

    def compute(lib: Any, x: Any, w: Any) -> Any:
        return lib.nn.functional.conv2d(x, w, padding=size // 2, **more)

    operations = 2 * taps * pixels * (3 if gradients else 1)
    return Workload(
        _arrays(x, weight), compute, target, Limit("fma", operations), gradients=gradients
    )


_HEADS = (4, 8, 512, 64)
_SCORES = 2 * 2 * 4 * 8 * 512 * 512 * 64  # operations of the two products


def _attention(lib: Any, q: Any, k: Any, v: Any) -> Any:
    return lib.nn.functional.scaled_dot_product_attention(q, k, v)


_LAYERS = {
    "conv 3x3 8x64x56x56 -> 64": _conv((8, 64, 56, 56), 64, 3, 1.0),
    "conv 3x3 8x256x14x14 -> 256": _conv((8, 256, 14, 14), 256, 3, 0.9),
    "conv 7x7 s2 1x3x224x224 -> 64": _conv((1, 3, 224, 224), 64, 7, 1.0, stride=2),
    "conv 1x1 8x256x28x28 -> 64": _conv((8, 256, 28, 28), 64, 1, 1.0),
    "conv depthwise 3x3 8x128x56x56": _conv((8, 128, 56, 56), 128, 3, 1.0, groups=128),
    "conv 3x3 16x32x28x28, forward and backward": _conv((16, 32, 28, 28), 32, 3, 1.0, 2),
    "attention 4x8x512x64": Workload(
        _arrays(_HEADS, _HEADS, _HEADS), _attention, 1.1, Limit("fma", _SCORES)
    ),
    "attention, forward and backward": Workload(
        _arrays(_HEADS, _HEADS, _HEADS), _attention, 1.2, Limit("fma", 3.5 * _SCORES), gradients=3
    ),
}  # fmt: skip

WORKLOADS = {**_MATMULS, **_ELEMENTWISE, **_ROWS, **_IRREGULAR, **_LAYERS}
