"""Slope: one gradient entry read as a sentence, beside what is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite
from numbers import Real
from typing import Any, Literal, final

from chainrule.arrays import namespace_of
from chainrule.autodiff import Tensor, differentiable, grad, value_and_grad
from chainrule.errors import TOO_LARGE, OptionError, require_above_zero, require_kind, shown
from chainrule.words import Record, number, paragraph, printed

Direction = Literal["decrease", "increase", "stop"]

TOLERANCE = 0.1
"""How far the straight line may be off, as a part of the change it predicts."""

STEPS = 89
"""How many steps outwards are looked at, each a fifth longer: the last goes as far as 929 times
the size of the weight, the first a ten-thousandth of it."""


def direction(slope: float) -> Direction:
    """Which way to move a weight so that the loss falls.

    Example:
        >>> direction(4.0), direction(-4.0), direction(0.0)
        ('decrease', 'increase', 'stop')
    """
    return "decrease" if slope > 0 else "increase" if slope < 0 else "stop"


@final
@dataclass(frozen=True)
class Slope(Record):
    """What a small change of one weight is predicted to do, and what it is measured to do.

    Attributes:
        name: What is nudged.
        at: Where it stands.
        loss: The loss there.
        value: `dL/dw`, in units of loss per unit of w.
        curvature: `d²L/dw²`, how fast the slope itself changes.
        nudge: The size h of the measured nudges.
        predicted: The change of the loss that the slope alone predicts for `+h`.
        up: The change measured at `w + h`.
        down: The change measured at `w - h`.
        straight: The largest connected interval around `at` in which the straight line is right to
            10% of the change that it predicts; `(at, at)` where the slope is 0.

    Example:
        >>> import chainrule as cr
        >>> e = cr.Neuron(weights=[1.5], bias=0.5).explain([2.0], target=4.0)
        >>> slope = e.slope("weight[0]")
        >>> slope.value, slope.direction, slope.curvature, slope.sensitivity
        (-2.0, 'increase', 8.0, 'raising weight[0] by 0.015 lowers the loss by about 0.03')
    """

    also = ("direction", "advice", "sensitivity")

    name: str
    at: float
    loss: float
    value: float
    curvature: float
    nudge: float
    predicted: float
    up: float
    down: float
    straight: tuple[float, float]

    @property
    def direction(self) -> Direction:
        """Which way to move it so that the loss falls: "decrease", "increase" or "stop"."""
        return direction(self.value)

    @property
    def advice(self) -> str:
        """Which way to move it, in words; at a slope of 0 what was measured decides."""
        if not isfinite(self.value) or not isfinite(self.loss):
            return "not a number to go by"
        if self.value:
            return f"{self.direction} it to lower the loss"
        if (lower := min(self.up, self.down)) < 0 and off_the_line(lower, 0.0, self.loss):
            sign = "+" if lower == self.up else "-"
            return f"nudged by {sign}{number(self.nudge)} the loss falls, though the slope is 0"
        return "stop: no small change of it lowers the loss"

    @property
    def sensitivity(self) -> str:
        """How much it matters, in words."""
        if not isfinite(self.value):
            return f"the slope is {self.value}, so it says nothing"
        if not isfinite(self.loss):
            return f"the function is {self.loss} here, so its slope says nothing"
        if self.value == 0:
            return f"a small change of {self.name} is predicted to do nothing"
        grows = "raises" if self.value > 0 else "lowers"
        return (
            f"raising {self.name} by {number(self.nudge)} {grows} the loss by about "
            f"{number(abs(self.predicted))}"
        )

    @property
    def bends(self) -> bool:
        """Whether the straight line is off by more than 10% within the measured nudge."""
        low, high = self.straight
        return self.value != 0 and not (high - self.at >= self.nudge <= self.at - low)

    def _repr_html_(self) -> str:
        size = number(self.nudge)
        rows = [(f"+{size}", self.predicted, self.up), (f"-{size}", -self.predicted, self.down)]
        return printed(str(self), "nudges", ("nudged by", "predicted", "measured"), rows)

    def __str__(self) -> str:
        low, high = (number(end, 4) for end in self.straight)
        straight = f"; the straight line is right to 10%\n  for {self.name} from {low} to {high}"
        lines = [
            f"slope of {self.name} at {number(self.at)}: {number(self.value)}",
            f"  {self.advice}.",
            paragraph(f"  sensitivity: {self.sensitivity}."),
            self._nudged("+", self.predicted, self.up),
            self._nudged("-", -self.predicted, self.down),
            f"  curvature {number(self.curvature)}{straight if self.value else ''}",
        ]
        if self.bends:
            lines.append("  so go by what was measured: the nudge leaves that interval")
        curve = self.curvature * (self.nudge * self.nudge) / 2
        if not self.value and any(off_the_line(d, curve, self.loss) for d in (self.up, self.down)):
            lines.append("  so go by what was measured: the slope is 0 at this point only")
        return "\n".join(lines)

    def _nudged(self, sign: str, predicted: float, measured: float) -> str:
        changes = f"predicted {number(predicted)}, measured {number(measured)}"
        return f"  nudged by {sign}{number(self.nudge)}: {changes}"


def nudge_size(at: float) -> float:
    """How far to nudge a weight by default: a hundredth of it, or of 1 if that is larger."""
    return 0.01 * max(1.0, abs(at))


def slope(
    function: Callable[[Any], Any], *, at: Any, nudge: float | None = None, name: str = "w"
) -> Slope:
    """The slope of a function of one number, and what nudges are measured to do.

    `df/dw` at a place: a small nudge h is predicted to change f by `df/dw · h`.

    Args:
        function: Takes a tensor of one number and returns one; written with operators and
            chainrule's ops.
        at: Where to look: a number, or an array of one where the function needs its array kind.
        nudge: The size of the measured nudges; a hundredth of `at`, or of 1 if that is larger.
        name: What the number is called in the sentences.

    Returns:
        The slope; `print` it for the sentences.

    Raises:
        OptionError: If `at` is not one number, or `nudge` is not above 0.
        KindError: If the name is no text.
        ShapeError: If the function gives more than one number.

    Example:
        >>> import chainrule.ops
        >>> s = slope(lambda w: (w - 3) ** 2, at=5.0)
        >>> s.value, s.direction, s.curvature
        (4.0, 'decrease', 2.0)
        >>> round(s.predicted, 6), round(s.up, 6)
        (0.2, 0.2025)
    """
    here = _as_number(at)
    if nudge is not None:
        require_above_zero("nudge", nudge)
    h = nudge_size(here) if nudge is None else nudge

    require_kind(name, str, "the name of what is nudged is a text")
    xp = namespace_of(differentiable(at.value if type(at) is Tensor else at))

    def plain(w: float) -> float:
        return _as_number(function(Tensor(xp.asarray(w))))  # a large float of Python's would raise

    loss, value = map(_as_number, value_and_grad(function)(at))
    curvature = _as_number(grad(grad(function))(at))
    return Slope(
        name=name,
        at=here,
        loss=loss,
        value=value,
        curvature=curvature,
        nudge=h,
        predicted=value * h,
        up=plain(here + h) - loss,
        down=plain(here - h) - loss,
        straight=straight_interval(plain, here, value, loss),
    )


def off_the_line(measured: float, predicted: float, loss: float) -> bool:
    """Whether a change of a loss is not the one predicted, to 10% of that and to rounding.

    Example:
        >>> off_the_line(-0.8, -1.0, loss=5.0), off_the_line(0.0, -1e-5, loss=1e12)
        (True, False)
    """
    rounding = 1e-12 * max(abs(loss), abs(predicted))
    return not abs(measured - predicted) <= TOLERANCE * abs(predicted) + rounding


def straight_interval(
    function: Callable[[float], float], at: float, slope: float, loss: float
) -> tuple[float, float]:
    """Where the tangent is right to 10% of the change that it predicts.

    Goes outwards in steps that grow by a fifth, from a nudge too small to bend to about a thousand
    times the size of w, and then halves the last step until the edge is found to a thousandth.

    Args:
        function: The loss as a function of the weight.
        at: Where the tangent touches.
        slope: Its slope.
        loss: The loss there.

    Returns:
        The two ends; infinite where no end was found, both `at` where there is no tangent to trust.
    """
    if not slope or not isfinite(slope):
        return at, at

    def holds(distance: float) -> bool:
        return not off_the_line(function(at + distance) - loss, slope * distance, loss)

    ends = []
    scale = max(1.0, abs(at))
    for side in (-1.0, 1.0):
        good, reach = 0.0, 1e-4 * scale
        for _ in range(STEPS):
            if not holds(side * reach):
                break
            good, reach = reach, reach * 1.2
        else:
            ends.append(side * inf)
            continue
        while reach - good > 1e-3 * reach:
            middle = (good + reach) / 2
            good, reach = (middle, reach) if holds(side * middle) else (good, middle)
            if reach < 1e-12 * scale:
                break
        ends.append(at + side * good)
    return ends[0], ends[1]


def _as_number(value: Any) -> float:
    one = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(one, Real):
        raise OptionError(
            f"slope takes a function that gives one number for one number; found {shown(one)}"
        )
    try:
        return float(one)
    except OverflowError:
        raise OptionError(TOO_LARGE) from None
