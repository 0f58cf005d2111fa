"""Saving and loading the tensors of a walk over modules, by PyTorch's key names."""

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, NamedTuple

from lazygrad.grad_mode import no_grad
from lazygrad.tensor import Tensor

from .parameter import Parameter

EXTRA_STATE = "_extra_state"


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` found missing in the mapping, and what it did not expect there."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


def save(
    modules: Iterable[tuple[str, Any]], destination: MutableMapping[str, Any], keep_vars: bool
) -> None:
    """Adds what each of the named modules saves to `destination`."""
    for path, module in modules:
        prefix = f"{path}." if path else ""
        for name, value in module._own_tensors().items():
            destination[prefix + name] = value if keep_vars else value.detach()
        if module._has_extra_state():
            destination[prefix + EXTRA_STATE] = module.get_extra_state()


def load(
    modules: Iterable[tuple[str, Any]], state_dict: Mapping[str, Any], assign: bool
) -> tuple[IncompatibleKeys, list[str], list[Tensor]]:
    """Copies (or, with `assign`, puts) entries into the named modules' tensors.

    Returns:
        The keys that do not match, what does not fit in words, and the tensors written.
    """
    keys = IncompatibleKeys([], [])
    expected: set[str] = set()
    errors: list[str] = []
    written: list[Tensor] = []
    for path, module in modules:
        prefix = f"{path}." if path else ""
        own = module._own_tensors()
        expected.update(prefix + name for name in own)
        for name, current in own.items():
            key = prefix + name
            if key not in state_dict:
                keys.missing_keys.append(key)
                continue
            error = _mismatch(key, current, state_dict[key])
            if error:
                errors.append(error)
            elif assign:
                _put(module, name, state_dict[key])
            else:
                with no_grad():
                    current.copy_(state_dict[key])
                written.append(current)
        if module._has_extra_state():
            key = prefix + EXTRA_STATE
            expected.add(key)
            if key in state_dict:
                module.set_extra_state(state_dict[key])
            else:
                keys.missing_keys.append(key)
    keys.unexpected_keys.extend(key for key in state_dict if key not in expected)
    return keys, errors, written


def _put(module: Any, name: str, value: Tensor) -> None:
    """Replaces a module's own tensor by `value` itself."""
    if name not in module._parameters:
        module._buffers[name] = value
    elif isinstance(value, Parameter):
        module._parameters[name] = value
    else:
        module._parameters[name] = Parameter(value, module._parameters[name].requires_grad)


def _mismatch(key: str, current: Tensor, value: Any) -> str | None:
    if not isinstance(value, Tensor):
        return (
            f'While copying the parameter named "{key}", expected Tensor from checkpoint but '
            f"received {type(value).__name__}"
        )
    given, expected = tuple(value.shape), tuple(current.shape)
    if given == expected:
        return None
    return (
        f"size mismatch for {key}: copying a param with shape {given} from checkpoint, "
        f"the shape in current model is {expected}."
    )


def key_errors(keys: IncompatibleKeys) -> list[str]:
    """The lines that a strict load reports for keys that do not match."""
    lines = []
    for word, names in (("Missing", keys.missing_keys), ("Unexpected", keys.unexpected_keys)):
        if names:
            listed = ", ".join(f'"{name}"' for name in names)
            lines.append(f"{word} key(s) in state_dict: {listed}. ")
    return lines
