"""Training: the chapter in which gradients at last change the weights.

Up to here a gradient was a description. An *optimizer* turns it into a step, a *schedule* sets the
size of the step over the run, *clipping* keeps a step from being torn away by one steep place,
*early stopping* ends the run when it has stopped paying, the *history* keeps what was measured, and
a *checkpoint* keeps the run itself.
Each is a few lines of arithmetic or a plain record, and none of them looks into a network.
"""

# mypy: implicit-reexport

from chainrule.train.checkpoint import Checkpoint
from chainrule.train.clipping import clip_by_norm, global_norm
from chainrule.train.described import read_description, write_described
from chainrule.train.divergence import birthplace, unsound
from chainrule.train.history import Epoch, History
from chainrule.train.memory import machine_memory, require_room_for_weights
from chainrule.train.optimizer import (
    OPTIMIZERS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Optimizer,
    RMSProp,
    choose_optimizer,
)
from chainrule.train.plan import Plan, TrainingOptions
from chainrule.train.progress import ProgressBar, Watcher, on_one_line
from chainrule.train.run import TrainingRun
from chainrule.train.safetensors import (
    TensorBytes,
    about_file,
    open_model,
    read_tensors,
    require_checksum,
    require_model_name,
    with_checksum,
    write_model,
    write_tensors,
)
from chainrule.train.schedules import Constant, Cosine, Linear, Schedule, StepDecay, Warmup
from chainrule.train.source import ArraySource, Source, StreamSource
from chainrule.train.step import initial_state, ops_now, training_step
from chainrule.train.stopping import EarlyStopping
