"""The number that learning makes smaller: the mean loss of a batch, and the penalty on weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainrule.nn.architecture import Architecture
from chainrule.nn.layers import named
from chainrule.nn.losses import Loss
from chainrule.ops import arithmetic, reductions


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
    z = architecture.scores(parameters, x, masks)
    return named(loss.op(z if loss.link else architecture.activate(z), t), "loss")


def objective(
    architecture: Architecture,
    loss: Loss,
    parameters: Mapping[str, Any],
    x: Any,
    t: Any,
    *,
    masks: Mapping[str, Any] | None = None,
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
        l1: λ of `λ Σ |w|`.
        l2: λ of `λ Σ w²`.
    """
    total = named(
        reductions.mean(example_losses(architecture, loss, parameters, x, t, masks=masks)), "L"
    )
    if l1 or l2:
        total = total + penalty(parameters, l1=l1, l2=l2)
    return total


def penalty(parameters: Mapping[str, Any], *, l1: float = 0, l2: float = 0) -> Any:
    """`l1 · Σ |w| + l2 · Σ w²` over all weights; biases are left out.

    A penalty on a bias would pull the whole neuron towards zero output rather than simplify it
    (Goodfellow, Bengio & Courville, "Deep Learning", 2016, section 7.1).
    """
    terms = []
    for name, w in parameters.items():
        if name.endswith(".weight"):
            if l1:
                terms.append(l1 * reductions.sum(arithmetic.abs(w)))
            if l2:
                terms.append(l2 * reductions.sum(w * w))
    total = terms[0] if terms else 0
    for term in terms[1:]:
        total = total + term
    return total
