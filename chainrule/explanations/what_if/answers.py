"""What a network answers, and which examples a change of it mends or breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isnan, nan
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.nn import NetworkStudy

VALUE_CHANGE = 0.01
"""In regression, the part of its loss by which an example must get better or worse to count."""


def answers(study: NetworkStudy, scores: Any) -> list[Any]:
    """The answer to each example: a class by name or index, or a list of values or of yes and no.

    Args:
        study: The network and the examples.
        scores: The last layer's weighted sums, of shape `(batch, outputs)`.
    """
    architecture = study.architecture
    return _read(study, architecture.activate(scores), architecture.middle)


def truths(study: NetworkStudy) -> list[Any]:
    """What the answers should have been, in the same form."""
    return _read(study, study.t, 0 if study.loss_function.targets == "signs" else 0.5)


def _read(study: NetworkStudy, table: Any, middle: float) -> list[Any]:
    """Classes or values from a table of outputs or targets; a yes is above `middle`."""
    rows = table.tolist()
    if study.questions:
        return [[nan if isnan(value) else int(value > middle) for value in row] for row in rows]
    if not study.classifies:
        return [study.restore(row) for row in rows] if study.restore else rows
    return chosen(table, middle, study.class_names or range(len(rows[0]) + 1))


def chosen(table: Any, middle: float, names: Sequence[Any]) -> list[Any]:
    """The class of each row of outputs or targets by its name; NaN where an output is NaN.

    Args:
        table: One number for each class, or one for the second of two.
        middle: Above it, one number alone says the second.
        names: What the classes are called.
    """
    rows = table.tolist()
    if table.shape[1] > 1:
        found: list[int] = namespace_of(table).argmax(table, axis=-1).tolist()
    else:
        found = [int(row[0] > middle) for row in rows]
    # Among outputs that are no numbers none is the largest, whatever an argmax says.
    return [nan if any(map(isnan, row)) else names[k] for row, k in zip(rows, found, strict=True)]


@final
@dataclass(frozen=True)
class Standing:
    """How a network does on every example.

    Attributes:
        losses: The loss of each.
        answers: The answer to each: classes by name or index, or lists of values or of yes and no.
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
class Change:
    """What a change of a network did to single examples.

    Attributes:
        mended: Places of the examples whose class went from wrong to right, or, in regression,
            whose loss fell by more than 1 %.
        broken: Places of those for which it was the other way round.
    """

    mended: tuple[int, ...]
    broken: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Both lists by name."""
        return asdict(self)


def standing(study: NetworkStudy, scores: Any, losses: Any) -> Standing:
    """Read off answers and losses.

    Args:
        study: The network and the examples.
        scores: The last layer's weighted sums.
        losses: The loss of each example.
    """
    given = answers(study, scores)
    right = None
    if study.classifies:
        right = tuple(a == t for a, t in zip(given, truths(study), strict=True))
    return Standing(tuple(map(float, losses.tolist())), tuple(given), right)


def standing_with(study: NetworkStudy, parameters: dict[str, Any] | None = None) -> Standing:
    """Run the network and read off how it does, with other weights if they are given."""
    weights = parameters or study.parameters
    scores = study.architecture.scores(weights, study.x)
    loss = study.loss_function
    output = scores if loss.link else study.architecture.activate(scores)
    return standing(study, scores, loss.op(output, study.t))


def changed(before: Standing, after: Standing) -> Change:
    """Which examples were mended and which were broken on the way from one standing to another.

    Example:
        >>> before = Standing((1.0, 0.2, 0.1), (1, 1, 0), (False, True, True))
        >>> after = Standing((0.3, 0.9, 0.1), (0, 0, 0), (True, False, True))
        >>> changed(before, after)
        Change(mended=(0,), broken=(1,))
    """
    if before.right is not None and after.right is not None:
        pairs: Sequence[tuple[Any, Any]] = list(zip(before.right, after.right, strict=True))
        mended = [n for n, (was, now) in enumerate(pairs) if now and not was]
        broken = [n for n, (was, now) in enumerate(pairs) if was and not now]
    else:
        pairs = list(zip(before.losses, after.losses, strict=True))
        mended = [n for n, (was, now) in enumerate(pairs) if now < was * (1 - VALUE_CHANGE)]
        broken = [n for n, (was, now) in enumerate(pairs) if now > was * (1 + VALUE_CHANGE)]
    return Change(tuple(mended), tuple(broken))
