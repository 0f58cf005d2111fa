"""Choices of schedules: names, keys, what is legal. No device."""

import json
import subprocess
import sys

import pytest

from lazygrad.codegen import ops
from lazygrad.codegen.choice import Choice, ChoiceError
from lazygrad.codegen.compile import compile_graph
from lazygrad.codegen.dtype import float32, int64
from lazygrad.codegen.graph import Node
from lazygrad.codegen.limits import Limits
from lazygrad.codegen.structure import structure
from lazygrad.codegen.tunable import Tunable, tunables

CPU = Limits(local_bytes=262144)


def f32(*shape: int) -> Node:
    return ops.buffer(float32, shape)


def graph() -> Node:
    """A product, a map with a cast, a lookup and a slice at a late place, a reduction."""
    y = ops.add(ops.matmul(f32(40, 64), f32(64, 48)), f32(48))
    rows = ops.gather(y, ops.buffer(int64, (7, 1)), 0)
    part = ops.slice_(rows, ((0, 5, 1),), (ops.scalar(1, int64),))
    return ops.max_(ops.mul(part, ops.scalar(0.3, float32)), (1,))


def late_of(output: Node) -> list[Node]:
    return structure([output], lambda n: n.op.name == "buffer")[1]


def kernels(output: Node, limits: Limits = CPU) -> list[Tunable]:
    return tunables([output], late_of(output), limits)


def test_keys_are_the_same_on_every_device_and_in_every_process() -> None:
    keys = [k.key for k in kernels(graph())]
    assert len(keys) == len(set(keys)) == 2
    assert keys == [k.key for k in kernels(graph(), Limits(compute_units=64, registers=16))]
    told = (
        f"import sys; sys.path.insert(0, {str(__file__.rpartition('/')[0])!r})\n"
        "import test_choice as t; print(*[k.key for k in t.kernels(t.graph())])"
    )
    asked = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": "7", "LAZYGRAD_CACHE": "0"},
    )  # fmt: skip
    assert asked.stdout.split() == keys


def test_keys_differ_where_kernels_do() -> None:
    made = [
        f32(40, 64), ops.neg(f32(40, 64)), ops.neg(f32(64, 40)), ops.permute(f32(40, 64), (1, 0)),
        ops.sum_(f32(40, 64), (0,)), ops.sum_(f32(40, 64), (1,)), ops.max_(f32(40, 64), (1,)),
        ops.matmul(f32(40, 64), f32(64, 40)), ops.matmul(f32(40, 64), f32(64, 41)),
        ops.mul(f32(40, 64), f32(64)), ops.mul(f32(40, 64), f32(40, 1)),
        ops.mul(f32(40, 64), ops.const(0.3, float32)), ops.mul(f32(40, 64), ops.const(3, float32)),
    ]  # fmt: skip
    keys = [k.key for output in made[1:] for k in kernels(output)]
    assert len(keys) == len(set(keys)) == len(made) - 1


def test_the_first_candidate_is_the_default() -> None:
    for output in (ops.matmul(f32(100, 64), f32(64, 48)), ops.sum_(f32(300, 200), (0,)), graph()):
        late = late_of(output)
        plain = compile_graph([output], late, CPU)
        first = {k.key: k.choices[0] for k in kernels(output)}
        forced = compile_graph([output], late, CPU, check=True, choices=first)
        assert [s.text for s in plain.steps] == [s.text for s in forced.steps]


@pytest.mark.parametrize(
    "limits",
    [CPU, Limits(registers=16, register_bytes=32), Limits("gpu", 40, 16, local_bytes=49152)],
)
def test_every_candidate_makes_a_kernel(limits: Limits) -> None:
    outputs = (ops.matmul(f32(60, 64), f32(64, 48)), ops.sum_(f32(30, 20, 60), (1,)), graph())
    for output in outputs:
        for kernel in kernels(output, limits):
            assert 1 < len(kernel.choices) <= 50
            for choice in kernel.choices:
                again = Choice.of(json.loads(json.dumps(choice.as_dict())))
                assert again == choice and hash(again) == hash(choice)
                assert "void name(" in kernel.kernel(again, "name")[1]


def test_what_is_not_legal_is_refused() -> None:
    output = ops.matmul(f32(60, 64), f32(64, 48))
    [kernel] = kernels(output)
    for wrong in ({}, {"colour": 1}, {**kernel.choices[0].as_dict(), "tile": 1000}):
        with pytest.raises(ChoiceError, match="contract_60x48_f32: got a schedule") as caught:
            compile_graph([output], late_of(output), CPU, choices={kernel.key: Choice.of(wrong)})
        assert caught.value.key == kernel.key
    scan = ops.scan(f32(5, 40), 1, "add")
    assert kernels(scan) == []
    with pytest.raises(ValueError, match="expected names with integers or texts"):
        Choice.of({"tile": 1.5})
