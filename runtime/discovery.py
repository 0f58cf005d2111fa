"""Finds the OpenCL devices of every platform, ranks them, and picks one by name."""

import atexit
import copyreg
import logging
import os
import platform as host
import re
import shutil
import sys
from typing import Any

import pyopencl as cl

from . import driver_caches, forks, icd
from .device import Device, ForkedLock
from .errors import DeviceNotFoundError, LaunchError
from .facts import version_numbers
from .forks import lock

logger = logging.getLogger("lazygrad.runtime")

# package manager -> command for a CPU device, where Intel's wheel does not exist
INSTALL_COMMANDS = {
    "apt": "sudo apt install pocl-opencl-icd",
    "dnf": "sudo dnf install pocl",
    "pacman": "sudo pacman -S pocl",
    "brew": "brew install pocl",
}

_devices: list[Device] | None = None
_devices_lock = lock()

_KINDS = {"gpu": 0, "cpu": 1, "accelerator": 2}


def _rank(device: Device) -> tuple[Any, ...]:
    """GPUs, CPUs, the rest; in a kind by the table of facts, then own memory, then raw size."""
    unified = bool(device.cl_device.host_unified_memory)
    speed = device.facts.compute_units * device.cl_device.max_clock_frequency
    return _KINDS[device.kind], -device.facts.rank, unified, -speed


def _enumerate() -> list[Device]:
    if sys.platform != "win32" and any("pocl" in name for name in icd.listed_drivers_now()):
        driver_caches.give_pocl_room(os.environ)
    try:
        platforms = cl.get_platforms()
    except cl.Error as error:  # PLATFORM_NOT_FOUND_KHR: the loader has no driver at all
        logger.debug("no OpenCL platform: %s", error)
        return []
    found = []
    for platform in platforms:
        try:
            found += [Device(cl_device) for cl_device in platform.get_devices()]
        except cl.Error as error:  # a platform without devices, or a broken one: the others count
            logger.info("skipping OpenCL platform %s: %s", platform.name, error)
    found = _one_pocl(found)
    found.sort(key=_rank)
    ordinals: dict[str, int] = {}
    for index, device in enumerate(found):
        device.index = index
        device.ordinal = ordinals.get(device.implementation, 0)
        ordinals[device.implementation] = device.ordinal + 1
        device.pool.name = str(device)
    note = icd.intel_wheel_note(icd.intel_wheel_library(), shown="intel" in ordinals)
    if note:
        logger.warning("%s", note)
    return found


def _one_pocl(found: list[Device]) -> list[Device]:
    """Without older versions of PoCL beside the newest one: they share settings and symbols."""
    versions = {d.driver_version for d in found if d.implementation == "pocl"}
    if len(versions) < 2:
        return found
    newest = max(versions, key=version_numbers)
    logger.warning(
        "PoCL %s are both loaded, and disturb each other in one process: only %s is used. To use "
        "another, name a folder with its .icd file alone (or none, for the wheel's) in "
        "OCL_ICD_VENDORS.", " and ".join(sorted(versions)), newest,
    )  # fmt: skip
    return [d for d in found if d.implementation != "pocl" or d.driver_version == newest]


def devices() -> list[Device]:
    """Every OpenCL device of every platform, the one that is used by default first.

    GPUs come before CPUs; among the CPU devices Intel's runtime before PoCL, checkers last (the
    rank in `facts.QUIRKS`).
    """
    global _devices
    if _devices is None:
        with _devices_lock:
            if _devices is None:
                _devices = _enumerate()
    return list(_devices)


