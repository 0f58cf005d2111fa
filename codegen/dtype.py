"""Element types: their NumPy storage, OpenCL spelling and PyTorch's promotion rules."""

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = [
    "DTYPES",
    "DType",
    "bfloat16",
    "bool_",
    "float16",
    "float32",
    "float64",
    "from_numpy",
    "int8",
    "int16",
    "int32",
    "int64",
    "promote",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
]


@dataclass(frozen=True, eq=False, slots=True)
class DType:
    """An element type.

    `numpy` is the type of the stored bits (bfloat16 is stored as uint16), `storage` their OpenCL
    spelling, `compute` the OpenCL type that values have inside a kernel: float16 and bfloat16
    compute in float, bool as an int mask (0 or -1, so that scalars and vectors agree).
    """

    name: str
    numpy: np.dtype[Any]
    storage: str
    compute: str
    kind: str  # 'b' bool, 'u' unsigned, 'i' signed, 'f' floating
    itemsize: int
    compute_size: int

    def __repr__(self) -> str:
        return f"lazygrad.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_by_name, (self.name,))

    def __copy__(self) -> "DType":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "DType":
        return self

    @property
    def is_floating_point(self) -> bool:
        return self.kind == "f"

    @property
    def is_complex(self) -> bool:
        return False

    @property
    def is_signed(self) -> bool:
        return self.kind in "if"

    @property
    def is_narrow(self) -> bool:
        """Whether kernels compute in a wider floating type."""
        return self.kind == "f" and self.compute_size > self.itemsize

    @property
    def is_integer(self) -> bool:
        return self.kind in "ui"

    def to_storage(self, values: Any) -> np.ndarray[Any, Any]:
        """Values (anything NumPy reads) as an array of this type's stored bits."""
        if self is bfloat16:
            bits = np.asarray(values, np.float32).view(np.uint32)
            rounded = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
            quiet_nan = (bits >> np.uint32(16)) | np.uint32(0x40)
            is_nan = (bits & np.uint32(0x7FFFFFFF)) > np.uint32(0x7F800000)
            return np.asarray(np.where(is_nan, quiet_nan, rounded >> np.uint32(16)), np.uint16)
        with np.errstate(all="ignore"):
            return np.asarray(values).astype(self.numpy)

    def from_storage(self, bits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Stored bits as NumPy values; bfloat16 comes back as float32, which holds it exactly."""
        if self is bfloat16:
            return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)
        return bits


def _dtype(name: str, numpy: Any, storage: str, kind: str, compute: str = "") -> DType:
    np_type = np.dtype(numpy)
    compute = compute or storage
    compute_size = {"float": 4, "int": 4}.get(compute, np_type.itemsize)
    return DType(name, np_type, storage, compute, kind, np_type.itemsize, compute_size)


bool_ = _dtype("bool", np.bool_, "uchar", "b", "int")
uint8 = _dtype("uint8", np.uint8, "uchar", "u")
int8 = _dtype("int8", np.int8, "char", "i")
uint16 = _dtype("uint16", np.uint16, "ushort", "u")
int16 = _dtype("int16", np.int16, "short", "i")
uint32 = _dtype("uint32", np.uint32, "uint", "u")
int32 = _dtype("int32", np.int32, "int", "i")
uint64 = _dtype("uint64", np.uint64, "ulong", "u")
int64 = _dtype("int64", np.int64, "long", "i")
float16 = _dtype("float16", np.float16, "half", "f", "float")
bfloat16 = _dtype("bfloat16", np.uint16, "ushort", "f", "float")
float32 = _dtype("float32", np.float32, "float", "f")
float64 = _dtype("float64", np.float64, "double", "f")

DTYPES: dict[str, DType] = {
    d.name: d
    for d in (
        bool_, uint8, int8, uint16, int16, uint32, int32, uint64, int64,
        float16, bfloat16, float32, float64,
    )
}  # fmt: skip
_FROM_NUMPY = {d.numpy: d for d in DTYPES.values() if d is not bfloat16}


def _by_name(name: str) -> DType:
    return DTYPES[name]


def from_numpy(dtype: Any) -> DType:
    """The element type of a NumPy dtype; TypeError for types that lazygrad has not."""
    np_type = np.dtype(dtype)
    found = _FROM_NUMPY.get(np_type.newbyteorder("="))
    if found is None:
        raise TypeError(
            f"dtype: NumPy type {np_type} has no counterpart here; expected one of "
            f"{', '.join(DTYPES)}"
        )
    return found


def promote(a: DType, b: DType) -> DType:
    """The type that holds both, by PyTorch's rules (`torch.promote_types`).

    Raises TypeError for uint64 with a signed integer, which no integer type holds.
    """
    if a is b:
        return a
    key = (a, b)
    found = _PROMOTED.get(key)
    if found is None:
        found = _PROMOTED[key] = _promote(a, b)
    return found


_PROMOTED: dict[tuple[DType, DType], DType] = {}


def _promote(a: DType, b: DType) -> DType:
    if a.kind == "b" or b.kind == "b":
        return b if a.kind == "b" else a
    if a.kind == "f" and b.kind == "f":
        if a.itemsize == b.itemsize:
            return float32  # float16 with bfloat16
        return a if a.itemsize > b.itemsize else b
    if a.kind == "f" or b.kind == "f":
        return a if a.kind == "f" else b
    if a.kind == b.kind:
        return a if a.itemsize > b.itemsize else b
    signed, unsigned = (a, b) if a.kind == "i" else (b, a)
    if signed.itemsize > unsigned.itemsize:
        return signed
    if unsigned.itemsize == 8:
        raise TypeError(
            f"promote: no integer type holds both {a.name} and {b.name}; "
            "convert one of them first, for example x.to(lg.int64)"
        )
    return {1: int16, 2: int32, 4: int64}[unsigned.itemsize]
