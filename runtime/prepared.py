"""Kernels that are launched in a row again and again, with little between one and the next."""

from collections.abc import Sequence

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
    """

    def __init__(
        self,
        device: Device,
        launches: Sequence[Launch],
        places: Sequence[Sequence[int]],
        count: int,
    ) -> None:
        self.device = device
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

    def run(self, values: Sequence[Argument]) -> None:
        """Submits all launches without waiting, in order; raises as `launch` does."""
        device = self.device
        with device.lock:
            self._set(values)
            for launch, taken in self._launches:
                try:
                    submit(device, *launch)
                except cl.Error as error:
                    raise refused(launch, [values[k] for k in taken], error) from error

    def _set(self, values: Sequence[Argument]) -> None:
        held = self._held
        try:
            for place, value in enumerate(values):
                if isinstance(value, Buffer):
                    # a key stands for the memory without keeping it: an address may come back
                    key = value.key
                    if key is held[place] and key is not None:
                        continue
                    memory = value.memory if value.nbytes else None
                    for kernel, index in self._uses[place]:
                        check_device(kernel, index, value)
                        kernel.cl_kernel._set_arg_multi((index, memory))  # type: ignore[attr-defined]
                    held[place] = key
                elif value is not held[place]:
                    for kernel, index in self._uses[place]:
                        kernel.cl_kernel._set_arg_buf_multi((index, value))  # type: ignore[attr-defined]
                    held[place] = value
        except BaseException:
            # the driver may hold some of the new values and not others
            held[:] = [None] * len(held)
            raise
