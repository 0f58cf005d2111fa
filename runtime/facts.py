"""What is known of a device: limits that it tells, and a table of oddities that it does not."""

import os
import platform
import re
from dataclasses import dataclass, field, fields, replace
from typing import Any

import pyopencl as cl

from .rates import figures_of

# text in the platform's name or vendor -> implementation; the first that fits counts. A device's
# own name is asked last: PoCL on an Intel CPU is PoCL.
IMPLEMENTATIONS = (
    ("portable computing language", "pocl"),
    ("pocl", "pocl"),
    ("oclgrind", "oclgrind"),
    ("rusticl", "rusticl"),
    ("clvk", "clvk"),
    ("nvidia", "nvidia"),
    ("amd", "amd"),
    ("advanced micro devices", "amd"),
    ("intel", "intel"),
    ("apple", "apple"),
    ("qualcomm", "qualcomm"),
    ("arm ", "arm"),
)


@dataclass(frozen=True)
class Facts:
    """A device's limits (sizes in bytes) and habits. Hashable: a key of what depends on them."""

    kind: str  # "cpu", "gpu" or "accelerator"
    compute_units: int
    max_work_group: int
    max_work_items: tuple[int, ...]  # of a work-group, per dimension
    local_mem_bytes: int
    local_mem_is_global: bool  # local memory is ordinary cached memory
    constant_mem_bytes: int
    max_argument_bytes: int  # of all arguments of a kernel together
    max_alloc_bytes: int  # of one buffer
    global_mem_bytes: int
    vector_bytes: int  # of the vectors that kernels are written with
    register_bytes: int  # of the vectors that the device itself computes with
    registers: int  # that hold such vectors
    alignment_bytes: int  # every buffer starts at a multiple
    has_fp64: bool
    has_fp16: bool  # arithmetic; storing as 16 bits works everywhere
    index64: bool  # size_t has 64 bits
    extensions: frozenset[str] = field(repr=False)
    rank: int = 50  # the higher, the sooner chosen among devices of a kind
    one_program_per_plan: bool = True  # many kernels in one program build faster
    build_options: tuple[str, ...] = ()  # that its compiler needs
    bare_options: tuple[str, ...] = ()  # that leave out its declarations of OpenCL's functions
    binary_cache: bool = True  # built programs may be kept and loaded again
    built_programs_are_large: bool = False  # in host memory, beside ones loaded as binaries
    memory_comes_late: bool = False  # at a buffer's first use, where a refusal ends the process
    mul_hi_slow: bool = False
    fma_slow: bool = False
    reqd_work_group_size_slow: bool = False
    has_mma: bool = False  # matrix instructions, which matrix_trial tries where they may be
    thread_safe: bool = True  # the driver, called from several threads at a time
    l1_bytes: int = 1  # of a core's first and second cache, and of the last one that all share
    l2_bytes: int = 1
    l3_bytes: int = 1
    l1_rate: int = 1  # bytes per ns that a core reads from each, about: its family's, see `rates`
    l2_rate: int = 1
    l3_rate: int = 1
    memory_rate: int = 1  # of all cores together
    fma_rate: int = 1  # float32 multiply-adds per ns of a core
    launch_ns: int = 1  # from the launch of a small kernel to that of the next


@dataclass(frozen=True)
class Quirk:
    """A row: facts that differ for `implementation` (in versions below `before`), and why."""

    implementation: str
    why: str
    changes: dict[str, Any]
    before: tuple[int, ...] | None = None
    kind: str | None = None


# rank of CPU devices: speed of generated kernels and of compilation as measured, checkers last
QUIRKS = (
    Quirk("nvidia", "maker's own driver", {"rank": 90}, kind="gpu"),
    Quirk("amd", "maker's own driver", {"rank": 90}, kind="gpu"),
    Quirk("intel", "maker's own driver", {"rank": 90}, kind="gpu"),
    Quirk("intel", "vectorises builtin functions, compiles fastest", {"rank": 90}, kind="cpu"),
    Quirk(
        "intel", "a program keeps its compiler's state: 2.4 MiB, loaded as a binary 0.4",
        {"built_programs_are_large": True}, kind="cpu",
    ),
    Quirk("pocl", "aborts where a buffer gets no memory when it is first used",
          {"memory_comes_late": True}, kind="cpu"),
    Quirk(
        "pocl", "reads declarations of 17,000 functions for each program, in 0.15 s; prints how "
        "many warnings there were",
        {"bare_options": ("-D_OPENCL_H_", "-w")}, before=(4,), kind="cpu",
    ),
    Quirk(
        "pocl", "keeps programs itself, in the form that launches want; asked for a binary, it "
        "compiles every kernel once more, in a form that they do not use",
        {"binary_cache": False}, before=(4,), kind="cpu",
    ),
    Quirk("pocl", "mul_hi goes through scalars", {"rank": 80, "mul_hi_slow": True}, kind="cpu"),
    Quirk(
        "pocl", "fma is a slow call; its compiler aborts the process on some vectors of 64 bytes",
        {"rank": 60, "fma_slow": True, "vector_bytes": 32}, before=(3, 1), kind="cpu",
    ),
    Quirk("apple", "wrong results and crashes are known; no binaries on CPUs",
          {"rank": 40, "binary_cache": False}),
    Quirk("rusticl", "young", {"rank": 40}),
    Quirk(
        "qualcomm", "the compiler dies on many kernels in one program",
        {"one_program_per_plan": False, "reqd_work_group_size_slow": True},
    ),
    Quirk("oclgrind", "a checker: calls itself every kind, runs 1000 times slower",
          {"kind": "cpu", "rank": 10, "binary_cache": False, "thread_safe": False}),
    Quirk("oclgrind", "optimised, it makes 255 of the 1 that a vector's comparison gives",
          {"build_options": ("-cl-opt-disable",)}),
)  # fmt: skip


