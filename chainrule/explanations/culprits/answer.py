"""The answer in a sentence: which weights caused the error, and by how much; all of it measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainrule.explanations.culprits.culprits import Culprit
from chainrule.explanations.culprits.groups import Group, people_name
from chainrule.explanations.culprits.mend import Mend
from chainrule.explanations.culprits.slices import Slice
from chainrule.nn import NetworkStudy, Standing, find_weight
from chainrule.words import answer_text, number, plural

MOST_OF_IT = 0.5
"""The part of the loss that a cut must give back to be called the cause of a value's error."""


def words_for(group: Group) -> str:
    """A group as the subject of a sentence."""
    source, _, target = group.label.partition(" → ")
    count = len(group.weights)
    if group.kind == "inputs":
        into = group.label.startswith("out of ")
        name = group.label.removeprefix("out of ") if into else source
        return f"the {plural(count, 'weight')} that read{'s' * (count == 1)} {name}"
    if group.kind == "neuron":
        return f"the {plural(count, 'weight')} into {group.label.removeprefix('into ')}"
    if group.kind == "biases":
        return f"the {count:,} {group.label}"
    if group.kind == "weight":
        return f"the weight {source} → {target} ({group.weights[0]})"
    return f"{group.label}, {plural(count, 'weight')},"


def then_says(answer: Any, probability: float | None) -> str:
    """What a network says, and how sure it is."""
    text = answer_text(answer)
    return text if probability is None else f"{text}, {probability:.0%}"


def answer_for_row(
    study: NetworkStudy,
    now: Standing,
    groups: Sequence[Group],
    mended: Callable[[], Mend],
    inputs: Sequence[str],
) -> str:
    """The answer for one example.

    Args:
        study: The network and the example.
        now: How it does.
        groups: Groups of weights, the one to name first.
        mended: Finds the smallest mend, if it comes to that.
        inputs: What people call the inputs.
    """
    weights = study.architecture.layout.size
    first = groups[0] if groups else None
    right = now.right[0] if now.right else None
    if first is not None and first.recovered > 0:
        said = then_says(first.answer, first.probability)
        fall = f"the loss falls from {number(now.loss, 3)} to {number(first.loss_if_cut, 3)}"
        who = words_for(first)
        if first.mends or (right is None and first.recovered >= MOST_OF_IT * now.loss):
            who = who[0].upper() + who[1:]
            part = f", of {weights:,}," if len(first.weights) < weights else ""
            return f"{who}{part} did it. Cut, {fall}: the network then says {said}."
        if right:
            return f"The network is right here. Of the groups cut, {who} do most: {fall} ({said})."
        lead = f"No group of weights mends it when cut. Most is done by {who}: {fall}, {said}."
    else:
        if right:
            return "The network is right here, and no group of weights lowers the loss when cut."
        lead = "No group of weights lowers the loss when cut."
    mend = mended()
    if not mend.changes:
        return f"{lead} Nothing small does."
    names = [
        f"{person(study, change.name, inputs)} ({change.name}) from {number(change.before, 3)} to "
        f"{number(change.after, 3)}"
        for change in mend.changes
    ]
    end = "puts it right" if mend.right else "does not put it right: nothing small does"
    return (
        f"{lead} Moving {', '.join(names)} {end}, loss {number(mend.loss_before, 3)} to "
        f"{number(mend.loss_after, 3)}."
    )


def answer_for_rows(
    study: NetworkStudy,
    now: Standing,
    heaviest: Slice | None,
    ranked: Sequence[Culprit],
    inputs: Sequence[str],
) -> str:
    """The answer for many examples: which of them carry the loss, and which weight of theirs.

    Args:
        study: The network and all examples.
        now: How it does.
        heaviest: The rows that carry more than chance would give them.
        ranked: Weights, those to blame first, for these rows, or for all where none stand out.
        inputs: What people call the inputs.
    """
    count = len(now.losses)
    if heaviest is None:
        lead = f"No class and no column's values carry more of the loss of {count:,} rows than "
        lead += "chance would give them."
        whose, loss = "all rows", now.loss
    else:
        lead = (
            f"{heaviest.share:.0%} of the loss of {count:,} rows lies on the "
            f"{len(heaviest.places):,} rows with {heaviest.label}, "
            "more than chance would give them."
        )
        whose, loss = "these rows", heaviest.loss
    if not ranked:
        return f"{lead} No single weight lowers it."
    first = ranked[0]
    return (
        f"{lead} One weight gives most of it back: {person(study, first.name, inputs)} "
        f"({first.name}) moved from {number(first.value, 3)} to {number(first.mended, 3)} takes "
        f"the mean loss of {whose} from {number(loss, 3)} to {number(first.loss, 3)}."
    )


def person(study: NetworkStudy, name: str, inputs: Sequence[str]) -> str:
    """A weight by what it reads and feeds."""
    parameter, index = find_weight(name, study.architecture.layout.shapes)
    entry = index[1] if len(index) > 1 else None
    return people_name(study, parameter.partition(".")[0], index[0], entry, inputs)
