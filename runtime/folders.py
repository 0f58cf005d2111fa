"""Where files that may be thrown away are kept: programs built earlier, merged driver lists."""

import contextlib
import os
import sys
import tempfile
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


def replace_file(path: Path, data: bytes) -> None:
    """Writes a file so that readers see the old one or the whole new one. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        # after a Ctrl-C it may have moved to its place: that must not hide the Ctrl-C
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
