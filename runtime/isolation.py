"""Builds tried in a child process first, for compilers that crash or hang.

`LAZYGRAD_ISOLATE=1` asks for it, with a minute for each build; a larger number is the limit in
seconds. One child builds for as long as it lives; what it built comes back as a binary. What its
end was at a program that it did not survive is kept on disk, beside the programs.
"""

import atexit
import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
import weakref
from dataclasses import dataclass
from typing import IO, Any

from .errors import BuildError, CompilerCrashError
from .forks import lock

SECONDS = 60.0
START_SECONDS = 120.0
# the ends of a process that are its own fault; Windows' are beyond 0xC0000000
CRASHES = ("SIGSEGV", "SIGABRT", "SIGILL", "SIGBUS", "SIGFPE", "SIGTRAP")
COMMAND = (sys.executable or "", "-P", "-m", "lazygrad.runtime.build_worker")


def seconds_for_a_build() -> float | None:
    """The limit from `$LAZYGRAD_ISOLATE`; None where builds are not isolated.

    Raises ValueError for a setting that is no number.
    """
    setting = os.environ.get("LAZYGRAD_ISOLATE", "").strip() or "0"
    try:
        number = float(setting)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ValueError(
            f"LAZYGRAD_ISOLATE: got {setting!r}, expected 0 (off), 1 (on, {SECONDS:.0f} seconds "
            "for each build), or a number of seconds"
        )
    if number == 0:
        return None
    return SECONDS if number == 1 else number


@dataclass(frozen=True)
class Built:
    """What a worker answers: the binary of a program, or why the compiler refused it.

    `failed` is what else hindered the worker, which says nothing of the program.
    """

    binary: bytes
    refused: str = ""
    failed: str = ""


class _Silent(Exception):
    """The worker ended or was ended before it answered; the text says how."""

    def __init__(self, how: str, proven: bool) -> None:
        super().__init__(how)
        self.proven = proven


class _Worker:
    """A child process that builds programs. Any failure to answer ends it."""

    def __init__(self) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        environment = {
            **os.environ,
            "LAZYGRAD_ISOLATE": "0",
            "PYTHONPATH": os.pathsep.join(part or os.getcwd() for part in sys.path),
        }
        self._process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
            env=environment,
        )  # fmt: skip
        _workers.add(self)
        self._receive(START_SECONDS)

    def is_there(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def ask(self, request: tuple[Any, ...], seconds: float) -> Any:
        """Raises _Silent where the work did not come to an end of its own."""
        return self._receive(seconds, (*request, seconds))

    def _receive(self, seconds: float, request: Any = None) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        late = threading.Event()

        def stop() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            if request is not None:
                pickle.dump(request, self._process.stdin)
                self._process.stdin.flush()
            return pickle.load(self._process.stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            end, crashed = self._end()
            if late.is_set():
                raise _Silent(f"took more than {seconds:g} seconds", True) from None
            raise _Silent(end, crashed) from None
        except BaseException:  # Ctrl-C: the answer would reach the next question
            self._process.kill()
            self.close()
            raise
        finally:
            timer.cancel()

    def _end(self) -> tuple[str, bool]:
        """How the process ended, with the last that it said; whether that was its own fault."""
        self._finish()
        code = self._process.returncode
        how = f"died of signal {-code}" if code < 0 else f"ended with status {code}"
        with self._errors as errors:
            errors.seek(0)
            said = errors.read()[-2000:].decode(errors="replace").strip().splitlines()
        crashed = -code in [getattr(signal, name, None) for name in CRASHES] or code >= 0xC0000000
        return "\n".join([how, *said[-4:]]), crashed

    def let_go(self) -> None:
        """In a forked child: holds the pipes no longer, whose end tells the worker to end."""
        nothing = os.open(os.devnull, os.O_RDWR)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                os.dup2(nothing, pipe.fileno())  # what a buffer still holds goes nowhere
        os.close(nothing)

    def close(self) -> None:
        """Ends the process; it is not asked again."""
        self._finish()
        self._errors.close()

    def _finish(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        try:  # one that crashed is about to tell its own status
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


_lock = lock()
_workers: "weakref.WeakSet[_Worker]" = weakref.WeakSet()
_worker: _Worker | None = None
_unusable = False


def build(device: str, source: str, options: tuple[str, ...], seconds: float) -> bytes | None:
    """The binary of `source` built in another process; None where no such process can be had.

    A worker that was ended by somebody else is asked once more.

    Raises:
        CompilerCrashError: the compiler crashed, or was not done in time.
        BuildError: it refused the program.
    """
    built = ask((device, source, options), seconds)
    if built is None or built.failed:
        return None
    assert isinstance(built, Built)
    if built.refused:
        raise BuildError(built.refused)
    return built.binary


def ask(request: tuple[Any, ...], seconds: float) -> Any:
    """A worker's answer; None where none can be had. Raises CompilerCrashError as `build` does."""
    try:
        return _asked(request, seconds)
    except _Silent as end:
        if end.proven:
            raise CompilerCrashError(str(end)) from None
        try:
            return _asked(request, seconds)
        except _Silent as again:
            raise CompilerCrashError(str(again), again.proven) from None


def _asked(request: tuple[Any, ...], seconds: float) -> Any:
    global _worker, _unusable
    with _lock:
        worker, _worker = _worker, None  # whatever interrupts this, a worker is asked once at most
        if worker is not None and not worker.is_there():  # ended between two builds
            worker.close()
            worker = None
        if worker is None:
            worker = None if _unusable else _start()
            if worker is None:
                _unusable = True
                return None
        answer = worker.ask(request, seconds)
        _worker = worker
        return answer


def _start() -> _Worker | None:
    try:
        return _Worker()
    except (OSError, _Silent) as error:
        warnings.warn(
            f"LAZYGRAD_ISOLATE: no process to build in could be started, programs are built in "
            f"this one: {error}",
            RuntimeWarning,
            stacklevel=2,
        )
        return None


def forget() -> None:
    """Drops the worker without ending it: after a fork it is the parent's."""
    global _worker
    for worker in list(_workers):  # that of a build under way as well
        worker.let_go()
    _worker = None


def _close() -> None:
    global _worker
    worker, _worker = _worker, None
    if worker is not None:
        worker.close()


atexit.register(_close)
if sys.platform != "win32":
    os.register_at_fork(after_in_child=forget)
