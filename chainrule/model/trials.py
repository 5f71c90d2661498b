"""A small seeded search for layers, learning rate and dropout, in rounds that halve the field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf, isfinite, nan
from pathlib import Path
from time import perf_counter
from typing import Any, final

from chainrule.arrays import Generator
from chainrule.data import ReadingOptions, Table, load
from chainrule.engines import Engine, choose_engine
from chainrule.errors import (
    NotANumberError,
    OptionError,
    require_above_zero,
    require_callable,
    require_share,
    require_whole,
)
from chainrule.model.cross_validation import CrossValidation, cross_validate
from chainrule.model.scores import Scores
from chainrule.model.table import require_options, suited_epochs, train_on_table
from chainrule.train import on_one_line
from chainrule.words import Record, aligned, number, plural, printed, to_frame

_WIDTHS = (16, 32, 64, 128, 256)
_WIDTHS_IN_PYTHON = (8, 16, 32, 64)
_MOST_LAYERS = 3
_SLOWEST, _FASTEST = 0.001, 0.03
_DROPOUTS = (0.0, 0.0, 0.1, 0.25, 0.5)
_SHARES = (9, 3, 1)
"""Each round trains for a ninth, a third, and all of the epochs; each keeps the best third."""


@final
@dataclass(frozen=True)
class Trial:
    """One setting, and what was measured the last time that a network was trained with it.

    Attributes:
        options: What was drawn, in the words of `train_on_table`; empty for the defaults.
        epochs: For how many epochs it was trained; only settings that did well get all of them.
        loss: The mean loss on held-out rows; infinite where training left the finite numbers.
        score: Accuracy for classes, r² for values.
    """

    options: Mapping[str, Any]
    epochs: int
    loss: float
    score: float


_INTERRUPTED = "Interrupted."
"""Why a search ended that was stopped by Ctrl-C."""


@final
@dataclass(frozen=True)
class Search(Record):
    """What was tried, the best first; prints itself as a table.

    Attributes:
        measure: What the scores are: "accuracy" or "r2".
        trials: All settings: those trained for longer come first, and then those of smaller loss.
        baseline: The score of saying the commonest class, or the mean, of the held-out rows every
            time; with folds, of those learned from.
        trainings: How many settings were trained and measured, again in each round.
        stopped: Why it ended, in a sentence.
    """

    measure: str
    trials: tuple[Trial, ...]
    baseline: float
    trainings: int
    stopped: str

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped by Ctrl-C."""
        return self.stopped == _INTERRUPTED

    @property
    def best(self) -> Trial:
        """The setting to train with."""
        return self.trials[0]

    def to_frame(self, library: str = "pandas") -> Any:
        """One row for each setting, the best first, in a data frame of "pandas" or "polars"."""
        rows = [
            {**t.options, "epochs": t.epochs, "loss": t.loss, self.measure: t.score}
            for t in self.trials
        ]
        return to_frame(rows, library)

    def _repr_html_(self) -> str:
        return printed(f"{plural(len(self.trials), 'trial')}\n{self}")

    def __str__(self) -> str:
        names = dict.fromkeys(name for trial in self.trials for name in trial.options)
        rows = [[*(name.replace("_", " ") for name in names), "epochs", self.measure, "loss"]]
        for trial in self.trials:
            drawn = [_said(trial.options.get(name, "default")) for name in names]
            measured = [number(n, 4) if isfinite(n) else "-" for n in (trial.score, trial.loss)]
            rows.append([*drawn, str(trial.epochs), *measured])
        return "\n".join(aligned(rows, before=" ", between="   "))


