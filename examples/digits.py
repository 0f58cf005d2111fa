"""A convolutional network learns scikit-learn's handwritten digits on any OpenCL device.

    python examples/digits.py
    LAZYGRAD_DEVICE=pocl python examples/digits.py

1797 pictures of 8x8 pixels; a fifth of them is kept for the test. LAZYGRAD_SHORT=1 trains just
long enough to see the loss fall.
"""

import os
import time

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import lazygrad as lg
import lazygrad.nn.functional as F
from lazygrad import nn, optim

SHORT = os.environ.get("LAZYGRAD_SHORT") == "1"
EPOCHS = 2 if SHORT else 24
BATCH = 64


def load() -> tuple[lg.Tensor, lg.Tensor, lg.Tensor, lg.Tensor]:
    """Pictures as (n, 1, 8, 8) floats around 0 and labels, for training and for the test."""
    data = load_digits()
    pictures = (data.images[:, None] / 8 - 1).astype(np.float32)
    parts = train_test_split(
        pictures, data.target, test_size=0.2, random_state=0, stratify=data.target
    )
    train_x, test_x, train_y, test_y = (lg.tensor(part) for part in parts)
    return train_x, train_y, test_x, test_y


def network() -> nn.Sequential:
    """Two convolutions with batch norm, pooling, two linear layers."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(64 * 4 * 4, 128),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.Linear(128, 10),
    )


def train(model: nn.Module, x: lg.Tensor, y: lg.Tensor) -> list[lg.KernelInfo]:
    """Adam with a falling learning rate; the kernels of one step."""
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    steps = len(x) // BATCH
    kernels: list[lg.KernelInfo] = []
    model.train()
    with tqdm(total=EPOCHS * steps, unit="step") as bar:
        for epoch in range(EPOCHS):
            order = lg.randperm(len(x))
            for i in range(steps):
                batch = order[i * BATCH : (i + 1) * BATCH]
                with lg.capture_kernels() as launched:
                    optimizer.zero_grad()
                    loss = F.cross_entropy(model(x[batch]), y[batch])
                    loss.backward()
                    optimizer.step()
                kernels = kernels or list(launched)
                bar.update()
            scheduler.step()
            bar.set_description(f"epoch {epoch + 1:2d}, loss {loss.item():.4f}")
    return kernels


def accuracy(model: nn.Module, x: lg.Tensor, y: lg.Tensor) -> tuple[float, lg.Tensor]:
    """The share of right answers, and the answers."""
    model.eval()
    with lg.no_grad():
        answers = model(x).argmax(1)
    return (answers == y).float().mean().item(), answers


def picture(pixels: np.ndarray) -> list[str]:
    """An 8x8 picture in text, two columns a pixel."""
    shades = " .:-=+*#%@"
    return ["".join(shades[int(v)] * 2 for v in row) for row in (pixels + 1) * 4.5]


def main() -> None:
    print(f"device: {lg.device(os.environ.get('LAZYGRAD_DEVICE'))}")
    lg.manual_seed(0)
    begin = time.perf_counter()
    train_x, train_y, test_x, test_y = load()
    model = network()
    kernels = train(model, train_x, train_y)
    share, answers = accuracy(model, test_x, test_y)

    print("\nsome pictures of the test, and what the network says:")
    shown = [picture(test_x[i, 0].numpy()) for i in range(4)]
    for row in zip(*shown, strict=True):
        print("   ".join(row))
    print("   ".join(f"{int(answers[i])} (is {int(test_y[i])})".ljust(16) for i in range(4)))

    print(f"\na training step launched {len(kernels)} kernels; those with most operations:")
    for k in sorted(kernels, key=lambda k: -k.flops)[:5]:
        print(f"  {k.flops / 1e6:8.1f} Mflop {k.bytes / 1e6:7.2f} MB  {k.name}")
    print(f"{time.perf_counter() - begin:.1f} s in all, {lg.stats()}")
    print(f"test accuracy {100 * share:.1f} %")


if __name__ == "__main__":
    main()
