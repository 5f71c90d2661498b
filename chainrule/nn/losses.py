"""Losses by name: which op, on which side of the output's activation, for which targets."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.autodiff import Primitive
from chainrule.errors import OptionError
from chainrule.nn.layers import check_choice
from chainrule.ops import (
    absolute_error,
    hinge,
    huber,
    sigmoid_cross_entropy,
    softmax_cross_entropy,
    squared_error,
)


@dataclass(frozen=True)
class Loss:
    """A named loss.

    Attributes:
        name: What users call it.
        op: The loss of each example, from outputs and targets of shape `(batch, outputs)`.
        link: The activation that it is fused with, so that it reads the scores `z`; None if it
            reads the activations `a`.
        targets: The form of its targets: "values", "shares" from 0 to 1, or "signs" -1 and +1.
    """

    name: str
    op: Primitive
    link: str | None = None
    targets: str = "values"

    def classifies(self, activation: str) -> bool:
        """Whether an output of this activation, under this loss, answers with a class."""
        return activation == "softmax" or self.link is not None or self.targets == "signs"


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss("mean_squared_error", squared_error),
        Loss("mean_absolute_error", absolute_error),
        Loss("huber", huber),
        Loss("hinge", hinge, targets="signs"),
        Loss("binary_cross_entropy", sigmoid_cross_entropy, link="sigmoid", targets="shares"),
        Loss("cross_entropy", softmax_cross_entropy, link="softmax", targets="shares"),
    )
}
"""Every loss by its name."""

_SUITED = {"softmax": "cross_entropy", "sigmoid": "binary_cross_entropy"}


def choose_loss(name: str | None, activation: str, outputs: int) -> Loss:
    """The loss of that name, or the one that suits the output; refused if the two do not fit.

    A softmax or sigmoid output and its cross-entropy are computed as one function of the scores
    `z`; an identity output under these losses means that the outputs are the scores.

    Args:
        name: One of `LOSSES`, or None for softmax → cross_entropy, sigmoid →
            binary_cross_entropy, else mean_squared_error.
        activation: The activation of the output layer.
        outputs: The number of outputs.

    Raises:
        OptionError: If there is no such loss or it does not fit the output.

    Example:
        >>> choose_loss(None, "softmax", 3).name
        'cross_entropy'
    """
    name = name or _SUITED.get(activation, "mean_squared_error")
    check_choice("loss", name, list(LOSSES))
    loss = LOSSES[name]
    if loss.link and activation not in (loss.link, "identity"):
        raise OptionError(
            f"{name} needs a {loss.link} output (or identity, for scores), and the output layer's "
            f"activation is {activation}; change one of the two"
        )
    if name == "cross_entropy" and outputs < 2:
        raise OptionError(
            "cross_entropy shares 1 among classes and needs at least 2 outputs; for a single "
            "output use a sigmoid with binary_cross_entropy"
        )
    if activation == "softmax" and outputs < 2:
        raise OptionError(
            "a softmax shares 1 among its outputs, and with one output that is 1 whatever goes in; "
            "use sigmoid for a yes or no, identity for a value, or 2 outputs"
        )
    return loss
