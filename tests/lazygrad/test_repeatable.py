"""The short form of bitwise repeatability."""

from lazygrad import runtime
from lazygrad.check import repeatable


def test_the_same_bits_and_kernels_everywhere(device: runtime.Device) -> None:
    broken = [str(f) for f in repeatable.run(device, full=False) if not f.held]
    assert broken == []
