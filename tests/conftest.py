"""What every folder of tests shares: the devices, golden texts, reproducible random examples."""

import difflib
import gc
import os
import re
import warnings
from collections.abc import Callable, Iterator

import hypothesis
import pytest

from lazygrad import runtime
from lazygrad.placement import set_default_device

# every run draws the same examples; a first call compiles kernels, so time says nothing
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden texts anew instead of comparing with them",
    )


def _device_names() -> list[str | None]:
    """Every device found, or the one that $LAZYGRAD_DEVICE names."""
    if os.environ.get("LAZYGRAD_DEVICE", "").strip():
        return [str(runtime.find_device())]
    return [str(found) for found in runtime.devices()] or [None]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    # asked for here, so that tests without a device run where there is none
    if "device" in metafunc.fixturenames:
        metafunc.parametrize("device", _device_names(), indirect=True)


@pytest.fixture
def device(request: pytest.FixtureRequest) -> Iterator[runtime.Device]:
    """Each OpenCL device in turn, or only `$LAZYGRAD_DEVICE`; the default one meanwhile.

    Without any device the test fails with the error that tells how to get one.
    """
    found = runtime.find_device(request.param)
    set_default_device(found)
    yield found
    set_default_device(None)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """`golden(text)` holds a text against `golden/<test name>.cl` beside the test file."""
    name = re.sub(r"[^\w.-]+", "_", request.node.name).strip("_")
    path = request.path.parent / "golden" / f"{name}.cl"

    def compare(text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            return
        if not path.is_file():
            pytest.fail(f"golden: no {path}; write it with --update-golden, then read it")
        kept = path.read_text(encoding="utf-8")
        if text != kept:
            diff = difflib.unified_diff(
                kept.splitlines(), text.splitlines(), str(path), "generated now", lineterm=""
            )
            pytest.fail(
                "golden: the text has changed; if it should have, --update-golden\n"
                + "\n".join(diff),
                pytrace=False,
            )

    return compare


@pytest.fixture
def no_warnings() -> Iterator[None]:
    """A compiled call that falls back tells so by a warning: tests that expect none get none.
    Tensors that earlier tests left to the collector would show memory of these, and cost a
    recording more."""
    gc.collect()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
