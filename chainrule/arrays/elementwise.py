"""Functions of one array, entry by entry. A Python number counts as an array without axes."""

from __future__ import annotations

from typing import Any

from chainrule.arrays.list_array import ListArray, apply


def positive(x: Any, /) -> ListArray:
    """The numbers as they are."""
    return apply("positive", x)


def negative(x: Any, /) -> ListArray:
    """The numbers with the other sign."""
    return apply("negative", x)


def abs(x: Any, /) -> ListArray:
    """The absolute values; for complex, `where(z < 0, -z, z)` by the real part."""
    return apply("abs", x)


def sign(x: Any, /) -> ListArray:
    """1, 0 or -1 by the sign, in the kind of the numbers."""
    return apply("sign", x)


def square(x: Any, /) -> ListArray:
    """`x · x`."""
    return apply("square", x)


def sqrt(x: Any, /) -> ListArray:
    """The square root; NaN for a negative float."""
    return apply("sqrt", x)


def exp(x: Any, /) -> ListArray:
    """e^x."""
    return apply("exp", x)


def expm1(x: Any, /) -> ListArray:
    """e^x - 1, accurate near x = 0."""
    return apply("expm1", x)


def log(x: Any, /) -> ListArray:
    """The natural logarithm; -inf at 0 and NaN for a negative float."""
    return apply("log", x)


def log1p(x: Any, /) -> ListArray:
    """log(1 + x), accurate near x = 0."""
    return apply("log1p", x)


def sin(x: Any, /) -> ListArray:
    """The sine of an angle in radians."""
    return apply("sin", x)


def cos(x: Any, /) -> ListArray:
    """The cosine of an angle in radians."""
    return apply("cos", x)


def tan(x: Any, /) -> ListArray:
    """The tangent of an angle in radians."""
    return apply("tan", x)


def sinh(x: Any, /) -> ListArray:
    """(e^x - e^-x) / 2."""
    return apply("sinh", x)


def cosh(x: Any, /) -> ListArray:
    """(e^x + e^-x) / 2."""
    return apply("cosh", x)


def tanh(x: Any, /) -> ListArray:
    """`sinh x / cosh x`."""
    return apply("tanh", x)


def floor(x: Any, /) -> ListArray:
    """The largest whole number that is not above x."""
    return apply("floor", x)


def ceil(x: Any, /) -> ListArray:
    """The smallest whole number that is not below x."""
    return apply("ceil", x)


def trunc(x: Any, /) -> ListArray:
    """The number without its fractional part."""
    return apply("trunc", x)


def round(x: Any, /) -> ListArray:
    """The nearest whole number, the even one of two."""
    return apply("round", x)


def real(x: Any, /) -> ListArray:
    """The real part."""
    return apply("real", x)


def imag(x: Any, /) -> ListArray:
    """The imaginary part; 0 for a real kind."""
    return apply("imag", x)


def isnan(x: Any, /) -> ListArray:
    """Where an entry is not a number."""
    return apply("isnan", x)


def isinf(x: Any, /) -> ListArray:
    """Where an entry is infinite."""
    return apply("isinf", x)


def isfinite(x: Any, /) -> ListArray:
    """Where an entry is neither infinite nor NaN."""
    return apply("isfinite", x)


def logical_not(x: Any, /) -> ListArray:
    """Where an entry is zero."""
    return apply("logical_not", x)
