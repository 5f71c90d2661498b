"""Columns that say the target in other words, or only count the rows, and odd numbers in them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from chainrule.data.cells import Column, finite_numbers, label, parse_number
from chainrule.data.encoders import Categories, Numbers, levels_of
from chainrule.data.recipe import Recipe
from chainrule.data.table import Table
from chainrule.data.target import Classes

_FEWEST_ROWS = 20
"""In fewer rows a column may go along with the target by chance."""

_MOST_PAIRED = 30
"""Of more number columns than this, sums of two are not looked for."""

_ID_NAME = re.compile(r"(?i:(?:^|[^a-z])(?:id|nr|no|key|code|number)$)|[a-z](?:ID|Id|No|Nr)$")
"""Names that people give to identifiers."""

_NINES = re.compile(r"-?9{2,}")

_EXACT = 1e-9
"""The part of the target's spread that may be left over where a column gives it exactly."""

_ROUNDED = 1e-3
"""The same where both are written with few digits, and no more than rounding is left over."""

_MOST_DIGITS = 6


def leaks(recipe: Recipe, table: Table) -> list[str]:
    """A sentence for each column that gives the target away, or only counts the rows.

    Args:
        recipe: What was learnt from the table.
        table: The table; rows with a missing value in a pair of columns are passed over.

    Example:
        >>> columns = ([float(n % 7) for n in range(40)], [2.0 * (n % 7) for n in range(40)])
        >>> table = Table(("x", "y"), columns, "forty rows")
        >>> leaks(Recipe.learn(table, task="regression"), table)
        ['x gives y, as y = 2 · x: if it is not known beforehand, leave it out.']
    """
    if table.pixel_maximum is not None:
        return []
    table = recipe.read(table)
    target = table.column(recipe.target.column)
    said: list[str] = []
    if isinstance(recipe.target, Classes):
        numeric = recipe.target.numeric
        classes = levels_of(target, numeric=numeric)
        for encoder in recipe.encoders:
            if isinstance(encoder, Categories | Numbers):
                numeric = isinstance(encoder, Numbers) or encoder.numeric
                if _one_to_one(table.column(encoder.column), classes, numeric=numeric):
                    said.append(f"{encoder.column} {_names(recipe)} one to one: {_ADVICE}")
    elif (y := finite_numbers(target)) is not None and len(y) >= _FEWEST_ROWS:
        said += _numeric_leaks(recipe, table, y)
    for name in (encoder.column for encoder in recipe.encoders if isinstance(encoder, Numbers)):
        like = ""
        if _counts_rows(table.column(name)):
            like = "counts the rows"
        elif _ID_NAME.search(name) and _identifies(table.column(name)):
            like = "looks like an identifier, a whole number of its own in every row"
        said += [f"{name} {like}: --ignore {name} leaves it out."] if like else []
        said += _stand_ins(name, table.column(name))
    return said


_ADVICE = "if it is not known beforehand, leave it out."
_ADVICE_ON_TWO = "if they are not known beforehand, leave them out."


def _names(recipe: Recipe) -> str:
    return f"names the classes of {recipe.target.column}"


def _one_to_one(column: Column, classes: Sequence[str | None], *, numeric: bool) -> bool:
    """Whether each value goes with one class and each class with one value."""
    class_of: dict[str, str] = {}
    value_of: dict[str, str] = {}
    for cell, name in zip(column, classes, strict=True):
        (value,) = levels_of((cell,), numeric=numeric)
        if not value or not name:
            continue
        if class_of.setdefault(value, name) != name or value_of.setdefault(name, value) != value:
            return False  # most columns end here, within a few rows
    return len(classes) >= _FEWEST_ROWS and len(class_of) > 1


