"""`Tensor`: the handle with all its methods."""

from typing import Any

import numpy as np

from lazygrad.codegen import ops

from . import handle, placement
from .comparison import ComparisonMethods
from .conversion import ConversionMethods, from_array
from .creation import CreationMethods
from .default_dtype import get_default_dtype
from .errors import shown
from .explain import explain_methods
from .extremes import ExtremeMethods
from .foresight import kernels
from .gather_scatter import GatherScatterMethods
from .handle import TensorBase, wrap
from .indexing import IndexingMethods
from .inplace import InplaceMethods
from .inspection import KernelInfo
from .layout import LayoutMethods
from .linear_algebra import LinearAlgebraMethods
from .masking import MaskingMethods
from .movement import MovementMethods
from .numpy_names import numpy_method_names
from .pointwise import PointwiseMethods
from .pointwise_math import MathMethods
from .pointwise_several import FormulaMethods
from .random import RandomMethods
from .realize import realize
from .rearranging import RearrangingMethods
from .reduction import ReductionMethods
from .sorting import SortingMethods

__all__ = ["Tensor"]


@explain_methods
@numpy_method_names
class Tensor(
    PointwiseMethods,
    ComparisonMethods,
    MathMethods,
    FormulaMethods,
    ReductionMethods,
    ExtremeMethods,
    SortingMethods,
    MovementMethods,
    RearrangingMethods,
    LinearAlgebraMethods,
    RandomMethods,
    CreationMethods,
    InplaceMethods,
    GatherScatterMethods,
    MaskingMethods,
    IndexingMethods,
    ConversionMethods,
    LayoutMethods,
):
    """An array on a device, computed when a value is asked for; a handle on a storage.

    Written `Tensor(2, 3)` it has that shape (and zeros), written `Tensor(values)` their default
    floating dtype. `lg.tensor(values)` keeps the dtype of the values.
    """

    def __new__(cls, *data: Any, device: Any = None) -> Any:
        place = placement.find(device)
        dtype = get_default_dtype()
        if len(data) == 1 and isinstance(data[0], TensorBase):
            return data[0].detach().as_subclass(cls)  # type: ignore[attr-defined]
        if len(data) == 1 and isinstance(data[0], handle.Size):
            data = tuple(data[0])
        if len(data) == 1 and isinstance(data[0], (list, tuple, np.ndarray)):
            return from_array(np.asarray(data[0], np.float64), dtype, place).as_subclass(cls)
        if not data:
            data = (0,)
        if not all(type(n) is not bool and isinstance(n, int) and n >= 0 for n in data):
            raise TypeError(
                f"Tensor: got {shown(data)}, expected sizes, a list or an array; "
                "use lg.tensor(value) for a number"
            )
        return wrap(ops.expand(ops.const(0, dtype), data), place).as_subclass(cls)

    def __hash__(self) -> int:
        return id(self)

    def realize(self) -> "Tensor":
        """This tensor, its computation submitted to the device; does not wait for it."""
        realize(self)
        return self

    def kernels(self) -> list[KernelInfo]:
        """The kernels that computing this tensor would launch; nothing is run."""
        return kernels(self)


handle.tensor_class = Tensor
