"""The weight that stands out over many examples: a fault of the network rather than of one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, log
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.explanations.culprits.culprits import (
    Culprit,
    FirstLook,
    Rarity,
    moved,
    ranked,
    run_again,
)
from chainrule.explanations.culprits.groups import people_name
from chainrule.nn import NetworkStudy, large_inputs, weight_name

LOOKED_AT = 200
"""So many examples, evenly spread, are run to find the weight; what it gives back is then measured
on all."""

STANDS_OUT = 3.5
"""From so many nats on a weight stands out; see `standing_out`."""

LIKELIEST = 2.5
"""From so many on it is the likeliest to be at fault: one of several that may be."""

LEAST = 0.1
"""The part of the loss that it gives back at least."""

LEAST_AMONG_ZEROS = 0.25
"""The same of one of those that are all zero."""

LEAST_MORE_USUAL = 1.0
"""The nats by which its best value must be more usual, of one example: whatever mends that leaves
hardly any gradient."""

LIKELY = 5
"""So many weights, the first to look at first, are looked for among those that are all zero."""


@final
@dataclass(frozen=True)
class StandingOut:
    """A weight that stands out, and what it gives back over all examples.

    Attributes:
        culprit: The weight.
        names: Its name, or the names of weights that are all zero, it among them.
        zero: Which these are, as people say it; empty if it stands alone.
        sure: Whether it stands out; else it is only the likeliest.
    """

    culprit: Culprit
    names: Sequence[str]
    zero: str = ""
    sure: bool = True


def standing_out(
    study: NetworkStudy, initial: dict[str, Any] | None, look: FirstLook | None = None
) -> StandingOut | None:
    """The weight whose value is far from usual, and whose usual value gives much of the loss back.

    Training had made values usual and the gradient small. So what tells a fault is by how many nats
    the value is less usual than the best one, and `ln(part / left)`: the part of the loss that this
    gives back, against the part of `Σ g²` that it leaves. What only makes up for a fault elsewhere,
    or for rows unlike those of training, takes an odd value or leaves much of the gradient.

    One of a neuron's weights that are all zero stands out whatever it has to be moved to. None does
    where rows are unlike all that the network learned from: then it is they that are not usual.

    Args:
        study: The network and many examples.
        initial: The weights that training began with, where they are known.
        look: A first look at the examples, where they are few and it is wanted elsewhere, too.
    """
    if study.input_scales and large_inputs(study.x):
        return None
    count = len(study.rows)
    look = look or FirstLook(study.only(range(0, count, -(-count // LOOKED_AT))), initial)
    rarity = Rarity(study.parameters, initial)
    # Of many a weight the mirror image gives the loss of one example back by chance.
    rarity.turned *= count > 1
    likely = ranked(look, rarity, top=LIKELY)
    zero = list(_zero(study, initial or {}))
    for culprit in likely:
        for text, names in zero:
            measured = run_again(study, culprit, {}) if culprit.name in names else None
            if measured and measured.part >= LEAST_AMONG_ZEROS:
                return StandingOut(measured, names, text)
    measured = run_again(study, likely[0], {}) if likely else None
    if measured and measured.part >= LEAST:
        nats = _nats(look.study, rarity, measured)
        if nats >= LIKELIEST:
            return StandingOut(measured, (measured.name,), sure=nats >= STANDS_OUT)
    return None


def _nats(study: NetworkStudy, rarity: Rarity, culprit: Culprit) -> float:
    """What speaks for a weight, in nats; none if its best value is hardly more usual.

    With its sign turned back it may be less so: that a sign was turned is likely in itself.
    """
    origin = rarity.origin(*study.find(culprit.name))
    more_usual = rarity(culprit.value, origin) - rarity(culprit.mended, origin)
    now, then = (
        sum(float(namespace_of(g).sum(g * g)) for g in each.gradients.values())
        for each in (study, moved(study, {culprit.name: culprit.mended}))
    )
    least = -inf if culprit.mended == -culprit.value else 0.0
    if not now or not more_usual > (LEAST_MORE_USUAL if len(study.rows) == 1 else least):
        return 0.0
    return more_usual + log(culprit.part) + log(now) - (log(then) if then else -inf)


def _zero(study: NetworkStudy, initial: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Weights into or out of a neuron that are all zero, and were not so when training began."""
    for layer in study.dense:
        name = f"{layer}.weight"
        w, w0 = study.parameters[name], initial.get(name)
        neurons, inputs = map(range, w.shape)
        if len(inputs) > 1:
            for row in _all_zero(w, w0, axis=1):
                _, _, neuron = people_name(study, layer, row, 0).partition(" → ")
                yield f"go into {neuron}", [weight_name(name, (row, n)) for n in inputs]
        if len(neurons) > 1:
            for column in _all_zero(w, w0, axis=0):
                source, _, _ = people_name(study, layer, 0, column).partition(" → ")
                yield f"read {source}", [weight_name(name, (n, column)) for n in neurons]


def _all_zero(w: Any, w0: Any, *, axis: int) -> list[int]:
    """The rows or columns that are zero and did not begin so, or are among others."""
    xp = namespace_of(w)
    sizes = xp.max(xp.abs(w), axis=axis).tolist()
    began = [1.0] * len(sizes) if w0 is None else xp.max(xp.abs(w0), axis=axis).tolist()
    zero = [
        n for n, (size, first) in enumerate(zip(sizes, began, strict=True)) if first and not size
    ]
    return zero if any(sizes) or w0 is not None else []
