"""python -m benchmarks.gpu [--only TEXT] [--small]

A GPU's kernels beside its limits: each row's time on the device, its share of copy bandwidth or
its rate of operations, and PyTorch's figure on the same card where PyTorch with CUDA is installed.
Values are compared with NumPy's first. A row that fails prints why, and the next one runs.
"""

import argparse
import functools
import statistics
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import lazygrad as lg
from lazygrad import nn, runtime
from lazygrad.nn import functional as F

try:
    import torch

    TORCH = torch if torch.cuda.is_available() else None
except ImportError:
    TORCH = None

_COPY = """
__kernel __attribute__((reqd_work_group_size(256, 1, 1)))
void probe(__global float4 *out, __global const float4 *x) {
  out[get_global_id(0)] = x[get_global_id(0)];
}
"""


@dataclass(frozen=True)
class Row:
    """`make` builds a call that asks for values; `peer` is the same with torch's tensors."""

    name: str
    make: Callable[[Any, Any], Callable[[], Any]]  # of a library and a source of its tensors
    floor_bytes: float = 0
    flops: float = 0


def device_seconds(call: Callable[[], object], rounds: int = 7) -> float:
    """The median over rounds of the time that a call's kernels take on the device."""
    for _ in range(2):
        call()
    found = []
    for _ in range(rounds):
        with runtime.profile() as records:
            call()
        found.append(sum(seconds for _name, seconds, _size in records))
    return statistics.median(found)


def torch_seconds(call: Callable[[], object], rounds: int = 7) -> float:
    """The same for torch, by events around each call."""
    assert TORCH is not None
    for _ in range(3):
        call()
    found = []
    for _ in range(rounds):
        begin, end = (TORCH.cuda.Event(enable_timing=True) for _ in range(2))
        TORCH.cuda._sleep(400_000)  # so that launches are queued when the first one runs
        begin.record()
        call()
        end.record()
        TORCH.cuda.synchronize()
        found.append(begin.elapsed_time(end) * 1e-3)
    return statistics.median(found)


