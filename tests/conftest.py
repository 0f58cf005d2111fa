import os
import pytest
from lazygrad import runtime
def pytest_generate_tests(metafunc):
    if "device" in metafunc.fixturenames:
        spec=os.environ.get("LAZYGRAD_DEVICE")
        ds=[runtime.find_device(spec)] if spec else runtime.devices()
        metafunc.parametrize("device",ds,ids=str)
