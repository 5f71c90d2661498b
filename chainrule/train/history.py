"""The history of a run: what was measured, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from math import isnan
from typing import Any, final, overload

from chainrule.errors import DataError, require_known, require_place
from chainrule.train.stopping import METRICS, is_better
from chainrule.words import (
    aligned,
    axes,
    cell,
    draw_lines,
    draw_mark,
    safe,
    spaced,
    table,
    to_frame,
)

ROWS_SHOWN, ROWS_IN_A_CELL, ROWS_IN_BRIEF = 20, 12, 8
_FORMS = {"metric": ".4f", "validation_metric": ".4f"}

_AXES = {
    "loss": "loss (mean of the rows)",
    "metric": "metric",
    "learning_rate": "learning rate (per step)",
    "seconds": "time (seconds)",
    "examples_per_second": "speed (rows per second)",
    "gradient_norm": "length of the gradient (loss per unit of weight)",
}


@final
@dataclass(frozen=True, kw_only=True)
class Epoch:
    """What was measured in one pass over the training rows.

    Attributes:
        epoch: Its number, from 1.
        step: The optimizer steps made since the start of the run.
        loss: The mean training loss over the epoch, in the unit of the loss.
        metric: The training metric, such as the accuracy from 0 to 1.
        validation_loss: The loss on held-out rows at the end of the epoch.
        validation_metric: The metric on held-out rows at the end of the epoch.
        learning_rate: The learning rate of the last step.
        seconds: The time the epoch took, in seconds.
        examples_per_second: The training rows per second.
        gradient_norm: The length of the last step's gradient, before clipping.
    """

    epoch: int
    step: int
    loss: float
    metric: float | None = None
    validation_loss: float | None = None
    validation_metric: float | None = None
    learning_rate: float | None = None
    seconds: float | None = None
    examples_per_second: float | None = None
    gradient_norm: float | None = None


@final
@dataclass(eq=False, repr=False)
class History(Sequence[Epoch]):
    """A list of epochs that knows the best one and prints itself as a table.

    Args:
        epochs: Those so far.
        metric_name: What `metric` and `validation_metric` hold, such as "accuracy" or "r2".
        monitor: What `best` goes by: "loss", or the metric's name; held-out values win over
            training values where there are any.
        stopped: Why the run ended, in one sentence; empty while it runs.
        optimizer: The name of what turned gradients into changes, where that is known.
        learning_rate: The full learning rate of the run, where that is known.
        interrupted: Whether Ctrl-C ended it.
        restored: Whether the weights of an earlier, best epoch were put back at the end.

    Attributes:
        ledger: The loss changes shared out among the weights, None unless they were kept.

    Example:
        >>> history = History(metric_name="accuracy")
        >>> history.append(Epoch(epoch=1, step=4, loss=0.7, metric=0.5))
        >>> history.append(Epoch(epoch=2, step=8, loss=0.25, metric=0.875))
        >>> history.stopped = "All 2 epochs are done."
        >>> print(history)
        epoch  loss  accuracy
            1   0.7       0.5
            2  0.25     0.875
        Best epoch: 2. All 2 epochs are done.
        >>> history.best.epoch, history.final.loss
        (2, 0.25)
    """

    epochs: list[Epoch] = field(default_factory=list)
    _: KW_ONLY
    metric_name: str | None = None
    monitor: str = "loss"
    stopped: str = ""
    optimizer: str | None = None
    learning_rate: float | None = None
    interrupted: bool = False
    restored: bool = False
    ledger: Any = field(default=None, init=False)

    def __post_init__(self) -> None:
        require_known("metric", METRICS, self.monitor)
        self.epochs = list(self.epochs)

    def __copy__(self) -> History:
        """One that goes on by itself; the epochs so far, which nobody changes, are shared."""
        twin = replace(self)
        twin.ledger = self.ledger
        return twin

    def append(self, record: Epoch, /) -> None:
        """Add the epoch that has just ended."""
        self.epochs.append(record)

    def __len__(self) -> int:
        return len(self.epochs)

    @overload
    def __getitem__(self, index: int) -> Epoch: ...
    @overload
    def __getitem__(self, index: slice) -> list[Epoch]: ...
    def __getitem__(self, index: int | slice) -> Epoch | list[Epoch]:
        require_place("epoch", index, len(self.epochs))
        return self.epochs[index]

    @property
    def final(self) -> Epoch:
        """The last epoch.

        Raises:
            DataError: No epoch has ended yet.
        """
        if not self.epochs:
            raise DataError("the history holds no epoch yet: train for at least one")
        return self.epochs[-1]

    @property
    def best(self) -> Epoch:
        """The first epoch with the best monitored value; the last epoch where all are NaN.

        Raises:
            DataError: No epoch has ended yet.
        """
        best, best_value = self.final, None
        for record in self.epochs:
            value = self.monitored(record)
            if value is not None and is_better(self.monitor, value, best_value):
                best, best_value = record, value
        return best

    def columns(self) -> dict[str, list[Any]]:
        """One list per quantity, ready for a plot or a data frame.

        Returns:
            The quantities that were measured at least once, in order; a gap is None.

        Example:
            >>> History([Epoch(epoch=1, step=4, loss=0.7)]).columns()
            {'epoch': [1], 'step': [4], 'loss': [0.7]}
        """
        columns = {e.name: [getattr(epoch, e.name) for epoch in self.epochs] for e in fields(Epoch)}
        return {name: c for name, c in columns.items() if any(value is not None for value in c)}

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each epoch, in a data frame of "pandas" or "polars"."""
        return to_frame(self.columns(), library)

    def plot(self, ax: Any = None, *, what: str = "loss") -> Any:
        """A quantity over the epochs, in training and held out, through matplotlib.

        Args:
            ax: Where to draw; a figure of its own if left out.
            what: "loss", "metric", "learning_rate", "seconds", "examples_per_second" or
                "gradient_norm".

        Returns:
            Matplotlib's Axes.

        Raises:
            OptionError: If nothing of that name was measured.
            MissingExtraError: If matplotlib is not installed.
        """
        columns, best = self.columns(), self.best.epoch
        measured = [name for name in _AXES if name in columns]
        require_known("quantity of this history", measured, what)
        name = self.metric_name or "metric" if what == "metric" else what.replace("_", " ")
        y = f"{name} (1 is best)" if what == "metric" else _AXES[what]
        ax = axes(ax, title=f"{name} by epoch", x="epoch", y=y)
        if what in ("loss", "metric"):
            draw_mark(ax, best, f"best epoch: {best}")
        lines = {"training": columns[what], "held out": columns.get(f"validation_{what}")}
        draw_lines(ax, columns["epoch"], {n: v for n, v in lines.items() if v})
        return ax

    def to_dict(self) -> dict[str, Any]:
        """The history as plain data; the ledger, which can be large, is left out."""
        options = {each.name: getattr(self, each.name) for each in fields(self) if each.init}
        del options["epochs"]
        return {**options, "epochs": [dict(vars(record)) for record in self.epochs]}

    def brief(self) -> str:
        """A table of some epochs, evenly spaced with the first, the best and the last.

        Returns:
            At most 80 columns of loss and metric; a dash stands where nothing can be told.

        Example:
            >>> history = History(metric_name="accuracy")
            >>> history.append(Epoch(epoch=1, step=4, loss=0.7, metric=0.5, validation_loss=0.6))
            >>> history.append(Epoch(epoch=2, step=8, loss=0.25, metric=0.875, validation_loss=0.3))
            >>> print(history.brief())
             epoch      loss   accuracy   held-out loss
                 1       0.7     0.5000             0.6
                 2      0.25     0.8750             0.3
        """
        titles = {n: t if n == "epoch" else t.rjust(7) for n, t in self._titles.items()}
        columns = self._columns(titles, ROWS_IN_BRIEF, _FORMS)
        return "\n".join(aligned(zip(*columns, strict=True), before=" ", between="   "))

    def _columns(
        self, titles: Mapping[str, str], most: int, forms: Mapping[str, str]
    ) -> list[list[str]]:
        """Each column's title and what was measured, in some epochs."""
        columns = History(self._shown(most)).columns()
        return [
            [title, *(_cell(value, forms.get(name, ".4g")) for value in columns[name])]
            for name, title in titles.items()
            if name in columns
        ]

    @property
    def _titles(self) -> dict[str, str]:
        metric = self.metric_name or "metric"
        return {
            "epoch": "epoch",
            "loss": "loss",
            "metric": metric,
            "validation_loss": "held-out loss",
            "validation_metric": f"held-out {metric}",
        }

    def _repr_html_(self) -> str:
        """Some epochs, with the first, the best and the last, and why the run ended."""
        if not self.epochs:
            return cell(f"<p>{safe(self.stopped or 'No epoch yet.')}</p>")
        columns = History(self._shown(ROWS_IN_A_CELL)).columns()
        titles = {name: title for name, title in self._titles.items() if name in columns}
        rows = zip(*(columns[name] for name in titles), strict=True)
        return cell(
            table("the training run", list(titles.values()), rows),
            f"<p>Best epoch: {self.best.epoch}. {safe(self.stopped)}</p>",
        )

    def __repr__(self) -> str:
        last = self.epochs[-1].epoch if self.epochs else 0
        return f"<history up to epoch {last}; print it, or ask for .columns()>"

    def __str__(self) -> str:
        """A plain table of at most 80 columns, thinned out where the run was long."""
        if not self.epochs:
            return self.stopped or "No epoch yet."
        titles = {
            **self._titles,
            "validation_loss": "val_loss",
            "validation_metric": f"val_{self.metric_name or 'metric'}",
            "learning_rate": "learning_rate",
            "seconds": "seconds",
        }
        columns = self._columns(titles, ROWS_SHOWN, {})
        lines = aligned(zip(*columns, strict=True), before="")
        shown = len(lines) - 1
        said = f"{shown} of {len(self)} epochs are shown." if shown < len(self) else ""
        parts = (f"Best epoch: {self.best.epoch}.", said, self.stopped)
        return "\n".join([*lines, " ".join(filter(None, parts))])

    def _shown(self, most: int) -> list[Epoch]:
        """Evenly spaced epochs, with the first, the best and the last among them."""
        best = [self.epochs.index(self.best)] if self.epochs else []
        return [self.epochs[i] for i in sorted({*spaced(len(self), most), *best})]

    def monitored(self, record: Epoch) -> float | None:
        """What `best` goes by in an epoch: the held-out value where there is one."""
        kind = "loss" if self.monitor == "loss" else "metric"
        held_out: float | None = getattr(record, f"validation_{kind}")
        training: float | None = getattr(record, kind)
        return training if held_out is None else held_out


def _cell(value: float | None, form: str = ".4g") -> str:
    if value is None or isnan(value):
        return "-"
    return str(value) if isinstance(value, int) else f"{value:{form}}"
