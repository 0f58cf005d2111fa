"""Times kernels against one another: built together, launched in turn, slow ones soon left out."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from . import discovery, isolation
from .buffer import Buffer, allocate, write
from .device import Device
from .errors import BuildError, CompilerCrashError
from .launch import Argument, launch
from .program import Kernel, build

__all__ = ["Candidate", "Memory", "Trials", "measure", "measure_isolated"]

# times the best, beyond which a candidate is not timed again, round by round
LEFT_OUT = (8.0, 3.0, 2.0, 1.5, 1.5, 1.3, 1.3, 1.3)
SECONDS_OF_ROUNDS = 5.0  # after which no further one begins
SECONDS_A_TURN = 0.001  # of launches without a wait, against the clock's and the queue's noise
TURNS = 4  # of a round: other processes disturb some of them
FIRST_LAUNCHES = 4  # by which a candidate is judged first


@dataclass(frozen=True)
class Memory:
    """An argument of `count` elements, each with these bytes."""

    count: int
    element: bytes


@dataclass(frozen=True)
class Candidate:
    """A kernel of the program and how to launch it."""

    name: str
    global_size: tuple[int, ...]
    local_size: tuple[int, ...]
    arguments: tuple[Memory | np.generic, ...]


@dataclass(frozen=True)
class Trials:
    """A program and the candidates in it; the first one is what the others are held against."""

    device: str
    source: str
    candidates: tuple[Candidate, ...]


def measure(trials: Trials) -> list[float]:
    """Seconds of a launch of each candidate. Raises BuildError, OutOfMemoryError, LaunchError."""
    device = discovery.find_device(trials.device)
    program = build(device, trials.source)
    buffers: dict[tuple[int, Memory], Buffer] = {}
    calls: list[_Call] = []
    for candidate in trials.candidates:
        arguments = list(_arguments(device, candidate.arguments, buffers))
        calls.append(_Call(program.kernel(candidate.name), candidate, arguments))
    return _rounds(calls)


def _arguments(
    device: Device, wanted: Sequence[Memory | np.generic], buffers: dict[tuple[int, Memory], Buffer]
) -> Iterator[Argument]:
    """The same memory for the same argument of every candidate."""
    for place, argument in enumerate(wanted):
        if not isinstance(argument, Memory):
            yield argument
            continue
        if (place, argument) not in buffers:
            buffer = allocate(device, argument.count * len(argument.element))
            element = np.frombuffer(argument.element, np.uint8)
            if buffer.nbytes:
                write(buffer, np.tile(element, argument.count))
            buffers[place, argument] = buffer
        yield buffers[place, argument]


class _Call:
    def __init__(self, kernel: Kernel, candidate: Candidate, arguments: list[Argument]) -> None:
        self.kernel, self.candidate, self.arguments = kernel, candidate, arguments
        self.best = float("inf")

    def run(self, repeat: int) -> None:
        """Notes the time of one launch among `repeat`, if it is the shortest so far."""
        device = self.kernel.device
        device.synchronize()
        begin = time.perf_counter()
        for _ in range(repeat):
            launch(
                self.kernel, self.candidate.global_size, self.candidate.local_size, self.arguments
            )
        device.synchronize()
        self.best = min(self.best, (time.perf_counter() - begin) / repeat)


def _rounds(calls: Sequence[_Call]) -> list[float]:
    """The first call is timed to the end, the others as long as they may be the fastest."""
    for call in calls:
        call.run(1)
        call.best = float("inf")  # drivers finish a kernel's code at its first launch
        for _ in range(FIRST_LAUNCHES):
            call.run(1)
    end = time.perf_counter() + SECONDS_OF_ROUNDS
    for factor in LEFT_OUT:
        best = min(call.best for call in calls)
        for call in calls:
            if call.best <= factor * best or call is calls[0]:
                for _ in range(TURNS):
                    call.run(max(1, min(100, int(SECONDS_A_TURN / max(call.best, 1e-7)))))
        if time.perf_counter() > end:
            break
    return [call.best for call in calls]


def measure_isolated(trials: Trials, seconds: float) -> list[float] | None:
    """As `measure`, in another process; None where that crashed, or took longer than `seconds`.

    Raises BuildError where the compiler refuses the program.
    """
    try:
        answer = isolation.ask((trials,), seconds)
    except CompilerCrashError:
        return None
    if isinstance(answer, list):
        return answer
    if isinstance(answer, isolation.Built) and answer.refused:
        raise BuildError(answer.refused)
    return None if answer is not None else measure(trials)  # no process is to be had
