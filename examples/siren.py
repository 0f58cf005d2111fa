"""A picture as a function: a network of sines (SIREN) fits it, then is differentiated twice.

    python examples/siren.py
    LAZYGRAD_DEVICE=pocl python examples/siren.py --picture cameraman.png

The network takes a place (y, x) and gives the brightness there. Its gradient and its Laplacian by
the place are not filters over pixels but derivatives of the network, symbolic ones: graphs like
any other. They are compared with finite differences of the network, and drawn beside the picture.

--short, or LAZYGRAD_SHORT=1, fits a small picture a little.
"""

import argparse
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from skimage import data, transform
from tqdm import tqdm

import lazygrad as lg
from lazygrad import nn

Array = NDArray[np.float32]
OMEGA = 30.0
CENTRAL = [[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]]


class Sine(nn.Module):
    """sin(omega (W x + b)), started so that sines of sines stay evenly spread.

    Sitzmann, Martel, Bergman, Lindell, Wetzstein 2020, "Implicit neural representations with
    periodic activation functions", arXiv:2006.09661, section 3.2.
    """

    def __init__(self, inputs: int, outputs: int, first: bool = False) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        bound = 1 / inputs if first else math.sqrt(6 / inputs) / OMEGA
        nn.init.uniform_(self.linear.weight, -bound, bound)

    def forward(self, x: lg.Tensor) -> lg.Tensor:
        return (OMEGA * self.linear(x)).sin()


def siren(width: int, hidden: int) -> nn.Sequential:
    """From places (n, 2) to brightnesses (n, 1), about -1 to 1."""
    last = nn.Linear(width, 1)
    bound = math.sqrt(6 / width) / OMEGA
    nn.init.uniform_(last.weight, -bound, bound)
    inner = [Sine(width, width) for _ in range(hidden)]
    return nn.Sequential(Sine(2, width, first=True), *inner, last)


def picture(size: int) -> Array:
    """The cameraman's head, size x size, from -1 to 1."""
    head = data.camera()[:256, 100:356]
    return (2 * transform.resize(head, (size, size), anti_aliasing=True) - 1).astype(np.float32)


def places(size: int) -> Array:
    """The middles of size x size pixels that tile [-1, 1] x [-1, 1], (size^2, 2)."""
    line = (2 * np.arange(size, dtype=np.float32) + 1) / size - 1
    return np.stack(np.meshgrid(line, line, indexing="ij"), -1).reshape(-1, 2)


# --- fitting


def decibels(error: float) -> float:
    """The peak signal-to-noise ratio of values from -1 to 1 with this mean squared error."""
    return 10 * math.log10(4 / error)


def fit(model: nn.Module, image: Array, steps: int) -> list[float]:
    """Every pixel in every step; the loss after each."""
    x, y = lg.tensor(places(len(image))), lg.tensor(image.reshape(-1, 1))
    optimizer = lg.optim.Adam(model.parameters(), lr=1e-3)
    schedule = lg.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=1e-5)
    losses = []
    with tqdm(total=steps, desc="fitting", unit="step") as bar:
        for _ in range(steps):
            loss = (model(x) - y).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            bar.update()
            bar.set_postfix_str(f"{decibels(losses[-1]):.1f} dB")
    return losses


# --- differentiating


@dataclass
class Derivatives:
    """What the network is at n places, and how it changes there: (n,), (n, 2), (n,)."""

    value: lg.Tensor
    gradient: lg.Tensor
    laplacian: lg.Tensor


def derivatives(model: nn.Module, where: Array) -> Derivatives:
    """The sum over places has every place's own gradient, as no value depends on two of them."""
    x = lg.tensor(where, requires_grad=True)
    value = model(x)[:, 0]
    (gradient,) = lg.autograd.grad(value.sum(), x, create_graph=True)
    second = [
        lg.autograd.grad(gradient[:, axis].sum(), x, retain_graph=True)[0][:, axis]
        for axis in range(2)
    ]
    result = Derivatives(value.detach(), gradient.detach(), second[0] + second[1])
    lg.realize(*vars(result).values())
    return result


def differences(model: nn.Module, where: Array, step: float) -> tuple[Array, Array]:
    """Gradient (n, 2) and Laplacian (n,) by central differences of the network's values."""
    moves = step * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    with lg.no_grad():
        at = model(lg.tensor((where + moves[:, None]).astype(where.dtype)))[..., 0].numpy()
    gradient = np.stack([at[1] - at[2], at[3] - at[4]], -1) / (2 * step)
    return gradient, (at[1:].sum(0) - 4 * at[0]) / step**2


