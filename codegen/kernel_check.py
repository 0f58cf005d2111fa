"""What can be asked of a kernel: its notation, whether it is well formed, how wide indices are."""

from .dtype import DType, int32, int64
from .index import Ix, Var, conjunction, reach, variables
from .kernel import (
    MOST_LANES,
    Alias,
    Apply,
    Assign,
    Barrier,
    Block,
    Call,
    Checked,
    Comment,
    Define,
    Fma,
    Fragments,
    Guarded,
    Horizontal,
    If,
    Kernel,
    Lane,
    Lanes,
    Load,
    Loop,
    Mma,
    Narrow,
    Pointer,
    Position,
    Rhs,
    Splat,
    Statement,
    Store,
    Test,
    Zip,
)

__all__ = ["format_kernel", "index_dtype", "verify_kernel"]


def _operands(rhs: Rhs) -> tuple[str, ...]:
    match rhs:
        case Apply(args=args):
            return args
        case Fma(a=a, b=b, c=c):
            return (a, b, c)
        case Zip(a=a, b=b):
            return (a, b)
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
                most = max(most, reach(*_indices(rhs)) + MOST_LANES * apart)
            case Pointer(index=index) | Fragments(index=index):
                most = max(most, reach(index))
            case Store(index=index, stride=stride):
                most = max(most, reach(index) + MOST_LANES * abs(stride))
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
