"""`python -m lazygrad.fuzz`: random programs, fused and unfused, against NumPy's meaning."""
