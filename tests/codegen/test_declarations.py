"""Programs that bring along the declarations of OpenCL's functions that they call."""

from pathlib import Path

import pytest

from lazygrad.codegen.declarations import declarations_for
from lazygrad.codegen.opencl import program_text

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*cpu*.cl"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_all_that_kernels_of_cpus_call_is_known(path: Path) -> None:
    assert declarations_for(program_text([path.read_text(encoding="utf-8")])) is not None


def test_each_form_of_a_function_once() -> None:
    declared = declarations_for("float f(float4 x) { return vload4(max(1, 2), p) + isnan(x); }")
    assert declared is not None
    lines = declared.splitlines()
    assert "__attribute__((overloadable, const)) int4 isnan(float4);" in lines
    assert "__attribute__((overloadable, const)) int3 max(int3, int);" in lines
    assert (
        "__attribute__((overloadable, pure)) float4 vload4(size_t, __local const float*);" in lines
    )
    assert len(set(lines)) == len(lines) and "double" not in declared


def test_doubles_are_declared_where_there_are_some() -> None:
    declared = declarations_for("double f(double x) { return isnan(x) ? sin(x) : (double)1; }")
    assert declared is not None
    assert declared.startswith("#pragma OPENCL EXTENSION cl_khr_fp64 : enable")
    assert "long8 isnan(double8);" in declared and " int isnan(double);" in declared


def test_what_is_defined_is_not_declared_and_what_is_unknown_is_not_guessed() -> None:
    own = (
        "#define lg_fma(a, b, c) fma(a, b, c)\ninline int lg_one(int x) { return lg_fma(x, x, x); }"
    )
    declared = declarations_for(own)
    assert (
        declared is not None and "lg_" not in declared and " fma(float, float, float)" in declared
    )
    assert declarations_for("int f(int x) { return popcount(x); }") is None
