"""Look at what keeps a network from learning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, Protocol

from chainrule.arrays import namespace_of
from chainrule.explanations.health import (
    ENOUGH_EPOCHS,
    ENOUGH_ROWS,
    Finding,
    Health,
    better_than_chance,
    chance_loss,
    dead_units,
    gradient_flow,
    loss_curve,
    saturated_units,
    symmetric_twins,
    take_step,
    unmoved_weights,
    unscaled_inputs,
    update_ratios,
)
from chainrule.explanations.health import (
    learning_rate as read_learning_rate,
)
from chainrule.nn import NetworkStudy, layer_uses
from chainrule.train import History, Optimizer, birthplace, choose_optimizer

Check = Callable[[], list[Finding]]


class Explained(Protocol):
    """What is looked at: an explanation."""

    @property
    def study(self) -> NetworkStudy:
        """The network, its weights and the examples."""

    @property
    def loss(self) -> float:
        """Their mean loss."""

    @property
    def gradients(self) -> dict[str, Any]:
        """Its gradient, by parameter."""

    @property
    def initial_parameters(self) -> dict[str, Any]:
        """The weights it began with."""

    @property
    def inputs(self) -> Sequence[str]:
        """What the inputs are called."""


def check_health(
    explanation: Explained,
    *,
    history: History | None,
    trained: bool,
    optimizer: str | Optimizer | None = None,
    learning_rate: float | None = None,
) -> Health:
    """What keeps a network from learning, read from an explanation; see `health`.

    Args:
        explanation: Whose weights and examples to look at.
        history: The run to read the loss curve of, if there was one.
        trained: Whether the weights have been trained.
        optimizer: Whose step to measure; that of the run, or adam's if there was none.
        learning_rate: Its length; the full one of the run, or else the optimizer's default.
    """
    checks: dict[str, Check] = {}
    skipped: dict[str, str] = {}
    if not isfinite(explanation.loss):
        checks["birth place of NaN"] = lambda: _birthplace(explanation)
        skipped["everything else"] = f"the loss is {explanation.loss}"
    else:
        checks |= _unit_checks(explanation, skipped)
        checks |= _weight_checks(explanation, trained, skipped)
        chance = chance_loss(explanation.study)
        checks["loss beside chance"] = lambda: better_than_chance(explanation.loss, chance)
        ran = history.optimizer if history is not None else None
        if optimizer is None and ran is None and trained:
            skipped["learning rate and update-to-weight ratio"] = (
                "the network does not say which optimizer trained it: name it in Python, as in "
                'cr.health(net, x, y, optimizer="adam")'
            )
        else:
            rule = choose_optimizer(optimizer or ran or "adam")
            checks |= _step_checks(explanation, chance, rule, learning_rate, history)
        checks["inputs"] = lambda: unscaled_inputs(explanation.study.x, explanation.inputs)
    if history is not None and len(history):
        checks |= curve_checks(history)
    return health_report(checks, skipped)


def health_report(checks: dict[str, Check], skipped: dict[str, str]) -> Health:
    """What the checks find, and which there were."""
    findings = [finding for check in checks.values() for finding in check()]
    return Health(tuple(findings), tuple(checks), skipped)


def _unit_checks(explanation: Explained, skipped: dict[str, str]) -> dict[str, Check]:
    about = explanation.study
    architecture, loss = about.architecture, about.loss_function
    uses = layer_uses(architecture, loss, about.parameters, about.x, about.t)
    checks: dict[str, Check] = {"gradients from layer to layer": lambda: gradient_flow(uses)}
    if about.x.shape[0] < ENOUGH_ROWS:
        skipped["dead and saturated units"] = (
            f"{about.x.shape[0]} examples are too few, give at least {ENOUGH_ROWS}"
        )
        return checks
    return {
        "dead units": lambda: dead_units(architecture, loss, uses),
        "saturated units": lambda: saturated_units(architecture, loss, uses),
        **checks,
    }


def _weight_checks(
    explanation: Explained, trained: bool, skipped: dict[str, str]
) -> dict[str, Check]:
    architecture, now = explanation.study.architecture, explanation.study.parameters
    began = explanation.initial_parameters
    checks: dict[str, Check] = {
        "symmetric twins": lambda: symmetric_twins(architecture, now, began)
    }
    if trained:
        checks["weights that never moved"] = lambda: unmoved_weights(architecture, now, began)
    else:
        skipped["weights that never moved"] = "the network was not trained yet"
    return checks


def _step_checks(
    explanation: Explained,
    chance: float,
    rule: Optimizer,
    learning_rate: float | None,
    history: History | None,
) -> dict[str, Check]:
    ran = history is not None and history.optimizer == rule.name and history.learning_rate
    rate = learning_rate or ran or rule.default_learning_rate
    source = ", as in the run" if ran and not learning_rate else ""
    step = take_step(explanation.study, explanation.gradients, rule, rate)
    return {
        f"learning rate {rate:g} ({rule.name}{source})": lambda: read_learning_rate(step, chance),
        "update-to-weight ratio": lambda: update_ratios(step),
    }


def curve_checks(history: History) -> dict[str, Check]:
    """The checks of a run's losses alone."""
    if len(history) < ENOUGH_EPOCHS:
        return {}
    return {"loss curve": lambda: loss_curve(history)}


def _birthplace(explanation: Explained) -> list[Finding]:
    about = explanation.study
    xp = namespace_of(about.x)
    flat = about.architecture.layout.join(xp, about.parameters)
    batch = {"x": about.x, "t": about.t}
    return [
        Finding(
            "birth place of NaN",
            "network",
            f"the loss is {explanation.loss}; "
            f"{birthplace(about.architecture, about.loss_function, flat, batch)}",
            explanation.loss,
            0.0,
            "loss",
            "look at that value's inputs and weights; a smaller learning rate, clip_norm=1 or "
            "inputs on a smaller scale keep numbers finite",
        )
    ]
