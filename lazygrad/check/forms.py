"""Small programs that together use every form of kernel, with NumPy's values beside them.

Sizes are small enough for a simulator, odd enough that every loop has a rest.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import lazygrad as lg
from lazygrad.nn import functional as F

Array = np.ndarray[Any, Any]
Tensors = list[lg.Tensor]


@dataclass(frozen=True)
class Form:
    """A program: `compute` takes tensors of `arrays`, and gives tensors whose values `meaning`
    says, up to `tolerance` (relative, and absolute in units of the largest value)."""

    name: str
    arrays: tuple[Array, ...]
    compute: Callable[..., Tensors]
    meaning: Callable[..., list[Array]]
    tolerance: float = 1e-5

    def run(self, device: str) -> Tensors:
        """The program's tensors, pending, on `device`."""
        return self.compute(*(lg.tensor(a, device=device) for a in self.arrays))

    def wrong(self, results: list[Array]) -> str:
        """What differs from the meaning; "" if nothing does."""
        with np.errstate(all="ignore"):
            wanted = self.meaning(*self.arrays)
        for k, (got, want) in enumerate(zip(results, wanted, strict=True)):
            if got.shape != want.shape:
                return f"{self.name}: value {k} has shape {got.shape}, expected {want.shape}"
            exact = got.dtype.kind != "f"
            scale = 1.0 if exact or want.size == 0 else float(np.max(np.abs(want), initial=1.0))
            tolerance = 0.0 if exact else self.tolerance
            close = np.isclose(got, want, tolerance, tolerance * scale, equal_nan=True)
            if not close.all():
                at = tuple(int(i) for i in np.argwhere(~close)[0])
                return f"{self.name}: value {k} at {at} is {got[at]}, expected {want[at]}"
        return ""


_random = np.random.default_rng(20)


def _f32(*shape: int) -> Array:
    return _random.standard_normal(shape).astype(np.float32)


def _ints(high: int, *shape: int) -> Array:
    return _random.integers(0, high, shape)


def _softmax(x: Array) -> Array:
    e = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))


def _windows(x: Array, size: int, step: int = 1) -> Array:
    view = np.lib.stride_tricks.sliding_window_view(x, (size, size), (2, 3))
    return np.asarray(view[:, :, ::step, ::step])


def _convolution(x: Array, w: Array, pad: int, step: int) -> Array:
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    return np.asarray(np.einsum("bcijkl,ockl->boij", _windows(padded, w.shape[2], step), w))


def _gradients(loss: lg.Tensor, *of: lg.Tensor) -> Tensors:
    return list(lg.autograd.grad(loss, of))


def _training(x: lg.Tensor, w: lg.Tensor, b: lg.Tensor) -> Tensors:
    w, b = w.requires_grad_(), b.requires_grad_()
    return _gradients(((x @ w + b).tanh() ** 2).sum(), w, b)


def _training_meaning(x: Array, w: Array, b: Array) -> list[Array]:
    y = np.tanh(x @ w + b)
    g = 2 * y * (1 - y * y)
    return [x.T @ g, g.sum(0)]


def _convolution_gradients(x: lg.Tensor, w: lg.Tensor) -> Tensors:
    x, w = x.requires_grad_(), w.requires_grad_()
    return _gradients(F.conv2d(x, w, padding=1, stride=2).sum(), x, w)


