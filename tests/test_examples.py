"""Every example runs through, in its short form, on every device."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lazygrad import runtime

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example(example: Path, device: runtime.Device, tmp_path: Path) -> None:
    for extra in ("sklearn", "tqdm"):
        pytest.importorskip(extra)
    search = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    settings = {"LAZYGRAD_SHORT": "1", "LAZYGRAD_DEVICE": str(device), "PYTHONPATH": search}
    done = subprocess.run(
        [sys.executable, str(example)],
        cwd=tmp_path,
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.strip(), "an example shows something"
