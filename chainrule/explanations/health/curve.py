"""What the losses of a whole run say."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite

from chainrule.explanations.health.finding import Finding
from chainrule.train import History

RISING = 1 / 3
"""The part of the epochs in which the training loss may rise."""

FALL = 0.01
"""The part of the first epoch's loss that a run must take away to count as learning."""

ENOUGH_EPOCHS = 5
"""Fewer epochs make no curve."""


def loss_curve(history: History) -> list[Finding]:
    """A loss that is no number, that rises again and again, or that stays where it was.

    Args:
        history: A run of at least `ENOUGH_EPOCHS` epochs.
    """
    losses = [epoch.loss for epoch in history]
    for epoch in history:
        if not isfinite(epoch.loss):
            return [
                Finding(
                    "loss curve",
                    "training",
                    f"the loss is {epoch.loss} in epoch {epoch.epoch}",
                    epoch.loss,
                    0.0,
                    "loss",
                    "a smaller learning rate, clip_norm=1, or scaled inputs",
                )
            ]
    rises = sum(after > before for before, after in pairwise(losses)) / (len(losses) - 1)
    fall = 1 - min(losses[1:]) / losses[0] if losses[0] else 1.0
    if rises > RISING and fall < 0.5:
        return [
            Finding(
                "loss curve",
                "training",
                f"the training loss rose in {rises:.0%} of the epochs, and its best is only "
                f"{fall:.0%} below the first",
                rises,
                RISING,
                "of the epochs",
                "a smaller learning rate, or larger batches",
            )
        ]
    if fall < FALL:
        return [
            Finding(
                "loss curve",
                "training",
                f"in {len(losses)} epochs the training loss fell by {fall:.2%}",
                fall,
                FALL,
                "of the first epoch's loss",
                "a larger learning rate, other initial weights, and a look at the other findings",
            )
        ]
    return []
