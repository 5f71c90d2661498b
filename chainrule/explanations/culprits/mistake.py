"""One mistake: which weights pushed it wrong, and which rows a step against it hurts or helps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any, final

from chainrule.errors import require_whole
from chainrule.explanations.what_if import Ranking, WeightSlope, off_the_line
from chainrule.nn import NetworkStudy, Standing, per_example_along
from chainrule.words import (
    Record,
    aligned,
    answer_text,
    number,
    percent_in_table,
    plural,
    printed,
    to_frame,
)

SMALL = 0.01
"""The part of its own loss that the small step on one example is to take away, by its slope."""

_TITLES = ("weight", "value", "slope", "share", "the others' slope")


@final
@dataclass(frozen=True)
class Pushing(Record):
    """A weight that raises the loss of one example.

    Attributes:
        weight: The weight, with its slope and share in the loss of this example alone.
        others: Its slope in the mean loss of the examples that are answered right (in regression,
            of all others); None where there is none.
    """

    weight: WeightSlope
    others: float | None

    @property
    def contested(self) -> bool:
        """Whether the others want the weight to move the other way."""
        return self.others is not None and self.weight.slope * self.others < 0

    def _cells(self) -> tuple[Any, ...]:
        """A line of the table."""
        w = self.weight
        return w.name, w.value, w.slope, percent_in_table(w.share), self.others


@final
@dataclass(frozen=True)
class SideEffect:
    """What a step on one example did to another.

    Attributes:
        row: Which example.
        product: The dot product of the two gradients: below zero they pull in opposite directions.
        predicted: The change of its loss that the product predicts.
        measured: The change when the network was run with the step taken.
    """

    row: int
    product: float
    predicted: float
    measured: float


@final
@dataclass(frozen=True)
class Mistake:
    """What one example's error comes from, and what a step against it does to the others.

    Attributes:
        row: The example.
        loss: Its loss.
        answer: What the network says: a class by name or index, or a list of values in the
            target's unit.
        truth: What it should have said.
        right: For classes, whether that is so; None for values.
        pushing: The weights with the largest slopes in its loss.
        learning_rate: The size of the small step, along its own gradient alone; 0 where that
            gradient is zero or no number.
        predicted: The change of its own loss that its slope predicts for the small step.
        measured: The change measured.
        hurt: The examples whose loss the small step raised most, worst first.
        helped: Those whose loss it lowered most, best first.
        hurt_in_all: How many it raised.
        helped_in_all: How many it lowered.

    Example:
        >>> import chainrule as cr
        >>> dense = cr.Dense(1, 1, "sigmoid", weight=[[2.0]], bias=[0.5])
        >>> net = cr.Network([dense], engine="python")
        >>> ex = cr.explain(net, [[0.0], [1.0], [2.0]], [0, 0, 1])
        >>> mistake = ex.mistake(1)
        >>> mistake.answer, mistake.truth, round(mistake.predicted, 4), round(mistake.measured, 4)
        (1, 0, -0.0258, -0.0258)
        >>> [effect.row for effect in mistake.hurt], [effect.row for effect in mistake.helped]
        ([2], [0])
    """

    row: int
    loss: float
    answer: Any
    truth: Any
    right: bool | None
    pushing: tuple[Pushing, ...]
    learning_rate: float
    predicted: float
    measured: float
    hurt: tuple[SideEffect, ...]
    helped: tuple[SideEffect, ...]
    hurt_in_all: int
    helped_in_all: int

    @property
    def notes(self) -> list[str]:
        """What must be known to read the numbers well."""
        if not self.learning_rate:
            return ["its gradient is zero, too large or no number: no step along it was taken"]
        if off_the_line(self.measured, self.predicted, self.loss):
            return ["this small step already leaves the straight line: go by what was measured"]
        return []

    def to_dict(self) -> dict[str, Any]:
        """Every number by name."""
        pushing = [
            {**p.weight.to_dict(), "others": p.others, "contested": p.contested}
            for p in self.pushing
        ]
        return {**asdict(self), "pushing": pushing, "notes": self.notes}

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each weight that pushed it, in a data frame of "pandas" or "polars"."""
        return to_frame(self.to_dict()["pushing"], library)

    def _repr_html_(self) -> str:
        rows = [pushing._cells() for pushing in self.pushing]
        return printed(str(self), "the weights that push it wrong", _TITLES, rows)

    def __str__(self) -> str:
        state = {True: ", right", False: ", wrong", None: ""}[self.right]
        answer, truth = answer_text(self.answer), answer_text(self.truth)
        measured, predicted = number(self.measured, 4), number(self.predicted, 4)
        tables = _table("most hurt", self.hurt) + _table("most helped", self.helped)
        step = f"a small step on this row changes its loss by {measured}"
        pushing = ((*p._cells(), "opposed" * p.contested) for p in self.pushing)
        others = f"it raises the loss of {plural(self.hurt_in_all, 'other row')} and lowers that of"
        lines = [
            f"row {self.row}: loss {number(self.loss)}, says {answer}, should say {truth}{state}",
            "",
            "the weights that push it wrong, by their slope in its own loss:",
            *aligned([(*_TITLES, ""), *pushing]),
            "",
            f"{step} (predicted {predicted});",
            f"{others} {self.helped_in_all}{':' if tables else ''}",
            *tables,
        ]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def _table(title: str, effects: Sequence[SideEffect]) -> list[str]:
    """The examples that a step hurt or helped, with what it was predicted and measured to do."""
    if not effects:
        return []
    rows = [("", e.row, e.measured, e.predicted, e.product) for e in effects]
    return aligned([(title, "row", "measured", "predicted", "g · g_row"), *rows])


