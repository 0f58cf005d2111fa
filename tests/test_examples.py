"""Every example runs through, in its short form, on every device."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lazygrad as lg
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


@pytest.mark.large
def test_a_resumed_gpt_ends_with_the_same_bits(
    device: runtime.Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tqdm")

    def run(file: str, *options: str) -> dict[str, lg.Tensor]:
        monkeypatch.setattr(sys, "argv", ["gpt.py", "--short", "--checkpoint", file, *options])
        runpy.run_path(str(ROOT / "examples" / "gpt.py"), run_name="__main__")
        saved = lg.load(file)
        return saved["model"] | {f"{k} {n}": x for k, state in saved["optimizer"]["state"].items()
                                 for n, x in state.items()}  # fmt: skip

    monkeypatch.chdir(tmp_path)
    whole = run("whole.safetensors", "--steps", "8")
    half = run("parts.safetensors", "--steps", "8", "--stop", "3")
    with pytest.raises(SystemExit, match=r"written with steps=8.*but this run has steps=9"):
        run("parts.safetensors", "--steps", "9", "--resume")
    with pytest.raises(SystemExit):
        run("none.safetensors", "--steps", "8", "--resume")
    parts = run("parts.safetensors", "--steps", "8", "--resume")
    assert whole.keys() == parts.keys() == half.keys()
    same = {
        name: np.array_equal(np.asarray(whole[name]), np.asarray(parts[name])) for name in whole
    }
    assert all(same.values()), same
    assert not np.array_equal(np.asarray(whole["head.weight"]), np.asarray(half["head.weight"]))
