"""Streams of random numbers: counter-based, so that a seed gives the same on every device.

A draw of n numbers takes all four words of the blocks offset, offset + 1, ... under the seed as key
(Philox 4x32-10: Salmon et al., SC 2011) and leaves what the last block has over. Seed and offset
enter kernels as late-bound numbers; the offset moves on at the call, on the host, so that the order
of calls alone decides the values.
"""

import math
import operator
import secrets
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import uint8, uint32, uint64
from lazygrad.codegen.graph import Node, Shape

from . import placement, recording
from .handle import TensorBase, wrap
from .realize import from_host, to_host

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = [
    "Generator", "default_generator", "get_rng_state", "initial_seed", "manual_seed", "seed",
    "set_rng_state",
]  # fmt: skip

_MASK = (1 << 64) - 1
_FIRST_SEED = 67280421310721  # PyTorch's


class Generator:
    """A stream of random numbers: a seed and how many blocks of 4 were drawn.

    Args:
        device: accepted and kept for programs that name one; values do not depend on it.
    """

    def __init__(self, device: Any = None) -> None:
        self.device = None if device is None else placement.device(device)
        self._seed = _FIRST_SEED
        self._offset = 0

    def manual_seed(self, seed: int) -> Self:
        """Begins the stream of this seed; a negative one counts from 2**64 down."""
        if not -(1 << 63) <= seed <= _MASK:
            raise RuntimeError(f"manual_seed: got {seed}, expected an integer of 64 bits")
        _refuse_to_record()
        self._seed = operator.index(seed) & _MASK
        self._offset = 0
        return self

    def seed(self) -> int:
        """Begins a stream of a seed that the system picks, and gives it."""
        self.manual_seed(secrets.randbits(63))
        return self._seed

    def initial_seed(self) -> int:
        """The seed."""
        return self._seed

    def get_state(self) -> "Tensor":
        """Seed and offset as a uint8 tensor of 16 bytes."""
        bits = np.array([self._seed, self._offset], np.uint64).view(np.uint8)
        place = placement.default_device()
        return wrap(from_host(bits, uint8, place), place)

    def set_state(self, new_state: TensorBase) -> Self:
        """Goes back to a state that `get_state` gave; RuntimeError for what is none."""
        if not isinstance(new_state, TensorBase):
            raise TypeError(
                f"set_state: expected a uint8 tensor from get_state(), but got "
                f"{type(new_state).__name__}"
            )
        node = new_state._node
        if node.dtype is not uint8 or node.shape != (16,):
            raise RuntimeError(
                f"set_state: got {node.dtype.name} {list(node.shape)}, expected uint8 [16] from "
                "get_state()"
            )
        _refuse_to_record()
        words = to_host(node, new_state._base.device).view(np.uint64)
        self._seed, self._offset = int(words[0]), int(words[1])
        return self

    def clone_state(self) -> "Generator":
        """Another generator in the same state."""
        copied = Generator(self.device)
        copied._seed, copied._offset = self._seed, self._offset
        return copied

    def bits(self, shape: Shape) -> Node:
        """The next numbers of the stream, uint32, as many as `shape` has elements."""
        count = math.prod(shape)
        first, seed = self._draw(-(-count // 4))
        place = ops.iota(count, uint32 if count < 1 << 32 else uint64)
        return ops.reshape(ops.philox(first, seed, place), shape)

    def _draw(self, count: int) -> tuple[Node, Node]:
        """The next `count` blocks: the number of the first, and the seed, both late-bound."""
        first = self._offset
        self._offset = (first + count) & _MASK
        recorder = recording.active()
        if recorder is None:
            return ops.scalar(first, uint64), ops.scalar(self._seed, uint64)
        place = [first]

        def again() -> None:
            place[0] = self._offset
            self._offset = (place[0] + count) & _MASK

        recorder.events.append(again)
        return (
            recording.late(first, lambda: place[0], uint64),
            recording.late(self._seed, lambda: self._seed, uint64),
        )


default_generator = Generator()


def _refuse_to_record() -> None:
    """A replay goes on in the stream: it does not begin another one."""
    recorder = recording.active()
    if recorder is not None:
        recorder.refuse("it sets the state of a generator")


def manual_seed(seed: int | float) -> Generator:
    """Begins the stream of this seed for everything that names no generator."""
    whole = int(seed) if isinstance(seed, float) and math.isfinite(seed) else seed
    return default_generator.manual_seed(whole)  # type: ignore[arg-type]


def seed() -> int:
    """Begins a stream of a seed that the system picks, and gives it."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed of the default generator."""
    return default_generator.initial_seed()


def get_rng_state() -> "Tensor":
    """The state of the default generator, see `Generator.get_state`."""
    return default_generator.get_state()


def set_rng_state(new_state: TensorBase) -> None:
    """Puts the default generator back into a state that `get_rng_state` gave."""
    default_generator.set_state(new_state)
