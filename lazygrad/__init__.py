"""lazygrad: PyTorch's names on any OpenCL device, through kernels that you can read."""

from importlib import import_module as _import_module
from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from pathlib import Path
from typing import Any as _Any

__version__ = "0.1.0"

# in a checkout, codegen/ and runtime/ stand beside this folder; installed, inside it
if (Path(__file__).parent.parent / "pyproject.toml").is_file():
    __path__.append(str(Path(__file__).parent.parent))

# the path comes first
from . import autograd as autograd
from . import backends as backends
from . import cuda as cuda
from . import nn as nn
from . import optim as optim
from . import random as random
from . import tuning as tuning
from . import utils as utils
from .codegen.dtype import DType as dtype
from .codegen.dtype import bfloat16 as bfloat16
from .codegen.dtype import bool_ as bool
from .codegen.dtype import float16 as float16
from .codegen.dtype import float32 as float32
from .codegen.dtype import float64 as float64
from .codegen.dtype import int8 as int8
from .codegen.dtype import int16 as int16
from .codegen.dtype import int32 as int32
from .codegen.dtype import int64 as int64
from .codegen.dtype import uint8 as uint8
from .codegen.dtype import uint16 as uint16
from .codegen.dtype import uint32 as uint32
from .codegen.dtype import uint64 as uint64
from .compiled import compile as compile
from .creation import (
    as_tensor,
    asarray,
    empty,
    empty_like,
    from_numpy,
    full,
    full_like,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)  # fmt: skip
from .default_dtype import (
    get_default_dtype,
    set_default_dtype,
)  # fmt: skip
from .execution import (
    Stats,
    reset_stats,
    stats,
)  # fmt: skip
from .explain import explain_namespace as _explain_namespace
from .foresight import (
    kernels,
)  # fmt: skip
from .functions import (
    abs,
    absolute,
    acos,
    acosh,
    add,
    addbmm,
    addcdiv,
    addcmul,
    addmm,
    addmv,
    addr,
    adjoint,
    all,
    allclose,
    amax,
    amin,
    aminmax,
    any,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    argmax,
    argmin,
    argsort,
    argwhere,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    baddbmm,
    bincount,
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    bmm,
    broadcast_shapes,
    broadcast_to,
    can_cast,
    ceil,
    chunk,
    clamp,
    clamp_max,
    clamp_min,
    clip,
    clone,
    copysign,
    cos,
    cosh,
    count_nonzero,
    cummax,
    cummin,
    cumprod,
    cumsum,
    deg2rad,
    detach,
    diag,
    diag_embed,
    diagonal,
    diff,
    div,
    divide,
    dot,
    eq,
    equal,
    erf,
    erfc,
    erfinv,
    exp,
    exp2,
    expm1,
    fix,
    flatten,
    flip,
    fliplr,
    flipud,
    float_power,
    floor,
    floor_divide,
    fmax,
    fmin,
    fmod,
    frac,
    gather,
    ge,
    ger,
    greater,
    greater_equal,
    gt,
    heaviside,
    hypot,
    index_add,
    index_copy,
    index_fill,
    index_put,
    index_select,
    inner,
    is_complex,
    is_floating_point,
    is_nonzero,
    is_signed,
    is_tensor,
    isclose,
    isfinite,
    isinf,
    isnan,
    kthvalue,
    le,
    lerp,
    less,
    less_equal,
    log,
    log1p,
    log2,
    log10,
    log_softmax,
    logaddexp,
    logaddexp2,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    logit,
    logsumexp,
    lt,
    masked_fill,
    masked_scatter,
    masked_select,
    matmul,
    max,
    maximum,
    mean,
    median,
    min,
    minimum,
    mm,
    moveaxis,
    movedim,
    msort,
    mul,
    multiply,
    mv,
    nan_to_num,
    nanmean,
    nanmedian,
    nansum,
    narrow,
    ne,
    neg,
    negative,
    nonzero,
    norm,
    not_equal,
    numel,
    outer,
    permute,
    positive,
    pow,
    prod,
    promote_types,
    quantile,
    rad2deg,
    ravel,
    reciprocal,
    relu,
    remainder,
    repeat_interleave,
    reshape,
    result_type,
    roll,
    rot90,
    round,
    rsqrt,
    rsub,
    scatter,
    scatter_add,
    scatter_reduce,
    select,
    sgn,
    sigmoid,
    sign,
    signbit,
    sin,
    sinc,
    sinh,
    softmax,
    sort,
    split,
    split_with_sizes,
    sqrt,
    square,
    squeeze,
    std,
    std_mean,
    sub,
    subtract,
    sum,
    swapaxes,
    swapdims,
    t,
    take,
    take_along_dim,
    tan,
    tanh,
    tensor_split,
    tile,
    topk,
    trace,
    transpose,
    tril,
    triu,
    true_divide,
    trunc,
    unbind,
    unflatten,
    unique,
    unsqueeze,
    var,
    var_mean,
    where,
    xlogy,
)  # fmt: skip
from .grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)  # fmt: skip
from .handle import (
    Size,
)  # fmt: skip
from .inspection import (
    KernelInfo,
    capture_kernels,
)  # fmt: skip
from .joining import (
    block_diag,
    broadcast_tensors,
    cartesian_prod,
    cat,
    concat,
    concatenate,
    dstack,
    hstack,
    meshgrid,
    stack,
    vstack,
)  # fmt: skip
from .linear_algebra import (
    einsum,
    tensordot,
)  # fmt: skip
from .placement import (
    device,
    devices,
    set_default_device,
)  # fmt: skip
from .printing import (
    set_printoptions,
)  # fmt: skip
from .random import (
    Generator,
    bernoulli,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
)  # fmt: skip
from .ranges import arange, eye, linspace, logspace, tril_indices, triu_indices
from .realize import (
    realize,
)  # fmt: skip
from .serialization import (
    load,
    load_file,
    save,
    save_file,
)  # fmt: skip
from .tensor import (
    Tensor,
)  # fmt: skip
from .tuning import (
    tune,
)  # fmt: skip
from .type_info import (
    finfo,
    iinfo,
)  # fmt: skip
from .typed_tensors import (
    BFloat16Tensor,
    BoolTensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
)  # fmt: skip

