"""Numbers, dates and times as people write them, in one form each, and as a column has them.

A number may be in groups of three, with a decimal comma, a currency or a percent sign; a date in
any order of its parts. Which of these it is, is decided for a whole column: its `ColumnReading`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from chainrule.data.cells import Cell, Column, parse_number, those_said, truth_of
from chainrule.data.units import CODES, SIGNS, UNITS, WORD, needs_all, plain_unit
from chainrule.errors import DataError
from chainrule.words import a_or_an, shortened

_OFFSET = r"[+-][01]?\d(?::?[0-5]\d)?"
_TIME = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d+))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
    rf"(?P<zone> ?(?:Z|(?:GMT|UTC)(?:{_OFFSET})?|(?(second){_OFFSET}|(?!))))?(?:\[\S+\])?"
)
"""A bare offset stands behind seconds alone: 12:30-14:00 is a span of time."""
_DATE = re.compile(
    r"(?:(?P<first>\d{4})(?P<mark>[-/.])(?P<second_part>\d{1,2})(?P=mark)(?P<third>\d{1,2})\.?"
    r"|(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{4}|\d{2}))"
    rf"(?:,?[T ]+{_TIME})?"
)
_ISO = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)T(\d\d):?(\d\d)(?::?(\d\d))?(Z|[+-]\d\d(?::?\d\d)?)?")
"""ISO 8601 without marks, or with an offset behind minutes: a T says that it is no span of time."""
_CLOCK = re.compile(_TIME)
_SPOKEN = re.compile(
    r"(?P<hour>\d{1,2})(?: ?h ?(?P<minute>\d\d)"
    r"|(?:[.:](?P<past>\d\d))? ?(?:(?P<half>[AaPp])\.?[Mm]\.?|Uhr))"
)
_ZONE = re.compile(r"[+-][01]\d:[0-5]\d")
_LAP = re.compile(r"\d+:\d{2}[.,]\d+")
_SEASON = re.compile(r"(\d{4})[-/](\d{2})")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTH = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_WORDED = [
    re.compile(rf"{written}(?P<time>[T ,:]+\d{{1,2}}:.*)?", re.IGNORECASE)
    for written in (
        r"(?P<year>\d{4})[-/](?P<month>0[1-9]|1[0-2])",
        r"(?P<month>0?[1-9]|1[0-2])[-/](?P<year>\d{4})",
        r"(?P<year>\d{4})[- ]?(?P<month>Q[1-4])",
        r"(?P<month>Q[1-4])[- /](?P<year>\d{4})",
        rf"(?:{_DAY}\.?[-/ ])?{_MONTH},?[-/ ](?P<year>\d{{4}}|\d{{2}})",
        rf"{_MONTH} {_DAY},? (?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})[- ]{_MONTH}(?:[- ]{_DAY})?",
        rf"{_DAY}{_MONTH}(?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}})(?:年|\. )(?P<month>0?[1-9]|1[0-2])(?:月|\. ){_DAY}[日.]?",
    )
]
"""Months and quarters without a day, and months with a name."""
_BEFORE_TIME = re.compile("^[T ,:]+")
_WEEKDAY = re.compile(
    r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
    r"|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|mo|di|mi|do|fr|sa|so)[,.]* ",
    re.IGNORECASE,
)
_LONGEST = 40
_LATEST_SHORT_YEAR = 68
"""Of years of two digits, those up to 68 are of this century, as in POSIX's `strptime`."""

ORDERS = {"ymd": "year, month, day", "dmy": "day, month, year", "mdy": "month, day, year"}
"""The orders of a date's parts, and how they are named."""

_NAMES = {".": "point", ",": "comma", " ": "space", "'": "apostrophe"}


def like_a_date(text: str) -> bool:
    """Whether a text is written like a date or a time, though there may be no such day."""
    return bool(_date(text) or _CLOCK.fullmatch(text) or _LAP.fullmatch(text))


def like_a_season(text: str) -> bool:
    """Whether a text names two years side by side, as 2009-10 does, which may be a month as well.

    Example:
        >>> like_a_season("2009-10"), like_a_season("2009-11"), like_a_season("1999/00")
        (True, False, True)
    """
    years = _SEASON.fullmatch(text)
    return years is not None and int(years[2]) == (int(years[1]) + 1) % 100


def without_weekday(text: str) -> str:
    """A text without a day of the week before it, which a date says once more.

    Example:
        >>> without_weekday("Mon, 3 Jan 2022"), without_weekday("Monaco 2022")
        ('3 Jan 2022', 'Monaco 2022')
    """
    day = _WEEKDAY.match(text)
    return text[day.end() :] if day else text


