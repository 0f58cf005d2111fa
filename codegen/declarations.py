"""Declarations of OpenCL's own functions, for compilers that read all of theirs for each program.

PoCL's header declares 17,000 functions, and reading it takes 0.15 s: longer than most kernels take
to compile. A program calls a dozen of them, whose declarations it can bring along. They are those
of Clang's `opencl-c.h`, attributes included: the compiler makes the same code of either.
"""

import re
from collections.abc import Iterator

__all__ = ["declarations_for"]

_INTEGERS = ("char", "uchar", "short", "ushort", "int", "uint", "long", "ulong")
_SIGNED = _INTEGERS[::2]
_FLOATS = ("float", "double")
_WIDTHS = ("", "2", "3", "4", "8", "16")
_SPACES = ("__global", "__local", "__private")

# T: a type in all its widths, E: one of its elements, M: what comparing two of it gives, U: T
# without a sign. `space` stands for each address space.
_FORMS: dict[str, tuple[tuple[str, ...], list[str]]] = {
    ("acos asin atan ceil cosh erf erfc exp exp2 expm1 fabs floor log log10 log1p log2 rint rsqrt "
     "sign sin sinh sqrt tan tanh trunc"): (_FLOATS, ["T {}(T)"]),
    "atan2 copysign fmod pow": (_FLOATS, ["T {}(T, T)"]),
    "fmax fmin": (_FLOATS, ["T {}(T, T)", "T {}(T, E)"]),
    "fma": (_FLOATS, ["T {}(T, T, T)"]),
    "sincos": (_FLOATS, ["T {}(T, space T*)"]),
    "isinf isnan signbit": (_FLOATS, ["M {}(T)"]),
    "max min": (_INTEGERS + _FLOATS, ["T {}(T, T)", "T {}(T, E)"]),
    "clamp": (_INTEGERS + _FLOATS, ["T {}(T, T, T)", "T {}(T, E, E)"]),
    "abs": (_INTEGERS, ["U {}(T)"]),
    "mul_hi": (_INTEGERS, ["T {}(T, T)"]),
    "all any": (_SIGNED, ["int {}(T)"]),
}  # fmt: skip
_ELEMENTWISE = {name: forms for names, forms in _FORMS.items() for name in names.split()}
_OTHERS = {
    "get_global_id": "size_t {}(uint)",
    "get_group_id": "size_t {}(uint)",
    "get_local_id": "size_t {}(uint)",
    "get_work_dim": "uint {}(void)",
    "barrier": "void {}(cl_mem_fence_flags)",
    "atomic_cmpxchg": "int {}(volatile __global int*, int, int)",
}
_CONVERSION = re.compile(r"convert_([a-z]+)(\d*)(?:_sat)?(?:_rt[enpz])?$")
_ACCESS = re.compile(r"v(load|store)(\d+)$")
_HALF_ACCESS = re.compile(r"v(load|store)_half(\d*)(?:_rt[enpz])?$")

_CALL = re.compile(r"\b([a-z_]\w*)\s*\(")
_DEFINED = re.compile(r"\w[ *]+(\w+)\([^()]*\)\s*\{|#define (\w+)\(")
# what else stands before a bracket
_WORDS = {
    "__attribute__", "aligned", "for", "if", "reqd_work_group_size", "return", "unroll",
    "vectorize", "while",
}  # fmt: skip


def declarations_for(program: str) -> str | None:
    """The declarations of what a program calls and does not define; None if one is not known."""
    defined = {name for names in _DEFINED.findall(program) for name in names}
    called = sorted(set(_CALL.findall(program)) - defined - _WORDS)
    has_double = re.search(r"\bdouble", program) is not None
    lines = ["#pragma OPENCL EXTENSION cl_khr_fp64 : enable"] if has_double else []
    for name in called:
        if name.startswith("as_"):  # a macro
            continue
        found = [text for text in _declared(name) if has_double or "double" not in text]
        if not found:
            return None
        lines += [f"__attribute__(({_attributes(name)})) {text};" for text in found]
    return "\n".join(lines) + "\n\n"


def _attributes(name: str) -> str:
    if name == "barrier":
        return "overloadable, convergent"
    if name.startswith("vload"):
        return "overloadable, pure"
    writes = name.startswith("vstore") or name in ("atomic_cmpxchg", "sincos")
    return "overloadable" if writes else "overloadable, const"


def _declared(name: str) -> Iterator[str]:
    """Every form that the language has of a function; none where the function is not known."""
    if name in _OTHERS:
        yield _OTHERS[name].format(name)
    elif name in _ELEMENTWISE:
        types, forms = _ELEMENTWISE[name]
        for base in types:
            for width in _WIDTHS:
                # of a scalar, elements are no second form
                for form in forms[:1] if width == "" else forms:
                    yield from _spaced(_with_types(form, base, width).replace("{}", name))
    elif match := _CONVERSION.match(name):
        base, width = match.groups()
        yield from (f"{base}{width} {name}({source}{width})" for source in _INTEGERS + _FLOATS)
    elif match := _ACCESS.match(name):
        kind, width = match.groups()
        for base in _INTEGERS + _FLOATS:
            yield from _accesses(kind, name, f"{base}{width}", base)
    elif match := _HALF_ACCESS.match(name):
        kind, width = match.groups()
        for base in _FLOATS if kind == "store" else _FLOATS[:1]:
            yield from _accesses(kind, name, f"{base}{width}", "half")


def _with_types(form: str, base: str, width: str) -> str:
    compared = "long" if base == "double" and width else "int"
    types = {
        "T": base + width,
        "E": base,
        "M": compared + width,
        "U": "u" + base.removeprefix("u") + width,
    }
    return re.sub(r"\b[TEMU]\b", lambda match: types[match[0]], form)


def _accesses(kind: str, name: str, value: str, element: str) -> Iterator[str]:
    if kind == "load":
        return _spaced(f"{value} {name}(size_t, space const {element}*)")
    return _spaced(f"void {name}({value}, size_t, space {element}*)")


def _spaced(form: str) -> Iterator[str]:
    if "space" not in form:
        yield form
        return
    for space in _SPACES:
        yield form.replace("space", space)
