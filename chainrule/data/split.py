"""Rows in batches, and divided into those to train on and those held out."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from numbers import Real
from typing import Protocol

from chainrule.errors import OptionError


class Shuffler(Protocol):
    """What shuffling needs of a generator of random numbers."""

    def permutation(self, n: int, /) -> list[int]:
        """The numbers from 0 to n - 1 in random order."""


def batches(n: int, batch_size: int, generator: Shuffler | None = None) -> Iterator[list[int]]:
    """Yield the positions of each batch of one epoch; the last batch may be short.

    Args:
        n: The number of examples.
        batch_size: The number of examples in a batch.
        generator: Shuffles the examples; None keeps them in order.

    Raises:
        OptionError: If the batch size is below 1.

    Example:
        >>> list(batches(5, 2))
        [[0, 1], [2, 3], [4]]
    """
    if batch_size < 1:
        raise OptionError(f"batch_size is {batch_size}; a batch needs at least 1 example")
    order = list(range(n)) if generator is None else generator.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]


def split(
    rows: int, fraction: float, generator: Shuffler, *, classes: Sequence[Hashable] | None = None
) -> tuple[list[int], list[int]]:
    """Divide row positions at random into those to train on and those held out.

    With classes, each class is divided by itself, and its part rounded to whole rows. A class of
    one row stays in training, and so does one of which half a row or less would be held out: with
    many small classes the whole part is smaller than asked for.

    Args:
        rows: The number of rows.
        fraction: The part to hold out, from 0 to below 1.
        generator: Draws which rows.
        classes: The class of each row.

    Returns:
        The positions to train on and the positions held out, each in rising order.

    Raises:
        OptionError: If the fraction lies outside 0 to 1.

    Example:
        >>> class Reverse:
        ...     def permutation(self, n):
        ...         return list(range(n))[::-1]
        >>> split(4, 0.5, Reverse(), classes=["a", "a", "b", "b"])
        ([0, 2], [1, 3])
    """
    require_part(fraction)
    order = generator.permutation(rows)
    groups: dict[Hashable, list[int]] = {}
    for row in order:
        groups.setdefault(classes[row] if classes is not None else None, []).append(row)
    held_out: list[int] = []
    for group in groups.values():
        held_out += group[: min(round(fraction * len(group)), len(group) - 1)]
    out = set(held_out)
    return [row for row in range(rows) if row not in out], sorted(held_out)


def require_part(fraction: float) -> None:
    """Refuse a part to hold out that is none.

    Raises:
        OptionError: If it lies outside 0 to 1.
    """
    if not isinstance(fraction, Real) or not 0 <= fraction < 1:
        raise OptionError(f"the part to hold out is {fraction!r}; it can be from 0 to below 1")
