"""What notebooks show in a cell: static HTML, no script, styles that touch nothing else."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from math import isfinite, prod
from typing import TYPE_CHECKING, Any

from chainrule.explanations.checking import Check
from chainrule.explanations.receipt import Receipt
from chainrule.nn import Architecture
from chainrule.report.epochs import spaced
from chainrule.report.explanation_text import Explanation
from chainrule.words import answer_text, escaped, number, plural

if TYPE_CHECKING:
    from chainrule.train import History

WEIGHTS, EXAMPLES, EPOCHS = 10, 5, 12
"""How many rows of each kind a cell shows."""

_STYLE = (
    ".chainrule{font-variant-numeric:tabular-nums;max-width:60em}"
    ".chainrule table{border-collapse:collapse;margin:.6em 0}"
    ".chainrule caption{text-align:left;font-weight:600;padding:.2em 0}"
    ".chainrule th,.chainrule td{text-align:right;padding:.15em .7em;border:0;"
    "border-bottom:1px solid rgba(128,128,128,.35);white-space:nowrap}"
    ".chainrule th:first-child,.chainrule td:first-child{text-align:left}"
    ".chainrule .note{border-left:4px solid #b04a00;padding-left:.8em;font-weight:600}"
)


def explanation_html(explanation: Explanation) -> str:
    """The loss, what cannot be trusted, and the weights, examples and classes that carry it."""
    shown = explanation.measured(WEIGHTS)
    rows = explanation.rows
    which = f"mean of {len(rows)} examples" if len(rows) > 1 else f"row {rows[0]}"
    name = explanation.study.loss_function.name.replace("_", " ")
    titles = ("weight", "value", "dL/dw", "share", "to fix", "predicted", "measured")
    weights = [
        (
            weight.name,
            *map(_figure, (weight.value, weight.slope)),
            _percent(weight.share),
            weight.direction,
            *map(_figure, (weight.predicted, weight.measured)),
        )
        for weight in shown
    ]
    count = plural(len(explanation.weights), "weight")
    parts = [
        f"<p><b>Loss {_figure(explanation.loss)}</b> ({_safe(name)}, {which}), {count}</p>",
        *map(_note, explanation.notes(shown)),
        _table(f"the {len(shown)} steepest weights", titles, weights),
    ]
    if len(rows) > 1:
        parts.append(_examples(explanation))
    return _cell(parts)


def _examples(explanation: Explanation) -> str:
    worst = [
        (e.row, answer_text(e.truth), answer_text(e.answer), _figure(e.loss), _percent(e.share))
        for e in explanation.examples[:EXAMPLES]
    ]
    classes = [
        (c.name, c.rows, c.wrong, _figure(c.loss), _percent(c.share))
        for c in explanation.classes[:WEIGHTS]
    ]
    made = _table("the worst examples", ("row", "target", "predicted", "loss", "share"), worst)
    if classes:
        titles = ("true class", "rows", "wrong", "mean loss", "share of the loss")
        made += _table("the classes", titles, classes)
    return made


def receipt_html(receipt: Receipt) -> str:
    """The chain product with each factor and its sentence; levels and paths below, folded."""
    product = " · ".join(f"{f.symbol} = {number(f.value, 4)}" for f in receipt.chain)
    factors = [(f.symbol, number(f.value), f.formula, f.note or f.why) for f in receipt.chain]
    together = f"{product}; together {_figure(receipt.total)}"
    return _cell(
        [
            f"<p><b>{_safe(receipt.weight)}</b>: {_safe(together)}</p>",
            _table("the factors", ("factor", "value", "formula", "why"), factors),
            f"<details><summary>all of it</summary><pre>{_safe(str(receipt))}</pre></details>",
        ]
    )


def history_html(history: History) -> str:
    """Some epochs, evenly spaced with the first and the last, and why the run ended."""
    if not len(history):
        return _cell([f"<p>{_safe(history.stopped or 'No epoch yet.')}</p>"])
    places = spaced(len(history), EPOCHS)
    metric = history.metric_name or "metric"
    titles = {
        "epoch": "epoch",
        "loss": "loss",
        "metric": metric,
        "validation_loss": "held-out loss",
        "validation_metric": f"held-out {metric}",
    }
    columns = {key: values for key, values in history.columns().items() if key in titles}
    rows = [[_figure(values[place]) for values in columns.values()] for place in places]
    return _cell(
        [
            _table("the training run", [titles[key] for key in columns], rows),
            f"<p>Best epoch: {history.best.epoch}. {_safe(history.stopped)}</p>",
        ]
    )


def check_html(check: Check) -> str:
    """Every verdict in a row; in words whatever is not plain agreement."""
    titles = ("checked", "verdict", "given", "found", "by")
    rows = [
        (v.name, v.outcome, _figure(v.given), _figure(v.found), v.method) for v in check.verdicts
    ]
    return _cell(
        [
            f"<p><b>{_safe(check.title)}: {'passed' if check.passed else 'NOT passed'}</b></p>",
            *(_note(str(v)) for v in check.verdicts if v.outcome != "agrees"),
            _table("the verdicts", titles, rows),
        ]
    )


def network_html(architecture: Architecture) -> str:
    """The layers with their sizes and numbers of weights."""
    shapes, rows = architecture.layout.shapes, []
    for name, layer in architecture.layers.items():
        found = layer.to_dict()
        sizes = " → ".join(
            str(found[key]) for key in ("in_features", "out_features") if key in found
        )
        kind = found.get("activation") or f"rate {found.get('rate')}"
        count = sum(prod(shape) for key, shape in shapes.items() if key.startswith(f"{name}."))
        rows.append((name, sizes, kind, f"{count:,}"))
    caption = f"a network of {architecture.layout.size:,} weights"
    return _cell([_table(caption, ("layer", "sizes", "what it does", "weights"), rows)])


def _cell(parts: Iterable[str]) -> str:
    return f'<div class="chainrule"><style>{_STYLE}</style>{"".join(parts)}</div>'


def _note(sentence: str) -> str:
    return f'<p class="note">{_safe(sentence)}</p>'


def _table(caption: str, titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    head = "".join(f'<th scope="col">{_safe(title)}</th>' for title in titles)
    body = "".join(
        "<tr>" + "".join(f"<td>{_safe(str(value))}</td>" for value in row) + "</tr>" for row in rows
    )
    return (
        f"<table><caption>{_safe(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _figure(value: Any) -> str:
    """A number; one that cannot be trusted says so."""
    if value is None:
        return "–"
    if isinstance(value, float) and not isfinite(value):
        return f"{value} (not a number to go by)"
    return number(value, 4)


def _percent(share: float) -> str:
    return f"{share:.1%}" if isfinite(share) else _figure(share)


def _safe(text: str) -> str:
    return html.escape(escaped(text))
