"""Kernel to OpenCL C: the only room that writes statements."""

import math
from collections.abc import Sequence

from .accesses import Accesses
from .builtins import functions_for
from .dtype import bool_
from .index import Ix, conjunction
from .kernel import (
    Alias,
    Apply,
    Argument,
    Array,
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
    Literal,
    Load,
    Loop,
    Mma,
    Narrow,
    Param,
    Pointer,
    Position,
    Rhs,
    Splat,
    Statement,
    Store,
    Test,
    Zip,
    ctype_of,
)  # fmt: skip
from .kernel_check import index_dtype
from .opencl_text import CType, literal

__all__ = ["kernel_text", "program_text"]


def _stays_scalar(loop: Loop) -> bool:
    """Whether in it, also in loops that may be unrolled, scalars go from turn to turn, where floats
    may not be reordered, or are loaded under conditions. Intel's vectorizer (2026.2) crashes on
    some of both."""
    stack: list[Statement] = list(loop.body)
    while stack:
        match stack.pop():
            case Assign(type=ctype) if ctype.width == 1:
                return True
            case Define(rhs=Guarded()):
                return True
            case Loop(body=body) | If(body=body) | Block(body=body):
                stack.extend(body)
    return False


def _without_branches(body: Sequence[Statement]) -> bool:
    """Whether loads under conditions become loads of something: one branch is mostly foreseen and
    beats it (PoCL, a padded pooling: 1.6 times), on several Intel's compiler (2026.2) crashes."""
    guarded = [s for s in body if isinstance(s, Define) and isinstance(s.rhs, Guarded)]
    return sum(s.type.width == 1 for s in guarded) > 1


