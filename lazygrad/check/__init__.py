"""`python -m lazygrad check`: each promise of the library as a number, measured here and now.

A part is a module of this package with `run(device, full)`: it makes its promises' cases happen on
`device`, short (seconds, for tests and CI) or in full, and yields a `Finding` for each promise.
"""

from .finding import Finding as Finding

# part -> what it asks, in the order in which they run
PARTS = {
    "devices": "what the device tells, and whether its compiler and memory can be trusted",
    "accuracy": "every function's error against float64, in ulp",
    "repeatable": "the same bits twice, in two processes, with a cold and a warm cache",
    "fuzz": "random graphs, fused and unfused, against NumPy's meaning",
    "bad_input": "the public functions with bad arguments",
    "faults": "full disks, killed processes, threads, forks, Ctrl-C, refused memory",
    "memory": "long runs keep memory flat",
    "clean": "every kernel form, under Oclgrind and a compiler that only checks",
}

# parts that bring their own device or need none
ONCE = ("clean",)
