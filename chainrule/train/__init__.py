"""Training: the chapter in which gradients at last change the weights.

Up to here a gradient was a description. An *optimizer* turns it into a step, a *schedule* sets the
size of the step over the run, *clipping* keeps a step from being torn away by one steep place,
*early stopping* ends the run when it has stopped paying, the *history* keeps what was measured, and
a *checkpoint* keeps the run itself.
Each is a few lines of arithmetic or a plain record, and none of them looks into a network.
"""

from chainrule.train.checkpoint import Checkpoint as Checkpoint
from chainrule.train.clipping import clip_by_norm as clip_by_norm
from chainrule.train.clipping import clip_scale as clip_scale
from chainrule.train.clipping import global_norm as global_norm
from chainrule.train.divergence import birthplace as birthplace
from chainrule.train.divergence import unsound as unsound
from chainrule.train.history import Epoch as Epoch
from chainrule.train.history import History as History
from chainrule.train.memory import machine_memory as machine_memory
from chainrule.train.memory import require_room_for_weights as require_room_for_weights
from chainrule.train.optimizer import Optimizer as Optimizer
from chainrule.train.optimizers import OPTIMIZERS as OPTIMIZERS
from chainrule.train.optimizers import SGD as SGD
from chainrule.train.optimizers import Adagrad as Adagrad
from chainrule.train.optimizers import Adam as Adam
from chainrule.train.optimizers import AdamW as AdamW
from chainrule.train.optimizers import RMSProp as RMSProp
from chainrule.train.optimizers import choose_optimizer as choose_optimizer
from chainrule.train.options import plain as plain
from chainrule.train.options import require_above_zero as require_above_zero
from chainrule.train.options import require_at_least_zero as require_at_least_zero
from chainrule.train.options import require_whole as require_whole
from chainrule.train.plan import Plan as Plan
from chainrule.train.progress import ProgressBar as ProgressBar
from chainrule.train.progress import waiting as waiting
from chainrule.train.run import Snapshot as Snapshot
from chainrule.train.run import TrainingRun as TrainingRun
from chainrule.train.safetensors import TensorBytes as TensorBytes
from chainrule.train.safetensors import read_tensors as read_tensors
from chainrule.train.safetensors import require_checksum as require_checksum
from chainrule.train.safetensors import with_checksum as with_checksum
from chainrule.train.safetensors import write_tensors as write_tensors
from chainrule.train.schedules import Constant as Constant
from chainrule.train.schedules import Cosine as Cosine
from chainrule.train.schedules import Linear as Linear
from chainrule.train.schedules import Schedule as Schedule
from chainrule.train.schedules import StepDecay as StepDecay
from chainrule.train.schedules import Warmup as Warmup
from chainrule.train.source import ArraySource as ArraySource
from chainrule.train.source import Source as Source
from chainrule.train.source import StreamSource as StreamSource
from chainrule.train.step import initial_state as initial_state
from chainrule.train.step import training_step as training_step
from chainrule.train.stopping import EarlyStopping as EarlyStopping
from chainrule.train.training_options import TrainingOptions as TrainingOptions
from chainrule.train.watcher import Watcher as Watcher
