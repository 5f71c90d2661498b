"""What several kinds compute in the same way.

Since they only use Python's operators, the same lines are right for every kind of number, and loop
at C speed or in one comprehension. A kind replaces the few that it has to answer differently.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from chainrule.arrays.kinds.kind import Data, LineFunction, ListFunction, PairFunction


def each(function: Callable[[Any], Any]) -> ListFunction:
    """The list form of a function of one number."""
    return lambda data: list(map(function, data))


def by_name(form: Callable[[Any], Any], *functions: Any) -> dict[str, Any]:
    """What a form makes of some functions, under the names that they have themselves."""
    return {function.__name__: form(function) for function in functions}


def guarded_each(
    fast: Callable[[Any], Any], careful: Callable[[Any], Any], *errors: type[Exception]
) -> ListFunction:
    """The list form of `fast`, with `careful` for the whole list where it raises."""

    def apply(data: Data) -> Data:
        try:
            return list(map(fast, data))
        except errors:
            return list(map(careful, data))

    return apply


def rescued(
    function: Callable[[Any], Any], far: Callable[[Any], Any], nowhere: Any
) -> ListFunction:
    """The list form of a C function of one number, which raises where it has no finite value.

    Args:
        function: The function.
        far: What it is where it overflows.
        nowhere: What it is where it is not defined.
    """

    def careful(number: Any) -> Any:
        try:
            return function(number)
        except OverflowError:
            return far(number)
        except ValueError:
            return nowhere

    return guarded_each(function, careful, OverflowError, ValueError)


def sign(number: Any) -> Any:
    """1, 0 or -1 in the number's own kind; NaN stays NaN."""
    if number > 0:
        return type(number)(1)
    return type(number)(-1) if number < 0 else number


REAL: dict[str, ListFunction] = {
    "positive": list,
    "negative": each(operator.neg),
    "abs": each(abs),
    "square": lambda data: [x * x for x in data],
    "sign": each(sign),
    "real": list,
    "conj": list,
    "imag": lambda data: [x * 0 for x in data],
}

ALWAYS_FINITE: dict[str, ListFunction] = {
    "isnan": lambda data: [False] * len(data),
    "isinf": lambda data: [False] * len(data),
    "isfinite": lambda data: [True] * len(data),
    "logical_not": each(operator.not_),
}

ORDERED_LINES: dict[str, LineFunction] = {
    "max": max,
    "min": min,
    "argmax": lambda line: line.index(max(line)),
    "argmin": lambda line: line.index(min(line)),
    "argsort": lambda line: sorted(range(len(line)), key=line.__getitem__),
}


def pair_function(function: Callable[[Any, Any], Any]) -> PairFunction:
    """The list forms of a function of two numbers."""
    return PairFunction(
        lambda a, b: list(map(function, a, b)),
        lambda a, s: [function(x, s) for x in a],
        lambda s, b: [function(s, y) for y in b],
    )


def of_sign(sign: str, function: Callable[[Any, Any], Any]) -> PairFunction:
    """The list forms of an operator, whose loops beside a number call no function.

    They are made from its sign: a call for every entry would take half as long again.
    """
    right, left = eval(
        f"lambda a, s: [x {sign} s for x in a], lambda s, b: [s {sign} y for y in b]"
    )
    return PairFunction(pair_function(function).lists, right, left)


def guarded(
    fast: PairFunction, careful: Callable[[Any, Any], Any], *errors: type[Exception]
) -> PairFunction:
    """`fast`, with `careful` number by number where `fast` raises one of `errors`."""

    def with_care(quick: Callable[..., Data], slow: Callable[..., Data]) -> Callable[..., Data]:
        def apply(first: Any, second: Any) -> Data:
            try:
                return quick(first, second)
            except errors:
                return slow(first, second)

        return apply

    return PairFunction(*map(with_care, fast, pair_function(careful)))


RING = {
    "add": of_sign("+", operator.add),
    "subtract": of_sign("-", operator.sub),
    "multiply": of_sign("*", operator.mul),
}

DIVISION = {"divide": of_sign("/", operator.truediv)}

QUOTIENTS = {
    "floor_divide": pair_function(operator.floordiv),
    "remainder": pair_function(operator.mod),
}

# `x != x` holds for NaN alone, so a NaN on either side comes through; a tie goes to the first.
# FURB136 would have `max(x, s)`, which takes six times as long.
EXTREMES = {
    "maximum": PairFunction(
        lambda a, b: [x if x >= y or x != x else y for x, y in zip(a, b, strict=True)],
        lambda a, s: [s if x < s else x for x in a] if s == s else [s] * len(a),  # noqa: FURB136  max loses NaN
        lambda s, b: [y if y > s or y != y else s for y in b] if s == s else [s] * len(b),
    ),
    "minimum": PairFunction(
        lambda a, b: [x if x <= y or x != x else y for x, y in zip(a, b, strict=True)],
        lambda a, s: [s if x > s else x for x in a] if s == s else [s] * len(a),  # noqa: FURB136  min loses NaN
        lambda s, b: [y if y < s or y != y else s for y in b] if s == s else [s] * len(b),
    ),
}

COMPARISONS = {
    "equal": pair_function(operator.eq),
    "not_equal": pair_function(operator.ne),
    "less": of_sign("<", operator.lt),
    "less_equal": of_sign("<=", operator.le),
    "greater": of_sign(">", operator.gt),
    "greater_equal": of_sign(">=", operator.ge),
}

LOGIC = {
    "logical_and": pair_function(lambda x, y: bool(x.real) and bool(y.real)),
    "logical_or": pair_function(lambda x, y: bool(x.real) or bool(y.real)),
    "logical_xor": pair_function(lambda x, y: bool(x.real) is not bool(y.real)),
}
