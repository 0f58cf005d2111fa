"""Tensors in files: safetensors, and nested containers of tensors on top of it, without pickle."""

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import safetensors

from lazygrad.codegen.dtype import DTYPES, DType

from . import placement
from .handle import TensorBase, wrap
from .realize import from_host, host_view

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["load", "load_file", "save", "save_file"]

_SHORT_NAMES = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "U32": "uint32",
    "I32": "int32", "U64": "uint64", "I64": "int64", "F16": "float16", "BF16": "bfloat16",
    "F32": "float32", "F64": "float64",
}  # fmt: skip
_STRUCTURE = "lazygrad.structure"


def save_file(
    tensors: "Mapping[str, Tensor]",
    filename: "str | os.PathLike[str]",
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Writes named tensors as a safetensors file, which replaces an old one in one step.

    `model.state_dict()` is such a mapping. Raises TypeError for names that are no strings, values
    that are no tensors and metadata that is no text; OSError where the file cannot be written.
    """
    _write("save_file", filename, _serialized("save_file", tensors, metadata))


def load_file(filename: "str | os.PathLike[str]", device: Any = None) -> "dict[str, Tensor]":
    """The tensors of a safetensors file by name, on `device`.

    Raises OSError where the file cannot be read, ValueError where it is no safetensors file, or
    has a dtype that lazygrad lacks.
    """
    return _deserialized("load_file", filename, _read("load_file", filename), device)[0]


def save(obj: Any, f: "str | os.PathLike[str] | IO[bytes]") -> None:
    """Writes tensors in nested dicts, lists and tuples beside numbers, strings, bools and None.

    The file is a safetensors file with the structure in its metadata: `load` runs no code of it.
    For a module save `module.state_dict()`. Raises TypeError for anything else in `obj`.
    """
    tensors: dict[str, Any] = {}
    structure = json.dumps(_packed(obj, tensors, {}, "obj"))
    data = _serialized("save", tensors, {_STRUCTURE: structure})
    if isinstance(f, (str, os.PathLike)):
        _write("save", f, data)
    else:
        f.write(data)


def load(
    f: "str | os.PathLike[str] | IO[bytes]", map_location: Any = None, weights_only: bool = True
) -> Any:
    """What `save` wrote; of any other safetensors file a dict of its tensors.

    Args:
        f: a path, or a file open for binary reading.
        map_location: the device for the tensors.
        weights_only: accepted for PyTorch's sake; no code of the file is ever run.

    Raises OSError where the file cannot be read, ValueError where it is no such file.
    """
    named = isinstance(f, (str, os.PathLike))
    data = _read("load", f) if isinstance(f, (str, os.PathLike)) else f.read()
    tensors, metadata = _deserialized("load", f if named else "the file", data, map_location)
    if _STRUCTURE not in metadata:
        return tensors
    try:
        return _unpacked(json.loads(metadata[_STRUCTURE]), tensors)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"load: {f if named else 'the file'} holds a structure that save does not write "
            f"({type(error).__name__}: {str(error)[:200]}), expected nested lists, tuples and "
            "dicts of the file's tensors; its tensors alone are read by load_file"
        ) from None


def _packed(obj: Any, tensors: dict[str, Any], names: dict[int, str], where: str) -> Any:
    """`obj` as JSON in which tensors are names."""
    if obj is None or isinstance(obj, (bool, int, float, str)):
        return obj
    if isinstance(obj, TensorBase):
        name = names.setdefault(id(obj), str(len(names)))
        tensors[name] = obj
        return {"tensor": name, "requires_grad": obj.requires_grad}
    if isinstance(obj, np.generic):
        return obj.item()
    if isinstance(obj, (list, tuple)):
        kind = "list" if isinstance(obj, list) else "tuple"
        return {kind: [_packed(v, tensors, names, f"{where}[{i}]") for i, v in enumerate(obj)]}
    if isinstance(obj, Mapping):
        pairs = [
            (_packed(k, tensors, names, where), _packed(v, tensors, names, f"{where}[{k!r}]"))
            for k, v in obj.items()
        ]
        return {"dict": pairs}
    hint = "; save its state_dict()" if hasattr(obj, "state_dict") else ""
    raise TypeError(
        f"save: {where} is of type {type(obj).__name__}, expected tensors, numbers, strings, None, "
        f"and dicts, lists and tuples of them{hint}"
    )


def _unpacked(packed: Any, tensors: "dict[str, Tensor]") -> Any:
    if not isinstance(packed, dict):
        return packed
    if "tensor" in packed:
        found = tensors[packed["tensor"]]
        return found.requires_grad_() if packed["requires_grad"] else found
    if "dict" in packed:
        return {_unpacked(k, tensors): _unpacked(v, tensors) for k, v in packed["dict"]}
    if "tuple" in packed:
        return tuple(_unpacked(v, tensors) for v in packed["tuple"])
    return [_unpacked(v, tensors) for v in packed["list"]]


def _serialized(name: str, tensors: Any, metadata: Mapping[str, str] | None) -> bytes:
    if not isinstance(tensors, Mapping):
        raise TypeError(f"{name}: got {type(tensors).__name__}, expected a dict of tensors by name")
    for key, value in (metadata or {}).items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"{name}: got metadata {key!r}: {value!r}, expected strings")
    parts: dict[str, safetensors.TensorSpec] = {}
    alive: list[np.ndarray[Any, Any]] = []  # a spec holds an address only
    for key, t in tensors.items():
        if not isinstance(key, str) or not isinstance(t, TensorBase):
            raise TypeError(
                f"{name}: got {key!r}: {type(t).__name__}, expected a tensor under a string"
            )
        bits = np.ascontiguousarray(host_view(t._node, t._base.device))
        alive.append(bits)
        parts[key] = safetensors.TensorSpec(
            dtype=t.dtype.name, shape=list(t.shape), data_ptr=bits.ctypes.data,
            data_len=bits.nbytes,
        )  # fmt: skip
    return bytes(safetensors.serialize(parts, dict(metadata) if metadata else None))


def _deserialized(
    name: str, where: Any, data: bytes, device: Any
) -> "tuple[dict[str, Tensor], dict[str, str]]":
    """Tensors by name, and the metadata of the header."""
    place = placement.find(device)
    try:
        parts = safetensors.deserialize(data)  # type: ignore[no-untyped-call]
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length], object_pairs_hook=_without_repeats)
        metadata = header.get("__metadata__", {})
    except (safetensors.SafetensorError, ValueError) as error:
        raise ValueError(f"{name}: {where} {_what_it_is(data)}: {error}") from None
    found = {}
    for key, part in parts:
        dtype = DTYPES.get(_SHORT_NAMES.get(part["dtype"], ""))
        if dtype is None:
            raise ValueError(
                f"{name}: {where} holds {key!r} as {part['dtype']}, expected one of "
                f"{', '.join(_SHORT_NAMES)}"
            )
        found[key] = _tensor(part, dtype, place)
    return found, metadata


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {repeated!r} stands twice in its header, expected it once")
    return found


def _tensor(part: dict[str, Any], dtype: DType, place: placement.Device) -> "Tensor":
    bits = np.frombuffer(part["data"], dtype.numpy).reshape(part["shape"])
    return wrap(from_host(bits, dtype, place), place)


def _what_it_is(data: bytes) -> str:
    if data[:2] in (b"PK", b"\x80\x02"):
        return (
            "is a file of PyTorch's torch.save, expected a safetensors file; write it in PyTorch "
            "with safetensors.torch.save_file(model.state_dict(), name)"
        )
    return "is no complete safetensors file"


def _read(name: str, filename: "str | os.PathLike[str]") -> bytes:
    try:
        return Path(filename).read_bytes()
    except OSError as error:
        raise _told(name, error, filename, "a file that can be read") from None


def _write(name: str, filename: "str | os.PathLike[str]", data: bytes) -> None:
    """All of the file or nothing: written beside it, then moved into its place."""
    try:
        _write_whole(Path(filename), data)
    except OSError as error:
        expected = "a file in a folder that is there and has room"
        raise _told(name, error, filename, expected) from None


def _told(name: str, error: OSError, filename: object, expected: str) -> OSError:
    """The system's error under the function's name, with the file that was asked for."""
    return OSError(
        error.errno, f"{name}: {error.strerror}; expected {expected}, got", str(filename)
    )


def _write_whole(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _mode(path: Path) -> int:
    """The permissions of the file that is there, else those of a new one."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
