"""A hidden weight is moved, and people and methods look for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, final

from chainrule.errors import OptionError, require_whole
from chainrule.model import Explanation, Rows, explain
from chainrule.nn import find_weight

NAMED = 5
"""How many weights each method names."""

RISE = 1.25
"""A fault makes the mean loss at least this many times as large."""

MOST_WEIGHTS = 400
"""The largest network whose weights are all run again in a game."""


@final
class Game:
    """Hidden faults, guesses, and the score of people and methods.

    Attributes:
        on: Whether a weight is hidden now.
    """

    def __init__(self) -> None:
        self._hidden: tuple[Fault, Callable[[], None]] | None = None
        self._hits: list[dict[str, bool]] = []

    @property
    def on(self) -> bool:
        """Whether a weight is hidden."""
        return self._hidden is not None

    def plant(self, rows: Rows, seed: int) -> Fault:
        """Choose a weight and how far to move it; nothing is changed.

        Raises:
            OptionError: If one is hidden already, or none fits.
        """
        require_whole("seed", seed, least=0, most=2**31)
        if self.on:
            raise OptionError("a weight is hidden already; guess it, or undo")
        return _plant(rows, seed)

    def hide(self, fault: Fault, mend: Callable[[], None]) -> None:
        """Begin: the weight has been moved, and `mend` puts everything back."""
        self._hidden = fault, mend

    def end(self) -> None:
        """End without a guess."""
        self._hidden = None

    def guess(self, rows: Rows, weight: str) -> dict[str, Any]:
        """Tell the truth beside a guess and what each method names, and put the weight back.

        Raises:
            OptionError: If nothing is hidden, or there is no such weight.
        """
        if self._hidden is None:
            raise OptionError("no weight is hidden; plant a fault first")
        fault, mend = self._hidden
        find_weight(str(weight), rows.net.architecture.layout.shapes)
        methods = _named_by(explain(rows.net, rows))
        hits = {"you": weight == fault.name}
        hits |= {method: fault.name in names for method, names in methods.items()}
        self._hits.append(hits)
        mend()
        self.end()
        return {
            **vars(fault),
            "hits": hits,
            "methods": methods,
            "score": {who: sum(game[who] for game in self._hits) for who in hits},
            "games": len(self._hits),
        }


@final
@dataclass(frozen=True)
class Fault:
    """A weight that was moved so that the loss rises.

    Attributes:
        name: The weight.
        before: Where it stood.
        after: Where it stands now.
        loss_before: The mean loss then.
        loss_after: The mean loss now.
    """

    name: str
    before: float
    after: float
    loss_before: float
    loss_after: float


def _plant(rows: Rows, seed: int) -> Fault:
    """Choose a weight and move it so that the mean loss rises; the network is not changed.

    Raises:
        OptionError: If the network is too large, or no move raises the loss enough.
    """
    explanation = explain(rows.net, rows)
    if rows.net.architecture.layout.size > MOST_WEIGHTS:
        raise OptionError(
            f"the game is for up to {MOST_WEIGHTS} weights, so that each can be run again; this "
            f"network has {rows.net.architecture.layout.size:,}: open a smaller one"
        )
    random, loss = Random(seed), explanation.loss
    weights = sorted(explanation.weights, key=lambda weight: weight.name)
    random.shuffle(weights)
    for name, value in ((weight.name, weight.value) for weight in weights):
        for by in random.sample([2.0, -2.0, 4.0, -4.0], 4):
            risen = loss + explanation.nudge(name, by=by).measured
            if risen > RISE * loss and risen - loss > 0.02:
                return Fault(name, value, value + by, loss, risen)
    raise OptionError("no weight moved by up to 4 makes the loss clearly worse; train first")


def _named_by(explanation: Explanation) -> dict[str, list[str]]:
    """What each method names, the first suspect first."""
    slopes = [weight.name for weight in explanation.weights.top(NAMED)]
    blame = explanation.blame
    blamed = sorted(blame.top(len(explanation.weights)), key=lambda each: -each.amount)[:NAMED]
    cut = [
        (explanation.nudge(weight.name, by=-weight.value).measured, weight.name)
        for weight in explanation.weights.top(len(explanation.weights))
    ]
    return {
        "slope": slopes,
        "blame": [weight.name for weight in blamed],
        "cut": [name for _, name in sorted(cut)[:NAMED]],
        "culprits": [weight.name for weight in explanation.culprits(top=NAMED)],
    }
