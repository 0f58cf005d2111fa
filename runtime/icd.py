"""Shows the OpenCL loader every driver there is, Intel's wheel included.

The loader reads lists of drivers (`.icd` files, each one library name) from the system's folder, or
from `OCL_ICD_VENDORS` instead, once, at the first enumeration. Intel's wheel brings a list with a
placeholder for a path, so its driver stays hidden: a folder that holds both the existing lists and
a mended one is put in `OCL_ICD_VENDORS` before that first enumeration. The PoCL wheel registers
itself with PyOpenCL's own loader.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, MutableMapping
from importlib import metadata
from pathlib import Path

from . import driver_caches
from .folders import cache_folder

SYSTEM_VENDORS = Path("/etc/OpenCL/vendors")
INTEL_LIBRARIES = ("libintelocl.so", "intelocl64.dll")
OCLGRIND = "liboclgrind-rt-icd.so"
# without these, the loader drops Intel's driver without a word
INTEL_NEEDS = ("libsvml.so", "libimf.so")


def intel_wheel_library() -> Path | None:
    """The driver library of the wheel `intel-opencl-rt`, wherever pip has put it."""
    try:
        files = metadata.files("intel-opencl-rt") or []
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        if file.name in INTEL_LIBRARIES:
            path = Path(str(file.locate())).resolve()
            return path if path.is_file() else None
    return None


def oclgrind_library(asked: str) -> Path | None:
    """Oclgrind's driver, if `asked` (the value of `LAZYGRAD_DEVICE`) names it and it is installed.

    Its packages list it nowhere, because a checker is no device for everyday work.
    """
    if not asked.strip().lower().startswith("oclgrind"):
        return None
    program = shutil.which("oclgrind")
    prefixes = [Path(program).resolve().parent.parent] if program else []
    for prefix in (*prefixes, Path("/usr"), Path("/usr/local")):
        for folder in ("lib", "lib64"):
            for path in (prefix / folder / OCLGRIND, prefix / folder / "oclgrind" / OCLGRIND):
                if path.is_file():
                    return path
    return None


def intel_wheel_note(library: Path | None, shown: bool) -> str | None:
    """Why Intel's wheel, though installed, gives no device, and what to do; None if all is well.

    `shown` tells whether a device of it was found.
    """
    if library is None or shown:
        return None
    missing = [name for name in INTEL_NEEDS if not (library.parent / name).exists()]
    if missing and library.suffix != ".dll":
        return (
            f"intel-opencl-rt is installed, but {' and '.join(missing)} beside it are missing, so "
            "its device cannot load. This mends it:\n    pip install intel-cmplr-lib-rt"
        )
    return (
        "intel-opencl-rt is installed, but its device does not show. Import lazygrad before "
        "anything else asks PyOpenCL for its platforms; if that is so already, the library\n"
        f"{library} does not load."
    )


def listed_drivers(vendors: str | None) -> list[str]:
    """The libraries that the loader would load, as written in the lists that it reads.

    `vendors` is the value of `OCL_ICD_VENDORS`: a folder, one list, or a library itself; empty or
    None means the system's folder.
    """
    place = Path(vendors) if vendors else SYSTEM_VENDORS
    if place.is_dir():
        lists = sorted(place.glob("*.icd"))
    elif place.suffix == ".icd":
        lists = [place]
    else:
        return [vendors] if vendors else []
    drivers: list[str] = []
    for path in lists:
        try:
            text = path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            continue
        if text:
            drivers.append(text.splitlines()[0])
    return list(dict.fromkeys(drivers))


def listed_drivers_now() -> list[str]:
    """The drivers in the lists of this environment, and the PoCL wheel's, which needs none."""
    found = listed_drivers(
        os.environ.get("OCL_ICD_VENDORS") or os.environ.get("OPENCL_VENDOR_PATH")
    )
    try:
        metadata.distribution("pocl-binary-distribution")
    except metadata.PackageNotFoundError:
        return found
    return [*found, "libpocl.so"]


def _is_same(driver: str, library: Path) -> bool:
    """Whether a list's entry is this driver, in whatever version; broken entries are none."""
    path, stem = Path(driver), library.name.partition(".so")[0]
    return path.name.partition(".so")[0] == stem and (not path.is_absolute() or path.exists())


def _write_lists(folder: Path, drivers: Iterable[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for place, driver in enumerate(drivers):
        path = folder / f"{place:02}.icd"
        text = (driver + "\n").encode()
        if path.exists() and path.read_bytes() == text:
            continue
        # another process may be reading this very list: never show it half written
        handle, temporary = tempfile.mkstemp(dir=folder, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        os.replace(temporary, path)


def _merged_folder(drivers: list[str]) -> Path:
    """A folder with one list for each driver; processes that merge the same drivers share it."""
    digest = hashlib.sha256("\n".join(drivers).encode()).hexdigest()[:16]
    cache = cache_folder()
    if cache is not None:
        folder = cache / "icd" / digest
        try:
            _write_lists(folder, drivers)
            return folder.resolve()
        except OSError:
            pass  # no home, or a read-only one
    folder = driver_caches.temporary("icd")
    _write_lists(folder, drivers)
    return folder


def show_all_drivers(environ: MutableMapping[str, str], *libraries: Path | None) -> None:
    """Put these drivers among those that `environ` lets the loader find; all others stay."""
    for library in libraries:
        if library is not None:
            _show_driver(environ, library)


def _show_driver(environ: MutableMapping[str, str], library: Path) -> None:
    if sys.platform == "win32":  # the registry lists the others; this variable adds to them
        others = [name for name in environ.get("OCL_ICD_FILENAMES", "").split(";") if name]
        if str(library) not in others:
            environ["OCL_ICD_FILENAMES"] = ";".join([*others, str(library)])
            # where the driver's own libraries are looked for
            environ["PATH"] = f"{library.parent};{environ.get('PATH', '')}"
        return
    drivers = listed_drivers(environ.get("OCL_ICD_VENDORS") or environ.get("OPENCL_VENDOR_PATH"))
    if any(_is_same(driver, library) for driver in drivers):
        return
    try:
        environ["OCL_ICD_VENDORS"] = str(_merged_folder([*drivers, str(library)]))
    except OSError:
        return  # nowhere to write at all: what was found before is still found
