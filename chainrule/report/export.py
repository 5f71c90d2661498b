"""What a person takes away: the numbers, or the Python that gives them."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

FORMATS = ("csv", "json", "python")
"""What `written` can write."""

_COLUMNS = ("name", "value", "slope", "share")


def written(form: str, explanation: Any) -> dict[str, str]:
    """A file's name and text.

    Args:
        form: One of `FORMATS`.
        explanation: The explanation of a network that it is about.
    """
    if form == "python":
        return {"name": "reproduce.py", "text": reproducing(explanation)}
    weights = [
        {key: getattr(weight, key) for key in _COLUMNS}
        for weight in explanation.weights.top(len(explanation.weights))
    ]
    if form == "json":
        record = {"loss": explanation.loss, "weights": weights}
        return {"name": "weights.json", "text": json.dumps(record, indent=1)}
    file = io.StringIO()
    writer = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
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
    return (
        f"import chainrule as cr\n\nnet = cr.Network([\n{''.join(layers)}])\n"
        f"x = {study.x.tolist()}\ny = {study.t.tolist()}\n"
        f"ex = cr.explain(net, x, y, {study.loss_name!r}, rows={list(study.rows)})\n"
        "print(ex.loss)\nprint(ex.answer)\n"
    )
