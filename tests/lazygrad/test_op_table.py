"""Every row of the op table on every device against its NumPy meaning."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from lazygrad import runtime
from lazygrad.codegen import ops
from lazygrad.codegen.compile import compile_graph
from lazygrad.codegen.declarations import declarations_for
from lazygrad.codegen.dtype import (
    DTYPES,
    DType,
    bool_,
    float32,
    int16,
    int32,
    int64,
    uint16,
    uint32,
    uint64,
)
from lazygrad.codegen.graph import Node, node
from lazygrad.codegen.limits import Limits
from lazygrad.codegen.opencl import kernel_text, program_text
from lazygrad.codegen.reference import evaluate
from lazygrad.codegen.structure import structure
from lazygrad.realize import from_host, realize_nodes, to_host

RNG = np.random.default_rng(0)
COUNT = 67  # whole vectors of 16 and a rest
EPS = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
FLOATS = ("float16", "bfloat16", "float32", "float64")
POSITIVE = ("log", "log2", "log10", "sqrt", "rsqrt", "log1p", "pow")
WITHIN_ONE = ("asin", "acos")
CALLED_WITH_ONE = (
    "abs", "sign", "isnan", "sin", "cos", "tan", "tanh", "erf", "erfc", "exp", "log",
)  # fmt: skip


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No program falls back to the compiler's own declarations where ours are asked for."""
    build = runtime.build

    def watched(device: Any, source: str, options: tuple[str, ...] = ()) -> runtime.Program:
        assert options == device.facts.bare_options
        return build(device, source, options)

    monkeypatch.setattr(runtime, "build", watched)


def _values(dtype: DType, kind: str = "") -> np.ndarray[Any, Any]:
    if dtype is bool_:
        return RNG.random(COUNT) < 0.5
    if dtype.kind in "ui":
        info = np.iinfo(dtype.numpy)
        low = max(int(info.min), -60)
        values = RNG.integers(low, 60, COUNT).astype(dtype.numpy)
        values[:4] = [info.min, info.max, 0, 1]
        return values
    values = RNG.normal(size=COUNT) * 3
    if kind in POSITIVE:
        values = np.abs(values) + 0.01
    if kind in WITHIN_ONE:
        values = np.tanh(values)
    values[-6:] = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0]
    return dtype.from_storage(dtype.to_storage(values))


def _fits(row: Any, dtype: DType) -> bool:
    float_only = {
        "div", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
        "erf", "erfc", "sqrt", "rsqrt", "expm1", "log1p", "exp2", "log2", "log10", "floor", "ceil",
        "round", "trunc", "atan2", "fmod", "isnan",
    }  # fmt: skip
    bits = {"bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not"}
    if row.name in ("cast", "bitcast", "philox", "normal", "where"):
        return False
    if dtype is bool_:
        return row.name in bits | {"eq", "ne"}
    if row.name in bits | {"shl", "shr"}:
        return dtype.kind != "f"
    return dtype.kind == "f" or row.name not in float_only


def _leaf(values: np.ndarray[Any, Any], dtype: DType, device: Any) -> Node:
    return from_host(dtype.to_storage(values), dtype, device)


def _run(outputs: list[Node], device: Any) -> list[np.ndarray[Any, Any]]:
    realize_nodes(outputs, device)
    return [n.dtype.from_storage(to_host(n, device)) for n in outputs]


def _within(got: Any, expected: Any, bound: Any, where: str) -> None:
    """Equal where not finite, else nearer than `bound`."""
    got, expected = np.asarray(got, np.float64), np.asarray(expected, np.float64)
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(got[~finite], expected[~finite], err_msg=where)
    excess = np.abs(got[finite] - expected[finite]) - np.broadcast_to(bound, got.shape)[finite]
    assert (excess <= 0).all(), f"{where}: {excess.max()} beyond the bound"


def _rows(dtype: DType) -> Iterator[tuple[str, int]]:
    for name, row in ops.TABLE.items():
        if row.kind == "elementwise" and _fits(row, dtype):
            unary = isinstance(row.opencl, str) and "{1}" not in row.opencl
            unary = unary or name in CALLED_WITH_ONE
            yield name, 1 if unary else 2


