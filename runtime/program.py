"""Programs built from OpenCL C: once per process, and kept on disk between processes."""

import linecache
import re
import time
from typing import Any
from weakref import WeakValueDictionary

import pyopencl as cl

# PyOpenCL's public Program adds a cache with a lock file, and warns users of the compiler's remarks
from pyopencl._cl import _Program

from . import disk_cache, isolation
from .device import Device
from .errors import BuildError, CompilerCrashError
from .forks import lock

# PyOpenCL writes Python for calling each kernel by its own means and keeps it in an SQLite file:
# seven times slower than writing it again, without a bound, an error where that file cannot be
try:
    import pyopencl.invoker as _invoker
except Exception:  # the file's folder is full, or read-only
    cl._PYOPENCL_NO_CACHE = True
    import pyopencl.invoker as _invoker  # noqa: F401

STANDARD = "-cl-std=CL1.2"

# what a compiler's log may say -> what to do about it
ADVICE = {
    "unknown target CPU": "This driver is older than the processor and compiles nothing for it. "
    "Use another one (pip install intel-opencl-rt intel-cmplr-lib-rt), or a newer version of it.",
}

# those that somebody still holds
_programs: "WeakValueDictionary[tuple[Device, str, tuple[str, ...]], Program]" = (
    WeakValueDictionary()
)
_programs_lock = lock()
_kernels_lock = lock()


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
        with self.device.waiting:  # PyOpenCL calls Python from C++, which imports and compiles
            self.cl_kernel = cl_kernel(program.cl_program, name)
        self.last: list[object] = [None] * self.cl_kernel.num_args

    def __repr__(self) -> str:
        return f"<Kernel {self.name} on {self.device}>"

    @property
    def max_work_group(self) -> int:
        """The largest work-group that the device can run this kernel with."""
        limit = cl.kernel_work_group_info.WORK_GROUP_SIZE
        size: Any = self.cl_kernel.get_work_group_info(limit, self.device.cl_device)
        return int(size)


def cl_kernel(cl_program: Any, name: str) -> cl.Kernel:
    """A kernel of PyOpenCL."""
    settings: Any = cl
    with _kernels_lock:
        kept = settings._PYOPENCL_NO_CACHE
        settings._PYOPENCL_NO_CACHE = True
        try:
            return cl.Kernel(cl_program, name)
        finally:
            settings._PYOPENCL_NO_CACHE = kept
            _forget_invoker(name)


def _forget_invoker(name: str) -> None:
    """Python keeps the text of the function that PyOpenCL writes for each kernel for ever."""
    for text in list(linecache.cache):
        if text.startswith(f"<generated: 'pyopencl invoker for '{name}'"):
            linecache.cache.pop(text, None)


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
        self.log = build_log(device, cl_program)
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
        CompilerCrashError: it crashed or hung, now (see `isolation`) or in an earlier process.
    """
    if not any(option.startswith("-cl-std") for option in options):
        options = (STANDARD, *options)
    options += device.facts.build_options
    key = (device, source, options)
    with _programs_lock:
        known = _programs.get(key)
        if known is not None:
            return known
    program = _load_or_compile(device, source, options)
    with _programs_lock:
        # of two threads that built the same, both get the first one's
        return _programs.setdefault(key, program)


def _load_or_compile(device: Device, source: str, options: tuple[str, ...]) -> Program:
    start = time.perf_counter()
    key = disk_cache.program_key(
        source,
        *options,
        device.name,
        device.platform,
        device.platform_version,
        device.driver_version,
    )
    binary = disk_cache.load(key) if device.facts.binary_cache else None
    if binary is not None:
        cl_program = _load(device, binary, options)
        if cl_program is not None:
            return _built(device, cl_program, True, start)
        disk_cache.discard(key)
    cl_program, binary = _compile(device, source, options, key)
    if binary and device.facts.binary_cache:
        disk_cache.store(key, binary)
    return _built(device, cl_program, False, start)


def _compile(device: Device, source: str, options: tuple[str, ...], key: str) -> tuple[Any, bytes]:
    """The built program and its binary, by way of another process where that is asked for."""
    seconds = isolation.seconds_for_a_build()
    known = disk_cache.load(key, "crash")
    if known is not None:
        # a limit that was enough for a crash says little of a longer one
        limit, end = known.decode().split("\n", 1)
        if seconds is None or seconds <= float(limit) or not end.startswith("took"):
            raise CompilerCrashError(_crashed(device, end, source))
    if seconds is not None:
        with device.lock:  # not in a forked child
            pass
        try:
            binary = isolation.build(str(device), source, options, seconds)
        except CompilerCrashError as error:
            if error.proven:
                disk_cache.store(key, f"{seconds}\n{error}".encode(), "crash")
            raise CompilerCrashError(_crashed(device, str(error), source)) from None
        if binary and device.facts.binary_cache:
            cl_program = _load(device, binary, options)
            if cl_program is not None:
                return cl_program, binary
    cl_program = compile_source(device, source, options)
    if not device.facts.binary_cache:
        return cl_program, b""
    with device.waiting:
        binary = binary_of(cl_program)
    if binary and device.facts.built_programs_are_large:
        cl_program = _load(device, binary, options) or cl_program
    return cl_program, binary


def binary_of(cl_program: Any) -> bytes:
    """The code of a built program; nothing where the driver gives none.

    PoCL generates code for any size of work-groups when asked for it, and that for a kernel's own
    size at its first launch.
    """
    try:
        binaries = cl_program.get_info(cl.program_info.BINARIES)
    except cl.Error:
        return b""
    return bytes(binaries[0]) if binaries else b""


def _built(device: Device, cl_program: Any, from_disk: bool, start: float) -> Program:
    program = Program(device, cl_program, from_disk, time.perf_counter() - start)
    with device.lock:
        if from_disk:
            device.counters.programs_from_disk += 1
        else:
            device.counters.programs_built += 1
    return program


def _context(device: Device) -> cl.Context:
    with device.lock:
        return device.context


def _load(device: Device, binary: bytes, options: tuple[str, ...]) -> Any:
    context = _context(device)
    try:
        with device.waiting:
            cl_program = _Program(context, [device.cl_device], [binary])
            cl_program._build(" ".join(options).encode(), [device.cl_device])
    except cl.Error:  # another driver's binary in spite of the key: compile instead
        return None
    return cl_program


def compile_source(device: Device, source: str, options: tuple[str, ...]) -> Any:
    """PyOpenCL's program, built here and now. Raises BuildError."""
    cl_program = _Program(_context(device), source)
    try:
        with device.waiting:
            device.with_memory(
                lambda: cl_program._build(" ".join(options).encode(), [device.cl_device])
            )
    except cl.Error as error:
        log = build_log(device, cl_program) or str(error)
        raise BuildError(_refused(device, source, options, log)) from error
    return cl_program


def build_log(device: Device, cl_program: Any) -> str:
    """What the compiler said."""
    try:
        log = cl_program.get_build_info(device.cl_device, cl.program_build_info.LOG)
    except cl.Error:
        return ""
    return str(log or "").strip("\0 \n")


def _crashed(device: Device, end: str, source: str) -> str:
    """The message of a CompilerCrashError."""
    names = ", ".join(re.findall(r"__kernel\b.*?\bvoid\s+(\w+)\s*\(", source, re.S))
    return (
        f"build: the compiler of {device} {end}\nwhile it built {names or 'a program'}, expected a "
        "program or a refusal. It is not tried again with this driver; deleting LAZYGRAD_CACHE's "
        "folder forgets that."
    )


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
