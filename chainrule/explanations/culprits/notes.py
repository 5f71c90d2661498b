"""What must be known before the numbers of an explanation are trusted."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite, isnan

from chainrule.explanations.what_if import Ranking, WeightSlope
from chainrule.words import plural


def notes(
    loss: float, weights: Ranking, kinks: Sequence[str], shown: Sequence[WeightSlope]
) -> list[str]:
    """Sentences on what cannot be trusted; none if everything can.

    Args:
        loss: The loss that is explained.
        weights: All of them, with their slopes.
        kinks: Where the run passes exactly over a corner.
        shown: The weights that are shown, with what was measured.

    Example:
        >>> notes(float("nan"), Ranking({}, {}), [], [])
        ['the loss is nan: trust no number here; of a network, health says where it was born']
    """
    if not isfinite(loss):
        return [
            f"the loss is {loss}: trust no number here; of a network, health says where it was born"
        ]
    if isnan(weights.total) or not isfinite(weights.steepest):
        return ["a gradient is not a finite number: shares and ranking cannot be trusted"]
    notes = []
    if weights.steepest == 0:
        notes.append("every slope is 0, so slopes say nothing here: no small change matters")
    elif not 0 < weights.total < inf:
        size = "small" if weights.total == 0 else "large"
        notes.append(
            f"shares cannot be trusted: the squares of the slopes are too {size} for numbers"
        )
    if kinks:
        notes.append(
            f"exactly on a corner, where a slope is that of one side only: {'; '.join(kinks)}"
        )
    bent = [weight.name for weight in shown if weight.bends(loss)]
    if bent:
        listed = ", ".join(bent[:3]) + (", …" if len(bent) > 3 else "")
        count = plural(len(bent), "weight")
        notes.append(
            f"the slope is off by more than 10 % for a small nudge of {count} ({listed}): "
            "go by what was measured"
        )
    return notes
