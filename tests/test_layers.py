"""Who may import whom: lazygrad stands on codegen and on runtime, which do not know each other."""

import ast
import graphlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent

# package -> its folder in a checkout
FOLDERS = {"lazygrad": "lazygrad", "lazygrad.codegen": "codegen", "lazygrad.runtime": "runtime"}

# the files where the two legs meet, or that stand for one of them
JOINTS = {
    "lazygrad.arguments",
    "lazygrad.bad_indices",
    "lazygrad.autograd",
    "lazygrad.placement",
    "lazygrad.execution",
    "lazygrad.inspection",
    "lazygrad.pending",
    "lazygrad.realize",
    "lazygrad.recompute",
    "lazygrad.schedules",
    "lazygrad.tuning",
    "lazygrad.tuning_database",
    "lazygrad.tuning_search",
}
# rooms above everything, which nothing below needs: they try out all of it
ABOVE = ("lazygrad.__main__", "lazygrad.check", "lazygrad.fuzz")
# what all of lazygrad may use: building a graph, not compiling or running it
VOCABULARY = {"lazygrad.codegen.ops", "lazygrad.codegen.dtype", "lazygrad.codegen.graph"}

OUTSIDE = {
    "lazygrad.codegen": {"numpy"},
    "lazygrad.runtime": {"numpy", "pyopencl"},
    "lazygrad": {"numpy", "networkx", "safetensors"},
}


@dataclass(frozen=True)
class Import:
    """One imported module of one file, as written and as meant."""

    importer: str
    target: str
    relative: bool
    at_import: bool  # runs when the module is loaded
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.importer} imports {self.target}"


def find_modules(root: Path) -> dict[str, Path]:
    """Module name -> file, of the three folders."""
    found = {}
    for package, folder in FOLDERS.items():
        for path in sorted((root / folder).rglob("*.py")):
            parts = path.relative_to(root / folder).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            found[".".join((package, *parts))] = path
    return found


def _statements(tree: ast.Module) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """Every import of a file, and whether it runs when the file is loaded."""
    stack: list[tuple[ast.AST, bool]] = [(tree, True)]
    while stack:
        node, runs = stack.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, runs
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            runs = False
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            stack += [(child, False) for child in node.body]
            stack += [(child, runs) for child in node.orelse]
        else:
            stack += [(child, runs) for child in ast.iter_child_nodes(node)]


def _targets(node: ast.Import | ast.ImportFrom, package: str, known: set[str]) -> list[str]:
    """The modules that a statement loads; of `from a import b` that is a.b where it is one."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, base] if base else above)
    inside = [f"{base}.{alias.name}" for alias in node.names]
    return [name if name in known else base for name in inside]


def find_imports(root: Path) -> list[Import]:
    """Every import of the three folders."""
    modules = find_modules(root)
    found = []
    for module, path in modules.items():
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for node, runs in _statements(ast.parse(path.read_text(encoding="utf-8"))):
            relative = isinstance(node, ast.ImportFrom) and node.level > 0
            where = f"{path.relative_to(root)}:{node.lineno}"
            for target in _targets(node, package, set(modules)):
                found.append(Import(module, target, relative, runs, where))
    return found


def part(module: str) -> str:
    """The package of `FOLDERS` that a module belongs to; a foreign one's first name."""
    for package in sorted(FOLDERS, key=len, reverse=True):
        if module == package or module.startswith(package + "."):
            return package
    return module.partition(".")[0]


def above(module: str) -> bool:
    """Whether a module stands in a room of `ABOVE`."""
    return any(module == room or module.startswith(room + ".") for room in ABOVE)


def misplaced(found: list[Import]) -> list[str]:
    """Imports that reach where their part may not reach."""
    wrong = []
    for one in found:
        source, target = part(one.importer), part(one.target)
        own = target == source
        if target not in FOLDERS:
            own = target in sys.stdlib_module_names or target in OUTSIDE[source]
        elif source == "lazygrad" and not own:
            own = one.importer in JOINTS or one.target in VOCABULARY or above(one.importer)
        elif above(one.target):
            own = above(one.importer)
        if not own:
            wrong.append(str(one))
    return wrong


def absolute_inside(root: Path, found: list[Import]) -> list[str]:
    """Absolute imports of a file that stands in the same folder."""
    modules = find_modules(root)
    return [
        str(one)
        for one in found
        if not one.relative
        and one.target in modules
        and modules[one.target].parent == modules[one.importer].parent
    ]


def cycle(root: Path, found: list[Import]) -> list[str]:
    """One ring of modules that need each other while they load, or nothing."""
    needs: dict[str, set[str]] = {module: set() for module in find_modules(root)}
    for one in found:
        if one.at_import and one.target in needs:
            needs[one.importer].add(one.target)
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_each_part_imports_only_what_stands_below_it() -> None:
    assert misplaced(find_imports(ROOT)) == []


def test_imports_inside_a_folder_are_relative() -> None:
    assert absolute_inside(ROOT, find_imports(ROOT)) == []


def test_no_modules_need_each_other_while_they_load() -> None:
    assert cycle(ROOT, find_imports(ROOT)) == []


def test_joints_and_vocabulary_exist() -> None:
    assert set(find_modules(ROOT)) >= JOINTS | VOCABULARY


def test_faults_are_found(tmp_path: Path) -> None:
    files = {
        "lazygrad/__init__.py": "",
        "lazygrad/tensor.py": "import pyopencl\nfrom lazygrad import view, runtime\n",
        "lazygrad/view.py": "from .tensor import Tensor\nfrom lazygrad.codegen import graph\n",
        "lazygrad/realize.py": "from lazygrad import runtime\nfrom lazygrad.codegen import lower\n",
        "codegen/__init__.py": "",
        "codegen/graph.py": "if TYPE_CHECKING:\n    from .lower import lower\n",
        "codegen/lower.py": "import math, networkx\nfrom . import graph\n",
        "runtime/__init__.py": "def load():\n    from lazygrad.codegen import graph\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = find_imports(tmp_path)
    assert sorted(misplaced(found)) == [
        "codegen/lower.py:1: lazygrad.codegen.lower imports networkx",
        "lazygrad/tensor.py:1: lazygrad.tensor imports pyopencl",
        "lazygrad/tensor.py:2: lazygrad.tensor imports lazygrad.runtime",
        "runtime/__init__.py:2: lazygrad.runtime imports lazygrad.codegen.graph",
    ]
    assert absolute_inside(tmp_path, found) == [
        "lazygrad/tensor.py:2: lazygrad.tensor imports lazygrad.view"
    ]
    assert set(cycle(tmp_path, found)) == {"lazygrad.tensor", "lazygrad.view"}