def find_device(spec: "str | int | Device | None" = None) -> Device:
    """The device that `spec` names; without it `$LAZYGRAD_DEVICE`, or the best one.

    `spec` is an implementation ("pocl", "intel", "nvidia", ...), a kind ("gpu", "cpu"; "cuda" means
    "gpu"), one of these with a number ("pocl:0"), part of a platform's or device's name, or a
    position in `devices()`. "cpu" means the default device where there is no OpenCL CPU device.

    Raises:
        DeviceNotFoundError: there is no OpenCL, or no device fits; says what there is.
    """
    if isinstance(spec, Device):
        return spec
    found = devices()
    if not found:
        raise DeviceNotFoundError(_no_opencl())
    source = ""
    if spec is None:
        spec = os.environ.get("LAZYGRAD_DEVICE", "").strip() or 0
        source = " from LAZYGRAD_DEVICE"
    if isinstance(spec, int):
        fits, number = found, spec
    elif isinstance(spec, str):
        fits, number = _matching(spec.strip().lower(), found)
    else:
        raise TypeError(f"find_device: got {spec!r}, expected a name such as 'gpu', or a number")
    if not 0 <= number < len(fits):
        raise _not_found(repr(spec) + source, found)
    return fits[number]


def _matching(text: str, found: list[Device]) -> tuple[list[Device], int]:
    """The devices that a name fits, and which of them is meant."""
    if text.isdecimal():
        return found, int(text)
    numbered = re.fullmatch(r"(.+):(\d+)", text)
    name, number = (numbered[1], int(numbered[2])) if numbered else (text, 0)
    if name in ("gpu", "cuda", "cpu", "accelerator"):
        kind = "gpu" if name == "cuda" else name
        fits = [device for device in found if device.kind == kind]
        if kind == "cpu" and not fits:
            return found[:1], number
        return fits, number
    fits = [device for device in found if device.implementation == name]
    if not fits and name:
        fits = [device for device in found if name in device.platform.lower()]
    if not fits and name:
        fits = [device for device in found if name in device.name.lower()]
    return fits, number


def _not_found(spec: str, found: list[Device]) -> DeviceNotFoundError:
    rows = "\n".join(f"  {device.index}  {device!r}" for device in found)
    lines = [
        f"find_device: got {spec}, expected a device of this machine. These are here:",
        rows,
        'Name one by implementation ("pocl"), kind ("gpu", "cpu") or number, in the call or in '
        "LAZYGRAD_DEVICE.",
    ]
    return DeviceNotFoundError("\n".join(lines))


def install_command(system: str, machine: str) -> str:
    """The one command that brings an OpenCL CPU device to a system without any."""
    if machine.lower() in ("x86_64", "amd64") and system in ("Linux", "Windows"):
        return "pip install intel-opencl-rt intel-cmplr-lib-rt"
    if system == "Windows":  # Microsoft's OpenCL compatibility pack
        return "winget install 9NQPSL29BFFF"
    for manager, command in INSTALL_COMMANDS.items():
        if shutil.which(manager):
            return command
    return "conda install -c conda-forge pocl"


def _no_opencl() -> str:
    note = icd.intel_wheel_note(icd.intel_wheel_library(), shown=False)
    lines = ["find_device: no OpenCL device was found, expected at least one."]
    if note:
        lines.append(note)
    else:
        lines.append("This brings one to this system (a GPU's comes with its maker's driver):")
        lines.append(f"    {install_command(host.system(), host.machine())}")
    vendors = os.environ.get("OCL_ICD_VENDORS")
    if vendors:
        lines.append(f"Drivers were looked for in OCL_ICD_VENDORS={vendors}.")
    return "\n".join(lines)


def _after_fork() -> None:
    for device in _devices or []:
        device.close_in_child()
    if any(device._context is not None for device in _devices or []):
        forks.keep_in_child(_devices)
        forks.leave_drivers_alone()


def _close() -> None:
    """Nothing may still run when the drivers are unloaded."""
    for device in _devices or []:
        # also one without a queue yet: a thread may be building its first program
        if not isinstance(device.lock, ForkedLock):
            try:
                device.close()
            except LaunchError as error:
                logger.warning("%s", error)
    driver_caches.remove()


def _pickled(device: Device) -> tuple[Any, ...]:
    return find_device, (str(device),)


copyreg.pickle(Device, _pickled)
atexit.register(_close)
if sys.platform != "win32":
    os.register_at_fork(after_in_child=_after_fork)
