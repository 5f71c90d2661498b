"""CSV files with a header, in whatever encoding, read whole or a chunk of rows at a time."""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from sys import intern
from typing import Any, BinaryIO

from chainrule.data.cells import MISSING, Column, is_zero, joined, parse_number
from chainrule.data.encoding import in_utf8
from chainrule.data.files import Opener, open_bytes, sha256
from chainrule.data.reading_options import ReadingOptions, reading_options
from chainrule.data.table import Table, check_names
from chainrule.data.table_survey import TableSurvey, read_table
from chainrule.data.written_numbers import parts_of
from chainrule.errors import DataError
from chainrule.words import plural, shortened

DELIMITERS = "\t;|,"
"""In this order: commas also stand within names, numbers and prose."""

_SAMPLE = 20
_FEWEST_BLANKS = 2
"""Where so many cells beside a text are empty, it is a note, and no cell that was mistyped."""
_CELLS_AT_ONCE = 500_000
_SINGLE_QUOTES = re.compile(r"\ufeff?'[^']*'(?:\s*[\t;|,]\s*'[^']*')+\s*")
"""A header whose names stand in single quotes."""
_QUOTED_WITHIN = re.compile(rb'[\t;|,] +"(?![\t;|,"])[^"\r\n]*"(?! *[\t;|,\r\n]|")')
"""A cell that begins with a space and a word in quotes, and goes on behind it."""
_SPACE_BEHIND = {
    mark: re.compile(rf'(?<=[^\t;|,"\s]") +(?=[{mark}\r\n])') for mark in (*DELIMITERS, "")
}
"""Spaces between the quote that ends a cell and the next mark, or the line's end."""
_NOTE = re.compile(r"(?=.*[^\W\d_]).*\s", re.DOTALL)
"""Several words: alone below a table they are a note and no row that was cut off."""
_OF_ROWS = re.compile(r"(?:.*[\W_])?(?:id|nr|no|n|number|index|row|name)\.?|#", re.IGNORECASE)
"""A name of what counts or names the rows, to which R gives none."""
_SEPARATOR = re.compile(r"sep=([^\r\n])\r?\n?", re.IGNORECASE)


