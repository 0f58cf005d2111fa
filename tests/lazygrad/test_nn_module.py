"""Modules: registration, walks, state, hooks, printing. Needs no reference library."""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import nn


class Net(nn.Module):
    """Two layers of which the second is used under two names, a buffer and a shared parameter."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.second = nn.Linear(4, 4, bias=False)
        self.again = self.second
        self.register_buffer("offset", lg.zeros(4))
        self.register_buffer("scratch", lg.ones(4), persistent=False)
        self.scale = nn.Parameter(lg.ones(4))

    def forward(self, x):
        return self.again(self.second(self.first(x).relu())) * self.scale + self.offset


def values(t):
    return t.detach().numpy()


def test_names_in_order_of_assignment():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == [
        "scale", "first.weight", "first.bias", "second.weight",
    ]  # fmt: skip
    assert [name for name, _ in net.named_buffers()] == ["offset", "scratch"]
    assert [name for name, _ in net.named_modules()] == ["", "first", "second"]
    assert [name for name, _ in net.named_children()] == ["first", "second"]
    assert net.get_submodule("first") is net.first
    assert net.get_parameter("first.weight") is net.first.weight


def test_state_dict_lists_shared_modules_twice_and_leaves_scratch_out():
    net = Net()
    state = net.state_dict()
    assert isinstance(state, OrderedDict)
    assert list(state) == [
        "scale", "offset", "first.weight", "first.bias", "second.weight", "again.weight",
    ]  # fmt: skip
    assert not state["first.weight"].requires_grad


def test_state_dict_round_trip_and_shared_memory():
    source, target = Net(), Net()
    result = target.load_state_dict(source.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    np.testing.assert_array_equal(values(target.first.weight), values(source.first.weight))
    state = target.state_dict()
    with lg.no_grad():
        target.scale.mul_(3)
    np.testing.assert_array_equal(values(state["scale"]), np.full(4, 3, np.float32))


def test_load_state_dict_names_what_does_not_fit():
    net = nn.Sequential(nn.Linear(3, 4))
    state = {"0.weight": lg.zeros(4, 5), "extra": lg.zeros(1)}
    with pytest.raises(RuntimeError) as error:
        net.load_state_dict(state)
    text = str(error.value)
    assert text.startswith("Error(s) in loading state_dict for Sequential:")
    assert 'Missing key(s) in state_dict: "0.bias". ' in text
    assert 'Unexpected key(s) in state_dict: "extra". ' in text
    assert "size mismatch for 0.weight" in text and "(4, 5)" in text and "(4, 3)" in text
    loose = net.load_state_dict({"0.bias": lg.ones(4), "extra": lg.zeros(1)}, strict=False)
    assert loose.missing_keys == ["0.weight"] and loose.unexpected_keys == ["extra"]
    np.testing.assert_array_equal(values(net[0].bias), np.ones(4, np.float32))


def test_load_state_dict_can_assign():
    net = nn.Linear(2, 2, bias=False)
    given = lg.ones(2, 2)
    net.load_state_dict({"weight": given}, assign=True)
    assert isinstance(net.weight, nn.Parameter) and net.weight.requires_grad
    np.testing.assert_array_equal(values(net.weight), np.ones((2, 2), np.float32))


@pytest.mark.parametrize(
    ("error", "act"),
    [
        (TypeError, lambda net: setattr(net, "scale", lg.ones(4))),
        (TypeError, lambda net: setattr(net, "offset", "text")),
        (TypeError, lambda net: setattr(net, "first", lg.ones(4))),
        (TypeError, lambda net: net.register_parameter("p", lg.ones(4))),
        (KeyError, lambda net: net.register_parameter("a.b", None)),
        (KeyError, lambda net: net.register_buffer("", None)),
        (KeyError, lambda net: net.register_buffer("forward", lg.ones(4))),
        (AttributeError, lambda net: net.nothing),
        (AttributeError, lambda net: net.get_submodule("first.weight")),
        (NotImplementedError, lambda net: nn.Module()(1)),
        (TypeError, lambda net: net.to(lg.int64)),
        (TypeError, lambda net: nn.Parameter([1.0])),
        (TypeError, lambda net: net.add_module("x", lg.ones(4))),
    ],
)
def test_bad_use_raises(error, act):
    with pytest.raises(error):
        act(Net())


def test_assignment_before_init_raises():
    class Early(nn.Module):
        def __init__(self):
            self.layer = nn.Identity()

    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call"):
        Early()


def test_reassignment_moves_between_tables():
    net = Net()
    net.first = None
    assert net.first is None and "first.weight" not in net.state_dict()
    net.offset = lg.ones(4)
    assert list(net.state_dict())[1] == "offset"
    del net.scale
    assert not hasattr(net, "scale")
    net.offset = nn.Parameter(lg.ones(4))
    assert [name for name, _ in net.named_parameters()] == ["offset", "second.weight"]


def test_modes_and_requires_grad():
    net = nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.Linear(2, 2)))
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert all(module.training for module in net.modules())
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())


def test_apply_visits_children_first():
    net = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
    seen = []
    net.apply(lambda module: seen.append(type(module).__name__))
    assert seen == ["Linear", "ReLU", "Sequential", "Sequential"]


def test_to_dtype_keeps_the_parameters_identity():
    net = nn.BatchNorm1d(3)
    weight = net.weight
    net.half()
    assert net.weight is weight and weight.dtype == lg.float16 and weight.is_leaf
    assert net.running_mean.dtype == lg.float16 and net.num_batches_tracked.dtype == lg.int64
    net.float()
    assert weight.dtype == lg.float32


def test_gradients_reach_parameters_and_can_be_cleared():
    net = Net()
    net(lg.ones(2, 3)).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    assert net.first.weight.grad.shape == net.first.weight.shape
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_forward_hooks_replace_arguments_and_results():
    layer = nn.Identity()
    calls = []
    first = layer.register_forward_pre_hook(lambda m, args: (args[0] + 1,))
    second = layer.register_forward_hook(lambda m, args, out: out * 2)
    third = layer.register_forward_hook(
        lambda m, args, kwargs, out: calls.append((len(args), kwargs)), with_kwargs=True
    )
    assert layer(lg.tensor(1.0)).item() == 4.0
    assert calls == [(1, {})]
    first.remove()
    with second:
        assert layer(lg.tensor(1.0)).item() == 2.0
    third.remove()
    assert layer(lg.tensor(1.0)).item() == 1.0 and len(calls) == 2


def test_prepended_hook_runs_first():
    layer, order = nn.Identity(), []
    layer.register_forward_hook(lambda *a: order.append("second"))
    layer.register_forward_hook(lambda *a: order.append("first"), prepend=True)
    layer(lg.tensor(1.0))
    assert order == ["first", "second"]


def test_full_backward_hooks_see_and_replace_gradients():
    class Double(nn.Module):
        def forward(self, x):
            return x * 2

    layer, seen = Double(), []
    layer.register_full_backward_pre_hook(lambda m, out: (out[0] * 10,))

    def hook(module, grad_input, grad_output):
        seen.append((grad_input[0].tolist(), grad_output[0].tolist()))
        return (grad_input[0] + 1,)

    handle = layer.register_full_backward_hook(hook)
    x = lg.tensor([1.0, 2.0], requires_grad=True)
    layer(x).sum().backward()
    assert seen == [([20.0, 20.0], [10.0, 10.0])]
    assert x.grad.tolist() == [21.0, 21.0]
    handle.remove()
    layer(x).sum().backward()
    assert len(seen) == 1


def test_copies_and_pickles_are_independent():
    net = Net()
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert isinstance(other.scale, nn.Parameter) and other.again is other.second
        with lg.no_grad():
            other.scale.fill_(7)
        assert values(net.scale).tolist() == [1.0] * 4
        np.testing.assert_array_equal(values(other.first.weight), values(net.first.weight))
        assert list(other.state_dict()) == list(net.state_dict())


def test_printing():
    net = nn.Sequential(
        OrderedDict(
            conv=nn.Conv2d(1, 8, 3, padding=1, bias=False),
            pool=nn.MaxPool2d(2),
            body=nn.Sequential(nn.Dropout(0.25), nn.LayerNorm(4)),
        )
    )
    assert repr(net) == (
        "Sequential(\n"
        "  (conv): Conv2d(1, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)\n"
        "  (pool): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)\n"
        "  (body): Sequential(\n"
        "    (0): Dropout(p=0.25, inplace=False)\n"
        "    (1): LayerNorm((4,), eps=1e-05, elementwise_affine=True)\n"
        "  )\n"
        ")"
    )
    assert repr(nn.ReLU()) == "ReLU()"
    assert repr(nn.Parameter(lg.ones(2))).startswith("Parameter containing:\n")


def test_sequential_is_a_sequence():
    a, b, c = nn.ReLU(), nn.Tanh(), nn.Identity()
    net = nn.Sequential(a, b)
    net.append(c)
    assert len(net) == 3 and net[-1] is c and list(net[:2]) == [a, b]
    net.insert(1, c)
    assert list(net) == [a, c, b, c]
    del net[1]
    assert net.pop(2) is c and list(net._modules) == ["0", "1"]
    net[0] = c
    assert net[0] is c
    with pytest.raises(IndexError):
        net[2]


def test_module_list_and_dict():
    layers = nn.ModuleList([nn.Linear(1, 1)])
    layers += [nn.ReLU()]
    assert len(layers + layers) == 4 and isinstance(layers[1:], nn.ModuleList)
    assert list(nn.Sequential(layers).state_dict()) == ["0.0.weight", "0.0.bias"]
    named = nn.ModuleDict({"a": nn.Linear(1, 1)})
    named["b"] = nn.ReLU()
    assert (
        list(named) == ["a", "b"] and "a" in named and next(iter(named.state_dict())) == "a.weight"
    )
    named.pop("a")
    assert len(named) == 1


def test_parameter_list():
    listed = nn.ParameterList([lg.ones(2), nn.Parameter(lg.zeros(3))])
    listed.append(lg.ones(1))
    assert [tuple(p.shape) for p in listed] == [(2,), (3,), (1,)]
    assert list(listed.state_dict()) == ["0", "1", "2"] and isinstance(listed[-1], nn.Parameter)
    assert len(list(listed.parameters())) == 3
