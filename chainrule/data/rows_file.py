"""New rows as they come: a file or a stream of them, a few at a time, as they were written."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import final

from chainrule.data.builtin import BUILT_IN, load
from chainrule.data.csv_file import CsvFile
from chainrule.data.files import Opener, blocks, format_of, on_disk, open_bytes
from chainrule.data.json_file import json_records, table_of_records
from chainrule.data.reading_options import ReadingOptions
from chainrule.data.table import Table
from chainrule.errors import DataError

ROWS_AT_ONCE = 1000
"""So many rows are read, answered and written together."""


@final
@dataclass(frozen=True)
class RowsFile:
    """Rows in a source, and the form they are in.

    Args:
        tables: The rows, a few at a time, not yet read; the source is open until the last, or until
            they are closed.
        form: `"csv"` or `"json"`: how answers are best written beside them.
    """

    tables: Generator[Table]
    form: str


def open_rows_file(source: str, options: ReadingOptions | None = None) -> RowsFile:
    """Open new rows: a file, a built-in name, or standard input for `-`.

    Raises:
        DataError: If there is no such source, or it cannot be used.
    """
    path = Path("standard input" if source == "-" else source)
    opener: Opener = _standard_input() if source == "-" else open_bytes
    if source in BUILT_IN and not path.exists():
        return RowsFile(_alone(load(source)), "csv")
    kind = format_of(path, opener)
    if kind == "json":
        return RowsFile(_json_tables(path, opener), "json")
    if kind != "csv" and source != "-":
        return RowsFile(_alone(load(path, options=options)), "csv")
    file = CsvFile(path, opener, options)
    return RowsFile(_csv_tables(file), "csv")


def _csv_tables(file: CsvFile) -> Generator[Table]:
    """The rows of a CSV file; the last ones tell of the note below them, which is read later."""
    with closing(file.chunks(ROWS_AT_ONCE)) as chunks:
        _, before = next(chunks)
        for _, table in chunks:
            yield before
            before = table
        yield replace(before, below=file.below)


def _alone(table: Table) -> Generator[Table]:
    yield table


def _json_tables(path: Path, opener: Opener) -> Generator[Table]:
    with opener(path) as file:
        records = json_records(file, path.name)
        first_row = 0
        while (some := list(islice(records, ROWS_AT_ONCE))) or first_row == 0:
            yield table_of_records(some, source=path.name, first_row=first_row)
            first_row += len(some)


def _standard_input() -> Opener:
    """An opener of what stands in standard input, which can be read once only and is kept."""
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise DataError("standard input is closed: give a file, or pipe rows into the command")
    pieces = blocks(stream)
    if (first := next(pieces, None)) is None:
        raise DataError("standard input is empty: pipe a header and rows into the command")
    return on_disk(chain([first], pieces), "standard input is kept to be read again")
