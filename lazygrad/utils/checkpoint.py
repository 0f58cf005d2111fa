"""`utils.checkpoint`: memory for time. What a function's gradients need is computed again."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lazygrad.grad_mode import grad_enabled
from lazygrad.handle import TensorBase
from lazygrad.recompute import marked

__all__ = ["checkpoint", "checkpoint_sequential"]


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    preserve_rng_state: bool = True,
    context_fn: Any = None,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """`function(*args, **kwargs)` without keeping its intermediate values for backward.

    The results are computed at once; backward computes what lies between them and the arguments
    again, one checkpoint after the other. It is the same computation, with the same random
    numbers and the parameters of then; the function itself is called once.

    Args:
        function: takes and returns tensors, alone or in tuples, lists and dicts.
        use_reentrant, preserve_rng_state, context_fn, determinism_check, debug, early_stop: taken
            without effect.
    """
    result = function(*args, **kwargs)
    if not grad_enabled.get():
        return result
    return _mapped(result, list(_tensors((args, kwargs))))


def checkpoint_sequential(
    functions: Iterable[Callable[[Any], Any]],
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Modules or functions one after the other, in so many checkpoints; the last is none."""
    stages = list(functions)
    length = max(1, len(stages) // segments)
    for number in range(segments):
        last = number == segments - 1
        part = stages[number * length : None if last else (number + 1) * length]
        run = _chain(part)
        input = run(input) if last else checkpoint(run, input, **kwargs)
    return input


def _chain(stages: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def run(value: Any) -> Any:
        for stage in stages:
            value = stage(value)
        return value

    return run


def _tensors(value: Any) -> Iterable[TensorBase]:
    if isinstance(value, TensorBase):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _tensors(part)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _mapped(value: Any, given: Sequence[TensorBase]) -> Any:
    if isinstance(value, TensorBase):
        return marked(value, given)
    if isinstance(value, (tuple, list)):
        parts = [_mapped(part, given) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if type(value) is dict:
        return {name: _mapped(part, given) for name, part in value.items()}
    return value
