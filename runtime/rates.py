"""How fast families of devices are, about: what the compiler's cost model weighs with.

Figures of the weakest common member of a family, rounded, from the makers' documents and from
`benchmarks/limits.py` where a device was at hand. They are never measured at run time: the same
device has the same figures every day, hence the same kernels and the same bits.
"""

from dataclasses import dataclass
from typing import Any

__all__ = ["figures_of"]

_CORES_OWN = 4 << 20  # bytes: what drivers tell of below that is a core's second cache
_LEAST_TOLD = 128 << 10  # bytes: less is a first cache, or nothing


@dataclass(frozen=True)
class Family:
    """A row: `figures` of the devices whose names hold one of `texts` (none: all of the kind).

    Sizes in bytes, of a core but for the last cache, which all share. Rates in bytes per ns of
    a core, of memory for all cores together; `fma_rate` in float32 multiply-adds per ns of a core.
    """

    kind: str  # "cpu" or "gpu"
    texts: tuple[str, ...]
    least_register_bytes: int
    why: str
    figures: dict[str, int]


# the first row that fits counts
FAMILIES = (
    Family("cpu", ("amd",), 64, "Zen 4 and 5: AVX-512 in two halves; measured on an EPYC 9004", {
        "l1_bytes": 32 << 10, "l2_bytes": 1 << 20, "l3_bytes": 32 << 20, "l1_rate": 200,
        "l2_rate": 100, "l3_rate": 40, "memory_rate": 40, "fma_rate": 56, "launch_ns": 4000}),
    Family("cpu", ("arm", "neoverse", "cortex", "ampere", "apple", "graviton"), 0,
           "NEON, as Neoverse N1 and Cortex-A76", {
        "l1_bytes": 64 << 10, "l2_bytes": 512 << 10, "l3_bytes": 4 << 20, "l1_rate": 64,
        "l2_rate": 32, "l3_rate": 16, "memory_rate": 20, "fma_rate": 20, "launch_ns": 8000}),
    Family("cpu", (), 64, "Intel servers with AVX-512: measured on Sapphire Rapids", {
        "l1_bytes": 48 << 10, "l2_bytes": 2 << 20, "l3_bytes": 32 << 20, "l1_rate": 300,
        "l2_rate": 120, "l3_rate": 25, "memory_rate": 40, "fma_rate": 80, "launch_ns": 4000}),
    Family("cpu", (), 32, "AVX2: measured on Zen 3; Zen 2 and Intel's before AVX-512 are near", {
        "l1_bytes": 32 << 10, "l2_bytes": 512 << 10, "l3_bytes": 16 << 20, "l1_rate": 180,
        "l2_rate": 80, "l3_rate": 40, "memory_rate": 32, "fma_rate": 48, "launch_ns": 4000}),
    Family("cpu", (), 0, "vectors of 16 bytes or none: small CPUs", {
        "l1_bytes": 32 << 10, "l2_bytes": 256 << 10, "l3_bytes": 2 << 20, "l1_rate": 24,
        "l2_rate": 12, "l3_rate": 8, "memory_rate": 8, "fma_rate": 8, "launch_ns": 10000}),
    Family("gpu", ("nvidia",), 0, "a multiprocessor of Turing and later; launches on an H200", {
        "l1_bytes": 128 << 10, "l2_bytes": 4 << 20, "l3_bytes": 4 << 20, "l1_rate": 180,
        "l2_rate": 60, "l3_rate": 60, "memory_rate": 600, "fma_rate": 96, "launch_ns": 8000}),
    Family("gpu", ("advanced micro", "amd", "radeon"), 0, "a compute unit of GCN, RDNA and CDNA", {
        "l1_bytes": 16 << 10, "l2_bytes": 4 << 20, "l3_bytes": 4 << 20, "l1_rate": 100,
        "l2_rate": 50, "l3_rate": 50, "memory_rate": 400, "fma_rate": 96, "launch_ns": 8000}),
    Family("gpu", ("intel",), 0, "an execution unit of Gen9 to Xe-LP, memory shared with the CPU", {
        "l1_bytes": 16 << 10, "l2_bytes": 512 << 10, "l3_bytes": 4 << 20, "l1_rate": 64,
        "l2_rate": 32, "l3_rate": 8, "memory_rate": 30, "fma_rate": 8, "launch_ns": 15000}),
    Family("gpu", (), 0, "others: a core of a mobile or integrated GPU", {
        "l1_bytes": 16 << 10, "l2_bytes": 512 << 10, "l3_bytes": 2 << 20, "l1_rate": 32,
        "l2_rate": 16, "l3_rate": 8, "memory_rate": 25, "fma_rate": 32, "launch_ns": 20000}),
)  # fmt: skip


def figures_of(kind: str, names: str, register_bytes: int, told_bytes: int) -> dict[str, Any]:
    """The figures of a device, by the names that it bears and the cache that its driver tells of.

    Some drivers tell of a CPU's last cache, some of a core's second: it replaces that one, as a
    power of 2.
    """
    kind = "cpu" if kind == "cpu" else "gpu"
    for family in FAMILIES:
        named = not family.texts or any(text in names.lower() for text in family.texts)
        if family.kind == kind and register_bytes >= family.least_register_bytes and named:
            break
    figures = dict(family.figures)
    if kind == "cpu" and told_bytes >= _LEAST_TOLD:
        which = "l2_bytes" if told_bytes < _CORES_OWN else "l3_bytes"
        figures[which] = 1 << (told_bytes.bit_length() - 1)
    return figures
