"""Numbers as people write them: with a minus, a unit, and marks between their digits."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

SIGNS = "$£¥\u20a0-\u20bf"
UNITS = f"%‰{SIGNS}"
CODES = r"[A-Z]{1,3}\$|AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HUF|INR|JPY|MXN|NOK|NZD|PLN|SEK|USD|ZAR"
CODES += r"|Rs\.?|kr\.?"
"""Currencies that may stand before a number in letters."""
WORD = (
    r"(?:°|[^\W\d_])(?:[^\W\d_]|[°²³/]|(?:(?<=[\d\s]m)|(?<=[kcdm]m))[23]){0,7}"
    rf"\.?(?: ?[{UNITS}])?"
)
"""A unit in letters, such as kg, °C, l/min, m2, Mio. €."""

BY_COMMAS = frozenset({"$", "¥", "gbp", "ils", "inr", "usd"})
"""Currencies, as `plain_unit` spells them, of which a comma stands between thousands."""

_CODE_OF = {"€": "eur", "euro": "eur", "£": "gbp", "₹": "inr", "₺": "try", "₽": "rub", "₪": "ils"}
"""Signs of one currency alone, as $ and ¥ are not, by its code in small letters."""
_ANY_CAPITALS = re.compile(
    "kg|[ck]m[23]?|m[23]|km/h|kwh|kcal|kj|[hk]pa|min|hrs|yrs|lbs|pcs|stk|mio|mrd|euro?|usd|gbp|chf|inr"
)
"""Short units that mean one thing in any capitals, as mg and Mg, ks and kS, kn and kN do not."""
_A_WORD = 5
"""From so many letters on a unit is a word and no prefix with a letter of its own."""

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


def parts_of(text: str, *, behind: bool = False) -> WrittenNumber | None:
    """The parts of a number's text, or None where it is none.

    Args:
        text: The text, without spaces around it.
        behind: Whether a minus may stand behind a whole number, as its column shows: else 2- may
            be a grade, and 1990- a span of years.

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
        if body.isdigit() and not behind:
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


def needs_all(unit: str) -> bool:
    """Whether a unit makes numbers of a column only where it stands beside all of them.

    Example:
        >>> needs_all("kg"), needs_all("%"), needs_all("€"), needs_all("")
        (True, True, False, False)
    """
    return unit != "" and unicodedata.category(unit[-1]) != "Sc"


@lru_cache
def plain_unit(unit: str) -> str:
    """A unit in the one spelling by which it is compared with others.

    Example:
        >>> plain_unit("m²") == plain_unit("m2"), plain_unit("Mio.") == plain_unit("mio")
        (True, True)
        >>> plain_unit("KG") == plain_unit("kg"), plain_unit("EUR") == plain_unit("€")
        (True, True)
        >>> plain_unit("Mg") == plain_unit("mg"), plain_unit("USD") == plain_unit("$")
        (False, False)
    """
    return " ".join(map(_plain, unicodedata.normalize("NFKC", unit).split()))


def _plain(part: str) -> str:
    part = part.rstrip(".")
    small = part.casefold()
    a_word = len(part) >= _A_WORD and part[1:] in (small[1:], part[1:].upper())
    small = small if a_word or _ANY_CAPITALS.fullmatch(small) else part
    return _CODE_OF.get(small, small)
