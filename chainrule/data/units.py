"""Units beside numbers: currencies, percent signs and words, and which spellings mean the same."""

from __future__ import annotations

import re
import unicodedata
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
