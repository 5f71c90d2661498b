"""Constants that take on the number kind they meet, so that exact kinds stay exact."""

from __future__ import annotations

from typing import Any


def lift(constant: float | str, x: Any) -> Any:
    """The constant as a number of the kind that `x` holds.

    Floats and complex numbers take a float as it is. To the exact kinds 0.01 means one hundredth,
    not the binary fraction nearest to it. A constant with more digits than a float holds is given
    as text.

    Example:
        >>> from fractions import Fraction
        >>> import chainrule.arrays as xp
        >>> lift(0.01, xp.asarray([Fraction(1, 3)]))
        Fraction(1, 100)
    """
    if str(x.dtype) in ("fraction", "decimal"):
        return x.dtype.convert(str(constant))
    return float(constant) if isinstance(constant, str) else constant
