"""Every check of a network's health, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from chainrule.arrays import namespace_of
from chainrule.diagnosis.baseline import better_than_chance, chance_loss
from chainrule.diagnosis.curve import ENOUGH_EPOCHS, loss_curve
from chainrule.diagnosis.finding import Finding, Health
from chainrule.diagnosis.gradients import ENOUGH_ROWS, dead_units, gradient_flow, saturated_units
from chainrule.diagnosis.step import learning_rate as read_learning_rate
from chainrule.diagnosis.step import take_step, update_ratios
from chainrule.diagnosis.targets import unfit_targets, unscaled_inputs
from chainrule.diagnosis.weights import symmetric_twins, unmoved_weights
from chainrule.errors import require_above_zero
from chainrule.nn import NetworkStudy
from chainrule.train import History, Optimizer, birthplace, choose_optimizer, unsound
from chainrule.words import counted, plural

FALLEN = 0.5
"""A rate that ends below this part of the full one was that long at the start alone."""

Checks = dict[str, Iterator[Finding] | str]
"""What each check finds once it is asked, by its name; or in words why it cannot be made."""


def examine(
    study: NetworkStudy,
    *,
    initial: Mapping[str, Any],
    history: History | None,
    trained: bool,
    optimizer: str | Optimizer | None = None,
    learning_rate: float | None = None,
) -> Health:
    """Look at everything that could keep a network from learning.

    Args:
        study: The network and the examples.
        initial: The weights that it began with, by name.
        history: The run to read the loss curve of, if there was one.
        trained: Whether the weights have been trained.
        optimizer: Whose step to measure; that of the run, or adam's if there was none.
        learning_rate: Its length; the full one of the run, or else the optimizer's default.
    """
    total, gradients = study.walk()
    loss = float(total.value)
    sick = next((said for name, g in gradients.items() if (said := unsound(name, g))), None)
    if not isfinite(loss) or sick:
        what = f"the gradient has {sick}" if isfinite(loss) else f"the loss is {loss}"
        born: Checks = {
            "birth place of NaN": _birthplace(study, loss, what),
            "everything else": what,
        }
        return _report(born | _curve_checks(history))
    chance = chance_loss(study)
    # Large inputs come first: units die and gradients vanish for them, not the other way round.
    checks: Checks = {
        "inputs": unscaled_inputs(study.x, study.input_names, scaled=bool(study.input_scales)),
        **_unit_checks(study, loss / chance if chance else 1.0),
        "symmetric twins": symmetric_twins(study, initial),
        "weights that never moved": unmoved_weights(study, initial)
        if trained
        else "the network was not trained yet",
        "outputs, targets and layers": unfit_targets(study, initial, loss, chance, trained=trained),
        "loss beside chance": better_than_chance(loss, chance),
    }
    ran = history.optimizer if history is not None else None
    if optimizer is None and ran is None and trained:
        checks["learning rate and update-to-weight ratio"] = (
            "the network does not say which optimizer trained it: name it in Python, as in "
            'cr.health(net, x, y, optimizer="adam")'
        )
    else:
        rule = choose_optimizer((ran or "adam") if optimizer is None else optimizer)
        began = replace(study, parameters=dict(initial))
        checks |= _step_checks(study, gradients, began, chance, rule, learning_rate, history)
    return _report(checks | _curve_checks(history))


def examine_history(history: History) -> Health:
    """Look at the losses of a run alone."""
    return _report(_curve_checks(history))


def _report(checks: Checks) -> Health:
    skipped = {name: why for name, why in checks.items() if isinstance(why, str)}
    made = {name: check for name, check in checks.items() if not isinstance(check, str)}
    findings = [finding for check in counted(list(made.values())) for finding in check]
    return Health(tuple(findings), tuple(made), skipped)


def _unit_checks(study: NetworkStudy, part: float) -> Checks:
    uses, rows = study.uses, len(study.rows)
    *hidden, _ = study.dense.values()
    flow = gradient_flow(uses, [layer.activation for layer in hidden])
    if rows < ENOUGH_ROWS:
        few = plural(rows, "example is too few", many="examples are too few")
        few = f"{few}, give at least {ENOUGH_ROWS}"
        return {"dead and saturated units": few, "gradients from layer to layer": flow}
    return {
        "dead units": dead_units(study, uses, part),
        "saturated units": saturated_units(study, uses),
        "gradients from layer to layer": flow,
    }


def _step_checks(
    study: NetworkStudy,
    gradients: dict[str, Any],
    began: NetworkStudy,
    chance: float,
    rule: Optimizer,
    learning_rate: float | None,
    history: History | None,
) -> Checks:
    ran = history is not None and history.optimizer == rule.name and history.learning_rate
    if learning_rate is not None:
        require_above_zero("learning_rate", learning_rate)
    rate = float(learning_rate or ran or rule.default_learning_rate)
    source = ", as in the run" if ran and not learning_rate else ""
    last = history.final.learning_rate if history and ran and not learning_rate else None
    fell = last is not None and last < FALLEN * rate
    step = take_step(study, gradients, rule, rate)
    first = take_step(began, began.walk()[1], rule, rate) if fell else None
    return {
        f"learning rate {rate:g} ({rule.name}{source})": read_learning_rate(step, chance, first),
        "update-to-weight ratio": update_ratios(step, first),
    }


def _curve_checks(history: History | None) -> Checks:
    if history is None or len(history) < ENOUGH_EPOCHS:
        return {}
    return {"loss curve": loss_curve(history)}


def _birthplace(study: NetworkStudy, loss: float, what: str) -> Iterator[Finding]:
    flat = study.layout.join(namespace_of(study.x), study.parameters)
    batch = {"x": study.x, "t": study.t}
    place = birthplace(study.architecture, study.loss_function, flat, batch)
    advice = (
        "look at that value's inputs and weights; a smaller learning rate, clip_norm=1 or inputs "
        "on a smaller scale keep numbers finite"
    )
    sentence, cure = f"{what}; {place}", {"seed": 0, "clip_norm": 1.0}
    yield Finding("birth place of NaN", "network", sentence, loss, 0.0, "loss", advice, cure=cure)
