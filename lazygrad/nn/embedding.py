"""Embedding: a trained table of rows."""

from typing import Any

from lazygrad.codegen.dtype import DType
from lazygrad.creation import empty
from lazygrad.grad_mode import no_grad
from lazygrad.tensor import Tensor

from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter


class Embedding(Module):
    """Rows of a table at integer indices: `(*)` -> `(*, embedding_dim)`.

    The table `weight` starts standard normal. The row `padding_idx` starts as zeros and is not
    trained.

    Raises:
        ValueError: `padding_idx` outside the table.
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise ValueError(
                    f"Embedding: got padding_idx={padding_idx}, expected one of "
                    f"{num_embeddings} rows"
                )
            padding_idx %= num_embeddings
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        self.weight = Parameter(empty(num_embeddings, embedding_dim, device=device, dtype=dtype))
        self.reset_parameters()

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None
    ) -> "Embedding":
        """An embedding over a given table, by default not trained.

        Raises:
            ValueError: the table is not a matrix.
        """
        if embeddings.dim() != 2:
            raise ValueError(
                f"Embedding.from_pretrained: got shape {tuple(embeddings.shape)}, "
                "expected (num_embeddings, embedding_dim)"
            )
        layer = cls(embeddings.shape[0], embeddings.shape[1], padding_idx)
        layer.weight = Parameter(embeddings, requires_grad=not freeze)
        return layer

    def reset_parameters(self) -> None:
        """Draws a new table from the starting distribution."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
