"""Files as chunks of rows that can be read in any order, none of them larger than a budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Protocol

from chainrule.data.csv_file import CsvFile
from chainrule.data.files import UnpackedOnce, format_of
from chainrule.data.idx import IdxFile
from chainrule.data.parquet import ParquetFile, Part, table_of
from chainrule.data.survey import ReadingOptions
from chainrule.data.table import Table
from chainrule.errors import DataError

_CELL_BYTES = 112
"""About what one cell costs as a Python object, with its places in a row and in a column."""


class Chunks(Protocol):
    """A file that has been divided into chunks of rows."""

    files: tuple[Path, ...]

    @property
    def rows(self) -> int:
        """How many rows the file has, once `scan` has seen all of it."""

    @property
    def runs(self) -> Sequence[range]:
        """The chunks that `scan` has seen, parted where reading may begin anew for little."""

    def scan(self) -> Iterator[Table]:
        """Yield all chunks in order, and note where each one is."""

    def chunk(self, index: int) -> Table:
        """One of the chunks that `scan` has seen."""


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
    if kind == "idx":
        return IdxChunks(path, labels, memory)
    if kind == "json":
        raise DataError(f"{path.name} is JSON, which is read whole: leave --memory out")
    if kind == "parquet":
        return ParquetChunks(path, memory, weight_column)
    return CsvChunks(path, memory, options, weight_column)


class CsvChunks:
    """Chunks of a CSV file, found again by the byte at which they start."""

    def __init__(
        self,
        path: Path,
        memory: int,
        options: ReadingOptions | None = None,
        weight_column: str | None = None,
    ) -> None:
        """Take the first lines for typical, and count how many rows fit."""
        self.files: tuple[Path, ...] = (path,)
        self._file = CsvFile(path, UnpackedOnce(), options, weight_column)
        typical = self._file.typical_bytes(1000) + len(self._file.names) * _CELL_BYTES
        self._rows_at_once = _rows_within(memory, typical, path)
        self._starts: list[int] = []
        self.rows = 0

    @property
    def runs(self) -> Sequence[range]:
        """Every chunk by itself."""
        return _alone(len(self._starts))

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


class IdxChunks:
    """Chunks of IDX images, with their labels where there are any."""

    def __init__(self, path: Path, labels: str | Path | None, memory: int) -> None:
        """Read both headers."""
        self._file = IdxFile(path, labels, UnpackedOnce())
        self.files = self._file.files
        self.rows = self._file.header.shape[0]
        self._rows_at_once = _rows_within(memory, self._file.header.item_bytes + 1, path)

    @property
    def runs(self) -> Sequence[range]:
        """Every chunk by itself."""
        return _alone(-(-self.rows // self._rows_at_once))

    def scan(self) -> Iterator[Table]:
        """Yield all chunks in order."""
        for (index,) in self.runs:
            yield self.chunk(index)

    def chunk(self, index: int) -> Table:
        """One chunk."""
        first = index * self._rows_at_once
        return self._file.table(first, min(self._rows_at_once, self.rows - first))


class ParquetChunks:
    """Chunks of a Parquet file: parts of its row groups.

    A row group can only be read from its beginning, so its parts are best asked for in order.
    """

    def __init__(self, path: Path, memory: int, weight_column: str | None = None) -> None:
        """Divide each row group into parts that fit."""
        self.files: tuple[Path, ...] = (path,)
        self._file = ParquetFile(path)
        self._rows_at_once = _rows_within(memory, self._file.width * _CELL_BYTES, path)
        self._weight_column = weight_column
        self.rows = self._file.starts[-1]
        self._places: list[tuple[int, int]] = []
        self._reading: tuple[int, Iterator[Part]] = (-1, iter(()))

    @property
    def runs(self) -> Sequence[range]:
        """The chunks of each row group."""
        starts = [index for index, (_, part) in enumerate(self._places) if part == 0]
        return [range(*ends) for ends in pairwise([*starts, len(self._places)])]

    def scan(self) -> Iterator[Table]:
        """Yield all chunks in order, and note where each one is."""
        self._places = []
        for group in range(self._file.groups):
            for place, part in enumerate(self._parts(group)):
                self._places.append((group, place))
                yield self._table(part)

    def chunk(self, index: int) -> Table:
        """One of the chunks that `scan` has seen; after the one before it, at once."""
        group, place = self._places[index]
        following, parts = self._reading
        if index != following or place == 0:
            parts = islice(self._parts(group), place, None)
        part = next(parts)
        self._reading = index + 1, parts
        return self._table(part)

    def _parts(self, group: int) -> Iterator[Part]:
        return self._file.parts(group, self._rows_at_once, self._weight_column)

    def _table(self, part: Part) -> Table:
        numbers, columns = part
        return table_of(columns, source=self.files[0].name, numbers=numbers)


def _alone(count: int) -> Sequence[range]:
    return [range(index, index + 1) for index in range(count)]


def _rows_within(memory: int, row_bytes: int, path: Path) -> int:
    if row_bytes > memory:
        raise DataError(
            f"one row of {path.name} takes about {row_bytes:,} bytes, and a chunk may take "
            f"{memory:,}: allow more memory"
        )
    return memory // row_bytes
