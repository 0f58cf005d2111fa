"""Views alias their base as in PyTorch: the same programs run in both libraries."""

import numpy as np
import pytest

import lazygrad as lg

torch = pytest.importorskip("torch")

START = np.arange(24, dtype=np.float32).reshape(4, 6)

VIEWS = {
    "view": lambda x: x.view(2, 12),
    "view_minus_one": lambda x: x.view(-1),
    "reshape": lambda x: x.reshape(3, 8),
    "permute": lambda x: x.permute(1, 0),
    "transpose": lambda x: x.transpose(0, 1),
    "t": lambda x: x.t(),
    "slice": lambda x: x[1:3, ::2],
    "select": lambda x: x[1],
    "last": lambda x: x[..., -1],
    "narrow": lambda x: x.narrow(1, 2, 3),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "squeeze": lambda x: x[:, 2:3].squeeze(1),
    "chunk": lambda x: x.chunk(2, 1)[1],
    "split": lambda x: x.split(3)[1],
    "unbind": lambda x: x.unbind(0)[2],
    "diagonal": lambda x: x.diagonal(),
    "diagonal_above": lambda x: x.diagonal(1),
    "unfold": lambda x: x.unfold(1, 2, 2),
    "unflatten": lambda x: x.unflatten(1, (2, 3)),
    "chain": lambda x: x.t()[1:5].view(2, 2, 4)[1, :, ::3],
    "expanded_row": lambda x: x[0].expand(3, 6)[1],
    "detach": lambda x: x.detach()[0],
    "data": lambda x: x.data[1:],
    "no_grad": lambda x: x.view(24)[3:7],
}


def tensors(view):
    return [(view(x), x) for x in (torch.tensor(START), lg.tensor(START))]


@pytest.mark.parametrize("name", VIEWS)
def test_layout_of_a_view(name):
    (expected, _), (got, _) = tensors(VIEWS[name])
    assert tuple(got.shape) == tuple(expected.shape)
    assert got.stride() == expected.stride()
    assert got.storage_offset() == expected.storage_offset()
    assert got.is_contiguous() == expected.is_contiguous()


@pytest.mark.parametrize("name", VIEWS)
def test_writes_go_through_a_view_both_ways(name):
    results = []
    for view, base in tensors(VIEWS[name]):
        view.mul_(10)  # the base sees it
        base.add_(1)  # the view sees it
        results.append((base.numpy(), view.numpy()))
    for expected, got in zip(*results, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_layout_of_results_and_copies():
    for library in (torch, lg):
        x = library.tensor(START).reshape(2, 3, 4)
        y = x.permute(0, 2, 1)
        for z in (y * 2, y.clone(), y.double(), y[:, ::2] + 1):
            assert not z.is_contiguous() and z.transpose(1, 2).is_contiguous()
        assert y.contiguous().is_contiguous() and (y[:, :, 0].expand(2, 2, 4) * 2).is_contiguous()
        z = y.clone()
        z.transpose(1, 2).view(-1)[1] = -5  # a view of the copy, in the order of its strides
        assert z[0, 1, 0].item() == -5
        z.select(0, 1).unfold(0, 2, 1)[0, 0].fill_(8)
        assert z[1, 0, 0].item() == 8 and z[1, 1, 0].item() == 8


def test_several_views_see_each_other():
    results = []
    for library in (torch, lg):
        x = library.tensor(START)
        row, column, flat = x[1], x[:, 2], x.view(-1)
        row[2] = 100
        column += 1
        flat[-1] = -1
        results.append([t.numpy() for t in (x, row, column, flat)])
    for expected, got in zip(*results, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_copies_share_nothing():
    x = lg.tensor(START)
    copies = [x.clone(), x.t().contiguous(), x.t().reshape(24), x[[0, 1]], x + 0, x.double()]
    before = [c.numpy() for c in copies]
    x.zero_()
    for c, b in zip(copies, before, strict=True):
        np.testing.assert_array_equal(c.numpy(), b)


def test_numpy_data_is_copied_at_the_call():
    data = START.copy()
    x = lg.tensor(data)
    data[:] = 0
    y = x.numpy()
    y[:] = 5
    np.testing.assert_array_equal(x.numpy(), START)


def test_view_of_what_needs_a_copy_is_refused():
    x = lg.tensor(START)
    with pytest.raises(RuntimeError, match=r"view.*Use \.reshape"):
        x.t().view(24)
    assert x.t().reshape(24).tolist() == START.T.reshape(24).tolist()


def test_overlapping_windows_keep_the_last_value():
    x = lg.tensor([1.0, 2.0, 3.0])
    x.unfold(0, 2, 1).copy_(lg.tensor([[10.0, 20.0], [30.0, 40.0]]))
    assert x.tolist() == [10.0, 30.0, 40.0]


def test_write_to_an_expanded_tensor_is_refused():
    x = lg.tensor([[1.0, 2.0]])
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        x.expand(3, 2).add_(1)


def test_setting_data_keeps_the_leaf():
    results = []
    for library in (torch, lg):
        w = library.tensor([1.0, 2.0], requires_grad=True)
        w.data = library.tensor([3.0, 4.0, 5.0])
        assert w.is_leaf and w.requires_grad
        (w * w).sum().backward()
        results.append(w.grad.numpy())
    np.testing.assert_array_equal(*results)


def test_in_place_views_become_the_view():
    x = lg.tensor(START)
    y = x.view(24)
    y.unsqueeze_(0)
    assert tuple(y.shape) == (1, 24)
    y[0, 0] = 9
    assert x[0, 0].item() == 9
