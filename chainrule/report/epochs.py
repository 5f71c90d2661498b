"""A run as a short table of epochs."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from chainrule.words import spaced

if TYPE_CHECKING:
    from chainrule.train import History

ROWS_SHOWN = 8


def epochs_table(history: History, *, most: int = ROWS_SHOWN) -> str:
    """Loss and metric of some epochs, evenly spaced with the first, the best and the last.

    Args:
        history: What was measured.
        most: How many epochs to show, the best aside.

    Returns:
        A plain table of at most 80 columns; a dash stands where nothing can be told.

    Example:
        >>> from chainrule.train import Epoch, History
        >>> history = History(metric_name="accuracy")
        >>> history.append(Epoch(epoch=1, step=4, loss=0.7, metric=0.5, validation_loss=0.6))
        >>> history.append(Epoch(epoch=2, step=8, loss=0.25, metric=0.875, validation_loss=0.3))
        >>> print(epochs_table(history))
         epoch      loss   accuracy   held-out loss
             1       0.7     0.5000             0.6
             2      0.25     0.8750             0.3
    """
    metric = history.metric_name or "metric"
    titles = {
        "epoch": "epoch",
        "loss": "loss",
        "metric": metric,
        "validation_loss": "held-out loss",
        "validation_metric": f"held-out {metric}",
    }
    best = [history.index(history.best)] if history else []
    places = {*spaced(len(history), most), *best}
    records = [history[place] for place in sorted(places)]
    columns = [
        [title, *(_cell(name, getattr(record, name)) for record in records)]
        for name, title in titles.items()
        if any(getattr(record, name) is not None for record in records)
    ]
    widths = [max(map(len, column)) for column in columns]
    widths = [max(width, 7 if place else 5) for place, width in enumerate(widths)]
    return "\n".join(
        " " + "   ".join(map(str.rjust, row, widths)) for row in zip(*columns, strict=True)
    )


def _cell(name: str, value: float | None) -> str:
    if value is None or isnan(value):
        return "-"
    if name == "epoch":
        return str(value)
    return f"{value:.4f}" if name.endswith("metric") else f"{value:.4g}"
