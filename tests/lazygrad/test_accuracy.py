"""The short form of the measured error bounds."""

import numpy as np

from lazygrad import runtime
from lazygrad.check import accuracy, functions
from lazygrad.codegen.dtype import float32


def test_every_function_keeps_its_bound(device: runtime.Device) -> None:
    broken = [str(f) for f in accuracy.run(device, full=False) if not f.held]
    assert broken == []


def test_a_wrong_value_is_seen() -> None:
    """What measures must not be blind: one ulp, a lost infinity and a NaN too many are counted."""
    sine = next(f for f in functions.UNARY if f.name == "sin")
    x = np.array([0.5, 1.0, 2.0, np.inf], np.float32)
    got = np.sin(x[:3].astype(np.float64)).astype(np.float32)
    got = np.append(np.append(np.nextafter(got[:2], np.float32(9)), np.nan), 0).astype(np.float32)
    errors = accuracy.errors_in_ulp(sine, got, [x], float32)
    assert (errors[:2] > 0.5).all() and (errors[:2] <= 1.5).all()
    assert np.isinf(errors[2:]).all()
