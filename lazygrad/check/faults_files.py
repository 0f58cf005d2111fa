"""Saved files: written whole or not at all, and hostile ones refused before they cost anything."""

import json
import os
import random
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lazygrad as lg
from lazygrad import runtime

from .child import Child, run_child
from .finding import Finding
from .small_disk import small_disk

SIZE = 1 << 18  # elements of a saved tensor, 1 MiB
MOST_MIB = 64  # that refusing a file may cost


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """Killed while saving, a full disk, hostile files."""
    if hasattr(signal, "SIGKILL"):
        yield _killed(device, 60 if full else 2)
    yield _full_disk(device)
    yield _hostile(device)


def _killed(device: runtime.Device, count: int) -> Finding:
    draw = random.Random(count)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.safetensors"
        for number in range(count):
            child = Child(device, save_for_ever, str(path))
            deadline = time.monotonic() + 60
            while not path.exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.3 * draw.random() if number else 0)
            child.process.kill()
            child.process.wait()
        outcome = run_child(device, read_whole, str(path))
        wrong = outcome.answer if outcome.answer is not None else [str(outcome)]
    return Finding(
        "kill -9 while saving leaves the old file whole",
        f"{count} kills, {len(wrong)} wrong", not wrong, "\n".join(wrong),
    )  # fmt: skip


def save_for_ever(path: str) -> None:
    """Saves one state after another."""
    for number in range(1 << 30):
        lg.save_file(
            {"a": lg.full((SIZE,), float(number)), "b": lg.full((3,), -1.0 * number)}, path
        )


def read_whole(path: str) -> list[str]:
    """Whether the file is one state."""
    found = lg.load_file(path)
    first, last = found["a"].numpy(), found["b"].numpy()
    return [] if (first == -last[0]).all() else ["two states in one file"]


def _full_disk(device: runtime.Device) -> Finding:
    with small_disk("size=1536k") as disk, tempfile.TemporaryDirectory() as folder:
        how = "a full disk" if disk else "a limit on the size of files"
        outcome = run_child(device, save_where_it_is_full, str(disk or folder), disk is None)
    wrong = outcome.answer if outcome.answer is not None else [str(outcome)]
    return Finding(
        "a full disk: the old file stays whole, and nothing else is left",
        f"{how}, {len(wrong)} wrong", not wrong, "\n".join([*wrong, str(outcome)]),
    )  # fmt: skip


def save_where_it_is_full(folder: str, limited: bool) -> list[str]:
    """Saves what fits, then what does not, by both functions."""
    wrong = []
    paths = [Path(folder) / "a.safetensors", Path(folder) / "b"]
    savers: list[Any] = [lg.save_file, lg.save]
    for path, save in zip(paths, savers, strict=True):
        save({"x": lg.full((1000,), 5.0)}, path)
    if limited:
        import resource  # not on Windows

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    for path, save in zip(paths, savers, strict=True):
        try:
            save({"x": lg.zeros(2 * SIZE)}, path)
            wrong.append(f"{save.__name__}: no error")
        except OSError as error:
            if str(path) not in str(error):
                wrong.append(f"{save.__name__}: the error names no file: {error}")
        if set(lg.load(path)["x"].tolist()) != {5.0}:
            wrong.append(f"{save.__name__}: the old file is lost")
    left = {p.name for p in Path(folder).iterdir()} - {p.name for p in paths}
    return wrong + [f"{name} is left" for name in left]


# hostile files


