"""Which column is predicted, and what becomes of each of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chainrule.data.column_statistics import MOST_LEVELS, ColumnStatistics
from chainrule.data.encoders import Categories, Dates, Encoder, LeftOut, Numbers, Pixels, Words
from chainrule.data.table import Table
from chainrule.data.unread import as_type
from chainrule.errors import DataError, OptionError, iterates, shown
from chainrule.words import listed, shortened

_TASKS = {"number": "regression", "category": "classification"}

_ROWS_A_PART = 10
"""With fewer rows to each feature that parts make, a network learns the rows by heart."""

_ENOUGH_FOR_A_QUARTER = 500
"""From so many rows on, a quarter of the parts is better than none; `benchmarks` measures it."""

_MOST_WORDS = 200
"""So many of a column's words become features."""

TYPES = ("number", "category", "date", "text", "ignore")
"""What a user can say that a column holds."""


def column_types(
    types: Mapping[str, str] | None, ignored: str | Iterable[str] = (), *more: str | None
) -> dict[str, str]:
    """What columns hold, by name, and which are no inputs.

    Raises:
        OptionError: If it is not said by name.

    Example:
        >>> column_types({"zip": "category"}, ["id"], "weight")
        {'zip': 'category', 'id': 'ignore', 'weight': 'ignore'}
    """
    if not iterates(ignored):
        raise OptionError(f"ignore names columns, as in ['id', 'name']; found {shown(ignored)}")
    if types is not None and not isinstance(types, Mapping):
        raise OptionError(
            "types names columns and what they hold, as in {'zip': 'category'}; "
            f"found {shown(types)}"
        )
    names = [*([ignored] if isinstance(ignored, str) else ignored), *more]
    return {**(types or {}), **{str(name): "ignore" for name in names if name is not None}}


