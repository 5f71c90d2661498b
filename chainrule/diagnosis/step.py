"""The learning rate, read from slope and curvature along the step that it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Any, final

from chainrule.arrays import namespace_of
from chainrule.autodiff import grad, value_and_grad
from chainrule.diagnosis.finding import Finding
from chainrule.nn import NetworkStudy
from chainrule.train import Optimizer

RISE = 0.05
"""A step is too long if it raises the loss by more than this part of the loss of chance."""

DOWN = 0.5
"""A rate with which a run comes down to less than this part of the first loss is not too high."""

SHORT = 1000.0
"""A step is too short if the bottom of the parabola is more than this many such steps away ..."""

GAIN = 0.01
"""... and that many steps are measured to lower the loss by at least this part of it."""

LARGE_UPDATE = 0.1
"""The part of a layer's weights that one step may change."""

SMALL_UPDATE = 1e-5
"""The part of a layer's weights that a step must change to get anywhere.

A. Karpathy, "CS231n: Convolutional Neural Networks for Visual Recognition" (2016), notes on
training: the ratio of update to weight should be about 1e-3. The two bounds lie a factor of a
hundred to either side."""


@final
@dataclass(frozen=True)
class TrialStep:
    """One step of an optimizer with an empty memory, on all examples at once.

    Attributes:
        learning_rate: What it was taken with.
        slope: `dL/ds` along the step, s = 1 being its end.
        curvature: `d²L/ds²` there, before the step.
        loss: The loss before.
        after: The loss measured at its end.
        far: The loss measured `SHORT` steps on.
        ratios: `‖Δw‖ / ‖w‖` of each layer's weights; a layer whose weights are all 0 has none.
    """

    learning_rate: float
    slope: float
    curvature: float
    loss: float
    after: float
    far: float
    ratios: dict[str, float]

    @property
    def bottom(self) -> float:
        """How many such steps it is to the bottom of the parabola, infinite where there is none."""
        return -self.slope / self.curvature if self.curvature > 0 else inf


def take_step(
    study: NetworkStudy, gradients: dict[str, Any], optimizer: Optimizer, learning_rate: float
) -> TrialStep:
    """Measure one step; the network stays as it is.

    Args:
        study: The network and the examples.
        gradients: The gradient of their mean loss.
        optimizer: How a gradient becomes a step.
        learning_rate: How long the step is.
    """
    layout = study.layout
    weights = study.parameters
    xp = namespace_of(next(iter(weights.values())))
    flat = layout.join(xp, weights)
    gradient, memory = layout.join(xp, gradients), optimizer.init(flat)
    change, _ = optimizer.update(gradient, memory, flat, learning_rate=learning_rate, step=1)
    changes = layout.split(xp, change)

    def along(s: Any) -> Any:
        return study.loss({name: w + s * changes[name] for name, w in weights.items()})

    start = xp.asarray(0.0, dtype=flat.dtype)
    loss, slope = value_and_grad(along)(start)
    return TrialStep(
        learning_rate,
        float(slope),
        float(grad(grad(along))(start)),
        float(loss),
        float(along(1.0)),
        float(along(SHORT)),
        {
            name.partition(".")[0]: _norm(changes[name]) / size
            for name, w in weights.items()
            if name.endswith(".weight") and (size := _norm(w))
        },
    )


def learning_rate(
    step: TrialStep, chance: float, first: TrialStep | None = None
) -> Iterator[Finding]:
    """A learning rate that leaps over the valley, or that hardly moves.

    Args:
        step: One step, measured.
        chance: The loss of answering by chance, the scale of the problem.
        first: The same from the first weights, where the rate fell in the run: it was that long
            there alone.
    """
    full, where = (step, "") if first is None else (first, " from the first weights")
    rise, scale = full.after - full.loss, chance or full.loss
    if not came_down(step, first) and not (isfinite(full.after) and rise <= RISE * scale):
        best = f"; the lowest loss lies at {full.bottom:.2g} of it" if 0 < full.bottom < 1 else ""
        shorter = full.bottom if 0 < full.bottom < 0.1 else 0.1
        yield Finding(
            "learning rate",
            "training",
            f"a learning rate of {step.learning_rate:g} is too high: one step{where} raises the "
            f"loss from {full.loss:.4g} to {full.after:.4g}{best}",
            rise / scale if scale else inf,
            RISE,
            f"times the loss{' of chance' if chance else ''}, the rise in one step",
            f"a learning rate of about {step.learning_rate * shorter:.1g}, or a warm-up",
            cure=_rate(step.learning_rate * shorter),
        )
    elif step.bottom > SHORT and step.far < (1 - GAIN) * step.loss:
        away = f"{step.bottom:.2g}" if isfinite(step.bottom) else f"over {SHORT:g}"
        yield Finding(
            "learning rate",
            "training",
            f"a learning rate of {step.learning_rate:g} is too low: the bottom is {away} such "
            f"steps away, and {SHORT:g} of them lower the measured loss from "
            f"{step.loss:.4g} to {step.far:.4g}",
            step.bottom,
            SHORT,
            "steps to the bottom",
            f"a learning rate of about {100 * step.learning_rate:.1g}",
            cure=_rate(100 * step.learning_rate),
        )


def came_down(step: TrialStep, first: TrialStep | None) -> bool:
    """Whether a run whose rate fell has lowered the loss with it, so that it was not too high."""
    return first is not None and step.loss < DOWN * first.loss


def update_ratios(step: TrialStep, first: TrialStep | None = None) -> Iterator[Finding]:
    """Layers that one step changes too much, or too little to get anywhere; see `learning_rate`."""
    for layer, ratio in (first or step).ratios.items():
        if not ratio <= LARGE_UPDATE:
            if came_down(step, first):
                continue
            word, threshold, advice = "large", LARGE_UPDATE, "a smaller learning rate or clip_norm"
            rate = step.learning_rate / 10
        elif 0 < ratio < SMALL_UPDATE and step.far < (1 - GAIN) * step.loss:
            word, threshold, advice = "small", SMALL_UPDATE, "a larger learning rate, or adam"
            rate = step.learning_rate * 10
        else:
            continue
        yield Finding(
            "update-to-weight ratio",
            layer,
            f"one step changes the weights by {ratio:.2g} times their size, which is {word}: "
            "about 0.001 is usual",
            ratio,
            threshold,
            "times the weights' size",
            advice,
            cure=_rate(rate),
        )


def _rate(rate: float) -> dict[str, float]:
    return {"learning_rate": float(f"{rate:.1g}")}


def _norm(array: Any) -> float:
    return sqrt(float(namespace_of(array).sum(array * array)))
