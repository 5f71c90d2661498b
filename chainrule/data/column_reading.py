"""How the texts of a column are read: as numbers, dates, truth values, or as they stand."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from chainrule.data.cells import Cell, Column, parse_number, those_said, truth_of
from chainrule.data.written_dates import ORDERS, hours_of, iso_date
from chainrule.data.written_numbers import parts_of, plain_unit
from chainrule.errors import DataError
from chainrule.words import a_or_an, shortened

_NAMES = {".": "point", ",": "comma", " ": "space", "'": "apostrophe"}
_ZONE = re.compile(r"[+-][01]\d:[0-5]\d")


@dataclass(frozen=True)
class ColumnReading:
    """What was decided for a column, by what it holds or by what the user said.

    Args:
        kind: `"plain"` texts stay as they are; `"number"`, `"date"` and `"time"` are written in
            some way that is turned into one; `"truth"` is yes and no, whatever stands for them;
            `"code"` looks like numbers and is none.
        decimal: The mark before a number's fraction.
        thousands: The mark between groups of three digits; empty for none.
        unit: The currency, percent sign or word that stands beside the numbers; empty for none.
        behind: Whether a minus may stand behind whole numbers.
        order: Of a date's parts: `"ymd"`, `"dmy"` or `"mdy"`.
        mark: What stands between the parts of a date where their order is not that of ISO 8601.
        zone: How far times are from UTC, such as +02:00; empty where none says so.
        missing: Words that mean a missing value here, beside those that always do.
        kept: Words that elsewhere mean a missing value, and here are values.
        zero: The word for a missing value that stands for 0 here; None where there is none.
        answers: What truth values are called, no and yes.
        odd: The first text that is no date, or one in another order, below others that are dates.
        why: What proves it, as half a sentence.
    """

    kind: str = "plain"
    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    behind: bool = False
    order: str = ""
    mark: str = field(default="", compare=False)
    zone: str = ""
    missing: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    zero: str | None = None
    answers: tuple[str, str] = ("False", "True")
    odd: str = ""
    why: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        """Refuse a date whose parts are in no order, and a zone that is none."""
        if self.kind == "date" and self.order not in ORDERS:
            raise DataError(f"a date's parts are in the order {', '.join(ORDERS)}")
        if self.zone and not _ZONE.fullmatch(self.zone):
            raise DataError(f"a zone is written as +02:00, not as {shortened(repr(self.zone))}")

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
        truth = self.kind == "truth"
        if not isinstance(values, list) and not self.missing and not truth:
            return values
        absent = words.difference(self.kept) | those_said(self.missing, values).keys()
        as_is = self.kind in ("plain", "code") or not (isinstance(values, list) or truth)
        if as_is and absent.isdisjoint(values):
            return values
        cells = {value: value if as_is else self._one(value) for value in set(values) - absent}
        return [cells.get(value) for value in values]

    def _one(self, value: Cell) -> Cell:
        if self.kind == "truth":
            answer = truth_of(value)
            return value if answer is None else self.answers[answer]
        if not isinstance(value, str):
            return value
        if self.kind == "date":
            return iso_date(value, self.order, self.zone) or value
        if self.kind == "time":
            hours = hours_of(value)
            return value if hours is None else f"{hours:.12g}"
        if value == self.zero:
            return "0"
        parts = parts_of(value, behind=self.behind)
        if parts is None or plain_unit(parts.unit) not in ("", plain_unit(self.unit)):
            return value
        plain = parts.plain(self.decimal, self.thousands)
        return plain if plain and parse_number(plain) is not None else value

    def describe(self, column: str, become: str = "") -> str:
        """What was decided, as a sentence; empty where nothing was.

        Args:
            column: The column's name.
            become: What dates become, to say it in the same sentence.
        """
        if self.kind == "number":
            return f"{column}: numbers{self._marks()} ({self.why})."
        if self.kind == "date":
            clock = f"UTC{self.zone.removeprefix('+00:00')}" if self.zone else ""
            said = f" at {clock}" if clock else ""
            if self.order != "ymd":
                said += f", read as {ORDERS[self.order]} ({self.why}){',' if become else ''}"
            elif self.why:  # most can be read in no other way, and their parts are told
                said += f" ({self.why})"
            said += become
            if clock:
                said += f"; times of other zones are brought to {clock}, those of none taken for it"
            return f"{column}: dates{said}." if said else ""
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

    def unusual(self) -> dict[str, Any]:
        """The reading as plain values, without those that are as always."""
        plain = asdict(ColumnReading())
        return {name: value for name, value in asdict(self).items() if value != plain[name]}

    def to_dict(self) -> dict[str, Any]:
        """The same for a file, which is to hold no cell of the table."""
        return replace(self, odd="").unusual()
