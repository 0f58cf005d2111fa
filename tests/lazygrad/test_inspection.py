"""Looking inside: kernels, graphs, dumps and the debug ladder."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import numpy as np
import pytest

import lazygrad as lg

A = np.arange(12, dtype=np.float32).reshape(3, 4)
ROOT = Path(lg.__file__).parent.parent


# -- kernels ---------------------------------------------------------------------------------


def test_kernels_without_running(device):
    x = lg.tensor(A)
    y = lg.softmax(x * 2.5, -1)
    before = lg.stats()
    found = y.kernels()
    assert [k.name for k in lg.kernels(y)] == [k.name for k in found]
    now = lg.stats()
    assert now.kernels_launched == before.kernels_launched
    assert now.programs_built == before.programs_built
    with lg.capture_kernels() as launched:
        y.realize()
    assert [k.name for k in launched] == [k.name for k in found]
    assert y.kernels() == [] and lg.kernels(y, x) == []


def test_what_a_kernel_tells(device):
    x = lg.tensor(A)
    (kernel,) = lg.kernels(lg.softmax(x * 2.5, -1))
    assert re.fullmatch(r"[a-z][a-z0-9_]*", kernel.name)
    assert "3x4" in kernel.name and kernel.name.endswith("_f32")
    assert "__kernel" in kernel.source and kernel.name in kernel.source
    assert str(kernel) == kernel.source
    assert len(kernel.global_size) == len(kernel.local_size) >= 1
    pairs = zip(kernel.global_size, kernel.local_size, strict=True)
    assert all(g > 0 and n > 0 and g % n == 0 for g, n in pairs)
    assert kernel.bytes == 2 * A.nbytes
    assert kernel.flops >= 4 * A.size
    assert kernel.reason
    head = [part for part in kernel.source.splitlines() if part.startswith("//")]
    assert any(str(kernel.flops) in part and str(kernel.bytes) in part for part in head)


def test_lines_of_the_user(device):
    x = lg.tensor(A)
    y = x * 2.5
    first = sys._getframe().f_lineno - 1
    z = y.exp()
    (kernel,) = lg.kernels(z)
    assert kernel.lines == (f"{__file__}:{first}", f"{__file__}:{first + 2}")
    for told in kernel.lines:
        assert f"from {told}" in kernel.source


def test_lines_are_no_part_of_the_compiled_text(device):
    def one():
        return lg.tensor(A).sin() * 1.5

    def two():
        return lg.tensor(A).sin() * 1.5

    (a,), (b,) = lg.kernels(one()), lg.kernels(two())
    assert a.lines != b.lines
    texts = [[p for p in k.source.splitlines() if not p.startswith("//")] for k in (a, b)]
    assert texts[0] == texts[1]
    one().realize()
    before = lg.stats()
    two().realize()
    now = lg.stats()
    assert (now.plans_compiled, now.programs_built) == (
        before.plans_compiled, before.programs_built
    )  # fmt: skip


def test_capture_of_a_step(device):
    w = lg.nn.Parameter(lg.ones(4, 2))
    optimizer = lg.optim.SGD([w], lr=0.5)
    with lg.capture_kernels() as outer:
        loss = (lg.tensor(A) @ w).square().mean()
        assert outer == []
        loss.backward()
        optimizer.step()
        with lg.capture_kernels() as inner:
            loss.item()
            (loss * 2.0).item()
        seen = len(outer)
        (w.detach() + 1).realize()
    assert seen >= 1 and len(outer) == seen + 1
    assert len(inner) >= 1
    (w.detach() + 3.5).realize()
    assert len(outer) == seen + 1  # nothing is added later


def test_matmul_counts_its_operations(device):
    a, b = lg.ones(32, 64) * 1.5, lg.ones(64, 16) * 1.5
    lg.realize(a, b)
    kernels = lg.kernels(a @ b)
    (product,) = [k for k in kernels if k.flops]
    assert product.flops == 2 * 32 * 64 * 16
    assert product.bytes >= 4 * (32 * 64 + 64 * 16 + 32 * 16)
    assert "32x16" in product.name


def test_several_devices(device):
    others = [d for d in lg.devices() if d != lg.device(device)]
    if not others:
        pytest.skip("only one OpenCL device here")
    here, there = lg.tensor(A) + 1, lg.tensor(A, device=others[0]) * 3.5
    assert len(lg.kernels(here, there)) == 2


# -- graphs ----------------------------------------------------------------------------------


def test_graph(device):
    x = lg.tensor(A)
    y = (x * 2.5).sum(1)
    line = sys._getframe().f_lineno - 1
    graph = lg.graph(y)
    assert isinstance(graph, nx.DiGraph) and nx.is_directed_acyclic_graph(graph)
    ops = [data["op"] for _, data in graph.nodes(data=True)]
    assert ops.count("mul") == 1 and ops.count("sum") == 1 and ops.count("buffer") == 1
    (mul,) = [n for n, data in graph.nodes(data=True) if data["op"] == "mul"]
    data = graph.nodes[mul]
    assert data["dtype"] == "float32" and data["shape"] == (3, 4)
    assert data["kind"] == "elementwise" and data["origin"] == f"{__file__}:{line}"
    operands = {graph.edges[e]["position"]: graph.nodes[e[0]]["op"] for e in graph.in_edges(mul)}
    assert operands == {0: "buffer", 1: "scalar"}
    assert nx.dag_longest_path_length(graph) >= 2


def test_graph_of_a_stored_value(device):
    y = (lg.tensor(A) * 2.5).realize()
    graph = lg.graph(y)
    assert len(graph) == 1 and graph.number_of_edges() == 0
    assert len(lg.graph(y + 1, y * 2)) == 5  # y, 1, 2, sum, product


def test_gradients_are_in_the_graph(device):
    x = lg.tensor(A, requires_grad=True)
    x.exp().sum().backward()
    ops = {data["op"] for _, data in lg.graph(x.grad).nodes(data=True)}
    assert "exp" in ops


def test_dot(device):
    graph = lg.graph((lg.tensor(A) * 2.5).sum(1))
    text = graph.dot()
    assert text.startswith("digraph") and text.rstrip().endswith("}")
    assert text.count("->") == graph.number_of_edges()
    assert text.count("label=") == len(graph)
    assert "float32[3, 4]" in text


def test_svg(device):
    graph = lg.graph((lg.tensor(A) * 2.5).sum(1) < 3)
    root = ElementTree.fromstring(graph.svg())  # well-formed, with "<" and the like escaped
    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    assert len(root.findall(f"{space}rect")) == len(graph)
    assert len(root.findall(f"{space}path")) == graph.number_of_edges()
    labels = " ".join(text.text for text in root.findall(f"{space}text"))
    assert "float32[3, 4]" in labels and "sum" in labels


# -- dumps and the ladder --------------------------------------------------------------------

PROGRAM = """\
import lazygrad as lg