for _space in (
    globals(), vars(autograd), vars(nn), vars(nn.functional), vars(nn.init), vars(nn.utils),
    vars(optim), vars(optim.lr_scheduler), vars(random), vars(utils.data), vars(cuda),
    vars(tuning),
):  # fmt: skip
    _explain_namespace(_space, {"Tensor": Tensor})


def __getattr__(name: str) -> _Any:
    """`Graph` and `graph` where they are asked for: networkx takes longer than all the rest."""
    if name not in ("Graph", "graph"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    graphs = _import_module(".graphs", __name__)
    found = {"Graph": graphs.Graph, "graph": graphs.graph}
    space = {"__name__": __name__, "__path__": [], **found}
    _explain_namespace(space, {"Tensor": Tensor})
    globals().update({known: space[known] for known in found})
    return space[name]


half, float, double = float16, float32, float64
short, int, long = int16, int32, int64
newaxis = None

__all__ = [
    "abs", "absolute", "acos", "acosh", "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv",
    "addr", "adjoint", "all", "allclose", "amax", "amin", "aminmax", "any", "arange", "arccos",
    "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin", "argsort",
    "argwhere", "as_tensor", "asarray", "asin", "asinh", "atan", "atan2", "atanh", "autograd",
    "backends", "baddbmm", "bernoulli", "bfloat16", "BFloat16Tensor", "bincount", "bitwise_and",
    "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "block_diag", "bmm", "bool", "BoolTensor", "broadcast_shapes", "broadcast_tensors",
    "broadcast_to", "ByteTensor", "can_cast", "capture_kernels", "cartesian_prod", "cat", "ceil",
    "CharTensor", "chunk", "clamp", "clamp_max", "clamp_min", "clip", "clone", "compile", "concat",
    "concatenate", "copysign", "cos", "cosh", "count_nonzero", "cuda", "cummax", "cummin",
    "cumprod", "cumsum", "default_generator", "deg2rad", "detach", "device", "devices", "diag",
    "diag_embed", "diagonal", "diff", "div", "divide", "dot", "double", "DoubleTensor", "dstack",
    "dtype", "e", "einsum", "empty", "empty_like", "enable_grad", "eq", "equal", "erf", "erfc",
    "erfinv", "exp", "exp2", "expm1", "eye", "finfo", "fix", "flatten", "flip", "fliplr", "flipud",
    "float", "float16", "float32", "float64", "float_power", "FloatTensor", "floor", "floor_divide",
    "fmax", "fmin", "fmod", "frac", "from_numpy", "full", "full_like", "gather", "ge", "Generator",
    "ger", "get_default_dtype", "get_rng_state", "Graph", "graph", "greater", "greater_equal", "gt",
    "half", "HalfTensor", "heaviside", "hstack", "hypot", "iinfo", "index_add", "index_copy",
    "index_fill", "index_put", "index_select", "inf", "inference_mode", "initial_seed", "inner",
    "int", "int16", "int32", "int64", "int8", "IntTensor", "is_complex", "is_floating_point",
    "is_grad_enabled", "is_inference_mode_enabled", "is_nonzero", "is_signed", "is_tensor",
    "isclose", "isfinite", "isinf", "isnan", "KernelInfo", "kernels", "kthvalue", "le", "lerp",
    "less", "less_equal", "linspace", "load", "load_file", "log", "log10", "log1p", "log2",
    "log_softmax", "logaddexp", "logaddexp2", "logical_and", "logical_not", "logical_or",
    "logical_xor", "logit", "logspace", "logsumexp", "long", "LongTensor", "lt", "manual_seed",
    "masked_fill", "masked_scatter", "masked_select", "matmul", "max", "maximum", "mean", "median",
    "meshgrid", "min", "minimum", "mm", "moveaxis", "movedim", "msort", "mul", "multinomial",
    "multiply", "mv", "nan", "nan_to_num", "nanmean", "nanmedian", "nansum", "narrow", "ne", "neg",
    "negative", "newaxis", "nn", "no_grad", "nonzero", "norm", "normal", "not_equal", "numel",
    "ones", "ones_like", "optim", "outer", "permute", "pi", "positive", "pow", "prod",
    "promote_types", "quantile", "rad2deg", "rand", "rand_like", "randint", "randint_like", "randn",
    "randn_like", "random", "randperm", "ravel", "realize", "reciprocal", "relu", "remainder",
    "repeat_interleave", "reset_stats", "reshape", "result_type", "roll", "rot90", "round", "rsqrt",
    "rsub", "save", "save_file", "scatter", "scatter_add", "scatter_reduce", "seed", "select",
    "set_default_device", "set_default_dtype", "set_grad_enabled", "set_printoptions",
    "set_rng_state", "sgn", "short", "ShortTensor", "sigmoid", "sign", "signbit", "sin", "sinc",
    "sinh", "Size", "softmax", "sort", "split", "split_with_sizes", "sqrt", "square", "squeeze",
    "stack", "Stats", "stats", "std", "std_mean", "sub", "subtract", "sum", "swapaxes", "swapdims",
    "t", "take", "take_along_dim", "tan", "tanh", "Tensor", "tensor", "tensor_split", "tensordot",
    "tile", "topk", "trace", "transpose", "tril", "tril_indices", "triu", "triu_indices",
    "true_divide", "trunc", "tune", "tuning", "uint16", "uint32", "uint64", "uint8", "unbind",
    "unflatten", "unique", "unsqueeze", "utils", "var", "var_mean", "vstack", "where", "xlogy",
    "zeros", "zeros_like",
]  # fmt: skip
