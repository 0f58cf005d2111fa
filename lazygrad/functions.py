"""PyTorch's functions of tensors: each method of `Tensor` that is one, and a few more."""

import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast, overload

from lazygrad.codegen import dtype as dtypes
from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType

from .creation import full, sizes
from .default_dtype import as_dtype
from .errors import ShapeError
from .explain import explained
from .handle import Size, TensorBase, check_tensor
from .numpy_names import numpy_names
from .promotion import result_type as _result_type
from .tensor import Tensor

__all__ = [
    "abs", "absolute", "acos", "acosh", "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv",
    "addr", "adjoint", "all", "allclose", "amax", "amin", "aminmax", "any", "arccos", "arccosh",
    "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin", "argsort", "argwhere",
    "asin", "asinh", "atan", "atan2", "atanh", "baddbmm", "bincount", "bitwise_and",
    "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "bmm",
    "broadcast_shapes", "broadcast_to", "can_cast", "ceil", "chunk", "clamp", "clamp_max",
    "clamp_min", "clip", "clone", "copysign", "cos", "cosh", "count_nonzero", "cummax", "cummin",
    "cumprod", "cumsum", "deg2rad", "detach", "diag", "diag_embed", "diagonal", "diff", "div",
    "divide", "dot", "eq", "equal", "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "fix",
    "flatten", "flip", "fliplr", "flipud", "float_power", "floor", "floor_divide", "fmax", "fmin",
    "fmod", "frac", "gather", "ge", "ger", "greater", "greater_equal", "gt", "heaviside", "hypot",
    "index_add", "index_copy", "index_fill", "index_put", "index_select", "inner", "is_complex",
    "is_floating_point", "is_nonzero", "is_signed", "is_tensor", "isclose", "isfinite", "isinf",
    "isnan", "kthvalue", "le", "lerp", "less", "less_equal", "log", "log10", "log1p", "log2",
    "log_softmax", "logaddexp", "logaddexp2", "logical_and", "logical_not", "logical_or",
    "logical_xor", "logit", "logsumexp", "lt", "masked_fill", "masked_scatter", "masked_select",
    "matmul", "max", "maximum", "mean", "median", "min", "minimum", "mm", "moveaxis", "movedim",
    "msort", "mul", "multiply", "mv", "nan_to_num", "nanmean", "nanmedian", "nansum", "narrow",
    "ne", "neg", "negative", "nonzero", "norm", "not_equal", "numel", "outer", "permute",
    "positive", "pow", "prod", "promote_types", "quantile", "rad2deg", "ravel", "reciprocal",
    "relu", "remainder", "repeat_interleave", "reshape", "result_type", "roll", "rot90", "round",
    "rsqrt", "rsub", "scatter", "scatter_add", "scatter_reduce", "select", "sgn", "sigmoid", "sign",
    "signbit", "sin", "sinc", "sinh", "softmax", "sort", "split", "split_with_sizes", "sqrt",
    "square", "squeeze", "std", "std_mean", "sub", "subtract", "sum", "swapaxes", "swapdims", "t",
    "take", "take_along_dim", "tan", "tanh", "tensor_split", "tile", "topk", "trace", "transpose",
    "tril", "triu", "true_divide", "trunc", "unbind", "unflatten", "unique", "unsqueeze", "var",
    "var_mean", "where", "xlogy",
]  # fmt: skip

P = ParamSpec("P")
R = TypeVar("R")


def _function(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[TensorBase, P], R]:
    """The function `lg.name(input, ...)` of a method; TypeError where `input` is no tensor."""
    plain: Any = inspect.unwrap(method)
    function = explained(numpy_names(plain), method.__name__, {"Tensor": Tensor}, Tensor)
    return cast(Callable[Concatenate[TensorBase, P], R], function)


