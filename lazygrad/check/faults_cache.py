"""Faults of the program cache, and of the folders that drivers keep: all may only cost time."""

import functools
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from lazygrad import runtime
from lazygrad.runtime import disk_cache

from .child import run_child
from .finding import Finding
from .small_disk import fill, small_disk

SOURCE = """\
__kernel void add_{number}(__global float* a, const float b) {{
    a[get_global_id(0)] += b + {number};
}}
"""


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """Damaged, unwritable, shared, killed and overfull caches."""
    if device.facts.binary_cache:
        yield _damages(device, full)
        yield _folders(device)
    else:
        yield Finding(
            "a damaged cache entry costs a compilation", "not tried: no programs are kept", True
        )
    yield _disks(device, ("size=64k", "ro", "") if full else ("size=64k", ""))
    if hasattr(os, "fork"):
        yield _writers(device, full)
    yield _many(device, full)


def _finding(promise: str, outcome: object, answer: object, tried: str) -> Finding:
    wrong = answer if isinstance(answer, list) else ["no answer"]
    return Finding(
        promise, f"{tried}, {len(wrong)} wrong", not wrong, "\n".join([*wrong, str(outcome)])
    )


def _damages(device: runtime.Device, full: bool) -> Finding:
    flips = 5000 if full else 500
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_child(
            device, damage_entries, flips, full, environment={"LAZYGRAD_CACHE": folder}
        )
    return _finding(
        "a damaged cache entry costs a compilation, never a wrong kernel", outcome, outcome.answer,
        f"{flips} flipped bits and {len(DAMAGES)} other damages",
    )  # fmt: skip


def right_value(device: runtime.Device, number: int) -> bool:
    """Builds a kernel, as in a new process, and looks at what it computes."""
    program = runtime.build(device, SOURCE.format(number=number))
    memory = runtime.allocate(device, 8)
    runtime.write(memory, np.array([1, 2], np.float32))
    runtime.launch(program.kernel(f"add_{number}"), (2,), None, [memory, np.float32(0.5)])
    out = np.empty(2, np.float32)
    runtime.read(memory, out)
    return out.tolist() == [1.5 + number, 2.5 + number]


def _truncate(path: Path, other: Path, part: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])


def _replaced(path: Path, other: Path, data: bytes) -> None:
    path.write_bytes(data)


def _another(path: Path, other: Path) -> None:
    path.write_bytes(other.read_bytes())


def _folder(path: Path, other: Path) -> None:
    path.unlink()
    path.mkdir()


def _link(path: Path, other: Path, target: str) -> None:
    path.unlink()
    path.symlink_to(target or path.name)


def _gone(path: Path, other: Path) -> None:
    shutil.rmtree(path.parents[1])


def _file_for_folder(path: Path, other: Path) -> None:
    shutil.rmtree(path.parents[1])
    path.parents[1].touch()


DAMAGES: dict[str, Callable[[Path, Path], None]] = {
    "empty": functools.partial(_truncate, part=0),
    "half": functools.partial(_truncate, part=0.5),
    "all but the end": functools.partial(_truncate, part=0.999),
    "foreign": functools.partial(_replaced, data=b"\x7fELF" * 5000),
    "another program's": _another,
    "a folder": _folder,
    "a link to nowhere": functools.partial(_link, target="nowhere"),
    "a link to itself": functools.partial(_link, target=""),  # nobody can open it, root neither
    "without permissions": lambda path, other: path.chmod(0),
    "gone, with its folder": _gone,
    "a file for a folder": _file_for_folder,
}


def _clear(folder: Path) -> None:
    if folder.is_file():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def damage_entries(flips: int, full: bool) -> list[str]:
    """Damages the one entry of a cache in every way."""
    device = runtime.find_device()
    folder = Path(os.environ["LAZYGRAD_CACHE"]) / "programs"
    right_value(device, 1)
    (other,) = folder.glob("*/*.bin")
    stored = other.read_bytes()
    wrong = []
    for name, damage in DAMAGES.items():
        _clear(folder)
        right_value(device, 2)
        (path,) = folder.glob("*/*.bin")
        copy = Path(os.environ["LAZYGRAD_CACHE"]) / "other"
        copy.write_bytes(stored)
        damage(path, copy)
        if not right_value(device, 2):
            wrong.append(name)
    _clear(folder)
    return wrong + _flip(device, folder, flips, full)


def _flip(device: runtime.Device, folder: Path, flips: int, full: bool) -> list[str]:
    right_value(device, 3)
    path = next(p for p in folder.glob("*/*.bin"))
    whole, draw, wrong = path.read_bytes(), random.Random(1), []
    for number in range(flips):
        data = bytearray(whole)
        # the head is where little is at stake; it gets a tenth
        at = draw.randrange(51 if number % 10 == 0 else len(data))
        data[at] ^= 1 << draw.randrange(8)
        path.write_bytes(data)
        if disk_cache.load(path.stem) is not None:
            wrong.append(f"bit at byte {at} not noticed")
        if number % 100 == 0:
            path.write_bytes(data)
            if not right_value(device, 3):
                wrong.append(f"bit at byte {at}: wrong value")
    return wrong


