"""How values may be computed, in the manner of `torch.backends`."""

__all__ = ["convolution"]


class _Convolution:
    """Settings of convolutions."""

    __slots__ = ("_allow_winograd",)

    def __init__(self) -> None:
        self._allow_winograd = False

    @property
    def allow_winograd(self) -> bool:
        """Whether 3 x 3 convolutions with stride 1 may go by tiles (Winograd's F(4x4, 3x3) and
        F(2x2, 3x3)) where a cost model expects that to be faster; so may both of their gradients.

        It takes a quarter to a half of the multiplications. Rounding errors are about ten times
        as large, and relative to the largest value of a tile of 6 x 6, not of a window of 3 x 3; an
        infinity or NaN makes all results of its tile NaN. False at first. It counts for what is
        computed from then on.
        """
        return self._allow_winograd

    @allow_winograd.setter
    def allow_winograd(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise TypeError(f"allow_winograd: got {value!r}, expected True or False")
        self._allow_winograd = value


convolution = _Convolution()
