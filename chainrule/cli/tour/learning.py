"""The tour's end: one update, a check, and the question that it was all for."""

from __future__ import annotations

from typing import Any

import chainrule as cr
from chainrule.cli.tour.page import MAZUR_LOSS, MAZUR_X, MAZUR_Y, TourNumbers, TourPage, mazur, page
from chainrule.words import factor, number

BY_CHANCE = (
    "It passes with these numbers: the right slope is 0, and so is half of it. A mistake shows "
    "only where there is something to get wrong; with another --x it does."
)


def update(numbers: TourNumbers) -> TourPage:
    """One update."""
    before = numbers.neuron()
    explained = before.explain([numbers.x], target=numbers.y)
    after = before.updated(explained.gradients, numbers.learning_rate)
    loss = after.explain([numbers.x], target=numbers.y).loss
    rate, w, b = number(numbers.learning_rate), before.weights[0], before.bias
    dw, db = map(factor, explained.gradients.values())
    return page(
        "One update",
        "Up to here nothing was changed: a gradient describes. Changing a weight is an act of its "
        "own, and takes a learning rate, which says how far to go per unit of slope.",
        [
            f"w ← w - rate · dL/dw = {number(w)} - {rate} · {dw} = {number(after.weights[0])}",
            f"b ← b - rate · dL/db = {number(b)} - {rate} · {db} = {number(after.bias)}",
            "",
            f"loss before {number(explained.loss)}",
            f"loss after  {number(loss)}",
        ],
        _judged(
            explained.loss, loss, moved=before.forward([numbers.x]) != after.forward([numbers.x])
        ),
        before=explained.loss,
        after=loss,
        weight=after.weights[0],
        bias=after.bias,
    )


def _judged(before: float, after: float, *, moved: bool) -> str:
    if before == 0:
        return "There was nothing to improve: the answer was perfect already."
    if not moved:
        return (
            "The answer stays where it was: a step of this length does not move it. "
            "Try --learning-rate 0.05."
        )
    if after < before:
        return "The loss is smaller. Learning is this, many times, over many examples."
    return (
        "The loss is no smaller: the step went past the lowest point. A smaller --learning-rate "
        "goes less far; the slope promises something for small steps only."
    )


def check(numbers: TourNumbers) -> TourPage:
    """A check."""
    net = mazur()
    right = cr.check_gradients(net, MAZUR_X, MAZUR_Y, MAZUR_LOSS)

    def loss(p: dict[str, Any]) -> Any:
        return (p["w"] * numbers.x + numbers.b - numbers.y) ** 2

    def forgot_the_two(p: dict[str, Any]) -> dict[str, Any]:
        return {"w": (p["w"] * numbers.x + numbers.b - numbers.y) * numbers.x}

    wrong = cr.check_gradients(loss, {"w": numbers.w}, gradient=forgot_the_two)
    return page(
        "A check",
        "Is a gradient right? It can be measured without the chain rule: move the weight a little "
        "and look. Of Mazur's network:",
        right,
        "And a backward pass that someone wrote by hand for the neuron, forgetting that the "
        "derivative of a square has a 2 in it:",
        wrong,
        *([BY_CHANCE] if wrong.passed else []),
        passed=right.passed,
        wrong=str(wrong.worst),
    )


def weights(_numbers: TourNumbers) -> TourPage:
    """Which weights caused the error?"""
    explanation = cr.explain(mazur(), MAZUR_X, MAZUR_Y, MAZUR_LOSS)
    heaviest = explanation.weights[0].name
    return page(
        "Which weights caused the error?",
        "Weights are put to 0 or moved, and the network is run again: that is the answer. Below it "
        "stand the slopes. The steepest matter most for a small change, and the share is a "
        "weight's part in the fall of the loss when all of them take one small step.",
        explanation,
        "The steepest, put to the test:",
        explanation.nudge(heaviest, by=-0.1),
        "Now on real data:",
        ["chainrule train penguins", "chainrule explain penguins.safetensors --row worst"],
        **explanation.to_dict(),
    )
