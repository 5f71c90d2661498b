"""The order in which one epoch takes its examples."""

from __future__ import annotations

from collections.abc import Iterator
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
