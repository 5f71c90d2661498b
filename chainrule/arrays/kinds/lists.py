"""Functions of one operand and of one line of numbers that serve several kinds."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from chainrule.arrays.kinds.kind import Data, LineFunction, ListFunction


def each(function: Callable[[Any], Any]) -> ListFunction:
    """The list form of a function of one number."""
    return lambda data: list(map(function, data))


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


def sign(number: Any) -> Any:
    """1, 0 or -1 in the number's own kind; NaN stays NaN."""
    if number > 0:
        return type(number)(1)
    return type(number)(-1) if number < 0 else number


SIGNED: dict[str, ListFunction] = {
    "positive": list,
    "negative": each(operator.neg),
    "abs": each(abs),
    "square": lambda data: [x * x for x in data],
}

REAL: dict[str, ListFunction] = {
    "sign": each(sign),
    "real": list,
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
