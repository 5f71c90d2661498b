"""Functions of arrays, entry by entry: of one, of two, and of three.

Arrays are stretched to a common shape. A Python number counts as an array without axes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import TYPE_CHECKING, Any

from chainrule.arrays.door import functions_of, named
from chainrule.arrays.kinds import Kind, bool_, kind_of, promote, symbol
from chainrule.arrays.kinds.formulas import choose
from chainrule.arrays.list_array import ListArray, apply, combine, from_number
from chainrule.arrays.shapes import Shape, broadcast_shapes, expand


def _of_one(name: str, text: str) -> Callable[[Any], ListArray]:
    """The function of one array that every kind knows by a name, and what it says of itself."""

    def function(x: Any, /) -> ListArray:
        return apply(name, x)

    return named(function, name, text)


def _of_two(name: str, text: str) -> Callable[[Any, Any], ListArray]:
    """The same of two arrays.

    Raises:
        KindError: If an operand is neither a list array nor a number.
    """

    def function(x1: Any, x2: Any, /) -> ListArray:
        result = combine(name, x1, x2)
        if result is NotImplemented:
            stranger = x1 if type(x1) is not ListArray and kind_of(type(x1)) is None else x2
            return from_number(stranger, name)
        return result

    return named(function, name, text)


positive = _of_one("positive", "The numbers as they are.")
negative = _of_one("negative", "The numbers with the other sign.")
abs = _of_one("abs", "The absolute values; for complex, `where(z < 0, -z, z)` by the real part.")
sign = _of_one("sign", "1, 0 or -1 by the sign, in the kind of the numbers.")
square = _of_one("square", "`x · x`.")
sqrt = _of_one("sqrt", "The square root; NaN for a negative float.")
exp = _of_one("exp", "e^x.")
expm1 = _of_one("expm1", "e^x - 1, accurate near x = 0.")
log = _of_one("log", "The natural logarithm; -inf at 0 and NaN for a negative float.")
log1p = _of_one("log1p", "log(1 + x), accurate near x = 0.")
sin = _of_one("sin", "The sine of an angle in radians.")
cos = _of_one("cos", "The cosine of an angle in radians.")
tan = _of_one("tan", "The tangent of an angle in radians.")
sinh = _of_one("sinh", "(e^x - e^-x) / 2.")
cosh = _of_one("cosh", "(e^x + e^-x) / 2.")
tanh = _of_one("tanh", "`sinh x / cosh x`.")
floor = _of_one("floor", "The largest whole number that is not above x.")
ceil = _of_one("ceil", "The smallest whole number that is not below x.")
trunc = _of_one("trunc", "The number without its fractional part.")
round = _of_one("round", "The nearest whole number, the even one of two.")
real = _of_one("real", "The real part.")
imag = _of_one("imag", "The imaginary part; 0 for a real kind.")
isnan = _of_one("isnan", "Where an entry is not a number.")
isinf = _of_one("isinf", "Where an entry is infinite.")
isfinite = _of_one("isfinite", "Where an entry is neither infinite nor NaN.")
logical_not = _of_one("logical_not", "Where an entry is zero.")
acos = _of_one("acos", "The angle, in radians, whose cosine is x.")
asin = _of_one("asin", "The angle, in radians, whose sine is x.")
atan = _of_one("atan", "The angle, in radians, whose tangent is x.")
acosh = _of_one("acosh", "The number whose cosh is x.")
asinh = _of_one("asinh", "The number whose sinh is x.")
atanh = _of_one("atanh", "The number whose tanh is x.")
log2 = _of_one("log2", "The logarithm to base 2.")
log10 = _of_one("log10", "The logarithm to base 10.")
conj = _of_one("conj", "The complex conjugate.")
reciprocal = _of_one("reciprocal", "1 / x.")
signbit = _of_one("signbit", "Where an entry is negative, -0.0 included.")
bitwise_invert = _of_one("bitwise_invert", "The number with every bit turned.")

add = _of_two("add", "x1 + x2.")
subtract = _of_two("subtract", "x1 - x2.")
multiply = _of_two("multiply", "x1 · x2.")
divide = _of_two("divide", "x1 / x2; whole numbers give floats.")
floor_divide = _of_two("floor_divide", "x1 / x2 rounded down.")
remainder = _of_two("remainder", "What is left of x1 / x2 rounded down; it has the sign of x2.")
pow = _of_two("pow", "x1 to the power of x2; NaN where a float power is not real.")
maximum = _of_two("maximum", "The larger of two; a tie goes to the first and NaN comes through.")
minimum = _of_two("minimum", "The smaller of two; a tie goes to the first and NaN comes through.")
equal = _of_two("equal", "Where x1 = x2; complex numbers are compared by their real parts.")
not_equal = _of_two("not_equal", "Where x1 ≠ x2; complex numbers are compared by their real parts.")
less = _of_two("less", "Where x1 < x2.")
less_equal = _of_two("less_equal", "Where x1 ≤ x2.")
greater = _of_two("greater", "Where x1 > x2.")
greater_equal = _of_two("greater_equal", "Where x1 ≥ x2.")
logical_and = _of_two("logical_and", "Where both are nonzero.")
logical_or = _of_two("logical_or", "Where one is nonzero.")
logical_xor = _of_two("logical_xor", "Where exactly one of the two is nonzero.")
atan2 = _of_two("atan2", "The angle of the point (x2, x1), in radians.")
hypot = _of_two("hypot", "√(x1² + x2²).")
copysign = _of_two("copysign", "x1 with the sign of x2.")
nextafter = _of_two("nextafter", "The next float after x1 on the way to x2.")
logaddexp = _of_two("logaddexp", "log(e^x1 + e^x2), which does not overflow.")
bitwise_and = _of_two("bitwise_and", "The bits that both have.")
bitwise_or = _of_two("bitwise_or", "The bits that one of them has.")
bitwise_xor = _of_two("bitwise_xor", "The bits that exactly one of them has.")
bitwise_left_shift = _of_two("bitwise_left_shift", "x1 · 2^x2.")
bitwise_right_shift = _of_two("bitwise_right_shift", "x1 / 2^x2 rounded down.")


def clip(x: Any, /, min: Any = None, max: Any = None) -> ListArray:
    """The numbers, those below `min` and above `max` replaced by these.

    Example:
        >>> from chainrule.arrays import asarray
        >>> clip(asarray([-2.0, 0.5, 9.0]), 0, 1).tolist()
        [0.0, 0.5, 1.0]
    """
    raised = x if min is None else maximum(x, min)
    return positive(raised) if max is None else minimum(raised, max)


def where(condition: Any, x1: Any, x2: Any, /) -> ListArray:
    """Entries of x1 where the condition holds and of x2 elsewhere.

    Args:
        condition: Truth values; numbers count as true unless zero, complex ones by the real part.
        x1: An array or number.
        x2: An array or number.

    Example:
        >>> from chainrule.arrays import asarray
        >>> z = asarray([-1.0, 2.0])
        >>> where(z > 0, z, 0).tolist()
        [0.0, 2.0]
    """
    test = _array(condition)
    a, b = _array(x1), _array(x2)
    kind = promote(a.dtype, b.dtype)
    shape = broadcast_shapes(test.shape, a.shape, b.shape)
    conditions = test.data if test.shape == shape else expand(test.data, test.shape, shape)
    if test.dtype is symbol:
        kind = symbol
        first, second = _entries(a, kind, shape), _entries(b, kind, shape)
        return ListArray(list(map(choose, conditions, first, second)), shape, kind)
    if test.dtype is not bool_:
        conditions = bool_.cast(conditions, test.dtype)
    if len(b.data) == 1:
        other = kind.convert(b.data[0])
        pairs = zip(conditions, _entries(a, kind, shape), strict=False)
        return ListArray([x if true else other for true, x in pairs], shape, kind)
    triples = zip(conditions, _entries(a, kind, shape), _entries(b, kind, shape), strict=False)
    return ListArray([x if true else y for true, x, y in triples], shape, kind)


def _array(x: Any) -> ListArray:
    return x if type(x) is ListArray else from_number(x, "where")


def _entries(x: ListArray, kind: Kind, shape: Shape) -> Iterable[Any]:
    """The entries of an array stretched to a shape, without end for a single number."""
    data = kind.cast(x.data, x.dtype)
    if x.shape == shape:
        return data
    return repeat(data[0]) if len(data) == 1 else expand(data, x.shape, shape)


if not TYPE_CHECKING:  # type checkers see the names themselves
    __all__ = tuple(functions_of(globals()))