class _Printer:
    """Writes one kernel."""

    def __init__(self, kernel: Kernel, has_fma: bool) -> None:
        self.kernel = kernel
        self.has_fma = has_fma
        self.index_ctype = ctype_of(index_dtype(kernel))
        self.index_type = self.index_ctype.name
        self.memory = Accesses(kernel)
        self.types: dict[str, CType] = {}

    # right-hand sides

    def rhs(self, rhs: Rhs, ctype: CType) -> str:
        match rhs:
            case Apply(op=op, args=args, operand=operand):
                if isinstance(op.opencl, str):
                    return op.opencl.format(*args, T=ctype.name, W=ctype.width)
                return str(op.opencl(args, ctype, operand))
            case Fma(a=a, b=b, c=c):
                fused = ctype.kind == "f" and self.has_fma
                return f"fma({a}, {b}, {c})" if fused else f"{a} * {b} + {c}"
            case Load():
                return self.memory.load(rhs, ctype)
            case Guarded(conditions=tests, load=load, fill=fill):
                yes, no = self.memory.load(load, ctype), literal(fill, ctype)
                return f"({conjunction(tests)}) ? {yes} : {no}"
            case Literal(value=value):
                return literal(value, ctype)
            case Position(index=index, highest=int() as highest):
                return f"min(({self.index_type})({index.text()}), ({self.index_type}){highest})"
            case Position(index=index, stride=stride):
                return self._position(index, stride, ctype)
            case Argument(name=name):
                return f"-{name}" if ctype.kind == "b" else name
            case Narrow(function=function, name=name, dtype=dtype):
                return f"lg_{function}_{dtype.name}_{ctype.width}({name})"
            case Splat(name=name):
                return f"({ctype.name})({name})"
            case Lane(name=name, lane=lane):
                one = f"{name}.s{lane:x}"
                return one if ctype.width == 1 else f"({ctype.name})({one})"
            case Zip(a=a, b=b, first=first):
                lanes = range(first, first + ctype.width // 2)
                return f"({ctype.name})({', '.join(f'{a}.s{k:x}, {b}.s{k:x}' for k in lanes)})"
            case Lanes(names=names):
                return f"({ctype.name})({', '.join(names)})"
            case Alias(name=name):
                return name
            case Test(conditions=tests):
                return f"-({conjunction(tests)})"
            case Checked(name=name, count=count, code=code):
                return f"lg_check({name}, {count}, lg_code + {code}, lg_error + 4*lg_run)"
            case Horizontal():
                raise AssertionError("horizontal is written as statements")

    def _position(self, index: Ix, stride: int, ctype: CType) -> str:
        at = index.text()
        if ctype.width == 1 or stride == 0:
            scalar = at if ctype.base == self.index_type else f"({ctype.base})({at})"
            return scalar if ctype.width == 1 else f"({ctype.name})({scalar})"
        lanes = ", ".join(str(k * stride) for k in range(ctype.width))
        index_name = f"{self.index_type}{ctype.width}"
        return f"convert_{ctype.name}(({index_name})({at}) + ({index_name})({lanes}))"

    def horizontal(self, name: str, rhs: Horizontal, ctype: CType) -> list[str]:
        """Halves of the vector combined until one lane is left."""
        lines, current, width = [], rhs.name, rhs.width
        while width > 1:
            width //= 2
            half = CType(ctype.base, width, ctype.size, ctype.kind)
            low = f"{current}.lo" if width > 1 else f"{current}.s0"
            high = f"{current}.hi" if width > 1 else f"{current}.s1"
            text = self.rhs(Apply(rhs.op, ("l", "h"), half), half)
            target = f"{name}_{width}" if width > 1 else name
            decl = "" if width == 1 else f"{half.name} {target}; "
            lines.append(f"{decl}{{ const {half.name} l = {low}, h = {high}; {target} = {text}; }}")
            current = target
        return lines

    # statements

    def statement(self, s: Statement, branches: bool) -> list[str]:
        match s:
            case Define(name=name, type=ctype, rhs=rhs, mutable=mutable):
                if s.var is not None and isinstance(rhs, Position):
                    divisor = rhs.index.divisor(self.memory.divisors)
                    self.memory.divisors[s.var] = math.gcd(divisor, rhs.highest or 0)
                if isinstance(rhs, Horizontal):
                    return [f"{ctype.name} {name};", *self.horizontal(name, rhs, ctype)]
                if isinstance(rhs, Load) and ctype.width > 1 and rhs.stride not in (0, 1):
                    return self.memory.strided(name, rhs, ctype)
                if isinstance(rhs, Guarded) and ctype.width == 1 and not branches:
                    return self.memory.guarded(name, rhs, ctype)
                const = "" if mutable else "const "
                if s.var is not None:
                    ctype = self.index_ctype
                return [f"{const}{ctype.name} {name} = {self.rhs(rhs, ctype)};"]
            case Assign(name=name, type=ctype, rhs=rhs):
                return [f"{name} = {self.rhs(rhs, ctype)};"]
            case Store():
                return self.memory.store(s)
            case Comment(text=text):
                return [f"// {text}"]
            case Loop(var=var, start=start, stop=stop, step=step, limit=limit):
                self.memory.divisors[var] = math.gcd(start.divisor(self.memory.divisors), step)
                end = stop.text()
                if limit is not None and stop.hi > limit:
                    end = f"min(({self.index_type})({end}), ({self.index_type}){limit})"
                increment = f"{var.name}++" if step == 1 else f"{var.name} += {step}"
                start_text = start.text()
                pragma = "#pragma clang loop vectorize(disable)"
                if self.kernel.plain:
                    pragma += " unroll(disable)"
                if s.unroll and not self.kernel.plain:
                    pragma = "#pragma unroll"
                return [
                    *([pragma] if self.kernel.plain or s.unroll or _stays_scalar(s) else []),
                    f"for ({self.index_type} {var.name} = {start_text}; {var.name} < {end}; "
                    f"{increment}) {{",
                ]
            case Block():
                return ["{"]
            case Barrier():
                return ["barrier(CLK_LOCAL_MEM_FENCE);"]
            case Fragments(names=names, array=array, index=index, turned=turned):
                function = "lg_fragments_turned" if turned else "lg_fragments"
                parts = ", ".join(names)
                return [f"uint {parts};", f"{function}({parts}, {array} + {index.text()});"]
            case Mma(acc=acc, a=a, b=b, dtype=dtype):
                return [f"lg_mma_{dtype.name}({', '.join((*acc, *a, *b))});"]
            case Pointer(name=name, array=array, index=index):
                return [self.memory.pointer(name, array, index)]
            case Call(function=function, args=args):
                texts = [a.text() if isinstance(a, Ix) else a for a in args]
                return [f"{function}({', '.join(texts)});"]
            case If(conditions=tests):
                return [f"if ({conjunction(tests)}) {{"]

    def body(self) -> list[str]:
        lines: list[str] = []
        stack: list[tuple[Statement | None, int, bool]] = []

        def enter(body: Sequence[Statement], depth: int) -> None:
            branches = not (self.kernel.plain or _without_branches(body))
            stack.extend((s, depth, branches) for s in reversed(body))

        enter(self.kernel.body, 1)
        while stack:
            s, depth, branches = stack.pop()
            if s is None:
                lines.append("  " * depth + "}")
                continue
            lines += ["  " * depth + line for line in self.statement(s, branches)]
            if isinstance(s, Loop | If | Block):
                stack.append((None, depth, branches))
                enter(s.body, depth + 1)
        return lines

    def text(self) -> str:
        k = self.kernel
        params = ", ".join(self.param(p) for p in k.params)
        local = ", ".join(map(str, (*k.local_size, 1, 1)[:3]))
        lines = [f"__kernel __attribute__((reqd_work_group_size({local})))"]
        lines.append(f"void {k.name}({params}) {{")
        for a in k.arrays:
            lines.append("  " + self.array(a))
        for axis, var in enumerate(k.item_vars):
            if var.hi > var.lo:
                lines.append(f"  const {self.index_type} {var.name} = get_global_id({axis});")
        for bound, function in ((k.group_var, "group"), (k.local_var, "local")):
            if bound is not None and bound.hi > bound.lo:
                lines.append(f"  const {self.index_type} {bound.name} = get_{function}_id(0);")
        return "\n".join([*lines, *self.body(), "}"])

    def array(self, a: Array) -> str:
        space = "__local" if a.space == "local" else "__private"
        return f"{space} {a.dtype.compute} {a.name}[{a.size}] __attribute__((aligned(64)));"

    def param(self, p: Param) -> str:
        if p.kind == "in":
            return f"__global const {p.dtype.storage}* restrict {p.name}"
        if p.kind in ("out", "scratch"):
            return f"__global {p.dtype.storage}* restrict {p.name}"
        if p.kind == "error":
            return "__global volatile int* lg_error"
        if p.kind in ("code", "run"):
            return f"const int {p.name}"
        if p.kind == "index":
            return f"const {self.index_type} {p.name}"
        return f"const {'int' if p.dtype is bool_ else p.dtype.compute} {p.name}"


def kernel_text(kernel: Kernel, has_fma: bool = True) -> str:
    """One kernel function, without the functions it calls."""
    return _Printer(kernel, has_fma).text()


def program_text(kernels: Sequence[str], has_fma: bool = True) -> str:
    """A whole program: settings, the functions that the kernels call, the kernels' texts."""
    head = ["#pragma OPENCL FP_CONTRACT OFF"]
    body = "\n\n".join(kernels)
    called = functions_for(body)
    if "lg_fma" in called:
        head.append(f"#define lg_fma(a, b, c) {'fma(a, b, c)' if has_fma else '((a) * (b) + (c))'}")
    if "double" in body or "double" in called:
        head.append("#pragma OPENCL EXTENSION cl_khr_fp64 : enable")
    return "\n".join(head) + "\n\n" + (called + "\n\n" if called else "") + body + "\n"
