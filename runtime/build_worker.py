"""The child process of `isolation`: builds, or times, what it is asked for, until its parent ends.

Requests and answers are pickles on stdin and stdout; the first answer says that it is ready.
"""

import faulthandler
import os
import pickle
import queue
import signal
import sys
import threading
from typing import IO, Any

import pyopencl as cl

from . import discovery, program, trial
from .errors import BuildError
from .isolation import Built

# beyond the limit, at which the parent ends this process
GRACE_SECONDS = 5


def _read(requests: IO[bytes], waiting: "queue.SimpleQueue[Any]") -> None:
    """Passes requests on; the parent's end is this process's."""
    while True:
        try:
            waiting.put(pickle.load(requests))
        except (EOFError, OSError):
            os._exit(0)


def _built(device_name: str, source: str, options: tuple[str, ...]) -> Built:
    device = discovery.find_device(device_name)
    try:
        cl_program = program.compile_source(device, source, options)
    except BuildError as error:
        return Built(b"", refused=str(error))
    # some drivers leave a kernel's code to the time when it is first asked for
    for name in cl_program.get_info(cl.program_info.KERNEL_NAMES).split(";"):
        if name:
            program.cl_kernel(cl_program, name)
    return Built(program.binary_of(cl_program))


def main() -> None:
    """Serves until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent acts
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # drivers print
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, waiting), daemon=True).start()
    answer: Any = "ready"
    while True:
        pickle.dump(answer, answers)
        answers.flush()
        *request, seconds = waiting.get()
        # compilers hold the interpreter's lock, so that nothing else ends one without a parent
        faulthandler.dump_traceback_later(seconds + GRACE_SECONDS, exit=True)
        try:
            timed = isinstance(request[0], trial.Trials)
            answer = trial.measure(*request) if timed else _built(*request)
        except BuildError as error:
            answer = Built(b"", refused=str(error))
        except Exception as error:  # no memory, no device: not the program's fault
            answer = Built(b"", failed=repr(error))
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main()
