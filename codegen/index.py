"""Symbolic integers for index arithmetic: sums of products, with division and remainder.

    Ix   = const + coefficient * atom + ...
    atom = Var | Quotient(Ix, n) | Remainder(Ix, n)

Every Ix knows bounds, so that (4*i + j) // 4 is i where 0 <= j < 4. Quotients round down.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = [
    "Condition",
    "Ix",
    "Quotient",
    "Remainder",
    "Var",
    "decompose",
    "flat_index",
    "reach",
    "unflatten",
    "variables",
]


@dataclass(frozen=True, eq=False, slots=True)
class Var:
    """A named integer of a kernel, lo <= value <= hi: a loop variable, an argument, a datum."""

    name: str
    lo: int
    hi: int
    kind: str = "loop"  # 'loop', 'argument' or 'datum' (read from memory)

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Quotient:
    of: "Ix"
    by: int

    @property
    def lo(self) -> int:
        return self.of.lo // self.by

    @property
    def hi(self) -> int:
        return self.of.hi // self.by


@dataclass(frozen=True, slots=True)
class Remainder:
    of: "Ix"
    by: int
    lo: int = 0

    @property
    def hi(self) -> int:
        return self.by - 1


Atom = Var | Quotient | Remainder


class Ix:
    """An immutable symbolic integer; + and - take Ix or int, *, // and % take int."""

    __slots__ = ("_hash", "const", "hi", "lo", "terms")

    def __init__(self, const: int = 0, terms: tuple[tuple[Atom, int], ...] = ()) -> None:
        self.const = const
        self.terms = terms
        lo = hi = const
        for atom, c in terms:
            lo += c * (atom.lo if c > 0 else atom.hi)
            hi += c * (atom.hi if c > 0 else atom.lo)
        self.lo, self.hi = lo, hi
        self._hash = hash((const, frozenset(terms)))

    @staticmethod
    def of(value: "Ix | Atom | int") -> "Ix":
        if isinstance(value, Ix):
            return value
        if isinstance(value, int):
            return Ix(value)
        if value.lo == value.hi:
            return Ix(value.lo)
        return Ix(0, ((value, 1),))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ix):
            return NotImplemented
        return self is other or (
            self._hash == other._hash
            and self.const == other.const
            and dict(self.terms) == dict(other.terms)
        )

    def __add__(self, other: "Ix | int") -> "Ix":
        if isinstance(other, int):
            return Ix(self.const + other, self.terms) if other else self
        sums: dict[Atom, int] = dict(self.terms)
        for atom, c in other.terms:
            sums[atom] = sums.get(atom, 0) + c
        const, terms = _merge(sums)
        return Ix(self.const + other.const + const, terms)

    def __sub__(self, other: "Ix | int") -> "Ix":
        return self + (-other if isinstance(other, int) else other * -1)

    def __mul__(self, factor: int) -> "Ix":
        if factor == 0:
            return Ix()
        if factor == 1:
            return self
        return Ix(self.const * factor, tuple([(a, c * factor) for a, c in self.terms]))

    def _split(self, by: int) -> "tuple[Ix, Ix]":
        """(whole, rest) with self == whole * by + rest and rest's constant in [0, by)."""
        whole = tuple([(a, c // by) for a, c in self.terms if c % by == 0])
        rest = tuple([(a, c) for a, c in self.terms if c % by])
        return Ix(self.const // by, whole), Ix(self.const % by, rest)

    def __floordiv__(self, by: int) -> "Ix":
        if by == 1:
            return self
        whole, rest = self._split(by)
        if rest.lo >= 0 and rest.hi < by:
            return whole
        if not rest.terms:
            return whole + rest.const // by
        if len(rest.terms) == 1 and rest.const == 0:
            atom, c = rest.terms[0]
            if isinstance(atom, Quotient) and c == 1:  # (x // a) // b
                return whole + atom.of // (atom.by * by)
            if by % c == 0 and c > 1:  # (c * x) // (c * d)
                return whole + Ix.of(atom) // (by // c)
        return whole + Ix.of(Quotient(rest, by))

    def __mod__(self, by: int) -> "Ix":
        if by == 1:
            return Ix()
        _whole, rest = self._split(by)
        if rest.lo >= 0 and rest.hi < by:
            return rest
        if len(rest.terms) == 1 and rest.const == 0:
            atom, c = rest.terms[0]
            if by % c == 0 and c > 1:
                return (Ix.of(atom) % (by // c)) * c
            if isinstance(atom, Remainder) and c == 1 and atom.by % by == 0:
                return atom.of % by
        return Ix.of(Remainder(rest, by))

    def coefficient(self, var: Var) -> int | None:
        """The factor of `var`; None where it stands inside a quotient or remainder."""
        found = 0
        for atom, c in self.terms:
            if atom is var:
                found = c
            elif not isinstance(atom, Var) and var in variables(atom.of):
                return None
        return found

    def substitute(self, values: "Mapping[Var, Ix]") -> "Ix":
        result = Ix(self.const)
        for atom, c in self.terms:
            if isinstance(atom, Var):
                part = values.get(atom, Ix.of(atom))
            elif isinstance(atom, Quotient):
                part = atom.of.substitute(values) // atom.by
            else:
                part = atom.of.substitute(values) % atom.by
            result = result + part * c
        return result

    def divisor(self, known: "Mapping[Var, int]") -> int:
        """A number that divides every value, where `known` are such numbers of variables."""
        found = self.const
        for atom, c in self.terms:
            if isinstance(atom, Var):
                of = known.get(atom, 1)
            elif isinstance(atom, Remainder):
                of = math.gcd(atom.of.divisor(known), atom.by)
            else:
                of, rest = divmod(atom.of.divisor(known), atom.by)
                of = 1 if rest else of
            found = math.gcd(found, c * of)
        return found

    def text(self) -> str:
        """The C text; the quotients and remainders in it are of nonnegative numbers or floored."""
        parts: list[str] = []
        for atom, c in self.terms:
            if isinstance(atom, Var):
                body = atom.name
            else:
                sign = "/" if isinstance(atom, Quotient) else "%"
                inner = atom.of.text()
                if atom.of.lo >= 0:
                    plain = len(atom.of.terms) == 1 and inner.isidentifier()
                    body = f"({inner if plain else f'({inner})'} {sign} {atom.by})"
                else:  # shift into the nonnegative numbers by a multiple of the divisor
                    turns = -(atom.of.lo // atom.by)
                    shifted = f"({inner} + {turns * atom.by}) {sign} {atom.by}"
                    body = f"({shifted} - {turns})" if sign == "/" else f"({shifted})"
            if c == 1:
                parts.append(f"+ {body}")
            elif c == -1:
                parts.append(f"- {body}")
            else:
                parts.append(f"{'+' if c > 0 else '-'} {body}*{abs(c)}")
        if self.const or not parts:
            parts.append(f"{'+' if self.const >= 0 else '-'} {abs(self.const)}")
        text = " ".join(parts)
        return text[2:] if text.startswith("+ ") else "-" + text[2:]

    def __repr__(self) -> str:
        return self.text()


def _merge(sums: dict[Atom, int]) -> tuple[int, tuple[tuple[Atom, int], ...]]:
    """Drops zeros and puts n*(x // n) + x % n together again as x; (constant, terms)."""
    const = 0
    for atom in list(sums):
        c = sums.get(atom, 0)
        if not c or not isinstance(atom, Remainder):
            continue
        twin = Quotient(atom.of, atom.by)
        if sums.get(twin) == c * atom.by:
            del sums[twin], sums[atom]
            const += c * atom.of.const
            for inner, k in atom.of.terms:
                sums[inner] = sums.get(inner, 0) + c * k
            continue
        for other, k in list(sums.items()):
            # (x // n) % m * n + x % n is x % nm
            if (
                isinstance(other, Remainder)
                and k == c * atom.by
                and other.of.const == 0
                and other.of.terms == ((Quotient(atom.of, atom.by), 1),)
            ):
                del sums[other], sums[atom]
                joined = atom.of % (atom.by * other.by)
                for inner, factor in joined.terms:
                    sums[inner] = sums.get(inner, 0) + c * factor
                inner_const, terms = _merge(sums)
                return const + c * joined.const + inner_const, terms
            # (x % nm) // n * n + x % n is x % nm
            if k == c * atom.by and isinstance(other, Quotient) and other.by == atom.by:
                wide = other.of.terms[0][0] if len(other.of.terms) == 1 else None
                if (
                    isinstance(wide, Remainder)
                    and wide.of == atom.of
                    and other.of == Ix.of(wide)
                    and wide.by % atom.by == 0
                ):
                    del sums[other], sums[atom]
                    sums[wide] = sums.get(wide, 0) + c
                    inner_const, terms = _merge(sums)
                    return const + inner_const, terms
    return const, tuple([(a, c) for a, c in sums.items() if c])


def variables(*expressions: Ix) -> set[Var]:
    """All variables, also those inside quotients and remainders."""
    found: set[Var] = set()
    stack: list[Ix] = list(expressions)
    while stack:
        for atom, _ in stack.pop().terms:
            if isinstance(atom, Var):
                found.add(atom)
            else:
                stack.append(atom.of)
    return found


def reach(*expressions: Ix) -> int:
    """The largest magnitude that their C texts can pass through on the way to their values."""
    most = 0
    stack: list[Ix] = list(expressions)
    while stack:
        index = stack.pop()
        magnitude = abs(index.const)
        for atom, c in index.terms:
            magnitude += abs(c) * max(abs(atom.lo), abs(atom.hi))
            if not isinstance(atom, Var):
                turns = max(0, -(atom.of.lo // atom.by))
                stack.append(atom.of + turns * atom.by)
        most = max(most, magnitude)
    return most


@dataclass(frozen=True, slots=True)
class Condition:
    """lo <= of < hi and of divisible by `step` from lo on."""

    of: Ix
    lo: int
    hi: int
    step: int = 1

    def __post_init__(self) -> None:
        rest = (self.of - self.lo) % self.step
        if self.step > 1 and not rest.terms:  # all of them are divisible, or none
            object.__setattr__(self, "step", 1)
            if rest.const:
                object.__setattr__(self, "hi", self.lo)

    @property
    def certain(self) -> bool:
        return self.step == 1 and self.of.lo >= self.lo and self.of.hi < self.hi

    def tests(self) -> list[str]:
        value = self.of.text()
        found = []
        if self.of.lo < self.lo:
            found.append(f"{value} >= {self.lo}")
        if self.of.hi >= self.hi:
            found.append(f"{value} < {self.hi}")
        if self.step > 1:
            found.append(f"({(self.of - self.lo).text()}) % {self.step} == 0")
        return found


def conjunction(conditions: Iterable[Condition]) -> str:
    """That all of them hold, without short circuits: each would be a branch to a compiler."""
    tests = [test for c in conditions for test in c.tests()]
    return " & ".join([f"({test})" for test in tests] if len(tests) > 1 else tests) or "1"


def flat_index(index: Sequence[Ix], shape: Sequence[int]) -> Ix:
    """The row-major position of an index."""
    flat, stride = Ix(), 1
    for i, n in zip(reversed(index), reversed(shape), strict=True):
        if n != 1:
            flat = flat + i * stride
        stride *= n
    return flat


def unflatten(flat: Ix, shape: Sequence[int]) -> list[Ix]:
    index: list[Ix] = []
    stride = 1
    total = 1
    for n in shape:
        total *= n
    for k, n in enumerate(reversed(shape)):
        part = flat // stride
        stride *= n
        if stride < total or k < len(shape) - 1:
            part = part % n
        index.append(part if n != 1 else Ix())
    return index[::-1]


def decompose(flat: Ix, labels: Sequence[int], sizes: Mapping[int, int]) -> dict[int, Ix]:
    """A flat position as one position for each label."""
    found: dict[int, Ix] = {}
    stride = 1
    for label in reversed(labels):
        part = flat // stride
        stride *= sizes[label]
        found[label] = part if label == labels[0] else part % sizes[label]
    return found
