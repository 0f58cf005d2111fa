"""Which kernel a chain becomes."""

from collections.abc import Sequence

from .attention import Chain
from .attention_crossed import CrossedKernel
from .attention_form import Form
from .attention_kernel import ChainKernel
from .attention_mask import find_hidden
from .attention_values import Values
from .graph import Node
from .kernel import Kernel
from .loop_group import LoopGroup

__all__ = ["lower_attention"]


def lower_attention(group: LoopGroup, chain: Chain, form: Form) -> tuple[Kernel, Sequence[Node]]:
    """The kernel of a chain, and the nodes whose indices it checks."""
    values = Values(group, chain, form)
    if find_hidden(values) is not None:
        values = Values(group, chain, form.of_narrow_blocks())
    kernel = CrossedKernel(values) if form.crossed else ChainKernel(values)
    return kernel.lower(), values.expressions.checks
