"""Values of Python, as data frames, JSON and Parquet hold them, as the cells of a table."""

from __future__ import annotations

import math
import numbers
from array import array
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

from chainrule.data.cells import MOST_DIGITS, Cell, Column
from chainrule.data.table import Table
from chainrule.words import listed

_BEYOND_FLOATS = 10**MOST_DIGITS

_MISSING_TYPES = {"NaTType", "NAType"}
"""Missing values of pandas that are no floats; asked whether they equal themselves, some raise."""


def cell(value: object) -> Cell:
    """A value of a data frame as a cell: a float, a text, or None where it is missing.

    Truth values become the texts "True" and "False", as a CSV file would hold them, and so do
    whole numbers of more digits than a float holds. Another number too large for a float becomes
    infinite, as in a CSV file. A span of time becomes its seconds, with their unit; a period, such
    as a month, its beginning.

    Example:
        >>> [cell(v) for v in (3, float("nan"), True, " red ", "NA", None)]
        [3.0, None, 'True', 'red', 'NA', None]
    """
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return None
    if isinstance(value, numbers.Integral) and abs(value) >= _BEYOND_FLOATS:
        with suppress(ValueError):  # Python writes no number of more than 4300 digits
            return str(value)
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = -math.inf if value < 0 else math.inf
        return None if math.isnan(number) else number
    if type(value).__name__ == "Period":  # of pandas: a month, a quarter
        value = value.start_time  # type: ignore[attr-defined]
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.12g} s"
    return str(value).strip() or None


def column_of(values: Iterable[object]) -> Column:
    """The values as a column, as a flat buffer of floats where all of them are numbers.

    Example:
        >>> column_of([1, 2.5])
        array('d', [1.0, 2.5])
    """
    values = list(values)
    kinds = list(map(type, values))
    if set(kinds) <= {int, float}:  # as most columns of a wide table are
        with suppress(OverflowError):
            floats = array("d", cast("list[float]", values))
            if int not in kinds or max(map(abs, floats)) < _BEYOND_FLOATS:
                gaps = math.isnan(sum(floats))
                return [None if math.isnan(v) else v for v in floats] if gaps else floats
    pairs = list(zip(kinds, values, strict=True))  # 1 is True, and their cells are two
    try:
        known = {(kind, value): cell(value) for kind, value in set(pairs)}
        cells = [known[pair] for pair in pairs]
    except TypeError:  # lists, of which each is looked at by itself
        cells = [cell(value) for value in values]
    if all(isinstance(value, float) for value in cells):
        return array("d", cells)  # type: ignore[type-var]  # all are floats
    return cells


def note_nested(columns: Mapping[str, Iterable[object]]) -> tuple[str, ...]:
    """A sentence on the columns whose first value is an object, a list or bytes, if there are any.

    Example:
        >>> note_nested({"x": [1, 2], "y": [None, [1, 2]]})
        ('y: objects, lists and bytes are read as texts; give each of their values a column.',)
    """
    firsts = {
        name: next((value for value in values if value is not None), None)
        for name, values in columns.items()
    }
    nested = [name for name, v in firsts.items() if isinstance(v, (dict, list, tuple, bytes))]
    advice = "objects, lists and bytes are read as texts; give each of their values a column"
    return (f"{listed(nested)}: {advice}.",) if nested else ()


def of_dictionaries(schema: object) -> frozenset[str]:
    """The columns that a schema of Arrow holds as categories; none where it is no such schema."""
    names, types = getattr(schema, "names", ()), getattr(schema, "types", ())
    if not isinstance(types, list):  # of polars
        return frozenset()
    said = (getattr(schema, "pandas_metadata", None) or {}).get("columns", ())
    coded = [str(each["name"]) for each in said if each.get("pandas_type") == "categorical"]
    kinds = zip(names, map(str, types), strict=True)
    coded += [name for name, kind in kinds if kind.startswith("dictionary")]
    return frozenset(map(str.strip, coded))


def table_of(columns: Mapping[str, Sequence[object]], source: str, **more: Any) -> Table:
    """Columns of Python's values as a table that is not read yet.

    Args:
        columns: The values by the columns' names.
        source: Where they came from.
        more: What else `Table` is to know of them.
    """
    cells = tuple(map(column_of, columns.values()))
    return Table(tuple(columns), cells, source, notes=note_nested(columns), **more)
