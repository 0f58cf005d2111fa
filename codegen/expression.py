"""Pushes index expressions from a node down through views to loads: nodes become values.

A value is what one iteration computes: an op applied to values, a load at an index, a reduction
over loop variables. Views vanish here: each is a rule that turns an index of its result into an
index of its operand, with conditions where it pads.
"""

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from . import ops
from .dtype import DType, bool_, int32, uint16
from .graph import Node, Op
from .index import Condition, Ix, Var, flat_index, variables
from .linear_map import products
from .reshaping import reshaped

__all__ = ["Expressions", "Value"]

_CAST, _BITCAST = ops.TABLE["cast"], ops.TABLE["bitcast"]

Index = tuple[Ix, ...]
Request = tuple[Node, Index, tuple[Condition, ...]]


@dataclass(eq=False, slots=True)
class Value:
    """What one iteration computes.

    `kind`: apply, narrow, checked, load, literal, argument, position, select, reduce, datum or
    result.

    `deps` are the loop variables it varies with. A `reduce` combines args[0] over `over`. A
    `datum` is args[0] as a checked index variable. A `narrow` is args[0] rounded to float16 or
    bfloat16, which compute in float32, its bits, or the value of bits. A `checked` is args[0]
    after args[1], a datum, was checked. A `result` stands for what another part of the kernel
    computes (the accumulators of a contraction).
    """

    kind: str
    dtype: DType
    args: tuple["Value", ...]
    deps: frozenset[Var]
    op: Op | None = None
    index: Ix | None = None
    conditions: tuple[Condition, ...] = ()
    payload: Any = None  # literal, array or argument name, fill, var, count
    over: frozenset[Var] = frozenset()


