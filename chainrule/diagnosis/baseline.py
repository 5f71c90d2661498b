"""Better than chance? The loss beside that of the best answer that never looks at the input."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.arrays import namespace_of
from chainrule.diagnosis.finding import Finding
from chainrule.nn import NetworkStudy

CHANCE = 0.95
"""The part of chance's loss that a network must get below to count as having learned something."""

LEARNED = 0.1
"""Below this part of the loss of chance, nothing keeps a network from its targets."""

HALVINGS = 52
"""How often the space between the targets is halved to find the best answer: to rounding."""

CERTAIN = 1e-9
"""An entropy below this is 0 but for rounding: all examples are of one class."""


def chance_loss(study: NetworkStudy) -> float:
    """The lowest mean loss of an answer that is the same for all examples.

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
    counts = study.weighed(xp.ones_like(t[:, 0]))
    if loss.link:
        means, tiny = counts @ t / t.shape[0], 1e-12
        yes, no = xp.log(means + tiny), xp.log(1 - means + tiny)
        constant = yes if loss.link == "softmax" else yes - no
    else:
        # The slope of a loss only rises with the answer: below the best one it is less than 0.
        low, high = xp.min(t, axis=0), xp.max(t, axis=0)
        for _ in range(HALVINGS):
            constant = (low + high) / 2
            answers = xp.zeros_like(t) + constant
            slopes = loss.op.pull(0, counts, loss.op(answers, t), (answers, t), {})
            rises = xp.sum(slopes, axis=0) < 0
            low, high = xp.where(rises, constant, low), xp.where(rises, high, constant)
    lowest = float(xp.mean(study.weighed(loss.op(xp.zeros_like(t) + constant, t))))
    return 0.0 if loss.link and lowest < CERTAIN else lowest


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
