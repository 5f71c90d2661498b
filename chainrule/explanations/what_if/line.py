"""The loss along one weight, everything else held still."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.nn import Standing, Study, weight_name
from chainrule.ops import mean


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
