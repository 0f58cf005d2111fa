"""Looking inside: the kernels of a plan as people see them, dumps, and the debug ladder."""

import logging
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lazygrad import runtime
from lazygrad.codegen.compile import Plan, Step
from lazygrad.codegen.graph import Node, format_graph
from lazygrad.runtime.forks import lock

from . import config

if TYPE_CHECKING:
    from .execution import Executable

__all__ = ["KernelInfo", "capture_kernels", "describe", "launched", "lines_of", "planned"]

_log = logging.getLogger("lazygrad")
if config.DEBUG:
    _handler = logging.StreamHandler(sys.stderr)
    _handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    _log.addHandler(_handler)
    _log.setLevel(logging.DEBUG)

_told: set[runtime.Device] = set()
_captured: ContextVar[list["KernelInfo"] | None] = ContextVar("captured", default=None)
_dump_lock = lock()
_dumped: set[str] = set()


@dataclass(frozen=True)
class KernelInfo:
    """A generated kernel.

    Attributes:
        name: tells what it does: main ops, domain, type.
        source: OpenCL C, with a header that says where it came from.
        global_size, local_size: work-items and work-group of a launch.
        bytes: read and written by a launch, each array counted once.
        flops: floating-point operations of a launch; a function counts as its cost in the table.
        lines: the user's source lines ("file:line") that its ops came from.
        reason: why its first output is written to memory.
    """

    name: str
    source: str
    global_size: tuple[int, ...]
    local_size: tuple[int, ...]
    bytes: int
    flops: int
    lines: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return self.source


def lines_of(step: Step) -> tuple[str, ...]:
    """The user's lines behind a step, as file:line, sorted."""
    return tuple(sorted({f"{code.co_filename}:{line}" for code, line in step.origins}))


def info(step: Step) -> KernelInfo:
    """A step of a plan for people."""
    k = step.kernel
    lines = lines_of(step)
    head = [f"// {k.name}: {k.flops} operations, {k.bytes_moved} bytes, {step.reason}"]
    head += [f"//   from {line}" for line in lines]
    source = "\n".join([*head, step.text])
    return KernelInfo(
        k.name, source, k.global_size, k.local_size, k.bytes_moved, k.flops, lines, step.reason
    )


def infos(plan: Plan) -> list[KernelInfo]:
    """All kernels of a plan, in the order of their launches."""
    return [info(step) for step in plan.steps]


@contextmanager
def capture_kernels() -> Iterator[list[KernelInfo]]:
    """`with lg.capture_kernels() as ks:` lists every kernel that is launched inside."""
    found: list[KernelInfo] = []
    token = _captured.set(found)
    try:
        yield found
    finally:
        _captured.reset(token)


def describe(outputs: Sequence[Node]) -> str:
    """The array graph as text."""
    return format_graph(outputs)


def planned(made: "Executable") -> None:
    """Called once for each new plan: dumps it and climbs the ladder."""
    if config.DUMP:
        _dump(made, Path(config.DUMP))
    if not config.DEBUG:
        return
    if made.device not in _told:
        _told.add(made.device)
        _log.debug("devices: %s", ", ".join(map(repr, runtime.devices())))
        _log.debug("used from here on: %s", made.device)
    if config.DEBUG < 2:
        return
    plan = made.plan
    _log.debug(
        "plan of %d kernels on %s, %d intermediate bytes, %d output bytes",
        len(plan.steps), made.device, sum(plan.slots), sum(plan.output_bytes),
    )  # fmt: skip
    for step in plan.steps:
        k = step.kernel
        _log.debug("  %s %s: %d operations, %d bytes; %s", k.name, k.global_size, k.flops,
                   k.bytes_moved, step.reason)  # fmt: skip
    if config.DEBUG >= 4:
        for text in dict.fromkeys(step.text for step in plan.steps):
            _log.debug("%s", text)
    if config.DEBUG >= 5:
        _log.debug("%s", made.graph)


def launched(made: "Executable") -> None:
    """Called after each run of a plan."""
    found = _captured.get()
    if found is not None:
        found += made.infos()


def timed(made: "Executable", records: Sequence[tuple[str, float, Any]]) -> None:
    """Says how long each kernel of a run took, with its rates (level 3)."""
    for step, (name, seconds, _size) in zip(made.plan.steps, records, strict=False):
        k = step.kernel
        safe = max(seconds, 1e-9)
        _log.debug(
            "  %8.3f ms %7.1f GB/s %7.1f GFLOP/s  %s",
            seconds * 1e3, k.bytes_moved / safe * 1e-9, k.flops / safe * 1e-9, name,
        )  # fmt: skip


def _dump(made: "Executable", folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with _dump_lock, open(folder / "index.txt", "a", encoding="utf-8") as index:
        for step in made.plan.steps:
            told = info(step)
            stem = re.sub(r"[^A-Za-z0-9_]", "_", told.name)
            name, number = f"{stem}.cl", 2
            while name in _dumped:
                name, number = f"{stem}-{number}.cl", number + 1
            _dumped.add(name)
            (folder / name).write_text(told.source + "\n", encoding="utf-8")
            index.write(
                f"{name}\tglobal={told.global_size}\tlocal={told.local_size}\t"
                f"flops={told.flops}\tbytes={told.bytes}\t{' '.join(told.lines)}\n"
            )


def profiling() -> Any:
    """Records of kernel times while open, from OpenCL events."""
    return runtime.profile()
