"""A count with its noun, the first names of many, and a few places out of many."""

from __future__ import annotations

from collections.abc import Sequence


def plural(count: int, what: str, *, many: str | None = None) -> str:
    """A count with its noun.

    Example:
        >>> plural(1, "row"), plural(3000, "row"), plural(2, "loss", many="losses")
        ('1 row', '3,000 rows', '2 losses')
    """
    return f"{count:,} {what if count == 1 else many or what + 's'}"


def listed(names: Sequence[str], *, most: int = 8) -> str:
    """The first names of a list.

    Example:
        >>> listed([str(n) for n in range(10)])
        '0, 1, 2, 3, 4, 5, 6, 7 and 2 more'
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def spaced(count: int, most: int) -> list[int]:
    """At most so many places out of `count`, evenly spaced, with the first and the last.

    Example:
        >>> spaced(3, most=5), spaced(100, most=5)
        ([0, 1, 2], [0, 25, 50, 74, 99])
    """
    if count <= most:
        return list(range(count))
    return [round(step * (count - 1) / (most - 1)) for step in range(most)]
