"""Compilers that crash or hang: builds in a process of their own, and the plainer form."""

import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import lazygrad as lg
from lazygrad import runtime
from lazygrad.runtime import isolation, program

from .child import run_child
from .finding import Finding

SECONDS = 4
# a worker whose compiler does not survive some functions, unless their text is the plainer form;
# it notes what it is asked to build
DOUBLE = """\
import ctypes, os, time
from lazygrad.runtime import build_worker

built = build_worker._built

def fragile(device, source, options):
    plain = "unroll(disable)" in source
    with open(os.environ["CHECK_NOTES"], "a") as notes:
        notes.write(f"{'expm1_' in source} {'tan_' in source} {'log1p_' in source} {plain}\\n")
    if "expm1_" in source and not plain or "log1p_" in source:
        ctypes.string_at(0)  # drivers outlive a signal that is only sent
    if "tan_" in source and not plain:
        time.sleep(1000)
    return built(device, source, options)

build_worker._built = fragile
build_worker.main()
"""
# Intel's compiler (2026.2) dies of the first loop's auto-vectorization
CRASHER = """\
__kernel void crasher(__global float* restrict out0, __global const float* restrict in0) {
  float acc1 = (-INFINITY);
  for (int r0 = 0; r0 < 60; r0++) {
    const float x2 = in0[(r0 % 5) + (((r0 / 5)) % 4)*5 + (r0 / 20)*20];
    const float abs_3 = fabs(x2);
    acc1 = (((acc1 > abs_3) || isnan(acc1)) ? acc1 : abs_3);
  }
  float acc4 = 0.0f;
  for (int r0 = 0; r0 < 60; r0++) {
    const float x5 = in0[(r0 % 5) + (((r0 / 5)) % 4)*5 + (r0 / 20)*20];
    const float cast_8 = convert_float(-(-(fabs(x5) == acc1)));
    acc4 = acc4 + cast_8;
  }
  const float div_13 = 1.0f / acc4;
  for (int r0 = 0; r0 < 60; r0++) {
    const float x9 = in0[(r0 % 5) + (((r0 / 5)) % 4)*5 + (r0 / 20)*20];
    const int eq_11 = -(fabs(x9) == acc1);
    const float where_15 = (eq_11 ? div_13 : 0.0f);
    const float sign_16 = (isnan(x9) ? x9 : sign(x9));
    out0[(r0 % 5) + (((r0 / 5)) % 4)*5 + (r0 / 20)*20] = where_15 * sign_16;
  }
}
"""


def run(device: runtime.Device, full: bool) -> Iterator[Finding]:
    """A compiler that crashes, one that hangs, one that cannot be helped; and what is kept."""
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes"
        settings = {
            "LAZYGRAD_ISOLATE": str(SECONDS), "LAZYGRAD_CACHE": folder,
            "CHECK_NOTES": str(notes),
        }  # fmt: skip
        first = run_child(device, with_a_fragile_compiler, environment=settings)
        tried = notes.read_text() if notes.exists() else ""
        notes.write_text("")
        second = run_child(device, with_a_fragile_compiler, environment=settings)
        again = notes.read_text()
    wrong = first.answer if first.answer is not None else [str(first)]
    crashed = sum(_crashes(line) for line in tried.splitlines())
    yield Finding(
        "a kernel whose compiler crashes or hangs gets a plainer form, and a warning says so",
        f"{tried.count(chr(10))} programs tried apart, {crashed} of them crashed or hung, "
        f"{len(wrong)} wrong",
        not wrong and first.status == 0, "\n".join(wrong) + f"\n{first}",
    )  # fmt: skip
    wrong = second.answer if second.answer is not None else [str(second)]
    wrong = wrong + [line for line in again.splitlines() if _crashes(line)]
    yield Finding(
        "what crashed a compiler is not tried again by the next process",
        f"{len(wrong)} tried again or wrong",
        not wrong and second.status == 0, "\n".join(wrong) + f"\n{second}",
    )  # fmt: skip
    if device.implementation == "intel" and device.kind == "cpu":
        yield _known_crasher(device)


def _crashes(note: str) -> bool:
    """Whether the double does not survive what it noted."""
    expm1, tan, log1p, plain = (word == "True" for word in note.split())
    return log1p or ((expm1 or tan) and not plain)


def with_a_fragile_compiler() -> list[str]:
    """Computes with functions that crash or hang the double's compiler; what was not as it should.

    This process's own compiler is not to be asked where the driver's binaries can be kept.
    """
    isolation.COMMAND = (sys.executable, "-P", "-c", DOUBLE)
    device = runtime.find_device()
    if device.facts.binary_cache:
        program.compile_source = _not_here  # type: ignore[assignment]
    wrong = []
    x = lg.linspace(-1, 1, 12)
    for name, reason in (("exp", None), ("expm1", "died of signal 11"), ("tan", "took more than")):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            got = getattr(x, name)().sum().item()
        expected = float(getattr(np, name)(x.numpy().astype(np.float64)).sum())
        if abs(got - expected) > 1e-5:
            wrong.append(f"{name}: got {got}, expected {expected}")
        texts = [str(w.message) for w in told]
        fits = [text for text in texts if reason and reason in text]
        if len(texts) != (reason is not None) or fits != texts:
            wrong.append(f"{name}: warned {texts}")
    try:
        wrong.append(f"log1p: got {(x + 2).log1p().sum().item()}, expected an error")
    except runtime.BuildError as error:
        if "died of signal 11" not in str(error):
            wrong.append(f"log1p: {error}")
    if abs(x.abs().sum().item() - float(np.abs(x.numpy()).sum())) > 1e-5:
        wrong.append("wrong after the error")
    return wrong


def _not_here(*given: object) -> object:
    raise AssertionError("compile_source: called in a process that keeps its compiler apart")


def _known_crasher(device: runtime.Device) -> Finding:
    with tempfile.TemporaryDirectory() as folder:
        settings = {"LAZYGRAD_ISOLATE": "60", "LAZYGRAD_CACHE": folder}
        outcome = run_child(device, build_crasher, environment=settings)
    return Finding(
        "a text that is known to crash Intel's compiler does not crash the process",
        str(outcome.answer), outcome.answer is not None and outcome.status == 0, str(outcome),
    )  # fmt: skip


def build_crasher() -> str:
    """What became of the text, in a process that then computes."""
    device = runtime.find_device()
    try:
        runtime.build(device, CRASHER)
        end = "this driver builds it"
    except runtime.CompilerCrashError:
        end = "its compiler crashed, in another process"
    assert lg.arange(4.0).sum().item() == 6
    return end
