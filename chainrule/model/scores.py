"""How well a network does on rows of a table, in the table's own words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import fsum, isnan, nan, sqrt
from typing import Any, final

from chainrule.data import Moments
from chainrule.model.rows import Rows
from chainrule.words import plural

_CURE = "train longer, take wider layers, or give it more rows of the other classes"


@final
@dataclass(frozen=True)
class Scores:
    """What was measured on some rows.

    Attributes:
        rows: How many there were.
        loss: Their mean loss, without penalty.
        accuracy: The share of right answers; None for values.
        r2: The part of the targets' variance that the answers explain; None for classes.
        typical_error: The root of the mean squared error, in the target's unit; None for classes.
        commonest: The most common class; None for values.
        commonest_share: How common it is: the accuracy of giving no other answer.
        wrong: The rows that were answered wrongly; empty for values, and where they are not named.
        confusion: How many rows of each class got which answer: class, answer, rows.
    """

    rows: int
    loss: float
    accuracy: float | None = None
    r2: float | None = None
    typical_error: float | None = None
    commonest: str | None = None
    commonest_share: float | None = None
    wrong: tuple[int, ...] = ()
    confusion: tuple[tuple[str, str, int], ...] = ()

    @property
    def classes(self) -> dict[str, dict[str, float | None]]:
        """Of each class its rows, precision and recall; None where there is nothing to divide by.

        Formula:
            precision = right / said, recall = right / rows

        Example:
            >>> Scores(4, 0.5, confusion=(("a", "a", 2), ("b", "a", 1), ("b", "b", 1))).classes["b"]
            {'rows': 2, 'precision': 1.0, 'recall': 0.5}
        """
        rows, said, right = Counter[str](), Counter[str](), Counter[str]()
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
        measured = {name: value for name, value in asdict(self).items() if value is not None}
        if self.accuracy is None:
            del measured["wrong"], measured["confusion"]
            return measured
        return measured | {"balanced_accuracy": self.balanced_accuracy, "classes": self.classes}

    def describe(self, target: str) -> str:
        """What was measured, in a sentence.

        Args:
            target: What is predicted, for the sentence.

        Example:
            >>> Scores(10, 0.25, accuracy=0.9, commonest="red", commonest_share=0.5).describe("c")
            '9 of 10 rows right (90.0 %), loss 0.25; saying red every time gets 50.0 %.'
        """
        if self.accuracy is not None:
            assert self.commonest_share is not None
            right = round(self.accuracy * self.rows)
            return (
                f"{right:,} of {plural(self.rows, 'row')} right ({100 * self.accuracy:.1f} %), "
                f"loss {self.loss:.4g}; saying {self.commonest} every time gets "
                f"{100 * self.commonest_share:.1f} %."
                + (
                    f" It says {self.only_answer} of every row: {_CURE}."
                    if self.only_answer
                    else ""
                )
            )
        off = f"{target} is off by {self._error()} (root mean square); "
        rows = plural(self.rows, "row")
        assert self.r2 is not None
        if isnan(self.r2):
            return (
                f"loss {self.loss:.4g} on {rows}; {off}no r², because {target} is the same in all."
            )
        return (
            f"r² {self.r2:.4f} on {rows}, loss {self.loss:.4g}; {off}"
            "saying its mean every time gets r² 0."
        )

    def _error(self) -> str:
        """The typical error as people write it: with commas rather than exponents."""
        assert self.typical_error is not None
        large = 1000 <= self.typical_error < 1e12
        return f"{self.typical_error:,.0f}" if large else f"{self.typical_error:.4g}"


def score(parts: Iterable[Rows], *, name_wrong: bool = True) -> Scores:
    """Measure a network on rows.

    Args:
        parts: The rows, as the network sees them, part by part.
        name_wrong: Whether to keep which rows were answered wrongly.

    Returns:
        Loss and accuracy for classes, loss and r² for values.

    Example:
        >>> from chainrule.model.rows import rows_for
        >>> from chainrule.model.table import train_on_table
        >>> net = train_on_table("xor", seed=1, engine="python", progress=False).net
        >>> score([rows_for(net)]).accuracy
        1.0
    """
    losses: list[float] = []
    squares: list[float] = []
    sizes: list[int] = []
    truths = Moments()
    counts: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    wrong: list[int] = []
    right = 0
    for rows in parts:
        sizes.append(len(rows))
        losses.append(rows.net.loss(rows.examples, rows.y) * len(rows))
        answered = list(zip(rows.numbers, rows.answers(), rows.truths(), strict=True))
        if rows.examples.task == "regression":
            values = [float(truth) for _, _, truth in answered]
            truths = truths.with_those_of(Moments.of(values))
            squares.append(fsum((float(a) - float(y)) ** 2 for _, a, y in answered))
        else:
            counts.update(str(truth) for _, _, truth in answered)
            pairs.update((str(truth), str(answer)) for _, answer, truth in answered)
            missed = [number for number, answer, truth in answered if answer != truth]
            right += len(rows) - len(missed)
            wrong += missed if name_wrong else []
    count = sum(sizes)
    loss = fsum(losses) / count
    if not counts:
        r2 = 1 - fsum(squares) / truths.squares if truths.squares else nan
        return Scores(count, loss, r2=r2, typical_error=sqrt(fsum(squares) / count))
    commonest, most = counts.most_common(1)[0]
    return Scores(
        count,
        loss,
        accuracy=right / count,
        commonest=commonest,
        commonest_share=most / count,
        wrong=tuple(wrong),
        confusion=tuple((truth, answer, n) for (truth, answer), n in sorted(pairs.items())),
    )
