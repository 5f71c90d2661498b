"""Training: the chapter in which gradients at last change the weights.

Up to here a gradient was a description. An *optimizer* turns it into a step, a *schedule* sets the
size of the step over the run, *clipping* keeps a step from being torn away by one steep place,
*early stopping* ends the run when it has stopped paying, the *history* keeps what was measured, and
a *checkpoint* keeps the run itself.
Each is a few lines of arithmetic or a plain record, and none of them looks into a network.
"""

from chainrule.train.adam import Adam, AdamW
from chainrule.train.checkpoint import Checkpoint
from chainrule.train.clipping import clip_by_norm, clip_scale, global_norm
from chainrule.train.history import Epoch, History
from chainrule.train.optimizer import Optimizer
from chainrule.train.optimizers import OPTIMIZERS, SGD, Adagrad, RMSProp
from chainrule.train.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    Linear,
    Schedule,
    StepDecay,
    Warmup,
)
from chainrule.train.stopping import EarlyStopping

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Checkpoint",
    "Constant",
    "Cosine",
    "EarlyStopping",
    "Epoch",
    "History",
    "Linear",
    "Optimizer",
    "RMSProp",
    "Schedule",
    "StepDecay",
    "Warmup",
    "clip_by_norm",
    "clip_scale",
    "global_norm",
]
