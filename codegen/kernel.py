"""The loop-level kernel: what OpenCL C will say, as data.

    kernel = name, params: Param*, arrays: Array*, body: statement*, launch geometry
    statement = Define(name, type, rhs)      a new constant, or a variable if `mutable`
              | Assign(name, rhs)            a new value for a mutable variable
              | Store(array, index, value)   vector lanes lie `stride` apart
              | Loop(var, start, stop, step, body)
              | If(conditions, body) | Block(body)
              | Pointer(name, array, index)  another name for an array, from a place on
              | Call(function, args)         a library function, for what loops cannot say
              | Barrier()                    the items of a work-group wait for one another
              | Fragments(names, array, index, turned)   32 items load parts of a matrix
              | Mma(acc, a, b, dtype)        32 items multiply matrices of such parts
              | Comment(text)
    rhs = Apply(op, operands)                a row of the op table on typed names
        | Fma(a, b, c)                       a*b + c, rounded once
        | Load(array, index, stride)         stride 0 spreads one element over the lanes
        | Guarded(conditions, load, fill)    the load where the conditions hold (scalars)
        | Literal(value) | Position(index, stride) | Argument(name) | Splat(name)
        | Lanes(names) | Lane(name, k)       lane k, spread over the result's lanes
        | Zip(a, b, first)                   lanes of two vectors in turn, from one on
        | Horizontal(op, name) | Alias(name)
        | Test(conditions) | Checked(name, count, code)
        | Narrow(function, name, dtype)      to, or from, what a store to that dtype would keep

Names are assigned once per scope and typed, so a text never needs parentheses around operands.
Index expressions are `Ix` over loop variables, arguments and checked data.
"""

from dataclasses import dataclass

from .dtype import DType
from .graph import Node, Op
from .index import Condition, Ix, Var
from .opencl_text import CType

__all__ = [
    "MOST_LANES", "Alias", "Apply", "Argument", "Array", "Assign", "Barrier", "Block", "Call",
    "Checked", "Comment", "Define", "Fma", "Fragments", "Guarded", "Horizontal", "If", "Kernel",
    "Lane", "Lanes", "Literal", "Load", "Loop", "Mma", "Narrow", "Param", "Pointer", "Position",
    "Rhs", "Splat", "Statement", "Store", "Test", "Zip", "ctype_of",
]  # fmt: skip

MOST_LANES = 16  # of any vector


def ctype_of(dtype: DType, width: int = 1) -> CType:
    """The type that values of a dtype have inside kernels."""
    return CType(dtype.compute, width, dtype.compute_size, dtype.kind)


@dataclass(frozen=True, slots=True)
class Apply:
    op: Op
    args: tuple[str, ...]
    operand: CType  # the type of the last operand, which texts look at


@dataclass(frozen=True, slots=True)
class Fma:
    a: str
    b: str
    c: str


@dataclass(frozen=True, slots=True)
class Load:
    array: str
    index: Ix
    stride: int = 1


@dataclass(frozen=True, slots=True)
class Guarded:
    conditions: tuple[Condition, ...]
    load: Load
    fill: float | int | bool


@dataclass(frozen=True, slots=True)
class Literal:
    value: float | int | bool


@dataclass(frozen=True, slots=True)
class Position:
    """An index as a value, at most `highest`; lane k adds k * stride."""

    index: Ix
    stride: int = 0
    highest: int | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    name: str


@dataclass(frozen=True, slots=True)
class Splat:
    name: str


@dataclass(frozen=True, slots=True)
class Zip:
    a: str
    b: str
    first: int = 0


@dataclass(frozen=True, slots=True)
class Lanes:
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane of a vector, spread over all lanes of the result."""

    name: str
    lane: int


@dataclass(frozen=True, slots=True)
class Horizontal:
    """Combines the lanes of a vector by halves with a binary row."""

    op: Op
    name: str
    width: int


@dataclass(frozen=True, slots=True)
class Alias:
    name: str


@dataclass(frozen=True, slots=True)
class Test:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A datum as an index in [0, count): clamped, and `code` left in the error word if it was."""

    name: str
    count: int
    code: int


