"""The options of a training, as a user gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Literal, final

from chainrule.data import as_path
from chainrule.errors import OptionError, unknown
from chainrule.nn import Architecture, Loss
from chainrule.records import from_record
from chainrule.train.checkpoint import Checkpoint
from chainrule.train.metrics import suited_metric
from chainrule.train.optimizer import Optimizer
from chainrule.train.optimizers import choose_optimizer
from chainrule.train.plan import Plan
from chainrule.train.schedules import Schedule, choose_schedule
from chainrule.train.stopping import EarlyStopping
from chainrule.train.watcher import Watcher


@final
@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How to train, in the words of `Network.fit`, which says what each option is for.

    Example:
        >>> TrainingOptions(epochs=3).optimizer
        'adam'
        >>> TrainingOptions.of(epoch=3)
        Traceback (most recent call last):
            ...
        chainrule.errors.OptionError: no training option is called 'epoch'; did you mean 'epochs'?
    """

    epochs: int = 20
    batch_size: int = 32
    optimizer: str | Optimizer | Mapping[str, Any] = "adam"
    learning_rate: float | None = None
    loss: str | None = None
    validation: float | tuple[Any, ...] | None = None
    l1: float = 0
    l2: float = 0
    clip_norm: float | None = None
    schedule: str | Schedule | None = None
    early_stopping: int | EarlyStopping | Mapping[str, Any] | None = None
    ledger: bool | Literal["all"] = False
    progress: bool = True
    watchers: Sequence[Watcher] = ()
    checkpoint: str | Path | Checkpoint | None = None
    interruptible: bool = False
    sample_weight: Any = None
    class_weight: str | Mapping[Any, float] | None = None

    NAMES: ClassVar[tuple[str, ...]]

    @classmethod
    def of(cls, **options: Any) -> TrainingOptions:
        """The record of some options, by name.

        Raises:
            OptionError: If there is no option of a name.
        """
        for name in options:
            if name not in cls.NAMES:
                raise unknown("training option", name, cls.NAMES)
        return cls(**options)

    def plan(
        self, architecture: Architecture, loss: Loss, *, multi_label: bool, seed: int, dtype: str
    ) -> Plan:
        """What decides how the run goes, each name made into what it stands for.

        Args:
            architecture: What will be trained.
            loss: What being wrong costs.
            multi_label: Whether each output answers a question of its own.
            seed: Where shuffles and dropout masks come from.
            dtype: The number kind to train in.

        Raises:
            OptionError: If an option is not possible.
        """
        optimizer = choose_optimizer(self.optimizer)
        stopping: Any = self.early_stopping
        if isinstance(stopping, Mapping):
            stopping = from_record(EarlyStopping, stopping, "early_stopping")
        if stopping is not None and not isinstance(stopping, EarlyStopping):
            stopping = EarlyStopping(stopping)
        output, rate = architecture.output, self.learning_rate
        assert output.out_features is not None
        return Plan(
            architecture=architecture,
            loss=loss,
            metric=suited_metric(
                loss, output.activation, output.out_features, multi_label=multi_label
            ),
            optimizer=optimizer,
            learning_rate=optimizer.default_learning_rate if rate is None else rate,
            schedule=choose_schedule(self.schedule),
            epochs=self.epochs,
            l1=self.l1,
            l2=self.l2,
            clip_norm=self.clip_norm,
            early_stopping=stopping,
            seed=seed,
            dtype=dtype,
        )

    def record(self, plan: Plan) -> dict[str, Any]:
        """What `of` takes to train so again, in plain values: the plan's where it has decided.

        Rows, their weights, and whoever looked on are not among it.
        """
        stopping = plan.early_stopping
        return {
            "epochs": plan.epochs,
            "batch_size": self.batch_size,
            "optimizer": plan.optimizer.to_dict(),
            "learning_rate": plan.learning_rate,
            "loss": plan.loss.name,
            "validation": None if isinstance(self.validation, tuple | list) else self.validation,
            "l1": plan.l1,
            "l2": plan.l2,
            "clip_norm": plan.clip_norm,
            "schedule": str(plan.schedule),
            "early_stopping": stopping and stopping.fresh().to_dict(),
            "class_weight": self.class_weight,
        }

    def watching(self) -> list[Watcher]:
        """The watchers.

        Raises:
            OptionError: If something else is among them.
        """
        given: Any = self.watchers
        watchers = list(given) if isinstance(given, Iterable) else [given]
        for watcher in watchers:
            if not isinstance(watcher, Watcher):
                raise OptionError(f"watchers are objects of Watcher, in a list; found {watcher!r}")
        return watchers

    def kept_in(self) -> Checkpoint | None:
        """The checkpoint that was given, or that the name of a file stands for."""
        if self.checkpoint is None or isinstance(self.checkpoint, Checkpoint):
            return self.checkpoint
        return Checkpoint(as_path(self.checkpoint))


TrainingOptions.NAMES = tuple(field.name for field in fields(TrainingOptions))
