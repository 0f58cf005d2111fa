"""Built programs on disk. Whatever goes wrong here only means that a program is compiled again."""

import hashlib
import os
import tempfile
import time
from pathlib import Path

from .folders import cache_folder

MAGIC = b"lazygrad program 1\n"
LIMIT_BYTES = 1 << 30
STALE_SECONDS = 3600

_trimmed: set[Path] = set()


def _path(key: str) -> Path | None:
    folder = cache_folder()
    return None if folder is None else folder / "programs" / key[:2] / f"{key}.bin"


def program_key(*parts: str) -> str:
    """A name for a program made of everything that decides what the compiler gives."""
    digest = hashlib.sha256(MAGIC)
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def load(key: str) -> bytes | None:
    """The binary stored under `key`; None where there is none, or only a damaged one."""
    path = _path(key)
    if path is None:
        return None
    try:
        data = path.read_bytes()
    except OSError:
        return None
    start = len(MAGIC) + 32
    binary = data[start:]
    whole = data[:start] == MAGIC + hashlib.sha256(binary).digest()
    if not whole or not binary:
        discard(key)
        return None
    return binary


def store(key: str, binary: bytes) -> None:
    """Keep `binary` under `key`: readers see the whole file or none."""
    path = _path(key)
    if path is None or not binary:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(MAGIC + hashlib.sha256(binary).digest() + binary)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        _trim_once(path.parent.parent)
    except OSError:
        return  # read-only, full, or gone


def discard(key: str) -> None:
    """Forget what is stored under `key`."""
    path = _path(key)
    if path is None:
        return
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def _trim_once(folder: Path) -> None:
    """Once per process: delete what killed processes left, and the oldest above the limit."""
    if folder in _trimmed:
        return
    _trimmed.add(folder)
    files = [(path.stat(), path) for path in folder.glob("*/*") if path.is_file()]
    files.sort(key=lambda row: row[0].st_mtime)
    total = sum(status.st_size for status, _ in files)
    now = time.time()
    for status, path in files:
        stale = path.suffix == ".tmp" and now - status.st_mtime > STALE_SECONDS
        if stale or total > LIMIT_BYTES:
            path.unlink(missing_ok=True)
            total -= status.st_size
