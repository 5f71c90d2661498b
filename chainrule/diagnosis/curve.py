"""What the losses of a whole run say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from math import isfinite

from chainrule.diagnosis.finding import Finding
from chainrule.train import History
from chainrule.words import percent

RISING = 1 / 3
"""The part of the epochs in which the training loss may rise."""

FALL = 0.01
"""The part of the first epoch's loss that a run must take away to count as learning."""

WORSE = 1.1
"""How many times its best value the held-out loss may be at the end of the run."""

ENOUGH_EPOCHS = 5
"""Fewer epochs make no curve."""

TIMES = 10
"""By how much a learning rate is made larger or smaller that did not suit a run."""

_NEVER = "never went below that of the first epoch"

MORE_EPOCHS = 20
"""How many epochs show whether that helped."""


def loss_curve(history: History) -> Iterator[Finding]:
    """A loss that is not a number, that rises again and again, or that stays where it was.

    Args:
        history: A run of at least `ENOUGH_EPOCHS` epochs.
    """
    on_curve = partial(Finding, "loss curve", "training")
    losses = [epoch.loss for epoch in history]
    rises = sum(after > before for before, after in pairwise(losses)) / (len(losses) - 1)
    fall = 1 - min(losses[1:]) / losses[0] if losses[0] else 1.0
    if odd := next((epoch for epoch in history if not isfinite(epoch.loss)), None):
        yield on_curve(
            f"the loss is {odd.loss} in epoch {odd.epoch}",
            odd.loss,
            0.0,
            "loss",
            "a smaller learning rate, clip_norm=1, or scaled inputs",
            cure={"seed": 0, "clip_norm": 1.0, "epochs": MORE_EPOCHS},
        )
    elif rises > RISING and fall < 0.5:
        best = f"its best is only {percent(fall, 0)} below the first" if fall > 0 else _NEVER
        yield on_curve(
            f"the training loss rose in {percent(rises, 0)} of the epochs, and {best}",
            rises,
            RISING,
            "of the epochs",
            "a smaller learning rate, or larger batches",
            cure=_rate(history, 1 / TIMES),
        )
    elif fall < FALL:
        yield on_curve(
            f"in {len(losses)} epochs the training loss "
            + (f"fell by {percent(fall, 2)}" if fall > 0 else _NEVER),
            fall,
            FALL,
            "of the first epoch's loss",
            "a larger learning rate, other initial weights, and a look at the other findings",
            cure=_rate(history, TIMES),
        )
    else:
        yield from overfitting(history)


def _rate(history: History, times: float) -> dict[str, float]:
    """Another learning rate, where that of the run is known, and epochs to see it at work."""
    rate = history.learning_rate
    return {"learning_rate": float(f"{times * rate:.3g}"), "epochs": MORE_EPOCHS} if rate else {}


def overfitting(history: History) -> Iterator[Finding]:
    """A held-out loss that was clearly better before the end, its weights not put back."""
    held_out = {e.epoch: e.validation_loss for e in history if e.validation_loss is not None}
    if not held_out or history.restored:
        return
    best = min(held_out, key=lambda epoch: held_out[epoch])
    times = held_out[max(held_out)] / held_out[best] if held_out[best] > 0 else 1.0
    if times > WORSE:
        yield Finding(
            "held-out loss",
            "training",
            f"the held-out loss was best at epoch {best} ({held_out[best]:.3g}), and it is "
            f"{held_out[max(held_out)]:.3g} at the end",
            times,
            WORSE,
            "times its best value",
            f"early stopping, which puts the weights of epoch {best} back (--early-stopping 10)",
        )
