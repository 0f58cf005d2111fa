"""Matrix products and their relatives: contractions by labels, so that no operand is copied."""

import math
import numbers
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import bool_, int64
from lazygrad.codegen.graph import Node
from lazygrad.codegen.ops import broadcast_shapes

from .einsum import contract_labels, einsum_node, parse_equation
from .errors import ShapeError, is_foreign, shown, wrap_dim
from .handle import TensorBase, check_tensor, wrap
from .promotion import Number, binary_operands, broadcast_error, scalar_operand

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["LinearAlgebraMethods", "einsum", "tensordot"]


def _pair(name: str, a: TensorBase, b: Any) -> tuple[Node, Node]:
    """The nodes of two factors: on one device and of one dtype, or an error says so."""
    if not isinstance(b, TensorBase):
        raise TypeError(f"{name}: got a factor of type {type(b).__name__}, expected a Tensor")
    x, y = a._node, b._node
    if x.dtype is not y.dtype:
        raise RuntimeError(
            f"{name}: expected m1 and m2 to have the same dtype, but got: {x.dtype.name} != "
            f"{y.dtype.name}\nConvert one of them: b.to(a.dtype)."
        )
    if x.dtype is bool_:
        raise RuntimeError(
            f"{name}: not implemented for 'Bool': got bool factors\nConvert them: x.to(lg.int64)."
        )
    if a._base.device is not b._base.device:
        raise RuntimeError(
            f"{name}: Expected all tensors to be on the same device, but found at least two "
            f"devices, {a.device} and {b.device}!\nWrite b.to(a.device)."
        )
    return x, y


def _misfit(name: str, a: Node, b: Node, expected: str) -> ShapeError:
    return ShapeError(
        f"{name}: got shapes {list(a.shape)} and {list(b.shape)}, expected {expected}"
    )


def _matmul(a: Node, b: Node) -> Node:
    """`torch.matmul`'s rules: dot, matrix and vector, batches that broadcast."""
    p, q = len(a.shape), len(b.shape)
    if not p or not q:
        raise _misfit("matmul", a, b, "both arguments to have at least 1 dimension")
    if a.shape[-1] != b.shape[-2 if q > 1 else 0]:
        rows = math.prod(a.shape[:-1])
        raise _misfit(
            "matmul", a, b,
            f"the last dimension of one to be the {'last but one' if q > 1 else 'only one'} of the "
            f"other: mat1 and mat2 shapes cannot be multiplied ({rows}x{a.shape[-1]} and "
            f"{b.shape[-2] if q > 1 else b.shape[0]}x{b.shape[-1] if q > 1 else 1})",
        )  # fmt: skip
    lead_a, lead_b = a.shape[:-2], b.shape[:-2]
    if lead_a == lead_b and p > 1 and q > 1:
        return ops.matmul(a, b)
    try:
        lead = broadcast_shapes(lead_a, lead_b)
    except ValueError:
        raise _misfit("matmul", a, b, "leading dimensions that broadcast") from None
    count = len(lead)
    m, k, n = count, count + 1, count + 2
    a, lhs = _with_batches(a, lead, p - 2)
    b, rhs = _with_batches(b, lead, q - 2)
    left = (*lhs, m, k) if p > 1 else (k,)
    right = (*rhs, k, n) if q > 1 else (k,)
    present = [i for i in range(count) if i in lhs or i in rhs]
    out = (*present, *([m] if p > 1 else []), *([n] if q > 1 else []))
    node = ops.contract(a, b, left, right, tuple(out))
    if len(present) < count:  # dimensions of size 1 in both
        tail = node.shape[len(present) :]
        node = ops.reshape(node, (*lead, *tail))
    return node


def _with_batches(x: Node, lead: Sequence[int], own: int) -> tuple[Node, tuple[int, ...]]:
    """A factor without its leading dimensions of size 1, and the labels of the others."""
    if own <= 0:
        return x, ()
    first = len(lead) - own
    kept = [i for i in range(own) if x.shape[i] != 1]
    if len(kept) < own:
        x = ops.reshape(x, (*[x.shape[i] for i in kept], *x.shape[own:]))
    return x, tuple([first + i for i in kept])


