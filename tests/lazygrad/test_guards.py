"""What is compared before a replay: in passes of C, and one by one where identities differ."""

import collections
import dataclasses
import functools
import types

import numpy as np
import pytest

import lazygrad as lg
from lazygrad.guards import Guards
from lazygrad.identities import Identities

FACTORS = [1.0, 2.0]
OFFSET = 1.0
settings = types.ModuleType("settings")
settings.shift = 1.0


class Config:
    rate = 1.0


@dataclasses.dataclass(slots=True)
class Slotted:
    rate: float = 1.0


def helper(x, by=1.0):
    return x * by * helper.factor


helper.factor = 1.0


class Scaler:
    power = 1.0

    def __init__(self) -> None:
        self.slotted, self.recent = Slotted(), collections.deque([1.0, 2.0])
        self.scale, self.name = 1000.5, "scaler"
        self.parts = {"first": [1, 2], "second": {3}}
        self.weight = lg.ones(3)
        self.trained = lg.ones(3, requires_grad=True)
        self.hooked = lg.ones(3, requires_grad=True)
        self.hooked.register_hook(lambda g: g)
        self.table = np.arange(3)

    @property
    def offset(self):
        return OFFSET

    @staticmethod
    def shifted(x):
        return helper(x + settings.shift + Config.rate)

    def __call__(self, x):
        return self.shifted(x * self.scale * FACTORS[0] ** self.power) + self.offset


def exchange_attribute(s):
    s.scale = 2.0


def rename_attribute(s):
    s.title = vars(s).pop("name")


def exchange_inner_item(s):
    s.parts["first"][1] = 5


def exchange_key(s):
    s.parts["third"] = s.parts.pop("second")


def grow_inner(s):
    s.parts["second"].add(4)


def exchange_memory(s):
    s.weight.data = lg.zeros(3)


def ask_for_gradients(s):
    s.weight.requires_grad_()


def change_global_list(s):
    FACTORS[1] = 3.0


def change_array(s):
    s.table[0] = 7


def shadow_attribute_of_class(s):
    s.power = 2.0


def replace_method(s):
    s.offset_of = lambda: 3.0


def change_slot(s):
    s.slotted.rate = 2.0


def change_deque(s):
    s.recent.rotate()


def add_hook(s):
    s.trained.register_hook(lambda g: g * 2)


def add_second_hook(s):
    s.hooked.register_hook(lambda g: g * 2)


@pytest.mark.parametrize(
    "change",
    [
        exchange_attribute, rename_attribute, exchange_inner_item, exchange_key, grow_inner,
        exchange_memory, ask_for_gradients, change_global_list, change_array,
        shadow_attribute_of_class, replace_method, change_slot, change_deque, add_hook,
        add_second_hook,
    ],
)  # fmt: skip
def test_every_change_is_noticed(change, monkeypatch):
    monkeypatch.setitem(globals(), "FACTORS", [1.0, 2.0])
    scaler = Scaler()
    guards = Guards(scaler, ())
    assert guards.changed() == ""
    change(scaler)
    assert guards.changed()


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        (settings, "shift", 2.0), (Config, "rate", 2.0), (Scaler, "power", 2.0),
        (Scaler, "__call__", lambda s, x: x), (helper, "factor", 2.0),
        (helper, "__defaults__", (2.0,)), (helper, "__code__", (lambda x, by=1.0: x).__code__),
    ],
)  # fmt: skip
def test_what_modules_classes_and_functions_hold(owner, name, value, monkeypatch):
    guards = Guards(Scaler(), ())
    assert guards.changed() == ""
    monkeypatch.setattr(owner, name, value)
    assert repr(name) in guards.changed()


def test_globals_of_properties(monkeypatch):
    guards = Guards(Scaler(), ())
    assert guards.changed() == ""
    monkeypatch.setitem(globals(), "OFFSET", 2.0)
    assert "'OFFSET'" in guards.changed()


def test_state_of_a_wrapper():
    factors = [1.0]

    def scaled(function):
        @functools.wraps(function)
        def wrapper(x):
            return function(x) * factors[0]

        return wrapper

    guards = Guards(lg.no_grad()(scaled(Scaler())), ())
    assert guards.changed() == ""
    factors[0] = 2.0
    assert guards.changed()


def test_a_history_that_a_tensor_gets_is_noticed():
    x, w = lg.ones(3), lg.ones(3, requires_grad=True)
    guards = Guards(lambda: x, ())
    assert guards.changed() == ""
    x.mul_(w)
    assert "requires_grad" in guards.changed()


def test_equal_numbers_that_are_other_objects_are_no_change():
    scaler = Scaler()
    guards = Guards(scaler, ())
    scaler.scale = float("1000.5")
    assert guards.changed() == ""
    scaler.scale = float("nan")
    assert "'scale'" in guards.changed()


def test_nobody_is_asked_whether_it_is_equal():
    """Identities alone: `==` of a tensor would build a graph."""

    class Proud:
        def __eq__(self, other):
            raise AssertionError

        __hash__ = object.__hash__

    items, fields = [Proud(), Proud()], {"one": Proud()}
    known = Identities()
    known.add_container(items)
    known.add_container({items[0]: items[1]})
    known.add_attributes(fields)
    known.add_field(fields, "one", fields["one"])
    assert known.are_same()
    items.reverse()
    assert not known.are_same()
    items.reverse()
    fields["one"] = Proud()
    assert not known.are_same()
