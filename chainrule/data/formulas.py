"""How a column of numbers `y` follows from others: on a line, as a sum, or as a product.

A `step` is what the last digit stands for in which numbers are written, as `last_digit` finds it:
no more than what rounding to it can do may be left over.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from operator import mul
from statistics import fmean

from chainrule.data.cells import FloatColumns, Floats

Steps = Mapping[str, float]
"""Of each column what its last digit stands for."""

FEWEST_ROWS = 20
"""In fewer rows a column may go along with the target by chance."""

_MOST_ADDED = 6
"""So many columns may add up to the target."""

_MOST_SAMPLED = 250
"""In so many rows, evenly spread, a sum is looked for; it is tried in all."""

EXACT = 1e-6
"""The part of the target's spread that may be left over where 32 bits give it exactly."""

_ROUNDED = 1e-3
"""The same where both are written with few digits, and no more than rounding is left over."""

_MOST_DIGITS = 6


def as_sum(columns: FloatColumns, y: Floats, steps: Steps, step: float) -> str | None:
    """The target as some columns added up, each times a number; None where it is no such sum."""
    spread = max(y) - min(y)
    rows = range(0, len(y), -(-len(y) // _MOST_SAMPLED))
    enough = max(EXACT * spread, min(step, _ROUNDED * spread))
    factors = {
        name: math.copysign(1, by) if math.isclose(abs(by), 1, rel_tol=_ROUNDED) else by
        for name, by in least_squares(columns, y, rows, enough).items()
        if abs(by) * (max(columns[name]) - min(columns[name])) > _ROUNDED * spread
    }
    rounding = step + sum(abs(by) * steps[name] for name, by in factors.items())
    most = max(EXACT * spread, min(rounding, _ROUNDED * spread))
    xs = zip(*(columns[name] for name in factors), strict=True)
    left = [b - _dot(factors.values(), x) for x, b in zip(xs, y, strict=bool(factors))]
    if len(factors) < 2 or not max(left) - min(left) <= 2 * most:  # it may be no number
        return None
    start = (max(left) + min(left)) / 2
    terms = [
        (by, name if abs(by) == 1 else f"{abs(by):.6g} · {name}") for name, by in factors.items()
    ]
    terms += [(start, f"{abs(start):.6g}")] if abs(start) > most else []
    terms.sort(key=lambda term: term[0] < 0)
    said = " ".join(f"{'minus' if by < 0 else 'plus'} {of}" for by, of in terms)
    return said.removeprefix("plus ")


def as_product(columns: FloatColumns, y: Floats, steps: Steps, step: float) -> str | None:
    """The target as powers of some columns multiplied, which is a sum of their logarithms.

    It is looked for where none is 0, and has to hold in all rows but for rounding.
    """
    rows = [row for row in range(0, len(y), -(-len(y) // _MOST_SAMPLED)) if y[row]]
    known = {name: x for name, x in columns.items() if all(map(x.__getitem__, rows))}
    if not known or len(rows) < FEWEST_ROWS:
        return None
    logs = {name: [math.log(abs(x[row])) for row in rows] for name, x in known.items()}
    log = [math.log(abs(y[row])) for row in rows]
    enough = min(step / abs(y[row]) for row in rows) + EXACT
    found = least_squares(logs, log, range(len(rows)), enough)
    powers = {name: round(by) for name, by in found.items() if round(by)}
    if list(powers.values()) in ([], [1]) or math.isinf(max(y) - min(y)):
        return None
    factor = _factor(powers, columns, y, steps, step)
    return None if factor is None else _as_product(powers, factor)


def _factor(
    powers: Mapping[str, int], columns: FloatColumns, y: Floats, steps: Steps, step: float
) -> float | None:
    """What powers of columns are to be multiplied by to give y in all rows; None if they do not."""
    try:
        made = [
            math.prod(columns[n][row] ** by for n, by in powers.items()) for row in range(len(y))
        ]
    except (OverflowError, ZeroDivisionError):
        return None
    # Where the product is largest, what rounding left of the factor is best seen.
    largest = max(range(len(y)), key=lambda row: abs(made[row]))
    if not 0 < abs(made[largest]) < math.inf:
        return None
    factor, spread = y[largest] / made[largest], max(y) - min(y)
    left = [abs(factor * of - value) for of, value in zip(made, y, strict=True)]
    least = max(EXACT * spread, min(step, 10 * _ROUNDED * spread))
    for row, off in enumerate(left):
        digits = (by * steps[n] / columns[n][row] for n, by in powers.items() if made[row])
        loose = abs(factor * made[row]) * sum(map(abs, digits))
        if off > max(least, min(loose, _ROUNDED * spread)):
            return None
    short = float(f"{factor:.3g}")
    off = max(abs(short * of - value) for of, value in zip(made, y, strict=True))
    return short if off <= max(least, 2 * max(left)) else factor


def _as_product(powers: Mapping[str, int], factor: float) -> str:
    """A product in words.

    Example:
        >>> _as_product({"mass": 1, "height": -2}, 1.0)
        'mass divided by height squared'
    """
    ends = {1: "", 2: " squared"}
    named = [(by, n + ends.get(abs(by), f" to the {abs(by)}")) for n, by in powers.items()]
    above = [f"{factor:g}"] * (factor != 1 or max(powers.values()) < 0)
    above += [name for by, name in named if by > 0]
    return " divided by ".join([" times ".join(above), *(name for by, name in named if by < 0)])


def least_squares(
    columns: FloatColumns, y: Floats, rows: Sequence[int], enough: float
) -> dict[str, float]:
    """What to multiply some columns by so that they add up to the target, but for a constant.

    The column that explains most of the target goes first, then the one whose part that it does not
    share with those before explains most of what is left, and so on: forward selection with
    orthogonal columns (Chen, Billings and Luo, 1989).
    """
    parts = {name: _centred([x[row] for row in rows]) for name, x in columns.items()}
    sizes = {name: _dot(part, part) for name, part in parts.items()}
    left = _centred([y[row] for row in rows])
    picked: dict[str, tuple[float, dict[str, float]]] = {}
    while parts and max(map(abs, left)) > enough and len(picked) < _MOST_ADDED:
        own = {name: _dot(part, part) for name, part in parts.items()}
        parts = {name: part for name, part in parts.items() if own[name] > EXACT * sizes[name]}
        explained = {n: abs(_dot(part, left)) / math.sqrt(own[n]) for n, part in parts.items()}
        best = max(explained, key=explained.__getitem__, default=None)
        if best is None:
            break
        part = parts.pop(best)
        slope = _dot(part, left) / own[best]
        shared = {name: _dot(part, other) / own[best] for name, other in parts.items()}
        left = [value - slope * away for value, away in zip(left, part, strict=True)]
        for name, by in shared.items():
            parts[name] = [v - by * away for v, away in zip(parts[name], part, strict=True)]
        picked[best] = slope, shared
    factors: dict[str, float] = {}
    for name, (slope, shared) in reversed(picked.items()):
        factors[name] = slope - sum(shared[other] * by for other, by in factors.items())
    return {name: factors[name] for name in columns if name in factors}


def nearly_on_a_line(x: Floats, y: Floats) -> bool:
    """Whether a line through x leaves less than a thousandth of the variance of y."""
    for step in (max(len(x) // _MOST_SAMPLED, 1), 1):  # most columns end with the first
        part, left = _centred(x[::step]), _centred(y[::step])
        shared, own, all_of_it = _dot(part, left), _dot(part, part), _dot(left, left)
        if not 0 < own * all_of_it < math.inf or shared * shared < (1 - _ROUNDED) * own * all_of_it:
            return False
    return True


def _centred(values: Floats) -> list[float]:
    mean = fmean(values)
    return [value - mean for value in values]


def _dot(some: Iterable[float], others: Iterable[float]) -> float:
    total: float = sum(map(mul, some, others))
    return total


def last_digit(values: Floats) -> float:
    """What the last digit stands for in which the values are written; 0 where there are many."""
    if all(map(float.is_integer, values)):  # much sooner than by rounding
        return 1.0
    for digits in range(1, _MOST_DIGITS + 1):
        if all(round(value, digits) == value for value in values):
            return 10.0**-digits
    return 0.0


def line_through(x: Floats, y: Floats, x_step: float, y_step: float) -> tuple[float, float] | None:
    """Slope and start of the line on which all points lie, but for rounding; None without one."""
    low, high = x.index(min(x)), x.index(max(x))
    if x[low] == x[high] or y[low] == y[high]:
        return None
    slope = (y[high] - y[low]) / (x[high] - x[low])
    start = y[low] - slope * x[low]
    spread = max(y) - min(y)
    most = max(EXACT * spread, min(y_step + abs(slope) * x_step, _ROUNDED * spread))
    on_it = all(abs(start + slope * a - b) <= most for a, b in zip(x, y, strict=True))
    small = abs(start) <= most
    return (slope, 0.0 if small else start) if on_it else None
