"""Gradient rules against differences: a gradient is the slope that it stands for.

Both are NumPy's values in float64, so that slopes have next to no rounding, whatever the program's
dtypes. Steps to both sides tell a smooth place from a kink, where any slope between them will do.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from lazygrad.codegen.dtype import DTYPES
from lazygrad.codegen.graph import Node, toposort

from .program import Array, Program, Replay

__all__ = ["wrong_slopes"]

_STEP = 1e-5
_TRIED = 3  # elements of a gradient
# what stops gradients, or rounds: its slope over a step of ours is not its gradient
_ROUGH = ("cast", "bitcast", "detach", "variable", "floor", "ceil", "round", "trunc", "floordiv")


@np.errstate(all="ignore")
def wrong_slopes(program: Program, replay: Replay) -> list[str]:
    """A line for each gradient of the program that is no slope of what it was taken of."""
    lines: list[str] = []
    leaves: dict[Node, Array] = {}
    for n, leaf in zip(replay.nodes, program.leaves, strict=False):
        assert n is not None
        values = DTYPES[leaf.dtype].from_storage(leaf.bits)
        leaves[n] = values.astype(np.float64) if n.dtype.kind == "f" else values
    for number, (gradient, y, x) in replay.gradients.items():
        if x.dtype.kind == "f" and not any(_rough(n) for n in toposort([y])):
            lines += [f"value {number} is no slope {line}"
                      for line in _compared(gradient, y, x, leaves)]  # fmt: skip
    return lines


def _rough(n: Node) -> bool:
    stops = n.op.name in _ROUGH and any(s.tracked for s in n.src)
    return stops or n.dtype.is_narrow  # whose constants in gradients are rounded


def _compared(slope: Node, y: Node, x: Node, leaves: Mapping[Node, Array]) -> Iterator[str]:
    at = _value(x, leaves).astype(np.float64)
    # away from ties, which share gradients: of min(max(x, c), c) a quarter, where the slope is 0
    at += 1e-3 * np.random.default_rng(0).normal(size=at.shape) * np.maximum(1.0, np.abs(at))
    values, parts = _values(y, {**leaves, x: at}), _values(slope, {**leaves, x: at})
    gradient = parts[slope]
    # where parts are this large, a step or a constant of float32 is lost beside them
    lost = 1e-14 / _STEP * _largest(values) + 1e-7 * _largest(parts)
    for place in list(np.ndindex(at.shape))[:: max(1, at.size // _TRIED)]:

        def total(step: float, place: tuple[int, ...] = place) -> float:
            moved = at.copy()
            moved[place] += step
            return float(np.sum(_value(y, {**leaves, x: moved})))

        here, step = total(0), _STEP * max(1.0, abs(float(at[place])))
        slopes = [(total(s) - here) / s for s in (step, -step, step / 8, -step / 8)]
        got, middle = float(gradient[place]), float(np.mean(slopes))
        if not np.isfinite([*slopes, got]).all() or abs(got) * step > 1 + abs(here):
            continue  # the steps are too wide to show it
        apart = float(np.ptp(slopes))  # large beside kinks, jumps and poles
        if abs(got - middle) > 8 * apart + 1e-3 * abs(middle) + 1e-6 + lost:
            yield f"at {list(place)}: {got:.9g}, expected {middle:.9g} within {8 * apart:.2g}"


def _largest(values: Mapping[Node, Array]) -> float:
    sizes = [np.abs(v).max() for v in values.values() if v.size and v.dtype.kind == "f"]
    return float(np.max(sizes, initial=0.0))


def _value(asked: Node, known: Mapping[Node, Array]) -> Array:
    return _values(asked, known)[asked]


def _values(asked: Node, known: Mapping[Node, Array]) -> dict[Node, Array]:
    values: dict[Node, Array] = {}
    for n in toposort([asked], stop=lambda n: n in known):
        values[n] = (
            known[n] if n in known else np.asarray(n.op.numpy(n, *[values[s] for s in n.src]))
        )
    return values
