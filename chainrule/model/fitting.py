"""A call of `fit` made into batches and a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import repeat
from math import fsum, inf
from operator import mul
from typing import Any

from chainrule.arrays import Generator
from chainrule.data import as_path, split
from chainrule.engines import Engine
from chainrule.errors import (
    NotANumberError,
    OptionError,
    ShapeError,
    require_at_least_zero,
    shown,
    unknown,
)
from chainrule.model.numbers import as_numbers
from chainrule.nn import Loss, NetworkStudy, is_multi_label
from chainrule.train import (
    ArraySource,
    Checkpoint,
    ProgressBar,
    Source,
    TrainingOptions,
    TrainingRun,
    Watcher,
    unsound,
)

_NO_CLASSES = (
    "class_weight needs one class in each row, and this network learns values or several "
    "answers at once: leave it out, or give sample_weight"
)

HELD_OUT_BATCH = 1024
"""Held-out examples that are measured at a time."""


def require_finite(engine: Engine, x: Any, t: Any, weights: Any = None) -> None:
    """Refuse examples from which nothing can be learned; what a row of weight 0 holds is the same.

    Raises:
        NotANumberError: If an input or a target is infinite or NaN; names the first.
    """
    for name, table in (("x", x), ("y", t)):
        if weights is not None:
            table = engine.xp.where(weights[:, None] > 0, table, 0.0)
        if not engine.surely_finite(table) and (place := unsound(name, table)):
            raise NotANumberError(
                f"{place}, from which nothing can be learned: put a number there, or leave the row "
                "out"
            )


def held_out_tables(validation: Any) -> tuple[Any, ...] | None:
    """Held-out inputs, targets and perhaps weights, if these were given rather than a part."""
    if not isinstance(validation, tuple | list):
        return None
    if len(validation) not in (2, 3):
        raise OptionError(
            f"validation is the part to hold out, or held-out (x, y); found {len(validation)} "
            "things"
        )
    return tuple(validation)


def divide(
    engine: Engine, tables: tuple[Any, ...], loss: Loss, part: Any, *, seed: int
) -> tuple[list[int], list[int]]:
    """The places of the rows to learn from, and of those held out; classes in equal shares.

    A row of weight 0 is among neither, and nothing depends on it.

    Args:
        engine: Whose arrays they are.
        tables: Inputs, encoded targets and perhaps the weights of the rows.
        loss: Whose targets they are.
        part: The part of the rows to hold out; None for none.
        seed: Decides which rows are held out.
    """
    t, there = tables[1], _places_that_count(tables)
    if not part:
        return there, []
    classes = None
    if loss.targets != "values" and t.shape[1] > 1:
        of_all = engine.xp.argmax(t, axis=-1).tolist()
        classes = [of_all[place] for place in there]
    generator = Generator(seed).spawn("validation")
    learn, hold = split(len(there), part, generator, classes=classes)
    return [there[place] for place in learn], [there[place] for place in hold]


def _places_that_count(tables: tuple[Any, ...]) -> list[int]:
    if len(tables) < 3:
        return list(range(tables[0].shape[0]))
    return [place for place, weight in enumerate(tables[2].tolist()) if weight]


def _taken(engine: Engine, tables: tuple[Any, ...], places: Sequence[int]) -> tuple[Any, ...]:
    """Some rows of the tables; all of them are not copied."""
    if len(places) == tables[0].shape[0]:
        return tables
    return tuple(engine.rows(table, places) for table in tables)


def as_weights(engine: Engine, values: Any, *, rows: int, dtype: str) -> Any:
    """How much each row counts, as an array of the engine.

    Raises:
        ShapeError: If there is not one number for each row.
        OptionError: If one of them is negative, infinite or NaN.
    """
    weights = as_numbers(engine, values, dtype=dtype)
    if tuple(weights.shape) != (rows,):
        raise ShapeError(
            f"sample_weight has one number for each of the {rows:,} rows; found shape "
            f"{tuple(weights.shape)}"
        )
    for row, weight in enumerate(weights.tolist()):
        if not 0 <= weight < inf:
            raise OptionError(
                f"sample_weight[{row}] is {weight:g}: a weight must be 0 or more, and finite"
            )
    return weights


def weights_of_rows(engine: Engine, values: Any, *, rows: int) -> list[float]:
    """How much each row counts, where one at least must, as plain numbers."""
    weights: list[float] = as_weights(engine, values, rows=rows, dtype="float64").tolist()
    if not any(weights):
        raise OptionError("every sample_weight is zero: give one row a weight above 0")
    return weights


def weighed_study(study: NetworkStudy, weights: Sequence[float]) -> NetworkStudy:
    """The same about the rows that count, each as much as its weight."""
    there = [place for place, weight in enumerate(weights) if weight]
    return replace(study, weights=tuple(weights)).only(there)


def weigh_classes(
    net: Any, tables: Sequence[tuple[Any, ...]], class_weight: Any, loss: Loss
) -> list[tuple[Any, ...]]:
    """Tables of examples with the weight of each row's class multiplied into the row's own.

    `"balanced"` weighs class c with `Σ w / (k · Σ_c w)`, where `Σ w` goes over the weights of all
    rows to learn from, `Σ_c w` over those of the class, and k counts the classes that are there.

    Args:
        net: The network that learns from them.
        tables: Inputs, targets and perhaps weights of the rows to learn from; then of those held
            out, if there are any.
        class_weight: "balanced", or weights by the name or number of a class, 1 where left out.
        loss: Whose targets they are.

    Raises:
        OptionError: If rows have no class, or a class has no such weight.

    Source: King & Zeng, "Logistic regression in rare events data" (2001), section 4.2.
    """
    first = tables[0][1]
    output, names = net.architecture.output, net.recipe.class_names if net.recipe else ()
    if not loss.classifies(output.activation) or is_multi_label(loss, first):
        raise OptionError(_NO_CLASSES)
    classes = [_classes(loss, t) for _, t, *_ in tables]
    own = [part[2].tolist() if len(part) > 2 else [1.0] * part[0].shape[0] for part in tables]
    totals = Counter[int]()
    for c, weight in zip(classes[0], own[0], strict=True):
        totals[c] += weight
    factors = class_factors(class_weight, totals, names, max(first.shape[1], 2))
    return [
        (*part[:2], _weights_of(net, (w * factors[c] for c, w in zip(*each, strict=True))))
        for part, *each in zip(tables, classes, own, strict=True)
    ]


def class_factors(
    class_weight: Any, totals: Mapping[int, float], names: Sequence[str], count: int
) -> dict[int, float]:
    """What the weight of a row is multiplied with, by its class.

    Args:
        class_weight: As `weigh_classes` takes it.
        totals: The weights of all rows of each class to learn from.
        names: What the classes are called.
        count: How many classes there are.

    Raises:
        OptionError: If rows have no class, or a class has no such weight.
    """
    if not count:
        raise OptionError(_NO_CLASSES)
    factors = dict.fromkeys(range(count), 1.0)
    if isinstance(class_weight, Mapping):
        places = {**{str(n): n for n in range(count)}, **{str(n): c for c, n in enumerate(names)}}
        for name, weight in class_weight.items():
            if str(name) not in places:
                raise unknown("class", str(name), list(names) or list(places))
            require_at_least_zero(f"the weight of class {name}", weight)
            factors[places[str(name)]] = float(weight)
    elif class_weight == "balanced":
        there = {c: total for c, total in totals.items() if total}
        n = fsum(there.values())
        factors |= {c: n / (len(there) * total) for c, total in there.items()}
    else:
        raise OptionError(
            f"class_weight is {shown(class_weight)}: it must be 'balanced', or weights by class"
        )
    return factors


def _classes(loss: Loss, t: Any) -> list[int]:
    """The class of each row of encoded targets."""
    if t.shape[1] > 1:
        return [row.index(max(row)) for row in t.tolist()]
    threshold = 0 if loss.targets == "signs" else 0.5
    return [int(value > threshold) for (value,) in t.tolist()]


def require_rows_that_count(tables: Sequence[tuple[Any, ...]]) -> None:
    """Refuse rows that all have weight 0.

    Raises:
        OptionError: If no row to learn from, or none held out, has a weight above 0.
    """
    for part, which in zip(tables, ("to learn from", "held out"), strict=False):
        if len(part) > 2 and not max(part[2].tolist()):
            raise OptionError(f"all rows {which} have weight 0: give one of them a weight above 0")


def weighed_tables(
    net: Any, x: Any, y: Any, weights: Any = None, *, loss: str | None = None
) -> tuple[tuple[Any, ...], Loss]:
    """Inputs, encoded targets, and the weights of rows if there are any; and the loss.

    Weights have the number kind of the network's own, where that of its passes is narrower.
    """
    inputs, t, loss_function = net.as_batch(x, y, loss)
    if weights is None:
        return (inputs, t), loss_function
    kind, rows = net.engine.weight_dtype(net.dtype), inputs.shape[0]
    return (inputs, t, as_weights(net.engine, weights, rows=rows, dtype=kind)), loss_function


def rows_that_count(engine: Engine, part: tuple[Any, ...]) -> tuple[Any, ...]:
    """Tables of examples without the rows of weight 0.

    Raises:
        OptionError: If no row has another.
    """
    require_rows_that_count([part])
    return _taken(engine, part, _places_that_count(part))


def tables_of_fit(
    net: Any, x: Any, y: Any, options: TrainingOptions
) -> tuple[list[tuple[Any, ...]], Loss]:
    """The examples of a `fit`, and those held out if they were given: tables that can be learned.

    Weights by class that do not depend on the rows are in the rows' own.
    """
    engine, hold = net.engine, held_out_tables(options.validation)
    learn, loss = weighed_tables(net, x, y, options.sample_weight, loss=options.loss)
    both = [learn, weighed_tables(net, *hold, loss=loss.name)[0]] if hold else [learn]
    if isinstance(options.class_weight, Mapping):
        both = weigh_classes(net, both, options.class_weight, loss)
    require_rows_that_count(both)
    for part in both:
        require_finite(engine, *part)
    return both, loss


def run_of_fit(
    net: Any, x: Any, y: Any, options: TrainingOptions, *, absent: Collection[int] = ()
) -> TrainingRun:
    """The run of a `fit`, its examples read, divided and weighed.

    Args:
        net: The network.
        x: Inputs, as `fit` takes them.
        y: Targets, likewise.
        options: Those of `fit`.
        absent: The places of rows that teach nothing, while batches stay as they are with them.
    """
    engine: Engine = net.engine
    with engine.scope():
        (whole, *hold), loss = tables_of_fit(net, x, y, options)
        part = None if hold else options.validation
        learn, apart = divide(engine, whole, loss, part, seed=net.seed)
        hold = [rows_that_count(engine, tables) for tables in hold]
        if apart:
            hold = [_taken(engine, whole, apart)]
        both = [_taken(engine, whole, learn), *hold]
        if absent:
            counts = [float(place not in absent) for place in learn]
            own = both[0][2].tolist() if len(whole) > 2 else repeat(1.0)
            both[0] = *both[0][:2], _weights_of(net, map(mul, counts, own))
        if options.class_weight is not None and not isinstance(options.class_weight, Mapping):
            both = weigh_classes(net, both, options.class_weight, loss)
        size, seed = options.batch_size, net.seed + net.fits
        source = ArraySource(engine, *both[0], batch_size=size, seed=seed)
        held_out = ArraySource(engine, *both[1], batch_size=HELD_OUT_BATCH) if hold else None
        multi_label = is_multi_label(loss, whole[1])
    return training_on(net, source, held_out, loss, options, multi_label=multi_label)


def _weights_of(net: Any, values: Iterable[float]) -> Any:
    """Weights of rows as the network's losses take them."""
    return net.engine.asarray(list(values), dtype=net.engine.weight_dtype(net.dtype))


