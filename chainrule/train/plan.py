"""What decides how a run goes."""

from __future__ import annotations

from dataclasses import dataclass, field

from chainrule.errors import OptionError
from chainrule.nn import Architecture, Loss
from chainrule.train.metrics import Metric
from chainrule.train.optimizer import Optimizer
from chainrule.train.options import plain, require_above_zero, require_at_least_zero, require_whole
from chainrule.train.schedules import Constant, Schedule
from chainrule.train.stopping import EarlyStopping


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that decides how a run goes, apart from the data and the first weights.

    Attributes:
        architecture: The network.
        loss: What being wrong costs.
        metric: What is counted beside the loss.
        optimizer: How a gradient becomes a change of the weights.
        learning_rate: The full learning rate, per step.
        schedule: How it moves over the run.
        epochs: How often every example is seen.
        l1: λ of `λ Σ |w|`.
        l2: λ of `λ Σ w²`.
        clip_norm: The greatest length of a gradient; None for any.
        early_stopping: When to stop before the end; None for never.
        seed: Where shuffles and dropout masks come from.
        dtype: The number kind to train in.
    """

    architecture: Architecture
    loss: Loss
    metric: Metric
    optimizer: Optimizer
    learning_rate: float
    schedule: Schedule = field(default_factory=Constant)
    epochs: int = 20
    l1: float = 0
    l2: float = 0
    clip_norm: float | None = None
    early_stopping: EarlyStopping | None = None
    seed: int = 0
    dtype: str = "float64"

    def __post_init__(self) -> None:
        require_whole("epochs", self.epochs)
        require_above_zero("learning_rate", self.learning_rate)
        require_at_least_zero("l1", self.l1)
        require_at_least_zero("l2", self.l2)
        for name in ("l1", "l2"):  # a number of NumPy would make arrays of NumPy
            object.__setattr__(self, name, plain(getattr(self, name)))
        watched = self.early_stopping and self.early_stopping.metric
        if watched not in (None, "loss", self.metric.name):
            raise OptionError(
                f"early stopping watches {watched}, and this run measures loss and "
                f"{self.metric.name}; watch one of these"
            )
