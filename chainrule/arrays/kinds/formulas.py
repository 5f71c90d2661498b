"""symbol: the array functions as formulas in Python's and `math`'s own words."""

from __future__ import annotations

import functools
from typing import Any

from chainrule.arrays.kinds import shared
from chainrule.arrays.kinds.kind import symbol
from chainrule.arrays.kinds.shared import each, pair_function
from chainrule.arrays.symbol import AND, ATOM, NOT, OR, Symbol


def call(function: str, *arguments: Any) -> Symbol:
    """A call of a function by name.

    Example:
        >>> print(call("max", Symbol("z"), 0))
        max(z, 0)
    """
    return Symbol.written(f"{function}({', '.join(map(str, arguments))})", ATOM)


def choose(condition: Symbol, first: Symbol, second: Symbol) -> Symbol:
    """`first` where the condition holds and `second` elsewhere, as a formula.

    Example:
        >>> print(choose(Symbol("z") > 0, Symbol("g"), Symbol(0)))
        (g if z > 0 else 0)
    """
    if condition.number is not None:
        return first if condition.number else second
    return Symbol.written(f"({first} if {condition} else {second})", ATOM)


_CALLED = (
    *("asin", "acos", "atan", "asinh", "acosh", "atanh", "log2", "log10"),
    *("sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh"),
    *("floor", "ceil", "trunc", "round", "isnan", "isinf", "isfinite"),
)

symbol.define(
    {
        **shared.REAL,
        "square": lambda data: [z**2 for z in data],
        "sign": each(lambda z: (z > 0) - (z < 0)),
        "imag": lambda data: [Symbol(0)] * len(data),
        "logical_not": each(lambda z: Symbol.written(f"not {z.within(NOT)}", NOT)),
        **{name: each(functools.partial(call, name)) for name in _CALLED},
    },
    {
        **shared.RING,
        **shared.DIVISION,
        **shared.QUOTIENTS,
        **shared.COMPARISONS,
        "pow": pair_function(lambda x, y: x**y),
        "maximum": pair_function(lambda x, y: call("max", x, y)),
        "minimum": pair_function(lambda x, y: call("min", x, y)),
        "logical_and": pair_function(lambda x, y: x.joined("and", y, AND)),
        "logical_or": pair_function(lambda x, y: x.joined("or", y, OR)),
    },
)


def _outermost(name: str) -> Any:
    return lambda line: call(name, *line) if len(line) > 1 else line[0]


symbol.lines.update({"max": _outermost("max"), "min": _outermost("min")})
