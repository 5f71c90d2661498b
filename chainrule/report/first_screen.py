"""What a page begins with: the answer, where it flows, and the weights it names, as plain data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from heapq import nlargest
from math import isfinite
from typing import Any

from chainrule.errors import OptionError
from chainrule.explanations.culprits import Group, moved, person, then_says
from chainrule.explanations.what_if import WeightSlope
from chainrule.nn import NetworkStudy, weight_name
from chainrule.report.diagram import diagram
from chainrule.words import answer_text, number, percent, plural, wrong_of

GROUPS = 7
"""How many groups of weights are listed."""

IN_A_GROUP = 6
"""How many weights of a group are listed when it is opened."""

LARGEST = 5_000
"""The largest group that is looked through for its steepest weights."""

CULPRITS = 5
"""How many weights are listed that give most back alone."""

DISAGREEING = 0.05
"""The share from which on a group whose cut makes things worse is told of."""

SEARCHED = 20_000
"""The largest network whose weights are moved in search of those: some seconds."""


def first_screen(explanation: Any) -> dict[str, Any]:
    """The answer to which weights caused an error, and by how much, with what it rests on.

    Args:
        explanation: An `Explanation` of a network.

    Returns:
        `headline`, `answer` (see `answer_parts`), `said` (the weights that it calls by their
        names), `weight` (see `named_weight`), `row` (None for several), `loss`, `notes`,
        `diagram`, and `groups`, each with its name, its number of weights, its share, the loss and
        what the network says without it, and some of its `weights`; `remarks`, sentences on what
        the groups do not show.
    """
    study, examples = explanation.network, explanation.examples
    one = len(examples) == 1
    groups = [_group(explanation, group) for group in explanation.groups(top=GROUPS)]
    groups[0]["answers"] = one and groups[0]["change"] < 0
    drawn = diagram(study, explanation.gradients, explanation.weights.total)
    silent = [n for n in drawn["layers"][0]["nodes"] if n["kind"] == "silent"] if one else []
    return {
        "headline": _headline(explanation),
        "answer": answer_parts(explanation),
        "said": [*_said(explanation)],
        "weight": named_weight(explanation).name,
        "row": examples[0].row if one else None,
        "loss": explanation.loss,
        "notes": explanation.notes(),
        "diagram": drawn,
        "remarks": _remarks(explanation, silent),
        "groups": [
            *groups,
            *(_silent(explanation, node) for node in silent),
            *(_culprits(explanation) if one and len(explanation.weights) <= SEARCHED else []),
        ],
    }


def named_weight(explanation: Any) -> WeightSlope:
    """The steepest of the weights that the answer names, of those that it moves if any are.

    Where it names none it is that of all.
    """
    answer, ranking = explanation.answer, explanation.weights
    names = answer.weights[:LARGEST]
    names = [name for name in answer.moves if name in names] or names
    named = [ranking.weight(*explanation.study.find(name)) for name in names]
    steepest: WeightSlope = max(named or [ranking[0]], key=lambda weight: abs(weight.slope))
    return steepest


def _said(explanation: Any) -> Iterator[str]:
    """The weights that the answer calls by their names."""
    for name in re.findall(r"\((\w+\.(?:weight|bias)\[[\d,]+\])\)", explanation.answer):
        with suppress(OptionError):  # a column is called like a weight
            explanation.study.find(name)
            yield name


def answer_parts(explanation: Any) -> list[str]:
    """What goes before the sentence that names weights, that one or what of it does, and the rest.

    How many rows are wrong is left out: a heading says it.
    """
    names = [f" of the {len(explanation.weights):,} weights", *explanation.answer.weights[:LARGEST]]
    answer = explanation.answer.removeprefix(f"{_wrong(explanation)}. ")
    said = re.split(r"(?<=\.) (?=[A-Z\d])|(?<=\]\):) ", answer)
    at = next((n for n, part in enumerate(said) if any(name in part for name in names)), 0)
    return [" ".join(part) for part in (said[:at], said[at : at + 1], said[at + 1 :])]


def _wrong(explanation: Any) -> str:
    """How many of several rows are wrong."""
    examples = explanation.examples
    return wrong_of(sum(not example.right for example in examples), len(examples))


def _headline(explanation: Any) -> str:
    examples, loss = explanation.examples, number(explanation.loss, 3)
    if len(examples) > 1:
        if examples[0].right is None:
            return f"Mean loss {loss} over {len(examples):,} rows"
        return f"{_wrong(explanation)}. Mean loss {loss}"
    example = examples[0]
    truth, answer = answer_text(example.truth), answer_text(example.answer)
    if example.right is None:
        return f"{answer}, where {truth} is right. Loss {loss}"
    taken = "where the network says" if isinstance(example.answer, float) else "taken for"
    return f"{truth}, {'which is right' if example.right else f'{taken} {answer}'}. Loss {loss}"


def _line(name: str, loss: float, change: float, **more: Any) -> dict[str, Any]:
    """A line of the list: a group, or one of its weights, and the loss without or after it."""
    line = {"name": name, "count": 1, "share": None, "loss": loss, "change": change, "says": None}
    return line | more


def _group(explanation: Any, group: Group) -> dict[str, Any]:
    """A group of weights, and the steepest of them, each cut alone."""
    members = group.weights if len(group.weights) <= LARGEST else ()
    weights = (explanation.weights[name] for name in members)
    steepest = nlargest(IN_A_GROUP, weights, key=lambda weight: abs(weight.slope))
    right = group.answer == explanation.examples[0].truth and explanation.network.classifies
    one = f"{then_says(group.answer, group.probability)}{' ✓' * right}"
    return _line(
        group.name,
        group.loss_if_cut,
        -group.recovered,
        count=len(group.weights),
        share=group.share,
        says=one if len(explanation.rows) == 1 else group.right,
        answers=False,
        weights=[_cut(explanation, weight) for weight in steepest],
    )


def _silent(explanation: Any, node: dict[str, Any]) -> dict[str, Any]:
    """The weights that read what is 0 in the one example: without them it stays as it is."""
    study, loss = explanation.network, explanation.loss
    count = len(_reading(study, node))
    return _line(node["label"], loss, 0.0, count=count, share=0.0, says=_says(study), weights=[])


def _reading(study: NetworkStudy, node: dict[str, Any]) -> set[str]:
    """The names of the weights that read some inputs."""
    name, layer = next(iter(study.dense.items()))
    return {
        weight_name(f"{name}.weight", (neuron, entry))
        for neuron in range(layer.out_features)
        for entry in node["members"]
    }


def _remarks(explanation: Any, silent: list[dict[str, Any]]) -> list[str]:
    """What the lines leave out, and where a slope and a cut say different things."""
    ranking, every = explanation.weights, explanation.groups(top=len(explanation.weights))
    remarks = []
    if all(len(group.weights) <= LARGEST for group in every[:GROUPS]):
        listed = {name for group in every[:GROUPS] for name in group.weights}
        listed = listed.union(*(_reading(explanation.network, node) for node in silent))
        share = 1 - sum(ranking[name].share for name in listed)
        rest = len(ranking) - len(listed)
        if isfinite(share) and rest:
            remarks.append(
                f"{plural(rest, 'other weight')}: {percent(max(share, 0))} of the share."
            )
    worse = [g for g in every if g.kind != "layer" and g.loss_if_cut > g.loss]
    most = max(worse, key=lambda group: group.share, default=None)
    wrong = len(explanation.rows) == 1 and explanation.examples[0].right is not True
    if wrong and most is not None and most.share >= DISAGREEING:
        remarks.append(
            f'Share and cut disagree on "{most.name}": {percent(most.share)} of one small step, '
            f"but without it the loss rises from {number(most.loss, 3)} to "
            f"{number(most.loss_if_cut, 3)}."
        )
    return remarks


def _cut(explanation: Any, weight: WeightSlope) -> dict[str, Any]:
    """One weight at zero, run again."""
    name, change = weight.name, change_if_cut(explanation, weight.name, weight.value)
    called = person(explanation.study, name)
    return _line(name, explanation.loss + change, change, share=weight.share, person=called)


def change_if_cut(explanation: Any, name: str, value: float) -> float:
    """By how much the loss changes with a weight at zero; of one that is no number, that."""
    return float(explanation.nudge(name, by=-value).measured if isfinite(value) else value)


def _culprits(explanation: Any) -> list[dict[str, Any]]:
    """The weights that give most back when each is moved to its best value, as one more group."""
    culprits = explanation.culprits(top=CULPRITS)
    if not culprits:
        return []
    best = {culprit.name: culprit.mended for culprit in culprits}
    weights = []
    for culprit in culprits:
        moves = {name: best[name] for name in (*culprit.after, culprit.name)}
        others = f", with {plural(len(culprit.after), 'other')} moved" if culprit.after else ""
        weights.append(
            _line(
                culprit.name,
                culprit.loss_after,
                -culprit.recovered,
                share=explanation.weights[culprit.name].share,
                says=_says(moved(explanation.network, moves)),
                person=f"{person(explanation.study, culprit.name)}, "
                f"{number(culprit.value, 3)} moved to {number(culprit.mended, 3)}{others}",
            )
        )
    return [{**weights[0], "name": "the best weight, moved", "weights": weights}]


def _says(study: NetworkStudy) -> str:
    """What a network says of one example."""
    now = study.standing()
    return f"{answer_text(now.answers[0])}{' ✓' * (now.right == (True,))}"
