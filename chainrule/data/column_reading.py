"""How the texts of one column are read: how its numbers or dates are written, what is missing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from chainrule.data.cells import Cell, Column, parse_number
from chainrule.data.written import ORDERS, hours_of, iso_date, parts_of
from chainrule.errors import DataError
from chainrule.words import a_or_an

_NAMES = {".": "point", ",": "comma", " ": "space", "'": "apostrophe"}


@dataclass(frozen=True)
class ColumnReading:
    """What was decided for a column, by what it holds or by what the user said.

    Args:
        kind: `"plain"` texts stay as they are; `"number"`, `"date"` and `"time"` are written in
            some way that is turned into one; `"code"` looks like numbers and is none.
        decimal: The mark before a number's fraction.
        thousands: The mark between groups of three digits; empty for none.
        unit: The currency, percent sign or word that stands beside the numbers; empty for none.
        order: Of a date's parts: `"ymd"`, `"dmy"` or `"mdy"`.
        missing: Words that mean a missing value here, beside those that always do.
        kept: Words that elsewhere mean a missing value, and here are values.
        why: What proves it, as half a sentence.
    """

    kind: str = "plain"
    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    order: str = ""
    missing: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    why: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Refuse a date whose parts are in no order."""
        if self.kind == "date" and self.order not in ORDERS:
            raise DataError(f"a date's parts are in the order {', '.join(ORDERS)}")

    @property
    def plain(self) -> bool:
        """Whether numbers are what they look like, and no word for a missing value is kept."""
        return self.kind == "plain" and not self.kept

    def read(self, values: Column, words: frozenset[str]) -> Column:
        """The cells that texts stand for; numbers stay what they are.

        Args:
            values: Texts without spaces around them, numbers, and None.
            words: The texts that mean a missing value.

        Example:
            >>> ColumnReading("number", ",", ".").read(["1.234", "12,5", "NA"], frozenset({"NA"}))
            ['1234', '12.5', None]
        """
        if not isinstance(values, list) and not self.missing:
            return values
        numbers = {number for word in self.missing if (number := parse_number(word)) is not None}
        absent = (words | set(self.missing)).difference(self.kept) | numbers
        if self.kind in ("plain", "code") or not isinstance(values, list):
            if absent.isdisjoint(values):
                return values
            return [None if value in absent else value for value in values]
        cells: dict[Cell, Cell] = {
            value: None if value in absent else self._one(value) for value in set(values)
        }
        return [cells[value] for value in values]

    def _one(self, value: Cell) -> Cell:
        if not isinstance(value, str):
            return value
        if self.kind == "date":
            return iso_date(value, self.order) or value
        if self.kind == "time":
            hours = hours_of(value)
            return value if hours is None else f"{hours:.12g}"
        parts = parts_of(value)
        if parts is None or parts.unit not in ("", self.unit):
            return value
        plain = parts.plain(self.decimal, self.thousands)
        if plain and parse_number(plain) is not None:
            return plain
        return value

    def describe(self, column: str) -> str:
        """What was decided, as a sentence; empty where nothing was."""
        if self.kind == "number":
            return f"{column}: numbers{self._marks()} ({self.why})."
        if self.kind == "date":
            if self.order == "ymd":  # it can be read in no other way, and its parts are told
                return ""
            return f"{column}: dates, read as {ORDERS[self.order]} ({self.why})."
        if self.kind == "time":
            return f"{column}: times of day, read as hours since midnight ({self.why})."
        if self.kind == "code":
            return f"{column}: codes rather than numbers, because {self.why}."
        return f"{column}: {self.why}." if self.why else ""

    def _marks(self) -> str:
        said = []
        if self.decimal != ".":
            said.append(f"a decimal {_NAMES[self.decimal]}")
        if self.thousands:
            said.append(f"{a_or_an(_NAMES[self.thousands])} between thousands")
        if self.unit:
            said.append(f"the unit {self.unit}")
        return f" with {' and '.join(said)}" if said else ""

    def to_dict(self) -> dict[str, Any]:
        """The reading as plain values, without those that are as always."""
        plain = asdict(ColumnReading())
        return {name: value for name, value in asdict(self).items() if value != plain[name]}
