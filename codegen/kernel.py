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
        | Horizontal(op, name) | Alias(name)
        | Test(conditions) | Checked(name, count, code)
        | Narrow(function, name, dtype)      to, or from, what a store to that dtype would keep

Names are assigned once per scope and typed, so a text never needs parentheses around operands.
Index expressions are `Ix` over loop variables, arguments and checked data.
"""

from dataclasses import dataclass

from .dtype import DType, int32, int64
from .graph import Node, Op
from .index import Condition, Ix, Var, conjunction, reach, variables
from .opencl_text import CType

__all__ = [
    "Alias", "Apply", "Argument", "Array", "Assign", "Barrier", "Block", "Call", "Checked",
    "Comment", "Define", "Fma", "Fragments", "Guarded", "Horizontal", "If", "Kernel", "Lane",
    "Lanes", "Literal", "Load", "Loop", "Mma", "Narrow", "Param", "Pointer", "Position", "Rhs",
    "Splat", "Statement", "Store", "Test", "ctype_of", "format_kernel", "index_dtype",
    "verify_kernel",
]  # fmt: skip


_MOST_LANES = 16


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
    Apply | Fma | Load | Guarded | Literal | Position | Argument | Splat | Lane
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


def _operands(rhs: Rhs) -> tuple[str, ...]:
    match rhs:
        case Apply(args=args):
            return args
        case Fma(a=a, b=b, c=c):
            return (a, b, c)
        case Lanes(names=names):
            return names
        case Splat(name=name) | Horizontal(name=name) | Alias(name=name) | Lane(name=name):
            return (name,)
        case Checked(name=name) | Narrow(name=name):
            return (name,)
        case _:
            return ()


def _indices(rhs: Rhs) -> tuple[Ix, ...]:
    match rhs:
        case Load(index=index) | Position(index=index):
            return (index,)
        case Guarded(conditions=conditions, load=load):
            return (load.index, *[c.of for c in conditions])
        case Test(conditions=conditions):
            return tuple(c.of for c in conditions)
        case _:
            return ()


def index_dtype(kernel: Kernel) -> DType:
    """The type of index arithmetic: int32, or int64 where a size or an index goes beyond it."""
    most = max([p.size for p in kernel.params] + [v.hi for v in kernel.bound], default=0)
    stack: list[Statement] = list(kernel.body)
    while stack:
        s = stack.pop()
        match s:
            case Define(rhs=rhs) | Assign(rhs=rhs):
                read = rhs.load if isinstance(rhs, Guarded) else rhs
                apart = abs(read.stride) if isinstance(read, Load | Position) else 0
                most = max(most, reach(*_indices(rhs)) + _MOST_LANES * apart)
            case Pointer(index=index) | Fragments(index=index):
                most = max(most, reach(index))
            case Store(index=index, stride=stride):
                most = max(most, reach(index) + _MOST_LANES * abs(stride))
            case Loop(start=start, stop=stop, step=step):
                most = max(most, reach(start, stop) + step)
            case If(conditions=conditions):
                most = max(most, reach(*[c.of for c in conditions]))
            case Call(args=args):
                most = max(most, reach(*[a for a in args if isinstance(a, Ix)]))
        if isinstance(s, Loop | If | Block):
            stack.extend(s.body)
    return int32 if most < 2**31 else int64


def format_kernel(kernel: Kernel) -> str:
    """The kernel in its own notation, for people and tests."""
    head = ", ".join(f"{p.kind} {p.name}: {p.dtype.name}[{p.size}]" for p in kernel.params)
    lines = [f"kernel {kernel.name}({head})", f"  items {kernel.global_size}"]
    lines += [f"  {a.space} {a.name}: {a.dtype.name}[{a.size}]" for a in kernel.arrays]
    stack: list[tuple[Statement, int]] = [(s, 1) for s in reversed(kernel.body)]
    while stack:
        s, depth = stack.pop()
        pad = "  " * depth
        match s:
            case Define():
                lines.append(f"{pad}{s.type.name} {s.name} = {s.rhs!r}")
            case Assign():
                lines.append(f"{pad}{s.name} := {s.rhs!r}")
            case Store():
                lines.append(f"{pad}{s.array}[{s.index!r} : {s.stride}] = {s.value}")
            case Loop():
                limit = "" if s.limit is None else f" limit {s.limit}"
                lines.append(f"{pad}for {s.var} in {s.start!r}:{s.stop!r}:{s.step}{limit}")
            case If():
                lines.append(f"{pad}if {conjunction(s.conditions)}")
            case Block():
                lines.append(f"{pad}block")
            case Pointer():
                lines.append(f"{pad}{s.name} = &{s.array}[{s.index!r}]")
            case Call():
                lines.append(f"{pad}{s.function}{s.args!r}")
            case Barrier():
                lines.append(f"{pad}barrier")
            case Fragments():
                turned = " turned" if s.turned else ""
                lines.append(f"{pad}{', '.join(s.names)} = {s.array}[{s.index!r}]{turned}")
            case Mma():
                parts = (", ".join(names) for names in (s.acc, s.a, s.b))
                lines.append(f"{pad}mma {' | '.join(parts)}")
            case Comment():
                lines.append(f"{pad}# {s.text}")
        if isinstance(s, Loop | If | Block):
            stack.extend((inner, depth + 1) for inner in reversed(s.body))
    return "\n".join(lines)


def verify_kernel(kernel: Kernel) -> None:
    """Raises AssertionError for names used too early or given twice, for unknown arrays, and for
    barriers that some items of a work-group might not reach."""
    _verify_barriers(kernel)
    arrays = {p.name for p in kernel.params if p.kind in ("in", "out")}
    arrays |= {a.name for a in kernel.arrays}
    names = {p.name for p in kernel.params}
    arguments = {p.name for p in kernel.params if p.kind == "index"}

    def check_index(index: Ix, seen: set[Var]) -> None:
        for var in variables(index):
            ok = var in seen or (var.kind == "argument" and var.name in arguments)
            assert ok, f"verify_kernel: {kernel.name}: index {index!r} uses {var} too early"

    stack: list[tuple[tuple[Statement, ...], int, set[str], set[Var]]] = [
        (kernel.body, 0, names, set(kernel.bound))
    ]
    while stack:
        body, at, seen_names, seen_vars = stack.pop()
        for i in range(at, len(body)):
            s = body[i]
            if isinstance(s, Define | Assign):
                for name in _operands(s.rhs):
                    assert name in seen_names, f"{kernel.name}: {name} is not defined"
                for index in _indices(s.rhs):
                    check_index(index, seen_vars)
                load = s.rhs.load if isinstance(s.rhs, Guarded) else s.rhs
                if isinstance(load, Load):
                    assert load.array in arrays, f"{kernel.name}: no array {load.array}"
                if isinstance(s, Define):
                    assert s.name not in seen_names, f"{kernel.name}: {s.name} hides another"
                seen_names.add(s.name)
                if isinstance(s, Define) and s.var is not None:
                    seen_vars.add(s.var)
            elif isinstance(s, Pointer):
                assert s.array in arrays, f"{kernel.name}: no array {s.array}"
                check_index(s.index, seen_vars)
                arrays.add(s.name)
            elif isinstance(s, Fragments):
                assert s.array in arrays, f"{kernel.name}: no array {s.array}"
                check_index(s.index, seen_vars)
                assert not seen_names & {*s.names}, f"{kernel.name}: {s.names} hide others"
                seen_names.update(s.names)
            elif isinstance(s, Mma):
                for name in (*s.acc, *s.a, *s.b):
                    assert name in seen_names, f"{kernel.name}: {name} is not defined"
            elif isinstance(s, Store):
                assert s.array in arrays, f"{kernel.name}: no array {s.array}"
                assert s.value in seen_names, f"{kernel.name}: {s.value} is not defined"
                check_index(s.index, seen_vars)
            elif isinstance(s, Loop | If | Block):
                inner_vars = set(seen_vars)
                if isinstance(s, Loop):
                    inner_vars.add(s.var)
                stack.append((body, i + 1, seen_names, seen_vars))
                stack.append((s.body, 0, set(seen_names), inner_vars))
                break


def _verify_barriers(kernel: Kernel) -> None:
    """Barriers, and what a warp does as one, stand in no condition or loop that depends on
    the item or on data."""
    differing: set[Var] = {kernel.local_var, *kernel.item_vars} - {None}  # type: ignore[assignment]
    stack: list[tuple[Statement, bool]] = [(s, True) for s in reversed(kernel.body)]
    while stack:
        s, uniform = stack.pop()
        match s:
            case Barrier() | Fragments() | Mma():
                assert uniform, f"{kernel.name}: not all items reach a barrier"
                assert kernel.local_var is not None, f"{kernel.name}: no group to wait for"
            case Define(rhs=rhs, var=Var() as var):
                if not isinstance(rhs, Position) or variables(rhs.index) & differing:
                    differing.add(var)
            case Loop(var=var, start=start, stop=stop):
                if variables(start, stop) & differing:
                    differing.add(var)
                    uniform = False
            case If(conditions=conditions):
                uniform = uniform and not variables(*[c.of for c in conditions]) & differing
        if isinstance(s, Loop | If | Block):
            stack.extend((inner, uniform) for inner in reversed(s.body))
