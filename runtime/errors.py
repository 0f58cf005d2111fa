"""What can go wrong between the library and a device; every message is a small document.

RuntimeError
├── DeviceNotFoundError   no OpenCL at all, or none that fits what was asked for
├── OutOfMemoryError      a buffer that the device cannot give (also a MemoryError)
├── BuildError            the driver's compiler refused a program
│   └── CompilerCrashError   it crashed, or hung, in a process of its own
└── LaunchError           the driver refused a kernel launch, or a launched kernel failed
"""


class DeviceNotFoundError(RuntimeError):
    """No OpenCL device was found, or none that fits the given name."""


class OutOfMemoryError(RuntimeError, MemoryError):
    """The device cannot give the memory asked for."""


class BuildError(RuntimeError):
    """The driver's compiler refused the source; the message shows it numbered beside the log."""


class CompilerCrashError(BuildError):
    """The driver's compiler did not survive a source, or was not done with it in time.

    `proven` tells whether it was the compiler: other processes end processes as well.
    """

    def __init__(self, message: str, proven: bool = True) -> None:
        super().__init__(message)
        self.proven = proven


class LaunchError(RuntimeError):
    """The driver refused to start a kernel or a copy, or one failed while it ran."""


def format_bytes(nbytes: int) -> str:
    """A size for people: 1536 is "1.5 KiB"."""
    value = float(nbytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"
