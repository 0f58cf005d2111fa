"""Maps by a weight matrix, tables of rows, and small tensor functions of `nn.functional`."""

from collections.abc import Sequence

from lazygrad.creation import tensor
from lazygrad.functions import where
from lazygrad.ranges import arange
from lazygrad.tensor import Tensor
from lazygrad.tensor_arguments import check_same_dtype
from lazygrad.windows import pad_constant


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`input @ weight.T + bias`: `(*, in)`, `(out, in)`, `(out,)` -> `(*, out)`.

    Raises:
        RuntimeError: the last axis of `input` is not the last axis of `weight`, or their dtypes
            differ.
    """
    if input.dim() == 0 or input.shape[-1] != weight.shape[-1]:
        raise RuntimeError(
            f"linear: got input {tuple(input.shape)} and weight {tuple(weight.shape)}, expected "
            f"an input whose last axis is {weight.shape[-1]}; write nn.Linear(in_features, "
            "out_features) with in_features = input.shape[-1]"
        )
    check_same_dtype("linear", input, weight)
    if bias is not None and bias.dim() > 1:
        raise RuntimeError(f"linear: got bias {tuple(bias.shape)}, expected ({weight.shape[0]},)")
    product = input @ (weight.t() if weight.dim() == 2 else weight)
    return product if bias is None else product + bias


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """Rows of `weight` at the integers `input`: `(*)`, `(rows, features)` -> `(*, features)`.

    The row `padding_idx` receives no gradient.

    Raises:
        RuntimeError: `input` does not hold integers.
        IndexError: `padding_idx` is outside the table; an index of `input` outside it raises
            when a value is next read.
    """
    if input.is_floating_point():
        raise RuntimeError(
            f"embedding: got indices of dtype {input.dtype}, expected integers; "
            "write embedding(input.long(), weight)"
        )
    rows = weight.shape[0]
    if padding_idx is not None and not -rows <= padding_idx < rows:
        raise IndexError(f"embedding: padding_idx {padding_idx} is outside a table of {rows} rows")
    picked = weight.index_select(0, input.reshape(-1).long())
    picked = picked.reshape(*input.shape, weight.shape[1])
    if padding_idx is None or not weight.requires_grad:
        return picked
    is_padding = (input == padding_idx % rows).unsqueeze(-1)
    return where(is_padding, picked.detach(), picked)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Integers `(*)` as int64 rows `(*, num_classes)` that are 1 at the integer and 0 elsewhere.

    With `num_classes=-1` the largest integer is read back to find the number of classes.

    Raises:
        RuntimeError: `tensor` does not hold integers, or is empty and `num_classes` is -1.
        IndexError: an integer outside the classes (raised when a value is next read).
    """
    if tensor.is_floating_point():
        raise RuntimeError(f"one_hot: got dtype {tensor.dtype}, expected int64 class indices")
    if num_classes == -1:
        if tensor.numel() == 0:
            raise RuntimeError("one_hot: an empty tensor tells no num_classes; give it as argument")
        num_classes = int(tensor.max().item()) + 1
    classes = arange(num_classes, device=tensor.device)
    # A gather from the class list is the class itself, with the range check of every gather.
    checked = classes.gather(0, tensor.reshape(-1).long()).reshape(*tensor.shape, 1)
    return (classes == checked).long()


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Grows (or, with negative amounts, crops) the last axes.

    Args:
        pad: `(left, right)` of the last axis, then of the one before it, and so on.
        mode: 'constant', 'reflect' (without the edge), 'replicate' (the edge) or 'circular'.
        value: what 'constant' fills in; 0 by default.

    Raises:
        RuntimeError: an odd number of amounts, more than two an axis, or more than the mode has.
        ValueError: a value for another mode than 'constant'.
        NotImplementedError: an unknown mode.
    """
    if len(pad) % 2 or len(pad) > 2 * input.dim():
        raise RuntimeError(
            f"pad: got {len(pad)} amounts for {input.dim()} axes, expected a pair for each of the "
            "last axes, last axis first"
        )
    if mode == "constant":
        grown = tuple(max(amount, 0) for amount in pad)
        cropped = _cropped(input, pad)
        return pad_constant(cropped, grown, 0.0 if value is None else value)
    if value is not None and value != 0:
        raise ValueError(f"pad: mode {mode!r} takes no value, got {value}")
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(
            f"pad: got mode {mode!r}, expected 'constant', 'reflect', 'replicate' or 'circular'"
        )
    for i in range(0, len(pad), 2):
        if pad[i] or pad[i + 1]:
            axis = input.dim() - 1 - i // 2
            sources = _padded_sources(input.shape[axis], pad[i], pad[i + 1], mode)
            input = input.index_select(axis, tensor(sources, device=input.device))
    return input


def _cropped(input: Tensor, pad: Sequence[int]) -> Tensor:
    """The input without what negative amounts take off."""
    for i in range(0, len(pad), 2):
        left, right = max(-pad[i], 0), max(-pad[i + 1], 0)
        if left or right:
            axis = input.dim() - 1 - i // 2
            length = input.shape[axis] - left - right
            if length < 0:
                raise RuntimeError(
                    f"pad: got amounts {tuple(pad)} for input {tuple(input.shape)}, expected to "
                    f"crop at most {input.shape[axis]} of axis {axis}"
                )
            input = input.narrow(axis, left, length)
    return input


def _padded_sources(size: int, left: int, right: int, mode: str) -> list[int]:
    """For each place of a padded axis, the place of the unpadded one that it repeats."""
    limit = {"reflect": size - 1, "circular": size, "replicate": max(left, right)}[mode]
    if size == 0 or max(left, right) > limit:
        raise RuntimeError(
            f"pad: mode {mode!r} can add at most {limit} on a side of an axis of size {size}, "
            f"got ({left}, {right})"
        )
    places = range(-left, size + right)
    if mode == "reflect":
        return [abs(p) if p < size else 2 * (size - 1) - p for p in places]
    if mode == "circular":
        return [p % size for p in places]
    return [min(max(p, 0), size - 1) for p in places]


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """`x / max(norm(x, p), eps)` along `dim`."""
    return input / input.norm(p, dim, keepdim=True).clamp(min=eps)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """`x1 . x2 / (max(|x1|, eps) * max(|x2|, eps))` along `dim`, the inputs broadcast."""
    if not eps >= 0:
        raise RuntimeError(f"cosine_similarity: eps must be non-negative, got: {eps}")
    dot = (x1 * x2).sum(dim)
    # The bound stands under the root: the slope of sqrt at 0 is infinite.
    square1 = (x1 * x1).sum(dim).clamp(min=eps * eps)
    square2 = (x2 * x2).sum(dim).clamp(min=eps * eps)
    return dot / (square1.sqrt() * square2.sqrt())
