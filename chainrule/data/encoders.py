"""How one column becomes features: scaled, one-hot encoded, divided by its maximum, or left out.

An encoder is a plain record. It is learned from training rows once and then meets every row alike.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import sqrt
from typing import ClassVar

from chainrule.data.cells import (
    Cell,
    Column,
    Places,
    as_numbers,
    label,
    parse_number,
    require_scales,
)
from chainrule.data.column_statistics import words_of
from chainrule.data.unread import as_type, several_answers, what_levels_mean
from chainrule.errors import DataError
from chainrule.words import answer_text, listed, plural, quantity, shortened

Features = list["array[float]"]

_SECONDS = 86400.0


@dataclass(frozen=True)
class Numbers:
    """Numbers, moved and scaled to mean 0 and standard deviation 1 over the training rows.

    With edges there is a feature for each part between two of them as well, so that the network
    can bend at each.

    Formula:
        feature = (v − mean) / deviation; a missing v counts as the mean
        part = min(max((v − low) / (high − low), 0), 1)

    Args:
        column: The column's name.
        mean: The mean of the training rows' values.
        deviation: Their standard deviation.
        missing: How many training rows had no value; above 0 there is a second feature, 1 where
            the value is missing and 0 elsewhere.
        edges: The edges of the parts, in rising order; none for no parts.

    Source:
        Gorishniy, Rubachev, Babenko, "On embeddings for numerical features in tabular deep
        learning" (NeurIPS 2022), equation 1: the piecewise linear encoding.
    """

    kind: ClassVar[str] = "numbers"
    column: str
    mean: float
    deviation: float
    missing: int = 0
    edges: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what nothing can be divided by."""
        require_scales(self.column, self.deviation, *(b - a for a, b in pairwise(self.edges)))

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names."""
        parts = (
            f"{self.column} from {quantity(low)} to {quantity(high)}"
            for low, high in pairwise(self.edges)
        )
        missing = (f"{self.column} is missing",) if self.missing else ()
        return (self.column, *parts, *missing)

    def encode(self, values: Column, places: Places) -> tuple[Features, list[str]]:
        """The features of some cells, and a sentence for each thing worth knowing.

        Raises:
            DataError: If a cell holds a text or an infinite number.

        Example:
            >>> Numbers("width", mean=2.0, deviation=0.5).encode(["3", None], Places([0, 1]))[0]
            [array('d', [2.0, 0.0])]
        """
        numbers, gaps = as_numbers(self.column, values, places)
        mean, deviation = self.mean, self.deviation
        features = [array("d", [(value - mean) / deviation for value in numbers])]
        for gap in gaps:
            features[0][gap] = 0.0
            numbers[gap] = mean
        for low, high in pairwise(self.edges):
            width = high - low
            part = (min(max((value - low) / width, 0.0), 1.0) for value in numbers)
            features.append(array("d", part))
        if self.missing:
            features.append(array("d", [value is None for value in values]))
        elif gaps:
            note = f"{self.column}: {plural(len(gaps), 'missing value')}, where training had none, "
            return features, [f"{note}filled with the mean {answer_text(mean)}."]
        return features, []

    def describe(self) -> str:
        """What is done, as a sentence; empty where it is the same for every column."""
        if not self.missing:
            return ""
        return (
            f"{self.column}: {plural(self.missing, 'missing value')} (in the rows learned from) "
            f"filled with the mean {answer_text(self.mean)}, and a feature that says where."
        )


@dataclass(frozen=True)
class Categories:
    """Categories, one feature each: 1 in the rows of that category and 0 elsewhere.

    Args:
        column: The column's name.
        levels: The categories in order; a last one of None stands for missing values.
        numeric: Whether they are numbers, so that "1" and "1.0" are the same.
    """

    kind: ClassVar[str] = "categories"
    column: str
    levels: tuple[str | None, ...]
    numeric: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names."""
        return tuple(
            f"{self.column} is missing" if level is None else f"{self.column}={level}"
            for level in self.levels
        )

    def encode(self, values: Column, _places: Places) -> tuple[Features, list[str]]:
        """The features of some cells, and a sentence for the categories not seen before.

        Example:
            >>> Categories("sex", ("f", "m")).encode(["m", "x"], Places([0, 1]))
            ([array('d', [0.0, 0.0]), array('d', [1.0, 0.0])], ["sex: 1 value not seen in training \
('x'), encoded as none of its categories."])
        """
        cells = levels_of(values, numeric=self.numeric)
        features = [array("d", bytes(8 * len(cells))) for _ in self.levels]
        places = dict(zip(levels_of(self.levels), features, strict=True))
        for row, cell in enumerate(cells):
            if (feature := places.get(cell)) is not None:
                feature[row] = 1.0
        unseen = set(cells).difference(places)
        if not unseen:
            return features, []
        count = sum(cell in unseen for cell in cells)
        shown = listed(sorted("missing" if cell is None else repr(cell) for cell in unseen), most=5)
        where = f", in {count:,} rows" if count > len(unseen) else ""
        note = (
            f"{self.column}: {plural(len(unseen), 'value')} not seen in training{where} ({shown}), "
        )
        return features, [f"{note}encoded as none of its categories."]

    @property
    def unusual(self) -> str:
        """What else there is to say, as the end of a sentence; empty for nothing."""
        said = ", one of them for missing values" if None in self.levels else ""
        said += what_levels_mean(self.levels, numeric=self.numeric)
        if several := several_answers(self.levels):
            said += (
                f"; cells such as {shortened(repr(several))} hold several answers: "
                f"{as_type(self.column, 'text')} makes an input of each word"
            )
        return said

    def describe(self) -> str:
        """What is done, as a sentence."""
        return f"{self.column}: {len(self.levels)} categories one-hot encoded{self.unusual}."


