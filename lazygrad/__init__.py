"""lazygrad: PyTorch's names on any OpenCL device, through kernels that you can read."""

from pathlib import Path

__version__ = "0.1.0"

# in a checkout, codegen/ and runtime/ stand beside this folder; installed, inside it
if (Path(__file__).parent.parent / "pyproject.toml").is_file():
    __path__.append(str(Path(__file__).parent.parent))