abs = _function(Tensor.abs)
absolute = _function(Tensor.absolute)
acos = _function(Tensor.acos)
acosh = _function(Tensor.acosh)
add = _function(Tensor.add)
addbmm = _function(Tensor.addbmm)
addcdiv = _function(Tensor.addcdiv)
addcmul = _function(Tensor.addcmul)
addmm = _function(Tensor.addmm)
addmv = _function(Tensor.addmv)
addr = _function(Tensor.addr)
adjoint = _function(Tensor.adjoint)
all = _function(Tensor.all)
allclose = _function(Tensor.allclose)
amax = _function(Tensor.amax)
amin = _function(Tensor.amin)
aminmax = _function(Tensor.aminmax)
any = _function(Tensor.any)
arccos = _function(Tensor.arccos)
arccosh = _function(Tensor.arccosh)
arcsin = _function(Tensor.arcsin)
arcsinh = _function(Tensor.arcsinh)
arctan = _function(Tensor.arctan)
arctan2 = _function(Tensor.arctan2)
arctanh = _function(Tensor.arctanh)
argmax = _function(Tensor.argmax)
argmin = _function(Tensor.argmin)
argsort = _function(Tensor.argsort)
argwhere = _function(Tensor.argwhere)
asin = _function(Tensor.asin)
asinh = _function(Tensor.asinh)
atan = _function(Tensor.atan)
atan2 = _function(Tensor.atan2)
atanh = _function(Tensor.atanh)
baddbmm = _function(Tensor.baddbmm)
bincount = _function(Tensor.bincount)
bitwise_and = _function(Tensor.bitwise_and)
bitwise_left_shift = _function(Tensor.bitwise_left_shift)
bitwise_not = _function(Tensor.bitwise_not)
bitwise_or = _function(Tensor.bitwise_or)
bitwise_right_shift = _function(Tensor.bitwise_right_shift)
bitwise_xor = _function(Tensor.bitwise_xor)
bmm = _function(Tensor.bmm)
broadcast_to = _function(Tensor.broadcast_to)
ceil = _function(Tensor.ceil)
chunk = _function(Tensor.chunk)
clamp = _function(Tensor.clamp)
clamp_max = _function(Tensor.clamp_max)
clamp_min = _function(Tensor.clamp_min)
clip = _function(Tensor.clip)
clone = _function(Tensor.clone)
copysign = _function(Tensor.copysign)
cos = _function(Tensor.cos)
cosh = _function(Tensor.cosh)
count_nonzero = _function(Tensor.count_nonzero)
cummax = _function(Tensor.cummax)
cummin = _function(Tensor.cummin)
cumprod = _function(Tensor.cumprod)
cumsum = _function(Tensor.cumsum)
deg2rad = _function(Tensor.deg2rad)
detach = _function(Tensor.detach)
diag = _function(Tensor.diag)
diag_embed = _function(Tensor.diag_embed)
diagonal = _function(Tensor.diagonal)
diff = _function(Tensor.diff)
div = _function(Tensor.div)
divide = _function(Tensor.divide)
dot = _function(Tensor.dot)
eq = _function(Tensor.eq)
equal = _function(Tensor.equal)
erf = _function(Tensor.erf)
erfc = _function(Tensor.erfc)
erfinv = _function(Tensor.erfinv)
exp = _function(Tensor.exp)
exp2 = _function(Tensor.exp2)
expm1 = _function(Tensor.expm1)
fix = _function(Tensor.fix)
flatten = _function(Tensor.flatten)
flip = _function(Tensor.flip)
fliplr = _function(Tensor.fliplr)
flipud = _function(Tensor.flipud)
float_power = _function(Tensor.float_power)
floor = _function(Tensor.floor)
floor_divide = _function(Tensor.floor_divide)
fmax = _function(Tensor.fmax)
fmin = _function(Tensor.fmin)
fmod = _function(Tensor.fmod)
frac = _function(Tensor.frac)
gather = _function(Tensor.gather)
ge = _function(Tensor.ge)
ger = _function(Tensor.ger)
greater = _function(Tensor.greater)
greater_equal = _function(Tensor.greater_equal)
gt = _function(Tensor.gt)
heaviside = _function(Tensor.heaviside)
hypot = _function(Tensor.hypot)
index_add = _function(Tensor.index_add)
index_copy = _function(Tensor.index_copy)
index_fill = _function(Tensor.index_fill)
index_put = _function(Tensor.index_put)
index_select = _function(Tensor.index_select)
inner = _function(Tensor.inner)
is_complex = _function(Tensor.is_complex)
is_floating_point = _function(Tensor.is_floating_point)
is_signed = _function(Tensor.is_signed)
isclose = _function(Tensor.isclose)
isfinite = _function(Tensor.isfinite)
isinf = _function(Tensor.isinf)
isnan = _function(Tensor.isnan)
kthvalue = _function(Tensor.kthvalue)
le = _function(Tensor.le)
lerp = _function(Tensor.lerp)
less = _function(Tensor.less)
less_equal = _function(Tensor.less_equal)
log = _function(Tensor.log)
log10 = _function(Tensor.log10)
log1p = _function(Tensor.log1p)
log2 = _function(Tensor.log2)
log_softmax = _function(Tensor.log_softmax)
logaddexp = _function(Tensor.logaddexp)
logaddexp2 = _function(Tensor.logaddexp2)
logical_and = _function(Tensor.logical_and)
logical_not = _function(Tensor.logical_not)
logical_or = _function(Tensor.logical_or)
logical_xor = _function(Tensor.logical_xor)
logit = _function(Tensor.logit)
logsumexp = _function(Tensor.logsumexp)
lt = _function(Tensor.lt)
masked_fill = _function(Tensor.masked_fill)
masked_scatter = _function(Tensor.masked_scatter)
masked_select = _function(Tensor.masked_select)
matmul = _function(Tensor.matmul)
max = _function(Tensor.max)
maximum = _function(Tensor.maximum)
mean = _function(Tensor.mean)
median = _function(Tensor.median)
min = _function(Tensor.min)
minimum = _function(Tensor.minimum)
mm = _function(Tensor.mm)
moveaxis = _function(Tensor.moveaxis)
movedim = _function(Tensor.movedim)
msort = _function(Tensor.msort)
mul = _function(Tensor.mul)
multiply = _function(Tensor.multiply)
mv = _function(Tensor.mv)
nan_to_num = _function(Tensor.nan_to_num)
nanmean = _function(Tensor.nanmean)
nanmedian = _function(Tensor.nanmedian)
nansum = _function(Tensor.nansum)
narrow = _function(Tensor.narrow)
ne = _function(Tensor.ne)
neg = _function(Tensor.neg)
negative = _function(Tensor.negative)
nonzero = _function(Tensor.nonzero)
norm = _function(Tensor.norm)
not_equal = _function(Tensor.not_equal)
numel = _function(Tensor.numel)
outer = _function(Tensor.outer)
permute = _function(Tensor.permute)
positive = _function(Tensor.positive)
prod = _function(Tensor.prod)
quantile = _function(Tensor.quantile)
rad2deg = _function(Tensor.rad2deg)
ravel = _function(Tensor.ravel)
reciprocal = _function(Tensor.reciprocal)
relu = _function(Tensor.relu)
remainder = _function(Tensor.remainder)
repeat_interleave = _function(Tensor.repeat_interleave)
reshape = _function(Tensor.reshape)
roll = _function(Tensor.roll)
rot90 = _function(Tensor.rot90)
round = _function(Tensor.round)
rsqrt = _function(Tensor.rsqrt)
rsub = _function(Tensor.rsub)
scatter = _function(Tensor.scatter)
scatter_add = _function(Tensor.scatter_add)
scatter_reduce = _function(Tensor.scatter_reduce)
select = _function(Tensor.select)
sgn = _function(Tensor.sgn)
sigmoid = _function(Tensor.sigmoid)
sign = _function(Tensor.sign)
signbit = _function(Tensor.signbit)
sin = _function(Tensor.sin)
sinc = _function(Tensor.sinc)
sinh = _function(Tensor.sinh)
softmax = _function(Tensor.softmax)
sort = _function(Tensor.sort)
split = _function(Tensor.split)
split_with_sizes = _function(Tensor.split_with_sizes)
sqrt = _function(Tensor.sqrt)
square = _function(Tensor.square)
squeeze = _function(Tensor.squeeze)
std = _function(Tensor.std)
std_mean = _function(Tensor.std_mean)
sub = _function(Tensor.sub)
subtract = _function(Tensor.subtract)
sum = _function(Tensor.sum)
swapaxes = _function(Tensor.swapaxes)
swapdims = _function(Tensor.swapdims)
t = _function(Tensor.t)
take = _function(Tensor.take)
take_along_dim = _function(Tensor.take_along_dim)
tan = _function(Tensor.tan)
tanh = _function(Tensor.tanh)
tensor_split = _function(Tensor.tensor_split)
tile = _function(Tensor.tile)
topk = _function(Tensor.topk)
trace = _function(Tensor.trace)
transpose = _function(Tensor.transpose)
tril = _function(Tensor.tril)
triu = _function(Tensor.triu)
true_divide = _function(Tensor.true_divide)
trunc = _function(Tensor.trunc)
unbind = _function(Tensor.unbind)
unflatten = _function(Tensor.unflatten)
unique = _function(Tensor.unique)
unsqueeze = _function(Tensor.unsqueeze)
var = _function(Tensor.var)
var_mean = _function(Tensor.var_mean)
xlogy = _function(Tensor.xlogy)


