"""Finds attention in a graph: products of tiles that are made again rather than stored.

Scores are contractions of rows x columns (q with k). What elementwise ops make of them, as large
as they are, is a *tile*: softmax's powers and weights, their gradients. Where tiles end in
contractions over one of their axes and in reductions along one (a softmax's statistics), a
`Chain` computes such results block by block, and no tile is ever whole in memory: a result takes
memory linear in the rows. Forward, dQ and dK with dV are chains, in whatever words the graph says
them.

A softmax's maximum, its sum and the products of its weights are one chain: it takes them from
one walk over the columns, where the maximum that is found so far shifts the exponents.

Products that sum over rows and such that sum over columns are one *crossed* chain where there are
batches enough to give each to one work-item: dQ, dK and dV then come from the same tiles.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from .attention_online import Online, find_online
from .graph import Node, Shape, toposort
from .reduction import contract_shape

__all__ = [
    "Chain", "attention_tiles", "find_chains", "made_again", "ordered", "reduced_axis",
    "sizes_of", "top",
]  # fmt: skip

_LEAST = 16  # rows and columns of a tile that is worth it
_KEPT = 16 << 20  # bytes of a tile up to which backward reads it faster than it is made again
_DEEPEST = 256  # contracted positions of scores, which are made again for every result


@dataclass(frozen=True, eq=False, slots=True)
class Chain:
    """Results that one kernel takes from one tile.

    `shape` is that of the tile; results vary along its axis `row` and combine along `column`.
    `results` are contractions with, and reductions of, nodes of the tile; `leaves` are what the
    kernel reads or computes from memory.
    """

    shape: Shape
    row: int
    column: int
    tile: frozenset[Node]
    results: tuple[Node, ...]
    leaves: tuple[Node, ...]
    online: Online | None = None

    @property
    def scores(self) -> list[Node]:
        """The contractions that the tile begins with, as far as the results need them."""
        within = toposort(self.tops, stop=lambda n: n not in self.tile or n.op.name == "contract")
        return [n for n in within if n in self.tile and n.op.name == "contract"]

    @property
    def tops(self) -> list[Node]:
        """The nodes of the tile that results are made of."""
        return list(dict.fromkeys(top(n, self.tile) for n in self.results))

    @property
    def crossed(self) -> list[Node]:
        """The results that sum over rows."""
        return [n for n in self.results if reduced_axis(n, self.tile) == self.row]


Fits = Callable[[Chain], bool]


def top(result: Node, tile: Iterable[Node]) -> Node:
    """The operand of a result that lies in the tile."""
    return next(s for s in result.src if s in tile)


def sizes_of(contraction: Node) -> dict[int, int]:
    """The size of each of its labels."""
    a, b = contraction.src
    return contract_shape(a, b, contraction.arg)


# tiles ------------------------------------------------------------------------------------------


def _is_score(n: Node) -> bool:
    if n.op.name != "contract" or len(n.shape) < 2 or n.dtype.kind != "f":
        return False
    sizes = sizes_of(n)
    lhs, rhs, out = n.arg
    summed = {*lhs, *rhs}.difference(out)
    if not summed.issubset(lhs) or not summed.issubset(rhs):
        return False
    depth = 1
    for label in summed:
        depth *= sizes[label]
    return 1 < depth <= _DEEPEST and max(s.size for s in n.src) < n.size * 2


def _join(tile_of: dict[Node, set[Node]], n: Node, below: Sequence[Node]) -> None:
    """Takes n into the tiles of nodes below it, which become one."""
    if not below:
        return
    tiles = {id(tile_of[s]): tile_of[s] for s in below}
    largest = max(tiles.values(), key=len)
    for tile in tiles.values():
        if tile is not largest:
            largest |= tile
            tile_of.update(dict.fromkeys(tile, largest))
    largest.add(n)
    tile_of[n] = largest


def _tiles(order: Sequence[Node]) -> list[set[Node]]:
    """Scores and the elementwise nodes above them, as large as they are, by what they share."""
    tile_of: dict[Node, set[Node]] = {}
    for n in order:
        if _is_score(n):
            tile_of[n] = {n}
        elif n.op.kind == "elementwise":
            _join(tile_of, n, [s for s in n.src if s in tile_of and s.shape == n.shape])
    return list({id(t): t for t in tile_of.values()}.values())


def _is_attention(tile: set[Node]) -> bool:
    """Whether rows' statistics meet exponentials: a softmax of scores, or its gradient."""
    if not any(n.op.name == "exp" for n in tile):
        return False
    if any(s in tile for n in tile if n.op.name == "contract" for s in n.src):
        return False
    return any(_is_statistic(s, n.shape) for n in tile for s in n.src if s not in tile)


