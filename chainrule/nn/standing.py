"""How a model does on every example, and which of them a change of it fixes or breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, final

from chainrule.words import Record

VALUE_CHANGE = 0.01
"""Without classes, the part of its loss by which an example must get better or worse to count."""


@final
@dataclass(frozen=True)
class Standing:
    """How a model does on every example.

    Attributes:
        losses: The loss of each.
        answers: The answer to each: classes by name or index, or lists of values or of yes and no;
            None where a function says nothing but its losses.
        right: For classes, whether each answer is right; None for values.
    """

    losses: tuple[float, ...]
    answers: tuple[Any, ...]
    right: tuple[bool, ...] | None

    @property
    def loss(self) -> float:
        """The mean loss."""
        return sum(self.losses) / len(self.losses)


@final
@dataclass(frozen=True)
class Change(Record):
    """What a change of a model did to single examples.

    Attributes:
        fixed: Places of the examples whose class went from wrong to right, or, without classes,
            whose loss fell by more than 1%.
        broken: Places of those for which it was the other way round.
    """

    fixed: tuple[int, ...]
    broken: tuple[int, ...]


def changed(before: Standing, after: Standing, rows: Sequence[int] | None = None) -> Change:
    """Which examples were fixed and which were broken on the way from one standing to another.

    Args:
        before: How the model did.
        after: How it does now.
        rows: What to call the examples; their places if left out.

    Example:
        >>> before = Standing((1.0, 0.2, 0.1), (1, 1, 0), (False, True, True))
        >>> after = Standing((0.3, 0.9, 0.1), (0, 0, 0), (True, False, True))
        >>> changed(before, after)
        Change(fixed=(0,), broken=(1,))
    """
    if before.right is not None and after.right is not None:
        rights = list(zip(before.right, after.right, strict=True))
        fixed = [now and not was for was, now in rights]
        broken = [was and not now for was, now in rights]
    else:
        losses = list(zip(before.losses, after.losses, strict=True))
        fixed = [now < was * (1 - VALUE_CHANGE) for was, now in losses]
        broken = [now > was * (1 + VALUE_CHANGE) for was, now in losses]
    rows = range(len(fixed)) if rows is None else rows
    return Change(tuple(compress(rows, fixed)), tuple(compress(rows, broken)))