@dataclass(frozen=True, slots=True)
class Narrow:
    """A function of float16 or bfloat16, which compute in float32: `round` to what the dtype holds,
    the `bits` of a rounded value, or the `value` that bits mean."""

    function: str
    name: str
    dtype: DType


Rhs = (
    Apply | Fma | Load | Guarded | Literal | Position | Argument | Splat | Zip | Lane
    | Lanes | Horizontal | Alias | Test | Checked | Narrow
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Define:
    name: str
    type: CType
    rhs: Rhs
    mutable: bool = False
    var: Var | None = None  # the index variable that this name is


@dataclass(frozen=True, slots=True)
class Assign:
    name: str
    type: CType
    rhs: Rhs


@dataclass(frozen=True, slots=True)
class Store:
    array: str
    index: Ix
    value: str
    type: CType
    stride: int = 1


@dataclass(frozen=True, slots=True)
class Loop:
    var: Var
    start: Ix
    stop: Ix
    step: int
    body: tuple["Statement", ...]
    limit: int | None = None  # stop is min(stop, limit)
    unroll: bool = False  # the driver's compiler is asked to


@dataclass(frozen=True, slots=True)
class If:
    conditions: tuple[Condition, ...]
    body: tuple["Statement", ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A scope of its own."""

    body: tuple["Statement", ...]


@dataclass(frozen=True, slots=True)
class Barrier:
    """The items of a work-group wait for one another, and see each other's local memory."""


@dataclass(frozen=True, slots=True)
class Fragments:
    """Four blocks of 8 x 8 16-bit elements, from 16 aligned bytes of local memory for each row:
    item l of a warp of 32 names row l % 8 of block l / 8. Each register then holds two neighbours
    of a row, l / 4, or if `turned` of a column."""

    names: tuple[str, ...]
    array: str
    index: Ix
    turned: bool


@dataclass(frozen=True, slots=True)
class Mma:
    """acc += a @ b, for 16 x 16 elements of a and 16 x 8 of b, spread over a warp as PTX has it."""

    acc: tuple[str, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]
    dtype: DType


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `builtins` on arrays and indices, for its effect."""

    function: str
    args: tuple[str | Ix, ...]


@dataclass(frozen=True, slots=True)
class Pointer:
    """What is loaded from `name` lies in `array`, from `index` on."""

    name: str
    array: str
    index: Ix


@dataclass(frozen=True, slots=True)
class Comment:
    text: str


Statement = (
    Define | Assign | Store | Loop | If | Block | Pointer | Call | Barrier | Fragments | Mma
    | Comment
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Param:
    """An argument: device memory (`size` elements) or a late-bound scalar."""

    name: str
    dtype: DType
    kind: str  # 'in', 'out', 'scratch', 'scalar', 'index' (used in index expressions), 'error'
    # (its word), 'code' and 'run' (what goes into it)
    size: int = 0


@dataclass(frozen=True, slots=True)
class Array:
    """Scratch of one work-item (private) or shared by a work-group (local)."""

    name: str
    dtype: DType
    size: int
    space: str = "local"


@dataclass(frozen=True, slots=True)
class Kernel:
    """A whole kernel; `items` are the numbers of work-items along up to three dimensions.

    `item_vars` are bound to get_global_id(0), (1), (2); kernels whose work-groups share work have
    `group_var`, get_group_id(0), and `local_var`, get_local_id(0), instead. The loops of
    a `plain` one are neither vectorized nor unrolled by the driver's compiler.
    """

    name: str
    params: tuple[Param, ...]
    arrays: tuple[Array, ...]
    item_vars: tuple[Var, ...]
    body: tuple[Statement, ...]
    global_size: tuple[int, ...]
    local_size: tuple[int, ...]
    flops: int = 0
    bytes_moved: int = 0
    scalars: tuple[tuple[str, Node], ...] = ()  # late-bound scalars by argument name
    plain: bool = False
    group_var: Var | None = None
    local_var: Var | None = None
    aligned: bool = False  # vectors at multiples of their size are read and written as one

    @property
    def bound(self) -> tuple[Var, ...]:
        """The variables that stand for a place in the grid."""
        return (*self.item_vars, *[v for v in (self.group_var, self.local_var) if v is not None])
