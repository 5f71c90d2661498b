"""A column of dates as features: year, month, day, weekday, and days since the first."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import ClassVar

from chainrule.data.cells import Cell, Column, Places
from chainrule.errors import DataError
from chainrule.words import plural, shortened

_SECONDS = 86400.0


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

    def encode(self, values: Column, places: Places) -> tuple[list[array[float]], list[str]]:
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