def _file(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def _one(dtype: str = "F32", shape: Any = (2,), offsets: Any = (0, 8)) -> dict[str, Any]:
    return {"a": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


def _structured(structure: str) -> bytes:
    """A file that says it is one of `save`."""
    return _file({"__metadata__": {"lazygrad.structure": structure}, **_one()}, _DATA)


_DATA = bytes(8)
_TWICE = json.dumps(_one())[:-1] + ", " + json.dumps(_one())[1:]
HOSTILE = {
    "empty": b"",
    "one byte": b"\x08",
    "a length and nothing": struct.pack("<Q", 100),
    "a header of 2**63 bytes": _file(_one(), _DATA, 1 << 63),
    "a header of 2**64 - 1 bytes": _file(_one(), _DATA, (1 << 64) - 1),
    "a header of 50 GB": _file(_one(), _DATA, 50 << 30),
    "a header longer than the file": _file(_one(), _DATA, 1000),
    "a header cut": _file(_one())[:40],
    "data cut": _file(_one(), _DATA)[:-1],
    "data left over": _file(_one(), _DATA * 2),
    "no JSON": _file(b"{{{{"),
    "JSON, but a list": _file([1, 2]),
    "JSON, but a number": _file(b"17"),
    "a tensor that is no dict": _file({"a": 3}),
    "not UTF-8": _file(json.dumps(_one()).encode().replace(b"a", b"\xff", 1), _DATA),
    "offsets beyond the end": _file(_one(shape=(1000,), offsets=(0, 4000)), _DATA),
    "offsets backwards": _file(_one(offsets=(8, 0)), _DATA),
    "negative offsets": _file(_one(offsets=(-8, 0)), _DATA),
    "huge offsets": _file(_one(offsets=(1 << 62, (1 << 62) + 8)), _DATA),
    "offsets of text": _file(_one(offsets=("0", "8")), _DATA),
    "overlapping": _file({**_one(), "b": _one(offsets=(4, 12))["a"]}, bytes(12)),
    "a hole": _file({**_one(), "b": _one(offsets=(16, 24))["a"]}, bytes(24)),
    "a negative shape": _file(_one(shape=(-2,)), _DATA),
    "two negative sizes": _file(_one(shape=(-2, -1)), _DATA),
    "a huge shape": _file(_one(shape=(1 << 40,)), _DATA),
    "a shape beyond 2**64": _file(_one(shape=(1 << 40, 1 << 40)), _DATA),
    "a shape that overflows to the size": _file(_one(shape=(1 << 62, 4, 2)), _DATA),
    "sizes that are fractions": _file(_one(shape=(2.0,)), _DATA),
    "a shape that does not fit": _file(_one(shape=(3,)), _DATA),
    "an unknown dtype": _file(_one(dtype="F31"), _DATA),
    "a dtype that is a number": _file(_one(dtype=3), _DATA),  # type: ignore[arg-type]
    "a dtype of float8": _file(_one(dtype="F8_E4M3", shape=(8,)), _DATA),
    "one name twice": _file(_TWICE.encode(), _DATA),
    "deep nesting": _file(b"[" * 100_000 + b"]" * 100_000),
    "metadata that is no dict": _file({"__metadata__": [1], **_one()}, _DATA),
    "metadata of numbers": _file({"__metadata__": {"a": 1}, **_one()}, _DATA),
    "a structure that is no JSON": _structured("{"),
    "a structure of other tensors": _structured('{"tensor": "zzz", "requires_grad": false}'),
    "a structure that is none": _structured('{"no": 1}'),
    "a structure, deep": _structured('{"list": [' * 50_000 + "]}" * 50_000),
    "a pickle": b"\x80\x04\x95" + bytes(100),
    "a zip": b"PK\x03\x04" + bytes(100),
}  # fmt: skip


def _hostile(device: runtime.Device) -> Finding:
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_child(device, load_hostile, folder)
    wrong = outcome.answer if outcome.answer is not None else ["no answer"]
    return Finding(
        "a damaged or hostile file gets a ValueError with function and file, and no memory",
        f"{len(HOSTILE)} files by 2 functions, {len(wrong)} wrong",
        not wrong and outcome.status == 0, "\n".join([*wrong, str(outcome)]),
    )  # fmt: skip


def _peak_mib() -> float:
    if sys.platform == "win32":
        return 0.0
    import resource  # not on Windows

    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def load_hostile(folder: str) -> list[str]:
    """Loads every file; what was not refused as it should be."""
    lg.save_file({"a": lg.ones(2)}, os.path.join(folder, "good"))
    lg.load_file(os.path.join(folder, "good"))
    lg.load(os.path.join(folder, "good"))
    wrong = []
    for number, (name, data) in enumerate(HOSTILE.items()):
        path = os.path.join(folder, f"hostile{number}")
        Path(path).write_bytes(data)
        for load in (lg.load_file, lg.load):
            if load is lg.load_file and name.startswith("a structure"):
                continue  # it means nothing to this function
            before = _peak_mib()
            try:
                load(path)
                wrong.append(f"{load.__name__}, {name}: no error")
            except ValueError as error:
                first = str(error).splitlines()[0]
                if not first.startswith(f"{load.__name__}: {path}") or len(str(error)) > 2000:
                    wrong.append(f"{load.__name__}, {name}: {str(error)[:300]}")
            except Exception as error:
                wrong.append(f"{load.__name__}, {name}: {type(error).__name__} {str(error)[:300]}")
            if _peak_mib() - before > MOST_MIB:
                wrong.append(f"{load.__name__}, {name}: took {_peak_mib() - before:.0f} MiB")
    return wrong
