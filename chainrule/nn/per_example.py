"""The gradient of every example's own loss, from one walk back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor, backward, tape
from chainrule.nn import Architecture, Loss, example_losses
from chainrule.ops import weighted_sum


def per_example_gradients(
    architecture: Architecture, loss: Loss, parameters: Mapping[str, Any], x: Any, t: Any
) -> dict[str, Any]:
    """`∂L_n/∂w` for every example n, not divided by their number.

    Up to the weights, row n of every gradient in the walk belongs to example n alone. The last
    rule would add the rows up; given each row as a batch of one, it leaves them apart.

    Args:
        architecture: The network.
        loss: What being wrong costs.
        parameters: Every array of the layout, by name.
        x: Inputs, of shape `(batch, in_features)`.
        t: Encoded targets, of shape `(batch, out_features)`.

    Returns:
        One array per parameter, of shape `(batch, *its shape)`.

    Source: Goodfellow, "Efficient per-example gradient computations" (2015), section 3.
    """
    found = {}
    for use in layer_uses(architecture, loss, parameters, x, t):
        xp = namespace_of(use.g)
        for index, name in ((1, use.weight), (2, use.bias)):
            rows = (xp.expand_dims(use.x, axis=1), None, None)
            alone = weighted_sum.share(index, xp.expand_dims(use.g, axis=1), None, rows, {})
            found[name] = xp.reshape(alone, (use.g.shape[0], *parameters[name].shape))
    return found


def per_example_entry(
    architecture: Architecture,
    loss: Loss,
    parameters: Mapping[str, Any],
    x: Any,
    t: Any,
    *,
    parameter: str,
    index: tuple[int, ...],
) -> list[Any]:
    """`∂L_n/∂w` of one weight for every example n, from its own neuron's column alone."""
    neuron, *entry = index
    for use in layer_uses(architecture, loss, parameters, x, t):
        if parameter in (use.weight, use.bias):
            xp = namespace_of(use.g)
            g = xp.expand_dims(use.g[:, neuron : neuron + 1], axis=1)
            rows = (xp.expand_dims(use.x, axis=1), None, None)
            alone = weighted_sum.share(1 if entry else 2, g, None, rows, {})
            found: list[Any] = alone[:, 0, entry[0] if entry else 0].tolist()
            return found
    raise AssertionError("every parameter is at work in the weighted sum of its layer")


def per_example_products(
    architecture: Architecture,
    loss: Loss,
    parameters: Mapping[str, Any],
    x: Any,
    t: Any,
    *,
    row: int | None = None,
) -> Any:
    """Dot products of all pairs of per-example gradients, without forming one of them.

    A layer's gradient for one example is the outer product of what came back, `g`, and what went
    in, `x`; the dot product of two outer products is `(g_n · g_m) · (x_n · x_m)`.

    Args:
        architecture: The network.
        loss: What being wrong costs.
        parameters: Every array of the layout, by name.
        x: Inputs, of shape `(batch, in_features)`.
        t: Encoded targets, of shape `(batch, out_features)`.
        row: The one example whose products are wanted; all if left out.

    Returns:
        An array of shape `(batch, batch)`, or `(1, batch)` for one row; the square roots of the
        diagonal are the norms.

    Source: Goodfellow, "Efficient per-example gradient computations" (2015), section 3.
    """
    total: Any = None
    for use in layer_uses(architecture, loss, parameters, x, t):
        xp = namespace_of(use.g)
        wanted = slice(None) if row is None else slice(row, row + 1)
        came_back = xp.matmul(use.g[wanted], xp.matrix_transpose(use.g))
        went_in = xp.matmul(use.x[wanted], xp.matrix_transpose(use.x))
        product = came_back * (went_in + 1)  # the bias is a weight whose input is always 1
        total = product if total is None else total + product
    return total


def per_example_norms(
    architecture: Architecture, loss: Loss, parameters: Mapping[str, Any], x: Any, t: Any
) -> Any:
    """The length of each example's gradient, of shape `(batch,)`, without forming one of them."""
    total: Any = None
    for use in layer_uses(architecture, loss, parameters, x, t):
        xp = namespace_of(use.g)
        came_back = xp.sum(use.g * use.g, axis=-1)
        went_in = xp.sum(use.x * use.x, axis=-1)
        square = came_back * (went_in + 1)  # the bias is a weight whose input is always 1
        total = square if total is None else total + square
    return xp.sqrt(total)


@final
@dataclass(frozen=True)
class LayerUse:
    """A layer's weights at work on a batch: what went in, what came out, what came back.

    Attributes:
        layer: The layer's name.
        x: What went in, of shape `(batch, in_features)`.
        z: The weighted sums, of shape `(batch, out_features)`.
        g: `∂L_n/∂z` of each example's own loss, of the shape of z.
    """

    layer: str
    x: Any
    z: Any
    g: Any

    @property
    def weight(self) -> str:
        """The name of the layer's weights."""
        return f"{self.layer}.weight"

    @property
    def bias(self) -> str:
        """The name of the layer's biases."""
        return f"{self.layer}.bias"


def layer_uses(
    architecture: Architecture, loss: Loss, parameters: Mapping[str, Any], x: Any, t: Any
) -> list[LayerUse]:
    """What every layer saw, gave and got back on a batch, from one walk, first layer first.

    Up to the weights, row n of every gradient in the walk belongs to example n alone.
    """
    weights = {name: Tensor(w, name=name) for name, w in parameters.items()}
    losses = example_losses(architecture, loss, weights, x, t)
    sums = [z for z in tape(losses) if z.origin and z.origin.primitive is weighted_sum]
    returned = backward(losses, sums, seed=namespace_of(losses.value).ones_like(losses.value))
    found = []
    for z, g in zip(sums, returned, strict=True):
        went_in, weight, _ = z.origin.inputs  # type: ignore[union-attr]  # chosen for its origin
        values = went_in.value if type(went_in) is Tensor else went_in
        found.append(LayerUse(weight.name.partition(".")[0], values, z.value, g))
    return found
