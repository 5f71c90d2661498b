"""symbol: the array functions as formulas in Python's and `math`'s own words."""

from __future__ import annotations

import functools
from typing import Any

from chainrule.arrays.kinds.kind import symbol
from chainrule.arrays.kinds.lists import SIGNED, each
from chainrule.arrays.kinds.pairs import (
    COMPARISONS,
    DIVISION,
    QUOTIENTS,
    RING,
    pair_function,
)
from chainrule.arrays.symbol import Symbol, both, call, either, opposite

_CALLED = (
    *("sqrt", "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh"),
    *("floor", "ceil", "trunc", "round", "isnan", "isinf", "isfinite"),
)


def _sign(z: Symbol) -> Symbol:
    return (z > 0) - (z < 0)


symbol.define(
    {
        **SIGNED,
        "square": lambda data: [z**2 for z in data],
        "sign": each(_sign),
        "real": list,
        "imag": lambda data: [Symbol(0)] * len(data),
        "logical_not": each(opposite),
        **{name: each(functools.partial(call, name)) for name in _CALLED},
    },
    {
        **RING,
        **DIVISION,
        **QUOTIENTS,
        **COMPARISONS,
        "pow": pair_function(lambda x, y: x**y),
        "maximum": pair_function(lambda x, y: call("max", x, y)),
        "minimum": pair_function(lambda x, y: call("min", x, y)),
        "logical_and": pair_function(both),
        "logical_or": pair_function(either),
    },
)


def _outermost(name: str) -> Any:
    return lambda line: call(name, *line) if len(line) > 1 else line[0]


symbol.lines.update({"max": _outermost("max"), "min": _outermost("min")})