def mistake(study: NetworkStudy, row: int, *, top: int = 5) -> Mistake:
    """Explain one example's error, and what a small step against it does to the others.

    Args:
        study: The network and all examples that are to be asked.
        row: Which example, one of the study's `rows`.
        top: How many weights and examples to list.

    Raises:
        OptionError: If there is no such row.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES, Architecture, Dense
        >>> weights = {"dense1.weight": xp.asarray([[1.0]]), "dense1.bias": xp.asarray([0.0])}
        >>> x, t = xp.asarray([[1.0], [2.0]]), xp.asarray([[3.0], [2.0]])
        >>> loss = LOSSES["mean_squared_error"]
        >>> wrong = mistake(NetworkStudy(Architecture([Dense(1, 1)]), loss, weights, x, t), 0)
        >>> wrong.loss, wrong.pushing[0].weight.slope, wrong.hurt[0].row
        (4.0, -4.0, 1)

    Source: Koh & Liang, "Understanding black-box predictions via influence functions" (2017),
    with the inverse Hessian left out: a plain gradient step.
    """
    require_whole("top", top, least=0)
    place = study.place_of_row(row)
    alone = study.only([place])
    now, gradients = study.standing(), alone.gradients
    ranking = Ranking(study.parameters, gradients)
    products = per_example_along(study, gradients).tolist()
    rate = SMALL * now.losses[place] / ranking.total if ranking.total else 0.0
    rate = rate if isfinite(rate) else 0.0
    after = study.standing({n: w - rate * gradients[n] for n, w in study.parameters.items()})
    of_each = zip(study.rows, products, after.losses, now.losses, strict=True)
    effects = [SideEffect(n, dot, -rate * dot, then - before) for n, dot, then, before in of_each]
    others = sorted((e for e in effects if e.row != row), key=lambda e: e.measured)
    helped = [e for e in others if e.measured < 0]
    hurt = [e for e in reversed(others) if e.measured > 0]
    return Mistake(
        row=study.rows[place],
        loss=now.losses[place],
        answer=now.answers[place],
        truth=alone.truths[0],
        right=now.right[place] if now.right else None,
        pushing=_pushing(study, now, place, ranking, top),
        learning_rate=rate,
        predicted=effects[place].predicted,
        measured=effects[place].measured,
        hurt=tuple(hurt[:top]),
        helped=tuple(helped[:top]),
        hurt_in_all=len(hurt),
        helped_in_all=len(helped),
    )


def _pushing(
    study: NetworkStudy, now: Standing, place: int, ranking: Ranking, top: int
) -> tuple[Pushing, ...]:
    """The steepest weights of the example, beside what the right ones among the others want."""
    steepest = ranking.top(top)
    right = now.right or (True,) * len(now.losses)
    peers = [n for n, fine in enumerate(right) if fine and n != place]
    if not peers:
        return tuple(Pushing(weight, None) for weight in steepest)
    theirs = study.only(peers).gradients
    places = [study.find(weight.name) for weight in steepest]
    wanted = [float(theirs[parameter][index]) for parameter, index in places]
    return tuple(map(Pushing, steepest, wanted))
