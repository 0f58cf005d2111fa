"""Tensors put side by side: `cat`, `stack` and their relatives."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, int64, promote
from lazygrad.codegen.graph import Node
from lazygrad.codegen.ops import broadcast_shapes

from .errors import ShapeError, type_name, wrap_dim
from .handle import TensorBase, wrap
from .numpy_names import numpy_names

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = [
    "block_diag", "broadcast_tensors", "cartesian_prod", "cat", "concat", "concatenate",
    "concatenate_nodes", "dstack", "hstack", "meshgrid", "stack", "vstack",
]  # fmt: skip

_MOST_PARTS = 16  # of one choice: more are joined in groups, so that no kernel reads too many


def concatenate_nodes(parts: Sequence[Node], axis: int) -> Node:
    """Parts of one dtype and equal other axes, one behind the other.

    Each is padded to the full length, and a balanced tree of choices by position picks among
    them: nothing is computed on the values, so that NaN, infinities and integers stay what they
    are. Several parts of one length have one structure.
    """
    level = list(parts)
    while len(level) > 1:
        level = [
            _joined(level[i : i + _MOST_PARTS], axis) for i in range(0, len(level), _MOST_PARTS)
        ]
    return level[0]


def _joined(parts: Sequence[Node], axis: int) -> Node:
    ends: list[int] = []
    total = 0
    for part in parts:
        total += part.shape[axis]
        ends.append(total)
    lined = tuple([total if i == axis else 1 for i in range(parts[0].ndim)])
    place = ops.reshape(ops.iota(total), lined)
    # (a value, the end of its reach) each
    level = []
    for part, end in zip(parts, ends, strict=True):
        start = end - part.shape[axis]
        if part.shape[axis] < total:
            part = ops.pad(part, ((axis, total, 1),), (ops.const(start, int64),))
        level.append((part, end))
    while len(level) > 1:
        merged = []
        for i in range(0, len(level) - 1, 2):
            (left, cut), (right, end) = level[i], level[i + 1]
            mask = ops.lt(place, ops.const(cut, int64))
            merged.append((ops.where(mask, left, right), end))
        if len(level) % 2:
            merged.append(level[-1])
        level = merged
    return level[0][0]


def _listed(name: str, tensors: Any) -> "list[Tensor]":
    """The tensors of a list: at least one, all on one device."""
    found = list(tensors)
    if not found:
        raise ShapeError(f"{name}: got an empty list, expected a non-empty list of Tensors")
    for i, t in enumerate(found):
        if not isinstance(t, TensorBase):
            raise TypeError(
                f"{name}: expected Tensor as element {i} in argument 0, but got {type_name(t)}"
            )
        if t._base.device is not found[0]._base.device:
            raise RuntimeError(
                f"{name}: Expected all tensors to be on the same device, but found at least two "
                f"devices, {found[0].device} and {t.device}!"
            )
    return found


def _common_dtype(nodes: Sequence[Node]) -> DType:
    dtype = nodes[0].dtype
    for n in nodes[1:]:
        dtype = promote(dtype, n.dtype)
    return dtype


@numpy_names
def cat(tensors: Any, dim: int = 0) -> "Tensor":
    """Tensors one behind the other along `dim`; their dtypes are promoted.

    Tensors of shape (0,) are left out, as in PyTorch. Raises ShapeError (a RuntimeError) where
    other dimensions differ, ValueError for an empty list.
    """
    found = _listed("cat", tensors)
    nodes = [t._node for t in found]
    device = found[0]._base.device
    dtype = _common_dtype(nodes)
    first = next((n for n in nodes if n.shape != (0,)), nodes[0])
    if not first.shape:
        raise ShapeError("cat: zero-dimensional tensor (at position 0) cannot be concatenated")
    axis = wrap_dim("cat", dim, first.ndim)
    parts = []
    for i, n in enumerate(nodes):
        if n.shape == (0,) and first.shape != (0,):
            continue
        if (
            n.ndim != first.ndim
            or n.shape[:axis] != first.shape[:axis]
            or (n.shape[axis + 1 :] != first.shape[axis + 1 :])
        ):
            raise ShapeError(
                f"cat: Sizes of tensors must match except in dimension {axis}. Expected "
                f"{list(first.shape)} but got {list(n.shape)} for tensor number {i} in the list."
            )
        if n.shape[axis]:
            parts.append(ops.cast(n, dtype))
    if not parts:
        return wrap(ops.cast(first, dtype), device)
    return wrap(concatenate_nodes(parts, axis), device)


concat = concatenate = cat


@numpy_names
def stack(tensors: Any, dim: int = 0) -> "Tensor":
    """Tensors of one shape along a new dimension `dim`.

    Raises ShapeError (a RuntimeError) for shapes that differ, ValueError for an empty list.
    """
    found = _listed("stack", tensors)
    nodes = [t._node for t in found]
    shape = nodes[0].shape
    for i, n in enumerate(nodes):
        if n.shape != shape:
            raise ShapeError(
                f"stack expects each tensor to be equal size, but got {list(shape)} at entry 0 and "
                f"{list(n.shape)} at entry {i}"
            )
    axis = wrap_dim("stack", dim, len(shape) + 1)
    dtype = _common_dtype(nodes)
    lined = (*shape[:axis], 1, *shape[axis:])
    parts = [ops.reshape(ops.cast(n, dtype), lined) for n in nodes]
    return wrap(concatenate_nodes(parts, axis), found[0]._base.device)


def _at_least(found: "list[Tensor]", ndim: int) -> "list[Tensor]":
    """With new first dimensions; for three, a matrix gets a new last one."""
    result: list[Any] = []
    for t in found:
        while t.dim() < min(ndim, 2):
            t = t.unsqueeze(0)
        while t.dim() < ndim:
            t = t.unsqueeze(-1)
        result.append(t)
    return result


def hstack(tensors: Any) -> "Tensor":
    """Tensors side by side: along the first dimension of vectors, else the second."""
    found = _at_least(_listed("hstack", tensors), 1)
    return cat(found, 0 if found[0].dim() == 1 else 1)


def vstack(tensors: Any) -> "Tensor":
    """Tensors on top of one another; vectors are rows."""
    return cat(_at_least(_listed("vstack", tensors), 2), 0)


def dstack(tensors: Any) -> "Tensor":
    """Tensors behind one another, along the third dimension."""
    return cat(_at_least(_listed("dstack", tensors), 3), 2)


def broadcast_tensors(*tensors: TensorBase) -> "tuple[Tensor, ...]":
    """The tensors expanded, as views, to the shape that they broadcast to."""
    try:
        shape = broadcast_shapes(*[t._node.shape for t in tensors])
    except ValueError as error:
        raise ShapeError(f"broadcast_tensors: {error}") from None
    given: Any = tensors
    return tuple([t.expand(shape) for t in given])


def meshgrid(*tensors: Any, indexing: str = "ij") -> "tuple[Tensor, ...]":
    """Vectors as the coordinates of a grid: one tensor each, all of the grid's shape.

    `indexing`: "ij", or "xy" with the first two dimensions exchanged. Raises RuntimeError for
    another one and for tensors of more than one dimension.
    """
    given = (
        list(tensors[0])
        if len(tensors) == 1 and not isinstance(tensors[0], TensorBase)
        else (list(tensors))
    )
    if indexing not in ("ij", "xy"):
        raise RuntimeError(
            f'meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}'
        )
    found = _listed("meshgrid", given)
    if any(t.dim() > 1 for t in found):
        raise RuntimeError(
            "meshgrid: Expected 0D or 1D tensor in the tensor list but got: "
            f"{[list(t.shape) for t in found]}"
        )
    swapped = indexing == "xy" and len(found) > 1
    shape = tuple([t._node.size for t in found])
    grid = []
    for i, t in enumerate(found):
        lined: Any = t.reshape(tuple([n if i == d else 1 for d, n in enumerate(shape)]))
        whole = lined.expand(shape)
        grid.append(whole.transpose(0, 1) if swapped else whole)
    return tuple(grid)


def cartesian_prod(*tensors: Any) -> "Tensor":
    """All choices of one element from each vector, one a row; of one vector that itself."""
    if len(tensors) == 1:
        return tensors[0]  # type: ignore[no-any-return]
    grid: list[Any] = list(meshgrid(*tensors))
    return stack([g.reshape(-1) for g in grid], 1)


def block_diag(*tensors: Any) -> "Tensor":
    """Matrices along the diagonal of a larger one, zeros elsewhere; vectors count as rows."""
    found = _at_least(_listed("block_diag", tensors), 2)
    nodes = [t._node for t in found]
    if any(n.ndim > 2 for n in nodes):
        raise ShapeError(
            f"block_diag: got shapes {[list(n.shape) for n in nodes]}, expected at most 2 "
            "dimensions"
        )
    dtype = _common_dtype(nodes)
    width = sum(n.shape[1] for n in nodes)
    rows, start = [], 0
    for n in nodes:
        after = width - start - n.shape[1]
        rows.append(ops.pad_around(ops.cast(n, dtype), [(0, 0), (start, after)]))
        start += n.shape[1]
    return wrap(concatenate_nodes(rows, 0), found[0]._base.device)