def training_on(
    net: Any,
    source: Source,
    held_out: Source | None,
    loss: Loss,
    options: TrainingOptions,
    *,
    multi_label: bool,
) -> TrainingRun:
    """A run on batches from anywhere; the network takes over its weights.

    Args:
        net: The network.
        source: The batches to learn from.
        held_out: Those to be measured on.
        loss: What being wrong costs.
        options: How to train, who looks on, and where the run is kept.
        multi_label: Whether each output answers a question of its own.
    """
    fits, engine, history = net.fits, net.engine, net.history

    def take_over(run: TrainingRun) -> None:
        net.flat = run.parameters
        net.history = run.history if len(run.history) else history
        net.fits = fits + run.finished

    seed = net.seed + fits
    plan = options.plan(net.architecture, loss, multi_label=multi_label, seed=seed, dtype=net.dtype)
    watchers, checkpoint = _watchers(options)
    at_will = options.interruptible
    with engine.scope():
        run = TrainingRun(
            plan, engine, net.flat, source, held_out, watchers, take_over, interruptible=at_will
        )
        if checkpoint:
            checkpoint.resume_run(run)
    net.loss_name, net.multi_label = loss.name, plan.metric.multi_label
    net.trained_with = options.record(plan)
    return run


def _watchers(options: TrainingOptions) -> tuple[list[Watcher], Checkpoint | None]:
    """Who is told of steps and epochs: the ledger, the bar and the checkpoint among them."""
    watchers, checkpoint = options.watching(), options.checkpoint
    if checkpoint is not None and not isinstance(checkpoint, Checkpoint):
        checkpoint = Checkpoint(as_path(checkpoint))
    if options.ledger and checkpoint:
        raise OptionError(
            "a checkpoint does not hold the ledger, which counts every step of a run; "
            "leave one of the two out"
        )
    bar = ProgressBar() if options.progress else None
    if options.ledger:
        from chainrule.explanations.shares import LedgerKeeper  # every fit would load it

        keep = "totals" if options.ledger is True else options.ledger
        watchers.insert(0, LedgerKeeper(keep=keep, announce=bar and bar.say))
    watchers += filter(None, (bar, checkpoint))
    return watchers, checkpoint
