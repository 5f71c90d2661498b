"""Rows to train on, and rows held out."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from numbers import Real

from chainrule.data.batches import Shuffler
from chainrule.errors import OptionError


def split(
    rows: int,
    fraction: float,
    generator: Shuffler,
    *,
    classes: Sequence[Hashable] | None = None,
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
    if not isinstance(fraction, Real) or not 0 <= fraction < 1:
        raise OptionError(f"the part to hold out is {fraction!r}; it can be from 0 to below 1")
    order = generator.permutation(rows)
    groups: dict[Hashable, list[int]] = {}
    for row in order:
        groups.setdefault(classes[row] if classes is not None else None, []).append(row)
    held_out: list[int] = []
    for group in groups.values():
        held_out += group[: min(round(fraction * len(group)), len(group) - 1)]
    out = set(held_out)
    return [row for row in range(rows) if row not in out], sorted(held_out)
