"""The number that learning makes smaller: the mean loss of a batch, and the penalty on weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import add
from typing import Any

from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor, backward
from chainrule.nn.architecture import Architecture
from chainrule.nn.layers import named
from chainrule.nn.losses import Loss
from chainrule.ops import abs as absolute
from chainrule.ops import mean
from chainrule.ops import sum as sum_of


def losses_from_scores(architecture: Architecture, loss: Loss, z: Any, t: Any) -> Any:
    """The loss of every example, of shape `(batch,)`, from the last layer's weighted sums."""
    return named(loss.op(z if loss.link else architecture.activate(z), t), "loss")


def example_losses(
    architecture: Architecture,
    loss: Loss,
    parameters: Mapping[str, Any],
    x: Any,
    t: Any,
    *,
    masks: Mapping[str, Any] | None = None,
) -> Any:
    """The loss of every example, of shape `(batch,)`, in prediction mode unless masks are given.

    Args:
        architecture: The network.
        loss: What being wrong costs.
        parameters: Every array of the layout, by name; arrays or tensors.
        x: Inputs, of shape `(batch, in_features)`.
        t: Encoded targets, of shape `(batch, out_features)`; see `encode_targets`.
        masks: Dropout masks by layer name.
    """
    return losses_from_scores(architecture, loss, architecture.scores(parameters, x, masks), t)


def objective(
    architecture: Architecture,
    loss: Loss,
    parameters: Mapping[str, Any],
    x: Any,
    t: Any,
    *,
    masks: Mapping[str, Any] | None = None,
    weights: Any = None,
    l1: float = 0,
    l2: float = 0,
) -> Any:
    """The mean loss over the batch plus the penalty: one number.

    Args:
        architecture: The network.
        loss: What being wrong costs.
        parameters: Every array of the layout, by name; arrays or tensors.
        x: Inputs, of shape `(batch, in_features)`.
        t: Encoded targets, of shape `(batch, out_features)`.
        masks: Dropout masks by layer name.
        weights: How much each row counts, of shape `(batch,)`; all alike if left out.
        l1: λ of `λ Σ |w|`.
        l2: λ of `λ Σ w²`.
    """
    losses = example_losses(architecture, loss, parameters, x, t, masks=masks)
    total = named(mean_loss(losses, weights), "L")
    if l1 or l2:
        total = total + penalty(parameters, l1=l1, l2=l2)
    return total


def mean_loss(losses: Any, weights: Any = None, total: Any = None) -> Any:
    """`Σ w_n L_n / Σ w_n`: a row of weight 0 is as good as absent, one of weight 2 stands twice.

    Args:
        losses: The loss of every example, of shape `(batch,)`.
        weights: How much each counts; all alike if left out. Where all are 0, the loss is 0.
        total: The sum of the weights, where it is known.
    """
    if weights is None:
        return mean(losses)
    xp = namespace_of(weights)
    total = xp.sum(weights) if total is None else total
    return (losses * weights).sum() / (total + xp.where(total > 0, 0, 1))


def penalty(parameters: Mapping[str, Any], *, l1: float = 0, l2: float = 0) -> Any:
    """`l1 · Σ |w| + l2 · Σ w²` over all weights; biases are left out.

    A penalty on a bias would pull the whole neuron towards zero output rather than simplify it
    (Goodfellow, Bengio & Courville, "Deep Learning", 2016, section 7.1).
    """
    terms = []
    for name, w in parameters.items():
        if name.endswith(".weight"):
            if l1:
                terms.append(l1 * sum_of(absolute(w)))
            if l2:
                terms.append(l2 * sum_of(w * w))
    return reduce(add, terms) if terms else 0


def differentiate(
    function: Callable[[dict[str, Any]], Any], parameters: Mapping[str, Any]
) -> tuple[Tensor, dict[str, Any]]:
    """A function of named arrays run on tensors of the same names, and walked back.

    Args:
        function: Takes the arrays by name and returns one number.
        parameters: The arrays.

    Returns:
        The number with its tape, and its gradient by each array.

    Example:
        >>> import chainrule.arrays as xp
        >>> loss, gradients = differentiate(lambda p: p["w"] * p["w"], {"w": xp.asarray(3.0)})
        >>> float(loss.value), float(gradients["w"])
        (9.0, 6.0)
    """
    tensors = {name: Tensor(array, name=name) for name, array in parameters.items()}
    result = function(dict(tensors))
    loss = result if type(result) is Tensor else Tensor(result)
    return loss, dict(zip(tensors, backward(loss, list(tensors.values())), strict=True))


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
        A pure function of the flat weights and a batch with inputs `x`, encoded targets `t`,
        `masks` if dropout is to act and `weights` if not all rows count alike. It gives the loss, a
        0-d array, and the gradient, flat in the order of the layout. An engine can compile it.

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
        xp, x, t = namespace_of(flat), batch["x"], batch["t"]
        rest = {name: batch.get(name) for name in ("masks", "weights")}
        total, gradients = differentiate(
            lambda p: objective(architecture, loss, p, x, t, **rest, l1=l1, l2=l2),
            layout.split(xp, flat),
        )
        return total.value, layout.join(xp, gradients)

    return evaluate
