"""The loss along one weight, everything else held still."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.nn import Architecture, Loss, example_losses
from chainrule.ops import mean


@final
@dataclass(frozen=True)
class Setting:
    """A network, its weights and some examples: what every explanation is about.

    Attributes:
        architecture: The network.
        loss: What being wrong costs.
        parameters: Every array of the layout, by name.
        x: Inputs, of shape `(batch, in_features)`.
        t: Encoded targets, of shape `(batch, out_features)`.
    """

    architecture: Architecture
    loss: Loss
    parameters: dict[str, Any]
    x: Any
    t: Any

    def example_losses(self, parameters: dict[str, Any] | None = None) -> Any:
        """The loss of each example, of shape `(batch,)`; with other weights if they are given."""
        return example_losses(
            self.architecture, self.loss, parameters or self.parameters, self.x, self.t
        )

    def mean_loss(self, parameters: dict[str, Any] | None = None) -> Any:
        """The mean loss; with other weights if they are given."""
        return mean(self.example_losses(parameters))

    def row(self, row: int) -> Setting:
        """The same about one example alone."""
        one = slice(row, row + 1)
        return Setting(
            self.architecture, self.loss, self.parameters, self.x[one], self.t[one]
        )


@final
class WeightLine:
    """One weight as the only variable.

    Args:
        setting: The network and the examples.
        parameter: The array that the weight is an entry of.
        index: Which entry.
    """

    def __init__(self, setting: Setting, parameter: str, index: tuple[int, ...]) -> None:
        self.setting = setting
        self.parameter = parameter
        self.index = index
        self.at = float(setting.parameters[parameter][index])

    @cached_property
    def _entry(self) -> Any:
        """An array like the parameter that is 1 at the entry and 0 elsewhere."""
        whole = self.setting.parameters[self.parameter]
        xp = namespace_of(whole)
        size = whole.shape[0] if len(whole.shape) == 1 else whole.shape[0] * whole.shape[1]
        place = self.index[0]
        if len(whole.shape) == 2:
            place = place * whole.shape[1] + self.index[1]
        return xp.reshape(xp.where(xp.equal(xp.arange(size), place), 1.0, 0.0), whole.shape)

    def parameters(self, value: Any) -> dict[str, Any]:
        """The network's weights with this one set to a value; a tensor keeps its tape."""
        whole = self.setting.parameters[self.parameter]
        moved = whole + self._entry * (value - self.at)
        return {**self.setting.parameters, self.parameter: moved}

    def __call__(self, value: Any) -> Any:
        """The mean loss with this weight set to a value."""
        return self.setting.mean_loss(self.parameters(value))
