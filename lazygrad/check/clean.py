"""Every form of kernel, for every family of devices: valid OpenCL C 1.2, and clean on Oclgrind.

No GPU is needed: families are limits (`families.py`), texts are checked by a compiler that stops
after checking, and Oclgrind, a simulator, reports each access out of bounds, each read of memory
that nothing wrote, each race.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from lazygrad import runtime
from lazygrad.codegen.opencl import program_text
from lazygrad.execution import plan_for
from lazygrad.runtime import icd
from lazygrad.runtime.facts import with_limits

from .families import FAMILIES
from .finding import Finding
from .forms import forms

COMPILERS = ("clang", *(f"clang-{version}" for version in range(22, 12, -1)))
SECONDS = 600
_PROGRAMS = 10  # random ones in one process


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """Texts for all families, then the same programs on Oclgrind; short: on two families."""
    compiler = find_compiler()
    for family, limits in FAMILIES.items():
        kernels = texts(device, limits)
        yield _valid(family, kernels, compiler, "has_fp64=0" not in limits)
    if icd.oclgrind_library("oclgrind") is None:
        yield Finding("kernels are clean on Oclgrind", "not tried: it is not installed", True)
        return
    for family in FAMILIES if full else ("cpu", "smallest"):
        yield _clean(family)
    for family in ("cpu", "nvidia"):
        yield _clean_random(family, 400 if full else _PROGRAMS)


def find_compiler() -> str | None:
    """A clang, where there is one."""
    return next(filter(None, map(shutil.which, COMPILERS)), None)


def texts(device: runtime.Device, limits: str) -> list[str]:
    """The kernels of all forms, each with a name of its own, for a device with these limits."""
    facts = with_limits(replace(device.facts, has_fp64=True), limits)
    found: list[str] = []
    for form in forms():
        if not facts.has_fp64 and any(a.dtype == "float64" for a in form.arrays):
            continue
        nodes = [x._node for x in form.run(str(device))]
        found += [step.text for step in plan_for(nodes, facts).steps]
    distinct = dict.fromkeys(found)
    return [re.sub(r"void (\w+)\(", rf"void \1_{k}(", text, count=1)
            for k, text in enumerate(distinct)]  # fmt: skip


def _valid(family: str, kernels: list[str], compiler: str | None, fp64: bool) -> Finding:
    promise = f"kernels for {family} are OpenCL C 1.2"
    if compiler is None:
        return Finding(promise, "not tried: there is no clang here", True)
    log = syntax_log(program_text(kernels), compiler, fp64)
    return Finding(promise, f"{len(kernels)} kernels, {log.count('error:')} errors", not log, log)


def syntax_log(source: str, compiler: str, fp64: bool) -> str:
    """What a compiler says against a program, "" if nothing; `fp64` tells whether it is there."""
    # clang would take vload_half, which the standard has for all devices, for a part of cl_khr_fp16
    if re.search(r"\bhalf\d*\b(?!\*)", source):
        return "error: a half is computed with, where only pointers to half may stand"
    missing = [] if fp64 else ["-Xclang", "-cl-ext=-cl_khr_fp64,-__opencl_c_fp64"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kernels.cl"
        path.write_text(source)
        command = [
            compiler, "-x", "cl", "-cl-std=CL1.2", "-fsyntax-only", "-target", "spir64",
            "-Xclang", "-finclude-default-header", *missing, "-Wall", "-Werror",
            "-Wno-unused-variable", "-Wno-unused-but-set-variable", str(path),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    return "" if done.returncode == 0 else done.stderr[:4000]


@dataclass
class _Simulated:
    """What processes on Oclgrind came to."""

    ran: int = 0
    wrong: list[str] = field(default_factory=list)
    reports: str = ""
    died: str = ""

    def run(self, limits: str, *seeds: str) -> None:
        done, reports = on_oclgrind(["-m", "lazygrad.check.simulated", *seeds], limits)
        *wrong, ran = done.stdout.splitlines() or ["0"]
        self.wrong += wrong
        self.ran += int(ran) if ran.isdigit() else 0
        self.reports += reports
        if (done.returncode and not wrong) or ran == "0":
            self.died += f"{done.stderr}\nended with {done.returncode} after {ran} programs\n"

    def finding(self, promise: str) -> Finding:
        count = self.reports.count("Kernel:")
        figure = f"{self.ran} programs, {count} reports, {len(self.wrong)} wrong values"
        held = not (count or self.wrong or self.died)
        detail = "\n".join([*self.wrong, self.reports[:3000], self.died[-3000:]]).strip()
        return Finding(promise, figure, held, detail)


def _clean(family: str) -> Finding:
    seen = _Simulated()
    seen.run(FAMILIES[family])
    return seen.finding(f"kernels for {family} are clean and right on Oclgrind")


def _clean_random(family: str, count: int) -> Finding:
    """In processes of few programs each: in long ones Oclgrind forgets what was written."""
    seen = _Simulated()
    for first in range(0, count, _PROGRAMS):
        seen.run(FAMILIES[family], str(first), str(first + _PROGRAMS))
    return seen.finding(f"random programs for {family} are clean and right on Oclgrind")


def on_oclgrind(
    arguments: list[str], limits: str = ""
) -> tuple[subprocess.CompletedProcess[str], str]:
    """Python run with Oclgrind as its device, and everything that Oclgrind reports."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        environment = os.environ | {
            "LAZYGRAD_DEVICE": "oclgrind",
            "LAZYGRAD_LIMITS": limits,
            "OCLGRIND_DATA_RACES": "1",
            "OCLGRIND_UNINITIALIZED": "1",
            "OCLGRIND_MAX_ERRORS": "1000",
            "OCLGRIND_LOG": str(log),
        }
        done = subprocess.run(
            [sys.executable, *arguments],
            env=environment, capture_output=True, text=True, timeout=SECONDS,
        )  # fmt: skip
        return done, log.read_text() if log.exists() else ""
