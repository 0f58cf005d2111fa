"""A small GPT learns to write like Python's help pages, character by character.

    python examples/gpt.py
    python examples/gpt.py --steps 600 --checkpoint gpt.safetensors
    python examples/gpt.py --steps 600 --checkpoint gpt.safetensors --resume
    python examples/gpt.py --short

The text comes with Python (`pydoc_data.topics`); its last tenth is kept for the validation. A run
that is resumed ends with the bits of one that was not interrupted. LAZYGRAD_SHORT=1 is --short.
"""

import argparse
import math
import os
import time
import zlib
from pydoc_data.topics import topics

import numpy as np
from tqdm import tqdm

import lazygrad as lg
import lazygrad.nn.functional as F
from lazygrad import nn, optim

PEAK_RATE = 2e-3


class Block(nn.Module):
    """Attention to what came before, then a small network, each added to its input."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: lg.Tensor) -> lg.Tensor:
        n, length, width = x.shape
        split = self.qkv(self.norm1(x)).reshape(n, length, 3, self.heads, width // self.heads)
        q, k, v = split.permute(2, 0, 3, 1, 4).unbind(0)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(seen.transpose(1, 2).reshape(n, length, width))
        return x + self.mlp(self.norm2(x))


class GPT(nn.Module):
    """Scores of the next character, at every place of a text of `context` characters."""

    def __init__(self, characters: int, context: int, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.context = context
        self.characters = nn.Embedding(characters, width)
        self.places = nn.Parameter(lg.randn(context, width) * 0.02)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, characters)

    def forward(self, text: lg.Tensor) -> lg.Tensor:
        return self.head(self.norm(self.blocks(self.characters(text) + self.places)))


def load() -> tuple[str, np.ndarray, np.ndarray]:
    """The alphabet, and the text as its numbers, for training and for the validation."""
    text = "\n".join(topics[name] for name in sorted(topics))
    text = text.encode("ascii", "replace").decode()
    alphabet = "".join(sorted(set(text)))
    table = {c: i for i, c in enumerate(alphabet)}
    coded = np.array([table[c] for c in text], np.int64)
    cut = len(coded) * 9 // 10
    return alphabet, coded[:cut], coded[cut:]


def batch(text: np.ndarray, starts: np.ndarray, context: int) -> tuple[lg.Tensor, lg.Tensor]:
    """Pieces of the text, and the same pieces one character on."""
    pieces = text[starts[:, None] + np.arange(context + 1)]
    return lg.tensor(pieces[:, :-1]), lg.tensor(pieces[:, 1:])


def loss_of(model: GPT, x: lg.Tensor, y: lg.Tensor) -> lg.Tensor:
    return F.cross_entropy(model(x).flatten(0, 1), y.flatten())


def validate(model: GPT, text: np.ndarray, size: int) -> float:
    """Nats per character over 16 batches, evenly spread over the text that was kept."""
    starts = np.linspace(0, len(text) - model.context - 1, 16 * size).astype(np.int64)
    with lg.no_grad():
        parts = (batch(text, part, model.context) for part in starts.reshape(16, size))
        return sum(loss_of(model, x, y).item() for x, y in parts) / 16


def rate(step: int, steps: int) -> float:
    """The learning rate: a linear warm-up, then half a cosine down to a tenth."""
    warm = max(1, steps // 20)
    if step < warm:
        return PEAK_RATE * (step + 1) / warm
    share = (step - warm) / max(1, steps - warm)
    return PEAK_RATE * (0.55 + 0.45 * math.cos(math.pi * share))


def sample(model: GPT, alphabet: str, start: str, length: int, seed: int) -> str:
    """The start and what the model writes after it, always read at the full context's length."""
    rng = np.random.default_rng(seed)
    written = [alphabet.index(c) for c in start]
    for _ in range(length):
        recent = written[-model.context :]
        # causal attention does not see the padding behind the last character
        padded = np.zeros((1, model.context), np.int64)
        padded[0, : len(recent)] = recent
        with lg.no_grad():
            scores = model(lg.tensor(padded)).numpy()[0, len(recent) - 1].astype(np.float64) / 0.8
        chances = np.exp(scores - scores.max())
        written.append(int(rng.choice(len(alphabet), p=chances / chances.sum())))
    return "".join(alphabet[i] for i in written)


