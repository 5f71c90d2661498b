"""Columns that say the target in other words."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import compress, pairwise

from chainrule.data.cells import Column, Columns, FloatColumns, Floats, numbers_of
from chainrule.data.encoders import LeftOut, Numbers, levels_of
from chainrule.data.formulas import (
    FEWEST_ROWS,
    as_product,
    as_sum,
    last_digit,
    line_through,
    nearly_on_a_line,
)
from chainrule.data.oddities import oddities
from chainrule.data.recipe import Recipe
from chainrule.data.table import Table
from chainrule.data.target import Classes
from chainrule.words import listed

_FEWEST_GAPS = 5
"""So many gaps that all stand in rows of the same classes are no accident."""

_MOST_COLUMNS = 100
"""Of more number columns than this, sums are not looked for."""

_SOME = 250
"""So many rows, evenly spread, are looked at before all."""


def leaks(recipe: Recipe, table: Table) -> list[str]:
    """A sentence for each column that gives the target away, and for each thing that is odd.

    Args:
        recipe: What was learned from the table.
        table: The table; rows with a missing value are passed over, for sums columns that have one.

    Example:
        >>> columns = ([n % 7 + 0.3 for n in range(40)], [2 * (n % 7) + 0.6 for n in range(40)])
        >>> table = Table(("x", "y"), columns, "forty rows")
        >>> leaks(Recipe.learn(table), table)
        ['x gives y, as y = 2 · x: if it is not known beforehand, leave it out.']
    """
    if table.pixel_maximum is not None:
        return []
    table, target = recipe.read(table), recipe.target.column
    columns = {name: table.column(name) for name in [*(e.column for e in recipe.encoders), target]}
    numbers = {
        encoder.column: numbers_of(columns[encoder.column])
        for encoder in recipe.encoders
        if isinstance(encoder, Numbers)
    }
    if isinstance(recipe.target, Classes):
        classes = levels_of(columns[target], numeric=recipe.target.numeric)
        said = [*_class_leaks(recipe, classes, columns, numbers)]
    else:
        said = [*_numeric_leaks(target, numbers_of(columns[target]), numbers)]
    return [*said, *oddities(columns, numbers, table, recipe.target, recipe.columns)]


_ADVICE = "if it is not known beforehand, leave it out."
_ADVICE_ON_SOME = "if they are not known beforehand, leave them out."


def _class_leaks(
    recipe: Recipe, classes: Sequence[str | None], columns: Columns, numbers: FloatColumns
) -> Iterator[str]:
    target = recipe.target.column
    for encoder in (each for each in recipe.encoders if not isinstance(each, LeftOut)):
        name, numeric = encoder.column, getattr(encoder, "numeric", encoder.column in numbers)
        if how := _tells_classes(target, classes, columns[name], numeric=numeric):
            yield f"{name} {how}: {_ADVICE}"
        elif name in numbers and _apart(numbers[name], classes):
            yield f"{name} has a range of its own for each class of {target}: {_ADVICE}"


def _tells_classes(
    target: str, classes: Sequence[str | None], column: Column, *, numeric: bool
) -> str:
    """How a column gives the classes away, as the end of a sentence; empty where it does not."""
    if len(column) < FEWEST_ROWS:
        return ""
    if isinstance(column, list) and None in column:
        gaps, others = Counter[str](), Counter[str]()
        for cell, name in zip(column, classes, strict=True):
            if name:
                (gaps if cell is None else others)[name] += 1
        if gaps.keys().isdisjoint(others) and min(gaps.total(), others.total()) >= _FEWEST_GAPS:
            where = listed(sorted(gaps), most=5)
            return f"is missing where {target} is {where}, and nowhere else"
    class_of: dict[str, str] = {}
    value_of: dict[str, str] = {}
    again, one_to_one = Counter[str](), True
    for row, (cell, name) in enumerate(zip(column, classes, strict=True)):
        (value,) = levels_of((cell,), numeric=numeric)
        if not value or not name:
            continue
        again[name] += value in class_of
        if class_of.setdefault(value, name) != name:
            return ""  # most columns end here, within a few rows
        one_to_one = one_to_one and value_of.setdefault(name, value) == value
        if not one_to_one and row >= 2 * FEWEST_ROWS and 2 * len(class_of) > row:
            return ""  # those with hardly a value that comes back end here
    if one_to_one and len(class_of) > 1:
        return f"names the classes of {target} one to one"
    rarer = again.total() - max(again.values(), default=0)
    return f"has values that each go with one class of {target}" if rarer >= FEWEST_ROWS else ""


def _apart(values: Floats, classes: Sequence[str | None]) -> bool:
    """Whether the numbers of no two classes overlap, and none of them has few."""
    for step in (max(len(values) // _SOME, 1), 1):  # most columns end with the first
        numbers = defaultdict[str, list[float]](list)
        for value, name in zip(values[::step], classes[::step], strict=True):
            if name and value == value:
                numbers[name].append(value)
        spans = sorted((min(own), max(own)) for own in numbers.values())
        if any(high >= low for (_, high), (low, _) in pairwise(spans)):
            return False
    return len(spans) > 1 and 2 * min(map(len, numbers.values())) >= FEWEST_ROWS


def _numeric_leaks(target: str, values: Floats, numbers: FloatColumns) -> Iterator[str]:
    rows = [row for row, value in enumerate(values) if math.isfinite(value)]
    if len(rows) < FEWEST_ROWS:
        return
    y = [values[row] for row in rows]
    columns = {name: [x[row] for row in rows] for name, x in numbers.items()}
    logs = {
        shift: [math.log(value + shift) for value in y]
        for shift in (0, 1)  # counts are taken as log(1 + y)
        if min(y) + shift > 0
    }
    step = last_digit(y)
    steps: dict[str, float] = {}
    for name, x in columns.items():
        known = list(map(math.isfinite, x))
        x, own, *own_logs = (list(compress(of, known)) for of in (x, y, *logs.values()))
        if len(x) < FEWEST_ROWS:
            continue
        digit = last_digit(x)
        of_logs = (
            line_through(x, log, digit, step / (min(y) + shift))
            for shift, log in zip(logs, own_logs, strict=True)
        )
        if line := line_through(x, own, digit, step):
            yield f"{name} {_as_line(target, name, *line)}: {_ADVICE}"
        elif any(of_logs):
            yield f"{name} is a logarithm of {target}: {_ADVICE}"
        elif nearly_on_a_line(x, own):
            yield f"{name} gives {target} but for less than a thousandth of its spread: {_ADVICE}"
        if len(x) == len(y):
            steps[name] = digit
    whole = {name: columns[name] for name in steps}
    if len(whole) > _MOST_COLUMNS:
        return
    if how := as_sum(whole, y, steps, step) or as_product(whole, y, steps, step):
        yield f"{target} is {how}: {_ADVICE_ON_SOME}"


def _as_line(target: str, name: str, slope: float, start: float) -> str:
    if (slope, start) == (1, 0):
        return f"equals {target}"
    offset = f" {'-' if start < 0 else '+'} {abs(start):.6g}" if start else ""
    return f"gives {target}, as {target} = {slope:.6g} · {name}{offset}"
