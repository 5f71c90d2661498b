"""Counterfactual: what the loss would be had one weight been different, run again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from math import inf, isclose, isfinite, sqrt
from typing import Any, final

from chainrule.autodiff import grad
from chainrule.errors import OptionError, require_known, shown
from chainrule.explanations.what_if.line import WeightLine
from chainrule.nn import changed
from chainrule.words import (
    aligned,
    answer_text,
    axes,
    draw_curve,
    draw_lines,
    draw_points,
    number,
    paragraph,
    plural,
    printed,
    to_frame,
)

POINTS = 41
"""How many evenly spaced values of the weight are run."""

ROUNDS = 40
"""How often the golden section shrinks the best stretch, by 0.618 each time."""

_GOLDEN = (sqrt(5) - 1) / 2


@final
@dataclass(frozen=True)
class Alternative:
    """The model run again with one weight at another value.

    Attributes:
        label: "now", "zero", "initial" or "best".
        value: The weight.
        loss: The mean loss.
        change: The loss minus what it is now.
        answers: The answer to each example: classes by name or index, or lists of values in the
            target's unit; None where a function gives no answers.
        fixed: Rows whose class went from wrong to right, or, without classes,
            whose loss fell by more than 1%.
        broken: Rows for which it was the other way round.
    """

    label: str
    value: float
    loss: float
    change: float
    answers: tuple[Any, ...]
    fixed: tuple[int, ...]
    broken: tuple[int, ...]

    def _row(self, *, single: bool) -> tuple[Any, ...]:
        """A line of the table."""
        rows = f"{len(self.fixed):,}", f"{len(self.broken):,}"
        cells = (self.label, self.value, number(self.loss), self.change, *rows)
        return (*cells, answer_text(self.answers[0])) if single else cells


@final
@dataclass(frozen=True)
class Counterfactual:
    """One weight at other values, everything else held still.

    Attributes:
        weight: The weight's name.
        interval: The values between which the best was looked for.
        slope: `dL/dw` now: the tangent's slope.
        curve: Pairs of weight and mean loss, in rising order.
        alternatives: The network now, with the weight at zero, at its initial value, at its best.
        rows: The numbers of the examples.
        counted: Over how many rows it was counted what is fixed and broken.
        by_loss: Whether that goes by the rows' losses, as no class is right or wrong.

    Example:
        >>> import chainrule as cr
        >>> dense = cr.Dense(1, 1, "sigmoid", weight=[[2.0]], bias=[0.5])
        >>> net = cr.Network([dense], engine="python")
        >>> ex = cr.explain(net, [[0.0], [1.0], [2.0]], [0, 0, 1])
        >>> what_if = ex.counterfactual("dense1.bias[0]")
        >>> what_if.best.value, round(what_if.best.loss, 3), what_if.best.fixed, what_if.best.broken
        (-0.5, 0.735, (0,), ())
        >>> round(what_if.zero.loss, 3), what_if.zero.answers
        (0.946, (0, 1, 1))
    """

    weight: str
    interval: tuple[float, float]
    slope: float
    curve: tuple[tuple[float, float], ...]
    alternatives: tuple[Alternative, ...]
    rows: tuple[int, ...]
    counted: int
    by_loss: bool = False

    def __getitem__(self, label: str) -> Alternative:
        by_label = {alternative.label: alternative for alternative in self.alternatives}
        require_known("alternative", by_label, label)
        return by_label[label]

    @property
    def now(self) -> Alternative:
        """The network as it is."""
        return self["now"]

    @property
    def zero(self) -> Alternative:
        """With the weight cut."""
        return self["zero"]

    @property
    def initial(self) -> Alternative:
        """With the weight where it began; there is none where that is not known."""
        return self["initial"]

    @property
    def best(self) -> Alternative:
        """With the best value found in the interval."""
        return self["best"]

    @property
    def notes(self) -> list[str]:
        """What must be known to read the numbers well."""
        notes = []
        if unsound := sum(not isfinite(loss) for _, loss in self.curve):
            notes.append(
                f"at {plural(unsound, 'point')} of the curve the loss is not a finite number"
            )
        if self._best is not None and any(isclose(self._best, end) for end in self.interval):
            notes.append("the best value is an end of the interval: a lower loss may lie outside")
        return notes

    @property
    def counting(self) -> str:
        """When a row counts as fixed or broken, and of which rows; empty where that is plain."""
        among = self.counted > len(self.rows)
        if self.by_loss:
            of = f", of all {self.counted:,}" * among
            return f"fixed, broken: rows whose loss falls or rises by more than 1%{of}"
        return f"fixed, broken: of all {self.counted:,} rows" * among

    @property
    def _best(self) -> float | None:
        return next((a.value for a in self.alternatives if a.label == "best"), None)

    def to_dict(self) -> dict[str, Any]:
        """Every number by name, the curve included; examples by their row numbers."""
        alternatives = {}
        for alternative in self.alternatives:
            record = asdict(alternative)
            record["fixed"], record["broken"] = list(alternative.fixed), list(alternative.broken)
            record["answers"] = list(alternative.answers) if len(self.rows) == 1 else None
            alternatives[record.pop("label")] = record
        return {
            "weight": self.weight,
            "interval": list(self.interval),
            "slope": self.slope,
            "counted": self.counted,
            "counting": self.counting,
            "curve": [list(point) for point in self.curve],
            "alternatives": alternatives,
            "notes": self.notes,
        }

    def plot(self, ax: Any = None) -> Any:
        """The loss along the weight, its tangent now, and the alternatives, through matplotlib.

        Args:
            ax: Where to draw; a figure of its own if left out.

        Raises:
            MissingExtraError: If matplotlib is not installed.
        """
        loss = f"loss (mean of {plural(len(self.rows), 'row')})"
        title = f"had {self.weight} been different"
        ax = axes(ax, title=title, x=f"{self.weight} (its value)", y=loss)
        if isfinite(self.slope) and isfinite(self.now.loss):
            touches, look = (self.now.value, self.now.loss), {"linestyle": ":", "color": "gray"}
            ax.axline(touches, slope=self.slope, label="tangent: dL/dw", **look)
        weights, losses = zip(*self.curve, strict=True)
        draw_lines(ax, weights, {"loss, run again": losses})
        draw_points(ax, {a.label: (a.value, a.loss) for a in self.alternatives})
        return ax

    def to_frame(self, library: str = "pandas") -> Any:
        """The curve, one row for each value of the weight, in a frame of "pandas" or "polars"."""
        return to_frame([{"weight": w, "loss": loss} for w, loss in self.curve], library)

    def _repr_html_(self) -> str:
        titles = ("weight", "value", "loss", "change", "fixed", "broken")
        rows = [
            (a.label, a.value, a.loss, a.change, len(a.fixed), len(a.broken))
            for a in self.alternatives
        ]
        counting = self.counting or f"fixed, broken: of {plural(self.counted, 'row')}"
        return printed(str(self), counting, titles, rows)

    def __str__(self) -> str:
        rows, now = self.rows, self.now
        what = f"mean loss of {len(rows)} rows" if len(rows) > 1 else f"the loss of row {rows[0]}"
        single = len(rows) == 1 and now.answers[0] is not None
        low, high = (number(end, 4) for end in self.interval)
        best = f"  best: looked for from {low} to {high}"
        head = ("", "w", "loss", "change", "fixed", "broken", *(["answer"] * single))
        return "\n".join(
            [
                f"had {self.weight} been different ({what}, run again):",
                *aligned([head, *(a._row(single=single) for a in self.alternatives)]),
                paragraph("; ".join(filter(None, (best, self.counting)))),
                "",
                *draw_curve(
                    self.curve, at=now.value, loss=now.loss, slope=self.slope, best=self._best
                ),
                "  loss along the weight *, tangent ., now O, best v",
                *(f"note: {note}" for note in self.notes),
            ]
        )


def counterfactual(
    line: WeightLine,
    *,
    initial: float | None = None,
    interval: tuple[float, float] | None = None,
    whole: WeightLine | None = None,
) -> Counterfactual:
    """Run the network again with one weight at zero, at its initial value, and at its best.

    The best value is the lowest of 41 evenly spaced points, refined between its neighbours by
    golden section; a dip narrower than the distance between two points can be missed.

    Args:
        line: The loss along the weight.
        initial: The value that the weight began with; left out if None.
        interval: Where to look for the best value; as far to both sides as twice its size, and at
            least 1.
        whole: The loss of all examples along the weight, where `line` is that of some: what is
            fixed and broken is counted among them.

    Raises:
        OptionError: If the interval does not go upwards between two numbers.

    Source: Kiefer, "Sequential minimax search for a maximum" (1953), for the golden section.
    """
    reach = reach_of(line.at)
    low, high = (line.at - reach, line.at + reach) if interval is None else _upwards(interval)
    curve = _scan(line, low, high, line.at)
    now = line.standing(line.at)
    before = whole.standing(line.at) if whole else now
    rows = whole.study.rows if whole else line.study.rows
    best = _refined(line, curve, line.at)
    values = {"now": line.at, "zero": 0.0, "initial": initial, "best": best}
    alternatives = []
    for label, value in values.items():
        if value is not None:
            then = line.standing(value)
            change = changed(before, whole.standing(value) if whole else then, rows)
            gap, answers = then.loss - now.loss, then.answers
            alternatives.append(
                Alternative(label, value, then.loss, gap, answers, change.fixed, change.broken)
            )
    return Counterfactual(
        weight=line.weight,
        interval=(low, high),
        slope=float(grad(line)(line.start)),
        curve=tuple(curve),
        alternatives=tuple(alternatives),
        rows=line.study.rows,
        counted=len(rows),
        by_loss=before.right is None,
    )


def reach_of(value: float) -> float:
    """How far from a weight its best value is looked for, to both sides."""
    return max(1.0, 2 * abs(value))


def _upwards(interval: Any) -> tuple[float, float]:
    """An interval that goes upwards between two numbers."""
    with suppress(TypeError, ValueError, OverflowError):
        low, high = map(float, interval)
        if -inf < low < high < inf:
            return low, high
    raise OptionError(
        f"an interval is two finite numbers (low, high) with low < high; found {shown(interval)}"
    )


def _scan(line: WeightLine, low: float, high: float, at: float) -> list[tuple[float, float]]:
    """The loss at evenly spaced values, and at the weight as it is where that lies among them."""
    values = {low + (high - low) * i / (POINTS - 1) for i in range(POINTS)}
    if low <= at <= high:
        values = {at, *(v for v in values if abs(v - at) > 1e-9 * (high - low))}
    return [(value, float(line(value))) for value in sorted(values)]


def _refined(line: WeightLine, curve: list[tuple[float, float]], at: float) -> float | None:
    """The lowest point of the curve, refined between its neighbours; None if no loss is finite.

    Of points as low, the weight as it is goes first.
    """
    losses = [loss if isfinite(loss) else float("inf") for _, loss in curve]
    lowest = min(range(len(curve)), key=lambda n: (losses[n], curve[n][0] != at))
    if not isfinite(losses[lowest]):
        return None
    left, right = curve[max(lowest - 1, 0)][0], curve[min(lowest + 1, len(curve) - 1)][0]
    place, loss = golden_section(lambda value: float(line(value)), left, right)
    return place if loss < losses[lowest] else curve[lowest][0]


def golden_section(
    function: Callable[[float], float], low: float, high: float
) -> tuple[float, float]:
    """The lowest point of a function with one dip between two ends, and its value there.

    Example:
        >>> place, value = golden_section(lambda w: (w - 3) ** 2, 0.0, 5.0)
        >>> round(place, 6), round(value, 12)
        (3.0, 0.0)
    """
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(ROUNDS):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = function(right)
    return (left, at_left) if at_left < at_right else (right, at_right)