x = lg.tensor([[1.0, 2.0], [3.0, 4.0]])
y = (x * 2.5).exp()
print(y.sum(1).tolist()[0] > 0)
print((x @ x).tolist())
"""


@pytest.fixture
def program(device, tmp_path):
    """Runs a small program in a fresh process with more environment variables."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")

    def run(**variables):
        environment = {
            **os.environ, "LAZYGRAD_DEVICE": str(device), "LAZYGRAD_DEBUG": "0",
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            **variables,
        }  # fmt: skip
        environment.setdefault("LAZYGRAD_DUMP", "")
        done = subprocess.run(
            [sys.executable, str(path)],
            env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout == "True\n[[7.0, 10.0], [15.0, 22.0]]\n"
        return done.stderr

    return run


def test_silent_by_default(program):
    assert program() == ""


def test_dump(program, tmp_path):
    folder = tmp_path / "deep" / "dump"
    program(LAZYGRAD_DUMP=str(folder))
    index = (folder / "index.txt").read_text(encoding="utf-8").splitlines()
    files = sorted(folder.glob("*.cl"))
    assert len(files) == len(index) >= 2
    rows = [row.split("\t") for row in index]
    assert sorted(row[0] for row in rows) == [f.name for f in files]
    for row in rows:
        source = (folder / row[0]).read_text(encoding="utf-8")
        assert source.startswith("//") and "__kernel" in source
        fields = dict(part.split("=", 1) for part in row[1:5])
        assert set(fields) == {"global", "local", "flops", "bytes"}
        assert int(fields["bytes"]) > 0
        assert "program.py:" in row[5] and "program.py:" in source


LADDER = {
    1: r"lazygrad: devices: .*Device .*\n(.*\n)*lazygrad: used from here on: ",
    2: r"plan of \d+ kernels? on .*\d+ output bytes\n.*: \d+ operations, \d+ bytes; \w+",
    3: r"\d+\.\d+ ms +\d+\.\d GB/s +\d+\.\d GFLOP/s +\w+",
    4: r"__kernel",
    5: r"%\d+ = exp\(%\d+\) : float32\[2, 2\]",
}


@pytest.mark.parametrize("level", LADDER)
def test_ladder(program, device, level):
    """Every level says what the ones below say, and one thing more."""
    told = program(LAZYGRAD_DEBUG=str(level))
    for number, pattern in LADDER.items():
        if number <= level:
            assert re.search(pattern, told), f"level {level} lacks {pattern}\n{told}"
        else:
            assert not re.search(pattern, told), f"level {level} has {pattern}\n{told}"
    assert str(device).split(":")[0] in told


def test_checked_passes(program):
    """LAZYGRAD_CHECK runs the verifiers; a sound graph passes them."""
    assert program(LAZYGRAD_CHECK="1") == ""
