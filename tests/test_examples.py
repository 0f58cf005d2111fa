"""Every example runs through, in its short form, on every device."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lazygrad import runtime

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
NEEDS = {
    "bayes": ("matplotlib", "scipy"),
    "heat": ("matplotlib",),
    "siren": ("matplotlib", "skimage"),
}


@pytest.mark.large
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example(example: Path, device: runtime.Device, tmp_path: Path) -> None:
    for extra in ("sklearn", "tqdm", *NEEDS.get(example.stem, ())):
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


def test_effective_sizes_are_those_of_autoregressions() -> None:
    """Of x' = a x + noise, n draws are worth n (1 - a) / (1 + a) independent ones."""
    for extra in ("sklearn", "tqdm", *NEEDS["bayes"]):
        pytest.importorskip(extra)
    bayes = runpy.run_path(str(ROOT / "examples" / "bayes.py"))
    a = np.array([0.8, 0.0, -0.5])
    draws = np.random.default_rng(0).normal(size=(8, 4000, 3))
    draws[:, 0] /= np.sqrt(1 - a**2)
    for i in range(1, draws.shape[1]):
        draws[:, i] += a * draws[:, i - 1]
    expected = 32000 * (1 - a) / (1 + a)
    np.testing.assert_allclose(bayes["effective_size"](draws), expected, rtol=0.1)
    assert bayes["r_hat"](draws).max() < 1.01

    draws[0, :, 0] += 3  # one chain stands elsewhere, one has another spread, one wanders off
    draws[0, :, 1] *= 5
    draws[:, :, 2] += np.linspace(0, 3, draws.shape[1])
    assert bayes["r_hat"](draws).min() > 1.05
