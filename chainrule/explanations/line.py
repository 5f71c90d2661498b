"""The loss along one weight, everything else held still."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.nn import ACTIVATIONS, Architecture, Dense, Loss, example_losses
from chainrule.ops import mean, where


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
        classes: Whether the answers are classes; None where output and loss tell.
        class_names: What people call the classes; empty where they go by their numbers.
        questions: Whether each output answers yes or no to a question of its own, rather than all
            of them naming one class.
        restore: From values as the network gives them to those in the target's own unit; None where
            they are the same.
    """

    architecture: Architecture
    loss: Loss
    parameters: dict[str, Any]
    x: Any
    t: Any
    classes: bool | None = None
    class_names: tuple[str, ...] = ()
    questions: bool = False
    restore: Callable[[Sequence[float]], list[float]] | None = None

    @property
    def classifies(self) -> bool:
        """Whether the answers are classes rather than values."""
        if self.classes is not None:
            return self.classes
        return self.loss.classifies(self.architecture.output.activation)

    def example_losses(self, parameters: dict[str, Any] | None = None) -> Any:
        """The loss of each example, of shape `(batch,)`; with other weights if they are given."""
        return example_losses(
            self.architecture, self.loss, parameters or self.parameters, self.x, self.t
        )

    def mean_loss(self, parameters: dict[str, Any] | None = None) -> Any:
        """The mean loss; with other weights if they are given."""
        return mean(self.example_losses(parameters))

    @cached_property
    def dense(self) -> dict[str, Dense]:
        """The layers that compute something in prediction, where dropout is silent."""
        layers = self.architecture.layers
        return {name: layer for name, layer in layers.items() if isinstance(layer, Dense)}

    @cached_property
    def sums(self) -> dict[str, tuple[Any, Any]]:
        """What comes into each layer, and its weighted sums, as the weights are."""
        x, found = self.x, {}
        for name, layer in self.dense.items():
            z = layer.scores(self.arrays(name), x)
            found[name] = x, z
            x = ACTIVATIONS[layer.activation](z)
        return found

    def arrays(self, layer: str) -> dict[str, Any]:
        """A layer's own arrays by their short names."""
        return {short: self.parameters[f"{layer}.{short}"] for short in ("weight", "bias")}

    def row(self, row: int) -> Setting:
        """The same about one example alone."""
        one = slice(row, row + 1)
        return replace(self, x=self.x[one], t=self.t[one])


@final
class WeightLine:
    """One weight as the only variable.

    Only the weight's own neuron and what comes after it can change, so what comes in is worked out
    once for the setting, and a call runs the neuron and the later layers again, with the network's
    own ops.

    Args:
        setting: The network and the examples.
        parameter: The array that the weight is an entry of.
        index: Which entry.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES
        >>> weights = {"dense1.weight": xp.asarray([[1.5]]), "dense1.bias": xp.asarray([0.5])}
        >>> x, t = xp.asarray([[2.0]]), xp.asarray([[4.0]])
        >>> setting = Setting(
        ...     Architecture([Dense(1, 1)]), LOSSES["mean_squared_error"], weights, x, t
        ... )
        >>> line = WeightLine(setting, "dense1.weight", (0, 0))
        >>> line.at, line(1.5).item(), line(1.75).item()
        (1.5, 0.25, 0.0)
    """

    def __init__(self, setting: Setting, parameter: str, index: tuple[int, ...]) -> None:
        self.setting = setting
        self.parameter = parameter
        self.index = index
        self.at = float(setting.parameters[parameter][index])
        self.layer = parameter.partition(".")[0]

    @property
    def start(self) -> Any:
        """The weight as an array of the network's own kind, to be differentiated by."""
        whole = self.setting.parameters[self.parameter]
        return namespace_of(whole).asarray(self.at, dtype=whole.dtype)

    def __call__(self, value: Any) -> Any:
        """The mean loss with this weight set to a value; a tensor keeps its tape."""
        return mean(self.example_losses(self.scores(value)))

    def scores(self, value: Any) -> Any:
        """The last layer's weighted sums with this weight set to a value."""
        z, (own, *later) = self._moved(value), self._from_here
        activation = self.setting.dense[own].activation
        for name in later:
            layer = self.setting.dense[name]
            z = layer.scores(self.setting.arrays(name), ACTIVATIONS[activation](z))
            activation = layer.activation
        return z

    def example_losses(self, scores: Any) -> Any:
        """The loss of each example, from the last layer's weighted sums."""
        loss, architecture = self.setting.loss, self.setting.architecture
        return loss.op(scores if loss.link else architecture.activate(scores), self.setting.t)

    def _moved(self, value: Any) -> Any:
        """The weighted sums of the weight's layer, with its own neuron's computed again."""
        x, z = self.setting.sums[self.layer]
        xp = namespace_of(x)
        neuron, *entry = self.index
        row = slice(neuron, neuron + 1)
        weight, bias = (array[row] for array in self.setting.arrays(self.layer).values())
        if entry:
            weight = where(xp.equal(xp.arange(weight.shape[1]), entry[0]), value, weight)
        else:
            bias = where(xp.ones_like(bias, dtype=xp.bool), value, bias)
        again = self.setting.dense[self.layer].scores({"weight": weight, "bias": bias}, x)
        return where(xp.equal(xp.arange(z.shape[1]), neuron), again, z)

    @property
    def _from_here(self) -> list[str]:
        names = list(self.setting.dense)
        return names[names.index(self.layer) :]
