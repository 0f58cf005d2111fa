"""python -m benchmarks.choices [--device pocl] [--only TEXT] [--most N] [--quick] [--keep FILE]

How good the cost model's choice is: for shapes that no constant was fitted to, the kernels of up
to 50 legal schedules timed on the device, and the model's beside the best of them. With `--keep`
times go into a file, and those that are there are not taken again: a run may be done in parts, and
a changed model is judged by the times of before, but for kernels whose new choice has none.
"""

import argparse
import json
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import lazygrad as lg
from lazygrad import runtime
from lazygrad.codegen.structure import structure
from lazygrad.codegen.tunable import Tunable, tunables
from lazygrad.execution import limits_of
from lazygrad.pending import ready
from lazygrad.runtime.folders import replace_file
from lazygrad.tuning_search import some, timed

__all__ = ["SHAPES"]

Shape = tuple[int, ...]
Make = Callable[[], Any]
GOOD = 1.3  # times the best of the candidates


def _zeros(*shape: int) -> Any:
    return lg.tensor(np.zeros(shape, np.float32))


def _product(a: Shape, b: Shape, turned: str = "") -> Make:
    def make() -> Any:
        x, y = _zeros(*a), _zeros(*b)
        return (x.mT if "a" in turned else x) @ (y.mT if "b" in turned else y)

    return make


def _convolution(x: Shape, w: Shape, **settings: Any) -> Make:
    return lambda: lg.nn.functional.conv2d(_zeros(*x), _zeros(*w), **settings)


def _of(compute: Callable[[Any], Any], *shape: int) -> Make:
    return lambda: compute(_zeros(*shape))


def _products() -> Iterator[tuple[str, Make]]:
    for n in (96, 320, 448, 640, 900, 1152):
        yield f"matmul {n} square", _product((n, n), (n, n))
    for m, k, n in (
        (8, 768, 3072), (24, 2048, 512), (48, 1536, 1536), (3000, 48, 700), (2500, 700, 40),
        (513, 255, 129), (777, 311, 1001), (1, 3000, 2000), (2000, 3000, 1), (100, 20000, 100),
    ):  # fmt: skip
        yield f"matmul {m}x{k}x{n}", _product((m, k), (k, n))
    for n in (384, 800):
        yield f"matmul At B {n}", _product((n, n), (n, n), "a")
        yield f"matmul A Bt {n}", _product((n, n), (n, n), "b")
        yield f"matmul At Bt {n}", _product((n, n), (n, n), "ab")
    yield "matmul At B 3000x64x200", _product((3000, 64), (3000, 200), "a")
    yield "matmul A Bt 96x1200x2500", _product((96, 1200), (2500, 1200), "b")
    for batch, m, k, n in ((48, 96, 48, 96), (12, 300, 64, 300), (6, 200, 200, 33)):
        yield f"matmul {batch} of {m}x{k}x{n}", _product((batch, m, k), (batch, k, n))
    yield "matmul 24 of 128x64x128 A Bt", _product((24, 128, 64), (24, 128, 64), "b")


def _convolutions() -> Iterator[tuple[str, Make]]:
    for x, w, settings in (
        ((4, 96, 28, 28), (128, 96, 1, 1), {}),
        ((2, 512, 14, 14), (128, 512, 1, 1), {}),
        ((4, 48, 56, 56), (96, 48, 1, 1), {"stride": 2}),
        ((4, 32, 56, 56), (32, 32, 3, 3), {"padding": 1}),
        ((4, 128, 28, 28), (96, 128, 3, 3), {"padding": 1}),
        ((2, 320, 7, 7), (320, 320, 3, 3), {"padding": 1}),
        ((3, 24, 31, 31), (40, 24, 3, 3), {}),
        ((4, 64, 56, 56), (128, 64, 3, 3), {"padding": 1, "stride": 2}),
        ((2, 3, 112, 112), (32, 3, 7, 7), {"padding": 3, "stride": 2}),
        ((2, 3, 96, 96), (64, 3, 5, 5), {"padding": 2}),
        ((4, 96, 28, 28), (96, 24, 3, 3), {"padding": 1, "groups": 4}),
        ((4, 96, 28, 28), (96, 1, 3, 3), {"padding": 1, "groups": 96}),
        ((2, 48, 57, 57), (48, 1, 5, 5), {"padding": 2, "groups": 48, "stride": 2}),
    ):  # fmt: skip
        told = " ".join(f"{name} {value}" for name, value in settings.items())
        name = f"conv {'x'.join(map(str, x))} by {'x'.join(map(str, w))} {told}".strip()
        yield name, _convolution(x, w, **settings)


