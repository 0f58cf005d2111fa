"""The user's line: where a node came from, and where a warning points."""

import sys
import warnings
from types import CodeType, FrameType

__all__ = ["Origin", "caller", "user_line", "warn"]

Origin = tuple[CodeType, int]


_ours: set[int] = set()  # ids of the globals of this package's modules, which stay


def _user_frame() -> FrameType:
    """The innermost frame outside this package."""
    frame = sys._getframe(2)
    while id(frame.f_globals) in _ours or _is_ours(frame):
        above = frame.f_back
        if above is None:
            break
        frame = above
    return frame


def _is_ours(frame: FrameType) -> bool:
    names = frame.f_globals
    if names.get("__name__", "")[:8] != "lazygrad":
        return False
    if getattr(sys.modules.get(names["__name__"]), "__dict__", None) is names:
        _ours.add(id(names))
    return True


def caller() -> Origin:
    """Code and line of the user's frame; a fraction of a microsecond."""
    frame, ours = sys._getframe(1), _ours  # as `_user_frame`, which would be one call more
    while id(frame.f_globals) in ours or _is_ours(frame):
        above = frame.f_back
        if above is None:
            break
        frame = above
    return frame.f_code, frame.f_lineno


def user_line() -> str:
    """File and line of the user's frame."""
    frame = _user_frame()
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """`warnings.warn` on the user's line, however many calls of this package are between."""
    frame = _user_frame()
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=frame.f_globals.get("__name__"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )
