"""Checks of options, each with the sentence that its failure deserves."""

from __future__ import annotations

from math import inf
from numbers import Integral, Real

from chainrule.errors import OptionError


def require_share(option: str, value: float, /) -> None:
    """Refuse a value outside 0 up to below 1, such as the part of a mean that is kept."""
    if not isinstance(value, Real) or not 0 <= value < 1:
        raise OptionError(f"{option} is {value!r}: it must be at least 0 and below 1")


def require_above_zero(option: str, value: float, /) -> None:
    """Refuse zero, negative numbers, infinity and NaN."""
    if not isinstance(value, Real) or not 0 < value < inf:
        raise OptionError(f"{option} is {value!r}: it must be above 0, and finite")


def require_at_least_zero(option: str, value: float, /) -> None:
    """Refuse negative numbers, infinity and NaN."""
    if not isinstance(value, Real) or not 0 <= value < inf:
        raise OptionError(f"{option} is {value!r}: it must be 0 or more, and finite")


def require_whole(option: str, value: int, /, *, least: int = 1) -> None:
    """Refuse what is not a whole number from `least` on."""
    if not isinstance(value, Integral) or value < least:
        raise OptionError(f"{option} is {value!r}: it must be a whole number, at least {least}")


def plain(number: object, /) -> int | float:
    """A number of a library's own kind as one of Python's, which JSON can hold.

    Raises:
        TypeError: If it is not a real number.

    Example:
        >>> from fractions import Fraction
        >>> plain(Fraction(1, 2))
        0.5
    """
    if isinstance(number, Integral):
        return int(number)
    if isinstance(number, Real):
        return float(number)
    raise TypeError(f"{type(number).__name__} is not a number")
