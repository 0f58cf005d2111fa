"""Folders on disks that are small or read-only, where this user may mount one."""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def small_disk(options: str) -> Iterator[Path | None]:
    """A file system in memory (`size=64k`, `ro`), gone at the end; None where not allowed."""
    with tempfile.TemporaryDirectory(prefix="lazygrad-check-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", options, "lazygrad-check", folder]
        try:
            mounted = subprocess.run(mount, capture_output=True).returncode == 0
        except OSError:
            mounted = False
        try:
            yield Path(folder) if mounted else None
        finally:
            if mounted:
                subprocess.run(["umount", "-l", folder], capture_output=True)


def fill(folder: Path) -> None:
    """Takes the last byte of a small disk."""
    with contextlib.suppress(OSError), open(folder / "fill", "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
