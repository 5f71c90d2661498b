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
        """Choose a weight and a move that raises the mean loss; nothing is changed.

        Raises:
            OptionError: If one is hidden already, the network is too large, or no move raises the
                loss enough.
        """
        require_whole("seed", seed, least=0, most=2**31)
        if self.on:
            raise OptionError("a weight is hidden already; guess it, or undo")
        if (size := rows.net.architecture.layout.size) > MOST_WEIGHTS:
            raise OptionError(
                f"the game is for up to {MOST_WEIGHTS} weights, so that each can be run again; "
                f"this network has {size:,}: open a smaller one"
            )
        explanation, random = explain(rows.net, rows), Random(seed)
        weights, loss = sorted(explanation.weights, key=lambda each: each.name), explanation.loss
        random.shuffle(weights)
        for weight in weights:
            for by in random.sample([2.0, -2.0, 4.0, -4.0], 4):
                risen = loss + explanation.nudge(weight.name, by=by).measured
                if risen > RISE * loss and risen - loss > 0.02:
                    return Fault(weight.name, weight.value, weight.value + by, loss, risen)
        raise OptionError("no weight moved by up to 4 makes the loss clearly worse; train first")

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


def _named_by(explanation: Explanation) -> dict[str, list[str]]:
    """What each method names, the first suspect first."""
    ranked = explanation.weights.top(len(explanation.weights))
    blamed = sorted(explanation.blame.top(len(ranked)), key=lambda each: -each.amount)[:NAMED]
    cut = [(explanation.nudge(each.name, by=-each.value).measured, each.name) for each in ranked]
    return {
        "slope": [weight.name for weight in ranked[:NAMED]],
        "blame": [weight.name for weight in blamed],
        "cut": [name for _, name in sorted(cut)[:NAMED]],
        "culprits": [weight.name for weight in explanation.culprits(top=NAMED)],
    }
