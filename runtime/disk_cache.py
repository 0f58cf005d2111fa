"""Built programs on disk. Whatever goes wrong here only means that a program is compiled again."""

import contextlib
import hashlib
import os
import time
from pathlib import Path

from .folders import cache_folder, replace_file
from .forks import lock

MAGIC = b"lazygrad program 2\n"
LIMIT_BYTES = 1 << 30
LIMIT_FILES = 10_000
STALE_SECONDS = 3600
# stores between two looks at the limits
STORES_BETWEEN_TRIMS = 256

_stores: dict[Path, int] = {}
_stores_lock = lock()


def _path(key: str, kind: str) -> Path | None:
    folder = cache_folder()
    return None if folder is None else folder / "programs" / key[:2] / f"{key}.{kind}"


def program_key(*parts: str) -> str:
    """A name for a program made of everything that decides what the compiler gives."""
    digest = hashlib.sha256(MAGIC)
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def _head(key: str, kind: str, data: bytes) -> bytes:
    """What a whole file begins with; it holds the name, so that a file under another fails."""
    return MAGIC + hashlib.sha256(f"{key}.{kind}\n".encode() + data).digest()


def load(key: str, kind: str = "bin") -> bytes | None:
    """What is stored under `key`; None where there is nothing, or only something damaged.

    `kind` tells the built program ("bin") from what else is known of it.
    """
    path = _path(key, kind)
    if path is None:
        return None
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    start = len(MAGIC) + 32
    data = stored[start:]
    if not data or stored[:start] != _head(key, kind, data):
        discard(key, kind)
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # what is used stays longest
    return data


def store(key: str, data: bytes, kind: str = "bin") -> None:
    """Keep `data` under `key`: readers see the whole file or none."""
    path = _path(key, kind)
    if path is None or not data:
        return
    try:
        replace_file(path, _head(key, kind, data) + data)
        _trim_now_and_then(path.parent.parent)
    except OSError:
        return  # read-only, full, or gone


def discard(key: str, kind: str = "bin") -> None:
    """Forget what is stored under `key`."""
    path = _path(key, kind)
    if path is not None:
        _remove(path)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _trim_now_and_then(folder: Path) -> None:
    """At a process's first store, and after every so many more."""
    with _stores_lock:
        count = _stores[folder] = _stores.get(folder, -1) + 1
    if count % STORES_BETWEEN_TRIMS == 0:
        trim(folder)


def trim(folder: Path) -> None:
    """Deletes what killed processes left and, above a limit, what was not used for longest."""
    now = time.time()
    kept: list[tuple[float, int, Path]] = []
    for path in folder.glob("*/*"):
        try:
            status = path.stat()
        except OSError:  # another process was faster
            continue
        if path.suffix == ".tmp":
            if now - status.st_mtime > STALE_SECONDS:
                _remove(path)
        else:
            kept.append((status.st_mtime, status.st_size, path))
    kept.sort()
    count, total = len(kept), sum(size for _, size, _ in kept)
    for _, size, path in kept:
        if count <= LIMIT_FILES and total <= LIMIT_BYTES:
            return
        _remove(path)
        count, total = count - 1, total - size
