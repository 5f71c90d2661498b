"""How far a long loop has come, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

HOW_FAR: ContextVar[list[int] | None] = ContextVar("HOW_FAR", default=None)
"""Where `counted` writes which item of how many is worked on; None where nobody waits."""


def counted(items: Sequence[T]) -> Iterator[T]:
    """The items one after another, counted where somebody waits and no loop around it counts.

    Example:
        >>> told = HOW_FAR.set([])
        >>> [(item, tuple(HOW_FAR.get())) for item in counted("ab")]
        [('a', (1, 2)), ('b', (2, 2))]
        >>> HOW_FAR.reset(told)
    """
    seen = HOW_FAR.get()
    if seen is None or seen:
        yield from items
        return
    try:
        for number, item in enumerate(items, 1):
            seen[:] = number, len(items)
            yield item
    finally:
        seen.clear()
