"""What is compared before a replay: in passes of C, and one by one where identities differ."""

import numpy as np
import pytest

import lazygrad as lg
from lazygrad.guards import Guards
from lazygrad.identities import Identities

FACTORS = [1.0, 2.0]


class Scaler:
    def __init__(self) -> None:
        self.scale, self.name = 1000.5, "scaler"
        self.parts = {"first": [1, 2], "second": {3}}
        self.weight = lg.ones(3)
        self.table = np.arange(3)

    def __call__(self, x):
        return x * self.scale * FACTORS[0]


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


@pytest.mark.parametrize(
    "change",
    [
        exchange_attribute, rename_attribute, exchange_inner_item, exchange_key, grow_inner,
        exchange_memory, ask_for_gradients, change_global_list, change_array,
    ],
)  # fmt: skip
def test_every_change_is_noticed(change, monkeypatch):
    monkeypatch.setitem(globals(), "FACTORS", [1.0, 2.0])
    scaler = Scaler()
    guards = Guards(scaler, ())
    assert guards.changed() == ""
    change(scaler)
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
    scaler.added = 1  # nothing that was there
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
