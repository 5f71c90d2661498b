"""Update: where one optimizer step of one weight came from, and the probe that watches for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from sys import float_info
from typing import Any, Literal, final

from chainrule.arrays import namespace_of
from chainrule.errors import OptionError, require_whole
from chainrule.nn import find_weight, loss_and_gradient
from chainrule.train import Optimizer, TrainingRun, Watcher, clip_by_norm
from chainrule.words import Record, number, printed

PARTS = ("gradient", "penalty", "clipping", "momentum", "weight_decay")
"""What a step is made of; the parts add up to the change of the weight."""

TOLERANCE = 1e-3
"""How far the parts may be from the change, as a share of their sizes' sum."""

_EPSILON = {"float64": float_info.epsilon, "float32": 2.0**-23}


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
        return printed(str(self), "what moved it", ("cause", "part"), rows)

    def __str__(self) -> str:
        moved = f"step {self.step}: {self.weight} moved by {_signed(self.change)}"
        if not self.trusted:
            return (
                f"{moved}; its parts add up to {_signed(self.change - self.residual)}, which is "
                "too far off to trust them"
            )
        if self.cause:
            moved += f"; it moved {self.direction} because of {_WORDS[self.cause]}"
        gradient, *others = self.parts.items()
        causes = [f"its gradient {number(self.slope, 4)}: {_signed(gradient[1])}"]
        causes += [f"{_WORDS[name]}: {_signed(part)}" for name, part in others if part]
        rate = f"the learning rate of this weight is {number(self.preconditioner, 4)}"
        return f"{moved}\n  {', '.join(causes)}; {rate}"


_WORDS = {name: name.replace("_", " ") for name in PARTS} | {"gradient": "its gradient"}


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value, 4)}"


@final
class UpdateProbe(Watcher):
    """Takes the steps of a few weights apart: gradient, momentum, clipping, weight decay.

    Give it to `fit` as one of `watchers`; a step that it looks at costs one gradient more, or two
    with a penalty on the weights.

    Args:
        weights: Their names, such as "dense1.weight[3,2]".
        every: Look at the steps whose number this divides.

    Raises:
        OptionError: If no weight is named, or `every` is below 1; when training begins, if the
            network has no weight of such a name.

    Attributes:
        updates: What was seen, in order: one record for each step and weight.

    Example:
        >>> from chainrule.model import Network
        >>> from chainrule.nn import Dense
        >>> from chainrule.train import SGD
        >>> net = Network([Dense(1, 1, weight=[[0.0]], bias=[0.0])], engine="python")
        >>> probe = UpdateProbe("dense1.weight[0,0]")
        >>> _ = net.fit(
        ...     [[1.0]],
        ...     [[1.0]],
        ...     epochs=4,
        ...     optimizer=SGD(momentum=0.9),
        ...     learning_rate=0.3,
        ...     progress=False,
        ...     watchers=[probe],
        ... )
        >>> print(probe.updates[1])
        step 2: dense1.weight[0,0] moved by +0.42; it moved uphill because of momentum
          its gradient 0.4: -0.12, momentum: +0.54; the learning rate of this weight is 0.3
    """

    follows_weights = True

    def __init__(self, *weights: str, every: int = 1) -> None:
        if not weights:
            raise OptionError("a probe watches at least one weight, and none is named: name one")
        require_whole("every", every)
        self.weights = weights
        self.every = every
        self.updates: list[Update] = []
        self._places: dict[str, int] = {}
        self._split: Any = None

    def __repr__(self) -> str:
        return f"<probe of {', '.join(map(str, self.weights))}; {len(self.updates)} updates seen>"

    def begin(self, run: TrainingRun) -> None:
        """Find the weights, and prepare to take steps apart."""
        plan, layout = run.plan, run.plan.architecture.layout
        for weight in self.weights:
            parameter, index = find_weight(weight, layout.shapes)
            columns = layout.shapes[parameter][-1]
            within = index[0] * columns + index[1] if len(index) > 1 else index[0]
            self._places[weight] = layout.slices[parameter].start + within
        of_data = loss_and_gradient(plan.architecture, plan.loss)
        of_all = loss_and_gradient(plan.architecture, plan.loss, l1=plan.l1, l2=plan.l2)
        penalized = bool(plan.l1 or plan.l2)

        def split(state: dict[str, Any], batch: dict[str, Any]) -> dict[str, Any]:
            flat = state["parameters"]
            gradient = of_data(flat, batch)[1]
            parts = split_update(
                plan.optimizer,
                gradient,
                state["optimizer"],
                flat,
                learning_rate=batch["learning_rate"],
                step=state["steps"] + 1,
                penalty_gradient=of_all(flat, batch)[1] - gradient if penalized else None,
                clip_norm=plan.clip_norm,
            )
            return {**parts, "slope": gradient}

        self._split = run.engine.compile(split)

    def moved(self, run: TrainingRun, before: Any, batch: dict[str, Any]) -> None:
        """Take the step that was just made apart."""
        step = before["steps"] + 1
        if step % self.every:
            return
        parts = self._split(before, batch)
        after = run.parameters
        epsilon = _EPSILON.get(str(after.dtype).rpartition(".")[2], _EPSILON["float32"])
        for weight, place in self._places.items():
            at = float(before["parameters"][place])
            self.updates.append(
                Update(
                    weight=weight,
                    step=step,
                    before=at,
                    after=float(after[place]),
                    **{name: float(part[place]) for name, part in parts.items()},
                    rounding=4 * epsilon * abs(at),
                )
            )
