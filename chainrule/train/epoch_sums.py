"""What the steps of an epoch add up to, read from the device as late as it may be."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, final


@final
class EpochSums:
    """Sums of losses and of what a metric counts, over the steps of an epoch.

    A device that computes on its own is at work on later steps while the loss of an earlier one is
    read; reading the loss of the latest step at once would make it wait for us.

    Args:
        as_float: Reads a number that a step gave.

    Attributes:
        rows: How many examples the steps count for that have been read: the sum of their weights.
        losses: The sum of their losses.
        counted: What the metric counted in them.
        gradient_norm: The length of the gradient of the last of them, where it was measured.

    Example:
        >>> sums = EpochSums()
        >>> sums.add(1, 32, {"loss": 0.5, "count": 30})
        1
        >>> sums.add(2, 16, {"loss": 0.25, "count": 16})
        2
        >>> list(sums.read(keep=1)), list(sums.read()), sums.losses
        ([(1, 0.5)], [(2, 0.25)], 20.0)
    """

    def __init__(self, as_float: Callable[[Any], float] = float) -> None:
        self._as_float = as_float
        self.rows = 0.0
        self.losses = 0.0
        self.counted = 0.0
        self.gradient_norm: float | None = None
        self._unread: deque[tuple[int, Any, dict[str, Any]]] = deque()

    def add(self, number: int, rows: int, results: dict[str, Any]) -> int:
        """Take in the results of step `number`, which had so many rows, without reading them.

        Returns:
            How many steps have not been read.
        """
        self._unread.append((number, rows, results))
        return len(self._unread)

    def read(self, *, keep: int = 0) -> Iterator[tuple[int, float]]:
        """Read all steps but the latest `keep`: the number of each, and its loss."""
        as_float = self._as_float
        while len(self._unread) > keep:
            number, counted, results = self._unread.popleft()
            loss = as_float(results["loss"])
            rows = as_float(results["rows"]) if "rows" in results else counted
            self.rows += rows
            self.losses += loss * rows
            self.counted += as_float(results["count"])
            if "gradient_norm" in results:
                self.gradient_norm = as_float(results["gradient_norm"])
            yield number, loss

    def copy(self) -> EpochSums:
        """The sums as they are, of the steps that have been read."""
        same = EpochSums(self._as_float)
        same.rows, same.losses, same.counted = self.rows, self.losses, self.counted
        same.gradient_norm = self.gradient_norm
        return same
