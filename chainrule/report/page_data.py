"""Everything that the page shows, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import isfinite
from typing import Any

from chainrule import arrays
from chainrule.arrays import namespace_of
from chainrule.errors import OptionError
from chainrule.explanations.what_if import off_the_line
from chainrule.nn import Dense, find_weight
from chainrule.report.diagram import diagram
from chainrule.report.explanation_text import as_dict
from chainrule.train import History
from chainrule.words import escaped, number, plural, spaced

MOST_POINTS = 240
"""How many points a curve over training has at most."""

FEWEST_OPENED = 6
"""How many weights are opened up in detail, however long that takes."""

WORK = {"lists": 1_000_000, "arrays": 4_000_000_000}
"""Rows × weights that opening all of them up may take: some seconds each."""

BLAME_WORK = {"lists": 1_000_000, "arrays": 20_000_000}
"""Rows × weights of one gradient above which blame is left to those who ask for it."""

ROWS_LISTED = 8
"""How many examples that a change mends or breaks are named."""

EXAMPLES = 12
"""How many of the worst examples are listed."""


def page_data(
    explanation: Any,
    *,
    history: History | None = None,
    data: str = "",
    health: Any = None,
    top: int = 30,
) -> dict[str, Any]:
    """Collect what the page shows; what is not known is left out.

    Args:
        explanation: An `Explanation`.
        history: How the network was trained; its ledger, if one was kept, is shown too.
        data: What the network was trained on, in a few words.
        health: What was found about the network's health; anything with a `to_dict`.
        top: How many weights to list, and at most to open up in detail.

    Returns:
        The numbers of `Explanation.to_dict` for `top` weights, and with them `title`, `loss_words`,
        `model`, `data`, `diagram`, `details` (a list, one entry for each weight opened up),
        `blame`, `ledger`, `history`, `health`. Numbers that are not finite are text.
    """
    record = as_dict(explanation, top=top)
    rows = record.pop("rows")
    record["examples"] = record["examples"][:EXAMPLES]
    ledger = history.ledger if history is not None else None
    blame, blame_note = _blame(explanation)
    weights = explanation.weights
    opened = min(top, max(FEWEST_OPENED, _budget(explanation, WORK)))
    for weight in record["weights"]:
        value = weight["value"]
        cut = explanation.nudge(weight["name"], by=-value).actual if isfinite(value) else value
        weight["cut"] = cut
        told = weight["measured"], weight["predicted"]
        weight["bends"] = None not in told and off_the_line(*told, record["loss"])
    record |= {
        "title": f"Loss {number(record['loss'], 4)}",
        "which": f"mean of {len(rows)} examples" if len(rows) > 1 else f"row {rows[0]}",
        "loss_words": _loss_words(explanation.study.loss_function),
        "model": _model(explanation.study.architecture),
        "data": data,
        "diagram": diagram(
            explanation.study.architecture,
            explanation.gradients,
            weights.total,
            inputs=explanation.inputs,
            classes=explanation.study.class_names,
        ),
        "details": [
            _detail(explanation, weight["name"], blame, ledger)
            for weight in record["weights"][:opened]
            if isfinite(weight["value"])
        ],
        "blame": blame and _allocation(blame, reference=blame.reference, loss=blame.loss),
        "blame_note": blame_note,
        "ledger": ledger and _ledger(ledger),
        "history": _history(history) if history else None,
        "health": health.to_dict() if health is not None else None,
    }
    plain: dict[str, Any] = as_json(record)
    return plain


def as_json(value: Any) -> Any:
    r"""Plain data that JSON can hold and a screen can show.

    Numbers that are not finite become text, and characters that nobody sees are written out.

    Example:
        >>> as_json({"loss": float("nan"), "classes": ("a\u202eb",)})
        {'loss': 'nan', 'classes': ['a\\u202eb']}
    """
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, dict):
        return {as_json(str(key)): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value


def _detail(explanation: Any, name: str, blame: Any, ledger: Any) -> dict[str, Any]:
    """One weight: the four questions side by side, its receipt, and the loss along it."""
    slope = explanation.slope(name)
    receipt = explanation.receipt(name).to_dict()
    counterfactual = explanation.counterfactual(name).to_dict()
    for alternative in counterfactual["alternatives"].values():
        for kind in ("mended", "broken"):
            changed = alternative[kind]
            alternative[kind] = {"count": len(changed), "rows": changed[:ROWS_LISTED]}
    low, high = counterfactual["interval"]
    counterfactual["tangent"] = [
        [w, slope.loss + slope.value * (w - slope.at)] for w in (low, high)
    ]
    return {
        "name": name,
        "route": _route(explanation, name),
        "slope": {**slope.to_dict(), "backward": -slope.predicted, "bends": slope.bends},
        "ledger": _entry(ledger, name),
        "blame": _entry(blame, name),
        "receipt": receipt,
        "counterfactual": counterfactual,
    }


def _entry(allocation: Any, name: str) -> float | None:
    """One weight's share of an allocation, if there is one."""
    if allocation is None:
        return None
    parameter, index = find_weight(name, allocation.layout.shapes)
    return float(allocation.entries[parameter][index])


