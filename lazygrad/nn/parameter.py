"""Parameters: tensors that a module lists and an optimizer trains."""

from typing import Any

from lazygrad.creation import empty
from lazygrad.tensor import Tensor


class Parameter(Tensor):
    """A leaf tensor; assigned to an attribute of a `Module` it becomes one of its parameters.

    Args:
        data: the values; shared with the tensor given, outside its gradient history.
        requires_grad: whether `backward` accumulates into `.grad`.
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> "Parameter":
        if data is None:
            data = empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(
                f"Parameter: got data of type {type(data).__name__}, expected a Tensor; "
                "write Parameter(tensor(data))"
            )
        parameter: Parameter = data.detach().as_subclass(cls)
        parameter.requires_grad_(requires_grad)
        return parameter

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        """Nothing is left to do: `__new__` has made the handle."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "Parameter":
        found = memo.get(id(self))
        if isinstance(found, Parameter):
            return found
        copied = type(self)(self.detach().clone(), self.requires_grad)
        memo[id(self)] = copied
        return copied

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self.detach(), self.requires_grad)

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()
