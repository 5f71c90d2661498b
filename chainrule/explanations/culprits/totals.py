"""The loss rolled up: example → class → data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

from chainrule.nn import NetworkStudy, Study
from chainrule.words import Record


@final
@dataclass(frozen=True)
class ExampleTotal(Record):
    """One example's part of the loss.

    Attributes:
        row: The example.
        loss: Its loss.
        share: Its part of the sum of all losses, 0 to 1.
        answer: What the network says: a class by name or index, or a list of values in the
            target's unit.
        truth: What it should have said.
        right: For classes, whether that is so; None for values.
    """

    row: int
    loss: float
    share: float
    answer: Any
    truth: Any
    right: bool | None


@final
@dataclass(frozen=True)
class ClassTotal(Record):
    """What the examples of one class add to the loss.

    Attributes:
        name: The class that the examples truly are of.
        rows: How many there are.
        loss: Their mean loss.
        share: Their part of the sum of all losses, 0 to 1.
        wrong: How many of them are answered wrongly.
    """

    name: str
    rows: int
    loss: float
    share: float
    wrong: int


def example_totals(study: Study) -> list[ExampleTotal]:
    """Every example's part of the loss, the worst first; a function's examples have no answers."""
    now = study.standing()
    unknown = (None,) * len(study.rows)
    truths = study.truths if isinstance(study, NetworkStudy) else unknown
    whole = sum(now.losses)
    totals = [
        ExampleTotal(row, loss, loss / whole if whole else 0.0, answer, truth, right)
        for row, loss, answer, truth, right in zip(
            study.rows, now.losses, now.answers, truths, now.right or unknown, strict=True
        )
    ]
    return sorted(totals, key=lambda example: (example.loss == example.loss, -example.loss))


def class_totals(examples: Sequence[ExampleTotal]) -> list[ClassTotal]:
    """The examples added up by the class that they truly are of, the costliest class first.

    The shares add up to 1, and the mean losses, weighted by rows, to the mean loss of all. There
    are no classes in regression.

    Example:
        >>> examples = [
        ...     ExampleTotal(0, 3.0, 0.75, "b", "a", False),
        ...     ExampleTotal(1, 1.0, 0.25, "b", "b", True),
        ... ]
        >>> [(total.name, total.share, total.wrong) for total in class_totals(examples)]
        [('a', 0.75, 1), ('b', 0.25, 0)]
    """
    groups: dict[str, list[ExampleTotal]] = {}
    for example in examples:
        if example.right is not None:
            groups.setdefault(str(example.truth), []).append(example)
    totals = [
        ClassTotal(
            name,
            len(group),
            sum(e.loss for e in group) / len(group),
            sum(e.share for e in group),
            sum(not e.right for e in group),
        )
        for name, group in groups.items()
    ]
    return sorted(totals, key=lambda total: -total.share)
