"""What every explanation is about: a loss over named parameters and examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, final

from chainrule.nn.architecture import Architecture
from chainrule.nn.layers import ACTIVATIONS, Dense
from chainrule.nn.losses import Loss
from chainrule.nn.objective import example_losses
from chainrule.ops import mean


@final
@dataclass(frozen=True)
class NetworkStudy:
    """A network, its weights and some examples: what every explanation is about.

    Attributes:
        architecture: The network.
        loss_function: What being wrong costs.
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
    loss_function: Loss
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
        return self.loss_function.classifies(self.architecture.output.activation)

    def losses(self, parameters: dict[str, Any] | None = None) -> Any:
        """The loss of each example, of shape `(batch,)`; with other weights if they are given."""
        return example_losses(
            self.architecture, self.loss_function, parameters or self.parameters, self.x, self.t
        )

    def loss(self, parameters: dict[str, Any] | None = None) -> Any:
        """The mean loss; with other weights if they are given."""
        return mean(self.losses(parameters))

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

    def row(self, row: int) -> NetworkStudy:
        """The same about one example alone."""
        one = slice(row, row + 1)
        return replace(self, x=self.x[one], t=self.t[one])
