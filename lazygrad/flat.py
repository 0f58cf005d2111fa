"""Nested containers of tensors, taken apart and made again.

The arguments of a compiled call and what it returns are tensors, plain values, and tuples, lists
and dicts of them; other objects are told by identity.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from .handle import TensorBase

__all__ = ["Flat", "rebuilder", "rebuilt"]

_PLAIN = (bool, int, float, complex, str, bytes, type(None))


@dataclass(frozen=True)
class _Tensor:
    """Stands for a tensor in a container."""

    number: int


class Flat:
    """The tensors and other objects in nested tuples, lists and dicts; `plain` tells what stands
    where, and plain values themselves."""

    __slots__ = ("objects", "plain", "tensors")

    def __init__(self) -> None:
        self.tensors: list[TensorBase] = []
        self.objects: list[Any] = []
        self.plain: list[Any] = []

    def shape_of_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """As `shape_of` both; where there are but a few tensors this takes most of a replay."""
        if kwargs:
            return self.shape_of((args, kwargs))
        for argument in args:
            if not isinstance(argument, TensorBase):
                return self.shape_of((args, kwargs))
        self.tensors += args
        return _shape_of_tensors(len(args))

    def shape_of(self, value: Any) -> Any:
        """The containers alone, with a number in each tensor's place."""
        if isinstance(value, TensorBase):
            self.tensors.append(value)
            self.plain.append(_Tensor)
            return _Tensor(len(self.tensors) - 1)
        if isinstance(value, (tuple, list)):
            self.plain.append((type(value), len(value)))
            parts = [self.shape_of(v) for v in value]
            if isinstance(value, list):
                return parts
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        if type(value) is dict:
            self.plain.append((dict, tuple(value)))
            return {k: self.shape_of(v) for k, v in value.items()}
        if isinstance(value, _PLAIN):  # 0.0 is not -0.0, and NaN is NaN
            told = value.hex() if isinstance(value, float) else value
            self.plain.append((type(value), told))
        else:
            self.plain.append(object)
            self.objects.append(value)
        return value

    def key(self) -> Any:
        """What decides on the graph: equal for calls that may share a recording."""
        if not self.tensors:
            return (), tuple(self.plain), tuple([id(x) for x in self.objects])
        firsts: dict[int, int] = {}
        tensors = tuple(
            [
                (
                    t._node.shape, t._node.dtype, t._base.device, bool(t._chain),
                    firsts.setdefault(id(t._base.storage), k),
                )
                for k, t in enumerate(self.tensors)
            ]
        )  # fmt: skip
        return tensors, tuple(self.plain), tuple([id(x) for x in self.objects])


@functools.lru_cache
def _shape_of_tensors(count: int) -> Any:
    """The shape of a call with so many tensors and nothing else."""
    return tuple([_Tensor(k) for k in range(count)]), {}


def rebuilder(shape: Any) -> Callable[[list[Any]], Any]:
    """Makes of the tensors what `rebuilt` does; at once where all of them stand in one row."""
    if isinstance(shape, (list, tuple)) and list(shape) == [_Tensor(k) for k in range(len(shape))]:
        if type(shape) in (list, tuple):
            return type(shape)
    if isinstance(shape, _Tensor):
        return itemgetter(shape.number)
    return lambda tensors: rebuilt(shape, tensors)


def rebuilt(shape: Any, tensors: Sequence[Any]) -> Any:
    if isinstance(shape, _Tensor):
        return tensors[shape.number]
    if isinstance(shape, tuple):
        parts = [rebuilt(v, tensors) for v in shape]
        return type(shape)(*parts) if hasattr(shape, "_fields") else tuple(parts)
    if isinstance(shape, list):
        return [rebuilt(v, tensors) for v in shape]
    if type(shape) is dict:
        return {k: rebuilt(v, tensors) for k, v in shape.items()}
    return shape
