"""What an account of the loss costs, said before it is begun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final


@final
@dataclass(frozen=True)
class Price:
    """A cost in gradients.

    Attributes:
        least: The number of gradients if every segment needs the fewest points.
        most: The number of gradients if every segment needs the most.
        seconds: The time that one gradient took; None if none was timed.

    Example:
        >>> print(Price(200, 3200))
        200 to 3,200 gradients
        >>> print(Price(200, 3200, seconds=0.01))
        200 to 3,200 gradients, about 2 s to 32 s
    """

    least: int
    most: int
    seconds: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Every number by name."""
        return {"least": self.least, "most": self.most, "seconds": self.seconds}

    def __str__(self) -> str:
        text = f"{self.least:,} to {self.most:,} gradients"
        if self.least == self.most:
            text = f"{self.most:,} gradients"
        if self.seconds is None:
            return text
        return (
            f"{text}, about {_time(self.least * self.seconds)} to {_time(self.most * self.seconds)}"
        )


def _time(seconds: float) -> str:
    """A length of time as people say it.

    Example:
        >>> _time(0.004), _time(12.3), _time(400.0), _time(9000.0)
        ('0.01 s', '12 s', '7 min', '2.5 h')
    """
    if seconds < 100:
        return f"{max(seconds, 0.01):.2g} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.2g} h"
