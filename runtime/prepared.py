"""Kernels that are launched in a row again and again, with little between one and the next."""

from collections.abc import Sequence
from typing import Any

import pyopencl as cl

from .buffer import Buffer
from .device import Device
from .launch import Argument, Launch, check_device, refused, submit
from .program import Kernel

__all__ = ["Prepared"]


class Prepared:
    """A row of launches, whose arguments are set only where they differ from the last run's.

    Args:
        device: where they run.
        launches: kernels that nobody else launches, with global and local sizes; where a size is
            0 nothing is launched.
        places: for each of them, which value of a run each of its arguments gets.
        count: how many values a run has.
        is_brief: whether all of them together take less than waking the device's threads.
    """

    def __init__(
        self,
        device: Device,
        launches: Sequence[Launch],
        places: Sequence[Sequence[int]],
        count: int,
        is_brief: bool = False,
    ) -> None:
        self.device = device
        self._is_brief = is_brief
        self._launches: list[tuple[Launch, Sequence[int]]] = []
        self._uses: list[list[tuple[Kernel, int]]] = [[] for _ in range(count)]
        self._held: list[object] = [None] * count  # what kernels hold for each value
        for launch, taken in zip(launches, places, strict=True):
            kernel, global_size, _ = launch
            if 0 in global_size:
                continue
            self._launches.append((launch, taken))
            for index, place in enumerate(taken):
                self._uses[place].append((kernel, index))
        self._used = [place for place, uses in enumerate(self._uses) if uses]

    def run(self, values: Sequence[Argument]) -> None:
        """Submits all launches without waiting, in order; raises as `launch` does."""
        device = self.device
        with device.lock:
            self._set(values)
            callers = device.callers_queue() if self._is_brief else None
            for launch, taken in self._launches:
                try:
                    submit(device, *launch, callers)
                except cl.Error as error:
                    raise refused(launch, [values[k] for k in taken], error) from error

    def _set(self, values: Sequence[Argument]) -> None:
        held = self._held
        for place in self._used:
            value = values[place]
            # a key stands for the memory without keeping it: an address may come back
            told: object = value.key if isinstance(value, Buffer) else value
            if told is None or told is not held[place]:
                held[place] = None  # while some kernels have the new value and others not
                self._set_everywhere(place, values)
                held[place] = told

    def _set_everywhere(self, place: int, values: Sequence[Argument]) -> None:
        value = values[place]
        for kernel, index in self._uses[place]:
            cl_kernel: Any = kernel.cl_kernel
            try:
                if isinstance(value, Buffer):
                    check_device(kernel, index, value)
                    cl_kernel._set_arg_multi((index, value.memory if value.nbytes else None))
                else:
                    cl_kernel._set_arg_buf_multi((index, value))
            except cl.Error as error:
                launch, taken = next(x for x in self._launches if x[0][0] is kernel)
                raise refused(launch, [values[k] for k in taken], error) from error
