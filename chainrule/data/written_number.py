"""Numbers as people write them: in groups of three, with a decimal comma, a currency, a percent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_MINUS = "-\u2212\u2013\ufe63\uff0d"
_UNITS = "%$€£¥₹"
_SPACES = dict.fromkeys(map(ord, "\u00a0\u202f\u2009"), " ")
_APOSTROPHES = {ord("\u2019"): "'"}
_PARTS = re.compile(
    rf"(?P<open>\()?(?P<sign>[{_MINUS}+])?\s?(?P<before>[{_UNITS}])?\s?(?P<inner>[{_MINUS}+])?"
    rf"(?P<body>(?=[.,]?\d)[\d.,' ]*?)(?P<exponent>[eE][{_MINUS}+]?\d+)?"
    rf"\s?(?P<after>[{_UNITS}])?(?P<close>\))?"
)
_MARKS = re.compile(r"[^\d]")


@dataclass(frozen=True)
class WrittenNumber:
    """A number's text in its parts.

    Args:
        negative: Whether a minus stands before it, or brackets around it.
        unit: A currency or `%`; empty for none.
        body: Digits and the marks between them.
        exponent: What stands behind an `e`, with it.
    """

    negative: bool
    unit: str
    body: str
    exponent: str = ""

    @property
    def marks(self) -> str:
        """The marks between the digits, in order."""
        return "".join(_MARKS.findall(self.body))

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
        >>> parts_of("Platz 3") is parts_of("12px") is None
        True
    """
    parts = _PARTS.fullmatch(text.translate(_SPACES).translate(_APOSTROPHES))
    if parts is None or bool(parts["open"]) != bool(parts["close"]):
        return None
    signs = (parts["sign"] or "") + (parts["inner"] or "")
    units = (parts["before"] or "") + (parts["after"] or "")
    if len(signs) > 1 or len(units) > 1:
        return None
    negative = bool(parts["open"]) or (bool(signs) and signs in _MINUS)
    exponent = re.sub(f"[{_MINUS}]", "-", parts["exponent"] or "")
    return WrittenNumber(negative, units, parts["body"].strip(), exponent)


def says_of_marks(number: WrittenNumber) -> tuple[str, str] | None:
    """Which mark is decimal and which divides thousands, as far as one number proves it.

    Returns:
        The decimal mark and the thousands mark, each empty where nothing is proved; `("?", mark)`
        where one mark stands before three digits and may be either; None where it is not a number.

    Example:
        >>> [says_of_marks(parts_of(text)) for text in ("1.234,5", "1,200,000", "0,5", "1.234")]
        [(',', '.'), ('', ','), (',', ''), ('?', '.')]
    """
    marks = number.marks
    if not marks:
        return "", ""
    last, others = marks[-1], set(marks[:-1])
    if others - {last}:
        if len(others) > 1 or last in others or last not in ".,":
            return None
        other = others.pop()
        return (last, other) if number.plain(last, other) is not None else None
    if len(marks) > 1 or last in "' ":
        return ("", last) if number.plain(_other(last), last) is not None else None
    head, _, tail = number.body.partition(last)
    open_to_both = len(tail) == 3 and 1 <= len(head) <= 3 and head[0] != "0"
    return ("?", last) if open_to_both and not number.exponent else (last, "")


def _other(mark: str) -> str:
    return "," if mark == "." else "."


@lru_cache
def _shape(decimal: str, thousands: str) -> re.Pattern[str]:
    grouped = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|" if thousands else ""
    return re.compile(rf"(?:{grouped}\d*)(?:{re.escape(decimal)}\d*)?")
