"""Functions of two operands, written so that the loop runs at C speed or in one comprehension.

The same lines serve every kind of number, since they only use Python's operators; a kind replaces
the few that it has to answer differently.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from chainrule.arrays.kinds.kind import Data, PairFunction


def pair_function(function: Callable[[Any, Any], Any]) -> PairFunction:
    """The list forms of a function of two numbers."""
    return PairFunction(
        lambda a, b: list(map(function, a, b)),
        lambda a, s: [function(x, s) for x in a],
        lambda s, b: [function(s, y) for y in b],
    )


def guarded(
    fast: PairFunction, careful: Callable[[Any, Any], Any], *errors: type[Exception]
) -> PairFunction:
    """`fast`, with `careful` number by number where `fast` raises one of `errors`."""

    def lists(a: Data, b: Data) -> Data:
        try:
            return fast.lists(a, b)
        except errors:
            return list(map(careful, a, b))

    def right(a: Data, s: Any) -> Data:
        try:
            return fast.right(a, s)
        except errors:
            return [careful(x, s) for x in a]

    def left(s: Any, b: Data) -> Data:
        try:
            return fast.left(s, b)
        except errors:
            return [careful(s, y) for y in b]

    return PairFunction(lists, right, left)


RING = {
    "add": PairFunction(
        lambda a, b: list(map(operator.add, a, b)),
        lambda a, s: [x + s for x in a],
        lambda s, b: [s + y for y in b],
    ),
    "subtract": PairFunction(
        lambda a, b: list(map(operator.sub, a, b)),
        lambda a, s: [x - s for x in a],
        lambda s, b: [s - y for y in b],
    ),
    "multiply": PairFunction(
        lambda a, b: list(map(operator.mul, a, b)),
        lambda a, s: [x * s for x in a],
        lambda s, b: [s * y for y in b],
    ),
}

DIVISION = {
    "divide": PairFunction(
        lambda a, b: list(map(operator.truediv, a, b)),
        lambda a, s: [x / s for x in a],
        lambda s, b: [s / y for y in b],
    )
}

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
    "less": PairFunction(
        lambda a, b: list(map(operator.lt, a, b)),
        lambda a, s: [x < s for x in a],
        lambda s, b: [s < y for y in b],
    ),
    "less_equal": PairFunction(
        lambda a, b: list(map(operator.le, a, b)),
        lambda a, s: [x <= s for x in a],
        lambda s, b: [s <= y for y in b],
    ),
    "greater": PairFunction(
        lambda a, b: list(map(operator.gt, a, b)),
        lambda a, s: [x > s for x in a],
        lambda s, b: [s > y for y in b],
    ),
    "greater_equal": PairFunction(
        lambda a, b: list(map(operator.ge, a, b)),
        lambda a, s: [x >= s for x in a],
        lambda s, b: [s >= y for y in b],
    ),
}

LOGIC = {
    "logical_and": pair_function(lambda x, y: bool(x.real) and bool(y.real)),
    "logical_or": pair_function(lambda x, y: bool(x.real) or bool(y.real)),
}
