"""How well a way of training does on rows that it never saw: every row is held out once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, isfinite, isnan, nan
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, final

from chainrule.arrays import Generator
from chainrule.data import ColumnChoice, Division, Moments, ReadingOptions, column_types, load
from chainrule.data import folds as divide
from chainrule.errors import OptionError
from chainrule.model.rows import Rows
from chainrule.model.scores import Scores
from chainrule.model.table import TrainedTable, require_no_target, require_options, train_on_table
from chainrule.train import on_one_line
from chainrule.words import aligned, number, plural, printed, to_frame


@final
@dataclass(frozen=True)
class Fold:
    """One network, measured on the rows that it never saw.

    Attributes:
        learned: How many rows it learned from.
        scores: What was measured on the others.
        baseline: The score on them of saying the commonest class, or the mean, of those it learned
            from; `scores` has that of these rows' own, by which r² is measured everywhere.
    """

    learned: int
    scores: Scores
    baseline: float

    @property
    def score(self) -> float:
        """Accuracy for classes, r² for values."""
        return self.scores.score

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values; which rows were wrong is left out."""
        scores = self.scores.to_dict()
        scores.pop("wrong", None)
        return {"learned": self.learned, "baseline": self.baseline, **scores}


@final
@dataclass(frozen=True)
class CrossValidation:
    """The folds, and what they say together; prints itself as a table.

    Attributes:
        target: The column that is predicted.
        folds: One network each, in order.
        divisions: Of each fold the rows learned from, and those held out.
    """

    target: str | None
    folds: tuple[Fold, ...]
    divisions: tuple[Division, ...] = ()

    @property
    def measure(self) -> str:
        """What the score of a fold is: "accuracy" or "r2"."""
        return self.folds[0].scores.measure

    @property
    def score(self) -> float:
        """The mean score of the folds."""
        return fmean(fold.score for fold in self.folds)

    @property
    def spread(self) -> float:
        """The standard deviation of the folds' scores."""
        return _spread([fold.score for fold in self.folds])

    @property
    def baseline(self) -> float:
        """The mean score of saying the commonest class, or the mean, of the rows learned from."""
        return fmean(fold.baseline for fold in self.folds)

    @property
    def loss(self) -> float:
        """The mean loss of the folds."""
        return fmean(fold.scores.loss for fold in self.folds)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        names = ("target", "measure", "score", "spread", "baseline", "loss")
        together = {name: getattr(self, name) for name in names}
        return together | {"folds": [fold.to_dict() for fold in self.folds]}

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each fold, in a data frame of "pandas" or "polars"."""
        return to_frame({"fold": range(1, len(self.folds) + 1), **self._columns}, library)

    @property
    def _columns(self) -> dict[str, list[float]]:
        """What was measured in each fold, by its name."""
        return {
            "learned": [fold.learned for fold in self.folds],
            "held_out": [fold.scores.rows for fold in self.folds],
            self.measure: [fold.score for fold in self.folds],
            "baseline": [fold.baseline for fold in self.folds],
            "loss": [fold.scores.loss for fold in self.folds],
        }

    def describe(self) -> str:
        """What the folds say together, in a sentence."""
        said = "mean" if self.measure == "r2" else "commonest class"
        return (
            f"{self.measure} {_short(self.score)} ± {_short(self.spread, 2)} (mean and standard "
            f"deviation of {len(self.folds)} folds) on rows held out; saying the {said} of the "
            f"rows learned from gets {_short(self.baseline)}."
        )

    def _repr_html_(self) -> str:
        return printed(f"{plural(len(self.folds), 'fold')}, {self.target}\n{self}")

    def __str__(self) -> str:
        constant = "learned mean" if self.measure == "r2" else "commonest"
        titles = {"held_out": "held out", "baseline": constant}
        table = [["fold", *map(str, range(1, len(self.folds) + 1)), "mean", "±"]]
        for name, values in self._columns.items():
            title = titles.get(name, name)
            if isinstance(values[0], int):
                table.append([title, *(f"{value:,}" for value in values), "", ""])
            else:
                spread = _short(_spread(values), 2)
                table.append([title, *map(_short, values), _short(fmean(values)), spread])
        return "\n".join(aligned(zip(*table, strict=True), before=" ", between="   "))


def cross_validate(
    data: object,
    target: str | None = None,
    *,
    folds: int = 5,
    group: str | None = None,
    time: str | None = None,
    task: str | None = None,
    labels: str | Path | None = None,
    types: Mapping[str, str] | None = None,
    ignore: str | Sequence[str] = (),
    reading: ReadingOptions | None = None,
    seed: int = 0,
    **options: Any,
) -> CrossValidation:
    """Train a network on all folds but one, measure it on that one, and so for every fold.

    Each network reads the table by a recipe of its own, learned from the rows that it learns from.

    Args:
        data: A file, a built-in name, a table or a data frame.
        target: The column to predict; the table's own, or else the last one, if left out.
        folds: How many; classes come in equal shares into each.
        group: A column whose equal cells stay together in one fold; it is not an input.
        time: A column of numbers or dates; each fold learns from what lies before it.
        task: "classification" or "regression" overrules what is recognised.
        labels: For IDX images, the file of their labels when it does not lie beside them.
        types: What columns hold, by name, as in `train_on_table`.
        ignore: The names of columns to leave out.
        reading: What there is to say of how the table's texts are written.
        seed: Decides which rows come together, first weights and shuffles.
        **options: Everything else that `train_on_table` takes.

    Returns:
        The score of each fold beside that of a constant answer; `.score`, `.spread`, `.baseline`.

    Raises:
        DataError: If the table cannot be used, or not be divided like that.
        OptionError: If an option is not possible.
        NotANumberError: If a loss leaves the finite numbers.

    Example:
        >>> found = cross_validate("iris", folds=5, epochs=30, engine="python", progress=False)
        >>> found.measure, found.score > 0.9, round(found.baseline, 2)
        ('accuracy', True, 0.33)

    Source: Stone (1974), Cross-validatory choice and assessment of statistical predictions.
    """
    require_options(options, "folds", "group", "time")
    if "validation" in options:
        raise OptionError("folds say which rows are held out: leave validation out")
    table = load(data, target=target, labels=labels, options=reading)
    weight_column = options.get("weight_column")
    require_no_target(table, group=group, weight_column=weight_column)
    if weight_column:
        table = table.where_it_counts(table.predicted, table.weights(weight_column))
    types = column_types(types, ignore, group)
    choice, generator = ColumnChoice(table, task=task, types=types), Generator(seed).spawn("folds")
    divisions = divide(table, folds, generator, choice, group=group, time=time)
    given = on_one_line({"task": task, "types": types, "seed": seed, **options})
    trained = [train_on_table(table, validation=division, **given) for division in divisions]
    name = trained[0].train.examples.target_name
    return CrossValidation(name, tuple(map(_fold, trained)), tuple(divisions))


def _fold(done: TrainedTable) -> Fold:
    assert done.held_out is not None
    return Fold(len(done.train), done.tested(), _baseline(done.train, done.held_out))


def _baseline(train: Rows, held_out: Rows) -> float:
    """The score of the best constant answer that the rows learned from suggest, by weight."""
    if train.examples.task == "regression":
        both = (train, held_out)
        learned, measured = (Moments.of([*map(float, r.truths())], r.weights) for r in both)
        off = measured.count * (measured.mean - learned.mean) ** 2
        return 0.0 - off / measured.squares if measured.squares else nan
    known, new = defaultdict[Any, float](float), defaultdict[Any, float](float)
    for totals, rows in ((known, train), (new, held_out)):
        for truth, weight in zip(rows.truths(), rows.weights, strict=True):
            totals[truth] += weight
    return new[max(known, key=known.__getitem__)] / fsum(new.values())


def _spread(values: Sequence[float]) -> float:
    return stdev(values) if all(map(isfinite, values)) else nan


def _short(value: float, digits: int = 4) -> str:
    return "-" if isnan(value) else number(value, digits)
