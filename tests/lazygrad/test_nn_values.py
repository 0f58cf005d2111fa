"""Layers and losses against formulas written in NumPy, their gradients against differences."""

import math

import numpy as np
import pytest

import lazygrad as lg
import lazygrad.nn.functional as F
from lazygrad import nn

RNG = np.random.default_rng(0)


def array(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def close(got, expected, tolerance=1e-5):
    got = got.detach().numpy()
    assert got.shape == np.shape(expected)
    np.testing.assert_allclose(got, expected, tolerance, tolerance)


def np_softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def test_rowwise_functions():
    x, w, b = array(4, 9), array(9), array(9)
    t = lg.tensor(x)
    close(F.softmax(t, -1), np_softmax(x))
    close(F.log_softmax(t, -1), np.log(np_softmax(x)))
    normal = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    close(F.layer_norm(t, (9,), lg.tensor(w), lg.tensor(b)), normal * w + b)
    scaled = x / np.sqrt((x * x).mean(1, keepdims=True) + 1e-3) * w
    close(F.rms_norm(t, (9,), lg.tensor(w), eps=1e-3), scaled)
    expected = [0.5 * v * (1 + math.erf(v / math.sqrt(2))) for v in x[0].tolist()]
    close(F.gelu(t)[0], expected)


def test_cross_entropy():
    x, weight = array(5, 3), np.array([1.0, 2.0, 0.5], np.float32)
    target = np.array([2, 0, -100, 1, 2])
    logs = np.log(np_softmax(x))
    kept = [i for i in range(5) if target[i] >= 0]
    terms = np.array([-logs[i, target[i]] for i in kept])
    close(F.cross_entropy(lg.tensor(x), lg.tensor(target)), terms.mean())
    shares = weight[target[kept]]
    got = F.cross_entropy(lg.tensor(x), lg.tensor(target), lg.tensor(weight))
    close(got, (terms * shares).sum() / shares.sum())
    smooth = 0.8 * terms - 0.2 * logs[kept].mean(1)
    close(F.cross_entropy(lg.tensor(x), lg.tensor(target), label_smoothing=0.2), smooth.mean())


def test_cross_entropy_gradient_is_softmax_minus_one_hot():
    x, target = lg.tensor(array(4, 3), requires_grad=True), np.array([2, 0, 1, 2])
    F.cross_entropy(x, lg.tensor(target)).backward()
    expected = (np_softmax(x.detach().numpy()) - np.eye(3)[target]) / 4
    close(x.grad, expected)


def np_conv2d(x, w, stride, pad, groups):
    x = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    share, (kh, kw) = w.shape[1], w.shape[2:]
    rows = range(0, x.shape[2] - kh + 1, stride)
    columns = range(0, x.shape[3] - kw + 1, stride)
    out = np.zeros((len(x), len(w), len(rows), len(columns)))
    for o in range(len(w)):
        first = o // (len(w) // groups) * share
        for i, y in enumerate(rows):
            for j, z in enumerate(columns):
                window = x[:, first : first + share, y : y + kh, z : z + kw]
                out[:, o, i, j] = (window * w[o]).sum((1, 2, 3))
    return out


@pytest.mark.parametrize(("stride", "pad", "groups"), [(1, 0, 1), (2, 1, 2)])
def test_conv2d(stride, pad, groups):
    x, w, b = array(2, 4, 6, 5), array(6, 4 // groups, 3, 2), array(6)
    got = F.conv2d(lg.tensor(x), lg.tensor(w), lg.tensor(b), stride, pad, groups=groups)
    close(got, np_conv2d(x, w, stride, pad, groups) + b.reshape(6, 1, 1), 1e-4)


def test_pooling():
    x = array(2, 3, 4, 6)
    blocks = x.reshape(2, 3, 2, 2, 3, 2)
    t = lg.tensor(x)
    close(F.max_pool2d(t, 2), blocks.max((3, 5)))
    close(F.avg_pool2d(t, 2), blocks.mean((3, 5)))
    close(F.adaptive_avg_pool2d(t, (2, 3)), blocks.mean((3, 5)))
    close(F.adaptive_avg_pool2d(t, 1), x.mean((2, 3), keepdims=True))
    hanging = F.max_pool2d(t, 3, stride=2, padding=1, ceil_mode=True)
    assert hanging.shape == (2, 3, 3, 4)


def test_max_pool_gives_the_gradient_to_the_first_maximum():
    x = lg.zeros(1, 1, 2, 4, requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    assert x.grad.tolist() == [[[[1.0, 0.0, 1.0, 0.0], [0.0] * 4]]]


def test_batch_norm():
    x = array(3, 4, 2, 5)
    layer = nn.BatchNorm2d(4)
    mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
    column = (1, 4, 1, 1)
    expected = (x - mean.reshape(column)) / np.sqrt(var.reshape(column) + 1e-5)
    close(layer(lg.tensor(x)), expected, 1e-4)
    close(layer.running_mean, 0.1 * mean)
    close(layer.running_var, 0.9 + 0.1 * var * 30 / 29)
    assert layer.num_batches_tracked.item() == 1
    moved = (x - 0.1 * mean.reshape(column)) / np.sqrt(
        layer.running_var.numpy().reshape(column) + 1e-5
    )
    close(layer.eval()(lg.tensor(x)), moved, 1e-4)
    assert layer.num_batches_tracked.item() == 1


def test_batch_norm_counts_on_from_what_is_loaded():
    layer, x = nn.BatchNorm1d(2), lg.tensor(array(4, 2))
    for _ in range(3):
        layer(x)
    assert layer.num_batches_tracked.item() == 3
    layer.load_state_dict({**layer.state_dict(), "num_batches_tracked": lg.tensor(10)})
    layer(x)
    layer.num_batches_tracked += 5
    layer(x)
    assert layer.state_dict()["num_batches_tracked"].item() == 17
    layer.reset_running_stats()
    assert layer.num_batches_tracked.item() == 0


def test_attention():
    q, k, v = array(2, 3, 5), array(2, 4, 5), array(2, 4, 6)
    scores = q @ k.transpose(0, 2, 1) / math.sqrt(5)
    tensors = [lg.tensor(a) for a in (q, k, v)]
    close(F.scaled_dot_product_attention(*tensors), np_softmax(scores) @ v)
    causal = np.where(np.tril(np.ones((3, 4), bool)), scores, -np.inf)
    close(F.scaled_dot_product_attention(*tensors, is_causal=True), np_softmax(causal) @ v)
    nothing = F.scaled_dot_product_attention(*tensors, attn_mask=lg.zeros(3, 4).bool())
    assert not nothing.numpy().any()


def test_embedding_gives_no_gradient_to_padding():
    weight = lg.tensor(array(4, 3), requires_grad=True)
    index = lg.tensor([[0, 2, 2], [1, 3, 0]])
    out = F.embedding(index, weight, padding_idx=2)
    out.sum().backward()
    close(out, weight.detach().numpy()[[[0, 2, 2], [1, 3, 0]]])
    assert weight.grad[:, 0].tolist() == [2.0, 1.0, 0.0, 1.0]


def test_network_gradient_by_differences():
    lg.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1),
        nn.BatchNorm2d(3),
        nn.GELU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.LayerNorm(12),
        nn.Linear(12, 4),
    ).double()
    x = lg.tensor(RNG.standard_normal((3, 2, 4, 4)))
    target = lg.tensor([1, 3, 0])
    loss = nn.CrossEntropyLoss(label_smoothing=0.1)
    loss(net(x), target).backward()
    directions = [RNG.standard_normal(tuple(p.shape)) for p in net.parameters()]
    slope = sum(
        float((p.grad.numpy() * d).sum()) for p, d in zip(net.parameters(), directions, strict=True)
    )
    ends = []
    for sign in (1, -1):
        with lg.no_grad():
            for p, d in zip(net.parameters(), directions, strict=True):
                p.add_(lg.tensor(d), alpha=(1e-5 if sign == 1 else -2e-5))
            ends.append(loss(net(x), target).item())
    assert (ends[0] - ends[1]) / 2e-5 == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: F.softmax(x), "no dim given"),
        (lambda x: nn.LogSoftmax()(x), "no dim given"),
        (lambda x: nn.KLDivLoss()(x, x), "batchmean"),
        (lambda x: F.mse_loss(x, x[:1]), "broadcasting"),
    ],
)
def test_warnings_stand_on_the_users_line(call, words):
    with pytest.warns(UserWarning, match=words) as warned:
        call(lg.ones(2, 2))
    assert [(w.filename, w.lineno) for w in warned] == [(__file__, call.__code__.co_firstlineno)]


