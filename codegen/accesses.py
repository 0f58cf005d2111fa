"""Reads and writes of arrays in OpenCL C: vectors, elements that lie apart, narrow dtypes."""

from .dtype import DType, bfloat16, bool_, float16, uint16
from .index import Ix, Var, conjunction
from .kernel import Guarded, Kernel, Load, Store
from .opencl_text import CType, literal

__all__ = ["Accesses"]


class Accesses:
    """How a kernel's arrays are read and written.

    Attributes:
        arrays: the dtype and the address space of each array, and of each pointer into one.
        divisors: what the values of variables are multiples of.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.aligned = kernel.aligned
        self.divisors: dict[Var, int] = {}
        self.arrays: dict[str, tuple[DType, str]] = {
            p.name: (p.dtype, "__global")
            for p in kernel.params
            if p.kind in ("in", "out", "scratch")
        }
        for a in kernel.arrays:
            self.arrays[a.name] = (a.dtype, "__local" if a.space == "local" else "__private")

    def pointer(self, name: str, array: str, index: Ix) -> str:
        """The declaration of a pointer, which is one more array from then on."""
        self.arrays[name] = self.arrays[array]
        space = self.arrays[array][1]
        return f"{space} const {self._stored(array)}* {name} = {array} + {index.text()};"

    def _stored(self, array: str) -> str:
        dtype, space = self.arrays[array]
        return dtype.storage if space == "__global" else dtype.compute

    def _aligned(self, index: Ix, width: int) -> bool:
        """Whether a vector lies at a multiple of its size, where that makes one access of many."""
        return self.aligned and index.divisor(self.divisors) % width == 0

    def _bits(self, array: str, ctype: CType) -> tuple[str, DType]:
        """How to read an array: what is narrow comes as bits where bits are asked for."""
        dtype, space = self.arrays[array]
        if dtype is float16 and ctype.base == "ushort":
            return f"(({space} const ushort*){array})", uint16
        return array, uint16 if ctype.base == "ushort" else dtype

    def load(self, load: Load, ctype: CType) -> str:
        """An expression: the elements from an index on, in the type that is computed with."""
        array, dtype = self._bits(load.array, ctype)
        space = self.arrays[load.array][1]
        at, width = load.index.text(), ctype.width
        if width == 1 or load.stride == 0:
            one = self._load_one(array, dtype, at)
            return one if width == 1 else f"({ctype.name})({one})"
        if load.stride == 1:
            aligned = self._aligned(load.index, width)
            if dtype is float16:
                return f"lg_load{'aligned' if aligned else ''}_float16_{width}({array} + {at})"
            raw = f"vload{width}(0, {array} + {at})"
            if aligned:
                stored = "ushort" if dtype is uint16 else self._stored(load.array)
                raw = f"*({space} const {stored}{width}*)({array} + {at})"
            if dtype is bfloat16:
                return f"as_float{width}(convert_uint{width}({raw}) << 16)"
            if dtype is bool_:
                return f"-convert_int{width}({raw})"
            return raw
        lanes = [
            self._load_one(array, dtype, (load.index + k * load.stride).text())
            for k in range(width)
        ]
        return f"({ctype.name})({', '.join(lanes)})"

    def strided(self, name: str, load: Load, ctype: CType) -> list[str]:
        """A vector of elements that lie apart: from a pointer of its own, to be readable."""
        dtype, _ = self.arrays[load.array]
        name_at, width = f"{name}_at", ctype.width
        start = [self.pointer(name_at, load.array, load.index)]
        if load.stride == 2 and self._by_shuffle(dtype, width):  # up to the last lane, not beyond
            low, high = f"{name}_low", f"{name}_high"
            start += [
                f"const {ctype.name} {low} = vload{width}(0, {name_at});",
                f"const {ctype.name} {high} = vload{width}(0, {name_at} + {width - 1});",
            ]
            # lane by lane: of halves of vectors, as .even, Oclgrind's checker dies
            lanes = [f"{low}.s{k:x}" for k in range(0, width, 2)]
            lanes += [f"{high}.s{k:x}" for k in range(1, width, 2)]
        else:
            lanes = [self._load_one(name_at, dtype, str(k * load.stride)) for k in range(width)]
        return [*start, f"const {ctype.name} {name} = ({ctype.name})({', '.join(lanes)});"]

    def _by_shuffle(self, dtype: DType, width: int) -> bool:
        """Whether every other element is had from whole vectors: CPUs load any vector at once."""
        return width >= 4 and not self.aligned and not (dtype.is_narrow or dtype is bool_)

    def guarded(self, name: str, rhs: Guarded, ctype: CType) -> list[str]:
        """Without a branch: element 0 is read where the conditions fail."""
        holds, read = f"{name}_in", f"{name}_at"
        array, dtype = self._bits(rhs.load.array, ctype)
        at = f"({rhs.load.index.text()})*{holds}"
        return [
            f"const int {holds} = {conjunction(rhs.conditions)};",
            f"const {ctype.name} {read} = {self._load_one(array, dtype, at)};",
            f"const {ctype.name} {name} = {holds} ? {read} : {literal(rhs.fill, ctype)};",
        ]

    def _load_one(self, array: str, dtype: DType, at: str) -> str:
        if dtype is float16:
            return f"vload_half(0, {array} + {at})"
        if dtype is bfloat16:
            return f"as_float((uint){array}[{at}] << 16)"
        if dtype is bool_:
            return f"-(int){array}[{at}]"
        return f"{array}[{at}]"

    def store(self, s: Store) -> list[str]:
        """The statements that write a value, rounded to what is stored."""
        dtype, _ = self.arrays[s.array]
        width = s.type.width
        if width > 1 and s.stride != 1:
            lanes = []
            for k in range(width):
                lane = f"{s.value}.s{k:x}"
                lanes += self._store_one(s.array, dtype, (s.index + k * s.stride).text(), lane, 1)
            return lanes
        aligned = width > 1 and self._aligned(s.index, width)
        return self._store_one(s.array, dtype, s.index.text(), s.value, width, aligned)

    def _store_one(
        self, array: str, dtype: DType, at: str, value: str, width: int, aligned: bool = False
    ) -> list[str]:
        suffix = "" if width == 1 else str(width)
        if dtype is float16:
            if width > 1:
                whole = "aligned" if aligned else ""
                return [f"lg_store{whole}_float16_{width}({value}, {array} + {at});"]
            return [f"vstore_half_rte({value}, 0, {array} + {at});"]
        if dtype is bfloat16:
            value = f"lg_to_bfloat{suffix}({value})"
        elif dtype is bool_:
            value = f"convert_uchar{suffix}(-{value})" if width > 1 else f"(uchar)(-{value})"
        if width == 1:
            return [f"{array}[{at}] = {value};"]
        if aligned:
            space = self.arrays[array][1]
            return [f"*({space} {self._stored(array)}{width}*)({array} + {at}) = {value};"]
        return [f"vstore{width}({value}, 0, {array} + {at});"]
