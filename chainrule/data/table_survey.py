"""How a table's texts are read: by readings that are known, or by what all of its rows prove."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chainrule.data.column_reading import ColumnReading
from chainrule.data.column_survey import ColumnSurvey, Neighbours
from chainrule.data.reading_options import ReadingOptions, reading_options
from chainrule.data.table import Table
from chainrule.words import shortened


class TableSurvey:
    """What has been seen so far of the columns of a raw table, or of its parts one by one.

    Args:
        table: The table or its first part, of which nothing is taken in yet.
        options: What the user says of how it is written.

    Attributes:
        columns: The survey of each column.

    Example:
        >>> survey = TableSurvey(Table(("a",), (["1,5", "2"],), "two rows"))
        >>> survey.take(Table(("a",), (["1,5", "2"],), "two rows")).readings()["a"].decimal
        ','
    """

    def __init__(self, table: Table, options: ReadingOptions | None = None) -> None:
        """Start with nothing seen."""
        self._options = options = reading_options(options)
        self._between, self._source, self._target = table.between, table.source, table.predicted
        place = "it goes by its place, as the header has no name for it"
        said = {table.predicted: options.missing + options.ignored}
        self.columns = [
            ColumnSurvey(name, said.get(name, options.missing), place * (name in table.nameless))
            for name in table.names
        ]

    def take(self, table: Table) -> TableSurvey:
        """Take in the table, or a part of it."""
        for survey, values in zip(self.columns, table.columns, strict=True):
            survey.update(values, table.words)
        return self

    def readings(self) -> dict[str, ColumnReading]:
        """How each column is read; what one proves counts for those that prove nothing.

        A word that is to be kept stays a missing value in numbers where a column of texts has it.

        Raises:
            DataError: If a column's numbers are written in two ways.
        """
        proofs = {survey.name: survey.proved for survey in self.columns if survey.proved} or {
            survey.name: mark
            for survey in self.columns
            if (mark := survey.beside_shorts) and (mark, self._between) != (".", ";")
        }
        marks = set(proofs.values())
        others = Neighbours(
            marks.pop() if len(marks) == 1 else "",
            next(iter(proofs), ""),
            frozenset().union(*(survey.divided for survey in self.columns)),
            self._between,
        )
        options = self._options
        in_texts = {word for survey in self.columns if not survey.numeric for word in survey.words}
        of_numbers = replace(options, keep=tuple(set(options.keep) - in_texts))
        readings = {
            survey.name: survey.reading(of_numbers if survey.numeric else options, others)
            for survey in self.columns
        }
        plain = ColumnReading()
        return {n: reading for n, reading in readings.items() if reading != plain or reading.why}

    def notes(self) -> Iterator[str]:
        """A sentence on words that are said to be in the table, and are not."""
        found = {survey.name: survey.found for survey in self.columns}
        for option, words, there, cell in (
            ("--na", self._options.missing, set().union(*found.values()), "cell"),
            ("--ignore-target", self._options.ignored, found.get(self._target), self._target),
        ):
            if absent := [shortened(repr(word)) for word in words if word not in (there or ())]:
                yield f"{option}: {self._source} has no {cell} that is {' or '.join(absent)}."


def read_table(
    table: Table,
    options: ReadingOptions | None = None,
    readings: Mapping[str, ColumnReading] | None = None,
) -> Table:
    """A table whose texts have been read, by readings that are known or by its own proof.

    Raises:
        DataError: If a column's numbers are written in two ways.

    Example:
        >>> raw = Table(("a",), (["1,5", "2,25"],), "two rows")
        >>> read_table(raw).columns
        (['1.5', '2.25'],)
    """
    notes = table.notes
    if readings is None:
        survey = TableSurvey(table, options).take(table)
        readings, notes = survey.readings(), (*notes, *survey.notes())
    plain, columns, texts = ColumnReading(), [], {}
    for name, column in zip(table.names, table.columns, strict=True):
        raw = table.texts.get(name, column)
        columns.append(readings.get(name, plain).read(raw, table.words))
        if columns[-1] is not raw:
            texts[name] = raw
    return replace(table, columns=tuple(columns), texts=texts, readings=dict(readings), notes=notes)