def test_inplace_activation_writes_its_input():
    x = lg.tensor([-1.0, 2.0])
    assert nn.ReLU(inplace=True)(x) is x and x.tolist() == [0.0, 2.0]


def test_bce_is_bounded_at_certainty():
    p, t = lg.tensor([0.0, 1.0, 0.0], requires_grad=True), lg.tensor([1.0, 1.0, 0.0])
    loss = F.binary_cross_entropy(p, t, reduction="none")
    loss.sum().backward()
    assert loss.tolist() == [100.0, 0.0, 0.0]
    assert np.isfinite(p.grad.numpy()).all()


def test_dropout():
    lg.manual_seed(0)
    x = lg.ones(64, 64, requires_grad=True)
    out = F.dropout(x, 0.25)
    out.sum().backward()
    kept = out.detach().numpy() != 0
    assert 0.70 < kept.mean() < 0.80
    np.testing.assert_allclose(out.detach().numpy()[kept], 1 / 0.75, 1e-6)
    np.testing.assert_array_equal(x.grad.numpy(), out.detach().numpy())
    assert F.dropout(x, 0.25, training=False) is x
    assert not F.dropout(x, 1.0).detach().numpy().any()
    per_channel = F.dropout2d(lg.ones(8, 8, 3, 3), 0.5).numpy().reshape(64, 9)
    assert all(len(set(row)) == 1 for row in per_channel.tolist())
    assert nn.Dropout().eval()(x) is x


