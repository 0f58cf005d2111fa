"""Spawned workers are handed functions, modules and classes: all that is public can be pickled."""

import functools
import importlib
import pickle
from types import FunctionType

import pytest

import lazygrad as lg
import lazygrad.nn.functional as F
from lazygrad import nn

SPACES = (
    "lazygrad", "lazygrad.autograd", "lazygrad.nn", "lazygrad.nn.functional", "lazygrad.nn.init",
    "lazygrad.nn.utils", "lazygrad.optim", "lazygrad.optim.lr_scheduler", "lazygrad.utils.data",
)  # fmt: skip


@pytest.mark.parametrize("space", SPACES)
def test_public_functions_and_classes_are_found_again(space):
    members = vars(importlib.import_module(space))
    public = {n: m for n, m in members.items()
              if n[0] != "_" and isinstance(m, (FunctionType, type))
              and m.__module__.startswith("lazygrad")}  # fmt: skip
    assert public
    lost = [name for name, m in public.items() if pickle.loads(pickle.dumps(m)) is not m]
    assert lost == []


def test_modules_that_hold_functions():
    class_of = nn.Sequential(nn.Linear(2, 3), nn.GELU())
    class_of.act = F.gelu
    again = pickle.loads(pickle.dumps(functools.partial(F.leaky_relu, negative_slope=0.5)))
    assert again(lg.tensor([-2.0])).tolist() == [-1.0]
    assert pickle.loads(pickle.dumps(class_of)).act is F.gelu
