"""Winograd's minimal filtering: 3 x 3 convolutions in fewer multiplications.

Tiles of m x m results come from (m+2) x (m+2) products instead of 9 m x m: y = A'((G w G') * (B' x
B))A, for each pair of channels. Summed over channels, the products are a batch of contractions,
one for each place of a tile. Here this is a rewrite of the graph: a contraction over windows
becomes linear maps of tiles and of filters, the batch, and a linear map back. The gradient of the
input is such a contraction; that of the filters is the same with the maps' transposes.
(Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016.)
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import ops
from .dtype import float32, int64
from .graph import Node, node, toposort
from .index import Ix, Var
from .limits import Limits
from .reduction import Matrix, contract_shape
from .window_rules import only_ones_change
from .winograd_cost import SLOTS, Planes, tile_of

__all__ = ["tiled_convolutions"]


@dataclass(frozen=True, slots=True)
class Maps:
    """F(m, 3): `data` is B', `filter` G, `result` A'."""

    data: Matrix
    filter: Matrix
    result: Matrix


MAPS = {
    2: Maps(
        ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1)),
        ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1)),
        ((1, 1, 1, 0), (0, 1, -1, -1)),
    ),
    4: Maps(
        ((4, 0, -5, 0, 1, 0), (0, -4, -4, 1, 1, 0), (0, 4, -4, -1, 1, 0),
         (0, -2, -1, 2, 1, 0), (0, 2, -1, -2, 1, 0), (0, 4, 0, -5, 0, 1)),
        ((1 / 4, 0, 0), (-1 / 6, -1 / 6, -1 / 6), (-1 / 6, 1 / 6, -1 / 6),
         (1 / 24, 1 / 12, 1 / 6), (1 / 24, -1 / 12, 1 / 6), (0, 0, 1)),
        ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1)),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of an image that windows move along: place + slot + `start`, or `start` - slot."""

    dim: int  # of the image
    place: int  # the operand's dimensions
    slot: int
    start: int
    turned: bool


def tiled_convolutions(outputs: Sequence[Node], limits: Limits) -> list[Node]:
    """The outputs, with convolutions by tiles where that pays."""
    new: dict[Node, Node] = {}
    for old in toposort(outputs):
        src = tuple([new[s] for s in old.src])
        current = old if src == old.src else node(old.op, src, old.arg)
        if current.op.name == "contract" and current.dtype is float32:
            current = _tiled(current, limits) or current
        current.origin = current.origin or old.origin
        new[old] = current
    return [new[n] for n in outputs]


def _tiled(n: Node, limits: Limits) -> Node | None:
    lhs, rhs, _out = n.arg
    a, b = n.src
    for images, labels, other, other_labels in ((a, lhs, b, rhs), (b, rhs, a, lhs)):
        found = _windows(images)
        if found is None:
            continue
        conv = _Convolution(n, *found, labels, other, other_labels)
        of_images = conv.sums(conv.slots) and conv.spreads(conv.places)
        of_filters = conv.sums(conv.places) and conv.spreads(conv.slots)
        m = tile_of(conv.planes(), limits) if of_images or of_filters else 0
        if m:
            return conv.of_images(m) if of_images else conv.of_filters(m)
    return None


def _windows(n: Node) -> tuple[Node, list[Axis], list[int | None]] | None:
    """The image below two windows of 3, its windowed axes, and of each other one the operand's
    dimension, None where that has none because it is 1."""
    # of a variable, two values at least: each dimension keeps its own
    index = [Ix.of(Var(f"x{d}", 0, max(1, m - 1))) for d, m in enumerate(n.shape)]
    number = {ix.terms[0][0]: d for d, ix in enumerate(index)}
    slots: list[int] = []
    x = n
    while x.op.name in ("window", "flip", "slice", "permute") or only_ones_change(x):
        if x.op.name == "window":
            slots += [number[atom] for atom, _ in index[-1].terms]
        below = _index_below(x, index)
        if below is None:
            return None
        x, index = x.src[0], below
    axes: list[Axis] = []
    kept: list[int | None] = []
    for dim, at in enumerate(index):
        factors = {number[atom]: c for atom, c in at.terms}
        slot = [d for d in factors if d in slots]
        place = [d for d in factors if d not in slots]
        if not factors and x.shape[dim] == 1:
            kept.append(None)
            continue
        if any(factors[d] != 1 for d in place) or len(place) != 1 or len(slot) > 1:
            return None
        if slot:
            axes.append(Axis(dim, place[0], slot[0], at.const, factors[slot[0]] < 0))
        elif at.const == 0 and x.shape[dim] == n.shape[place[0]]:
            kept.append(place[0])
        else:
            return None
    seen = 2 * len(axes) + sum(d is not None for d in kept)
    return (x, axes, kept) if len(axes) == 2 and seen == len(n.shape) else None