class ColumnChoice:
    """The target, and the columns to treat in another way than they look.

    Args:
        table: The table, or a chunk of it.
        target: The column to predict; without it the table's own, or else the last one.
        task: `"classification"` or `"regression"` overrules what is recognised.
        types: What columns hold, by name: `"number"`, `"category"`, `"date"`, `"text"` or
            `"ignore"`.
        parts: In how many parts to lay out each column of numbers, beside the number itself, at
            most, and at least half as many, or a quarter from 500 rows on; in none where that
            leaves fewer than ten rows to each part of each column.

    Raises:
        DataError: If a name is not a column of the table, or the target is the only one.
        OptionError: If a type is another word.
    """

    def __init__(
        self,
        table: Table,
        target: str | None = None,
        task: str | None = None,
        *,
        types: Mapping[str, str] | None = None,
        parts: int = 0,
    ) -> None:
        """Check that every name is a column."""
        if len(table.names) == 1:
            spaced = " " in table.names[0]
            advice = "; where cells have spaces in them, a tab or quotes" if spaced else ""
            raise DataError(
                f"{table.source} has no column to predict {target or table.predicted} from: it has "
                f"{shortened(table.names[0])} alone; give a table with more (in a file, a tab, "
                f"; , | or spaces divide them{advice})"
            )
        self.target = table.names[table.index(target or table.predicted)]
        self.assumed = target is None and table.target is None
        self.types = {
            table.names[table.index(name)]: kind for name, kind in column_types(types).items()
        }
        for name, kind in self.types.items():
            if kind not in TYPES:
                raise OptionError(
                    f"{name} is said to be of the type {shown(kind)}; it can be {listed(TYPES)}"
                )
        said = self.types.get(self.target)
        if said == "ignore":
            raise OptionError(
                f"{self.target} is the target, and is to be ignored, or the group or weight of a "
                "row as well: name another column"
            )
        if said not in (None, *_TASKS):
            raise OptionError(
                f"{self.target} is the target, and said to be of the type {said!r}; it can be "
                "number or category"
            )
        self.task = _TASKS.get(said or "") if task is None else task
        self._parts = parts
        self._readings, self._coded = table.readings or {}, table.coded

    def statistics(self, names: Sequence[str]) -> list[ColumnStatistics]:
        """Empty statistics for columns."""
        return [
            ColumnStatistics(
                name,
                self._readings.get(name),
                words=self.types.get(name) == "text",
                coded=name in self._coded,
            )
            for name in names
        ]

    def encoders(
        self, statistics: Sequence[ColumnStatistics], pixel_maximum: float | None
    ) -> tuple[Encoder, ...]:
        """An encoder for each column but the target, as their statistics show them.

        Numbers are laid out in fewer parts than asked for, or none, where each would get few rows.
        """
        (target,) = (seen for seen in statistics if seen.name == self.target)
        inputs = [seen for seen in statistics if seen is not target]
        columns = sum(seen.numeric and not seen.categories_in_numbers for seen in inputs)
        rows = target.present
        parts = min(self._parts, rows // (_ROWS_A_PART * max(columns, 1)))
        least = self._parts / (4 if rows >= _ENOUGH_FOR_A_QUARTER else 2)
        return tuple(
            choose_encoder(
                seen,
                self.types.get(seen.name),
                pixel_maximum=pixel_maximum,
                parts=parts if parts >= least else 0,
                in_blocks=target.in_blocks,
            )
            for seen in inputs
        )


def choose_encoder(
    seen: ColumnStatistics,
    said: str | None = None,
    *,
    pixel_maximum: float | None = None,
    parts: int = 0,
    in_blocks: bool = False,
) -> Encoder:
    """The encoder for a column of which these statistics are known.

    Args:
        seen: The statistics of the training rows.
        said: What the user says that the column holds, one of `TYPES`.
        pixel_maximum: The largest value of a pixel, when the column is one.
        parts: In how many parts to lay out numbers, beside the numbers themselves.
        in_blocks: Whether the rows stand in the order of the classes.

    Raises:
        DataError: If the column holds numbers, and a text or an infinite number among them, and
            nobody says that they are categories; or it is said to hold dates, and does not.
    """
    name = seen.name
    if said == "ignore":
        return LeftOut(name, "you said so")
    if said is None and in_blocks and seen.counts_rows:
        return LeftOut(
            name,
            "it counts the rows, and they stand in the order of the classes; "
            f"{as_type(name, 'number')} uses it",
        )
    if pixel_maximum is not None:
        return Pixels(name, pixel_maximum)
    if seen.present == 0:
        return LeftOut(name, "it holds no values")
    if not name:
        what = "only counts" if seen.counts_rows else "most likely labels"
        return LeftOut(name, f"it {what} the rows; give it a name to use it")
    if said == "category":
        return _categories(seen, seen.all_numbers, said=True)
    if said is None and seen.categories_in_numbers:
        return _categories(seen, numeric=True, said=False)
    if said == "text":
        return _words(seen)
    if said == "date" and seen.reading.kind != "date":
        raise DataError(
            f"column {name} is said to hold dates, and not all of its values can be read as such: "
            "write them as 2024-01-31, or give it another type"
        )
    if seen.reading.kind == "date" and said in (None, "date"):
        first, last, monthly = seen.low_text, seen.high_text, not seen.days_differ
        return Dates(name, first, last, seen.timed, seen.missing, monthly)
    numeric = said == "number" or seen.numeric
    if numeric:
        seen.require_numbers(
            f"correct it, leave it empty, give --na {seen.first_text} to take it for missing, or "
            f"{as_type(name, 'category')}"
        )
    if not numeric or seen.moments.constant:
        return _categories(seen, numeric, said=False)
    if seen.moments.constant_but_for_rounding:
        return LeftOut(name, f"it is {seen.moments.low:.12g} in every row but for rounding")
    edges = seen.quantiles.edges(parts) if parts else ()
    mean, deviation = seen.moments.mean, seen.moments.deviation
    return Numbers(name, mean, deviation, seen.missing, edges if len(edges) > 2 else ())


def _categories(seen: ColumnStatistics, numeric: bool, *, said: bool) -> Encoder:
    """The encoder for a column of categories or of one value."""
    bag_of_words = ""
    if seen.words_come_back:
        bag_of_words = f"; {as_type(seen.name, 'text')} makes a bag of words of it"
    counts = seen.levels(as_numbers=numeric)
    unlike_categories = not said and (counts is None or (len(counts) > 1 and seen.like_identifiers))
    if unlike_categories and seen.mostly_numbers and not numeric:
        return LeftOut(seen.name, seen.texts_among_numbers())
    if unlike_categories and seen.reading.kind == "code":
        return LeftOut(seen.name, f"its values are codes rather than numbers: {seen.reading.why}")
    if unlike_categories and (unread := seen.unread()):
        return LeftOut(seen.name, unread)
    if counts is None:
        return LeftOut(seen.name, f"it has more than {MOST_LEVELS} different texts{bag_of_words}")
    if len(counts) == 1 and not seen.missing:
        # Two codes of 17 digits may be one float: only of what was read can it be said.
        verb = "reads as" if numeric else "is"
        return LeftOut(seen.name, f"it {verb} {next(iter(counts))} in every row")
    if unlike_categories:
        differs = "its text differs from row to row, as a name or a number plate does"
        return LeftOut(seen.name, f"{differs}{bag_of_words}")
    levels = (*counts, None) if seen.missing else tuple(counts)
    return Categories(seen.name, levels, numeric)


def _words(seen: ColumnStatistics) -> Words:
    """The encoder for a column of texts whose words were counted.

    Raises:
        DataError: If no word stands in two rows.
    """
    counted_words = (seen.words or {}).items()
    common = sorted((-count, word) for word, count in counted_words if count > 1)
    if not common:
        raise DataError(
            f"column {seen.name} has no word that stands in two rows: leave the column out"
        )
    return Words(seen.name, tuple(sorted(word for _, word in common[:_MOST_WORDS])))
