"""Where a column's values lie: edges between which about as many lie, from a sample of them."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

_MOST_KEPT = 1024


class Quantiles:
    """Every k-th of the numbers that passed by, k doubled whenever there are too many to keep.

    It takes numbers in pieces of any size, and keeps the same of them.

    Example:
        >>> seen = Quantiles()
        >>> seen.update([1.0, 2.0, 3.0, 4.0, 5.0])
        >>> seen.edges(2)
        (1.0, 3.0, 5.0)
    """

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._kept = array("d")
        self._every = 1
        self._passed = 0

    def update(self, numbers: Sequence[float]) -> None:
        """Take in more numbers."""
        self._kept.extend(numbers[-self._passed % self._every :: self._every])
        self._passed += len(numbers)
        while len(self._kept) > _MOST_KEPT:
            self._kept = self._kept[::2]
            self._every *= 2

    def edges(self, parts: int) -> tuple[float, ...]:
        """The edges of parts that hold about as many numbers each, rounded to four digits.

        Edges that are the same count once, so that there may be fewer parts.
        """
        if not self._kept:
            return ()
        last, line = len(self._kept) - 1, sorted(self._kept)
        places = (round(part * last / parts) for part in range(parts + 1))
        return tuple(sorted({float(f"{line[place]:.4g}") for place in places}))
