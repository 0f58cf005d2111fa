"""Functions of one operand, rounding, activations, and formulas of several operands."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, bool_, int64
from lazygrad.codegen.graph import Node

from . import formulas
from .default_dtype import dtype_or
from .errors import wrap_dim
from .formulas import constant, wide_node
from .handle import TensorBase
from .promotion import Number, float_node

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["MathMethods"]


class MathMethods(TensorBase):
    """Elementwise functions. Where a result is no integer, integers become floating first."""

    def _formula(self, build: Callable[[Node], Node]) -> "Tensor":
        x = float_node(self._node)
        return self._wrap_like(ops.cast(build(wide_node(x)), x.dtype))

    # -- exponentials and roots --------------------------------------------------------------

    def exp(self) -> "Tensor":
        """e to the power of each element."""
        return self._wrap_like(ops.exp(float_node(self._node)))

    def exp2(self) -> "Tensor":
        """2 to the power of each element."""
        return self._wrap_like(ops.exp2(float_node(self._node)))

    def expm1(self) -> "Tensor":
        """`exp(x) - 1`, exact near 0."""
        return self._wrap_like(ops.expm1(float_node(self._node)))

    def log(self) -> "Tensor":
        """The natural logarithm; NaN below 0."""
        return self._wrap_like(ops.log(float_node(self._node)))

    def log2(self) -> "Tensor":
        """The logarithm to base 2."""
        return self._wrap_like(ops.log2(float_node(self._node)))

    def log10(self) -> "Tensor":
        """The logarithm to base 10."""
        return self._wrap_like(ops.log10(float_node(self._node)))

    def log1p(self) -> "Tensor":
        """`log(1 + x)`, exact near 0."""
        return self._wrap_like(ops.log1p(float_node(self._node)))

    def sqrt(self) -> "Tensor":
        """The square root; NaN below 0."""
        return self._wrap_like(ops.sqrt(float_node(self._node)))

    def rsqrt(self) -> "Tensor":
        """`1 / sqrt(x)`."""
        return self._wrap_like(ops.rsqrt(float_node(self._node)))

    def square(self) -> "Tensor":
        """`x * x`."""
        node = ops.cast(self._node, int64) if self._node.dtype is bool_ else self._node
        return self._wrap_like(ops.mul(node, node))

    def reciprocal(self) -> "Tensor":
        """`1 / x`."""
        node = float_node(self._node)
        return self._wrap_like(ops.div(constant(1, node), node))

    # -- circular and hyperbolic -------------------------------------------------------------

    def sin(self) -> "Tensor":
        """The sine, of radians."""
        return self._wrap_like(ops.sin(float_node(self._node)))

    def cos(self) -> "Tensor":
        """The cosine, of radians."""
        return self._wrap_like(ops.cos(float_node(self._node)))

    def tan(self) -> "Tensor":
        """The tangent, of radians."""
        return self._wrap_like(ops.tan(float_node(self._node)))

    def asin(self) -> "Tensor":
        """The inverse of sin, in radians; NaN outside [-1, 1]."""
        return self._wrap_like(ops.asin(float_node(self._node)))

    def acos(self) -> "Tensor":
        """The inverse of cos, in radians; NaN outside [-1, 1]."""
        return self._wrap_like(ops.acos(float_node(self._node)))

    def atan(self) -> "Tensor":
        """The inverse of tan, in radians."""
        return self._wrap_like(ops.atan(float_node(self._node)))

    def sinh(self) -> "Tensor":
        """The hyperbolic sine."""
        return self._wrap_like(ops.sinh(float_node(self._node)))

    def cosh(self) -> "Tensor":
        """The hyperbolic cosine."""
        return self._wrap_like(ops.cosh(float_node(self._node)))

    def tanh(self) -> "Tensor":
        """The hyperbolic tangent."""
        return self._wrap_like(ops.tanh(float_node(self._node)))

    def asinh(self) -> "Tensor":
        """The inverse of sinh."""
        return self._formula(formulas.asinh)

    def acosh(self) -> "Tensor":
        """The inverse of cosh; NaN below 1."""
        return self._formula(formulas.acosh)

    def atanh(self) -> "Tensor":
        """The inverse of tanh; NaN outside [-1, 1]."""
        return self._formula(formulas.atanh)

    arcsin, arccos, arctan, arcsinh, arccosh, arctanh = asin, acos, atan, asinh, acosh, atanh

    def deg2rad(self) -> "Tensor":
        """Degrees as radians."""
        x = float_node(self._node)
        return self._wrap_like(ops.mul(x, constant(math.pi / 180, x)))

    def rad2deg(self) -> "Tensor":
        """Radians as degrees."""
        x = float_node(self._node)
        return self._wrap_like(ops.mul(x, constant(180 / math.pi, x)))

    def sinc(self) -> "Tensor":
        """`sin(pi x) / (pi x)`, and 1 at 0."""
        return self._formula(formulas.sinc)

    # -- error function ----------------------------------------------------------------------

    def erf(self) -> "Tensor":
        """The error function."""
        return self._wrap_like(ops.erf(float_node(self._node)))

    def erfc(self) -> "Tensor":
        """`1 - erf(x)`, exact to the last digits where that is tiny, too."""
        return self._wrap_like(ops.erfc(float_node(self._node)))

    def erfinv(self) -> "Tensor":
        """The inverse of erf; infinite at -1 and 1, NaN beyond."""
        return self._formula(formulas.erfinv)

    # -- signs and rounding ------------------------------------------------------------------

    def __neg__(self) -> "Tensor":
        return self.neg()

    def __pos__(self) -> "Tensor":
        return self.positive()

    def __abs__(self) -> "Tensor":
        return self.abs()

    def __invert__(self) -> "Tensor":
        return self.bitwise_not()

    def neg(self) -> "Tensor":
        """`-x`; RuntimeError for bool."""
        node = self._node
        if node.dtype is bool_:
            raise RuntimeError(
                "neg: got bools, expected numbers: Negation, the `-` operator, on a bool tensor is "
                "not supported. Use the `~` or `logical_not()` operator instead."
            )
        return self._wrap_like(ops.neg(node))

    def positive(self) -> "Tensor":
        """This tensor itself; RuntimeError for bool."""
        if self._node.dtype is bool_:
            raise RuntimeError("positive: expected numbers, got bools, which have no `+`")
        return self  # type: ignore[return-value]

    def abs(self) -> "Tensor":
        """`|x|`; its gradient at 0 is 0."""
        node = self._node
        return self._wrap_like(node if node.dtype.kind in "bu" else ops.abs_(node))

    negative, absolute = neg, abs

    def sign(self) -> "Tensor":
        """-1, 0 or 1; 0 also for NaN, as in PyTorch."""
        node = self._node
        if node.dtype is bool_:
            return self._wrap_like(node)
        sign = ops.sign(node)
        return self._wrap_like(ops.where(ops.isnan(node), constant(0, node), sign)
                          if node.dtype.kind == "f" else sign)  # fmt: skip

    sgn = sign

    def bitwise_not(self) -> "Tensor":
        """`~x`, of integers and bools; TypeError for floating dtypes."""
        node = self._node
        if node.dtype.kind == "f":
            raise TypeError(
                "bitwise_not: ~ (operator.invert) is only implemented on integer and Boolean-type "
                f"tensors, got {node.dtype.name}\nWrite x.logical_not()."
            )
        return self._wrap_like(ops.bitwise_not(node))

    def floor(self) -> "Tensor":
        """Rounded down."""
        node = self._node
        return self._wrap_like(ops.floor(node) if node.dtype.kind == "f" else node)

    def ceil(self) -> "Tensor":
        """Rounded up."""
        node = self._node
        return self._wrap_like(ops.ceil(node) if node.dtype.kind == "f" else node)

    def trunc(self) -> "Tensor":
        """Rounded towards 0."""
        node = self._node
        return self._wrap_like(ops.trunc(node) if node.dtype.kind == "f" else node)

    fix = trunc

    def frac(self) -> "Tensor":
        """What `trunc` takes away, with the sign of x; NotImplementedError for integers."""
        node = self._node
        if node.dtype.kind != "f":
            raise NotImplementedError(f"frac: got {node.dtype.name}, expected a floating dtype")
        return self._wrap_like(ops.sub(node, ops.trunc(node)))

    def round(self, *, decimals: int = 0) -> "Tensor":
        """Rounded to the nearest, halves to even, at `decimals` digits behind the point."""
        node = self._node
        if node.dtype.kind != "f":
            return self._wrap_like(node)
        if decimals == 0:
            return self._wrap_like(ops.round_(node))
        scale = constant(10.0 ** abs(decimals), node)
        there, back = (ops.mul, ops.div) if decimals > 0 else (ops.div, ops.mul)
        return self._wrap_like(back(ops.round_(there(node, scale)), scale))

    # -- tests -------------------------------------------------------------------------------

    def isnan(self) -> "Tensor":
        """Where x is NaN."""
        return self._wrap_like(ops.isnan(self._node))

    def isinf(self) -> "Tensor":
        """Where x is infinite, of either sign."""
        node = self._node
        if node.dtype.kind != "f":
            return self._wrap_like(ops.expand(ops.const(False, bool_), node.shape))
        return self._wrap_like(ops.eq(ops.abs_(node), constant(math.inf, node)))

    def isfinite(self) -> "Tensor":
        """Where x is neither infinite nor NaN."""
        node = self._node
        if node.dtype.kind != "f":
            return self._wrap_like(ops.expand(ops.const(True, bool_), node.shape))
        return self._wrap_like(ops.lt(ops.abs_(node), constant(math.inf, node)))

    # -- activations -------------------------------------------------------------------------

    def relu(self) -> "Tensor":
        """`max(x, 0)`; NaN stays, the gradient at 0 is 0. RuntimeError for bool."""
        node = self._node
        if node.dtype is bool_:
            raise RuntimeError("relu: got bools, expected numbers: x.to(lg.uint8) casts them")
        zero = constant(0, node)
        return self._wrap_like(ops.where(ops.le(node, zero), zero, node))

    def sigmoid(self) -> "Tensor":
        """`1 / (1 + exp(-x))`, without overflow on either side."""
        return self._wrap_like(formulas.sigmoid(float_node(self._node)))

    def logit(self, eps: Number | None = None) -> "Tensor":
        """`log(x / (1 - x))`, the inverse of sigmoid; `eps`: x is clamped to [eps, 1 - eps]."""
        x = float_node(self._node)
        if eps is not None:
            low, high = constant(float(eps), x), constant(1 - float(eps), x)
            x = ops.where(ops.lt(x, low), low, ops.where(ops.lt(high, x), high, x))
        return self._wrap_like(formulas.logit(x))

    def softmax(self, dim: int, dtype: DType | None = None) -> "Tensor":
        """`exp(x) / sum(exp(x))` along `dim`, in `dtype` if given; sums to 1, never overflows."""
        node, shifted, axes = self._shifted("softmax", dim, dtype)
        powers = ops.exp(shifted)
        return self._wrap_like(ops.cast(ops.div(powers, ops.sum_(powers, axes)), node.dtype))

    def log_softmax(self, dim: int, dtype: DType | None = None) -> "Tensor":
        """`log(softmax(x))` along `dim` without leaving the logarithm; in `dtype` if given."""
        node, shifted, axes = self._shifted("log_softmax", dim, dtype)
        total = ops.log(ops.sum_(ops.exp(shifted), axes))
        return self._wrap_like(ops.cast(ops.sub(shifted, total), node.dtype))

    def _shifted(
        self, name: str, dim: int, dtype: DType | None
    ) -> tuple[Node, Node, tuple[int, ...]]:
        node = ops.cast(self._node, dtype_or(name, dtype, self.dtype))
        axis = wrap_dim(name, dim, node.ndim)
        if node.dtype.kind != "f":
            raise NotImplementedError(  # a RuntimeError too, and what PyTorch raises
                f"{name}: got a {node.dtype.name} tensor, expected a floating dtype; "
                f"write x.{name}(dim, dtype=lg.float32)"
            )
        axes = (axis,) if node.shape and node.size else ()
        x = wide_node(node)
        return node, ops.sub(x, ops.max_(ops.detach(x), axes)), axes

    def nan_to_num(
        self, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
    ) -> "Tensor":
        """NaN, infinity and -infinity replaced; by 0 and the dtype's extremes by default."""
        x = self._node
        if x.dtype.kind != "f":
            return self._wrap_like(x)
        largest = _LARGEST[x.dtype.name]
        high, low = posinf if posinf is not None else largest, neginf
        low = low if low is not None else -largest
        result = ops.where(ops.eq(x, constant(math.inf, x)), constant(high, x), x)
        result = ops.where(ops.eq(x, constant(-math.inf, x)), constant(low, x), result)
        return self._wrap_like(ops.where(ops.isnan(x), constant(nan or 0.0, x), result))


_LARGEST: dict[str, float] = {
    "float16": 65504.0, "bfloat16": 3.3895313892515355e38, "float32": 3.4028234663852886e38,
    "float64": 1.7976931348623157e308,
}  # fmt: skip
