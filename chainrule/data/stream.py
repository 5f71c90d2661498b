"""Data that does not fit in memory: the same recipe, over a file that is read chunk by chunk."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, pairwise
from pathlib import Path
from sys import maxsize
from typing import Any, final

from chainrule.arrays import Generator
from chainrule.data.cells import Column
from chainrule.data.column_choice import ColumnChoice, column_types
from chainrule.data.column_reading import ColumnReading
from chainrule.data.column_statistics import ColumnStatistics, update_statistics
from chainrule.data.csv_file import CsvFile
from chainrule.data.examples import Examples
from chainrule.data.files import format_of, sha256, unpacked_once
from chainrule.data.idx import IdxFile, refuse_labels
from chainrule.data.leaks import leaks
from chainrule.data.parquet import ParquetFile
from chainrule.data.prepare import batches, not_new
from chainrule.data.reading_options import ReadingOptions
from chainrule.data.recipe import Recipe
from chainrule.data.table import Table
from chainrule.data.table_survey import TableSurvey, read_table
from chainrule.errors import DataError, OptionError, no_weight, require_share, require_whole, shown
from chainrule.files import as_path
from chainrule.words import a_or_an

DEFAULT_MEMORY = 256 << 20
"""The bytes that a stream may hold unless it is told otherwise."""

_MEASURED = re.compile(r" (?:gives|is missing|names the|has values) .*|(?<!\w)\d[\d.e+-]*(?: ·)? ?")
"""What other rows may say in other numbers, classes or words of a column that gives it away."""

_FLOAT_BYTES = 8
_CHANCES = 2**64
_CELL_BYTES = 112
"""About what one cell costs as a Python object, with its places in a row and in a column."""


class Stream:
    """A file's examples in batches, within a budget of memory.

    One pass over the file decides how its texts are read, and one learns the recipe, with the same
    statistics as `Recipe.learn`. Each epoch then reads the chunks in random order (those of one
    Parquet row group one after the other, since it can only be read from its beginning), and
    shuffles the rows within a pool of several chunks' examples. The shuffle is therefore local: two
    rows far apart in the file meet in one batch only when their chunks are read one after the
    other.

    Args:
        path: A CSV, Parquet or IDX file.
        target: The column to predict; without it the last one.
        task: `"classification"` or `"regression"` overrides what is recognised.
        labels: For IDX images, the file of their labels when it does not lie beside them.
        memory: The bytes that cells, pool and batch may take together, about. The first pass also
            counts categories, at most about 200,000 bytes a column.
        held_out: The part of the rows kept for validation, from 0 to below 1.
        seed: Decides which rows are held out, each by its own number.
        types: What columns hold, by name, as `ColumnChoice`.
        parts: In how many parts to lay out columns of numbers, as `ColumnChoice`.
        options: What the user says of how the file is written.
        weight_column: The column that says how much each row counts; it is not an input.

    Raises:
        DataError: As `Recipe.learn`, or one row takes more than a quarter of the memory.
        OptionError: If the part to hold out lies outside 0 to 1, or path or memory is none.

    Attributes:
        recipe: How rows become examples.
        rows: How many rows the file has.
        learned: How many of them, with a target, are there to learn from.
        kept_back: How many, with a target, are held out.
        told: Sentences on what gives the target away in the first chunk and in the last, and on
            rows held out in the first that are not new.
    """

    def __init__(
        self,
        path: str | Path,
        target: str | None = None,
        task: str | None = None,
        *,
        labels: str | Path | None = None,
        memory: int = DEFAULT_MEMORY,
        held_out: float = 0.0,
        seed: int = 0,
        types: Mapping[str, str] | None = None,
        parts: int = 0,
        options: ReadingOptions | None = None,
        weight_column: str | None = None,
    ) -> None:
        """Pass over the file once: learn the recipe, count the rows, find the chunks."""
        _require_possible(path, memory, held_out)
        self.memory, self.seed, self._fraction = memory, seed, held_out
        target = None if target is None else str(target)  # as `load` takes it
        if weight_column is not None:
            weight_column = str(weight_column).strip()
        self._weight_column = weight_column
        types = column_types(types, (), weight_column)
        self._chunks = chunks_of(
            path, labels=labels, memory=memory // 4, options=options, weight_column=weight_column
        )
        self._readings, said = self._survey(options, target)
        self.rows = self._chunks.file.rows
        tables: Iterator[Table] = map(self._read, range(len(self._chunks)))
        first = next(tables, None)
        if first is None:
            if self.rows == 0:
                raise DataError(f"{path} has columns and no rows: give some rows")
            raise DataError(no_weight(str(weight_column), f" of {path}"))
        choice = ColumnChoice(first, target, task, types=types, parts=parts)
        statistics = choice.statistics(first.names)
        tables = chain([first], tables)
        # The recipe needs to know which table it was, and not to keep its cells.
        empty: tuple[Column, ...] = tuple([] for _ in first.names)
        first = replace(first, columns=empty, texts={}, sha256=self._file_digest)
        self._learn(statistics, tables, choice.target)
        self.notes = (*first.notes, *first.below, *said)
        absent = self.rows - self.learned - self.kept_back
        recipe = Recipe.from_statistics(statistics, first, choice)
        self.recipe = replace(recipe, without_target=absent)
        mixed = [seen.name for seen in statistics if not seen.in_order_of_time]
        self.told = self._odd(choice.target, mixed)

    def _learn(
        self, statistics: Sequence[ColumnStatistics], tables: Iterator[Table], target: str
    ) -> None:
        """Take all rows to learn from into the statistics; count them, and those held out."""
        self._ends: list[int] = []
        self.learned = self.kept_back = 0
        for table in tables:
            self._ends.append(table.rows + (self._ends[-1] if self._ends else 0))
            learning = self._rows(len(self._ends) - 1, held_out=False)
            if self._weight_column is not None:
                table = table.where_it_counts(target, table.weights(self._weight_column))
            update_statistics(statistics, table, target, learning)
            with_target = len(table.that_have(target, learning))
            self.learned += with_target
            self.kept_back += len(table.that_have(target, range(table.rows))) - with_target

    def _odd(self, target: str, mixed: Sequence[str]) -> tuple[str, ...]:
        """What is odd about the first rows; of columns of dates some are mixed."""
        first = self._read(0)
        divided = (self._rows(0, held_out=held_out) for held_out in (False, True))
        train, out = (first.that_have(target, rows) for rows in divided)
        told = [*self._leaks(first), *not_new(first, target, (train, out), mixed)]
        where = f"In the first {self._ends[0]:,} rows: " if len(self._ends) > 1 else ""
        return tuple(f"{where}{sentence}" for sentence in told)

    def _leaks(self, first: Table) -> list[str]:
        """What the first rows show; columns to leave out where the last chunk shows them, too.

        Of rows in the order of time the first may all be of one kind.
        """
        told, index = leaks(self.recipe, first), len(self._ends) - 1
        if 2 * (self.rows - self._ends[index - 1]) < first.rows:
            index -= 1  # the last chunk has too few rows to show anything
        if index < 1 or not told:
            return told
        last = self._read(index)
        if len(set(last.column(self.recipe.target.column)) - {None}) < 2:
            return told  # one class contradicts nothing
        later = {_MEASURED.sub("", one) for one in leaks(self.recipe, last)}
        return [one for one in told if " leave" not in one or _MEASURED.sub("", one) in later]

    def _survey(
        self, options: ReadingOptions | None, target: str | None
    ) -> tuple[Mapping[str, ColumnReading], tuple[str, ...]]:
        """How all rows prove that texts are written, with what to say; pixels are numbers."""
        survey = None
        for table in self._chunks.scan():
            if table.pixel_maximum is None:
                table = replace(table, target=table.target if target is None else target)
                survey = (survey or TableSurvey(table, options)).take(table)
        return ({}, ()) if survey is None else (survey.readings(), tuple(survey.notes()))

    def _read(self, index: int) -> Table:
        return read_table(self._chunks.chunk(index), readings=self._readings)

    def epoch(self, batch_size: int, generator: Generator) -> Iterator[Examples]:
        """Yield the training examples once, shuffled, in batches; the last one may be short.

        Args:
            batch_size: The number of examples in a batch.
            generator: Shuffles chunks and rows.

        Raises:
            DataError: If a batch takes more than a quarter of the memory.
        """
        pool_rows = self._pool_rows(batch_size)
        runs = self._chunks.runs
        order = [index for run in generator.permutation(len(runs)) for index in runs[run]]
        parts = self._parts(order, pool_rows, held_out=False)
        yield from _in_batches(parts, pool_rows, batch_size, generator)

    def in_order(self, batch_size: int, *, held_out: bool) -> Iterator[Examples]:
        """Yield the examples that are held out, or those that are not, in the order of the file.

        Args:
            batch_size: The number of examples in a batch; the last one may be short.
            held_out: Which of them.

        Raises:
            DataError: If a batch takes more than a quarter of the memory.
        """
        self._pool_rows(batch_size)
        parts = self._parts(range(len(self._ends)), batch_size, held_out=held_out)
        yield from _in_batches(parts, batch_size, batch_size, None)

    def _parts(self, order: Sequence[int], most: int, *, held_out: bool) -> Iterator[Examples]:
        """Yield the examples of chunks, in parts of at most `most` rows."""
        for index in order:
            table = self._read(index)
            rows = self._rows(index, held_out=held_out)
            if rows and rows[-1] >= table.rows:
                raise DataError(f"{table.source} has changed while it was read: try again")
            for start in range(0, len(rows), most):
                examples = self.recipe.apply(table, rows[start : start + most])
                if len(examples):
                    yield examples

    def _rows(self, index: int, *, held_out: bool) -> Sequence[int]:
        """The rows of a chunk that are held out, or those that are not."""
        start = self._ends[index - 1] if index else 0
        count = self._ends[index] - start
        if self._fraction == 0:
            return range(0) if held_out else range(count)
        return [
            row
            for row in range(count)
            if is_held_out(start + row, self._fraction, self.seed) == held_out
        ]

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the file's bytes, its recipe, and of all that decides on the batches."""
        recipe = self.recipe.to_dict() | {"source": None}  # a file may have another name
        for name, reading in (self.recipe.readings or {}).items():
            recipe["readings"][name] = reading.unusual()  # as in the checkpoints that there are
        read = (self._file_digest, recipe, self.memory, float(self._fraction), int(self.seed))
        return hashlib.sha256(repr(read).encode()).hexdigest()

    @cached_property
    def _file_digest(self) -> str:
        return sha256(*self._chunks.file.files)

    @property
    def most_rows(self) -> int:
        """How many examples a quarter of the memory holds."""
        return self.memory // 4 // self._row_bytes

    @property
    def _row_bytes(self) -> int:
        return _FLOAT_BYTES * (len(self.recipe.feature_names) + 2)

    def _pool_rows(self, batch_size: int) -> int:
        """How many examples the pool may hold; refuse a batch that is too large."""
        require_whole("batch_size", batch_size)
        most = self.most_rows
        if batch_size > most:
            raise DataError(
                f"a batch of {batch_size:,} examples takes {batch_size * self._row_bytes:,} bytes, "
                f"and a quarter of the memory allowed is {self.memory // 4:,}: take batches of at "
                f"most {most:,}, or allow more memory"
            )
        return max(batch_size, most // 2)


def _in_batches(
    parts: Iterator[Examples], pool_rows: int, batch_size: int, generator: Generator | None
) -> Iterator[Examples]:
    """Yield batches out of pools of at least so many rows, shuffled; the last may be short."""
    waiting: list[Examples] = []
    for part in parts:
        waiting.append(part)
        if sum(map(len, waiting)) < pool_rows:
            continue
        pool, waiting = Examples.joined(waiting), []
        for rows in batches(len(pool), batch_size, generator):
            if len(rows) == batch_size:
                yield pool.subset(rows)
            else:
                waiting = [pool.subset(rows)]
    if waiting:
        pool = Examples.joined(waiting)
        yield from (pool.subset(rows) for rows in batches(len(pool), batch_size, generator))


def _require_possible(path: object, memory: object, held_out: float) -> None:
    """Refuse what no file can be streamed by."""
    if not isinstance(path, str | Path):
        raise OptionError(
            f"a stream is read from a file, and {a_or_an(type(path).__name__)} was given: "
            "give the file's name, or train on the table as it is"
        )
    if not isinstance(memory, int) or isinstance(memory, bool) or not 0 < memory <= maxsize:
        raise OptionError(f"memory is {shown(memory)}; it is a whole number of bytes", "memory")
    require_share("the part to hold out", held_out)


def is_held_out(row: int, part: float, seed: int) -> bool:
    """Whether a row is kept for validation: by its own number, so that no list of them is needed.

    A checksum would not do: rows side by side, or ten apart, would share their fate.

    Args:
        row: Its number in the file, from 0, rows of weight 0 not counted.
        part: The part of the rows to hold out.
        seed: Decides which.

    Example:
        >>> [row for row in range(20) if is_held_out(row, 0.2, seed=0)]
        [7, 14, 15]
    """
    drawn = hashlib.blake2b(f"{seed} {row}".encode(), digest_size=8).digest()
    return int.from_bytes(drawn, "big") < part * _CHANCES


File = CsvFile | IdxFile | ParquetFile
"""A file whose rows are read a chunk at a time, in order or from a known place on."""


@final
@dataclass(frozen=True)
class Chunks:
    """A file that is divided into chunks of rows, each found again by where it starts.

    Args:
        file: The file.
        rows_at_once: The most rows of a chunk.
    """

    file: File
    rows_at_once: int
    _starts: list[Any] = field(default_factory=list, init=False)

    def __len__(self) -> int:
        """How many chunks `scan` has seen."""
        return len(self._starts)

    @property
    def runs(self) -> Sequence[range]:
        """The chunks that `scan` has seen, parted where reading may begin anew for little.

        That is anywhere, but for the parts of a Parquet file's row group.
        """
        starts = [n for n, at in enumerate(self._starts) if not isinstance(at, tuple) or at[1] == 0]
        return [range(*ends) for ends in pairwise([*starts, len(self)])]

    def scan(self) -> Iterator[Table]:
        """Yield all chunks in order, and note where each one is."""
        self._starts.clear()
        for start, table in self.file.chunks(self.rows_at_once):
            self._starts.append(start)
            yield table

    def chunk(self, index: int) -> Table:
        """One of the chunks that `scan` has seen."""
        return self.file.chunk_at(self._starts[index], self.rows_at_once)


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
    path = as_path(path)
    kind = format_of(path)
    file: File
    if kind == "json":
        raise DataError(f"{path.name} is JSON, which is read whole: leave --memory out")
    if kind != "idx":
        refuse_labels(labels, f"{path.name} is {a_or_an(kind)} file")
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
