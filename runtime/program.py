"""Programs built from OpenCL C: once per process, and kept on disk between processes."""

import re
import threading
import time
from collections import OrderedDict
from typing import Any

import pyopencl as cl

# PyOpenCL's public Program adds a cache with a lock file, and warns users of the compiler's remarks
from pyopencl._cl import _Program

from . import disk_cache
from .device import Device
from .errors import BuildError

STANDARD = "-cl-std=CL1.2"
REMEMBERED = 1024

# what a compiler's log may say -> what to do about it
ADVICE = {
    "unknown target CPU": "This driver is older than the processor and compiles nothing for it. "
    "Use another one (pip install intel-opencl-rt intel-cmplr-lib-rt), or a newer version of it.",
}

_programs: OrderedDict[tuple[Device, str, tuple[str, ...]], "Program"] = OrderedDict()
_programs_lock = threading.Lock()


class Kernel:
    """A kernel with its own argument slots.

    Attributes:
        name: as in the source.
        device: where it runs.
        last: what each argument slot holds (None: unknown); launches set only what changed.
    """

    __slots__ = ("cl_kernel", "device", "last", "name", "program")

    def __init__(self, program: "Program", name: str) -> None:
        self.program = program
        self.name = name
        self.device = program.device
        self.cl_kernel = cl.Kernel(program.cl_program, name)
        self.last: list[object] = [None] * self.cl_kernel.num_args

    def __repr__(self) -> str:
        return f"<Kernel {self.name} on {self.device}>"

    @property
    def max_work_group(self) -> int:
        """The largest work-group that the device can run this kernel with."""
        limit = cl.kernel_work_group_info.WORK_GROUP_SIZE
        size: Any = self.cl_kernel.get_work_group_info(limit, self.device.cl_device)
        return int(size)


class Program:
    """A built program.

    Attributes:
        kernel_names: names of its kernels.
        from_disk: whether it came from the disk cache.
        seconds: time to build or load it.
        log: the compiler's remarks; usually empty.
    """

    def __init__(self, device: Device, cl_program: Any, from_disk: bool, seconds: float) -> None:
        self.device = device
        self.cl_program = cl_program
        self.from_disk = from_disk
        self.seconds = seconds
        self.log = _build_log(device, cl_program)
        names = cl_program.get_info(cl.program_info.KERNEL_NAMES)
        self.kernel_names = tuple(name for name in names.split(";") if name)

    def __repr__(self) -> str:
        return f"<Program {', '.join(self.kernel_names)} on {self.device}>"

    def kernel(self, name: str) -> Kernel:
        """A new kernel object with argument slots of its own. Raises ValueError: no such name."""
        if name not in self.kernel_names:
            raise ValueError(
                f"Program.kernel: got {name!r}, expected one of {', '.join(self.kernel_names)}"
            )
        return Kernel(self, name)


def build(device: Device, source: str, options: tuple[str, ...] = ()) -> Program:
    """The program of `source`, from memory, from disk or from the compiler.

    OpenCL C 1.2 unless `options` holds another `-cl-std`.

    Raises:
        BuildError: the compiler refused it.
    """
    if not any(option.startswith("-cl-std") for option in options):
        options = (STANDARD, *options)
    options += device.facts.build_options
    key = (device, source, options)
    with _programs_lock:
        known = _programs.get(key)
        if known is not None:
            _programs.move_to_end(key)
            return known
    program = _load_or_compile(device, source, options)
    with _programs_lock:
        # of two threads that built the same, both get the first one's
        program = _programs.setdefault(key, program)
        if len(_programs) > REMEMBERED:
            _programs.popitem(last=False)
    return program


def _load_or_compile(device: Device, source: str, options: tuple[str, ...]) -> Program:
    start = time.perf_counter()
    with device.lock:
        context = device.context
    if not device.facts.binary_cache:
        cl_program = _compile(device, context, source, options)
        return _built(device, cl_program, False, start)
    key = disk_cache.program_key(
        source,
        *options,
        device.name,
        device.platform,
        device.platform_version,
        device.driver_version,
    )
    binary = disk_cache.load(key)
    if binary is not None:
        cl_program = _load(device, context, binary, options)
        if cl_program is not None:
            return _built(device, cl_program, True, start)
        disk_cache.discard(key)
    cl_program = _compile(device, context, source, options)
    try:
        # PoCL generates the kernels' code when asked for it; otherwise at each first launch
        binaries = cl_program.get_info(cl.program_info.BINARIES)
    except cl.Error:
        binaries = []
    if binaries:
        disk_cache.store(key, binaries[0])
    return _built(device, cl_program, False, start)


def _built(device: Device, cl_program: Any, from_disk: bool, start: float) -> Program:
    program = Program(device, cl_program, from_disk, time.perf_counter() - start)
    with device.lock:
        if from_disk:
            device.counters.programs_from_disk += 1
        else:
            device.counters.programs_built += 1
    return program


def _load(device: Device, context: cl.Context, binary: bytes, options: tuple[str, ...]) -> Any:
    try:
        cl_program = _Program(context, [device.cl_device], [binary])
        cl_program._build(" ".join(options).encode(), [device.cl_device])
    except cl.Error:  # another driver's binary in spite of the key: compile instead
        return None
    return cl_program


def _compile(device: Device, context: cl.Context, source: str, options: tuple[str, ...]) -> Any:
    cl_program = _Program(context, source)
    try:
        cl_program._build(" ".join(options).encode(), [device.cl_device])
    except cl.Error as error:
        log = _build_log(device, cl_program) or str(error)
        raise BuildError(_refused(device, source, options, log)) from error
    return cl_program


def _build_log(device: Device, cl_program: Any) -> str:
    try:
        log = cl_program.get_build_info(device.cl_device, cl.program_build_info.LOG)
    except cl.Error:
        return ""
    return str(log or "").strip("\0 \n")


def _refused(device: Device, source: str, options: tuple[str, ...], log: str) -> str:
    """The message of a BuildError: the log, then the source, marked where the log names a line."""
    named = {int(number) for number in re.findall(r":(\d+):\d+", log)}
    lines = [
        f"{'>' if number in named else ' '}{number:5} | {line}"
        for number, line in enumerate(source.splitlines(), 1)
    ]
    advice = [text for part, text in ADVICE.items() if part in log]
    return "\n".join(
        [
            f"build: the compiler of {device} refused this program, expected OpenCL C that it "
            f"accepts (options: {' '.join(options)}).",
            *advice,
            "Log:",
            log,
            "Source:",
            *lines,
        ]
    )
