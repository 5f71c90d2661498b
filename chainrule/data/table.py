"""A table: named columns of cells, as they were read."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from operator import itemgetter

from chainrule.data.cells import Column, Places, as_numbers, finite_numbers, parse_number
from chainrule.data.column_reading import ColumnReading
from chainrule.errors import DataError, shown
from chainrule.words import closest, listed, shortened

_LONGEST_NAME = 300
_PANDAS_INDEX = re.compile(r"__index_level_\d+__")


@dataclass(frozen=True)
class Table:
    """Columns of equal length with a name each.

    A cell is a text, a number, or None where the value is missing. A column whose cells are all
    numbers may be a flat buffer.

    Args:
        names: The columns' names; spaces around them are not part of them.
        columns: The cells, one sequence a column.
        source: Where it came from, for sentences: a file's name or a built-in's.
        sha256: The fingerprint of the source's bytes.
        target: The column that is predicted when nobody says otherwise.
        first_row: The row of the source that row 0 of this table is; above 0 in a later chunk.
        numbers: The row of the source that each row is, where some were left out.
        pixel_maximum: The largest value a pixel can have, when all features are pixels.
        words: The texts that mean a missing value.
        between: The mark between the cells of a CSV file.
        readings: How columns were read whose texts are not simply what they say; None where they
            have not been read yet.
        texts: Those columns as they were written.
        values: Columns of JSON as they were, with lists and truth values, where they are kept.
        notes: Sentences on how the source was read.
        below: Sentences on what stands below its rows and is none.
        lines: The line of the file on which each row begins, counted from 1; None where rows are no
            lines.
        nameless: The columns that go by their place, such as column4, as the header names them not.
        coded: The columns whose source holds them as categories, be they numbers.

    Raises:
        DataError: If there are no columns, two columns of one name, or columns of different length.

    Example:
        >>> table = Table(("x", "y"), ([1.0, 2.0], ["a", None]), source="two rows")
        >>> table.rows, table.column("y")
        (2, ['a', None])
    """

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    source: str
    sha256: str = ""
    target: str | None = None
    first_row: int = 0
    numbers: Sequence[int] | None = None
    pixel_maximum: float | None = None
    words: frozenset[str] = frozenset({""})
    between: str = ","
    readings: Mapping[str, ColumnReading] | None = None
    texts: Mapping[str, Column] = field(default_factory=dict)
    values: Mapping[str, Sequence[object]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    lines: Sequence[int] | None = None
    nameless: frozenset[str] = frozenset()
    coded: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse columns that cannot stand side by side."""
        object.__setattr__(self, "names", tuple(map(str.strip, self.names)))
        if isinstance(self.target, str):
            object.__setattr__(self, "target", self.target.strip())
        if not self.names:
            raise DataError(f"{self.source} has no columns: give a table with named columns")
        check_names(self.names, self.source)
        lengths = {name: len(column) for name, column in zip(self.names, self.columns, strict=True)}
        if len(set(lengths.values())) > 1:
            raise DataError(f"{self.source} has columns of different length: {lengths}")

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.columns[0])

    def column(self, name: str) -> Column:
        """The cells of one column.

        Raises:
            DataError: If there is no such column; the closest name is suggested.
        """
        return self.columns[self.index(name)]

    @property
    def predicted(self) -> str:
        """The column that is predicted when nobody says otherwise: the last, if none is named."""
        named = (name for name in reversed(self.names) if name and name not in self.nameless)
        return self.target or next(named, self.names[-1])

    @cached_property
    def _index(self) -> Mapping[str, int]:
        """The position of each column: a search for it would take a wide table minutes."""
        return {name: place for place, name in enumerate(self.names)}

    def weights(self, column: str) -> list[float]:
        """How much each row counts, from one of the columns.

        Raises:
            DataError: If there is no such column, or a cell of it holds no number from 0 on.
        """
        places = self.places(range(self.rows))
        numbers, gaps = as_numbers(column, self.column(column), places)
        if unfit := [row for row, weight in enumerate(numbers) if not weight >= 0]:
            row, held = unfit[0], "nothing" if unfit[0] in gaps else f"{numbers[unfit[0]]:g}"
            raise DataError(
                f"{self.source}: {column} says how much rows count, and {places[row]} has {held} "
                "there; put a number from 0 on there"
            )
        return list(numbers)

    def with_capitals_of(self, names: Collection[str]) -> Table:
        """The same with columns called by these names where capitals alone tell theirs apart.

        Example:
            >>> Table(("size", "KIND"), ([1.0], ["a"]), "one row").with_capitals_of(
            ...     ["Size", "Kind"]
            ... ).names
            ('Size', 'Kind')
        """
        own = Counter(map(str.casefold, self.names))
        there = {name.casefold() for name in names if name in self._index}
        wanted = {name.casefold(): name for name in names if own[name.casefold()] == 1}
        new = {n: wanted.get(n.casefold(), n) for n in self.names if n.casefold() not in there}
        if all(name == own_name for own_name, name in new.items()):
            return self
        texts = {new.get(name, name): column for name, column in self.texts.items()}
        return replace(self, names=tuple(new.get(n, n) for n in self.names), texts=texts)

    def where_it_counts(self, target: str, weights: Sequence[float]) -> Table:
        """The same without a target in the rows of weight 0, so that they are absent like others.

        Example:
            >>> table = Table(("x", "y"), ([1.0, 2.0], ["a", "b"]), source="two rows")
            >>> table.where_it_counts("y", [1, 0]).column("y")
            ['a', None]
        """
        if all(weights):
            return self
        columns = list(self.columns)
        pairs = zip(self.column(target), weights, strict=True)
        columns[self.index(target)] = [cell if weight else None for cell, weight in pairs]
        return replace(self, columns=tuple(columns))

    def that_have(self, name: str, rows: Sequence[int]) -> Sequence[int]:
        """Those of some rows whose cell in a column is not missing."""
        cells = self.column(name)
        return [row for row in rows if cells[row] is not None] if None in cells else rows

    def take(self, name: str, rows: Sequence[int]) -> Column:
        """Some cells of a column, the rows counted from this table's first."""
        column = self.column(name)
        if rows == range(self.rows):
            return column
        cells = itemgetter(*rows)(column) if len(rows) > 1 else [column[row] for row in rows]
        return array("d", cells) if isinstance(column, array) else list(cells)

    def in_numbers(self) -> Table:
        """The same with columns of numbers alone as flat buffers, an eighth as large as texts.

        What the texts were is not kept, so this is for a table that is read for good.

        Example:
            >>> Table(("x", "y"), (["1", "2"], ["a", "b"]), "two rows").in_numbers().columns
            (array('d', [1.0, 2.0]), ['a', 'b'])
        """
        readings = self.readings or {}
        columns = {
            name: column
            if name in readings and readings[name].kind == "code"
            else finite_numbers(column) or column
            for name, column in zip(self.names, self.columns, strict=True)
            if not isinstance(column, memoryview)
        }
        texts = {n: text for n, text in self.texts.items() if not isinstance(columns[n], array)}
        return replace(self, columns=tuple(map(columns.get, self.names, self.columns)), texts=texts)

    def places(self, rows: Sequence[int]) -> Places:
        """Where in the source rows stand, counted from this table's first."""
        own = self.numbers
        numbers = [self.first_row + row if own is None else own[row] for row in rows]
        return Places(numbers, None if self.lines is None else [self.lines[row] for row in rows])

    def __repr__(self) -> str:
        return f"<table {self.source}: {self.rows} rows of {len(self.names)} columns>"

    def index(self, name: str) -> int:
        """The position of a column, counted from 0."""
        if isinstance(name, str) and name.strip() in self._index:
            return self._index[name.strip()]
        raise DataError(
            f"{self.source} has no column {shown(name)}{closest(name, self.names)}; "
            f"it has {listed(self.names)}"
        )


