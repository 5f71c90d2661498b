"""The loss along one weight, all else held still; a nudge along it, predicted and measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from statistics import median
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.errors import require_number
from chainrule.explanations.what_if.ranking import WeightSlope, listed_slopes
from chainrule.explanations.what_if.slopes import nudge_size
from chainrule.nn import Standing, Study, weight_name
from chainrule.ops import mean
from chainrule.words import Record, Records, apart, number, printed


@final
class WeightLine:
    """One weight as the only variable.

    Args:
        study: The model and the examples.
        parameter: The array that the weight is an entry of.
        index: Which entry.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES, Architecture, Dense, NetworkStudy
        >>> weights = {"dense1.weight": xp.asarray([[1.5]]), "dense1.bias": xp.asarray([0.5])}
        >>> x, t = xp.asarray([[2.0]]), xp.asarray([[4.0]])
        >>> study = NetworkStudy(
        ...     Architecture([Dense(1, 1)]), LOSSES["mean_squared_error"], weights, x, t
        ... )
        >>> line = WeightLine(study, "dense1.weight", (0, 0))
        >>> line.at, line(1.5).item(), line(1.75).item()
        (1.5, 0.25, 0.0)
    """

    def __init__(self, study: Study, parameter: str, index: tuple[int, ...]) -> None:
        self.study = study
        self.parameter = parameter
        self.index = index
        self.at = float(study.parameters[parameter][index])

    @property
    def weight(self) -> str:
        """The weight's name."""
        return weight_name(self.parameter, self.index)

    @property
    def start(self) -> Any:
        """The weight as an array of the study's own kind, to be differentiated by."""
        whole = self.study.parameters[self.parameter]
        return namespace_of(whole).asarray(self.at, dtype=whole.dtype)

    def __call__(self, value: Any) -> Any:
        """The mean loss with this weight set to a value; a tensor keeps its tape."""
        return mean(self.study.losses_from(self._scores(value)))

    def standing(self, value: float) -> Standing:
        """How the model does on every example with this weight set to a value."""
        return self.study.standing_from(self._scores(value))

    @cached_property
    def _scores(self) -> Callable[[Any], Any]:
        return self.study.scores_along(self.parameter, self.index)


@final
@dataclass(frozen=True)
class Nudge(Record):
    """A change of one weight: its effect predicted by the slope, and measured.

    Attributes:
        weight: The weight's name.
        at: Its value.
        by: How much was added.
        loss: The loss as it is.
        predicted: The change of the loss by the slope alone, `dL/dw · by`.
        measured: The change of the loss when the network was run again.

    Example:
        >>> import chainrule as cr
        >>> e = cr.Neuron(weights=[1.5], bias=0.5).explain([2.0], target=4.0)
        >>> print(e.nudge("weight[0]", by=0.1))
        weight[0]: 1.5 → 1.6 (+0.1)
          predicted change of the loss -0.2   (dL/dw · 0.1)
          measured change of the loss  -0.16   (0.25 → 0.09)
    """

    also = ("actual",)

    weight: str
    at: float
    by: float
    loss: float
    predicted: float
    measured: float

    @property
    def actual(self) -> float:
        """The change that was measured, by its other name."""
        return self.measured

    def _repr_html_(self) -> str:
        numbers = [self.at, self.by, self.loss, self.predicted, self.measured]
        titles = ("value", "added", "loss", "predicted change", "measured change")
        return printed(str(self), "the nudge", titles, [numbers])

    def __str__(self) -> str:
        by, sign = number(self.by), "+" if self.by >= 0 else ""
        values = apart(self.at, self.at + self.by, 6)
        losses = apart(self.loss, self.loss + self.measured, 6)
        return (
            f"{self.weight}: {' → '.join(values)} ({sign}{by})\n"
            f"  predicted change of the loss {number(self.predicted)}   (dL/dw · {by})\n"
            f"  measured change of the loss  {number(self.measured)}   "
            f"({' → '.join(losses)})"
        )


def measured(study: Study, weights: Sequence[WeightSlope]) -> Records[WeightSlope]:
    """Ranked weights with what the same small nudge downhill of each is measured to do.

    It is a hundredth of their median size, or of 1 if that is larger. A weight that is not a finite
    number cannot be nudged, and comes back as it was.

    Args:
        study: The model and the examples.
        weights: Some of the ranking.
    """
    size = nudge_size(median([abs(w.value) for w in weights if isfinite(w.value)] or [0.0]))

    def nudged(w: WeightSlope) -> WeightSlope:
        line = WeightLine(study, *study.find(w.name))
        down = nudge(line, w.slope, -size if w.slope > 0 else size)
        return replace(w, nudge=down.by, predicted=down.predicted, measured=down.measured)

    return listed_slopes(nudged(w) if isfinite(w.value) else w for w in weights)


def nudge(line: WeightLine, slope: float, by: float) -> Nudge:
    """Run the network again with one weight changed; the network itself stays as it is.

    Args:
        line: The loss along the weight.
        slope: The weight's gradient.
        by: How much to add to it.

    Raises:
        OptionError: If that is not a finite number.
    """
    require_number("by", by)
    by = by.item() if hasattr(by, "item") else by  # of NumPy's numbers JSON writes none
    loss = float(line(line.at))
    return Nudge(
        weight=line.weight,
        at=line.at,
        by=by,
        loss=loss,
        predicted=slope * by,
        measured=float(line(line.at + by)) - loss,
    )