def agreement(model: nn.Module, where: Array) -> tuple[float, float]:
    """Largest distance of both derivatives from central differences, beside their largest size.

    In float64, as differences of float32 would have no digit left; in float32 without it.
    """
    double = lg.device(os.environ.get("LAZYGRAD_DEVICE")).runtime_device.facts.has_fp64
    where, step = where.astype(np.float64 if double else np.float32), 2e-5 if double else 2e-3
    if double:
        model.double()
    exact = derivatives(model, where)
    gradient, laplacian = differences(model, where, step)
    pairs = [(exact.gradient.numpy(), gradient), (exact.laplacian.numpy(), laplacian)]
    model.float()
    first, second = (float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)
    return first, second


def draw(path: Path, image: Array, found: Derivatives, losses: list[float]) -> None:
    """The picture and the network, the gradients' sizes, the Laplacians; the loss."""
    size = len(image)
    step = 2 / size
    padded = np.pad(image, 1, mode="edge")
    neighbours = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    curved = (neighbours * np.array(CENTRAL)).sum((2, 3)) / step**2
    sloped = np.hypot(*np.gradient(image, step))
    ours = (
        found.value.numpy().reshape(size, size),
        np.hypot(*found.gradient.numpy().T).reshape(size, size),
        found.laplacian.numpy().reshape(size, size),
    )
    figure = Figure(figsize=(10, 6.4), layout="constrained")
    axes = figure.subplots(2, 4)
    titles = ("brightness", "size of the gradient", "Laplacian")
    for column, (pixels, network) in enumerate(zip((image, sloped, curved), ours, strict=True)):
        top = float(np.quantile(np.abs(network), 0.98))
        low = 0 if column == 1 else -top
        for row, (values, who) in enumerate(((pixels, "pixels"), (network, "network"))):
            axes[row, column].imshow(values, cmap="gray", vmin=low, vmax=top)
            axes[row, column].set_title(f"{titles[column]}, {who}", fontsize=9)
            axes[row, column].set_axis_off()
    axes[0, 3].plot([decibels(loss) for loss in losses])
    axes[0, 3].set_title("fit in dB over steps", fontsize=9)
    axes[1, 3].imshow(ours[0] - image, cmap="RdBu", vmin=-0.2, vmax=0.2)
    axes[1, 3].set_title("network minus pixels, up to 0.2", fontsize=9)
    axes[1, 3].set_axis_off()
    figure.savefig(path, dpi=64, pil_kwargs={"optimize": True})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="a small picture, few steps")
    parser.add_argument("--picture", type=Path, default=Path("siren.png"), help="file to write")
    options = parser.parse_args()
    short = options.short or os.environ.get("LAZYGRAD_SHORT") == "1"

    lg.manual_seed(0)
    size, width, hidden, steps = (24, 32, 1, 100) if short else (128, 128, 3, 500)
    image, model = picture(size), siren(width, hidden)
    print(f"device: {lg.device(os.environ.get('LAZYGRAD_DEVICE'))}; {size} x {size} pixels, "
          f"{sum(p.numel() for p in model.parameters())} weights")  # fmt: skip

    begin, before = time.perf_counter(), lg.stats()
    losses = fit(model, image, steps)
    took, after = time.perf_counter() - begin, lg.stats()
    print(
        f"{decibels(losses[0]):.1f} dB at first, {decibels(losses[-1]):.1f} dB after {steps} steps "
        f"in {took:.0f} s; {after.plans_compiled - before.plans_compiled} plans compiled, "
        f"{(after.kernels_launched - before.kernels_launched) / steps:.0f} kernels a step"
    )

    before = lg.stats()
    found = derivatives(model, places(size))
    count = lg.stats().kernels_launched - before.kernels_launched
    some = places(size)[:: size * size // 64]
    first, second = agreement(model, some)
    draw(options.picture, image, found, losses)
    print(
        f"value, gradient and Laplacian at every pixel: {count} kernels\n"
        f"largest distance from central differences of the network: gradient {first:.1e}, "
        f"Laplacian {second:.1e} of the largest; picture in {options.picture}"
    )
    if first > 1e-2 or second > 5e-2:
        raise SystemExit("the derivatives and the differences disagree")


if __name__ == "__main__":
    main()