@dataclass(frozen=True)
class Dates:
    """Dates, in parts that are moved and scaled as if each were spread evenly over its range.

    Formula:
        feature = (part − middle) · √12 / (last − first), and 0 where the date is missing

    Args:
        column: The column's name.
        first: The earliest date of the training rows, as ISO 8601 writes it.
        last: Their latest date.
        timed: Whether they have a time of day.
        missing: How many training rows had none; above 0 there is a feature that says where.
        monthly: Whether each is the first day of a month, so that day and weekday say nothing.
    """

    kind: ClassVar[str] = "dates"
    column: str
    first: str
    last: str
    timed: bool = False
    missing: int = 0
    monthly: bool = False

    def __post_init__(self) -> None:
        """Refuse what are no dates."""
        try:
            self._parts()
        except (TypeError, ValueError):
            raise DataError(
                f"column {self.column} should have dates from one to another as ISO 8601 writes "
                f"them: {shortened(self.first)!r} and {shortened(self.last)!r} are not"
            ) from None

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names."""
        parts = [f"{self.column} {part}" for part, *_ in self._parts()]
        return (*parts, f"{self.column} is missing") if self.missing else tuple(parts)

    def encode(self, values: Column, places: Places) -> tuple[Features, list[str]]:
        """The features of some cells.

        Raises:
            DataError: If a cell holds no date.

        Example:
            >>> dates = Dates("when", "2020-01-01", "2020-01-03")
            >>> features, _ = dates.encode(["2020-01-02"], Places([0]))
            >>> dict(zip(dates.names, [feature[0] for feature in features]))["when weekday"]
            0.0
        """
        moments = {value: self._moment(value, places, values) for value in dict.fromkeys(values)}
        features = []
        for _, part, low, high in self._parts():
            middle, scale = (low + high) / 2, sqrt(12) / ((high - low) or 1)
            known = {
                v: 0.0 if m is None else (part(m) - middle) * scale for v, m in moments.items()
            }
            features.append(array("d", map(known.__getitem__, values)))
        gaps = sum(value is None for value in values)
        if self.missing:
            features.append(array("d", [value is None for value in values]))
        elif gaps:
            note = f"{self.column}: {plural(gaps, 'missing date')}, where training had none, "
            return features, [f"{note}taken as the middle of its dates."]
        return features, []

    def _moment(self, value: Cell, places: Places, values: Column) -> datetime | None:
        if value is None:
            return None
        try:
            return datetime.fromisoformat(str(value)).replace(tzinfo=None)
        except ValueError:
            raise DataError(
                f"column {self.column} holds dates, but {places[values.index(value)]} has "
                f"{shortened(repr(value))}: correct it or leave it empty"
            ) from None

    def _parts(self) -> list[tuple[str, Callable[[datetime], float], float, float]]:
        """Each part's name, how a moment becomes it, and the range it lies in."""
        first, last = datetime.fromisoformat(self.first), datetime.fromisoformat(self.last)

        def days(moment: datetime) -> float:
            return (moment - first).total_seconds() / _SECONDS

        parts: list[tuple[str, Callable[[datetime], float], float, float]] = [
            ("year", lambda moment: moment.year, first.year, last.year),
            ("month", lambda moment: moment.month, 1, 12),
        ]
        if not self.monthly:
            parts += [
                ("day", lambda moment: moment.day, 1, 31),
                ("weekday", lambda moment: moment.weekday(), 0, 6),
            ]
        parts.append(("days since the first", days, 0, days(last)))
        if self.timed:
            parts.append(("hour", lambda moment: moment.hour + moment.minute / 60, 0, 24))
        return parts

    @property
    def become(self) -> str:
        """What is done, as the end of a sentence on the dates."""
        *others, last = (part for part, *_ in self._parts())
        gaps = plural(self.missing, "missing value")
        missing = f"; {gaps} (in the rows learned from) marked" if self.missing else ""
        return f" from {self.first} to {self.last} become {', '.join(others)} and {last}{missing}"

    def describe(self) -> str:
        """What is done, as a sentence."""
        return f"{self.column}: dates{self.become}."


