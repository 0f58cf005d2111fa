"""Layers and losses against PyTorch: value and gradient of every input."""

import numpy as np
import pytest

import lazygrad as lg
import lazygrad.nn.functional as F
from lazygrad import nn

torch = pytest.importorskip("torch")
TF = torch.nn.functional
RNG = np.random.default_rng(0)


def array(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def run(library, function, arrays, scale):
    """Value of `function` and gradients of a fixed weighted sum of it."""
    inputs = []
    for a in arrays:
        floating = a.dtype.kind == "f"
        inputs.append(library.tensor(a, requires_grad=floating))
    out = function(*inputs)
    if scale is None:
        scale = np.linspace(0.5, 1.5, int(np.prod(out.shape))).astype(np.float32)
    (out * library.tensor(scale.reshape(tuple(out.shape)))).sum().backward()
    leaves = [t for t in inputs if t.requires_grad]
    grads = [None if t.grad is None else t.grad.numpy() for t in leaves]
    return out.detach().numpy(), grads, scale


def same(ours, theirs, *arrays, tolerance=2e-5):
    """Asserts that both functions agree on values, shapes and gradients."""
    expected, expected_grads, scale = run(torch, theirs, arrays, None)
    got, grads, _ = run(lg, ours, arrays, scale)
    assert got.shape == expected.shape and got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, tolerance, tolerance)
    for grad, expected_grad in zip(grads, expected_grads, strict=True):
        if expected_grad is None:
            assert grad is None or not grad.any()
        else:
            np.testing.assert_allclose(grad, expected_grad, tolerance, tolerance)


def test_activations():
    corners = [-30.0, -6.0, -3.0, -1.0, -0.0, 0.0, 1.0, 3.0, 6.0, 25.0, 100.0]
    calls = [
        lambda f, x: f.relu(x),
        lambda f, x: f.relu6(x),
        lambda f, x: f.leaky_relu(x, 0.1),
        lambda f, x: f.elu(x, 1.5),
        lambda f, x: f.gelu(x),
        lambda f, x: f.gelu(x, approximate="tanh"),
        lambda f, x: f.silu(x),
        lambda f, x: f.sigmoid(x),
        lambda f, x: f.tanh(x),
        lambda f, x: f.softplus(x, 2.0, 10.0),
        lambda f, x: f.logsigmoid(x),
        lambda f, x: f.hardtanh(x, -1.0, 3.0),
    ]

    def rows(library, functional):
        # One graph for all: each activation has a row of its own.
        return lambda x: library.stack([c(functional, x[i]) for i, c in enumerate(calls)])

    x = np.array([corners + list(array(5))] * len(calls), np.float32)
    same(rows(lg, F), rows(torch, TF), x)


def test_hardswish():
    # PyTorch 2.13 and its own formula disagree on the slope at the corners, so they are left out.
    x = np.array([-4.0, -2.5, 0.0, 2.5, 4.0], np.float32)
    same(lambda x: F.hardswish(x), lambda x: TF.hardswish(x), x)


def test_softmaxes_over_both_axes():
    def both(library, f):
        return lambda x: library.stack([f.softmax(x, -1), f.log_softmax(x, 0)])

    same(both(lg, F), both(torch, TF), array(5, 7) * 20)


def test_losses():
    a, b = array(4, 3), array(4, 3)
    a[0, 0] = b[0, 0]
    weight = np.array([0.5, 2.0, 1.0], np.float32)

    def losses(library, f):
        def stacked(*inputs):
            w = library.tensor(weight)
            x = inputs[:-1]
            t = inputs[-1]
            logs = f.log_softmax(x[6], 1)
            share = f.softmax(t, 1)
            return library.stack(
                [
                    f.mse_loss(x[0], t),
                    f.l1_loss(x[1], t, reduction="sum"),
                    f.smooth_l1_loss(x[2], t, beta=0.7),
                    f.binary_cross_entropy(x[3].sigmoid(), share, w),
                    f.binary_cross_entropy_with_logits(x[4] * 30, share),
                    f.binary_cross_entropy_with_logits(x[5], share, w, pos_weight=w),
                    f.kl_div(logs, share, reduction="batchmean"),
                    f.kl_div(logs, f.log_softmax(t, 1), reduction="sum", log_target=True),
                    f.cross_entropy(x[7], share, w, label_smoothing=0.1),
                ]
            )

        return stacked

    same(losses(lg, F), losses(torch, TF), *[a] * 8, b)


