"""Draws programs over the whole op table."""

import random
from dataclasses import replace
from typing import Any

import numpy as np

from lazygrad.codegen import ops
from lazygrad.codegen.dtype import DTYPES, DType, bool_, float32, int64
from lazygrad.codegen.graph import Node

from .program import Array, Leaf, Program, Step, _made

__all__ = ["REACHABLE", "draw"]

_SHAPES = ((4,), (3, 4), (2, 3, 4), (3, 1), (1, 4), (0, 3), (1,), (), (4, 4), (2, 1, 4))
_SHAPE_WEIGHTS = (3, 6, 3, 2, 2, 1, 1, 1, 4, 1)
_DTYPES = tuple(DTYPES)
_DTYPE_WEIGHTS = tuple(8 if d == "float32" else 3 if DTYPES[d].kind == "f" else 1 for d in _DTYPES)
_BINARY = {
    "add", "sub", "mul", "div", "pow", "atan2", "floordiv", "mod", "fmod", "maximum", "minimum",
    "lt", "le", "eq", "ne", "bitwise_and", "bitwise_or", "bitwise_xor", "shl", "shr", "philox",
    "assign",
}  # fmt: skip
# marks of devices need a second one; a buffer is what every leaf is
_UNDRAWN = ("on", "transfer", "buffer", "assign", "recomputed")
REACHABLE = tuple(k for k in ops.TABLE if k not in _UNDRAWN)
_EXTRA = ("view", "write", "write", "gradient", "gradient")


def draw(seed: int, length: int = 6) -> Program:
    """A program of about `length` steps, the same for the same seed."""
    return replace(_Drawing(seed, length).program(), seed=seed)


