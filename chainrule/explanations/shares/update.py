"""Update: where one optimizer step of one weight came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal, final

from chainrule.arrays import namespace_of
from chainrule.train import Optimizer, clip_by_norm
from chainrule.words import Record, number, record

PARTS = ("gradient", "penalty", "clipping", "momentum", "weight_decay")
"""What a step is made of; the parts add up to the change of the weight."""

TOLERANCE = 1e-3
"""How far the parts may be from the change, as a share of their sizes' sum."""


def split_update(
    optimizer: Optimizer,
    gradient: Any,
    memory: Mapping[str, Any],
    weights: Any,
    /,
    *,
    learning_rate: Any,
    step: Any,
    penalty_gradient: Any = None,
    clip_norm: float | None = None,
) -> dict[str, Any]:
    """Take one optimizer step apart: what each of its causes added to every weight.

    `gradient + penalty + clipping + momentum + weight_decay = change`, up to rounding. The
    optimizer's own rule is asked what it would have made of each gradient alone, at the learning
    rate that this step gave to the weight.

    Args:
        optimizer: The rule.
        gradient: dL/dw of the data loss of the batch, in the shape of the weights.
        memory: What the optimizer remembered before the step.
        weights: The weights before the step.
        learning_rate: The learning rate of the step.
        step: The number of the step, from 1.
        penalty_gradient: The gradient of the penalty on the weights; none if left out.
        clip_norm: The greatest length of the gradient; any if left out.

    Returns:
        An array in the shape of the weights for each of `PARTS`, and as "preconditioner" the
        factor on the first four: the learning rate of every single weight.

    Example:
        Half of a gradient of length 10 is clipped away, and half of a velocity of 4 is kept:

        >>> import chainrule.arrays as xp
        >>> from chainrule.train import SGD
        >>> parts = split_update(
        ...     SGD(momentum=0.5),
        ...     xp.asarray([-10.0]),
        ...     {"velocity": xp.asarray([40.0])},
        ...     xp.asarray([3.0]),
        ...     learning_rate=0.25,
        ...     step=2,
        ...     clip_norm=5.0,
        ... )
        >>> {name: parts[name].tolist()[0] for name in ("gradient", "clipping", "momentum")}
        {'gradient': 2.5, 'clipping': -1.25, 'momentum': -5.0}
    """
    xp = namespace_of(weights)

    def taken(by: Any) -> dict[str, Any]:
        return optimizer.terms(by, memory, weights, learning_rate=learning_rate, step=step)

    whole = gradient if penalty_gradient is None else gradient + penalty_gradient
    used = whole if clip_norm is None else clip_by_norm(whole, clip_norm)[0]
    terms = taken(used)
    rate = terms["preconditioner"]

    def added(by: Any) -> Any:
        alone = taken(by)
        return alone["gradient"] * (rate / alone["preconditioner"])

    nothing = xp.zeros_like(weights)
    return {
        "gradient": added(gradient),
        "penalty": nothing if penalty_gradient is None else added(penalty_gradient),
        "clipping": nothing if clip_norm is None else terms["gradient"] - added(whole),
        "momentum": terms["momentum"],
        "weight_decay": terms["weight_decay"],
        "preconditioner": rate,
    }


@final
@dataclass(frozen=True, kw_only=True)
class Update(Record):
    """One step of one weight, and what it was made of.

    Attributes:
        weight: The weight's name.
        step: The number of the step, from 1.
        before: The weight before it.
        after: The weight after it.
        slope: dL/dw of the batch, before the step.
        gradient: What this gradient added.
        penalty: What the gradient of the penalty added.
        clipping: What clipping the gradient took away from both.
        momentum: What remembered gradients added.
        weight_decay: What the pull to zero beside the gradient added.
        preconditioner: The factor on the first four: the learning rate of this very weight.
        rounding: What rounding to the number kind of the weights may do to the change.

    Example:
        >>> update = Update(
        ...     weight="dense1.weight[3,2]",
        ...     step=2,
        ...     before=3.0,
        ...     after=2.75,
        ...     slope=-1.0,
        ...     gradient=0.25,
        ...     penalty=0.0,
        ...     clipping=0.0,
        ...     momentum=-0.5,
        ...     weight_decay=0.0,
        ...     preconditioner=0.25,
        ...     rounding=0.0,
        ... )
        >>> update.direction, update.cause
        ('uphill', 'momentum')
        >>> print(update)
        step 2: dense1.weight[3,2] moved by -0.25; it moved uphill because of momentum
          its gradient -1: +0.25, momentum: -0.5; the learning rate of this weight is 0.25
    """

    also = ("change", "residual", "trusted", "direction", "cause")

    weight: str
    step: int
    before: float
    after: float
    slope: float
    gradient: float
    penalty: float
    clipping: float
    momentum: float
    weight_decay: float
    preconditioner: float
    rounding: float

    @property
    def change(self) -> float:
        """How far the weight moved, `after - before`."""
        return self.after - self.before

    @property
    def parts(self) -> dict[str, float]:
        """What each cause added."""
        return {name: getattr(self, name) for name in PARTS}

    @property
    def residual(self) -> float:
        """What the parts leave unexplained of the change."""
        return self.change - sum(self.parts.values())

    @property
    def trusted(self) -> bool:
        """Whether the parts add up to the change."""
        size = sum(map(abs, self.parts.values()))
        return isfinite(size) and abs(self.residual) <= TOLERANCE * size + self.rounding

    @property
    def direction(self) -> Literal["downhill", "uphill", "nowhere", "along the level"]:
        """Which way it moved on the loss of its batch."""
        if not self.change:
            return "nowhere"
        slant = self.slope * self.change
        return "downhill" if slant < 0 else "uphill" if slant > 0 else "along the level"

    @property
    def cause(self) -> str | None:
        """The largest part that points the way the weight went; None if it did not move."""
        pushing = {name: part for name, part in self.parts.items() if part * self.change > 0}
        return max(pushing, key=lambda name: abs(pushing[name])) if pushing else None

    def _repr_html_(self) -> str:
        rows = [(_WORDS[name], part) for name, part in self.parts.items()]
        return record(str(self), "what moved it", ("cause", "part"), rows)

    def __str__(self) -> str:
        moved = f"step {self.step}: {self.weight} moved by {_signed(self.change)}"
        if not self.trusted:
            return (
                f"{moved}; its parts add up to {_signed(self.change - self.residual)}, which is "
                "too far off to trust them"
            )
        if self.cause:
            moved += f"; it moved {self.direction} because of {_WORDS[self.cause]}"
        causes = [f"its gradient {number(self.slope, 4)}: {_signed(self.gradient)}"]
        for name, part in self.parts.items():
            if part and name != "gradient":
                causes.append(f"{_WORDS[name]}: {_signed(part)}")
        rate = f"the learning rate of this weight is {number(self.preconditioner, 4)}"
        return f"{moved}\n  {', '.join(causes)}; {rate}"


_WORDS = {name: name.replace("_", " ") for name in PARTS} | {"gradient": "its gradient"}


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value, 4)}"
