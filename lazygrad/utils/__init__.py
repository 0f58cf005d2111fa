"""`utils.data`: data sets and loaders (the module path is PyTorch's)."""

from . import data as data