@dataclass(frozen=True)
class Pixels:
    """Pixels, divided by the largest value one can have, so that they lie between 0 and 1.

    Args:
        column: The pixel's column.
        maximum: The largest value.
    """

    kind: ClassVar[str] = "pixels"
    column: str
    maximum: float

    def __post_init__(self) -> None:
        """Refuse what nothing can be divided by."""
        require_scales(self.column, self.maximum)

    @property
    def names(self) -> tuple[str, ...]:
        """The feature's name."""
        return (self.column,)

    def encode(self, values: Column, places: Places) -> tuple[Features, list[str]]:
        """The feature of some cells.

        Raises:
            DataError: If a cell holds a text or an infinite number, or none at all.

        Example:
            >>> Pixels("pixel0", maximum=255.0).encode([0, 51], Places([0, 1]))[0]
            [array('d', [0.0, 0.2])]
        """
        numbers, gaps = as_numbers(self.column, values, places)
        maximum = self.maximum
        feature = array("d", [value / maximum for value in numbers])
        for gap in gaps:
            feature[gap] = 0.0
        notes = [f"{self.column}: {plural(len(gaps), 'missing pixel')} taken as 0."] if gaps else []
        return [feature], notes

    def describe(self) -> str:
        """Nothing: one sentence covers all pixels."""
        return ""


@dataclass(frozen=True)
class Words:
    """A bag of words: 1 where a word stands in the text and 0 elsewhere.

    Args:
        column: The column's name.
        words: The words in order.
    """

    kind: ClassVar[str] = "words"
    column: str
    words: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names."""
        return tuple(f"{self.column} has {word}" for word in self.words)

    def encode(self, values: Column, _places: Places) -> tuple[Features, list[str]]:
        """The features of some cells.

        Example:
            >>> texts = ["Red Sea", "sea", None]
            >>> Words("title", ("red", "sea")).encode(texts, Places(range(3)))[0]
            [array('d', [1.0, 0.0, 0.0]), array('d', [1.0, 1.0, 0.0])]
        """
        features = {word: array("d", bytes(8 * len(values))) for word in self.words}
        for row, value in enumerate(values):
            for word in words_of("" if value is None else label(value)):
                if word in features:
                    features[word][row] = 1.0
        return list(features.values()), []

    def describe(self) -> str:
        """What is done, as a sentence."""
        return f"{self.column}: a bag of its {plural(len(self.words), 'commonest word')}."


@dataclass(frozen=True)
class LeftOut:
    """A column that becomes no feature.

    Args:
        column: The column's name.
        reason: Why, as the end of a sentence.
    """

    kind: ClassVar[str] = "left out"
    column: str
    reason: str

    @property
    def names(self) -> tuple[str, ...]:
        """No features."""
        return ()

    def describe(self, alike: Sequence[str] = ()) -> str:
        """Why the column is left out, as a sentence, with those that are for the same reason.

        Example:
            >>> LeftOut("a", "it holds no values").describe(["a", "b"])
            'a, b: left out, because each holds no values.'
        """
        names = [name or "a column without a name" for name in alike or [self.column]]
        reason = re.sub("^it ", "each ", self.reason) if len(names) > 1 else self.reason
        return f"{listed(names)}: left out, because {reason}."


Encoder = Numbers | Categories | Pixels | Dates | Words | LeftOut


def own_value(value: float, factor: float, offset: float) -> float:
    """A scaled number in its column's own unit: `value · factor + offset`.

    What was 0 there is 0 again, and not the rounding of scaling it.

    Args:
        value: The number that the network reads.
        factor: The first that `Recipe.scales` gives.
        offset: The second.

    Example:
        >>> own_value((0.0 - 1.4) / 0.9, 0.9, 1.4), own_value(2.0, 0.5, 1.0)
        (0.0, 2.0)
    """
    own = value * factor + offset
    return 0.0 if abs(own) <= 1e-15 * abs(offset) else own


def levels_of(values: Column, *, numeric: bool = False) -> list[str | None]:
    """Each cell's category, or None where the value is missing; truth values have one spelling.

    Example:
        >>> levels_of(["1.0", "x", None], numeric=True)
        ['1', 'x', None]
    """
    names: dict[Cell, str | None] = dict.fromkeys(values)
    for value in names:
        if value is not None:
            number = parse_number(value) if numeric else None
            names[value] = label(value if number is None else number)
    return [names[value] for value in values]
