"""Look at what keeps a network from learning."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from chainrule.arrays import namespace_of
from chainrule.errors import OptionError
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
from chainrule.model.explanation import Explanation, explain
from chainrule.model.network import Network
from chainrule.nn import layer_uses
from chainrule.train import History, Optimizer, birthplace, choose_optimizer

Check = Callable[[], list[Finding]]


def health(
    network: Network | History,
    x: Any = None,
    y: Any = None,
    loss: str | None = None,
    *,
    history: History | None = None,
    optimizer: str | Optimizer | None = None,
    learning_rate: float | None = None,
) -> Health:
    """What keeps a network from learning: each finding with its number and what to try.

    Looks for dead and saturated units, gradients that vanish or explode on their way back, weights
    that never moved, symmetric twins, a loss no better than chance, unscaled inputs, a learning
    rate too high or too low, updates too large or too small for their weights, a bad loss curve,
    and, where the loss is no finite number, the place where that was born.

    Args:
        network: The network, which is not changed; or a history alone.
        x: Inputs of shape `(rows, inputs)`.
        y: Class indices `(rows,)`, or targets; beside a data frame, in its own words.
        loss: The name of a loss; the one last fitted, or the one that suits the output.
        history: A run to read the loss curve of; the network's last one if left out.
        optimizer: Whose step to measure; that of the run, or adam's for a network that was not
            trained yet, as in `fit`.
        learning_rate: Its length; the full one of the run, or else the optimizer's default.

    Returns:
        The findings; `.healthy`, and a list when printed.

    Raises:
        OptionError: If a network is given without examples.

    Example:
        >>> from chainrule.nn import Dense
        >>> zeros = [[0.0, 0.0], [0.0, 0.0]]
        >>> net = Network([Dense(2, 2, "relu", weight=zeros), Dense(2, 1)], engine="python")
        >>> x, y = [[n / 10, 1 - n / 10] for n in range(10)], [[n / 10] for n in range(10)]
        >>> print(health(net, x, y).findings[0].sentence)
        2 of 2 relu units are dead: no gradient passes on any of the 10 examples (units 0, 1)
    """
    if isinstance(network, History):
        return _report(_curve_checks(network), {})
    if x is None or y is None:
        raise OptionError("health looks at a network at work: give it examples x and y as well")
    return examine(
        explain(network, x, y, loss),
        history=history if history is not None else network.history,
        trained=network.fits > 0 or bool(network.history),
        optimizer=optimizer,
        learning_rate=learning_rate,
    )


def examine(
    explanation: Explanation,
    *,
    history: History | None,
    trained: bool,
    optimizer: str | Optimizer | None = None,
    learning_rate: float | None = None,
) -> Health:
    """The same for what an explanation is about.

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
        checks |= _curve_checks(history)
    return _report(checks, skipped)


def _report(checks: dict[str, Check], skipped: dict[str, str]) -> Health:
    findings = [finding for check in checks.values() for finding in check()]
    return Health(tuple(findings), tuple(checks), skipped)


def _unit_checks(explanation: Explanation, skipped: dict[str, str]) -> dict[str, Check]:
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
    explanation: Explanation, trained: bool, skipped: dict[str, str]
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
    explanation: Explanation,
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


def _curve_checks(history: History) -> dict[str, Check]:
    if len(history) < ENOUGH_EPOCHS:
        return {}
    return {"loss curve": lambda: loss_curve(history)}


def _birthplace(explanation: Explanation) -> list[Finding]:
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
