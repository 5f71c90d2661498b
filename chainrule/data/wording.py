"""Phrases that sentences about data share: a count, names, the closest name, a text cut short."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    Example:
        >>> counted(1, "row"), counted(2, "row")
        ('1 row', '2 rows')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], *, most: int = 12) -> str:
    """The names as one phrase, cut after the first few.

    Example:
        >>> listed(["a", "b", "c"], most=2)
        'a, b and 1 more'
    """
    shown = ", ".join(map(shortened, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def shortened(text: str, *, most: int = 60) -> str:
    """The text, its middle left out where it is long.

    Example:
        >>> shortened("1000000000000", most=9)
        '1000…0000'
    """
    if len(text) <= most:
        return text
    return f"{text[: (most - 1) // 2]}…{text[-(most // 2) :]}"


def closest(name: str, names: Sequence[str]) -> str:
    """' (did you mean ...?)' for the nearest of the names, or nothing.

    Example:
        >>> closest("pengiuns", ["iris", "penguins"])
        " (did you mean 'penguins'?)"
    """
    found = difflib.get_close_matches(name, names, n=1)
    return f" (did you mean {found[0]!r}?)" if found else ""
