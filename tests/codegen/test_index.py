"""Symbolic integers against Python's own."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from lazygrad.codegen.index import Condition, Ix, Var, conjunction, reach

A, B = Var("a", 0, 6), Var("b", -3, 4)
VALUES = list(itertools.product(range(7), range(-3, 5)))


def _evaluate(index: Ix, a: int, b: int) -> int:
    return index.substitute({A: Ix(a), B: Ix(b)}).const


def _c_value(index: Ix, a: int, b: int) -> int:
    """The C text in Python, whose quotients agree with C's on nonnegative numbers."""
    return int(eval(index.text().replace("/", "//"), {"a": a, "b": b}))


@given(
    st.lists(
        st.tuples(st.sampled_from(["+", "*", "//", "%", "a", "b"]), st.integers(1, 12)),
        max_size=8,
    )
)
def test_arithmetic_is_exact_and_bounded(steps: list[tuple[str, int]]) -> None:
    index = Ix.of(A)
    expected = {(a, b): a for a, b in VALUES}
    for op, n in steps:
        if op == "+":
            index, expected = index + n, {k: v + n for k, v in expected.items()}
        elif op == "*":
            index, expected = index * n, {k: v * n for k, v in expected.items()}
        elif op == "//":
            index, expected = index // n, {k: v // n for k, v in expected.items()}
        elif op == "%":
            index, expected = index % n, {k: v % n for k, v in expected.items()}
        else:
            var = A if op == "a" else B
            index = index + Ix.of(var) * n
            expected = {k: v + (k[0] if op == "a" else k[1]) * n for k, v in expected.items()}
    for (a, b), value in expected.items():
        assert _evaluate(index, a, b) == value == _c_value(index, a, b)
        assert index.lo <= value <= index.hi


def test_splitting_and_joining_vanish() -> None:
    w = Ix.of(Var("w", 0, 28 * 28 * 8 - 1))
    a, rest = w // 784, w % 784
    assert a * 784 + (rest // 28) * 28 + rest % 28 == w
    i, j = Ix.of(Var("i", 0, 63)), Ix.of(Var("j", 0, 31))
    flat = i * 32 + j
    assert flat // 32 == i and flat % 32 == j


def test_conditions_know_when_they_are_certain() -> None:
    i = Ix.of(Var("i", 0, 9))
    assert Condition(i + 1, 0, 11).certain
    assert not Condition(i - 1, 0, 11).certain
    assert conjunction([Condition(i - 1, 0, 11)]) == "i - 1 >= 0"
    both = conjunction([Condition(i - 1, 0, 5), Condition(i, 0, 9, 3)])
    assert both == "(i - 1 >= 0) & (i - 1 < 5) & (i < 9) & ((i) % 3 == 0)"


def test_conditions_know_what_is_always_and_never_divisible() -> None:
    i = Ix.of(Var("i", 0, 9))
    assert Condition(i * 6 + 2, 2, 60, 3).certain
    never = Condition(i * 6 + 1, 0, 60, 3)
    assert never.hi == never.lo and conjunction([never]) == "i*6 + 1 < 0"


def test_digits_of_a_number_are_the_number() -> None:
    x = Ix.of(Var("x", 0, 59))
    whole = x % 5 + ((x // 5) % 4) * 5 + (x // 20) * 20
    assert whole.text() == "x"
    wide = Ix.of(Var("y", 0, 999))
    assert (wide % 5 + ((wide // 5) % 4) * 5).text() == "(y % 20)"


class _Watched(int):
    """A Python integer that remembers the largest magnitude any arithmetic went through."""

    peak = 0

    def _seen(self, value: int) -> "_Watched":
        _Watched.peak = max(_Watched.peak, abs(value))
        return _Watched(value)

    def __add__(self, other: int) -> "_Watched":
        return self._seen(int(self) + int(other))

    def __sub__(self, other: int) -> "_Watched":
        return self._seen(int(self) - int(other))

    def __mul__(self, other: int) -> "_Watched":
        return self._seen(int(self) * int(other))

    def __floordiv__(self, other: int) -> "_Watched":
        return self._seen(int(self) // int(other))

    def __mod__(self, other: int) -> "_Watched":
        return self._seen(int(self) % int(other))

    def __neg__(self) -> "_Watched":
        return self._seen(-int(self))


@given(
    st.lists(
        st.tuples(st.sampled_from(["+", "*", "//", "%", "a", "b"]), st.integers(-40, 40)),
        max_size=8,
    )
)
def test_no_step_of_a_text_goes_beyond_its_reach(steps: list[tuple[str, int]]) -> None:
    index = Ix.of(B)
    for op, n in steps:
        if op == "+":
            index = index + n
        elif op == "*":
            index = index * n
        elif op in ("//", "%") and n > 0:
            index = index // n if op == "//" else index % n
        elif op in ("a", "b"):
            index = index + Ix.of(A if op == "a" else B) * n
    text = index.text().replace("/", "//")
    _Watched.peak = 0
    for a, b in VALUES:
        value = eval(text, {"a": _Watched(a), "b": _Watched(b)})
        assert max(abs(int(value)), _Watched.peak) <= reach(index)
