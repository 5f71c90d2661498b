"""Dates and times as people write them, and in one form: that of ISO 8601."""

from __future__ import annotations

import re
from datetime import date, time

_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})\S*)?(?: ?(?P<half>[AaPp])[Mm])?"
_DATE = re.compile(
    r"(?:(?P<first>\d{4})(?P<mark>[-/.])(?P<second_part>\d{1,2})(?P=mark)(?P<third>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{4}|\d{2}))"
    rf"(?:[T ]+{_TIME})?"
)
_CLOCK = re.compile(_TIME)
_LATEST_SHORT_YEAR = 68
"""Of years of two digits, those up to 68 are of this century, as in POSIX's `strptime`."""

ORDERS = {"ymd": "year, month, day", "dmy": "day, month, year", "mdy": "month, day, year"}
"""The orders of a date's parts, and how they are named."""


def like_a_date(text: str) -> bool:
    """Whether a text is written like a date or a time, though there may be no such day."""
    return bool(_DATE.fullmatch(text) or _CLOCK.fullmatch(text))


def orders_of(text: str) -> frozenset[str]:
    """In which orders a text is a date: none where it is not a date.

    Example:
        >>> sorted(orders_of("01/02/2021")), sorted(orders_of("31.1.2021")), sorted(orders_of("x"))
        (['dmy', 'mdy'], ['dmy'], [])
    """
    parts = _DATE.fullmatch(text)
    if parts is None:
        return frozenset()
    wanted = ("ymd",) if parts["first"] else ("dmy", "mdy")
    return frozenset(order for order in wanted if _iso(parts, order) is not None)


def iso_date(text: str, order: str) -> str | None:
    """A date in the form of ISO 8601, with its time where it has one.

    Example:
        >>> iso_date("31.1.2021", "dmy"), iso_date("1/31/21 9:30 pm", "mdy")
        ('2021-01-31', '2021-01-31T21:30:00')
    """
    parts = _DATE.fullmatch(text)
    return None if parts is None else _iso(parts, "ymd" if parts["first"] else order)


def hours_of(text: str) -> float | None:
    """A time of day as hours since midnight, or None where it is none.

    Example:
        >>> hours_of("12:30"), hours_of("1:15 pm"), hours_of("25:00")
        (12.5, 13.25, None)
    """
    parts = _CLOCK.fullmatch(text)
    clock = None if parts is None else _time(parts)
    return None if clock is None else clock.hour + clock.minute / 60 + clock.second / 3600


def _iso(parts: re.Match[str], order: str) -> str | None:
    if parts["first"]:
        year, month, day = int(parts["first"]), int(parts["second_part"]), int(parts["third"])
    else:
        by_letter = dict(zip(order, (parts["a"], parts["b"], parts["c"]), strict=True))
        year, month, day = (int(by_letter[letter]) for letter in "ymd")
        if len(by_letter["y"]) == 2:
            year += 2000 if year <= _LATEST_SHORT_YEAR else 1900
    try:
        written = date(year, month, day).isoformat()
    except ValueError:
        return None
    if parts["hour"] is None:
        return written
    clock = _time(parts)
    if clock is None:
        return None
    # Midnight is the day itself, as data frames hold it.
    return written if clock == time() else f"{written}T{clock.isoformat()}"


def _time(parts: re.Match[str]) -> time | None:
    hour, half = int(parts["hour"]), (parts["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (half == "p")
    try:
        return time(hour, int(parts["minute"]), int(parts["second"] or 0))
    except ValueError:
        return None
