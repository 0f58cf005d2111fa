"""The heat equation du/dt = div(k grad u), and the conductivity k found from what was measured.

    python examples/heat.py
    LAZYGRAD_DEVICE=pocl python examples/heat.py --picture heat.png

A square plate with cold edges, in float32. One explicit step in time is one kernel, generated from
three lines of array code. The solver is compared with modes whose decay is known, then used the
other way round: a plate is warmed in four places, a noisy camera watches it cool, and gradients
through all steps of a solver on a coarser grid find the conductivity that explains the pictures.
--short, or LAZYGRAD_SHORT=1, takes small grids and few iterations.
"""

import argparse
import math
import os
import time
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from tqdm import tqdm

import lazygrad as lg
import lazygrad.nn.functional as F

Array = NDArray[np.float64]
Sides = tuple[lg.Tensor, lg.Tensor]  # shapes (n - 1, n) and (n, n - 1)
SAFETY = 0.9  # of the longest stable step
LOW, HIGH = 0.2, 3.0  # conductivities that the search may propose
NOISE = 0.005  # standard deviation of the camera's error; the plate begins with up to 1
INTERVAL = 0.005  # between two pictures of the camera


def stable_step(highest: float, n: int) -> float:
    """The longest stable step: h² / 4k, from Gershgorin's bound on the eigenvalues."""
    return 1 / (4 * highest * n**2)


def conductances(k: lg.Tensor, time_step: float) -> Sides:
    """What each side passes on in a step, per degree: the mean k of its two cells, of (n, n)."""
    share = k * (time_step * len(k) ** 2)
    return (share[1:] + share[:-1]) / 2, (share[:, 1:] + share[:, :-1]) / 2


def step(u: lg.Tensor, sides: Sides) -> lg.Tensor:
    """One explicit step of u (..., n - 1, n - 1) at the inner corners; the edges stay at 0."""
    across = sides[0] * F.pad(u, (1, 1)).diff(dim=-1)
    down = sides[1] * F.pad(u, (0, 0, 1, 1)).diff(dim=-2)
    return u + across.diff(dim=-1) + down.diff(dim=-2)


def advance(u: lg.Tensor, sides: Sides, steps: int) -> lg.Tensor:
    for _ in range(steps):
        u = step(u, sides)
    return u


def cool(u: Array, k: Array, times: list[float], batch: int = 50) -> Array:
    """The temperatures (len(times), *u.shape) at multiples of times[0], `batch` steps a plan."""
    batches = math.ceil(times[0] / (SAFETY * stable_step(k.max(), len(k)) * batch))
    sides = conductances(lg.tensor(k, dtype=lg.float32), times[0] / (batches * batch))
    lg.realize(*sides)
    now, seen = lg.tensor(u, dtype=lg.float32), []
    for _ in times:
        for _ in range(batches):
            now = advance(now, sides, batch).realize()
        seen.append(now.numpy())
    return np.stack(seen)


def corners(n: int) -> list[Array]:
    """Coordinates x and y of the inner corners of n by n cells of the unit square."""
    return np.meshgrid(np.arange(1, n) / n, np.arange(1, n) / n)


def cells(n: int) -> list[Array]:
    """Coordinates x and y of the centres of the cells."""
    return np.meshgrid((np.arange(n) + 0.5) / n, (np.arange(n) + 0.5) / n)


def verify(sizes: list[int], end: float) -> float:
    """Compares with sin(aπx) sin(bπy) exp(-(a² + b²) π² t); the observed order of convergence."""
    a, b = np.pi * np.array([(1, 1), (1, 2), (2, 1), (2, 2)]).T[..., None, None]
    print(f"{'cells':>6} {'largest error':>14} {'order':>6}")
    errors: list[float] = []
    for n in sizes:
        x, y = corners(n)
        mode = np.sin(a * x) * np.sin(b * y)
        (found,) = cool(mode, np.ones((n, n)), [end], batch=8)
        errors.append(float(np.abs(found - np.exp(-(a**2 + b**2) * end) * mode).max()))
        order = f"{math.log2(errors[-2] / errors[-1]):6.2f}" if errors[1:] else ""
        print(f"{n:6} {errors[-1]:14.2e} {order:>6}")
    return math.log2(errors[-2] / errors[-1])


