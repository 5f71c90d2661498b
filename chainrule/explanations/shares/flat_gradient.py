"""The loss and its gradient as functions of one flat vector of weights."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor, backward, tape
from chainrule.nn import Architecture, Loss, example_losses, objective

MOST_DISTANCES = 2**17
"""Beyond so many units times examples, the jumps of single units cannot be told from a bend."""


def loss_and_gradient(
    architecture: Architecture, loss: Loss, *, l1: float = 0, l2: float = 0
) -> Callable[[Any, dict[str, Any]], tuple[Any, Any]]:
    """Make the function that measures the mean loss of a batch and differentiates it.

    Args:
        architecture: The network.
        loss: What being wrong costs.
        l1: λ of `λ Σ |w|`.
        l2: λ of `λ Σ w²`.

    Returns:
        A pure function of the flat weights and a batch with inputs `x`, encoded targets `t` and,
        if dropout is to act, `masks`. It gives the loss, a 0-d array, and the gradient, flat in
        the order of the layout. An engine can compile it.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import Dense, choose_loss
        >>> evaluate = loss_and_gradient(
        ...     Architecture([Dense(1, 1)]), choose_loss("mean_squared_error", "identity", 1)
        ... )
        >>> batch = {"x": xp.asarray([[2.0]]), "t": xp.asarray([[4.0]])}
        >>> loss, gradient = evaluate(xp.asarray([1.5, 0.5]), batch)
        >>> float(loss), gradient.tolist()
        (0.25, [-2.0, -1.0])
    """
    layout = architecture.layout

    def evaluate(flat: Any, batch: dict[str, Any]) -> tuple[Any, Any]:
        xp = namespace_of(flat)
        weights = {name: Tensor(w, name=name) for name, w in layout.split(xp, flat).items()}
        total = objective(
            architecture,
            loss,
            weights,
            batch["x"],
            batch["t"],
            masks=batch.get("masks"),
            l1=l1,
            l2=l2,
        )
        gradients = backward(total, list(weights.values()))
        return total.value, layout.join(xp, dict(zip(weights, gradients, strict=True)))

    return evaluate


def loss_and_distances(
    architecture: Architecture, loss: Loss
) -> Callable[[Any, dict[str, Any]], tuple[Any, Any]]:
    """Make the function that measures the mean loss, and how far every unit is from its corner.

    Args:
        architecture: The network.
        loss: What being wrong costs.

    Returns:
        A pure function of the flat weights and a batch. It gives the loss and, in one flat row,
        the distances of all inputs of ops with a corner from that corner, whose signs tell the
        side; an empty row beyond `MOST_DISTANCES`. An engine can compile it.
    """

    def evaluate(flat: Any, batch: dict[str, Any]) -> tuple[Any, Any]:
        xp = namespace_of(flat)
        weights = {
            name: Tensor(w, name=name) for name, w in architecture.layout.split(xp, flat).items()
        }
        losses = example_losses(architecture, loss, weights, batch["x"], batch["t"])
        distances = [
            xp.reshape(distance, (-1,))
            for tensor in tape(losses)
            if (origin := tensor.origin) is not None
            for distance in origin.primitive.corners(xp, origin.values, origin.options)
        ]
        if not 0 < sum(prod(distance.shape) for distance in distances) <= MOST_DISTANCES:
            distances = [flat[:0]]
        return xp.mean(losses.value), xp.concat(distances, axis=0)

    return evaluate