def _numeric_leaks(recipe: Recipe, table: Table, y: Sequence[float]) -> Iterator[str]:
    target = recipe.target.column
    columns = {
        encoder.column: numbers
        for encoder in recipe.encoders
        if isinstance(encoder, Numbers)
        and (numbers := finite_numbers(table.column(encoder.column))) is not None
    }
    shifts = [shift for shift in (0, 1) if min(y) + shift > 0]  # counts are taken as log(1 + y)
    logs = {shift: [math.log(value + shift) for value in y] for shift in shifts}
    steps, step = {name: _last_digit(x) for name, x in columns.items()}, _last_digit(y)
    for name, x in columns.items():
        if line := _line(x, y, steps[name], step):
            slope, start = line
            offset = f" {'-' if start < 0 else '+'} {abs(start):.6g}" if start else ""
            formula = f"gives {target}, as {target} = {slope:.6g} · {name}{offset}"
            yield f"{name} {f'equals {target}' if line == (1, 0) else formula}: {_ADVICE}"
        elif any(_line(x, logs[n], steps[name], step / (min(y) + n)) for n in shifts):
            yield f"{name} is a logarithm of {target}: {_ADVICE}"
    if len(columns) > _MOST_PAIRED:
        return
    for (one, x), (other, z) in combinations(columns.items(), 2):
        for sign, how in ((1, "plus"), (-1, "minus")):
            total = [a + sign * b for a, b in zip(x, z, strict=True)]
            line = _line(total, y, steps[one] + steps[other], step)
            if line and math.isclose(abs(line[0]), 1, rel_tol=_ROUNDED):
                first, second = (one, other) if line[0] > 0 else (other, one)
                told = f"{first} {how} {second}" + (f" plus {line[1]:.6g}" if line[1] else "")
                if line[0] < 0 and sign > 0:
                    told = f"{line[1]:.6g} minus {one} minus {other}"
                yield f"{target} is {told}: {_ADVICE_ON_TWO}"


def _last_digit(values: Sequence[float]) -> float:
    """What the last digit stands for in which the values are written; 0 where there are many."""
    for digits in range(_MOST_DIGITS + 1):
        if all(round(value, digits) == value for value in values):
            return 10.0**-digits
    return 0.0


def _line(
    x: Sequence[float], y: Sequence[float], x_step: float, y_step: float
) -> tuple[float, float] | None:
    """Slope and start of the line on which all points lie, but for rounding; None without one."""
    low, high = x.index(min(x)), x.index(max(x))
    if x[low] == x[high] or y[low] == y[high]:
        return None
    slope = (y[high] - y[low]) / (x[high] - x[low])
    start = y[low] - slope * x[low]
    spread = max(y) - min(y)
    most = max(_EXACT * spread, min(y_step + abs(slope) * x_step, _ROUNDED * spread))
    on_it = all(abs(start + slope * a - b) <= most for a, b in zip(x, y, strict=True))
    small = abs(start) <= most
    return (slope, 0.0 if small else start) if on_it else None


def _counts_rows(values: Column) -> bool:
    numbers = (None if value is None else parse_number(value) for value in values)
    start = next(numbers, None)
    return (
        start is not None
        and len(values) >= _FEWEST_ROWS
        and all(n is not None and n - row == start for row, n in enumerate(numbers, start=1))
    )


def _stand_ins(name: str, values: Column) -> Iterator[str]:
    """Nines such as -999 that are repeated far from all other values: most likely missing ones."""
    numbers: Sequence[float] | None = finite_numbers(values)
    if numbers is None:  # each different cell is read once, and those that are missing left out
        known = {v: None if v is None else parse_number(v) for v in set(values)}
        numbers = [n for value in values if (n := known[value]) is not None]
    for odd in (min(numbers, default=0), max(numbers, default=0)):
        if not _NINES.fullmatch(label(odd)):
            continue  # nearly every column ends here
        rest = [number for number in numbers if number != odd]
        count, low, high = len(numbers) - len(rest), min(rest, default=0), max(rest, default=0)
        if count > 1 and low < high and min(abs(odd - low), abs(odd - high)) > high - low:
            yield (
                f"{name} is {label(odd)} in {count:,} rows, far from its other values "
                f"({low:g} to {high:g}): where that means a missing one, give --na={label(odd)}."
            )


def _identifies(values: Column) -> bool:
    """Whether each row has a whole number of its own."""
    numbers = finite_numbers(values)
    return (
        numbers is not None
        and len(numbers) >= _FEWEST_ROWS
        and len(set(numbers)) == len(numbers)
        and all(map(float.is_integer, numbers))
    )