@overload
def where(condition: Tensor) -> tuple[Tensor, ...]: ...
@overload
def where(condition: Tensor, input: Any, other: Any) -> Tensor: ...
def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """`input` where `condition` is true, `other` elsewhere; of a condition alone its true places.

    Tensors and numbers broadcast together. Raises TypeError for a condition that is no tensor,
    RuntimeError for one of another dtype than bool or uint8.
    """
    check_tensor("where", condition, "condition")
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if isinstance(input, Tensor):
        return input.where(condition, other)
    if isinstance(other, Tensor):
        return other.where(condition.logical_not(), input)
    dtype = _result_type(input, other)
    return full((), input, dtype=dtype, device=condition.device).where(condition, other)


def pow(self: Any, exponent: Any) -> Tensor:
    """`self ** exponent`; one of them may be a number.

    Raises TypeError where none is a tensor, RuntimeError for integers to a negative number.
    """
    if isinstance(self, Tensor):
        return self.pow(exponent)
    if isinstance(exponent, Tensor):
        return exponent.__rpow__(self)
    raise TypeError(f"pow(): got {self!r} and {exponent!r}, expected a Tensor as one of them")


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a tensor."""
    return isinstance(obj, TensorBase)


def is_nonzero(input: Tensor) -> bool:
    """Whether the one element is not zero; RuntimeError for more elements or none."""
    return bool(input)


def result_type(tensor1: Any, tensor2: Any) -> DType:
    """The dtype of arithmetic between the two, tensors or numbers."""
    return _result_type(tensor1, tensor2)


def _dtype(name: str, given: Any) -> DType:
    found = as_dtype(name, given)
    if found is None:
        raise TypeError(f"{name}: got None, expected a dtype, lg.float32 for example")
    return found


def promote_types(type1: DType, type2: DType) -> DType:
    """The smallest dtype that holds both; TypeError where there is none."""
    first, second = [_dtype("promote_types", given) for given in (type1, type2)]
    return dtypes.promote(first, second)


def can_cast(from_: DType, to: DType) -> bool:
    """Whether in-place operations may write results of one dtype to tensors of the other."""
    from_, to = [_dtype("can_cast", given) for given in (from_, to)]
    order = {"b": 0, "u": 1, "i": 1, "f": 2}
    return order[from_.kind] <= order[to.kind] and not (from_.kind == "i" and to.kind == "u")


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that arrays of these shapes broadcast to; ShapeError (a RuntimeError) if none."""
    given = [sizes("broadcast_shapes", (shape,)) for shape in shapes]
    try:
        return Size(ops.broadcast_shapes(*given))
    except ValueError as error:
        raise ShapeError(f"broadcast_shapes: {error}") from None