def inspect(n: int, counts: list[int]) -> None:
    """What the steps become: kernels, how many of them differ, and times of plans new and found."""
    sides = conductances(lg.ones(n, n), SAFETY * stable_step(1.0, n))
    u = lg.rand(4, n - 1, n - 1)
    lg.realize(u, *sides)
    print(
        f"\n{'steps':>6} {'kernels':>8} {'names':>6} {'first, ms':>10} {'later':>7} {'a step':>7}"
    )
    for count in counts:
        kernels, spent = lg.kernels(advance(u, sides, count)), []
        for _ in range(6):
            begin = time.perf_counter()
            _ = advance(u, sides, count).numpy()
            spent.append((time.perf_counter() - begin) * 1e3)
        names, first, later = len({k.name for k in kernels}), spent[0], min(spent[1:])
        print(
            f"{count:6} {len(kernels):8} {names:6} {first:10.1f} {later:7.2f} {later / count:7.3f}"
        )


# --- the inverse problem


def true_conductivity(x: Array, y: Array) -> Array:
    """A plate with a band that conducts well and a disc that hardly does; nothing has an edge."""
    band = 1 / (1 + np.exp((np.abs(y - 0.3 - 0.35 * x) - 0.1) / 0.03))
    disc = 1 / (1 + np.exp((np.hypot(x - 0.68, y - 0.27) - 0.13) / 0.03))
    return np.exp(0.8 * band - 1.1 * disc)


def warmed(n: int) -> Array:
    """Four experiments (4, n - 1, n - 1): a warm spot in another quarter of the plate each."""
    x, y = corners(n)
    spots = [(0.3, 0.3), (0.7, 0.3), (0.3, 0.7), (0.7, 0.7)]
    return np.stack([np.exp(-((x - a) ** 2 + (y - b) ** 2) / 0.03) for a, b in spots])


class Search:
    """Adam on a coarse grid of logits, which hat functions interpolate to conductivities."""

    def __init__(self, n: int, knots: int, times: list[float], measured: Array) -> None:
        distance = cells(n)[1][:, :1] * (knots - 1) - np.arange(knots)
        self.hats = lg.tensor(np.maximum(0, 1 - np.abs(distance)), dtype=lg.float32)
        self.steps = math.ceil(times[0] / (SAFETY * stable_step(HIGH, n)))
        self.time_step = times[0] / self.steps
        self.start = lg.tensor(warmed(n), dtype=lg.float32)
        self.measured = lg.tensor(measured, dtype=lg.float32)
        self.logits = lg.full((knots, knots), math.log((1 - LOW) / (HIGH - 1)), requires_grad=True)
        self.logits.realize()

    def conductivity(self, logits: lg.Tensor) -> lg.Tensor:
        """(n, n), between LOW and HIGH: no proposal makes the steps unstable."""
        return LOW + (HIGH - LOW) * (self.hats @ logits @ self.hats.T).sigmoid()

    def evaluate(self, logits: lg.Tensor) -> tuple[lg.Tensor, lg.Tensor]:
        """The mean squared difference from what was measured, over NOISE²; and its gradient."""
        logits = logits.detach().requires_grad_()
        sides = conductances(self.conductivity(logits), self.time_step)
        u, loss = self.start, lg.zeros(())
        for measured in self.measured:
            u = advance(u, sides, self.steps)
            loss = loss + (u - measured).square().mean() / (len(self.measured) * NOISE**2)
        (gradient,) = lg.autograd.grad(loss, logits)
        lg.realize(loss, gradient)
        return loss.detach(), gradient

    def slopes(self) -> tuple[float, float]:
        """The loss's slope in a random direction uphill, by its gradient and by differences."""
        _, gradient = self.evaluate(self.logits)
        direction = lg.rand(gradient.shape) * gradient.sign()
        ends = [self.evaluate((self.logits + e * direction).realize())[0] for e in (-0.01, 0.01)]
        return (gradient * direction).sum().item(), (ends[1] - ends[0]).item() / 0.02

    def run(self, iterations: int) -> list[float]:
        """The loss before each iteration."""
        optimizer = lg.optim.Adam([self.logits], lr=0.3)
        schedule = lg.optim.lr_scheduler.CosineAnnealingLR(optimizer, iterations)
        losses = []
        for _ in tqdm(range(iterations), desc="search", unit="iteration"):
            loss, self.logits.grad = self.evaluate(self.logits)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        return losses


