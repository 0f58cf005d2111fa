"""The names that programs written for PyTorch reach for most, where they look for them."""

import inspect
import re
from operator import attrgetter

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import autograd, nn, optim, utils

# by how many of 9,275 files and 59 traced programs use them, without CUDA and the compilers
MOST_USED = re.findall(
    r"\S+",
    """
    nn.Module nn.Linear nn.Sequential nn.Conv2d nn.ReLU nn.Dropout nn.ModuleList nn.Embedding
    nn.Parameter nn.Tanh nn.LayerNorm nn.BatchNorm2d nn.GELU nn.MaxPool2d nn.MSELoss nn.Conv1d
    nn.ModuleDict nn.Identity nn.Flatten nn.CrossEntropyLoss nn.Sigmoid nn.NLLLoss nn.Softmax
    nn.BatchNorm1d nn.LeakyReLU nn.MultiheadAttention
    nn.functional.relu nn.functional.cross_entropy nn.functional.softmax
    nn.functional.log_softmax nn.functional.mse_loss nn.functional.pad nn.functional.nll_loss
    nn.functional.linear nn.functional.scaled_dot_product_attention nn.functional.layer_norm
    nn.init.normal_ nn.init.zeros_ nn.init.xavier_uniform_ nn.init.constant_
    nn.utils.clip_grad_norm_
    optim.Adam optim.AdamW optim.SGD optim.lr_scheduler.StepLR optim.Optimizer
    utils.data.DataLoader utils.data.Dataset utils.data.TensorDataset
    autograd.grad autograd.backward autograd.Variable
    cat tensor zeros ones device manual_seed arange randn stack float32 no_grad exp sin cos tanh
    from_numpy rand zeros_like sum matmul log empty linspace float eye mean max min float16 dtype
    ones_like Size full pow abs randint LongTensor norm sqrt flatten FloatTensor float64 bfloat16
    where bmm bool einsum is_tensor topk isnan unsqueeze rsqrt tril roll sigmoid argmax int64
    double softmax gather long save load Generator Tensor
""",
)

METHODS = re.findall(
    r"\S+",
    """
    add __getitem__ backward item shape size view mul unsqueeze mean to div detach __setitem__ sum
    sub data add_ dim __pow__ float reshape transpose contiguous neg permute __eq__ __len__ numpy
    pow clone __bool__ expand lt grad numel max t __rsub__ dtype device squeeze unbind
    requires_grad __rtruediv__ argmax fill_ flatten repeat gt abs norm __format__ split exp mul_
    sub_ masked_fill eq clamp T __and__ cpu tolist type zero_ view_as copy_ sqrt __float__ any
    requires_grad_ chunk le log ne new_zeros type_as __rpow__ std ge long repeat_interleave
    expand_as bool __invert__ __repr__ all sigmoid is_cuda sin mm roll gather __mod__ ceil flip
    topk masked_fill_ unique __array__ __int__ double ndim nonzero min var div_ cos softmax relu
    tanh amax unsqueeze_ index_add_ logsumexp sqrt_ uniform_ floor clamp_ index_select normal_ int
    scatter allclose narrow grad_fn matmul retain_grad register_hook is_leaf realize kernels
""",
)

MODULE_METHODS = re.findall(
    r"\S+",
    """
    parameters named_parameters buffers named_buffers modules named_modules children
    named_children to train eval zero_grad register_buffer register_parameter state_dict
    load_state_dict apply requires_grad_ float double half register_forward_hook
    register_forward_pre_hook register_full_backward_hook
""",
)


@pytest.mark.parametrize("name", MOST_USED)
def test_name_is_where_pytorch_has_it(name):
    found = lg
    for part in name.split("."):
        found = getattr(found, part)
    assert found is not None


@pytest.mark.parametrize("name", METHODS)
def test_tensor_has(name):
    assert hasattr(lg.Tensor, name)


@pytest.mark.parametrize("name", MODULE_METHODS)
def test_module_has(name):
    assert callable(getattr(nn.Module, name))


def test_all_lists_what_there_is():
    assert len(set(lg.__all__)) == len(lg.__all__)
    for name in lg.__all__:
        assert hasattr(lg, name), name


def test_modules_are_modules_and_functions_are_functions():
    for module in (autograd, nn, optim, utils, nn.functional, nn.init):
        assert module.__name__.startswith("lazygrad.")
    # files of the package bear some of these names too
    for name in ("realize", "einsum", "diagonal", "graph", "kernels", "devices"):
        assert callable(getattr(lg, name)), name


def test_functions_name_themselves_in_errors():
    with pytest.raises(TypeError, match=r"exp\(\): argument 'input' .* must be Tensor, not float"):
        lg.exp(2.0)
    with pytest.raises(TypeError, match=r"where\(\): argument 'condition'"):
        lg.where(True, 1.0, 2.0)


def test_types_are_the_ones_that_have_several_names():
    assert lg.float is lg.float32 and lg.double is lg.float64 and lg.half is lg.float16
    assert lg.int is lg.int32 and lg.long is lg.int64 and lg.short is lg.int16
    assert lg.finfo(lg.float32).eps == 2.0**-23 and lg.finfo(lg.bfloat16).eps == 2.0**-7
    assert lg.iinfo(lg.uint8).max == 255


def test_numpys_names_of_keywords_are_taken_as_pytorch_takes_them():
    values = np.arange(24.0).reshape(2, 3, 4)
    x = lg.tensor(values)
    for found, expected in [
        (x.sum(axis=1, keepdims=True), values.sum(1, keepdims=True)),
        (lg.mean(x, axis=(0, 2)), values.mean((0, 2))),
        (x.max(axis=2).values, values.max(2)),
        (x.cumsum(axis=0), values.cumsum(0)),
        (x.unsqueeze(axis=1), values[:, None]),
        (lg.cat([x, x], axis=1), np.concatenate([values, values], 1)),
        (lg.stack([x, x], axis=-1), np.stack([values, values], -1)),
    ]:
        assert np.array_equal(found.numpy(), expected)
    with pytest.raises(TypeError, match="sum: got both 'dim' and 'axis'"):
        x.sum(dim=1, axis=1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'axis'"):
        x.exp(axis=1)


@pytest.mark.parametrize(
    "name",
    [
        "autograd.grad",
        "nn.Linear",
        "nn.Conv2d",
        "nn.LayerNorm",
        "nn.functional.softmax",
        "nn.functional.layer_norm",
        "nn.utils.clip_grad_norm_",
        "optim.Adam",
        "optim.AdamW",
        "optim.SGD",
        "optim.lr_scheduler.CosineAnnealingLR",
        "utils.data.DataLoader",
    ],
)
def test_arguments_have_pytorchs_names_and_order(name):
    torch = pytest.importorskip("torch")
    find = attrgetter(name)
    expected = list(inspect.signature(find(torch)).parameters)
    assert list(inspect.signature(find(lg)).parameters) == expected
