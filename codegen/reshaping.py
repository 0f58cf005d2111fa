"""An index of a reshaped array as one of the array."""

from collections.abc import Sequence

from .index import Ix, flat_index, unflatten

__all__ = ["reshaped"]

Index = tuple[Ix, ...]


def reshaped(index: Index, old: Sequence[int], new: Sequence[int]) -> Index:
    """`index` of shape `new` as one of shape `old`, in the smallest groups of equal products."""
    result: list[Ix] = []
    i = j = 0
    while i < len(old) or j < len(new):
        i0, j0 = i, j
        a = b = 1
        while True:
            if i < len(old) and a <= b and (a < b or i == i0):
                a, i = a * old[i], i + 1
            elif j < len(new) and (b < a or j == j0):
                b, j = b * new[j], j + 1
            elif a == b:
                break
            elif i < len(old):
                a, i = a * old[i], i + 1
            else:
                b, j = b * new[j], j + 1
        kept = [x for x, n in zip(index[j0:j], new[j0:j], strict=True) if n != 1]
        if [n for n in old[i0:i] if n != 1] == [n for n in new[j0:j] if n != 1]:
            left = iter(kept)  # only ones come and go; an index past the end stays what it is
            result.extend(next(left) if n != 1 else Ix() for n in old[i0:i])
        else:
            result.extend(unflatten(flat_index(index[j0:j], new[j0:j]), old[i0:i]))
    return tuple(result)
