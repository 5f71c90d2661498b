"""The weight that stands out over many examples: a fault of the network rather than of one row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.explanations.culprits.culprits import (
    REFINED,
    WEAK,
    Culprit,
    FirstLook,
    Rarity,
    best_alone,
    moved,
    nats_of,
    ranked,
    run_again,
    weighed,
)
from chainrule.explanations.culprits.groups import people_name
from chainrule.nn import NetworkStudy, Place, large_inputs, weight_name

LOOKED_AT = 200
"""So many examples, evenly spread, are run to find the weight; what it gives back is then measured
on all."""

STANDS_OUT = 1.0
"""At least so many nats a weight is less usual than its best value, if it stands out."""

SURE = 2.0
"""From so many nats on that is sure; of less, if moving it leaves at most `QUIET` of Σ g²."""

FEW = 30
"""Of fewer rows, and of rows of one class, many a weight takes the loss away; training had not made
their gradient small either."""

SURE_OF_FEW = 3.0
"""From so many nats on a weight stands out by those."""

QUIET = 1 / 36
"""Training had made the gradient small: where more is left, the fault may lie in other weights, or
in the rows, and this one but make up for some of it."""

MUCH_OF_IT = 0.3
"""What the part of the loss that it gives back, with `RARITY` for each nat, comes to at least."""


@final
@dataclass(frozen=True)
class StandingOut:
    """A weight that stands out, and what it gives back over all examples.

    Attributes:
        culprit: The weight.
        names: Its name, or the names of weights that are all zero, it among them.
        zero: Which these are, as people say it; empty if it stands alone.
        sure: Whether it stands out; else it is only the likeliest.
        few: Which rows these are, as people say it, if too few or too much alike to show much.
    """

    culprit: Culprit
    names: Sequence[str]
    zero: str = ""
    sure: bool = True
    few: str = ""


def standing_out(
    study: NetworkStudy, initial: dict[str, Any] | None, look: FirstLook | None = None
) -> StandingOut | None:
    """The weight whose value is far from usual, and whose usual value gives much of the loss back.

    So does one of a neuron's weights that are all zero, and did not begin so, whatever it has to be
    moved to, if it gives back the part `WEAK` and no weight that surely stands out gives back more:
    only who prunes a network leaves it so. None does where rows are unlike all that the network
    learned from: then it is they that are not usual.

    Args:
        study: The network and many examples.
        initial: The weights that training began with, where they are known.
        look: A first look at the examples, where they are few and it is wanted elsewhere, too.
    """
    if unlike(study):
        return None
    count = len(study.rows)
    look = look or FirstLook(study.only(range(0, count, -(-count // LOOKED_AT))), initial)
    rarity = Rarity(study.parameters, initial)
    # Of many a weight the mirror image gives the loss of one example back by chance.
    rarity.turned *= count > 1
    zeroed = _zeroed(study, look, initial or {})
    few = _few(study)
    for culprit in ranked(look, rarity, top=1):
        nats, measured = nats_of(study, rarity, culprit), run_again(study, culprit, {})
        much = measured.recovered > 0 and weighed(measured.part, nats) >= MUCH_OF_IT
        if much and nats >= STANDS_OUT:
            sure = nats >= SURE_OF_FEW if few else nats >= SURE or _quiet(look.study, culprit)
            if zeroed is None or (sure and measured.part > zeroed.culprit.part):
                return StandingOut(measured, (culprit.name,), sure=sure, few=few)
    return zeroed


def _few(study: NetworkStudy) -> str:
    """Several rows that prove little, as people say it."""
    if len(study.rows) > 1 and study.classifies and len(set(map(str, study.truths))) == 1:
        return "Rows of one class"
    return "So few rows" if 1 < len(study.rows) < FEW else ""


def unlike(study: NetworkStudy) -> list[str]:
    """The columns in which rows are unlike all that the network learned from."""
    return [study.input_names[n] for n in large_inputs(study.x)] if study.input_scales else []


def _zeroed(study: NetworkStudy, look: FirstLook, initial: dict[str, Any]) -> StandingOut | None:
    """Weights of a neuron that are all zero, of which one alone gives enough back."""
    steepest = nlargest(REFINED, _zero(look.study, initial), key=lambda one: one[0])
    axes: dict[Place, int] = {}
    for _, place, axis in steepest:
        axes.setdefault(place, axis)
    best, _ = best_alone(FirstLook(look.study, initial, places=[*axes]))
    measured = best and run_again(study, best, {})
    if measured is None or not measured.part >= WEAK:
        return None
    name, index = study.find(measured.name)
    layer, shape = name.partition(".")[0], study.parameters[name].shape
    axis = axes[Place(layer, *index)]
    source, _, neuron = people_name(study, layer, *index).partition(" → ")
    names = [weight_name(name, (*index[:axis], n, *index[axis + 1 :])) for n in range(shape[axis])]
    zero = f"go into {neuron}" if axis else f"read {source}"
    return StandingOut(measured, names, zero if len(names) > 1 else "")


def _quiet(study: NetworkStudy, culprit: Culprit) -> bool:
    """Whether moving a weight leaves next to nothing of the gradient."""
    now, then = (
        sum(float(namespace_of(g).sum(g * g)) for g in each.gradients.values())
        for each in (study, moved(study, {culprit.name: culprit.mended}))
    )
    return then <= QUIET * now


def _zero(study: NetworkStudy, initial: dict[str, Any]) -> Iterator[tuple[float, Place, int]]:
    """Weights into (axis 1) or out of (axis 0) a neuron that are all zero, and how steep each is.

    They were not so when training began.
    """
    for layer in study.dense:
        name = f"{layer}.weight"
        w, slopes = study.parameters[name], namespace_of(study.x).abs(study.gradients[name])
        for axis in (1, 0):
            # One weight alone may be 0 by chance, unless it is known that it was not.
            known = w.shape[axis] > 1 or name in initial
            for n in _all_zero(w, initial.get(name), axis=axis) if known else ():
                of_all = slopes[n, :] if axis else slopes[:, n]
                for m, slope in enumerate(of_all.tolist()):
                    yield slope, Place(layer, *((n, m) if axis else (m, n))), axis


def _all_zero(w: Any, w0: Any, *, axis: int) -> list[int]:
    """The rows or columns that are zero and did not begin so, or are among others."""
    now = namespace_of(w).any(w, axis=axis).tolist()
    began = [any(now)] * len(now) if w0 is None else namespace_of(w).any(w0, axis=axis).tolist()
    return [n for n, (is_, was) in enumerate(zip(now, began, strict=True)) if was and not is_]
