"""Layers, losses and initial weights: pure functions and their descriptions.

Nothing here holds a trained number. An `Architecture` says which layers follow one another and
which arrays they need; the functions take those arrays and an input and give the output. What keeps
the arrays is the model; what changes them is training.
"""

from chainrule.nn.architecture import Architecture
from chainrule.nn.initializers import INITIALIZERS, initial_weights
from chainrule.nn.layers import ACTIVATIONS, Dense, Dropout, Layer
from chainrule.nn.layout import Layout
from chainrule.nn.losses import LOSSES, Loss, choose_loss
from chainrule.nn.objective import example_losses, objective, penalty
from chainrule.nn.targets import encode_targets, names_one_class

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "LOSSES",
    "Architecture",
    "Dense",
    "Dropout",
    "Layer",
    "Layout",
    "Loss",
    "choose_loss",
    "encode_targets",
    "example_losses",
    "initial_weights",
    "names_one_class",
    "objective",
    "penalty",
]