def _is_statistic(n: Node, shape: Shape) -> bool:
    """Of the tile's shape but for one axis of 1, and made of something."""
    if len(n.shape) != len(shape) or (n.op.kind == "leaf" and n.op.name != "buffer"):
        return False
    return sum(m != k for m, k in zip(n.shape, shape, strict=True)) == 1


def _is_kept(tile: set[Node]) -> bool:
    """Whether one value of a tile's size is so small that backward should find it in memory."""
    n = next(iter(tile))
    return n.size * n.dtype.itemsize <= _KEPT


def made_again(order: Sequence[Node]) -> set[Node]:
    """The nodes of a graph that is not simplified yet which backward does better to make again."""
    tile_of: dict[Node, set[Node]] = {}
    ended: set[Node] = set()
    for n in order:
        below = [s for s in n.src if s in tile_of]
        if _is_score(n):
            tile_of[n] = {n}
        elif below and n.op.kind in ("elementwise", "marker"):
            _join(tile_of, n, [s for s in below if s.size == n.size])
        elif below and n.op.kind == "reduce":
            ended.update(below)
    tiles = {id(t): t for t in tile_of.values()}.values()
    large = [t for t in tiles if not _is_kept(t)]
    found = [t for t in large if not ended.isdisjoint(t) and any(n.op.name == "exp" for n in t)]
    return set().union(*found)


# what is made of a tile -------------------------------------------------------------------------


def reduced_axis(result: Node, tile: Iterable[Node]) -> int | None:
    """The one axis of the tile that a result sums over; None where a chain cannot make it."""
    if result.op.name in ("sum", "max"):
        nested = isinstance(result.arg[0], tuple)
        axes: tuple[int, ...] = result.arg[0] if nested else result.arg
        return axes[0] if len(axes) == 1 else None
    if result.op.name != "contract":
        return None
    a, b = result.src
    lhs, rhs, out = result.arg
    if (a in tile) == (b in tile):
        return None
    mine, other = (lhs, rhs) if a in tile else (rhs, lhs)
    summed = [x for x in {*mine, *other} if x not in out]
    if len(summed) != 1 or summed[0] not in mine or summed[0] not in other:
        return None
    return mine.index(summed[0]) if any(x not in mine for x in other) else None


def _crosses(score: Node, one: int, two: int) -> bool:
    """Whether one operand of a score has the one axis and the other one the other axis."""
    lhs, rhs, out = score.arg
    x, y = out[one], out[two]
    return any(x in p and y not in p and y in q and x not in q for p, q in ((lhs, rhs), (rhs, lhs)))


def _axes(tile: set[Node], results: Sequence[Node]) -> tuple[int, int] | None:
    """The two axes of a tile that results run along and sum over."""
    scores = [n for n in tile if n.op.name == "contract"]
    summed = {reduced_axis(n, tile) for n in results}
    if None in summed or not 1 <= len(summed) <= 2:
        return None
    found = sorted(a for a in summed if a is not None)
    shape = scores[0].shape
    if len(found) == 1:
        found += [a for a in range(len(shape)) if a not in found and shape[a] >= _LEAST
                  and all(_crosses(n, found[0], a) for n in scores)][-1:]  # fmt: skip
    if len(found) != 2 or min(shape[a] for a in found) < _LEAST:
        return None
    return (found[0], found[1]) if all(_crosses(n, *found) for n in scores) else None


def _inside(result: Node, tile: set[Node]) -> set[Node]:
    """The part of the tile that a result is made of."""
    below = toposort([top(result, tile)], stop=lambda n: n not in tile)
    return {n for n in below if n in tile}


def _stages(order: Sequence[Node], results: Iterable[Node]) -> dict[Node, int]:
    """For each node, how many results lie one upon another below it."""
    wanted = set(results)
    stage: dict[Node, int] = {}
    for n in order:
        stage[n] = max((stage[s] for s in n.src), default=0) + (n in wanted)
    return stage


