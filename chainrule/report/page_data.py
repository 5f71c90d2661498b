"""Everything that the page shows, as plain data, and what a person takes away from it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from itertools import islice, pairwise
from math import isfinite
from typing import Any

from chainrule import arrays
from chainrule.arrays import namespace_of
from chainrule.diagnosis import examine
from chainrule.errors import OptionError
from chainrule.explanations.culprits import person
from chainrule.explanations.shares import NEAR
from chainrule.explanations.what_if import off_the_line
from chainrule.nn import NetworkStudy, find_weight
from chainrule.report.diagram import own_values, passes
from chainrule.report.explanation_text import as_dict
from chainrule.report.first_screen import change_if_cut, first_screen
from chainrule.train import History
from chainrule.words import counted, escaped, plain_data, plural, spaced

MOST_POINTS = 240
"""How many points a curve over training has at most."""

OPENED = 16
"""How many weights of one example are opened up in detail; for several, what `WORK` allows."""

FEWEST_OPENED = 3
"""How many weights are opened up in detail, however long that takes."""

WORK = {"lists": 500_000, "arrays": 4_000_000_000}
"""Rows × weights that opening all of them up may take: some seconds each."""

BLAME_WORK = {"lists": 1_000_000, "arrays": 20_000_000}
"""Rows × weights of one gradient above which blame is left to those who ask for it."""

ROWS_LISTED = 8
"""How many examples that a change mends or breaks are named."""

EXAMPLES = 12
"""How many of the worst rows are listed."""

STEPS = 8
"""How many weights the way from the reference to now names."""

REPRODUCED = 2_000
"""How many numbers a page's program holds at most: weights, and inputs of rows."""

ROWS_OPENED = 5
"""How many of the worst rows have an answer of their own."""

ROUNDING = 1e-14
"""The part of two losses below which an amount between them is one of rounding."""

STEP = 0.01
"""The part of the loss that the step shown of an update is to take away, by the slope."""

FORMATS = ("csv", "json", "python")
"""What `written` can write."""

_OF_A_WEIGHT = ("name", "value", "slope", "share")


def page_data(
    explanation: Any, *, history: History | None = None, data: str = "", top: int = 30
) -> dict[str, Any]:
    """Collect what the page shows; what is not known is left out.

    Args:
        explanation: An `Explanation`.
        history: How the network was trained; its ledger, if one was kept, is shown too.
        data: What the network was trained on, in a few words.
        top: How many weights to list, and at most to open up in detail.

    Returns:
        The numbers of `Explanation.to_dict` for `top` weights, and with them `title`, `screen` (see
        `first_screen`) with its `details` (one entry for each weight opened up), `rows` (the same
        for each of the worst rows of several), `loss_words`, `model`, `data`, `table_rows`,
        `held_out`, `blame` and `blame_note`, `ledger`, `history`, `health`. Numbers that are not
        finite are text.
    """
    several = len(explanation.rows) > 1
    opened = max(FEWEST_OPENED, _budget(explanation, WORK)) if several else OPENED
    opened = min(top, opened)
    worst = [e.row for e in explanation.examples[:ROWS_OPENED]] if several else []
    ledger = history.ledger if history is not None else None
    loss = explanation.network.loss_function
    steps = counted(range(4 + opened + len(worst)))

    def part(work: Callable[..., Any], *given: Any) -> Any:
        """One of the parts that take their time, for whoever waits for all of them."""
        next(steps)
        return work(*given)

    record = part(_weights, explanation, top)
    blame, blame_note = part(_blame, explanation)
    screen, named = part(_screen, explanation, opened)
    for _ in islice(steps, opened - len(named)):
        pass  # as many parts fewer to wait for
    record |= {
        "title": screen["headline"],
        "screen": screen
        | {"details": [part(weight_detail, explanation, name, blame, ledger) for name in named]},
        "rows": [part(_opened_row, explanation, row, ledger) for row in worst],
        "loss_words": {
            "name": loss.name.replace("_", " "),
            "formula": loss.op.formula,
            "why": loss.op.why,
        },
        "model": explanation.study.architecture.describe(),
        "data": data,
        "table_rows": explanation.table_rows,
        "held_out": screen["row"] in explanation.held_out,
        "blame": blame and _blame_data(blame),
        "blame_note": blame_note,
        "ledger": ledger and _ledger(ledger),
        "history": _history(history) if history else None,
        "health": part(_health, explanation, history),
    }
    plain: dict[str, Any] = as_json(record)
    return plain