def _date(text: str) -> re.Match[str] | None:
    """The parts of a date; a month or quarter is its first day."""
    text = without_weekday(text)
    if iso := _ISO.fullmatch(text):
        text = f"{iso[1]}-{iso[2]}-{iso[3]}T{iso[4]}:{iso[5]}:{iso[6] or '00'}{iso[7] or ''}"
    if in_digits := _DATE.fullmatch(text):
        return in_digits
    for written in _WORDED if 5 < len(text) < _LONGEST else ():
        if parts := written.fullmatch(text):
            year, month = parts["year"], parts["month"].lower()
            if len(year) == 2:
                year = _of_century(int(year))
            if month[0] == "q":
                month = 3 * int(month[1]) - 2
            elif month.isalpha():
                month = _MONTHS.index(month[:3]) // 4 + 1
            day = parts.groupdict().get("day") or 1
            return _DATE.fullmatch(
                f"{year}-{month}-{day}{_BEFORE_TIME.sub(' ', parts['time'] or '')}"
            )
    return None


def orders_of(text: str) -> frozenset[str]:
    """In which orders a text is a date: none where it is not a date.

    Example:
        >>> sorted(orders_of("01/02/2021")), sorted(orders_of("31.1.2021")), sorted(orders_of("x"))
        (['dmy', 'mdy'], ['dmy'], [])
        >>> orders_of("Jan 2020") == orders_of("2020-01") == orders_of("5 March 2020") == {"ymd"}
        True
    """
    parts = _date(text)
    if parts is None:
        return frozenset()
    wanted = ("ymd",) if parts["first"] else ("dmy", "mdy")
    return frozenset(order for order in wanted if _iso(parts, order) is not None)


def iso_date(text: str, order: str, zone: str = "") -> str | None:
    """A date in the form of ISO 8601, with its time where it has one, at an offset from UTC.

    Example:
        >>> iso_date("31.1.2021", "dmy"), iso_date("1/31/21 9:30 pm", "mdy")
        ('2021-01-31', '2021-01-31T21:30:00')
        >>> iso_date("2024-03-01 00:30:00+02:00", "ymd", "+00:00")
        '2024-02-29T22:30:00'
    """
    parts = _date(text)
    return None if parts is None else _iso(parts, "ymd" if parts["first"] else order, zone)


def zone_of(text: str) -> str:
    """How far the zone that a time names is from UTC; empty where none is named.

    Example:
        >>> [zone_of(f"2024-03-01 10:00:00{zone}") for zone in ("Z", "-0530", " GMT+2", "")]
        ['+00:00', '-05:30', '+02:00', '']
    """
    parts = _date(text)
    return "" if parts is None else _zone(parts)


def _zone(parts: re.Match[str]) -> str:
    zone = (parts["zone"] or "").strip()
    digits = re.sub(r"\D", "", zone)
    digits = digits.zfill(len(digits) + len(digits) % 2).ljust(4, "0")
    return zone and f"{'-' if '-' in zone else '+'}{digits[:2]}:{digits[2:]}"


def hours_of(text: str) -> float | None:
    """A time of day as hours since midnight, or None where it is none.

    Example:
        >>> [hours_of(text) for text in ("12:30", "1 p.m.", "14.30 Uhr", "14h30", "25:00")]
        [12.5, 13.0, 14.5, 14.5, None]
    """
    if spoken := _SPOKEN.fullmatch(text):
        minute, half = spoken["minute"] or spoken["past"] or "00", spoken["half"]
        text = f"{spoken['hour']}:{minute}" + (f"{half}m" if half else "")
    parts = _CLOCK.fullmatch(text)
    clock = None if parts is None else _time(parts)
    if clock is None:
        return None
    return clock.hour + clock.minute / 60 + (clock.second + clock.microsecond / 1e6) / 3600


def _iso(parts: re.Match[str], order: str, zone: str = "") -> str | None:
    if parts["first"]:
        year, month, day = int(parts["first"]), int(parts["second_part"]), int(parts["third"])
    else:
        by_letter = dict(zip(order, (parts["a"], parts["b"], parts["c"]), strict=True))
        year, month, day = (int(by_letter[letter]) for letter in "ymd")
        if len(by_letter["y"]) == 2:
            year = _of_century(year)
    clock = time() if parts["hour"] is None else _time(parts)
    if clock is None:
        return None
    try:
        moment = datetime.combine(date(year, month, day), clock)
    except ValueError:
        return None
    if zone and (own := _zone(parts)):
        with suppress(OverflowError):  # the first and the last days of all stay what they are
            moment += _ahead(zone) - _ahead(own)
    # Midnight is the day itself, as data frames hold it.
    return moment.isoformat().removesuffix("T00:00:00")


def _ahead(zone: str) -> timedelta:
    """How far a zone's clocks are ahead of UTC."""
    return timedelta(hours=int(zone[:3]), minutes=int(f"{zone[0]}{zone[4:]}"))


def _of_century(year: int) -> int:
    return year + (2000 if year <= _LATEST_SHORT_YEAR else 1900)


