"""Where in the user's program a node came from."""

import sys
from types import CodeType

__all__ = ["Origin", "caller"]

Origin = tuple[CodeType, int]


def caller() -> Origin:
    """Code and line of the innermost frame outside this package; a fraction of a microsecond."""
    frame = sys._getframe(2)
    while frame.f_globals.get("__name__", "")[:8] == "lazygrad" and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code, frame.f_lineno
