"""Parquet files, read by pyarrow (the extra `[parquet]`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeAlias

from chainrule.data.cells import column_of, is_zero
from chainrule.data.files import open_bytes, sha256
from chainrule.data.survey import ReadingOptions, read_table
from chainrule.data.table import Table, check_names, is_pandas_index
from chainrule.errors import DataError, MissingExtraError
from chainrule.words import shortened

Part: TypeAlias = tuple[list[int], Mapping[str, list[object]]]
"""The numbers of some rows, and their columns."""


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
    table = table_of(file.read(), source=file.path.name)
    if table.rows == 0:
        raise DataError(f"{file.path.name} has columns and no rows: give some rows")
    return read_table(replace(table, sha256=sha256(file.path)), options)


class ParquetFile:
    """A Parquet file whose row groups are read one at a time.

    Args:
        path: The file.

    Raises:
        MissingExtraError: If pyarrow is not installed.
        DataError: If the file is missing or damaged, or has two columns of one name.
    """

    def __init__(self, path: str | Path) -> None:
        """Read the names of the columns, and the directory of row groups."""
        self.path = Path(path)
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
        # Of two columns of one name a dictionary would keep one, and not say so.
        check_names(names, self.path.name)
        self.names = [name for name in names if not is_pandas_index(name)]

    @property
    def groups(self) -> int:
        """The number of row groups."""
        return int(self._file.num_row_groups)

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.names)

    def read(self) -> Mapping[str, list[object]]:
        """All columns."""
        with self._refusing():
            columns: Mapping[str, list[object]] = self._file.read(columns=self.names).to_pydict()
        return columns

    @property
    def starts(self) -> list[int]:
        """The row at which each row group begins, and how many rows there are."""
        sizes = [self._file.metadata.row_group(group).num_rows for group in range(self.groups)]
        return list(accumulate(sizes, initial=0))

    def parts(self, group: int, rows: int, weight_column: str | None = None) -> Iterator[Part]:
        """Yield numbers and columns of one row group's rows, up to `rows` at a time.

        Args:
            group: Which one.
            rows: How many at a time.
            weight_column: The column whose zeros say that a row is to be passed over.
        """
        parts = self._file.iter_batches(rows, row_groups=[group], columns=self.names)
        start = self.starts[group]
        numbers: list[int] = []
        waiting: dict[str, list[object]] = {name: [] for name in self.names}
        while True:
            with self._refusing():
                part = next(parts, None)
                columns = {} if part is None else part.to_pydict()
            if part is None:
                break
            there: Iterable[int] = range(part.num_rows)
            if weight_column in columns:
                there = [n for n, cell in enumerate(columns[weight_column]) if not is_zero(cell)]
            numbers += [start + row for row in there]
            for name, cells in columns.items():
                waiting[name] += [cells[row] for row in there]
            start += part.num_rows
            if len(numbers) >= rows:
                yield numbers[:rows], {name: cells[:rows] for name, cells in waiting.items()}
                numbers = numbers[rows:]
                waiting = {name: cells[rows:] for name, cells in waiting.items()}
        if numbers:
            yield numbers, waiting

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


def table_of(
    columns: Mapping[str, list[object]], *, source: str, numbers: Sequence[int] | None = None
) -> Table:
    """Columns of Python values as a table, perhaps with the row of the source that each row is."""
    cells = tuple(column_of(values) for values in columns.values())
    return Table(tuple(columns), cells, source, numbers=numbers)
