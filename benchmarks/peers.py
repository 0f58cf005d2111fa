"""The libraries that are timed, each as what the workloads need of PyTorch's names."""

import importlib
import importlib.util
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import lazygrad as lg
from lazygrad import runtime

from .jax_steps import jax_step
from .steps import STEPS
from .tinygrad_steps import tinygrad_step
from .workloads import WORKLOADS, Workload

__all__ = ["Contender", "contenders"]

Call = Callable[[], object]


class Contender:
    """A library; `call` gives what computes a row once, or None where it has not what it needs."""

    def call(self, name: str) -> Call | None:
        raise NotImplementedError


def _gradients_of(lib: Any, work: Workload, tensors: list[Any]) -> Call:
    """Forward and backward from a gradient of ones, in PyTorch's way."""
    leaves = tensors[: work.gradients]
    for leaf in leaves:
        leaf.requires_grad_()

    def call() -> Any:
        for leaf in leaves:
            leaf.grad = None
        result = work.compute(lib, *tensors)
        result.backward(lib.ones_like(result))
        return [leaf.grad for leaf in leaves]

    return call


class _Torch(Contender):
    def __init__(self, compiled: bool = False) -> None:
        torch = importlib.import_module("torch")
        torch.set_num_threads(os.cpu_count() or 1)
        self.lib, self.compiled = torch, compiled

    def call(self, name: str) -> Call | None:
        if name in STEPS:
            return None if self.compiled else STEPS[name].make(self.lib)
        work = WORKLOADS[name]
        tensors = [self.lib.tensor(a) for a in work.arrays()]
        if work.gradients:
            return None if self.compiled else _gradients_of(self.lib, work, tensors)
        if self.compiled:
            compute = self.lib.compile(lambda *ts: work.compute(self.lib, *ts))
            return lambda: compute(*tensors)
        return lambda: work.compute(self.lib, *tensors)


class _TorchInto(_Torch):
    """Writes into memory that it is given, where there is a form that does."""

    def call(self, name: str) -> Call | None:
        work = WORKLOADS.get(name)
        if work is None or work.into is None:
            return None
        into, tensors = work.into, [self.lib.tensor(a) for a in work.arrays()]
        out = self.lib.empty_like(work.compute(self.lib, *tensors))
        return lambda: into(self.lib, out, *tensors)


class _Lazygrad(Contender):
    """Compiled with `lg.compile`."""

    def __init__(self, device: str) -> None:
        self.device = runtime.find_device(device)

    def call(self, name: str) -> Call | None:
        lg.set_default_device(self.device)
        if name in STEPS:
            compute = lg.compile(STEPS[name].make(lg))
        else:
            work = WORKLOADS[name]
            tensors = [lg.tensor(a) for a in work.arrays()]
            if work.gradients:
                compute = lg.compile(_gradients_of(lg, work, tensors))
            else:
                compiled = lg.compile(lambda *given: [work.compute(lg, *given)])
                compute = lambda: compiled(*tensors)  # noqa: E731

        def call() -> None:
            lg.set_default_device(self.device)
            lg.realize(*compute())
            self.device.synchronize()

        return call