@pytest.mark.parametrize("name", DTYPES)
def test_elementwise(name: str, device: Any) -> None:
    """All rows of one dtype share a kernel; each is compared with its meaning in float64."""
    dtype = DTYPES[name]
    if dtype.name == "float64" and not device.facts.has_fp64:
        pytest.skip("no float64 on this device")
    checks: list[tuple[str, Node, np.ndarray[Any, Any], Any]] = []
    for row_name, arity in _rows(dtype):
        row = ops.TABLE[row_name]
        data = [_values(dtype, row_name if k == 0 else "") for k in range(arity)]
        if row_name in ("shl", "shr"):
            data[1] = RNG.integers(0, 9, COUNT).astype(dtype.numpy)
            data[1][:2] = 127
        result = node(row, tuple(_leaf(v, dtype, device) for v in data))
        wide = [v.astype(np.float64) if dtype.kind == "f" else v for v in data]
        expected = np.asarray(row.numpy(result, *wide))
        bound: Any = 0.0
        if result.dtype.kind == "f":
            scale = np.maximum(np.abs(expected.astype(np.float64)), 2.0**-126)
            own = max(1.0, 2 * row.ulp) if name in ("float32", "float64") else 1.0
            bound = own * EPS[name] * np.where(np.isfinite(scale), scale, 0.0)
            if name == "float16":  # what overflows there is infinite
                over = np.where(expected < 0, -np.inf, np.inf)
                expected = np.where(np.abs(expected) > 65519, over, expected)
                bound = bound + 6e-8
        checks.append((row_name, result, expected, bound))
    got = _run([n for _, n, _, _ in checks], device)
    for (row_name, _, expected, bound), value in zip(checks, got, strict=True):
        _within(value, expected, bound, f"{row_name} of {name}")


@pytest.mark.parametrize("name", DTYPES)
def test_programs_can_declare_what_they_call(name: str) -> None:
    """No row calls a function of OpenCL that `declarations_for` does not know."""
    operand = ops.buffer(DTYPES[name], (COUNT,))
    outputs = [ops.cast(operand, other) for other in DTYPES.values()]
    outputs += [node(ops.TABLE[row], (operand,) * n) for row, n in _rows(operand.dtype)]
    late = structure(outputs, lambda n: n.op.name == "buffer")[1]
    kernels = [kernel_text(step.kernel) for step in compile_graph(outputs, late, Limits()).steps]
    assert declarations_for(program_text(kernels)) is not None


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_values_beside_special_ones(name: str, device: Any) -> None:
    """What is in one lane of a vector does not change what comes out of the others."""
    dtype = DTYPES[name]
    if name == "float64" and not device.facts.has_fp64:
        pytest.skip("no float64 on this device")
    special = np.array([np.inf, -np.inf, np.nan, 0.0, 1e30, -1e8, 1e-40, 5e6])
    checks: list[tuple[str, Node, np.ndarray[Any, Any], Any]] = []
    for row_name, arity in _rows(dtype):
        row = ops.TABLE[row_name]
        if row_name in ("shl", "shr"):
            continue
        data = [RNG.normal(size=512) + 3 for _ in range(arity)]
        if row_name in WITHIN_ONE:
            data[0] = np.tanh(data[0] - 3)
        for k, values in enumerate(data):
            values[8 * k :: 16] = np.resize(special, 32)
        stored = [dtype.from_storage(dtype.to_storage(values)) for values in data]
        result = node(row, tuple(_leaf(v, dtype, device) for v in stored))
        with np.errstate(all="ignore"):
            expected = np.asarray(row.numpy(result, *[v.astype(np.float64) for v in stored]))
        bound: Any = 0.0
        if result.dtype.kind == "f":
            bound = max(1.0, 2 * row.ulp) * EPS[name] * np.abs(expected.astype(np.float64))
        checks.append((row_name, result, expected, bound))
    got = _run([n for _, n, _, _ in checks], device)
    usual = np.arange(512) % 8 != 0
    for (row_name, _, expected, bound), value in zip(checks, got, strict=True):
        allowed = np.broadcast_to(bound, value.shape)[usual]
        _within(value[usual], expected[usual], allowed, f"{row_name} of {name}")


