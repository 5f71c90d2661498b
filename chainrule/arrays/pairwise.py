"""Functions of two or three arrays, entry by entry, stretched to a common shape."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import Any

from chainrule.arrays.elementwise import positive
from chainrule.arrays.kinds import Kind, bool_, kind_of, promote, symbol
from chainrule.arrays.kinds.formulas import choose
from chainrule.arrays.list_array import ListArray, combine, from_number
from chainrule.arrays.shapes import Shape, broadcast_shapes, expand


def add(x1: Any, x2: Any, /) -> ListArray:
    """x1 + x2."""
    return _combined("add", x1, x2)


def subtract(x1: Any, x2: Any, /) -> ListArray:
    """x1 - x2."""
    return _combined("subtract", x1, x2)


def multiply(x1: Any, x2: Any, /) -> ListArray:
    """x1 · x2."""
    return _combined("multiply", x1, x2)


def divide(x1: Any, x2: Any, /) -> ListArray:
    """x1 / x2; whole numbers give floats."""
    return _combined("divide", x1, x2)


def floor_divide(x1: Any, x2: Any, /) -> ListArray:
    """x1 / x2 rounded down."""
    return _combined("floor_divide", x1, x2)


def remainder(x1: Any, x2: Any, /) -> ListArray:
    """What is left of x1 / x2 rounded down; it has the sign of x2."""
    return _combined("remainder", x1, x2)


def pow(x1: Any, x2: Any, /) -> ListArray:
    """x1 to the power of x2; NaN where a float power is not real."""
    return _combined("pow", x1, x2)


def maximum(x1: Any, x2: Any, /) -> ListArray:
    """The larger of two; a tie goes to the first and NaN comes through."""
    return _combined("maximum", x1, x2)


def minimum(x1: Any, x2: Any, /) -> ListArray:
    """The smaller of two; a tie goes to the first and NaN comes through."""
    return _combined("minimum", x1, x2)


def equal(x1: Any, x2: Any, /) -> ListArray:
    """Where x1 = x2; complex numbers are compared by their real parts."""
    return _combined("equal", x1, x2)


def not_equal(x1: Any, x2: Any, /) -> ListArray:
    """Where x1 ≠ x2; complex numbers are compared by their real parts."""
    return _combined("not_equal", x1, x2)


def less(x1: Any, x2: Any, /) -> ListArray:
    """Where x1 < x2."""
    return _combined("less", x1, x2)


def less_equal(x1: Any, x2: Any, /) -> ListArray:
    """Where x1 ≤ x2."""
    return _combined("less_equal", x1, x2)


def greater(x1: Any, x2: Any, /) -> ListArray:
    """Where x1 > x2."""
    return _combined("greater", x1, x2)


def greater_equal(x1: Any, x2: Any, /) -> ListArray:
    """Where x1 ≥ x2."""
    return _combined("greater_equal", x1, x2)


def logical_and(x1: Any, x2: Any, /) -> ListArray:
    """Where both are nonzero."""
    return _combined("logical_and", x1, x2)


def logical_or(x1: Any, x2: Any, /) -> ListArray:
    """Where one is nonzero."""
    return _combined("logical_or", x1, x2)


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


def _combined(name: str, x1: Any, x2: Any) -> ListArray:
    """An elementwise function of two operands.

    Raises:
        KindError: If an operand is neither a list array nor a number.
    """
    result = combine(name, x1, x2)
    if result is NotImplemented:
        stranger = x1 if type(x1) is not ListArray and kind_of(type(x1)) is None else x2
        return from_number(stranger, name)
    return result
