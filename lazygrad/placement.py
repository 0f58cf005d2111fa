"""Names of devices: `lg.device("...")`, what `Tensor.device` gives, and the default device."""

from typing import Any

from lazygrad import runtime

from .errors import shown

__all__ = [
    "Device", "DeviceNotFoundError", "OutOfMemoryError", "default_device", "device", "devices",
    "find", "set_default_device",
]  # fmt: skip

Device = runtime.Device
DeviceNotFoundError = runtime.DeviceNotFoundError
OutOfMemoryError = runtime.OutOfMemoryError

_default: Device | None = None


def default_device() -> Device:
    """Where tensors go that name no device: `$LAZYGRAD_DEVICE`, or the best one found."""
    global _default
    if _default is None:
        _default = runtime.find_device()
    return _default


def set_default_device(spec: "str | int | Device | device | None") -> None:
    """Tensors that name no device go to this one from now on; None: the best one again.

    Raises DeviceNotFoundError where no device fits.
    """
    global _default
    _default = None if spec is None else find(spec)


def find(spec: "str | int | Device | device | None") -> Device:
    """The runtime's device for whatever names one.

    A kind ("cpu", "gpu", "cuda") means the default device where that is of this kind, so that a
    program that writes "cpu" stays on one device. Raises DeviceNotFoundError, TypeError.
    """
    if spec is None:
        return default_device()
    if isinstance(spec, device):
        return spec.runtime_device
    if isinstance(spec, Device):
        return spec
    if isinstance(spec, str):
        kind = {"cuda": "gpu"}.get(spec, spec)
        if kind in ("cpu", "gpu") and default_device().kind == kind:
            return default_device()
        return runtime.find_device(spec)
    if isinstance(spec, int) and not isinstance(spec, bool):
        return runtime.find_device(spec)
    raise TypeError(
        f'device: got {shown(spec)} of type {type(spec).__name__}, expected a name such as "pocl", '
        'a kind ("cpu", "gpu"), a number, or a device'
    )


class device:
    """A device as programs see it; equal where it is the same device.

    Args:
        spec: an implementation ("pocl", "intel", "nvidia", ...), a kind ("cpu", "gpu"), a number
            from `lg.devices()`, or a device.
        index: as in `device("pocl", 0)`.

    Attributes:
        type: "cpu", "gpu" or "accelerator".
        index: position in `lg.devices()`.
    """

    __slots__ = ("runtime_device",)
    runtime_device: Device

    def __new__(cls, spec: "str | int | Device | device", index: int | None = None) -> "device":
        if index is not None:
            spec = f"{spec}:{index}"
        found = find(spec)
        known = _known.get(found)
        if known is None:
            known = _known[found] = super().__new__(cls)
            known.runtime_device = found
        return known

    @property
    def type(self) -> str:
        return str(self.runtime_device.kind)

    @property
    def index(self) -> int:
        return self.runtime_device.index

    @property
    def name(self) -> str:
        """The device's own name."""
        return self.runtime_device.name

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Device):
            return self.runtime_device is other
        return self is other

    def __hash__(self) -> int:
        return hash(self.runtime_device)

    def __str__(self) -> str:
        return str(self.runtime_device)

    def __repr__(self) -> str:
        return f"device('{self.runtime_device}')"

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (str(self.runtime_device),)

    def __deepcopy__(self, memo: dict[int, Any]) -> "device":
        return self


_known: dict[Device, device] = {}


def devices() -> list[device]:
    """All OpenCL devices of this system, the best one first; a device's index counts them."""
    return [device(found) for found in runtime.devices()]
