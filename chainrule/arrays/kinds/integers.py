"""int64 and bool: whole numbers stay whole, and what leaves them continues in float64."""

from __future__ import annotations

import operator
from typing import Any

from chainrule.arrays.kinds import shared
from chainrule.arrays.kinds.kind import bool_, float64, int64
from chainrule.arrays.kinds.shared import each, pair_function
from chainrule.errors import KindError


def _power(x: int, y: int) -> Any:
    if y < 0:
        raise KindError(
            f"the power {x} ** {y} was asked of int64 numbers and is not whole: "
            "convert the base first with astype(x, float64)"
        )
    return x**y


BITS = {
    "bitwise_and": pair_function(operator.and_),
    "bitwise_or": pair_function(operator.or_),
    "bitwise_xor": pair_function(operator.xor),
}

int64.inherit(float64)
int64.define(
    {
        **shared.REAL,
        **dict.fromkeys(("floor", "ceil", "trunc", "round"), list),
        "bitwise_invert": each(operator.invert),
    },
    {
        **shared.RING,
        **shared.QUOTIENTS,
        **shared.EXTREMES,
        "pow": pair_function(_power),
        **BITS,
        "bitwise_left_shift": pair_function(operator.lshift),
        "bitwise_right_shift": pair_function(operator.rshift),
    },
)
int64.define(shared.ALWAYS_FINITE, {**shared.COMPARISONS, **shared.LOGIC}, result=bool_)
int64.lines.update(shared.ORDERED_LINES)

bool_.inherit(int64)
bool_.define(
    {"bitwise_invert": each(operator.not_)},
    {
        **shared.EXTREMES,
        **BITS,
        "logical_xor": pair_function(operator.xor),
        "logical_and": pair_function(operator.and_),
        "logical_or": pair_function(operator.or_),
    },
)
