"""The Python of README.md runs as it is printed."""

import re
from pathlib import Path

import pytest

from lazygrad import runtime

README = Path(__file__).parent.parent / "README.md"


def test_snippets_run(
    device: runtime.Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    snippets = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(snippets) >= 3
    names: dict[str, object] = {}
    for snippet in snippets:
        exec(compile(snippet, str(README), "exec"), names)
    assert names["train"].replays  # type: ignore[attr-defined]


def test_settings_are_those_that_exist() -> None:
    named = set(re.findall(r"`(LAZYGRAD_\w+)`", README.read_text(encoding="utf-8")))
    folders = ("lazygrad", "runtime", "codegen")
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in folders
        for path in (README.parent / folder).rglob("*.py")
    )
    assert named == set(re.findall(r"LAZYGRAD_[A-Z_]+", code))
