"""Rows in JSON: one object a line, or one list of objects."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from chainrule.data.files import open_bytes, sha256
from chainrule.data.python_values import table_of
from chainrule.data.reading_options import ReadingOptions
from chainrule.data.table import Table
from chainrule.data.table_survey import read_table
from chainrule.errors import DataError
from chainrule.words import shortened


def read_json(path: Path, options: ReadingOptions | None = None) -> Table:
    """The rows of a JSON file as a table; a name that a row lacks is a missing value.

    Raises:
        DataError: If it is not JSON, or its rows are no objects with names.
    """
    with open_bytes(path) as file:
        table = table_of_records(json_records(file, path.name), source=path.name)
    return read_table(replace(table, sha256=sha256(path), values={}), options)


def json_records(file: BinaryIO, source: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of JSON lines, or of one list.

    Raises:
        DataError: If it is not JSON, holds something else than objects, or a name twice in one.
    """
    lines = filter(None, map(bytes.strip, file))
    first = next(lines, b"").removeprefix(BOM_UTF8)
    whole = first.startswith(b"[")
    pieces: Iterable[bytes] = [b"\n".join([first, *lines])] if whole else chain([first], lines)
    for number, piece in enumerate(pieces):
        try:
            value = json.loads(piece, object_pairs_hook=_named_once)
        except DataError as error:
            raise DataError(f"object {number} of {source} {error}") from None
        except ValueError as error:
            raise DataError(
                f"{source} is not JSON in its object {number} ({error}): give one object a line, "
                "or one list of objects"
            ) from None
        for record in value if whole else [value]:
            if not isinstance(record, dict):
                raise DataError(
                    f"{source} holds {shortened(repr(record))}, where an object with a name for "
                    'each value is needed, such as {"size": 1}'
                )
            yield record


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, of which Python would keep the last value of a name without a word."""
    record: dict[str, Any] = {}
    for name, value in pairs:
        if name in record:
            raise DataError(f"has {shortened(repr(name))} twice: give each value its own name")
        record[name] = value
    return record


def table_of_records(
    records: Iterable[dict[str, Any]], *, source: str, first_row: int = 0
) -> Table:
    """Objects as a table, unread.

    Raises:
        DataError: If there are none.
    """
    rows = list(records)
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    if not names:
        raise DataError(f"{source} holds no rows: give some objects with names")
    if len(rows) == 1 and all(isinstance(value, (dict, list)) for value in rows[0].values()):
        raise DataError(
            f"{source} is one object of columns, and one for each row is needed: write it by rows, "
            'as pandas does with orient="records"'
        )
    values = {name: [row.get(name) for row in rows] for name in names}
    kept = {name.strip(): column for name, column in values.items()}
    return replace(table_of(values, source, first_row=first_row), values=kept)
