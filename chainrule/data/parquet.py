"""Parquet files, read by pyarrow (the extra `[parquet]`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from chainrule.data.cells import is_zero
from chainrule.data.files import open_bytes, sha256
from chainrule.data.python_values import of_dictionaries, table_of
from chainrule.data.reading_options import ReadingOptions
from chainrule.data.table import Table, check_names, is_pandas_index
from chainrule.data.table_survey import read_table
from chainrule.errors import DataError, MissingExtraError
from chainrule.words import shortened


def read_parquet(path: str | Path, *, options: ReadingOptions | None = None) -> Table:
    """Read a Parquet file into a table.

    The index that pandas stores as a column, such as `__index_level_0__`, is passed over.

    Args:
        path: The file.
        options: What the user says of how its texts are written.

    Returns:
        The table.

    Raises:
        MissingExtraError: If pyarrow is not installed.
        DataError: If the file is missing or damaged, or has two columns of one name or no rows.
    """
    file = ParquetFile(path)
    table = file.read()
    if table.rows == 0:
        raise DataError(f"{file.path.name} has columns and no rows: give some rows")
    return read_table(replace(table, sha256=sha256(file.path)), options)


class ParquetFile:
    """A Parquet file whose row groups are read one at a time.

    Args:
        path: The file.
        weight_column: The column whose zeros say that a row is to be passed over.

    Raises:
        MissingExtraError: If pyarrow is not installed.
        DataError: If the file is missing or damaged, or has two columns of one name.

    Attributes:
        names: The columns' names.
        files: The file, alone.
        rows: How many rows it has.
    """

    def __init__(self, path: str | Path, weight_column: str | None = None) -> None:
        """Read the names of the columns, and the directory of row groups."""
        self.path = Path(path)
        self.files: tuple[Path, ...] = (self.path,)
        self._weight_column = weight_column
        self._next: tuple[tuple[int, int], Iterator[Table]] = ((0, 0), iter(()))
        with open_bytes(self.path):
            pass
        try:
            from pyarrow import parquet
        except ImportError:
            raise MissingExtraError(
                f"{self.path.name} is a Parquet file, and reading it needs pyarrow: "
                'pip install "chainrule[parquet]"'
            ) from None
        with self._refusing():
            # Mapped, so that it neither holds whole row groups nor makes a buffer of the size that
            # a damaged page claims.
            self._file: Any = parquet.ParquetFile(self.path, memory_map=True, pre_buffer=False)
            names = self._file.schema_arrow.names
            self._coded = of_dictionaries(self._file.schema_arrow)
        # Of two columns of one name a dictionary would keep one, and not say so.
        check_names(names, self.path.name)
        self.names = [name for name in names if not is_pandas_index(name)]
        groups = range(self._file.num_row_groups)
        sizes = (self._file.metadata.row_group(group).num_rows for group in groups)
        *self._starts, self.rows = accumulate(sizes, initial=0)

    def read(self) -> Table:
        """All of it."""
        with self._refusing():
            columns = self._file.read(columns=self.names).to_pydict()
        return table_of(columns, self.path.name, coded=self._coded)

    def chunks(self, rows: int) -> Iterator[tuple[tuple[int, int], Table]]:
        """Yield each chunk of up to `rows` rows, and which part of which row group it is."""
        for group in range(self._file.num_row_groups):
            for part, table in enumerate(self._tables(group, rows)):
                yield (group, part), table

    def chunk_at(self, start: tuple[int, int], rows: int) -> Table:
        """A part of a row group, which is read from its beginning, or on from the part before.

        Args:
            start: Which part of which group, as `chunks` has named it.
            rows: How many rows each part has.
        """
        group, part = start
        following, tables = self._next
        if start != following or part == 0:
            tables = islice(self._tables(group, rows), part, None)
        table = next(tables)
        self._next = (group, part + 1), tables
        return table

    def _tables(self, group: int, rows: int) -> Iterator[Table]:
        """Yield one row group's rows that count, up to `rows` at a time."""
        parts = self._file.iter_batches(rows, row_groups=[group], columns=self.names)
        start = self._starts[group]
        numbers: list[int] = []
        waiting: dict[str, list[object]] = {name: [] for name in self.names}
        while True:
            with self._refusing():
                part = next(parts, None)
                columns = {} if part is None else part.to_pydict()
            if part is None:
                break
            there: Iterable[int] = range(part.num_rows)
            for name in (name for name in columns if name.strip() == self._weight_column):
                weights = columns[name]
                there = [n for n, weight in enumerate(weights) if not is_zero(weight)]
            numbers += [start + row for row in there]
            for name, cells in columns.items():
                waiting[name] += [cells[row] for row in there]
            start += part.num_rows
            if len(numbers) >= rows:
                some = {name: cells[:rows] for name, cells in waiting.items()}
                yield table_of(some, self.path.name, numbers=numbers[:rows], coded=self._coded)
                numbers = numbers[rows:]
                waiting = {name: cells[rows:] for name, cells in waiting.items()}
        if numbers:
            yield table_of(waiting, self.path.name, numbers=numbers, coded=self._coded)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Say what pyarrow, or Python with what it gives, finds damaged."""
        from pyarrow import ArrowException

        try:
            yield
        except (ArrowException, OSError, ValueError, OverflowError) as error:
            raise DataError(
                f"{self.path.name} cannot be read as Parquet ({shortened(str(error), most=200)}): "
                "copy or write the file again"
            ) from None
