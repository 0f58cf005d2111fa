"""Large memory asks for large pages."""

import pathlib
import re

import numpy as np
import pytest

from lazygrad import runtime
from lazygrad.runtime.huge_pages import HUGE_PAGE

SMAPS = pathlib.Path("/proc/self/smaps")


def advised():
    """The ranges of this process's memory that asked for large pages."""
    text = SMAPS.read_text()
    mappings = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", text, flags=re.MULTILINE)
    return [
        tuple(int(end, 16) for end in mapping.split(None, 1)[0].split("-"))
        for mapping in mappings
        if re.search(r"^VmFlags:.* hg\b", mapping, re.MULTILINE)
    ]


@pytest.mark.skipif(not SMAPS.exists(), reason="only Linux tells of its pages")
def test_a_large_buffer_asks(device):
    if device.kind != "cpu" or not device.facts.thread_safe:
        pytest.skip("its memory is not the host's, or nobody maps it for this")
    device.empty_cache()
    buffer = runtime.allocate(device, 16 * HUGE_PAGE + 12)
    runtime.write(buffer, np.arange(buffer.nbytes // 4, dtype=np.int32))
    view = runtime.host_view(buffer)
    begin = view.__array_interface__["data"][0]
    inside = [
        min(last, begin + buffer.nbytes) - max(first, begin)
        for first, last in advised()
        if first < begin + buffer.nbytes and last > begin
    ]
    assert 15 * HUGE_PAGE <= sum(inside) <= 16 * HUGE_PAGE + 12
    np.testing.assert_array_equal(view.view(np.int32), np.arange(buffer.nbytes // 4))
