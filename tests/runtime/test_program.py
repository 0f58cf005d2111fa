import linecache
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from lazygrad import runtime
from lazygrad.runtime import disk_cache, isolation
from lazygrad.runtime import program as program_module

ADD = """\
__kernel void add_{number}(__global float* a, const float b) {{
    a[get_global_id(0)] += b + {number};
}}
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAZYGRAD_CACHE", str(tmp_path / "cache"))
    forget()
    return tmp_path / "cache"


def forget() -> None:
    """As in a new process: only the disk remembers."""
    program_module._programs.clear()


def check(program: runtime.Program, number: int) -> None:
    memory = runtime.allocate(program.device, 12)
    runtime.write(memory, np.array([1, 2, 3], np.float32))
    runtime.launch(program.kernel(f"add_{number}"), (3,), None, [memory, np.float32(0.5)])
    out = np.empty(3, np.float32)
    runtime.read(memory, out)
    assert out.tolist() == [1.5 + number, 2.5 + number, 3.5 + number]


def stored(cache: Path) -> list[Path]:
    return sorted((cache / "programs").glob("*/*"))


def test_a_program_is_built_once(device: runtime.Device, cache: Path) -> None:
    runtime.reset_stats()
    source = ADD.format(number=1)
    program = runtime.build(device, source)
    assert runtime.build(device, source) is program
    assert runtime.build(device, source, ("-DOTHER=1",)) is not program
    assert runtime.stats().programs_built == 2
    assert program.kernel_names == ("add_1",)
    assert "add_1" in repr(program)
    check(program, 1)


def test_the_disk_remembers(device: runtime.Device, cache: Path) -> None:
    if not device.facts.binary_cache:
        pytest.skip("programs of this device are not kept")
    source = ADD.format(number=2)
    assert not runtime.build(device, source).from_disk
    forget()
    runtime.reset_stats()
    program = runtime.build(device, source)
    assert program.from_disk
    assert (runtime.stats().programs_built, runtime.stats().programs_from_disk) == (0, 1)
    check(program, 2)
    forget()
    assert not runtime.build(device, source, ("-DOTHER=1",)).from_disk


def damage_truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def damage_flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def damage_empty(path: Path) -> None:
    path.write_bytes(b"")


def damage_foreign(path: Path) -> None:
    """Whole, but not a program of this driver."""
    binary = b"not a program"
    path.write_bytes(disk_cache._head(path.stem, "bin", binary) + binary)


def damage_exchange(path: Path) -> None:
    """Whole, and this driver's, but another program's."""
    disk_cache.store(path.stem[::-1], b"another one")
    other = disk_cache._path(path.stem[::-1], "bin")
    assert other is not None
    path.write_bytes(other.read_bytes())
    other.unlink()


def damage_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "damage",
    [damage_truncate, damage_flip, damage_empty, damage_foreign, damage_exchange, damage_folder],
)
def test_a_damaged_cache_only_costs_a_compilation(
    device: runtime.Device, cache: Path, damage: object
) -> None:
    if not device.facts.binary_cache:
        pytest.skip("programs of this device are not kept")
    source = ADD.format(number=3)
    runtime.build(device, source)
    (path,) = stored(cache)
    assert callable(damage)
    damage(path)
    forget()
    program = runtime.build(device, source)
    assert not program.from_disk
    check(program, 3)
    if damage is not damage_folder:  # the sound one is back
        forget()
        assert runtime.build(device, source).from_disk
    assert not [path for path in stored(cache) if path.suffix == ".tmp"]


def test_an_unwritable_cache_only_costs_a_compilation(
    device: runtime.Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    occupied = tmp_path / "file"
    occupied.touch()
    # a file where the folder should be: fails for every user, root too
    monkeypatch.setenv("LAZYGRAD_CACHE", str(occupied))
    forget()
    check(runtime.build(device, ADD.format(number=4)), 4)
    read_only = tmp_path / "read_only"
    read_only.mkdir(mode=0o500)
    monkeypatch.setenv("LAZYGRAD_CACHE", str(read_only))
    forget()
    check(runtime.build(device, ADD.format(number=4)), 4)


def test_the_cache_can_be_switched_off(
    device: runtime.Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAZYGRAD_CACHE", "0")
    monkeypatch.chdir(tmp_path)
    forget()
    check(runtime.build(device, ADD.format(number=5)), 5)
    forget()
    assert not runtime.build(device, ADD.format(number=5)).from_disk
    assert not list(tmp_path.iterdir())


def test_old_files_make_room(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_cache, "LIMIT_BYTES", 10_000)
    for place, key in enumerate(["aa1", "bb2", "cc3"]):
        disk_cache.store(key, bytes(4000))
        path = disk_cache._path(key, "bin")
        assert path is not None
        age = time.time() - 1000 + place
        os.utime(path, (age, age))
    leftover = cache / "programs" / "aa" / "killed.tmp"
    leftover.touch()
    os.utime(leftover, (0, 0))
    disk_cache._stores.clear()
    assert disk_cache.load("aa1") == bytes(4000)  # used now, so that another one is the oldest
    disk_cache.store("dd4", bytes(100))
    assert [path.stem for path in stored(cache)] == ["aa1", "cc3", "dd4"]
    assert disk_cache.load("cc3") == bytes(4000)
    monkeypatch.setattr(disk_cache, "LIMIT_FILES", 2)
    disk_cache.trim(cache / "programs")
    assert [path.stem for path in stored(cache)] == ["cc3", "dd4"]


def test_processes_share_the_cache(device: runtime.Device, cache: Path) -> None:
    if not device.facts.binary_cache:
        pytest.skip("programs of this device are not kept")
    script = (
        "import sys; from lazygrad import runtime\n"
        "program = runtime.build(runtime.find_device(sys.argv[1]), sys.argv[2])\n"
        "print(program.from_disk)"
    )
    command = [sys.executable, "-c", script, str(device), ADD.format(number=6)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for run in runs:
        assert run.communicate(timeout=60)[0].strip() in ("True", "False")
        assert run.returncode == 0
    last = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert last.stdout.strip() == "True"


def test_a_refused_program_shows_source_and_log(device: runtime.Device) -> None:
    source = ADD.format(number=7).replace("+= b", "+= undeclared_name")
    with pytest.raises(runtime.BuildError) as caught:
        runtime.build(device, source)
    message = str(caught.value)
    assert message.splitlines()[0].startswith(f"build: the compiler of {device} refused")
    log, numbered = message.split("\nSource:\n")
    assert "undeclared_name" in log
    assert ">    2 |     a[get_global_id(0)] += undeclared_name + 7;" in numbered
    assert "     1 | __kernel void add_7" in numbered


def test_the_compilers_remarks_are_kept_and_not_shown(device: runtime.Device) -> None:
    source = "#warning a remark\n" + ADD.format(number=8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        program = runtime.build(device, source)
    assert isinstance(program.log, str)
    check(program, 8)


def test_an_unknown_kernel_is_named(device: runtime.Device) -> None:
    program = runtime.build(device, ADD.format(number=9))
    with pytest.raises(ValueError, match="got 'sub', expected one of add_9"):
        program.kernel("sub")
    kernel = program.kernel("add_9")
    assert program.kernel("add_9") is not kernel
    assert 1 <= kernel.max_work_group <= device.facts.max_work_group
    assert "add_9" in repr(kernel)


def test_a_driver_older_than_the_processor_is_told_apart(device: runtime.Device) -> None:
    told = program_module._refused(device, "kernel", (), "error: unknown target CPU 'generic'")
    assert "older than the processor" in told
    told = program_module._refused(device, "kernel", (), "error: expected expression")
    assert "older than the processor" not in told


def test_a_worker_that_somebody_else_ended_is_replaced(
    device: runtime.Device, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAZYGRAD_ISOLATE", "1")
    runtime.build(device, ADD.format(number=101))
    worker = isolation._worker
    assert worker is not None
    worker._process.kill()
    worker._process.wait()
    runtime.build(device, ADD.format(number=102))
    assert isolation._worker is not worker
    assert list(cache.rglob("*.crash")) == []


def test_ctrl_c_while_a_binary_is_stored(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def interrupted(source: str, target: str) -> None:
        replace(source, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        disk_cache.store("0" * 64, b"data")
    assert [path.suffix for path in cache.rglob("*") if path.is_file()] == [".bin"]


def test_nothing_is_left_of_a_kernel_that_is_gone(device: runtime.Device) -> None:
    runtime.build(device, ADD.format(number=77)).kernel("add_77")
    assert not [name for name in linecache.cache if "add_77" in name]
