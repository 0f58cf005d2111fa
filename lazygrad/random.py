"""Random tensors: `rand`, `randn`, `randint`, `randperm`, ..., and in-place draws of tensors."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, bfloat16, float32, int64
from lazygrad.codegen.graph import Node

from . import placement
from .creation import made, one_size, sizes
from .default_dtype import dtype_or
from .distributions import check_floating, exponential, integers, standard_normal, uniform
from .errors import ShapeError, shown
from .generator import Generator as Generator
from .generator import default_generator as default_generator
from .generator import get_rng_state as get_rng_state
from .generator import initial_seed as initial_seed
from .generator import manual_seed as manual_seed
from .generator import seed as seed
from .generator import set_rng_state as set_rng_state
from .handle import TensorBase, check_tensor
from .promotion import scalar_operand
from .shape_arguments import whole_number

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = [
    "Generator", "RandomMethods", "bernoulli", "default_generator", "get_rng_state", "initial_seed",
    "manual_seed", "multinomial", "normal", "rand", "rand_like", "randint", "randint_like", "randn",
    "randn_like", "randperm", "seed", "set_rng_state",
]  # fmt: skip


def rand(
    *shape: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """Uniform on [0, 1)."""
    wanted = dtype_or("rand", dtype)
    check_floating("rand", wanted)
    node = uniform(generator, sizes("rand", one_size("rand", shape, size)), wanted)
    return made(node, placement.find(device), requires_grad)


def randn(
    *shape: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """Normal with mean 0 and standard deviation 1."""
    wanted = dtype_or("randn", dtype)
    check_floating("randn", wanted)
    node = standard_normal(generator, sizes("randn", one_size("randn", shape, size)), wanted)
    return made(node, placement.find(device), requires_grad)


def _check_bounds(name: str, low: int, high: int, dtype: DType) -> None:
    """Raises RuntimeError where an integer dtype does not hold all of [low, high)."""
    if dtype.kind == "f" or low >= high:
        return
    least, most = 0, 1
    if dtype.kind != "b":
        least, most = int(np.iinfo(dtype.numpy).min), int(np.iinfo(dtype.numpy).max)
    for word, bound in (("from", low), ("to - 1", high - 1)):
        if not least <= bound <= most:
            raise RuntimeError(
                f"{name}: {word} is out of bounds for {dtype.name}: got {bound}, expected {least} "
                f"to {most}"
            )


def randint(
    low: int = 0,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: DType = int64,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """Integers in [low, high), written `randint(high, size)` or `randint(low, high, size)`."""
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"randint: got size {size!r}, expected a tuple: randint(10, (3,))")
    wanted = dtype_or("randint", dtype, int64)
    first, end = whole_number("randint", low), whole_number("randint", high)
    _check_bounds("randint", first, end, wanted)
    node = integers("randint", first, end, sizes("randint", (size,)), generator)
    return made(ops.cast(node, wanted), placement.find(device), requires_grad)


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: DType = int64,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """The integers 0 to n - 1 in random order: the sorting order of random keys."""
    source = generator or default_generator
    order = ops.argsort(source.bits(sizes("randperm", (n,))), 0)
    wanted = dtype_or("randperm", dtype, int64)
    return made(ops.cast(order, wanted), placement.find(device), requires_grad)


def _place(input: TensorBase, device: Any) -> placement.Device:
    return input._base.device if device is None else placement.find(device)


def rand_like(
    input: TensorBase,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> "Tensor":
    """As `rand`, of the shape, dtype and device of another tensor."""
    check_tensor("rand_like", input)
    shape, wanted = input._node.shape, dtype_or("rand_like", dtype, input._node.dtype)
    return rand(shape, dtype=wanted, device=_place(input, device), requires_grad=requires_grad)


def randn_like(
    input: TensorBase,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> "Tensor":
    """As `randn`, of the shape, dtype and device of another tensor."""
    check_tensor("randn_like", input)
    shape, wanted = input._node.shape, dtype_or("randn_like", dtype, input._node.dtype)
    return randn(shape, dtype=wanted, device=_place(input, device), requires_grad=requires_grad)


def randint_like(
    input: TensorBase,
    low: int,
    high: int | None = None,
    *,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> "Tensor":
    """As `randint`, of the shape, dtype and device of another tensor."""
    first, end = (0, low) if high is None else (low, high)
    check_tensor("randint_like", input)
    wanted = dtype_or("randint_like", dtype, input._node.dtype)
    _check_bounds("randint_like", first, end, wanted)
    node = integers("randint_like", first, end, input._node.shape, None)
    return made(ops.cast(node, wanted), _place(input, device), requires_grad)


def normal(
    mean: Any,
    std: Any = 1.0,
    size: Sequence[int] | None = None,
    *,
    generator: Generator | None = None,
    dtype: DType | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> "Tensor":
    """Normal with mean and standard deviation from tensors, or numbers and a `size`."""
    if not isinstance(std, TensorBase) and not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    given: list[Any] = [x for x in (mean, std) if isinstance(x, TensorBase)]
    if not given:
        if size is None:
            raise TypeError("normal: got numbers and no size, expected normal(mean, std, size)")
        drawn: Any = randn(size, generator=generator, dtype=dtype, device=device)
    elif size is not None:
        raise TypeError(
            f"normal: got a tensor and size {shown(size)}, expected normal(mean, std): tensors "
            "give the size"
        )
    else:
        like: Any = given[0] if len(given) == 1 else given[0] + given[1]
        wanted = dtype_or("normal", dtype, like._node.dtype)
        check_floating("normal", wanted)
        node = standard_normal(generator, like._node.shape, wanted)
        drawn = like._wrap(node)
    result: Tensor = drawn * std + mean
    return result.requires_grad_() if requires_grad else result


def _check_probability(name: str, p: float) -> None:
    if not 0 <= p <= 1:
        raise RuntimeError(f"{name} expects p to be in [0, 1], but got p={p}")


def bernoulli(input: TensorBase, p: float | None = None, *, generator: Generator | None = None
              ) -> "Tensor":  # fmt: skip
    """1 with the probability that each element (or `p`) tells, else 0; in the input's dtype.

    Raises RuntimeError for a `p` outside of [0, 1]; NotImplementedError for probabilities that
        are integers.
    """
    node = input._node
    wide = float32 if node.dtype.itemsize < 4 or node.dtype.kind != "f" else node.dtype
    if p is None:
        check_floating("bernoulli", node.dtype)
        chance = ops.cast(ops.detach(node), wide)
    else:
        _check_probability("bernoulli", p)
        chance = ops.scalar(float(p), wide)
    hit = ops.lt(uniform(generator, node.shape, wide), chance)
    return input._wrap(ops.cast(hit, node.dtype))


def multinomial(
    input: TensorBase,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> "Tensor":
    """Indices drawn with probabilities proportional to the rows of `input`, int64.

    Args:
        input: weights `(n,)` or `(m, n)`, not negative; they need not sum to 1.
        num_samples: draws from each row.
        replacement: whether a row's index may come again.

    Raises RuntimeError: another number of dimensions, a dtype that is not floating, or more
        draws without replacement than there are indices.
    """
    node = ops.detach(input._node)
    if node.ndim not in (1, 2) or node.dtype.kind != "f":
        raise ShapeError(
            f"multinomial: got {node.dtype.name} {list(node.shape)}, expected floating "
            "probabilities of 1 or 2 dimensions"
        )
    count = node.shape[-1]
    if num_samples <= 0:
        raise RuntimeError(f"multinomial: cannot sample n_sample <= 0 samples: got {num_samples}")
    if not replacement and num_samples > count:
        raise RuntimeError(
            f"multinomial: cannot sample n_sample > prob_dist.size(-1) samples without "
            f"replacement: got num_samples={num_samples} of {count}"
        )
    wide = float32 if node.dtype.itemsize < 4 else node.dtype
    weights, axis = ops.cast(node, wide), node.ndim - 1
    if replacement:
        picked = _draw_with_replacement(weights, axis, num_samples, generator)
    else:  # the least of exponential times with rates w: Efraimidis and Spirakis (2006)
        times = ops.div(exponential(generator, node.shape, wide), weights)
        order = ops.argsort(times, axis)
        picked = ops.slice_at(order, axis, 0, num_samples)
    return input._wrap(picked)


def _draw_with_replacement(
    weights: Node, axis: int, num_samples: int, generator: Generator | None
) -> Node:
    """How many partial sums of the weights lie at or below a uniform part of their total."""
    lead, count = weights.shape[:axis], weights.shape[axis]
    sums = ops.scan(weights, axis, "add")
    total = ops.slice_at(sums, axis, count - 1, 1)
    aim = ops.mul(uniform(generator, (*lead, num_samples), weights.dtype), total)
    below = ops.le(ops.reshape(sums, (*lead, 1, count)), ops.reshape(aim, (*lead, num_samples, 1)))
    passed = ops.sum_(ops.cast(below, int64), (axis + 1,))
    return ops.reshape(ops.minimum(passed, ops.const(count - 1, int64)), (*lead, num_samples))


class RandomMethods(TensorBase):
    """In-place draws."""

    def _drawn(self, name: str, node: Node) -> Self:
        self._write(ops.cast(node, self._node.dtype), ())
        return self

    def uniform_(
        self, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None
    ) -> Self:
        """Fills with numbers uniform on [from_, to)."""
        dtype = self._node.dtype
        check_floating("uniform_", dtype)
        if not from_ <= to:
            raise RuntimeError(
                f"uniform_ expects to return a [from, to) range, but found from={from_} > to={to}"
            )
        node = uniform(generator, self._node.shape, dtype)
        if to - from_ != 1:
            node = ops.mul(node, scalar_operand(to - from_, dtype))
        if from_ != 0:
            node = ops.add(node, scalar_operand(from_, dtype))
        return self._drawn("uniform_", node)

    def normal_(
        self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
    ) -> Self:
        """Fills with numbers of a normal distribution."""
        dtype = self._node.dtype
        check_floating("normal_", dtype)
        if not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
        node = standard_normal(generator, self._node.shape, dtype)
        if std != 1:
            node = ops.mul(node, scalar_operand(std, dtype))
        if mean != 0:
            node = ops.add(node, scalar_operand(mean, dtype))
        return self._drawn("normal_", node)

    def exponential_(self, lambd: float = 1.0, *, generator: Generator | None = None) -> Self:
        """Fills with numbers of the exponential distribution with rate `lambd`."""
        check_floating("exponential_", self._node.dtype)
        if not lambd > 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
        node = exponential(generator, self._node.shape, self._node.dtype)
        if lambd != 1:
            node = ops.div(node, scalar_operand(lambd, node.dtype))
        return self._drawn("exponential_", node)

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Self:
        """Fills with 1 with probability `p` (a number or a tensor of this shape), else 0."""
        shape = self._node.shape
        if isinstance(p, TensorBase):
            chance = ops.cast(ops.detach(p._node), float32)
        else:
            _check_probability("bernoulli_", p)
            chance = ops.scalar(float(p), float32)
        return self._drawn("bernoulli_", ops.lt(uniform(generator, shape, float32), chance))

    def random_(
        self, from_: int | None = None, to: int | None = None, *,
        generator: Generator | None = None,
    ) -> Self:  # fmt: skip
        """Fills with integers in [from_, to), written `random_()`, `random_(to)` or with both.

        Without bounds: from 0 up to what the dtype holds (2**24 for float32, 2**53 for float64).
        """
        dtype = self._node.dtype
        if to is None:
            from_, to = 0, from_
        if to is None:
            if dtype.kind == "f":
                to = 1 << {2: 11, 4: 24, 8: 53}[dtype.itemsize]
                if dtype is bfloat16:
                    to = 1 << 8
            elif dtype.kind == "b":
                to = 1
            else:
                to = int(np.iinfo(dtype.numpy).max)
            to += 1
        first, end = int(from_ or 0), int(to)
        _check_bounds("random_", first, end, dtype)
        node = integers("random_", first, end, self._node.shape, generator)
        return self._drawn("random_", node)

    def bernoulli(self, p: float | None = None, *, generator: Generator | None = None) -> "Tensor":
        """1 with the probability that each element (or `p`) tells, else 0."""
        return bernoulli(self, p, generator=generator)

    def multinomial(
        self, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
    ) -> "Tensor":
        """As the function `multinomial`."""
        return multinomial(self, num_samples, replacement, generator=generator)
