"""A walk over the columns of a tile's row: vectors, then narrower ones; sums along it."""

from collections.abc import Callable, Sequence

from .dtype import DType
from .emit import Emitter
from .expression import Value
from .graph import Op
from .index import Ix, Var
from .kernel import Apply, Assign, Define, Horizontal, Literal, Load, Store, ctype_of

__all__ = ["Accumulator", "Walk"]


class Walk:
    """`count` columns from `base` on, as many of the widest vectors as fit, then of the next."""

    def __init__(self, e: Emitter, var: Var, base: Ix, count: int, widths: Sequence[int]) -> None:
        self.e, self.var, self.base, self.count = e, var, base, count
        self.runs: list[tuple[int, int, int]] = []  # begin, end, width
        begin = 0
        for width in widths:
            end = begin + (count - begin) // width * width
            if begin < end:
                self.runs.append((begin, end, width))
            begin = end
        assert begin == count, f"{widths} do not cover {count} columns"
        self.width = 1

    def run(self, body: Callable[[Ix], None]) -> None:
        """Calls `body` for the vectors and for the rest, with the place among the columns."""
        for begin, end, width in self.runs:
            self.width = width
            at = Var("q", 0, self.count - 1)
            with self.e.loop(at, Ix(begin), Ix(end), width):
                self.e.define_var(self.var, self.base + Ix.of(at))
                with self.e.lanes(self.var, width):
                    body(Ix.of(at))

    def load(self, value: Value, array: str, at: Ix) -> str:
        """Says that `value` lies in an array of local memory."""
        name = self.e.fresh("x")
        self.e.append(Define(name, ctype_of(value.dtype, self.width), Load(array, at)))
        self.e.bind(value, name)
        return name

    def store(self, array: str, at: Ix, name: str, dtype: DType) -> None:
        self.e.append(Store(array, at, name, ctype_of(dtype, self.width)))


class Accumulator:
    """What a walk combines: a vector for each width of its vectors."""

    def __init__(self, walk: Walk, op: Op, dtype: DType, start: float | int | bool) -> None:
        self.walk, self.op, self.dtype = walk, op, dtype
        self.names: dict[int, str] = {}
        for _, _, width in walk.runs:
            self.names[width] = name = walk.e.fresh("acc")
            ctype = ctype_of(dtype, width)
            walk.e.append(Define(name, ctype, Literal(start), mutable=True))

    def add(self, name: str) -> None:
        ctype = ctype_of(self.dtype, self.walk.width)
        mine = self.names[self.walk.width]
        self.walk.e.append(Assign(mine, ctype, Apply(self.op, (mine, name), ctype)))

    def total(self) -> str:
        """The scalar of all, after the walk."""
        e, ctype, found = self.walk.e, ctype_of(self.dtype), ""
        for width, name in self.names.items():
            one = name
            if width > 1:
                one = e.fresh("h")
                e.append(Define(one, ctype, Horizontal(self.op, name, width)))
            if found:
                both = e.fresh("h")
                e.append(Define(both, ctype, Apply(self.op, (found, one), ctype)))
                one = both
            found = one
        return found