def test_rows_of_numbers_refuse_bool() -> None:
    """A mask's true is -1 in kernels: lt and the like would order it the wrong way around."""
    masks = [ops.buffer(bool_, (3,)) for _ in range(2)]
    for name in ("add", "maximum", "lt", "le", "shl"):
        with pytest.raises(TypeError, match="bool"):
            node(ops.TABLE[name], tuple(masks))


def test_casts(device: Any) -> None:
    """Every pair of types; values that fit nowhere have one meaning."""
    special = np.array([0, -0.0, 1.7, -1.7, 200, -200, 3e9, -3e9, 1e19, np.inf, -np.inf, np.nan])
    names = [n for n in DTYPES if n != "float64" or device.facts.has_fp64]
    outputs: list[Node] = []
    for source in names:
        dtype = DTYPES[source]
        with np.errstate(all="ignore"):
            values = dtype.from_storage(dtype.to_storage(special))
        leaf = _leaf(values, dtype, device)
        outputs += [ops.cast(leaf, DTYPES[t]) for t in names if t != source]
    data = {n.src[0]: n.src[0].dtype.from_storage(to_host(n.src[0], device)) for n in outputs}
    wanted = evaluate(outputs, data)
    labels = [f"{n.src[0].dtype.name} to {n.dtype.name}" for n in outputs]
    for label, value, expected in zip(labels, _run(outputs, device), wanted, strict=True):
        np.testing.assert_array_equal(value, expected, err_msg=label)


