"""Dear values that several passes over a row need: the first pass leaves them where the last one
writes, so that softmax takes each exponential once. Rows are short enough to stay in caches.
"""

from collections.abc import Sequence

from .axes import Axes, extent
from .emit import Emitter, topological
from .expression import Value
from .index import Ix, variables
from .kernel import Define, Load, ctype_of

__all__ = ["Kept"]

_DEAR = 12  # from this cost on computing again takes longer than a store and a load
_CACHED = 1 << 17  # bytes of results that a row may have


class Kept:
    """The choice for one kernel, and which values are there already."""

    def __init__(
        self, reduces: Sequence[Value], stores: Sequence[tuple[Value, str, Ix]], axes: Axes
    ) -> None:
        self._places: dict[Value, tuple[str, Ix]] = {}
        self._there: set[Value] = set()
        self._new: set[Value] = set()
        reduced = set(axes.reduced)
        row = sum(v.dtype.compute_size for v, *_ in stores)
        for var in reduced:
            row *= extent(var)
        if not reduced or row > _CACHED:
            return
        early = set(topological([a for r in reduces for a in r.args]))
        for v, array, at in stores:
            for d in topological([v]):
                dear = d.kind == "apply" and d.op is not None and d.op.cost >= _DEAR
                fits = d.dtype is v.dtype and d.deps == v.deps and not d.dtype.is_narrow
                fits = fits and reduced <= variables(at)
                if dear and fits and d in early and d not in self._places:
                    self._places[d] = (array, at)
                    break  # there is room for one

    def recall(self, emitter: Emitter, values: Sequence[Value]) -> None:
        """Loads what an earlier pass has left."""
        for d in topological(values):
            if d in self._there:
                array, at = self._places[d]
                width = emitter.width_of(d)
                load = Load(array, emitter.shifted(at), emitter.stride(at) if width > 1 else 0)
                name = emitter.fresh("kept")
                emitter.append(Define(name, ctype_of(d.dtype, width), load))
                emitter.bind_value(d, name)

    def leave(self, values: Sequence[Value]) -> list[tuple[Value, str, Ix]]:
        """What this pass has to store for later ones."""
        new = [d for d in topological(values) if d in self._places and d not in self._there]
        self._new.update(new)
        return [(d, *self._places[d]) for d in new]

    def end_pass(self) -> None:
        """What the pass stored is there from now on."""
        self._there |= self._new

    def end_row(self) -> None:
        """The next row, or section of rows, begins with nothing."""
        self._there.clear()
        self._new.clear()
