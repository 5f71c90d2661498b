"""Dates and times as people write them, as ISO 8601 has them, and what those of a column prove."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta

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
_MONTH_OR_DAY = re.compile(r"[^\W\d_]+[-/. ]+[0-3]\d")
"""A month, and what may be a year of two digits or a day."""
_LONGEST = 40
_LATEST_SHORT_YEAR = 68
"""Of years of two digits, those up to 68 are of this century, as in POSIX's `strptime`."""

ORDERS = {"ymd": "year, month, day", "dmy": "day, month, year", "mdy": "month, day, year"}
"""The orders of a date's parts, and how they are named."""


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


class DateSurvey:
    """What has been seen so far of a column's texts as dates.

    Example:
        >>> dates = DateSurvey()
        >>> [dates.take(text) for text in ("01/02/2021", "31/01/2021")], sorted(dates.orders)
        ([True, True], ['dmy'])
    """

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.first = self.odd = ""
        self.orders: frozenset[str] | None = None
        self._by_mark: dict[str, tuple[str, frozenset[str]]] = {}
        self._zones: set[str] = set()
        self._seasons = True

    def take(self, text: str) -> bool:
        """Note in which orders a text is a date; whether any is left in which all of them are."""
        if self.orders is None or self.orders:
            orders = orders_of(text)
            self.first = self.first or text
            self._seasons = self._seasons and like_a_season(text)
            if self.orders and not self.orders & orders:
                self.odd = text
            self.orders = orders if self.orders is None else self.orders & orders
            if self.orders and (":" in text or "T" in text):
                self._zones.add(zone_of(text))
            mark = _mark(text)
            example, before = self._by_mark.get(mark, (text, orders))
            self._by_mark[mark] = (example, before & orders)
        return bool(self.orders)

    @property
    def order(self) -> str:
        """The order in which all of them are read; empty where they are not all dates."""
        if not self.orders or self._seasons:
            return ""
        return sorted(self.orders, reverse="/" in self.first)[0]

    @property
    def mark(self) -> str:
        """What stands between their parts, where their order is not that of ISO 8601."""
        return "" if self.order == "ymd" else _mark(self.first)

    @property
    def zone(self) -> str:
        """Their offset from UTC, UTC itself where they have several; empty where none has one."""
        zones = self._zones - {""}
        return "+00:00" if len(zones) > 1 else "".join(zones)

    @property
    def why(self) -> str:
        """What decides on the order, and what may be meant otherwise."""
        order = self.order
        iso = iso_date(self.first, order) or ""
        if order == "ymd":
            month = _MONTH_OR_DAY.fullmatch(self.first)
            return f"{self.first!r} as a month of {iso[:4]}, not a day" if month else ""
        why = f"{self.first!r} and the others allow nothing else"
        if len(self.orders or ()) > 1:
            why = f"no row decides it: {self.first!r} may be either"
        elif undecided := [text for text, orders in self._by_mark.values() if len(orders) > 1]:
            why += f"; {undecided[0]!r} has another mark, and may have another order"
        if iso[:4] not in self.first:
            why += "; years of two digits are those from 1969 to 2068"
        return why


def _mark(text: str) -> str:
    """What stands between the parts of a date in digits."""
    return without_weekday(text).lstrip("0123456789")[:1]
