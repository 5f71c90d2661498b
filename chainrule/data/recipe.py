"""The recipe: what was learned from the training rows about turning a table into numbers.

It is kept with the model, so that every later row meets the same treatment.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from chainrule.data.cells import Column, Places, parse_number
from chainrule.data.column_choice import ColumnChoice
from chainrule.data.column_reading import ColumnReading
from chainrule.data.column_statistics import ColumnStatistics, update_statistics
from chainrule.data.encoders import Categories, Dates, Encoder, LeftOut, Numbers, Pixels
from chainrule.data.examples import Examples
from chainrule.data.table import Table, like_a_row
from chainrule.data.table_survey import read_table
from chainrule.data.target import Classes, Quantity, Target, learn_target
from chainrule.data.unlike import unlike_training
from chainrule.errors import DataError
from chainrule.records import from_record
from chainrule.words import listed, plural, set_apart

_FEW_COLUMNS = 5
"""Of so many columns of categories each gets a line of its own."""


@dataclass(frozen=True)
class Recipe:
    """An encoder for each column, and what is predicted.

    Args:
        encoders: One for each column of the training table but the target, in order.
        target: What is predicted, and how it is numbered or scaled.
        source: The name of the training table.
        sha256: Its fingerprint.
        rows: How many rows it was learned from.
        without_target: How many rows were left out because they have no target.
        assumed: Whether the target is the last column only because none was named.
        weight_column: The column that says how much each row counts, if there is one.
        readings: How the texts of columns are read; None lets each table decide for itself.
    """

    encoders: tuple[Encoder, ...]
    target: Target
    source: str
    sha256: str
    rows: int
    without_target: int = 0
    assumed: bool = False
    weight_column: str | None = None
    readings: Mapping[str, ColumnReading] | None = None

    def __post_init__(self) -> None:
        """Take spaces around names off, as tables do; recipes of earlier releases may hold some."""
        without = {
            "encoders": tuple(replace(each, column=each.column.strip()) for each in self.encoders),
            "target": replace(self.target, column=self.target.column.strip()),
            "weight_column": self.weight_column and self.weight_column.strip(),
            "readings": self.readings and {n.strip(): r for n, r in self.readings.items()},
        }
        for name, value in without.items():
            object.__setattr__(self, name, value)

    @classmethod
    def learn(
        cls, table: Table, choice: ColumnChoice | None = None, rows: Sequence[int] | None = None
    ) -> Recipe:
        """Learn the recipe from a table, or from some of its rows.

        Numbers are standardised, categories one-hot encoded. Missing numbers are filled with the
        mean and marked in a feature of their own; missing categories are a category. Columns that
        never change, or whose text differs in every row, are left out.

        Args:
            table: The table.
            choice: What is said of its columns, if anything is.
            rows: The positions to learn from, so that held-out rows stay unseen; None means all.

        Returns:
            The recipe.

        Raises:
            DataError: If a column is unknown, the target has one value, a text stands where a
                number must be, or two features would have one name.

        Example:
            >>> from chainrule.data.builtin import load
            >>> recipe = Recipe.learn(load("iris"))
            >>> recipe.task, recipe.feature_names[:2]
            ('multiclass', ('sepal_length', 'sepal_width'))
        """
        choice = choice or ColumnChoice(table)
        statistics = choice.statistics(table.names)
        update_statistics(statistics, table, choice.target, rows)
        return cls.from_statistics(statistics, table, choice)

    @classmethod
    def from_statistics(
        cls, statistics: Sequence[ColumnStatistics], table: Table, choice: ColumnChoice
    ) -> Recipe:
        """The recipe for columns whose statistics are known, as `learn` does."""
        (target,) = (seen for seen in statistics if seen.name == choice.target)
        predicted = learn_target(target, choice.task)
        encoders = choice.encoders(statistics, table.pixel_maximum)
        names = Counter(name for encoder in encoders for name in encoder.names)
        if twice := [name for name, count in names.items() if count > 1]:
            raise DataError(
                f"{table.source} would give more than one feature named {listed(twice)}: rename "
                "one of the columns that they come from"
            )
        if not names:
            raise DataError(
                f"{table.source} has no column to predict {choice.target} from: "
                + "; ".join(encoder.describe().removesuffix(".") for encoder in encoders)
            )
        return cls(
            encoders=encoders,
            target=predicted,
            source=table.source,
            sha256=table.sha256,
            rows=target.present,
            without_target=target.missing,
            assumed=choice.assumed,
            readings=dict(table.readings or {}),
        )

    @property
    def task(self) -> str:
        """`"binary"`, `"multiclass"` or `"regression"`."""
        return self.target.task

    @property
    def feature_names(self) -> tuple[str, ...]:
        """A name for each feature, in order."""
        return tuple(name for encoder in self.encoders for name in encoder.names)

    @property
    def feature_columns(self) -> tuple[str, ...]:
        """The column that each feature comes from, in order."""
        return tuple(encoder.column for encoder in self.encoders for _ in encoder.names)

    @property
    def scales(self) -> tuple[tuple[float, float], ...]:
        """For each feature the factor and the offset that lead back to its column's own unit."""
        return tuple(
            (encoder.maximum, 0.0)
            if isinstance(encoder, Pixels)
            else (encoder.deviation, encoder.mean)
            if isinstance(encoder, Numbers) and name == encoder.column
            else (1.0, 0.0)
            for encoder in self.encoders
            for name in encoder.names
        )

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes' names in order of their index; empty for regression."""
        return self.target.levels if isinstance(self.target, Classes) else ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a table must have, the target aside."""
        return tuple(e.column for e in self.encoders if not isinstance(e, LeftOut))

    def reading(self, name: str) -> ColumnReading:
        """How a column's texts are read."""
        return (self.readings or {}).get(name, ColumnReading())

    def apply(self, table: Table, rows: Sequence[int] | None = None) -> Examples:
        """The examples of a table, or of some of its rows.

        Rows without a target, or of weight 0, are left out and counted in the notes. Where the
        column of weights is not there, every row counts the same.

        Args:
            table: A table with the recipe's columns.
            rows: The positions to use; None means all.

        Returns:
            The examples.

        Raises:
            DataError: If a column is missing, or a cell does not fit the recipe.
        """
        table = self.read(table, (*self.columns, self.target.column))
        weights = None
        if self.weight_column in table.names:
            weights = table.weights(self.weight_column)
            table = table.where_it_counts(self.target.column, weights)
        wanted = range(table.rows) if rows is None else rows
        with_target = table.that_have(self.target.column, wanted)
        left_out = len(wanted) - len(with_target)
        examples = self._examples(table, with_target, self._absent(left_out))
        own = table.take(self.target.column, with_target)
        y = self.target.encode(own, table.places(with_target))
        counts = None if weights is None else array("d", [weights[row] for row in with_target])
        return replace(examples, y=y, weights=counts)

    def features_only(self, table: Table) -> Examples:
        """The examples of a table whose target is absent or of no concern.

        Raises:
            DataError: If a column is missing, or a cell does not fit the recipe.
        """
        table = self.read(table, self.columns)
        return self._examples(table, range(table.rows), [])

    def targets_only(self, values: Column) -> Sequence[float]:
        """A target's cells as its class indices, or scaled, shape `(rows,)`.

        Raises:
            DataError: If a cell is missing or does not fit the recipe.
        """
        values = self.reading(self.target.column).read(values, frozenset())
        if None in values:
            raise DataError(
                f"target {self.target.column}, row {list(values).index(None)} is missing: leave "
                "the row out"
            )
        return self.target.encode(values, Places(range(len(values))))

    def restore(self, predictions: Sequence[float]) -> list[float]:
        """A regression's predictions in the units of the target's column."""
        if isinstance(self.target, Quantity):
            return self.target.restore(predictions)
        return list(predictions)

    def _absent(self, count: int) -> list[str]:
        """That rows were left out, in a sentence, if there are any."""
        if not count:
            return []
        words = self.reading(self.target.column).missing
        named = f"({listed(list(map(repr, words)))}) " if words else ""
        weight = "or of weight 0 " if self.weight_column else ""
        return [f"{plural(count, 'row')} without {self.target.column} {named}{weight}left out."]

    def read(self, table: Table, needed: Sequence[str] = ()) -> Table:
        """Read a table's texts as those of training were, whatever it proves by itself.

        Raises:
            DataError: If it lacks some of the columns that are needed.
        """
        own_names, table = table.names, self.with_capitals(table)
        names = set(table.names)
        if absent := [name for name in needed if name not in names]:
            raise DataError(
                f"{table.source} has no column{'s' * (len(absent) > 1)} {listed(absent)}, "
                f"which the recipe learned from {self.source} needs; it has {listed(own_names)}: "
                + (
                    "to predict rows without it, give them to `predict`"
                    if absent == [self.target.column]
                    else "give a table with the columns of training"
                )
            )
        if self.readings is None or table.readings == self.readings:
            return table
        return read_table(table, readings=self.readings)

    def with_capitals(self, table: Table) -> Table:
        """A table with the names of training where its own differ in capitals alone."""
        weights = [self.weight_column] if self.weight_column else []
        return table.with_capitals_of([*self.columns, self.target.column, *weights])

    def unlike(
        self,
        encoder: Encoder,
        table: Table,
        scaled: Sequence[float],
        rows: Sequence[int] | None = None,
    ) -> Iterator[tuple[int, str]]:
        """Yield the places of a column's cells that are unlike all of training, and how.

        Args:
            encoder: The column's.
            table: The table, read.
            scaled: The column's first feature.
            rows: Which rows of the table; None means all.
        """
        name, rows = encoder.column, range(table.rows) if rows is None else rows
        values, texts = table.take(name, rows), table.texts.get(name)
        written = [] if texts is None else [texts[row] for row in rows]
        return unlike_training(encoder, self.reading(name), self.rows, values, written, scaled)

    def _examples(self, table: Table, rows: Sequence[int], notes: list[str]) -> Examples:
        """The examples of some rows, without what is to be predicted."""
        places = table.places(rows)
        width = len(self.feature_names)
        x: array[float] = array("d", bytes(8 * len(rows) * width))
        place = 0
        for encoder in self.encoders:
            if isinstance(encoder, LeftOut):
                continue
            try:
                features, said = encoder.encode(table.take(encoder.column, rows), places)
            except DataError as error:
                unit = self.reading(encoder.column).unit
                had = f"; training had the unit {unit}" if unit else ""
                raise DataError(f"{error}{had}") from None
            notes += said
            if unlike := list(self.unlike(encoder, table, features[0], rows)):
                first, what = unlike[0]
                rows_of_it = len(dict(unlike))
                more = f"; {rows_of_it:,} rows are unlike training there" if rows_of_it > 1 else ""
                notes.append(f"{places[first]}: {encoder.column} {what}{more}.")
            for feature in features:
                x[place::width] = feature
                place += 1
        return Examples(
            x=x,
            shape=(len(rows), width),
            y=None,
            feature_names=self.feature_names,
            row_numbers=places.rows,
            target_name=self.target.column,
            class_names=self.class_names,
            task=self.target.task,
            notes=(*table.below, *notes),
        )

    def describe(self) -> list[str]:
        """What is done with the table, a sentence for each thing worth knowing.

        Example:
            >>> from chainrule.data.builtin import load
            >>> for sentence in Recipe.learn(load("iris")).describe():
            ...     print(sentence)
            target species: 3 classes (setosa 50, versicolor 50, virginica 50).
            4 number columns standardised: sepal_length, sepal_width, petal_length, petal_width.
        """
        return list(self._sentences())

    def _sentences(self) -> Iterator[str]:
        column = self.target.column
        yield self.target.describe()
        yield from self._of_header()
        if self.assumed:
            yield f"{column} is predicted, because no target was named and it comes last."
        if self.weight_column:
            yield f"{self.weight_column}: it says how much each row counts."
        yield from self._absent(self.without_target)
        as_dates = (e for e in self.encoders if isinstance(e, Dates))
        dates = {e.column: e.become for e in as_dates if self.reading(e.column).kind == "date"}
        for name in (column, *self.columns):
            if said := self.reading(name).describe(name, dates.get(name, "")):
                yield said
        yield from _of_numbers([e for e in self.encoders if isinstance(e, Numbers)])
        if pixels := [e for e in self.encoders if isinstance(e, Pixels)]:
            yield f"{plural(len(pixels), 'pixel')} divided by {pixels[0].maximum:g}."
        usual = [e for e in self.encoders if isinstance(e, Categories) and not e.unusual]
        if together := usual if len(usual) > _FEW_COLUMNS else []:
            columns = listed([f"{set_apart(e.column)} ({len(e.levels)})" for e in together])
            yield f"{len(together)} columns of categories one-hot encoded: {columns}."
        told = {self.weight_column, *dates, *(e.column for e in together)}
        yield from _of_each([e for e in self.encoders if e.column not in told])

    def _of_header(self) -> Iterator[str]:
        """A warning where the names of the columns look like a row of the table."""
        names = [self.target.column, *(encoder.column for encoder in self.encoders)]
        numbers = [name for name in names if parse_number(name) is not None]
        levels = {e.column: e.levels for e in self.encoders if isinstance(e, Categories)}
        levels[self.target.column] = self.class_names
        if like_a_row(names) or (numbers and any(name in levels.get(name, ()) for name in names)):
            yield (
                f"Names of columns are numbers, such as {numbers[0]}: if they are the first row, "
                "give --no-header, or put a header above it."
            )

    def to_dict(self) -> dict[str, Any]:
        """The recipe as plain values that JSON can hold."""
        return vars(self) | {
            "encoders": [{"kind": each.kind, **asdict(each)} for each in self.encoders],
            "target": {"kind": self.target.kind, **asdict(self.target)},
            "readings": None
            if self.readings is None
            else {name: reading.to_dict() for name, reading in self.readings.items()},
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Recipe:
        """The recipe that `to_dict` has written.

        Raises:
            ModelFileError: If the record lacks something or holds something else.
        """
        return from_record(cls, record, "recipe")


def _of_numbers(numbers: Sequence[Numbers]) -> Iterator[str]:
    """What becomes of all columns of numbers alike."""
    if numbers:
        columns = listed([e.column for e in numbers])
        yield f"{plural(len(numbers), 'number column')} standardised: {columns}."
    if laid_out := [e for e in numbers if e.edges]:
        yield (
            f"{plural(len(laid_out), 'number column')} also laid out in up to "
            f"{max(len(e.edges) for e in laid_out) - 1} parts with about the same number of "
            "rows each: inputs that rise from 0 to 1 across a part."
        )


def _of_each(encoders: Sequence[Encoder]) -> Iterator[str]:
    """What becomes of each column; of those that are left out for one reason in one sentence."""
    alike: dict[str, list[str]] = {}
    for encoder in encoders:
        if isinstance(encoder, LeftOut):
            alike.setdefault(encoder.reason, []).append(encoder.column)
    for encoder in encoders:
        if not isinstance(encoder, LeftOut):
            yield from filter(None, [encoder.describe()])
        elif encoder.reason in alike:
            yield encoder.describe(alike.pop(encoder.reason))
