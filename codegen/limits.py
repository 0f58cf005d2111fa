"""What the compiler needs to know of a device, as plain numbers."""

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """`kind` is 'cpu' or 'gpu'; sizes are in bytes; `max_arguments` counts kernel arguments."""

    kind: str = "cpu"
    compute_units: int = 2
    vector_bytes: int = 64
    local_bytes: int = 32768
    max_arguments: int = 64
    has_fp64: bool = True
    has_fma: bool = True  # fma is an instruction, not a call
