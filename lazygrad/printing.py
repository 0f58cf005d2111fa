"""Tensors as text, formatted as PyTorch does."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lazygrad.codegen.dtype import DType, bfloat16

__all__ = ["format_values", "set_printoptions", "tensor_repr"]

Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class _Options:
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_options = _Options()
_PROFILES = {
    "default": _Options(),
    "short": _Options(precision=2, edgeitems=2),
    "full": _Options(threshold=math.inf),
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """How tensors are printed, as in PyTorch.

    Args:
        precision: digits after the point.
        threshold: more elements than this are shortened to their edges.
        edgeitems: how many stand at each edge then.
        linewidth: characters a line.
        profile: "default", "short" or "full" (never shortened).
        sci_mode: always (True) or never (False) write exponents; None decides by the values.
    """
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"set_printoptions: got profile {profile!r}, expected {[*_PROFILES]}")
        chosen = _PROFILES[profile]
        _options.precision, _options.threshold = chosen.precision, chosen.threshold
        _options.edgeitems, _options.linewidth = chosen.edgeitems, chosen.linewidth
    for name, value in (
        ("precision", precision), ("threshold", threshold), ("edgeitems", edgeitems),
        ("linewidth", linewidth),
    ):  # fmt: skip
        if value is not None:
            setattr(_options, name, value)
    _options.sci_mode = sci_mode


class _Formatter:
    """One text width for all elements that are shown."""

    def __init__(self, values: Array) -> None:
        self.is_float = values.dtype.kind == "f"
        self.whole, self.exponents, self.width = True, False, 1
        if not self.is_float:
            self.width = max([1, *(len(str(v)) for v in values.reshape(-1).tolist())])
            return
        shown = values.reshape(-1).astype(np.float64)
        shown = shown[np.isfinite(shown) & (shown != 0)]
        if shown.size == 0:
            return
        largest, smallest = float(np.abs(shown).max()), float(np.abs(shown).min())
        self.whole = bool(np.all(shown == np.ceil(shown)))
        self.exponents = largest / smallest > 1000.0 or largest > 1e8 or smallest < 1e-4
        if _options.sci_mode is not None:
            self.exponents = _options.sci_mode
        self.width = max(len(self.text(v)) for v in shown.tolist())

    def text(self, value: Any) -> str:
        if not self.is_float:
            return str(value)
        if self.exponents:
            return f"{value:.{_options.precision}e}"
        if self.whole:
            return f"{value:.0f}" + ("" if math.isinf(value) or math.isnan(value) else ".")
        return f"{value:.{_options.precision}f}"

    def padded(self, value: Any) -> str:
        return self.text(value).rjust(self.width)


def _rows(values: Array, indent: int, summarize: bool, formatter: _Formatter) -> str:
    if values.ndim == 0:
        return formatter.padded(values.item())
    edge = _options.edgeitems
    shorten = summarize and values.shape[0] > 2 * edge
    kept = [*range(edge), *range(values.shape[0] - edge, values.shape[0])]
    places = kept if shorten else range(values.shape[0])
    if values.ndim == 1:
        per_line = max(1, (_options.linewidth - indent) // (formatter.width + 2))
        texts = [formatter.padded(values[i].item()) for i in places]
        if shorten:
            texts[edge:edge] = [" ..."]
        lines = [", ".join(texts[i : i + per_line]) for i in range(0, len(texts), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    parts = [_rows(values[i], indent + 1, summarize, formatter) for i in places]
    if shorten:
        parts[edge:edge] = ["..."]
    return "[" + ("," + "\n" * (values.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def _shown(values: Array) -> Array:
    """The elements at the edges, which alone decide the format of a shortened text."""
    edge = _options.edgeitems
    for axis, n in enumerate(values.shape):
        if n > 2 * edge:
            kept = [*range(edge), *range(n - edge, n)]
            values = np.take(values, kept, axis)
    return values


def format_values(values: Array, indent: int = 0) -> str:
    """Brackets and numbers of an array; shortened where it has more elements than the threshold."""
    summarize = values.size > _options.threshold
    formatter = _Formatter(_shown(values) if summarize else values)
    return _rows(values, indent, summarize, formatter)


def tensor_repr(
    bits: Array,
    dtype: DType,
    usual: tuple[bool, bool],
    before: list[str],
    after: list[str],
    name: str = "tensor",
) -> str:
    """`tensor([...], dtype=...)`.

    Args:
        bits: the stored bits.
        usual: whether the dtype goes unnamed beside no elements, and beside some.
        before, after: what else is told, before and after the dtype.
    """
    prefix = name + "("
    suffixes = list(before)
    if bits.size == 0:
        body = "[]"
        if bits.ndim != 1:
            suffixes.append(f"size={tuple(bits.shape)}")
    else:
        values = dtype.from_storage(bits) if dtype is bfloat16 else bits
        body = format_values(values, len(prefix))
    if not usual[bits.size > 0]:
        suffixes.append(f"dtype={dtype!r}")
    return _joined(prefix + body, suffixes + after, len(prefix))


def _joined(text: str, suffixes: list[str], indent: int) -> str:
    """The suffixes after the numbers, on lines of their own where they would not fit."""
    length = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if length + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            length = indent + len(suffix)
        else:
            text += ", " + suffix
            length += len(suffix) + 2
    return text + ")"
