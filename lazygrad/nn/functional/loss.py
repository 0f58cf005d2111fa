"""Losses. Each is elementwise terms followed by one reduction."""

from lazygrad.codegen.ops import broadcast_shapes
from lazygrad.errors import ShapeError
from lazygrad.functions import where
from lazygrad.origin import warn
from lazygrad.tensor import Tensor

from .activation import logsigmoid


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """`(input - target) ** 2`, reduced by 'mean', 'sum' or 'none'."""
    _check_broadcast("mse_loss", input, target)
    difference = input - target
    return _reduce("mse_loss", difference * difference, reduction)


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """`|input - target|`, reduced by 'mean', 'sum' or 'none'."""
    _check_broadcast("l1_loss", input, target)
    return _reduce("l1_loss", (input - target).abs(), reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """`d * d / (2 * beta)` where `d = |input - target| < beta`, else `d - beta / 2`.

    Raises:
        RuntimeError: `beta` is negative.
    """
    if not beta >= 0:
        raise RuntimeError(f"smooth_l1_loss: got beta={beta}, expected a non-negative number")
    if beta == 0:
        return l1_loss(input, target, reduction)
    _check_broadcast("smooth_l1_loss", input, target)
    distance = (input - target).abs()
    loss = where(distance < beta, distance * distance * (0.5 / beta), distance - 0.5 * beta)
    return _reduce("smooth_l1_loss", loss, reduction)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """`-(target * log(input) + (1 - target) * log(1 - input))` of probabilities.

    Logarithms are held at -100 at least, as in PyTorch; their gradient there is 0.

    Raises:
        ValueError: shapes of input and target differ.
    """
    _check_same("binary_cross_entropy", input, target)
    log_one, log_zero = _bounded_log(input), _bounded_log(1.0 - input)
    loss = -(target * log_one + (1.0 - target) * log_zero)
    return _reduce("binary_cross_entropy", loss if weight is None else loss * weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """Binary cross-entropy of `sigmoid(input)`, computed without leaving the logarithm.

    Args:
        pos_weight: factor of the terms with target 1, broadcast over the last axes.

    Raises:
        ValueError: shapes of input and target differ.
    """
    _check_same("binary_cross_entropy_with_logits", input, target)
    log_one = logsigmoid(input)
    if pos_weight is not None:
        log_one = log_one * ((pos_weight - 1.0) * target + 1.0)
    loss = (1.0 - target) * input - log_one
    if weight is not None:
        loss = loss * weight
    return _reduce("binary_cross_entropy_with_logits", loss, reduction)


def kl_div(
    input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """`target * (log(target) - input)` with `input` holding log-probabilities.

    Args:
        reduction: also 'batchmean', the sum divided by the first axis: the KL divergence proper.
        log_target: `target` holds log-probabilities too.
    """
    if log_target:
        loss = target.exp() * (target - input)
    else:
        # 0 * log(0) is 0 here, and so is its gradient.
        loss = target * where(target == 0, 1.0, target).log() - target * input
    if reduction == "batchmean":
        total = loss.sum()
        return total / input.shape[0] if input.dim() else total
    if reduction == "mean":
        warn(
            "kl_div: reduction='mean' divides by the number of elements; "
            "write reduction='batchmean' for the KL divergence"
        )
    return _reduce("kl_div", loss, reduction)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """Negative of the log-probability that `input` gives to the class `target`.

    Args:
        input: log-probabilities, `(N, C)`, `(C,)` or `(N, C, *)`.
        target: integers in [0, C), `(N,)`, `()` or `(N, *)`.
        weight: a factor for each class, `(C,)`; the mean then is the weighted one.
        ignore_index: targets of this value count neither in the sum nor in the mean.

    Raises:
        ValueError: shapes that do not fit each other.
        RuntimeError: `target` does not hold integers.
        IndexError: a target outside [0, C) (raised when a value is next read).
    """
    loss, factor = _picked("nll_loss", input, target, weight, ignore_index)
    return _reduce_weighted("nll_loss", loss, factor, reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """`nll_loss(log_softmax(input), target)`; `target` may also hold class probabilities.

    Args:
        input: logits, `(N, C)`, `(C,)` or `(N, C, *)`.
        target: integers as in `nll_loss`, or probabilities of the shape of `input`.
        label_smoothing: this share of each target is spread over all classes.

    Raises:
        RuntimeError: label_smoothing outside [0, 1], or ignore_index with probabilities.
        ValueError, IndexError: as `nll_loss`.
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(
            f"cross_entropy: got label_smoothing={label_smoothing}, expected between 0.0 and 1.0"
        )
    axis = _class_axis(input)
    log_probabilities = input.log_softmax(axis)
    if target.is_floating_point():
        return _soft_cross_entropy(
            log_probabilities, target, weight, ignore_index, reduction, label_smoothing
        )
    loss, factor = _picked("cross_entropy", log_probabilities, target, weight, ignore_index)
    if label_smoothing > 0.0:
        spread = log_probabilities
        if weight is not None:
            spread = spread * _along_axis(weight, axis, input.dim())
        ignored = target == ignore_index
        smooth = where(ignored, 0.0, -spread.sum(axis))
        loss = loss * (1.0 - label_smoothing) + smooth * (label_smoothing / input.shape[axis])
    return _reduce_weighted("cross_entropy", loss, factor, reduction)


def _soft_cross_entropy(
    log_probabilities: Tensor,
    target: Tensor,
    weight: Tensor | None,
    ignore_index: int,
    reduction: str,
    label_smoothing: float,
) -> Tensor:
    """Cross-entropy against class probabilities; its mean divides by the number of targets."""
    _check_probabilities(log_probabilities, target)
    if ignore_index >= 0:
        raise RuntimeError("cross_entropy: ignore_index is not supported for floating point target")
    axis = _class_axis(log_probabilities)
    classes = log_probabilities.shape[axis]
    if label_smoothing > 0.0:
        target = target * (1.0 - label_smoothing) + label_smoothing / classes
    terms = log_probabilities * target
    if weight is not None:
        terms = terms * _along_axis(weight, axis, terms.dim())
    return _reduce("cross_entropy", -terms.sum(axis), reduction)


def _picked(
    name: str, input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int
) -> tuple[Tensor, Tensor]:
    """The weighted loss of each target, and its weight; both 0 where the target is ignored."""
    _check_classes(name, input, target, weight)
    axis = _class_axis(input)
    valid = target != ignore_index
    index = where(valid, target, 0).long()
    picked = -input.gather(axis, index.unsqueeze(axis)).squeeze(axis)
    if weight is None:
        return where(valid, picked, 0.0), valid
    factor = weight.index_select(0, index.reshape(-1)).reshape(index.shape)
    factor = where(valid, factor, 0.0)
    return where(valid, picked * factor, 0.0), factor


def _reduce_weighted(name: str, loss: Tensor, factor: Tensor, reduction: str) -> Tensor:
    if reduction != "mean":
        return _reduce(name, loss, reduction)
    return loss.sum() / factor.sum()


def _reduce(name: str, loss: Tensor, reduction: str) -> Tensor:
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    if reduction == "none":
        return loss
    raise ValueError(
        f"{name}: {reduction} is not a valid value for reduction; write 'mean', 'sum' or 'none'"
    )


def _bounded_log(probability: Tensor) -> Tensor:
    """`max(log(p), -100)` whose gradient is finite at 0."""
    positive = probability > 0
    return where(positive, where(positive, probability, 1.0).log().clamp(min=-100.0), -100.0)


def _class_axis(input: Tensor) -> int:
    return 0 if input.dim() == 1 else 1


def _along_axis(weight: Tensor, axis: int, dims: int) -> Tensor:
    """Weight `(C,)` shaped to broadcast along `axis` of a tensor of `dims` axes."""
    return weight.reshape(-1, *(1,) * (dims - 1 - axis))


def _check_classes(name: str, input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    if target.is_floating_point():
        raise RuntimeError(
            f"{name}: got target of dtype {target.dtype}, expected integers; write target.long()"
        )
    if input.dim() == 0:
        raise ValueError(f"{name}: got a 0-dimensional input, expected (C,) or (N, C, ...)")
    axis = _class_axis(input)
    if input.dim() > 1 and target.dim() > 0 and input.shape[0] != target.shape[0]:
        raise ValueError(
            f"{name}: expected input batch_size ({input.shape[0]}) to match target batch_size "
            f"({target.shape[0]})"
        )
    expected = tuple(size for i, size in enumerate(input.shape) if i != axis)
    if name == "cross_entropy" and target.shape == input.shape and input.dim() > 1:
        raise RuntimeError(
            f"{name}: got target of dtype {target.dtype} and the shape of the input, "
            f"{tuple(input.shape)}, expected probabilities, write target.float(), or class "
            f"numbers of shape {expected}, write target.argmax({axis})"
        )
    if tuple(target.shape) != expected:
        raise ValueError(
            f"{name}: got input {tuple(input.shape)} and target {tuple(target.shape)}, "
            f"expected target {expected}"
        )
    if weight is not None and tuple(weight.shape) != (input.shape[axis],):
        raise RuntimeError(
            f"{name}: got weight {tuple(weight.shape)}, expected one for each of "
            f"{input.shape[axis]} classes"
        )


def _check_probabilities(input: Tensor, target: Tensor) -> None:
    axis = _class_axis(input)
    if target.shape == input.shape[:axis] + input.shape[axis + 1 :]:
        raise RuntimeError(
            f"cross_entropy: got target of dtype {target.dtype} and shape {tuple(target.shape)}, "
            f"expected class numbers (int64), write target.long(), or probabilities of the shape "
            f"of the input, {tuple(input.shape)}"
        )
    _check_same("cross_entropy", input, target)


def _check_same(name: str, input: Tensor, target: Tensor) -> None:
    if tuple(input.shape) != tuple(target.shape):
        raise ValueError(
            f"{name}: got target {tuple(target.shape)} and input {tuple(input.shape)}, "
            "expected the same shape"
        )


def _check_broadcast(name: str, input: Tensor, target: Tensor) -> None:
    if tuple(input.shape) != tuple(target.shape):
        warn(
            f"{name}: target {tuple(target.shape)} differs from input {tuple(input.shape)}; "
            "broadcasting likely gives a wrong result"
        )
        try:
            broadcast_shapes(input.shape, target.shape)
        except ValueError:
            raise ShapeError(
                f"{name}: got input {tuple(input.shape)} and target {tuple(target.shape)}, "
                "expected the same shape"
            ) from None