def implementation_of(platform: str, vendor: str, device_name: str) -> str:
    """The implementation's short name, such as "pocl"; "other" where none is known."""
    for text in (platform, vendor, device_name):
        for part, implementation in IMPLEMENTATIONS:
            if part in text.lower() + " ":
                return implementation
    return "other"


def version_numbers(text: str) -> tuple[int, ...]:
    """The first dotted number in a version: "3.1+debian" is (3, 1)."""
    found = re.search(r"\d+(\.\d+)*", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def physical_memory() -> int | None:
    """Bytes of main memory, where the system tells."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def quirks_of(implementation: str, version: tuple[int, ...], kind: str) -> list[Quirk]:
    """The rows of the table that fit."""
    return [
        quirk
        for quirk in QUIRKS
        if quirk.implementation == implementation
        and quirk.kind in (None, kind)
        and (quirk.before is None or (version and version < quirk.before))
    ]


def with_quirks(facts: Facts, implementation: str, version: tuple[int, ...]) -> Facts:
    """`facts`, corrected by every row of the table that fits."""
    for quirk in quirks_of(implementation, version, facts.kind):
        facts = replace(facts, **quirk.changes)
    return facts


_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def with_limits(facts: Facts, text: str) -> Facts:
    """`facts`, changed as `$LAZYGRAD_LIMITS` says: other devices are tried out on this one.

    `text` is like "kind=gpu,max_work_group=64,has_fp64=0,max_alloc_bytes=16M".

    Raises:
        ValueError: a name that is no limit, or a value that is none for it.
    """
    known = {one.name: one.type for one in fields(Facts) if one.type in (int, bool, str)}
    changes: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        number = re.fullmatch(r"(\d+)([KMG]?)", value)
        if known.get(name) is str and value in ("cpu", "gpu", "accelerator"):
            changes[name] = value
        elif known.get(name) in (int, bool) and number:
            size = int(number[1]) * _UNITS[number[2]]
            changes[name] = bool(size) if known[name] is bool else size
        else:
            raise ValueError(
                f"LAZYGRAD_LIMITS: got {part!r}, expected parts such as has_fp64=0, kind=gpu or "
                f"max_alloc_bytes=16M, split by commas; the names are {', '.join(known)}"
            )
    if "max_work_group" in changes:
        most = changes["max_work_group"]
        changes["max_work_items"] = tuple(min(n, most) for n in facts.max_work_items)
    return replace(facts, **changes)


def _kind(device: cl.Device) -> str:
    if device.type & cl.device_type.GPU:
        return "gpu"
    return "cpu" if device.type & cl.device_type.CPU else "accelerator"


def query_facts(device: cl.Device, implementation: str) -> Facts:
    """Ask the device for its limits, then apply the tables of families and of oddities."""
    extensions = frozenset(device.extensions.split())
    kind = _kind(device)
    memory = device.global_mem_size
    if kind == "cpu":
        # some drivers tell what happens to be free at the moment
        memory = physical_memory() or memory
    register_bytes = 4 * device.native_vector_width_float if kind == "cpu" else 64
    if register_bytes <= 4:  # some drivers vectorise across work-items and tell of scalars
        register_bytes = 64
    machine = platform.machine().lower()
    names = f"{device.name} {device.vendor} {machine if kind == 'cpu' else ''}"
    facts = Facts(
        kind=kind,
        compute_units=device.max_compute_units,
        max_work_group=device.max_work_group_size,
        max_work_items=tuple(device.max_work_item_sizes),
        local_mem_bytes=device.local_mem_size,
        local_mem_is_global=device.local_mem_type == cl.device_local_mem_type.GLOBAL,
        constant_mem_bytes=device.max_constant_buffer_size,
        max_argument_bytes=device.max_parameter_size,
        max_alloc_bytes=device.max_mem_alloc_size,
        global_mem_bytes=memory,
        # CPU compilers split what is wider than a register; wider text hides latency there
        vector_bytes=64 if kind == "cpu" else 16,
        register_bytes=register_bytes,
        # x86 has 32 since its vectors have 64 bytes, Arm always had
        registers=32 if register_bytes >= 64 or "arm" in machine or "aarch" in machine else 16,
        alignment_bytes=max(1, device.mem_base_addr_align // 8),
        has_fp64="cl_khr_fp64" in extensions,
        has_fp16="cl_khr_fp16" in extensions,
        index64=device.address_bits == 64,
        extensions=extensions,
    )
    facts = with_quirks(facts, implementation, version_numbers(device.driver_version))
    given = os.environ.get("LAZYGRAD_LIMITS", "")
    facts = with_limits(facts, given)  # kind and registers decide what family it is
    told = device.global_mem_cache_size
    facts = replace(facts, **figures_of(facts.kind, names, facts.register_bytes, told))
    return with_limits(facts, given)