class _Drawing:
    def __init__(self, seed: int, length: int) -> None:
        self.random = random.Random(seed)
        self.rng = np.random.default_rng(seed)
        self.length = self.random.randint(2, 2 * length)
        self.leaves: list[Leaf] = []
        self.steps: list[Step] = []
        self.made: list[tuple[Step | None, Node]] = []  # leaves are renumbered to the front
        self.places: list[int] = []
        self.written = False

    def program(self) -> Program:
        for _ in range(2):
            dtype = self.random.choices(_DTYPES, _DTYPE_WEIGHTS)[0]
            self.leaf(DTYPES[dtype], self.random.choices(_SHAPES, _SHAPE_WEIGHTS)[0])
        differentiated = self.random.random() < 0.4
        if differentiated:
            self.attempt("gradient")  # marks a leaf, as nothing is tracked yet
        for _ in range(200):
            if sum(step is not None for step, _ in self.made) >= self.length:
                break
            self.attempt(self.random.choice(REACHABLE + _EXTRA))
        for _ in range(self.random.randint(1, 2) if differentiated else 0):
            self.attempt("gradient")
        return self.numbered()

    def numbered(self) -> Program:
        leaves = [i for i, (step, _) in enumerate(self.made) if step is None]
        rest = [i for i, (step, _) in enumerate(self.made) if step is not None]
        place = {old: new for new, old in enumerate(leaves + rest)}
        steps = []
        for i in rest:
            step = self.made[i][0]
            assert step is not None
            steps.append(Step(step.op, tuple(place[k] for k in step.operands), step.arg))
        return Program(tuple(self.leaves), tuple(steps))

    def attempt(self, op: str) -> None:
        count, leaves = len(self.made), len(self.leaves)
        try:
            self.step(op)
        except (TypeError, ValueError, NotImplementedError, IndexError):
            del self.made[count:], self.leaves[leaves:]  # the row does not take this operand

    # -- operands ------------------------------------------------------------------------------

    def leaf(self, dtype: DType, shape: tuple[int, ...], bits: Array | None = None) -> int:
        values = self.data(dtype, shape) if bits is None else bits
        self.leaves.append(Leaf(dtype.name, values))
        self.made.append((None, ops.buffer(dtype, shape)))
        return len(self.made) - 1

    def data(self, dtype: DType, shape: tuple[int, ...]) -> Array:
        if dtype is bool_:
            return self.rng.integers(0, 2, shape).astype(np.bool_)
        special = self.random.random() < 0.2
        if dtype.kind == "f":
            values = self.rng.normal(size=shape) * self.random.choice([1, 1, 1, 0.25, 10])
            if special:
                odd = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 1e-40, 6e4, 1e30, 5e-324]
                values = np.where(self.rng.random(shape) < 0.3, self.rng.choice(odd, shape), values)
            return np.array(dtype.to_storage(values)).reshape(shape)
        info = np.iinfo(dtype.numpy)
        values = self.rng.integers(max(info.min, -9), 10, shape).astype(dtype.numpy)
        if special:
            odd_ints = np.array([info.min, info.max, 0, 1, info.max - 1], dtype.numpy)
            values = np.where(self.rng.random(shape) < 0.4, self.rng.choice(odd_ints, shape),
                              values)  # fmt: skip
        return np.array(values, dtype.numpy).reshape(shape)

    def pick(self, dtype: DType | None = None) -> int:
        fit = [i for i, (_, n) in enumerate(self.made) if dtype is None or n.dtype is dtype]
        tracked = [i for i in fit if self.made[i][1].tracked]
        if tracked and self.random.random() < 0.4:
            return self.random.choice(tracked)
        if dtype is not None and (not fit or self.random.random() < 0.3):
            return self.leaf(dtype, self.random.choices(_SHAPES, _SHAPE_WEIGHTS)[0])
        return self.random.choice(fit[-6:] if self.random.random() < 0.7 else fit)

    def partner(self, x: int, dtype: DType | None = None) -> int:
        """An operand that broadcasts with x."""
        n = self.made[x][1]
        want = dtype or n.dtype
        fit = [i for i, (_, m) in enumerate(self.made) if m.dtype is want
               and m.shape == n.shape]  # fmt: skip
        if fit and self.random.random() < 0.6:
            return self.random.choice(fit)
        shape = tuple(1 if self.random.random() < 0.25 else k for k in n.shape)
        return self.leaf(want, shape[self.random.choice([0, 0, 0, 1]) :])

    def start(self, value: int) -> int:
        return self.add(self.random.choice(["const", "scalar"]), (), (value, int64))

    def add(self, op: str, operands: tuple[int, ...], arg: Any = None) -> int:
        step = Step(op, operands, arg)
        made = _made(step, [self.made[i][1] for i in operands])
        if made.size > 500:
            raise ValueError("too large")
        self.made.append((step, made))
        return len(self.made) - 1

    # -- steps ---------------------------------------------------------------------------------

    def step(self, op: str) -> None:
        kind = ops.TABLE[op].kind if op in ops.TABLE else op
        if op in ("const", "scalar"):
            value, dtype = self.random.choice([0, 1, 2]), self.dtype()
            self.add(op, (), (min(value, 1) if dtype is bool_ else value, dtype))
        elif op == "iota":
            self.add(op, (), (4, int64))
        elif op == "philox":
            x = self.pick(DTYPES["uint64"])
            self.add(op, (x, self.partner(x), self.partner(x, DTYPES["uint32"])))
        elif op == "normal":
            self.add(op, (self.pick(DTYPES["uint32"]),))
        elif op in _BINARY:
            x = self.pick()
            self.add(op, (x, self.partner(x)))
        elif op == "where":
            x = self.pick()
            self.add(op, (self.partner(x, bool_), x, self.partner(x)))
        elif op == "bitcast":
            x = self.pick()
            size = self.made[x][1].dtype.itemsize
            self.add(op, (x,), self.random.choice([d for d in DTYPES.values()
                                                   if d.itemsize == size]))  # fmt: skip
        elif op == "cast":
            self.add(op, (self.pick(),), self.dtype())
        elif kind in ("elementwise", "marker"):
            self.add(op, (self.pick(),))
        else:
            getattr(self, "draw_" + op)()

    def dtype(self) -> DType:
        return DTYPES[self.random.choices(_DTYPES, _DTYPE_WEIGHTS)[0]]

    def dimension(self, least: int = 1) -> tuple[int, int, tuple[int, ...]]:
        x = self.pick()
        shape = self.made[x][1].shape
        axes = [i for i, n in enumerate(shape) if n >= least]
        if not axes:
            raise ValueError("no such dimension")
        return x, self.random.choice(axes), shape

    def draw_reshape(self) -> None:
        x, axis, shape = self.dimension()
        flat = (*shape[:axis], 1, *shape[axis:])
        self.add("reshape", (x,), self.random.choice([flat, shape[::-1], (self.made[x][1].size,)]))

    def draw_permute(self) -> None:
        x = self.pick()
        order = list(range(len(self.made[x][1].shape)))
        self.random.shuffle(order)
        self.add("permute", (x,), tuple(order))

    def draw_expand(self) -> None:
        x = self.pick()
        shape = tuple(3 if n == 1 else n for n in self.made[x][1].shape)
        self.add("expand", (x,), (2, *shape) if len(shape) < 3 else shape)

    def draw_flip(self) -> None:
        x, axis, _ = self.dimension()
        self.add("flip", (x,), (axis,))

    def draw_slice(self) -> None:
        x, axis, shape = self.dimension()
        step = self.random.randint(1, 2)
        length = self.random.randint(0 if self.random.random() < 0.1 else 1,
                                     (shape[axis] - 1) // step + 1)  # fmt: skip
        start = self.random.randint(0, shape[axis] - 1 - max(length - 1, 0) * step)
        self.add("slice", (x, self.start(start)), ((axis, length, step),))

    def draw_pad(self) -> None:
        x, axis, shape = self.dimension(0)
        step = self.random.randint(1, 2)
        span = max(shape[axis] - 1, 0) * step + min(shape[axis], 1)
        full = span + self.random.randint(0, 2)
        start = self.random.randint(0, full - span)
        fill = self.random.choice([0, 0, 1])
        self.add("pad", (x, self.start(start)), (((axis, full, step),), fill))

    def draw_window(self) -> None:
        x, axis, _ = self.dimension(2)
        arg = (axis, self.random.randint(1, 2), self.random.randint(1, 2),
               self.random.randint(1, 2))  # fmt: skip
        self.add("window", (x,), arg)

    def draw_skew(self) -> None:
        x, axis, shape = self.dimension()
        if axis == len(shape) - 1 or not shape[-1]:
            raise ValueError("no slots")
        step, dilation = self.random.randint(1, 2), self.random.randint(1, 2)
        span = (shape[axis] - 1) * step + (shape[-1] - 1) * dilation + 1
        self.add("skew", (x,), (axis, span + self.random.randint(0, 1), step, dilation))

    def draw_unskew(self) -> None:
        x, axis, shape = self.dimension()
        if axis == len(shape) - 1 or not shape[-1]:
            raise ValueError("no slots")
        self.add("unskew", (x,), (axis, self.random.randint(1, 2), 1, 1))

    def axes(self, x: int) -> tuple[int, ...]:
        every = range(len(self.made[x][1].shape))
        return tuple(a for a in every if self.random.random() < 0.6)

    def draw_sum(self, op: str = "sum") -> None:
        x = self.pick()
        if not self.made[x][1].shape:
            raise ValueError("a scalar has no axes")
        self.add(op, (x,), self.axes(x) or (0,))

    def draw_prod(self) -> None:
        self.draw_sum("prod")

    def draw_max(self, op: str = "max") -> None:
        x = self.pick()
        if not self.made[x][1].size:
            raise ValueError("nothing to choose from")
        self.add(op, (x,), (self.axes(x) or (0,), self.random.choice(["share", "first"])))

    def draw_min(self) -> None:
        self.draw_max("min")

    def draw_contract(self) -> None:
        x = self.pick()
        n = self.made[x][1]
        lhs = tuple(range(len(n.shape)))
        rhs = (*lhs[1:], 9) if self.random.random() < 0.7 else lhs
        sizes = {**dict(zip(lhs, n.shape, strict=True)), 9: 3}
        y = self.leaf(n.dtype, tuple(sizes[k] for k in rhs))
        out = [k for k in dict.fromkeys(lhs + rhs) if k not in (set(lhs) & set(rhs))
               or self.random.random() < 0.3]  # fmt: skip
        self.random.shuffle(out)
        self.add("contract", (x, y), (lhs, rhs, tuple(out)))

    def draw_linear(self) -> None:
        x, axis, shape = self.dimension()
        if shape[axis] > 8:
            raise ValueError("small matrices only")
        weights = [0, 0, 1, 1, -1, -1, 2, -0.5]
        rows = [[self.random.choice(weights) for _ in range(shape[axis])] for _ in range(3)]
        rows.append([c * self.random.choice([1, -1]) for c in rows[0]])  # some in pairs
        self.add("linear", (x,), (axis, tuple(map(tuple, rows[self.random.randint(0, 3) :]))))

    def draw_scan(self) -> None:
        x, axis, _ = self.dimension()
        self.add("scan", (x,), (axis, self.random.choice(["add", "mul", "max", "min"])))

    def index(self, shape: tuple[int, ...], axis: int, length: int, below: int) -> int:
        sizes = [length if i == axis else self.random.choice([1, n]) for i, n in enumerate(shape)]
        return self.leaf(int64, tuple(sizes), self.rng.integers(0, below, sizes))

    def draw_gather(self) -> None:
        x, axis, shape = self.dimension()
        index = self.index(shape, axis, self.random.randint(0, 5), shape[axis])
        self.add("gather", (x, index), axis)

    def draw_scatter(self) -> None:
        x, axis, shape = self.dimension()
        mode = self.random.choice(["add", "max", "min"])
        index = self.index(shape, axis, shape[axis], 4)
        self.add("scatter", (index, x), (axis, 4, mode))

    def draw_argsort(self) -> None:
        x, axis, _ = self.dimension()
        self.add("argsort", (x,), (axis, self.random.random() < 0.5))

    def draw_topk(self) -> None:
        x, axis, shape = self.dimension()
        count = self.random.randint(0, shape[axis])
        self.add("topk", (x,), (axis, self.random.random() < 0.5, count))

    # -- what tensors add ----------------------------------------------------------------------

    def key(self, shape: tuple[int, ...]) -> tuple[Any, ...]:
        if not shape:
            return (...,)
        return tuple(
            slice(self.random.randint(0, 1), None, self.random.randint(1, 2)) for _ in shape
        )

    def draw_view(self) -> int:
        x = self.pick()
        key = self.key(self.made[x][1].shape)
        shape = np.empty(self.made[x][1].shape, np.int8)[key].shape
        self.made.append((Step("view", (x,), key), ops.buffer(self.made[x][1].dtype, shape)))
        return len(self.made) - 1

    def draw_write(self) -> None:
        if self.random.random() < 0.5:
            x = self.draw_view()
        else:
            x = self.pick()
        n = self.made[x][1]
        key = self.key(n.shape)
        y = self.leaf(n.dtype, np.empty(n.shape, np.int8)[key].shape)
        self.made.append((Step("write", (x, y), key), ops.buffer(n.dtype, n.shape)))

    def draw_gradient(self) -> None:
        tracked = [i for i, (_, n) in enumerate(self.made) if n.tracked and n.dtype.kind == "f"]
        marks = [i for i, (s, _) in enumerate(self.made) if s is not None and s.op == "variable"]
        if not tracked or not marks:
            leaves = [i for i, (s, n) in enumerate(self.made) if s is None and n.dtype.kind == "f"]
            x = self.random.choice(leaves) if leaves else self.leaf(float32, (3, 4))
            self.add("variable", (x,))
            return
        self.add("gradient", (self.random.choice(tracked), self.random.choice(marks)))
