"""One valid call of each public function, as text that means the same in PyTorch."""

import inspect
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

import numpy as np

import lazygrad as lg

from .good_rows import LAYERS, OPERATORS, ROWS

__all__ = ["Good", "Names", "excluded", "good_calls", "public"]

# public names that are not called with arguments to get wrong, with why
_EXCLUDED = {
    "lg.Graph": "networkx's own class", "lg.KernelInfo": "a record that the library makes",
    "lg.Stats": "a record that the library makes", "lg.Size": "a tuple, made by Python",
    "lg.dtype": "a record that the library makes", "lg.set_default_dtype": "changes the process",
    "lg.set_default_device": "changes the process", "lg.set_printoptions": "changes the process",
    "lg.set_grad_enabled": "changes the process", "lg.device": "asks drivers for devices",
    "lg.is_tensor": "takes anything", "lg.no_grad": "decorates anything that is called",
    "lg.enable_grad": "decorates anything that is called", "lg.save": "writes files",
    "lg.save_file": "writes files", "lg.seed": "changes the process",
    "lg.nn.Identity": "takes anything", "lg.nn.Module": "takes nothing; made to be inherited from",
    "lg.nn.ParameterList": "takes any values, as in PyTorch",
    "lg.optim.Optimizer": "made to be inherited from",
    "lg.optim.lr_scheduler.LRScheduler": "made to be inherited from",
    "lg.utils.data.Dataset": "made to be inherited from",
    "lg.utils.data.IterableDataset": "made to be inherited from",
    "lg.utils.data.Sampler": "made to be inherited from",
    "lg.cuda.manual_seed_all": "lg.manual_seed", "lg.Tensor": "in rows of its own",
    "lg.Tensor.as_subclass": "takes a class", "lg.Tensor.to": "in rows of its own",
    "lg.Tensor.cuda": "wants a GPU", "lg.cuda.get_device_name": "wants a GPU",
    "lg.cuda.synchronize": "wants a GPU", "lg.load": "reads files", "lg.load_file": "reads files",
    "lg.tune": "measures whatever function it is given",
    "lg.Tensor.set_": "exchanges storage, which a tensor of any kind has",
}  # fmt: skip

_SPACES = ("lg", "lg.nn", "lg.nn.functional", "lg.nn.init", "lg.nn.utils", "lg.optim",
           "lg.optim.lr_scheduler", "lg.utils.data", "lg.autograd", "lg.cuda")  # fmt: skip


def _trained(lib: Any) -> Any:
    """A parameter with a gradient."""
    leaf = lib.tensor([1.0, 2.0], requires_grad=True)
    leaf.grad = lib.tensor([3.0, -4.0])
    return leaf


_MADE: dict[str, Callable[[Any], Any]] = {
    "x": lambda lib: lib.tensor([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]]),
    "y": lambda lib: lib.tensor([[2.0, 1.0, 0.5], [1.0, -2.0, 3.0]]),
    "p": lambda lib: lib.tensor([[0.5, 0.25, 0.75], [0.5, 0.1, 0.9]]),
    "v": lambda lib: lib.tensor([1.0, 2.0, 3.0]),
    "w": lambda lib: lib.tensor([1.0, -1.0]),
    "sq": lambda lib: lib.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 4.0], [5.0, 6.0, 0.0]]),
    "b": lambda lib: lib.tensor([[[1.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [1.0, 0.0]]]),
    "k": lambda lib: lib.tensor([[1, 0, 3], [2, 1, 0]]),
    "i": lambda lib: lib.tensor([0, 1]),
    "j": lambda lib: lib.tensor([[0, 1, 0]]),
    "m": lambda lib: lib.tensor([[True, False, True], [False, True, True]]),
    "one": lambda lib: lib.tensor([2.0]),
    "seq": lambda lib: lib.ones(1, 2, 8), "img": lambda lib: lib.ones(1, 2, 6, 6),
    "leaf": lambda lib: lib.tensor([1.0, 2.0], requires_grad=True),
    "trained": _trained,
    "loss": lambda lib: (lib.tensor([1.0, 2.0], requires_grad=True) ** 2).sum(),
    "net": lambda lib: lib.nn.Linear(3, 2),
    "opt": lambda lib: lib.optim.SGD(lib.nn.Linear(3, 2).parameters(), lr=0.1, momentum=0.9),
    "data": lambda lib: lib.utils.data.TensorDataset(lib.ones(4, 2)),
}  # fmt: skip