def _index_below(x: Node, index: list[Ix]) -> list[Ix] | None:
    """Which element of a view's operand is that at an index; None for windows of another kind."""
    at = list(index)
    if x.op.name == "window":
        axis, *rest = x.arg
        at[axis] = at[axis] + at.pop()
        return at if rest == [SLOTS, 1, 1] else None
    if x.op.name == "flip":
        for axis in x.arg:
            at[axis] = Ix(x.shape[axis] - 1) - at[axis]
    elif x.op.name == "slice":
        for (axis, _, step), start in zip(x.arg, x.src[1:], strict=True):
            if start.op.name != "const":
                return None
            at[axis] = at[axis] * step + int(ops.const_value(start))
    elif x.op.name == "reshape":
        left = iter([i for i, m in zip(at, x.shape, strict=True) if m != 1])
        at = [next(left) if m != 1 else Ix() for m in x.src[0].shape]
    else:
        at = [index[x.arg.index(d)] for d in range(len(index))]
    return at


class _Convolution:
    """A contraction `n` over windows of `image`."""

    def __init__(
        self, n: Node, image: Node, axes: list[Axis], kept: list[int | None],
        labels: tuple[int, ...], other: Node, other_labels: tuple[int, ...],
    ) -> None:  # fmt: skip
        self.image, self.axes, self.other, self.other_labels = image, axes, other, other_labels
        self.out = n.arg[2]
        self.sizes = contract_shape(n.src[0], n.src[1], n.arg)
        self.kept = [labels[d] for d in kept if d is not None]
        self.gone = [k for k, d in enumerate(kept) if d is None]
        self.places = [labels[axis.place] for axis in axes]
        self.slots = [labels[axis.slot] for axis in axes]
        top = 1 + max(self.sizes)
        self.parts = [top, top + 1]  # labels of the products' places in a tile

    def sums(self, labels: list[int]) -> bool:
        """Whether these are contracted."""
        return all(k in self.other_labels and k not in self.out for k in labels)

    def spreads(self, labels: list[int]) -> bool:
        """Whether these are of the image alone."""
        return all(k in self.out and k not in self.other_labels for k in labels)

    def planes(self) -> Planes:
        def count(labels: Iterable[int]) -> int:
            flat = {*self.places, *self.slots}
            return math.prod(self.sizes[k] for k in labels if k not in flat)

        images, other, results = count(self.kept), count(self.other_labels), count(self.out)
        of_filters = self.places[0] in self.other_labels
        filters, results = (results, other) if of_filters else (other, results)
        height, width = (self.sizes[k] for k in self.places)
        return Planes(images, filters, results, count(self.sizes), (height, width))

    def of_images(self, m: int) -> Node:
        """The convolution of an image, or the gradient of one."""
        maps = MAPS[m]
        rest = [k for k in self.other_labels if k not in self.slots]
        batch = [k for k in rest if k in self.kept and k in self.out]
        summed = [k for k in rest if k not in self.out]
        rows = [k for k in rest if k in self.out and k not in batch]
        columns = [k for k in self.kept if k not in rest]
        order = [*self.slots, *batch, *rows, *summed]
        filters = ops.permute(self.other, tuple(self.other_labels.index(k) for k in order))
        turned = tuple(d for d, axis in enumerate(self.axes) if axis.turned)
        filters = _both(ops.flip(filters, turned), maps.filter)
        tiles = self._image_tiles(m, [*batch, *summed, *columns])
        found = [*batch, *rows, *columns, *self.places]
        products = ops.contract(
            filters, tiles, (*self.parts, *batch, *rows, *summed),
            (*self.parts, *batch, *summed, *columns, *self.places), (*self.parts, *found),
        )  # fmt: skip
        return self._whole(_both(products, maps.result), found, m)

    def of_filters(self, m: int) -> Node:
        """The gradient of the filters: `other` is that of the result."""
        maps = MAPS[m]
        rest = [k for k in self.other_labels if k not in self.places]
        batch = [k for k in rest if k in self.kept and k in self.out]
        summed = [k for k in self.kept if k not in self.out]
        rows = [k for k in rest if k in self.out and k not in batch]
        columns = [k for k in self.kept if k in self.out and k not in batch]
        x = self.other
        shape: list[int] = []
        for axis, k in enumerate(self.other_labels):
            if k in self.places:
                tiles = -(-self.sizes[k] // m)
                x = _region(x, axis, 0, tiles * m)
                shape += [tiles, m]
            else:
                shape.append(x.shape[axis])
        dims: dict[object, int] = {}
        for k in self.other_labels:
            dims[k] = len(dims)
            if k in self.places:
                dims["part", k] = len(dims)
        split = ops.reshape(x, tuple(shape))
        order = [*[("part", k) for k in self.places], *batch, *rows, *summed, *self.places]
        results = ops.permute(split, tuple(dims[k] for k in order))
        results = _both(results, _transposed(maps.result))
        products = ops.contract(
            results, self._image_tiles(m, [*batch, *columns, *summed]),
            (*self.parts, *batch, *rows, *summed, *self.places),
            (*self.parts, *batch, *columns, *summed, *self.places),
            (*self.parts, *batch, *rows, *columns),
        )  # fmt: skip
        filters = _both(products, _transposed(maps.filter))
        turned = tuple(d for d, axis in enumerate(self.axes) if axis.turned)
        found = [*self.slots, *batch, *rows, *columns]
        return ops.permute(ops.flip(filters, turned), tuple(found.index(k) for k in self.out))

    def _image_tiles(self, m: int, order: list[int]) -> Node:
        """Tiles of the image, mapped: parts of a tile, `order`, tiles."""
        x = self.image
        for axis, place in zip(self.axes, self.places, strict=True):
            start = axis.start - (SLOTS - 1 if axis.turned else 0)
            x = _region(x, axis.dim, start, -(-self.sizes[place] // m) * m + SLOTS - 1)
        for axis in self.axes:
            x = ops.window(x, axis.dim, m + SLOTS - 1, m)
        last = len(x.shape) - 1
        moved = [axis.dim for axis in self.axes]
        others = [d for d in range(last - 1) if d not in moved]
        ones = [others[k] for k in self.gone]
        others = [d for d in others if d not in ones]
        dims = [others[self.kept.index(k)] for k in order]
        mapped = _both(
            ops.permute(x, (*ones, last - 1, last, *dims, *moved)), MAPS[m].data, len(ones)
        )
        return ops.reshape(mapped, mapped.shape[len(ones) :])

    def _whole(self, x: Node, found: list[int], m: int) -> Node:
        """Tiles side by side, without what goes beyond the result."""
        order: list[int] = []
        shape: list[int] = []
        for k in self.out:
            order.append(2 + found.index(k))
            shape.append(self.sizes[k])
            if k in self.places:
                order.append(self.places.index(k))
                shape[-1] = -(-self.sizes[k] // m) * m
        x = ops.reshape(ops.permute(x, tuple(order)), tuple(shape))
        for axis, k in enumerate(self.out):
            x = ops.slice_at(x, axis, 0, self.sizes[k])
        return x


def _transposed(matrix: Matrix) -> Matrix:
    return tuple(zip(*matrix, strict=True))


def _both(x: Node, matrix: Matrix, first: int = 0) -> Node:
    """The map along two axes."""
    return ops.linear(ops.linear(x, first + 1, matrix), first, matrix)


def _region(x: Node, axis: int, start: int, length: int) -> Node:
    """`length` places from `start` on, zeros beyond the end."""
    if start == 0 and length == x.shape[axis]:
        return x
    if x.op.name == "pad" and x.arg[1] == 0:
        axes, _ = x.arg
        where = [k for k, (dim, _, step) in enumerate(axes) if dim == axis and step == 1]
        if where and x.src[1 + where[0]].op.name == "const":
            k = where[0]
            before = int(ops.const_value(x.src[1 + k])) - start
            if 0 <= before <= length - x.src[0].shape[axis]:
                moved = (*axes[:k], (axis, length, 1), *axes[k + 1 :])
                starts = [*x.src[1:]]
                starts[k] = ops.const(before, int64)
                return ops.pad(x.src[0], moved, starts)
    there = min(length, x.shape[axis] - start)
    return ops.pad_around(
        ops.slice_at(x, axis, start, there),
        [(0, length - there if d == axis else 0) for d in range(len(x.shape))],
    )
