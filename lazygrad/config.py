"""The environment variables, all in one place; read once, at import.

LAZYGRAD_DEVICE   the default device: an implementation, a kind or a number
LAZYGRAD_DEBUG    1 devices, 2 plans, 3 kernel timings, 4 sources, 5 graphs; each with those before
LAZYGRAD_DUMP     a folder that gets every kernel as a .cl file and an index
LAZYGRAD_CHECK    1 runs the verifiers between the compiler's passes, and records every call of a
                  compiled function, to compare it with the captured one
LAZYGRAD_CACHE    the folder of built programs; 0 for none (see lazygrad.runtime)
LAZYGRAD_LIMITS   facts of the device to override, such as has_fp64=0 (see lazygrad.runtime)
LAZYGRAD_ISOLATE  1, or a limit in seconds: programs are first built in a process of their own, for
                  compilers that crash or hang; what they do not survive gets a plainer form
LAZYGRAD_TUNE     1 searches for the fastest schedule of every kernel that no earlier search has met
                  (see lg.tune); it takes seconds for each
"""

import os
import warnings

__all__ = ["CHECK", "DEBUG", "DUMP", "TUNE"]

_level = os.environ.get("LAZYGRAD_DEBUG", "0")
DEBUG: int = int(_level) if _level.isdigit() else 0
if not _level.isdigit():
    warnings.warn(
        f"LAZYGRAD_DEBUG: got {_level!r}, expected a number from 0 to 5; nothing is told",
        stacklevel=2,
    )
DUMP: str | None = os.environ.get("LAZYGRAD_DUMP") or None
CHECK: bool = os.environ.get("LAZYGRAD_CHECK", "0") == "1"
TUNE: bool = os.environ.get("LAZYGRAD_TUNE", "0") == "1"