def _loops() -> Iterator[tuple[str, Make]]:
    rows = ((3000, 1000), (100000, 24), (24, 100000), (5000, 77))
    for n, m in rows:
        yield f"row sums {n}x{m}", _of(lambda x: x.sum(1), n, m)
        yield f"column sums {n}x{m}", _of(lambda x: x.sum(0), n, m)
    for n, m in ((2000, 1500), (20000, 64), (300, 9000)):
        yield f"softmax {n}x{m}", _of(lambda x: lg.softmax(x, 1), n, m)
    yield "column max 2500x900", lambda: _zeros(2500, 900).amax(0)
    yield "variance of rows 3000x700", lambda: _zeros(3000, 700).var(1)
    yield "softmax of columns 900x800", lambda: lg.softmax(_zeros(900, 800), 0)
    yield "sum of the middle 40x300x200", lambda: _zeros(40, 300, 200).sum(1)
    yield "sum of all 1234567", lambda: _zeros(1234567).sum()
    yield "sum of ends 64x300x200", lambda: _zeros(64, 300, 200).sum((0, 2))
    yield "map 3000x1111", lambda: (_zeros(3000, 1111) * 2 + _zeros(1111)).tanh()
    yield "transposed sum 1500x1100", lambda: _zeros(1500, 1100).mT + _zeros(1100, 1500)


SHAPES: dict[str, Make] = {
    name: make for part in (_products, _convolutions, _loops) for name, make in part()
}


class Times:
    """Seconds of schedules by kernel, in a file if there is one; a kernel's are taken together."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._kept: dict[str, dict[str, float]] = {}
        if path is not None and path.exists():
            self._kept = json.loads(path.read_text())

    def of(self, kernel: Tunable, device: runtime.Device, most: int) -> dict[str, float]:
        """By schedule, the model's among them."""
        kept = self._kept.get(kernel.key, {})
        if str(kernel.choices[0]) not in kept:
            found = timed(kernel, some(kernel.choices, most), device)
            kept = self._kept[kernel.key] = {str(one.choice): one.seconds for one in found}
            if self._path is not None:
                replace_file(self._path, json.dumps(self._kept).encode())
        return kept


def compare(name: str, device: runtime.Device, times: Times, most: int) -> float:
    """Times a shape's kernels, prints them, and gives the model's time by the best one's."""
    lg.set_default_device(device)
    begin = time.perf_counter()
    node = SHAPES[name]()._node
    _key, late, _order = structure([node], ready)
    model = best = 0.0
    better: list[str] = []
    count = 0
    for kernel in tunables([node], late, limits_of(device.facts)):
        found = times.of(kernel, device, most)
        first = str(kernel.choices[0])
        fastest = min(found, key=found.__getitem__)
        model, best, count = model + found[first], best + found[fastest], count + len(found)
        if found[first] > 1.1 * found[fastest]:
            better.append(f"    {kernel.name}: {found[first] * 1e3:.3f} ms {first}\n"
                          f"    {'better':>{len(kernel.name)}}: {found[fastest] * 1e3:.3f} ms "
                          f"{fastest}")  # fmt: skip
    ratio = model / best
    print(f"{ratio:5.2f}  {name}: {model * 1e3:.3f} ms, best of {count} {best * 1e3:.3f} ms "
          f"({time.perf_counter() - begin:.1f} s)", flush=True)  # fmt: skip
    print("\n".join(better), end="\n" * bool(better), flush=True)
    return ratio


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.choices", description=__doc__)
    parser.add_argument("--device", help="a device; default: the default one")
    parser.add_argument("--only", default="", help="shapes whose name holds this text")
    parser.add_argument("--most", type=int, default=50, help="candidates of a kernel")
    parser.add_argument("--quick", action="store_true", help="every fifth shape, 12 candidates")
    parser.add_argument("--keep", type=Path, help="a file of times, read and added to")
    parser.add_argument("--seconds", type=float, default=math.inf,
                        help="after which no further shape begins")  # fmt: skip
    given = parser.parse_args()
    device = runtime.find_device(given.device)
    names = [name for name in SHAPES if given.only in name]
    most = min(given.most, 12) if given.quick else given.most
    times, end = Times(given.keep), time.perf_counter() + given.seconds
    ratios = []
    for name in names[:: 5 if given.quick else 1]:
        if time.perf_counter() < end:
            ratios.append(compare(name, device, times, most))
    good = sum(ratio <= GOOD for ratio in ratios)
    mean = math.exp(sum(map(math.log, ratios)) / max(1, len(ratios)))
    print(f"\n{device}: the model's choice is within {GOOD} x of the best for {good} of "
          f"{len(ratios)} shapes; {mean:.2f} x on average (geometric)")  # fmt: skip


if __name__ == "__main__":
    main()
