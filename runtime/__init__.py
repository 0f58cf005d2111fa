"""Devices, memory, programs and launches: plain data in, OpenCL underneath; no graph, no tensor."""

import os

from . import icd
from .buffer import Buffer as Buffer
from .buffer import allocate as allocate
from .buffer import allocate_all as allocate_all
from .buffer import copy as copy
from .buffer import host_view as host_view
from .buffer import read as read
from .buffer import write as write
from .device import Device as Device
from .discovery import devices as devices
from .discovery import find_device as find_device
from .errors import BuildError as BuildError
from .errors import CompilerCrashError as CompilerCrashError
from .errors import DeviceNotFoundError as DeviceNotFoundError
from .errors import LaunchError as LaunchError
from .errors import OutOfMemoryError as OutOfMemoryError
from .facts import Facts as Facts
from .launch import Stats as Stats
from .launch import launch as launch
from .launch import profile as profile
from .launch import reset_stats as reset_stats
from .launch import stats as stats
from .matrix_trial import mma_refusal as mma_refusal
from .matrix_trial import tried_facts as tried_facts
from .prepared import Prepared as Prepared
from .program import Kernel as Kernel
from .program import Program as Program
from .program import build as build
from .trial import Candidate as Candidate
from .trial import Memory as Memory
from .trial import Trials as Trials
from .trial import measure as measure
from .trial import measure_isolated as measure_isolated

# nothing above asks for platforms, and the first that does fixes what the loader sees
icd.show_all_drivers(
    os.environ,
    icd.intel_wheel_library(),
    icd.oclgrind_library(os.environ.get("LAZYGRAD_DEVICE", "")),
)