def test_losses_of_class_indices():
    x = array(5, 4, 2)
    target = np.array([[0, 3], [1, -100], [2, 2], [3, 0], [-100, 1]])
    weight = np.array([0.5, 2.0, 1.0, 0.0], np.float32)

    def losses(library, f):
        def stacked(a, b, c, d):
            t, w = library.tensor(target), library.tensor(weight)
            return library.stack(
                [
                    f.cross_entropy(a, t),
                    f.cross_entropy(b, t, w, label_smoothing=0.2),
                    f.cross_entropy(c, t.clip(min=0), w, ignore_index=3, reduction="sum"),
                    f.nll_loss(d, t, w, reduction="none").sum(),
                ]
            )

        return stacked

    same(losses(lg, F), losses(torch, TF), x, x, x, x)


def test_cross_entropy_of_one_sample_and_of_none():
    x = lg.tensor([1.0, 2.0, 3.0])
    expected = TF.cross_entropy(torch.tensor([1.0, 2.0, 3.0]), torch.tensor(2)).item()
    assert F.cross_entropy(x, lg.tensor(2)).item() == pytest.approx(expected)
    ignored = F.cross_entropy(x.reshape(1, 3), lg.tensor([-100]))
    assert np.isnan(ignored.item())


def test_normalisations():
    shape = (3, 4, 2, 5)

    def all_of(library, f):
        def stacked(x, w, b, lw, lb):
            mean, var = library.full((4,), 0.3), library.full((4,), 1.7)
            return library.stack(
                [
                    f.layer_norm(x, (2, 5), lw, lb),
                    f.group_norm(x, 2, w, b),
                    f.batch_norm(x, mean, var, w, b),
                    f.rms_norm(x, (2, 5), lw),
                ]
            )

        return stacked

    arrays = array(*shape), array(4), array(4), array(2, 5), array(2, 5)
    same(all_of(lg, F), all_of(torch, TF), *arrays, tolerance=1e-4)


@pytest.mark.parametrize("momentum", [0.1, None])
def test_batch_norm_training_moves_its_statistics(momentum):
    x = array(3, 4, 2, 5)
    ours, theirs = nn.BatchNorm2d(4, momentum=momentum), torch.nn.BatchNorm2d(4, momentum=momentum)
    for _ in range(2):
        same(ours, theirs, x, tolerance=1e-4)
    for name, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[name].numpy(), value.numpy(), 1e-5, 1e-6)
    same(ours.eval(), theirs.eval(), x, tolerance=1e-4)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"stride": 2, "padding": 1},
        {"padding": "same", "dilation": (2, 1)},
        {"groups": 2, "stride": (1, 2), "padding": (0, 1)},
    ],
    ids=str,
)
def test_conv2d(settings):
    channels = 4 // settings.get("groups", 1)
    same(
        lambda *t: F.conv2d(*t, **settings),
        lambda *t: TF.conv2d(*t, **settings),
        array(2, 4, 6, 7), array(6, channels, 3, 2), array(6),
        tolerance=1e-4,
    )  # fmt: skip


def test_conv1d_without_a_batch():
    same(
        lambda *t: F.conv1d(*t, stride=2, padding=2),
        lambda *t: TF.conv1d(*t, stride=2, padding=2),
        array(3, 9), array(4, 3, 5),
        tolerance=1e-4,
    )  # fmt: skip


def test_conv_layer_pads_in_all_modes():
    for mode in ("reflect", "replicate", "circular"):
        ours = nn.Conv1d(2, 3, 3, padding=1, padding_mode=mode)
        theirs = torch.nn.Conv1d(2, 3, 3, padding=1, padding_mode=mode)
        theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
        x = array(1, 2, 4)
        expected = theirs(torch.tensor(x)).detach().numpy()
        np.testing.assert_allclose(ours(lg.tensor(x)).detach().numpy(), expected, 1e-4, 1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_size": 2},
        {"kernel_size": (3, 2), "stride": 2, "padding": 1, "ceil_mode": True},
        {"kernel_size": 2, "stride": 3, "dilation": 2},
    ],
    ids=str,
)
def test_max_pool2d(settings):
    # Repeated values: the gradient must go to the first of them.
    x = np.round(array(2, 3, 6, 7))
    same(lambda t: F.max_pool2d(t, **settings), lambda t: TF.max_pool2d(t, **settings), x)


@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_size": 2},
        {"kernel_size": (3, 2), "stride": 2, "padding": 1, "ceil_mode": True},
        {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False},
        {"kernel_size": 2, "divisor_override": 3},
    ],
    ids=str,
)
def test_avg_pool2d(settings):
    x = array(2, 3, 6, 7)
    same(lambda t: F.avg_pool2d(t, **settings), lambda t: TF.avg_pool2d(t, **settings), x)