@pytest.mark.parametrize(
    ("error", "act"),
    [
        (RuntimeError, lambda: F.linear(lg.ones(2, 3), lg.ones(4, 5))),
        (RuntimeError, lambda: F.conv2d(lg.ones(1, 3, 4, 4), lg.ones(2, 2, 3, 3))),
        (RuntimeError, lambda: F.conv2d(lg.ones(1, 2, 2, 2), lg.ones(2, 2, 3, 3))),
        (ValueError, lambda: F.conv2d(lg.ones(1, 2, 3, 3), lg.ones(2, 2, 3, 3), padding="full")),
        (RuntimeError, lambda: F.max_pool2d(lg.ones(1, 1, 4, 4), 2, padding=2)),
        (RuntimeError, lambda: F.max_pool2d(lg.ones(4, 4), 2)),
        (RuntimeError, lambda: F.layer_norm(lg.ones(2, 3), (4,))),
        (ValueError, lambda: F.batch_norm(lg.ones(1, 3), None, None, training=True)),
        (ValueError, lambda: F.cross_entropy(lg.ones(2, 3), lg.ones(3).long())),
        (ValueError, lambda: F.mse_loss(lg.ones(2), lg.ones(2), reduction="median")),
        (ValueError, lambda: F.dropout(lg.ones(2), 1.5)),
        (RuntimeError, lambda: F.embedding(lg.ones(2), lg.ones(2, 2))),
        (IndexError, lambda: F.cross_entropy(lg.tensor(array(2, 3)), lg.tensor([0, 3])).item()),
        (IndexError, lambda: F.embedding(lg.tensor([-1]), lg.tensor(array(2, 2))).numpy()),
        (RuntimeError, lambda: F.pad(lg.ones(2), (1,))),
        (ValueError, lambda: nn.Conv2d(3, 4, 1, groups=2)),
        (ValueError, lambda: nn.MultiheadAttention(5, 2)),
        (ValueError, lambda: nn.BatchNorm2d(3)(lg.ones(2, 3))),
    ],
)
def test_bad_input_raises(error, act):
    with pytest.raises(error):
        act()