def read_csv(path: str | Path, *, options: ReadingOptions | None = None) -> Table:
    r"""Read a CSV file with a header into a table.

    The delimiter is the first of tab, `;`, `|`, `,` that divides the first records into equally
    many cells, two at least; where none does, whichever splits the header into most names, or
    spaces; a first line such as `sep=;` decides it. The text is UTF-8, plain or gzip, or what its
    bytes show it to be: UTF-16, Windows-1252; lines of spaces alone are passed over. How numbers
    and dates are written is decided for each column by all of its rows.

    Args:
        path: The file.
        options: What the user says of how the file is written.

    Returns:
        The table, every cell a text, or None where a value is missing.

    Raises:
        DataError: If the file is missing, empty, has a header only, is not a text, has two columns
            of one name or rows of different length, a quote that is never closed, or a column of
            numbers written in two ways.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "two.csv"
        >>> _ = path.write_text("size;colour\n1.5;red\n;blue\n")
        >>> read_csv(path).columns
        (['1.5', None], ['red', 'blue'])
    """
    path = Path(path)
    file = CsvFile(path, options=options)
    rows = max(_CELLS_AT_ONCE // len(file.names), 1)
    with closing(file.chunks(rows)) as chunks:
        tables = (table for _, table in chunks)
        first = replace(next(tables), sha256=sha256(path))
        if first.rows < rows:
            return read_table(first, options)
        return _in_parts(file, rows, first, tables, options)


def _in_parts(
    file: CsvFile, rows: int, first: Table, others: Iterator[Table], options: ReadingOptions | None
) -> Table:
    """A long file's table: plain numbers are kept as floats, part by part, an eighth as large."""
    survey = TableSurvey(first, options)
    parts: list[list[Column]] = [[] for _ in first.names]
    as_texts, as_numbers = set[str](), set[str]()
    lines: list[int] = []
    for table in chain([first], others):
        lines += table.lines or ()
        for column, part, texts in zip(survey.columns, parts, table.columns, strict=True):
            cells = column.update(texts, table.words)
            (as_texts if cells is None else as_numbers).add(column.name)
            part.append(list(map(intern, map(str, texts))) if cells is None else cells)
    readings, notes = survey.readings(), (*first.notes, *survey.notes())
    plain = {n for n in first.names if n not in readings or readings[n].plain}
    if again := as_numbers & (as_texts | set(first.names).difference(plain)):
        for name in again:
            parts[first.index(name)].clear()
        for _, table in file.chunks(rows):
            for name in again:
                parts[first.index(name)].append(table.column(name))
    columns = tuple(map(joined, parts))
    raw = replace(first, columns=columns, lines=lines, notes=notes, below=file.below)
    return read_table(raw, readings=readings)


class CsvFile:
    """A CSV file whose rows are read a chunk at a time, in order or from a known place on.

    Args:
        path: The file.
        opener: What opens it, again for every chunk.
        options: What the user says of how the file is written.
        weight_column: The column whose zeros say that a row is to be passed over.

    Raises:
        DataError: As `read_csv`.

    Attributes:
        files: The file, alone.
        rows: How many rows `chunks` has read, with those passed over.
        below: A sentence on the note that stands below the last of them, if there is one.
    """

    def __init__(
        self,
        path: str | Path,
        opener: Opener = open_bytes,
        options: ReadingOptions | None = None,
        weight_column: str | None = None,
    ) -> None:
        """Read the header: the names, the delimiter, and the byte at which the rows begin."""
        self.path, self._options = Path(path), reading_options(options)
        self.files: tuple[Path, ...] = (self.path,)
        self.below: tuple[str, ...] = ()
        self._open, self.notes = in_utf8(self.path, opener, self._options.encoding)
        with self._open(self.path) as file:
            self._start = self._lines_before = self._line = 0
            separator = self._separator(file)
            self._marks = self._choose_marks(file, separator)
            head = self._head(file, self._marks)
            by_spaces = self._marks["delimiter"] == " " != separator
            self._labels_have_spaces = by_spaces and self._numbers_end(head)
            if by_spaces:
                self.notes += (f"{self.path.name} is read with spaces between its cells.",)
            file.seek(self._start)
            if next(self._records(file), None) is None:
                raise DataError(f"{self.path.name} holds blank lines only: give a header and rows")
            named = self._options.header
            self._body = file.tell() if named else self._start
            self._read_before = {self._body: (self._line if named else self._lines_before, 0)}
            self.names, self.nameless = self._name(file, *head)
        self.rows = 0
        check_names(self.names, self.path.name)
        self._weighs = self.names.index(weight_column) if weight_column in self.names else None

    def _name(
        self, file: BinaryIO, header: list[str], *rows: list[str]
    ) -> tuple[tuple[str, ...], frozenset[str]]:
        """A name for each column, and which names are places, because the header gives none.

        The first column may stay without one: it labels the rows.
        """
        if not self._options.header:
            return tuple(f"column{n}" for n in range(1, len(header) + 1)), frozenset()
        names = [name.strip() for name in header]
        places = [n for n, name in enumerate(names) if n and not name]
        one_more = all(names) and set(map(len, rows)) == {len(names) + 1}
        if self._labels_have_spaces or (one_more and self._names_rows(file, names[0], rows)):
            said = "has one name less than columns: the first names the rows, as R writes them"
            self.notes += (f"{self.path.name} {said}.",)
            return ("", *names), frozenset()
        while places and rows and max(map(len, rows)) < len(names) == places[-1] + 1:
            names.pop(places.pop())  # a mark at the header's end alone
        if 2 * len(places) >= len(names) and any(
            "".join(row[n : n + 1]).strip() for row in rows for n in places
        ):
            raise DataError(
                f"{self.path.name}, line {self._line}: the header has "
                f"{plural(sum(map(bool, names)), 'name')} for {len(names)} columns: give each "
                "column its own name; if titles stand above the header, take them out"
            )
        for n in places:
            names[n] = f"column{n + 1}"
        return tuple(names), frozenset(names[n] for n in places)

    def _names_rows(self, file: BinaryIO, name: str, rows: Sequence[list[str]]) -> bool:
        """Whether the first rows begin with a name each that R has written there, under no name.

        Such are quoted texts, each another, beside a header that begins with one, or numbers that
        count from 1; not so where a comma divides cells, which may stand within one, or the first
        name tells of such numbers. What is empty in the rows may be a mark at the line's end.
        """
        file.seek(self._start)
        lines = list(islice(filter(str.strip, self._lines(file)), _SAMPLE + 1))
        starts = {line.split('"')[1] for line in lines if line.startswith('"')}
        ends = [bool(row[-1].strip()) for row in rows]
        if len(starts) == len(lines):
            return any(ends)
        if self._marks["delimiter"] == "," or _OF_ROWS.fullmatch(name):
            return False
        return all(ends) and all(row[0] == str(n) for n, row in enumerate(rows, 1))

    def _numbers_end(self, head: list[list[str]]) -> bool:
        """Whether spaces divide words from as many numbers as there are names, in all first rows.

        So R writes numbers beside names of rows such as `Mazda RX4`, each another, unquoted.
        """
        names, *rows = head
        width = len(names)
        if not self._options.header or width < 2 or min(map(len, rows), default=0) <= width:
            return False
        numbers = [cell for row in rows for cell in row[-width:] if cell != "NA"]
        words = [word.replace(",", ".") for word in (*names, *(row[0] for row in rows))]
        return (
            all(names)
            and not _OF_ROWS.fullmatch(names[0])
            and 1 < len(rows) == len({tuple(row[:-width]) for row in rows})
            and None not in map(parse_number, numbers)
            and not any(parse_number(word) is not None for word in words)
        )

    def chunks(self, rows: int) -> Generator[tuple[int, Table]]:
        """Yield the byte at which each chunk starts and the chunk: a table of up to `rows` rows.

        The file stays open until the last one, or `close`.
        """
        with self._open(self.path) as file:
            start = file.seek(self._body)
            records = self._that_count(file, start)
            while taken := list(islice(records, rows)):
                yield start, self._table(taken)
                start = file.tell()
                self._read_before[start] = self._line, self.rows
        if self.rows == 0:
            raise DataError(f"{self.path.name} has a header and no rows: give some rows below it")

    def chunk_at(self, start: int, rows: int) -> Table:
        """The chunk that starts at a byte which `chunks` has named."""
        with self._open(self.path) as file:
            file.seek(start)
            taken = list(islice(self._that_count(file, start), rows))
        if not taken:
            raise self._changed()
        return self._table(taken)

    def typical_bytes(self, count: int) -> int:
        """The mean length of the header and of the first rows, so many lines together."""
        with self._open(self.path) as file:
            start = file.seek(self._body)
            some = islice(self._that_count(file, start), count - 1)
            sizes = [start, *(sum(map(len, record)) + len(record) for _, _, record in some)]
        return sum(sizes) // len(sizes)

    def _that_count(self, file: BinaryIO, start: int) -> Iterator[tuple[int, int, list[str]]]:
        """Yield number, line and cells of each row from a byte on, but for those of weight 0."""
        before, self.rows = self._read_before[start]
        weighs, width = self._weighs, len(self.names)
        ends = self.names[-1] not in self.nameless  # else the header has the mark at its end, too
        above: list[str] = []
        for line, record in self._records(file, before):
            whole = not self.rows or (len(record) > 1 and record[-1].strip())
            if not whole and self._is_note(file, line, record, above):
                return
            if self._labels_have_spaces and len(record) > width:
                record = [" ".join(record[: 1 - width]), *record[1 - width :]]
            if len(record) > width and ends and not any(map(str.strip, record[width:])):
                record = record[:width]  # a mark at the line's end alone
            number, self.rows, above = self.rows, self.rows + 1, record
            if weighs is None or len(record) != width or not is_zero(record[weighs].strip()):
                yield number, line, record

    def _is_note(self, file: BinaryIO, line: int, record: list[str], above: list[str]) -> bool:
        """Whether a record is a note below the table, which is told: words that stand alone.

        Beside blank cells they are one where a number stands above them, and none where they mean
        a missing value. Below, more may follow, but no row.
        """
        cells, width = _filled(record), len(self.names)
        if len(cells) != 1 or width <= (1 if len(record) == 1 else _FEWEST_BLANKS):
            return False
        ((place, cell),) = cells.items()
        number = parts_of(_filled(above).get(place, "")) and not parts_of(cell)
        missing = cell in MISSING or cell in self._options.missing
        if not (_NOTE.match(cell) if len(record) == 1 else number and not missing):
            return False
        here, own_line = file.tell(), self._line
        lines = [line]
        for at, other in self._records(file, own_line):
            filled = _filled(other)
            if len(filled) > 1 or (len(other) > 1 and any(map(parts_of, filled.values()))):
                self._line = own_line
                file.seek(here)
                return False
            lines += [at] * len(filled)
        held, end = shortened(repr(cell)), "below the table, and"
        told = f"line {line} holds {held} {end} is no row."
        if more := len(lines) - 1:
            also = plural(more, "more note")
            told = f"lines {line} to {lines[-1]} hold {held} and {also} {end} are no rows."
        self.below = (told,)
        return True

    def _table(self, numbered: list[tuple[int, int, list[str]]]) -> Table:
        numbers, lines, records = zip(*numbered, strict=True)
        if set(map(len, records)) != {len(self.names)}:
            raise self._ragged(numbered)
        columns = tuple(list(map(str.strip, column)) for column in zip(*records, strict=True))
        return Table(
            self.names,
            columns,
            self.path.name,
            first_row=numbers[0],
            numbers=None if numbers[-1] - numbers[0] < len(numbers) else numbers,
            words=MISSING,
            between=self._marks["delimiter"],
            notes=self.notes,
            below=self.below,
            lines=lines,
            nameless=self.nameless,
        )

    def _separator(self, file: BinaryIO) -> str | None:
        """The delimiter that a first line such as `sep=;` names, and pass over that line."""
        if named := _SEPARATOR.fullmatch(next(self._lines(file), "")):
            self._start, self._lines_before = file.tell(), 1
        return named and named[1]

    def _choose_marks(self, file: BinaryIO, separator: str | None) -> Mapping[str, Any]:
        """How cells are quoted, and what divides them: what gives most records the header's width.

        A quote behind a space is part of the cell where it does not close as one that quotes it,
        anywhere in the file.
        """
        file.seek(self._start)
        single = _SINGLE_QUOTES.fullmatch(next(self._lines(file), ""))
        within = any(b' "' in line and _QUOTED_WITHIN.search(line) for line in file)
        ways = [("'", True)] * bool(single) + [('"', True)] * (not within) + [('"', False)]
        found = []
        for quote, spaced in ways:
            marks = {"quotechar": quote, "strict": True}
            marks["skipinitialspace"] = spaced and separator != " "
            marks["delimiter"] = separator or self._choose_delimiter(file, marks)
            widths = list(map(len, self._head(file, marks)))
            found.append((len(set(widths)) == 1, widths[0] > 1, widths.count(widths[0]), marks))
        return max(found, key=lambda way: way[:3])[-1]

    def _choose_delimiter(self, file: BinaryIO, quotes: Mapping[str, Any]) -> str:
        """The mark that divides the first records evenly, or else the header most."""
        heads = ((mark, self._head(file, {**quotes, "delimiter": mark})) for mark in DELIMITERS)
        widths = {mark: list(map(len, head)) for mark, head in heads}
        for mark, wide in widths.items():
            if len(set(wide)) == 1 and wide[0] > 1:
                return mark
        if max(wide[0] for wide in widths.values()) < 2:
            names, *rows = head = self._head(file, {**quotes, "delimiter": " "})
            file.seek(self._start)
            alone = next(self._lines(file), "").strip().casefold()
            known = alone in map(str.casefold, self._options.names)
            # One name behind spaces is that of a second column only where rows begin at once.
            several = sum(map(bool, names)) > 1 or any("".join(row[:1]) for row in rows)
            more = {len(row) - len(names) for row in rows}
            evenly = several and len(names) > 1 and more in ({0}, {1})
            if not known and (evenly or self._numbers_end(head)):
                return " "
        # Below a title most rows are equally wide where the right mark divides them.
        alike = {m: w[-1] > 1 and 2 * w.count(w[-1]) > len(w) for m, w in widths.items()}
        return max(reversed(widths), key=lambda mark: (widths[mark][0], alike[mark]))

    def _head(self, file: BinaryIO, marks: Mapping[str, Any]) -> list[list[str]]:
        """The first records as marks divide them; an empty one stands where they cannot."""
        file.seek(self._start)
        records: list[list[str]] = []
        try:  # an error keeps those before it
            reader = csv.reader(self._lines(file, marks), **marks)
            records.extend(islice(filter(_holds_something, reader), _SAMPLE))
        except csv.Error:
            # With the marks that are chosen the file is read again, and the error then told.
            records.append([])
        return records or [[]]

    def _lines(self, file: BinaryIO, marks: Mapping[str, Any] | None = None) -> Iterator[str]:
        """Yield decoded lines, never reading ahead of the line that is asked for.

        Marks say which spaces are no part of a cell.
        """
        spaces = None
        if marks and marks["quotechar"] == '"':
            spaces = _SPACE_BEHIND.get(marks["delimiter"], _SPACE_BEHIND[""])
        try:
            while line := file.readline():
                text = line.decode("utf-8")
                if text.isspace() and not text.strip(" \r\n"):
                    text = text.lstrip(" ")  # a line of spaces is blank, and no cell of them
                if spaces and '" ' in text:
                    text = spaces.sub("", text)
                yield text.removeprefix("\ufeff") if file.tell() == len(line) else text
        except UnicodeDecodeError:  # the bytes were all looked at when the encoding was told
            raise self._changed() from None

    def _records(
        self, file: BinaryIO, before: int | None = None
    ) -> Iterator[tuple[int, list[str]]]:
        """Yield the line on which each record that is not blank begins, and its cells.

        Args:
            file: The file, at the end of a record.
            before: How many lines have been read; those of the separator's line if left out.
        """
        before = self._lines_before if before is None else before
        reader = csv.reader(self._lines(file, self._marks), **self._marks)
        try:
            begins = before + 1
            for record in reader:
                self._line = before + reader.line_num
                if _holds_something(record):
                    yield begins, record
                begins = self._line + 1
        except csv.Error as error:
            raise self._unreadable(error, before + reader.line_num) from None

    def _unreadable(self, error: csv.Error, line: int) -> DataError:
        advice = (
            "look for a quote that is never closed, has a space behind it, or is not written twice "
            "within a cell, or for a mark between cells that is no tab and none of ; | ,"
        )
        if "new-line character" in str(error):
            error = csv.Error("a carriage return stands inside a line")
            advice = "save the file with the line ends of Unix or Windows"
        return DataError(
            f"{self.path.name} cannot be read as CSV near its line {line} ({error}): {advice}"
        )

    def _ragged(self, numbered: list[tuple[int, int, list[str]]]) -> DataError:
        """The error for the first of some rows that has more or fewer cells than the header."""
        width, first = len(self.names), self.names[0]
        line, count = next((n, len(record)) for _, n, record in numbered if len(record) != width)
        all_alike = {len(record) for _, _, record in numbered} == {count}
        advice = ""
        if first.startswith("#") and first != "#":
            advice = ", and no comment above the header"
        elif width == 1 or (all_alike and count > width + 1):
            advice = ", and no title above the header"
        elif all_alike and count > width:
            advice = ", and a name to the first if it names the rows"
        elif count == 1:
            advice = ", or take the line out if it is no row"
        return DataError(
            f"{self.path.name}, line {line}: the header has {plural(width, 'column')} and this "
            f"row has {count}; give every row one cell a column{advice}"
        )

    def _changed(self) -> DataError:
        return DataError(f"{self.path.name} has changed while it was read: try again")


def _filled(record: list[str]) -> dict[int, str]:
    """The cells of a record that hold something, by their places."""
    return {place: cell.strip() for place, cell in enumerate(record) if cell.strip()}


def _holds_something(record: list[str]) -> bool:
    """Whether a record is more than a blank line; a lone `""` is a missing value."""
    return len(record) > 1 or (len(record) == 1 and not record[0].isspace())