def test_bits_and_random_words(device: Any) -> None:
    x = _leaf(_values(float32), float32, device)
    first, key = ops.scalar(2**32 - 3, uint64), ops.scalar(12345678901, uint64)
    place = ops.iota(COUNT, uint32)
    scattered = ops.mul(place, ops.const(7, uint32))
    outputs = [ops.bitcast(x, int32), ops.bitcast(ops.bitcast(x, int32), float32),
               ops.philox(first, key, place), ops.philox(first, key, scattered),
               ops.philox(first, ops.cast(place, uint64), place),
               ops.philox(first, key, ops.cast(place, uint64))]  # fmt: skip
    data = {x: to_host(x, device)}
    wanted = evaluate(outputs, data)
    for value, expected in zip(_run(outputs, device), wanted, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_bits_of_narrow_floats(device: Any) -> None:
    """Every one of them, as a value and back; of values in kernels, after they are rounded."""
    for name in ("float16", "bfloat16"):
        dtype = DTYPES[name]
        bits = _leaf(np.arange(65536).astype(np.int16), int16, device)
        x = ops.bitcast(bits, dtype)
        outputs = [
            ops.cast(x, float32), ops.bitcast(ops.mul(x, ops.scalar(1.0, dtype)), uint16),
            ops.bitcast(ops.mul(x, ops.scalar(1.7, dtype)), int16),
        ]  # fmt: skip
        wanted = evaluate(outputs, {bits: to_host(bits, device)})
        number = ~np.isnan(wanted[0])
        values = _run(outputs, device)
        assert np.isnan(values[0][~number]).all()
        for value, expected in zip(values, wanted, strict=True):
            np.testing.assert_array_equal(value[number], expected[number], err_msg=name)


def test_the_larger_of_an_inverted_value(device: Any) -> None:
    """Intel's compiler (2026.2) takes max(~x, y) for max(x, y), however ~x is spelled."""
    for dtype in (int32, uint64):
        x, y = (_leaf(_values(dtype), dtype, device) for _ in range(2))
        data = {leaf: to_host(leaf, device) for leaf in (x, y)}
        one, minus_one = ops.const(1, dtype), ops.const(-1, dtype)
        for spelled in (
            ops.bitwise_not(x), ops.bitwise_xor(x, minus_one), ops.sub(minus_one, x),
            ops.neg(ops.add(x, one)), ops.sub(ops.neg(x), one), ops.add(ops.neg(x), minus_one),
            ops.sub(ops.sub(one, x), ops.const(2, dtype)),
        ):  # fmt: skip
            for chosen in (ops.maximum(spelled, y), ops.where(ops.lt(spelled, y), spelled, y)):
                (wanted,) = evaluate([chosen], data)
                (got,) = _run([chosen], device)  # alone: with other users of ~x it was right
                np.testing.assert_array_equal(got, wanted, err_msg=f"{spelled!r} of {dtype.name}")


Builder = Callable[[Node, Node], Node]


def _start(value: int) -> Node:
    return ops.scalar(value, int64)


VIEWS: dict[str, Builder] = {
    "reshape": lambda x, i: ops.reshape(x, (4, 9)),
    "permute and reshape": lambda x, i: ops.reshape(ops.permute(x, (1, 0)), (2, 18)),
    "expand": lambda x, i: ops.expand(ops.reshape(x, (6, 1, 6)), (6, 3, 6)),
    "flip": lambda x, i: ops.flip(x, (0, 1)),
    "slice": lambda x, i: ops.slice_(x, ((0, 2, 2), (1, 3, 1)), (_start(1), _start(3))),
    "pad": lambda x, i: ops.pad(x, ((0, 13, 2), (1, 8, 1)), (_start(1), _start(0)), 7),
    "pad a flipped one": lambda x, i: ops.pad_around(ops.flip(x, (1,)), [(0, 1), (2, 0)]),
    "window": lambda x, i: ops.window(ops.window(x, 0, 3, 1, 2), 1, 2, 2),
    "skew": lambda x, i: ops.skew(ops.reshape(x, (4, 3, 3)), 0, 12, 2, 2),
    "unskew": lambda x, i: ops.unskew(ops.reshape(x, (12, 1, 3)), 0, 4, 2, 2),
    "fold": lambda x, i: ops.fold(ops.window(x, 0, 3, 1), 0, 6, 1),
    "gather": lambda x, i: ops.gather(x, i, 0),
    "gather rows of a computed one": lambda x, i: ops.gather(ops.add(x, x), i, 1),
    "scatter add": lambda x, i: ops.scatter(i, x, 0, 9, "add"),
    "scatter max": lambda x, i: ops.scatter(i, x, 1, 6, "max"),
    "scan add": lambda x, i: ops.scan(x, 1, "add"),
    "scan max": lambda x, i: ops.scan(x, 0, "max"),
    "argsort": lambda x, i: ops.argsort(x, 1),
    "topk": lambda x, i: ops.topk(x, 1, 2),
    "argsort down": lambda x, i: ops.argsort(x, 0, True),
    "sum rows": lambda x, i: ops.sum_(x, (1,)),
    "sum columns": lambda x, i: ops.sum_(x, (0,)),
    "sum all of a view": lambda x, i: ops.sum_(ops.permute(ops.reshape(x, (2, 3, 6)), (2, 0, 1)),
                                               (0, 2)),
    "prod": lambda x, i: ops.prod(x, (0,)),
    "max": lambda x, i: ops.max_(x, (0, 1)),
    "min": lambda x, i: ops.min_(x, (1,)),
    "first match": lambda x, i: ops.first_match(x, ops.max_(x, (1,)), (1,)),
    "contract": lambda x, i: ops.matmul(x, ops.permute(x, (1, 0))),
    "contract, batched": lambda x, i: ops.contract(
        ops.reshape(x, (2, 3, 6)), ops.reshape(x, (2, 3, 6)), (0, 1, 2), (0, 3, 2), (3, 0, 1)
    ),
    "iota": lambda x, i: ops.add(x, ops.cast(ops.iota(6), x.dtype)),
    "where": lambda x, i: ops.where(ops.lt(x, ops.flip(x, (0,))), x, ops.const(3, x.dtype)),
}  # fmt: skip


@pytest.mark.parametrize("name", ["float32", "int32", "uint8", "int64", "float16"])
def test_everything_else(name: str, device: Any) -> None:
    """Views, reductions, contractions and indexing of one dtype in one plan."""
    dtype = DTYPES[name]
    values = RNG.integers(0, 4, (6, 6)).astype(np.float64)
    x = _leaf(dtype.from_storage(dtype.to_storage(values)), dtype, device)
    i = _leaf(RNG.integers(0, 6, (6, 6)), int64, device)
    outputs = [build(x, i) for build in VIEWS.values()]
    data = {x: dtype.from_storage(to_host(x, device)), i: to_host(i, device)}
    wanted = evaluate(outputs, data)
    for label, value, expected in zip(VIEWS, _run(outputs, device), wanted, strict=True):
        np.testing.assert_array_equal(value, expected, err_msg=f"{label} of {name}")


def test_bool_reductions(device: Any) -> None:
    x = _leaf(RNG.random((5, 40)) < 0.05, bool_, device)
    outputs = [ops.max_(x, (1,)), ops.min_(ops.bitwise_not(x), (0,)), ops.max_(x, (0, 1))]
    wanted = evaluate(outputs, {x: to_host(x, device).astype(bool)})
    for value, expected in zip(_run(outputs, device), wanted, strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("shape", [(37, 1100, 29), (64, 70, 130), (3, 5, 16), (1, 40, 33)])
def test_contractions_of_odd_sizes(shape: tuple[int, int, int], device: Any) -> None:
    """Ragged rows, columns and blocks, transposed operands, an epilogue."""
    m, k, n = shape
    a, at = (_leaf(RNG.normal(size=s), float32, device) for s in ((m, k), (k, m)))
    b, bt = (_leaf(RNG.normal(size=s), float32, device) for s in ((k, n), (n, k)))
    bias = _leaf(RNG.normal(size=n), float32, device)
    outputs = [
        ops.maximum(ops.add(ops.matmul(a, b), bias), ops.const(0.0, float32)),
        ops.contract(at, bt, (1, 0), (2, 1), (0, 2)),
        ops.contract(a, bt, (0, 1), (2, 1), (2, 0)),
    ]
    data = {x: to_host(x, device).astype(np.float64) for x in (a, at, b, bt, bias)}
    wanted = [
        np.maximum(data[a] @ data[b] + data[bias], 0),
        data[at].T @ data[bt].T,
        (data[a] @ data[bt].T).T,
    ]
    for value, expected in zip(_run(outputs, device), wanted, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-4 * k**0.5)


def test_reductions_of_many_lengths(device: Any) -> None:
    """Vectors, their rests, stages; NaN goes through max and sum."""
    outputs: list[Node] = []
    data: dict[Node, np.ndarray[Any, Any]] = {}
    for count in (1, 7, 16, 31, 200, 70_003):
        values = RNG.normal(size=count).astype(np.float32)
        x = _leaf(values, float32, device)
        data[x] = values
        outputs += [ops.sum_(x, (0,)), ops.max_(x, (0,))]
    spoiled = RNG.normal(size=(3, 50)).astype(np.float32)
    spoiled[1, 20] = np.nan
    x = _leaf(spoiled, float32, device)
    data[x] = spoiled
    outputs += [ops.max_(x, (1,)), ops.min_(x, (1,)), ops.sum_(x, (0,))]
    wanted = [n.op.numpy(n, data[n.src[0]].astype(np.float64)) for n in outputs]
    for value, expected in zip(_run(outputs, device), wanted, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=2e-4)


def test_nothing_at_all(device: Any) -> None:
    """Zero elements never reach the device; reductions of none are identities."""
    x = _leaf(np.zeros((0, 3)), float32, device)
    outputs = [
        ops.exp(x),
        ops.sum_(x, (0,)),
        ops.sum_(x, (1,)),
        ops.pad_around(x, [(1, 1), (0, 0)]),
        ops.matmul(ops.permute(x, (1, 0)), x),
    ]
    wanted = evaluate(outputs, {x: np.zeros((0, 3), np.float32)})
    for value, expected in zip(_run(outputs, device), wanted, strict=True):
        np.testing.assert_array_equal(value, expected)
