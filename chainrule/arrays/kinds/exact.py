"""fraction and decimal: exact rational arithmetic, and floats with as many digits as wished.

A `Fraction` computes what stays rational exactly, +, -, ×, ÷, whole powers, rounding, comparisons,
and nothing else. A `Decimal` computes to the precision of the current `decimal` context; where a
formula loses digits, it is computed with more of them and rounded at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from chainrule.arrays.kinds import shared
from chainrule.arrays.kinds.kind import ListFunction, bool_, decimal, fraction
from chainrule.arrays.kinds.shared import by_name, each, guarded, pair_function
from chainrule.errors import KindError, NotANumberError

_GUARD_DIGITS = 6


def _divide(x: Any, y: Any) -> Any:
    if not y:
        raise NotANumberError(
            f"the quotient {x} / 0 was asked of fraction numbers, which have no infinity: "
            "convert first with astype(x, float64), where it is inf or nan"
        )
    return x / y


def _whole_power(x: Any, y: Any) -> Any:
    if y.denominator != 1:
        raise KindError(
            f"the power {x} ** ({y}) was asked of fraction numbers and is not rational in general: "
            "convert the base first with astype(x, float64) or astype(x, decimal)"
        )
    return x**y.numerator


def _rounding(function: Callable[[Any], int]) -> ListFunction:
    """A rounding function whose results keep the kind of their numbers."""
    return lambda data: [type(x)(function(x)) for x in data]


ROUNDING = by_name(_rounding, math.floor, math.ceil, math.trunc, round)

fraction.define(
    {**shared.REAL, **ROUNDING},
    {
        **shared.RING,
        **shared.QUOTIENTS,
        **shared.EXTREMES,
        "divide": guarded(shared.DIVISION["divide"], _divide, ZeroDivisionError),
        "pow": pair_function(_whole_power),
    },
)
fraction.define(shared.ALWAYS_FINITE, {**shared.COMPARISONS, **shared.LOGIC}, result=bool_)
fraction.lines.update(shared.ORDERED_LINES)


def _more_precise(function: Callable[[Any], Any], x: Any, digits: int = 0) -> Any:
    """`function(x)` computed with guard digits and these, and rounded to the current precision."""
    from decimal import localcontext

    with localcontext() as context:
        context.prec += digits + _GUARD_DIGITS
        result = function(x)
    return +result


def _near_zero(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`function`, whose slope at 0 is 1, to the last digit near 0 as well.

    `e^x - 1` loses as many digits as x has zeros after the point, so that many are added. An x
    below the last digit of 1 is its own answer, as 0 is: the next term of the series is out of
    sight.
    """

    def careful(x: Any) -> Any:
        from decimal import getcontext

        if not x or not x.is_finite():
            return function(x) if x else x
        lost = max(0, -x.adjusted())
        return +x if lost > getcontext().prec else _more_precise(function, x, lost)

    return careful


def _tanh(x: Any) -> Any:
    """(1 - e^-2|x|) / (1 + e^-2|x|) with the sign of x, which never overflows."""
    shrunk = (-2 * abs(x)).exp()
    return ((1 - shrunk) / (1 + shrunk)).copy_sign(x)


def _wave(x: Any, term: Any, power: int) -> Any:
    """Sum `term - term·x²/((p+1)(p+2)) + …`, the series of sine (p = 1) and cosine (p = 0).

    Terms grow before they shrink, to about e^|x|, so as many digits are added.
    """

    def summed(x: Any) -> Any:
        total, last, added, k = term, None, term, power
        while total != last:
            added = -added * x * x / ((k + 1) * (k + 2))
            total, last, k = total + added, total, k + 2
        return total

    return _more_precise(summed, x, int(abs(x))) if x.is_finite() else type(x)("nan")


def _sin(x: Any) -> Any:
    return _wave(x, x, 1)


def _cos(x: Any) -> Any:
    return _wave(x, type(x)(1), 0)


decimal.define(
    {
        **shared.REAL,
        **ROUNDING,
        "sin": each(_sin),
        "cos": each(_cos),
        "tan": each(partial(_more_precise, lambda x: _sin(x) / _cos(x))),
        "sqrt": each(lambda x: x.sqrt()),
        "exp": each(lambda x: x.exp()),
        "expm1": each(_near_zero(lambda x: x.exp() - 1)),
        "log": each(lambda x: x.ln()),
        "log1p": each(_near_zero(lambda x: (1 + x).ln())),
        "sinh": each(_near_zero(lambda x: (x.exp() - (-x).exp()) / 2)),
        "cosh": each(partial(_more_precise, lambda x: (x.exp() + (-x).exp()) / 2)),
        "tanh": each(_near_zero(_tanh)),
    },
    {
        **shared.RING,
        **shared.DIVISION,
        **shared.QUOTIENTS,
        **shared.EXTREMES,
        "pow": pair_function(lambda x, y: x**y if y else type(x)(1)),
    },
)
decimal.define(
    {
        "isnan": each(lambda x: x.is_nan()),
        "isinf": each(lambda x: x.is_infinite()),
        "isfinite": each(lambda x: x.is_finite()),
        "logical_not": lambda data: [not x for x in data],
    },
    {**shared.COMPARISONS, **shared.LOGIC},
    result=bool_,
)
decimal.lines.update(shared.ORDERED_LINES)
