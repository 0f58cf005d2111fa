"""Data sets and loaders, and checkpoints of gradients (the module paths are PyTorch's)."""

from . import checkpoint as checkpoint
from . import data as data