def _weights(explanation: Any, top: int) -> dict[str, Any]:
    """The numbers of the explanation, and each weight at zero, run again."""
    record = as_dict(explanation, top=top)
    record["rows_in_all"] = len(record.pop("rows"))
    record["examples"] = record["examples"][:EXAMPLES]
    for weight in record["weights"]:
        weight["cut"] = change_if_cut(explanation, weight["name"], weight["value"])
        told = weight["measured"], weight["predicted"]
        weight["bends"] = None not in told and off_the_line(*told, record["loss"])
    return record


def _opened_row(whole: Any, row: int, ledger: Any) -> dict[str, Any]:
    """The answer for one of several examples, with some of its weights."""
    explanation = whole.of_row(row)
    screen, named = _screen(explanation, FEWEST_OPENED)
    return screen | {"details": [weight_detail(explanation, n, None, ledger) for n in named]}


def _health(explanation: Any, history: History | None) -> dict[str, Any]:
    initial, trained = explanation.initial_parameters, history is not None
    return examine(explanation.network, initial=initial, history=history, trained=trained).to_dict()


def _screen(explanation: Any, opened: int) -> tuple[dict[str, Any], list[str]]:
    """The answer, and the weights to open up: its own, and those of groups, lines and slopes."""
    screen = first_screen(explanation)
    named = [screen["weight"], *screen["said"]]
    named += [row["weights"][0]["name"] for row in screen["groups"] if row["weights"]]
    named += [weight["name"] for weight in screen["groups"][0]["weights"]]
    named += [line["name"] for line in screen["diagram"]["lines"] if line["heavy"]]
    named += [weight.name for weight in explanation.weights.top(opened)]
    study = explanation.network
    sound = [name for name in dict.fromkeys(named) if isfinite(study.value(name))]
    if screen["row"] is not None:
        standing = study.standing()
        screen |= {"passes": passes(study), "wanted": study.truths[0], "got": standing.answers[0]}
        screen["update"] = _update(explanation)
    small = study.layout.size + study.x.shape[0] * study.x.shape[1] <= REPRODUCED
    screen["python"] = reproducing(explanation) if small else None
    screen["said"] = [name for name in screen["said"] if name in sound[:opened]]
    return screen, sound[:opened]


def _update(explanation: Any) -> dict[str, float] | None:
    """What one small plain step against the gradient would do to the loss, on a copy."""
    study, total = explanation.network, explanation.weights.total
    rate = STEP * explanation.loss / total if total else 0.0
    if not (rate and isfinite(rate)):
        return None
    gradients = explanation.gradients
    after = {name: w - rate * gradients[name] for name, w in study.parameters.items()}
    return {"rate": rate, "loss": float(study.loss(after))}


def as_json(value: Any) -> Any:
    r"""Plain data that JSON can hold and a screen can show.

    Numbers that are not finite become text, and characters that nobody sees are written out.

    Example:
        >>> as_json({"loss": float("nan"), "classes": ("a\u202eb",)})
        {'loss': 'nan', 'classes': ['a\\u202eb']}
    """
    return plain_data(value, odd=str, text=escaped)


def weight_detail(
    explanation: Any, name: str, blame: Any = None, ledger: Any = None
) -> dict[str, Any]:
    """One weight: the four questions side by side, its receipt, and the loss along it.

    It goes as far as the answer moves the weight, so that this can be tried.
    """
    slope = explanation.slope(name)
    receipt = explanation.receipt(name).to_dict()
    at, by = explanation.weights[name].value, abs(explanation.answer.moves.get(name, 0.0))
    wide = (at - by, at + by) if by > 1 and by > 2 * abs(at) else None
    counterfactual = explanation.counterfactual(name, interval=wide).to_dict()
    for alternative in counterfactual["alternatives"].values():
        for kind in ("fixed", "broken"):
            changed = alternative[kind]
            alternative[kind] = {"count": len(changed), "rows": changed[:ROWS_LISTED]}
    counterfactual["tangent"] = [
        [w, slope.loss + slope.value * (w - slope.at)] for w, _ in counterfactual["curve"]
    ]
    return {
        "name": name,
        "person": person(explanation.study, name),
        "reads": _reads(explanation.network, name),
        "slope": {**slope.to_dict(), "backward": -slope.predicted, "bends": slope.bends},
        "ledger": _entry(ledger, name),
        "blame": _entry(blame, name),
        "receipt": receipt,
        "counterfactual": counterfactual,
    }


