"""float64: Python's `math` at C speed, with IEEE 754 results where `math` would raise.

The whole list goes through the C function first; only a list with an entry that raises is done
again entry by entry.

Source: IEEE 754-2019, section 9.2; the array API standard's special cases.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from math import copysign, inf, isnan, nan
from typing import Any

from chainrule.arrays.kinds import shared
from chainrule.arrays.kinds.kind import Data, ListFunction, bool_, float64
from chainrule.arrays.kinds.shared import by_name, each, guarded, guarded_each, pair_function


def divide(x: float, y: float) -> float:
    """`x / y`, with ±inf for a nonzero x over zero and NaN for 0 / 0."""
    if y != 0:
        return x / y
    return nan if x == 0 or x != x else copysign(inf, x) * copysign(1.0, y)


def power(x: float, y: float) -> float:
    """`x ** y`, with ±inf past the largest float and NaN where there is no real power."""
    try:
        return math.pow(x, y)
    except OverflowError:
        return -inf if x < 0 and y % 2 == 1 else inf
    except ValueError:
        if x != 0:
            return nan
        return copysign(inf, x) if y % 2 == 1 else inf


def _floor_divide(x: float, y: float) -> float:
    return x // y if y != 0 else divide(x, y)


def _remainder(x: float, y: float) -> float:
    return x % y if y != 0 else nan


def _with_pole(function: Callable[[float], float], pole: float) -> Callable[[Any], Any]:
    """`function` with -inf at its pole and NaN below it."""
    return lambda x: function(x) if x > pole or x != x else (-inf if x == pole else nan)


def _to_infinity(function: Callable[[float], float]) -> ListFunction:
    """The list form of `function`, with infinity where it overflows."""
    return shared.rescued(function, lambda _: inf, nan)


def _defined_only(function: Callable[[float], float]) -> ListFunction:
    """The list form of a function that never overflows, with NaN where it is not defined.

    What is beyond it is a whole number too large for a float, which `float` refuses.
    """
    return shared.rescued(function, float, nan)


def _to_its_ends(x: float) -> float:
    """Atanh, which is infinite at -1 and 1 and not defined beyond."""
    if abs(x) == 1:
        return copysign(inf, x)
    return math.atanh(x) if abs(x) < 1 else nan


def _logaddexp(x: float, y: float) -> float:
    if x == y:
        return x + math.log(2)
    low, high = min(x, y), max(x, y)
    return x + y if x != x or y != y else high + math.log1p(math.exp(low - high))


def _rounding(function: Callable[[float], int]) -> ListFunction:
    """A rounding function whose results are floats, infinities and signed zeros included."""
    return each(lambda x: copysign(function(x), x) if math.isfinite(x) else x)


def _power_of_list(a: Data, s: Any) -> Data:
    return [x * x for x in a] if s == 2 else [math.pow(x, s) for x in a]


def _propagating(pick: Callable[[Data], Any], fallback: Callable[[Data], Any]) -> Any:
    """`pick`, with `fallback` for a line that holds NaN.

    The sum is NaN whenever an entry is, and it is the quickest look at all of them.
    """

    def careful(line: Data) -> Any:
        if isnan(sum(line)) and any(x != x for x in line):
            return fallback(line)
        return pick(line)

    return careful


def _first_nan(line: Data) -> int:
    return next(index for index, x in enumerate(line) if x != x)


float64.define(
    {
        **shared.REAL,
        "imag": lambda data: [0.0] * len(data),
        **by_name(each, math.tanh, math.atan, math.asinh),
        **by_name(_to_infinity, math.exp, math.expm1, math.cosh),
        **by_name(_defined_only, math.sqrt, math.sin, math.cos, math.tan),
        **by_name(_defined_only, math.asin, math.acos, math.acosh),
        **by_name(_rounding, math.floor, math.ceil, math.trunc, round),
        "log": guarded_each(math.log, _with_pole(math.log, 0.0), ValueError),
        "log1p": guarded_each(math.log1p, _with_pole(math.log1p, -1.0), ValueError),
        "sinh": shared.rescued(math.sinh, lambda x: copysign(inf, x), nan),
        "atanh": guarded_each(math.atanh, _to_its_ends, ValueError),
        "log2": guarded_each(math.log2, _with_pole(math.log2, 0.0), ValueError),
        "log10": guarded_each(math.log10, _with_pole(math.log10, 0.0), ValueError),
        "reciprocal": lambda data: [divide(1.0, x) for x in data],
    },
    {
        **shared.RING,
        **shared.EXTREMES,
        "divide": guarded(shared.DIVISION["divide"], divide, ZeroDivisionError),
        "pow": guarded(
            pair_function(math.pow)._replace(right=_power_of_list), power, OverflowError, ValueError
        ),
        "floor_divide": guarded(shared.QUOTIENTS["floor_divide"], _floor_divide, ZeroDivisionError),
        "remainder": guarded(shared.QUOTIENTS["remainder"], _remainder, ZeroDivisionError),
        **by_name(pair_function, math.atan2, math.hypot, math.copysign, math.nextafter),
        "logaddexp": pair_function(_logaddexp),
    },
)
float64.define(
    {
        **by_name(each, math.isnan, math.isinf, math.isfinite),
        "signbit": lambda data: [copysign(1.0, x) < 0 for x in data],
        "logical_not": lambda data: [not x for x in data],
    },
    {**shared.COMPARISONS, **shared.LOGIC},
    result=bool_,
)
float64.lines.update(
    {
        "max": _propagating(max, lambda line: nan),
        "min": _propagating(min, lambda line: nan),
        "argmax": _propagating(lambda line: line.index(max(line)), _first_nan),
        "argmin": _propagating(lambda line: line.index(min(line)), _first_nan),
        "argsort": _propagating(
            lambda line: sorted(range(len(line)), key=line.__getitem__),
            lambda line: sorted(range(len(line)), key=lambda i: (line[i] != line[i], line[i])),
        ),
    }
)