def test_pooling_of_one_axis():
    x = array(3, 7)
    same(lambda t: F.max_pool1d(t, 3, 2), lambda t: TF.max_pool1d(t, 3, 2), x)
    same(lambda t: F.avg_pool1d(t, 3, 2), lambda t: TF.avg_pool1d(t, 3, 2), x)


@pytest.mark.parametrize("size", [1, (3, 7), (4, None), (5, 2)], ids=str)
def test_adaptive_avg_pool2d(size):
    x = array(2, 3, 6, 7)
    same(lambda t: F.adaptive_avg_pool2d(t, size), lambda t: TF.adaptive_avg_pool2d(t, size), x)


def test_linear_and_embedding():
    same(F.linear, TF.linear, array(2, 3, 4), array(5, 4), array(5), tolerance=1e-4)
    index = np.array([[0, 2, 2], [1, 3, 0]])
    same(
        lambda i, w: F.embedding(i, w, padding_idx=2),
        lambda i, w: TF.embedding(i, w, padding_idx=2),
        index, array(4, 3),
    )  # fmt: skip


def test_small_functions():
    index = np.array([[0, 2], [1, 1]])
    assert F.one_hot(lg.tensor(index)).tolist() == TF.one_hot(torch.tensor(index)).tolist()
    assert F.one_hot(lg.tensor(index), 4).shape == (2, 2, 4)
    x, y = array(3, 4), array(3, 4)
    same(lambda t: F.normalize(t, dim=1), lambda t: TF.normalize(t, dim=1), x)
    same(F.cosine_similarity, TF.cosine_similarity, x, y)


def test_pad_in_all_modes():
    def all_modes(library, f):
        return lambda *t: library.stack(
            [
                f.pad(t[0], (1, 2, 0, 1)),
                f.pad(t[1], (1, 2, 0, 1), "reflect"),
                f.pad(t[2], (1, 2, 0, 1), "replicate"),
                f.pad(t[3], (1, 2, 0, 1), "circular"),
            ]
        )

    image = array(1, 1, 3, 4)
    same(all_modes(lg, F), all_modes(torch, TF), image, image, image, image)
    x = array(3, 4)
    same(lambda t: F.pad(t, (-1, 2), value=3.0), lambda t: TF.pad(t, (-1, 2), value=3.0), x)


@pytest.mark.parametrize("kind", ["plain", "causal", "bool", "additive", "scale", "gqa"])
def test_scaled_dot_product_attention(kind):
    mask = np.array([[True, True, False, True], [False] * 4, [True] * 4])
    heads = 1 if kind == "gqa" else 2

    def attend(library, f):
        settings = {
            "plain": {},
            "causal": {"is_causal": True},
            "bool": {"attn_mask": library.tensor(mask)},
            "additive": {"attn_mask": library.tensor(mask.astype(np.float32))},
            "scale": {"scale": 0.3},
            "gqa": {"enable_gqa": True},
        }[kind]
        return lambda q, k, v: f.scaled_dot_product_attention(q, k, v, **settings)

    arrays = array(2, 2, 3, 5), array(2, heads, 4, 5), array(2, heads, 4, 6)
    same(attend(lg, F), attend(torch, TF), *arrays)


@pytest.mark.parametrize(
    "settings",
    [
        {"batch_first": True},
        {"kdim": 3, "vdim": 5, "add_bias_kv": True, "add_zero_attn": True},
    ],
    ids=str,
)
def test_multihead_attention(settings):
    ours = nn.MultiheadAttention(4, 2, **settings)
    theirs = torch.nn.MultiheadAttention(4, 2, **settings)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    if settings.get("batch_first"):
        q = k = v = array(3, 3, 4)
    else:
        q, k, v = array(2, 3, 4), array(3, 3, 3), array(3, 3, 5)
    causal = np.triu(np.ones((q.shape[-2] if settings.get("batch_first") else 2, 3), bool), 1)
    padding = np.array([[False, False, True], [False] * 3, [False, True, False]])
    for need_weights in (True, False):
        results = []
        for library, layer in ((lg, ours), (torch, theirs)):
            query = library.tensor(q)
            same_input = settings.get("batch_first")
            key, value = (query, query) if same_input else (library.tensor(k), library.tensor(v))
            results.append(
                layer(
                    query, key, value,
                    key_padding_mask=library.tensor(padding),
                    attn_mask=library.tensor(causal),
                    need_weights=need_weights,
                )
            )  # fmt: skip
        (got, weights), (expected, expected_weights) = results
        np.testing.assert_allclose(got.detach().numpy(), expected.detach().numpy(), 1e-4, 1e-5)
        assert (weights is None) == (expected_weights is None)
        if weights is not None:
            expected_weights = expected_weights.detach().numpy()
            np.testing.assert_allclose(weights.detach().numpy(), expected_weights, 1e-4, 1e-5)
