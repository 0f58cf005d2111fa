"""What PyTorch tells of a tensor's memory: strides, offset, sizes in bytes."""

from typing import TYPE_CHECKING, Any, Self

from .handle import TensorBase
from .view_ops import contiguous_stride, is_contiguous

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["LayoutMethods"]


class LayoutMethods(TensorBase):
    """Strides are logical: they decide what is a view; the memory is the planner's affair."""

    def stride(self, dim: int | None = None) -> Any:
        """Elements between neighbours, of every dimension or of one."""
        shape = self._node.shape
        layout = self._layout
        stride = contiguous_stride(shape) if layout is None else layout.stride
        if dim is None:
            return stride
        if not -len(shape) <= dim < len(shape):
            raise IndexError(
                "stride: Dimension out of range (expected to be in range of "
                f"[{-len(shape)}, {len(shape) - 1}], but got {dim})"
            )
        return stride[dim]

    def storage_offset(self) -> int:
        """The position of the first element in the storage."""
        return 0 if self._layout is None else self._layout.offset

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the elements stand row-major without gaps."""
        return is_contiguous(self._node.shape, self._layout)

    def contiguous(self, memory_format: Any = None) -> "Tensor":
        """This tensor if it is contiguous, else a copy that is."""
        if is_contiguous(self._node.shape, self._layout):
            return self  # type: ignore[return-value]
        return self._wrap(self._node)

    def data_ptr(self) -> int:
        """A number that tensors of one storage and offset have in common; no address."""
        return (id(self._base.storage) << 48) + self.storage_offset() * self.dtype.itemsize

    def nelement(self) -> int:
        """The number of elements."""
        return self._node.size

    def element_size(self) -> int:
        """Bytes of one element."""
        return self._node.dtype.itemsize

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._node.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._node.size * self._node.dtype.itemsize

    def is_floating_point(self) -> bool:
        """Whether the dtype is float16, bfloat16, float32 or float64."""
        return self._node.dtype.kind == "f"

    def is_complex(self) -> bool:
        """False: there are no complex dtypes."""
        return False

    def is_signed(self) -> bool:
        """Whether the dtype has negative numbers."""
        return self._node.dtype.is_signed

    @property
    def is_sparse(self) -> bool:
        """False: all tensors are dense."""
        return False

    def share_memory_(self) -> Self:
        """This tensor; processes share no device memory here."""
        return self
