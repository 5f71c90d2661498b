"""A call of `fit` made into batches and a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chainrule.arrays import Generator
from chainrule.data import split
from chainrule.engines import Engine
from chainrule.errors import NotANumberError, OptionError
from chainrule.explanations.shares import LedgerKeeper
from chainrule.nn import Loss
from chainrule.report import ProgressBar
from chainrule.train import ArraySource, Plan, Source, TrainingOptions, TrainingRun, unsound

HELD_OUT_BATCH = 1024
"""Held-out examples that are measured at a time."""


def require_finite(x: Any, t: Any) -> None:
    """Refuse examples from which nothing can be learnt.

    Raises:
        NotANumberError: If an input or a target is infinite or NaN; names the first.
    """
    for name, table in (("x", x), ("y", t)):
        if place := unsound(name, table):
            raise NotANumberError(
                f"{place}, from which nothing can be learnt: put a number there, or leave the row "
                "out"
            )


def held_out_pair(validation: Any) -> tuple[Any, Any] | None:
    """Held-out inputs and targets, if these were given rather than the part to hold out."""
    if not isinstance(validation, tuple | list):
        return None
    if len(validation) != 2:
        raise OptionError(
            f"validation is the part to hold out, or held-out (x, y); found {len(validation)} "
            "things"
        )
    return validation[0], validation[1]


def divide(
    engine: Engine, x: Any, t: Any, loss: Loss, part: Any, *, seed: int
) -> tuple[tuple[Any, Any], tuple[Any, Any] | None]:
    """The examples to learn from, and those to be measured on; classes in equal shares.

    Args:
        engine: Whose arrays they are.
        x: Inputs, of shape `(rows, inputs)`.
        t: Encoded targets, of shape `(rows, outputs)`.
        loss: Whose targets they are.
        part: The part of the rows to hold out; None for none.
        seed: Decides which rows are held out.
    """
    if not part:
        return (x, t), None
    classes = None
    if loss.targets != "values" and t.shape[1] > 1:
        classes = engine.xp.argmax(t, axis=-1).tolist()
    generator = Generator(seed).spawn("validation")
    learn, hold = split(x.shape[0], part, generator, classes=classes)
    if not hold:
        return (x, t), None
    return (
        (engine.rows(x, learn), engine.rows(t, learn)),
        (engine.rows(x, hold), engine.rows(t, hold)),
    )


def array_sources(
    engine: Engine, learn: Any, hold: Any, *, batch_size: int, seed: int
) -> tuple[ArraySource, ArraySource | None]:
    """Batches of the examples to learn from, and of those that are held out, if any are."""
    source = ArraySource(engine, *learn, batch_size=batch_size, seed=seed)
    return source, hold and ArraySource(engine, *hold, batch_size=HELD_OUT_BATCH)


def prepare_run(
    plan: Plan,
    engine: Engine,
    flat: Any,
    source: Source,
    held_out: Source | None,
    options: TrainingOptions,
    hand_over: Callable[[TrainingRun], None],
) -> TrainingRun:
    """The run of a plan, with the ledger, the bar and the checkpoint that were asked for.

    Args:
        plan: How to train.
        engine: What it runs on.
        flat: The first weights, in one vector.
        source: The batches to learn from.
        held_out: Those to be measured on.
        options: What the user asked for.
        hand_over: Called whenever the run comes to rest.
    """
    watchers, checkpoint = options.watching(), options.kept_in()
    if options.ledger and checkpoint:
        raise OptionError(
            "a checkpoint does not hold the ledger, which counts every step of a run; "
            "leave one of the two out"
        )
    bar = ProgressBar() if options.progress else None
    if options.ledger:
        keep = "totals" if options.ledger is True else options.ledger
        watchers.insert(0, LedgerKeeper(keep=keep, announce=bar and bar.say))
    everyone = [*watchers, *filter(None, (bar, checkpoint))]
    run = TrainingRun(plan, engine, flat, source, held_out, everyone, hand_over)
    if checkpoint:
        checkpoint.resume_run(run)
    return run
