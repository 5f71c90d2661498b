"""Better than chance? The loss beside that of the best answer that never looks at the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import fsum

from chainrule.arrays import namespace_of
from chainrule.diagnosis.finding import Finding
from chainrule.nn import NetworkStudy

CHANCE = 0.95
"""The part of chance's loss that a network must get below to count as having learned something."""

LEARNED = 0.1
"""Below this part of the loss of chance, nothing keeps a network from its targets."""

CERTAIN = 1e-9
"""An entropy below this is 0 but for rounding: all examples are of one class."""


def chance_loss(study: NetworkStudy) -> float:
    """The lowest mean loss of a few constant answers: the targets' means, medians and majorities.

    With class frequencies for an answer, cross-entropy is the entropy of the classes; it is 0 where
    all examples are of one.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES, Architecture, Dense
        >>> t = xp.asarray([[0.0], [0.0], [1.0], [1.0]])
        >>> loss = LOSSES["binary_cross_entropy"]
        >>> network = Architecture([Dense(1, 1, "sigmoid")])
        >>> round(chance_loss(NetworkStudy(network, loss, {}, t, t)), 6)  # ln 2
        0.693147
    """
    t, loss = study.t, study.loss_function
    xp = namespace_of(t)
    columns = xp.matrix_transpose(t).tolist()
    counts = xp.reshape(study.weighed(xp.ones_like(t[:, 0])), (-1, 1))
    means = xp.mean(t * counts, axis=0, keepdims=True)
    if loss.link:
        tiny = 1e-12
        yes, no = xp.log(means + tiny), xp.log(1 - means + tiny)
        constants = [yes if loss.link == "softmax" else yes - no]
    else:
        weights = study.weights or [1.0] * len(study.rows)
        middles = xp.reshape(xp.asarray([_middle(c, weights) for c in columns]), means.shape)
        constants = [means, middles]
        if loss.targets == "signs":
            constants.append(xp.where(means < 0, -1.0, 1.0))
    costs = [loss.op(xp.zeros_like(t) + constant, t) for constant in constants]
    lowest = min(float(xp.mean(study.weighed(each))) for each in costs)
    return 0.0 if loss.link and lowest < CERTAIN else lowest


def _middle(values: Sequence[float], weights: Sequence[float]) -> float:
    """The first value, in order of size, below which and with which lies half of all weight."""
    pairs = sorted(zip(values, weights, strict=True))
    sums = accumulate(weight for _, weight in pairs)
    half = fsum(weights) / 2
    return next((float(v) for (v, _), below in zip(pairs, sums, strict=True) if below >= half), 0.0)


def better_than_chance(loss: float, chance: float) -> Iterator[Finding]:
    """Whether the network answers better than one that never looks at its input.

    Args:
        loss: The network's mean loss.
        chance: `chance_loss` of the same examples.
    """
    if chance and not loss < CHANCE * chance:
        yield Finding(
            "loss no better than chance",
            "network",
            f"the loss is {loss:.4g}, and the best answer that never looks at the input costs "
            f"{chance:.4g}",
            loss / chance,
            CHANCE,
            "times the loss of chance",
            "train longer, check that rows and targets belong together, and look at the other "
            "findings first",
            cure={"epochs": 20},
        )
