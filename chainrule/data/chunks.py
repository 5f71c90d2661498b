"""Files as chunks of rows that can be read in any order, none of them larger than a budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from chainrule.data.csv_file import CsvFile
from chainrule.data.files import format_of, unpacked_once
from chainrule.data.idx import IdxFile
from chainrule.data.parquet import ParquetFile
from chainrule.data.survey import ReadingOptions
from chainrule.data.table import Table
from chainrule.errors import DataError

_CELL_BYTES = 112
"""About what one cell costs as a Python object, with its places in a row and in a column."""


class File(Protocol):
    """A file whose rows are read a chunk at a time, in order or from a known place on."""

    files: tuple[Path, ...]
    rows: int

    def chunks(self, rows: int, /) -> Iterator[tuple[Any, Table]]:
        """Yield where each chunk starts, and the chunk: a table of up to `rows` rows."""

    def chunk_at(self, start: Any, rows: int, /) -> Table:
        """The chunk that starts at a place which `chunks` has named."""


class Chunks:
    """A file that is divided into chunks of rows, each found again by where it starts.

    Args:
        file: The file.
        rows_at_once: The most rows of a chunk.

    Attributes:
        files: The files that are read.
        rows: How many rows the file has, once `scan` has seen all of it.
    """

    def __init__(self, file: File, rows_at_once: int) -> None:
        """Start with no chunk seen."""
        self.files = file.files
        self.rows = 0
        self._file = file
        self._rows_at_once = rows_at_once
        self._starts: list[Any] = []

    @property
    def runs(self) -> Sequence[range]:
        """The chunks that `scan` has seen, parted where reading may begin anew for little.

        That is anywhere, but for the parts of a Parquet file's row group.
        """
        starts = [n for n, at in enumerate(self._starts) if not isinstance(at, tuple) or at[1] == 0]
        return [range(*ends) for ends in pairwise([*starts, len(self._starts)])]

    def scan(self) -> Iterator[Table]:
        """Yield all chunks in order, and note where each one is."""
        self._starts = []
        for start, table in self._file.chunks(self._rows_at_once):
            self._starts.append(start)
            yield table
        self.rows = self._file.rows

    def chunk(self, index: int) -> Table:
        """One of the chunks that `scan` has seen."""
        return self._file.chunk_at(self._starts[index], self._rows_at_once)


def chunks_of(
    path: str | Path,
    *,
    labels: str | Path | None,
    memory: int,
    options: ReadingOptions | None = None,
    weight_column: str | None = None,
) -> Chunks:
    """The chunks of a CSV, Parquet or IDX file.

    Rows of weight 0 are passed over, so that all is as without them but for the numbers of rows.

    Args:
        path: The file.
        labels: For IDX images, the file of their labels when it does not lie beside them.
        memory: The bytes that the Python objects of one chunk may take, about.
        options: What the user says of how a CSV file is written.
        weight_column: The column that says how much each row counts, if there is one.

    Raises:
        DataError: If the file cannot be used, or one row takes more than the budget.
    """
    path = Path(path)
    kind = format_of(path)
    file: CsvFile | IdxFile | ParquetFile
    if kind == "json":
        raise DataError(f"{path.name} is JSON, which is read whole: leave --memory out")
    if kind == "idx":
        file = IdxFile(path, labels, unpacked_once())
        row_bytes = file.header.item_bytes + 1
    elif kind == "parquet":
        file = ParquetFile(path, weight_column)
        row_bytes = len(file.names) * _CELL_BYTES
    else:
        file = CsvFile(path, unpacked_once(), options, weight_column)
        row_bytes = file.typical_bytes(1000) + len(file.names) * _CELL_BYTES
    if row_bytes > memory:
        raise DataError(
            f"one row of {path.name} takes about {row_bytes:,} bytes, and a chunk may take "
            f"{memory:,}: allow more memory"
        )
    return Chunks(file, memory // row_bytes)