def _chains_of(
    tile: set[Node], order: Sequence[Node], results: Sequence[Node], axes: tuple[int, int],
    fits: Fits,
) -> Iterator[Chain]:  # fmt: skip
    shape = next(iter(tile)).shape

    def chain(column: int, of: Sequence[Node], online: Online | None = None) -> Chain:
        row = axes[0] if column == axes[1] else axes[1]
        part = set().union(*[_inside(n, tile) for n in of])
        own = online.derived if online else set()
        inside = {*part, *own, *(online.statistics if online else ())}
        nodes = [n for n in order if n in inside or n in of]
        leaves = dict.fromkeys(s for n in nodes for s in n.src if s not in inside)
        return Chain(shape, row, column, frozenset(part), tuple(of), tuple(leaves), online)

    left = list(results)
    online = find_online(tile, results)
    if online is not None:
        column = reduced_axis(online.total, tile)
        assert column is not None
        mine = [*online.statistics, *online.products]
        yield chain(column, mine, online)
        left = [n for n in left if n not in mine]
    stage = _stages(order, results)
    by_stage: dict[tuple[int, int], list[Node]] = {}
    for n in left:
        column = reduced_axis(n, tile)
        assert column is not None
        by_stage.setdefault((column, stage[n]), []).append(n)
    merged: dict[int, list[list[Node]]] = {}
    for (column, _), group in sorted(by_stage.items(), reverse=True):
        later = merged.setdefault(column, [])
        if later and not _rests_on(later[-1], group):  # nobody waits for them
            later[-1] = [*group, *later[-1]]
        else:
            later.append(group)
    for one, two in _pairs(merged, axes):
        crossed = max((chain(a, [*one, *two]) for a in axes), key=_statistics)
        if fits(crossed):
            yield crossed
            for groups, group in zip(map(merged.__getitem__, axes), (one, two), strict=True):
                groups.remove(group)
    for column, groups in merged.items():
        for group in groups:
            yield chain(column, group)


def _rests_on(later: Sequence[Node], earlier: Sequence[Node]) -> bool:
    below = set(toposort(later))
    return any(n in below for n in earlier)


def _pairs(
    merged: dict[int, list[list[Node]]], axes: tuple[int, int]
) -> Iterator[tuple[list[Node], list[Node]]]:
    """Contractions over the one axis and over the other of which none waits for another."""
    if len(merged) != 2:
        return
    pairs = [(x, y) for x in merged[axes[0]] for y in merged[axes[1]]]
    for one, two in pairs:
        if one not in merged[axes[0]] or two not in merged[axes[1]]:
            continue
        if all(n.op.name == "contract" for n in (*one, *two)) and not (
            _rests_on(one, two) or _rests_on(two, one)
        ):
            yield one, two


def _statistics(chain: Chain) -> int:
    """How many leaves have one element for each row."""
    n = len(chain.shape)
    return sum(len(x.shape) == n and x.shape[chain.column] == 1 for x in chain.leaves)


def attention_tiles(outputs: Sequence[Node]) -> list[tuple[set[Node], list[Node]]]:
    """The tiles of softmaxes of scores, with what is made of them.

    Not those that are asked for, nor small ones that more than the softmax makes use of.
    """
    order = toposort(outputs)
    asked = set(outputs)
    found = []
    for tile in _tiles(order):
        if not asked.isdisjoint(tile) or not _is_attention(tile):
            continue
        results = [n for n in order if n not in tile and any(s in tile for s in n.src)]
        online = find_online(tile, results)
        forward = online is not None and {*online.statistics, *online.products} >= {*results}
        if forward or not _is_kept(tile):
            found.append((tile, results))
    return found


def find_chains(outputs: Sequence[Node], fits: Fits = lambda chain: True) -> list[Chain]:
    """The chains of a graph that fit, of which no two share a result; none where tiles are asked
    for."""
    order = toposort(outputs)
    chains: list[Chain] = []
    for tile, results in attention_tiles(outputs):
        axes = _axes(tile, results)
        if axes is not None:
            chains += [c for c in _chains_of(tile, order, results, axes, fits) if fits(c)]
    return chains if ordered(outputs, chains) else []


def ordered(outputs: Sequence[Node], chains: Sequence[Chain]) -> list[Node | Chain]:
    """Nodes and chains, operands before users, without what only chains look into.

    Of a chain's results those stand there too, behind it, that something reads. Nothing where
    chains would wait for each other.
    """
    chain_of = {n: c for c in chains for n in c.results}
    order: list[Node | Chain] = []
    done: set[Node | Chain] = set()
    open_: set[Node | Chain] = set()
    stack: list[tuple[Node | Chain, bool]] = [(n, False) for n in reversed(outputs)]
    while stack:
        current, expanded = stack.pop()
        if current in done:
            continue
        if expanded:
            done.add(current)
            open_.discard(current)
            order.append(current)
            continue
        if current in open_:
            return []
        open_.add(current)
        stack.append((current, True))
        if isinstance(current, Chain):
            below: Sequence[Node | Chain] = current.leaves
        else:
            below = (chain_of[current],) if current in chain_of else current.src
        stack += [(s, False) for s in reversed(below) if s not in done]
    return order
