"""Runs a function of a check in a process of its own, where it may come to any end."""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from lazygrad import runtime

_PACKAGE = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    """How a child ended.

    Attributes:
        answer: what its function returned; None where it did not come to that.
        status: the exit status, minus the signal that killed it; None: it hung, and was killed.
        said: the end of what it wrote on stdout and stderr.
    """

    answer: Any
    status: int | None
    said: str

    def __str__(self) -> str:
        how = "hung" if self.status is None else f"exit status {self.status}"
        return f"{how}\n{self.said}"


class Child:
    """`function(*arguments)` in a new process whose default device is `device`.

    Args:
        function: one of a module; what it returns comes back as JSON.
        arguments: JSON too.
        environment: variables beside this process's own.
    """

    def __init__(
        self, device: runtime.Device, function: Callable[..., Any], *arguments: Any,
        environment: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        path = [str(_PACKAGE), *filter(None, [os.environ.get("PYTHONPATH")])]
        settings = {
            **os.environ, "LAZYGRAD_DEVICE": str(device), "PYTHONPATH": os.pathsep.join(path),
            **(environment or {}),
        }  # fmt: skip
        # in a folder: Windows lets no two processes have one temporary file open
        self._folder = tempfile.TemporaryDirectory(prefix="lazygrad-check-")
        self._answer = Path(self._folder.name) / "answer.json"
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        task = [function.__module__, function.__qualname__, str(self._answer), *arguments]
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "lazygrad.check.child", json.dumps(task)],
            env=settings, stdout=self._said, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def outcome(self, seconds: float = 120) -> Outcome:
        """Waits for its end, and brings it about after `seconds`."""
        status: int | None
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = None
        self._said.seek(0)
        said = self._said.read()[-3000:].decode(errors="replace").strip()
        text = self._answer.read_text(encoding="utf-8") if self._answer.exists() else ""
        return Outcome(json.loads(text) if text else None, status, said)


def run_child(
    device: runtime.Device, function: Callable[..., Any], *arguments: Any,
    environment: Mapping[str, str] | None = None, seconds: float = 120,
) -> Outcome:  # fmt: skip
    """A child from its beginning to its end."""
    return Child(device, function, *arguments, environment=environment).outcome(seconds)


def main() -> None:
    module, name, answer, *arguments = json.loads(sys.argv[1])
    returned = getattr(importlib.import_module(module), name)(*arguments)
    Path(answer).write_text(json.dumps(returned), encoding="utf-8")


if __name__ == "__main__":
    main()