def from_columns(columns: Mapping[str, Column], *, source: str, target: str | None = None) -> Table:
    """A table of columns that are in memory, fingerprinted by what they hold.

    Example:
        >>> from_columns({"x": [1.0], "y": ["a"]}, source="one row").names
        ('x', 'y')
    """
    digest = hashlib.sha256()
    for name, column in columns.items():
        digest.update(repr(name).encode())
        digest.update(column if isinstance(column, array) else repr(list(column)).encode())
    return Table(tuple(columns), tuple(columns.values()), source, digest.hexdigest(), target=target)


def is_pandas_index(name: str) -> bool:
    """Whether a column is not a frame's own, but the index that pandas stores beside them.

    Example:
        >>> is_pandas_index("__index_level_0__"), is_pandas_index("index")
        (True, False)
    """
    return _PANDAS_INDEX.fullmatch(name) is not None


def check_names(names: Sequence[str], source: str) -> None:
    """Refuse two columns of one name, and a name that no screen holds."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    for name in names:
        if len(name) > _LONGEST_NAME:
            raise DataError(
                f"{source} has a column whose name, {shortened(name)!r}, is {len(name):,} "
                f"characters long: give it one of at most {_LONGEST_NAME}"
            )
    if twice:
        raise DataError(
            f"{source} has more than one column named {listed([n or '(no name)' for n in twice])}: "
            "give each column its own name"
            + ("; if its first line is a row, put a header above it" if like_a_row(names) else "")
        )


def like_a_row(names: Sequence[str]) -> bool:
    """Whether the names look like values: half are numbers, and not evenly spaced.

    Example:
        >>> like_a_row(["5.1", "3.5", "setosa"]), like_a_row(["0", "1", "2", "label"])
        (True, False)
    """
    numbers = sorted(number for name in names if (number := parse_number(name)) is not None)
    steps = {after - before for before, after in pairwise(numbers)}
    counting = 0 not in steps and len(steps) <= 1 and all(map(float.is_integer, numbers))
    return 2 * len(numbers) >= len(names) and not counting
