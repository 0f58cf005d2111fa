"""Whether operations record gradients: context variables, so that threads and tasks do not meet."""

import functools
import inspect
from collections.abc import Callable, Generator
from contextvars import ContextVar
from typing import Any, Self, TypeVar

__all__ = [
    "enable_grad",
    "grad_enabled",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_grad_enabled",
]

F = TypeVar("F", bound=Callable[..., Any])

grad_enabled: ContextVar[bool] = ContextVar("grad_enabled", default=True)
_inference: ContextVar[bool] = ContextVar("inference_mode", default=False)


def is_grad_enabled() -> bool:
    """Whether operations record gradients here."""
    return grad_enabled.get()


def is_inference_mode_enabled() -> bool:
    """Whether `inference_mode` is on here."""
    return _inference.get()


class _GradMode:
    """A context manager, and a decorator of functions and generators, that sets the mode."""

    def __init__(self, mode: bool) -> None:
        self._mode = mode
        self._before: list[bool] = []

    def _fresh(self) -> "_GradMode":
        return _GradMode(self._mode)

    def __enter__(self) -> Self:
        self._before.append(grad_enabled.get())
        grad_enabled.set(self._mode)
        return self

    def __exit__(self, *exception: object) -> None:
        grad_enabled.set(self._before.pop())

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function):
            return _decorate_generator(self, function)  # type: ignore[return-value]

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self._fresh():
                return function(*args, **kwargs)

        return wrapped  # type: ignore[return-value]


def _decorate_generator(mode: _GradMode, function: Callable[..., Any]) -> Callable[..., Any]:
    """The mode holds while the generator's body runs, not between its values."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with mode._fresh():
            body = function(*args, **kwargs)
            step = functools.partial(next, body)
        while True:
            try:
                with mode._fresh():
                    value = step()
            except StopIteration as stop:
                return stop.value
            try:
                step = functools.partial(body.send, (yield value))
            except GeneratorExit:
                body.close()
                raise
            except BaseException as error:
                step = functools.partial(body.throw, error)

    return wrapped


class no_grad(_GradMode):
    """Operations inside record no gradient: `with no_grad():` or `@no_grad()`."""

    def __new__(cls, function: Any = None) -> Any:
        mode = super().__new__(cls)
        if function is None:
            return mode
        mode.__init__()  # type: ignore[misc]  # written @no_grad, without brackets
        return mode(function)

    def __init__(self) -> None:
        super().__init__(False)


class enable_grad(_GradMode):
    """Operations inside record gradients again: `with enable_grad():` or `@enable_grad()`."""

    def __new__(cls, function: Any = None) -> Any:
        mode = super().__new__(cls)
        if function is None:
            return mode
        mode.__init__()  # type: ignore[misc]  # written @enable_grad, without brackets
        return mode(function)

    def __init__(self) -> None:
        super().__init__(True)


class set_grad_enabled(_GradMode):
    """Sets the mode at once; as a context manager it gives the former one back."""

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        self._outer = grad_enabled.get()
        grad_enabled.set(self._mode)

    def __enter__(self) -> Self:
        self._before.append(self._outer)
        grad_enabled.set(self._mode)
        return self

    def __call__(self, function: F) -> F:
        grad_enabled.set(self._outer)
        return super().__call__(function)


class inference_mode(_GradMode):
    """`no_grad` that promises no use of the results in a gradient; here the same as `no_grad`."""

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode)
        self._inference_before: list[bool] = []

    def _fresh(self) -> "_GradMode":
        return inference_mode(not self._mode)

    def __enter__(self) -> Self:
        self._inference_before.append(_inference.get())
        _inference.set(not self._mode)
        if self._mode:  # inference_mode(False) leaves the gradient mode as it is
            self._before.append(grad_enabled.get())
            return self
        return super().__enter__()

    def __exit__(self, *exception: object) -> None:
        _inference.set(self._inference_before.pop())
        super().__exit__(*exception)
