"""How a run goes: the options as they are given, the plan they make, and whether two are one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, final

from chainrule.engines import Engine
from chainrule.errors import (
    OptionError,
    is_whole,
    iterates,
    require_above_zero,
    require_at_least_zero,
    require_kind,
    require_known,
    require_whole,
    shown,
)
from chainrule.nn import Architecture, Loss
from chainrule.records import from_options, plain_number
from chainrule.train.metrics import Metric, suited_metric
from chainrule.train.optimizer import Optimizer, choose_optimizer
from chainrule.train.progress import ProgressBar, Watcher
from chainrule.train.schedules import Constant, Schedule, choose_schedule
from chainrule.train.source import Source
from chainrule.train.stopping import EarlyStopping

if TYPE_CHECKING:
    from chainrule.train.checkpoint import Checkpoint

_DIGITS = 12
"""So many of a fingerprint are said: enough that no two data sets share them by chance."""


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
        if self.clip_norm is not None:
            require_above_zero("clip_norm", self.clip_norm)
        for name in ("l1", "l2"):
            require_at_least_zero(name, getattr(self, name))
        for name in ("learning_rate", "clip_norm", "l1", "l2"):
            if (number := getattr(self, name)) is not None:
                # A number of NumPy would make arrays of NumPy, and arrays take no fraction.
                object.__setattr__(self, name, plain_number(number))
        watched = self.early_stopping and self.early_stopping.metric
        if watched not in (None, "loss", self.metric.name):
            raise OptionError(
                f"early stopping watches {watched}, and this run measures loss and "
                f"{self.metric.name}; watch one of these"
            )

    def to_dict(self) -> dict[str, Any]:
        """How a step changes the weights, in plain values."""
        return {
            "loss": self.loss.name,
            "optimizer": self.optimizer.to_dict(),
            "learning_rate": self.learning_rate,
            "schedule": str(self.schedule),
            "l1": self.l1,
            "l2": self.l2,
            "clip_norm": self.clip_norm,
        }


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
    progress: bool | ProgressBar | None = True
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
        require_known("training option", cls.NAMES, *options)
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
        given = vars(optimizer).items()
        odd = {n: v for n, v in given if isinstance(v, Real) and not isinstance(v, int | float)}
        if odd:
            optimizer = replace(optimizer, **{n: plain_number(v) for n, v in odd.items()})
        stopping: Any = self.early_stopping
        if isinstance(stopping, Mapping):
            stopping = from_options(EarlyStopping, stopping, "early_stopping")
        if stopping is not None and not isinstance(stopping, EarlyStopping):
            if not is_whole(stopping) or stopping < 0:
                raise OptionError(
                    f"early_stopping is {shown(stopping)}: it must be a whole number, at least 0, "
                    "of epochs without improvement, such as 10, or None for none",
                    "early_stopping",
                )
            stopping = EarlyStopping(stopping)
        output, rate = architecture.output, self.learning_rate
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
            **plan.to_dict(),
            "epochs": plan.epochs,
            "batch_size": self.batch_size,
            "validation": None if isinstance(self.validation, tuple | list) else self.validation,
            "early_stopping": stopping and stopping.fresh().to_dict(),
            "class_weight": self.class_weight,
        }

    def watching(self) -> list[Watcher]:
        """The watchers.

        Raises:
            KindError: If something else is among them.
        """
        given: Any = self.watchers
        watchers = list(given) if iterates(given) else [given]
        for watcher in watchers:
            require_kind(watcher, Watcher, "watchers are objects of Watcher, in a list")
        return watchers


TrainingOptions.NAMES = tuple(field.name for field in fields(TrainingOptions))


def run_description(plan: Plan, source: Source, held_out: Source | None) -> dict[str, Any]:
    """Options and data as plain data; a run may be given more epochs and stay the same."""
    options = {
        "rows": source.rows,
        "batch_size": source.batch_size,
        **plan.to_dict(),
        "seed": plan.seed,
        "dtype": plan.dtype,
        "early stopping": plan.early_stopping and plan.early_stopping.metric,
        "layers": plan.architecture.to_dict(),
        "digest of the data": source.digest[:_DIGITS],
        "digest of the held-out data": held_out and held_out.digest[:_DIGITS],
    }
    if str(plan.schedule) != "constant":
        options["epochs"] = plan.epochs
    restored: dict[str, Any] = json.loads(json.dumps(options, default=plain_number))
    return restored


def require_same_run(engine: Engine, plan: Plan, source: Source, held_out: Source | None) -> None:
    """Refuse to train together with processes that were given another run.

    Raises:
        OptionError: If this process has other options or data than the leading one.
    """
    if engine.processes == 1:
        return
    mine = {**run_description(plan, source, held_out), "epochs": int(plan.epochs)}
    theirs = json.loads(engine.hand_out(json.dumps(mine).encode()))
    for name, their, my in differences(theirs, mine):
        raise OptionError(
            f"the processes were given different runs: the {name} of process 0 is {their!r} and "
            f"this one's {my!r}; start all of them with the same options and data"
        )


def differences(one: Any, other: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """In what two records of plain data differ, each by its name with both values.

    What only one of them knows is no difference.

    Example:
        >>> list(differences({"rate": 1, "by": {"beta": 2}}, {"rate": 1, "by": {"beta": 3}}))
        [('by.beta', 2, 3)]
    """
    if isinstance(one, dict) and isinstance(other, dict):
        for key in (key for key in other if key in one):
            yield from differences(one[key], other[key], f"{name}.{key}" if name else key)
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            yield f"number of {name}", len(one), len(other)
        for place, (left, right) in enumerate(zip(one, other, strict=False)):
            yield from differences(left, right, f"{name}[{place}]")
    elif one != other:
        yield name, one, other