@functools.cache
def copy_bandwidth(device: runtime.Device, moved: float) -> float:
    """Bytes a second of the plainest kernel that reads and writes so many in all."""
    count = -(-int(moved) // 8192) * 1024
    kernel = runtime.build(device, _COPY).kernel("probe")
    out, x = (runtime.allocate(device, 4 * count) for _ in range(2))
    runtime.write(x, np.ones(count, np.float32))
    seconds = device_seconds(lambda: runtime.launch(kernel, (count // 4,), (256,), [out, x]))
    return 8 * count / seconds


def _lg_source(dtype: str) -> Callable[..., Any]:
    return lambda *shape: lg.tensor(_numbers(shape)).to(getattr(lg, dtype))


def _torch_source(dtype: str) -> Callable[..., Any]:
    assert TORCH is not None
    return lambda *shape: TORCH.tensor(_numbers(shape), device="cuda").to(getattr(TORCH, dtype))


def _numbers(shape: tuple[int, ...]) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape, np.float32)


def _matmul(m: int, k: int, n: int, mine: str = "", other: str = "") -> Any:
    def make(lib: Any, new: Any) -> Callable[[], Any]:
        a = new(k, m).T if mine == "T" else new(m, k)
        b = new(n, k).T if other == "T" else new(k, n)
        return lambda: a @ b

    return make


def _unary(function: Callable[[Any, Any], Any], *shape: int) -> Any:
    def make(lib: Any, new: Any) -> Callable[[], Any]:
        x = new(*shape)
        return lambda: function(lib, x)

    return make


def _functional(lib: Any) -> Any:
    return lib.nn.functional


def _abc(lib: Any, new: Any) -> Callable[[], Any]:
    a, b, c = new(4096, 4096), new(4096, 4096), new(4096, 1)
    return lambda: a * b + c


def _conv(n: int, c: int, size: int, out: int) -> Any:
    def make(lib: Any, new: Any) -> Callable[[], Any]:
        x, w = new(n, c, size, size), new(out, c, 3, 3)
        return lambda: _functional(lib).conv2d(x, w, padding=1)

    return make


def _attention(lib: Any, new: Any) -> Callable[[], Any]:
    q, k, v = (new(8, 16, 1024, 64) for _ in range(3))

    def call() -> Any:
        return lib.softmax(q @ k.transpose(2, 3) * 0.125, -1) @ v

    return call


def rows(small: bool) -> list[tuple[str, Row]]:
    """(dtype, row)."""
    n = 512 if small else 4096
    word = 4.0 * n * n
    table = [
        Row("a*b+c 4096²", _abc, 3 * word),
        Row("gelu(x)*sigmoid(x)",
            _unary(lambda t, x: _functional(t).gelu(x) * t.sigmoid(x), n, n), 2 * word),
        Row("transpose copy", _unary(lambda t, x: x.T.contiguous() + 1, n, n), 2 * word),
        Row("sum", _unary(lambda t, x: x.sum(), n, n), word),
        Row("row sums", _unary(lambda t, x: x.sum(1), n, n), word),
        Row("column sums", _unary(lambda t, x: x.sum(0), n, n), word),
        Row("argmax rows", _unary(lambda t, x: x.argmax(1), n, n), word),
        Row("softmax", _unary(lambda t, x: t.softmax(x, 1), n, n), 2 * word),
        Row("layer_norm 1024",
            _unary(lambda t, x: _functional(t).layer_norm(x, (1024,)), n, n // 1024 or 1, 1024),
            2 * 4.0 * n * (n // 1024 or 1) * 1024),
        Row("layer_norm 4096", _unary(lambda t, x: _functional(t).layer_norm(x, (n,)), n, n),
            2 * word),
        Row("cumsum rows", _unary(lambda t, x: x.cumsum(1), n, n), 2 * word),
    ]  # fmt: skip
    for size in (256, 512) if small else (1024, 2048, 4096):
        table.append(Row(f"matmul {size}", _matmul(size, size, size), 0, 2.0 * size**3))
    size = 256 if small else 2048
    for mine, other in (("T", ""), ("", "T"), ("T", "T")):
        name = f"matmul {size} {mine or 'N'}{other or 'N'}"
        table.append(Row(name, _matmul(size, size, size, mine, other), 0, 2.0 * size**3))
    table += [
        Row("matmul 1000x777x333", _matmul(1000, 777, 333), 0, 2.0 * 1000 * 777 * 333),
        Row("matmul 64x1024x4096", _matmul(64, 1024, 4096), 0, 2.0 * 64 * 1024 * 4096),
        Row("matmul 1x4096x4096", _matmul(1, n, n), word, 2.0 * n * n),
    ]
    if not small:
        table += [
            Row("conv 3x3 32x64x56²->64", _conv(32, 64, 56, 64), 0,
                2.0 * 32 * 64 * 64 * 9 * 56 * 56),
            Row("conv 3x3 32x256x14²->256", _conv(32, 256, 14, 256), 0,
                2.0 * 32 * 256 * 256 * 9 * 14 * 14),
            Row("attention 8x16x1024x64", _attention, 0, 4.0 * 8 * 16 * 1024 * 1024 * 64),
        ]  # fmt: skip
    found = []
    for size in (256,) if small else (1024, 2048, 4096):
        half = Row(f"matmul {size}", _matmul(size, size, size), 0, 2.0 * size**3)
        found += [("float16", half), ("bfloat16", half)]
    return found + [("float32", row) for row in table]


def run_row(dtype: str, row: Row, device: runtime.Device) -> None:
    """Prints one line."""
    call = row.make(lg, _lg_source(dtype))
    begin = time.perf_counter()
    lg.realize(call())
    lg.cuda.synchronize() if lg.cuda.is_available() else None
    first = time.perf_counter() - begin
    seconds = device_seconds(lambda: lg.realize(call()))
    line = f"{dtype:9}{row.name:26}{seconds * 1e3:9.3f} ms"
    if row.floor_bytes:
        copied = row.floor_bytes / copy_bandwidth(device, row.floor_bytes)
        line += f" {100 * copied / seconds:6.1f} % of a copy of as many bytes"
    if row.flops:
        line += f" {row.flops / seconds * 1e-12:7.2f} TFLOP/s"
    if TORCH is not None:
        other = row.make(TORCH, _torch_source(dtype))
        ours, theirs = (np.asarray(x.float().cpu().numpy(), np.float64) for x in (call(), other()))
        scale = np.linalg.norm(theirs) or 1.0
        line += f"  error {np.linalg.norm(ours - theirs) / scale:.1e}"
        peer = torch_seconds(other)
        line += f"  torch {peer * 1e3:8.3f} ms, ratio {peer / seconds:5.2f}"
    print(line + f"  (first {first:.1f} s)", flush=True)


def spot_checks() -> None:
    """Odd sizes against NumPy in float64."""
    x, y = _numbers((133, 77)), _numbers((77, 91))
    a, b = lg.tensor(x), lg.tensor(y)
    wide = x.astype(np.float64)
    exps = np.exp(wide - wide.max(1, keepdims=True))
    checks: dict[str, tuple[Callable[[], Any], Any]] = {
        "matmul": (lambda: a @ b, wide @ y),
        "matmul, transposed": (lambda: b.T @ a.T, (wide @ y).T),
        "softmax": (lambda: lg.softmax(a, 1), exps / exps.sum(1, keepdims=True)),
        "row sums": (lambda: a.sum(1), wide.sum(1)),
        "column sums": (lambda: a.sum(0), wide.sum(0)),
        "sum": (lambda: a.sum(), wide.sum()),
        "argmax": (lambda: a.argmax(1), wide.argmax(1)),
        "map": (lambda: F.pad(a * 2 + a[:, :1], (1, 2)),
                np.pad(wide * 2 + wide[:, :1], ((0, 0), (1, 2)))),
        "cumsum": (lambda: a.cumsum(1), wide.cumsum(1)),
        "half": (lambda: (a.half() @ b.half()).float(), wide @ y),
    }  # fmt: skip
    for dtype in ("float16", "bfloat16"):
        checks |= _half_checks(getattr(lg, dtype), dtype, x, y)
    for name, (call, expected) in checks.items():
        try:
            error = np.abs(np.asarray(call().numpy(), np.float64) - expected).max()
            print(f"check {name:20} {'ok' if error < 0.1 else 'WRONG'} {error:.1e}", flush=True)
        except Exception:
            print(f"check {name:20} FAILED\n{traceback.format_exc(limit=3)[-900:]}", flush=True)


def _half_checks(dtype: Any, name: str, x: Any, y: Any) -> dict[str, tuple[Callable[[], Any], Any]]:
    """Matrix products in every layout, with sizes that fill vectors and odd ones, and a bias."""
    found: dict[str, tuple[Callable[[], Any], Any]] = {}
    for m, k, n in ((133, 77, 91), (256, 160, 192)):
        a, b = (lg.tensor(_numbers(s)).to(dtype) for s in ((m, k), (k, n)))
        ta, tb = (lg.tensor(_numbers(s)).to(dtype) for s in ((k, m), (n, k)))
        wide = {t: t.float().numpy().astype(np.float64) for t in (a, b, ta, tb)}
        calls = {
            "NN": (lambda a=a, b=b: a @ b, wide[a] @ wide[b]),
            "TN": (lambda a=ta, b=b: a.T @ b, wide[ta].T @ wide[b]),
            "NT": (lambda a=a, b=tb: a @ b.T, wide[a] @ wide[tb].T),
            "TT": (lambda a=ta, b=tb: F.relu(a.T @ b.T + b[0, 0]),
                   np.maximum(wide[ta].T @ wide[tb].T + wide[tb][0, 0], 0)),
        }  # fmt: skip
        for layout, (call, expected) in calls.items():
            found[f"{name} {m} {layout}"] = (lambda call=call: call().float(), expected)
    return found


def mlp_step() -> None:
    """A training step in whole milliseconds of wall time, launches included."""
    model = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))
    optimizer = lg.optim.SGD(model.parameters(), lr=0.01)
    x, y = lg.randn(128, 784), lg.randint(0, 10, (128,))

    @lg.compile
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    for _ in range(6):
        loss = step(x, y)
    loss.item()
    begin = time.perf_counter()
    for _ in range(50):
        loss = step(x, y)
    loss.item()
    print(f"MLP step, captured: {(time.perf_counter() - begin) / 50 * 1e3:.3f} ms of wall time")
    print(f"  of which kernels: {device_seconds(lambda: step(x, y)) * 1e3:.3f} ms")


def main() -> None:
    """Facts, checks, limits, rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="rows whose names hold this text")
    parser.add_argument("--small", action="store_true", help="sizes for simulated devices")
    parser.add_argument("--seconds", type=float, default=150, help="no row begins later")
    asked = parser.parse_args()
    begin = time.perf_counter()
    device = next((d for d in runtime.devices() if d.facts.kind == "gpu"), runtime.devices()[0])
    print(f"{device}\n{device.facts}")
    refusal = runtime.mma_refusal(device)
    print(f"matrix instructions: {refusal[:3000] or 'right'}", flush=True)
    if TORCH is not None:
        TORCH.backends.cuda.matmul.allow_tf32 = TORCH.backends.cudnn.allow_tf32 = False
        print(f"torch {TORCH.__version__} on {TORCH.cuda.get_device_name()}, TF32 off")
    spot_checks()
    for moved in (1 << 23, 1 << 26, 1 << 27, 1 << 29):
        speed = copy_bandwidth(device, moved) * 1e-9
        print(f"copy of {moved >> 20} MiB in all: {speed:.0f} GB/s, read and written")
    for dtype, row in rows(asked.small):
        if asked.only not in row.name or time.perf_counter() - begin > asked.seconds:
            continue
        try:
            run_row(dtype, row, device)
        except Exception:
            print(f"{dtype:9}{row.name:26} FAILED\n{traceback.format_exc(limit=4)[-1500:]}")
    try:
        mlp_step()
    except Exception:
        print(f"MLP step FAILED\n{traceback.format_exc(limit=4)[-1500:]}")


if __name__ == "__main__":
    main()