def _convolution_gradients_meaning(x: Array, w: Array) -> list[Array]:
    padded = np.zeros((*x.shape[:2], x.shape[2] + 2, x.shape[3] + 2), np.float64)
    dx = np.zeros_like(padded)
    padded[:, :, 1:-1, 1:-1] = x
    rows, columns = ((n - w.shape[2]) // 2 + 1 for n in padded.shape[2:])
    dw = np.zeros(w.shape)
    for i in range(rows):
        for j in range(columns):
            at = (slice(None), slice(None), slice(2 * i, 2 * i + 3), slice(2 * j, 2 * j + 3))
            dx[at] += w.sum(0)
            dw += padded[at].sum(0)
    return [dx[:, :, 1:-1, 1:-1], dw]


def _written(x: lg.Tensor, y: lg.Tensor) -> Tensors:
    x = x.clone()
    x[2:9, ::3] = y
    x[:, 1] *= 2
    return [x, x.flip(0).roll(3, 1)]


def _written_meaning(x: Array, y: Array) -> list[Array]:
    x = x.copy()
    x[2:9, ::3] = y
    x[:, 1] *= 2
    return [x, np.roll(x[::-1], 3, 1)]


def _long_sums(x: lg.Tensor) -> Tensors:
    return [x.sum(), x.mean(0), x.amax(1), x.argmax(1), x.prod(1)]


def _long_sums_meaning(x: Array) -> list[Array]:
    wide = x.astype(np.float64)
    return [wide.sum(), wide.mean(0), wide.max(1), wide.argmax(1), wide.prod(1)]


def _dropped(x: lg.Tensor) -> Tensors:
    kept = F.dropout(x, 0.5)
    return [((kept == 0) | (kept == 2 * x)).all()]


def forms() -> Iterator[Form]:
    """All of them."""
    x, y = _f32(13, 37), _f32(13, 37)
    yield Form(
        "map", (x, y, _f32(37)), lambda x, y, b: [(x * y + b).tanh() * x.sigmoid()],
        lambda x, y, b: [np.tanh(x * y + b) / (1 + np.exp(-x))],
    )  # fmt: skip
    yield Form("transposed copy", (x,), lambda x: [x.T.contiguous()], lambda x: [x.T])
    yield Form(
        "integers", (_ints(1000, 41) - 500, _ints(7, 41) - 3),
        lambda a, b: [a // b, a % b, (a << 3) ^ b, a.float()],
        lambda a, b: [
            np.where(b == 0, 0, a // np.where(b == 0, 1, b)),
            np.where(b == 0, 0, a % np.where(b == 0, 1, b)), (a << 3) ^ b, a.astype(np.float32),
        ],
    )  # fmt: skip
    yield Form(
        "masks", (x, y), lambda x, y: [(x > y) & ~(x > 0), lg.where(x > y, x, y)],
        lambda x, y: [(x > y) & ~(x > 0), np.maximum(x, y)],
    )  # fmt: skip
    halves = _f32(70).astype(np.float16)
    yield Form(
        "halves", (halves,), lambda h: [h.exp().float(), h.bfloat16().float() * 0],
        lambda h: [np.exp(h.astype(np.float32)).astype(np.float16), h * np.float32(0)], 1e-3,
    )  # fmt: skip
    yield Form(
        "doubles", (x.astype(np.float64),), lambda x: [x.exp().sum(1), x @ x.T],
        lambda x: [np.exp(x).sum(1), x @ x.T], 1e-13,
    )  # fmt: skip
    yield Form(
        "padded", (x,), lambda x: [F.pad(x, (2, 1, 3, 0)).exp()],
        lambda x: [np.exp(np.pad(x, ((3, 0), (2, 1))))],
    )  # fmt: skip
    yield Form(
        "rows", (x,), lambda x: [x.softmax(-1), F.layer_norm(x, (37,)), x.logsumexp(1)],
        lambda x: [
            _softmax(x), (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5),
            np.log(np.exp(x).sum(1)),
        ],
    )  # fmt: skip
    yield Form(
        "columns", (x,), lambda x: [x.sum(0), x.argmin(0), (x * x).mean(0)],
        lambda x: [x.sum(0), x.argmin(0), (x * x).mean(0)],
    )  # fmt: skip
    yield Form("two stages", (_f32(3, 9000),), _long_sums, _long_sums_meaning)
    yield Form(
        "product", (_f32(33, 65), _f32(65, 47), _f32(47)), lambda a, b, c: [(a @ b + c).relu()],
        lambda a, b, c: [np.maximum(a @ b + c, 0)],
    )  # fmt: skip
    yield Form(
        "products", (_f32(3, 5, 18), _f32(3, 18, 21), _f32(18)),
        lambda a, b, v: [a @ b, a.transpose(1, 2) @ (b @ b.transpose(1, 2))[:, :5], a @ v],
        lambda a, b, v: [
            a @ b, a.transpose(0, 2, 1) @ (b @ b.transpose(0, 2, 1))[:, :5], a @ v,
        ],
    )  # fmt: skip
    yield Form(
        "integer product", (_ints(9, 6, 11), _ints(9, 11, 5)), lambda a, b: [a @ b],
        lambda a, b: [a @ b],
    )  # fmt: skip
    yield Form("training", (_f32(19, 23), _f32(23, 17), _f32(17)), _training, _training_meaning)
    image, weight = _f32(2, 3, 9, 11), _f32(5, 3, 3, 3)
    yield Form(
        "convolution", (image, weight),
        lambda x, w: [F.conv2d(x, w, padding=1), F.conv2d(x, w, stride=2)],
        lambda x, w: [_convolution(x, w, 1, 1), _convolution(x, w, 0, 2)],
    )  # fmt: skip
    yield Form(
        "convolution's gradients", (image, weight), _convolution_gradients,
        _convolution_gradients_meaning,
    )  # fmt: skip
    yield Form(
        "pooling", (image,), lambda x: [F.max_pool2d(x, 3, 2), F.avg_pool2d(x, 2)],
        lambda x: [_windows(x, 3, 2).max((4, 5)), _windows(x, 2, 2).mean((4, 5))],
    )  # fmt: skip
    table, places = _f32(31, 12), _ints(31, 7, 4)
    yield Form(
        "lookup", (table, places),
        lambda t, i: [F.embedding(i, t), t.gather(0, i[:, :1].expand(7, 12)), t.T[:, i[0]]],
        lambda t, i: [t[i], t[i[:, 0]], t.T[:, i[0]]],
    )  # fmt: skip
    yield Form(
        "scatter", (table, _ints(5, 31)),
        lambda t, i: [lg.zeros(5, 12, device=t.device).index_add_(0, i, t)],
        lambda t, i: [np.stack([t[i == k].sum(0) for k in range(5)])],
    )  # fmt: skip
    yield Form(
        "scan", (x,), lambda x: [x.cumsum(1), x.cumsum(0), x.cummax(1).values],
        lambda x: [x.cumsum(1), x.cumsum(0), np.maximum.accumulate(x, 1)],
    )  # fmt: skip
    yield Form(
        "sort", (x,), lambda x: [x.sort(1).values, x.argsort(0), x.topk(3, 1).values],
        lambda x: [np.sort(x, 1), x.argsort(0, kind="stable"), -np.sort(-x, 1)[:, :3]],
    )  # fmt: skip
    yield Form("slices written", (_f32(11, 14), _f32(7, 5)), _written, _written_meaning)
    yield Form("random", (x,), _dropped, lambda x: [np.array(True)])
