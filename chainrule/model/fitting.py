"""A call of `fit` made into batches and a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum, inf
from operator import mul
from typing import TYPE_CHECKING, Any, final

from chainrule.arrays import Generator
from chainrule.autodiff import Tensor
from chainrule.data import split
from chainrule.engines import Engine
from chainrule.errors import (
    KindError,
    NotANumberError,
    OptionError,
    ShapeError,
    is_one_of,
    no_weight,
    require_at_least_zero,
    require_share,
    require_switch,
    shown,
    unknown,
)
from chainrule.files import as_path
from chainrule.model.numbers import engine_numbers
from chainrule.nn import Loss, NetworkStudy, is_multi_label, named_classes
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

if TYPE_CHECKING:
    from chainrule.model.network import Network

_NO_CLASSES = (
    "class_weight needs one class in each row, and this network learns values or several "
    "answers at once: leave it out, or give sample_weight"
)

HELD_OUT_BATCH = 1024
"""Held-out examples that are measured at a time."""


@final
@dataclass(frozen=True)
class EncodedRows:
    """Examples in arrays of an engine.

    Attributes:
        engine: Whose arrays they are.
        x: Inputs.
        t: Encoded targets.
        weights: How much each row counts; None where all count the same.
    """

    engine: Engine
    x: Any
    t: Any
    weights: Any = None

    def __len__(self) -> int:
        return int(self.x.shape[0])

    @property
    def plain_weights(self) -> list[float]:
        """How much each row counts, 1 each where nothing is said."""
        return [1.0] * len(self) if self.weights is None else list(self.weights.tolist())

    def require_finite(self) -> None:
        """Refuse what cannot be learned from; what a row of weight 0 holds is the same.

        Raises:
            NotANumberError: If an input or a target is infinite or NaN; names the first.
        """
        for name, table in (("x", self.x), ("y", self.t)):
            if self.weights is not None:
                table = self.engine.xp.where(self.weights[:, None] > 0, table, 0.0)
            if not self.engine.surely_finite(table) and (place := unsound(name, table)):
                raise NotANumberError(
                    f"{place}, from which nothing can be learned: put a number there, or leave the "
                    "row out"
                )

    def require_weight(self, which: str) -> None:
        """Refuse rows that all have weight 0.

        Raises:
            OptionError: If none has a weight above 0.
        """
        if self.weights is not None and not max(self.weights.tolist()):
            raise OptionError(no_weight(which=f" {which}"))

    def only(self, places: Sequence[int]) -> EncodedRows:
        """Some of the rows; all of them are not copied."""
        if len(places) == len(self):
            return self
        weights = None if self.weights is None else self.engine.rows(self.weights, places)
        x, t = (self.engine.rows(table, places) for table in (self.x, self.t))
        return replace(self, x=x, t=t, weights=weights)

    def that_count(self) -> EncodedRows:
        """The rows whose weight is not 0."""
        return self.only(self._places_that_count())

    def _places_that_count(self) -> Sequence[int]:
        if self.weights is None:
            return range(len(self))
        return [place for place, weight in enumerate(self.weights.tolist()) if weight]

    def divided(self, loss: Loss, part: Any, *, seed: int) -> tuple[Sequence[int], Sequence[int]]:
        """The places of the rows to learn from, and of those held out; classes in equal shares.

        A row of weight 0 is among neither, and nothing depends on it.

        Args:
            loss: Whose targets they are.
            part: The part of the rows to hold out; None for none.
            seed: Decides which rows are held out.
        """
        there = self._places_that_count()
        if part is not None:
            require_share("validation", part)
        if not part:
            return there, []
        classes = None
        if loss.targets != "values":
            of_all = self.engine.xp.argmax(self.t, axis=1).tolist()
            classes = [of_all[place] for place in there]
        generator = Generator(seed).spawn("validation")
        learn, hold = split(len(there), part, generator, classes=classes)
        return [there[place] for place in learn], [there[place] for place in hold]

    def in_batches(self, size: int, *, seed: int | None = None) -> ArraySource:
        """The rows in batches, shuffled anew each epoch where there is a seed."""
        return ArraySource(self.engine, self.x, self.t, self.weights, batch_size=size, seed=seed)


def held_out_rows(validation: Any) -> tuple[Any, ...] | None:
    """Held-out inputs, targets and perhaps weights, if these were given rather than a part."""
    if not isinstance(validation, tuple | list):
        return None
    if len(validation) not in (2, 3):
        raise OptionError(
            "validation is the part to hold out, or held-out (x, y) or (x, y, sample_weight); "
            f"found {type(validation).__name__} of length {len(validation)}"
        )
    return tuple(validation)


def as_weights(engine: Engine, values: Any, *, rows: int, dtype: str) -> Any:
    """How much each row counts, as an array of the engine.

    Raises:
        ShapeError: If there is not one number for each row.
        OptionError: If one of them is negative, infinite or NaN, or their sum is infinite.
    """
    weights = engine_numbers(engine, values, dtype=dtype)
    if tuple(weights.shape) != (rows,):
        raise ShapeError(
            f"sample_weight has one number for each of the {rows:,} rows; found shape "
            f"{tuple(weights.shape)}"
        )
    numbers = weights.tolist()
    for row, weight in enumerate(numbers):
        if not 0 <= weight < inf:
            raise OptionError(
                f"sample_weight[{row}] is {weight:g}: a weight must be 0 or more, and finite"
            )
    if sum(numbers) == inf:
        raise OptionError("sample_weight adds up to no finite number: divide all by the largest")
    return weights


def weights_of_rows(engine: Engine, values: Any, *, rows: int) -> list[float]:
    """How much each row counts, where one at least must, as plain numbers."""
    weights: list[float] = as_weights(engine, values, rows=rows, dtype="float64").tolist()
    if not any(weights):
        raise OptionError(no_weight("sample_weight"))
    return weights


def weighed_study(study: NetworkStudy, weights: Sequence[float]) -> NetworkStudy:
    """The same about the rows that count, each as much as its weight."""
    there = [place for place, weight in enumerate(weights) if weight]
    return replace(study, weights=tuple(weights)).only(there)


def weigh_classes(
    net: Network, parts: Sequence[EncodedRows], class_weight: Any, loss: Loss
) -> list[EncodedRows]:
    """Examples with the weight of each row's class multiplied into the row's own.

    `"balanced"` weighs class c with `Σ w / (k · Σ_c w)`, where `Σ w` goes over the weights of all
    rows to learn from, `Σ_c w` over those of the class, and k counts the classes that are there.

    Args:
        net: The network that learns from them.
        parts: The rows to learn from; then those held out, if there are any.
        class_weight: "balanced", or weights by the name or number of a class, 1 where left out.
        loss: Whose targets they are.

    Raises:
        OptionError: If rows have no class, or a class has no such weight.

    Source: King & Zeng, "Logistic regression in rare events data" (2001), section 4.2.
    """
    t = parts[0].t
    output, names = net.architecture.output, net.recipe.class_names if net.recipe else ()
    if not loss.classifies(output.activation) or is_multi_label(loss, t):
        raise OptionError(_NO_CLASSES, "class_weight", "sample_weight")
    numbers = range(max(t.shape[1], 2))
    classes = [named_classes(part.t, loss.target_threshold, numbers) for part in parts]
    totals: defaultdict[int, float] = defaultdict(float)
    for c, weight in zip(classes[0], parts[0].plain_weights, strict=True):
        totals[c] += weight
    factors = class_factors(class_weight, totals, names, len(numbers))
    return [
        _weighed(net, part, [factors[c] for c in own])
        for part, own in zip(parts, classes, strict=True)
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
        raise OptionError(_NO_CLASSES, "class_weight", "sample_weight")
    factors = dict.fromkeys(range(count), 1.0)
    if isinstance(class_weight, Mapping):
        places = {**{str(n): n for n in range(count)}, **{str(n): c for c, n in enumerate(names)}}
        for name, weight in class_weight.items():
            if str(name) not in places:
                raise unknown("class", str(name), list(names) or list(places))
            require_at_least_zero(f"the weight of class {name}", weight)
            factors[places[str(name)]] = float(weight)
    elif is_one_of(class_weight, ("balanced",)):
        there = {c: total for c, total in totals.items() if total}
        n = fsum(there.values())
        factors |= {c: n / (len(there) * total) for c, total in there.items()}
    else:
        raise OptionError(
            f"class_weight is {shown(class_weight)}: it must be 'balanced', or weights by class"
        )
    return factors


def _weighed(net: Network, rows: EncodedRows, factors: Iterable[float]) -> EncodedRows:
    """The same rows with their weights times factors, in the kind that the losses take."""
    weights = list(map(mul, rows.plain_weights, factors))
    kind = net.engine.weight_dtype(net.dtype)
    return replace(rows, weights=net.engine.asarray(weights, dtype=kind))


def encoded_rows(
    net: Network, x: Any, y: Any, weights: Any = None, *, loss: str | None = None
) -> tuple[EncodedRows, Loss]:
    """Examples as the network takes them, and the loss between inputs and targets.

    Weights have the number kind of the network's own, where that of its passes is narrower.
    """
    engine, (inputs, t, loss_function) = net.engine, net.as_batch(x, y, loss)
    if weights is not None:
        kind, rows = engine.weight_dtype(net.dtype), inputs.shape[0]
        weights = as_weights(engine, weights, rows=rows, dtype=kind)
    return EncodedRows(engine, inputs, t, weights), loss_function


def rows_of_fit(
    net: Network, x: Any, y: Any, options: TrainingOptions
) -> tuple[list[EncodedRows], Loss]:
    """The examples of a `fit`, and those held out if they were given: what can be learned.

    Weights by class that do not depend on the rows are in the rows' own.
    """
    hold = held_out_rows(options.validation)
    learn, loss = encoded_rows(net, x, y, options.sample_weight, loss=options.loss)
    parts = [learn, encoded_rows(net, *hold, loss=loss.name)[0]] if hold else [learn]
    if isinstance(options.class_weight, Mapping):
        parts = weigh_classes(net, parts, options.class_weight, loss)
    for part, which in zip(parts, ("to learn from", "held out"), strict=False):
        part.require_weight(which)
    for part in parts:
        if type(part.x) is Tensor:
            raise KindError("a network learns from numbers, and x is a tensor: give x.value")
        part.require_finite()
    return parts, loss


def run_of_fit(
    net: Network, x: Any, y: Any, options: TrainingOptions, *, absent: Collection[int] = ()
) -> TrainingRun:
    """The run of a `fit`, its examples read, divided and weighed.

    Rows at the places `absent` teach nothing, while batches stay as they are with them.
    """
    engine: Engine = net.engine
    with engine.scope():
        (whole, *hold), loss = rows_of_fit(net, x, y, options)
        learn, apart = whole.divided(loss, None if hold else options.validation, seed=net.seed)
        hold = [rows.that_count() for rows in hold]
        if apart:
            hold = [whole.only(apart)]
        parts = [whole.only(learn), *hold]
        if absent:
            parts[0] = _weighed(net, parts[0], (float(place not in absent) for place in learn))
        if options.class_weight is not None and not isinstance(options.class_weight, Mapping):
            parts = weigh_classes(net, parts, options.class_weight, loss)
        source = parts[0].in_batches(options.batch_size, seed=net.seed + net.fits)
        held_out = parts[1].in_batches(HELD_OUT_BATCH) if hold else None
        multi_label = is_multi_label(loss, whole.t)
    return training_on(net, source, held_out, loss, options, multi_label=multi_label)


def training_on(
    net: Network,
    source: Source,
    held_out: Source | None,
    loss: Loss,
    options: TrainingOptions,
    *,
    multi_label: bool,
) -> TrainingRun:
    """A run on batches from anywhere; the network takes over its weights."""
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
    if not isinstance(options.ledger, str):
        require_switch("ledger", options.ledger)
    if options.ledger and checkpoint:
        raise OptionError(
            "a checkpoint does not hold the ledger, which counts every step of a run; "
            "leave one of the two out"
        )
    bar: Any = options.progress
    if not (bar is None or isinstance(bar, ProgressBar)):
        require_switch("progress", bar)
        bar = ProgressBar() if bar else None
    if options.ledger:
        from chainrule.explanations.shares import LedgerKeeper  # every fit would load it

        keep = options.ledger if isinstance(options.ledger, str) else "totals"
        watchers.insert(0, LedgerKeeper(keep=keep, announce=bar and bar.say))
    watchers += filter(None, (bar, checkpoint))
    return watchers, checkpoint
