"""One neuron, for people who want to see every number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, final

from chainrule.errors import OptionError, ShapeError, iterates, require_known, require_number, shown
from chainrule.explanations.receipt import Receipt
from chainrule.explanations.what_if import Nudge, Slope
from chainrule.model.explaining import explain
from chainrule.model.explanation import Explanation
from chainrule.model.network import Network
from chainrule.nn import ACTIVATIONS, Dense
from chainrule.words import plural, printed


@final
class Neuron:
    """A neuron computes `z = w·x + b` and then `a = f(z)`.

    Args:
        weights: One weight per input.
        bias: What is added to the weighted inputs.
        activation: The name of `f`; one of `chainrule.nn.ACTIVATIONS`.

    Raises:
        ShapeError: If there is no weight.
        OptionError: If there is no such activation, or it needs several neurons.

    Example:
        >>> n = Neuron(weights=[1.5], bias=0.5, activation="identity")
        >>> n.forward([2.0])
        3.5
        >>> e = n.explain([2.0], target=4.0, loss="mean_squared_error")
        >>> e.loss, e.gradients["weight[0]"], e.gradients["bias"]
        (0.25, -2.0, -1.0)
        >>> n.updated(e.gradients, learning_rate=0.25)
        Neuron(weights=[2.0], bias=0.75, activation='identity')
    """

    def __init__(
        self, weights: Sequence[float], bias: float = 0.0, activation: str = "identity"
    ) -> None:
        if not iterates(weights):
            raise ShapeError(
                f"a neuron's weights come in a list, one for each input; found {shown(weights)}"
            )
        weights = list(weights)
        if not weights:
            raise ShapeError("a neuron needs at least one weight; the list is empty")
        try:
            layer = Dense(len(weights), 1, activation, weight=[weights], bias=[bias])
        except ShapeError:
            raise ShapeError(
                "a neuron has one number for each input, and one bias; found the weights "
                f"{shown(weights)} and the bias {shown(bias)}"
            ) from None
        if not ACTIVATIONS[activation].entrywise:
            raise OptionError(
                f"{activation} shares 1 among several neurons and there is only one; use sigmoid"
            )
        self.network = Network([layer], engine="python")

    @property
    def weights(self) -> list[float]:
        """One weight per input."""
        weights: list[float] = self.network.parameters["dense1.weight"].tolist()[0]
        return weights

    @property
    def bias(self) -> float:
        """What is added to the weighted inputs."""
        return float(self.network.parameters["dense1.bias"])

    @property
    def activation(self) -> str:
        """The name of the activation function."""
        return self.network.architecture.output.activation

    def weighted_sum(self, x: Sequence[float]) -> float:
        """`z = w·x + b`."""
        network = self.network
        return float(network.architecture.scores(network.parameters, self._row(x)))

    def forward(self, x: Sequence[float]) -> float:
        """`a = f(z)`."""
        return float(self.network.forward(self._row(x)))

    def explain(
        self, x: Sequence[float], target: float, loss: str | None = None
    ) -> NeuronExplanation:
        """The loss for one example and every gradient with its receipt; nothing is changed.

        Args:
            x: One number per input.
            target: What the neuron should have said.
            loss: The name of a loss; the one that suits the activation if left out.

        Raises:
            ShapeError: If there is not one number for each weight.
            OptionError: If there is no such loss, or it does not suit the activation.
        """
        row = self._row(x)
        try:
            return NeuronExplanation(explain(self.network, row, [[target]], loss))
        except ShapeError:
            raise ShapeError(f"a neuron's target is one number; found {shown(target)}") from None

    def updated(self, gradients: dict[str, float], learning_rate: float) -> Neuron:
        """A neuron one step of plain gradient descent further on; this one stays as it is.

        `w ← w - learning_rate · dL/dw`.

        Args:
            gradients: What `explain(...).gradients` gave.
            learning_rate: How far to go, per unit of slope.

        Raises:
            OptionError: If the gradient of a weight or of the bias is missing, or a number is none.
        """
        names = [*(f"weight[{i}]" for i in range(len(self.weights))), "bias"]
        given = gradients if isinstance(gradients, Mapping) else {}
        if missing := [name for name in names if name not in given]:
            raise OptionError(
                f"a step needs the gradient of {missing[0]}; give all of {', '.join(names)}, as "
                "explain(...).gradients does"
            )
        require_number("learning_rate", learning_rate)
        for name in names:
            require_number(f"the gradient of {name}", gradients[name])
        moved = [w - learning_rate * gradients[f"weight[{i}]"] for i, w in enumerate(self.weights)]
        return Neuron(moved, self.bias - learning_rate * gradients["bias"], self.activation)

    def _row(self, x: Sequence[float]) -> Any:
        row = self.network.as_inputs(x)
        if row.shape != (1, len(self.weights)):
            rows, columns = row.shape[0], row.shape[-1]
            raise ShapeError(
                f"the neuron has {plural(len(self.weights), 'weight')} and needs as many inputs; "
                f"found {rows * columns if rows < 2 else plural(rows, 'example')}"
            )
        return row

    def __repr__(self) -> str:
        return f"Neuron(weights={self.weights}, bias={self.bias}, activation={self.activation!r})"


@final
class NeuronExplanation:
    """What one neuron's error comes from.

    Attributes:
        explanation: The same for the neuron as a network of one.
    """

    def __init__(self, explanation: Explanation) -> None:
        self.explanation = explanation

    @property
    def loss(self) -> float:
        """How wrong the neuron is."""
        return self.explanation.loss

    @property
    def gradients(self) -> dict[str, float]:
        """The gradient of each weight, `weight[0]` onwards, and of the `bias`."""
        weight, bias = self.explanation.gradients.values()
        gradients = {f"weight[{i}]": g for i, g in enumerate(weight.tolist()[0])}
        return {**gradients, "bias": bias.tolist()[0]}

    def receipt(self, weight: str) -> Receipt:
        """One gradient as the product `dL/dw = dL/da · da/dz · dz/dw`, with numbers."""
        receipt = self.explanation.receipt(self._inner(weight))
        return replace(receipt, weight=weight, merges=(), paths=())

    def slope(self, weight: str) -> Slope:
        """One gradient as a sentence, beside measured nudges."""
        return replace(self.explanation.slope(self._inner(weight)), name=weight)

    def nudge(self, weight: str, *, by: float) -> Nudge:
        """The change of the loss for adding `by`, predicted and measured."""
        return replace(self.explanation.nudge(self._inner(weight), by=by), weight=weight)

    def _inner(self, weight: str) -> str:
        require_known("weight of the neuron", self.gradients, weight)
        return "dense1.bias[0]" if weight == "bias" else f"dense1.weight[0,{weight[7:-1]}]"

    def __repr__(self) -> str:
        return f"<explanation of a neuron, loss {self.loss:.6g}; print it>"

    def _repr_html_(self) -> str:
        return printed(str(self))

    def __str__(self) -> str:
        lines = [f"loss {self.loss:.6g}"]
        lines += [f"  dL/d{name} = {g:.6g}" for name, g in self.gradients.items()]
        return "\n".join(lines)
