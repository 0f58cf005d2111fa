"""A GPT that writes one token after another, with the keys and values so far in a cache."""

from typing import Any

__all__ = ["Decoder"]


class _Block:
    """A pre-norm block; `cache` holds the keys and values of all places, zeros where none was."""

    def __init__(self, lib: Any, width: int, heads: int, places: int) -> None:
        nn = lib.nn
        self.lib, self.heads = lib, heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mixed, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.cache = [lib.zeros(1, heads, places, width // heads) for _ in range(2)]

    def __call__(self, x: Any, place: Any, seen: Any) -> Any:
        functional = self.lib.nn.functional
        parts = self.mixed(self.first(x)).chunk(3, -1)
        q, k, v = [p.view(1, 1, self.heads, -1).transpose(1, 2) for p in parts]
        for cache, part in zip(self.cache, (k, v), strict=True):
            cache.index_copy_(2, place, part)
        y = functional.scaled_dot_product_attention(q, *self.cache, attn_mask=seen)
        x = x + self.out(y.transpose(1, 2).reshape(x.shape))
        return x + self.narrow(functional.gelu(self.wide(self.second(x))))


class Decoder:
    """Each call reads a token and gives the scores of the next one; starts anew at the end."""

    def __init__(
        self, lib: Any, layers: int = 4, width: int = 128, heads: int = 4, words: int = 65,
        places: int = 128,
    ) -> None:  # fmt: skip
        nn = lib.nn
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(places, width)
        self.blocks = [_Block(lib, width, heads, places) for _ in range(layers)]
        self.last, self.head = nn.LayerNorm(width), nn.Linear(width, words)
        self.all_places = lib.arange(places)
        self.place = lib.zeros(1, dtype=lib.int64)

    def __call__(self, token: Any) -> Any:
        seen = (self.all_places <= self.place).view(1, 1, 1, -1)
        x = self.words(token) + self.places(self.place)
        for block in self.blocks:
            x = block(x, self.place, seen)
        self.place.add_(1).remainder_(self.all_places.shape[0])
        return self.head(self.last(x))
