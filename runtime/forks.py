"""What a forked child inherits and must not touch: locks that other threads held, and drivers.

The driver's threads do not live on in the child, so that any call of it may wait for ever, also the
calls that free its objects, and those of its library's own end. They are left undone there: nothing
is freed, and the process ends without the libraries' ends.
"""

import contextlib
import ctypes
import os
import sys
import threading
import weakref
from typing import Any

_locks: "weakref.WeakSet[Any]" = weakref.WeakSet()
_kept: list[Any] = []


def lock() -> Any:
    """As `threading.Lock()`; a forked child finds it free."""
    made = threading.Lock()
    _locks.add(made)
    return made


def rlock() -> Any:
    """As `threading.RLock()`; a forked child finds it free."""
    made: Any = threading.RLock()
    _locks.add(made)
    return made


def keep_in_child(roots: Any) -> None:
    """What `roots` holds is never freed in a forked child."""
    _kept.append(roots)


def never_free(held: Any) -> None:
    """Keeps a driver's object in this process until that has ended."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(held))


def leave_drivers_alone() -> None:
    """In a child whose parent had used a driver: neither frees its objects nor ends its library."""
    for roots in _kept:
        never_free(roots)
    with contextlib.suppress(AttributeError, OSError):  # glibc's and musl's on_exit
        libc = ctypes.CDLL(None)
        # called first of all such handlers, with the exit status
        libc.on_exit(ctypes.cast(libc._exit, ctypes.c_void_p), None)


def _free_all() -> None:
    for held in list(_locks):
        held._at_fork_reinit()  # as `threading` and `logging` do


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_free_all)
