"""pyproject.toml against the folders: a package that is not listed is missing from the wheel."""

import re
import tomllib
from pathlib import Path
from typing import Any

import lazygrad
from lazygrad import codegen, runtime

ROOT = Path(__file__).parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
SETUPTOOLS = PYPROJECT["tool"]["setuptools"]


def test_packages_are_the_folders_that_hold_python_files() -> None:
    found = set()
    for package, folder in SETUPTOOLS["package-dir"].items():
        for path in (ROOT / folder).rglob("*.py"):
            found.add(".".join((package, *path.parent.relative_to(ROOT / folder).parts)))
    assert SETUPTOOLS["packages"] == sorted(found)


def test_every_package_has_an_init_file() -> None:
    folders = SETUPTOOLS["package-dir"]
    for package in SETUPTOOLS["packages"]:
        mapped = max((name for name in folders if package.startswith(name)), key=len)
        folder = folders[mapped] + package.removeprefix(mapped).replace(".", "/")
        assert (ROOT / folder / "__init__.py").is_file(), package


def test_wheel_holds_one_top_level_package_with_types() -> None:
    assert {package.partition(".")[0] for package in SETUPTOOLS["packages"]} == {"lazygrad"}
    assert PYPROJECT["tool"]["check-wheel-contents"]["toplevel"] == ["lazygrad"]
    for package, patterns in SETUPTOOLS["package-data"].items():
        for pattern in patterns:
            assert list((ROOT / SETUPTOOLS["package-dir"][package]).glob(pattern)), pattern
    assert "py.typed" in SETUPTOOLS["package-data"]["lazygrad"]


def test_modules_of_the_legs_come_from_their_folders() -> None:
    for module, folder in ((codegen, "codegen"), (runtime, "runtime")):
        assert module.__file__ is not None
        assert Path(module.__file__).parent.name == folder


def test_python_versions_agree() -> None:
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert PYPROJECT["tool"]["mypy"]["python_version"] == oldest
    assert PYPROJECT["tool"]["ruff"]["target-version"] == "py" + oldest.replace(".", "")
    named = [text for text in PROJECT["classifiers"] if re.search(r"Python :: 3\.\d+$", text)]
    assert named[0].endswith(oldest)


def test_version_is_the_same_everywhere() -> None:
    headings = re.findall(r"^## (\d\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert headings[0] == PROJECT["version"]
    assert lazygrad.__version__ == PROJECT["version"]


def test_examples_need_nothing_that_the_tests_do_not_install() -> None:
    extras = PROJECT["optional-dependencies"]
    assert set(extras["examples"]) <= set(extras["test"])


def test_readme_commands_name_extras_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r'install -e "\.\[([\w,]+)\]"', readme)
    assert len(commands) >= 2
    for names in commands:
        assert set(names.split(",")) <= set(PROJECT["optional-dependencies"])
