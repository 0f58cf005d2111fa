"""The methods with a trailing underscore: each writes the value of its namesake to this tensor."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DType, int64
from lazygrad.codegen.graph import Node

from .errors import ShapeError
from .handle import TensorBase
from .indexing import value_node
from .storage import copied
from .view_ops import contiguous_stride

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["InplaceMethods"]

_CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2}


def _check_castable(name: str, result: DType, target: DType) -> None:
    if _CATEGORY[result.kind] > _CATEGORY[target.kind]:
        raise RuntimeError(
            f"{name}: got a tensor of {target.name}; result type {result.name} can't be cast to "
            f"the desired output type {target.name}; write x = x.{name.rstrip('_')}(...), which "
            "gives a new tensor"
        )


def write_result(name: str, target: Any, result: TensorBase, operands: tuple[Any, ...]) -> Any:
    """Writes a result to `target`, in its dtype. `operands` are the other tensors it was made of.

    Raises RuntimeError for a dtype that may not be cast so, ShapeError for another shape.
    """
    node, old = result._node, target._node
    if node.dtype is not old.dtype:
        _check_castable(name, node.dtype, old.dtype)
        node = ops.cast(node, old.dtype)
    if node.shape != old.shape:
        raise ShapeError(
            f"{name}: output with shape {list(old.shape)} doesn't match the broadcast shape "
            f"{list(node.shape)}; an in-place operation cannot grow its tensor"
        )
    target._write(node, tuple([x._node for x in operands if isinstance(x, TensorBase)]))
    return target


def _unary(name: str) -> Callable[[Any], Any]:
    def method(self: Any) -> Any:
        return write_result(method.__name__, self, getattr(self, name)(), ())

    return _named(method, name)


def _binary(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        return write_result(method.__name__, self, getattr(self, name)(other), (other,))

    return _named(method, name)


def _general(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = getattr(self, name)(*args, **kwargs)
        return write_result(method.__name__, self, result, (*args, *kwargs.values()))

    return _named(method, name)


def _named(method: Any, name: str) -> Callable[..., Any]:
    method.__name__ = f"{name}_"
    method.__qualname__ = f"Tensor.{name}_"
    method.__doc__ = f"As `{name}`, in place: this tensor gets the result, and is given back."
    return method  # type: ignore[no-any-return]


def _operator(name: str) -> Callable[[Any, Any], Any]:
    def method(self: Any, other: Any) -> Any:
        return getattr(self, name)(other)

    method.__doc__ = f"The operator of `{name}`."
    return method


def _reviewed(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any) -> Any:
        return self._become(getattr(self, name)(*args))

    method.__name__ = f"{name}_"
    method.__doc__ = f"As `{name}`, but this tensor itself becomes the view."
    return method


class InplaceMethods(TensorBase):
    """In-place forms. What is written must fit this tensor's shape, and its dtype's category."""

    # -- writes of given values --------------------------------------------------------------

    def copy_(self, src: Any, non_blocking: bool = False) -> Self:
        """Takes the values of `src`, broadcast and cast to this tensor's shape and dtype.

        Raises ShapeError for a shape that does not broadcast.
        """
        shape = self._node.shape
        node = value_node(src, self._node.dtype, self._base.device)
        try:
            expanded = ops.expand(node, shape)
        except ValueError:
            raise ShapeError(
                f"copy_: got shape {list(node.shape)}, expected one that broadcasts to "
                f"{list(shape)}"
            ) from None
        copied.add(expanded)
        self._write(expanded, (node,))
        return self

    def fill_(self, value: Any) -> Self:
        """Sets every element to a number or a tensor without dimensions."""
        node = value_node(value, self._node.dtype, self._base.device)
        if node.shape:
            raise RuntimeError(
                "fill_ only supports 0-dimension value tensor but got tensor with "
                f"{node.ndim} dimensions."
            )
        self._fill(node)
        return self

    def zero_(self) -> Self:
        """Sets every element to 0."""
        self._fill(ops.const(0, self._node.dtype))
        return self

    def _fill(self, node: Node) -> None:
        self._write(ops.expand(node, self._node.shape), (node,))

    def fill_diagonal_(self, fill_value: Any, wrap: bool = False) -> Self:
        """Sets the elements with all indices equal; `wrap` goes on below a tall matrix."""
        node = self._node
        if node.ndim < 2 or (node.ndim > 2 and len(set(node.shape)) != 1):
            raise RuntimeError(
                f"fill_diagonal_: got shape {list(node.shape)}, expected a matrix, or more "
                "dimensions of one size"
            )
        step = sum(contiguous_stride(node.shape))
        last = node.size if wrap else (min(node.shape) - 1) * step + 1
        value = value_node(fill_value, node.dtype, self._base.device)
        position = ops.reshape(ops.iota(node.size), node.shape)
        rest = ops.mod(position, ops.const(step, int64))
        hit = ops.eq(rest, ops.const(0, int64))
        before = ops.lt(position, ops.const(last, int64))
        self._write(ops.where(ops.bitwise_and(hit, before), value, node), (value,))
        return self

    def set_(self, source: "Tensor") -> Self:
        """Makes this tensor one on the storage of `source`, with its shape."""
        return self._become(source.detach())

    # -- arithmetic --------------------------------------------------------------------------

    def add_(self, other: Any, *, alpha: float = 1) -> Self:
        """`self += alpha * other`."""
        me: Any = self
        result = me.add(other) if alpha == 1 else me.add(other, alpha=alpha)
        return write_result("add_", self, result, (other,))  # type: ignore[no-any-return]

    def sub_(self, other: Any, *, alpha: float = 1) -> Self:
        """`self -= alpha * other`."""
        me: Any = self
        result = me.sub(other) if alpha == 1 else me.sub(other, alpha=alpha)
        return write_result("sub_", self, result, (other,))  # type: ignore[no-any-return]

    def div_(self, other: Any, *, rounding_mode: str | None = None) -> Self:
        """`self /= other`; `rounding_mode` "trunc" or "floor" as in `div`."""
        me: Any = self
        if rounding_mode is None:
            result = me.div(other)
        else:
            result = me.div(other, rounding_mode=rounding_mode)
        return write_result("div_", self, result, (other,))  # type: ignore[no-any-return]

    mul_ = _binary("mul")
    multiply_ = _binary("mul")
    subtract_ = sub_
    divide_ = div_
    true_divide_ = div_
    pow_ = _binary("pow")
    remainder_ = _binary("remainder")
    fmod_ = _binary("fmod")
    floor_divide_ = _binary("floor_divide")
    atan2_ = _binary("atan2")
    copysign_ = _binary("copysign")
    clamp_min_ = _binary("clamp_min")
    clamp_max_ = _binary("clamp_max")
    logical_and_ = _binary("logical_and")
    logical_or_ = _binary("logical_or")
    logical_xor_ = _binary("logical_xor")
    bitwise_and_ = _binary("bitwise_and")
    bitwise_or_ = _binary("bitwise_or")
    bitwise_xor_ = _binary("bitwise_xor")
    eq_ = _binary("eq")
    ne_ = _binary("ne")
    lt_ = _binary("lt")
    le_ = _binary("le")
    gt_ = _binary("gt")
    ge_ = _binary("ge")
    lerp_ = _general("lerp")
    addcmul_ = _general("addcmul")
    addcdiv_ = _general("addcdiv")
    addmm_ = _general("addmm")
    clamp_ = _general("clamp")
    clip_ = _general("clamp")
    nan_to_num_ = _general("nan_to_num")
    tril_ = _general("tril")
    triu_ = _general("triu")
    cumsum_ = _general("cumsum")
    cumprod_ = _general("cumprod")

    # -- one operand -------------------------------------------------------------------------

    abs_ = _unary("abs")
    neg_ = _unary("neg")
    negative_ = _unary("neg")
    exp_ = _unary("exp")
    exp2_ = _unary("exp2")
    expm1_ = _unary("expm1")
    log_ = _unary("log")
    log2_ = _unary("log2")
    log10_ = _unary("log10")
    log1p_ = _unary("log1p")
    sqrt_ = _unary("sqrt")
    rsqrt_ = _unary("rsqrt")
    square_ = _unary("square")
    reciprocal_ = _unary("reciprocal")
    sin_ = _unary("sin")
    cos_ = _unary("cos")
    tan_ = _unary("tan")
    asin_ = _unary("asin")
    acos_ = _unary("acos")
    atan_ = _unary("atan")
    sinh_ = _unary("sinh")
    cosh_ = _unary("cosh")
    tanh_ = _unary("tanh")
    erf_ = _unary("erf")
    erfinv_ = _unary("erfinv")
    sigmoid_ = _unary("sigmoid")
    relu_ = _unary("relu")
    floor_ = _unary("floor")
    ceil_ = _unary("ceil")
    round_ = _general("round")
    trunc_ = _unary("trunc")
    frac_ = _unary("frac")
    sign_ = _unary("sign")
    logical_not_ = _unary("logical_not")
    bitwise_not_ = _unary("bitwise_not")

    # -- operators ---------------------------------------------------------------------------

    __iadd__ = _operator("add_")
    __isub__ = _operator("sub_")
    __imul__ = _operator("mul_")
    __itruediv__ = _operator("div_")
    __ifloordiv__ = _operator("floor_divide_")
    __imod__ = _operator("remainder_")
    __ipow__ = _operator("pow_")
    __iand__ = _operator("bitwise_and_")
    __ior__ = _operator("bitwise_or_")
    __ixor__ = _operator("bitwise_xor_")

    # -- another view of the same storage ----------------------------------------------------

    unsqueeze_ = _reviewed("unsqueeze")
    squeeze_ = _reviewed("squeeze")
    transpose_ = _reviewed("transpose")
    swapaxes_ = _reviewed("swapaxes")
    t_ = _reviewed("t")
