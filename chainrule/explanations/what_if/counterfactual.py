"""Counterfactual: what the loss would be had one weight been different, really run again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Any, final

from chainrule.autodiff import value_and_grad
from chainrule.errors import OptionError
from chainrule.explanations.what_if.answers import Change, Standing, changed, standing
from chainrule.explanations.what_if.line import WeightLine
from chainrule.nn import weight_name

POINTS = 41
"""How many evenly spaced values of the weight are run."""

ROUNDS = 40
"""How often the golden section shrinks the best stretch, by 0.618 each time."""

_GOLDEN = (sqrt(5) - 1) / 2


@final
@dataclass(frozen=True)
class Alternative:
    """The network really run with one weight at another value.

    Attributes:
        label: "now", "zero", "initial" or "best".
        value: The weight.
        loss: The mean loss.
        change: The loss minus what it is now.
        answers: The answer to each example: classes by name or index, or lists of values in the
            target's unit.
        mended: Places of the examples whose class went from wrong to right, or, in regression,
            whose loss fell by more than 1 %.
        broken: Places of those for which it was the other way round.
    """

    label: str
    value: float
    loss: float
    change: float
    answers: tuple[Any, ...]
    mended: tuple[int, ...]
    broken: tuple[int, ...]


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
        rows: What people call the examples.
    """

    weight: str
    interval: tuple[float, float]
    slope: float
    curve: tuple[tuple[float, float], ...]
    alternatives: tuple[Alternative, ...]
    rows: tuple[int, ...]

    def __getitem__(self, label: str) -> Alternative:
        for alternative in self.alternatives:
            if alternative.label == label:
                return alternative
        known = ", ".join(alternative.label for alternative in self.alternatives)
        raise OptionError(f"there is no alternative {label!r}; there are {known}")

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

    def to_dict(self) -> dict[str, Any]:
        """Every number by name, the curve included."""
        from chainrule.explanations.what_if.counterfactual_text import as_dict

        return as_dict(self)

    def __str__(self) -> str:
        from chainrule.explanations.what_if.counterfactual_text import as_text

        return as_text(self)


def counterfactual(
    line: WeightLine,
    *,
    initial: float | None = None,
    interval: tuple[float, float] | None = None,
    rows: tuple[int, ...] | None = None,
) -> Counterfactual:
    """Run the network again with one weight at zero, at its initial value, and at its best.

    The best value is the lowest of 41 evenly spaced points, refined between its neighbours by
    golden section; a dip narrower than the distance between two points can be missed.

    Args:
        line: The loss along the weight.
        initial: The value that the weight began with; left out if None.
        interval: Where to look for the best value; as far to both sides as twice its size, and at
            least 1.
        rows: What people call the examples; their numbers from 0 if left out.

    Raises:
        OptionError: If the interval does not go upwards between two numbers.

    Source: Kiefer, "Sequential minimax search for a maximum" (1953), for the golden section.
    """
    low, high = _around(line.at) if interval is None else _upwards(interval)
    curve = _scan(line, low, high, line.at)
    now = _standing(line, line.at)
    values = {"now": line.at, "zero": 0.0, "initial": initial, "best": _refined(line, curve)}
    return Counterfactual(
        weight=weight_name(line.parameter, line.index),
        interval=(low, high),
        slope=float(value_and_grad(line)(line.start)[1]),
        curve=tuple(curve),
        alternatives=tuple(
            _alternative(label, value, now, _standing(line, value))
            for label, value in values.items()
            if value is not None
        ),
        rows=rows or tuple(range(len(now.losses))),
    )


def _upwards(interval: Any) -> tuple[float, float]:
    """An interval that goes upwards between two numbers."""
    with suppress(TypeError, ValueError):
        low, high = map(float, interval)
        if -inf < low < high < inf:
            return low, high
    raise OptionError(
        "the best weight is looked for in an interval (low, high) with low < high; found "
        f"{interval!r}"
    )


def _around(at: float) -> tuple[float, float]:
    reach = max(1.0, 2 * abs(at))
    return at - reach, at + reach


def _scan(line: WeightLine, low: float, high: float, at: float) -> list[tuple[float, float]]:
    """The loss at evenly spaced values, and at the weight as it is where that lies among them."""
    values = {low + (high - low) * i / (POINTS - 1) for i in range(POINTS)}
    if low <= at <= high:
        values.add(at)
    return [(value, float(line(value))) for value in sorted(values)]


def _refined(line: WeightLine, curve: list[tuple[float, float]]) -> float | None:
    """The lowest point of the curve, refined between its neighbours; None if no loss is finite."""
    losses = [loss if isfinite(loss) else float("inf") for _, loss in curve]
    lowest = min(range(len(curve)), key=losses.__getitem__)
    if not isfinite(losses[lowest]):
        return None
    left, right = curve[max(lowest - 1, 0)][0], curve[min(lowest + 1, len(curve) - 1)][0]
    found, loss = golden_section(lambda value: float(line(value)), left, right)
    return found if loss < losses[lowest] else curve[lowest][0]


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


def _standing(line: WeightLine, value: float) -> Standing:
    scores = line.scores(value)
    return standing(line.study, scores, line.example_losses(scores))


def _alternative(label: str, value: float, now: Standing, then: Standing) -> Alternative:
    change = changed(now, then) if label != "now" else Change((), ())
    return Alternative(
        label,
        value,
        then.loss,
        then.loss - now.loss,
        then.answers,
        change.mended,
        change.broken,
    )
