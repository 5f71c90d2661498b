"""A call of `fit` made into a plan, batches and watchers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from chainrule.arrays.random import Generator
from chainrule.data import Recipe
from chainrule.data.files import as_path
from chainrule.data.split import split
from chainrule.engines import Engine
from chainrule.errors import NotANumberError, OptionError
from chainrule.explanations.shares import LedgerKeeper
from chainrule.nn import Loss, names_one_class
from chainrule.report.progress import ProgressBar
from chainrule.train import Checkpoint, EarlyStopping, Optimizer
from chainrule.train.divergence import unsound
from chainrule.train.loop import TrainingRun
from chainrule.train.metrics import suited_metric
from chainrule.train.optimizers import named as named_optimizer
from chainrule.train.plan import Plan
from chainrule.train.schedules import Schedule
from chainrule.train.schedules import named as named_schedule
from chainrule.train.source import ArraySource, Source
from chainrule.train.watcher import Watcher

if TYPE_CHECKING:
    from chainrule.model.network import Network

HELD_OUT_BATCH = 1024
"""Held-out examples that are measured at a time."""


def make_plan(
    network: Network,
    loss: Loss,
    t: Any,
    *,
    optimizer: str | Optimizer,
    learning_rate: float | None,
    schedule: str | Schedule | None,
    early_stopping: int | EarlyStopping | None,
    **options: Any,
) -> Plan:
    """The plan that the options of `Network.fit` stand for.

    Args:
        network: What will be trained.
        loss: What being wrong costs.
        t: The encoded targets; None where a recipe says that they are classes.
        optimizer: How a gradient becomes a change of the weights.
        learning_rate: Per step; the optimizer's own default if None.
        schedule: How it moves over the run.
        early_stopping: When to stop before the end.
        **options: What `Plan` takes as it is.
    """
    output = network.architecture.output
    assert output.out_features is not None
    rule = named_optimizer(optimizer)
    questions = loss.link == "sigmoid" and t is not None and not names_one_class(t)
    if early_stopping is not None and not isinstance(early_stopping, EarlyStopping):
        early_stopping = EarlyStopping(early_stopping)
    return Plan(
        architecture=network.architecture,
        loss=loss,
        metric=suited_metric(
            loss, output.activation, output.out_features, one_of_many=not questions
        ),
        optimizer=rule,
        learning_rate=rule.default_learning_rate if learning_rate is None else learning_rate,
        schedule=named_schedule(schedule),
        early_stopping=early_stopping,
        seed=network.seed + network.fits,
        dtype=network.dtype,
        **options,
    )


def require_finite(x: Any, t: Any) -> None:
    """Refuse examples from which nothing can be learnt.

    Raises:
        NotANumberError: If an input or a target is infinite or NaN; names the first.
    """
    for name, table in (("x", x), ("y", t)):
        if found := unsound(name, table):
            raise NotANumberError(
                f"{found}, from which nothing can be learnt: put a number there, or leave the row "
                "out"
            )


def as_checkpoint(checkpoint: str | Path | Checkpoint | None) -> Checkpoint | None:
    """The checkpoint that a file's name stands for, or the one that was given."""
    if checkpoint is None or isinstance(checkpoint, Checkpoint):
        return checkpoint
    return Checkpoint(as_path(checkpoint))


def agreed_recipe(engine: Engine, recipe: Recipe) -> Recipe:
    """The recipe that all processes which train together use: the leading one's."""
    data = engine.hand_out(json.dumps(recipe.to_dict()).encode())
    return Recipe.from_dict(json.loads(data)) if engine.processes > 1 else recipe


def divide(
    network: Network,
    x: Any,
    t: Any,
    loss: Loss,
    *,
    validation: float | tuple[Any, Any] | None,
    batch_size: int,
) -> tuple[ArraySource, ArraySource | None]:
    """The examples to learn from, and those to be measured on; classes in equal shares.

    Args:
        network: Whose engine and seed to use.
        x: Inputs, of shape `(rows, inputs)`.
        t: Encoded targets, of shape `(rows, outputs)`.
        loss: Whose targets they are.
        validation: The part to hold out, held-out `(x, y)`, or None.
        batch_size: Examples per step.
    """
    engine, held_out = network.engine, None
    if isinstance(validation, tuple | list):
        if len(validation) != 2:
            raise OptionError(
                f"validation is the part to hold out, or held-out (x, y); found {len(validation)} "
                "things"
            )
        held_out = network.as_batch(*validation, loss.name)[:2]
        require_finite(*held_out)
    elif validation:
        classes = None
        if loss.targets != "values" and t.shape[1] > 1:
            classes = engine.xp.argmax(t, axis=-1).tolist()
        generator = Generator(network.seed).spawn("validation")
        learn, hold = split(x.shape[0], validation, generator, classes=classes)
        if hold:
            held_out = engine.rows(x, hold), engine.rows(t, hold)
            x, t = engine.rows(x, learn), engine.rows(t, learn)
    seed = network.seed + network.fits
    source = ArraySource(engine, x, t, batch_size=batch_size, seed=seed)
    if held_out is None:
        return source, None
    return source, ArraySource(engine, *held_out, batch_size=HELD_OUT_BATCH)


def train(
    network: Network,
    plan: Plan,
    source: Source,
    held_out: Source | None,
    *,
    ledger: bool | Literal["all"],
    progress: bool,
    watchers: Sequence[Watcher],
    kept: Checkpoint | None = None,
) -> TrainingRun:
    """Run a plan to its end, with the ledger and the bar that were asked for.

    The network takes over the weights however the run ends, and Ctrl-C ends it between two steps;
    the run itself is kept in a file where one is given.
    """
    bar = ProgressBar()
    watching = [*_watchers(watchers), *([bar] if progress else [])]
    if ledger:
        if kept is not None:
            raise OptionError(
                "a checkpoint does not hold the ledger, which counts every step of a run; "
                "leave one of the two out"
            )
        keep = "totals" if ledger is True else ledger
        watching.insert(0, LedgerKeeper(keep=keep, announce=bar.say if progress else None))
    run = TrainingRun(plan, network.engine, network.flat, source, held_out, watching, kept)
    network.loss_name = plan.loss.name
    network.questions = plan.metric.rule == "above"
    with run.interrupts:
        try:
            with bar:
                run.run()
            network.fits += 1
        finally:
            network.flat = run.parameters
            network.history = run.history if len(run.history) else network.history
    return run


def _watchers(found: Any) -> list[Watcher]:
    watchers = list(found) if isinstance(found, Iterable) else [found]
    for watcher in watchers:
        if not isinstance(watcher, Watcher):
            raise OptionError(f"watchers are objects of Watcher, in a list; found {watcher!r}")
    return watchers
