"""What is learned from one column: its numbers' mean and spread, its categories, what is missing.

The same statistics serve a table in memory and a file that is read a chunk at a time.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import le, mul, ne

from chainrule.data.cells import (
    NUMERIC_SHARE,
    Cell,
    Column,
    Places,
    infinite,
    label,
    not_a_number,
    numbers_of,
    parse_number,
)
from chainrule.data.column_reading import ColumnReading
from chainrule.data.table import Table
from chainrule.data.unread import amid_numbers, shows, why_unread
from chainrule.errors import DataError
from chainrule.words import plural, quoted, shortened

_TEXTS_KEPT = 20
"""So many of a column's texts are kept, to say what they look like."""

_ROUNDING = 16
"""So many steps from a float to the next lie between results that only rounding tells apart."""

_BLOCKS_FROM = 20
"""From so many rows on, rows in the order of their classes are no accident."""

MOST_LEVELS = 1000
"""With more different values than this a column of texts is not treated as categories."""

_MOST_KEPT = 1024

FEW_LEVELS = 20
"""Up to this many different texts are categories even when most of them occur once."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True)
class Moments:
    """Count, mean and spread of some numbers, which can be put together with those of others.

    Formula:
        squares = Σ (v − mean)², deviation = √(squares / count)

    Source:
        Chan, Golub, LeVeque 1983, "Algorithms for computing the sample variance", eq. 2.1.
    """

    count: float = 0
    mean: float = 0.0
    squares: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    @classmethod
    def of(cls, values: Sequence[float], weights: Sequence[float] | None = None) -> Moments:
        """The moments of some numbers, which count the same or as much as their weights say.

        Example:
            >>> Moments.of([1.0, 2.0, 3.0]).mean
            2.0
        """
        if not values:
            return cls()
        if weights is not None:
            count = math.fsum(weights)
            mean = total_of(map(mul, values, weights)) / count
            squares = total_of(w * (v - mean) ** 2 for v, w in zip(values, weights, strict=True))
            return cls(count, mean, squares, min(values), max(values))
        mean = total_of(values) / len(values)
        gaps = [value - mean for value in values]
        return cls(len(values), mean, total_of(map(mul, gaps, gaps)), min(values), max(values))

    def with_those_of(self, other: Moments) -> Moments:
        """The moments of both sets of numbers together.

        Formula:
            mean = mean₁ + δ·n₂/n, squares = squares₁ + squares₂ + δ²·n₁·n₂/n, δ = mean₂ − mean₁

        Example:
            >>> Moments.of([1.0, 2.0]).with_those_of(Moments.of([3.0])) == Moments.of(
            ...     [1.0, 2.0, 3.0]
            ... )
            True
        """
        if self.count == 0 or other.count == 0:
            return self if other.count == 0 else other
        count = self.count + other.count
        gap = other.mean - self.mean
        mean = self.mean + gap * other.count / count
        squares = self.squares + other.squares + gap * gap * self.count * other.count / count
        return Moments(count, mean, squares, min(self.low, other.low), max(self.high, other.high))

    @property
    def deviation(self) -> float:
        """The standard deviation, of the numbers themselves rather than of a population."""
        return math.sqrt(self.squares / self.count) if self.count else 0.0

    @property
    def constant(self) -> bool:
        """Whether all numbers are the same."""
        return self.low >= self.high

    @property
    def constant_but_for_rounding(self) -> bool:
        """Whether they differ by no more than sums and products of one number do."""
        if self.constant or (self.low.is_integer() and self.high.is_integer()):
            return self.constant
        return self.high - self.low <= _ROUNDING * math.ulp(max(abs(self.low), abs(self.high)))


class Quantiles:
    """Every k-th of the numbers that passed by, k doubled whenever there are too many to keep.

    It takes numbers in pieces of any size, and keeps the same of them.

    Example:
        >>> seen = Quantiles()
        >>> seen.update([1.0, 2.0, 3.0, 4.0, 5.0])
        >>> seen.edges(2)
        (1.0, 3.0, 5.0)
    """

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._kept = array("d")
        self._every = 1
        self._passed = 0

    def update(self, numbers: Sequence[float]) -> None:
        """Take in more numbers."""
        self._kept.extend(numbers[-self._passed % self._every :: self._every])
        self._passed += len(numbers)
        while len(self._kept) > _MOST_KEPT:
            self._kept = self._kept[::2]
            self._every *= 2

    def edges(self, parts: int) -> tuple[float, ...]:
        """The edges of parts that hold about as many numbers each, rounded to four digits.

        Edges that are the same count once, so that there may be fewer parts.
        """
        if not self._kept:
            return ()
        last, line = len(self._kept) - 1, sorted(self._kept)
        places = (round(part * last / parts) for part in range(parts + 1))
        return tuple(sorted({float(f"{line[place]:.4g}") for place in places}))


class ColumnStatistics:
    """What has been seen of one column so far.

    Args:
        name: The column's name.
        reading: How its texts were read.
        words: Whether to count the words of its texts.
        coded: Whether its source holds it as categories.

    Example:
        >>> seen = ColumnStatistics("width")
        >>> seen.update(["1", "3", None], Places([0, 1, 2]))
        >>> seen.moments.mean, seen.missing, seen.numeric
        (2.0, 1, True)
    """

    def __init__(
        self,
        name: str,
        reading: ColumnReading | None = None,
        *,
        words: bool = False,
        coded: bool = False,
    ) -> None:
        """Start with nothing seen."""
        self.name, self.coded = name, coded
        self.reading = reading or ColumnReading()
        self.words: Counter[str] | None = Counter() if words else None
        self.low_text = self.high_text = ""
        self.timed = self.days_differ = False
        self.in_order_of_time = reading is not None and reading.kind == "date"
        self._changes = -1
        self._last: Cell = None
        self._offset: float | None = None
        self._counts_rows = True
        self.rows = 0
        self.missing = 0
        self.moments = Moments()
        self.quantiles = Quantiles()
        self._counts: Counter[Cell] | None = Counter()
        self._texts = 0
        self._some_texts: list[tuple[str, str]] = []
        self._first_infinite: tuple[str, Cell] | None = None

    def update(self, values: Column, places: Places) -> None:
        """Take in more cells, and where in the source each stands."""
        self.rows += len(values)
        self._note_texts(values)
        numbers = numbers_of(values)
        if not math.isfinite(sum(numbers)):
            self._note_odd(values, numbers, places)
            numbers = array("d", filter(math.isfinite, numbers))
        self.moments = self.moments.with_those_of(Moments.of(numbers))
        self.quantiles.update(numbers)
        if self._counts is not None:
            self._counts.update(values)
            if len(self._counts) > MOST_LEVELS + 1:
                self._counts = None
        self._note_order(values, places.rows)

    def _note_texts(self, values: Column) -> None:
        """Note the first and last of dates, and the words of a text."""
        texts = [v for v in values if isinstance(v, str)] if self.reading.kind == "date" else []
        if texts:
            low, high = min(texts), max(texts)
            in_order = self.high_text <= texts[0] and all(map(le, texts, texts[1:]))
            self.in_order_of_time = self.in_order_of_time and in_order
            self.low_text = min(self.low_text or low, low)
            self.high_text = max(self.high_text, high)
            self.timed = self.timed or any("T" in text for text in texts)
            firsts = (text[7:10] == "-01" for text in texts)
            self.days_differ = self.days_differ or not all(firsts)
        if self.words is not None:
            for value in values:
                if value is not None:
                    self.words.update(set(words_of(label(value))))

    def _note_order(self, values: Column, rows: Sequence[int]) -> None:
        """Note whether the values count the rows, and how often they change from row to row."""
        for row, value in zip(rows, values, strict=True):
            if not self._counts_rows:
                break
            number = None if value is None else parse_number(value)
            offset = None if number is None else number - row
            self._offset = offset if self._offset is None else self._offset
            self._counts_rows = offset is not None and offset == self._offset
        if self._counts is None or len(values) == 0:
            return
        if self._changes < 0:
            self._changes, self._last = 0, values[0]
        self._changes += sum(map(ne, chain([self._last], values), values))
        self._last = values[-1]

    @property
    def counts_rows(self) -> bool:
        """Whether each value is one more than that of the row before it."""
        return self.rows > 1 and self._counts_rows

    @property
    def in_blocks(self) -> bool:
        """Whether equal values stand one below the other, as in a sorted column of classes."""
        return (
            self._counts is not None
            and self.rows >= _BLOCKS_FROM
            and 1 < len(self._counts) == self._changes + 1
            and 2 * len(self._counts) <= self.rows
        )

    def _note_odd(self, values: Column, numbers: Sequence[float], places: Places) -> None:
        """Note the cells that are missing, texts or infinite."""
        for position, (value, number) in enumerate(zip(values, numbers, strict=True)):
            if value is None:
                self.missing += 1
            elif math.isinf(number):
                self._first_infinite = self._first_infinite or (places[position], value)
            elif math.isnan(number):
                self._texts += 1
                if len(self._some_texts) < _TEXTS_KEPT:
                    self._some_texts.append((places[position], str(value)))

    @property
    def present(self) -> int:
        """The number of cells that hold something."""
        return self.rows - self.missing

    @property
    def numeric(self) -> bool:
        """Whether at least 95% of the values that are there can be read as numbers.

        Codes can be read, and are none.
        """
        return self._no_codes and self.present - self._texts >= NUMERIC_SHARE * self.present

    @property
    def _no_codes(self) -> bool:
        """Whether there are values, and they are no codes."""
        return self.present > 0 and self.reading.kind != "code"

    @property
    def all_numbers(self) -> bool:
        """Whether every value that is there is a finite number, and no code."""
        return self._no_codes and self.present == self.moments.count

    @property
    def mostly_numbers(self) -> bool:
        """Whether at least half of the values that are there can be read as numbers."""
        return self._no_codes and 2 * self._texts <= self.present

    @property
    def categories_in_numbers(self) -> bool:
        """Whether they are numbers, held as categories where they come from, that come back."""
        some = self.coded and self.all_numbers and not self.like_identifiers
        return some and self.levels(as_numbers=True) is not None

    @property
    def like_identifiers(self) -> bool:
        """Whether values hardly come back, as in a column of names.

        Either no value occurs twice, or there are more than 20 and more than half as many as rows.
        """
        different = self._different
        return different == self.present or (not self.few_levels and 2 * different > self.present)

    @property
    def few_levels(self) -> bool:
        """Whether there are at most 20 different values."""
        return self._different <= FEW_LEVELS

    @property
    def _different(self) -> float:
        """The number of different values; infinite where they were too many to be counted."""
        return math.inf if self._counts is None else len(self._counts) - (None in self._counts)

    @property
    def words_come_back(self) -> bool:
        """Whether some word stands in two rows, as far as the texts that are kept show it."""
        kept = self._counts or Counter(text for _, text in self._some_texts)
        words: Counter[str] = Counter()
        for text, count in kept.items():
            words.update(dict.fromkeys([] if text is None else words_of(label(text)), count))
        return max(words.values(), default=0) > 1

    @property
    def first_text(self) -> str:
        """The first text that is not a number, short, quoted as a shell wants it; "" for none."""
        return quoted(shortened(self._some_texts[0][1])) if self._some_texts else ""

    def texts_among_numbers(self) -> str:
        """How many values are texts and which is the first, as the end of a sentence.

        Example:
            >>> seen = ColumnStatistics("width")
            >>> seen.update(["1", "big", "3"], Places([0, 1, 2]))
            >>> seen.texts_among_numbers()
            "1 of its 3 values is not a number, first 'big' in row 1; --na big takes it for missing"
        """
        place, text = self._some_texts[0]
        texts = [text for _, text in self._some_texts]
        advice = amid_numbers(texts)
        return (
            f"{self._texts} of its {plural(self.present, 'value')} "
            f"{'is not a number' if self._texts == 1 else 'are not numbers'}, "
            f"first {shortened(repr(text))} in {place}" + (f"; {advice}" if advice else "")
        )

    def unread(self) -> str | None:
        """Why its texts stay unread though they mean dates or numbers; None if they do not.

        Example:
            >>> seen = ColumnStatistics("price")
            >>> seen.update(["$1,200", "$950"], Places([0, 1]))
            >>> seen.unread()
            "its numbers are written with marks: write them as 1234.5 (row 0 is '$1,200')"
        """
        texts = [text for _, text in self._some_texts]
        if why := why_unread(texts, numbers=self._texts < self.present):
            rest = (("a later row", text) for text in self._counts or () if isinstance(text, str))
            alike = (pair for pair in chain(self._some_texts, rest) if shows(pair[1], why))
            odd = ("another row", self.reading.odd)  # perhaps of those held out
            place, text = next(alike, odd if odd[1] else self._some_texts[0])
            return f"{why} ({place} is {shortened(repr(text))})"
        return None

    def require_numbers(self, advice: str = "correct it or leave it empty") -> None:
        """Refuse the column when a text or an infinite number stands among its numbers.

        Args:
            advice: What to do about a text.

        Raises:
            DataError: Names the first such cell, or the spread when floats cannot hold its square.
        """
        if self._some_texts:
            raise not_a_number(self.name, *self._some_texts[0], advice)
        if self._first_infinite:
            raise infinite(self.name, *self._first_infinite)
        deviation = self.moments.deviation
        if not math.isfinite(deviation) or (deviation == 0 and not self.moments.constant):
            raise DataError(
                f"column {self.name} spans {self.moments.low:g} to {self.moments.high:g}, which is "
                f"too {'narrow' if deviation == 0 else 'wide'} to be scaled: use other units, or "
                "leave the column out"
            )

    def levels(self, *, as_numbers: bool) -> dict[str, int] | None:
        """Each category and how often it occurs, in order; None when there are too many.

        Numbers are ordered by size and named in their shortest form, so that "1" and "1.0" are one.

        Example:
            >>> seen = ColumnStatistics("size")
            >>> seen.update(["10", "9", "9.0"], Places([0, 1, 2]))
            >>> seen.levels(as_numbers=True), seen.levels(as_numbers=False)
            ({'9': 2, '10': 1}, {'10': 1, '9': 1, '9.0': 1})
        """
        if self._counts is None:
            return None
        counts: Counter[str] = Counter()
        for value, count in self._counts.items():
            if value is not None:
                counts[label(float(value) if as_numbers else value)] += count
        if len(counts) > MOST_LEVELS:
            return None
        return dict(sorted(counts.items(), key=lambda p: float(p[0]) if as_numbers else p[0]))


def words_of(text: str) -> list[str]:
    """A text's words in small letters.

    Example:
        >>> words_of("Don't panic, Arthur!")
        ["don't", 'panic', 'arthur']
    """
    return _WORD.findall(text.casefold())


def update_statistics(
    statistics: Sequence[ColumnStatistics],
    table: Table,
    target: str,
    rows: Sequence[int] | None = None,
) -> None:
    """Take the rows of a table, those without a target aside, into its columns' statistics.

    Of pixels nothing needs to be learned: their scale is known.
    """
    wanted = range(table.rows) if rows is None else rows
    with_target = table.that_have(target, wanted)
    places = table.places(with_target)
    for seen in statistics:
        if seen.name == target:
            seen.update(table.take(seen.name, wanted), table.places(wanted))
        elif table.pixel_maximum is None:
            seen.update(table.take(seen.name, with_target), places)


def total_of(values: Iterable[float]) -> float:
    """The sum, infinite where it is too large for a float, or of infinities of both signs."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return math.inf