class Names(dict[str, Any]):
    """What the text of a call may mention: a library and small values made of it when asked for."""

    def __init__(self, lib: Any) -> None:
        super().__init__(lg=lib, np=np, operator=operator)

    def __missing__(self, name: str) -> Any:
        if name not in _MADE:
            raise KeyError(name)
        value = self[name] = _MADE[name](self["lg"])
        return value


@dataclass(frozen=True)
class Good:
    """A valid call.

    Attributes:
        group: what kind of function it is.
        head: an expression for the function, such as "lg.sum" or "lg.nn.Linear(3, 2)".
        placed, named: expressions for the arguments, compiled.
        left_out: parameters that have defaults.
    """

    group: str
    head: str
    placed: tuple[CodeType, ...]
    named: dict[str, CodeType]
    left_out: tuple[str, ...]

    def prepared(self, lib: Any) -> tuple[Any, list[Any], dict[str, Any]]:
        """The function and fresh arguments, of lazygrad or of torch."""
        names = Names(lib)
        placed = [eval(part, {}, names) for part in self.placed]
        named = {key: eval(part, {}, names) for key, part in self.named.items()}
        return eval(self.head, {}, names), placed, named


def public() -> Iterator[tuple[str, Any]]:
    """Every public callable of the library with its path."""
    for space in _SPACES:
        for name, member in list(vars(found := eval(space, {"lg": lg})).items()):
            names = getattr(found, "__all__", None)
            listed = _own(space, name, member) if names is None else name in names
            if callable(member) and listed:
                yield f"{space}.{name}", member
    for name in dir(lg.Tensor):
        if name[0] != "_" and callable(member := getattr(lg.Tensor, name)):
            yield f"lg.Tensor.{name}", member


def _own(space: str, name: str, member: Any) -> bool:
    module = str(getattr(member, "__module__", ""))
    return name[0] != "_" and module.startswith("lazygrad" + space[2:])


def excluded(path: str, member: Any) -> bool:
    """Whether a callable is left out of the walk: by name, or since it takes no argument."""
    if path in _EXCLUDED:
        return True
    parameters = [p for p in inspect.signature(member).parameters.values() if p.name != "self"]
    return not parameters and not path.startswith("lg.Tensor.")


def _group(path: str) -> str:
    space, _, name = path.rpartition(".")
    if space == "lg.Tensor":
        return "methods in place" if name[-1] == "_" else "methods"
    if space == "lg.nn":
        return "layers"
    known = {"lg": "functions", "lg.nn.functional": "nn.functional", "lg.utils.data": "data"}
    return known.get(space, "optim" if "optim" in space else "init, utils, autograd, devices")


_NAMED = re.compile(r"([A-Za-z_]\w*)=(?!=)(.*)")


def _good(group: str, head: str, row: str, function: Any) -> Good:
    placed: list[CodeType] = []
    named: dict[str, CodeType] = {}
    for token in row.split():
        if match := _NAMED.fullmatch(token):
            named[match[1]] = compile(match[2], "row", "eval")
        else:
            placed.append(compile(token, "row", "eval"))
    left_out: list[str] = []
    if isinstance(function, (FunctionType, type)):
        parameters = list(inspect.signature(function).parameters.values())
        for place, p in enumerate(parameters):
            if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) or p.name in named:
                continue
            if place >= len(placed) or p.kind is p.KEYWORD_ONLY:
                left_out.append(p.name)
    return Good(group, head, tuple(placed), named, tuple(left_out))


def _automatic(member: Any) -> str:
    """A row for a function whose required parameters are tensors, numbers and dimensions."""
    row = []
    for p in inspect.signature(member).parameters.values():
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD:
            row.append(
                "x" if p.name in ("self", "input") else {"dim": "0", "n": "3"}.get(p.name, "y")
            )
    return " ".join(row)


def good_calls() -> Iterator[Good]:
    """A valid call of every public callable that is not excluded, of layers and operators."""
    for path, member in public():
        if excluded(path, member):
            continue
        name = path.rpartition(".")[2]
        row = ROWS.get(path)
        if row is None and (path.count(".") == 1 or path.startswith("lg.Tensor.")):
            row = ROWS.get(name) or ROWS.get(name.rstrip("_"))
        yield _good(_group(path), path, _automatic(member) if row is None else row, member)
    for head, row in LAYERS.items():
        yield _good("layers' inputs", head, row, None)
    for head, row in OPERATORS.items():
        yield _good("operators", head, row, None)
