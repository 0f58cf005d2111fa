"""What tuning found, kept for each device: schedules by the keys of kernels, a file of JSON.

Without a file every kernel gets the cost model's schedule. A file that is damaged, or another
device's, is never used; what it says is held against the legal schedules of the kernel, so that
the worst it can do is to be slow.
"""

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lazygrad.codegen.choice import Choice, Choices
from lazygrad.runtime import Device
from lazygrad.runtime.folders import cache_folder, replace_file
from lazygrad.runtime.forks import rlock

from .origin import warn

__all__ = ["Database", "Entry", "database_of"]

FORMAT = "lazygrad schedules 1"


@dataclass(frozen=True)
class Entry:
    """The fastest schedule of a kernel, and the seconds of a launch beside the cost model's."""

    kernel: str
    schedule: Choice
    seconds: float
    model_seconds: float


def identity(device: Device) -> dict[str, str]:
    """What decides how fast a schedule is: the device, its driver, limits that are overridden."""
    return {
        "device": device.name,
        "platform": device.platform,
        "platform_version": device.platform_version,
        "driver": device.driver_version,
        "limits": os.environ.get("LAZYGRAD_LIMITS", ""),
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def written(device: Device, entries: Mapping[str, Entry]) -> bytes:
    """A file's text."""
    kernels = {
        key: {**vars(e), "schedule": e.schedule.as_dict()} for key, e in sorted(entries.items())
    }
    told = {"format": FORMAT, "for": identity(device), "kernels": kernels}
    return json.dumps({**told, "sha256": _digest(told)}, indent=1).encode()


def parsed(data: bytes, device: Device) -> dict[str, Entry]:
    """The entries of a file. Raises ValueError for one that is damaged, or of another device."""
    try:
        told = json.loads(data)
        found = told.pop("sha256")
        whole = told["format"] == FORMAT and found == _digest(told)
        whole = whole and isinstance(told["for"], dict) and isinstance(told["kernels"], dict)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise ValueError("is damaged or of another kind, expected a file that lazygrad wrote")
    mine = identity(device)
    if told["for"] != mine:
        wrong = [f"{k} {told['for'].get(k)!r}, expected {v!r}" for k, v in mine.items()
                 if told["for"].get(k) != v]  # fmt: skip
        raise ValueError(f"is for {'; '.join(wrong) or 'another device'}")
    return {str(key): _entry(row) for key, row in told["kernels"].items()}


def _entry(row: Any) -> Entry:
    try:
        entry = Entry(
            str(row["kernel"]), Choice.of(row["schedule"]),
            float(row["seconds"]), float(row["model_seconds"]),
        )  # fmt: skip
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"has an entry {row!r}, expected kernel, schedule and seconds") from error
    if not (math.isfinite(entry.seconds) and math.isfinite(entry.model_seconds)):
        raise ValueError(f"has an entry of {entry.seconds} seconds, expected a time")
    return entry


class Database:
    """The schedules of a device; `version` is part of the key of every plan made with them."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.entries: dict[str, Entry] = {}
        self.choices: Choices = {}
        self.version: str | None = None
        self._put(self._read())

    @property
    def path(self) -> Path | None:
        """The file; None where the cache folder is switched off."""
        folder = cache_folder()
        name = _digest(identity(self.device))[:16]
        return None if folder is None else folder / "schedules" / f"{name}.json"

    def add(self, found: Mapping[str, Entry]) -> None:
        """Keeps entries, here and on disk, with what other processes found meanwhile."""
        with _lock:
            self._put({**self._read(), **self.entries, **found})
            path = self.path
            if path is not None:
                try:
                    replace_file(path, written(self.device, self.entries))
                except OSError as error:  # read-only or full: this process has them all the same
                    warn(f"tuning: {path} was not written: {error}", RuntimeWarning)

    def clear(self) -> None:
        """Forgets everything. Raises OSError where the file cannot be deleted."""
        with _lock:
            self._put({})
            if self.path is not None:
                self.path.unlink(missing_ok=True)

    def _put(self, entries: dict[str, Entry]) -> None:
        self.entries = entries
        self.choices = {key: e.schedule for key, e in entries.items()}
        told = {key: choice.as_dict() for key, choice in self.choices.items()}
        self.version = _digest(told) if told else None

    def _read(self) -> dict[str, Entry]:
        try:
            path = self.path
            return {} if path is None else parsed(path.read_bytes(), self.device)
        except OSError:
            return {}
        except ValueError as error:
            warn(
                f"tuning: {path} {error}; it is not used, and replaced by the next tuning",
                RuntimeWarning,
            )
            return {}


_lock = rlock()
_known: dict[Device, Database] = {}


def database_of(device: Device) -> Database:
    """The device's schedules, read once in a process."""
    found = _known.get(device)
    if found is None:
        with _lock:
            found = _known.get(device) or _known.setdefault(device, Database(device))
    return found
