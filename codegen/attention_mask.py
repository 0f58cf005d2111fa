"""Tiles that a mask hides whole: blocks of attention that need not be computed."""

from .attention import top
from .attention_values import Values
from .expression import Value
from .graph import Node
from .hidden import Hidden, hidden_places
from .index import Ix

__all__ = ["find_hidden"]


def find_hidden(values: Values) -> Hidden | None:
    """What a mask hides of a chain's tile, if results take nothing from there."""
    chain = values.chain
    for hidden, nothing in hidden_places(
        chain.tops, chain.tile, lambda mask: _value_of(values, mask), values.i, values.j
    ):
        wanted = {n: nothing.lowest if n.op.name == "max" else nothing.zero for n in chain.results}
        takes_nothing = all(top(n, chain.tile) in kind for n, kind in wanted.items())
        if takes_nothing and hidden.spares_every_row(values.rows, values.columns):
            return hidden
    return None


def _value_of(values: Values, mask: Node) -> Value:
    index = values.tile_index(values.j)
    index = index[len(index) - len(mask.shape) :]
    at = tuple(x if m != 1 else Ix() for x, m in zip(index, mask.shape, strict=True))
    return values.expressions.value(mask, at)