class Expressions:
    """Values of one kernel, made once each.

    `memory` names the arrays that hold nodes; `results` gives values for nodes at an index
    (contraction accumulators); `reduce_index` are the index variables of reduced axes.
    """

    def __init__(
        self,
        memory: Mapping[Node, str],
        reduce_index: Mapping[int, Ix] | None = None,
        results: Callable[[Node, Index], Value | None] | None = None,
    ) -> None:
        self.memory = memory
        self.reduce_index = reduce_index or {}
        self.results = results
        self.arguments: dict[str, Node] = {}  # late-bound scalars in use, by argument name
        self.index_arguments: dict[str, tuple[Node, Var]] = {}  # those that indices use
        self.checks: list[Node] = []
        self.datum_deps: dict[Var, frozenset[Var]] = {}
        self._data: dict[Var, Value] = {}
        self._argument_of: dict[Node, str] = {}
        self._memo: dict[Request, Value] = {}
        self._values: dict[Any, Value] = {}
        self._rows: dict[Any, list[Value]] = {}  # of linear maps
        self.picked: set[Ix] = set()  # rows of linear maps whose numbers vary

    # making values, each once

    def _make(self, kind: str, dtype: DType, args: tuple[Value, ...] = (), **more: Any) -> Value:
        key = (kind, dtype, tuple(map(id, args)), *[(k, more[k]) for k in sorted(more)])
        if kind == "literal":  # 0.0 and -0.0 are equal
            key = (*key, math.copysign(1.0, more["payload"]))
        found = self._values.get(key)
        if found is not None:
            return found
        deps: set[Var] = set().union(*[a.deps for a in args]) if args else set()
        if (index := more.get("index")) is not None:
            deps |= self.loop_vars(index)
        for c in more.get("conditions", ()):
            deps |= self.loop_vars(c.of)
        over: frozenset[Var] = more.get("over", frozenset())
        value = self._values[key] = Value(kind, dtype, args, frozenset(deps - over), **more)
        return value

    def loop_vars(self, index: Ix) -> set[Var]:
        """Loop variables that an index varies with, through data too."""
        found: set[Var] = set()
        for v in variables(index):
            if v.kind == "loop":
                found.add(v)
            elif v.kind == "datum":
                found |= self.datum_deps[v]
        return found

    def substitute(self, values: Mapping[Var, Ix]) -> None:
        """Rewrites every index of every value; loop variables become those of `values`."""

        def moved(deps: frozenset[Var]) -> frozenset[Var]:
            return frozenset(
                w for v in deps for w in (variables(values[v]) if v in values else (v,))
            )

        for var, deps in self.datum_deps.items():
            self.datum_deps[var] = moved(deps)
        for v in self._values.values():
            if v.index is not None:
                v.index = v.index.substitute(values)
            v.conditions = tuple(
                Condition(c.of.substitute(values), c.lo, c.hi, c.step) for c in v.conditions
            )
            v.deps, v.over = moved(v.deps), moved(v.over)

    def result(self, dtype: DType, name: str, deps: frozenset[Var]) -> Value:
        value = self._make("result", dtype, payload=name)
        value.deps = deps
        return value

    def data_of(self, v: Value) -> list[Value]:
        """The data that a value's indices read: they must be defined before it."""
        indices = [c.of for c in v.conditions]
        if v.index is not None:
            indices.append(v.index)
        if not indices:
            return []
        return [self._data[x] for x in variables(*indices) if x.kind == "datum"]

    def code_of(self, n: Node) -> int:
        """What a failed check of this node adds to the kernel's own number in the error word."""
        return self.checks.index(n)

    def scalars(self) -> tuple[tuple[str, Node], ...]:
        """Late-bound scalars by argument name."""
        indices = [(name, n) for name, (n, _) in self.index_arguments.items()]
        return (*self.arguments.items(), *indices)

    def argument(self, n: Node) -> str:
        name = self._argument_of.get(n)
        if name is None:
            name = self._argument_of[n] = f"s{len(self._argument_of)}"
        return name

    def all_values(self) -> list[Value]:
        return list(self._values.values())

    # the walk: generators yield requests, a loop answers them, so depth costs no Python stack

    def value(self, n: Node, index: Index, conditions: tuple[Condition, ...] = ()) -> Value:
        """The value of a node at an index; loads are guarded by `conditions`."""
        first: Request = (n, index, conditions)
        stack: list[tuple[Request, Generator[Request, Value, Value]]] = []
        answer: Value | None = self._memo.get(first)
        if answer is not None:
            return answer
        stack.append((first, self._visit(*first)))
        while stack:
            request, visit = stack[-1]
            try:
                wanted = visit.send(answer) if answer is not None else next(visit)
            except StopIteration as done:
                answer = done.value
                self._memo[request] = answer
                stack.pop()
                continue
            answer = self._memo.get(wanted)
            if answer is None:
                stack.append((wanted, self._visit(*wanted)))
        assert answer is not None
        return answer

    def stored(self, n: Node, index: Index) -> Value:
        """The value of a node for a store, which does the rounding of a last cast itself."""
        v = self.value(n, index)
        rounded = v.kind == "narrow" and v.payload == ("round", n.dtype)
        return v.args[0] if rounded else v

    def _visit(
        self, n: Node, index: Index, conditions: tuple[Condition, ...]
    ) -> Generator[Request, Value, Value]:
        if self.results is not None:
            given = self.results(n, index)
            if given is not None:
                return given
        array = self.memory.get(n)
        if array is not None:
            at = flat_index(index, n.shape)
            return self._make("load", n.dtype, index=at, payload=(array, 0), conditions=conditions)
        kind = n.op.kind
        if kind == "view":
            return (yield from self._visit_view(n, index, conditions))
        if kind == "elementwise":
            args = []
            for s in n.src:
                skip = len(index) - len(s.shape)
                at_s = tuple(
                    [i if m != 1 else Ix() for i, m in zip(index[skip:], s.shape, strict=True)]
                )
                args.append((yield s, at_s, conditions))
            if n.op is _BITCAST and n.dtype.itemsize == 2:
                return self._bits_as(n.dtype, args[0])
            value = self._make("apply", n.dtype, tuple(args), op=n.op)
            if n.op is _CAST and n.dtype.is_narrow and n.src[0].dtype.itemsize > 1:
                value = self._narrow("round", n.dtype, value)
            return value
        if kind == "leaf":
            return self._visit_leaf(n, index)
        if kind == "reduce":
            return (yield from self._visit_reduce(n, index, conditions))
        if kind == "linear":
            return (yield from self._visit_linear(n, index, conditions))
        if n.op is ops.TABLE["gather"]:
            return (yield from self._visit_gather(n, index, conditions))
        raise AssertionError(f"expression: {n!r} cannot be computed inside a loop")

    def _narrow(self, function: str, dtype: DType, x: Value) -> Value:
        result = uint16 if function == "bits" else dtype
        return self._make("narrow", result, (x,), payload=(function, dtype))

    def _bits_as(self, dtype: DType, x: Value) -> Value:
        """A bitcast of two bytes: kernels hold the floats among them in four."""
        if x.dtype.is_narrow:
            x = self._narrow("bits", x.dtype, self._narrow("round", x.dtype, x))
        elif dtype.is_narrow and x.dtype is not uint16:
            x = self._make("apply", uint16, (x,), op=_BITCAST)
        if dtype.is_narrow:
            return self._narrow("value", dtype, x)
        return x if x.dtype is dtype else self._make("apply", dtype, (x,), op=_BITCAST)

    def _visit_leaf(self, n: Node, index: Index) -> Value:
        name = n.op.name
        if name == "const":
            return self._make("literal", n.dtype, payload=ops.const_value(n))
        if name == "scalar":
            argument = self.argument(n)
            self.arguments[argument] = n
            return self._make("argument", n.dtype, payload=argument)
        assert name == "iota", f"expression: {n!r} has no memory"
        return self._make("position", n.dtype, index=index[0])

    def _visit_reduce(
        self, n: Node, index: Index, conditions: tuple[Condition, ...]
    ) -> Generator[Request, Value, Value]:
        axes = n.arg[0] if isinstance(n.arg[0], tuple) else n.arg
        at = tuple(
            [self.reduce_index.get(d, Ix()) if d in axes else i for d, i in enumerate(index)]
        )
        element = yield n.src[0], at, conditions
        over = frozenset(v for d in axes for v in variables(self.reduce_index.get(d, Ix())))
        return self._make("reduce", n.dtype, (element,), op=n.op, over=over)

    def _visit_linear(
        self, n: Node, index: Index, conditions: tuple[Condition, ...]
    ) -> Generator[Request, Value, Value]:
        """A row of the matrix by its number; where that varies, all rows, and one is picked."""
        axis, matrix = n.arg
        row: Ix = index[axis]
        rest = index[:axis], index[axis + 1 :]
        key = ("rows", n, rest, conditions)
        rows = self._rows.get(key)
        if rows is None:
            operands: list[Value] = []
            for k in range(len(matrix[0])):
                operands.append((yield n.src[0], (*rest[0], Ix(k), *rest[1]), conditions))
            rows = self._rows[key] = products(
                matrix, operands, lambda op, *args: self._make("apply", n.dtype, args, op=op),
                lambda x: self._make("literal", n.dtype, payload=x),
            )  # fmt: skip
        if not row.terms:
            return rows[row.const]
        self.picked.add(row)
        at = self._make("position", int32, index=row)
        value = rows[0]
        for k, other in enumerate(rows[1:], 1):
            number = self._make("literal", int32, payload=k)
            here = self._make("apply", bool_, (at, number), op=ops.TABLE["eq"])
            value = self._make("apply", n.dtype, (here, other, value), op=ops.TABLE["where"])
        return value

    def _visit_gather(
        self, n: Node, index: Index, conditions: tuple[Condition, ...]
    ) -> Generator[Request, Value, Value]:
        x, where = n.src
        axis = n.arg
        at = tuple([i if m != 1 else Ix() for i, m in zip(index, where.shape, strict=True)])
        position = yield where, at, conditions
        if conditions:  # beside what pads it, a lookup has no index that could be wrong
            zero = self._make("literal", where.dtype, payload=0)
            position = self._make("select", where.dtype, (position, zero), conditions=conditions)
        count = x.shape[axis]
        key = ("datum", id(position), n)
        datum = self._values.get(key)
        if datum is None:
            var = Var(f"d{len(self.datum_deps)}", 0, count - 1, "datum")
            self.datum_deps[var] = position.deps
            if n not in self.checks:
                self.checks.append(n)
            datum = Value("datum", n.dtype, (position,), position.deps,
                          payload=(var, count, n))  # fmt: skip
            self._values[key] = datum
            self._data[var] = datum
        var = datum.payload[0]
        inner = tuple([Ix.of(var) if d == axis else i for d, i in enumerate(index)])
        value = yield x, inner, conditions
        if value.index is not None and var in variables(value.index):
            return value
        # the index is checked also where nothing is read at it: ones have no memory, say
        return self._make("checked", n.dtype, (value, datum))

    def _start(self, n: Node, hi: int) -> Ix:
        """A slice start as an index: a constant or a late-bound argument in [0, hi]."""
        if n.op.name == "const":
            return Ix(int(ops.const_value(n)))
        name = self.argument(n)
        known = self.index_arguments.get(name)
        if known is None:
            known = self.index_arguments[name] = (n, Var(name, 0, max(hi, 0), "argument"))
        return Ix.of(known[1]) if known[1].hi else Ix()

    def _visit_view(
        self, n: Node, index: Index, conditions: tuple[Condition, ...]
    ) -> Generator[Request, Value, Value]:
        x = n.src[0]
        name = n.op.name
        at = list(index)
        if name == "reshape":
            return (yield x, reshaped(index, x.shape, n.shape), conditions)
        if name == "permute":
            for position, axis in enumerate(n.arg):
                at[axis] = index[position]
        elif name == "expand":
            skip = len(index) - len(x.shape)
            at = [i if m != 1 else Ix() for i, m in zip(index[skip:], x.shape, strict=True)]
        elif name == "flip":
            for axis in n.arg:
                at[axis] = Ix(x.shape[axis] - 1) - index[axis]
        elif name == "slice":
            for (axis, length, step), start in zip(n.arg, n.src[1:], strict=True):
                room = x.shape[axis] - 1 - (length - 1) * step
                at[axis] = index[axis] * step + self._start(start, room)
        elif name == "window":
            axis, _size, step, dilation = n.arg
            at = list(index[:-1])
            at[axis] = index[axis] * step + index[-1] * dilation
        elif name == "unskew":
            axis, _count, step, dilation = n.arg
            at[axis] = index[axis] * step + index[-1] * dilation
        else:
            return (yield from self._visit_pad(n, index, conditions))
        return (yield x, tuple(at), conditions)

    def _visit_pad(
        self, n: Node, index: Index, conditions: tuple[Condition, ...]
    ) -> Generator[Request, Value, Value]:
        """PAD and SKEW: the operand where an index falls onto it, a fill elsewhere."""
        x = n.src[0]
        at = list(index)
        tests: list[Condition] = []
        fill: float | int | bool = 0
        if n.op.name == "pad":
            axes, fill = n.arg
            for (axis, full, step), start in zip(axes, n.src[1:], strict=True):
                room = full - 1 - (x.shape[axis] - 1) * step
                offset = index[axis] - self._start(start, room)
                tests.append(Condition(offset, 0, (x.shape[axis] - 1) * step + 1, step))
                at[axis] = offset // step
        else:
            axis, _full, step, dilation = n.arg
            offset = index[axis] - index[-1] * dilation
            tests.append(Condition(offset, 0, (x.shape[axis] - 1) * step + 1, step))
            at[axis] = offset // step
        tests = [t for t in tests if not t.certain and t not in conditions]
        inner = yield x, tuple(at), (*conditions, *tests)
        if not tests:
            return inner
        if inner.kind == "load" and inner.conditions == (*conditions, *tests) and not conditions:
            array, _ = inner.payload
            return self._make(
                "load", n.dtype, index=inner.index, payload=(array, fill),
                conditions=inner.conditions,
            )  # fmt: skip
        fill_value = self._make("literal", n.dtype, payload=fill)
        return self._make("select", n.dtype, (inner, fill_value), conditions=tuple(tests))
