"""Every test that asks for `device` runs on each OpenCL device found."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lazygrad import runtime


@pytest.fixture(params=[str(device) for device in runtime.devices()] or [None])
def device(request: pytest.FixtureRequest) -> runtime.Device:
    # without any device, the error that tells how to get one
    return runtime.find_device(request.param)


@pytest.fixture(autouse=True, scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAZYGRAD_CACHE", str(folder))
        yield folder
