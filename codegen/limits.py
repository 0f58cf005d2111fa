"""What the compiler needs to know of a device, as plain numbers."""

from dataclasses import dataclass

__all__ = ["Limits", "Rates"]


@dataclass(frozen=True, slots=True)
class Rates:
    """How fast a device is, about, for the cost model: its family's figures, never measured.

    Caches in bytes: a core's first and second one, the last one that all cores share. Rates in
    bytes per ns that a core reads from each, of memory for all cores together; `fma_rate` counts
    float32 multiply-adds per ns of a core, `launch_ns` lie between launches of small kernels.
    """

    l1_bytes: int = 32768
    l2_bytes: int = 524288
    l3_bytes: int = 16777216
    l1_rate: int = 180
    l2_rate: int = 80
    l3_rate: int = 40
    memory_rate: int = 32
    fma_rate: int = 48
    launch_ns: int = 4000

    def read_rate(self, held: int, units: int) -> float:
        """Bytes per ns that a core reads of what was read before, `held` bytes ago; others of the
        `units` read too."""
        if 2 * held <= self.l2_bytes:
            return self.l2_rate
        if 2 * held <= self.l3_bytes:
            return self.l3_rate
        return self.memory_rate / units


@dataclass(frozen=True, slots=True)
class Limits:
    """`kind` is 'cpu' or 'gpu'; sizes are in bytes; `max_arguments` counts kernel arguments.

    `vector_bytes` is the width that loops are written in, `register_bytes` that of the device's
    own `registers`, which tiles of results must fit into.
    `plain` asks for text that a compiler with bugs survives: scalars, one register for each
    result, and loops that it is told to leave as they are.
    """

    kind: str = "cpu"
    compute_units: int = 2
    vector_bytes: int = 64
    register_bytes: int = 64
    registers: int = 32
    local_bytes: int = 32768
    max_arguments: int = 64
    has_fp64: bool = True
    has_fma: bool = True  # fma is an instruction, not a call
    plain: bool = False
    winograd: bool = False  # convolutions may go by tiles, whose values share their errors
    has_mma: bool = False  # NVIDIA's matrix instructions on 16-bit floats
    group_items: int = 256  # work-items that a work-group may have; CPUs get groups of one
    rates: Rates = Rates()
