"""Whether a bad call ended well: the error's class and words, or a value held to PyTorch's."""

import re
from typing import Any

import numpy as np

import lazygrad as lg
from lazygrad.codegen.graph import toposort
from lazygrad.codegen.reference import evaluate
from lazygrad.handle import TensorBase
from lazygrad.realize import host_view

from .good_calls import Good, Names
from .leniencies import UNSPECIFIED, different, lenient

__all__ = ["fault_of", "judge"]

_NAMED = (TypeError, ValueError, IndexError, RuntimeError, NotImplementedError, OSError)
_NEVER = (RecursionError, UnicodeError)
_GOT = re.compile(r"\bgot\b|\bgiven\b|\bfound\b")
_EXPECTED = re.compile(r"expect|must |should|only|valid|not allowed|write |use |instead|:$")


def fault_of(error: BaseException, good: Good) -> str | None:
    """What is wrong with an error, None where nothing is."""
    told = f"{type(error).__name__}: {error}".splitlines()[0][:160]
    if isinstance(error, AttributeError) and good.head.startswith("net.get_"):
        return None  # they look an attribute up, and say which
    if not isinstance(error, _NAMED) or isinstance(error, _NEVER):
        return f"raised {told}"
    if not type(error).__module__.startswith(("builtins", "lazygrad")):
        return f"raised {told}"
    if isinstance(error, MemoryError):  # tells what was asked for, and of whom
        return None
    first = str(error).partition("\n")[0]
    words = [part for part in re.split(r"\W+", good.head.partition("(")[0]) if part][-2:]
    function = eval(good.head, {}, Names(lg))
    words.append(type(getattr(function, "__self__", None)).__name__)
    words.append(getattr(function, "__name__", ""))  # an alias's
    if good.head.startswith("operator"):
        words = ["operator"]  # they go by the names of their methods, and by Python's signs
        first = f"{words[-1]} {first.replace('unsupported', 'got, expected others')}"
        first = first.replace("not supported", "got, expected others")
    if not any(word.strip("_").lower() in first.lower() for word in words if word):
        return f"does not say who speaks: {told}"
    if not _GOT.search(first):
        return f"does not say what it got: {told}"
    if not _EXPECTED.search(first):
        return f"does not say what it expected: {told}"
    return None


def judge(
    head: str, slot: int | str, bad: str, ours: Any, theirs: Any, refused: BaseException | None
) -> tuple[str, str | None]:
    """What an accepted call counts as, and its fault."""
    unread = _read(ours)
    if isinstance(unread, IndexError):
        return "raised when read", None
    if unread is not None:
        return "unreadable", f"reading raises {type(unread).__name__}: {unread}"
    if refused is not None:
        if lenient(head, slot, bad, refused):
            return "taken on purpose", None
        told = f"{type(refused).__name__}: {refused}".splitlines()[0][:120]
        return "silent", f"gives {_brief(ours)} where PyTorch raises {told}"
    difference = _difference(ours, theirs, head)
    if difference is not None and different(head, slot, bad):
        return "taken on purpose", None
    return "as PyTorch", difference


def _brief(value: Any) -> str:
    if isinstance(value, TensorBase):
        return f"{value.dtype} {list(value.shape)}"
    return repr(value)[:60].replace("\n", " ")


def _read(value: Any) -> Exception | None:
    """What reading the values raises: IndexError where an index inside a tensor was wrong."""
    try:
        for part in _flat(value):
            if isinstance(part, TensorBase) and part.numel() <= _LARGE:
                _value(part)
    except Exception as error:
        return error
    return None


def _flat(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [item for part in value for item in _flat(part)]
    return [value]


_LARGE = 1 << 16


def _difference(ours: Any, theirs: Any, head: str) -> str | None:
    mine, other = _flat(ours), _flat(theirs)
    if len(mine) != len(other):
        return f"gives {len(mine)} values where PyTorch gives {len(other)}"
    for a, b in zip(mine, other, strict=True):
        if isinstance(a, TensorBase):
            if list(a.shape) != list(b.shape) or str(a.dtype)[9:] != str(b.dtype)[6:]:
                return f"gives {_brief(a)} where PyTorch gives {b.dtype} {list(b.shape)}"
            fixed = not UNSPECIFIED.search(head)
            if fixed and a.numel() <= _LARGE and not _close(_value(a), b):
                return f"gives {_value(a).tolist()} where PyTorch gives {b.tolist()}"[:200]
        elif (
            isinstance(a, (bool, int, float))
            and not UNSPECIFIED.search(head)
            and a != b
            and (a == a or b == b)
        ):
            return f"gives {a!r} where PyTorch gives {b!r}"
    return None


def _value(tensor: TensorBase) -> Any:
    """The tensor's value by NumPy's meaning of its graph: no kernel is compiled."""
    node = tensor._node
    device = tensor._base.device
    leaves = [n for n in toposort([node]) if n.op.name == "buffer"]
    return evaluate([node], {n: n.dtype.from_storage(host_view(n, device)) for n in leaves})[0]


def _close(a: Any, theirs: Any) -> bool:
    b = np.asarray(theirs.detach().float() if theirs.is_floating_point() else theirs)
    with np.errstate(all="ignore"):
        return bool(np.allclose(a.astype(b.dtype), b, rtol=2e-2, atol=1e-3, equal_nan=True))
