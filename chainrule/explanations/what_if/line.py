"""The loss along one weight, everything else held still."""

from __future__ import annotations

from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.nn import ACTIVATIONS, NetworkStudy
from chainrule.ops import mean, where


@final
class WeightLine:
    """One weight as the only variable.

    Only the weight's own neuron and what comes after it can change, so what comes in is worked out
    once for the study, and a call runs the neuron and the later layers again, with the network's
    own ops.

    Args:
        study: The network and the examples.
        parameter: The array that the weight is an entry of.
        index: Which entry.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES, Architecture, Dense
        >>> weights = {"dense1.weight": xp.asarray([[1.5]]), "dense1.bias": xp.asarray([0.5])}
        >>> x, t = xp.asarray([[2.0]]), xp.asarray([[4.0]])
        >>> study = NetworkStudy(
        ...     Architecture([Dense(1, 1)]), LOSSES["mean_squared_error"], weights, x, t
        ... )
        >>> line = WeightLine(study, "dense1.weight", (0, 0))
        >>> line.at, line(1.5).item(), line(1.75).item()
        (1.5, 0.25, 0.0)
    """

    def __init__(self, study: NetworkStudy, parameter: str, index: tuple[int, ...]) -> None:
        self.study = study
        self.parameter = parameter
        self.index = index
        self.at = float(study.parameters[parameter][index])
        self.layer = parameter.partition(".")[0]

    @property
    def start(self) -> Any:
        """The weight as an array of the network's own kind, to be differentiated by."""
        whole = self.study.parameters[self.parameter]
        return namespace_of(whole).asarray(self.at, dtype=whole.dtype)

    def __call__(self, value: Any) -> Any:
        """The mean loss with this weight set to a value; a tensor keeps its tape."""
        return mean(self.example_losses(self.scores(value)))

    def scores(self, value: Any) -> Any:
        """The last layer's weighted sums with this weight set to a value."""
        z, (own, *later) = self._moved(value), self._from_here
        activation = self.study.dense[own].activation
        for name in later:
            layer = self.study.dense[name]
            z = layer.scores(self.study.arrays(name), ACTIVATIONS[activation](z))
            activation = layer.activation
        return z

    def example_losses(self, scores: Any) -> Any:
        """The loss of each example, from the last layer's weighted sums."""
        loss, architecture = self.study.loss_function, self.study.architecture
        return loss.op(scores if loss.link else architecture.activate(scores), self.study.t)

    def _moved(self, value: Any) -> Any:
        """The weighted sums of the weight's layer, with its own neuron's computed again."""
        x, z = self.study.sums[self.layer]
        xp = namespace_of(x)
        neuron, *entry = self.index
        row = slice(neuron, neuron + 1)
        weight, bias = (array[row] for array in self.study.arrays(self.layer).values())
        if entry:
            weight = where(xp.equal(xp.arange(weight.shape[1]), entry[0]), value, weight)
        else:
            bias = where(xp.ones_like(bias, dtype=xp.bool), value, bias)
        again = self.study.dense[self.layer].scores({"weight": weight, "bias": bias}, x)
        return where(xp.equal(xp.arange(z.shape[1]), neuron), again, z)

    @property
    def _from_here(self) -> list[str]:
        names = list(self.study.dense)
        return names[names.index(self.layer) :]
