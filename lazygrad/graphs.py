"""The array graph as a networkx graph, as DOT text and as a drawing."""

from html import escape

import networkx as nx

from lazygrad.codegen import ops
from lazygrad.codegen.graph import Node, toposort

from .handle import TensorBase, check_tensor
from .pending import stored

__all__ = ["Graph", "graph"]

_WIDTH, _HEIGHT, _GAP = 170, 34, 26
_COLOURS = {
    "leaf": "#dbe9ff", "elementwise": "#fff4d6", "view": "#eeeeee", "reduce": "#ffe0d6",
    "contract": "#ffd0d0", "index": "#e4f7df", "scan": "#e4f7df", "sort": "#e4f7df",
    "marker": "#f3e4ff",
}  # fmt: skip


class Graph(nx.DiGraph):  # type: ignore[misc]  # networkx bears no types
    """Nodes 0, 1, ... with `op`, `kind`, `dtype`, `shape`, `label` and `origin` ("file:line" or
    None); an edge runs from an operand to its user and bears the `position` of the operand."""

    def dot(self) -> str:
        """The graph in Graphviz's language."""
        lines = ["digraph lazygrad {", "  node [shape=box, style=filled, fontname=monospace];"]
        for n, data in self.nodes(data=True):
            label = data["label"].replace('"', "'")
            lines.append(f'  {n} [label="{label}", fillcolor="{_COLOURS[data["kind"]]}"];')
        lines += [f"  {a} -> {b};" for a, b in self.edges]
        return "\n".join([*lines, "}"]) + "\n"

    def svg(self) -> str:
        """A drawing, operands above users: SVG text that a browser shows."""
        place: dict[int, tuple[int, int]] = {}
        widest = depth = 0
        for depth, row in enumerate(nx.topological_generations(self)):
            for column, n in enumerate(sorted(row)):
                place[n] = (column * (_WIDTH + _GAP) + _GAP, depth * (_HEIGHT + 2 * _GAP) + _GAP)
            widest = max(widest, len(row))
        width = widest * (_WIDTH + _GAP) + _GAP
        height = (depth + 1) * (_HEIGHT + 2 * _GAP)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            'font-family="monospace" font-size="11">'
        ]
        for a, b in self.edges:
            (ax, ay), (bx, by) = place[a], place[b]
            half = _WIDTH // 2
            parts.append(
                f'<path d="M{ax + half} {ay + _HEIGHT} C{ax + half} {ay + _HEIGHT + _GAP} '
                f'{bx + half} {by - _GAP} {bx + half} {by}" fill="none" stroke="#999"/>'
            )
        for n, data in self.nodes(data=True):
            x, y = place[n]
            parts.append(
                f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="4" '
                f'fill="{_COLOURS[data["kind"]]}" stroke="#666"/>'
                f'<text x="{x + 8}" y="{y + 21}">{escape(data["label"])}</text>'
            )
        return "\n".join([*parts, "</svg>"]) + "\n"


def _label(n: Node) -> str:
    name = n.op.name
    if name == "const":
        name = f"{ops.const_value(n):g}"
    elif name == "scalar":
        name = f"scalar {n.arg.value:g}"
    return f"{name} {n.dtype.name}{list(n.shape)}"


def graph(*tensors: TensorBase) -> Graph:
    """The pending graph of tensors, down to what is stored already.

    Returns: a `Graph` (a `networkx.DiGraph`) with `.dot()` and `.svg()`.
    """
    for place, t in enumerate(tensors):
        check_tensor("graph", t, "tensors", place + 1)
    found = Graph()
    order = toposort([t._node for t in tensors], stored)
    number = {n: i for i, n in enumerate(order)}
    for n, i in number.items():
        origin = None if n.origin is None else f"{n.origin[0].co_filename}:{n.origin[1]}"
        found.add_node(
            i, op=n.op.name, kind=n.op.kind, dtype=n.dtype.name, shape=n.shape,
            label=_label(n), origin=origin,
        )  # fmt: skip
        if not stored(n):
            for position, s in enumerate(n.src):
                found.add_edge(number[s], i, position=position)
    return found
