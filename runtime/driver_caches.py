"""Temporary folders for drivers where theirs cannot be used: PoCL builds every program in one."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

# what one program may need there while it is built
NEEDED_BYTES = 1 << 20

_made: list[tuple[str, int]] = []


def pocl_folder(environ: MutableMapping[str, str]) -> Path:
    """Where PoCL keeps what it builds."""
    chosen = environ.get("POCL_CACHE_DIR", "")
    if chosen:
        return Path(chosen)
    base, home = environ.get("XDG_CACHE_HOME", ""), environ.get("HOME", "")
    if base:
        return Path(base) / "pocl" / "kcache"
    return Path(home) / ".cache" / "pocl" / "kcache" if home else Path("/tmp/pocl/kcache")


def has_room(folder: Path) -> bool:
    """Whether files can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(NEEDED_BYTES))
    except OSError:
        return False
    return True


def give_pocl_room(environ: MutableMapping[str, str]) -> None:
    """Names a temporary folder where PoCL's own is full, read-only or no folder.

    PoCL asks for it once, when its devices are first enumerated. The folder goes with the process.
    """
    if has_room(pocl_folder(environ)):
        return
    with contextlib.suppress(OSError):
        folder = temporary("pocl")
        if has_room(folder):
            environ["POCL_CACHE_DIR"] = str(folder)


def temporary(purpose: str) -> Path:
    """A new folder that goes with the process."""
    folder = tempfile.mkdtemp(prefix=f"lazygrad-{purpose}-")
    _made.append((folder, os.getpid()))
    return Path(folder)


def remove() -> None:
    """Deletes the temporary folders, when nothing runs any more."""
    for folder, owner in _made:
        if os.getpid() == owner:  # not in a forked child
            shutil.rmtree(folder, ignore_errors=True)
