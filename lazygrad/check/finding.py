"""What one check found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One promise and what was seen of it.

    Attributes:
        promise: what is promised, as a short sentence.
        figure: what was counted or measured ("20,000 graphs, 0 wrong values").
        held: whether the promise held.
        detail: for a promise that did not hold, what its finder needs; may have several lines.
    """

    promise: str
    figure: str
    held: bool
    detail: str = ""

    def __str__(self) -> str:
        line = f"{'ok  ' if self.held else 'FAIL'} {self.promise}: {self.figure}"
        return "\n     ".join([line, *self.detail.splitlines()])
