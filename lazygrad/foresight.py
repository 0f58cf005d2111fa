"""What realizing would launch, told without running it."""

from typing import Any

from lazygrad.codegen.graph import Node

from .handle import TensorBase, check_tensor
from .inspection import KernelInfo
from .realize import kernels_of

__all__ = ["kernels"]


def kernels(*tensors: TensorBase) -> list[KernelInfo]:
    """The kernels that realizing these tensors would launch; nothing is run.

    Raises what planning raises: TypeError for a dtype that the device cannot compute.
    """
    found: list[KernelInfo] = []
    by_device: dict[Any, list[Node]] = {}
    for place, t in enumerate(tensors):
        check_tensor("kernels", t, "tensors", place + 1)
        by_device.setdefault(t._base.device, []).append(t._node)
    for device, nodes in by_device.items():
        found += kernels_of(nodes, device)
    return found
