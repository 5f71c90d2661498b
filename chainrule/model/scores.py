"""How well a network does on rows of a table, in the table's own words."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from math import fsum, isnan, nan, sqrt
from typing import Any, final

from chainrule.data import Recipe
from chainrule.data.target import Classes
from chainrule.explanations.wording import plural
from chainrule.model.rows import Rows


@final
@dataclass(frozen=True)
class Scores:
    """What was measured on some rows.

    Attributes:
        rows: How many there were.
        loss: Their mean loss, without penalty.
        accuracy: The share of right answers; None for values.
        r2: The part of the targets' variance that the answers explain; None for classes.
        typical_error: The root of the mean squared error, in the target's unit; None for classes,
            and where it was not measured.
        commonest: The most common class; None for values.
        commonest_share: How common it is: the accuracy of giving no other answer.
        wrong: The rows that were answered wrongly; empty for values.
    """

    rows: int
    loss: float
    accuracy: float | None = None
    r2: float | None = None
    typical_error: float | None = None
    commonest: str | None = None
    commonest_share: float | None = None
    wrong: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """What was measured, as plain values; what does not apply is left out."""
        found = {name: value for name, value in asdict(self).items() if value is not None}
        if self.accuracy is None:
            del found["wrong"]
        return found

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
            )
        off = ""
        if self.typical_error is not None:
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


def score(rows: Rows) -> Scores:
    """Measure a network on rows.

    Args:
        rows: The rows, as the network sees them.

    Returns:
        Loss and accuracy for classes, loss and r² for values.

    Example:
        >>> from chainrule.model.rows import rows_for
        >>> from chainrule.model.table import train_on_table
        >>> net = train_on_table("xor", seed=1, engine="python", progress=False).net
        >>> score(rows_for(net)).accuracy
        1.0
    """
    answers, truths = rows.answers(), rows.truths()
    loss = rows.net.loss(rows.x, rows.y)
    if rows.examples.task == "regression":
        values = [float(truth) for truth in truths]
        mean = fsum(values) / len(values)
        errors = fsum((float(a) - y) ** 2 for a, y in zip(answers, values, strict=True))
        spread = fsum((y - mean) ** 2 for y in values)
        r2 = 1 - errors / spread if spread else nan
        return Scores(len(rows), loss, r2=r2, typical_error=sqrt(errors / len(rows)))
    pairs = zip(rows.numbers, answers, truths, strict=True)
    wrong = tuple(number for number, answer, truth in pairs if answer != truth)
    commonest, count = Counter(map(str, truths)).most_common(1)[0]
    return Scores(
        len(rows),
        loss,
        accuracy=1 - len(wrong) / len(rows),
        commonest=commonest,
        commonest_share=count / len(rows),
        wrong=wrong,
    )


def score_from_metric(recipe: Recipe, rows: int, loss: float, metric: float) -> Scores:
    """What a run measured of rows that are not at hand any more.

    Args:
        recipe: How they became examples.
        rows: How many there were.
        loss: Their mean loss.
        metric: Their accuracy or r².
    """
    if not isinstance(recipe.target, Classes):
        return Scores(rows, loss, r2=metric)
    counts = dict(zip(recipe.class_names, recipe.target.counts, strict=True))
    commonest = max(counts, key=counts.__getitem__)
    share = counts[commonest] / sum(counts.values())
    return Scores(rows, loss, accuracy=metric, commonest=commonest, commonest_share=share)