class _Jax(Contender):
    """Compiled with `jax.jit`."""

    def __init__(self) -> None:
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        self.jax: Any = importlib.import_module("jax")
        self.lib = self._names()

    def _names(self) -> Any:
        jax, jnp = self.jax, self.jax.numpy

        def layer_norm(x: Any, shape: Any, w: Any, b: Any) -> Any:
            mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
            return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * w + b

        def conv2d(x: Any, w: Any, padding: int = 0, stride: int = 1, groups: int = 1) -> Any:
            return jax.lax.conv_general_dilated(
                x, w, (stride, stride), [(padding, padding)] * 2, feature_group_count=groups
            )

        def attention(q: Any, k: Any, v: Any) -> Any:
            scores = jnp.einsum("bhid,bhjd->bhij", q, k) / q.shape[-1] ** 0.5
            return jnp.einsum("bhij,bhjd->bhid", jax.nn.softmax(scores, -1), v)

        def nll(x: Any, y: Any) -> Any:
            return -jnp.take_along_axis(x, y[:, None], 1).mean()

        functional = SimpleNamespace(
            gelu=lambda x, approximate: jax.nn.gelu(x, approximate=approximate == "tanh"),
            layer_norm=layer_norm, conv2d=conv2d, scaled_dot_product_attention=attention,
            nll_loss=nll, embedding=lambda i, w: w[i],
        )  # fmt: skip
        key = jax.random.key(0)
        return SimpleNamespace(
            sigmoid=jax.nn.sigmoid, softmax=jax.nn.softmax, log_softmax=jax.nn.log_softmax,
            nn=SimpleNamespace(functional=functional),
            rand=lambda shape: jax.random.uniform(key, shape),
            randn=lambda shape: jax.random.normal(key, shape),
        )  # fmt: skip

    def call(self, name: str) -> Call | None:
        if name in STEPS:
            return jax_step(name)
        if name.startswith(("sort", "topk", "logsumexp", "copy")):
            return None  # other names than PyTorch's, or nothing to do
        work, jnp = WORKLOADS[name], self.jax.numpy
        arrays = [jnp.asarray(a) for a in work.arrays()]

        def compute(*tensors: Any) -> Any:
            return work.compute(self.lib, *tensors)

        def both(*tensors: Any) -> Any:
            leaves, rest = tensors[: work.gradients], tensors[work.gradients :]
            value, back = self.jax.vjp(lambda *ts: compute(*ts, *rest), *leaves)
            return back(jnp.ones_like(value))

        compiled = self.jax.jit(both if work.gradients else compute)
        return lambda: self.jax.block_until_ready(compiled(*arrays))


class _Tinygrad(Contender):
    """Compiled with `TinyJit`, on its default device; its gelu is the approximation by tanh."""

    def __init__(self) -> None:
        self.tinygrad: Any = importlib.import_module("tinygrad")
        functional = SimpleNamespace(
            gelu=lambda x, approximate: x.gelu(),
            layer_norm=lambda x, shape, w, b: x.layernorm() * w + b,
            conv2d=lambda x, w, padding=0, stride=1, groups=1: x.conv2d(
                w, padding=padding, stride=stride, groups=groups
            ),
            scaled_dot_product_attention=lambda q, k, v: q.scaled_dot_product_attention(k, v),
            nll_loss=lambda x, y: -x.gather(1, y.unsqueeze(1)).mean(),
        )
        self.lib = SimpleNamespace(
            sigmoid=lambda x: x.sigmoid(), softmax=lambda x, dim: x.softmax(dim),
            log_softmax=lambda x, dim: x.log_softmax(dim),
            nn=SimpleNamespace(functional=functional),
        )  # fmt: skip

    def call(self, name: str) -> Call | None:
        compute = tinygrad_step(name) if name in STEPS else self._workload(name)
        if compute is None:
            return None
        device = self.tinygrad.Device[self.tinygrad.Device.DEFAULT]

        def call() -> None:
            compute()
            device.synchronize()

        for _ in range(2):  # the second call records, the third replays
            call()
        return call

    def _workload(self, name: str) -> Call | None:
        if name.startswith(("sort", "topk", "embedding", "16 M", "copy", "cumsum")):
            return None  # takes minutes, or has other names
        work = WORKLOADS[name]
        tensors = [self.tinygrad.Tensor(a).realize() for a in work.arrays()]

        def compute(*given: Any) -> Any:
            result = work.compute(self.lib, *given)
            if not work.gradients:
                return result.realize()
            ones = self.tinygrad.Tensor.ones_like(result)
            return result.realize(*result.gradient(*given[: work.gradients], gradient=ones))

        jitted = self.tinygrad.TinyJit(compute)
        return lambda: jitted(*tensors)


def contenders(devices: list[str], peers: list[str]) -> dict[str, Contender]:
    """PyTorch, then lazygrad on each device, then those of the other libraries that are here."""
    makers: dict[str, Callable[[], Contender]] = {
        "torch": _Torch,
        "torch out=": _TorchInto,
        **{f"lazygrad {device}": lambda device=device: _Lazygrad(device) for device in devices},
        "torch.compile": lambda: _Torch(compiled=True),
        "jax": _Jax,
        "tinygrad": _Tinygrad,
    }
    chosen = {"torch", "torch out=", *peers}
    return {
        name: make()
        for name, make in makers.items()
        if name.startswith("lazygrad")
        or (name in chosen and importlib.util.find_spec(name.partition(" ")[0].partition(".")[0]))
    }