def einsum(equation: str, *operands: Any) -> "Tensor":
    """The sum of products that `equation` writes with a letter for each dimension.

    As `torch.einsum`: "ij,jk->ik", an ellipsis for leading dimensions, a letter twice in an
    operand for its diagonal, no "->" for letters in alphabetical order. Several operands are taken
    from left to right.

    Raises ShapeError (a RuntimeError): sizes or dimensions that do not fit the equation.
    """
    given: Any = operands
    if len(given) == 1 and isinstance(given[0], (list, tuple)):
        given = given[0]
    if not given or not all(isinstance(x, TensorBase) for x in given):
        raise TypeError(
            f"einsum: got {[type(x).__name__ for x in given]}, expected an equation and tensors"
        )
    nodes = [given[0]._node]
    for x in given[1:]:
        nodes.append(_pair("einsum", given[0], x)[1])
    labels, out = parse_equation(equation, [n.ndim for n in nodes])
    return wrap(einsum_node(labels, nodes, out), given[0]._base.device)


def tensordot(a: TensorBase, b: TensorBase, dims: Any = 2) -> "Tensor":
    """The sum over pairs of dimensions, the last of `a` with the first of `b`, or those listed.

    `dims`: a number of them, or two lists. Raises ShapeError where their sizes differ.
    """
    x, y = _pair("tensordot", a, b)
    if isinstance(dims, numbers.Integral):
        count = int(dims)
        if not 0 <= count <= min(x.ndim, y.ndim):
            raise _misfit("tensordot", x, y, f"at least {dims} dimensions, or fewer dims")
        left, right = list(range(x.ndim - count, x.ndim)), list(range(count))
    else:
        first, second = [list(d) if isinstance(d, (list, tuple)) else [d] for d in dims]
        left = [wrap_dim("tensordot", d, x.ndim) for d in first]
        right = [wrap_dim("tensordot", d, y.ndim) for d in second]
    if len(left) != len(right) or any(
        x.shape[i] != y.shape[j] for i, j in zip(left, right, strict=True)
    ):
        raise _misfit("tensordot", x, y, f"the same sizes in dimensions {left} and {right}")
    lhs = list(range(x.ndim))
    rhs = [x.ndim + i for i in range(y.ndim)]
    for i, j in zip(left, right, strict=True):
        rhs[j] = lhs[i]
    out = [k for k in lhs if lhs.index(k) not in left]
    out += [k for j, k in enumerate(rhs) if j not in right]
    return a._wrap(contract_labels(x, y, tuple(lhs), tuple(rhs), tuple(out)))


