"""Texts that people read as dates or numbers, and the recipe does not."""

from __future__ import annotations

import re

_TIME = r"\d{1,2}:\d{2}(:\d{2}.*)?"
_DAY = r"\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{2,4}"
_DATE = re.compile(rf"(?:{_DAY})(?:[T ]+{_TIME})?|{_TIME}")
_CURRENCY = "[$€£¥]"
_GROUPED = r"\d{1,3}(?P<mark>[,.' \u00a0\u202f])\d{3}(?:(?P=mark)\d{3})*|\d+"
_NUMBER = re.compile(
    rf"\(?[-+]?(?P<before>{_CURRENCY})?\s?[-+]?(?:{_GROUPED})(?:[.,]\d+)?"
    rf"\s?(?P<after>%|{_CURRENCY})?\)?"
)


def unread(text: str) -> str | None:
    """Why a text that is not a float stays unread, as half a sentence; None where it is a word.

    Groups of three digits may as well be an address or a telephone number, unless there is a comma
    between them, or more than them.

    Example:
        >>> unread("2024-01-31 10:00")
        'it holds dates or times: write what matters of them, such as the year, as numbers'
        >>> unread("$1,200") == unread("12 %") == unread("1,5") == unread("1.200.000 €")
        True
        >>> unread("Platz 3") is unread("192.168.100.100") is unread("555 001 007") is None
        True
    """
    if _DATE.fullmatch(text):
        return "it holds dates or times: write what matters of them, such as the year, as numbers"
    parts = _NUMBER.fullmatch(text)
    if parts and (parts["before"] or parts["after"] or "," in text or text.startswith("(")):
        return "its numbers are written with marks: write them as 1234.5"
    return None
