import os
import subprocess
import sys
from pathlib import Path

import pytest

from lazygrad import runtime
from lazygrad.runtime import icd

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="driver lists are Linux's way")


@pytest.fixture
def library(tmp_path: Path) -> Path:
    path = tmp_path / "wheel" / "libintelocl.so"
    path.parent.mkdir()
    path.touch()
    return path


def vendors_folder(path: Path, **lists: str) -> str:
    path.mkdir()
    for name, driver in lists.items():
        (path / f"{name}.icd").write_text(driver + "\n")
    return str(path)


def test_lists_are_read_from_a_folder_a_file_or_a_library(tmp_path: Path) -> None:
    folder = vendors_folder(tmp_path / "vendors", a="liba.so", b="/x/libb.so", c="", d="liba.so")
    assert icd.listed_drivers(folder) == ["liba.so", "/x/libb.so"]
    assert icd.listed_drivers(f"{folder}/b.icd") == ["/x/libb.so"]
    assert icd.listed_drivers("libother.so") == ["libother.so"]
    assert icd.listed_drivers(str(tmp_path / "gone.icd")) == []


def test_the_system_folder_counts_where_nothing_is_set(
    tmp_path: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = vendors_folder(tmp_path / "system", pocl="libpocl.so")
    monkeypatch.setattr(icd, "SYSTEM_VENDORS", Path(system))
    environ: dict[str, str] = {}
    icd.show_all_drivers(environ, library)
    assert icd.listed_drivers(environ["OCL_ICD_VENDORS"]) == ["libpocl.so", str(library)]


def test_a_users_own_list_stays(tmp_path: Path, library: Path) -> None:
    environ = {"OCL_ICD_VENDORS": vendors_folder(tmp_path / "own", mine="/opt/libmine.so")}
    icd.show_all_drivers(environ, library)
    merged = environ["OCL_ICD_VENDORS"]
    assert icd.listed_drivers(merged) == ["/opt/libmine.so", str(library)]
    # a child process inherits the merged folder and merges again
    icd.show_all_drivers(environ, library)
    assert environ["OCL_ICD_VENDORS"] == merged


def test_nothing_is_touched_where_there_is_nothing_to_add(tmp_path: Path, library: Path) -> None:
    environ: dict[str, str] = {}
    icd.show_all_drivers(environ, None)
    assert environ == {}
    environ["OCL_ICD_VENDORS"] = vendors_folder(tmp_path / "own", intel=str(library))
    before = dict(environ)
    icd.show_all_drivers(environ, library)
    assert environ == before


def test_a_placeholder_path_does_not_count_as_listed(tmp_path: Path, library: Path) -> None:
    placeholder = "/anaconda1anaconda2/lib/libintelocl.so"
    environ = {"OCL_ICD_VENDORS": vendors_folder(tmp_path / "own", intel=placeholder)}
    icd.show_all_drivers(environ, library)
    assert str(library) in icd.listed_drivers(environ["OCL_ICD_VENDORS"])


def test_an_unwritable_cache_gives_a_temporary_folder(
    tmp_path: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    occupied = tmp_path / "file"
    occupied.touch()
    monkeypatch.setenv("LAZYGRAD_CACHE", str(occupied))
    environ = {"OCL_ICD_VENDORS": "libmine.so"}
    icd.show_all_drivers(environ, library)
    assert icd.listed_drivers(environ["OCL_ICD_VENDORS"]) == ["libmine.so", str(library)]


@pytest.mark.parametrize("content", [b"", b"/usr/lib/libm", b"\xbe\xff\x00\x80"])
def test_a_spoiled_list_is_written_anew(
    tmp_path: Path, library: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setenv("LAZYGRAD_CACHE", str(tmp_path))
    for _ in range(2):
        environ = {"OCL_ICD_VENDORS": "libmine.so"}
        icd.show_all_drivers(environ, library)
        folder = Path(environ["OCL_ICD_VENDORS"])
        assert icd.listed_drivers(str(folder)) == ["libmine.so", str(library)]
        for path in folder.iterdir():
            path.write_bytes(content)


def test_the_missing_half_of_intels_wheel_is_named(library: Path) -> None:
    assert icd.intel_wheel_note(None, shown=False) is None
    assert icd.intel_wheel_note(library, shown=True) is None
    note = icd.intel_wheel_note(library, shown=False)
    assert note is not None
    assert "pip install intel-cmplr-lib-rt" in note
    for name in icd.INTEL_NEEDS:
        (library.parent / name).touch()
    note = icd.intel_wheel_note(library, shown=False)
    assert note is not None
    assert "Import lazygrad before" in note


def seen_by_a_new_process(environ: dict[str, str]) -> list[str]:
    script = "from lazygrad import runtime; print(*map(str, runtime.devices()))"
    run = subprocess.run(
        [sys.executable, "-c", script],
        env=environ, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return run.stdout.split()


def test_a_new_process_sees_the_system_and_the_wheel() -> None:
    here = [str(device) for device in runtime.devices()]
    assert seen_by_a_new_process(dict(os.environ)) == here
    if icd.intel_wheel_library() is not None:
        assert any(name.startswith("intel:") for name in here)
    if icd.listed_drivers(None):
        clean = {k: v for k, v in os.environ.items() if k != "OCL_ICD_VENDORS"}
        assert seen_by_a_new_process(clean)