# --- what is shown


def draw(path: Path, seen: list[Array], true: Array, found: Array, losses: list[float]) -> None:
    """Temperatures of one experiment at three times, the true and the found k, and the losses."""
    figure = Figure(figsize=(9, 6), layout="constrained")
    heat = {f"u at t = {t * INTERVAL:g}": u for t, u in zip((0, 1, 4), seen)}
    axes = figure.subplot_mosaic([[*heat], ["k", "found k", "loss"]])
    for fields, cmap in (heat, "inferno"), ({"k": true, "found k": found}, "viridis"):
        highest = max(field.max() for field in fields.values())
        for name, field in fields.items():
            image = axes[name].imshow(field, cmap=cmap, vmin=0, vmax=highest, origin="lower")
            axes[name].set(title=name, xticks=[], yticks=[])
        figure.colorbar(image, ax=[axes[n] for n in fields], location="bottom", aspect=40)
    axes["loss"].semilogy(losses)
    axes["loss"].axhline(1, color="0.5", linestyle=":")
    axes["loss"].set(title="loss by iteration (noise: 1)")
    figure.savefig(path, dpi=80, pil_kwargs={"optimize": True})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="small grids, few iterations")
    parser.add_argument("--picture", type=Path, default=Path("heat.png"), help="file to write")
    options = parser.parse_args()
    short = options.short or os.environ.get("LAZYGRAD_SHORT") == "1"
    lg.manual_seed(0)
    print(f"device: {lg.device(os.environ.get('LAZYGRAD_DEVICE'))}\n")
    fine, coarse = (32, 16) if short else (128, 32)
    order = verify([16, 32] if short else [16, 32, 64, 128], 0.02)
    inspect(fine, [1, 10] if short else [1, 10, 50, 200])

    times = [INTERVAL * i for i in range(1, 5)]
    seen = cool(warmed(fine), true_conductivity(*cells(fine)), times)
    pixels = slice(fine // coarse - 1, None, fine // coarse)  # where both grids have a corner
    noise = np.random.default_rng(0).normal(0, NOISE, (len(times), 4, coarse - 1, coarse - 1))

    begin = time.perf_counter()
    search = Search(coarse, 13, times, seen[..., pixels, pixels] + noise)
    with lg.capture_kernels() as launched:
        search.evaluate(search.logits)
    print(
        f"\nloss and gradient through {len(times) * search.steps} steps of {coarse} x {coarse}: "
        f"{len(launched)} kernels with {len({k.name for k in launched})} names, the first time "
        f"in {time.perf_counter() - begin:.1f} s"
    )
    slope, difference = search.slopes()
    print(f"slope of the loss uphill {slope:.4f}, by differences {difference:.4f}")

    begin, before = time.perf_counter(), lg.stats().plans_compiled
    losses = search.run(20 if short else 100)
    spent, compiled = time.perf_counter() - begin, lg.stats().plans_compiled - before
    found = search.conductivity(search.logits.detach()).numpy()
    true = true_conductivity(*cells(coarse))
    error, start = (float(np.sqrt((np.log(k / true) ** 2).mean())) for k in (found, 1.0))
    draw(options.picture, [warmed(fine)[0], seen[0, 0], seen[-1, 0]], true, found, losses)
    print(
        f"{len(losses)} iterations in {spent:.1f} s: loss {losses[0]:.2f} to {losses[-1]:.3f}, "
        f"where 1 is the noise alone; plans compiled: {compiled}\n"
        f"error of log k, root mean square: {start:.3f} at the start, {error:.3f} found (largest "
        f"{np.abs(np.log(found / true)).max():.3f}); picture in {options.picture}"
    )
    if abs(order - 2) > 0.1 or abs(slope / difference - 1) > 0.01 or not error < start:
        raise SystemExit("the solver, its gradient or the search is wrong")


if __name__ == "__main__":
    main()
