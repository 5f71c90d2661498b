"""Phrases that sentences about data share: a count, a list of names, the closest name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    Example:
        >>> counted(1, "row"), counted(2, "row")
        ('1 row', '2 rows')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str], *, most: int = 12) -> str:
    """Return the names as one phrase, cut after the first few.

    Example:
        >>> listed(["a", "b", "c"], most=2)
        'a, b and 1 more'
    """
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def closest(name: str, names: Sequence[str]) -> str:
    """Return ' (did you mean ...?)' for the nearest of the names, or nothing.

    Example:
        >>> closest("pengiuns", ["iris", "penguins"])
        " (did you mean 'penguins'?)"
    """
    found = difflib.get_close_matches(name, names, n=1)
    return f" (did you mean {found[0]!r}?)" if found else ""
