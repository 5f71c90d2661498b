"""One mistake: which weights pushed it wrong, and who is hurt if it is mended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor, backward
from chainrule.errors import OptionError
from chainrule.explanations.what_if import (
    Ranking,
    Standing,
    WeightSlope,
    changed,
    standing_with,
    truths,
)
from chainrule.nn import NetworkStudy, find_weight, per_example_products
from chainrule.train.options import require_whole

SMALL = 0.01
"""The part of its own loss that the small step on one example is to take away, by its slope."""

DOUBLINGS = 30
"""How often the step may be doubled to get the answer right."""


@final
@dataclass(frozen=True)
class Pushing:
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


@final
@dataclass(frozen=True)
class Effect:
    """What a step on one example did to another.

    Attributes:
        row: Which example.
        product: The dot product of the two gradients: below zero they pull in opposite directions.
        predicted: The change of its loss that the product foretells.
        measured: The change when the network was really run with the step taken.
    """

    row: int
    product: float
    predicted: float
    measured: float


@final
@dataclass(frozen=True)
class Mending:
    """The shortest of the tried steps after which the answer is right.

    Attributes:
        learning_rate: How far along the example's own gradient, per unit of slope.
        loss: The example's loss then.
        change: The change of the mean loss of all examples.
        mended: Rows that went from wrong to right, this one among them.
        broken: Rows that went from right to wrong.
    """

    learning_rate: float
    loss: float
    change: float
    mended: tuple[int, ...]
    broken: tuple[int, ...]


@final
@dataclass(frozen=True)
class Mistake:
    """What one example's error comes from, and what mending it would do to the others.

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
        predicted: The change of its own loss that its slope foretells for the small step.
        measured: The change really measured.
        hurt: The examples whose loss the small step raised most, worst first.
        helped: Those whose loss it lowered most, best first.
        hurt_in_all: How many it raised.
        helped_in_all: How many it lowered.
        mending: What it takes to get the answer right; None if it is right, or no step did.
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
    hurt: tuple[Effect, ...]
    helped: tuple[Effect, ...]
    hurt_in_all: int
    helped_in_all: int
    mending: Mending | None

    def to_dict(self) -> dict[str, Any]:
        """Every number by name."""
        from chainrule.explanations.culprits.mistake_text import as_dict

        return as_dict(self)

    def __str__(self) -> str:
        from chainrule.explanations.culprits.mistake_text import as_text

        return as_text(self)


def mistake(
    study: NetworkStudy, row: int, *, top: int = 5, rows: tuple[int, ...] | None = None
) -> Mistake:
    """Explain one example's error and the price of mending it.

    Args:
        study: The network and all examples that are to be asked.
        row: Which example, one of `rows`.
        top: How many weights and examples to list.
        rows: What people call the examples; their numbers from 0 if left out.

    Raises:
        OptionError: If there is no such row.

    Example:
        >>> import chainrule.arrays as xp
        >>> from chainrule.nn import LOSSES, Architecture, Dense
        >>> weights = {"dense1.weight": xp.asarray([[1.0]]), "dense1.bias": xp.asarray([0.0])}
        >>> x, t = xp.asarray([[1.0], [2.0]]), xp.asarray([[3.0], [2.0]])
        >>> loss = LOSSES["mean_squared_error"]
        >>> found = mistake(NetworkStudy(Architecture([Dense(1, 1)]), loss, weights, x, t), 0)
        >>> found.loss, found.pushing[0].weight.slope, found.hurt[0].row
        (4.0, -4.0, 1)

    Source: Koh & Liang, "Understanding black-box predictions via influence functions" (2017),
    with the inverse Hessian left out: a plain gradient step.
    """
    require_whole("top", top, least=0)
    names = rows or tuple(range(study.x.shape[0]))
    if row not in names:
        raise OptionError(
            f"there is no row {row} among the {len(names)} examples, {min(names)} to {max(names)}"
        )
    place = names.index(row)
    now = standing_with(study)
    gradients = _gradients(study.row(place))
    ranking = Ranking(study.parameters, gradients)
    products = [float(p) for p in _products(study, place)]
    rate = SMALL * now.losses[place] / ranking.total if ranking.total else 0.0
    rate = rate if isfinite(rate) else 0.0
    after = standing_with(study, _stepped(study, gradients, rate))
    effects = [
        Effect(names[n], p, -rate * p, then - before)
        for n, (p, then, before) in enumerate(zip(products, after.losses, now.losses, strict=True))
    ]
    others = sorted((e for e in effects if e.row != row), key=lambda e: e.measured)
    helped = [e for e in others if e.measured < 0]
    hurt = [e for e in reversed(others) if e.measured > 0]
    return Mistake(
        row=row,
        loss=now.losses[place],
        answer=now.answers[place],
        truth=truths(study.row(place))[0],
        right=now.right[place] if now.right else None,
        pushing=_pushing(study, now, place, ranking, top),
        learning_rate=rate,
        predicted=effects[place].predicted,
        measured=effects[place].measured,
        hurt=tuple(hurt[:top]),
        helped=tuple(helped[:top]),
        hurt_in_all=len(hurt),
        helped_in_all=len(helped),
        mending=_mending(study, now, place, gradients, rate, names),
    )


def _gradients(study: NetworkStudy) -> dict[str, Any]:
    weights = {name: Tensor(w, name=name) for name, w in study.parameters.items()}
    loss = study.loss(weights)
    return dict(zip(weights, backward(loss, list(weights.values())), strict=True))


def _products(study: NetworkStudy, place: int) -> list[Any]:
    found: list[Any] = per_example_products(
        study.architecture, study.loss_function, study.parameters, study.x, study.t, row=place
    ).tolist()[0]
    return found


def _stepped(study: NetworkStudy, gradients: dict[str, Any], rate: float) -> dict[str, Any]:
    return {name: w - rate * gradients[name] for name, w in study.parameters.items()}


def _pushing(
    study: NetworkStudy, now: Standing, place: int, ranking: Ranking, top: int
) -> tuple[Pushing, ...]:
    """The steepest weights of the example, beside what the right ones among the others want."""
    steepest = ranking.top(top)
    right = now.right or (True,) * len(now.losses)
    peers = [n for n, fine in enumerate(right) if fine and n != place]
    if not peers:
        return tuple(Pushing(weight, None) for weight in steepest)
    xp = namespace_of(study.x)
    numbers = xp.asarray(peers)
    rows = replace(study, x=xp.take(study.x, numbers, axis=0), t=xp.take(study.t, numbers, axis=0))
    theirs = _gradients(rows)
    shapes = study.architecture.layout.shapes
    places = [find_weight(weight.name, shapes) for weight in steepest]
    wanted = [float(theirs[parameter][index]) for parameter, index in places]
    return tuple(map(Pushing, steepest, wanted))


def _mending(
    study: NetworkStudy,
    now: Standing,
    place: int,
    gradients: dict[str, Any],
    rate: float,
    names: tuple[int, ...],
) -> Mending | None:
    """Double the step along the example's own gradient until its answer is right."""
    if now.right is None or now.right[place] or not rate:
        return None
    for doubling in range(DOUBLINGS):
        step = rate * 2**doubling
        then = standing_with(study, _stepped(study, gradients, step))
        if then.right and then.right[place]:
            change = changed(now, then)
            return Mending(
                learning_rate=step,
                loss=then.losses[place],
                change=then.loss - now.loss,
                mended=tuple(names[n] for n in change.mended),
                broken=tuple(names[n] for n in change.broken),
            )
    return None
