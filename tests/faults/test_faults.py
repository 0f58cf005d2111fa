"""The checks of faults and of memory in their short form: every promise holds."""

from types import ModuleType

import pytest

from lazygrad import runtime
from lazygrad.check import faults, memory


@pytest.mark.large
@pytest.mark.parametrize(
    "subject", [*faults.SUBJECTS, memory], ids=lambda module: module.__name__.rpartition(".")[2]
)
def test_the_promises_hold(device: runtime.Device, subject: ModuleType) -> None:
    findings = list(subject.run(device, full=False))
    assert [str(finding) for finding in findings if not finding.held] == []
