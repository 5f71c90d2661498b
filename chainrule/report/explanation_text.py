"""An explanation as text, as plain data, and as a cell of a notebook."""

from __future__ import annotations

from math import isfinite
from typing import Any

from chainrule.explanations.what_if import WeightSlope
from chainrule.nn import NetworkStudy
from chainrule.words import (
    aligned,
    cell,
    figure,
    note,
    number,
    paragraph,
    percent,
    percent_in_table,
    plural,
    safe,
    table,
    wrapped,
)

_TITLES = ("weight", "value", "dL/dw", "share", "to fix", "predicted", "measured")

WORST = 3
"""How many examples the text lists."""


def as_dict(explanation: Any, *, top: int) -> dict[str, Any]:
    """The numbers of an explanation, for JSON; see `Explanation.to_dict`."""
    weights, study = explanation.weights, explanation.study
    shown = explanation.measured(top)
    neurons, network = [], None
    if isinstance(study, NetworkStudy):
        neurons = sorted(weights.by_neuron().items(), key=lambda entry: -entry[1])
        layers = study.architecture.layers
        network = {
            "inputs": list(study.input_names),
            "classes": list(study.class_names),
            "layers": [{"name": name, **layer.to_dict()} for name, layer in layers.items()],
        }
    return {
        "answer": explanation.answer,
        "loss": explanation.loss,
        "loss_name": study.loss_name,
        "rows": list(study.rows),
        "weights_in_all": len(weights),
        "weights": [weight.to_dict() for weight in shown],
        "layers": weights.by_layer(),
        "neurons": dict(neurons[:top]),
        "examples": [example.to_dict() for example in explanation.examples[:top]],
        "classes": [total.to_dict() for total in explanation.classes],
        "network": network,
        "notes": explanation.notes(shown),
    }


def as_text(explanation: Any, *, top: int = 10) -> str:
    """The explanation for an 80-column screen: the answer, totals, the weights that carry them."""
    study, shown = explanation.study, explanation.measured(top)
    loss = f"loss {number(explanation.loss)} ({study.loss_name}, {_which(study)})"
    count = plural(len(explanation.weights), "weight")
    lines = [*wrapped(explanation.answer), "", f"{loss}, {count}", ""]
    if len(study.rows) > 1:
        lines += [*_classes(explanation), paragraph(f"  {worst_rows(explanation)}"), ""]
    lines.append("share of the loss drop of one small gradient step, g²/Σg²:")
    layers = explanation.weights.by_layer().items()
    lines += aligned([(name, percent_in_table(share)) for name, share in layers])
    lines += ["", *_weights(shown)]
    notes = explanation.notes(shown)
    lines += [""] if notes else []
    return "\n".join([*lines, *(paragraph(f"note: {said}") for said in notes)])


def _which(study: Any) -> str:
    weighted = "weighted " * (getattr(study, "weights", None) is not None)
    rows = study.rows
    return f"mean of {len(rows):,} {weighted}rows" if len(rows) > 1 else f"row {rows[0]}"


def _classes(explanation: Any) -> list[str]:
    """Which classes carry the loss."""
    if not explanation.classes:
        return []
    lines = aligned(explanation.classes.cells(10))
    if rest := explanation.classes[10:]:
        share = percent(sum(total.share for total in rest))
        lines.append(f"  and {len(rest)} more: {share} of the loss")
    return lines


def worst_rows(explanation: Any) -> str:
    """The worst rows, and how much of the loss they carry."""
    worst = explanation.examples[:WORST]
    listed = ", ".join(f"row {example.row} ({number(example.loss, 3)})" for example in worst)
    share = sum(example.share for example in worst)
    together = f"; together {percent(share)} of the loss" if isfinite(share) else ""
    return f"worst: {listed}{together}"


def _row(weight: WeightSlope) -> tuple[Any, ...]:
    told = weight.direction, weight.predicted, weight.measured
    return weight.name, weight.value, weight.slope, percent_in_table(weight.share), *told


def _weights(shown: list[WeightSlope]) -> list[str]:
    """The table of the steepest weights, with what a nudge of each is measured to do."""
    by = next((abs(weight.nudge) for weight in shown if weight.nudge), 0)
    lines = aligned([_TITLES, *map(_row, shown)], before="", digits=3)
    return [*lines, f"predicted, measured: change of the loss for a nudge of {number(by)} that way"]


WEIGHTS, EXAMPLES = 10, 5
"""How many rows of each kind a cell of a notebook shows."""


def as_html(explanation: Any) -> str:
    """The answer, the loss, what cannot be trusted, and what carries the loss."""
    study, shown = explanation.study, explanation.measured(WEIGHTS)
    name, count = study.loss_name.replace("_", " "), plural(len(explanation.weights), "weight")
    loss = f"<b>Loss {figure(explanation.loss)}</b> ({safe(name)}, {_which(study)}), {count}"
    steepest = table(f"the {len(shown)} steepest weights", _TITLES, map(_row, shown))
    answer = f"<p><b>{safe(explanation.answer)}</b></p>"
    parts = [answer, f"<p>{loss}</p>", *map(note, explanation.notes(shown)), steepest]
    if len(study.rows) > 1:
        for records, most in ((explanation.examples, EXAMPLES), (explanation.classes, WEIGHTS)):
            headings, *rows = records.cells(most)
            parts += [table(records.title, headings, rows)] * bool(records)
    return cell(*parts)
