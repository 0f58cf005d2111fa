"""Whether many things hold the very objects that they held, asked in a few passes of C.

Ten times as fast as a loop that compares one by one. It may say "no" where a slower look finds
equal values (a number that was set anew), never "yes" where anything is another object.
"""

from collections.abc import Iterable, Mapping, Sized
from itertools import chain, repeat
from operator import attrgetter, is_
from typing import Any

from .handle import TensorBase
from .view_ops import Mark

__all__ = ["Identities"]

_base, _chain = attrgetter("_base"), attrgetter("_chain")
_hooks = attrgetter("_hooks", "_after_accumulate")  # two dicts, often those of the class
_gradient = attrgetter("_grad")
_tracked = attrgetter("node.tracked")
_content = attrgetter("cell_contents")


_NOTHING = object()


class Identities:
    """Fields, containers, tensors and cells, with what they hold now."""

    def __init__(self) -> None:
        self._sized: list[Sized] = []
        self._lengths: list[int] = []
        self._views: list[Iterable[Any]] = []  # live: of what is in the containers now
        self._items: list[Any] = []
        self._attributes: list[Mapping[str, Any]] = []
        self._attribute_names: list[str] = []
        self._dicts: list[dict[str, Any]] = []
        self._names: list[str] = []
        self._values: list[Any] = []
        self._owners: list[Any] = []
        self._slots: list[str] = []
        self._slotted: list[Any] = []
        self._tensors: list[TensorBase] = []
        self._bases: list[Any] = []
        self._chains: list[Any] = []
        self._hooks: list[tuple[Any, Any]] = []
        self._bare: list[bool] = []  # without a gradient
        self._unmarked: list[Any] = []  # bases whose history decides whether gradients flow
        self._histories: list[bool] = []
        self._cells: list[Any] = []
        self._contents: list[Any] = []

    def add_container(self, container: Any) -> None:
        """A list, tuple or set, or a dict with its keys: as many items, the same, in order."""
        self._sized.append(container)
        self._lengths.append(len(container))
        if len(container) == 0:
            return
        views = (
            (dict.keys(container), dict.values(container))
            if isinstance(container, dict) else (container,)
        )  # fmt: skip
        self._views += views
        self._items += chain.from_iterable(views)

    def add_attributes(self, fields: Mapping[str, Any]) -> None:
        """All attributes of an object: names, which are compared as texts, and values."""
        self._sized.append(fields)
        self._lengths.append(len(fields))
        self._attributes.append(fields)
        self._attribute_names += fields
        self._views.append(fields.values())
        self._items += fields.values()

    def add_field(self, fields: dict[str, Any], name: str, value: Any) -> None:
        """One entry of a dict whose others do not matter."""
        self._dicts.append(fields)
        self._names.append(name)
        self._values.append(value)

    def add_slot(self, owner: Any, name: str) -> None:
        """An attribute that is in no dict; it may be missing."""
        self._owners.append(owner)
        self._slots.append(name)
        self._slotted.append(getattr(owner, name, _NOTHING))

    def add_tensor(self, tensor: TensorBase) -> None:
        """What storage and view a tensor is, its hooks, whether gradients flow through it and
        whether it has one."""
        self._tensors.append(tensor)
        self._bases.append(tensor._base)
        self._chains.append(tensor._chain)
        self._hooks.append(_hooks(tensor))
        self._bare.append(_gradient(tensor) is None)
        if not any(isinstance(op, Mark) for op in tensor._chain):
            self._unmarked.append(tensor._base)
            self._histories.append(tensor._base.node.tracked)

    def add_cell(self, cell: Any, value: Any) -> None:
        """A variable of a closure."""
        self._cells.append(cell)
        self._contents.append(value)

    def are_same(self) -> bool:
        """Whether everything holds what it held when it was added."""
        return (
            list(map(len, self._sized)) == self._lengths
            and list(chain.from_iterable(self._attributes)) == self._attribute_names
            and all(map(is_, chain.from_iterable(self._views), self._items))
            and (
                not self._dicts
                or all(map(is_, map(dict.get, self._dicts, self._names), self._values))
            )
            and (not self._owners or all(map(is_, self._now_in_slots(), self._slotted)))
            and (
                not self._tensors
                or (
                    all(map(is_, map(_base, self._tensors), self._bases))
                    and all(map(is_, map(_chain, self._tensors), self._chains))
                    and self.has_same_hooks()
                    and self.has_gradients()
                    and list(map(_tracked, self._unmarked)) == self._histories
                )
            )
            and all(map(is_, map(_content, self._cells), self._contents))
        )

    @staticmethod
    def hooks_of(tensor: TensorBase) -> tuple[Any, Any]:
        """What is called when its gradient is known, and when it was added."""
        return _hooks(tensor)

    def has_same_hooks(self) -> bool:
        """Whether each tensor has the dicts of hooks that it had, or equal ones."""
        return list(map(_hooks, self._tensors)) == self._hooks

    def has_gradients(self) -> bool:
        """Whether the tensors that had gradients have some, and no others."""
        return list(map(is_, map(_gradient, self._tensors), repeat(None))) == self._bare

    def _now_in_slots(self) -> Iterable[Any]:
        return map(getattr, self._owners, self._slots, repeat(_NOTHING))