def _time(parts: re.Match[str]) -> time | None:
    hour, half = int(parts["hour"]), (parts["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (half == "p")
    try:
        part = int(f"{parts['part'] or 0:0<6}"[:6])
        return time(hour, int(parts["minute"]), int(parts["second"] or 0), part)
    except ValueError:
        return None


_MINUS = "-\u2212\u2013\ufe63\uff0d"
_DASH_FOR_ZERO = re.compile(rf"(?P<unit>[{SIGNS}]|{CODES}) ?[{_MINUS}]{{1,2}}")
_ALIKE = str.maketrans(
    "\u00a0\u202f\u2009\u2007\u2019\uff0e\uff0c\u066b\u066c", "    '.,.,", "\u200b\u2060\ufeff"
)
"""Spaces and marks that mean one thing, those of full width and of Arabic among them."""
_PARTS = re.compile(
    rf"(?P<open>\()?(?P<sign>[{_MINUS}+])?\s?(?P<before>[{UNITS}]|{CODES})?\s?(?P<inner>[{_MINUS}+(])?"
    rf"(?P<body>(?=[.,]?\d)[\d.,' ]*?)(?P<exponent>[eE][{_MINUS}+]?\d+|D[{_MINUS}+]\d+)?"
    rf"(?P<dash>\s?[{_MINUS}]{{1,2}}(?![^\W\d_]))?\s?(?P<after>[{UNITS}]|{WORD})?(?P<close>\))?"
)


@dataclass(frozen=True)
class WrittenNumber:
    """A number's text in its parts.

    Args:
        negative: Whether a minus stands before it, or brackets around it.
        unit: A currency, `%`, or a word that stands behind, such as kg, as written; empty for none.
        body: Digits and the marks between them.
        exponent: What stands behind an `e`, with it.
    """

    negative: bool
    unit: str
    body: str
    exponent: str = ""

    @property
    def worded(self) -> bool:
        """Whether its unit is a word, which makes a number of it only where all have it."""
        return needs_all(self.unit) and self.unit not in {*"%‰"}

    def plain(self, decimal: str, thousands: str) -> str | None:
        """The text that Python reads as a number; None where the marks do not allow it.

        Example:
            >>> parts_of("-1.234,5 €").plain(",", ".")
            '-1234.5'
        """
        if not _shape(decimal, thousands).fullmatch(self.body):
            return None
        digits = self.body.replace(thousands, "") if thousands else self.body
        return "-" * self.negative + digits.replace(decimal, ".") + self.exponent


def parts_of(text: str) -> WrittenNumber | None:
    """The parts of a number's text, or None where it is none.

    Example:
        >>> parts_of("($1,200)")
        WrittenNumber(negative=True, unit='$', body='1,200', exponent='')
        >>> parts_of("12 kg").unit, parts_of("1.50-").negative, parts_of("12x20") is None
        ('kg', True, True)
    """
    text = text.translate(_ALIKE).removesuffix("/-")  # behind rupees, for no paise
    if zero := _DASH_FOR_ZERO.fullmatch(text):  # as spreadsheets write it
        return WrittenNumber(False, zero["unit"], "0")
    parts = _PARTS.fullmatch(text)
    if parts is None or ("(" in text) != bool(parts["close"]):
        return None
    body, dash = parts["body"].strip(), (parts["dash"] or "").strip()
    signs = (parts["sign"] or "") + (parts["inner"] or "").strip("(")
    if dash and body[-1] not in ".,":  # behind a mark a dash stands for no cents
        if body.isdigit():  # 2- may be a grade, 1990- a span of years
            return None
        signs += dash
    if len(signs) > 1 or (parts["before"] and parts["after"]):
        return None
    unit = parts["before"] or parts["after"] or ""
    negative = bool(parts["close"]) or (bool(signs) and signs in _MINUS)
    exponent = re.sub(f"[{_MINUS}]", "-", parts["exponent"] or "").replace("D", "e")
    return WrittenNumber(negative, unit, body, exponent)


def says_of_marks(number: WrittenNumber) -> tuple[str, str] | None:
    """Which mark is decimal and which divides thousands, as far as one number proves it.

    Returns:
        The decimal mark and the thousands mark, each empty where nothing is proved; `("?", mark)`
        where one mark stands before three digits and may be either; None where it is not a number.

    Example:
        >>> [says_of_marks(parts_of(text)) for text in ("1.234,5", "1,200,000", "0,5", "1.234")]
        [(',', '.'), ('', ','), (',', ''), ('?', '.')]
    """
    marks = re.sub(r"\d", "", number.body)
    if not marks:
        return "", ""
    last = marks[-1]
    if others := set(marks) - {last}:
        other = others.pop()  # of more than one, none divides the number alone
        divides = last in ".," and number.plain(last, other) is not None
        return (last, other) if divides else None
    if len(marks) > 1 or last in "' ":
        return ("", last) if number.plain("," if last == "." else ".", last) is not None else None
    head, _, tail = number.body.partition(last)
    open_to_both = len(tail) == 3 and 1 <= len(head) <= 3 and head[0] != "0"
    return ("?", last) if open_to_both and not number.exponent else (last, "")


@lru_cache
def _shape(decimal: str, thousands: str) -> re.Pattern[str]:
    grouped = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|" if thousands else ""
    grouped += r"\d{1,2}(?:,\d{2})+,\d{3}|" if thousands == "," else ""  # as in India
    return re.compile(rf"(?:{grouped}\d*)(?:{re.escape(decimal)}\d*)?")


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
        parts = parts_of(value)
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