def _reads(study: NetworkStudy, name: str) -> str:
    """What a weight of the first layer reads of the one example, in the table's own unit."""
    parameter, index = find_weight(name, study.layout.shapes)
    first = f"{next(iter(study.dense))}.weight"
    if parameter != first or len(study.rows) != 1 or not study.input_scales:
        return ""
    if study.input_scales[index[1]] == (1.0, 0.0):
        return ""
    return f"{study.input_names[index[1]]} {own_values(study)[index[1]]} in the table"


def _entry(allocation: Any, name: str) -> float | None:
    """One weight's share of an allocation, if there is one."""
    if allocation is None:
        return None
    parameter, index = find_weight(name, allocation.layout.shapes)
    return float(allocation.entries[parameter][index])


def _budget(explanation: Any, work: dict[str, int]) -> int:
    """How many times over the bound allows what one pass over the examples takes."""
    x = explanation.network.x
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


def _blame_data(blame: Any) -> dict[str, Any]:
    """Blame, and as a way from the loss at the reference to the loss now, step by step."""
    level, steps = blame.reference_loss, []
    least = ROUNDING * (abs(blame.reference_loss) + abs(blame.loss))
    for name, amount in blame.way(STEPS):
        amount = 0.0 if abs(amount) <= least else amount
        steps.append({"name": name, "amount": amount, "from": level, "to": level + amount})
        level += amount
    start = "all weights zero" if blame.reference == "zero" else f"{blame.reference} weights"
    return _allocation(
        blame,
        start={"name": f"loss with {start}", "level": blame.reference_loss},
        end={"name": "loss now", "level": blame.loss},
        steps=steps,
        reference=blame.reference,
        near=NEAR if blame.trusted else "",
    )


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
    numbers = [step.step for step in steps]
    if len(numbers) > 1 and numbers[-1] == 0:  # the best weights were put back after the last step
        numbers[-1] = numbers[-2] + 1
    spans = pairwise([0, *(place + 1 for place in shown)])  # the steps that each shown one ends
    helping = [[s.helping for s in steps[a:b] if s.helping is not None] for a, b in spans]
    record: dict[str, Any] = ledger.to_dict(top=10)
    held_out = record.pop("held_out")
    return {
        **{key: record[key] for key in ("flagged", "mean_helping", "unmoved", "penalty")},
        **_allocation(ledger, basis=ledger.basis.of("training rows"), steps=len(steps)),
        "over_steps": {
            "step": [numbers[i] for i in shown],
            "layers": {name: [sums[i] for i in shown] for name, sums in ledger.running.items()},
            "helping": [sum(part) / len(part) if part else None for part in helping],
        },
        "held_out": held_out and ledger.held_out.sentence(),
        "helping_training_alone": record["helping_training_alone"],
    }


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


def written(form: str, explanation: Any) -> dict[str, str]:
    """A file's name and text.

    Args:
        form: One of `FORMATS`.
        explanation: The explanation of a network that it is about.
    """
    if form == "python":
        return {"name": "reproduce.py", "text": reproducing(explanation)}
    weights = [
        {key: getattr(weight, key) for key in _OF_A_WEIGHT}
        for weight in explanation.weights.top(len(explanation.weights))
    ]
    if form == "json":
        record = plain_data({"loss": explanation.loss, "weights": weights})
        text = json.dumps(record, indent=1, allow_nan=False)
        return {"name": "weights.json", "text": text}
    file = io.StringIO()
    writer = csv.DictWriter(file, _OF_A_WEIGHT, lineterminator="\n")
    writer.writeheader()
    writer.writerows(weights)
    return {"name": "weights.csv", "text": file.getvalue()}


def reproducing(explanation: Any) -> str:
    """Python that explains the same weights on the same rows, with nothing else to load."""
    study = explanation.network
    layers = []
    for name, layer in study.dense.items():
        weight, bias = (each.tolist() for each in study.arrays(name).values())
        layers.append(
            f"    cr.Dense({layer.in_features}, {layer.out_features}, {layer.activation!r},\n"
            f"             weight={weight},\n             bias={bias}),\n"
        )
    counts = f", sample_weight={list(study.weights)}" if study.weights else ""
    return (
        f"import chainrule as cr\n\nnet = cr.Network([\n{''.join(layers)}])\n"
        f"x = {study.x.tolist()}\ny = {study.t.tolist()}\n"
        f"ex = cr.explain(net, x, y, {study.loss_name!r}, rows={list(study.rows)}{counts})\n"
        "print(ex.loss)\nprint(ex.answer)\n"
    )
