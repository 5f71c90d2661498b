"""What a person takes away: the numbers, or the Python that gives them."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from chainrule.model import Explanation, Rows

FORMATS = ("csv", "json", "python")
"""What `written` can write."""

_COLUMNS = ("name", "value", "slope", "share")


def written(form: str, explanation: Explanation, rows: Rows) -> dict[str, Any]:
    """A file's name and text.

    Args:
        form: One of `FORMATS`.
        explanation: What is shown.
        rows: The rows that it is about.
    """
    weights = [
        {key: getattr(weight, key) for key in _COLUMNS}
        for weight in explanation.weights.top(len(explanation.weights))
    ]
    if form == "csv":
        file = io.StringIO()
        writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(weights)
        return {"name": "weights.csv", "text": file.getvalue()}
    if form == "json":
        record = {"loss": explanation.loss, "weights": weights}
        return {"name": "weights.json", "text": json.dumps(record, indent=1)}
    return {"name": "reproduce.py", "text": _program(explanation, rows)}


def _program(explanation: Explanation, rows: Rows) -> str:
    """Python that explains the same weights on the same rows, with nothing else to load."""
    study = explanation.network
    layers = []
    for name, layer in study.dense.items():
        weight, bias = (each.tolist() for each in study.arrays(name).values())
        layers.append(
            f"    cr.Dense({layer.in_features}, {layer.out_features}, {layer.activation!r},\n"
            f"             weight={weight},\n             bias={bias}),\n"
        )
    targets = list(rows.examples.y or ())
    y = [[t] for t in targets] if rows.examples.task == "regression" else targets
    return (
        "import chainrule as cr\n\n"
        f"net = cr.Network([\n{''.join(layers)}], engine={rows.net.engine.name!r})\n"
        f"x = {study.x.tolist()}\ny = {y}\n"
        f"ex = cr.explain(net, x, y, {study.loss_name!r}, rows={list(study.rows)})\n"
        "print(ex.loss)\nprint(ex.answer)\n"
    )
