"""Values to statements: each value is defined once, in the outermost scope that has its loops."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from . import ops
from .elementwise import PHILOX, PHILOX_RUN
from .expression import Expressions, Value
from .index import Condition, Ix, Var
from .kernel import (
    MOST_LANES,
    Alias,
    Apply,
    Argument,
    Block,
    Checked,
    Define,
    Guarded,
    If,
    Literal,
    Load,
    Loop,
    Narrow,
    Position,
    Rhs,
    Splat,
    Statement,
    Store,
    Test,
    Zip,
    ctype_of,
)  # fmt: skip

__all__ = ["Emitter", "LoopNest", "topological"]


_INT = ctype_of(ops.DTYPES["int32"])


class Span(Protocol):
    """A run of an axis, from `low` to before `high`."""

    @property
    def low(self) -> int: ...

    @property
    def high(self) -> int: ...


@dataclass(slots=True, eq=False)
class _Scope:
    vars: frozenset[Var]
    body: list[Statement] = field(default_factory=list)
    names: dict[object, str] = field(default_factory=dict)


def topological(values: Iterable[Value]) -> list[Value]:
    """All values below, arguments before users."""
    order: list[Value] = []
    done: set[Value] = set()
    stack = [(v, False) for v in reversed(list(values))]
    while stack:
        v, expanded = stack.pop()
        if v in done:
            continue
        if expanded:
            done.add(v)
            order.append(v)
            continue
        stack.append((v, True))
        stack.extend((a, False) for a in reversed(v.args) if a not in done)
    return order


class Emitter:
    """Writes one kernel's body. `vec` is the variable whose values sit in vector lanes."""

    def __init__(self, expressions: Expressions, item_vars: Sequence[Var]) -> None:
        self.expressions = expressions
        self.scopes = [_Scope(frozenset(item_vars))]
        self.vec: Var | None = None
        self.width = 1
        self._moves: dict[Var, int] = {}  # how much farther along a variable values are taken
        self._count = 0
        self._spans: list[tuple[Var, int, int]] = []
        self._fours: set[object] = set()  # variables of loops that only see multiples of 4

    # names and scopes

    def fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}{self._count}"

    def find(self, key: object) -> str | None:
        for scope in reversed(self.scopes):
            name = scope.names.get(key)
            if name is not None:
                return name
        return None

    def append(self, s: Statement) -> None:
        self.scopes[-1].body.append(s)

    def bind(self, key: object, name: str) -> None:
        """Says that `key` is known as `name` in the innermost scope."""
        self.scopes[-1].names[key] = name

    def bind_value(self, v: Value, name: str) -> None:
        """Says what a value is known as here."""
        self.bind(self._key(v), name)

    @contextmanager
    def loop(
        self, var: Var, start: Ix, stop: Ix, step: int = 1, limit: int | None = None,
        unroll: bool = False,
    ) -> Iterator[None]:  # fmt: skip
        scope = _Scope(frozenset([var]))
        self.scopes.append(scope)
        if not any(n % 4 for n in (step, start.const, *[c for _, c in start.terms])):
            self._fours.add(var)
        yield
        self._fours.discard(var)
        self.scopes.pop()
        self.append(Loop(var, start, stop, step, tuple(scope.body), limit, unroll))

    @contextmanager
    def block(self, *bound: Var) -> Iterator[None]:
        """A scope of its own, in which the variables `bound` are going to be defined."""
        scope = _Scope(frozenset(bound))
        self.scopes.append(scope)
        yield
        self.scopes.pop()
        self.append(Block(tuple(scope.body)))

    @contextmanager
    def when(self, conditions: tuple[Condition, ...]) -> Iterator[None]:
        """A scope whose statements run only where the conditions hold, if there are any."""
        scope = _Scope(frozenset())
        self.scopes.append(scope)
        yield
        self.scopes.pop()
        body = tuple(scope.body)
        self.append(If(conditions, body) if conditions else Block(body))

    def define_var(self, var: Var, index: Ix, highest: int | None = None) -> None:
        """An index variable with a value of its own, at most `highest`."""
        place = Position(index, 0, highest)
        self.append(Define(var.name, ctype_of(ops.DTYPES["int32"]), place, var=var))
        self.scopes[-1].vars |= {var}

    @contextmanager
    def lanes(self, vec: Var | None, width: int, offset: int = 0) -> Iterator[None]:
        """Values that vary with `vec` are vectors here, from lane `offset` on."""
        saved = self.vec, self.width
        self.vec, self.width = (vec if width > 1 else None), width
        with self.moved(vec, offset):
            yield
        self.vec, self.width = saved

    @contextmanager
    def moved(self, var: Var | None, by: int) -> Iterator[None]:
        """Values here are those that lie `by` farther along `var`."""
        saved = self._moves
        self._moves = {x: n for x, n in saved.items() if x is not var}
        if var is not None and by:
            self._moves[var] = by
        yield
        self._moves = saved

    @contextmanager
    def within(self, var: Var, section: Span) -> Iterator[None]:
        """Inside, `var` is known to lie in [section.low, section.high)."""
        self._spans.append((var, section.low, section.high))
        yield
        self._spans.pop()

    def _open_conditions(self, tests: tuple[Condition, ...]) -> tuple[Condition, ...] | None:
        """The conditions that are not known to hold here; None where one cannot hold."""
        left: list[Condition] = []
        for c in tests:
            low, high = c.of.lo, c.of.hi
            for var, first, end in self._spans:
                factor = c.of.coefficient(var)
                if factor is not None and factor > 0:
                    low += factor * (first - var.lo)
                    high -= factor * (var.hi - end + 1)
            if high < c.lo or low >= c.hi:
                return None
            if low < c.lo or high >= c.hi or c.step != 1:
                left.append(c)
        return tuple(left)

    # values

    def width_of(self, v: Value) -> int:
        return self.width if self.vec is not None and self.vec in v.deps else 1

    def _key(self, v: Value) -> object:
        if not self._moves:
            return v
        moves = tuple([move for move in self._moves.items() if move[0] in v.deps])
        return (v, moves) if moves else v

    def emit(self, v: Value) -> str:
        """The name of a value, with everything it needs defined before."""
        known = self.find(self._key(v))
        if known is not None:
            return known
        stack: list[tuple[Value, bool]] = [(v, False)]
        name = ""
        while stack:
            current, expanded = stack.pop()
            found = self.find(self._key(current))
            if found is not None:
                name = found
                continue
            if not expanded:
                stack.append((current, True))
                stack.extend((a, False) for a in reversed(self._needs(current)))
                continue
            name = self._define(current)
        return name

    def _needs(self, v: Value) -> list[Value]:
        """Arguments, and the data that its indices read."""
        assert v.kind not in ("reduce", "result"), f"{v.kind} {v.payload} is not there yet"
        data = self.expressions.data_of(v)
        return [*v.args, *data]

    def vector(self, v: Value, width: int) -> str:
        """The name of a value spread over `width` lanes."""
        name = self.emit(v)
        if width == 1 or self.width_of(v) == width:
            return name
        key = ("splat", self._key(v), width)
        known = self.find(key)
        if known is not None:
            return known
        spread = self.fresh("v")
        scope = next(x for x in reversed(self.scopes) if self._key(v) in x.names)
        scope.body.append(Define(spread, ctype_of(v.dtype, width), Splat(name)))
        scope.names[key] = spread
        return spread

    def _home(self, v: Value) -> _Scope:
        """The outermost scope whose loops cover what the value varies with."""
        needed = set(v.deps)
        for scope in self.scopes:
            needed -= scope.vars
            if not needed:
                holder = scope
                break
        else:
            raise AssertionError(f"{v.kind} varies with {needed}, which no open loop has")
        # no farther out than the scope that holds an argument (reductions end late)
        for a in (*v.args, *self.expressions.data_of(v)):
            key = self._key(a)
            for scope in reversed(self.scopes):
                if key in scope.names:
                    if self.scopes.index(scope) > self.scopes.index(holder):
                        holder = scope
                    break
        return holder

    def _define(self, v: Value) -> str:
        width = self.width_of(v)
        ctype = ctype_of(v.dtype, width)
        scope = self._home(v)
        var: Var | None = None
        if v.kind == "datum":
            var, count, node = v.payload
            name = var.name
            source = self.emit(v.args[0])
            rhs: Rhs = Checked(source, count, self.expressions.code_of(node))
            ctype = _INT
        else:
            rhs, stem = self._rhs(v, width)
            name = self.fresh(stem)
        scope = self._home(v)
        scope.body.append(Define(name, ctype, rhs, var=var))
        scope.names[self._key(v)] = name
        return name

    def shifted(self, index: Ix) -> Ix:
        if not self._moves:
            return index
        return index.substitute({x: Ix.of(x) + by for x, by in self._moves.items()})

    def _conditions(self, tests: tuple[Condition, ...]) -> tuple[Condition, ...]:
        return tuple(Condition(self.shifted(c.of), c.lo, c.hi, c.step) for c in tests)

    def stride(self, index: Ix) -> int:
        if self.vec is None:
            return 0
        stride = index.coefficient(self.vec)
        assert stride is not None, f"{index!r} is not affine in {self.vec}"
        return stride

    def _is_run(self, v: Value, width: int) -> bool:
        """Whether the lanes of a stream's words are whole blocks of four in a row."""
        *alike, place = v.args
        if width < 4 or place.kind != "position" or any(self.width_of(a) > 1 for a in alike):
            return False
        assert place.index is not None
        index = self.shifted(place.index)
        starts = [c for x, c in index.terms if x not in self._fours]
        return self.stride(index) == 1 and not any(n % 4 for n in (index.const, *starts))

    def _rhs(self, v: Value, width: int) -> tuple[Rhs, str]:
        if v.kind == "apply":
            assert v.op is not None
            names = tuple([self.vector(a, width) for a in v.args])
            operand = ctype_of(v.args[-1].dtype, width)
            op = PHILOX_RUN if v.op is PHILOX and self._is_run(v, width) else v.op
            return Apply(op, names, operand), v.op.name.removeprefix("bitwise_") + "_"
        if v.kind == "narrow":
            function, dtype = v.payload
            return Narrow(function, self.vector(v.args[0], width), dtype), "r"
        if v.kind == "checked":
            return Alias(self.vector(v.args[0], width)), "x"
        if v.kind == "load":
            assert v.index is not None
            array, fill = v.payload
            tests = self._open_conditions(v.conditions)
            if tests is None:
                return Literal(fill), "x"
            load = Load(array, self.shifted(v.index), self.stride(v.index) if width > 1 else 0)
            if tests:
                return Guarded(self._conditions(tests), load, fill), "x"
            return load, "x"
        if v.kind == "literal":
            return Literal(v.payload), "c"
        if v.kind == "argument":
            return Argument(v.payload), "a"
        if v.kind == "position":
            assert v.index is not None
            stride = self.stride(v.index) if width > 1 else 0
            return Position(self.shifted(v.index), stride), "at"  # i0, i1 are axes
        assert v.kind == "select", v.kind
        tests = self._open_conditions(v.conditions)
        if not tests:
            return Alias(self.vector(v.args[0] if tests is not None else v.args[1], width)), "w"
        mask = self.fresh("m")
        mask_type = ctype_of(ops.DTYPES["bool"], 1)
        scope = self._home(v)
        scope.body.append(Define(mask, mask_type, Test(self._conditions(tests))))
        if width > 1:
            wide = self.fresh("m")
            scope.body.append(Define(wide, ctype_of(ops.DTYPES["bool"], width), Splat(mask)))
            mask = wide
        yes, no = (self.vector(a, width) for a in v.args)
        return Apply(ops.TABLE["where"], (mask, yes, no), ctype_of(v.dtype, width)), "w"

    def store(self, array: str, index: Ix, v: Value, vec_in_index: bool) -> None:
        """Stores a value; over the lanes where the place varies with them."""
        width = self.width if self.vec is not None and vec_in_index else 1
        name = self.vector(v, width)
        stride = self.stride(index) if width > 1 else 1
        self.append(Store(array, self.shifted(index), name, ctype_of(v.dtype, width), stride))

    def store_in_turn(self, array: str, index: Ix, values: Sequence[Value]) -> None:
        """Stores vectors so that their lanes lie in turn: those of 2, 4 or 8 values."""
        width, ctype = self.width, ctype_of(values[0].dtype, self.width)
        streams = [[self.vector(v, width)] for v in values]
        while len(streams) > 1:
            half, parts = len(streams) // 2, 1 + (2 * width > MOST_LANES)
            ctype = ctype_of(values[0].dtype, 2 * width // parts)
            merged: list[list[str]] = [[] for _ in range(half)]
            for k, into in enumerate(merged):
                for a, b in zip(streams[k], streams[k + half], strict=True):
                    for part in range(parts):
                        into.append(self.fresh("z"))
                        self.append(Define(into[-1], ctype, Zip(a, b, part * width // 2)))
            streams, width = merged, ctype.width
        for k, name in enumerate(streams[0]):
            self.append(Store(array, self.shifted(index) + k * width, name, ctype))


class LoopNest:
    """Several loops as one context."""

    def __init__(self, emitter: Emitter, loops: Sequence[Var]) -> None:
        self._contexts = [emitter.loop(v, Ix(0), Ix(v.hi + 1)) for v in loops]

    def __enter__(self) -> None:
        for c in self._contexts:
            c.__enter__()

    def __exit__(self, *error: object) -> None:
        for c in reversed(self._contexts):
            c.__exit__(None, None, None)