def search(
    data: object,
    target: str | None = None,
    *,
    trials: int = 20,
    minutes: float | None = None,
    folds: int | None = None,
    group: str | None = None,
    time: str | None = None,
    labels: str | Path | None = None,
    reading: ReadingOptions | None = None,
    validation: float = 0.2,
    epochs: int | None = None,
    batch_size: int = 32,
    seed: int = 0,
    engine: str | Engine = "auto",
    tell: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> Search:
    """Draw settings, train a network with each, and keep the best third for longer, twice.

    Drawn are depth and width of the layers, the learning rate and dropout; what is given as an
    option stays as it is. The defaults are one of the settings, and stay to the end. All are
    measured on the same held-out rows.

    Args:
        data: A file, a built-in name, a table or a data frame.
        target: The column to predict; the table's own, or else the last one, if left out.
        trials: How many settings, the defaults among them.
        minutes: Begin no training after so many, a third of them for each round.
        folds: Measure by so many folds, as `cross_validate`, rather than by rows held out once.
        group: For folds, a column whose equal cells stay together.
        time: For folds, a column of numbers or dates, whose order is kept.
        labels: For IDX images, the file of their labels when it does not lie beside them.
        reading: What there is to say of how the table's texts are written.
        validation: The part of the rows to hold out.
        epochs: Those of the last round; if left out, as `train_on_table`.
        batch_size: Rows per step.
        seed: Decides what is drawn, and all that is random in each training.
        engine: What to run on; pure Python draws smaller layers.
        tell: Called with a sentence before each round.
        **options: Everything else that `train_on_table` takes.

    Returns:
        The settings, the best first; `.best.options`, and a table when printed.

    Raises:
        DataError: If the table cannot be used.
        OptionError: If an option is not possible, or nothing is left to draw.
        KeyboardInterrupt: At Ctrl-C, if nothing was measured yet; later it ends the search.

    Example:
        >>> found = search("iris", trials=3, epochs=9, engine="python", progress=False)
        >>> len(found.trials), [trial.epochs for trial in found.trials]
        (3, [9, 9, 1])

    Source: Jamieson & Talwalkar (2016), Non-stochastic best arm identification, successive halving.
    """
    require_options(options, "trials", "minutes", "folds", "group", "time", "tell")
    require_whole("trials", trials)
    require_callable("tell", tell)
    if epochs is not None:
        require_whole("epochs", epochs)
    if minutes is not None:
        require_above_zero("minutes", minutes)
    require_share("the part to hold out", validation)
    if validation == 0 and folds is None:
        raise OptionError("a search measures on held-out rows: give a validation above 0, or folds")
    table = load(data, target=target, labels=labels, options=reading)
    runs_on = choose_engine(engine)
    given = on_one_line({**options, "batch_size": batch_size, "seed": seed, "engine": runs_on})
    if folds is None and (group is not None or time is not None):
        raise OptionError("group and time divide rows into folds: give folds, too")
    divided = {"folds": folds, "group": group, "time": time}
    given |= {"validation": validation} if folds is None else divided
    if epochs is None:
        epochs = suited_epochs(round(table.rows * (1 - validation)), batch_size, runs_on)
    widths = _WIDTHS_IN_PYTHON if runs_on.name == "python" else _WIDTHS
    field = _settings(trials, seed, widths, options)
    said: list[str] = []
    announce = given.get("announce", lambda _: None)
    require_callable("announce", announce)

    def begin(done: Any) -> None:  # once a training finds all that is asked possible
        while said:
            tell(said.pop(0))
        announce(done)

    given |= {"announce": begin}
    return _rounds(field, epochs, minutes, said.append, lambda of: _measure(table, given | of))


def _rounds(
    field: list[dict[str, Any]],
    epochs: int,
    minutes: float | None,
    tell: Callable[[str], None],
    measure: Callable[[dict[str, Any]], CrossValidation | Scores],
) -> Search:
    began, trainings, stopped = perf_counter(), 0, "All rounds are done."
    trials: dict[int, Trial] = {}
    still_in, name, baseline = list(range(len(field))), "score", nan

    def order(place: int) -> tuple[int, float]:
        return -trials[place].epochs, trials[place].loss

    for turn, share in enumerate(_SHARES, start=1):
        length = max(epochs // share, 1)
        settings = f"{plural(len(still_in), 'setting')} for {plural(length, 'epoch')} each"
        tell(f"round {turn} of {len(_SHARES)}: {settings}")
        try:
            for place in still_in:
                over = minutes and perf_counter() - began > 60 * minutes * turn / len(_SHARES)
                if over and trials:
                    stopped = f"The time was over ({minutes:g} minutes)."
                    break
                try:
                    done = measure({**field[place], "epochs": length})
                    name, baseline = done.measure, _baseline(done)
                    trials[place] = Trial(field[place], length, done.loss, done.score)
                except NotANumberError:
                    trials[place] = Trial(field[place], length, inf, nan)
                trainings += 1
        except KeyboardInterrupt:
            if not trials:
                raise
            stopped = _INTERRUPTED
            break
        rest = [place for place in sorted(trials, key=order) if place in still_in]
        still_in = list(dict.fromkeys([0, *rest[: -(-len(rest) // 3)]]))
    best_first = tuple(trials[place] for place in sorted(trials, key=order))
    return Search(name, best_first, baseline, trainings, stopped)


def _measure(table: Table, options: dict[str, Any]) -> CrossValidation | Scores:
    if "folds" in options:
        return cross_validate(table, **options)
    return train_on_table(table, **options).tested()


def _baseline(done: CrossValidation | Scores) -> float:
    """What a constant answer gets: r² 0 where it is the mean of the rows that are measured."""
    return done.baseline if isinstance(done, CrossValidation) else done.commonest_share or 0.0


def _settings(
    count: int, seed: int, widths: tuple[int, ...], given: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The defaults, and what is drawn of all that is not given."""
    field: list[dict[str, Any]] = [{}]
    for place in range(1, count):
        drawn = _draw(Generator(seed).spawn(f"trial {place}"), widths)
        field.append({name: value for name, value in drawn.items() if name not in given})
    if count > 1 and not field[1]:
        raise OptionError(
            "layers, learning_rate and dropout are all given: leave one to be drawn",
            *("layers", "learning_rate", "dropout"),
        )
    return field


def _draw(generator: Generator, widths: tuple[int, ...]) -> dict[str, Any]:
    """One setting: rates evenly over their orders of magnitude, all else evenly."""
    depth, width, rate, dropout = generator.random(4)
    return {
        "layers": [widths[int(width * len(widths))]] * (1 + int(depth * _MOST_LAYERS)),
        "learning_rate": float(f"{_SLOWEST * (_FASTEST / _SLOWEST) ** rate:.2g}"),
        "dropout": _DROPOUTS[int(dropout * len(_DROPOUTS))],
    }


def _said(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else number(value)
