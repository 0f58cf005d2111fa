"""Where files that may be thrown away are kept: programs built earlier, merged driver lists."""

import os
import sys
from pathlib import Path


def cache_folder() -> Path | None:
    """`$LAZYGRAD_CACHE`, or `lazygrad` in the user's cache folder; None where it is switched off.

    `LAZYGRAD_CACHE=0` switches it off. The folder need not exist yet.
    """
    chosen = os.environ.get("LAZYGRAD_CACHE", "")
    if chosen == "0":
        return None
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
    if base:
        return Path(base) / "lazygrad"
    try:
        home = Path.home()
    except RuntimeError:  # a container user without a home
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "lazygrad"
