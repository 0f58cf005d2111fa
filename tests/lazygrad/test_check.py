"""The check itself: what it runs ends as it should, and it is not blind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lazygrad import runtime
from lazygrad.check import PARTS, clean, runner
from lazygrad.runtime import icd

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def children_find_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    monkeypatch.setenv("PYTHONPATH", path)


def test_the_command_shows_a_device_that_works(device: runtime.Device) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lazygrad", "--json", "--device", str(device)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    (shown,) = json.loads(done.stdout)
    assert shown["name"] == str(device)
    assert shown["limits"]["max_work_group"] == device.facts.max_work_group
    assert len(shown["self_test"]) == 2 and all(row["held"] for row in shown["self_test"])
    assert all(figure > 0 for figure in shown["speed"].values())


def test_an_unknown_part_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lazygrad", "check", "all"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "got 'all', expected parts: devices" in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import os; os._exit(3)", "exit status 3"),
        ("print('{}', flush=True); import os; os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("import time; time.sleep(100)", "SIGKILL"),
    ],
)
def test_a_part_that_dies_is_a_finding(
    text: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it said before is kept; one that hangs is ended."""
    if not hasattr(signal, words) and words.startswith("SIG"):
        pytest.skip("this system has other signals")
    (tmp_path / "sitecustomize.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(runner, "SECONDS", 3)
    *_, last = runner.ask("devices", "cpu")
    assert last["promise"] == "devices runs to its end" and not last["held"]
    assert words in last["figure"]


def test_a_part_that_nobody_listens_to_ends(device: runtime.Device) -> None:
    asked = runner.ask("devices", str(device))
    next(asked)
    asked.close()  # waits for the child


def test_every_part_is_there() -> None:
    for part in PARTS:
        assert (ROOT / "lazygrad" / "check" / f"{part}.py").is_file()


@pytest.mark.parametrize(
    ("body", "fp64", "words"),
    [
        ("x[0] = y;", True, "undeclared"),
        ("x[0] = 1.0 * x[1];", False, "double"),
        ("half h = 1; x[0] = h;", True, "half"),
        ("int i = x[0] == 1.0f ? x : 0;", True, "int"),
    ],
)
def test_texts_that_are_not_portable_are_seen(body: str, fp64: bool, words: str) -> None:
    compiler = clean.find_compiler()
    if compiler is None:
        pytest.skip("there is no clang here")
    right = "kernel void k(global float *x) { x[0] = x[1] * 2.0f; }"
    assert clean.syntax_log(right, compiler, fp64) == ""
    assert words in clean.syntax_log(right.replace("x[0] = x[1] * 2.0f;", body), compiler, fp64)


@pytest.mark.parametrize("index", ["get_global_id(0)", "get_global_id(0) + 4096"])
def test_reads_out_of_bounds_are_seen(index: str) -> None:
    if icd.oclgrind_library("oclgrind") is None:
        pytest.skip("Oclgrind is not installed")
    done, reports = clean.on_oclgrind(["-c", f"""
import numpy as np
from lazygrad import runtime
device = runtime.find_device()
source = "kernel void k(global float *x, global float *y) {{ y[get_global_id(0)] = x[{index}]; }}"
x, y = (runtime.allocate(device, 64, name) for name in "xy")
runtime.write(x, np.zeros(16, np.float32))
runtime.launch(runtime.build(device, source).kernel("k"), (16,), None, [x, y])
device.synchronize()
"""])  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert ("Invalid read of size 4" in reports) == ("+" in index), reports
