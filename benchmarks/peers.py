"""The other libraries, each as what the workloads need of PyTorch's names."""

import importlib.util
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import lazygrad as lg
from lazygrad import runtime

from .workloads import STEPS, WORKLOADS

__all__ = ["Contender", "contenders"]

Call = Callable[[], object]


class Contender:
    """A library; `call` gives what computes a workload once, or None where it has not what it
    needs."""

    def call(self, name: str) -> Call | None:
        raise NotImplementedError


class _Torch(Contender):
    def __init__(self) -> None:
        import torch

        torch.set_num_threads(os.cpu_count() or 1)
        self.lib: Any = torch

    def call(self, name: str) -> Call | None:
        if name in STEPS:
            return STEPS[name](self.lib)
        work = WORKLOADS[name]
        tensors = [self.lib.tensor(a) for a in work.arrays()]
        return lambda: work.compute(self.lib, *tensors)


class _Lazygrad(Contender):
    def __init__(self, device: str) -> None:
        self.device = runtime.find_device(device)

    def call(self, name: str) -> Call | None:
        lg.set_default_device(self.device)
        if name in STEPS:
            compute = STEPS[name](lg)
        else:
            work = WORKLOADS[name]
            tensors = [lg.tensor(a) for a in work.arrays()]

            def compute() -> Any:
                return work.compute(lg, *tensors)

        def call() -> None:
            lg.set_default_device(self.device)
            lg.realize(compute())
            self.device.synchronize()

        return call


class _Jax(Contender):
    """Compiled with `jax.jit`."""

    def __init__(self) -> None:
        os.environ.setdefault("JAX_PLATFORMS", "cpu")
        import jax
        import jax.numpy as jnp

        def layer_norm(x: Any, shape: Any) -> Any:
            mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
            return (x - mean) * jax.lax.rsqrt(variance + 1e-5)

        def conv2d(x: Any, w: Any, padding: int = 0) -> Any:
            return jax.lax.conv_general_dilated(x, w, (1, 1), [(padding, padding)] * 2)

        def attention(q: Any, k: Any, v: Any) -> Any:
            scores = jnp.einsum("bhid,bhjd->bhij", q, k) / q.shape[-1] ** 0.5
            return jnp.einsum("bhij,bhjd->bhid", jax.nn.softmax(scores, -1), v)

        functional = SimpleNamespace(
            gelu=lambda x: jax.nn.gelu(x, approximate=False), layer_norm=layer_norm,
            conv2d=conv2d, scaled_dot_product_attention=attention,
        )  # fmt: skip
        self.lib = SimpleNamespace(
            sigmoid=jax.nn.sigmoid, softmax=jax.nn.softmax,
            nn=SimpleNamespace(functional=functional),
        )  # fmt: skip
        self.jax = jax

    def call(self, name: str) -> Call | None:
        if name in STEPS:
            return None
        work = WORKLOADS[name]
        arrays = [self.jax.numpy.asarray(a) for a in work.arrays()]
        compiled = self.jax.jit(lambda *tensors: work.compute(self.lib, *tensors))
        return lambda: self.jax.block_until_ready(compiled(*arrays))


class _Tinygrad(Contender):
    """Compiled with `TinyJit`, on its default device; its gelu is the approximation by tanh."""

    def __init__(self) -> None:
        import tinygrad

        functional = SimpleNamespace(
            gelu=lambda x: x.gelu(), layer_norm=lambda x, shape: x.layernorm(),
            conv2d=lambda x, w, padding=0: x.conv2d(w, padding=padding),
            scaled_dot_product_attention=lambda q, k, v: q.scaled_dot_product_attention(k, v),
        )  # fmt: skip
        self.lib = SimpleNamespace(
            sigmoid=lambda x: x.sigmoid(), softmax=lambda x, dim: x.softmax(dim),
            nn=SimpleNamespace(functional=functional),
        )  # fmt: skip
        self.tinygrad = tinygrad

    def call(self, name: str) -> Call | None:
        if name in STEPS:
            return None
        work = WORKLOADS[name]
        tensors = [self.tinygrad.Tensor(a).realize() for a in work.arrays()]
        jitted = self.tinygrad.TinyJit(lambda *ts: work.compute(self.lib, *ts).realize())
        device = self.tinygrad.Device[self.tinygrad.Device.DEFAULT]

        def call() -> None:
            jitted(*tensors)
            device.synchronize()

        for _ in range(2):  # the second call records, the third replays
            call()
        return call


def contenders(devices: list[str]) -> dict[str, Contender]:
    """PyTorch, JAX and tinygrad where they are installed, and lazygrad on each device."""
    makers: dict[str, Callable[[], Contender]] = {
        "torch": _Torch, "jax": _Jax, "tinygrad": _Tinygrad
    }  # fmt: skip
    found = {
        name: make() for name, make in makers.items() if importlib.util.find_spec(name) is not None
    }
    return found | {f"lazygrad {device}": _Lazygrad(device) for device in devices}
