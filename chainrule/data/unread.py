"""Texts that people read as dates or numbers, and the recipe does not."""

from __future__ import annotations

import re

_TIME = r"\d{1,2}:\d{2}(:\d{2}.*)?"
_DAY = r"\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{2,4}"
_DATE = re.compile(rf"(?:{_DAY})(?:[T ]+{_TIME})?|{_TIME}")
_CURRENCY = "$€£¥"
_THOUSANDS = ",.' \u00a0\u202f"
_MARKED = re.compile(
    rf"[-+(]?[{_CURRENCY}]?\s?[-+]?(\d{{1,3}}([{_THOUSANDS}]\d{{3}})+|\d+)([.,]\d+)?"
    rf"\s?[%{_CURRENCY}]?\)?"
)


def unread(text: str) -> str | None:
    """Why a text that is no float stays unread, as half a sentence; None where it is a word.

    Example:
        >>> unread("2024-01-31 10:00")
        'it holds dates or times: write what matters of them, such as the year, as numbers'
        >>> unread("$1,200") == unread("12 %") == unread("1,5")
        True
        >>> unread("Platz 3") is unread("2024-A") is unread("") is None
        True
    """
    if _DATE.fullmatch(text):
        return "it holds dates or times: write what matters of them, such as the year, as numbers"
    if _MARKED.fullmatch(text):
        return "its numbers are written with marks: write them as 1234.5"
    return None
