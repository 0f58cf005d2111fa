"""Faults that happen for real, in child processes: each promise, and what was seen of it."""

from collections.abc import Iterator
from dataclasses import replace

from lazygrad import runtime

from . import (
    faults_cache,
    faults_compiler,
    faults_files,
    faults_interrupt,
    faults_memory,
    faults_process,
)
from .finding import Finding

SUBJECTS = (
    faults_memory,
    faults_cache,
    faults_compiler,
    faults_process,
    faults_interrupt,
    faults_files,
)


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """Every subject in turn."""
    for subject in SUBJECTS:
        for finding in subject.run(device, full):
            yield replace(finding, detail="") if finding.held else finding
