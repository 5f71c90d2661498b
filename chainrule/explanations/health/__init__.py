"""Health: what keeps a network from learning, each finding with its number and what to try.

Every check looks at one thing and gives a list of findings, empty if all is well. A finding names
the unit, the number, the threshold that it crossed, and what to try; thresholds are constants of
the check's file, with their source where there is one.
"""

from chainrule.explanations.health.baseline import better_than_chance, chance_loss
from chainrule.explanations.health.curve import ENOUGH_EPOCHS, loss_curve
from chainrule.explanations.health.finding import Finding, Health
from chainrule.explanations.health.gradients import gradient_flow
from chainrule.explanations.health.inputs import unscaled_inputs
from chainrule.explanations.health.step import learning_rate, take_step, update_ratios
from chainrule.explanations.health.units import ENOUGH_ROWS, dead_units, saturated_units
from chainrule.explanations.health.weights import symmetric_twins, unmoved_weights

__all__ = [
    "ENOUGH_EPOCHS",
    "ENOUGH_ROWS",
    "Finding",
    "Health",
    "better_than_chance",
    "chance_loss",
    "dead_units",
    "gradient_flow",
    "learning_rate",
    "loss_curve",
    "saturated_units",
    "symmetric_twins",
    "take_step",
    "unmoved_weights",
    "unscaled_inputs",
    "update_ratios",
]
