"""Nudge: what a change of one weight is predicted to do, and what it is measured to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from numbers import Real
from statistics import median
from typing import final

from chainrule.errors import OptionError
from chainrule.explanations.what_if.line import WeightLine
from chainrule.explanations.what_if.ranking import WeightSlope
from chainrule.explanations.what_if.slopes import nudge_size
from chainrule.nn import Study
from chainrule.words import Record, number, record


@final
@dataclass(frozen=True)
class Nudge(Record):
    """A change of one weight: its effect predicted by the slope, and measured.

    Attributes:
        weight: The weight's name.
        at: Its value.
        by: How much was added.
        loss: The loss before.
        predicted: The change of the loss by the slope alone, `dL/dw · by`.
        actual: The change of the loss when the network was run again.
    """

    weight: str
    at: float
    by: float
    loss: float
    predicted: float
    actual: float

    def _repr_html_(self) -> str:
        numbers = [self.at, self.by, self.loss, self.predicted, self.actual]
        titles = ("value", "added", "loss", "predicted change", "measured change")
        return record(str(self), "the nudge", titles, [numbers])

    def __str__(self) -> str:
        by, then = number(self.by), number(self.loss + self.actual)
        sign = "+" if self.by >= 0 else ""
        return (
            f"{self.weight}: {number(self.at)} → {number(self.at + self.by)} ({sign}{by})\n"
            f"  predicted change of the loss {number(self.predicted)}   (dL/dw · {by})\n"
            f"  measured change of the loss  {number(self.actual)}   "
            f"({number(self.loss)} → {then})"
        )


def measured(study: Study, weights: Sequence[WeightSlope]) -> list[WeightSlope]:
    """Ranked weights with what the same small nudge downhill of each is measured to do.

    It is a hundredth of their median size, or of 1 if that is larger. A weight that is not a finite
    number cannot be nudged, and comes back as it was.

    Args:
        study: The model and the examples.
        weights: Some of the ranking.
    """
    size = nudge_size(median([abs(w.value) for w in weights if isfinite(w.value)] or [0.0]))
    return [_nudged(WeightLine(study, *study.find(w.name)), w, size) for w in weights]


def _nudged(line: WeightLine, weight: WeightSlope, size: float) -> WeightSlope:
    if not isfinite(line.at):
        return weight
    downhill = nudge(line, weight.slope, -size if weight.slope > 0 else size)
    return replace(
        weight, nudge=downhill.by, predicted=downhill.predicted, measured=downhill.actual
    )


def nudge(line: WeightLine, slope: float, by: float) -> Nudge:
    """Run the network again with one weight changed; the network itself stays as it is.

    Args:
        line: The loss along the weight.
        slope: The weight's gradient.
        by: How much to add to it.

    Raises:
        OptionError: If that is not a finite number.
    """
    if not isinstance(by, Real) or not isfinite(by):
        raise OptionError(f"a nudge adds a finite number to a weight; found by={by!r}")
    loss = float(line(line.at))
    return Nudge(
        weight=line.weight,
        at=line.at,
        by=by,
        loss=loss,
        predicted=slope * by,
        actual=float(line(line.at + by)) - loss,
    )