def save(path: str, model: GPT, optimizer: optim.Optimizer, step: int, settings: str) -> None:
    """Everything that the next step depends on; the file is replaced as a whole or not at all."""
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    lg.save(state | {"step": step, "settings": settings}, path)


def resume(path: str, model: GPT, optimizer: optim.Optimizer, settings: str) -> int:
    """Takes up what was saved; the step to go on with."""
    saved = lg.load(path)
    if saved["settings"] != settings:
        raise SystemExit(
            f"--resume: {path} was written with {saved['settings']}, but this run has {settings}; "
            "give the same options (and version of Python, whose text it is), or another file"
        )
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    return int(saved["step"])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A small GPT learns Python's help pages.")
    parser.add_argument("--short", action="store_true", help="a small model and few steps")
    parser.add_argument("--steps", type=int, help="steps of the whole schedule")
    parser.add_argument("--stop", type=int, help="stop after this step, as if interrupted")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", metavar="FILE", help="a safetensors file to write")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    options = parser.parse_args()
    options.short = options.short or os.environ.get("LAZYGRAD_SHORT") == "1"
    if options.steps is None:
        options.steps = 60 if options.short else 1500
    if options.stop is None:
        options.stop = options.steps
    if not 0 < options.stop <= options.steps:
        parser.error(
            f"--steps {options.steps} --stop {options.stop}: expected 1 <= stop <= steps; "
            "leave --stop out to train through"
        )
    if options.resume and not options.checkpoint:
        parser.error("--resume needs --checkpoint FILE, the file to go on from")
    if options.resume and not os.path.exists(options.checkpoint):
        parser.error(f"--resume: there is no {options.checkpoint}; leave --resume out to begin")
    return options


def main() -> None:
    options = arguments()
    print(f"device: {lg.device(os.environ.get('LAZYGRAD_DEVICE'))}")
    lg.manual_seed(options.seed)
    begin = time.perf_counter()
    alphabet, train_text, kept_text = load()
    shape = (32, 32, 1, 2) if options.short else (64, 128, 3, 4)
    size = 8 if options.short else 32
    model = GPT(len(alphabet), *shape)
    optimizer = optim.AdamW(model.parameters(), lr=PEAK_RATE, weight_decay=0.01)
    # the text differs between versions of Python
    text_hash = zlib.crc32(train_text.tobytes() + alphabet.encode())
    settings = (
        f"steps={options.steps}, seed={options.seed}, short={options.short}, text={text_hash:08x}"
    )
    first = resume(options.checkpoint, model, optimizer, settings) if options.resume else 0
    print(f"{sum(p.numel() for p in model.parameters())} weights, {len(train_text)} characters")

    every = max(1, options.steps // 6)
    last = max(first, options.stop)
    with tqdm(range(first, last), initial=first, total=options.steps, unit="step") as bar:
        for step in bar:
            # drawn from the seed and the step alone, so that a resumed run sees the same text
            rng = np.random.default_rng((options.seed, step))
            starts = rng.integers(0, len(train_text) - model.context, size)
            x, y = batch(train_text, starts, model.context)
            optimizer.param_groups[0]["lr"] = rate(step, options.steps)
            optimizer.zero_grad()
            loss = loss_of(model, x, y)
            loss.backward()
            optimizer.step()
            if step % every == 0 or step + 1 == last:
                bar.write(f"step {step + 1:5d}, training loss {loss.item():.6f}")
            if options.checkpoint and ((step + 1) % every == 0 or step + 1 == last):
                save(options.checkpoint, model, optimizer, step + 1, settings)

    kept = validate(model, kept_text, size)
    print(sample(model, alphabet, "The ", 1, options.seed), end="", flush=True)
    lg.reset_stats()
    print(sample(model, alphabet, "The ", 20 if options.short else 300, options.seed)[5:])
    print(f"\nwriting, after its first character: {lg.stats()}")
    print(f"{time.perf_counter() - begin:.1f} s in all")
    print(f"validation loss {kept:.4f} nats per character after {last} steps")


if __name__ == "__main__":
    main()
