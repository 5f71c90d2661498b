"""How well a network does on rows of a table, in its own words, and what that is measured by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from math import fsum, isnan, nan
from typing import Any, final

from chainrule import words
from chainrule.errors import OptionError, require_known
from chainrule.model.measures import Bin
from chainrule.report import beaten, one_answer, scores_as_html, scores_as_text

_SURE = "confidence: the probability of the answer (0 to 1)"
_PICTURES = {
    "confusion": (
        "confusion: rows of each class by their answer",
        "answer (class)",
        "truth (class)",
    ),
    "reliability": ("reliability of the probabilities", _SURE, "share of right answers (0 to 1)"),
    "roc": ("ROC curve", "false positive rate (0 to 1)", "true positive rate (0 to 1)"),
    "residuals": ("residuals", "answer (in the target's unit)", "answer less target (in its unit)"),
}
_CONFUSION = ("class", "answer", "rows")
_RATES = ("false_positive_rate", "true_positive_rate")


@final
@dataclass(frozen=True)
class Baseline:
    """What an answer that costs no thought gets on the same rows; None for what does not apply.

    Attributes:
        name: What answers.
        accuracy: Its share of right answers.
        balanced_accuracy: Its mean recall of the classes.
        log_loss: Its mean of `-log p` of the true class, in nats.
        r2: The part of the targets' variance around their own mean that it explains.
        typical_error: The root of its mean squared error, in the target's unit.
        mean_error: Its mean absolute error, in the target's unit.
    """

    name: str
    accuracy: float | None = None
    balanced_accuracy: float | None = None
    log_loss: float | None = None
    r2: float | None = None
    typical_error: float | None = None
    mean_error: float | None = None


@final
@dataclass(frozen=True, repr=False)
class Scores:
    """What was measured on some rows; print it, or show it in a notebook.

    Attributes:
        rows: How many there were.
        loss: Their mean loss, without penalty.
        accuracy: The share of right answers; None for values.
        r2: The part of these targets' variance around their own mean that the answers explain, as
            scikit-learn's `r2_score`; None for classes.
        typical_error: The root of the mean squared error, in the target's unit; None for classes.
        commonest: The most common class; None for values.
        commonest_share: How common it is: the accuracy of giving no other answer.
        wrong: The rows that were answered wrongly; empty for values, and where they are not named.
        confusion: How many rows of each class got which answer: class, answer, rows.
        log_loss: The mean of `-log p` of the true class, in nats; None without probabilities.
        auc: The area under the ROC curve; of several classes the mean of each against the others.
        roc: The curve itself, for two classes: false and true positive rate of the second.
        reliability: Answers by their confidence: how sure they were, and how often right.
        calibration_error: How far the two lie apart, weighted by rows; None without probabilities.
        mean_error: The mean absolute error, in the target's unit; None for classes.
        residual_quantiles: Answer less target at 5, 25, 50, 75 and 95% of the rows.
        residuals: Answer and residual of some rows, evenly taken.
        baselines: What a constant answer and a linear model get on the same rows.
        which: Which rows these are, in words.
        target: What is predicted.
        notes: What must be known of these numbers.
        weighed: Whether rows count as much as their weights say; `rows` is how many there are.
        learned_by_class: Whether the network learned with weights of classes, which do not count
            in these numbers.
        inputs: How many inputs the network has; None where no recipe says it.
        learned: How many rows it learned from, likewise.
        unlike: The inputs in which the rows are unlike all that the network learned from.
    """

    rows: int
    loss: float
    accuracy: float | None = None
    r2: float | None = None
    typical_error: float | None = None
    commonest: str | None = None
    commonest_share: float | None = None
    wrong: tuple[int, ...] = ()
    confusion: tuple[tuple[str, str, float], ...] = ()
    log_loss: float | None = None
    auc: float | None = None
    roc: tuple[tuple[float, float], ...] = ()
    reliability: tuple[Bin, ...] = ()
    calibration_error: float | None = None
    mean_error: float | None = None
    residual_quantiles: tuple[float, ...] = ()
    residuals: tuple[tuple[float, float], ...] = ()
    baselines: tuple[Baseline, ...] = ()
    which: str = ""
    target: str = ""
    notes: tuple[str, ...] = ()
    weighed: bool = False
    learned_by_class: bool = False
    inputs: int | None = None
    learned: int | None = None
    unlike: tuple[str, ...] = ()

    @property
    def measure(self) -> str:
        """What the score is: "accuracy" for classes, "r2" for values."""
        return "r2" if self.accuracy is None else "accuracy"

    @property
    def score(self) -> float:
        """Accuracy, or r²; NaN where there is none."""
        score: float | None = getattr(self, self.measure)
        return nan if score is None else score

    @property
    def classes(self) -> dict[str, dict[str, float | None]]:
        """Of each class its rows, precision and recall; None where there is nothing to divide by.

        Formula:
            precision = right / said, recall = right / rows

        Example:
            >>> Scores(4, 0.5, confusion=(("a", "a", 2), ("b", "a", 1), ("b", "b", 1))).classes["b"]
            {'rows': 2, 'precision': 1.0, 'recall': 0.5}
        """
        rows: defaultdict[str, float] = defaultdict(int)
        said, right = rows.copy(), rows.copy()
        for truth, answer, count in self.confusion:
            rows[truth] += count
            said[answer] += count
            right[truth] += count * (truth == answer)
        return {
            name: {
                "rows": rows[name],
                "precision": right[name] / said[name] if said[name] else None,
                "recall": right[name] / rows[name] if rows[name] else None,
            }
            for name in sorted(rows | said)
        }

    @property
    def balanced_accuracy(self) -> float | None:
        """The mean recall of the classes that there are rows of; None for values."""
        recalls = [r for c in self.classes.values() if (r := c["recall"]) is not None]
        return fsum(recalls) / len(recalls) if recalls else None

    @property
    def only_answer(self) -> str | None:
        """The one class that is said of every row, where there are rows of others."""
        answers = {answer for _, answer, _ in self.confusion}
        truths = {truth for truth, _, _ in self.confusion}
        return answers.pop() if len(answers) == 1 < len(truths) else None

    def to_dict(self) -> dict[str, Any]:
        """What was measured, as plain values; what does not apply is left out."""
        record = asdict(self)
        measured = {name: value for name, value in record.items() if value not in (None, (), "")}
        measured["baselines"] = [
            {name: value for name, value in asdict(baseline).items() if value is not None}
            for baseline in self.baselines
        ]
        if self.accuracy is None:
            return measured
        return measured | {
            "wrong": self.wrong,
            "balanced_accuracy": self.balanced_accuracy,
            "classes": self.classes,
            "only_answer": self.only_answer,
        }

    def plot(self, ax: Any = None, *, what: str | None = None) -> Any:
        """One of its pictures, through matplotlib.

        Args:
            ax: Where to draw; a figure of its own if left out.
            what: "confusion", "reliability", "roc" or "residuals"; if left out, the first for
                classes and the last for values.

        Returns:
            Matplotlib's Axes.

        Raises:
            OptionError: If there is no such picture, or nothing to see in it.
            MissingExtraError: If matplotlib is not installed.
        """
        if what is None:
            what = "residuals" if self.accuracy is None else "confusion"
        require_known("picture of scores", _PICTURES, what)
        if not getattr(self, what):
            raise OptionError(
                f"{what} was asked for, and these scores have none: "
                f"choose from {', '.join(name for name in _PICTURES if getattr(self, name))}"
            )
        title, x, y = _PICTURES[what]
        ax = words.axes(ax, title=title, x=x, y=y)
        if what == "confusion":
            names = list(self.classes)
            counts = {(truth, answer): rows for truth, answer, rows in self.confusion}
            table = [[counts.get((truth, answer), 0) for answer in names] for truth in names]
            words.draw_table(ax, names, table)
        elif what == "reliability":
            words.draw_reliability(ax, [(b.confidence, b.right, b.rows) for b in self.reliability])
        elif what == "roc":
            alarms, hits = zip(*self.roc, strict=True)
            ax.plot([0, 1], [0, 1], ":", color="gray", label="by chance")
            words.draw_lines(ax, alarms, {f"the network, area {self.auc:.3f}": hits})
        else:
            ax.axhline(0, color="gray", linewidth=0.8)
            rows = ["rows"] * len(self.residuals)
            words.draw_examples(ax, self.residuals, rows, ["rows"], [False] * len(rows))
        return ax

    def as_baseline(self, name: str) -> Baseline:
        """Those of its figures that are set beside others."""
        return Baseline(name, *(getattr(self, each.name) for each in fields(Baseline)[1:]))

    def to_frame(self, library: str = "pandas", *, table: str = "scores") -> Any:
        """One of its tables as a data frame.

        Args:
            library: "pandas" or "polars".
            table: "scores" (the network beside the baselines), "classes", "confusion",
                "reliability", "roc" or "residuals".

        Raises:
            OptionError: If there is no such table or library.
            MissingExtraError: If the library is not installed.
        """
        beside = (self.as_baseline("this network"), *self.baselines)
        tables: dict[str, Sequence[dict[str, Any]]] = {
            "scores": [asdict(figures) for figures in beside],
            "classes": [{"class": name, **values} for name, values in self.classes.items()],
            "confusion": [dict(zip(_CONFUSION, cells, strict=True)) for cells in self.confusion],
            "reliability": [asdict(held) for held in self.reliability],
            "roc": [dict(zip(_RATES, rates, strict=True)) for rates in self.roc],
            "residuals": [{"answer": a, "residual": r} for a, r in self.residuals],
        }
        require_known("table of scores", tables, table)
        return words.to_frame(tables[table], library)

    def as_text(self, *, full: bool = False) -> str:
        """All of it for a screen of 80 columns.

        Args:
            full: Every class, and the curves as pictures of characters, too.
        """
        return scores_as_text(self.to_dict(), full=full)

    def __str__(self) -> str:
        return self.as_text()

    def __repr__(self) -> str:
        return f"<scores of {words.plural(self.rows, 'row')}; print them, or ask for .to_dict()>"

    def _repr_html_(self) -> str:
        return scores_as_html(self.to_dict())

    def describe(self, target: str) -> str:
        """What was measured, in a sentence.

        Args:
            target: What is predicted, for the sentence.

        Example:
            >>> Scores(10, 0.25, accuracy=0.9, commonest="red", commonest_share=0.5).describe("c")
            '9 of 10 rows right (90.0%), loss 0.25; saying red every time gets 50.0%.'
        """
        if self.accuracy is not None:
            assert self.commonest_share is not None
            right = round(self.accuracy * self.rows)
            share = f"({words.percent(self.accuracy)})"
            which = f"{right:,} of {words.plural(self.rows, 'row')} right {share}"
            if self.weighed:
                which = f"{share[1:-1]} of {words.plural(self.rows, 'row')} right, by weight"
            loss = (
                f"loss {self.loss:.4g}{' without the weights of classes' * self.learned_by_class}"
            )
            return (
                f"{which}, {loss}; saying {words.answer_text(self.commonest)} every time gets "
                f"{words.percent(self.commonest_share)}{self._linear}.{self._warning}"
            )
        off = f"{target} is off by {words.quantity(self.typical_error)} (root mean square); "
        rows = words.plural(self.rows, "row")
        assert self.r2 is not None
        if isnan(self.r2):
            return (
                f"loss {self.loss:.4g} on {rows}; {off}no r², because {target} is the same in all."
            )
        return (
            f"r² {self.r2:.4f} on {rows}, loss {self.loss:.4g}; {off}"
            f"saying the mean of these rows every time gets r² 0{self._linear}.{self._warning}"
        )

    @property
    def _warning(self) -> str:
        """That a constant answer does better, or that it gives one itself."""
        record = self.to_dict()
        constant = [one for one in record["baselines"] if not one["name"].startswith("linear")]
        said = one_answer(record) if self.only_answer else beaten({**record, "baselines": constant})
        return f" {said}" if said else ""

    @property
    def _linear(self) -> str:
        """What a linear model gets, to end a sentence with."""
        for baseline in self.baselines:
            if baseline.name.startswith("linear"):
                if baseline.accuracy is not None:
                    return f", a linear model {words.percent(baseline.accuracy)}"
                if baseline.r2 is not None:
                    return f", a linear model {baseline.r2:.4f}"
        return ""