def _folders(device: runtime.Device) -> Finding:
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_child(device, other_driver, environment={"LAZYGRAD_CACHE": folder})
    return _finding(
        "another version of a driver gets its own programs", outcome, outcome.answer, "3 versions"
    )


def other_driver() -> list[str]:
    """The same program for devices that tell other versions."""
    device = runtime.find_device()
    wrong = [] if right_value(device, 4) else ["value"]
    if not runtime.build(device, SOURCE.format(number=4)).from_disk:
        wrong.append("the same version is compiled again")
    for attribute in ("driver_version", "platform_version", "name"):
        setattr(device, attribute, getattr(device, attribute) + " next")
        if runtime.build(device, SOURCE.format(number=4)).from_disk:
            wrong.append(attribute)
    return wrong


def _disks(device: runtime.Device, kinds: tuple[str, ...]) -> Finding:
    """All folders that anything writes to, on a full disk and on one that cannot be written."""
    wrong, tried = [], 0
    for options in kinds:
        with small_disk(options or "size=4k") as disk:
            folder = "/dev/null/nothing" if not options else str(disk)
            if options and disk is None:
                continue
            if disk is not None and options == "size=64k":
                fill(disk)
            places = dict.fromkeys(
                ("LAZYGRAD_CACHE", "POCL_CACHE_DIR", "HOME", "XDG_CACHE_HOME"), folder
            )
            tried += 1
            outcome = run_child(device, compute, environment=places)
            if outcome.answer is not True or outcome.status != 0:
                wrong.append(f"{options or 'no folder'}: {outcome}")
    return _finding(
        "full disks, read-only and missing folders only cost compilations",
        "", wrong, f"{tried} disks that held every cache",
    )  # fmt: skip


def compute() -> bool:
    """Whether a program that nobody built before computes."""
    number = time.time_ns() % 1000
    return right_value(runtime.find_device(), number)


# several processes


def _writers(device: runtime.Device, full: bool) -> Finding:
    kills, writes = (200, 3000) if full else (8, 100)
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_child(
            device, write_at_once, kills, writes, environment={"LAZYGRAD_CACHE": folder}
        )
    return _finding(
        "processes that write one entry at once, or are killed while they do, never show a part",
        outcome, outcome.answer, f"4 writers x {writes} writes, {kills} kills",
    )  # fmt: skip


KEY = "ab" * 32


def write_at_once(kills: int, writes: int) -> list[str]:
    """Processes that store and load one key; what they saw that was not whole."""
    wrong = []
    children = [_forked(_store_and_load, writes, byte) for byte in range(1, 5)]
    for child in children:
        if os.waitpid(child, 0)[1]:
            wrong.append("a writer saw a part")
    draw = random.Random(2)
    for number in range(kills):
        child = _forked(_store_and_load, 1 << 30, 1 + number % 4)
        time.sleep(draw.random() * 0.02)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if not _is_whole(disk_cache.load(KEY)):
            wrong.append(f"after kill {number}")
    folder = Path(os.environ["LAZYGRAD_CACHE"]) / "programs"
    left = list(folder.glob("*/*.tmp"))
    for path in left:
        os.utime(path, (0, 0))
    disk_cache.trim(folder)
    if any(path.exists() for path in left):
        wrong.append(f"{len(left)} files of killed writers stay")
    return wrong


def _forked(work: Callable[[int, int], None], writes: int, byte: int) -> int:
    """A child of a process that has used no device yet."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work(writes, byte)
        status = 0
    finally:
        os._exit(status)


def _is_whole(data: bytes | None) -> bool:
    return data is None or (len(data) == 200_000 and len(set(data)) == 1)


def _store_and_load(writes: int, byte: int) -> None:
    for _ in range(writes):
        disk_cache.store(KEY, bytes([byte]) * 200_000)
        assert _is_whole(disk_cache.load(KEY))


def _many(device: runtime.Device, full: bool) -> Finding:
    count = 12_000 if full else 600
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_child(
            device, store_many, count, 0 if full else 400, environment={"LAZYGRAD_CACHE": folder}
        )
    limit, kept, used = outcome.answer or (0, 0, False)
    return Finding(
        "the cache is bounded in size and count; what was not used for longest leaves",
        f"{count} stored, {kept} kept of at most {limit}, one in use {'kept' if used else 'lost'}",
        used and kept <= limit + disk_cache.STORES_BETWEEN_TRIMS, str(outcome),
    )  # fmt: skip


def store_many(count: int, limit: int) -> tuple[int, int, bool]:
    """Stores many entries and uses the first one now and then."""
    disk_cache.LIMIT_FILES = limit or disk_cache.LIMIT_FILES
    keys = [disk_cache.program_key(str(number)) for number in range(count)]
    for number, key in enumerate(keys):
        disk_cache.store(key, b"a program")
        if number % 50 == 0:
            disk_cache.load(keys[0])
    kept = list((Path(os.environ["LAZYGRAD_CACHE"]) / "programs").glob("*/*"))
    return disk_cache.LIMIT_FILES, len(kept), disk_cache.load(keys[0]) is not None