class LinearAlgebraMethods(TensorBase):
    """Products. Factors need one dtype, as in PyTorch; nothing is promoted."""

    def __matmul__(self, other: Any) -> "Tensor":
        if isinstance(other, np.ndarray):  # NumPy would take over, and leave the graph
            raise TypeError(
                f"matmul: got {shown(other)}, expected a Tensor; write lg.tensor(array)"
            )
        if not isinstance(other, TensorBase):
            if is_foreign(other):
                check_tensor("matmul", other, "other", 2)
            return NotImplemented
        return self._wrap(_matmul(*_pair("matmul", self, other)))

    def matmul(self, other: "Tensor") -> "Tensor":
        """The matrix product: of vectors their dot product, of batches one product each.

        `(..., m, k)` times `(..., k, n)` is `(..., m, n)`; leading dimensions broadcast.

        Raises ShapeError for shapes that do not fit, RuntimeError for two dtypes.
        """
        return self._wrap(_matmul(*_pair("matmul", self, other)))

    def mm(self, mat2: "Tensor") -> "Tensor":
        """The product of two matrices."""
        a, b = _pair("mm", self, mat2)
        if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
            raise _misfit(
                "mm", a, b, "matrices (m, k) and (k, n); mat1 and mat2 shapes cannot be multiplied"
            )
        return self._wrap(ops.matmul(a, b))

    def bmm(self, mat2: "Tensor") -> "Tensor":
        """The products of two batches of matrices, `(b, m, k)` and `(b, k, n)`."""
        a, b = _pair("bmm", self, mat2)
        if a.ndim != 3 or b.ndim != 3 or a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
            raise _misfit("bmm", a, b, "batches (b, m, k) and (b, k, n); batch must be a 3D tensor")
        return self._wrap(ops.matmul(a, b))

    def mv(self, vec: "Tensor") -> "Tensor":
        """A matrix times a vector."""
        a, b = _pair("mv", self, vec)
        if a.ndim != 2 or b.ndim != 1 or a.shape[1] != b.shape[0]:
            raise _misfit("mv", a, b, "a matrix (m, k) and a vector (k)")
        return self._wrap(_matmul(a, b))

    def dot(self, tensor: "Tensor") -> "Tensor":
        """The sum of products of two vectors."""
        a, b = _pair("dot", self, tensor)
        if a.ndim != 1 or b.ndim != 1 or a.shape != b.shape:
            raise _misfit("dot", a, b, "1D tensors with the same number of elements")
        return self._wrap(_matmul(a, b))

    def inner(self, other: "Tensor") -> "Tensor":
        """Sums of products over the last dimension of both."""
        a, b = _pair("inner", self, other)
        if not a.ndim or not b.ndim:
            return self._wrap(ops.mul(a, b))
        if a.shape[-1] != b.shape[-1]:
            raise _misfit("inner", a, b, "the same last dimension")
        return tensordot(self, other, ([-1], [-1]))

    def outer(self, vec2: "Tensor") -> "Tensor":
        """All products of the elements of two vectors, `(n, m)`; dtypes are promoted."""
        a, b, _ = binary_operands(self, vec2, "outer")
        if a.ndim != 1 or b.ndim != 1:
            raise _misfit("outer", a, b, "two 1-D tensors")
        return self._wrap(ops.mul(ops.reshape(a, (a.shape[0], 1)), b))

    ger = outer

    def trace(self) -> "Tensor":
        """The sum of the diagonal of a matrix; of integers in int64."""
        node = self._node
        if node.ndim != 2:
            raise ShapeError(f"trace: got shape {list(node.shape)}, expected a matrix")
        if node.dtype.kind != "f":
            node = ops.cast(node, int64)
        side = min(node.shape)
        square = ops.slice_at(ops.slice_at(node, 0, 0, side), 1, 0, side)
        return self._wrap(einsum_node([(0, 0)], [square], ()))

    def addmm(
        self, mat1: "Tensor", mat2: "Tensor", *, beta: Number = 1, alpha: Number = 1
    ) -> "Tensor":
        """`beta * self + alpha * (mat1 @ mat2)`; this tensor broadcasts."""
        a, b = _pair("addmm", mat1, mat2)
        if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[0]:
            raise _misfit("addmm", a, b, "matrices; mat1 and mat2 shapes cannot be multiplied")
        return self._added("addmm", mat1, ops.matmul(a, b), beta, alpha)

    def addmv(
        self, mat: "Tensor", vec: "Tensor", *, beta: Number = 1, alpha: Number = 1
    ) -> "Tensor":
        """`beta * self + alpha * (mat @ vec)`."""
        a, b = _pair("addmv", mat, vec)
        return self._added("addmv", mat, _matmul(a, b), beta, alpha)

    def addr(
        self, vec1: "Tensor", vec2: "Tensor", *, beta: Number = 1, alpha: Number = 1
    ) -> "Tensor":
        """`beta * self + alpha * outer(vec1, vec2)`."""
        product = vec1.outer(vec2)
        return self._added("addr", product, product._node, beta, alpha)

    def baddbmm(
        self, batch1: "Tensor", batch2: "Tensor", *, beta: Number = 1, alpha: Number = 1
    ) -> "Tensor":
        """`beta * self + alpha * batch1.bmm(batch2)`; this tensor broadcasts."""
        product = batch1.bmm(batch2)
        return self._added("baddbmm", product, product._node, beta, alpha)

    def addbmm(
        self, batch1: "Tensor", batch2: "Tensor", *, beta: Number = 1, alpha: Number = 1
    ) -> "Tensor":
        """`beta * self + alpha * batch1.bmm(batch2).sum(0)`."""
        a, b = _pair("addbmm", batch1, batch2)
        if a.ndim != 3 or b.ndim != 3 or a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
            raise _misfit("addbmm", a, b, "batches (b, m, k) and (b, k, n)")
        product = ops.contract(a, b, (0, 1, 2), (0, 2, 3), (1, 3))
        return self._added("addbmm", batch1, product, beta, alpha)

    def _added(
        self, name: str, factor: TensorBase, product: Node, beta: Number, alpha: Number
    ) -> "Tensor":
        node = self._node
        if node.dtype is not product.dtype:
            raise RuntimeError(
                f"{name}: self and mat2 must have the same dtype, but got {node.dtype.name} and "
                f"{product.dtype.name}\nConvert one of them: x.to(dtype)."
            )
        if node.ndim > product.ndim:
            raise ShapeError(
                f"{name}: got an input of shape {list(node.shape)}, expected one that broadcasts "
                f"to the product's, {list(product.shape)}"
            )
        if factor._base.device is not self._base.device:
            _pair(name, self, factor)
        if alpha != 1:
            product = ops.mul(product, scalar_operand(alpha, product.dtype))
        if beta == 0:  # then PyTorch does not read self, NaN included
            return self._wrap(product)
        if beta != 1:
            node = ops.mul(node, scalar_operand(beta, node.dtype))
        try:
            return self._wrap(ops.add(node, product))
        except ValueError:
            raise broadcast_error(name, node, product) from None

    def tensordot(self, other: "Tensor", dims: Any = 2) -> "Tensor":
        """As the function `tensordot`."""
        return tensordot(self, other, dims)
