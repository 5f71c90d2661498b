"""A count with its noun, the first names of many, and a few places out of many."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

_HIDDEN = re.compile(r"^$|^\s|\s$|\"|,(?!\d)(?![^\[(]*[\])])")
"""Nothing, a space at an end, a quote, a comma outside of numbers and brackets."""


def a_or_an(name: str) -> str:
    """A name with its article.

    Example:
        >>> a_or_an("sigmoid"), a_or_an("identity"), a_or_an("ndarray"), a_or_an("uint8")
        ('a sigmoid', 'an identity', 'an ndarray', 'a uint8')
    """
    return f"{'an' if name.lower().startswith((*'aeio', 'nd')) else 'a'} {name}"


def plural(count: int, what: str, *, many: str | None = None) -> str:
    """A count with its noun.

    Example:
        >>> plural(1, "row"), plural(3000, "row"), plural(2, "loss", many="losses")
        ('1 row', '3,000 rows', '2 losses')
    """
    return f"{count:,} {what if count == 1 else many or what + 's'}"


def wrong_of(wrong: int, count: int) -> str:
    """How many rows are wrong.

    Example:
        >>> wrong_of(1, 344), wrong_of(12, 2200)
        ('1 of 344 rows is wrong', '12 of 2,200 rows are wrong')
    """
    return plural(wrong, f"of {count:,} rows is wrong", many=f"of {count:,} rows are wrong")


def listed(names: Sequence[str], *, most: int = 12) -> str:
    """The first names of a list, long ones with their middle left out.

    Example:
        >>> listed(["a", "b", "c"], most=2)
        'a, b and 1 more'
        >>> print(listed(["a", "b, c", "w[0,1]"]))
        a, 'b, c', w[0,1]
    """
    rest = len(names) - most
    shown = ", ".join(set_apart(shortened(name)) for name in names[:most])
    return shown + (f" and {rest:,} more" if rest > 0 else "")


def set_apart(name: str) -> str:
    """A name in quotes where in a list it would look like two, or like none; else as it is.

    Example:
        >>> print(set_apart("size, m"), set_apart('5" nails'), set_apart(""), set_apart("1,200 kg"))
        'size, m' '5" nails' '' 1,200 kg
    """
    quoted = name[:1] in ("'", '"') and name[0] in name[1:]
    return repr(name) if _HIDDEN.search(name) and not quoted else name


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
    near = difflib.get_close_matches(name, names, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def aligned(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells as a plain table, the cells of a column ending below one another.

    Example:
        >>> print(aligned([["fold", "loss"], ["1", "0.25"]]))
         fold   loss
            1   0.25
    """
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(" " + "   ".join(map(str.rjust, row, widths)) for row in cells)


def spaced(count: int, most: int) -> list[int]:
    """At most so many places out of `count`, evenly spaced, with the first and the last.

    Example:
        >>> spaced(3, most=5), spaced(100, most=5)
        ([0, 1, 2], [0, 25, 50, 74, 99])
    """
    if count <= most:
        return list(range(count))
    return [round(step * (count - 1) / (most - 1)) for step in range(most)]
