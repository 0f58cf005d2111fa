"""What programs ask of `torch.cuda`, answered for the OpenCL GPUs: "cuda" means a GPU here.

So `device = "cuda" if lg.cuda.is_available() else "cpu"` picks a GPU of any maker.
"""

from . import placement
from .generator import manual_seed as _manual_seed

__all__ = [
    "current_device", "device_count", "empty_cache", "get_device_name", "is_available",
    "manual_seed", "manual_seed_all", "synchronize",
]  # fmt: skip


def _gpus() -> list[placement.device]:
    return [found for found in placement.devices() if found.type == "gpu"]


def is_available() -> bool:
    """Whether the system has an OpenCL GPU."""
    return bool(_gpus())


def device_count() -> int:
    """How many OpenCL GPUs the system has."""
    return len(_gpus())


def current_device() -> int:
    """The number in `lg.devices()` of the GPU that "cuda" means; DeviceNotFoundError for none."""
    return placement.find("cuda").index


def get_device_name(device: "str | int | placement.device | None" = None) -> str:
    """A device's own name; without an argument that of the default device."""
    return str(placement.find(device).name)


def synchronize(device: "str | int | placement.device | None" = None) -> None:
    """Waits until a device, without an argument the default one, has done all that it was given.

    Pending values are not computed by it: `realize()` submits them.
    """
    placement.find(device).synchronize()


def empty_cache() -> None:
    """Gives memory that the pools keep for later tensors back to the drivers."""
    for found in placement.devices():
        found.runtime_device.empty_cache()


def manual_seed(seed: int | float) -> None:
    """`lg.manual_seed`: one stream serves all devices."""
    _manual_seed(seed)


manual_seed_all = manual_seed