def _route(explanation: Any, name: str) -> str:
    """Between which units a weight stands, in the words of the data where they are known."""
    architecture, classes = explanation.study.architecture, explanation.study.class_names
    layers = [n for n, layer in architecture.layers.items() if isinstance(layer, Dense)]
    parameter, (neuron, *entry) = find_weight(name, architecture.layout.shapes)
    place = layers.index(parameter.partition(".")[0])
    target = f"{layers[place]}[{neuron}]"
    if layers[place] == architecture.output_name and neuron < len(classes) > 2:
        target = f"{target} ({classes[neuron]})"
    if not entry:
        return f"bias of {target}"
    if place:
        return f"from {layers[place - 1]}[{entry[0]}] to {target}"
    names = explanation.inputs
    return f"from {names[entry[0]] if names else f'x[{entry[0]}]'} to {target}"


def _loss_words(loss: Any) -> dict[str, str]:
    return {
        "name": loss.name.replace("_", " "),
        "formula": loss.op.formula,
        "why": loss.op.why,
    }


def _model(architecture: Any) -> str:
    parts = [plural(architecture.input.in_features, "input")]
    for layer in architecture.layers.values():
        described = layer.to_dict()
        if isinstance(layer, Dense):
            parts.append(f"{layer.out_features} {layer.activation}")
        else:
            parts.append(f"{described['kind']} {described.get('rate', '')}".strip())
    return " → ".join(parts)


def _budget(explanation: Any, work: dict[str, int]) -> int:
    """How many times over the bound allows what one pass over the examples takes."""
    x = explanation.study.x
    kind = "lists" if namespace_of(x) is arrays else "arrays"
    return int(work[kind] // (x.shape[0] * max(1, len(explanation.weights))))


def _blame(explanation: Any) -> tuple[Any, str]:
    """The blame, unless it cannot be had or would take long; then the reason."""
    if not _budget(explanation, BLAME_WORK):
        price = explanation.blame_price
        return None, (
            f"Blame was left out: on {plural(explanation.study.x.shape[0], 'row')} it takes "
            f"{price.least} to {price.most:,} gradients; read explanation.blame for it."
        )
    try:
        return explanation.blame, ""
    except OptionError as error:
        return None, f"Blame was left out: {error}."


def _allocation(allocation: Any, **more: Any) -> dict[str, Any]:
    return {
        "sentence": allocation.sentence(),
        "trusted": allocation.trusted,
        "layers": allocation.by_layer(),
        "weights": [weight.to_dict() for weight in allocation.top(10)],
        **more,
    }


def _ledger(ledger: Any) -> dict[str, Any]:
    """The ledger over training: running totals by layer, and the part of weights that helped."""
    steps = ledger.steps
    shown = spaced(len(steps), MOST_POINTS)
    running = list(zip(*(accumulate(column) for column in _columns(steps)), strict=True))
    helping = [[s.helping for s in steps[a:b] if s.helping is not None] for a, b in _spans(shown)]
    record: dict[str, Any] = ledger.to_dict(top=10)
    held_out = record.pop("held_out")
    return {
        **{key: record[key] for key in ("flagged", "mean_helping", "unmoved", "penalty")},
        **_allocation(ledger, basis=ledger.basis.of("training rows"), steps=len(steps)),
        "over_steps": {
            "step": [steps[i].step for i in shown],
            "layers": {
                name: [running[i][place] for i in shown]
                for place, name in enumerate(ledger.by_layer())
            },
            "helping": [sum(part) / len(part) if part else None for part in helping],
        },
        "held_out": held_out and ledger.held_out.sentence(),
        "helping_training_alone": record["helping_training_alone"],
    }


def _columns(steps: Sequence[Any]) -> Iterable[tuple[float, ...]]:
    return zip(*(step.layers for step in steps), strict=True)


def _spans(shown: Sequence[int]) -> Iterable[tuple[int, int]]:
    """The stretch of steps that each of the shown ones ends."""
    starts = [0, *(place + 1 for place in shown[:-1])]
    return zip(starts, (place + 1 for place in shown), strict=True)


def _history(history: History) -> dict[str, Any]:
    shown = spaced(len(history), MOST_POINTS)
    columns = {
        name: [values[i] for i in shown]
        for name, values in history.columns().items()
        if name in ("epoch", "loss", "metric", "validation_loss", "validation_metric")
    }
    return {
        "metric_name": history.metric_name or "metric",
        "columns": columns,
        "best": history.best.epoch,
        "epochs": len(history),
        "stopped": history.stopped,
    }
