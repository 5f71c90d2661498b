"""Data frames of any library, and dictionaries of columns, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeGuard

from chainrule.data.cells import Column
from chainrule.data.python_values import column_of, note_nested, of_dictionaries
from chainrule.data.reading_options import ReadingOptions
from chainrule.data.table import Table, check_names, from_columns, is_pandas_index
from chainrule.data.table_survey import read_table
from chainrule.errors import DataError, MissingExtraError
from chainrule.words import a_or_an, shortened

_SOURCE = "data frame"


def read_frame(
    frame: object, *, target: str | None = None, options: ReadingOptions | None = None
) -> Table:
    """A data frame as a table.

    No data-frame library is imported: a dictionary of columns, a list of dictionaries, pandas,
    polars, pyarrow and arrays of NumPy with named fields are known by what they have; any other
    frame with `__dataframe__` is read through pyarrow. The index that pandas stores as a column,
    such as `__index_level_0__`, is passed over.

    Args:
        frame: The frame, or a mapping from names to columns.
        target: The column to predict when nobody says otherwise.
        options: What the user says of how its texts are written.

    Returns:
        The table; its fingerprint is that of its values.

    Raises:
        DataError: If the object is not a data frame, a column is not a list of values, two columns
            have one name, or there are no rows.
        MissingExtraError: If reading it needs pyarrow, which is not installed.

    Example:
        >>> read_frame({"x": [1, None], "y": ["a", "b"]}).columns
        ([1.0, None], ['a', 'b'])
    """
    pairs = _columns(frame)
    names = [str(name).strip() for name, _ in pairs]
    check_names(names, _SOURCE)
    columns: dict[str, Column] = {}
    firsts: dict[str, list[object]] = {}
    for name, (_, column) in zip(names, pairs, strict=True):
        if not is_pandas_index(name):
            values = _values(name, column)  # one at a time, since lists take much memory
            columns[name] = column_of(values)
            firsts[name] = [next((value for value in values if value is not None), None)]
    table = from_columns(columns, source=_SOURCE, target=target)
    kinds = (getattr(getattr(column, "dtype", None), "name", "") for _, column in pairs)
    coded = {name for name, kind in zip(names, kinds, strict=True) if kind == "category"}
    coded |= of_dictionaries(getattr(frame, "schema", None))
    table = replace(table, notes=note_nested(firsts), coded=frozenset(coded))
    if table.rows == 0:
        raise DataError(f"the {_SOURCE} has columns and no rows: give some rows")
    if target is not None:
        table.index(target)
    return read_table(table, options)


def is_frame(values: object) -> bool:
    """Whether values come as columns with names, or as rows of names and values.

    Example:
        >>> is_frame({"x": [1, 2]}), is_frame([{"x": 1}, {"x": 2}]), is_frame([[1], [2]])
        (True, True, False)
    """
    named = hasattr(values, "columns") or getattr(getattr(values, "dtype", None), "names", None)
    return isinstance(values, Mapping) or bool(named) or _is_records(values)


def _is_records(values: object) -> TypeGuard[list[Mapping[object, object]]]:
    if not isinstance(values, list | tuple) or not values:
        return False
    return all(isinstance(row, Mapping) for row in values)


def read_column(name: str, values: object) -> Column:
    """One column of values, of which each may stand in a row of its own, or one value.

    Raises:
        DataError: If the values are no list of cells.

    Example:
        >>> read_column("y", [[1], [2]]), read_column("y", "red")
        (array('d', [1.0, 2.0]), ['red'])
    """
    if is_frame(values):
        return read_frame(values).column(name)
    if hasattr(values, "tolist"):
        values = values.tolist()
    if isinstance(values, str) or not isinstance(values, Iterable):
        values = [values]
    cells = _values(name, values)
    return column_of(
        cell[0] if isinstance(cell, list | tuple) and len(cell) == 1 else cell for cell in cells
    )


def _columns(frame: Any) -> list[tuple[object, Any]]:
    """The names and columns of any kind of frame."""
    if _is_records(frame):
        names = dict.fromkeys(name for row in frame for name in row)
        return [(name, [row.get(name) for row in frame]) for name in names]
    if isinstance(frame, Mapping):
        return list(frame.items())
    if fields := getattr(getattr(frame, "dtype", None), "names", None):  # of a NumPy array
        rows = frame.reshape(-1)  # of a column of rows, or a row of them
        if len(rows) != max(frame.shape, default=0):
            raise DataError(
                f"an array with named fields has the shape {frame.shape}, and each of its entries "
                "is a row: give one of one dimension, such as its .reshape(-1)"
            )
        return [(name, rows[name]) for name in fields]
    if callable(getattr(frame, "to_pydict", None)):
        # Of two columns of one name a dictionary would keep one, and not say so.
        check_names(getattr(frame, "column_names", ()), _SOURCE)
        return list(frame.to_pydict().items())
    # A series of pandas has items, too: its rows.
    if callable(getattr(frame, "items", None)) and getattr(frame, "columns", None) is not None:
        return list(frame.items())
    if callable(getattr(frame, "get_columns", None)):
        return [(column.name, column) for column in frame.get_columns()]
    if callable(getattr(frame, "__dataframe__", None)):
        return _columns(_through_pyarrow(frame))
    collected = "call its .collect(), or " if callable(getattr(frame, "collect", None)) else ""
    raise DataError(
        f"{a_or_an(type(frame).__name__)} is not a data frame: {collected}give a dictionary of "
        "columns, a list of dictionaries, or a pandas, polars or pyarrow table"
    )


def _values(name: object, column: Any) -> list[object]:
    """A column as Python values: arrays and series know how to make a list."""
    kind = getattr(getattr(column, "dtype", None), "kind", "")
    of_pandas = callable(getattr(column, "factorize", None))
    if kind == "M" and of_pandas:
        codes, moments = column.factorize()  # each moment made once; -1 where it is missing
        known = [*moments, None]
        return [known[code] for code in codes.tolist()]
    if kind == "M" and not of_pandas:  # NumPy lists what is finer as whole numbers
        column = column.astype("datetime64[us]")
    if kind == "m" and not of_pandas and column.ndim == 1:
        with suppress(TypeError):  # months are of different length
            seconds = (column / column.dtype.type(1, "s")).tolist()
            return [None if span != span else f"{span:.12g} s" for span in seconds]
    tolist = getattr(column, "tolist", None) or getattr(column, "to_list", None)
    values = tolist() if callable(tolist) else column
    if getattr(column, "shape", ())[1:] == (1,) and isinstance(values, list):
        values = [value for (value,) in values]
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise DataError(
            f"column {name} has the one value {shortened(repr(values))}, where a value for each "
            "row is needed: give a list of them"
        )
    return list(values)


def _through_pyarrow(frame: Any) -> object:
    try:
        from pyarrow.interchange import from_dataframe
    except ImportError:
        raise MissingExtraError(
            f"reading {a_or_an(type(frame).__name__)} needs pyarrow: "
            'pip install "chainrule[parquet]", or give a dictionary of columns'
        ) from None
    table: object = from_dataframe(frame)
    return table
